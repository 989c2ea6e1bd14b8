/* SPDX-License-Identifier: MIT */
/*
 * aws/sts and aws/sts_answer: what goes to STS, and what comes of each answer.
 */
#include "config.h"

#include "aws/sts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "aws/http.h"
#include "aws/sts_answer.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/instant.h"
#include "source_rig.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

static const char role_arn[] = "arn:aws:iam::123456789012:role/r";

/* ---- answers ------------------------------------------------------------- */

static const struct {
	const char *body;
	int64_t expires_at; /* -1: refused */
	const char *problem;
} bodies[] = {
	{ "{\"AssumeRoleResponse\":{\"AssumeRoleResult\":{\"Credentials\":{"
	  "\"AccessKeyId\":\"ASIA\",\"SecretAccessKey\":\"s\","
	  "\"SessionToken\":\"t\",\"Expiration\":1.714162512E9}}}}",
	    1714162512000, NULL },
	{ "{\"AssumeRoleResponse\":{\"AssumeRoleResult\":{\"Credentials\":{"
	  "\"AccessKeyId\":\"ASIA\",\"SecretAccessKey\":\"s\","
	  "\"SessionToken\":\"t\",\"Expiration\":1714162512}}}}",
	    1714162512000, NULL },
	{ "{\"AssumeRoleResponse\":{\"AssumeRoleResult\":{\"Credentials\":{"
	  "\"AccessKeyId\":\"ASIA\",\"SecretAccessKey\":\"s\","
	  "\"SessionToken\":\"t\","
	  "\"Expiration\":\"2024-04-26T20:15:12Z\"}}}}",
	    1714162512000, NULL },
	{ "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/"
	  "2011-06-15/\"><AssumeRoleResult><Credentials>"
	  "<AccessKeyId>ASIA</AccessKeyId>"
	  "<SecretAccessKey>s</SecretAccessKey>\n"
	  "<SessionToken>t</SessionToken>"
	  "<Expiration>2024-04-26T20:15:12.000Z</Expiration>"
	  "</Credentials></AssumeRoleResult></AssumeRoleResponse>",
	    1714162512000, NULL },
	{ "", -1, "is empty" },
	{ "{}", -1, "has no object AssumeRoleResponse" },
	{ "{\"AssumeRoleResponse\":{\"AssumeRoleResult\":{\"Credentials\":{"
	  "\"AccessKeyId\":\"ASIA\",\"SecretAccessKey\":\"s\","
	  "\"SessionToken\":\"t\"}}}}",
	    -1, "has no Expiration" },
	{ "{\"AssumeRoleResponse\":{\"AssumeRoleResult\":{\"Credentials\":{"
	  "\"AccessKeyId\":\"ASIA\",\"SecretAccessKey\":\"s\","
	  "\"Expiration\":1}}}}",
	    -1, "has no SessionToken" },
	{ "{\"AssumeRoleResponse\":{\"AssumeRoleResult\":{\"Credentials\":{"
	  "\"AccessKeyId\":\"ASIA\"",
	    -1, "is not a JSON object, or only a part of one" },
	{ "<html><body>Sign in</body></html>", -1, "without credentials" },
	{ "<a><AccessKeyId>ASIA</AccessKeyId></a>", -1,
	    "has no SecretAccessKey" },
	{ "<a><AccessKeyId>AS IA</AccessKeyId></a>", -1, "has an AccessKeyId" },
	{ "<a><AccessKeyId>ASIA", -1, "without credentials" },
};

static void
test_bodies(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bodies); i++) {
		struct credentials credentials;
		struct err err = { "" };
		int result = sts_answer_credentials(&credentials, "AssumeRole",
		    bodies[i].body, strlen(bodies[i].body), &err);

		if (bodies[i].problem != NULL) {
			assert_int_equal(result, -1);
			if (strstr(err.text, bodies[i].problem) == NULL)
				fail_msg("row %zu: '%s'", i, err.text);
			continue;
		}
		if (result == -1)
			fail_msg("row %zu: '%s'", i, err.text);
		assert_string_equal(credentials.access_key_id, "ASIA");
		assert_string_equal(credentials.secret_access_key, "s");
		assert_string_equal(credentials.session_token, "t");
		assert_true(credentials.expires_at == bodies[i].expires_at);
		credentials_clear(&credentials);
	}
}

