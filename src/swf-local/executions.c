/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "swf-local/executions.h"

#include <stdlib.h>
#include <string.h>

#include "base/instant.h"
#include "base/mem.h"
#include "swf-local/activities.h"
#include "swf-local/children.h"
#include "swf-local/decisions.h"
#include "swf-local/domains.h"
#include "swf-local/emit.h"
#include "swf-local/history.h"
#include "swf-local/persist.h"
#include "swf-local/token.h"
#include "swf-local/types.h"
#include "swf-local/validate.h"
#include "swf-local/view.h"
#include "swf-local/visibility.h"
#include "swf-local/workflow_timers.h"

enum { RUN_ID_BYTES = 32 };

static const char *const close_names[] = {
	[CLOSE_COMPLETED] = "COMPLETED",
	[CLOSE_FAILED] = "FAILED",
	[CLOSE_CANCELED] = "CANCELED",
	[CLOSE_TERMINATED] = "TERMINATED",
	[CLOSE_TIMED_OUT] = "TIMED_OUT",
	[CLOSE_CONTINUED_AS_NEW] = "CONTINUED_AS_NEW",
};

void
execution_free(struct execution *execution)
{
	activities_free(execution);
	workflow_timers_free(execution);
	decisions_free(execution);
	for (size_t i = 0; i < execution->event_count; i++)
		free(execution->events[i].attributes);
	free(execution->events);
	free(execution->workflow_id);
	free(execution->task_list);
	free(execution->priority);
	free(execution->child_policy);
	free(execution->execution_timeout);
	free(execution->decision_timeout);
	free(execution->lambda_role);
	free(execution->tags);
	free(execution->context);
	free(execution->nodes);
	free(execution);
}

static void
collect(void *value, void *arg)
{
	struct execution ***at = arg;

	*(*at)++ = value;
}

static int
compare_numbers(const void *a, const void *b)
{
	uint64_t x = (*(struct execution *const *)a)->number;
	uint64_t y = (*(struct execution *const *)b)->number;

	return x < y ? -1 : x > y;
}

struct execution **
executions_by_number(const struct service *service)
{
	size_t count = service->executions.count;
	struct execution **all = mem_new(count + 1, sizeof(struct execution *));
	struct execution **at = all;

	table_each(&service->executions, collect, &at);
	qsort(all, count, sizeof(struct execution *), compare_numbers);
	return all;
}

void
execution_note(const struct execution *execution, struct call *call,
    const char *activity_id)
{
	free(call->workflow_id);
	free(call->run_id);
	free(call->activity_id);
	call->workflow_id = mem_string(execution->workflow_id);
	call->run_id = mem_string(execution->run_id);
	call->activity_id = copy_or_null(activity_id);
}

void
execution_unknown(const struct execution *execution, struct answer *out)
{
	answer_fault(out, FAULT_UNKNOWN_RESOURCE,
	    "Unknown execution: WorkflowExecution=[workflowId=%s, runId=%s]",
	    execution->workflow_id, execution->run_id);
}

static struct execution *
find_run(const struct service *service, const struct domain *domain,
    const char *workflow_id, const char *run_id)
{
	struct execution *execution =
	    table_get_string(&service->runs, run_id, NULL, NULL);

	if (execution == NULL || execution->domain != domain ||
	    strcmp(execution->workflow_id, workflow_id) != 0)
		return NULL;
	return execution;
}

struct execution *
execution_find_open(const struct service *service, const struct domain *domain,
    const char *workflow_id, const char *run_id)
{
	struct execution *execution;

	if (run_id == NULL || run_id[0] == '\0')
		return table_get_string(&service->open_runs, domain->name,
		    workflow_id, NULL);
	execution = find_run(service, domain, workflow_id, run_id);
	if (execution == NULL || execution->close != CLOSE_NONE)
		return NULL;
	return execution;
}

