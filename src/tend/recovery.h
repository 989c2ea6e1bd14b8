/* SPDX-License-Identifier: MIT */
/*
 * What tends that have ended left in the spool: kills what still runs of it,
 * tells SWF how it ended, or that tend died, and drops what SWF does not know
 * any more.
 *
 * Only a few reports are on their way at once: RECOVERY_WINDOW, and fewer
 * while SWF throttles.  A record of another service or region is left: its
 * token would mean nothing here, and "no such task" would be no answer.  What
 * SWF cannot make sense of is set aside; what it refuses, for want of
 * permission, and what could not be told by "until", stays for later.
 *
 *  1. recovery_new();
 *  2. "cleared" is called once: nothing runs any more of what was left, or
 *     that takes too long to be waited for;
 *  3. "done" is called once: there is nothing more to try;
 *  4. recovery_free(), at any time, but after it the spool is good for
 *     spooling_close() only.
 */
#ifndef TEND_RECOVERY_H
#define TEND_RECOVERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { RECOVERY_WINDOW = 8 };

struct loop;
struct recovery;
struct spooling;
struct swf_client;

struct recovery_setup {
	struct loop *loop;
	struct swf_client *client;
	struct spooling *spooling; /* has a spool */
	bool tidy;                 /* remove files that have nothing in them */
	bool again;                /* what is not for this service was told */
	int64_t until;             /* no report is tried any more; an instant */
	/* From the loop; NULL: nobody cares. */
	void (*cleared)(void *arg);
	/* "left": records that are still there. */
	void (*done)(void *arg, size_t left);
	void *arg;
};

struct recovery *recovery_new(const struct recovery_setup *setup);

/* What it was at is left for later; NULL is ignored. */
void recovery_free(struct recovery *);

#endif
