/* SPDX-License-Identifier: MIT */
/*
 * Decisions: what a decider wants done, one after the other.
 *
 * A batch is checked whole before any of it is done.  What cannot be done is
 * an event in the history, "...Failed", and makes a new decision task.
 */
#ifndef SWF_LOCAL_DECIDE_H
#define SWF_LOCAL_DECIDE_H

#include "swf-local/state.h"

/*
 * Checks what validation by shape cannot: that each decision has the
 * attributes of its type, and that only the last one closes.  Returns 0, or
 * -1 with the fault set.
 */
int decide_check(const cJSON *decisions, struct answer *out);

/* Does them; "event" is the id of the DecisionTaskCompleted they came with. */
void decide(struct service *service, struct execution *execution,
    const cJSON *decisions, int64_t event);

#endif
