/* SPDX-License-Identifier: MIT */
/*
 * The keeper of the credentials: holds the set that requests are signed with,
 * and has its source asked for a newer one in time (aws/refresh.h says when).
 *
 *  1. keeper_new() takes a source; one that answers at once (keys that stand
 *     somewhere) has its set here already, and nothing more is to come;
 *  2. keeper_start() begins to ask the others.  From then on the owner calls
 *     keeper_tick() at the instant that "wake" was last called with;
 *  3. keeper_stop() before its world goes, and keeper_free().
 *
 * Who signs takes keeper_current() each time anew: a set is replaced as a
 * whole, and the old one overwritten.  Sets have generations, from 1 on; one
 * that has the same keys as that before is no new one.
 *
 * Who finds none, or whose generation the service has refused, waits:
 *
 *	keeper_wait(keeper, &call->wait, 0, call->deadline);
 *	...
 *	ready(arg, KEEPER_READY, NULL)
 *
 * Nobody is told from within the function that he calls; a call that nobody
 * would answer is ended by keeper_tick().
 */
#ifndef AWS_KEEPER_H
#define AWS_KEEPER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/err.h"

struct aws_world;
struct credentials;
struct keeper;
struct source;

enum keeper_end {
	KEEPER_READY,  /* there is a newer generation */
	KEEPER_LATE,   /* not until the deadline */
	KEEPER_DENIED, /* there never was a set, and there will be none */
};

/* "problem": what is waited for, and what came of it; NULL if READY. */
typedef void keeper_ready(void *arg, enum keeper_end end,
    const struct err *problem);

/* "at": when keeper_tick() is to be called; INSTANT_NEVER: it need not be. */
typedef void keeper_wake(void *arg, int64_t at);

/* One that waits: its owner's memory; zero it, then set "ready" and "arg". */
struct keeper_wait {
	keeper_ready *ready;
	void *arg;
	/* The rest is the keeper's own. */
	LIST_ENTRY(keeper_wait) link;
	bool waiting;
	uint64_t than;
	int64_t deadline;
};

/* The source is the keeper's from here on. */
struct keeper *keeper_new(struct source *source);

/* "world" outlives the keeper, which tells it of the clock. */
void keeper_start(struct keeper *, struct aws_world *world, keeper_wake *wake,
    void *arg);

void keeper_tick(struct keeper *);

/* The world ends: nothing is asked and nobody woken any more.  NULL is fine. */
void keeper_stop(struct keeper *);

/* The set to sign with; NULL: there is none yet.  Do not keep it. */
const struct credentials *keeper_current(const struct keeper *);

/* Of the current set; 0: there is none. */
uint64_t keeper_generation(const struct keeper *);

/* Waits for a generation later than "than"; one wait at a time for each. */
void keeper_wait(struct keeper *, struct keeper_wait *wait, uint64_t than,
    int64_t deadline);

/* One that does not wait is ignored. */
void keeper_forget(struct keeper *, struct keeper_wait *wait);

/* What is being waited for, as an error. */
void keeper_waiting(const struct keeper *, struct err *err);

/*
 * The service has refused a set as expired or unknown.  Whether it is worth
 * waiting for a later one.
 */
bool keeper_refused(struct keeper *, uint64_t generation);

/* The service has taken what was signed with it. */
void keeper_accepted(struct keeper *, uint64_t generation);

/*
 * What is to be added to this host's wall time to have the service's, ms.
 * Known from its answers; until then it is taken for 0.
 */
void keeper_skew(struct keeper *, int64_t skew);

/* Overwrites secrets, gives up what is asked, and frees; NULL is fine. */
void keeper_free(struct keeper *);

#endif
