/* SPDX-License-Identifier: MIT */
/*
 * tend/decider and tend/order: literal histories in; what is decided, what is
 * said and how it ends out.
 */
#include "config.h"

#include "tend/decider.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/instant.h"
#include "tend/order.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* One decider, and the history that it has been given. */
struct rig {
	struct decider *decider;
	int events;
	char decision[512]; /* what was decided last, for people */
	char said[4096];    /* all lines, with E, W, I before them */
};

static void
rig_start(struct rig *rig)
{
	*rig = (struct rig){ .decider = decider_new() };
}

static void
rig_stop(struct rig *rig)
{
	decider_free(rig->decider);
}

static void
take_lines(struct rig *rig)
{
	static const char marks[] = { [LOG_ERROR] = 'E',
		[LOG_WARNING] = 'W',
		[LOG_INFO] = 'I',
		[LOG_DEBUG] = 'D' };
	enum log_level level;
	char *line;

	while ((line = decider_next_line(rig->decider, &level)) != NULL) {
		size_t len = strlen(rig->said);

		(void)snprintf(rig->said + len, sizeof(rig->said) - len,
		    "%c %s\n", marks[level], line);
		free(line);
	}
}

/* The next event: its type, and its attributes without braces. */
static int
take(struct rig *rig, const char *type, const char *attributes)
{
	struct buf text = BUF_INIT(100000);
	struct swf_history history;
	int result;

	assert_int_equal(buf_format(&text,
			     "{\"events\":[{\"eventId\":%d,\"eventType\":"
			     "\"%s\",\"xEventAttributes\":{%s}}]}",
			     ++rig->events, type, attributes),
	    0);
	assert_int_equal(swf_history_parse(&history, text.data, text.len, NULL),
	    0);
	assert_int_equal(history.count, 1);
	result = decider_take(rig->decider, &history.events[0], NULL);
	swf_history_clear(&history);
	buf_clear(&text);
	take_lines(rig);
	return result;
}

static const char *
or_none(const char *text)
{
	return text == NULL ? "-" : text;
}

static void
describe(struct rig *rig, const struct swf_decision *decision)
{
	const struct swf_timeouts *t = &decision->timeouts;
	char *out = rig->decision;
	size_t size = sizeof(rig->decision);

	switch (decision->kind) {
	case SWF_SCHEDULE_ACTIVITY:
		(void)snprintf(out, size, "schedule %s %s:%s %s %s %s %s %s %s",
		    decision->activity_id, decision->type.name,
		    decision->type.version, or_none(decision->task_list),
		    or_none(decision->input), or_none(t->schedule_to_start),
		    or_none(t->schedule_to_close), or_none(t->start_to_close),
		    or_none(t->heartbeat));
		break;
	case SWF_REQUEST_CANCEL_ACTIVITY:
		(void)snprintf(out, size, "request cancel %s",
		    decision->activity_id);
		break;
	case SWF_COMPLETE_EXECUTION:
		(void)snprintf(out, size, "complete %s",
		    or_none(decision->result));
		break;
	case SWF_FAIL_EXECUTION:
		(void)snprintf(out, size, "fail %s %s",
		    or_none(decision->reason), or_none(decision->details));
		break;
	case SWF_CANCEL_EXECUTION:
		(void)snprintf(out, size, "cancel %s",
		    or_none(decision->details));
		break;
	case SWF_RECORD_MARKER:
		(void)snprintf(out, size, "marker");
		break;
	}
}

/* What is decided now; "nothing" if nothing is. */
static const char *
decide(struct rig *rig)
{
	struct swf_decision decision;

	(void)snprintf(rig->decision, sizeof(rig->decision), "nothing");
	if (decider_decide(rig->decider, &decision))
		describe(rig, &decision);
	return rig->decision;
}

#define ORDER(terms)                                                      \
	"\"input\":\"in\",\"tagList\":[\"copy\",\"2\",\"disks\",\"" terms \
	"\"],\"workflowType\":{\"name\":\"tend-submit\","                 \
	"\"version\":\"1\"}"
#define SCHEDULED "\"taskList\":{\"name\":\"disks\"}"

/* An execution whose activity has just been scheduled. */
static void
scheduled(struct rig *rig, const char *order)
{
	rig_start(rig);
	assert_int_equal(take(rig, "WorkflowExecutionStarted", order), 0);
	assert_int_equal(take(rig, "DecisionTaskScheduled", ""), 0);
	assert_int_equal(take(rig, "DecisionTaskStarted", ""), 0);
	assert_int_equal(take(rig, "DecisionTaskCompleted", ""), 0);
	assert_int_equal(take(rig, "ActivityTaskScheduled", SCHEDULED), 0);
}

