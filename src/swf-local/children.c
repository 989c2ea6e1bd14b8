/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "swf-local/children.h"

#include <string.h>

#include "swf-local/decisions.h"
#include "swf-local/emit.h"
#include "swf-local/history.h"
#include "swf-local/persist.h"
#include "swf-local/signals.h"

static const enum event_type closing_events[] = {
	[CLOSE_COMPLETED] = EVENT_CHILD_COMPLETED,
	[CLOSE_FAILED] = EVENT_CHILD_FAILED,
	[CLOSE_CANCELED] = EVENT_CHILD_CANCELED,
	[CLOSE_TERMINATED] = EVENT_CHILD_TERMINATED,
	[CLOSE_TIMED_OUT] = EVENT_CHILD_TIMED_OUT,
};

static void
emit_child(struct buf *attributes, const struct execution *child)
{
	emit_execution(attributes, "workflowExecution", child->workflow_id,
	    child->run_id);
	emit_type(attributes, "workflowType", child->type->name,
	    child->type->version);
}

void
child_begun(struct execution *child)
{
	TAILQ_INSERT_TAIL(&child->parent->children, child, in_parent);
	child->parent->child_count++;
}

/* N.B. the parent may have closed in the batch that started the child. */
void
child_started(struct service *service, struct execution *child)
{
	struct buf *attributes;

	if (child->parent->close != CLOSE_NONE)
		return;
	attributes = event_attributes(service);
	emit_integer(attributes, "initiatedEventId", child->parent_initiated);
	emit_child(attributes, child);
	child->parent_started =
	    event_add(service, child->parent, EVENT_CHILD_STARTED);
	persist_changed(service, &child->change, ENTITY_EXECUTION);
	decision_need(service, child->parent);
}

void
child_closed(struct service *service, struct execution *child,
    const struct ending *ending)
{
	struct execution *parent = child->parent;
	struct buf *attributes;

	if (parent == NULL)
		return;
	TAILQ_REMOVE(&parent->children, child, in_parent);
	parent->child_count--;
	if (parent->close != CLOSE_NONE ||
	    ending->status == CLOSE_CONTINUED_AS_NEW)
		return;
	attributes = event_attributes(service);
	emit_string(attributes, "details", ending->details);
	emit_integer(attributes, "initiatedEventId", child->parent_initiated);
	emit_string(attributes, "reason", ending->reason);
	emit_string(attributes, "result", ending->result);
	emit_integer(attributes, "startedEventId", child->parent_started);
	if (ending->status == CLOSE_TIMED_OUT)
		emit_string(attributes, "timeoutType", "START_TO_CLOSE");
	emit_child(attributes, child);
	(void)event_add(service, parent, closing_events[ending->status]);
	decision_need(service, parent);
}

/* Children that are terminated are put into "terminated". */
static void
apply(struct service *service, struct execution *parent, const char *policy,
    struct execution_queue *terminated)
{
	struct execution *child, *next;

	if (strcmp(policy, "ABANDON") == 0)
		return;
	TAILQ_FOREACH_SAFE (child, &parent->children, in_parent, next) {
		const struct termination why = {
			.cause = "CHILD_POLICY_APPLIED",
			.child_policy = child->child_policy,
		};

		if (strcmp(policy, "REQUEST_CANCEL") == 0) {
			cancel_by_policy(service, child);
			continue;
		}
		execution_end(service, child, &why);
		TAILQ_INSERT_TAIL(terminated, child, in_parent);
	}
}

/* Generations may be many, so they are not a matter of recursion. */
void
children_apply(struct service *service, struct execution *parent,
    const char *policy)
{
	struct execution_queue terminated;

	TAILQ_INIT(&terminated);
	apply(service, parent, policy, &terminated);
	while ((parent = TAILQ_FIRST(&terminated)) != NULL) {
		TAILQ_REMOVE(&terminated, parent, in_parent);
		apply(service, parent, parent->child_policy, &terminated);
	}
}
