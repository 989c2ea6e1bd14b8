/* SPDX-License-Identifier: MIT */
/*
 * aws/credentials_json: the documents of each kind of service, and every way
 * in which one can be of no use.
 */
#include "config.h"

#include "aws/credentials_json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "aws/metadata.h"
#include "base/buf.h"
#include "base/instant.h"
#include "base/mem.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

/* A program's. */
static const struct credentials_form process = {
	.id = "AccessKeyId",
	.secret = "SecretAccessKey",
	.token = "SessionToken",
	.expiry = "Expiration",
	.expiry_unit = 1000,
	.version = 1,
};

static const struct credentials_form sso = {
	.path = { "roleCredentials" },
	.id = "accessKeyId",
	.secret = "secretAccessKey",
	.token = "sessionToken",
	.token_needed = true,
	.expiry = "expiration",
	.expiry_needed = true,
	.expiry_unit = 1,
};

static const struct credentials_form sts = {
	.path = { "AssumeRoleResponse", "AssumeRoleResult", "Credentials" },
	.id = "AccessKeyId",
	.secret = "SecretAccessKey",
	.token = "SessionToken",
	.token_needed = true,
	.expiry = "Expiration",
	.expiry_needed = true,
	.expiry_unit = 1000,
};

static void
check_text(const char *text, const char *expected)
{
	if (expected == NULL)
		assert_null(text);
	else
		assert_string_equal(text, expected);
}

/* Reads what must be good. */
static void
take(const struct credentials_form *form, const char *text, const char *token,
    int64_t expires_at)
{
	struct credentials credentials;
	struct err err = { "" };

	if (credentials_json(&credentials, form, text, strlen(text), &err) ==
	    -1)
		fail_msg("%s: %s", text, err.text);
	assert_string_equal(credentials.access_key_id, "AKID");
	assert_string_equal(credentials.secret_access_key, "geheim/+=");
	check_text(credentials.session_token, token);
	assert_int_equal(credentials.expires_at, expires_at);
	assert_null(credentials.source);
	credentials_clear(&credentials);
}

/* Reads what must be refused for a reason, without a word of its secrets. */
static void
refuse_len(const struct credentials_form *form, const char *text, size_t len,
    const char *reason)
{
	struct credentials credentials;
	struct err err = { "" };

	if (credentials_json(&credentials, form, text, len, &err) == 0)
		fail_msg("%s: taken", text);
	if (strcmp(err.text, reason) != 0)
		fail_msg("%s: '%s'", text, err.text);
	assert_null(strstr(err.text, "geheim"));
	assert_null(credentials.secret_access_key);
}

static void
refuse(const struct credentials_form *form, const char *text,
    const char *reason)
{
	refuse_len(form, text, strlen(text), reason);
}

#define KEYS   "\"AccessKeyId\":\"AKID\",\"SecretAccessKey\":\"geheim/+=\""
#define EXPIRY "\"Expiration\":\"2026-11-22T10:23:45Z\""

enum { SECOND = 1000 };
static const int64_t at = 1795343025LL * SECOND;

static void
test_metadata(void **state)
{
	(void)state;
	take(&metadata_form, "{" KEYS ",\"Token\":\"tok\"," EXPIRY "}", "tok",
	    at);
	take(&metadata_form,
	    " \r\n{\"Code\":\"Success\",\"LastUpdated\":\"x\","
	    "\"Type\":\"AWS-HMAC\"," KEYS ",\"Token\":\"tok\"," EXPIRY
	    ",\"AccountId\":\"1\",\"More\":{\"Token\":7}}\n",
	    "tok", at);
	take(&metadata_form,
	    "{" KEYS ",\"Token\":\"tok\",\"Expiration\":1795343025}", "tok",
	    at);
	/* Of the past: the service will say. */
	take(&metadata_form,
	    "{" KEYS ",\"Token\":\"tok\","
	    "\"Expiration\":\"2016-11-22T10:23:45Z\"}",
	    "tok", at - 3652LL * 86400 * SECOND);
}

