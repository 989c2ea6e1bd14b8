/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "swf-local/verify.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "aws/wire.h"
#include "base/mem.h"
#include "swf-local/signature.h"

enum { TEXT_MAX = 1 << 20, DAY = 8 };

#define ALGORITHM  "AWS4-HMAC-SHA256"
#define TERMINATOR "aws4_request"

/* A piece of a header. */
struct span {
	const char *at; /* NULL: it is not there */
	size_t len;
};

/* What an Authorization header says. */
struct claim {
	struct span credential;
	struct span names;
	struct span signature;
	struct span key; /* the five parts of the credential */
	struct span day;
	struct span region;
	struct span service;
	struct span terminator;
	const char *date; /* X-Amz-Date */
};

/* For printf's "%.*s". */
#define SPAN(span) (int)(span).len, (span).at

static int
is(struct span span, const char *text)
{
	return span.len == strlen(text) && memcmp(span.at, text, span.len) == 0;
}

/* The value of the first header of that name, or NULL. */
static const char *
value_of(const struct signed_request *request, const char *name)
{
	for (size_t i = 0; i < request->header_count; i++)
		if (strcasecmp(request->headers[i].name, name) == 0)
			return request->headers[i].value;
	return NULL;
}

/* ---- reading the header -------------------------------------------------- */

/* The value of "name=" in a list that is separated by commas and blanks. */
static struct span
parameter(const char *list, const char *name)
{
	size_t name_len = strlen(name);

	while (*list != '\0') {
		size_t len = strcspn(list, ", ");

		if (len > name_len && memcmp(list, name, name_len) == 0 &&
		    list[name_len] == '=')
			return (struct span){ list + name_len + 1,
				len - name_len - 1 };
		list += len;
		list += strspn(list, ", ");
	}
	return (struct span){ NULL, 0 };
}

/* From the end, because a key's id may hold a slash. */
static int
split_credential(struct claim *claim)
{
	struct span *const parts[] = { &claim->terminator, &claim->service,
		&claim->region, &claim->day };
	struct span rest = claim->credential;

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		size_t at = rest.len;

		while (at > 0 && rest.at[at - 1] != '/')
			at--;
		if (at == 0)
			return -1;
		*parts[i] = (struct span){ rest.at + at, rest.len - at };
		rest.len = at - 1;
	}
	claim->key = rest;
	return 0;
}

static const char *
unless(int there, const char *text)
{
	return there ? "" : text;
}

static int
read_claim(const struct signed_request *request, struct claim *claim,
    struct answer *out)
{
	const char *authorization = value_of(request, "Authorization");
	size_t len;

	if (authorization == NULL) {
		answer_fault(out, FAULT_MISSING_SIGNATURE,
		    "Missing Authentication Token");
		return -1;
	}
	len = strcspn(authorization, " ");
	if (len != sizeof(ALGORITHM) - 1 ||
	    memcmp(authorization, ALGORITHM, len) != 0) {
		answer_fault(out, FAULT_INCOMPLETE_SIGNATURE,
		    "Unsupported AWS 'algorithm': '%.*s'.", (int)len,
		    authorization);
		return -1;
	}
	claim->credential = parameter(authorization + len, "Credential");
	claim->names = parameter(authorization + len, "SignedHeaders");
	claim->signature = parameter(authorization + len, "Signature");
	claim->date = value_of(request, "X-Amz-Date");
	if (claim->credential.at != NULL && claim->names.at != NULL &&
	    claim->signature.at != NULL && claim->date != NULL)
		return 0;
	answer_fault(out, FAULT_INCOMPLETE_SIGNATURE,
	    "%s%s%s%sAuthorization=%s",
	    unless(claim->credential.at != NULL,
		"Authorization header requires 'Credential' parameter. "),
	    unless(claim->signature.at != NULL,
		"Authorization header requires 'Signature' parameter. "),
	    unless(claim->names.at != NULL,
		"Authorization header requires 'SignedHeaders' parameter. "),
	    unless(claim->date != NULL,
		"Authorization header requires existence of a 'X-Amz-Date' "
		"header. "),
	    authorization);
	return -1;
}

/* ---- the scope ----------------------------------------------------------- */

static int
check_scope(struct claim *claim, struct answer *out)
{
	if (split_credential(claim) == -1) {
		answer_fault(out, FAULT_INCOMPLETE_SIGNATURE,
		    "Credential must have exactly 5 slash-delimited elements, "
		    "e.g. keyid/date/region/service/term, got '%.*s'",
		    SPAN(claim->credential));
		return -1;
	}
	if (claim->region.len == 0)
		answer_fault(out, FAULT_SIGNATURE,
		    "Credential should be scoped to a valid region.");
	else if (!is(claim->service, SWF_SERVICE))
		answer_fault(out, FAULT_SIGNATURE,
		    "Credential should be scoped to correct service: '%s'.",
		    SWF_SERVICE);
	else if (!is(claim->terminator, TERMINATOR))
		answer_fault(out, FAULT_SIGNATURE,
		    "Credential should be scoped with a valid terminator: "
		    "'%s', not '%.*s'.",
		    TERMINATOR, SPAN(claim->terminator));
	else if (claim->day.len != DAY ||
		 strncmp(claim->day.at, claim->date, DAY) != 0)
		answer_fault(out, FAULT_SIGNATURE,
		    "Date in Credential scope does not match YYYYMMDD from "
		    "ISO-8601 version of date from HTTP: '%.*s' != '%.*s', "
		    "from '%s'.",
		    SPAN(claim->day), DAY, claim->date, claim->date);
	else
		return 0;
	return -1;
}

