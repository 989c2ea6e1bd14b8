/* SPDX-License-Identifier: MIT */
/*
 * Points in time and lengths of time, as plain numbers.
 *
 * An instant is int64_t milliseconds of CLOCK_BOOTTIME (base/clock.h reads
 * it); a length of time is int64_t milliseconds too.  INSTANT_NEVER is the
 * instant that never comes and the length that never ends.  Nothing here
 * reads a clock, so the pure parts of the program may use it.
 */
#ifndef BASE_INSTANT_H
#define BASE_INSTANT_H

#include <stdint.h>

#define INSTANT_NEVER INT64_MAX

/* The instant "length" after "at"; stays INSTANT_NEVER, never overflows. */
static inline int64_t
instant_add(int64_t at, int64_t length)
{
	if (at == INSTANT_NEVER || length == INSTANT_NEVER)
		return INSTANT_NEVER;
	if (length > 0 && at > INSTANT_NEVER - length)
		return INSTANT_NEVER;
	return at + length;
}

/* The earlier of two instants. */
static inline int64_t
instant_min(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* The later of two instants. */
static inline int64_t
instant_max(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* The length of time from "now" to "at": 0 if past, NEVER if never. */
static inline int64_t
instant_left(int64_t at, int64_t now)
{
	if (at == INSTANT_NEVER)
		return INSTANT_NEVER;
	return at > now ? at - now : 0;
}

/*
 * How long to wait before another attempt: "own" as the caller reckons, longer
 * if the service asks for "asked" (0 or -1: it does not), but by 5 s at most,
 * so that nobody is held up by what a service says in error.
 */
static inline int64_t
instant_heed(int64_t own, int64_t asked)
{
	return instant_max(own, instant_min(asked, instant_add(own, 5000)));
}

#endif
