/* SPDX-License-Identifier: MIT */
/*
 * Parents and children in swf-local: how a child starts and ends and what its
 * parent sees of it, why one cannot be started, what the child policies do.
 * The parent is "w"; children have their decision tasks in the list "o".
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/mem.h"
#include "local_world.h"

#define CHILD(members)                                                         \
	DECISION("StartChildWorkflowExecution", "startChildWorkflowExecution", \
	    members)
#define FLOW    "'workflowType':{'name':'f','version':'1'}"
#define THE(id) CHILD("'workflowId':'" id "','taskList':{'name':'o'}," FLOW)
#define ID(id)  "{'domain':'d','workflowId':'" id "'}"

static void
child_decides(int64_t now, const char *decisions)
{
	list_decides(now, "o", decisions);
}

/* How many open children an execution has by its description. */
static int
open_children(int64_t now, const struct execution *execution)
{
	char *json = mem_format("{'domain':'d','execution':{'workflowId':'%s',"
				"'runId':'%s'}}",
	    execution->workflow_id, execution->run_id);
	char *answer = answer_of(now, "DescribeWorkflowExecution", json);
	const char *at = strstr(answer, "\"openChildWorkflowExecutions\":");
	int count;

	assert_non_null(at);
	count = (int)strtol(strchr(at, ':') + 1, NULL, 10);
	free(answer);
	free(json);
	return count;
}

/* ---- starting ------------------------------------------------------------ */

static void
test_a_child_starts(void **state)
{
	const struct execution *w = open_run("w");
	const struct execution *child;
	char *json, *answer, *parent;

	(void)state;
	decide_at(2000,
	    CHILD("'workflowId':'c','control':'k','input':'i',"
		  "'executionStartToCloseTimeout':'50',"
		  "'taskList':{'name':'o'},'taskPriority':'3',"
		  "'taskStartToCloseTimeout':'NONE','childPolicy':'ABANDON',"
		  "'tagList':['t'],'lambdaRole':'r'," FLOW));
	child = open_run("c");
	assert_non_null(child);
	assert_event(w, 5, 2000, EVENT_START_CHILD_INITIATED,
	    "{'childPolicy':'ABANDON','control':'k',"
	    "'decisionTaskCompletedEventId':4,"
	    "'executionStartToCloseTimeout':'50','input':'i',"
	    "'lambdaRole':'r','tagList':['t'],'taskList':{'name':'o'},"
	    "'taskPriority':'3','taskStartToCloseTimeout':'NONE',"
	    "'workflowId':'c'," FLOW "}");
	assert_event(w, 6, 2000, EVENT_CHILD_STARTED,
	    "{'initiatedEventId':5,'workflowExecution':{'runId':'%s',"
	    "'workflowId':'c'}," FLOW "}",
	    child->run_id);
	assert_events(w, 7, EVENT_DECISION_SCHEDULED, NO_MORE);
	assert_event(child, 1, 2000, EVENT_EXECUTION_STARTED,
	    "{'childPolicy':'ABANDON','executionStartToCloseTimeout':'50',"
	    "'input':'i','lambdaRole':'r','parentInitiatedEventId':5,"
	    "'parentWorkflowExecution':{'runId':'%s','workflowId':'w'},"
	    "'tagList':['t'],'taskList':{'name':'o'},'taskPriority':'3',"
	    "'taskStartToCloseTimeout':'NONE'," FLOW "}",
	    w->run_id);
	assert_events(child, 2, EVENT_DECISION_SCHEDULED, NO_MORE);
	assert_int_equal(open_children(2000, w), 1);
	json = mem_format("{'domain':'d','execution':{'workflowId':'c',"
			  "'runId':'%s'}}",
	    child->run_id);
	answer = answer_of(2000, "DescribeWorkflowExecution", json);
	parent = mem_format("\"parent\":{\"runId\":\"%s\","
			    "\"workflowId\":\"w\"}",
	    w->run_id);
	assert_non_null(strstr(answer, parent));
	free(parent);
	free(answer);
	free(json);
}