static const struct {
	const char *body;
	const char *code;
	const char *message;
} faults[] = {
	{ "{\"Error\":{\"Code\":\"AccessDenied\",\"Message\":\"no\\nway\","
	  "\"Type\":\"Sender\"},\"RequestId\":\"1\"}",
	    "AccessDenied", "no way" },
	{ "<ErrorResponse><Error><Type>Sender</Type><Code>ExpiredToken</Code>"
	  "<Message>a &amp; b</Message></Error></ErrorResponse>",
	    "ExpiredToken", "a & b" },
	{ "{\"Error\":{\"Code\":\"x\"}}", "x", "" },
	{ "{\"Error\":\"x\"}", "", "" },
	{ "<html>502</html>", "", "" },
	{ "", "", "" },
	{ "no", "", "" },
};

static void
test_faults(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(faults); i++) {
		struct sts_fault fault;

		sts_answer_fault(&fault, faults[i].body,
		    strlen(faults[i].body));
		assert_string_equal(fault.code, faults[i].code);
		assert_string_equal(fault.message, faults[i].message);
	}
}

/* Words of any length and kind fit. */
static void
test_long_words(void **state)
{
	static const char *const letters[] = { "a", "\xc3\xa9", "\xe2\x82\xac",
		"\xf0\x9f\x98\x80", "\xff" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(letters); i++) {
		struct buf body = BUF_INIT(16384);
		struct sts_fault fault;

		(void)buf_string(&body, "<Code>Long</Code><Message>");
		for (int n = 0; n < 1000; n++)
			(void)buf_string(&body, letters[i]);
		(void)buf_string(&body, "</Message>");
		sts_answer_fault(&fault, body.data, body.len);
		assert_string_equal(fault.code, "Long");
		assert_true(strlen(fault.message) >= STS_MESSAGE / 3);
		assert_non_null(strstr(fault.message, "..."));
		buf_clear(&body);
	}
}

/* ---- calls --------------------------------------------------------------- */

static char id[] = "AKIDEXAMPLE";
static char secret[] = "secret";
static char token[] = "old/token=";
static char source[] = "test";
static const struct credentials keys = { id, secret, token, source,
	INSTANT_NEVER };

struct result {
	int calls;
	enum sts_end end;
	char id[32];
	struct err problem;
};

static void
on_answer(void *arg, const struct sts_answer *answer)
{
	struct result *result = arg;

	result->calls++;
	result->end = answer->end;
	result->problem = answer->problem;
	if (answer->end == STS_GIVEN)
		(void)snprintf(result->id, sizeof(result->id), "%s",
		    answer->credentials->access_key_id);
}

static void
call(const struct sts_request *wish, struct result *result)
{
	const struct endpoint_wish where = { .region = "eu-west-1",
		.region_source = "test",
		.url = loopback_url(rig.server),
		.url_source = "test" };
	struct sts_request request = *wish;
	struct endpoint endpoint;
	int64_t end = clock_boot() + 20000;

	*result = (struct result){ 0 };
	assert_int_equal(endpoint_make(&endpoint, &where, NULL), 0);
	request.endpoint = &endpoint;
	assert_non_null(sts_start(rig.http, &request, on_answer, result, NULL));
	assert_int_equal(result->calls, 0);
	while (result->calls == 0 && clock_boot() < end) {
		http_wait(rig.http, -1, 100);
		http_perform(rig.http);
	}
	assert_int_equal(result->calls, 1);
}

