/* SPDX-License-Identifier: MIT */
/*
 * The children of tend, as the owners of many guards see them: reaped at
 * every SIGCHLD, and after a lost guard swept until nobody of it is left.
 *
 * There is one of these in a process, because children belong to the
 * process.  A guard's orphans do not say whose they were, so all guards that
 * are lost at the same time are swept together, and each of those who wait is
 * told when none is left.
 *
 *  1. sweep_open(), before the first guard;
 *  2. sweep_child() at every SIGCHLD;
 *  3. sweep_guard() by the owner of a guard that was lost; "call" is then
 *     called once, never from within, unless sweep_forget() comes first;
 *  4. sweep_close().
 */
#ifndef TEND_SWEEP_H
#define TEND_SWEEP_H

#include <stdbool.h>
#include <sys/queue.h>

#include "base/err.h"
#include "process/orphans.h"
#include "tend/loop.h"

/* One that waits: its owner's memory, zeroed before it is first used. */
struct sweep_wait {
	LIST_ENTRY(sweep_wait) link;
	bool waiting;
	loop_function *call;
	void *arg;
};

struct sweep {
	struct orphans orphans;
	struct loop *loop;
	struct loop_timer timer;
	LIST_HEAD(sweep_waits, sweep_wait) waits;
};

/* Makes this process a subreaper.  Returns 0, or -1 with "err". */
int sweep_open(struct sweep *, struct loop *loop,
    const struct inherited *inherited, struct err *err);

/* A child has changed its state. */
void sweep_child(struct sweep *);

/* The guard was lost: what it guarded is killed, and then "wait" is told. */
void sweep_guard(struct sweep *, const struct guard *guard,
    struct sweep_wait *wait);

/* It need not be told any more; one that does not wait is ignored. */
void sweep_forget(struct sweep_wait *wait);

/* Nobody may wait any more.  A struct that is all zero is fine. */
void sweep_close(struct sweep *);

#endif
