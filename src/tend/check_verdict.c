/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "tend/check_verdict.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aws/errors.h"
#include "aws/swf_answers.h"
#include "base/buf.h"
#include "base/mem.h"
#include "tend/fault.h"
#include "text/json.h"

enum {
	/* ms.  A signature is refused when the clocks differ by more than
	 * five minutes; a minute and more will be five before long. */
	CLOCK_WRONG = 4 * 60 * 1000,
	CLOCK_DRIFTS = 30 * 1000,
	ACCOUNT = 12, /* digits */
	SENTENCE = 700,
	POLICY_MAX = 4096
};

/* ---- what the service says ---- */

/*
 * The answer's message on one line, without the general remedy at its end:
 * there is a better one here.
 */
static void
first_line(const struct swf_answer *answer, char *text, size_t size)
{
	const char *remedy = errors_remedy(answer->code);
	size_t len = strlen(answer->message);
	size_t tail = remedy == NULL ? 0 : strlen(remedy);

	if (tail > 0 && len >= tail &&
	    strcmp(answer->message + len - tail, remedy) == 0)
		len -= tail;
	if (len >= 2 && len < strlen(answer->message) &&
	    strncmp(answer->message + len - 2, ": ", 2) == 0)
		len -= 2;
	(void)snprintf(text, size, "%.*s", (int)len, answer->message);
	text[strcspn(text, "\r\n")] = '\0';
}

static void
blame(struct check_report *report, enum check_item item,
    const struct swf_answer *answer, const char *remedy)
{
	char text[SENTENCE];

	first_line(answer, text, sizeof(text));
	check_report_blame(report, item, CHECK_FAILED, remedy, "%s%s%s",
	    answer->code, *answer->code != '\0' && *text != '\0' ? ": " : "",
	    text);
}

/* ---- permission ---- */

/* Twelve digits between colons, as every ARN has them. */
static const char *
find_account(const char *text)
{
	for (const char *at = text; (at = strchr(at, ':')) != NULL; at++)
		if (strspn(at + 1, "0123456789") == ACCOUNT &&
		    at[1 + ACCOUNT] == ':')
			return at + 1;
	return NULL;
}

/* See the header. */
char *
check_policy(const struct check_call *call, const char *message)
{
	const char *region = call->endpoint->region;
	const char *account = find_account(message);
	struct buf out = BUF_INIT(POLICY_MAX);
	char *resource =
	    call->domain == NULL
		? mem_string("*")
		: mem_format("arn:%s:swf:%s:%.*s:/domain/%s",
		      endpoint_partition(region), region,
		      account == NULL ? 1 : ACCOUNT,
		      account == NULL ? "*" : account, call->domain);

	(void)buf_format(&out,
	    "{\"Effect\":\"Allow\",\"Action\":\"swf:%s\",\"Resource\":",
	    swf_operation_name(call->operation));
	(void)json_string(&out, resource, strlen(resource));
	(void)buf_string(&out, "}");
	free(resource);
	return out.data;
}

static void
blame_permission(struct check_report *report, const struct check_call *call,
    const struct swf_answer *answer)
{
	blame(report, CHECK_CALL, answer,
	    "the credentials are good, but may not do this: add to their IAM "
	    "policy");
	check_report_policy(report, CHECK_CALL,
	    check_policy(call, answer->message));
}

/* ---- other refusals ---- */

#define UNKNOWN_KEY                                                         \
	"the service does not know this access key: it was deleted, or "    \
	"belongs to another partition than this region, or its session "    \
	"token is missing or has expired: get new credentials where these " \
	"are from"
#define EXPIRED                                                              \
	"these credentials have expired: get new ones where they are from, " \
	"for example with 'aws sso login', or set the AWS_ variables anew"
#define WRONG_SECRET                                                       \
	"the secret access key is not the one of this access key id: set " \
	"both anew, from the same place"
#define SET_CLOCK "set this host's clock, for example by NTP"
#define ITS_CLOCK "requests are signed by the service's clock instead: "
#define UNSIGNED  "this endpoint wants signed requests: drop --no-sign-request"
#define NO_ACCOUNT                                                           \
	"this account cannot use SWF in this region: enable the region, or " \
	"use another --region"
#define NOT_SWF                                                 \
	"what answers there is not SWF: check --endpoint-url, " \
	"AWS_ENDPOINT_URL and the region"

