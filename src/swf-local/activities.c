/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "swf-local/activities.h"

#include <stdlib.h>
#include <string.h>

#include "base/instant.h"
#include "base/mem.h"
#include "swf-local/decisions.h"
#include "swf-local/domains.h"
#include "swf-local/emit.h"
#include "swf-local/executions.h"
#include "swf-local/history.h"
#include "swf-local/lists.h"
#include "swf-local/persist.h"
#include "swf-local/token.h"
#include "swf-local/validate.h"

static const char *const timeout_names[ACTIVITY_TIMEOUTS] = {
	[SCHEDULE_TO_START] = "SCHEDULE_TO_START",
	[SCHEDULE_TO_CLOSE] = "SCHEDULE_TO_CLOSE",
	[START_TO_CLOSE] = "START_TO_CLOSE",
	[HEARTBEAT] = "HEARTBEAT",
};

static struct activity *
of_task(struct task *task)
{
	return (struct activity *)task;
}

static void
free_activity(struct activity *activity)
{
	free(activity->id);
	free(activity->type_name);
	free(activity->type_version);
	free(activity->input);
	free(activity->list_name);
	free(activity->details);
	free(activity);
}

/* ---- deadlines ----------------------------------------------------------- */

/* When each of the four clocks runs out; NEVER if it does not run. */
static int64_t
runs_out(const struct activity *activity, enum activity_timeout which)
{
	int started = activity->task.started_id != 0;
	int64_t length = activity->timeouts[which];

	switch (which) {
	case SCHEDULE_TO_START:
		return started ? INSTANT_NEVER
			       : instant_add(activity->scheduled_at, length);
	case SCHEDULE_TO_CLOSE:
		return instant_add(activity->scheduled_at, length);
	case START_TO_CLOSE:
		return started ? instant_add(activity->started_at, length)
			       : INSTANT_NEVER;
	case HEARTBEAT:
		return started ? instant_add(activity->beat_at, length)
			       : INSTANT_NEVER;
	case ACTIVITY_TIMEOUTS:
		break;
	}
	return INSTANT_NEVER;
}

/* The clock that runs out first; of equal ones the first in the enum. */
static enum activity_timeout
first_to_run_out(const struct activity *activity)
{
	int first = 0;

	for (int i = 1; i < ACTIVITY_TIMEOUTS; i++)
		if (runs_out(activity, (enum activity_timeout)i) <
		    runs_out(activity, (enum activity_timeout)first))
			first = i;
	return (enum activity_timeout)first;
}

void
activity_arm(struct service *service, struct activity *activity)
{
	timers_set(&service->timers, &activity->task.timer,
	    runs_out(activity, first_to_run_out(activity)));
}

/* ---- making and ending --------------------------------------------------- */

/* Takes the task out of everything that knows it, and frees it. */
void
activity_remove(struct service *service, struct activity *activity)
{
	struct execution *execution = activity->task.execution;
	struct table_key key;

	persist_gone(service, &activity->task.change, activity->task.number);
	timers_set(&service->timers, &activity->task.timer, INSTANT_NEVER);
	list_remove_task(service, &activity->task);
	table_key_number(&key, activity->task.number);
	(void)table_remove(&service->tasks, &key);
	TAILQ_REMOVE(&execution->activities, activity, in_execution);
	execution->activity_count--;
	free_activity(activity);
}

/* The task is closed by the event just added: somebody has to decide. */
static void
close_activity(struct service *service, struct activity *activity)
{
	struct execution *execution = activity->task.execution;

	activity_remove(service, activity);
	decision_need(service, execution);
}

static void
activity_timed_out(void *arg, int64_t at)
{
	struct activity *activity = arg;
	struct service *service = activity->task.execution->service;
	enum activity_timeout which = first_to_run_out(activity);
	struct buf *attributes = event_attributes(service);

	(void)at;
	emit_string(attributes, "details", activity->details);
	emit_integer(attributes, "scheduledEventId",
	    activity->task.scheduled_id);
	emit_integer(attributes, "startedEventId", activity->task.started_id);
	emit_string(attributes, "timeoutType", timeout_names[which]);
	(void)event_add(service, activity->task.execution,
	    EVENT_ACTIVITY_TIMED_OUT);
	close_activity(service, activity);
}

