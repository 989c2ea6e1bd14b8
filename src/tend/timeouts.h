/* SPDX-License-Identifier: MIT */
/*
 * --heartbeat-timeout auto: what the timeouts of a task are.
 *
 * A poll does not tell.  They are looked up, in this order:
 *
 *  1. the task's ActivityTaskScheduled event, by GetWorkflowExecutionHistory;
 *     the same pages may have the last heartbeat details of an attempt
 *     before, for SWF_RESUME_DETAILS;
 *  2. the default of its activity type, by DescribeActivityType: once for
 *     each type;
 *  3. a guess of 60 s, with one warning in the life of the process.  It sets
 *     the schedule; nothing is stopped for want of a heartbeat.
 *
 * A refusal for lack of permission is remembered: that operation is not asked
 * again.  What fails for the moment is tried again, up to a minute.  SWF
 * fills an account's GetWorkflowExecutionHistory by 60 a second, its
 * DescribeActivityType by 6; one process never asks faster.
 *
 * One struct timeouts serves all tasks of a process:
 *
 *	lookup = timeouts_look_up(timeouts, task, received_at, on_found, arg);
 *	...
 *	on_found(arg, found): supervisor_timeouts(supervisor, found);
 *	...
 *	timeouts_drop(lookup);
 *
 * The command need not wait for it.  Who wants SWF_RESUME_DETAILS in the
 * command's environment waits TIMEOUTS_MOMENT at most, and then starts it.
 */
#ifndef TEND_TIMEOUTS_H
#define TEND_TIMEOUTS_H

#include <stdbool.h>
#include <stdint.h>

#include "aws/swf.h"

struct loop;
struct numbers;
struct timeouts;
struct timeouts_lookup;

enum {
	/* ms: what a start may wait for the answer. */
	TIMEOUTS_MOMENT = 1000,
	/* The schedule for as long as nothing is known: that of this T, which
	 * keeps the shortest lease that there is. */
	TIMEOUTS_UNKNOWN = 6000
};

struct timeouts_found {
	bool guessed;
	int64_t heartbeat;      /* ms; INSTANT_NEVER: none; likewise below */
	int64_t start_to_close; /* ms */
	int64_t closes_at;      /* the instant when SWF closes the task */
	const char *details;    /* of an attempt before, or NULL */
};

typedef void timeouts_done(void *arg, const struct timeouts_found *found);

/*
 * All tasks are of one domain; everything outlives the struct timeouts.
 * "numbers" may be NULL.
 */
struct timeouts *timeouts_new(struct loop *loop, struct swf_client *client,
    const char *domain, struct numbers *numbers);

/* The lookups must have been dropped before; NULL is ignored. */
void timeouts_free(struct timeouts *);

/*
 * Whether enough is known of a task to look it up: ids of execution and start,
 * or its type.
 */
bool timeouts_can_look_up(const struct swf_task *task);

/*
 * Begins; "task" outlives the lookup.  "received_at" is the instant when a
 * poll brought the task, from which its age is counted back, or INSTANT_NEVER
 * if that is not known.  "done" is called once, from the loop, never from
 * here; what it gets is valid until timeouts_drop().
 */
struct timeouts_lookup *timeouts_look_up(struct timeouts *,
    const struct swf_task *task, int64_t received_at, timeouts_done *done,
    void *arg);

/* What was found; NULL: nothing yet. */
const struct timeouts_found *timeouts_found(const struct timeouts_lookup *);

/* Ends a lookup, done or not; NULL is ignored. */
void timeouts_drop(struct timeouts_lookup *);

#endif