static void
started(struct rig *rig, const char *order)
{
	scheduled(rig, order);
	assert_int_equal(take(rig, "ActivityTaskStarted",
			     "\"identity\":\"me\""),
	    0);
}

static void
test_first_decision(void **state)
{
	struct rig rig;

	(void)state;
	rig_start(&rig);
	assert_int_equal(decider_last(rig.decider), 0);
	assert_int_equal(take(&rig, "WorkflowExecutionStarted",
			     ORDER("retries=0 schedule-to-start=1 "
				   "schedule-to-close=2 start-to-close=3 "
				   "heartbeat=NONE")),
	    0);
	assert_int_equal(decider_last(rig.decider), 1);
	assert_string_equal(decide(&rig),
	    "schedule copy copy:2 disks in 1 2 3 NONE");
	assert_string_equal(decide(&rig),
	    "schedule copy copy:2 disks in 1 2 3 NONE");
	rig_stop(&rig);
	rig_start(&rig);
	assert_int_equal(take(&rig, "WorkflowExecutionStarted",
			     "\"tagList\":[\"copy\",\"2\",\":\","
			     "\"retries=0\"],\"workflowType\":{\"name\":"
			     "\"tend-submit\"}"),
	    0);
	assert_string_equal(decide(&rig), "schedule copy copy:2 - - - - - -");
	assert_string_equal(rig.said, "");
	rig_stop(&rig);
}

static const char *const strangers[] = {
	"",
	"\"workflowType\":{\"name\":\"flow\"}",
	"\"tagList\":[\"copy\",\"2\",\":\",\"retries=0\"]",
	"\"tagList\":[\"copy\",\"2\",\":\",\"retries=0\"],"
	"\"workflowType\":{\"name\":\"flow\"}",
	"\"tagList\":[\"copy\",\"2\",\":\"],"
	"\"workflowType\":{\"name\":\"tend-submit\"}",
	ORDER(""),
	ORDER("retries=0 "),
	ORDER("retries=x"),
	ORDER("retries=-1"),
	ORDER("retries=1001"),
	ORDER("retries=NONE"),
	ORDER("retries=0 heartbeat="),
	ORDER("retries=0 heartbeat=100000000"),
	ORDER("retries=0 new=1"),
};

/* Executions that somebody else has started are left alone. */
static void
test_strangers(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(strangers); i++) {
		struct rig rig;

		rig_start(&rig);
		if (take(&rig, "WorkflowExecutionStarted", strangers[i]) != -1)
			fail_msg("taken: %s", strangers[i]);
		rig_stop(&rig);
	}
}

/* What order_tags() writes, order_read() reads. */
static void
test_order(void **state)
{
	char name[] = "copy", version[] = "2", list[] = "disks";
	const struct order order = { .name = name,
		.version = version,
		.task_list = list,
		.timeouts = { ORDER_DEFAULT, 0, 99999999, INSTANT_NEVER },
		.retries = ORDER_RETRIES_MAX };
	const struct order plain = { .name = name,
		.version = version,
		.timeouts = { ORDER_DEFAULT, ORDER_DEFAULT, ORDER_DEFAULT,
		    ORDER_DEFAULT } };
	struct swf_start start = { 0 };
	char terms[ORDER_TERMS_TEXT];

	(void)state;
	order_terms(&order, terms);
	assert_string_equal(terms, "retries=1000 schedule-to-close=0 "
				   "start-to-close=99999999 heartbeat=NONE");
	order_tags(&order, terms, &start);
	assert_string_equal(start.tags[0], "copy");
	assert_string_equal(start.tags[1], "2");
	assert_string_equal(start.tags[2], "disks");
	assert_string_equal(start.tags[3], terms);
	assert_null(start.tags[4]);
	order_terms(&plain, terms);
	assert_string_equal(terms, "retries=0");
	order_tags(&plain, terms, &start);
	assert_string_equal(start.tags[2], ":");
}

