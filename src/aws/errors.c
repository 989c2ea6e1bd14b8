/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "aws/errors.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

#define CLOCK_REMEDY "check this host's clock and the credentials"
#define KEYS_REMEDY  "get new credentials: these are expired or unknown"

/*
 * The codes that mean something particular; "clock": a wrong clock may be
 * the cause.  Sources: SWF's API model, the retry rules of the AWS SDKs.
 */
static const struct code {
	const char *name;
	enum swf_class class;
	bool clock;
	const char *remedy;
} codes[] = {
	{ "UnknownResourceFault", SWF_GONE, false, NULL },

	{ "ValidationException", SWF_INVALID, false, NULL },
	{ "ValidationError", SWF_INVALID, false, NULL },
	{ "SerializationException", SWF_INVALID, false, NULL },

	{ "LimitExceededFault", SWF_THROTTLED, false, NULL },
	{ "Throttling", SWF_THROTTLED, false, NULL },
	{ "ThrottlingException", SWF_THROTTLED, false, NULL },
	{ "ThrottledException", SWF_THROTTLED, false, NULL },
	{ "RequestThrottled", SWF_THROTTLED, false, NULL },
	{ "RequestThrottledException", SWF_THROTTLED, false, NULL },
	{ "TooManyRequestsException", SWF_THROTTLED, false, NULL },
	{ "ProvisionedThroughputExceededException", SWF_THROTTLED, false,
	    NULL },
	{ "TransactionInProgressException", SWF_THROTTLED, false, NULL },
	{ "RequestLimitExceeded", SWF_THROTTLED, false, NULL },
	{ "BandwidthLimitExceeded", SWF_THROTTLED, false, NULL },
	{ "LimitExceededException", SWF_THROTTLED, false, NULL },
	{ "SlowDown", SWF_THROTTLED, false, NULL },
	{ "PriorRequestNotComplete", SWF_THROTTLED, false, NULL },
	{ "EC2ThrottledException", SWF_THROTTLED, false, NULL },

	{ "RequestTimeout", SWF_AMBIGUOUS, false, NULL },
	{ "RequestTimeoutException", SWF_AMBIGUOUS, false, NULL },
	{ "InternalFailure", SWF_AMBIGUOUS, false, NULL },
	{ "InternalError", SWF_AMBIGUOUS, false, NULL },
	{ "InternalServerError", SWF_AMBIGUOUS, false, NULL },
	{ "InternalServiceError", SWF_AMBIGUOUS, false, NULL },
	{ "ServiceUnavailable", SWF_AMBIGUOUS, false, NULL },
	{ "ServiceUnavailableException", SWF_AMBIGUOUS, false, NULL },

	{ "InvalidSignatureException", SWF_REFUSED, true, CLOCK_REMEDY },
	{ "SignatureDoesNotMatch", SWF_REFUSED, true, CLOCK_REMEDY },
	{ "AuthFailure", SWF_REFUSED, true, CLOCK_REMEDY },
	{ "RequestTimeTooSkewed", SWF_REFUSED, true, CLOCK_REMEDY },
	{ "RequestExpired", SWF_REFUSED, true, CLOCK_REMEDY },
	{ "AccessDeniedException", SWF_REFUSED, true,
	    "the IAM policy of these credentials must allow this action" },
	{ "OperationNotPermittedFault", SWF_REFUSED, false,
	    "the IAM policy of these credentials must allow this action" },
	{ "ExpiredToken", SWF_REFUSED, false, KEYS_REMEDY },
	{ "ExpiredTokenException", SWF_REFUSED, false, KEYS_REMEDY },
	{ "UnrecognizedClientException", SWF_REFUSED, false, KEYS_REMEDY },
	{ "InvalidClientTokenId", SWF_REFUSED, false, KEYS_REMEDY },
	{ "MissingAuthenticationToken", SWF_REFUSED, false,
	    "this endpoint wants signed requests" },
	{ "MissingAuthenticationTokenException", SWF_REFUSED, false,
	    "this endpoint wants signed requests" },
	{ "IncompleteSignature", SWF_REFUSED, false, NULL },
	{ "UnknownOperationException", SWF_REFUSED, false,
	    "check that --endpoint-url is SWF's" },
};

static const struct code *
find(const char *name)
{
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (strcmp(codes[i].name, name) == 0)
			return &codes[i];
	return NULL;
}

/* By code, else by status. */
enum swf_class
errors_class(int status, const char *code, const char *message)
{
	const struct code *known = find(code);

	if (status == 429 || strcasestr(message, "Rate exceeded") != NULL)
		return SWF_THROTTLED;
	if (status >= 500 && (known == NULL || known->class != SWF_THROTTLED))
		return SWF_AMBIGUOUS;
	if (known != NULL)
		return known->class;
	if (*code != '\0')
		return SWF_REFUSED;
	return status >= 200 && status < 300 ? SWF_AMBIGUOUS : SWF_TRANSIENT;
}

/* From the table. */
bool
errors_may_be_clock(const char *code)
{
	const struct code *known = find(code);

	return known != NULL && known->clock;
}

/* An expired token, as one service or the other calls it. */
bool
errors_is_of_keys(const char *code)
{
	static const char *const of_keys[] = { "ExpiredToken",
		"ExpiredTokenException", "RequestExpired",
		"UnrecognizedClientException", "InvalidClientTokenId" };

	for (size_t i = 0; i < sizeof(of_keys) / sizeof(of_keys[0]); i++)
		if (strcmp(code, of_keys[i]) == 0)
			return true;
	return false;
}

/* What is neither of the credentials nor of the clock. */
bool
errors_is_permission(const char *code)
{
	const char *remedy = errors_remedy(code);

	return remedy == NULL || (strcmp(remedy, KEYS_REMEDY) != 0 &&
				     strcmp(remedy, CLOCK_REMEDY) != 0);
}

/* From the table. */
const char *
errors_remedy(const char *code)
{
	const struct code *known = find(code);

	return known == NULL ? NULL : known->remedy;
}