struct execution *
execution_named(struct service *service, struct call *call, const cJSON *named)
{
	const struct domain *domain = domain_of(service, call);
	const char *workflow_id = member_string(named, "workflowId");
	const char *run_id = member_string(named, "runId");
	struct execution *execution;

	if (domain == NULL)
		return NULL;
	execution = find_run(service, domain, workflow_id, run_id);
	if (execution == NULL) {
		answer_fault(&call->out, FAULT_UNKNOWN_RESOURCE,
		    "Unknown execution: "
		    "WorkflowExecution=[workflowId=%s, runId=%s]",
		    workflow_id, run_id);
		return NULL;
	}
	execution_note(execution, call, NULL);
	return execution;
}

struct execution *
execution_open(struct service *service, struct call *call)
{
	const struct domain *domain = domain_of(service, call);
	const char *workflow_id = member_string(call->in, "workflowId");
	const char *run_id = member_string(call->in, "runId");
	struct execution *execution;

	if (domain == NULL)
		return NULL;
	execution = execution_find_open(service, domain, workflow_id, run_id);
	if (execution != NULL)
		execution_note(execution, call, NULL);
	else if (run_id == NULL || run_id[0] == '\0')
		answer_fault(&call->out, FAULT_UNKNOWN_RESOURCE,
		    "Unknown execution, workflowId = %s", workflow_id);
	else
		answer_fault(&call->out, FAULT_UNKNOWN_RESOURCE,
		    "Unknown execution: "
		    "WorkflowExecution=[workflowId=%s, runId=%s]",
		    workflow_id, run_id);
	return execution;
}

/* ---- starting ------------------------------------------------------------ */

static const char *const setting_members[EXECUTION_SETTINGS] = {
	[EXECUTION_TIMEOUT] = "executionStartToCloseTimeout",
	[EXECUTION_TASK_LIST] = "taskList",
	[EXECUTION_TASK_TIMEOUT] = "taskStartToCloseTimeout",
	[EXECUTION_CHILD_POLICY] = "childPolicy",
};

static const char *
either(const char *given, const char *by_default)
{
	return given != NULL ? given : by_default;
}

enum execution_setting
execution_plan(struct execution_plan *plan, const cJSON *in)
{
	const struct type *type = plan->type;
	const char *const defaults[EXECUTION_SETTINGS] = {
		[EXECUTION_TIMEOUT] = type->execution_timeout,
		[EXECUTION_TASK_LIST] = type->task_list,
		[EXECUTION_TASK_TIMEOUT] = type->decision_timeout,
		[EXECUTION_CHILD_POLICY] = type->child_policy,
	};
	int missing = 0;

	plan->input = member_string(in, "input");
	plan->tags = member_get(in, "tagList");
	plan->priority =
	    either(member_string(in, "taskPriority"), type->priority);
	plan->lambda_role =
	    either(member_string(in, "lambdaRole"), type->lambda_role);
	for (int i = 0; i < EXECUTION_SETTINGS; i++)
		plan->settings[i] =
		    either(i == EXECUTION_TASK_LIST
			       ? member_name(in, setting_members[i])
			       : member_string(in, setting_members[i]),
			defaults[i]);
	while (missing < EXECUTION_SETTINGS && plan->settings[missing] != NULL)
		missing++;
	return (enum execution_setting)missing;
}

void
execution_emit_input(const struct execution_plan *plan, struct buf *attributes)
{
	emit_string(attributes, "executionStartToCloseTimeout",
	    plan->settings[EXECUTION_TIMEOUT]);
	emit_string(attributes, "input", plan->input);
	emit_string(attributes, "lambdaRole", plan->lambda_role);
}

void
execution_emit_lists(const struct execution_plan *plan, struct buf *attributes)
{
	char *tags =
	    plan->tags == NULL ? NULL : cJSON_PrintUnformatted(plan->tags);

	emit_raw(attributes, "tagList", tags);
	emit_name(attributes, "taskList", plan->settings[EXECUTION_TASK_LIST]);
	emit_string(attributes, "taskPriority", plan->priority);
	emit_string(attributes, "taskStartToCloseTimeout",
	    plan->settings[EXECUTION_TASK_TIMEOUT]);
	free(tags);
}

