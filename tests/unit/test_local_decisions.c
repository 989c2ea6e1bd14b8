/* SPDX-License-Identifier: MIT */
/*
 * The decisions of swf-local, each with its events, causes and instants:
 * markers, timers, continuing as new, closing.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/mem.h"
#include "local_world.h"

#define TIMER(members) DECISION("StartTimer", "startTimer", members)
#define CANCEL_TIMER(id) \
	DECISION("CancelTimer", "cancelTimer", "'timerId':'" id "'")
#define CONTINUE(members)                          \
	DECISION("ContinueAsNewWorkflowExecution", \
	    "continueAsNewWorkflowExecution", members)

/* ---- markers and functions ----------------------------------------------- */

static void
test_a_marker_is_an_event_and_no_news(void **state)
{
	const struct execution *w = open_run("w");

	(void)state;
	decide_at(2000,
	    MARKER("'markerName':'m','details':'so far'") "," MARKER(
		"'markerName':'n'"));
	assert_events(w, 4, EVENT_DECISION_COMPLETED, EVENT_MARKER_RECORDED,
	    EVENT_MARKER_RECORDED, NO_MORE);
	assert_event(w, 5, 2000, EVENT_MARKER_RECORDED,
	    "{'decisionTaskCompletedEventId':4,'details':'so far',"
	    "'markerName':'m'}");
	assert_event(w, 6, 2000, EVENT_MARKER_RECORDED,
	    "{'decisionTaskCompletedEventId':4,'markerName':'n'}");
}

static void
test_too_many_markers_end_an_execution(void **state)
{
	struct execution *w = open_run("w");
	struct buf batch = BUF_INIT(8 << 20);

	(void)state;
	for (int i = 0; i < EVENTS_MAX; i++)
		assert_int_equal(buf_format(&batch, "%s%s", i == 0 ? "" : ",",
				     MARKER("'markerName':'m'")),
		    0);
	decide_at(2000, batch.data);
	assert_int_equal(w->close, CLOSE_TERMINATED);
	assert_int_equal(w->event_count, EVENTS_MAX + 1);
	assert_event(w, EVENTS_MAX + 1, 2000, EVENT_EXECUTION_TERMINATED,
	    "{'cause':'EVENT_LIMIT_EXCEEDED','childPolicy':'TERMINATE'}");
	buf_clear(&batch);
}

static void
test_a_lambda_function_is_refused(void **state)
{
	const struct execution *w = open_run("w");

	(void)state;
	decide_at(2000,
	    DECISION("ScheduleLambdaFunction", "scheduleLambdaFunction",
		"'id':'i','name':'n','input':'x'"));
	assert_event(w, 5, 2000, EVENT_SCHEDULE_LAMBDA_FAILED,
	    "{'cause':'LAMBDA_SERVICE_NOT_AVAILABLE_IN_REGION',"
	    "'decisionTaskCompletedEventId':4,'id':'i','name':'n'}");
	assert_events(w, 6, EVENT_DECISION_SCHEDULED, NO_MORE);
}

/* ---- timers -------------------------------------------------------------- */

static void
test_a_timer_fires_at_its_instant(void **state)
{
	const struct execution *w = open_run("w");

	(void)state;
	decide_at(2000,
	    TIMER("'timerId':'t','startToFireTimeout':'7','control':'c'"));
	assert_event(w, 5, 2000, EVENT_TIMER_STARTED,
	    "{'control':'c','decisionTaskCompletedEventId':4,"
	    "'startToFireTimeout':'7','timerId':'t'}");
	service_settle(&world, 8999);
	assert_events(w, 5, EVENT_TIMER_STARTED, NO_MORE);
	assert_int_equal(w->timer_count, 1);
	/* However late it is settled. */
	service_settle(&world, 20000);
	assert_event(w, 6, 9000, EVENT_TIMER_FIRED,
	    "{'startedEventId':5,'timerId':'t'}");
	assert_event(w, 7, 9000, EVENT_DECISION_SCHEDULED,
	    "{'startToCloseTimeout':'10','taskList':{'name':'l'}}");
	assert_events(w, 7, EVENT_DECISION_SCHEDULED, NO_MORE);
	assert_int_equal(w->timer_count, 0);
}