static void
test_other_forms(void **state)
{
	(void)state;
	take(&process, "{\"Version\":1," KEYS "}", NULL, INSTANT_NEVER);
	take(&process,
	    "{\"Version\":1," KEYS ",\"SessionToken\":null,"
	    "\"Expiration\":null}",
	    NULL, INSTANT_NEVER);
	take(&process,
	    "{\"Version\":1.0," KEYS ",\"SessionToken\":\"\","
	    "\"Expiration\":\"\"}",
	    NULL, INSTANT_NEVER);
	take(&process,
	    "{\"Version\":1," KEYS ",\"SessionToken\":\"tok\"," EXPIRY "}",
	    "tok", at);
	take(&sso,
	    "{\"roleCredentials\":{\"accessKeyId\":\"AKID\","
	    "\"secretAccessKey\":\"geheim/+=\",\"sessionToken\":\"tok\","
	    "\"expiration\":1795343025123}}",
	    "tok", at + 123);
	take(&sts,
	    "{\"AssumeRoleResponse\":{\"AssumeRoleResult\":{"
	    "\"Credentials\":{" KEYS
	    ",\"SessionToken\":\"tok\",\"Expiration\":1.795343025E9}}}}",
	    "tok", at);
}

/* As other readers of JSON do it. */
static void
test_last_of_a_name_counts(void **state)
{
	(void)state;
	take(&metadata_form,
	    "{\"AccessKeyId\":\"OTHER\"," KEYS
	    ",\"Token\":null,\"Token\":\"tok\"," EXPIRY "}",
	    "tok", at);
	refuse(&metadata_form,
	    "{" KEYS ",\"Token\":\"tok\",\"Token\":null," EXPIRY "}",
	    "has no Token");
}

static void
test_not_json(void **state)
{
	static const char nul[] = "{" KEYS ",\"Token\":\"t\0k\"," EXPIRY "}";

	(void)state;
	refuse(&metadata_form, "", "is empty");
	refuse_len(&metadata_form, NULL, 0, "is empty");
	refuse(&metadata_form, " \r\n\t ", "is empty");
	refuse(&metadata_form, "<html><body>geheim</body></html>",
	    "is HTML or XML, not JSON");
	refuse(&metadata_form, "\n <?xml version=\"1.0\"?>",
	    "is HTML or XML, not JSON");
	refuse(&metadata_form, "geheim", "is not a JSON object");
	refuse(&metadata_form, "[{" KEYS "}]", "is not a JSON object");
	refuse(&metadata_form, "\"geheim\"", "is not a JSON object");
	refuse(&metadata_form, "null", "is not a JSON object");
	refuse(&metadata_form, "{" KEYS ",\"Tok",
	    "is not a JSON object, or only a part of one");
	refuse(&metadata_form, "{" KEYS "} {}",
	    "is not a JSON object, or only a part of one");
	refuse_len(&metadata_form, nul, sizeof(nul) - 1,
	    "has a NUL byte in it");
}

static void
test_missing(void **state)
{
	(void)state;
	refuse(&metadata_form, "{}", "has no AccessKeyId");
	refuse(&metadata_form, "{\"accessKeyId\":\"AKID\"}",
	    "has no AccessKeyId");
	refuse(&metadata_form, "{\"AccessKeyId\":\"\"}",
	    "has an empty AccessKeyId");
	refuse(&metadata_form, "{\"AccessKeyId\":null}", "has no AccessKeyId");
	refuse(&metadata_form, "{\"AccessKeyId\":\"AKID\"}",
	    "has no SecretAccessKey");
	refuse(&metadata_form, "{" KEYS "}", "has no Token");
	refuse(&metadata_form, "{" KEYS ",\"SessionToken\":\"t\"}",
	    "has no Token");
	refuse(&metadata_form, "{" KEYS ",\"Token\":\"\"}",
	    "has an empty Token");
	refuse(&metadata_form, "{" KEYS ",\"Token\":\"t\"}",
	    "has no Expiration");
	refuse(&sso, "{\"accessKeyId\":\"AKID\"}",
	    "has no object roleCredentials");
	refuse(&sso, "{\"roleCredentials\":null}",
	    "has no object roleCredentials");
	refuse(&sts, "{\"AssumeRoleResponse\":{\"AssumeRoleResult\":[]}}",
	    "has no object AssumeRoleResult");
}

static void
test_wrong_kind(void **state)
{
	(void)state;
	refuse(&metadata_form, "{\"AccessKeyId\":17}",
	    "has an AccessKeyId that is no string");
	refuse(&metadata_form, "{\"AccessKeyId\":{\"geheim\":\"geheim\"}}",
	    "has an AccessKeyId that is no string");
	refuse(&metadata_form, "{" KEYS ",\"Token\":[\"t\"]}",
	    "has a Token that is no string");
	refuse(&process, "{" KEYS "}", "has no Version: it must be 1");
	refuse(&process, "{\"Version\":\"1\"," KEYS "}",
	    "has a Version that is not the number 1");
	refuse(&process, "{\"Version\":2," KEYS "}",
	    "has a Version that is not the number 1");
	refuse(&process, "{\"Version\":1.5," KEYS "}",
	    "has a Version that is not the number 1");
}

