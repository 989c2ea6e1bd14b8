/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "swf-local/decide.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "swf-local/activities.h"
#include "swf-local/decisions.h"
#include "swf-local/emit.h"
#include "swf-local/executions.h"
#include "swf-local/history.h"
#include "swf-local/signals.h"
#include "swf-local/starts.h"
#include "swf-local/types.h"
#include "swf-local/validate.h"
#include "swf-local/workflow_timers.h"

void
decide_failed(const struct doing *doing, enum event_type type)
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
	if (type_is_deprecated(plan->type))
		return "ACTIVITY_TYPE_DEPRECATED";
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
	decide_failed(doing, EVENT_SCHEDULE_ACTIVITY_FAILED);
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
		decide_failed(doing, EVENT_REQUEST_CANCEL_ACTIVITY_FAILED);
	else
		activity_cancel(doing->service, activity,
		    event_add(doing->service, doing->execution,
			EVENT_ACTIVITY_CANCEL_REQUESTED));
}

/* ---- closing ------------------------------------------------------------- */

int
decide_may_close(const struct doing *doing, enum event_type failure)
{
	struct buf *attributes;

	if (doing->execution->waiting == NULL)
		return 1;
	attributes = event_attributes(doing->service);
	emit_string(attributes, "cause", "UNHANDLED_DECISION");
	emit_integer(attributes, "decisionTaskCompletedEventId", doing->event);
	decide_failed(doing, failure);
	return 0;
}

/* Closes the execution with an event of that type. */
static void
close_execution(const struct doing *doing, enum event_type type,
    const struct ending *ending)
{
	struct buf *attributes = event_attributes(doing->service);

	emit_integer(attributes, "decisionTaskCompletedEventId", doing->event);
	emit_string(attributes, "details", ending->details);
	emit_string(attributes, "reason", ending->reason);
	emit_string(attributes, "result", ending->result);
	(void)event_add(doing->service, doing->execution, type);
	execution_close(doing->service, doing->execution, ending);
}

static void
complete_execution(const struct doing *doing)
{
	const struct ending ending = {
		.status = CLOSE_COMPLETED,
		.result = member_string(doing->in, "result"),
	};

	if (decide_may_close(doing, EVENT_COMPLETE_EXECUTION_FAILED))
		close_execution(doing, EVENT_EXECUTION_COMPLETED, &ending);
}

static void
fail_execution(const struct doing *doing)
{
	const struct ending ending = {
		.status = CLOSE_FAILED,
		.details = member_string(doing->in, "details"),
		.reason = member_string(doing->in, "reason"),
	};

	if (decide_may_close(doing, EVENT_FAIL_EXECUTION_FAILED))
		close_execution(doing, EVENT_EXECUTION_FAILED, &ending);
}

static void
cancel_this_execution(const struct doing *doing)
{
	const struct ending ending = {
		.status = CLOSE_CANCELED,
		.details = member_string(doing->in, "details"),
	};

	if (decide_may_close(doing, EVENT_CANCEL_EXECUTION_FAILED))
		close_execution(doing, EVENT_EXECUTION_CANCELED, &ending);
}

/* ---- markers and functions ----------------------------------------------- */

static void
record_marker(const struct doing *doing)
{
	const cJSON *in = doing->in;
	struct buf *attributes = event_attributes(doing->service);

	emit_integer(attributes, "decisionTaskCompletedEventId", doing->event);
	emit_string(attributes, "details", member_string(in, "details"));
	emit_string(attributes, "markerName", member_string(in, "markerName"));
	(void)event_add(doing->service, doing->execution,
	    EVENT_MARKER_RECORDED);
}

/* There is no such service here that could be asked. */
static void
refuse_lambda(const struct doing *doing)
{
	struct buf *attributes = event_attributes(doing->service);

	emit_string(attributes, "cause",
	    "LAMBDA_SERVICE_NOT_AVAILABLE_IN_REGION");
	emit_integer(attributes, "decisionTaskCompletedEventId", doing->event);
	emit_string(attributes, "id", member_string(doing->in, "id"));
	emit_string(attributes, "name", member_string(doing->in, "name"));
	decide_failed(doing, EVENT_SCHEDULE_LAMBDA_FAILED);
}