static void
test_a_timer_of_nothing_fires_after_its_batch(void **state)
{
	const struct execution *w = open_run("w");

	(void)state;
	decide_at(2000,
	    TIMER("'timerId':'t','startToFireTimeout':'0'") "," MARKER(
		"'markerName':'m'"));
	assert_int_equal(timers_next(&world.timers), 2000);
	service_settle(&world, 2000);
	assert_events(w, 5, EVENT_TIMER_STARTED, EVENT_MARKER_RECORDED,
	    EVENT_TIMER_FIRED, EVENT_DECISION_SCHEDULED, NO_MORE);
	assert_event(w, 7, 2000, EVENT_TIMER_FIRED,
	    "{'startedEventId':5,'timerId':'t'}");
}

static void
test_timers_fire_in_the_order_of_their_instants(void **state)
{
	const struct execution *w = open_run("w");

	(void)state;
	decide_at(2000,
	    TIMER("'timerId':'late','startToFireTimeout':'2'") "," TIMER(
		"'timerId':'soon','startToFireTimeout':'1'"));
	service_settle(&world, 9000);
	assert_event(w, 7, 3000, EVENT_TIMER_FIRED,
	    "{'startedEventId':6,'timerId':'soon'}");
	/* The decision task that the first made is still waiting. */
	assert_event(w, 9, 4000, EVENT_TIMER_FIRED,
	    "{'startedEventId':5,'timerId':'late'}");
	assert_events(w, 9, EVENT_TIMER_FIRED, NO_MORE);
}

static void
test_an_open_timer_keeps_its_id(void **state)
{
	const struct execution *w = open_run("w");

	(void)state;
	decide_at(2000,
	    TIMER("'timerId':'t','startToFireTimeout':'3'") "," TIMER(
		"'timerId':'t','startToFireTimeout':'4'"));
	assert_event(w, 6, 2000, EVENT_START_TIMER_FAILED,
	    "{'cause':'TIMER_ID_ALREADY_IN_USE',"
	    "'decisionTaskCompletedEventId':4,'timerId':'t'}");
	assert_events(w, 7, EVENT_DECISION_SCHEDULED, NO_MORE);
	service_settle(&world, 5000);
	decide_at(6000, TIMER("'timerId':'t','startToFireTimeout':'4'"));
	assert_events(w, 8, EVENT_TIMER_FIRED, EVENT_DECISION_STARTED,
	    EVENT_DECISION_COMPLETED, EVENT_TIMER_STARTED, NO_MORE);
}

static void
test_open_timers_have_a_limit(void **state)
{
	const struct execution *w = open_run("w");
	struct buf batch = BUF_INIT(1 << 20);

	(void)state;
	for (int i = 0; i <= OPEN_TIMERS_MAX; i++) {
		assert_int_equal(
		    buf_format(&batch,
			"%s{'decisionType':'StartTimer',"
			"'startTimerDecisionAttributes':{'timerId':'%d',"
			"'startToFireTimeout':'3'}}",
			i == 0 ? "" : ",", i),
		    0);
	}
	decide_at(2000, batch.data);
	assert_int_equal(w->timer_count, OPEN_TIMERS_MAX);
	assert_event(w, 5 + OPEN_TIMERS_MAX, 2000, EVENT_START_TIMER_FAILED,
	    "{'cause':'OPEN_TIMERS_LIMIT_EXCEEDED',"
	    "'decisionTaskCompletedEventId':4,'timerId':'1000'}");
	buf_clear(&batch);
}

static void
test_a_canceled_timer_never_fires(void **state)
{
	const struct execution *w = open_run("w");

	(void)state;
	decide_at(2000,
	    TIMER("'timerId':'t','startToFireTimeout':'3'") "," CANCEL_TIMER(
		"t") "," CANCEL_TIMER("t"));
	assert_event(w, 6, 2000, EVENT_TIMER_CANCELED,
	    "{'decisionTaskCompletedEventId':4,'startedEventId':5,"
	    "'timerId':'t'}");
	assert_event(w, 7, 2000, EVENT_CANCEL_TIMER_FAILED,
	    "{'cause':'TIMER_ID_UNKNOWN','decisionTaskCompletedEventId':4,"
	    "'timerId':'t'}");
	service_settle(&world, 9000);
	assert_events(w, 8, EVENT_DECISION_SCHEDULED, NO_MORE);
}