/* What is at fault when a request is refused with a code. */
static const struct {
	const char *code;
	enum check_item item;
	const char *remedy;
} refusals[] = {
	{ "ExpiredToken", CHECK_CREDENTIALS, EXPIRED },
	{ "ExpiredTokenException", CHECK_CREDENTIALS, EXPIRED },
	{ "UnrecognizedClientException", CHECK_CREDENTIALS, UNKNOWN_KEY },
	{ "InvalidClientTokenId", CHECK_CREDENTIALS, UNKNOWN_KEY },
	{ "InvalidSignatureException", CHECK_CREDENTIALS, WRONG_SECRET },
	{ "SignatureDoesNotMatch", CHECK_CREDENTIALS, WRONG_SECRET },
	{ "AuthFailure", CHECK_CREDENTIALS, WRONG_SECRET },
	{ "MissingAuthenticationToken", CHECK_CREDENTIALS, UNSIGNED },
	{ "MissingAuthenticationTokenException", CHECK_CREDENTIALS, UNSIGNED },
	{ "OptInRequired", CHECK_CALL, NO_ACCOUNT },
	{ "SubscriptionRequiredException", CHECK_CALL, NO_ACCOUNT },
	{ "UnknownOperationException", CHECK_ENDPOINT, NOT_SWF },
};

/* Whether the signature was refused for its time, in the service's words. */
static bool
is_about_time(const struct swf_answer *answer)
{
	return answer->class == SWF_REFUSED &&
	       (strcmp(answer->code, "RequestTimeTooSkewed") == 0 ||
		   strcmp(answer->code, "RequestExpired") == 0 ||
		   strstr(answer->message, "Signature expired") != NULL ||
		   strstr(answer->message, "Signature not yet current") !=
		       NULL);
}

static void
refused(struct check_report *report, const struct check_call *call,
    const struct swf_answer *answer)
{
	if (fault_is_denial(answer)) {
		blame_permission(report, call, answer);
		return;
	}
	if (is_about_time(answer))
		return; /* see judge_clock() */
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++)
		if (strcmp(answer->code, refusals[i].code) == 0) {
			blame(report, refusals[i].item, answer,
			    refusals[i].remedy);
			return;
		}
	blame(report, CHECK_CALL, answer, errors_remedy(answer->code));
}

static void
domain_unknown(struct check_report *report, const struct check_call *call,
    const struct swf_answer *answer)
{
	char *remedy = mem_format("there is no domain '%s' in region %s (%s) "
				  "at %s: check --domain, the region and "
				  "whose account it is; 'aws swf "
				  "register-domain' makes one",
	    call->domain == NULL ? "" : call->domain, call->endpoint->region,
	    call->endpoint->region_source, call->endpoint->url);

	blame(report, CHECK_CALL, answer, remedy);
	free(remedy);
}

/* ---- the call ---- */

static void
read_domain(struct check_report *report, const struct swf_answer *answer)
{
	struct swf_domain domain;
	struct err err;

	if (swf_domain_parse(&domain, answer->body, answer->body_len, &err) ==
	    -1) {
		check_report_blame(report, CHECK_CALL, CHECK_FAILED, NOT_SWF,
		    "%s", err.text);
	} else {
		check_report_set(report, CHECK_CALL, CHECK_OK, NULL,
		    "DescribeDomain: %s is %s", domain.name,
		    domain.deprecated ? "DEPRECATED" : "REGISTERED");
		check_report_fact(report, CHECK_CALL, "arn", domain.arn);
	}
	if (domain.deprecated)
		check_report_blame(report, CHECK_CALL, CHECK_WARNING,
		    "'aws swf undeprecate-domain' takes it up again",
		    "domain %s is deprecated: nothing new can be started in it",
		    domain.name);
	swf_domain_clear(&domain);
}

static void
read_count(struct check_report *report, const struct check_call *call,
    const struct swf_answer *answer)
{
	int64_t count;
	struct err err;

	if (swf_count_parse(&count, answer->body, answer->body_len, &err) ==
	    -1) {
		check_report_blame(report, CHECK_CALL, CHECK_FAILED, NOT_SWF,
		    "%s", err.text);
		return;
	}
	check_report_set(report, CHECK_CALL, CHECK_OK, NULL,
	    "CountPendingActivityTasks: %lld in task list %s", (long long)count,
	    call->task_list);
	check_report_number(report, CHECK_CALL, "count", count);
}

static void
went_through(struct check_report *report, const struct check_call *call,
    const struct swf_answer *answer)
{
	if (call->operation == SWF_DESCRIBE_DOMAIN)
		read_domain(report, answer);
	else if (call->operation == SWF_COUNT_PENDING_ACTIVITIES)
		read_count(report, call, answer);
	else
		check_report_set(report, CHECK_CALL, CHECK_OK, NULL,
		    "%s: answered", swf_operation_name(call->operation));
}

static void
judge_call(struct check_report *report, const struct check_call *call,
    const struct swf_answer *answer)
{
	check_report_set(report, CHECK_CALL, CHECK_FAILED, NULL, "%s: %s",
	    swf_operation_name(call->operation), answer->code);
	check_report_fact(report, CHECK_CALL, "code", answer->code);
	switch (answer->class) {
	case SWF_OK:
		went_through(report, call, answer);
		break;
	case SWF_GONE:
		domain_unknown(report, call, answer);
		break;
	case SWF_REFUSED:
		refused(report, call, answer);
		break;
	case SWF_INVALID:
		blame(report, CHECK_CALL, answer,
		    "check --domain and --task-list");
		break;
	case SWF_THROTTLED:
		blame(report, CHECK_CALL, answer,
		    "this account asks too much of SWF just now: try again in "
		    "a minute");
		break;
	case SWF_TRANSIENT:
	case SWF_AMBIGUOUS:
		blame(report, CHECK_CALL, answer,
		    "the service has trouble of its own: try again in a "
		    "minute");
		break;
	}
}