/* ---- the batch ----------------------------------------------------------- */

struct decision_kind {
	const char *type;
	const char *attributes; /* the member that holds them */
	int needs_attributes;   /* has required members */
	int closes;
	/* One that concerns its own execution is done ... */
	void (*apply)(const struct doing *doing);
	/* ... one that concerns another is announced, then followed up. */
	int64_t (*announce)(const struct doing *doing);
	void (*follow)(const struct doing *doing);
};

#define KIND(name, member) \
	.type = (name), .attributes = member "DecisionAttributes"

static const struct decision_kind kinds[] = {
	{ KIND("ScheduleActivityTask", "scheduleActivityTask"),
	    .needs_attributes = 1, .apply = schedule_activity },
	{ KIND("RequestCancelActivityTask", "requestCancelActivityTask"),
	    .needs_attributes = 1, .apply = request_cancel_activity },
	{ KIND("CompleteWorkflowExecution", "completeWorkflowExecution"),
	    .closes = 1, .apply = complete_execution },
	{ KIND("FailWorkflowExecution", "failWorkflowExecution"), .closes = 1,
	    .apply = fail_execution },
	{ KIND("CancelWorkflowExecution", "cancelWorkflowExecution"),
	    .closes = 1, .apply = cancel_this_execution },
	{ KIND("ContinueAsNewWorkflowExecution",
	      "continueAsNewWorkflowExecution"),
	    .closes = 1, .apply = continue_as_new },
	{ KIND("RecordMarker", "recordMarker"), .needs_attributes = 1,
	    .apply = record_marker },
	{ KIND("StartTimer", "startTimer"), .needs_attributes = 1,
	    .apply = workflow_timer_start },
	{ KIND("CancelTimer", "cancelTimer"), .needs_attributes = 1,
	    .apply = workflow_timer_cancel },
	{ KIND("SignalExternalWorkflowExecution",
	      "signalExternalWorkflowExecution"),
	    .needs_attributes = 1, .announce = signal_external_announce,
	    .follow = signal_external },
	{ KIND("RequestCancelExternalWorkflowExecution",
	      "requestCancelExternalWorkflowExecution"),
	    .needs_attributes = 1, .announce = cancel_external_announce,
	    .follow = cancel_external },
	{ KIND("StartChildWorkflowExecution", "startChildWorkflowExecution"),
	    .needs_attributes = 1, .announce = child_announce,
	    .follow = child_start },
	{ KIND("ScheduleLambdaFunction", "scheduleLambdaFunction"),
	    .needs_attributes = 1, .apply = refuse_lambda },
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

/* Returns the id of the event that announces it, if it is to follow. */
static int64_t
apply(struct doing *doing, const cJSON *decision)
{
	const struct decision_kind *kind = kind_of(decision);

	doing->in = member_get(decision, kind->attributes);
	if (kind->announce != NULL)
		return kind->announce(doing);
	kind->apply(doing);
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
	size_t count = (size_t)cJSON_GetArraySize(decisions);
	int64_t *initiated = mem_new(count + 1, sizeof(*initiated));
	const cJSON *decision;
	size_t i = 0;

	cJSON_ArrayForEach (decision, decisions) {
		if (execution->close == CLOSE_NONE &&
		    execution->event_count >= EVENTS_MAX)
			execution_limit(service, execution);
		if (execution->close != CLOSE_NONE)
			break;
		initiated[i++] = apply(&doing, decision);
	}
	i = 0;
	cJSON_ArrayForEach (decision, decisions) {
		const struct decision_kind *kind = kind_of(decision);

		doing.initiated = initiated[i++];
		doing.in = member_get(decision, kind->attributes);
		if (doing.initiated != 0)
			kind->follow(&doing);
	}
	free(initiated);
}
