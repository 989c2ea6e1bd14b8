/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "swf-local/decisions.h"

#include <stdlib.h>

#include "base/instant.h"
#include "base/mem.h"
#include "swf-local/decide.h"
#include "swf-local/domains.h"
#include "swf-local/emit.h"
#include "swf-local/executions.h"
#include "swf-local/history.h"
#include "swf-local/lists.h"
#include "swf-local/persist.h"
#include "swf-local/token.h"
#include "swf-local/validate.h"

/* ---- making and ending --------------------------------------------------- */

void
decision_remove(struct service *service, struct decision *decision)
{
	struct execution *execution = decision->task.execution;
	struct table_key key;

	persist_gone(service, &decision->task.change, decision->task.number);
	timers_set(&service->timers, &decision->task.timer, INSTANT_NEVER);
	list_remove_task(service, &decision->task);
	table_key_number(&key, decision->task.number);
	(void)table_remove(&service->tasks, &key);
	if (execution->waiting == decision)
		execution->waiting = NULL;
	else
		execution->working = NULL;
	free(decision);
}

void
decision_offer(struct service *service, struct execution *execution)
{
	struct decision *waiting = execution->waiting;

	if (waiting != NULL && execution->working == NULL &&
	    waiting->task.list == NULL)
		list_add_task(service, &waiting->task, execution->task_list);
}

static void
decision_timed_out(void *arg, int64_t at)
{
	struct decision *decision = arg;
	struct execution *execution = decision->task.execution;
	struct service *service = execution->service;
	struct buf *attributes = event_attributes(service);

	(void)at;
	emit_integer(attributes, "scheduledEventId",
	    decision->task.scheduled_id);
	emit_integer(attributes, "startedEventId", decision->task.started_id);
	emit_string(attributes, "timeoutType", "START_TO_CLOSE");
	(void)event_add(service, execution, EVENT_DECISION_TIMED_OUT);
	decision_remove(service, decision);
	decision_need(service, execution);
	decision_offer(service, execution);
}

static void
add_scheduled(struct service *service, struct decision *decision)
{
	struct execution *execution = decision->task.execution;
	struct buf *attributes = event_attributes(service);

	emit_string(attributes, "startToCloseTimeout",
	    execution->decision_timeout);
	emit_name(attributes, "taskList", execution->task_list);
	emit_string(attributes, "taskPriority", execution->priority);
	decision->task.scheduled_id =
	    event_add(service, execution, EVENT_DECISION_SCHEDULED);
}

struct decision *
decision_blank(struct service *service, struct execution *execution,
    uint64_t number)
{
	struct decision *decision = mem_new(1, sizeof(*decision));
	struct table_key key;

	decision->task.kind = TASK_DECISION;
	decision->task.execution = execution;
	decision->task.number = number;
	deadline_init(&decision->task.timer, decision_timed_out, decision);
	table_key_number(&key, number);
	table_add(&service->tasks, &key, &decision->task);
	execution->waiting = decision;
	return decision;
}

void
decision_need(struct service *service, struct execution *execution)
{
	struct decision *decision;

	if (execution->close != CLOSE_NONE)
		return;
	if (execution->event_count >= EVENTS_MAX) {
		execution_limit(service, execution);
		return;
	}
	if (execution->waiting != NULL)
		return;
	decision = decision_blank(service, execution, ++service->last_number);
	if (execution->priority != NULL)
		decision->task.priority = strtol(execution->priority, NULL, 10);
	add_scheduled(service, decision);
	persist_changed(service, &decision->task.change, ENTITY_DECISION);
	decision_offer(service, execution);
}

void
decisions_drop(struct service *service, struct execution *execution)
{
	if (execution->waiting != NULL)
		decision_remove(service, execution->waiting);
	if (execution->working != NULL)
		decision_remove(service, execution->working);
}

void
decisions_free(struct execution *execution)
{
	free(execution->waiting);
	free(execution->working);
}

/* ---- polling ------------------------------------------------------------- */

static void
write_task(struct service *service, const struct decision *decision,
    const struct page *page, struct call *call)
{
	const struct execution *execution = decision->task.execution;
	const struct token token = {
		.kind = TOKEN_DECISION,
		.task = decision->task.number,
		.execution = execution->number,
		.scheduled = decision->task.scheduled_id,
	};
	struct buf *out = &call->out.body;
	char text[TOKEN_TEXT];

	token_write(&service->secret, &token, text);
	emit_object(out, NULL);
	page_write(call, page);
	emit_integer(out, "previousStartedEventId",
	    execution->previous_started);
	emit_integer(out, "startedEventId", decision->task.started_id);
	emit_string(out, "taskToken", text);
	emit_execution(out, "workflowExecution", execution->workflow_id,
	    execution->run_id);
	emit_type(out, "workflowType", execution->type->name,
	    execution->type->version);
	emit_object_end(out);
}