/* ---- connection and clock ---- */

/*
 * What a clock that is off by so much means.  The client has tried with the
 * service's time by itself, so work can start unless the service minds.
 */
static void
blame_clock(struct check_report *report, const struct swf_answer *answer,
    int64_t off, const char *which)
{
	long long seconds = (long long)off / 1000;

	if (is_about_time(answer) && off < CLOCK_DRIFTS)
		blame(report, CHECK_CLOCK, answer, SET_CLOCK);
	else if (is_about_time(answer))
		check_report_blame(report, CHECK_CLOCK, CHECK_FAILED, SET_CLOCK,
		    "this host's clock is %lld s %s: %s", seconds, which,
		    answer->code);
	else if (off > CLOCK_WRONG)
		check_report_blame(report, CHECK_CLOCK, CHECK_WARNING,
		    ITS_CLOCK SET_CLOCK, "this host's clock is %lld s %s",
		    seconds, which);
	else if (off > CLOCK_DRIFTS)
		check_report_blame(report, CHECK_CLOCK, CHECK_WARNING,
		    "before it is five minutes: " SET_CLOCK,
		    "this host's clock is %lld s %s", seconds, which);
}

/* "slow" and "fast" are this host's. */
static void
judge_clock(struct check_report *report, const struct swf_answer *answer)
{
	/* The service's time minus ours is from "least" to "most". */
	int64_t least = answer->date - answer->answered_at;
	int64_t most = answer->date + 999 - answer->sent_at;
	int64_t off = least > 0 ? least : most < 0 ? -most : 0;
	const char *which = least > 0 ? "slow" : "fast";

	if (answer->date == -1) {
		check_report_set(report, CHECK_CLOCK, CHECK_UNKNOWN, NULL,
		    "the answer has no date of its own");
		off = 0;
	} else if (off < 1000) {
		check_report_set(report, CHECK_CLOCK, CHECK_OK, NULL,
		    "as the service's");
	} else {
		check_report_set(report, CHECK_CLOCK, CHECK_OK, NULL,
		    "%lld s %s", (long long)off / 1000, which);
	}
	if (answer->date != -1)
		check_report_number(report, CHECK_CLOCK, "skew_ms",
		    least > 0 ? off : -off);
	blame_clock(report, answer, off, which);
}

/* An answer without a code of SWF's is somebody else's. */
static bool
is_foreign(const struct swf_answer *answer)
{
	return answer->class != SWF_OK && *answer->code == '\0';
}

static void
judge_foreign(struct check_report *report, const struct check_call *call,
    const struct swf_answer *answer)
{
	char *remedy = call->proxy_variable == NULL
			   ? mem_string(NOT_SWF)
			   : mem_format("check what %s names, and "
					"--endpoint-url",
				 call->proxy_variable);

	check_report_blame(report, CHECK_CONNECTION, CHECK_FAILED, remedy,
	    "HTTP status %d: %s", answer->status, answer->message);
	free(remedy);
}

static void
judge_connection(struct check_report *report, const struct check_call *call,
    const struct swf_answer *answer)
{
	int64_t ms = answer->answered_at - answer->sent_at;

	check_report_set(report, CHECK_CONNECTION, CHECK_OK, NULL,
	    "%s, answered in %lld ms",
	    call->endpoint->tls ? "TLS" : "not encrypted", (long long)ms);
	check_report_number(report, CHECK_CONNECTION, "ms", ms);
}

/* See the header. */
void
check_verdict(struct check_report *report, const struct check_call *call,
    const struct swf_answer *answer)
{
	const char *name = swf_operation_name(call->operation);

	if (answer->status == 0) {
		check_report_blame(report, CHECK_CONNECTION, CHECK_FAILED, NULL,
		    "%s", answer->message);
		check_report_set(report, CHECK_CALL, CHECK_UNKNOWN, NULL,
		    "%s: no answer", name);
		return;
	}
	judge_connection(report, call, answer);
	if (is_foreign(answer)) {
		judge_foreign(report, call, answer);
		check_report_set(report, CHECK_CALL, CHECK_UNKNOWN, NULL,
		    "%s: no answer of SWF's", name);
		return;
	}
	judge_clock(report, answer);
	check_report_fact(report, CHECK_CALL, "request_id",
	    *answer->request_id == '\0' ? NULL : answer->request_id);
	if (call->probe)
		check_report_set(report, CHECK_CALL, CHECK_UNKNOWN, NULL,
		    "%s: not without credentials", name);
	else
		judge_call(report, call, answer);
}