static void
make_run_id(struct service *service, char text[RUN_ID_TEXT])
{
	unsigned char bytes[RUN_ID_BYTES];

	random_fill(&service->random, bytes, sizeof(bytes));
	text[0] = text[1] = '2';
	base64_encode(bytes, sizeof(bytes), text + 2);
}

static void
execution_timed_out(void *arg, int64_t at)
{
	const struct ending ending = { .status = CLOSE_TIMED_OUT };
	struct execution *execution = arg;
	struct service *service = execution->service;
	struct buf *attributes = event_attributes(service);

	(void)at;
	emit_string(attributes, "childPolicy", execution->child_policy);
	emit_string(attributes, "timeoutType", "START_TO_CLOSE");
	(void)event_add(service, execution, EVENT_EXECUTION_TIMED_OUT);
	execution_close(service, execution, &ending);
	children_apply(service, execution, execution->child_policy);
}

struct execution *
execution_blank(struct service *service, uint64_t number)
{
	struct execution *execution = mem_new(1, sizeof(*execution));
	struct table_key key;

	execution->service = service;
	execution->number = number;
	TAILQ_INIT(&execution->activities);
	TAILQ_INIT(&execution->open_timers);
	TAILQ_INIT(&execution->children);
	deadline_init(&execution->timer, execution_timed_out, execution);
	table_key_number(&key, number);
	table_add(&service->executions, &key, execution);
	return execution;
}

struct execution *
execution_new(struct service *service, const struct execution_plan *plan)
{
	const char *const *settings = plan->settings;
	struct execution *execution =
	    execution_blank(service, ++service->last_number);

	execution->domain = plan->domain;
	execution->type = plan->type;
	make_run_id(service, execution->run_id);
	execution->workflow_id = mem_string(plan->workflow_id);
	execution->task_list = mem_string(settings[EXECUTION_TASK_LIST]);
	execution->priority = copy_or_null(plan->priority);
	execution->child_policy = mem_string(settings[EXECUTION_CHILD_POLICY]);
	execution->execution_timeout = mem_string(settings[EXECUTION_TIMEOUT]);
	execution->decision_timeout =
	    mem_string(settings[EXECUTION_TASK_TIMEOUT]);
	execution->lambda_role = copy_or_null(plan->lambda_role);
	if (plan->tags != NULL)
		execution->tags = cJSON_PrintUnformatted(plan->tags);
	execution->parent = plan->parent;
	execution->parent_initiated = plan->parent_initiated;
	execution->started = service_wall(service);
	return execution;
}

void
execution_index(struct service *service, struct execution *execution)
{
	struct table_key key;

	table_key(&key, execution->run_id, NULL, NULL);
	table_add(&service->runs, &key, execution);
	table_key_free(&key);
	shown_opened(execution);
	if (execution->close != CLOSE_NONE) {
		visibility_restored(execution);
		shown_closed(execution);
		return;
	}
	visibility_opened(execution);
	table_key(&key, execution->domain->name, execution->workflow_id, NULL);
	table_add(&service->open_runs, &key, execution);
	table_key_free(&key);
}

static void
add_started(struct service *service, struct execution *execution,
    const struct execution_plan *plan)
{
	const struct execution *parent = plan->parent;
	struct buf *attributes = event_attributes(service);

	emit_string(attributes, "childPolicy", execution->child_policy);
	emit_string(attributes, "continuedExecutionRunId", plan->continued);
	execution_emit_input(plan, attributes);
	emit_integer(attributes, "parentInitiatedEventId",
	    plan->parent_initiated);
	if (parent != NULL)
		emit_execution(attributes, "parentWorkflowExecution",
		    parent->workflow_id, parent->run_id);
	execution_emit_lists(plan, attributes);
	emit_type(attributes, "workflowType", execution->type->name,
	    execution->type->version);
	(void)event_add(service, execution, EVENT_EXECUTION_STARTED);
}

