/* SPDX-License-Identifier: MIT */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tend/check_verdict.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

/* Wall time, ms. */
enum { SECOND = 1000, MINUTE = 60 * SECOND };
#define NOW (INT64_C(1700000000) * SECOND)

static const struct endpoint endpoint = {
	.url = "https://swf.eu-west-1.amazonaws.com/",
	.region = "eu-west-1",
	.region_source = "AWS_REGION",
	.tls = true,
};
static const struct check_call describe = {
	.operation = SWF_DESCRIBE_DOMAIN,
	.domain = "films",
	.endpoint = &endpoint,
};
static const struct check_call count = {
	.operation = SWF_COUNT_PENDING_ACTIVITIES,
	.domain = "films",
	.task_list = "cut",
	.endpoint = &endpoint,
};
static const struct check_call list = {
	.operation = SWF_LIST_DOMAINS,
	.endpoint = &endpoint,
};

static struct check_report report;

/* The answer of a good service at NOW, which took 20 ms. */
static struct swf_answer
answer_of(enum swf_class class, int status, const char *code,
    const char *message, const char *body)
{
	struct swf_answer answer = {
		.class = class,
		.status = status,
		.date = NOW,
		.sent_at = NOW + 100,
		.answered_at = NOW + 120,
		.body = body,
		.body_len = strlen(body),
	};

	(void)strlcpy(answer.code, code, sizeof(answer.code));
	(void)strlcpy(answer.message, message, sizeof(answer.message));
	return answer;
}

static void
judge(const struct check_call *call, const struct swf_answer *answer)
{
	check_report_clear(&report);
	check_verdict(&report, call, answer);
}

static void
expect(enum check_item item, enum check_state state, const char *value)
{
	assert_int_equal(report.rows[item].state, state);
	assert_string_equal(report.rows[item].value, value);
}

static void
expect_part(const char *text, const char *part)
{
	assert_non_null(text);
	if (strstr(text, part) == NULL)
		fail_msg("'%s' does not have '%s'", text, part);
}

static int
teardown(void **state)
{
	(void)state;
	check_report_clear(&report);
	return 0;
}

/* ---- what goes well ------------------------------------------------------ */

static void
test_good(void **state)
{
	struct swf_answer answer = answer_of(SWF_OK, 200, "", "",
	    "{\"domainInfo\":{\"name\":\"films\",\"status\":\"REGISTERED\"}}");

	(void)state;
	judge(&describe, &answer);
	expect(CHECK_CONNECTION, CHECK_OK, "TLS, answered in 20 ms");
	expect(CHECK_CLOCK, CHECK_OK, "as the service's");
	expect(CHECK_CALL, CHECK_OK, "DescribeDomain: films is REGISTERED");
	assert_null(report.rows[CHECK_CALL].problem);
	answer.body = "{\"count\":3}";
	answer.body_len = strlen(answer.body);
	judge(&count, &answer);
	expect(CHECK_CALL, CHECK_OK,
	    "CountPendingActivityTasks: 3 in task list cut");
	judge(&list, &answer);
	expect(CHECK_CALL, CHECK_OK, "ListDomains: answered");
}

/* A JSON object, but not the one that was asked for. */
static void
test_strange(void **state)
{
	struct swf_answer answer = answer_of(SWF_OK, 200, "", "", "{}");

	(void)state;
	judge(&describe, &answer);
	assert_int_equal(report.rows[CHECK_CALL].state, CHECK_FAILED);
	expect_part(report.rows[CHECK_CALL].remedy, "is not SWF");
	judge(&count, &answer);
	assert_int_equal(report.rows[CHECK_CALL].state, CHECK_FAILED);
}

static void
test_deprecated(void **state)
{
	struct swf_answer answer = answer_of(SWF_OK, 200, "", "",
	    "{\"domainInfo\":{\"name\":\"films\",\"status\":\"DEPRECATED\"}}");

	(void)state;
	judge(&describe, &answer);
	expect(CHECK_CALL, CHECK_WARNING,
	    "DescribeDomain: films is DEPRECATED");
}

