/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "swf-local/signals.h"

#include "swf-local/decisions.h"
#include "swf-local/emit.h"
#include "swf-local/executions.h"
#include "swf-local/history.h"
#include "swf-local/persist.h"
#include "swf-local/validate.h"

/* ---- what is told -------------------------------------------------------- */

/* Who tells it: an execution by an event of its own, or nobody by name. */
struct teller {
	const struct execution *execution; /* or NULL */
	int64_t initiated;                 /* or 0 */
	const char *cause;                 /* or NULL */
};

static const struct teller nobody;

static void
emit_teller(struct buf *attributes, const struct teller *teller)
{
	emit_string(attributes, "cause", teller->cause);
	emit_integer(attributes, "externalInitiatedEventId", teller->initiated);
	if (teller->execution != NULL)
		emit_execution(attributes, "externalWorkflowExecution",
		    teller->execution->workflow_id, teller->execution->run_id);
}

/* "in" has the signal's name and its input, if it has one. */
static void
tell_signal(struct service *service, struct execution *execution,
    const cJSON *in, const struct teller *teller)
{
	struct buf *attributes = event_attributes(service);

	emit_teller(attributes, teller);
	emit_string(attributes, "input", member_string(in, "input"));
	emit_string(attributes, "signalName", member_string(in, "signalName"));
	(void)event_add(service, execution, EVENT_EXECUTION_SIGNALED);
	decision_need(service, execution);
}

static void
tell_cancel(struct service *service, struct execution *execution,
    const struct teller *teller)
{
	struct buf *attributes = event_attributes(service);

	emit_teller(attributes, teller);
	(void)event_add(service, execution, EVENT_EXECUTION_CANCEL_REQUESTED);
	execution->cancel_requested = 1;
	persist_changed(service, &execution->change, ENTITY_EXECUTION);
	decision_need(service, execution);
}

void
cancel_by_policy(struct service *service, struct execution *execution)
{
	const struct teller policy = { .cause = "CHILD_POLICY_APPLIED" };

	tell_cancel(service, execution, &policy);
}

/* ---- operations ---------------------------------------------------------- */

void
signal_execution(struct service *service, struct call *call)
{
	struct execution *execution = execution_open(service, call);

	if (execution != NULL)
		tell_signal(service, execution, call->in, &nobody);
}

void
cancel_execution(struct service *service, struct call *call)
{
	struct execution *execution = execution_open(service, call);

	if (execution != NULL)
		tell_cancel(service, execution, &nobody);
}

/* ---- decisions ----------------------------------------------------------- */

static int64_t
announce(const struct doing *doing, enum event_type type)
{
	const cJSON *in = doing->in;
	struct buf *attributes = event_attributes(doing->service);

	emit_string(attributes, "control", member_string(in, "control"));
	emit_integer(attributes, "decisionTaskCompletedEventId", doing->event);
	emit_string(attributes, "input", member_string(in, "input"));
	emit_string(attributes, "runId", member_string(in, "runId"));
	emit_string(attributes, "signalName", member_string(in, "signalName"));
	emit_string(attributes, "workflowId", member_string(in, "workflowId"));
	return event_add(doing->service, doing->execution, type);
}

int64_t
signal_external_announce(const struct doing *doing)
{
	return announce(doing, EVENT_SIGNAL_EXTERNAL_INITIATED);
}

int64_t
cancel_external_announce(const struct doing *doing)
{
	return announce(doing, EVENT_REQUEST_CANCEL_EXTERNAL_INITIATED);
}

/* The open execution that the decision names, or NULL. */
static struct execution *
target_of(const struct doing *doing)
{
	return execution_find_open(doing->service, doing->execution->domain,
	    member_string(doing->in, "workflowId"),
	    member_string(doing->in, "runId"));
}

/* N.B. the execution may have closed since it announced this. */
static void
add_unknown(const struct doing *doing, enum event_type type)
{
	const cJSON *in = doing->in;
	struct buf *attributes;

	if (doing->execution->close != CLOSE_NONE)
		return;
	attributes = event_attributes(doing->service);
	emit_string(attributes, "cause", "UNKNOWN_EXTERNAL_WORKFLOW_EXECUTION");
	emit_string(attributes, "control", member_string(in, "control"));
	emit_integer(attributes, "decisionTaskCompletedEventId", doing->event);
	emit_integer(attributes, "initiatedEventId", doing->initiated);
	emit_string(attributes, "runId", member_string(in, "runId"));
	emit_string(attributes, "workflowId", member_string(in, "workflowId"));
	decide_failed(doing, type);
}

static void
add_told(const struct doing *doing, enum event_type type,
    const struct execution *target)
{
	struct buf *attributes;

	if (doing->execution->close != CLOSE_NONE)
		return;
	attributes = event_attributes(doing->service);
	emit_integer(attributes, "initiatedEventId", doing->initiated);
	emit_execution(attributes, "workflowExecution", target->workflow_id,
	    target->run_id);
	(void)event_add(doing->service, doing->execution, type);
	decision_need(doing->service, doing->execution);
}

void
signal_external(const struct doing *doing)
{
	struct execution *target = target_of(doing);
	const struct teller teller = { .execution = doing->execution,
		.initiated = doing->initiated };

	if (target == NULL) {
		add_unknown(doing, EVENT_SIGNAL_EXTERNAL_FAILED);
		return;
	}
	tell_signal(doing->service, target, doing->in, &teller);
	add_told(doing, EVENT_EXTERNAL_SIGNALED, target);
}

void
cancel_external(const struct doing *doing)
{
	struct execution *target = target_of(doing);
	const struct teller teller = { .execution = doing->execution,
		.initiated = doing->initiated };

	if (target == NULL) {
		add_unknown(doing, EVENT_REQUEST_CANCEL_EXTERNAL_FAILED);
		return;
	}
	tell_cancel(doing->service, target, &teller);
	add_told(doing, EVENT_EXTERNAL_CANCEL_REQUESTED, target);
}