void
execution_begin(struct service *service, struct execution *execution,
    const struct execution_plan *plan)
{
	execution_index(service, execution);
	persist_changed(service, &execution->change, ENTITY_EXECUTION);
	if (execution->parent != NULL)
		child_begun(execution);
	add_started(service, execution, plan);
	timers_set(&service->timers, &execution->timer,
	    instant_add(service->instant,
		seconds_of(service, execution->execution_timeout)));
	decision_need(service, execution);
}

/* Fills the plan; returns 0, or -1 with the fault set. */
static int
plan_start(struct service *service, struct call *call,
    struct execution_plan *plan)
{
	const cJSON *named = member_get(call->in, "workflowType");
	const char *name = member_string(named, "name");
	const char *version = member_string(named, "version");
	enum execution_setting missing;

	plan->type = type_find(service, TYPE_WORKFLOW, plan->domain, named);
	if (plan->type == NULL) {
		answer_fault(&call->out, FAULT_UNKNOWN_RESOURCE,
		    "Unknown type: WorkflowType=[name=%s, version=%s]", name,
		    version);
		return -1;
	}
	if (type_is_deprecated(plan->type)) {
		answer_fault(&call->out, FAULT_TYPE_DEPRECATED,
		    "WorkflowType=[name=%s, version=%s]", name, version);
		return -1;
	}
	if (execution_find_open(service, plan->domain, plan->workflow_id,
		NULL) != NULL) {
		answer_fault(&call->out, FAULT_ALREADY_STARTED,
		    "Already Started");
		return -1;
	}
	if (service->open_runs.count >= OPEN_EXECUTIONS_MAX) {
		answer_fault(&call->out, FAULT_LIMIT_EXCEEDED,
		    "Limit on open workflow executions reached");
		return -1;
	}
	missing = execution_plan(plan, call->in);
	if (missing == EXECUTION_SETTINGS)
		return 0;
	answer_fault(&call->out, FAULT_DEFAULT_UNDEFINED, "%s",
	    setting_members[missing]);
	return -1;
}

void
execution_start(struct service *service, struct call *call)
{
	struct execution_plan plan = {
		.domain = domain_of(service, call),
		.workflow_id = member_string(call->in, "workflowId"),
	};
	struct execution *execution;

	if (plan.domain == NULL || plan_start(service, call, &plan) == -1)
		return;
	execution = execution_new(service, &plan);
	execution_begin(service, execution, &plan);
	execution_note(execution, call, NULL);
	emit_object(&call->out.body, NULL);
	emit_string(&call->out.body, "runId", execution->run_id);
	emit_object_end(&call->out.body);
}

/* ---- ending -------------------------------------------------------------- */

void
execution_close(struct service *service, struct execution *execution,
    const struct ending *ending)
{
	struct table_key key;

	execution->close = ending->status;
	execution->closed = service_wall(service);
	execution->activities_at_close = execution->activity_count;
	execution->timers_at_close = execution->timer_count;
	persist_changed(service, &execution->change, ENTITY_EXECUTION);
	shown_closed(execution);
	timers_set(&service->timers, &execution->timer, INSTANT_NEVER);
	activities_drop(service, execution);
	workflow_timers_drop(service, execution);
	decisions_drop(service, execution);
	table_key(&key, execution->domain->name, execution->workflow_id, NULL);
	(void)table_remove(&service->open_runs, &key);
	table_key_free(&key);
	visibility_closed(execution);
	child_closed(service, execution, ending);
}

void
execution_end(struct service *service, struct execution *execution,
    const struct termination *why)
{
	const struct ending ending = { .status = CLOSE_TERMINATED };
	struct buf *attributes = event_attributes(service);

	emit_string(attributes, "cause", why->cause);
	emit_string(attributes, "childPolicy", why->child_policy);
	emit_string(attributes, "details", why->details);
	emit_string(attributes, "reason", why->reason);
	(void)event_add(service, execution, EVENT_EXECUTION_TERMINATED);
	execution_close(service, execution, &ending);
}

