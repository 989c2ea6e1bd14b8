/* SPDX-License-Identifier: MIT */
/*
 * Children of tend that nobody waits for: guards that have ended, processes
 * that a command was allowed to leave behind, whatever falls to process 1,
 * and what is left of an activity whose guard was killed.
 *
 * tend is a subreaper, so that the processes of a lost guard become its
 * children and can be found.  Life cycle:
 *
 *  1. orphans_init(), before the first guard;
 *  2. orphans_step() at every SIGCHLD: it reaps all that have ended.  If a
 *     guard is among them that did not end by itself, the sweep begins;
 *  3. orphans_sweep() when guard_read() said GUARD_READ_LOST: a guard that
 *     is not dead yet is killed;
 *  4. while orphans_step() says that somebody remains, it is to be called
 *     every ORPHANS_STEP_MS too.
 *
 * Known, and never killed, are: guards, the companion, programs that are run
 * for their output, the children that tend was started with, every process
 * that had become a child before the sweep began, and what orphans_leave() was
 * told of.  (What such a one leaves behind in turn, in the milliseconds of a
 * sweep, cannot be told from the swept.)
 * With a foreign /proc (guard/proc.h) nobody can be told from anybody: then
 * all are reaped and none is killed; the command itself dies with its guard
 * all the same.
 */
#ifndef PROCESS_ORPHANS_H
#define PROCESS_ORPHANS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"

enum { ORPHANS_STEP_MS = 20 };

struct guard;
struct inherited;

struct orphans {
	pid_t *known; /* children that are no business of ours */
	size_t known_count;
	pid_t *lost; /* guards whose end is waited for */
	size_t lost_count;
	bool watching; /* there may be children to know */
	bool sweeping;
	size_t killed; /* SIGKILLs sent by sweeps so far */
};

/* Makes this process a subreaper.  Returns 0, or -1 with "err". */
int orphans_init(struct orphans *orphans, const struct inherited *inherited,
    struct err *err);

/* The guard was lost: it is killed, and then what it guarded. */
void orphans_sweep(struct orphans *orphans, const struct guard *guard);

/* The guard is about to be released: what its command has left lives on. */
void orphans_leave(struct orphans *orphans, const struct guard *guard);

/* Reaps; goes on with the sweep.  Whether anybody of it remains. */
bool orphans_step(struct orphans *orphans);

void orphans_clear(struct orphans *orphans);

#endif
