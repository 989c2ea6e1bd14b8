/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "swf-local/decide.h"

#include <string.h>

#include "swf-local/activities.h"
#include "swf-local/decisions.h"
#include "swf-local/emit.h"
#include "swf-local/executions.h"
#include "swf-local/history.h"
#include "swf-local/types.h"
#include "swf-local/validate.h"

/* One decision being done. */
struct doing {
	struct service *service;
	struct execution *execution;
	const cJSON *in; /* its attributes; NULL if there are none */
	int64_t event;   /* DecisionTaskCompleted */
};

/* An event that only has a cause and what the decision was about. */
static void
failed(const struct doing *doing, enum event_type type)
{
	(void)event_add(doing->service, doing->execution, type);
	decision_need(doing->service, doing->execution);
}

/* ---- activities ---------------------------------------------------------- */

static const char *const timeout_members[ACTIVITY_TIMEOUTS] = {
	[SCHEDULE_TO_START] = "scheduleToStartTimeout",
	[SCHEDULE_TO_CLOSE] = "scheduleToCloseTimeout",
	[START_TO_CLOSE] = "startToCloseTimeout",
	[HEARTBEAT] = "heartbeatTimeout",
};

static const char *const undefined_causes[ACTIVITY_TIMEOUTS] = {
	[SCHEDULE_TO_START] = "DEFAULT_SCHEDULE_TO_START_TIMEOUT_UNDEFINED",
	[SCHEDULE_TO_CLOSE] = "DEFAULT_SCHEDULE_TO_CLOSE_TIMEOUT_UNDEFINED",
	[START_TO_CLOSE] = "DEFAULT_START_TO_CLOSE_TIMEOUT_UNDEFINED",
	[HEARTBEAT] = "DEFAULT_HEARTBEAT_TIMEOUT_UNDEFINED",
};

/* Fills the plan; returns the cause why it cannot be, or NULL. */
static const char *
plan_activity(const struct doing *doing, struct activity_plan *plan)
{
	const cJSON *in = doing->in;

	plan->id = member_string(in, "activityId");
	plan->input = member_string(in, "input");
	plan->type = type_find(doing->service, TYPE_ACTIVITY,
	    doing->execution->domain, member_get(in, "activityType"));
	if (plan->type == NULL)
		return "ACTIVITY_TYPE_DOES_NOT_EXIST";
	if (activity_find(doing->execution, plan->id) != NULL)
		return "ACTIVITY_ID_ALREADY_IN_USE";
	if (doing->execution->activity_count >= OPEN_ACTIVITIES_MAX)
		return "OPEN_ACTIVITIES_LIMIT_EXCEEDED";
	plan->priority = member_string(in, "taskPriority");
	if (plan->priority == NULL)
		plan->priority = plan->type->priority;
	plan->task_list = member_name(in, "taskList");
	if (plan->task_list == NULL)
		plan->task_list = plan->type->task_list;
	if (plan->task_list == NULL)
		return "DEFAULT_TASK_LIST_UNDEFINED";
	for (int i = 0; i < ACTIVITY_TIMEOUTS; i++) {
		plan->timeouts[i] = member_string(in, timeout_members[i]);
		if (plan->timeouts[i] == NULL)
			plan->timeouts[i] = plan->type->timeouts[i];
		if (plan->timeouts[i] == NULL)
			return undefined_causes[i];
	}
	return NULL;
}

static int64_t
add_scheduled(const struct doing *doing, const struct activity_plan *plan)
{
	struct buf *attributes = event_attributes(doing->service);

	emit_string(attributes, "activityId", plan->id);
	emit_type(attributes, "activityType", plan->type->name,
	    plan->type->version);
	emit_string(attributes, "control", member_string(doing->in, "control"));
	emit_integer(attributes, "decisionTaskCompletedEventId", doing->event);
	emit_string(attributes, "heartbeatTimeout", plan->timeouts[HEARTBEAT]);
	emit_string(attributes, "input", plan->input);
	emit_string(attributes, "scheduleToCloseTimeout",
	    plan->timeouts[SCHEDULE_TO_CLOSE]);
	emit_string(attributes, "scheduleToStartTimeout",
	    plan->timeouts[SCHEDULE_TO_START]);
	emit_string(attributes, "startToCloseTimeout",
	    plan->timeouts[START_TO_CLOSE]);
	emit_name(attributes, "taskList", plan->task_list);
	emit_string(attributes, "taskPriority", plan->priority);
	return event_add(doing->service, doing->execution,
	    EVENT_ACTIVITY_SCHEDULED);
}

static void
schedule_activity(const struct doing *doing)
{
	const cJSON *type = member_get(doing->in, "activityType");
	struct activity_plan plan;
	const char *cause = plan_activity(doing, &plan);
	struct buf *attributes;

	if (cause == NULL) {
		activity_schedule(doing->service, doing->execution, &plan,
		    add_scheduled(doing, &plan));
		return;
	}
	attributes = event_attributes(doing->service);
	emit_string(attributes, "activityId", plan.id);
	emit_type(attributes, "activityType", member_string(type, "name"),
	    member_string(type, "version"));
	emit_string(attributes, "cause", cause);
	emit_integer(attributes, "decisionTaskCompletedEventId", doing->event);
	failed(doing, EVENT_SCHEDULE_ACTIVITY_FAILED);
}

