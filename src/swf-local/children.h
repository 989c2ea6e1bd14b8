/* SPDX-License-Identifier: MIT */
/*
 * Parents and children: executions that were started by a decision of another
 * one.
 *
 * A parent learns how each child ends, as long as it is open itself.  When it
 * is terminated or times out, its child policy is applied to the children
 * that are open; when it ends in another way, they go on.  A child that
 * continues as new stays its parent's child: the new run takes its place.
 */
#ifndef SWF_LOCAL_CHILDREN_H
#define SWF_LOCAL_CHILDREN_H

#include "swf-local/executions.h"

/* An execution with a parent begins: it becomes one of the open children. */
void child_begun(struct execution *child);

/* It has started, for the parent to see. */
void child_started(struct service *service, struct execution *child);

/* An execution closed; it may have a parent. */
void child_closed(struct service *service, struct execution *child,
    const struct ending *ending);

/*
 * Applies a child policy to the open children of an execution that was
 * terminated or timed out, and to theirs as far as they are terminated by it.
 */
void children_apply(struct service *service, struct execution *parent,
    const char *policy);

#endif
