/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "swf-local/executions.h"

#include <stdlib.h>
#include <string.h>

#include "base/instant.h"
#include "base/mem.h"
#include "swf-local/activities.h"
#include "swf-local/decisions.h"
#include "swf-local/domains.h"
#include "swf-local/emit.h"
#include "swf-local/history.h"
#include "swf-local/token.h"
#include "swf-local/types.h"
#include "swf-local/validate.h"
#include "swf-local/view.h"

enum { RUN_ID_BYTES = 32 };

static const char *const close_names[] = {
	[CLOSE_COMPLETED] = "COMPLETED",
	[CLOSE_FAILED] = "FAILED",
	[CLOSE_CANCELED] = "CANCELED",
	[CLOSE_TERMINATED] = "TERMINATED",
	[CLOSE_TIMED_OUT] = "TIMED_OUT",
};

void
execution_free(struct execution *execution)
{
	activities_free(execution);
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
	free(execution);
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

static struct execution *
find_open(const struct service *service, const struct domain *domain,
    const char *workflow_id)
{
	return table_get_string(&service->open_runs, domain->name, workflow_id,
	    NULL);
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

/* The open execution that the request names; its run id is optional. */
static struct execution *
open_execution(struct service *service, struct call *call)
{
	const struct domain *domain = domain_of(service, call);
	const char *workflow_id = member_string(call->in, "workflowId");
	const char *run_id = member_string(call->in, "runId");
	int any_run = run_id == NULL || run_id[0] == '\0';
	struct execution *execution;

	if (domain == NULL)
		return NULL;
	execution = any_run ? find_open(service, domain, workflow_id)
			    : find_run(service, domain, workflow_id, run_id);
	if (execution != NULL && execution->close == CLOSE_NONE) {
		execution_note(execution, call, NULL);
		return execution;
	}
	if (any_run)
		answer_fault(&call->out, FAULT_UNKNOWN_RESOURCE,
		    "Unknown execution, workflowId = %s", workflow_id);
	else
		answer_fault(&call->out, FAULT_UNKNOWN_RESOURCE,
		    "Unknown execution: "
		    "WorkflowExecution=[workflowId=%s, runId=%s]",
		    workflow_id, run_id);
	return NULL;
}

/* ---- starting ------------------------------------------------------------ */

/* What an execution starts with: given, or by default of its type. */
struct settings {
	const char *execution_timeout;
	const char *task_list;
	const char *decision_timeout;
	const char *child_policy;
	const char *priority;
	const char *lambda_role;
};

static const char *
either(const char *given, const char *by_default)
{
	return given != NULL ? given : by_default;
}

/* Returns the name of a member that has neither value nor default, or NULL. */
static const char *
resolve(struct settings *settings, const cJSON *in, const struct type *type)
{
	settings->execution_timeout =
	    either(member_string(in, "executionStartToCloseTimeout"),
		type->execution_timeout);
	settings->task_list =
	    either(member_name(in, "taskList"), type->task_list);
	settings->decision_timeout =
	    either(member_string(in, "taskStartToCloseTimeout"),
		type->decision_timeout);
	settings->child_policy =
	    either(member_string(in, "childPolicy"), type->child_policy);
	settings->priority =
	    either(member_string(in, "taskPriority"), type->priority);
	settings->lambda_role =
	    either(member_string(in, "lambdaRole"), type->lambda_role);
	if (settings->execution_timeout == NULL)
		return "executionStartToCloseTimeout";
	if (settings->task_list == NULL)
		return "taskList";
	if (settings->decision_timeout == NULL)
		return "taskStartToCloseTimeout";
	if (settings->child_policy == NULL)
		return "childPolicy";
	return NULL;
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
	struct execution *execution = arg;
	struct service *service = execution->service;
	struct buf *attributes = event_attributes(service);

	(void)at;
	emit_string(attributes, "childPolicy", execution->child_policy);
	emit_string(attributes, "timeoutType", "START_TO_CLOSE");
	(void)event_add(service, execution, EVENT_EXECUTION_TIMED_OUT);
	execution_close(service, execution, CLOSE_TIMED_OUT);
}

static struct execution *
execution_new(struct service *service, struct domain *domain,
    const struct type *type, const struct settings *settings)
{
	struct execution *execution = mem_new(1, sizeof(*execution));

	execution->service = service;
	execution->domain = domain;
	execution->type = type;
	execution->number = ++service->last_number;
	make_run_id(service, execution->run_id);
	execution->task_list = mem_string(settings->task_list);
	execution->priority = copy_or_null(settings->priority);
	execution->child_policy = mem_string(settings->child_policy);
	execution->execution_timeout = mem_string(settings->execution_timeout);
	execution->decision_timeout = mem_string(settings->decision_timeout);
	execution->lambda_role = copy_or_null(settings->lambda_role);
	execution->started = service_wall(service);
	TAILQ_INIT(&execution->activities);
	deadline_init(&execution->timer, execution_timed_out, execution);
	return execution;
}

static void
index_execution(struct service *service, struct execution *execution)
{
	struct table_key key;

	table_key(&key, execution->run_id, NULL, NULL);
	table_add(&service->runs, &key, execution);
	table_key_free(&key);
	table_key(&key, execution->domain->name, execution->workflow_id, NULL);
	table_add(&service->open_runs, &key, execution);
	table_key_free(&key);
	table_key_number(&key, execution->number);
	table_add(&service->executions, &key, execution);
	shown_opened(execution);
}

static void
add_started(struct service *service, struct execution *execution,
    const char *input)
{
	struct buf *attributes = event_attributes(service);

	emit_string(attributes, "childPolicy", execution->child_policy);
	emit_string(attributes, "executionStartToCloseTimeout",
	    execution->execution_timeout);
	emit_string(attributes, "input", input);
	emit_string(attributes, "lambdaRole", execution->lambda_role);
	emit_integer(attributes, "parentInitiatedEventId", 0);
	emit_raw(attributes, "tagList", execution->tags);
	emit_name(attributes, "taskList", execution->task_list);
	emit_string(attributes, "taskPriority", execution->priority);
	emit_string(attributes, "taskStartToCloseTimeout",
	    execution->decision_timeout);
	emit_type(attributes, "workflowType", execution->type->name,
	    execution->type->version);
	(void)event_add(service, execution, EVENT_EXECUTION_STARTED);
}

void
execution_start(struct service *service, struct call *call)
{
	const cJSON *in = call->in;
	const cJSON *named = member_get(in, "workflowType");
	const cJSON *tags = member_get(in, "tagList");
	const char *workflow_id = member_string(in, "workflowId");
	struct domain *domain = domain_of(service, call);
	struct execution *execution;
	struct settings settings;
	const struct type *type;
	const char *missing;

	if (domain == NULL)
		return;
	type = type_find(service, TYPE_WORKFLOW, domain, named);
	if (type == NULL) {
		answer_fault(&call->out, FAULT_UNKNOWN_RESOURCE,
		    "Unknown type: WorkflowType=[name=%s, version=%s]",
		    member_string(named, "name"),
		    member_string(named, "version"));
		return;
	}
	if (find_open(service, domain, workflow_id) != NULL) {
		answer_fault(&call->out, FAULT_ALREADY_STARTED,
		    "Already Started");
		return;
	}
	missing = resolve(&settings, in, type);
	if (missing != NULL) {
		answer_fault(&call->out, FAULT_DEFAULT_UNDEFINED, "%s",
		    missing);
		return;
	}
	execution = execution_new(service, domain, type, &settings);
	execution->workflow_id = mem_string(workflow_id);
	if (tags != NULL)
		execution->tags = cJSON_PrintUnformatted(tags);
	index_execution(service, execution);
	add_started(service, execution, member_string(in, "input"));
	timers_set(&service->timers, &execution->timer,
	    instant_add(service->instant,
		seconds_of(execution->execution_timeout)));
	decision_need(service, execution);
	execution_note(execution, call, NULL);
	emit_object(&call->out.body, NULL);
	emit_string(&call->out.body, "runId", execution->run_id);
	emit_object_end(&call->out.body);
}

/* ---- ending -------------------------------------------------------------- */

void
execution_close(struct service *service, struct execution *execution,
    enum close_status status)
{
	struct table_key key;

	execution->close = status;
	execution->closed = service_wall(service);
	execution->activities_at_close = execution->activity_count;
	shown_closed(execution);
	timers_set(&service->timers, &execution->timer, INSTANT_NEVER);
	activities_drop(service, execution);
	decisions_drop(service, execution);
	table_key(&key, execution->domain->name, execution->workflow_id, NULL);
	(void)table_remove(&service->open_runs, &key);
	table_key_free(&key);
}

struct termination {
	const char *cause;
	const char *child_policy;
	const char *details;
	const char *reason;
};

static void
terminate(struct service *service, struct execution *execution,
    const struct termination *why)
{
	struct buf *attributes = event_attributes(service);

	emit_string(attributes, "cause", why->cause);
	emit_string(attributes, "childPolicy", why->child_policy);
	emit_string(attributes, "details", why->details);
	emit_string(attributes, "reason", why->reason);
	(void)event_add(service, execution, EVENT_EXECUTION_TERMINATED);
	execution_close(service, execution, CLOSE_TERMINATED);
}

void
execution_limit(struct service *service, struct execution *execution)
{
	const struct termination why = {
		.cause = "EVENT_LIMIT_EXCEEDED",
		.child_policy = execution->child_policy,
	};

	terminate(service, execution, &why);
}

void
execution_terminate(struct service *service, struct call *call)
{
	struct execution *execution = open_execution(service, call);
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
	terminate(service, execution, &why);
}

void
execution_request_cancel(struct service *service, struct call *call)
{
	struct execution *execution = open_execution(service, call);
	struct buf *attributes;

	if (execution == NULL)
		return;
	attributes = event_attributes(service);
	emit_integer(attributes, "externalInitiatedEventId", 0);
	(void)event_add(service, execution, EVENT_EXECUTION_CANCEL_REQUESTED);
	execution->cancel_requested = 1;
	decision_need(service, execution);
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

static void
write_info(const struct execution *execution, struct buf *out)
{
	int open = execution->close == CLOSE_NONE;

	emit_object(out, "executionInfo");
	/* A closed execution says false, even one closed as CANCELED. */
	emit_boolean(out, "cancelRequested",
	    open && execution->cancel_requested);
	if (!open) {
		emit_string(out, "closeStatus", close_names[execution->close]);
		emit_time(out, "closeTimestamp", execution->closed);
	}
	emit_object(out, "execution");
	emit_string(out, "runId", execution->run_id);
	emit_string(out, "workflowId", execution->workflow_id);
	emit_object_end(out);
	emit_string(out, "executionStatus", open ? "OPEN" : "CLOSED");
	emit_time(out, "startTimestamp", execution->started);
	emit_raw(out, "tagList", execution->tags);
	emit_type(out, "workflowType", execution->type->name,
	    execution->type->version);
	emit_object_end(out);
}

static void
write_counts(const struct execution *execution, struct buf *out)
{
	size_t activities = execution->close == CLOSE_NONE
				? execution->activity_count
				: execution->activities_at_close;
	int decisions =
	    execution->waiting != NULL || execution->working != NULL;

	emit_object(out, "openCounts");
	emit_integer(out, "openActivityTasks", (int64_t)activities);
	emit_integer(out, "openChildWorkflowExecutions", 0);
	emit_integer(out, "openDecisionTasks", decisions);
	emit_integer(out, "openLambdaFunctions", 0);
	emit_integer(out, "openTimers", 0);
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
	write_info(execution, out);
	if (execution->latest_activity != 0)
		emit_time(out, "latestActivityTaskTimestamp",
		    execution->latest_activity);
	emit_string(out, "latestExecutionContext", execution->context);
	write_counts(execution, out);
	emit_object_end(out);
}