static void
test_assume_role_request(void **state)
{
	const struct loopback_step script[] = { { LOOPBACK_SEND,
	    rig_sts("ASIANEW") } };
	const struct sts_request request = { .role_arn = role_arn,
		.session_name = "me@host",
		.external_id = "a b&c",
		.duration = "900",
		.credentials = &keys };
	struct result result;

	(void)state;
	rig_serve(script, ARRAY_SIZE(script));
	call(&request, &result);
	assert_int_equal(result.end, STS_GIVEN);
	assert_string_equal(result.id, "ASIANEW");
	assert_memory_equal(loopback_request(rig.server, 0), "POST / HTTP/1.1",
	    15);
	assert_string_equal(loopback_body(rig.server, 0),
	    "Action=AssumeRole&Version=2011-06-15"
	    "&RoleArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Fr"
	    "&RoleSessionName=me%40host&ExternalId=a%20b%26c"
	    "&DurationSeconds=900");
	assert_string_equal(loopback_header(rig.server, 0, "Accept"),
	    "application/json");
	assert_string_equal(loopback_header(rig.server, 0, "Content-Type"),
	    "application/x-www-form-urlencoded; charset=utf-8");
	assert_string_equal(loopback_header(rig.server, 0,
				"X-Amz-Security-Token"),
	    token);
	assert_non_null(strstr(loopback_header(rig.server, 0, "Authorization"),
	    "/eu-west-1/sts/aws4_request, SignedHeaders=content-type;host;"
	    "x-amz-date;x-amz-security-token, Signature="));
}

static void
test_web_identity_request(void **state)
{
	const struct loopback_step script[] = { { LOOPBACK_SEND,
	    rig_sts("ASIANEW") } };
	const struct sts_request request = {
		.role_arn = role_arn, .session_name = "me", .token = "ey.+/="
	};
	struct result result;

	(void)state;
	rig_serve(script, ARRAY_SIZE(script));
	call(&request, &result);
	assert_int_equal(result.end, STS_GIVEN);
	assert_string_equal(loopback_body(rig.server, 0),
	    "Action=AssumeRoleWithWebIdentity&Version=2011-06-15"
	    "&RoleArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Fr"
	    "&RoleSessionName=me&WebIdentityToken=ey.%2B%2F%3D");
	assert_null(loopback_header(rig.server, 0, "Authorization"));
	assert_null(loopback_header(rig.server, 0, "X-Amz-Date"));
}

/* Of each refusal the class: of a signed call, and of one with a token. */
static const struct {
	int status;
	const char *code;
	enum sts_end signed_end;
	enum sts_end web_end;
	const char *said;
} refusals[] = {
	{ 403, "AccessDenied", STS_DENIED, STS_DENIED, "trust policy" },
	{ 403, "RegionDisabledException", STS_DENIED, STS_DENIED, "switch" },
	{ 400, "ValidationError", STS_DENIED, STS_DENIED, "" },
	{ 400, "MalformedPolicyDocument", STS_DENIED, STS_DENIED, "" },
	{ 403, "SignatureDoesNotMatch", STS_DENIED, STS_DENIED, "clock" },
	{ 403, "ExpiredToken", STS_STALE, STS_FAILED, "" },
	{ 400, "ExpiredTokenException", STS_STALE, STS_FAILED, "" },
	{ 403, "InvalidClientTokenId", STS_STALE, STS_FAILED, "" },
	{ 400, "IDPRejectedClaim", STS_DENIED, STS_DENIED, "" },
	{ 400, "IDPCommunicationError", STS_DENIED, STS_FAILED, "" },
	{ 400, "InvalidIdentityToken", STS_DENIED, STS_FAILED, "" },
	{ 400, "Throttling", STS_FAILED, STS_FAILED, "" },
	{ 429, "x", STS_FAILED, STS_FAILED, "" },
	{ 503, "ServiceUnavailable", STS_FAILED, STS_FAILED, "" },
	{ 500, "", STS_FAILED, STS_FAILED, "HTTP status 500" },
	{ 403, "", STS_FAILED, STS_FAILED, "not STS's" },
	{ 301, "", STS_FAILED, STS_FAILED, "HTTP status 301" },
};

