/* SPDX-License-Identifier: MIT */
/*
 * Timers that a decider starts: after so many seconds they fire, an event for
 * the decider to see.  Not to be confused with the service's own deadlines
 * (timers.h), of which each of these timers has one.
 */
#ifndef SWF_LOCAL_WORKFLOW_TIMERS_H
#define SWF_LOCAL_WORKFLOW_TIMERS_H

#include "swf-local/decide.h"

/* The decisions StartTimer and CancelTimer. */
void workflow_timer_start(const struct doing *doing);
void workflow_timer_cancel(const struct doing *doing);

/* A timer of the execution that has but its number. */
struct workflow_timer *workflow_timer_blank(struct execution *execution,
    uint64_t number);

/* Sets its deadline. */
void workflow_timer_arm(struct service *service, struct workflow_timer *timer);

/* Takes the timer out of everything that knows it, and frees it. */
void workflow_timer_remove(struct service *service,
    struct workflow_timer *timer);

/* Takes all timers of an execution that closes; nothing is told. */
void workflow_timers_drop(struct service *service, struct execution *execution);

/* Frees them when the service ends. */
void workflow_timers_free(struct execution *execution);

#endif
