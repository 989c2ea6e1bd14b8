/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "tend/decider.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/buf.h"
#include "base/instant.h"
#include "base/mem.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

/* The activity, that is, its newest attempt. */
enum activity {
	TO_BE_SCHEDULED,
	SCHEDULED,
	STARTED,
	COMPLETED,
	FAILED,
	TIMED_OUT,
	CANCELED,
	REFUSED /* it could not be scheduled */
};

struct line {
	STAILQ_ENTRY(line) link;
	enum log_level level;
	char *text;
};

STAILQ_HEAD(lines, line);

struct decider {
	struct order order;
	int64_t last; /* id of the newest event */
	enum activity activity;
	enum decider_end end;
	int attempts;
	bool cancel_requested; /* of the execution */
	bool cancel_passed_on; /* to this attempt */
	char *task_list;       /* where the newest attempt was scheduled */
	char *cause;           /* why it could not be */
	char *result;
	char *reason;
	char *details;
	struct swf_timeouts timeouts; /* of a decision; point into texts */
	char texts[ORDER_TIMEOUTS][ORDER_SECONDS_TEXT];
	struct lines lines;
};

struct decider *
decider_new(void)
{
	struct decider *decider = mem_new(1, sizeof(*decider));

	STAILQ_INIT(&decider->lines);
	return decider;
}

static void
forget_outcome(struct decider *decider)
{
	free(decider->cause);
	free(decider->result);
	free(decider->reason);
	free(decider->details);
	decider->cause = NULL;
	decider->result = decider->reason = decider->details = NULL;
}

void
decider_free(struct decider *decider)
{
	enum log_level level;
	char *text;

	if (decider == NULL)
		return;
	while ((text = decider_next_line(decider, &level)) != NULL)
		free(text);
	forget_outcome(decider);
	order_clear(&decider->order);
	free(decider->task_list);
	free(decider);
}

int64_t
decider_last(const struct decider *decider)
{
	return decider->last;
}

const struct order *
decider_order(const struct decider *decider)
{
	return &decider->order;
}

/* ---- what a person is told ---- */

/* Takes "text" over. */
static void
say(struct decider *decider, enum log_level level, char *text)
{
	struct line *line = mem_new(1, sizeof(*line));

	line->level = level;
	line->text = text;
	STAILQ_INSERT_TAIL(&decider->lines, line, link);
}

char *
decider_next_line(struct decider *decider, enum log_level *level)
{
	struct line *line = STAILQ_FIRST(&decider->lines);
	char *text;

	if (line == NULL)
		return NULL;
	STAILQ_REMOVE_HEAD(&decider->lines, link);
	*level = line->level;
	text = line->text;
	free(line);
	return text;
}

/* A text of many lines, one by one; the log escapes line ends. */
static void
say_details(struct decider *decider, enum log_level level, const char *details)
{
	size_t len;

	for (const char *at = details; at != NULL && *at != '\0'; at += len) {
		len = strcspn(at, "\n");
		say(decider, level, mem_format("| %.*s", (int)len, at));
		if (at[len] == '\n')
			len++;
	}
}

/* ", attempt 2 of 3", where there may be more than one. */
static char *
attempt_text(const struct decider *decider, int attempt)
{
	if (decider->order.retries == 0)
		return mem_string("");
	return mem_format(", attempt %d of %d", attempt,
	    decider->order.retries + 1);
}

/* Whether an attempt that failed is to be followed by another. */
static bool
has_retries(const struct decider *decider)
{
	return decider->attempts <= decider->order.retries;
}

/* An attempt has not come to a good end; "how" is taken over. */
static void
say_failure(struct decider *decider, char *how)
{
	bool again = has_retries(decider);
	enum log_level level = again ? LOG_WARNING : LOG_ERROR;
	const char *then = !again ? ""
			   : decider->cancel_requested
			       ? "; it is not tried again"
			       : "; it is tried again";
	char *attempt = attempt_text(decider, decider->attempts);

	say(decider, level, mem_format("%s%s%s", how, attempt, then));
	say_details(decider, level, decider->details);
	free(attempt);
	free(how);
}

