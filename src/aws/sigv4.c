/* SPDX-License-Identifier: MIT */
/*
 * N.B. SHA-256 is taken from OpenSSL's plain functions, deprecated as they
 * are: the first use of the replacement makes OpenSSL build its table of
 * algorithms, which costs 1.1 to 2.8 ms; these cost 15 us.  HMAC is eight
 * lines on top of them.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "config.h"

#include "aws/sigv4.h"

#include <openssl/crypto.h>
#include <openssl/sha.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "text/urlencode.h"

enum {
	DIGEST = SHA256_DIGEST_LENGTH,
	BLOCK = SHA256_CBLOCK,
	HEX = 2 * DIGEST + 1,
	DAY = 9, /* "20150830" and its end */
	TEXT_MAX = 64 * 1024 * 1024
};

static const char algorithm[] = "AWS4-HMAC-SHA256";

/* A header in canonical form. */
struct field {
	char *name;
	char *value;
	size_t order; /* where it stood in the request */
};

struct fields {
	struct field *field;
	size_t count;
};

static void
to_hex(const unsigned char digest[DIGEST], char hex[HEX])
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < DIGEST; i++) {
		hex[2 * i] = digits[digest[i] >> 4];
		hex[2 * i + 1] = digits[digest[i] & 15];
	}
	hex[HEX - 1] = '\0';
}

static void
hash(const void *data, size_t len, unsigned char digest[DIGEST])
{
	SHA256_CTX context;

	(void)SHA256_Init(&context);
	if (len != 0)
		(void)SHA256_Update(&context, data, len);
	(void)SHA256_Final(digest, &context);
	OPENSSL_cleanse(&context, sizeof(context));
}

static void
hash_hex(const void *data, size_t len, char hex[HEX])
{
	unsigned char digest[DIGEST];

	hash(data, len, digest);
	to_hex(digest, hex);
}

/* One of the two halves of HMAC: hash of (key ^ pad), then data. */
static void
hash_padded(const unsigned char key[BLOCK], unsigned char pad, const void *data,
    size_t len, unsigned char digest[DIGEST])
{
	unsigned char block[BLOCK];
	SHA256_CTX context;

	for (size_t i = 0; i < BLOCK; i++)
		block[i] = key[i] ^ pad;
	(void)SHA256_Init(&context);
	(void)SHA256_Update(&context, block, BLOCK);
	(void)SHA256_Update(&context, data, len);
	(void)SHA256_Final(digest, &context);
	OPENSSL_cleanse(block, sizeof(block));
	OPENSSL_cleanse(&context, sizeof(context));
}

/* RFC 2104, with a key that already has the length of a block. */
static void
hmac(const unsigned char key[BLOCK], const char *text,
    unsigned char digest[DIGEST])
{
	unsigned char inner[DIGEST];

	hash_padded(key, 0x36, text, strlen(text), inner);
	hash_padded(key, 0x5c, inner, DIGEST, digest);
	OPENSSL_cleanse(inner, sizeof(inner));
}

/* Replaces the key by HMAC(key, text): one step of the derivation. */
static void
derive(unsigned char key[BLOCK], const char *text)
{
	unsigned char digest[DIGEST];

	hmac(key, text, digest);
	memset(key, 0, BLOCK);
	memcpy(key, digest, DIGEST);
	OPENSSL_cleanse(digest, sizeof(digest));
}

/* "AWS4" and the secret, as HMAC wants a key: hashed if over a block. */
static void
first_key(unsigned char key[BLOCK], const char *secret)
{
	static const char prefix[] = "AWS4";
	size_t prefix_len = sizeof(prefix) - 1;
	size_t len = strlen(secret);
	SHA256_CTX context;

	memset(key, 0, BLOCK);
	if (prefix_len + len <= BLOCK) {
		memcpy(key, prefix, prefix_len);
		for (size_t i = 0; i < len; i++)
			key[prefix_len + i] = (unsigned char)secret[i];
		return;
	}
	(void)SHA256_Init(&context);
	(void)SHA256_Update(&context, prefix, prefix_len);
	(void)SHA256_Update(&context, secret, len);
	(void)SHA256_Final(key, &context);
	OPENSSL_cleanse(&context, sizeof(context));
}

static void
sign_text(const struct sigv4_key *from, const char *day, const char *text,
    char hex[HEX])
{
	unsigned char key[BLOCK];
	unsigned char digest[DIGEST];

	first_key(key, from->secret_access_key);
	derive(key, day);
	derive(key, from->region);
	derive(key, from->service);
	derive(key, "aws4_request");
	hmac(key, text, digest);
	to_hex(digest, hex);
	OPENSSL_cleanse(key, sizeof(key));
}