static void
test_timers_end_with_their_execution(void **state)
{
	struct execution *w = open_run("w");
	char *answer;
	char *json;

	(void)state;
	decide_at(2000,
	    TIMER("'timerId':'t','startToFireTimeout':'3'") "," TIMER(
		"'timerId':'u','startToFireTimeout':'3'") "," COMPLETE);
	service_settle(&world, 9000);
	assert_events(w, 5, EVENT_TIMER_STARTED, EVENT_TIMER_STARTED,
	    EVENT_EXECUTION_COMPLETED, NO_MORE);
	assert_int_equal(world.timers.count, 0);
	json = mem_format("{'domain':'d','execution':{'workflowId':'w',"
			  "'runId':'%s'}}",
	    w->run_id);
	answer = answer_of(9000, "DescribeWorkflowExecution", json);
	assert_non_null(strstr(answer, "\"openTimers\":2"));
	free(answer);
	free(json);
}

/* ---- continuing ---------------------------------------------------------- */

static void
test_a_new_run_has_the_defaults_of_its_type(void **state)
{
	struct execution *w = open_run("w");
	const struct execution *next;

	(void)state;
	decide_at(2000, CONTINUE(""));
	next = open_run("w");
	assert_ptr_not_equal(next, w);
	assert_int_equal(w->close, CLOSE_CONTINUED_AS_NEW);
	assert_event(w, 5, 2000, EVENT_EXECUTION_CONTINUED_AS_NEW,
	    "{'childPolicy':'TERMINATE','decisionTaskCompletedEventId':4,"
	    "'executionStartToCloseTimeout':'1000','newExecutionRunId':'%s',"
	    "'taskList':{'name':'l'},'taskStartToCloseTimeout':'10',"
	    "'workflowType':{'name':'f','version':'1'}}",
	    next->run_id);
	assert_event(next, 1, 2000, EVENT_EXECUTION_STARTED,
	    "{'childPolicy':'TERMINATE','continuedExecutionRunId':'%s',"
	    "'executionStartToCloseTimeout':'1000',"
	    "'parentInitiatedEventId':0,'taskList':{'name':'l'},"
	    "'taskStartToCloseTimeout':'10',"
	    "'workflowType':{'name':'f','version':'1'}}",
	    w->run_id);
	assert_events(next, 2, EVENT_DECISION_SCHEDULED, NO_MORE);
	service_settle(&world, 1002000);
	assert_event(next, 3, 1002000, EVENT_EXECUTION_TIMED_OUT,
	    "{'childPolicy':'TERMINATE','timeoutType':'START_TO_CLOSE'}");
}

static void
test_a_new_run_has_what_the_decision_says(void **state)
{
#define FIRST "'executionStartToCloseTimeout':'5','input':'i','lambdaRole':'x',"
#define LAST                                                \
	"'tagList':['a','b'],'taskList':{'name':'n'},"      \
	"'taskPriority':'3','taskStartToCloseTimeout':'6'," \
	"'workflowType':{'name':'f','version':'2'}"
	struct execution *w = open_run("w");
	const struct execution *next;

	(void)state;
	decide_at(2000,
	    CONTINUE("'input':'i','executionStartToCloseTimeout':'5',"
		     "'taskList':{'name':'n'},'taskPriority':'3',"
		     "'taskStartToCloseTimeout':'6',"
		     "'childPolicy':'REQUEST_CANCEL','tagList':['a','b'],"
		     "'workflowTypeVersion':'2','lambdaRole':'x'"));
	next = open_run("w");
	assert_event(w, 5, 2000, EVENT_EXECUTION_CONTINUED_AS_NEW,
	    "{'childPolicy':'REQUEST_CANCEL',"
	    "'decisionTaskCompletedEventId':4," FIRST
	    "'newExecutionRunId':'%s'," LAST "}",
	    next->run_id);
	assert_event(next, 1, 2000, EVENT_EXECUTION_STARTED,
	    "{'childPolicy':'REQUEST_CANCEL',"
	    "'continuedExecutionRunId':'%s'," FIRST
	    "'parentInitiatedEventId':0," LAST "}",
	    w->run_id);
#undef FIRST
#undef LAST
}

static void
test_another_version_has_its_own_defaults(void **state)
{
	const struct execution *next;

	(void)state;
	decide_at(2000, CONTINUE("'workflowTypeVersion':'2'"));
	next = open_run("w");
	assert_string_equal(next->task_list, "m");
	assert_string_equal(next->child_policy, "ABANDON");
	assert_string_equal(next->execution_timeout, "2000");
	assert_string_equal(next->decision_timeout, "20");
	assert_string_equal(next->priority, "4");
	assert_string_equal(next->lambda_role, "r");
	assert_null(next->tags);
	/* Which the run after that keeps. */
	list_decides(3000, "m", CONTINUE(""));
	assert_ptr_not_equal(open_run("w"), next);
	assert_string_equal(open_run("w")->type->version, "2");
}

