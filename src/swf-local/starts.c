/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "swf-local/starts.h"

#include "swf-local/children.h"
#include "swf-local/emit.h"
#include "swf-local/executions.h"
#include "swf-local/history.h"
#include "swf-local/types.h"
#include "swf-local/validate.h"

static const char *const undefined_causes[EXECUTION_SETTINGS] = {
	[EXECUTION_TIMEOUT] = "DEFAULT_EXECUTION_START_TO_CLOSE_TIMEOUT_"
			      "UNDEFINED",
	[EXECUTION_TASK_LIST] = "DEFAULT_TASK_LIST_UNDEFINED",
	[EXECUTION_TASK_TIMEOUT] = "DEFAULT_TASK_START_TO_CLOSE_TIMEOUT_"
				   "UNDEFINED",
	[EXECUTION_CHILD_POLICY] = "DEFAULT_CHILD_POLICY_UNDEFINED",
};

/* Fills the plan; returns the cause why it cannot be, or NULL. */
static const char *
plan_run(const struct doing *doing, struct execution_plan *plan)
{
	enum execution_setting missing;

	if (plan->type == NULL)
		return "WORKFLOW_TYPE_DOES_NOT_EXIST";
	if (type_is_deprecated(plan->type))
		return "WORKFLOW_TYPE_DEPRECATED";
	missing = execution_plan(plan, doing->in);
	return missing == EXECUTION_SETTINGS ? NULL : undefined_causes[missing];
}

/* ---- children ------------------------------------------------------------ */

static const char *
plan_child(const struct doing *doing, struct execution_plan *plan)
{
	*plan = (struct execution_plan){
		.domain = doing->execution->domain,
		.type = type_find(doing->service, TYPE_WORKFLOW,
		    doing->execution->domain,
		    member_get(doing->in, "workflowType")),
		.workflow_id = member_string(doing->in, "workflowId"),
		.parent = doing->execution,
		.parent_initiated = doing->initiated,
	};
	return plan_run(doing, plan);
}

static void
child_failed(const struct doing *doing, const char *cause)
{
	const cJSON *in = doing->in;
	const cJSON *type = member_get(in, "workflowType");
	struct buf *attributes = event_attributes(doing->service);

	emit_string(attributes, "cause", cause);
	emit_string(attributes, "control", member_string(in, "control"));
	emit_integer(attributes, "decisionTaskCompletedEventId", doing->event);
	emit_integer(attributes, "initiatedEventId", doing->initiated);
	emit_string(attributes, "workflowId", member_string(in, "workflowId"));
	emit_type(attributes, "workflowType", member_string(type, "name"),
	    member_string(type, "version"));
	decide_failed(doing, EVENT_START_CHILD_FAILED);
}

int64_t
child_announce(const struct doing *doing)
{
	struct execution *execution = doing->execution;
	struct execution_plan plan;
	const char *cause = plan_child(doing, &plan);
	struct buf *attributes;

	if (cause == NULL && execution->child_count >= OPEN_CHILDREN_MAX)
		cause = "OPEN_CHILDREN_LIMIT_EXCEEDED";
	if (cause == NULL &&
	    doing->service->open_runs.count >= OPEN_EXECUTIONS_MAX)
		cause = "OPEN_WORKFLOWS_LIMIT_EXCEEDED";
	if (cause != NULL) {
		child_failed(doing, cause);
		return 0;
	}
	execution->child_count++; /* its place is kept until it starts */
	attributes = event_attributes(doing->service);
	emit_string(attributes, "childPolicy",
	    plan.settings[EXECUTION_CHILD_POLICY]);
	emit_string(attributes, "control", member_string(doing->in, "control"));
	emit_integer(attributes, "decisionTaskCompletedEventId", doing->event);
	execution_emit_input(&plan, attributes);
	execution_emit_lists(&plan, attributes);
	emit_string(attributes, "workflowId", plan.workflow_id);
	emit_type(attributes, "workflowType", plan.type->name,
	    plan.type->version);
	return event_add(doing->service, execution,
	    EVENT_START_CHILD_INITIATED);
}

/* A parent that is closed by now gets its child, unless it was terminated. */
void
child_start(const struct doing *doing)
{
	struct service *service = doing->service;
	struct execution *parent = doing->execution;
	struct execution_plan plan;
	struct execution *child;

	parent->child_count--;
	if (parent->close == CLOSE_TERMINATED)
		return;
	/* What it is made of was looked at when it was announced. */
	(void)plan_child(doing, &plan);
	if (execution_find_open(service, plan.domain, plan.workflow_id, NULL) !=
	    NULL) {
		if (parent->close == CLOSE_NONE)
			child_failed(doing, "WORKFLOW_ALREADY_RUNNING");
		return;
	}
	child = execution_new(service, &plan);
	execution_begin(service, child, &plan);
	child_started(service, child);
}

/* ---- continuing ---------------------------------------------------------- */

static const char *
plan_next(const struct doing *doing, struct execution_plan *plan)
{
	const struct execution *execution = doing->execution;
	const char *version = member_string(doing->in, "workflowTypeVersion");

	if (version == NULL)
		version = execution->type->version;
	*plan = (struct execution_plan){
		.domain = execution->domain,
		.type = table_get_string(&doing->service->types[TYPE_WORKFLOW],
		    execution->domain->name, execution->type->name, version),
		.workflow_id = execution->workflow_id,
		.parent = execution->parent,
		.parent_initiated = execution->parent_initiated,
		.continued = execution->run_id,
	};
	return plan_run(doing, plan);
}

static void
add_continued(const struct doing *doing, const struct execution_plan *plan,
    const struct execution *next)
{
	struct buf *attributes = event_attributes(doing->service);

	emit_string(attributes, "childPolicy",
	    plan->settings[EXECUTION_CHILD_POLICY]);
	emit_integer(attributes, "decisionTaskCompletedEventId", doing->event);
	execution_emit_input(plan, attributes);
	emit_string(attributes, "newExecutionRunId", next->run_id);
	execution_emit_lists(plan, attributes);
	emit_type(attributes, "workflowType", plan->type->name,
	    plan->type->version);
	(void)event_add(doing->service, doing->execution,
	    EVENT_EXECUTION_CONTINUED_AS_NEW);
}

void
continue_as_new(const struct doing *doing)
{
	const struct ending ending = { .status = CLOSE_CONTINUED_AS_NEW };
	struct execution *execution = doing->execution;
	struct execution_plan plan;
	struct execution *next;
	struct buf *attributes;
	const char *cause;

	if (!decide_may_close(doing, EVENT_CONTINUE_AS_NEW_FAILED))
		return;
	cause = plan_next(doing, &plan);
	if (cause != NULL) {
		attributes = event_attributes(doing->service);
		emit_string(attributes, "cause", cause);
		emit_integer(attributes, "decisionTaskCompletedEventId",
		    doing->event);
		decide_failed(doing, EVENT_CONTINUE_AS_NEW_FAILED);
		return;
	}
	next = execution_new(doing->service, &plan);
	next->parent_started = execution->parent_started;
	add_continued(doing, &plan, next);
	execution_close(doing->service, execution, &ending);
	execution_begin(doing->service, next, &plan);
}