/* "2015-08-30T12:36:00.123Z" becomes "20150830T123600Z". */
static void
format_date(int64_t wall_ms, char date[SIGV4_DATE])
{
	char iso[CLOCK_TEXT];
	size_t n = 0;

	clock_format(wall_ms, iso);
	for (const char *p = iso; *p != '\0' && *p != '.'; p++)
		if (*p != '-' && *p != ':' && n < SIGV4_DATE - 2)
			date[n++] = *p;
	date[n++] = 'Z';
	date[n] = '\0';
}

static bool
is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static char
lower(char c)
{
	return (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

/* Things between this host and the service add or change these. */
static bool
is_never_signed(const char *name, size_t len)
{
	static const char *const names[] = { "authorization", "connection",
		"expect", "te", "transfer-encoding", "user-agent",
		"x-amzn-trace-id" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strlen(names[i]) == len &&
		    strncasecmp(names[i], name, len) == 0)
			return true;
	return false;
}

/* A copy without blanks at the ends, inner runs of blanks as one space. */
static char *
trimmed(const char *value)
{
	char *copy = mem_new(strlen(value) + 1, 1);
	size_t n = 0;

	for (; *value != '\0'; value++) {
		if (!is_blank(*value))
			copy[n++] = *value;
		else if (n > 0 && copy[n - 1] != ' ')
			copy[n++] = ' ';
	}
	if (n > 0 && copy[n - 1] == ' ')
		n--;
	copy[n] = '\0';
	return copy;
}

/* Adds a header, given as a line; a line without a colon has no value. */
static void
add_field(struct fields *fields, const char *line)
{
	size_t len = strcspn(line, ":");
	struct field *field = &fields->field[fields->count];

	while (len > 0 && is_blank(line[len - 1]))
		len--;
	if (is_never_signed(line, len))
		return;
	field->name = mem_copy(line, len);
	for (size_t i = 0; i < len; i++)
		field->name[i] = lower(field->name[i]);
	line += strcspn(line, ":");
	field->value = trimmed(*line == ':' ? line + 1 : line);
	field->order = fields->count++;
}

/* By name alone; headers of the same name stay in the request's order. */
static int
compare_fields(const void *a, const void *b)
{
	const struct field *x = a;
	const struct field *y = b;
	int order = strcmp(x->name, y->name);

	if (order != 0)
		return order;
	return x->order < y->order ? -1 : x->order > y->order;
}

static void
collect_fields(struct fields *fields, const struct sigv4_request *request,
    const struct sigv4_signature *signature)
{
	size_t count = 2;

	while (request->headers[count - 2] != NULL)
		count++;
	fields->count = 0;
	fields->field = mem_new(count, sizeof(*fields->field));
	for (size_t i = 0; request->headers[i] != NULL; i++)
		add_field(fields, request->headers[i]);
	add_field(fields, signature->date);
	if (signature->token != NULL)
		add_field(fields, signature->token);
	qsort(fields->field, fields->count, sizeof(*fields->field),
	    compare_fields);
}

static void
free_fields(struct fields *fields)
{
	for (size_t i = 0; i < fields->count; i++) {
		free(fields->field[i].name);
		free(fields->field[i].value);
	}
	free(fields->field);
}

static bool
same_name_as_before(const struct fields *fields, size_t i)
{
	return i > 0 &&
	       strcmp(fields->field[i - 1].name, fields->field[i].name) == 0;
}

/* "name:value" lines, each with its newline. */
static void
put_headers(struct buf *to, const struct fields *fields)
{
	for (size_t i = 0; i < fields->count; i++) {
		if (same_name_as_before(fields, i)) {
			(void)buf_append(to, ",", 1);
		} else {
			if (i > 0)
				(void)buf_append(to, "\n", 1);
			(void)buf_string(to, fields->field[i].name);
			(void)buf_append(to, ":", 1);
		}
		(void)buf_string(to, fields->field[i].value);
	}
	(void)buf_append(to, "\n", 1);
}

/* "content-type;host;x-amz-date" */
static void
put_names(struct buf *to, const struct fields *fields)
{
	for (size_t i = 0; i < fields->count; i++) {
		if (same_name_as_before(fields, i))
			continue;
		if (i > 0)
			(void)buf_append(to, ";", 1);
		(void)buf_string(to, fields->field[i].name);
	}
}

/* Length of the text up to and without its last "/"; 0 if there is none. */
static size_t
parent(const char *path, size_t len)
{
	while (len > 0 && path[--len] != '/')
		;
	return len;
}

/* The path with ".", ".." and empty segments resolved, then encoded. */
static void
put_path(struct buf *to, const char *path)
{
	size_t size = strlen(path);
	char *plain = mem_new(size + 3, 1);
	size_t n = 0;

	for (const char *p = path; *p != '\0';) {
		size_t len = strcspn(p, "/");

		if (len == 2 && memcmp(p, "..", 2) == 0) {
			n = parent(plain, n);
		} else if (len > 0 && (len != 1 || *p != '.')) {
			plain[n++] = '/';
			memcpy(plain + n, p, len);
			n += len;
		}
		p += len;
		p += *p == '/';
	}
	if (n == 0 || (size > 0 && path[size - 1] == '/'))
		plain[n++] = '/';
	plain[n] = '\0'; /* ".." leaves the rest of what it removes */
	for (size_t i = 0, len; i < n; i += 1 + len) {
		len = strcspn(plain + i + 1, "/");
		(void)buf_append(to, "/", 1);
		(void)urlencode(to, plain + i + 1, len);
	}
	free(plain);
}

/* By name, then by value, as bytes; "name" alone sorts as "name=". */
static int
compare_pairs(const void *a, const void *b)
{
	const char *x = *(char *const *)a;
	const char *y = *(char *const *)b;
	size_t x_len = strcspn(x, "=");
	size_t y_len = strcspn(y, "=");
	size_t len = x_len < y_len ? x_len : y_len;
	int order = memcmp(x, y, len);

	if (order != 0)
		return order;
	if (x_len != y_len)
		return x_len < y_len ? -1 : 1;
	return strcmp(x + x_len, y + y_len);
}

/* The parameters of an encoded query in sorted order. */
static void
put_query(struct buf *to, const char *query)
{
	char *copy = mem_string(query);
	char **pairs = mem_new(strlen(query) + 1, sizeof(*pairs));
	char *rest = copy;
	size_t n = 0;

	while (rest != NULL)
		pairs[n++] = strsep(&rest, "&");
	qsort(pairs, n, sizeof(*pairs), compare_pairs);
	for (size_t i = 0; i < n; i++)
		(void)buf_format(to, "%s%s%s", i > 0 ? "&" : "", pairs[i],
		    strchr(pairs[i], '=') == NULL ? "=" : "");
	free(pairs);
	free(copy);
}

static char *
canonical_request(const struct sigv4_request *request,
    const struct fields *fields)
{
	struct buf text = BUF_INIT(TEXT_MAX);
	char body[HEX];

	hash_hex(request->body, request->body_len, body);
	(void)buf_format(&text, "%s\n", request->method);
	put_path(&text, request->path);
	(void)buf_append(&text, "\n", 1);
	if (request->query != NULL && *request->query != '\0')
		put_query(&text, request->query);
	(void)buf_append(&text, "\n", 1);
	put_headers(&text, fields);
	(void)buf_append(&text, "\n", 1);
	put_names(&text, fields);
	(void)buf_format(&text, "\n%s", body);
	return text.data;
}

static char *
authorization(const struct sigv4_key *key, const char *scope,
    const struct fields *fields, const char *hex)
{
	struct buf text = BUF_INIT(TEXT_MAX);

	(void)buf_format(&text, "Authorization: %s Credential=%s/%s, ",
	    algorithm, key->access_key_id, scope);
	(void)buf_string(&text, "SignedHeaders=");
	put_names(&text, fields);
	(void)buf_format(&text, ", Signature=%s", hex);
	return text.data;
}

/* The whole of Signature Version 4. */
void
sigv4_sign(struct sigv4_signature *signature,
    const struct sigv4_request *request, const struct sigv4_key *key,
    int64_t wall_ms)
{
	struct fields fields;
	char date[SIGV4_DATE];
	char day[DAY];
	char hex[HEX];
	char *scope;

	format_date(wall_ms, date);
	memcpy(day, date, DAY - 1);
	day[DAY - 1] = '\0';
	scope =
	    mem_format("%s/%s/%s/aws4_request", day, key->region, key->service);
	signature->date = mem_format("X-Amz-Date: %s", date);
	signature->token =
	    key->session_token == NULL
		? NULL
		: mem_format("X-Amz-Security-Token: %s", key->session_token);

	collect_fields(&fields, request, signature);
	signature->canonical_request = canonical_request(request, &fields);
	hash_hex(signature->canonical_request,
	    strlen(signature->canonical_request), hex);
	signature->string_to_sign =
	    mem_format("%s\n%s\n%s\n%s", algorithm, date, scope, hex);
	sign_text(key, day, signature->string_to_sign, signature->signature);
	signature->authorization =
	    authorization(key, scope, &fields, signature->signature);
	free_fields(&fields);
	free(scope);
}

/* Frees; a cleared signature can be cleared again. */
void
sigv4_signature_clear(struct sigv4_signature *signature)
{
	free(signature->date);
	free(signature->token);
	free(signature->authorization);
	free(signature->canonical_request);
	free(signature->string_to_sign);
	*signature = (struct sigv4_signature){ 0 };
}