/* What is continued is the type "x", of which no version is whole. */
static void
test_what_cannot_continue_says_why(void **state)
{
	const struct execution *w;

	(void)state;
	register_flawed(1000);
	must(1000, "TerminateWorkflowExecution",
	    "{'domain':'d','workflowId':'w'}");
	must(1000, "StartWorkflowExecution",
	    "{'domain':'d','workflowId':'w','taskList':{'name':'l'},"
	    "'taskStartToCloseTimeout':'9','childPolicy':'ABANDON',"
	    "'executionStartToCloseTimeout':'9',"
	    "'workflowType':{'name':'x','version':'4'}}");
	deprecate(TYPE_WORKFLOW, "x", "4");
	w = open_run("w");
	for (size_t i = 0; i < WORLD_CAUSES; i++) {
		char *batch =
		    mem_format(CONTINUE("'workflowTypeVersion':'%zu'"), i);
		int64_t now = 2000 + (int64_t)i;

		decide_at(now, batch);
		assert_event(w, (int64_t)w->event_count - 1, now,
		    EVENT_CONTINUE_AS_NEW_FAILED,
		    "{'cause':'%s','decisionTaskCompletedEventId':%zu}",
		    world_causes[i], w->event_count - 2);
		assert_events(w, (int64_t)w->event_count,
		    EVENT_DECISION_SCHEDULED, NO_MORE);
		free(batch);
	}
	assert_int_equal(w->close, CLOSE_NONE);
}

/* ---- closing and batches ------------------------------------------------- */

static void
test_nothing_closes_over_unseen_news(void **state)
{
	static const struct {
		const char *kind;
		enum event_type failure;
	} rows[] = {
		{ "Complete", EVENT_COMPLETE_EXECUTION_FAILED },
		{ "Fail", EVENT_FAIL_EXECUTION_FAILED },
		{ "Cancel", EVENT_CANCEL_EXECUTION_FAILED },
		{ "ContinueAsNew", EVENT_CONTINUE_AS_NEW_FAILED },
	};
	const struct execution *w = open_run("w");

	(void)state;
	for (int i = 0; i < 4; i++) {
		char *token = poll_token(2000 + i, "PollForDecisionTask");
		char *batch = mem_format("{'decisionType':'%s"
					 "WorkflowExecution'}",
		    rows[i].kind);

		must(2000 + i, "SignalWorkflowExecution",
		    "{'domain':'d','workflowId':'w','signalName':'s'}");
		assert_string_equal(respond(2000 + i, token, batch), "");
		assert_event(w, (int64_t)w->event_count, 2000 + i,
		    rows[i].failure,
		    "{'cause':'UNHANDLED_DECISION',"
		    "'decisionTaskCompletedEventId':%zu}",
		    w->event_count - 1);
		free(batch);
		free(token);
	}
	assert_int_equal(w->close, CLOSE_NONE);
	decide_at(3000, COMPLETE);
	assert_int_equal(w->close, CLOSE_COMPLETED);
}

static void
test_a_bad_batch_changes_nothing(void **state)
{
	static const char *const needing[][2] = {
		{ "ScheduleActivityTask", "scheduleActivityTask" },
		{ "RequestCancelActivityTask", "requestCancelActivityTask" },
		{ "RecordMarker", "recordMarker" },
		{ "StartTimer", "startTimer" },
		{ "CancelTimer", "cancelTimer" },
		{ "SignalExternalWorkflowExecution",
		    "signalExternalWorkflowExecution" },
		{ "RequestCancelExternalWorkflowExecution",
		    "requestCancelExternalWorkflowExecution" },
		{ "StartChildWorkflowExecution",
		    "startChildWorkflowExecution" },
		{ "ScheduleLambdaFunction", "scheduleLambdaFunction" },
	};
	static const char *const closing[] = { "Complete", "Fail", "Cancel",
		"ContinueAsNew" };
	const struct execution *w = open_run("w");
	char *token = poll_token(2000, "PollForDecisionTask");

	(void)state;
	for (size_t i = 0; i < sizeof(needing) / sizeof(needing[0]); i++) {
		char *batch = mem_format(
		    MARKER("'markerName':'m'") ","
					       "{'decisionType':'%s'}",
		    needing[i][0]);
		char *fault = mem_format(
		    "ValidationException: 1 validation "
		    "error detected: Value null at 'decisions.2.member.%s"
		    "DecisionAttributes' failed to satisfy constraint: Member "
		    "must not be null",
		    needing[i][1]);

		assert_string_equal(respond(2000, token, batch), fault);
		free(batch);
		free(fault);
	}
	for (size_t i = 0; i < sizeof(closing) / sizeof(closing[0]); i++) {
		char *batch = mem_format(
		    "{'decisionType':'%s"
		    "WorkflowExecution'}," MARKER("'markerName':'m'"),
		    closing[i]);

		assert_string_equal(respond(2000, token, batch),
		    "ValidationException: Close must be last decision in "
		    "list");
		free(batch);
	}
	assert_events(w, 3, EVENT_DECISION_STARTED, NO_MORE);
	assert_string_equal(respond(2000, token, COMPLETE), "");
	free(token);
}

