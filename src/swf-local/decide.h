/* SPDX-License-Identifier: MIT */
/*
 * Decisions: what a decider wants done, one after the other.
 *
 * A batch is checked whole before any of it is done.  What cannot be done is
 * an event in the history, "...Failed", and makes a new decision task.
 *
 * What concerns another execution (a child to be started, a signal, a request
 * to cancel) is only announced while the batch is done, by an event
 * "...Initiated", and followed up after it.  So a decider may signal somebody
 * and complete in one batch, although the answer to the signal would be news
 * that it has not seen.
 */
#ifndef SWF_LOCAL_DECIDE_H
#define SWF_LOCAL_DECIDE_H

#include "swf-local/state.h"

/* One decision being done. */
struct doing {
	struct service *service;
	struct execution *execution;
	const cJSON *in;   /* its attributes; NULL if there are none */
	int64_t event;     /* DecisionTaskCompleted */
	int64_t initiated; /* followed up: the event that announced it */
};

/*
 * Checks what validation by shape cannot: that each decision has the
 * attributes of its type, and that only the last one closes.  Returns 0, or
 * -1 with the fault set.
 */
int decide_check(const cJSON *decisions, struct answer *out);

/* Does them; "event" is the id of the DecisionTaskCompleted they came with. */
void decide(struct service *service, struct execution *execution,
    const cJSON *decisions, int64_t event);

/* Adds the event whose attributes are begun: the decision failed. */
void decide_failed(const struct doing *doing, enum event_type type);

/*
 * An execution is not closed over something that its decider has not seen:
 * a decision task that waits.  Returns whether it is to be closed; if not,
 * the event "failure" says so.
 */
int decide_may_close(const struct doing *doing, enum event_type failure);

#endif