static void
test_a_child_has_the_defaults_of_its_type(void **state)
{
	const struct execution *w = open_run("w");
	const struct execution *child;

	(void)state;
	decide_at(2000, CHILD("'workflowId':'c',"
			      "'workflowType':{'name':'f','version':'2'}"));
	child = open_run("c");
	assert_event(w, 5, 2000, EVENT_START_CHILD_INITIATED,
	    "{'childPolicy':'ABANDON','decisionTaskCompletedEventId':4,"
	    "'executionStartToCloseTimeout':'2000','lambdaRole':'r',"
	    "'taskList':{'name':'m'},'taskPriority':'4',"
	    "'taskStartToCloseTimeout':'20','workflowId':'c',"
	    "'workflowType':{'name':'f','version':'2'}}");
	assert_string_equal(child->task_list, "m");
}

static void
test_what_cannot_start_says_why(void **state)
{
	const struct execution *w = open_run("w");

	(void)state;
	register_flawed(1000);
	deprecate(TYPE_WORKFLOW, "x", "4");
	for (size_t i = 0; i < WORLD_CAUSES; i++) {
		char *batch = mem_format(
		    CHILD("'workflowId':'c','control':'k',"
			  "'workflowType':{'name':'x','version':'%zu'}"),
		    i);
		int64_t now = 2000 + (int64_t)i;

		decide_at(now, batch);
		assert_event(w, (int64_t)w->event_count - 1, now,
		    EVENT_START_CHILD_FAILED,
		    "{'cause':'%s','control':'k',"
		    "'decisionTaskCompletedEventId':%zu,'initiatedEventId':0,"
		    "'workflowId':'c',"
		    "'workflowType':{'name':'x','version':'%zu'}}",
		    world_causes[i], w->event_count - 2, i);
		assert_events(w, (int64_t)w->event_count,
		    EVENT_DECISION_SCHEDULED, NO_MORE);
		free(batch);
	}
	assert_int_equal(world.executions.count, 1);
	assert_int_equal(w->child_count, 0);
}

static void
test_a_workflow_id_that_runs_is_taken(void **state)
{
	const struct execution *w = open_run("w");

	(void)state;
	decide_at(2000, THE("c") "," THE("c") "," THE("w"));
	assert_events(w, 5, EVENT_START_CHILD_INITIATED,
	    EVENT_START_CHILD_INITIATED, EVENT_START_CHILD_INITIATED,
	    EVENT_CHILD_STARTED, EVENT_DECISION_SCHEDULED,
	    EVENT_START_CHILD_FAILED, EVENT_START_CHILD_FAILED, NO_MORE);
	assert_event(w, 10, 2000, EVENT_START_CHILD_FAILED,
	    "{'cause':'WORKFLOW_ALREADY_RUNNING',"
	    "'decisionTaskCompletedEventId':4,'initiatedEventId':6,"
	    "'workflowId':'c'," FLOW "}");
	assert_event(w, 11, 2000, EVENT_START_CHILD_FAILED,
	    "{'cause':'WORKFLOW_ALREADY_RUNNING',"
	    "'decisionTaskCompletedEventId':4,'initiatedEventId':7,"
	    "'workflowId':'w'," FLOW "}");
	assert_int_equal(open_children(2000, w), 1);
}

static void
test_open_children_have_a_limit(void **state)
{
	const struct execution *w = open_run("w");
	struct buf batch = BUF_INIT(1 << 20);

	(void)state;
	for (int i = 0; i <= OPEN_CHILDREN_MAX; i++)
		assert_int_equal(buf_format(&batch, "%s" THE("c%d"),
				     i == 0 ? "" : ",", i),
		    0);
	decide_at(2000, batch.data);
	assert_int_equal(open_children(2000, w), OPEN_CHILDREN_MAX);
	assert_event(w, 5 + OPEN_CHILDREN_MAX, 2000, EVENT_START_CHILD_FAILED,
	    "{'cause':'OPEN_CHILDREN_LIMIT_EXCEEDED',"
	    "'decisionTaskCompletedEventId':4,'initiatedEventId':0,"
	    "'workflowId':'c1000'," FLOW "}");
	buf_clear(&batch);
}