/* ---- refusals ------------------------------------------------------------ */

static const struct {
	enum swf_class class;
	const char *code;
	enum check_item blamed;
	const char *remedy;
} refusals[] = {
	{ SWF_GONE, "UnknownResourceFault", CHECK_CALL,
	    "no domain 'films' in region eu-west-1 (AWS_REGION) at "
	    "https://swf.eu-west-1.amazonaws.com/" },
	{ SWF_INVALID, "ValidationException", CHECK_CALL, "--domain" },
	{ SWF_THROTTLED, "ThrottlingException", CHECK_CALL, "in a minute" },
	{ SWF_AMBIGUOUS, "InternalFailure", CHECK_CALL, "in a minute" },
	{ SWF_REFUSED, "AccessDeniedException", CHECK_CALL, "IAM policy" },
	{ SWF_REFUSED, "AccessDenied", CHECK_CALL, "IAM policy" },
	{ SWF_REFUSED, "OperationNotPermittedFault", CHECK_CALL, "IAM policy" },
	{ SWF_REFUSED, "ExpiredToken", CHECK_CREDENTIALS, "get new ones" },
	{ SWF_REFUSED, "ExpiredTokenException", CHECK_CREDENTIALS,
	    "get new ones" },
	{ SWF_REFUSED, "UnrecognizedClientException", CHECK_CREDENTIALS,
	    "does not know this access key" },
	{ SWF_REFUSED, "InvalidClientTokenId", CHECK_CREDENTIALS,
	    "does not know this access key" },
	{ SWF_REFUSED, "InvalidSignatureException", CHECK_CREDENTIALS,
	    "secret access key" },
	{ SWF_REFUSED, "SignatureDoesNotMatch", CHECK_CREDENTIALS,
	    "secret access key" },
	{ SWF_REFUSED, "AuthFailure", CHECK_CREDENTIALS, "secret access key" },
	{ SWF_REFUSED, "MissingAuthenticationToken", CHECK_CREDENTIALS,
	    "--no-sign-request" },
	{ SWF_REFUSED, "MissingAuthenticationTokenException", CHECK_CREDENTIALS,
	    "--no-sign-request" },
	{ SWF_REFUSED, "OptInRequired", CHECK_CALL, "--region" },
	{ SWF_REFUSED, "SubscriptionRequiredException", CHECK_CALL,
	    "--region" },
	{ SWF_REFUSED, "UnknownOperationException", CHECK_ENDPOINT,
	    "--endpoint-url" },
};

static void
test_refusals(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(refusals); i++) {
		struct swf_answer answer = answer_of(refusals[i].class, 400,
		    refusals[i].code, "because", "");
		const struct check_row *row;

		judge(&describe, &answer);
		row = &report.rows[refusals[i].blamed];
		assert_int_equal(row->state, CHECK_FAILED);
		expect_part(row->problem, refusals[i].code);
		expect_part(row->problem, ": because");
		expect_part(row->remedy, refusals[i].remedy);
		assert_int_equal(report.rows[CHECK_CALL].state, CHECK_FAILED);
		assert_false(check_report_is_good(&report));
		assert_int_equal(report.rows[CHECK_CONNECTION].state, CHECK_OK);
	}
}

/* The client's general remedy gives way to the one for this case. */
static void
test_no_two_remedies(void **state)
{
	struct swf_answer answer = answer_of(SWF_REFUSED, 400,
	    "AccessDeniedException",
	    "User: x is not authorized: the IAM policy of these credentials "
	    "must allow this action",
	    "");

	(void)state;
	judge(&describe, &answer);
	assert_string_equal(report.rows[CHECK_CALL].problem,
	    "AccessDeniedException: User: x is not authorized");
	answer = answer_of(SWF_REFUSED, 400, "AccessDeniedException",
	    "the IAM policy of these credentials must allow this action", "");
	judge(&describe, &answer);
	assert_string_equal(report.rows[CHECK_CALL].problem,
	    "AccessDeniedException");
	/* What a signature is compared to is a page of text. */
	answer = answer_of(SWF_REFUSED, 400, "InvalidSignatureException",
	    "It does not match.\n\nThe canonical string", "");
	judge(&describe, &answer);
	assert_string_equal(report.rows[CHECK_CREDENTIALS].problem,
	    "InvalidSignatureException: It does not match.");
}