/* ---- the events ---- */

static char *
copy(const struct swf_event *event, const char *name)
{
	const char *text = swf_event_text(event, name);

	return text == NULL ? NULL : mem_string(text);
}

/* ": " and the text; nothing if there is none. */
static char *
appended(const char *text)
{
	if (text == NULL || *text == '\0')
		return mem_string("");
	return mem_format(": %s", text);
}

static void
on_scheduled(struct decider *decider, const struct swf_event *event)
{
	const char *list = swf_event_inner(event, "taskList", "name");
	char *attempt;

	forget_outcome(decider);
	decider->activity = SCHEDULED;
	decider->attempts++;
	decider->cancel_passed_on = false;
	free(decider->task_list);
	decider->task_list = mem_string(list == NULL ? "" : list);
	attempt = attempt_text(decider, decider->attempts);
	say(decider, LOG_INFO,
	    mem_format("scheduled %s:%s on task list '%s'%s",
		decider->order.name, decider->order.version, decider->task_list,
		attempt));
	free(attempt);
}

static void
on_schedule_failed(struct decider *decider, const struct swf_event *event)
{
	forget_outcome(decider);
	decider->cause = copy(event, "cause");
	if (decider->cause == NULL)
		decider->cause = mem_string("no cause given");
	decider->activity = order_fill_in(&decider->order, decider->cause)
				? TO_BE_SCHEDULED
				: REFUSED;
}

static void
on_started(struct decider *decider, const struct swf_event *event)
{
	const char *identity = swf_event_text(event, "identity");

	decider->activity = STARTED;
	say(decider, LOG_INFO,
	    mem_format("started by %s", identity == NULL || *identity == '\0'
					    ? "a worker without identity"
					    : identity));
}

static void
on_completed(struct decider *decider, const struct swf_event *event)
{
	forget_outcome(decider);
	decider->activity = COMPLETED;
	decider->result = copy(event, "result");
}

static void
on_failed(struct decider *decider, const struct swf_event *event)
{
	char *reason;

	forget_outcome(decider);
	decider->activity = FAILED;
	decider->reason = copy(event, "reason");
	decider->details = copy(event, "details");
	reason = appended(decider->reason);
	say_failure(decider, mem_format("failed%s", reason));
	free(reason);
}

static const struct {
	const char *type;
	const char *text;
} timeout_texts[] = {
	{ "HEARTBEAT", "no heartbeat for as long as the heartbeat timeout" },
	{ "START_TO_CLOSE", "it ran for longer than start-to-close" },
	{ "SCHEDULE_TO_START", "no worker took it within schedule-to-start" },
	{ "SCHEDULE_TO_CLOSE", "it took longer than schedule-to-close" },
};

static const char *
timeout_text(const char *type)
{
	for (size_t i = 0; i < ARRAY_SIZE(timeout_texts); i++)
		if (strcmp(type, timeout_texts[i].type) == 0)
			return timeout_texts[i].text;
	return type;
}

static void
on_timed_out(struct decider *decider, const struct swf_event *event)
{
	const char *type = swf_event_text(event, "timeoutType");
	const char *text = timeout_text(type == NULL ? "?" : type);

	forget_outcome(decider);
	decider->activity = TIMED_OUT;
	decider->reason =
	    mem_format("timed out: %s", type == NULL ? "?" : type);
	decider->details = copy(event, "details");
	say_failure(decider, mem_format("timed out: %s", text));
}

static void
on_canceled(struct decider *decider, const struct swf_event *event)
{
	forget_outcome(decider);
	decider->activity = CANCELED;
	decider->details = copy(event, "details");
}

static void
on_cancel_requested(struct decider *decider, const struct swf_event *event)
{
	(void)event;
	decider->cancel_requested = true;
	say(decider, LOG_INFO, mem_string("cancel requested"));
}

/*
 * The worker hears of it with its next heartbeat.  A request that failed
 * because the attempt had ended is not repeated either.
 */
