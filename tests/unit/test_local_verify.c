/* SPDX-License-Identifier: MIT */
/*
 * Signatures as swf-local verifies them, made by the client's own signer, and
 * the file of keys.
 */
#include "config.h"

#include "swf-local/verify.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "aws/sigv4.h"
#include "base/mem.h"

#define NOW  INT64_C(1700000000000) /* 2023-11-14T22:13:20Z */
#define BODY "{\"domain\":\"d\"}"

static const char key_file[] = "[one]\n"
			       "aws_access_key_id = AKIDONE\n"
			       "aws_secret_access_key = secret/one\n"
			       "region = eu-west-1\n"
			       "[two]\n"
			       "aws_access_key_id = AKIDTWO\n"
			       "aws_secret_access_key = secret+two\n"
			       "aws_session_token = a/session+token==\n";

static struct keys keys;
static struct answer out;

/* A signed request, whose headers can be changed after the fact. */
struct rig {
	struct sigv4_key key;
	struct sigv4_signature signature;
	struct header headers[8];
	size_t count;
	char hash[SHA256_HEX];
};

static const struct sigv4_key good = { "AKIDONE", "secret/one", NULL,
	"eu-west-1", "swf" };

/* "Name: value" as a header; the line is cut in two. */
static void
add(struct rig *rig, const char *line)
{
	char *copy = mem_string(line);
	char *colon = strchr(copy, ':');

	*colon = '\0';
	rig->headers[rig->count++] =
	    (struct header){ copy, colon + 1 + strspn(colon + 1, " ") };
}

static void
sign(struct rig *rig, const struct sigv4_key *key)
{
	static const char *const lines[] = { "Host: 127.0.0.1:8087",
		"Content-Type:  application/x-amz-json-1.0 ",
		"X-Amz-Target: SimpleWorkflowService.ListDomains", NULL };
	const struct sigv4_request request = { .method = "POST",
		.path = "/",
		.headers = lines,
		.body = BODY,
		.body_len = strlen(BODY) };

	*rig = (struct rig){ .key = *key };
	sigv4_sign(&rig->signature, &request, key, NOW);
	for (size_t i = 0; lines[i] != NULL; i++)
		add(rig, lines[i]);
	add(rig, "User-Agent: not signed");
	add(rig, rig->signature.date);
	if (rig->signature.token != NULL)
		add(rig, rig->signature.token);
	add(rig, rig->signature.authorization);
	sha256_hex(BODY, strlen(BODY), rig->hash);
}

/* Verifies at NOW + "later"; the fault's name, or "". */
static const char *
judge(struct rig *rig, int64_t later)
{
	const struct signed_request request = { "POST", rig->headers,
		rig->count, rig->hash };

	answer_clear(&out);
	answer_init(&out);
	if (verify(&keys, &request, NOW + later, &out) == 0) {
		assert_null(out.name);
		return "";
	}
	return out.name;
}

static void
clear(struct rig *rig)
{
	for (size_t i = 0; i < rig->count; i++)
		free((void *)(uintptr_t)rig->headers[i].name);
	sigv4_signature_clear(&rig->signature);
}

/* The value of the last header, the Authorization, with a part replaced. */
static char *
replaced(const struct rig *rig, const char *from, const char *to)
{
	const char *whole = rig->headers[rig->count - 1].value;
	const char *at = strstr(whole, from);

	assert_non_null(at);
	return mem_format("%.*s%s%s", (int)(at - whole), whole, to,
	    at + strlen(from));
}

static int
set_up(void **state)
{
	struct err err;

	(void)state;
	answer_init(&out);
	return keys_parse(&keys, key_file, strlen(key_file), &err);
}

static int
tear_down(void **state)
{
	(void)state;
	keys_clear(&keys);
	answer_clear(&out);
	return 0;
}

static void
test_what_we_sign_we_take(void **state)
{
	const struct sigv4_key with_token = { "AKIDTWO", "secret+two",
		"a/session+token==", "us-gov-east-1", "swf" };
	struct rig rig;

	(void)state;
	sign(&rig, &good);
	assert_string_equal(judge(&rig, 0), "");
	assert_string_equal(judge(&rig, 15 * 60 * 1000), "");
	assert_string_equal(judge(&rig, -15 * 60 * 1000), "");
	clear(&rig);
	sign(&rig, &with_token);
	assert_string_equal(judge(&rig, 0), "");
	clear(&rig);
}

