/* SPDX-License-Identifier: MIT */
/*
 * Decision tasks.  An execution has at most one started, and while it is
 * started at most one more scheduled: whatever needs the decider appends
 * DecisionTaskScheduled at once, unless one is waiting already; it is handed
 * out when the started one has ended.
 */
#ifndef SWF_LOCAL_DECISIONS_H
#define SWF_LOCAL_DECISIONS_H

#include "swf-local/state.h"

/* PollForDecisionTask, RespondDecisionTaskCompleted */
void decision_poll(struct service *service, struct call *call);
void decision_respond(struct service *service, struct call *call);

/* Something happened that the decider has to see. */
void decision_need(struct service *service, struct execution *execution);

/* A task that has but its number, scheduled and not handed out. */
struct decision *decision_blank(struct service *service,
    struct execution *execution, uint64_t number);

/* Lets the task that waits be handed out, unless one is started. */
void decision_offer(struct service *service, struct execution *execution);

/* Takes the task out of everything that knows it, and frees it. */
void decision_remove(struct service *service, struct decision *decision);

/* Gives the task to a poll and writes its answer. */
void decision_start(struct service *service, struct task *task,
    struct call *call);

/* Takes the tasks of an execution that closes. */
void decisions_drop(struct service *service, struct execution *execution);

/* Frees them when the service ends. */
void decisions_free(struct execution *execution);

#endif