static void
on_cancel_passed_on(struct decider *decider, const struct swf_event *event)
{
	(void)event;
	decider->cancel_passed_on = true;
}

static void
on_execution_completed(struct decider *decider, const struct swf_event *event)
{
	(void)event;
	decider->end = DECIDER_COMPLETED;
	say(decider, LOG_INFO, mem_string("completed"));
}

static void
on_execution_failed(struct decider *decider, const struct swf_event *event)
{
	char *reason;

	if (decider->activity == FAILED) {
		decider->end = DECIDER_FAILED;
	} else if (decider->activity == TIMED_OUT) {
		decider->end = DECIDER_TIMED_OUT;
	} else {
		reason = appended(swf_event_text(event, "reason"));
		say(decider, LOG_ERROR, mem_format("failed%s", reason));
		free(reason);
		decider->end = decider->activity == REFUSED ? DECIDER_REFUSED
							    : DECIDER_FAILED;
	}
}

static void
on_execution_canceled(struct decider *decider, const struct swf_event *event)
{
	decider->end = DECIDER_CANCELED;
	say(decider, LOG_WARNING, mem_string("canceled"));
	say_details(decider, LOG_WARNING, swf_event_text(event, "details"));
}

static void
on_execution_timed_out(struct decider *decider, const struct swf_event *event)
{
	(void)event;
	decider->end = DECIDER_TIMED_OUT;
	say(decider, LOG_ERROR,
	    mem_string("timed out: the time limit of the workflow is over"));
}

static void
on_execution_terminated(struct decider *decider, const struct swf_event *event)
{
	char *reason = appended(swf_event_text(event, "reason"));

	decider->end = DECIDER_TERMINATED;
	say(decider, LOG_ERROR, mem_format("terminated%s", reason));
	say_details(decider, LOG_ERROR, swf_event_text(event, "details"));
	free(reason);
}

/*
 * UNHANDLED_DECISION is harmless: something happened meanwhile, and the next
 * decision task shows it.  Everything else would fail for ever.
 */
static void
on_close_failed(struct decider *decider, const struct swf_event *event)
{
	const char *cause = swf_event_text(event, "cause");

	if (cause != NULL && strcmp(cause, "UNHANDLED_DECISION") == 0)
		return;
	decider->end = DECIDER_REFUSED;
	say(decider, LOG_ERROR,
	    mem_format("SWF does not let the workflow be closed: %s",
		cause == NULL ? "no cause given" : cause));
}

static const struct {
	const char *type;
	void (*take)(struct decider *, const struct swf_event *);
} handlers[] = {
	{ "ActivityTaskScheduled", on_scheduled },
	{ "ScheduleActivityTaskFailed", on_schedule_failed },
	{ "ActivityTaskStarted", on_started },
	{ "ActivityTaskCompleted", on_completed },
	{ "ActivityTaskFailed", on_failed },
	{ "ActivityTaskTimedOut", on_timed_out },
	{ "ActivityTaskCanceled", on_canceled },
	{ "ActivityTaskCancelRequested", on_cancel_passed_on },
	{ "RequestCancelActivityTaskFailed", on_cancel_passed_on },
	{ "WorkflowExecutionCancelRequested", on_cancel_requested },
	{ "WorkflowExecutionCompleted", on_execution_completed },
	{ "WorkflowExecutionFailed", on_execution_failed },
	{ "WorkflowExecutionCanceled", on_execution_canceled },
	{ "WorkflowExecutionTimedOut", on_execution_timed_out },
	{ "WorkflowExecutionTerminated", on_execution_terminated },
	{ "CompleteWorkflowExecutionFailed", on_close_failed },
	{ "FailWorkflowExecutionFailed", on_close_failed },
	{ "CancelWorkflowExecutionFailed", on_close_failed },
};

