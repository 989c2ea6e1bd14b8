/* SPDX-License-Identifier: MIT */
/*
 * swf-local/verify and token: what cannot be forged.
 *
 * A request with any headers that was signed by the client's own signer is
 * taken, and with another body it is not; an Authorization that is made up is
 * never taken.  A token is one only if it is, to the letter, what is written
 * of what was read; base64 likewise.
 */
#include "config.h"

#include "swf-local/verify.h"

#include <stdio.h>

#include "aws/sigv4.h"
#include "base/mem.h"
#include "fuzz.h"
#include "swf-local/token.h"

#define NOW  INT64_C(1700000000000) /* 2023-11-14T22:13:20Z */
#define BODY "{\"domain\":\"d\"}"

enum { HEADERS = 12, DECODED = 30 };

static const char key_file[] = "[one]\naws_access_key_id = AKIDONE\n"
			       "aws_secret_access_key = secret/one\n";

static const struct keys *
get_keys(void)
{
	static struct keys keys;

	if (keys.count == 0)
		MUST(keys_parse(&keys, key_file, sizeof(key_file) - 1, NULL) ==
		     0);
	return &keys;
}

static int
judge(const struct header *headers, size_t count, const char *hash)
{
	const struct signed_request request = { "POST", headers, count, hash };
	struct answer out;
	int result;

	answer_init(&out);
	result = verify(get_keys(), &request, NOW, &out);
	MUST((result == 0) == (out.name == NULL));
	answer_clear(&out);
	return result;
}

/* ---- signed ---- */

/* "Name: value" as a header; the line is cut in two. */
static struct header
cut(char *line)
{
	char *colon = strchr(line, ':');

	*colon = '\0';
	return (struct header){ line, colon + 1 + strspn(colon + 1, " ") };
}

/* A name of letters, by which no header is meant that is there anyway. */
static char *
make_line(const char *text)
{
	size_t len = strcspn(text, ":");
	const char *value = text[len] == ':' ? text + len + 1 : "";
	char *line = mem_format("X-F%.*s: %s", (int)len, text, value);

	for (char *c = line + 3; *c != ':'; c++)
		if ((*c < 'a' || *c > 'z') && (*c < 'A' || *c > 'Z'))
			*c = '-';
	for (char *c = strchr(line, ':'); *c != '\0'; c++)
		if (*c == '\r' || *c == '\n')
			*c = ' ';
	return line;
}

static void
check_signed(const uint8_t *data, size_t size)
{
	static const struct sigv4_key key = { "AKIDONE", "secret/one", NULL,
		"eu-west-1", "swf" };
	char *text = fuzz_string(data, size);
	char *rest = text;
	char *lines[HEADERS] = { mem_string("Host: 127.0.0.1") };
	struct header headers[HEADERS];
	struct sigv4_signature signature;
	struct sigv4_request request = { .method = "POST",
		.path = "/",
		.body = BODY,
		.body_len = sizeof(BODY) - 1 };
	char hash[SHA256_HEX];
	size_t count = 1;

	for (; rest != NULL && count < HEADERS - 3; count++)
		lines[count] = make_line(strsep(&rest, "\n"));
	request.headers = (const char *const *)lines;
	sigv4_sign(&signature, &request, &key, NOW);
	lines[count++] = mem_string(signature.date);
	lines[count++] = mem_string(signature.authorization);
	for (size_t i = 0; i < count; i++)
		headers[i] = cut(lines[i]);
	sha256_hex(BODY, sizeof(BODY) - 1, hash);
	MUST(judge(headers, count, hash) == 0);
	sha256_hex(BODY, sizeof(BODY) - 2, hash);
	MUST(judge(headers, count, hash) == -1);
	for (size_t i = 0; i < count; i++)
		free(lines[i]);
	sigv4_signature_clear(&signature);
	free(text);
}

/* ---- made up ---- */

static void
check_forged(const uint8_t *data, size_t size)
{
	char *text = fuzz_string(data, size);
	char *rest = text;
	struct header headers[] = { { "Host", "127.0.0.1" },
		{ "X-Amz-Date", strsep(&rest, "\n") },
		{ "Authorization", rest == NULL ? "" : rest } };
	char hash[SHA256_HEX];

	sha256_hex(BODY, sizeof(BODY) - 1, hash);
	MUST(judge(headers, 3, hash) == -1);
	headers[1].value = "20231114T221320Z";
	MUST(judge(headers, 3, hash) == -1);
	free(text);
}

/* ---- tokens ---- */

static void
check_token(const uint8_t *data, size_t size)
{
	static const struct siphash_key secret = { 1, 2 };
	char *text = fuzz_string(data, size);
	char written[TOKEN_TEXT] = "", changed[TOKEN_TEXT];
	unsigned char bytes[DECODED];
	struct token token = { .kind = (enum token_kind)(size % 3) };
	struct token again;

	for (int kind = TOKEN_ACTIVITY; kind <= TOKEN_PAGE; kind++)
		MUST(token_read(&secret, text, (enum token_kind)kind, &again) ==
		     -1);
	for (size_t len = 0; len <= sizeof(bytes); len++) {
		if (base64_decode(text, bytes, len) == -1)
			continue;
		base64_encode(bytes, len, written);
		MUST(strcmp(written, text) == 0);
	}
	if (size >= 10)
		memcpy(&token.task, data, sizeof(token.task));
	token_write(&secret, &token, written);
	MUST(token_read(&secret, written, token.kind, &again) == 0);
	MUST(again.task == token.task && again.kind == token.kind);
	memcpy(changed, written, sizeof(changed));
	changed[(data[0] | data[size - 1] << 8) % strlen(written)] =
	    (char)data[size / 2];
	if (strcmp(changed, written) != 0)
		MUST(token_read(&secret, changed, token.kind, &again) == -1);
	free(text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 2)
		return 0;
	if (data[0] % 3 == 0)
		check_signed(data + 1, size - 1);
	else if (data[0] % 3 == 1)
		check_forged(data + 1, size - 1);
	else
		check_token(data + 1, size - 1);
	return 0;
}