static void
test_completed(void **state)
{
	struct rig rig;

	(void)state;
	scheduled(&rig, ORDER("retries=0"));
	assert_int_equal(decider_waiting(rig.decider), 1);
	assert_string_equal(decider_task_list(rig.decider), "disks");
	assert_string_equal(decide(&rig), "nothing");
	assert_int_equal(take(&rig, "ActivityTaskStarted",
			     "\"identity\":\"me\""),
	    0);
	assert_int_equal(decider_waiting(rig.decider), 0);
	assert_string_equal(decide(&rig), "nothing");
	assert_int_equal(take(&rig, "ActivityTaskCompleted",
			     "\"result\":\"a\\n\""),
	    0);
	assert_int_equal(decider_end(rig.decider), DECIDER_OPEN);
	assert_string_equal(decide(&rig), "complete a\n");
	assert_int_equal(take(&rig, "CompleteWorkflowExecutionFailed",
			     "\"cause\":\"UNHANDLED_DECISION\""),
	    0);
	assert_string_equal(decide(&rig), "complete a\n");
	assert_int_equal(take(&rig, "WorkflowExecutionCompleted", ""), 0);
	assert_int_equal(decider_end(rig.decider), DECIDER_COMPLETED);
	assert_string_equal(decider_result(rig.decider), "a\n");
	assert_string_equal(rig.said,
	    "I scheduled copy:2 on task list 'disks'\n"
	    "I started by me\n"
	    "I completed\n");
	rig_stop(&rig);
}

static void
test_no_result(void **state)
{
	struct rig rig;

	(void)state;
	started(&rig, ORDER("retries=0"));
	assert_int_equal(take(&rig, "ActivityTaskCompleted", ""), 0);
	assert_string_equal(decide(&rig), "complete -");
	assert_int_equal(take(&rig, "WorkflowExecutionCompleted", ""), 0);
	assert_null(decider_result(rig.decider));
	rig_stop(&rig);
}

static void
test_failed(void **state)
{
	struct rig rig;

	(void)state;
	started(&rig, ORDER("retries=0"));
	assert_int_equal(take(&rig, "ActivityTaskFailed",
			     "\"reason\":\"exit status 3\","
			     "\"details\":\"42%\\n\\nstderr:\\nboom\\n\""),
	    0);
	assert_string_equal(decide(&rig),
	    "fail exit status 3 42%\n\nstderr:\nboom\n");
	assert_int_equal(take(&rig, "WorkflowExecutionFailed",
			     "\"reason\":\"exit status 3\""),
	    0);
	assert_int_equal(decider_end(rig.decider), DECIDER_FAILED);
	assert_non_null(strstr(rig.said, "E failed: exit status 3\n"
					 "E | 42%\nE | \nE | stderr:\n"
					 "E | boom\n"));
	assert_null(strstr(rig.said, "attempt"));
	rig_stop(&rig);
}

static void
test_failed_without_words(void **state)
{
	struct rig rig;

	(void)state;
	started(&rig, ORDER("retries=0"));
	assert_int_equal(take(&rig, "ActivityTaskFailed", ""), 0);
	assert_string_equal(decide(&rig), "fail - -");
	assert_non_null(strstr(rig.said, "E failed\n"));
	rig_stop(&rig);
}

static const struct {
	const char *type;
	const char *said;
} timeouts[] = {
	{ "HEARTBEAT", "no heartbeat" },
	{ "START_TO_CLOSE", "ran for longer" },
	{ "SCHEDULE_TO_START", "no worker took it" },
	{ "SCHEDULE_TO_CLOSE", "took longer" },
	{ "NEW_TYPE", "NEW_TYPE" },
};

static void
test_timed_out(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(timeouts); i++) {
		char attributes[128], want[128];
		struct rig rig;

		started(&rig, ORDER("retries=0"));
		(void)snprintf(attributes, sizeof(attributes),
		    "\"timeoutType\":\"%s\",\"details\":\"7/20\"",
		    timeouts[i].type);
		assert_int_equal(take(&rig, "ActivityTaskTimedOut", attributes),
		    0);
		(void)snprintf(want, sizeof(want), "fail timed out: %s 7/20",
		    timeouts[i].type);
		assert_string_equal(decide(&rig), want);
		assert_non_null(strstr(rig.said, timeouts[i].said));
		assert_non_null(strstr(rig.said, "E | 7/20\n"));
		assert_int_equal(take(&rig, "WorkflowExecutionFailed", ""), 0);
		assert_int_equal(decider_end(rig.decider), DECIDER_TIMED_OUT);
		rig_stop(&rig);
	}
}