struct activity *
activity_blank(struct service *service, struct execution *execution,
    uint64_t number)
{
	struct activity *activity = mem_new(1, sizeof(*activity));
	struct task *task = &activity->task;
	struct table_key key;

	task->kind = TASK_ACTIVITY;
	task->execution = execution;
	task->number = number;
	deadline_init(&task->timer, activity_timed_out, activity);
	TAILQ_INSERT_TAIL(&execution->activities, activity, in_execution);
	execution->activity_count++;
	table_key_number(&key, number);
	table_add(&service->tasks, &key, task);
	return activity;
}

void
activity_schedule(struct service *service, struct execution *execution,
    const struct activity_plan *plan, int64_t event)
{
	struct activity *activity =
	    activity_blank(service, execution, ++service->last_number);
	struct task *task = &activity->task;

	task->scheduled_id = event;
	task->priority =
	    plan->priority == NULL ? 0 : strtol(plan->priority, NULL, 10);
	activity->id = mem_string(plan->id);
	activity->type_name = mem_string(plan->type->name);
	activity->type_version = mem_string(plan->type->version);
	activity->input = copy_or_null(plan->input);
	activity->list_name = mem_string(plan->task_list);
	activity->scheduled_at = service->instant;
	for (int i = 0; i < ACTIVITY_TIMEOUTS; i++)
		activity->timeouts[i] = seconds_of(service, plan->timeouts[i]);
	list_add_task(service, task, plan->task_list);
	activity_arm(service, activity);
	persist_changed(service, &task->change, ENTITY_ACTIVITY);
}

struct activity *
activity_find(const struct execution *execution, const char *id)
{
	struct activity *activity;

	TAILQ_FOREACH (activity, &execution->activities, in_execution)
		if (strcmp(activity->id, id) == 0)
			return activity;
	return NULL;
}

int64_t
activity_due(const struct activity *activity, const char **timeout)
{
	enum activity_timeout first = first_to_run_out(activity);

	*timeout = timeout_names[first];
	return runs_out(activity, first);
}

static void
add_canceled(struct service *service, const struct activity *activity,
    const char *details)
{
	struct buf *attributes = event_attributes(service);

	emit_string(attributes, "details", details);
	if (activity->cancel_id != 0)
		emit_integer(attributes, "latestCancelRequestedEventId",
		    activity->cancel_id);
	emit_integer(attributes, "scheduledEventId",
	    activity->task.scheduled_id);
	emit_integer(attributes, "startedEventId", activity->task.started_id);
	(void)event_add(service, activity->task.execution,
	    EVENT_ACTIVITY_CANCELED);
}

void
activity_cancel(struct service *service, struct activity *activity,
    int64_t event)
{
	activity->cancel_id = event;
	persist_changed(service, &activity->task.change, ENTITY_ACTIVITY);
	if (activity->task.started_id != 0)
		return;
	add_canceled(service, activity, NULL);
	close_activity(service, activity);
}

void
activities_drop(struct service *service, struct execution *execution)
{
	struct activity *activity, *next;

	TAILQ_FOREACH_SAFE (activity, &execution->activities, in_execution,
	    next)
		activity_remove(service, activity);
}

void
activities_free(struct execution *execution)
{
	struct activity *activity, *next;

	TAILQ_FOREACH_SAFE (activity, &execution->activities, in_execution,
	    next)
		free_activity(activity);
}

/* ---- polling ------------------------------------------------------------- */

void
activity_poll(struct service *service, struct call *call)
{
	const struct domain *domain = domain_of(service, call);

	if (domain == NULL)
		return;
	if (list_add_poll(service, call, TASK_ACTIVITY, domain->name,
		member_name(call->in, "taskList")) == -1)
		answer_fault(&call->out, FAULT_LIMIT_EXCEEDED,
		    "Limit on maximum concurrent poll requests per task list "
		    "reached");
}

static void
write_task(struct service *service, const struct activity *activity,
    struct buf *out)
{
	const struct execution *execution = activity->task.execution;
	const struct token token = {
		.kind = TOKEN_ACTIVITY,
		.task = activity->task.number,
		.execution = execution->number,
		.scheduled = activity->task.scheduled_id,
	};
	char text[TOKEN_TEXT];