static void
request_cancel_activity(const struct doing *doing)
{
	const char *id = member_string(doing->in, "activityId");
	struct activity *activity = activity_find(doing->execution, id);
	struct buf *attributes = event_attributes(doing->service);

	emit_string(attributes, "activityId", id);
	if (activity == NULL)
		emit_string(attributes, "cause", "ACTIVITY_ID_UNKNOWN");
	emit_integer(attributes, "decisionTaskCompletedEventId", doing->event);
	if (activity == NULL)
		failed(doing, EVENT_REQUEST_CANCEL_ACTIVITY_FAILED);
	else
		activity_cancel(doing->service, activity,
		    event_add(doing->service, doing->execution,
			EVENT_ACTIVITY_CANCEL_REQUESTED));
}

/* ---- closing ------------------------------------------------------------- */

/*
 * An execution is not closed over something that its decider has not seen:
 * a decision task that waits.  Returns whether it is to be closed.
 */
static int
may_close(const struct doing *doing, enum event_type failure)
{
	struct buf *attributes;

	if (doing->execution->waiting == NULL)
		return 1;
	attributes = event_attributes(doing->service);
	emit_string(attributes, "cause", "UNHANDLED_DECISION");
	emit_integer(attributes, "decisionTaskCompletedEventId", doing->event);
	failed(doing, failure);
	return 0;
}

static void
complete_execution(const struct doing *doing)
{
	struct buf *attributes;

	if (!may_close(doing, EVENT_COMPLETE_EXECUTION_FAILED))
		return;
	attributes = event_attributes(doing->service);
	emit_integer(attributes, "decisionTaskCompletedEventId", doing->event);
	emit_string(attributes, "result", member_string(doing->in, "result"));
	(void)event_add(doing->service, doing->execution,
	    EVENT_EXECUTION_COMPLETED);
	execution_close(doing->service, doing->execution, CLOSE_COMPLETED);
}

static void
fail_execution(const struct doing *doing)
{
	struct buf *attributes;

	if (!may_close(doing, EVENT_FAIL_EXECUTION_FAILED))
		return;
	attributes = event_attributes(doing->service);
	emit_integer(attributes, "decisionTaskCompletedEventId", doing->event);
	emit_string(attributes, "details", member_string(doing->in, "details"));
	emit_string(attributes, "reason", member_string(doing->in, "reason"));
	(void)event_add(doing->service, doing->execution,
	    EVENT_EXECUTION_FAILED);
	execution_close(doing->service, doing->execution, CLOSE_FAILED);
}

static void
cancel_execution(const struct doing *doing)
{
	struct buf *attributes;

	if (!may_close(doing, EVENT_CANCEL_EXECUTION_FAILED))
		return;
	attributes = event_attributes(doing->service);
	emit_integer(attributes, "decisionTaskCompletedEventId", doing->event);
	emit_string(attributes, "details", member_string(doing->in, "details"));
	(void)event_add(doing->service, doing->execution,
	    EVENT_EXECUTION_CANCELED);
	execution_close(doing->service, doing->execution, CLOSE_CANCELED);
}

/* ---- what is not done here ----------------------------------------------- */

#define NOT_PERMITTED "OPERATION_NOT_PERMITTED"

/* A failure that has the cause and one member of the decision. */
static void
refuse(const struct doing *doing, enum event_type type, const char *member)
{
	struct buf *attributes = event_attributes(doing->service);
	const char *value =
	    member == NULL ? NULL : member_string(doing->in, member);

	emit_string(attributes, "cause", NOT_PERMITTED);
	emit_integer(attributes, "decisionTaskCompletedEventId", doing->event);
	if (member != NULL)
		emit_string(attributes, member, value);
	failed(doing, type);
}

static void
refuse_continue(const struct doing *doing)
{
	refuse(doing, EVENT_CONTINUE_AS_NEW_FAILED, NULL);
}

static void
refuse_marker(const struct doing *doing)
{
	refuse(doing, EVENT_RECORD_MARKER_FAILED, "markerName");
}

static void
refuse_timer(const struct doing *doing)
{
	refuse(doing, EVENT_START_TIMER_FAILED, "timerId");
}

static void
refuse_cancel_timer(const struct doing *doing)
{
	refuse(doing, EVENT_CANCEL_TIMER_FAILED, "timerId");
}

/* Failures about another execution, a child or an external one. */
static void
refuse_other(const struct doing *doing, enum event_type type)
{
	struct buf *attributes = event_attributes(doing->service);
	const cJSON *named = member_get(doing->in, "workflowType");

	emit_string(attributes, "cause", NOT_PERMITTED);
	emit_string(attributes, "control", member_string(doing->in, "control"));
	emit_integer(attributes, "decisionTaskCompletedEventId", doing->event);
	emit_integer(attributes, "initiatedEventId", 0);
	emit_string(attributes, "runId", member_string(doing->in, "runId"));
	emit_string(attributes, "workflowId",
	    member_string(doing->in, "workflowId"));
	if (named != NULL)
		emit_type(attributes, "workflowType",
		    member_string(named, "name"),
		    member_string(named, "version"));
	failed(doing, type);
}

