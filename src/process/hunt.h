/* SPDX-License-Identifier: MIT */
/*
 * The hunt for survivors (process/survivors.h), in a helper thread.
 *
 * To look at the environment of another process takes the lock of its memory,
 * and may have to fetch the page.  A process that hangs in the kernel with
 * that lock, or whose pages come from somebody who does not answer, holds up
 * who looks, for ever; and as any process may be a survivor, all are looked
 * at.  So one step at a time is done by a helper, and its owner asks it, every
 * SURVIVORS_STEP, how far it has come:
 *
 *	struct hunt hunt = HUNT_NONE;
 *
 *	hunt_begin(&hunt, tasks, count, false);
 *	...
 *	switch (hunt_look(&hunt, &left)) {
 *	case HUNT_RUNS: look again
 *	case HUNT_STUCK: hunt_begin() again, that process is left out
 *	case HUNT_OVER: "left" as survivors_step() says
 *	}
 */
#ifndef PROCESS_HUNT_H
#define PROCESS_HUNT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "process/survivors.h"

enum {
	/* A process that has not been read in so many looks hangs: 2 s. */
	HUNT_LOOKS = 100,
	/* So many are left out; with the next one the hunt hangs as well. */
	HUNT_LEFT_OUT = 16
};

enum hunt_state { HUNT_RUNS, HUNT_STUCK, HUNT_OVER };

struct hunt_step;

/* Its owner's memory; the fields are hunt.c's own but for "stuck". */
struct hunt {
	struct hunt_step *step; /* NULL: none */
	int32_t seen;           /* the process that is being read */
	int looks;              /* how often it was that one */
	int32_t left_out[HUNT_LEFT_OUT];
	size_t left_out_count;
	int32_t stuck; /* who it was that hung, after HUNT_STUCK */
};

#define HUNT_NONE ((struct hunt){ .step = NULL })

/*
 * Begins a step; the tasks are copied.  If there can be no thread, it is done
 * here and now.
 */
void hunt_begin(struct hunt *, const struct survivors_task *tasks, size_t count,
    bool harder);

/* How far it has come; after anything but HUNT_RUNS it is over. */
enum hunt_state hunt_look(struct hunt *, size_t *left);

/* Forgets the step; a helper that hangs is left to itself. */
void hunt_end(struct hunt *);

#endif