/* N.B. the table is only told that so many are in it. */
static void
test_open_executions_have_a_limit(void **state)
{
	const struct execution *w = open_run("w");
	size_t count = world.open_runs.count;

	(void)state;
	world.open_runs.count = OPEN_EXECUTIONS_MAX;
	decide_at(2000, THE("c"));
	world.open_runs.count = count;
	assert_event(w, 5, 2000, EVENT_START_CHILD_FAILED,
	    "{'cause':'OPEN_WORKFLOWS_LIMIT_EXCEEDED',"
	    "'decisionTaskCompletedEventId':4,'initiatedEventId':0,"
	    "'workflowId':'c'," FLOW "}");
}

/* ---- ending -------------------------------------------------------------- */

/* The child ended at 3000: what the parent sees of it. */
static void
assert_told(const struct execution *child, enum event_type type,
    const char *before, const char *after)
{
	assert_event(child->parent, 8, 3000, type,
	    "{%s'initiatedEventId':5,%s'workflowExecution':{'runId':'%s',"
	    "'workflowId':'c'}," FLOW "}",
	    before, after, child->run_id);
	assert_int_equal(child->parent->child_count, 0);
}

static void
test_a_parent_learns_how_a_child_decides_to_end(void **state)
{
	static const struct {
		const char *decision;
		enum event_type type;
		const char *before, *after;
	} rows[] = {
		{ "{'decisionType':'CompleteWorkflowExecution',"
		  "'completeWorkflowExecutionDecisionAttributes':"
		  "{'result':'r'}}",
		    EVENT_CHILD_COMPLETED, "",
		    "'result':'r','startedEventId':6," },
		{ "{'decisionType':'FailWorkflowExecution',"
		  "'failWorkflowExecutionDecisionAttributes':"
		  "{'reason':'r','details':'d'}}",
		    EVENT_CHILD_FAILED, "'details':'d',",
		    "'reason':'r','startedEventId':6," },
		{ "{'decisionType':'CancelWorkflowExecution',"
		  "'cancelWorkflowExecutionDecisionAttributes':"
		  "{'details':'d'}}",
		    EVENT_CHILD_CANCELED, "'details':'d',",
		    "'startedEventId':6," },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct execution *child;

		(void)world_tear_down(NULL);
		(void)world_set_up(NULL);
		decide_at(2000, THE("c"));
		decide_at(2500, "");
		/* Events 8 and 9 are the parent's decision task. */
		child = open_run("c");
		child_decides(3000, rows[i].decision);
		assert_event(child->parent, 10, 3000, rows[i].type,
		    "{%s'initiatedEventId':5,%s'workflowExecution':"
		    "{'runId':'%s','workflowId':'c'}," FLOW "}",
		    rows[i].before, rows[i].after, child->run_id);
		assert_events(child->parent, 11, EVENT_DECISION_SCHEDULED,
		    NO_MORE);
		assert_int_equal(child->parent->child_count, 0);
	}
}

static void
test_a_parent_learns_that_a_child_was_terminated(void **state)
{
	const struct execution *child;

	(void)state;
	decide_at(2000, THE("c"));
	child = open_run("c");
	must(3000, "TerminateWorkflowExecution", ID("c"));
	assert_told(child, EVENT_CHILD_TERMINATED, "", "'startedEventId':6,");
}

static void
test_a_parent_learns_that_a_child_timed_out(void **state)
{
	const struct execution *child;

	(void)state;
	decide_at(2000,
	    CHILD("'workflowId':'c','executionStartToCloseTimeout':'1'," FLOW));
	child = open_run("c");
	service_settle(&world, 9000);
	assert_told(child, EVENT_CHILD_TIMED_OUT, "",
	    "'startedEventId':6,'timeoutType':'START_TO_CLOSE',");
}