static void
refuse_signal(const struct doing *doing)
{
	refuse_other(doing, EVENT_SIGNAL_EXTERNAL_FAILED);
}

static void
refuse_cancel_external(const struct doing *doing)
{
	refuse_other(doing, EVENT_REQUEST_CANCEL_EXTERNAL_FAILED);
}

static void
refuse_child(const struct doing *doing)
{
	refuse_other(doing, EVENT_START_CHILD_FAILED);
}

static void
refuse_lambda(const struct doing *doing)
{
	struct buf *attributes = event_attributes(doing->service);

	emit_string(attributes, "cause",
	    "LAMBDA_SERVICE_NOT_AVAILABLE_IN_REGION");
	emit_integer(attributes, "decisionTaskCompletedEventId", doing->event);
	emit_string(attributes, "id", member_string(doing->in, "id"));
	emit_string(attributes, "name", member_string(doing->in, "name"));
	failed(doing, EVENT_SCHEDULE_LAMBDA_FAILED);
}

/* ---- the batch ----------------------------------------------------------- */

struct decision_kind {
	const char *type;
	const char *attributes; /* the member that holds them */
	int needs_attributes;   /* has required members */
	int closes;
	void (*apply)(const struct doing *doing);
};

static const struct decision_kind kinds[] = {
	{ "ScheduleActivityTask", "scheduleActivityTaskDecisionAttributes", 1,
	    0, schedule_activity },
	{ "RequestCancelActivityTask",
	    "requestCancelActivityTaskDecisionAttributes", 1, 0,
	    request_cancel_activity },
	{ "CompleteWorkflowExecution",
	    "completeWorkflowExecutionDecisionAttributes", 0, 1,
	    complete_execution },
	{ "FailWorkflowExecution", "failWorkflowExecutionDecisionAttributes", 0,
	    1, fail_execution },
	{ "CancelWorkflowExecution",
	    "cancelWorkflowExecutionDecisionAttributes", 0, 1,
	    cancel_execution },
	{ "ContinueAsNewWorkflowExecution",
	    "continueAsNewWorkflowExecutionDecisionAttributes", 0, 1,
	    refuse_continue },
	{ "RecordMarker", "recordMarkerDecisionAttributes", 1, 0,
	    refuse_marker },
	{ "StartTimer", "startTimerDecisionAttributes", 1, 0, refuse_timer },
	{ "CancelTimer", "cancelTimerDecisionAttributes", 1, 0,
	    refuse_cancel_timer },
	{ "SignalExternalWorkflowExecution",
	    "signalExternalWorkflowExecutionDecisionAttributes", 1, 0,
	    refuse_signal },
	{ "RequestCancelExternalWorkflowExecution",
	    "requestCancelExternalWorkflowExecutionDecisionAttributes", 1, 0,
	    refuse_cancel_external },
	{ "StartChildWorkflowExecution",
	    "startChildWorkflowExecutionDecisionAttributes", 1, 0,
	    refuse_child },
	{ "ScheduleLambdaFunction", "scheduleLambdaFunctionDecisionAttributes",
	    1, 0, refuse_lambda },
};

/* The decision's kind; its type was validated, so it is one of the table. */
static const struct decision_kind *
kind_of(const cJSON *decision)
{
	const char *type = member_string(decision, "decisionType");
	size_t i = 0;

	while (i + 1 < sizeof(kinds) / sizeof(kinds[0]) &&
	       strcmp(kinds[i].type, type) != 0)
		i++;
	return &kinds[i];
}

int
decide_check(const cJSON *decisions, struct answer *out)
{
	const cJSON *decision;
	int index = 0;

	cJSON_ArrayForEach (decision, decisions) {
		const struct decision_kind *kind = kind_of(decision);

		index++;
		if (kind->needs_attributes &&
		    member_get(decision, kind->attributes) == NULL) {
			answer_fault(out, FAULT_VALIDATION,
			    "1 validation error detected: Value null at "
			    "'decisions.%d.member.%s' failed to satisfy "
			    "constraint: Member must not be null",
			    index, kind->attributes);
			return -1;
		}
		if (kind->closes && decision->next != NULL) {
			answer_fault(out, FAULT_VALIDATION,
			    "Close must be last decision in list");
			return -1;
		}
	}
	return 0;
}

void
decide(struct service *service, struct execution *execution,
    const cJSON *decisions, int64_t event)
{
	struct doing doing = {
		.service = service,
		.execution = execution,
		.event = event,
	};
	const cJSON *decision;

	cJSON_ArrayForEach (decision, decisions) {
		const struct decision_kind *kind = kind_of(decision);

		if (execution->close != CLOSE_NONE)
			break;
		doing.in = member_get(decision, kind->attributes);
		kind->apply(&doing);
	}
}
