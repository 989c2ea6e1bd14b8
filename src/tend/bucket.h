/* SPDX-License-Identifier: MIT */
/*
 * A token bucket, as SWF has one for each operation and account: it holds
 * "size" calls at most and fills by "per_second".
 *
 * Pure: time is an argument, in milliseconds, and never goes back.
 *
 *	at = bucket_take(&bucket, now);
 *	if (at > now)
 *		come back at "at": nothing was taken;
 */
#ifndef TEND_BUCKET_H
#define TEND_BUCKET_H

#include <stdint.h>

struct bucket {
	int64_t size; /* thousandths of a call; likewise below */
	int64_t per_second;
	int64_t level;
	int64_t at; /* when the level was that */
};

/* A full one.  "size" and "per_second" are at least 1. */
void bucket_init(struct bucket *, int64_t size, int64_t per_second,
    int64_t now);

/* Takes one call: "now"; or takes none and says when there will be one. */
int64_t bucket_take(struct bucket *, int64_t now);

/* The other side says that there is nothing left: others have taken it. */
void bucket_drain(struct bucket *, int64_t now);

#endif