/* What would break a header, or end a string early. */
static void
test_characters(void **state)
{
	static const char *const bad[] = { "a b", "a\\nb", "a\\r\\nX: y",
		"\\u0000", "geheim\\u0000", "\\u00e4", "\xc3\xa4", "\xff",
		"\\t", " a", "a ", "\\u007f" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		char *text = mem_format("{\"AccessKeyId\":\"AKID\","
					"\"SecretAccessKey\":\"%s\"}",
		    bad[i]);

		refuse(&metadata_form, text,
		    "has a SecretAccessKey with a blank, a control or another "
		    "character that no key has");
		free(text);
	}
}

static void
test_times(void **state)
{
	static const char *const bad[] = { "\"\\u0000\"", "\"tomorrow\"",
		"true", "{}", "[1795343025]", "0", "-1", "1e400",
		"253402300800", "\"1795343025\"", "\"2026-11-22T10:23:45\"" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		char *text = mem_format("{" KEYS ",\"Token\":\"tok\","
					"\"Expiration\":%s}",
		    bad[i]);

		refuse(&metadata_form, text,
		    "has an Expiration that is no time: it must be like "
		    "2026-11-22T10:23:45Z");
		free(text);
	}
}

/* "Token" of that many letters. */
static void
token_of(struct buf *out, size_t len)
{
	buf_init(out, SIZE_MAX / 4);
	(void)buf_string(out, "{" KEYS "," EXPIRY ",\"Token\":\"");
	for (size_t i = 0; i < len; i++)
		(void)buf_append(out, "t", 1);
	(void)buf_string(out, "\"}");
}

static void
test_sizes(void **state)
{
	struct credentials credentials;
	struct err err = { "" };
	struct buf text;

	(void)state;
	token_of(&text, CREDENTIALS_TOKEN_MAX);
	assert_int_equal(credentials_json(&credentials, &metadata_form,
			     text.data, text.len, &err),
	    0);
	assert_int_equal(strlen(credentials.session_token),
	    CREDENTIALS_TOKEN_MAX);
	credentials_clear(&credentials);
	buf_clear(&text);

	token_of(&text, CREDENTIALS_TOKEN_MAX + 1);
	refuse(&metadata_form, text.data,
	    "has a Token of over 16384 characters");
	buf_clear(&text);

	token_of(&text, CREDENTIALS_DOCUMENT_MAX);
	refuse(&metadata_form, text.data, "is over 64 KiB");
	buf_clear(&text);

	/* Deep, but cheap. */
	buf_init(&text, SIZE_MAX / 4);
	(void)buf_string(&text, "{\"AccessKeyId\":");
	for (size_t i = 0; i < 60000; i++)
		(void)buf_append(&text, "[", 1);
	refuse(&metadata_form, text.data,
	    "is not a JSON object, or only a part of one");
	buf_clear(&text);
}

static void
test_code(void **state)
{
	(void)state;
	refuse(&metadata_form,
	    "{\"Code\":\"AssumeRoleUnauthorizedAccess\","
	    "\"Message\":\"EC2 cannot assume the role.\","
	    "\"LastUpdated\":\"2026-11-22T10:23:45Z\"}",
	    "says Code 'AssumeRoleUnauthorizedAccess': EC2 cannot assume the "
	    "role.");
	refuse(&metadata_form,
	    "{\"Code\":\"Failed\"," KEYS ",\"Token\":\"t\"," EXPIRY "}",
	    "says Code 'Failed'");
	refuse(&metadata_form,
	    "{\"Code\":\"a\\nb\",\"Message\":\"\\u001b[2J\\n\xff\"}",
	    "says Code 'a b': ?[2J \xef\xbf\xbd");
	/* A number is no code. */
	refuse(&metadata_form, "{\"Code\":7}", "has no AccessKeyId");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_metadata),
		cmocka_unit_test(test_other_forms),
		cmocka_unit_test(test_last_of_a_name_counts),
		cmocka_unit_test(test_not_json),
		cmocka_unit_test(test_missing),
		cmocka_unit_test(test_wrong_kind),
		cmocka_unit_test(test_characters),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_code),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