void
execution_limit(struct service *service, struct execution *execution)
{
	const struct termination why = {
		.cause = "EVENT_LIMIT_EXCEEDED",
		.child_policy = execution->child_policy,
	};

	execution_end(service, execution, &why);
	children_apply(service, execution, why.child_policy);
}

void
execution_terminate(struct service *service, struct call *call)
{
	struct execution *execution = execution_open(service, call);
	const char *child_policy = member_string(call->in, "childPolicy");
	struct termination why;

	if (execution == NULL)
		return;
	why = (struct termination){
		.cause = "OPERATOR_INITIATED",
		.child_policy = either(child_policy, execution->child_policy),
		.details = member_string(call->in, "details"),
		.reason = member_string(call->in, "reason"),
	};
	execution_end(service, execution, &why);
	children_apply(service, execution, why.child_policy);
}

/* ---- describing ---------------------------------------------------------- */

static void
write_configuration(const struct execution *execution, struct buf *out)
{
	emit_object(out, "executionConfiguration");
	emit_string(out, "childPolicy", execution->child_policy);
	emit_string(out, "executionStartToCloseTimeout",
	    execution->execution_timeout);
	emit_string(out, "lambdaRole", execution->lambda_role);
	emit_name(out, "taskList", execution->task_list);
	emit_string(out, "taskPriority", execution->priority);
	emit_string(out, "taskStartToCloseTimeout",
	    execution->decision_timeout);
	emit_object_end(out);
}

const char *
close_status_name(enum close_status status)
{
	return close_names[status];
}

void
execution_write_info(const struct execution *execution, const char *key,
    struct buf *out)
{
	int open = execution->close == CLOSE_NONE;

	emit_object(out, key);
	/* A closed execution says false, even one closed as CANCELED. */
	emit_boolean(out, "cancelRequested",
	    open && execution->cancel_requested);
	if (!open) {
		emit_string(out, "closeStatus", close_names[execution->close]);
		emit_time(out, "closeTimestamp", execution->closed);
	}
	emit_execution(out, "execution", execution->workflow_id,
	    execution->run_id);
	emit_string(out, "executionStatus", open ? "OPEN" : "CLOSED");
	if (execution->parent != NULL)
		emit_execution(out, "parent", execution->parent->workflow_id,
		    execution->parent->run_id);
	emit_time(out, "startTimestamp", execution->started);
	emit_raw(out, "tagList", execution->tags);
	emit_type(out, "workflowType", execution->type->name,
	    execution->type->version);
	emit_object_end(out);
}

static void
write_counts(const struct execution *execution, struct buf *out)
{
	int open = execution->close == CLOSE_NONE;
	size_t activities =
	    open ? execution->activity_count : execution->activities_at_close;
	size_t timers =
	    open ? execution->timer_count : execution->timers_at_close;
	int decisions =
	    execution->waiting != NULL || execution->working != NULL;

	emit_object(out, "openCounts");
	emit_integer(out, "openActivityTasks", (int64_t)activities);
	emit_integer(out, "openChildWorkflowExecutions",
	    (int64_t)execution->child_count);
	emit_integer(out, "openDecisionTasks", decisions);
	emit_integer(out, "openLambdaFunctions", 0);
	emit_integer(out, "openTimers", (int64_t)timers);
	emit_object_end(out);
}

void
execution_describe(struct service *service, struct call *call)
{
	const struct execution *execution =
	    execution_named(service, call, member_get(call->in, "execution"));
	struct buf *out = &call->out.body;

	if (execution == NULL)
		return;
	emit_object(out, NULL);
	write_configuration(execution, out);
	execution_write_info(execution, "executionInfo", out);
	if (execution->latest_activity != 0)
		emit_time(out, "latestActivityTaskTimestamp",
		    execution->latest_activity);
	emit_string(out, "latestExecutionContext", execution->context);
	write_counts(execution, out);
	emit_object_end(out);
}