	token_write(&service->secret, &token, text);
	emit_object(out, NULL);
	emit_string(out, "activityId", activity->id);
	emit_type(out, "activityType", activity->type_name,
	    activity->type_version);
	emit_string(out, "input", activity->input);
	emit_integer(out, "startedEventId", activity->task.started_id);
	emit_string(out, "taskToken", text);
	emit_execution(out, "workflowExecution", execution->workflow_id,
	    execution->run_id);
	emit_object_end(out);
}

void
activity_start(struct service *service, struct task *task, struct call *call)
{
	struct activity *activity = of_task(task);
	struct buf *attributes = event_attributes(service);

	emit_string(attributes, "identity",
	    member_string(call->in, "identity"));
	emit_integer(attributes, "scheduledEventId", task->scheduled_id);
	task->started_id =
	    event_add(service, task->execution, EVENT_ACTIVITY_STARTED);
	activity->started_at = service->instant;
	activity->beat_at = service->instant;
	activity_arm(service, activity);
	persist_changed(service, &activity->task.change, ENTITY_ACTIVITY);
	execution_note(task->execution, call, activity->id);
	write_task(service, activity, &call->out.body);
}

/* ---- heartbeat and response ---------------------------------------------- */

/* The open task that the request's token names; NULL with the fault set. */
static struct activity *
activity_of(struct service *service, struct call *call)
{
	const struct execution *execution;
	struct task *task;
	struct token token;

	if (token_read(&service->secret, member_string(call->in, "taskToken"),
		TOKEN_ACTIVITY, &token) == -1) {
		answer_fault(&call->out, FAULT_VALIDATION, "Invalid token");
		return NULL;
	}
	task = table_get_number(&service->tasks, token.task);
	if (task != NULL && task->kind == TASK_ACTIVITY) {
		execution_note(task->execution, call, of_task(task)->id);
		return of_task(task);
	}
	execution = table_get_number(&service->executions, token.execution);
	if (execution == NULL) {
		/* Of a state that was set back to an older one. */
		answer_fault(&call->out, FAULT_VALIDATION, "Invalid token");
		return NULL;
	}
	execution_note(execution, call, NULL);
	if (execution->close != CLOSE_NONE)
		execution_unknown(execution, &call->out);
	else
		answer_fault(&call->out, FAULT_UNKNOWN_RESOURCE,
		    "Unknown activity, scheduledEventId = %lld",
		    (long long)token.scheduled);
	return NULL;
}

void
activity_heartbeat(struct service *service, struct call *call)
{
	struct activity *activity = activity_of(service, call);
	const char *details = member_string(call->in, "details");

	if (activity == NULL)
		return;
	service->shown.changes++;
	if (details != NULL) {
		free(activity->details);
		activity->details = mem_string(details);
	}
	activity->beat_at = service->instant;
	activity_arm(service, activity);
	persist_changed(service, &activity->task.change, ENTITY_ACTIVITY);
	emit_object(&call->out.body, NULL);
	emit_boolean(&call->out.body, "cancelRequested",
	    activity->cancel_id != 0);
	emit_object_end(&call->out.body);
}

void
activity_respond_completed(struct service *service, struct call *call)
{
	struct activity *activity = activity_of(service, call);
	struct buf *attributes;

	if (activity == NULL)
		return;
	attributes = event_attributes(service);
	emit_string(attributes, "result", member_string(call->in, "result"));
	emit_integer(attributes, "scheduledEventId",
	    activity->task.scheduled_id);
	emit_integer(attributes, "startedEventId", activity->task.started_id);
	(void)event_add(service, activity->task.execution,
	    EVENT_ACTIVITY_COMPLETED);
	close_activity(service, activity);
}

void
activity_respond_failed(struct service *service, struct call *call)
{
	struct activity *activity = activity_of(service, call);
	struct buf *attributes;

	if (activity == NULL)
		return;
	attributes = event_attributes(service);
	emit_string(attributes, "details", member_string(call->in, "details"));
	emit_string(attributes, "reason", member_string(call->in, "reason"));
	emit_integer(attributes, "scheduledEventId",
	    activity->task.scheduled_id);
	emit_integer(attributes, "startedEventId", activity->task.started_id);
	(void)event_add(service, activity->task.execution,
	    EVENT_ACTIVITY_FAILED);
	close_activity(service, activity);
}

void
activity_respond_canceled(struct service *service, struct call *call)
{
	struct activity *activity = activity_of(service, call);

	if (activity == NULL)
		return;
	add_canceled(service, activity, member_string(call->in, "details"));
	close_activity(service, activity);
}