static const struct {
	const struct check_call *call;
	const char *region;
	const char *message;
	const char *policy;
} policies[] = {
	{ &describe, "eu-west-1",
	    "User: arn:aws:sts::123456789012:assumed-role/a/b is not "
	    "authorized",
	    "{\"Effect\":\"Allow\",\"Action\":\"swf:DescribeDomain\","
	    "\"Resource\":\"arn:aws:swf:eu-west-1:123456789012:"
	    "/domain/films\"}" },
	{ &count, "us-gov-west-1", "no",
	    "{\"Effect\":\"Allow\","
	    "\"Action\":\"swf:CountPendingActivityTasks\","
	    "\"Resource\":\"arn:aws-us-gov:swf:us-gov-west-1:*:"
	    "/domain/films\"}" },
	{ &describe, "cn-north-1", "arn:aws-cn:iam::12345678901:x 1:2345678901",
	    "{\"Effect\":\"Allow\",\"Action\":\"swf:DescribeDomain\","
	    "\"Resource\":\"arn:aws-cn:swf:cn-north-1:*:/domain/films\"}" },
	{ &list, "eu-west-1", "arn:aws:iam::123456789012:user/x",
	    "{\"Effect\":\"Allow\",\"Action\":\"swf:ListDomains\","
	    "\"Resource\":\"*\"}" },
};

static void
test_policy(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(policies); i++) {
		struct endpoint there = endpoint;
		struct check_call call = *policies[i].call;
		char *policy;

		(void)strlcpy(there.region, policies[i].region,
		    sizeof(there.region));
		call.endpoint = &there;
		policy = check_policy(&call, policies[i].message);
		assert_string_equal(policy, policies[i].policy);
		free(policy);
	}
}

/* ---- the clock ----------------------------------------------------------- */

static const struct {
	int64_t off; /* the service's minus this host's, ms */
	enum check_state state;
	const char *value;
	const char *refusal; /* NULL: none */
} clocks[] = {
	{ 0, CHECK_OK, "as the service's", NULL },
	{ 1000, CHECK_OK, "as the service's", NULL },
	{ -1000, CHECK_OK, "as the service's", NULL },
	{ 3000, CHECK_OK, "2 s slow", NULL },
	{ -3000, CHECK_OK, "2 s fast", NULL },
	{ 60 * SECOND, CHECK_WARNING, "59 s slow", NULL },
	{ -60 * SECOND, CHECK_WARNING, "59 s fast", NULL },
	{ 10 * MINUTE, CHECK_WARNING, "599 s slow", NULL },
	/* It was tried with the service's time: it is not the clock. */
	{ 10 * MINUTE, CHECK_WARNING, "599 s slow", "does not match" },
	{ 10 * MINUTE, CHECK_FAILED, "599 s slow", "Signature expired: x" },
	{ -10 * MINUTE, CHECK_FAILED, "599 s fast",
	    "Signature not yet current: x" },
	{ 0, CHECK_FAILED, "as the service's", "Signature expired: x" },
};