static void
test_keys_that_are_not_ours(void **state)
{
	static const struct {
		struct sigv4_key key;
		const char *want;
	} rows[] = {
		{ { "AKIDONE", "secret/two", NULL, "r", "swf" },
		    "InvalidSignatureException" },
		{ { "AKIDNONE", "secret/one", NULL, "r", "swf" },
		    "UnrecognizedClientException" },
		{ { "AKIDON", "secret/one", NULL, "r", "swf" },
		    "UnrecognizedClientException" },
		{ { "AKIDONE", "secret/one", "token", "r", "swf" },
		    "UnrecognizedClientException" },
		{ { "AKIDTWO", "secret+two", NULL, "r", "swf" },
		    "UnrecognizedClientException" },
		{ { "AKIDTWO", "secret+two", "a/session+token=", "r", "swf" },
		    "UnrecognizedClientException" },
		{ { "AKIDONE", "secret/one", NULL, "r", "sqs" },
		    "InvalidSignatureException" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct rig rig;

		sign(&rig, &rows[i].key);
		assert_string_equal(judge(&rig, 0), rows[i].want);
		clear(&rig);
	}
}

static void
test_the_clock(void **state)
{
	struct rig rig;

	(void)state;
	sign(&rig, &good);
	assert_string_equal(judge(&rig, 15 * 60 * 1000 + 1000),
	    "InvalidSignatureException");
	assert_non_null(strstr(out.body.data, "Signature expired: 20231114T"));
	assert_string_equal(judge(&rig, -15 * 60 * 1000 - 1000),
	    "InvalidSignatureException");
	assert_non_null(strstr(out.body.data, "Signature not yet current"));
	clear(&rig);
}

/* Every byte of a signed header and of the body counts. */
static void
test_what_was_changed_on_the_way(void **state)
{
	struct rig rig;
	size_t i;

	(void)state;
	sign(&rig, &good);
	for (i = 0; i < rig.count - 2; i++) {
		const struct header before = rig.headers[i];
		char *value = mem_format("%sx", before.value);
		int is_signed = strcmp(before.name, "User-Agent") != 0;

		rig.headers[i].value = value;
		assert_string_equal(judge(&rig, 0),
		    is_signed ? "InvalidSignatureException" : "");
		rig.headers[i] = before;
		free(value);
	}
	sha256_hex(BODY " ", strlen(BODY) + 1, rig.hash);
	assert_string_equal(judge(&rig, 0), "InvalidSignatureException");
	assert_non_null(strstr(out.body.data,
	    "should have been\\n'POST\\n/\\n\\ncontent-type:application/"
	    "x-amz-json-1.0\\nhost:127.0.0.1:8087\\n"));
	clear(&rig);
}

static void
test_what_the_header_says(void **state)
{
	static const struct {
		const char *from, *to;
		const char *want;
		const char *message;
	} rows[] = {
		{ "AWS4-HMAC-SHA256", "Basic", "IncompleteSignatureException",
		    "Unsupported AWS 'algorithm': 'Basic'" },
		{ "AWS4-HMAC-SHA256", "AWS4-HMAC-SHA2567",
		    "IncompleteSignatureException", "Unsupported" },
		{ "Credential=", "Credentials=", "IncompleteSignatureException",
		    "requires 'Credential' parameter. Authorization=" },
		{ "Signature=", "signature=", "IncompleteSignatureException",
		    "requires 'Signature' parameter. Authorization=" },
		{ "SignedHeaders=", "Signed=", "IncompleteSignatureException",
		    "requires 'SignedHeaders' parameter. Authorization=" },
		{ "AKIDONE/20231114/",
		    "AKIDONE:20231114:", "IncompleteSignatureException",
		    "got 'AKIDONE:20231114:eu-west-1/swf/aws4_request'" },
		{ "/swf/", "/sqs/", "InvalidSignatureException",
		    "scoped to correct service: 'swf'" },
		{ "aws4_request", "aws5_request", "InvalidSignatureException",
		    "valid terminator: 'aws4_request', not 'aws5_request'" },
		{ "/20231114/", "/20231113/", "InvalidSignatureException",
		    "'20231113' != '20231114', from '20231114T221320Z'" },
		{ "/eu-west-1/", "//", "InvalidSignatureException",
		    "valid region" },
		{ "/eu-west-1/", "/eu-west-2/", "InvalidSignatureException",
		    "does not match" },
		{ "content-type;host;", "content-type;",
		    "InvalidSignatureException", "'Host' must be" },
		{ "content-type;host;", "host;", "InvalidSignatureException",
		    "does not match" },
		{ "content-type;host;", "content-type;host;missing;",
		    "InvalidSignatureException", "\\nmissing:\\n" },
		{ "AKIDONE", "AKID\xff", "UnrecognizedClientException", "" },
		{ "AWS4", "\xff", "IncompleteSignatureException",
		    "'\xef\xbf\xbd-HMAC-SHA256'" },
	};
	struct rig rig;

	(void)state;
	sign(&rig, &good);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct header before = rig.headers[rig.count - 1];
		char *value = replaced(&rig, rows[i].from, rows[i].to);

		rig.headers[rig.count - 1].value = value;
		assert_string_equal(judge(&rig, 0), rows[i].want);
		assert_non_null(strstr(out.body.data, rows[i].message));
		rig.headers[rig.count - 1] = before;
		free(value);
	}
	assert_string_equal(judge(&rig, 0), "");
	clear(&rig);
	rig.count = 0;
	assert_string_equal(judge(&rig, 0),
	    "MissingAuthenticationTokenException");
}