static void
test_refusals(void **state)
{
	struct loopback_step script[2];
	char body[256];
	struct result result;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(refusals); i++) {
		const struct sts_request asked = { .role_arn = role_arn,
			.session_name = "me",
			.credentials = &keys };
		const struct sts_request told = {
			.role_arn = role_arn, .session_name = "me", .token = "t"
		};

		if (*refusals[i].code == '\0')
			(void)strlcpy(body, "<html>", sizeof(body));
		else
			(void)snprintf(body, sizeof(body),
			    "{\"Error\":{\"Code\":\"%s\",\"Message\":\"m\"}}",
			    refusals[i].code);
		script[0] = (struct loopback_step){ LOOPBACK_SEND,
			rig_answer(refusals[i].status, "", body) };
		script[1] = script[0];
		rig_serve(script, 2);
		call(&asked, &result);
		if (result.end != refusals[i].signed_end)
			fail_msg("%s: %d", refusals[i].code, (int)result.end);
		if (strstr(result.problem.text, refusals[i].said) == NULL)
			fail_msg("'%s'", result.problem.text);
		assert_non_null(strstr(result.problem.text, role_arn));
		assert_non_null(strstr(result.problem.text,
		    loopback_url(rig.server)));
		assert_non_null(strstr(result.problem.text, refusals[i].code));
		call(&told, &result);
		if (result.end != refusals[i].web_end)
			fail_msg("%s: %d", refusals[i].code, (int)result.end);
		loopback_stop(rig.server);
		rig.server = NULL;
	}
}

static void
test_no_answer(void **state)
{
	const struct loopback_step script[] = { { LOOPBACK_CLOSE, NULL },
		{ LOOPBACK_SEND, rig_answer(200, "", "{}") } };
	const struct sts_request request = {
		.role_arn = role_arn, .session_name = "me", .credentials = &keys
	};
	struct result result;

	(void)state;
	rig_serve(script, ARRAY_SIZE(script));
	call(&request, &result);
	assert_int_equal(result.end, STS_FAILED);
	assert_non_null(strstr(result.problem.text, "AssumeRole of arn:"));
	call(&request, &result);
	assert_int_equal(result.end, STS_FAILED);
	assert_non_null(strstr(result.problem.text,
	    "the answer has no object"));
}

/* A clock that is wrong is put right once, by the service's. */
static void
test_skew(void **state)
{
	const char *refusal =
	    rig_answer(403, "Date: Wed, 01 Jan 2031 10:00:00 GMT\r\n",
		"<Code>SignatureDoesNotMatch</Code>");
	const struct loopback_step script[] = {
		{ LOOPBACK_SEND, refusal },
		{ LOOPBACK_SEND, rig_sts("ASIANEW") },
		{ LOOPBACK_SEND, refusal },
		{ LOOPBACK_SEND, refusal },
	};
	const struct sts_request request = {
		.role_arn = role_arn, .session_name = "me", .credentials = &keys
	};
	struct result result;

	(void)state;
	rig_serve(script, ARRAY_SIZE(script));
	call(&request, &result);
	assert_int_equal(result.end, STS_GIVEN);
	assert_int_equal(loopback_count(rig.server), 2);
	assert_memory_equal(loopback_header(rig.server, 1, "X-Amz-Date"),
	    "20310101T10", 11);
	call(&request, &result);
	assert_int_equal(result.end, STS_DENIED);
	assert_int_equal(loopback_count(rig.server), 4);
}

static void
test_cancel(void **state)
{
	static const struct loopback_step script[] = { { LOOPBACK_HANG,
	    NULL } };
	const struct endpoint_wish where = { .region = "eu-west-1",
		.region_source = "test",
		.url = "http://127.0.0.1:1",
		.url_source = "test" };
	struct endpoint endpoint;
	const struct sts_request request = { .endpoint = &endpoint,
		.role_arn = role_arn,
		.session_name = "me",
		.credentials = &keys };
	struct result result = { 0 };
	struct sts_call *call;

	(void)state;
	rig_serve(script, ARRAY_SIZE(script));
	assert_int_equal(endpoint_make(&endpoint, &where, NULL), 0);
	call = sts_start(rig.http, &request, on_answer, &result, NULL);
	assert_non_null(call);
	sts_cancel(call);
	sts_cancel(NULL);
	http_wait(rig.http, -1, 1);
	http_perform(rig.http);
	assert_int_equal(result.calls, 0);
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bodies),
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_long_words),
		TEST(test_assume_role_request),
		TEST(test_web_identity_request),
		TEST(test_refusals),
		TEST(test_no_answer),
		TEST(test_skew),
		TEST(test_cancel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
