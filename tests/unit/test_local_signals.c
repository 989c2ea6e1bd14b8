/* SPDX-License-Identifier: MIT */
/*
 * Signals and requests to cancel in swf-local: by a call, and by another
 * execution's decider, with what both of them see of it.
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

#define SIGNAL(members)                             \
	DECISION("SignalExternalWorkflowExecution", \
	    "signalExternalWorkflowExecution", members)
#define CANCEL_OTHER(members)                              \
	DECISION("RequestCancelExternalWorkflowExecution", \
	    "requestCancelExternalWorkflowExecution", members)

static void
test_a_signal_is_news(void **state)
{
	const struct execution *w = open_run("w");

	(void)state;
	decide_at(2000, "");
	must(3000, "SignalWorkflowExecution",
	    "{'domain':'d','workflowId':'w','signalName':'s','input':'i'}");
	assert_event(w, 5, 3000, EVENT_EXECUTION_SIGNALED,
	    "{'externalInitiatedEventId':0,'input':'i','signalName':'s'}");
	assert_events(w, 6, EVENT_DECISION_SCHEDULED, NO_MORE);
	must(3000, "SignalWorkflowExecution",
	    "{'domain':'d','workflowId':'w','runId':'','signalName':'s'}");
	assert_event(w, 7, 3000, EVENT_EXECUTION_SIGNALED,
	    "{'externalInitiatedEventId':0,'signalName':'s'}");
	assert_events(w, 7, EVENT_EXECUTION_SIGNALED, NO_MORE);
}

static void
test_only_an_open_execution_takes_a_signal(void **state)
{
	struct execution *w = open_run("w");
	char *json = mem_format("{'domain':'d','workflowId':'w','runId':'%s',"
				"'signalName':'s'}",
	    w->run_id);
	char *fault = mem_format("UnknownResourceFault: Unknown execution: "
				 "WorkflowExecution=[workflowId=w, runId=%s]",
	    w->run_id);

	(void)state;
	must(2000, "SignalWorkflowExecution", json);
	must(2000, "TerminateWorkflowExecution",
	    "{'domain':'d','workflowId':'w'}");
	assert_string_equal(fault_of(3000, "SignalWorkflowExecution", json),
	    fault);
	assert_string_equal(
	    fault_of(3000, "SignalWorkflowExecution",
		"{'domain':'d','workflowId':'w','signalName':'s'}"),
	    "UnknownResourceFault: Unknown execution, workflowId = w");
	assert_string_equal(
	    fault_of(3000, "SignalWorkflowExecution",
		"{'domain':'e','workflowId':'w','signalName':'s'}"),
	    "UnknownResourceFault: Unknown domain: e");
	assert_string_equal(fault_of(3000, "SignalWorkflowExecution",
				"{'domain':'d','workflowId':'w'}"),
	    "ValidationException: 1 validation error detected: Value null at "
	    "'signalName' failed to satisfy constraint: Member must not be "
	    "null");
	free(fault);
	free(json);
}

/* Starts "other", whose decision tasks are in the list "o". */
static struct execution *
start_other(int64_t now)
{
	must(now, "StartWorkflowExecution",
	    "{'domain':'d','workflowId':'other','taskList':{'name':'o'},"
	    "'workflowType':{'name':'f','version':'1'}}");
	return open_run("other");
}

static void
test_an_execution_signals_another(void **state)
{
	const struct execution *w = open_run("w");
	const struct execution *other = start_other(1500);

	(void)state;
	decide_at(2000,
	    SIGNAL("'workflowId':'other','signalName':'s','input':'i',"
		   "'control':'c'") "," MARKER("'markerName':'m'"));
	assert_event(w, 5, 2000, EVENT_SIGNAL_EXTERNAL_INITIATED,
	    "{'control':'c','decisionTaskCompletedEventId':4,'input':'i',"
	    "'signalName':'s','workflowId':'other'}");
	assert_event(w, 7, 2000, EVENT_EXTERNAL_SIGNALED,
	    "{'initiatedEventId':5,'workflowExecution':"
	    "{'runId':'%s','workflowId':'other'}}",
	    other->run_id);
	assert_events(w, 6, EVENT_MARKER_RECORDED, EVENT_EXTERNAL_SIGNALED,
	    EVENT_DECISION_SCHEDULED, NO_MORE);
	assert_event(other, 3, 2000, EVENT_EXECUTION_SIGNALED,
	    "{'externalInitiatedEventId':5,'externalWorkflowExecution':"
	    "{'runId':'%s','workflowId':'w'},'input':'i','signalName':'s'}",
	    w->run_id);
	assert_events(other, 2, EVENT_DECISION_SCHEDULED,
	    EVENT_EXECUTION_SIGNALED, NO_MORE);
}