static void
test_one_figure_of_the_signature(void **state)
{
	struct rig rig;
	char *value;
	size_t at;

	(void)state;
	sign(&rig, &good);
	value = mem_string(rig.headers[rig.count - 1].value);
	rig.headers[rig.count - 1].value = value;
	assert_string_equal(judge(&rig, 0), "");
	for (at = strlen(value) - 64; value[at] != '\0'; at++) {
		char figure = value[at];

		value[at] = figure == '0' ? '1' : '0';
		assert_string_equal(judge(&rig, 0),
		    "InvalidSignatureException");
		value[at] = figure;
	}
	value[at - 1] = '\0';
	assert_string_equal(judge(&rig, 0), "InvalidSignatureException");
	free(value);
	clear(&rig);
}

static void
test_files_of_keys(void **state)
{
	static const struct {
		const char *text;
		const char *want; /* NULL: taken */
	} rows[] = {
		{ "[a]\naws_access_key_id=A\naws_secret_access_key=s\n", NULL },
		{ "[a]\naws_access_key_id=A\naws_secret_access_key=s\n"
		  "[b]\naws_access_key_id=A\naws_secret_access_key=s\n"
		  "[c]\nregion=x\n",
		    NULL },
		{ "", "holds no key" },
		{ "[a]\nregion = x\n", "holds no key" },
		{ "[a]\naws_access_key_id=A\n[b]\n",
		    "[a] has no aws_secret_access_key" },
		{ "[a]\naws_access_key_id=A\naws_secret_access_key=\n",
		    "[a] has no aws_secret_access_key" },
		{ "[a]\naws_secret_access_key=s\n",
		    "[a] has no aws_access_key_id" },
		{ "[a]\naws_access_key_id=A\naws_secret_access_key=s\n"
		  "[b]\naws_access_key_id=A\naws_secret_access_key=t\n",
		    "[b] has the key A again" },
		{ "[a]\naws_access_key_id=A\naws_secret_access_key=s\n"
		  "[b]\naws_access_key_id=A\naws_secret_access_key=s\n"
		  "aws_session_token=t\n",
		    "[b] has the key A again" },
		{ "aws_access_key_id", "line 1" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct keys read = { .keys = NULL };
		struct err err = { "" };
		int result =
		    keys_parse(&read, rows[i].text, strlen(rows[i].text), &err);

		if (rows[i].want == NULL) {
			assert_int_equal(result, 0);
			assert_int_equal(read.count, 1);
		} else {
			assert_int_equal(result, -1);
			assert_non_null(strstr(err.text, rows[i].want));
		}
		keys_clear(&read);
	}
}

int
main(void)
{
#define ROW(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		ROW(test_what_we_sign_we_take),
		ROW(test_keys_that_are_not_ours),
		ROW(test_the_clock),
		ROW(test_what_was_changed_on_the_way),
		ROW(test_what_the_header_says),
		ROW(test_one_figure_of_the_signature),
		ROW(test_files_of_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
