/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "tend/calls.h"

#include "base/clock.h"
#include "base/log.h"
#include "tend/texts.h"

void
calls_init(struct calls *calls, struct swf_client *client, const char *token,
    const char *label, calls_event *event, void *arg)
{
	*calls = (struct calls){
		.client = client,
		.token = token,
		.label = label,
		.event = event,
		.arg = arg,
		.heartbeat = { .name = "heartbeat", .kind = NUMBERS_HEARTBEAT },
		.report = { .name = "report", .kind = NUMBERS_REPORT },
	};
}

static enum activity_failure failure_of(enum swf_class class)
{
	switch (class) {
	case SWF_GONE:
		return ACTIVITY_FAILURE_GONE;
	case SWF_INVALID:
		return ACTIVITY_FAILURE_INVALID;
	case SWF_REFUSED:
		return ACTIVITY_FAILURE_REFUSED;
	case SWF_THROTTLED:
		return ACTIVITY_FAILURE_THROTTLED;
	case SWF_TRANSIENT:
		return ACTIVITY_FAILURE_TRANSIENT;
	case SWF_OK:
	case SWF_AMBIGUOUS:
		break;
	}
	return ACTIVITY_FAILURE_AMBIGUOUS;
}

/* Counts a failure.  Whether it is worth a line of the log. */
static bool
count_failure(struct calls_one *one)
{
	one->failures++;
	return (one->failures & (one->failures - 1)) == 0;
}

static void
log_failure(const struct calls *calls, struct calls_one *one, const char *code,
    const char *message)
{
	numbers_problem(calls->numbers, one->kind, code, message);
	if (count_failure(one))
		log_warning("%s%s failed%s: %s%s%s", calls->label, one->name,
		    one->failures > 1 ? " again" : "", code,
		    code[0] != '\0' ? ": " : "", message);
}

/* An answer is there; makes the event of it. */
static void
answered(struct calls *calls, struct calls_one *one,
    const struct swf_answer *answer, enum activity_event_type ok,
    enum activity_event_type failed)
{
	struct activity_event event = {
		.type = answer->class == SWF_OK ? ok : failed,
		.attempt = one->attempt,
		.cancel_requested = answer->cancel_requested,
	};

	one->call = NULL;
	if (answer->class != SWF_OK && answer->status == 0)
		one->afresh = !one->afresh;
	else
		one->afresh = false;
	numbers_answered(calls->numbers, one->kind, answer->class, one->sent_at,
	    clock_boot());
	if (answer->class == SWF_OK) {
		if (one->failures > 0)
			log_info("%s%s accepted again", calls->label,
			    one->name);
		one->failures = 0;
		log_debug("%s%s accepted%s", calls->label, one->name,
		    answer->cancel_requested ? ", cancel requested" : "");
	} else {
		event.failure = failure_of(answer->class);
		event.retry_after = answer->retry_after;
		log_failure(calls, one, answer->code, answer->message);
	}
	calls->event(calls->arg, &event);
}

static void
on_heartbeat(void *arg, const struct swf_answer *answer)
{
	struct calls *calls = arg;

	answered(calls, &calls->heartbeat, answer, ACTIVITY_HEARTBEAT_OK,
	    ACTIVITY_HEARTBEAT_FAILED);
}

static void
on_report(void *arg, const struct swf_answer *answer)
{
	struct calls *calls = arg;

	answered(calls, &calls->report, answer, ACTIVITY_REPORT_OK,
	    ACTIVITY_REPORT_FAILED);
}

/* The call could not be started. */
static void
not_sent(struct calls *calls, struct calls_one *one, const struct err *err,
    enum activity_event_type failed)
{
	struct activity_event event = {
		.type = failed,
		.attempt = one->attempt,
		.failure = ACTIVITY_FAILURE_TRANSIENT,
	};

	log_failure(calls, one, "", err->text);
	numbers_unanswered(calls->numbers, one->kind, one->sent_at,
	    clock_boot());
	calls->event(calls->arg, &event);
}

static void
begin(const struct calls *calls, struct calls_one *one, uint32_t attempt)
{
	one->attempt = attempt;
	one->sent_at = clock_boot();
	if (one->failures > 0)
		numbers_retry(calls->numbers, one->kind);
}

/*
 * Whatever swallowed one attempt may swallow more on the old connections; and
 * while no new one can be made, the old ones may be good.
 */
static struct swf_call *
start_heartbeat(struct calls *calls, const char *details, int64_t timeout,
    struct err *err)
{
	if (calls->heartbeat.afresh)
		return swf_heartbeat_afresh(calls->client, calls->token,
		    details, timeout, on_heartbeat, calls, err);
	return swf_heartbeat(calls->client, calls->token, details, timeout,
	    on_heartbeat, calls, err);
}

void
calls_send_heartbeat(struct calls *calls, uint32_t attempt, const char *details,
    int64_t timeout)
{
	struct err err;

	begin(calls, &calls->heartbeat, attempt);
	calls->heartbeat.call = start_heartbeat(calls, details, timeout, &err);
	if (calls->heartbeat.call == NULL)
		not_sent(calls, &calls->heartbeat, &err,
		    ACTIVITY_HEARTBEAT_FAILED);
}

static struct swf_call *
start_report(struct calls *calls, const struct texts_report *report,
    int64_t timeout, struct err *err)
{
	struct swf_client *client = calls->client;
	const char *token = calls->token;

	switch (report->kind) {
	case ACTIVITY_KIND_COMPLETED:
		return swf_completed(client, token, report->result, timeout,
		    on_report, calls, err);
	case ACTIVITY_KIND_FAILED:
		return swf_failed(client, token, report->reason,
		    report->details, timeout, on_report, calls, err);
	case ACTIVITY_KIND_CANCELED:
		return swf_canceled(client, token, report->details, timeout,
		    on_report, calls, err);
	case ACTIVITY_KIND_NONE:
		break;
	}
	(void)err_set(err, "there is nothing to report");
	return NULL;
}

void
calls_send_report(struct calls *calls, uint32_t attempt,
    const struct texts_report *report, int64_t timeout)
{
	struct err err;

	begin(calls, &calls->report, attempt);
	calls->report.call = start_report(calls, report, timeout, &err);
	if (calls->report.call == NULL)
		not_sent(calls, &calls->report, &err, ACTIVITY_REPORT_FAILED);
}

static void
drop(struct calls_one *one)
{
	if (one->call != NULL)
		swf_cancel(one->call);
	one->call = NULL;
}

static void
give_up(const struct calls *calls, struct calls_one *one)
{
	struct err err;

	if (one->call == NULL)
		return;
	swf_waiting(one->call, &err);
	drop(one);
	one->afresh = !one->afresh;
	log_failure(calls, one, "", err.text);
	numbers_unanswered(calls->numbers, one->kind, one->sent_at,
	    clock_boot());
}

bool
calls_report_unsent(const struct calls *calls)
{
	return calls->report.call != NULL && swf_is_unsent(calls->report.call);
}

void
calls_give_up_heartbeat(struct calls *calls)
{
	give_up(calls, &calls->heartbeat);
}

void
calls_give_up_report(struct calls *calls)
{
	give_up(calls, &calls->report);
}

void
calls_drop(struct calls *calls)
{
	drop(&calls->heartbeat);
	drop(&calls->report);
}