/* Failure and timeout alike, until no attempt is left. */
static void
test_retries(void **state)
{
	static const char again[] = "schedule copy copy:2 disks in - - - -";
	struct rig rig;

	(void)state;
	started(&rig, ORDER("retries=2"));
	assert_int_equal(take(&rig, "ActivityTaskTimedOut",
			     "\"timeoutType\":\"HEARTBEAT\""),
	    0);
	assert_string_equal(decide(&rig), again);
	assert_int_equal(take(&rig, "ActivityTaskScheduled", SCHEDULED), 0);
	assert_int_equal(decider_waiting(rig.decider), 2);
	assert_string_equal(decide(&rig), "nothing");
	assert_int_equal(take(&rig, "ActivityTaskFailed", "\"reason\":\"r\""),
	    0);
	assert_string_equal(decide(&rig), again);
	assert_int_equal(take(&rig, "ActivityTaskScheduled", SCHEDULED), 0);
	assert_int_equal(take(&rig, "ActivityTaskFailed", "\"reason\":\"s\""),
	    0);
	assert_string_equal(decide(&rig), "fail s -");
	assert_non_null(strstr(rig.said, "W timed out: no heartbeat for as "
					 "long as the heartbeat timeout, "
					 "attempt 1 of 3; it is tried again\n"
					 "I scheduled copy:2 on task list "
					 "'disks', attempt 2 of 3\n"
					 "W failed: r, attempt 2 of 3; it is "
					 "tried again\n"));
	assert_non_null(strstr(rig.said, "E failed: s, attempt 3 of 3\n"));
	rig_stop(&rig);
}

static void
test_cancel_of_a_started_task(void **state)
{
	struct rig rig;

	(void)state;
	started(&rig, ORDER("retries=2"));
	assert_int_equal(take(&rig, "WorkflowExecutionCancelRequested", ""), 0);
	assert_string_equal(decide(&rig), "request cancel copy");
	assert_int_equal(take(&rig, "ActivityTaskCancelRequested",
			     "\"activityId\":\"copy\""),
	    0);
	assert_string_equal(decide(&rig), "nothing");
	/* A second request adds nothing. */
	assert_int_equal(take(&rig, "WorkflowExecutionCancelRequested", ""), 0);
	assert_string_equal(decide(&rig), "nothing");
	assert_int_equal(take(&rig, "ActivityTaskCanceled",
			     "\"details\":\"42%\""),
	    0);
	assert_string_equal(decide(&rig), "cancel 42%");
	assert_int_equal(take(&rig, "WorkflowExecutionCanceled",
			     "\"details\":\"42%\""),
	    0);
	assert_int_equal(decider_end(rig.decider), DECIDER_CANCELED);
	assert_non_null(strstr(rig.said, "I cancel requested\n"));
	assert_non_null(strstr(rig.said, "W canceled\nW | 42%\n"));
	rig_stop(&rig);
}

static void
test_cancel_before_anything(void **state)
{
	struct rig rig;

	(void)state;
	rig_start(&rig);
	assert_int_equal(take(&rig, "WorkflowExecutionStarted",
			     ORDER("retries=0")),
	    0);
	assert_int_equal(take(&rig, "WorkflowExecutionCancelRequested", ""), 0);
	assert_string_equal(decide(&rig), "cancel -");
	rig_stop(&rig);
}

/* The worker was asked to stop, and did what it did. */
static void
test_cancel_that_comes_too_late(void **state)
{
	struct rig rig;

	(void)state;
	started(&rig, ORDER("retries=2"));
	assert_int_equal(take(&rig, "WorkflowExecutionCancelRequested", ""), 0);
	assert_int_equal(take(&rig, "ActivityTaskCompleted",
			     "\"result\":\"r\""),
	    0);
	assert_int_equal(take(&rig, "RequestCancelActivityTaskFailed",
			     "\"cause\":\"ACTIVITY_ID_UNKNOWN\""),
	    0);
	assert_string_equal(decide(&rig), "complete r");
	rig_stop(&rig);
	/* Nothing is tried again after a cancel. */
	started(&rig, ORDER("retries=2"));
	assert_int_equal(take(&rig, "WorkflowExecutionCancelRequested", ""), 0);
	assert_int_equal(take(&rig, "ActivityTaskFailed", "\"reason\":\"r\""),
	    0);
	assert_string_equal(decide(&rig), "cancel -");
	assert_non_null(strstr(rig.said,
	    "attempt 1 of 3; it is not tried again\n"));
	rig_stop(&rig);
	started(&rig, ORDER("retries=0"));
	assert_int_equal(take(&rig, "WorkflowExecutionCancelRequested", ""), 0);
	assert_int_equal(take(&rig, "ActivityTaskFailed", "\"reason\":\"r\""),
	    0);
	assert_string_equal(decide(&rig), "fail r -");
	rig_stop(&rig);
}