static void
test_clock(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(clocks); i++) {
		const char *refusal = clocks[i].refusal;
		bool timely = clocks[i].state != CHECK_FAILED;
		struct swf_answer answer =
		    refusal == NULL
			? answer_of(SWF_OK, 200, "", "", "{}")
			: answer_of(SWF_REFUSED, 403,
			      "InvalidSignatureException", refusal, "");

		answer.date += clocks[i].off;
		judge(&list, &answer);
		expect(CHECK_CLOCK, clocks[i].state, clocks[i].value);
		assert_int_equal(report.rows[CHECK_CLOCK].remedy != NULL,
		    clocks[i].state != CHECK_OK);
		assert_int_equal(report.rows[CHECK_CREDENTIALS].state,
		    refusal != NULL && timely ? CHECK_FAILED : CHECK_UNKNOWN);
		assert_int_equal(check_report_is_good(&report),
		    refusal == NULL);
	}
}

/* An answer that took long tells less. */
static void
test_slow_answer(void **state)
{
	struct swf_answer answer = answer_of(SWF_OK, 200, "", "", "{}");

	(void)state;
	answer.sent_at -= 8 * SECOND;
	answer.date -= 5 * SECOND;
	judge(&list, &answer);
	expect(CHECK_CLOCK, CHECK_OK, "as the service's");
	answer.date = -1;
	judge(&list, &answer);
	assert_int_equal(report.rows[CHECK_CLOCK].state, CHECK_UNKNOWN);
	assert_true(check_report_is_good(&report));
}

/* ---- no answer, or not the service's --------------------------------------
 */

static void
test_no_answer(void **state)
{
	struct swf_answer answer = answer_of(SWF_TRANSIENT, 0, "",
	    "swf: cannot connect: Connection refused: is it there?", "");

	(void)state;
	judge(&describe, &answer);
	assert_int_equal(report.rows[CHECK_CONNECTION].state, CHECK_FAILED);
	assert_string_equal(report.rows[CHECK_CONNECTION].problem,
	    "swf: cannot connect: Connection refused: is it there?");
	assert_int_equal(report.rows[CHECK_CLOCK].state, CHECK_UNKNOWN);
	assert_int_equal(report.rows[CHECK_CALL].state, CHECK_UNKNOWN);
	assert_false(check_report_is_good(&report));
}

static void
test_foreign(void **state)
{
	static const int statuses[] = { 200, 302, 403, 404, 502 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(statuses); i++) {
		struct swf_answer answer =
		    answer_of(SWF_AMBIGUOUS, statuses[i], "", "<html>", "");
		struct check_call call = describe;

		judge(&call, &answer);
		assert_int_equal(report.rows[CHECK_CONNECTION].state,
		    CHECK_FAILED);
		expect_part(report.rows[CHECK_CONNECTION].problem, "<html>");
		expect_part(report.rows[CHECK_CONNECTION].remedy,
		    "--endpoint-url");
		assert_false(check_report_is_good(&report));
		call.proxy_variable = "all_proxy";
		judge(&call, &answer);
		expect_part(report.rows[CHECK_CONNECTION].remedy, "all_proxy");
	}
}

/* Without credentials: what is found out all the same. */
static void
test_probe(void **state)
{
	struct swf_answer answer = answer_of(SWF_REFUSED, 400,
	    "MissingAuthenticationTokenException", "", "");
	struct check_call call = list;

	(void)state;
	call.probe = true;
	judge(&call, &answer);
	assert_int_equal(report.rows[CHECK_CONNECTION].state, CHECK_OK);
	assert_int_equal(report.rows[CHECK_CLOCK].state, CHECK_OK);
	expect(CHECK_CALL, CHECK_UNKNOWN,
	    "ListDomains: not without credentials");
	assert_null(report.rows[CHECK_CREDENTIALS].problem);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_strange),
		cmocka_unit_test(test_deprecated),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_no_two_remedies),
		cmocka_unit_test(test_policy),
		cmocka_unit_test(test_clock),
		cmocka_unit_test(test_slow_answer),
		cmocka_unit_test(test_no_answer),
		cmocka_unit_test(test_foreign),
		cmocka_unit_test(test_probe),
	};

	return cmocka_run_group_tests_name("check verdict", tests, NULL,
	    teardown);
}
