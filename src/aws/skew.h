/* SPDX-License-Identifier: MIT */
/*
 * How far this host's clock is from the service's, learnt from its answers;
 * pure.
 *
 * The Date of an answer counts if the answer is the service's own (a proxy's
 * clock says nothing), was not cached, and took less than 5 s: then it was
 * made half way, give or take half of that.  A poll that is held for a minute
 * tells nothing.
 *
 * The host's clock is trusted until it is a minute off, because a Date has
 * whole seconds and a signature is good for five minutes; from then on
 * requests are signed by the service's clock.  So a clock that drifts never
 * gets as far as a refusal; one that was set wrong is found out by the first
 * refusal, and what SWF refused for that is signed once more.
 *
 * How long an answer was under way is told by CLOCK_BOOTTIME, from the first
 * answer on that has told what the service's time is: the host's clock may be
 * set while a poll is held.
 */
#ifndef AWS_SKEW_H
#define AWS_SKEW_H

#include <stdbool.h>
#include <stdint.h>

struct skew {
	int64_t measured;  /* ms to add to this host's clock */
	int64_t used;      /* the same, or 0 while that is too little */
	int64_t said;      /* what a person was told last */
	bool placed;       /* by skew_place() */
	int64_t epoch;     /* the service's wall time at instant 0, ms */
	int64_t doubt;     /* ms by which that may be too early */
	int64_t placed_at; /* instant */
};

/* Whether an answer tells what the time is: "date" as the service has it. */
bool skew_tells(int64_t sent_at, int64_t answered_at, int64_t date);

/*
 * Learns from one that does.  True if what is used now is news to a person:
 * it has become needless, or is over a minute from what was told.
 */
bool skew_learn(struct skew *, int64_t sent_at, int64_t answered_at,
    int64_t date);

/*
 * Learns from the same what the service's time is at an instant, that of the
 * answer; it took that long, ms.  For ten minutes one that took less is
 * trusted more.
 */
void skew_place(struct skew *, int64_t took, int64_t answered, int64_t date);

/*
 * How long an answer with that Date was under way, at least, ms, that came at
 * instant "answered", when it was "wall" by this host's clock; that counts
 * as long as nothing has told more.
 */
int64_t skew_age(const struct skew *, int64_t answered, int64_t wall,
    int64_t date);

/* And at most. */
int64_t skew_age_most(const struct skew *, int64_t answered, int64_t wall,
    int64_t date);

/* Whether what is used now may explain why one signed with "then" failed. */
bool skew_explains(const struct skew *, int64_t then);

#endif