/* SWF says no: asking for ever would not help. */
static void
test_cancel_request_that_fails(void **state)
{
	struct rig rig;

	(void)state;
	started(&rig, ORDER("retries=0"));
	assert_int_equal(take(&rig, "WorkflowExecutionCancelRequested", ""), 0);
	assert_string_equal(decide(&rig), "request cancel copy");
	assert_int_equal(take(&rig, "RequestCancelActivityTaskFailed",
			     "\"cause\":\"OPERATION_NOT_PERMITTED\""),
	    0);
	assert_string_equal(decide(&rig), "nothing");
	rig_stop(&rig);
}

/* Each default that the type lacks is filled in, once. */
static void
test_missing_defaults(void **state)
{
	static const struct {
		const char *cause;
		const char *then;
	} causes[] = {
		{ "DEFAULT_TASK_LIST_UNDEFINED",
		    "schedule copy copy:2 default - - - - -" },
		{ "DEFAULT_SCHEDULE_TO_START_TIMEOUT_UNDEFINED",
		    "schedule copy copy:2 default - NONE - - -" },
		{ "DEFAULT_SCHEDULE_TO_CLOSE_TIMEOUT_UNDEFINED",
		    "schedule copy copy:2 default - NONE NONE - -" },
		{ "DEFAULT_START_TO_CLOSE_TIMEOUT_UNDEFINED",
		    "schedule copy copy:2 default - NONE NONE NONE -" },
		{ "DEFAULT_HEARTBEAT_TIMEOUT_UNDEFINED",
		    "schedule copy copy:2 default - NONE NONE NONE NONE" },
	};
	struct rig rig;

	(void)state;
	rig_start(&rig);
	assert_int_equal(take(&rig, "WorkflowExecutionStarted",
			     "\"tagList\":[\"copy\",\"2\",\":\","
			     "\"retries=0\"],\"workflowType\":{\"name\":"
			     "\"tend-submit\"}"),
	    0);
	for (size_t i = 0; i < ARRAY_SIZE(causes); i++) {
		char cause[128];

		(void)snprintf(cause, sizeof(cause), "\"cause\":\"%s\"",
		    causes[i].cause);
		assert_int_equal(take(&rig, "ScheduleActivityTaskFailed",
				     cause),
		    0);
		assert_null(decider_refusal(rig.decider));
		assert_string_equal(decide(&rig), causes[i].then);
		/* The decision was lost: the same again. */
		assert_string_equal(decide(&rig), causes[i].then);
	}
	assert_int_equal(take(&rig, "ScheduleActivityTaskFailed",
			     "\"cause\":\"DEFAULT_TASK_LIST_UNDEFINED\""),
	    0);
	assert_string_equal(decider_refusal(rig.decider),
	    "DEFAULT_TASK_LIST_UNDEFINED");
	assert_string_equal(decide(&rig),
	    "fail cannot be scheduled: DEFAULT_TASK_LIST_UNDEFINED -");
	assert_int_equal(take(&rig, "ScheduleActivityTaskFailed",
			     "\"cause\":\"DEFAULT_HEARTBEAT_TIMEOUT_"
			     "UNDEFINED\""),
	    0);
	assert_string_equal(decider_refusal(rig.decider),
	    "DEFAULT_HEARTBEAT_TIMEOUT_UNDEFINED");
	rig_stop(&rig);
}

static void
test_refused(void **state)
{
	struct rig rig;

	(void)state;
	rig_start(&rig);
	assert_int_equal(take(&rig, "WorkflowExecutionStarted",
			     ORDER("retries=5")),
	    0);
	assert_int_equal(take(&rig, "ScheduleActivityTaskFailed",
			     "\"cause\":\"ACTIVITY_TYPE_DOES_NOT_EXIST\""),
	    0);
	assert_string_equal(decider_refusal(rig.decider),
	    "ACTIVITY_TYPE_DOES_NOT_EXIST");
	assert_string_equal(decide(&rig),
	    "fail cannot be scheduled: ACTIVITY_TYPE_DOES_NOT_EXIST -");
	assert_int_equal(take(&rig, "WorkflowExecutionFailed",
			     "\"reason\":\"cannot be scheduled\""),
	    0);
	assert_int_equal(decider_end(rig.decider), DECIDER_REFUSED);
	assert_string_equal(rig.said, "E failed: cannot be scheduled\n");
	rig_stop(&rig);
}

