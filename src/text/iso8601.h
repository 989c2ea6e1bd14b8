/* SPDX-License-Identifier: MIT */
/*
 * Points in time as the AWS services, and programs that talk to them, write
 * them.
 *
 * Pure.  Taken is ISO 8601 in its extended form with a date, a time of day to
 * the second and a zone:
 *
 *	2026-11-22T10:23:45Z		2026-11-22T10:23:45.678901234Z
 *	2026-11-22T10:23:45+00:00	2026-11-22T12:23:45+0200
 *	2026-11-22 10:23:45+00		2026-11-22T10:23:45UTC
 *
 * "T" and "Z" may be small, "T" may be a blank, the fraction may follow a
 * comma; "UTC" is what caches of the AWS CLI have.  What has no zone is
 * refused: whose it would be is not known.
 */
#ifndef TEXT_ISO8601_H
#define TEXT_ISO8601_H

#include <stdint.h>

/*
 * Sets *wall_ms to milliseconds since 1970-01-01T00:00:00Z, rounded down; it
 * is negative before.  The years are 0001 to 9999, a leap second is the one
 * after it.  Returns 0, or -1 if the text is anything else.
 */
int iso8601_parse(const char *text, int64_t *wall_ms);

#endif