static void
test_a_signal_to_nobody_fails(void **state)
{
	const struct execution *w = open_run("w");
	const struct execution *other = start_other(1500);

	(void)state;
	decide_at(2000,
	    SIGNAL("'workflowId':'none','signalName':'s',"
		   "'control':'c'") "," SIGNAL("'workflowId':'other',"
					       "'runId':'no',"
					       "'signalName':'s'"));
	assert_event(w, 5, 2000, EVENT_SIGNAL_EXTERNAL_INITIATED,
	    "{'control':'c','decisionTaskCompletedEventId':4,"
	    "'signalName':'s','workflowId':'none'}");
	assert_event(w, 6, 2000, EVENT_SIGNAL_EXTERNAL_INITIATED,
	    "{'decisionTaskCompletedEventId':4,'runId':'no',"
	    "'signalName':'s','workflowId':'other'}");
	assert_event(w, 7, 2000, EVENT_SIGNAL_EXTERNAL_FAILED,
	    "{'cause':'UNKNOWN_EXTERNAL_WORKFLOW_EXECUTION','control':'c',"
	    "'decisionTaskCompletedEventId':4,'initiatedEventId':5,"
	    "'workflowId':'none'}");
	assert_event(w, 9, 2000, EVENT_SIGNAL_EXTERNAL_FAILED,
	    "{'cause':'UNKNOWN_EXTERNAL_WORKFLOW_EXECUTION',"
	    "'decisionTaskCompletedEventId':4,'initiatedEventId':6,"
	    "'runId':'no','workflowId':'other'}");
	assert_events(w, 8, EVENT_DECISION_SCHEDULED,
	    EVENT_SIGNAL_EXTERNAL_FAILED, NO_MORE);
	assert_events(other, 2, EVENT_DECISION_SCHEDULED, NO_MORE);
}

static void
test_an_execution_may_signal_and_close(void **state)
{
	struct execution *w = open_run("w");
	const struct execution *other = start_other(1500);

	(void)state;
	decide_at(2000,
	    SIGNAL("'workflowId':'other','signalName':'s'") "," SIGNAL(
		"'workflowId':'w','signalName':'s'") "," COMPLETE);
	assert_events(w, 5, EVENT_SIGNAL_EXTERNAL_INITIATED,
	    EVENT_SIGNAL_EXTERNAL_INITIATED, EVENT_EXECUTION_COMPLETED,
	    NO_MORE);
	assert_events(other, 3, EVENT_EXECUTION_SIGNALED, NO_MORE);
}

static void
test_an_execution_signals_itself(void **state)
{
	const struct execution *w = open_run("w");

	(void)state;
	decide_at(2000, SIGNAL("'workflowId':'w','signalName':'s'"));
	assert_event(w, 6, 2000, EVENT_EXECUTION_SIGNALED,
	    "{'externalInitiatedEventId':5,'externalWorkflowExecution':"
	    "{'runId':'%s','workflowId':'w'},'signalName':'s'}",
	    w->run_id);
	assert_events(w, 7, EVENT_DECISION_SCHEDULED, EVENT_EXTERNAL_SIGNALED,
	    NO_MORE);
}

static void
test_an_execution_asks_another_to_cancel(void **state)
{
	const struct execution *w = open_run("w");
	const struct execution *other = start_other(1500);
	char *batch = mem_format(CANCEL_OTHER("'workflowId':'other',"
					      "'runId':'%s','control':'c'"),
	    other->run_id);

	(void)state;
	decide_at(2000, batch);
	assert_event(w, 5, 2000, EVENT_REQUEST_CANCEL_EXTERNAL_INITIATED,
	    "{'control':'c','decisionTaskCompletedEventId':4,'runId':'%s',"
	    "'workflowId':'other'}",
	    other->run_id);
	assert_event(w, 6, 2000, EVENT_EXTERNAL_CANCEL_REQUESTED,
	    "{'initiatedEventId':5,'workflowExecution':"
	    "{'runId':'%s','workflowId':'other'}}",
	    other->run_id);
	assert_events(w, 7, EVENT_DECISION_SCHEDULED, NO_MORE);
	assert_event(other, 3, 2000, EVENT_EXECUTION_CANCEL_REQUESTED,
	    "{'externalInitiatedEventId':5,'externalWorkflowExecution':"
	    "{'runId':'%s','workflowId':'w'}}",
	    w->run_id);
	assert_int_equal(other->cancel_requested, 1);
	must(3000, "TerminateWorkflowExecution",
	    "{'domain':'d','workflowId':'other'}");
	decide_at(4000, batch);
	assert_event(w, 11, 4000, EVENT_REQUEST_CANCEL_EXTERNAL_FAILED,
	    "{'cause':'UNKNOWN_EXTERNAL_WORKFLOW_EXECUTION','control':'c',"
	    "'decisionTaskCompletedEventId':9,'initiatedEventId':10,"
	    "'runId':'%s','workflowId':'other'}",
	    other->run_id);
	free(batch);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ROW(test_a_signal_is_news),
		ROW(test_only_an_open_execution_takes_a_signal),
		ROW(test_an_execution_signals_another),
		ROW(test_a_signal_to_nobody_fails),
		ROW(test_an_execution_may_signal_and_close),
		ROW(test_an_execution_signals_itself),
		ROW(test_an_execution_asks_another_to_cancel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