static void
test_a_child_that_continues_stays_a_child(void **state)
{
	struct execution *w = open_run("w");
	const struct execution *first, *next;

	(void)state;
	decide_at(2000, THE("c"));
	first = open_run("c");
	child_decides(2500,
	    "{'decisionType':'ContinueAsNewWorkflowExecution',"
	    "'continueAsNewWorkflowExecutionDecisionAttributes':"
	    "{'taskList':{'name':'o'}}}");
	next = open_run("c");
	assert_ptr_not_equal(first, next);
	assert_int_equal(first->close, CLOSE_CONTINUED_AS_NEW);
	assert_event(next, 1, 2500, EVENT_EXECUTION_STARTED,
	    "{'childPolicy':'TERMINATE','continuedExecutionRunId':'%s',"
	    "'executionStartToCloseTimeout':'1000',"
	    "'parentInitiatedEventId':5,"
	    "'parentWorkflowExecution':{'runId':'%s','workflowId':'w'},"
	    "'taskList':{'name':'o'},'taskStartToCloseTimeout':'10'," FLOW "}",
	    first->run_id, w->run_id);
	assert_events(w, 7, EVENT_DECISION_SCHEDULED, NO_MORE);
	assert_int_equal(open_children(2500, w), 1);
	must(3000, "TerminateWorkflowExecution", ID("c"));
	assert_told(next, EVENT_CHILD_TERMINATED, "", "'startedEventId':6,");
}

static void
test_a_closed_parent_hears_nothing(void **state)
{
	struct execution *w = open_run("w");
	const struct execution *child;

	(void)state;
	decide_at(2000, THE("c"));
	decide_at(2500, COMPLETE);
	child = open_run("c");
	assert_events(child, 2, EVENT_DECISION_SCHEDULED, NO_MORE);
	assert_int_equal(open_children(2500, w), 1);
	child_decides(3000, COMPLETE);
	assert_int_equal(w->event_count, 10);
	assert_int_equal(open_children(3000, w), 0);
}

static void
test_a_child_may_be_the_last_thing(void **state)
{
	struct execution *w = open_run("w");
	const struct execution *child;

	(void)state;
	decide_at(2000, THE("c") "," THE("w") "," COMPLETE);
	assert_events(w, 5, EVENT_START_CHILD_INITIATED,
	    EVENT_START_CHILD_INITIATED, EVENT_EXECUTION_COMPLETED, NO_MORE);
	child = open_run("c");
	assert_ptr_equal(child->parent, w);
	/* Its own workflow id is free by then. */
	assert_ptr_equal(open_run("w")->parent, w);
}

static void
test_a_closed_parent_hears_of_no_failure(void **state)
{
	struct execution *w = open_run("w");

	(void)state;
	must(1500, "StartWorkflowExecution",
	    "{'domain':'d','workflowId':'c','taskList':{'name':'o'}," FLOW "}");
	decide_at(2000, THE("c") "," COMPLETE);
	assert_events(w, 5, EVENT_START_CHILD_INITIATED,
	    EVENT_EXECUTION_COMPLETED, NO_MORE);
	assert_int_equal(open_children(2000, w), 0);
}

static void
test_a_terminated_parent_starts_no_child(void **state)
{
	struct execution *w = open_run("w");
	struct buf batch = BUF_INIT(8 << 20);

	(void)state;
	assert_int_equal(buf_string(&batch, THE("c")), 0);
	for (int i = 0; i < EVENTS_MAX; i++)
		assert_int_equal(buf_string(&batch,
				     "," MARKER("'markerName':'m'")),
		    0);
	decide_at(2000, batch.data);
	assert_int_equal(w->close, CLOSE_TERMINATED);
	assert_null(open_run("c"));
	assert_int_equal(open_children(2000, w), 0);
	buf_clear(&batch);
}

/* ---- policies ------------------------------------------------------------ */