static const struct {
	const char *type;
	const char *attributes;
	enum decider_end end;
	const char *said;
} ends[] = {
	{ "WorkflowExecutionTerminated",
	    "\"reason\":\"enough\",\"details\":\"d\"", DECIDER_TERMINATED,
	    "E terminated: enough\nE | d\n" },
	{ "WorkflowExecutionTerminated", "", DECIDER_TERMINATED,
	    "E terminated\n" },
	{ "WorkflowExecutionTimedOut", "\"timeoutType\":\"START_TO_CLOSE\"",
	    DECIDER_TIMED_OUT, "E timed out: the time limit" },
	{ "WorkflowExecutionCanceled", "", DECIDER_CANCELED, "W canceled\n" },
	{ "WorkflowExecutionFailed", "\"reason\":\"r\"", DECIDER_FAILED,
	    "E failed: r\n" },
	{ "FailWorkflowExecutionFailed",
	    "\"cause\":\"OPERATION_NOT_PERMITTED\"", DECIDER_REFUSED,
	    "E SWF does not let" },
	{ "FailWorkflowExecutionFailed", "\"cause\":\"UNHANDLED_DECISION\"",
	    DECIDER_OPEN, "" },
};

/* From outside, whatever the activity does. */
static void
test_ends(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		struct rig rig;

		started(&rig, ORDER("retries=1"));
		assert_int_equal(take(&rig, ends[i].type, ends[i].attributes),
		    0);
		assert_int_equal(decider_end(rig.decider), ends[i].end);
		assert_non_null(strstr(rig.said, ends[i].said));
		rig_stop(&rig);
	}
}

/* Pages overlap. */
/*
 * Two attempts that were open at the same time, as another decider may have
 * it: the newest end counts, and nothing is left of the one before.
 */
static void
test_two_ends(void **state)
{
	struct rig rig;

	(void)state;
	started(&rig, ORDER("retries=0"));
	assert_int_equal(take(&rig, "ActivityTaskCompleted",
			     "\"result\":\"all of it\""),
	    0);
	assert_int_equal(take(&rig, "ActivityTaskFailed",
			     "\"reason\":\"no\",\"details\":\"half\""),
	    0);
	assert_null(decider_result(rig.decider));
	assert_string_equal(decide(&rig), "fail no half");
	assert_int_equal(take(&rig, "ActivityTaskTimedOut",
			     "\"timeoutType\":\"HEARTBEAT\""),
	    0);
	assert_string_equal(decide(&rig), "fail timed out: HEARTBEAT -");
	assert_int_equal(take(&rig, "ActivityTaskCanceled", ""), 0);
	assert_string_equal(decide(&rig), "cancel -");
	assert_int_equal(take(&rig, "ActivityTaskCompleted", ""), 0);
	assert_string_equal(decide(&rig), "complete -");
	rig_stop(&rig);
}

static void
test_events_twice(void **state)
{
	struct rig rig;

	(void)state;
	started(&rig, ORDER("retries=1"));
	rig.events = 4;
	assert_int_equal(take(&rig, "ActivityTaskScheduled", SCHEDULED), 0);
	assert_int_equal(take(&rig, "ActivityTaskStarted", ""), 0);
	assert_int_equal(decider_last(rig.decider), 6);
	assert_string_equal(rig.said,
	    "I scheduled copy:2 on task list 'disks', attempt 1 of 2\n"
	    "I started by me\n");
	rig_stop(&rig);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_first_decision),
		cmocka_unit_test(test_strangers),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_completed),
		cmocka_unit_test(test_no_result),
		cmocka_unit_test(test_failed),
		cmocka_unit_test(test_failed_without_words),
		cmocka_unit_test(test_timed_out),
		cmocka_unit_test(test_retries),
		cmocka_unit_test(test_cancel_of_a_started_task),
		cmocka_unit_test(test_cancel_before_anything),
		cmocka_unit_test(test_cancel_that_comes_too_late),
		cmocka_unit_test(test_cancel_request_that_fails),
		cmocka_unit_test(test_missing_defaults),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_ends),
		cmocka_unit_test(test_two_ends),
		cmocka_unit_test(test_events_twice),
	};

	return cmocka_run_group_tests_name("decider", tests, NULL, NULL);
}
