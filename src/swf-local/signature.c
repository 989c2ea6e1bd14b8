/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "swf-local/signature.h"

#include <string.h>
#include <time.h>

enum { SKEW_SECONDS = 15 * 60, STAMP_TEXT = 17 };

#define ALGORITHM "AWS4-HMAC-SHA256 "

/* Whether a scope is KEY/DATE/REGION/SERVICE/aws4_request. */
static int
names_region(const char *scope, size_t len)
{
	static const char end[] = "/aws4_request";
	size_t slashes[3];
	size_t at = len;

	if (len < sizeof(end) - 1 ||
	    memcmp(scope + len - (sizeof(end) - 1), end, sizeof(end) - 1) != 0)
		return 0;
	at = len - (sizeof(end) - 1);
	/* From the end, because a key may hold a slash. */
	for (int i = 0; i < 3; i++) {
		slashes[i] = at;
		while (at > 0 && scope[at - 1] != '/')
			at--;
		if (at == 0 || slashes[i] == at)
			return 0;
		at--;
	}
	return at > 0;
}

int
signature_check_form(const char *authorization, struct answer *out)
{
	static const char credential[] = "Credential=";
	const char *scope;

	if (authorization == NULL)
		return 0;
	scope = strstr(authorization, credential);
	if (strncmp(authorization, ALGORITHM, sizeof(ALGORITHM) - 1) == 0 &&
	    scope != NULL) {
		scope += sizeof(credential) - 1;
		if (names_region(scope, strcspn(scope, ", ")))
			return 0;
	}
	answer_fault(out, FAULT_INCOMPLETE_SIGNATURE,
	    "Authorization header requires '%s' with a 'Credential' of the "
	    "form KEY/DATE/REGION/swf/aws4_request",
	    "AWS4-HMAC-SHA256");
	return -1;
}

static void
stamp(time_t at, char text[STAMP_TEXT])
{
	struct tm tm = { 0 };

	(void)gmtime_r(&at, &tm);
	if (strftime(text, STAMP_TEXT, "%Y%m%dT%H%M%SZ", &tm) == 0)
		text[0] = '\0';
}

int
signature_check_time(const char *date, int64_t wall_ms, struct answer *out)
{
	time_t now = (time_t)(wall_ms / 1000);
	struct tm tm = { 0 };
	char limit[STAMP_TEXT], ours[STAMP_TEXT];
	const char *end;
	time_t signed_at;

	if (date == NULL)
		return 0;
	end = strptime(date, "%Y%m%dT%H%M%SZ", &tm);
	if (end == NULL || *end != '\0') {
		answer_fault(out, FAULT_INCOMPLETE_SIGNATURE,
		    "Date must be in ISO-8601 'basic format'. Got '%s'.", date);
		return -1;
	}
	signed_at = timegm(&tm);
	stamp(now, ours);
	if (signed_at < now - SKEW_SECONDS) {
		stamp(now - SKEW_SECONDS, limit);
		answer_fault(out, FAULT_SIGNATURE,
		    "Signature expired: %s is now earlier than %s "
		    "(%s - 15 min.)",
		    date, limit, ours);
		return -1;
	}
	if (signed_at > now + SKEW_SECONDS) {
		stamp(now + SKEW_SECONDS, limit);
		answer_fault(out, FAULT_SIGNATURE,
		    "Signature not yet current: %s is still later than %s "
		    "(%s + 15 min.)",
		    date, limit, ours);
		return -1;
	}
	return 0;
}