/* "w" has the child "c", which has the child "g", with these policies. */
static void
start_generations(const char *child_policy, const struct execution **child,
    const struct execution **grandchild)
{
	char *batch =
	    mem_format(CHILD("'workflowId':'c','taskList':{'name':'o'},"
			     "'childPolicy':'%s'," FLOW),
		child_policy);

	decide_at(2000, batch);
	child_decides(2000, CHILD("'workflowId':'g'," FLOW));
	*child = open_run("c");
	*grandchild = open_run("g");
	assert_non_null(*grandchild);
	free(batch);
}

static void
test_terminating_a_parent_terminates_its_children(void **state)
{
	struct execution *w = open_run("w");
	const struct execution *child, *grandchild;

	(void)state;
	start_generations("TERMINATE", &child, &grandchild);
	must(3000, "TerminateWorkflowExecution", ID("w"));
	assert_event(w, 8, 3000, EVENT_EXECUTION_TERMINATED,
	    "{'cause':'OPERATOR_INITIATED','childPolicy':'TERMINATE'}");
	assert_event(child, (int64_t)child->event_count, 3000,
	    EVENT_EXECUTION_TERMINATED,
	    "{'cause':'CHILD_POLICY_APPLIED','childPolicy':'TERMINATE'}");
	assert_event(grandchild, 3, 3000, EVENT_EXECUTION_TERMINATED,
	    "{'cause':'CHILD_POLICY_APPLIED','childPolicy':'TERMINATE'}");
	assert_int_equal(w->event_count, 8);
	assert_int_equal(open_children(3000, w), 0);
	assert_int_equal(world.open_runs.count, 0);
	assert_int_equal(world.tasks.count, 0);
}

static void
test_each_generation_has_its_own_policy(void **state)
{
	const struct execution *child, *grandchild;

	(void)state;
	start_generations("REQUEST_CANCEL", &child, &grandchild);
	must(3000, "TerminateWorkflowExecution", ID("w"));
	assert_int_equal(child->close, CLOSE_TERMINATED);
	assert_event(child, (int64_t)child->event_count, 3000,
	    EVENT_EXECUTION_TERMINATED,
	    "{'cause':'CHILD_POLICY_APPLIED','childPolicy':'REQUEST_CANCEL'}");
	assert_event(grandchild, 3, 3000, EVENT_EXECUTION_CANCEL_REQUESTED,
	    "{'cause':'CHILD_POLICY_APPLIED','externalInitiatedEventId':0}");
	assert_int_equal(grandchild->close, CLOSE_NONE);
}

static void
test_a_policy_may_ask_to_cancel(void **state)
{
	const struct execution *w = open_run("w");
	const struct execution *child, *grandchild;

	(void)state;
	start_generations("TERMINATE", &child, &grandchild);
	child_decides(2500, "");
	must(3000, "TerminateWorkflowExecution",
	    "{'domain':'d','workflowId':'w','childPolicy':'REQUEST_CANCEL'}");
	assert_event(w, 8, 3000, EVENT_EXECUTION_TERMINATED,
	    "{'cause':'OPERATOR_INITIATED','childPolicy':'REQUEST_CANCEL'}");
	assert_event(child, (int64_t)child->event_count - 1, 3000,
	    EVENT_EXECUTION_CANCEL_REQUESTED,
	    "{'cause':'CHILD_POLICY_APPLIED','externalInitiatedEventId':0}");
	assert_events(child, (int64_t)child->event_count,
	    EVENT_DECISION_SCHEDULED, NO_MORE);
	assert_int_equal(child->cancel_requested, 1);
	assert_int_equal(child->close, CLOSE_NONE);
	assert_events(grandchild, 2, EVENT_DECISION_SCHEDULED, NO_MORE);
}