/* In a time that does not tell how much of the text is right. */
static int
same_text(struct span ours, struct span theirs)
{
	unsigned differ = 0;

	if (ours.len != theirs.len)
		return 0;
	for (size_t i = 0; i < ours.len; i++)
		differ |= (unsigned char)(ours.at[i] ^ theirs.at[i]);
	return differ == 0;
}

static struct span
span_of(const char *text)
{
	return (struct span){ text, text == NULL ? 0 : strlen(text) };
}

/* The key that the claim names; NULL with the fault set. */
static const struct key *
find_key(const struct keys *keys, const struct signed_request *request,
    const struct claim *claim, struct answer *out)
{
	const struct key *key = keys_find(keys, claim->key.at, claim->key.len);
	const char *token = value_of(request, "X-Amz-Security-Token");

	if (key != NULL && (token == NULL) == (key->token == NULL) &&
	    same_text(span_of(key->token), span_of(token)))
		return key;
	answer_fault(out, FAULT_UNRECOGNIZED_CLIENT,
	    "The security token included in the request is invalid.");
	return NULL;
}

/* ---- the signature ------------------------------------------------------- */

/* Blanks are left out at the ends, and a run of them is one space. */
static void
put_value(struct buf *to, const char *value)
{
	static const char blanks[] = " \t\n\v\f\r";

	value += strspn(value, blanks);
	while (*value != '\0') {
		size_t len = strcspn(value, blanks);

		(void)buf_append(to, value, len);
		value += len;
		value += strspn(value, blanks);
		if (*value != '\0')
			(void)buf_append(to, " ", 1);
	}
}

/* "name:value": all values of that name, with commas between them. */
static void
put_header(struct buf *to, const struct signed_request *request,
    struct span name)
{
	int count = 0;

	(void)buf_append(to, name.at, name.len);
	(void)buf_append(to, ":", 1);
	for (size_t i = 0; i < request->header_count; i++) {
		const struct header *header = &request->headers[i];

		if (strlen(header->name) != name.len ||
		    strncasecmp(header->name, name.at, name.len) != 0)
			continue;
		if (count++ > 0)
			(void)buf_append(to, ",", 1);
		put_value(to, header->value);
	}
	(void)buf_append(to, "\n", 1);
}

/* Returns whether the host, without which a signature is good anywhere, is
 * among the signed headers. */
static int
put_canonical(struct buf *to, const struct signed_request *request,
    const struct claim *claim)
{
	struct span rest = claim->names;
	int has_host = 0;

	(void)buf_format(to, "%s\n/\n\n", request->method);
	for (;;) {
		const char *end = memchr(rest.at, ';', rest.len);
		struct span name = rest;

		if (end != NULL)
			name.len = (size_t)(end - rest.at);
		has_host |= is(name, "host");
		put_header(to, request, name);
		if (end == NULL)
			break;
		rest.at += name.len + 1;
		rest.len -= name.len + 1;
	}
	(void)buf_format(to, "\n%.*s\n%s", SPAN(claim->names),
	    request->body_hash);
	return has_host;
}

/* Replaces the key by HMAC(key, part): a step of the derivation. */
static void
derive(unsigned char key[SHA256_BYTES], struct span part)
{
	char *text = mem_copy(part.at, part.len);

	sha256_hmac(key, SHA256_BYTES, text, key);
	free(text);
}

static void
sign(const struct key *key, const struct claim *claim, const char *text,
    char hex[SHA256_HEX])
{
	unsigned char derived[SHA256_BYTES];
	char *first = mem_format("AWS4%s", key->secret);
	char *day = mem_copy(claim->day.at, claim->day.len);

	sha256_hmac(first, strlen(first), day, derived);
	derive(derived, claim->region);
	derive(derived, claim->service);
	derive(derived, claim->terminator);
	derive(derived, span_of(text));
	sha256_format(derived, hex);
	explicit_bzero(derived, sizeof(derived));
	explicit_bzero(first, strlen(first));
	free(first);
	free(day);
}

static int
check_signature(const struct key *key, const struct signed_request *request,
    const struct claim *claim, struct answer *out)
{
	struct buf canonical = BUF_INIT(TEXT_MAX);
	char hash[SHA256_HEX], ours[SHA256_HEX];
	int has_host = put_canonical(&canonical, request, claim);
	char *text;
	int good;

	sha256_hex(canonical.data, canonical.len, hash);
	text = mem_format("%s\n%s\n%.*s\n%s", ALGORITHM, claim->date,
	    (int)(claim->credential.len - claim->key.len - 1), claim->day.at,
	    hash);
	sign(key, claim, text, ours);
	good = has_host && same_text(span_of(ours), claim->signature);
	if (!has_host)
		answer_fault(out, FAULT_SIGNATURE,
		    "'Host' must be a 'SignedHeader' in the AWS "
		    "Authorization.");
	else if (!good)
		answer_fault(out, FAULT_SIGNATURE,
		    "The request signature we calculated does not match the "
		    "signature you provided. Check your AWS Secret Access Key "
		    "and signing method. Consult the service documentation "
		    "for details.\n\nThe Canonical String for this request "
		    "should have been\n'%s'\n\nThe String-to-Sign should have "
		    "been\n'%s'\n",
		    canonical.data, text);
	free(text);
	buf_clear(&canonical);
	return good ? 0 : -1;
}

int
verify(const struct keys *keys, const struct signed_request *request,
    int64_t wall_ms, struct answer *out)
{
	struct claim claim = { .date = NULL };
	const struct key *key;

	if (read_claim(request, &claim, out) == -1 ||
	    check_scope(&claim, out) == -1)
		return -1;
	key = find_key(keys, request, &claim, out);
	if (key == NULL || signature_check_time(claim.date, wall_ms, out) == -1)
		return -1;
	return check_signature(key, request, &claim, out);
}
