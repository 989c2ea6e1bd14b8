/* SPDX-License-Identifier: MIT */
/*
 * When a source of credentials is asked again: pure, no clock, no I/O.
 *
 * A set is never thought expired here: it serves until the service itself
 * refuses it or a newer one has come.  So a wrong clock, or a source that is
 * out of reach, costs nothing while the service is content.
 *
 *   no set yet       at once; the first few tries as the source wants it,
 *                    then as after a failure
 *   a set            15 minutes before it expires, or a quarter of its life
 *                    if that is more (but never before half of its life),
 *                    and by chance up to a fifth of that earlier
 *   nearly expired   as it came, from a stable source: in 10 to 15 minutes
 *   a failure        1 s, doubling to a minute; of a stable source whose set
 *                    has expired 10 to 15 minutes
 *   denied           5 to 10 minutes
 *   refused          by the service: at once; if the source has no other
 *                    keys yet, or these are refused too: 1 s, doubling to a
 *                    minute, until the service takes some
 *
 * A source has its own rest between two askings, and in none of these cases
 * is one that answers asked more than once a minute for nothing.
 *
 * Instants are of CLOCK_BOOTTIME.  The end of a set is wall time of the
 * service's and becomes an instant when the set comes, so that a step of this
 * host's clock moves nothing.  What is learnt later of the service's clock is
 * told by refresh_shift().
 */
#ifndef AWS_REFRESH_H
#define AWS_REFRESH_H

#include <stdbool.h>
#include <stdint.h>

#include "aws/source.h"

/* What to make of an asking that gave nothing. */
enum refresh_verdict {
	REFRESH_QUIET, /* it is tried again, which is no news */
	REFRESH_WARN,  /* likewise, but a person should know */
	REFRESH_FINAL  /* there never was a set: who waits for one is told */
};

/* The fields are refresh.c's own. */
struct refresh {
	struct source_traits traits;
	uint64_t random;
	bool asking;
	bool have;         /* a set */
	bool refused;      /* that one, by the service */
	bool said;         /* that it does not work, to a person */
	unsigned failures; /* in a row; likewise below */
	unsigned refusals;
	int64_t asked_at;
	int64_t expires_at; /* instant */
	int64_t life;       /* from when it came; may be negative */
	int64_t early;      /* before its end; -1: not by its end */
	int64_t at;         /* of the next asking */
};

void refresh_init(struct refresh *, const struct source_traits *traits,
    uint64_t seed, int64_t now);

/* When to ask; INSTANT_NEVER: not now, or not any more. */
int64_t refresh_at(const struct refresh *);

/* It is being asked. */
void refresh_asked(struct refresh *, int64_t now);

/*
 * It has given a set with "left" ms to live by the service's clock, or
 * INSTANT_NEVER; "newer": other keys than before.  True if a person was told
 * that it did not work.
 */
bool refresh_given(struct refresh *, int64_t left, bool newer, int64_t now);

/* It has failed for now, or "denied": until somebody changes something. */
enum refresh_verdict refresh_failed(struct refresh *, bool denied, int64_t now);

/* The service refuses the set, or has taken it after all. */
void refresh_refused(struct refresh *, int64_t now);
void refresh_accepted(struct refresh *);

/* The set lives "by" ms longer than was thought. */
void refresh_shift(struct refresh *, int64_t by, int64_t now);

#endif
