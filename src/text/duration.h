/* SPDX-License-Identifier: MIT */
/*
 * Lengths of time as people write them: "500ms", "0.3", "30s", "1.5m", "2h",
 * "1d"; a bare number is seconds.  In the program a length is int64_t
 * milliseconds.
 */
#ifndef TEXT_DURATION_H
#define TEXT_DURATION_H

#include <stdint.h>

#include "base/err.h"

/* Room for duration_format(), its end included. */
enum { DURATION_TEXT = 32 };

/* The longest duration that is taken: 36500d, a hundred years. */
#define DURATION_MAX (INT64_C(36500) * 24 * 60 * 60 * 1000)

/*
 * Reads the whole of "text" as a duration.  What is finer than a millisecond
 * is rounded up, so that only a zero becomes 0.  Returns 0, or -1 with "err"
 * for anything else: a sign, a blank, an unknown unit, no digits, over
 * DURATION_MAX.
 */
int duration_parse(const char *text, int64_t *ms, struct err *err);

/*
 * Writes a duration in the largest unit that makes a whole number of it:
 * "5m", "1h", "90s", "250ms"; between whole seconds as "1.5s".  INSTANT_NEVER
 * is "never", a negative length is "0s".
 */
void duration_format(int64_t ms, char text[DURATION_TEXT]);

#endif