static void
test_a_deprecated_type_starts_nothing(void **state)
{
	const struct execution *w = open_run("w");

	(void)state;
	deprecate(TYPE_ACTIVITY, "a", "1");
	deprecate(TYPE_WORKFLOW, "f", "2");
	decide_at(2000, DECISION("ScheduleActivityTask", "scheduleActivityTask",
			    "'activityId':'x',"
			    "'activityType':{'name':'a','version':'1'}"));
	assert_event(w, 5, 2000, EVENT_SCHEDULE_ACTIVITY_FAILED,
	    "{'activityId':'x','activityType':{'name':'a','version':'1'},"
	    "'cause':'ACTIVITY_TYPE_DEPRECATED',"
	    "'decisionTaskCompletedEventId':4}");
	assert_string_equal(fault_of(2000, "StartWorkflowExecution",
				"{'domain':'d','workflowId':'x',"
				"'workflowType':{'name':'f','version':'2'}}"),
	    "TypeDeprecatedFault: WorkflowType=[name=f, version=2]");
}

/* Deprecating a domain deprecates all types in it. */
static void
test_a_deprecated_domain_starts_nothing(void **state)
{
	struct execution *w = open_run("w");

	(void)state;
	w->domain->deprecated = 1;
	assert_string_equal(fault_of(2000, "StartWorkflowExecution",
				"{'domain':'d','workflowId':'x',"
				"'workflowType':{'name':'f','version':'1'}}"),
	    "TypeDeprecatedFault: WorkflowType=[name=f, version=1]");
	decide_at(2000, MARKER("'markerName':'m'") "," CONTINUE(""));
	assert_event(w, 6, 2000, EVENT_CONTINUE_AS_NEW_FAILED,
	    "{'cause':'WORKFLOW_TYPE_DEPRECATED',"
	    "'decisionTaskCompletedEventId':4}");
}

/* N.B. the table is only told that so many are in it. */
static void
test_open_executions_have_a_limit(void **state)
{
	size_t count = world.open_runs.count;

	(void)state;
	world.open_runs.count = OPEN_EXECUTIONS_MAX;
	assert_string_equal(fault_of(2000, "StartWorkflowExecution",
				"{'domain':'d','workflowId':'x',"
				"'workflowType':{'name':'f','version':'1'}}"),
	    "LimitExceededFault: Limit on open workflow executions reached");
	world.open_runs.count = count;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ROW(test_a_marker_is_an_event_and_no_news),
		ROW(test_too_many_markers_end_an_execution),
		ROW(test_a_lambda_function_is_refused),
		ROW(test_a_timer_fires_at_its_instant),
		ROW(test_a_timer_of_nothing_fires_after_its_batch),
		ROW(test_timers_fire_in_the_order_of_their_instants),
		ROW(test_an_open_timer_keeps_its_id),
		ROW(test_open_timers_have_a_limit),
		ROW(test_a_canceled_timer_never_fires),
		ROW(test_timers_end_with_their_execution),
		ROW(test_a_new_run_has_the_defaults_of_its_type),
		ROW(test_a_new_run_has_what_the_decision_says),
		ROW(test_another_version_has_its_own_defaults),
		ROW(test_what_cannot_continue_says_why),
		ROW(test_nothing_closes_over_unseen_news),
		ROW(test_a_bad_batch_changes_nothing),
		ROW(test_a_deprecated_type_starts_nothing),
		ROW(test_a_deprecated_domain_starts_nothing),
		ROW(test_open_executions_have_a_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