static void
test_a_policy_may_let_them_go_on(void **state)
{
	const struct execution *child, *grandchild;
	struct execution *w = open_run("w");

	(void)state;
	start_generations("TERMINATE", &child, &grandchild);
	must(3000, "TerminateWorkflowExecution",
	    "{'domain':'d','workflowId':'w','childPolicy':'ABANDON'}");
	assert_int_equal(child->close, CLOSE_NONE);
	assert_int_equal(child->cancel_requested, 0);
	assert_int_equal(open_children(3000, w), 1);
	must(4000, "TerminateWorkflowExecution", ID("c"));
	assert_int_equal(grandchild->close, CLOSE_TERMINATED);
	assert_int_equal(w->event_count, 8);
	assert_int_equal(open_children(4000, w), 0);
}

static void
test_a_timeout_applies_the_policy(void **state)
{
	const struct execution *child, *grandchild;

	(void)state;
	start_generations("TERMINATE", &child, &grandchild);
	service_settle(&world, 1001000);
	assert_event(child, (int64_t)child->event_count, 1001000,
	    EVENT_EXECUTION_TERMINATED,
	    "{'cause':'CHILD_POLICY_APPLIED','childPolicy':'TERMINATE'}");
	assert_int_equal(grandchild->close, CLOSE_TERMINATED);
	assert_int_equal(world.timers.count, 0);
}

static void
test_too_many_events_apply_the_policy(void **state)
{
	const struct execution *w = open_run("w");
	const struct execution *child, *grandchild;

	(void)state;
	start_generations("TERMINATE", &child, &grandchild);
	while (w->close == CLOSE_NONE)
		must(3000, "SignalWorkflowExecution",
		    "{'domain':'d','workflowId':'w','signalName':'s'}");
	assert_int_equal(child->close, CLOSE_TERMINATED);
	assert_int_equal(world.open_runs.count, 0);
}

static void
test_generations_are_not_a_matter_of_the_stack(void **state)
{
	enum { GENERATIONS = 10000, STACK = 512 << 10 };
	struct rlimit usual, small;
	char list[32] = "l";

	(void)state;
	for (int i = 0; i < GENERATIONS; i++) {
		char *batch =
		    mem_format(CHILD("'workflowId':'g%d',"
				     "'taskList':{'name':'l%d'}," FLOW),
			i, i);

		list_decides(2000, list, batch);
		(void)snprintf(list, sizeof(list), "l%d", i);
		free(batch);
	}
	assert_int_equal(world.open_runs.count, GENERATIONS + 1);
	assert_int_equal(getrlimit(RLIMIT_STACK, &usual), 0);
	small = usual;
	small.rlim_cur = STACK;
	assert_int_equal(setrlimit(RLIMIT_STACK, &small), 0);
	must(3000, "TerminateWorkflowExecution", ID("w"));
	assert_int_equal(setrlimit(RLIMIT_STACK, &usual), 0);
	assert_int_equal(world.open_runs.count, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ROW(test_a_child_starts),
		ROW(test_a_child_has_the_defaults_of_its_type),
		ROW(test_what_cannot_start_says_why),
		ROW(test_a_workflow_id_that_runs_is_taken),
		ROW(test_open_children_have_a_limit),
		ROW(test_open_executions_have_a_limit),
		ROW(test_a_parent_learns_how_a_child_decides_to_end),
		ROW(test_a_parent_learns_that_a_child_was_terminated),
		ROW(test_a_parent_learns_that_a_child_timed_out),
		ROW(test_a_child_that_continues_stays_a_child),
		ROW(test_a_closed_parent_hears_nothing),
		ROW(test_a_child_may_be_the_last_thing),
		ROW(test_a_closed_parent_hears_of_no_failure),
		ROW(test_a_terminated_parent_starts_no_child),
		ROW(test_terminating_a_parent_terminates_its_children),
		ROW(test_each_generation_has_its_own_policy),
		ROW(test_a_policy_may_ask_to_cancel),
		ROW(test_a_policy_may_let_them_go_on),
		ROW(test_a_timeout_applies_the_policy),
		ROW(test_too_many_events_apply_the_policy),
		ROW(test_generations_are_not_a_matter_of_the_stack),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