void
decision_start(struct service *service, struct task *task, struct call *call)
{
	struct decision *decision = (struct decision *)task;
	struct execution *execution = task->execution;
	struct buf *attributes = event_attributes(service);
	struct page page = {
		.execution = execution,
		.task = task->number,
	};

	emit_string(attributes, "identity",
	    member_string(call->in, "identity"));
	emit_integer(attributes, "scheduledEventId", task->scheduled_id);
	task->started_id =
	    event_add(service, execution, EVENT_DECISION_STARTED);
	execution->waiting = NULL;
	execution->working = decision;
	decision->started_at = service->instant;
	persist_changed(service, &task->change, ENTITY_DECISION);
	timers_set(&service->timers, &task->timer,
	    instant_add(decision->started_at,
		seconds_of(service, execution->decision_timeout)));
	page.last = task->started_id;
	page.next = member_true(call->in, "reverseOrder") ? page.last : 1;
	execution_note(execution, call, NULL);
	write_task(service, decision, &page, call);
}

/* A further page of the history that a started task came with. */
static void
write_next_page(struct service *service, const struct page *page,
    struct call *call)
{
	struct task *task = table_get_number(&service->tasks, page->task);

	execution_note(page->execution, call, NULL);
	if (task == NULL || task->execution != page->execution ||
	    task->kind != TASK_DECISION)
		answer_fault(&call->out, FAULT_UNKNOWN_RESOURCE,
		    "Unknown decision task");
	else
		write_task(service, (struct decision *)task, page, call);
}

void
decision_poll(struct service *service, struct call *call)
{
	const struct domain *domain = domain_of(service, call);
	struct page page;
	int resumed;

	if (domain == NULL)
		return;
	resumed = page_resume(call, &page);
	if (resumed == 1)
		write_next_page(service, &page, call);
	else if (resumed == 0 &&
		 list_add_poll(service, call, TASK_DECISION, domain->name,
		     member_name(call->in, "taskList")) == -1)
		answer_fault(&call->out, FAULT_LIMIT_EXCEEDED,
		    "Limit on maximum concurrent poll requests per task list "
		    "reached");
}

/* ---- completion ---------------------------------------------------------- */

/* The started task that the request's token names; NULL with the fault set. */
static struct decision *
decision_of(struct service *service, struct call *call)
{
	const struct execution *execution;
	struct task *task;
	struct token token;

	if (token_read(&service->secret, member_string(call->in, "taskToken"),
		TOKEN_DECISION, &token) == -1) {
		answer_fault(&call->out, FAULT_VALIDATION, "Invalid token");
		return NULL;
	}
	execution = table_get_number(&service->executions, token.execution);
	if (execution == NULL) {
		/* Of a state that was set back to an older one. */
		answer_fault(&call->out, FAULT_VALIDATION, "Invalid token");
		return NULL;
	}
	execution_note(execution, call, NULL);
	task = table_get_number(&service->tasks, token.task);
	if (task != NULL && task->kind == TASK_DECISION)
		return (struct decision *)task;
	if (execution->close != CLOSE_NONE)
		execution_unknown(execution, &call->out);
	else
		answer_fault(&call->out, FAULT_UNKNOWN_RESOURCE,
		    "Unknown decision task, scheduledEventId = %lld",
		    (long long)token.scheduled);
	return NULL;
}

static int64_t
add_completed(struct service *service, const struct decision *decision,
    const char *context)
{
	struct buf *attributes = event_attributes(service);

	emit_string(attributes, "executionContext", context);
	emit_integer(attributes, "scheduledEventId",
	    decision->task.scheduled_id);
	emit_integer(attributes, "startedEventId", decision->task.started_id);
	return event_add(service, decision->task.execution,
	    EVENT_DECISION_COMPLETED);
}

void
decision_respond(struct service *service, struct call *call)
{
	const cJSON *decisions = member_get(call->in, "decisions");
	const char *context = member_string(call->in, "executionContext");
	struct decision *decision = decision_of(service, call);
	struct execution *execution;
	int64_t event;

	if (decision == NULL || decide_check(decisions, &call->out) == -1)
		return;
	execution = decision->task.execution;
	event = add_completed(service, decision, context);
	execution->previous_started = decision->task.started_id;
	if (context != NULL) {
		free(execution->context);
		execution->context = mem_string(context);
	}
	persist_changed(service, &execution->change, ENTITY_EXECUTION);
	decision_remove(service, decision);
	decide(service, execution, decisions, event);
	decision_offer(service, execution);
}
