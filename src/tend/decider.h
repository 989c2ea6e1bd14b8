/* SPDX-License-Identifier: MIT */
/*
 * The decider of an execution that has one activity done: a pure core.
 *
 * The events of the execution's history go in, in their order; what is to be
 * decided, what a person is told, and how it all ended come out.  There is no
 * clock, no I/O and no log in here, and nothing is remembered that is not in
 * the history: whoever reads it from the first event on decides the same.
 *
 *  1. decider_take() for each event, decider_next_line() after it;
 *  2. with a decision task whose history has been taken: decider_decide();
 *  3. until decider_end() is no longer DECIDER_OPEN.
 *
 * The activity is scheduled under one id, its type's name, however often it
 * is tried: an attempt that follows one that timed out finds that one's last
 * heartbeat details in the newest ActivityTaskTimedOut of the history.
 */
#ifndef TEND_DECIDER_H
#define TEND_DECIDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "aws/swf_history.h"
#include "aws/swf_requests.h"
#include "base/err.h"
#include "base/log.h"
#include "tend/order.h"

struct decider;

/* How an execution ended. */
enum decider_end {
	DECIDER_OPEN,
	DECIDER_COMPLETED,
	DECIDER_FAILED,
	DECIDER_CANCELED,
	DECIDER_TIMED_OUT, /* the activity's last attempt, or the execution */
	DECIDER_TERMINATED,
	DECIDER_REFUSED /* SWF does not schedule or close it */
};

struct decider *decider_new(void);
void decider_free(struct decider *);

/*
 * Takes an event; one that was taken before is ignored.  Returns 0, or -1
 * with "err" if the execution is none of "tend submit".
 */
int decider_take(struct decider *, const struct swf_event *event,
    struct err *err);

/* The id of the newest event taken; 0: none yet. */
int64_t decider_last(const struct decider *);

/* What was asked for; valid once an event was taken. */
const struct order *decider_order(const struct decider *);

/*
 * Takes the oldest line that was not taken yet; NULL: there is none.  Free
 * it.
 */
char *decider_next_line(struct decider *, enum log_level *level);

/*
 * What to answer a decision task.  Returns whether there is anything to
 * decide; its texts are the decider's, and good until the next event.
 */
bool decider_decide(struct decider *, struct swf_decision *decision);

/* Of a completed one: its result; NULL if there is none. */
enum decider_end decider_end(const struct decider *);
const char *decider_result(const struct decider *);

/*
 * The attempt, from 1, that waits for a worker; 0: none does.  And where:
 * NULL until it is scheduled.
 */
int decider_waiting(const struct decider *);
const char *decider_task_list(const struct decider *);

/* Why the activity cannot be scheduled, as SWF calls it; NULL: it can. */
const char *decider_refusal(const struct decider *);

#endif
