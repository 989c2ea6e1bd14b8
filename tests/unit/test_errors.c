/* SPDX-License-Identifier: MIT */
/*
 * aws/errors: what each answer means to somebody who may try again.
 */
#include "config.h"

#include "aws/errors.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

static const struct {
	int status;
	const char *code;
	const char *message;
	enum swf_class class;
} rows[] = {
	{ 400, "UnknownResourceFault", "Unknown activity", SWF_GONE },
	{ 400, "ValidationException", "Invalid token", SWF_INVALID },
	{ 400, "SerializationException", "", SWF_INVALID },
	{ 400, "OperationNotPermittedFault", "", SWF_REFUSED },
	{ 400, "AccessDeniedException", "", SWF_REFUSED },
	{ 400, "UnrecognizedClientException", "", SWF_REFUSED },
	{ 403, "InvalidSignatureException", "", SWF_REFUSED },
	{ 400, "ExpiredTokenException", "", SWF_REFUSED },
	{ 400, "SomethingNewFault", "", SWF_REFUSED },
	{ 400, "ThrottlingException", "Rate exceeded", SWF_THROTTLED },
	{ 400, "LimitExceededFault", "", SWF_THROTTLED },
	{ 400, "SomethingNewFault", "rate exceeded", SWF_THROTTLED },
	{ 429, "", "", SWF_THROTTLED },
	{ 429, "SomethingNew", "", SWF_THROTTLED },
	{ 503, "SlowDown", "", SWF_THROTTLED },
	/* Whatever else a 5xx says, it may have been applied. */
	{ 500, "InternalFailure", "", SWF_AMBIGUOUS },
	{ 500, "", "", SWF_AMBIGUOUS },
	{ 502, "", "<html>", SWF_AMBIGUOUS },
	{ 503, "ServiceUnavailable", "", SWF_AMBIGUOUS },
	{ 500, "UnknownResourceFault", "", SWF_AMBIGUOUS },
	{ 500, "AccessDeniedException", "", SWF_AMBIGUOUS },
	{ 400, "InternalFailure", "", SWF_AMBIGUOUS },
	{ 400, "RequestTimeout", "", SWF_AMBIGUOUS },
	/* Nothing that bears no code of SWF's is for good. */
	{ 301, "", "", SWF_TRANSIENT },
	{ 400, "", "", SWF_TRANSIENT },
	{ 403, "", "<html>", SWF_TRANSIENT },
	{ 404, "", "", SWF_TRANSIENT },
	{ 407, "", "", SWF_TRANSIENT },
	{ 200, "", "", SWF_AMBIGUOUS },
	/* Codes are compared as they are written. */
	{ 400, "unknownresourcefault", "", SWF_REFUSED },
};

static void
test_classes(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		enum swf_class class =
		    errors_class(rows[i].status, rows[i].code, rows[i].message);

		if (class != rows[i].class)
			fail_msg("%d %s '%s': class %d, not %d", rows[i].status,
			    rows[i].code, rows[i].message, (int)class,
			    (int)rows[i].class);
	}
}

static const struct {
	const char *code;
	enum swf_class class;
} again[] = {
	{ "Throttling", SWF_THROTTLED },
	{ "ThrottlingException", SWF_THROTTLED },
	{ "ThrottledException", SWF_THROTTLED },
	{ "RequestThrottled", SWF_THROTTLED },
	{ "RequestThrottledException", SWF_THROTTLED },
	{ "TooManyRequestsException", SWF_THROTTLED },
	{ "ProvisionedThroughputExceededException", SWF_THROTTLED },
	{ "TransactionInProgressException", SWF_THROTTLED },
	{ "RequestLimitExceeded", SWF_THROTTLED },
	{ "BandwidthLimitExceeded", SWF_THROTTLED },
	{ "LimitExceededException", SWF_THROTTLED },
	{ "LimitExceededFault", SWF_THROTTLED },
	{ "SlowDown", SWF_THROTTLED },
	{ "PriorRequestNotComplete", SWF_THROTTLED },
	{ "EC2ThrottledException", SWF_THROTTLED },
	{ "RequestTimeout", SWF_AMBIGUOUS },
	{ "RequestTimeoutException", SWF_AMBIGUOUS },
	{ "InternalFailure", SWF_AMBIGUOUS },
	{ "InternalError", SWF_AMBIGUOUS },
	{ "InternalServerError", SWF_AMBIGUOUS },
	{ "InternalServiceError", SWF_AMBIGUOUS },
	{ "ServiceUnavailable", SWF_AMBIGUOUS },
	{ "ServiceUnavailableException", SWF_AMBIGUOUS },
};

static void
test_clock(void **state)
{
	(void)state;
	assert_true(errors_may_be_clock("InvalidSignatureException"));
	assert_true(errors_may_be_clock("SignatureDoesNotMatch"));
	assert_true(errors_may_be_clock("AuthFailure"));
	assert_true(errors_may_be_clock("RequestTimeTooSkewed"));
	assert_true(errors_may_be_clock("AccessDeniedException"));
	assert_false(errors_may_be_clock("UnknownResourceFault"));
	assert_false(errors_may_be_clock("UnrecognizedClientException"));
	assert_false(errors_may_be_clock(""));
	/* What only says that it is to be tried again is never of the clock. */
	for (size_t i = 0; i < ARRAY_SIZE(again); i++) {
		assert_false(errors_may_be_clock(again[i].code));
		assert_null(errors_remedy(again[i].code));
		assert_int_equal(errors_class(400, again[i].code, ""),
		    again[i].class);
	}
}

static void
test_remedies(void **state)
{
	(void)state;
	assert_non_null(errors_remedy("ExpiredTokenException"));
	assert_non_null(errors_remedy("AccessDeniedException"));
	assert_null(errors_remedy("UnknownResourceFault"));
	assert_true(errors_is_permission("AccessDeniedException"));
	assert_true(errors_is_permission("OperationNotPermittedFault"));
	assert_true(errors_is_permission("NotImplementedException"));
	assert_false(errors_is_permission("ExpiredTokenException"));
	assert_false(errors_is_permission("RequestExpired"));
	assert_null(errors_remedy("SomethingNewFault"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_classes),
		cmocka_unit_test(test_clock),
		cmocka_unit_test(test_remedies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
