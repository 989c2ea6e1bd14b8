/* SPDX-License-Identifier: MIT */
/*
 * A worker takes up what is left in its spool (recovery.h) when it starts,
 * and again as long as it lives: what SWF could not be told for an hour, what
 * it refused until somebody has given the permission, what a neighbour that
 * died meanwhile has left.  Between two times there is as long a pause as one
 * time may take, --report-timeout.
 */
#ifndef TEND_TAKEOVER_H
#define TEND_TAKEOVER_H

#include "tend/loop.h"
#include "tend/recovery.h"

/* Its owner's memory; the fields are takeover.c's own. */
struct takeover {
	struct recovery_setup setup;
	struct recovery *recovery; /* NULL: none has begun */
	struct loop_timer timer;   /* of the next */
	int64_t pause;             /* ms */
	void (*cleared)(void *arg);
	void *arg;
};

/*
 * Of "setup", loop, client, spooling, cleared and arg are wanted; "cleared" is
 * called once.  "report_timeout": ms.
 */
void takeover_begin(struct takeover *, const struct recovery_setup *setup,
    int64_t report_timeout);

/* Leaves what it was at; of one that was zeroed, too. */
void takeover_end(struct takeover *);

#endif