int
decider_take(struct decider *decider, const struct swf_event *event,
    struct err *err)
{
	if (event->id <= decider->last)
		return 0;
	if (decider->last == 0 && order_read(&decider->order, event) == -1)
		return err_set(err, "the workflow was not started by tend "
				    "submit");
	decider->last = event->id;
	for (size_t i = 0; i < ARRAY_SIZE(handlers); i++)
		if (strcmp(event->type, handlers[i].type) == 0)
			handlers[i].take(decider, event);
	return 0;
}

/* ---- the decisions ---- */

/* A timeout's text, NULL for the type's. */
static const char *
seconds(struct decider *decider, enum order_timeout which)
{
	if (decider->order.timeouts[which] == ORDER_DEFAULT)
		return NULL;
	order_seconds(decider->order.timeouts[which], decider->texts[which]);
	return decider->texts[which];
}

static void
schedule(struct decider *decider, struct swf_decision *decision)
{
	const struct order *order = &decider->order;

	decision->kind = SWF_SCHEDULE_ACTIVITY;
	decision->activity_id = order->name;
	decision->type = (struct swf_type){ order->name, order->version };
	decision->task_list = order->task_list;
	decision->input = order->input;
	decision->timeouts = (struct swf_timeouts){
		.schedule_to_start = seconds(decider, ORDER_SCHEDULE_TO_START),
		.schedule_to_close = seconds(decider, ORDER_SCHEDULE_TO_CLOSE),
		.start_to_close = seconds(decider, ORDER_START_TO_CLOSE),
		.heartbeat = seconds(decider, ORDER_HEARTBEAT),
	};
}

static void
cancel_execution(const struct decider *decider, struct swf_decision *decision)
{
	decision->kind = SWF_CANCEL_EXECUTION;
	decision->details = decider->details;
}

static void
schedule_unless_canceled(struct decider *decider, struct swf_decision *decision)
{
	if (decider->cancel_requested)
		cancel_execution(decider, decision);
	else
		schedule(decider, decision);
}

static void
try_again_or_fail(struct decider *decider, struct swf_decision *decision)
{
	if (has_retries(decider)) {
		schedule_unless_canceled(decider, decision);
		return;
	}
	decision->kind = SWF_FAIL_EXECUTION;
	decision->reason = decider->reason;
	decision->details = decider->details;
}

static void
fail_refused(struct decider *decider, struct swf_decision *decision)
{
	free(decider->reason);
	decider->reason =
	    mem_format("cannot be scheduled: %.200s", decider->cause);
	decision->kind = SWF_FAIL_EXECUTION;
	decision->reason = decider->reason;
}

/* Of an attempt that is open. */
static bool
pass_cancel_on(const struct decider *decider, struct swf_decision *decision)
{
	if (!decider->cancel_requested || decider->cancel_passed_on)
		return false;
	decision->kind = SWF_REQUEST_CANCEL_ACTIVITY;
	decision->activity_id = decider->order.name;
	return true;
}

bool
decider_decide(struct decider *decider, struct swf_decision *decision)
{
	*decision = (struct swf_decision){ 0 };
	switch (decider->activity) {
	case TO_BE_SCHEDULED:
		schedule_unless_canceled(decider, decision);
		return true;
	case SCHEDULED:
	case STARTED:
		return pass_cancel_on(decider, decision);
	case COMPLETED:
		decision->kind = SWF_COMPLETE_EXECUTION;
		decision->result = decider->result;
		return true;
	case FAILED:
	case TIMED_OUT:
		try_again_or_fail(decider, decision);
		return true;
	case CANCELED:
		cancel_execution(decider, decision);
		return true;
	case REFUSED:
		fail_refused(decider, decision);
		return true;
	}
	return false;
}

/* ---- questions ---- */

enum decider_end
decider_end(const struct decider *decider)
{
	return decider->end;
}

const char *
decider_result(const struct decider *decider)
{
	return decider->result;
}

int
decider_waiting(const struct decider *decider)
{
	return decider->activity == SCHEDULED ? decider->attempts : 0;
}

const char *
decider_task_list(const struct decider *decider)
{
	return decider->task_list;
}

const char *
decider_refusal(const struct decider *decider)
{
	return decider->activity == REFUSED ? decider->cause : NULL;
}
