/* SPDX-License-Identifier: MIT */
/*
 * The clock: the only module that asks the kernel what time it is.
 *
 * Deadlines are measured on CLOCK_BOOTTIME, because a heartbeat timeout goes
 * on at the service while this machine is suspended.  The loop reads the
 * clock once per wake-up and hands the number on; nobody else should need to.
 * Wall time is for log lines and request signatures only.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

/* Room for clock_format(): "2026-11-22T10:23:45.678Z" and its end. */
enum { CLOCK_TEXT = 25 };

/* Milliseconds of CLOCK_BOOTTIME, rounded down. */
int64_t clock_boot(void);

/* The same in microseconds, for measuring. */
int64_t clock_boot_us(void);

/* Milliseconds since 1970-01-01T00:00:00Z by CLOCK_REALTIME. */
int64_t clock_wall(void);

/* Writes wall time "wall_ms" as ISO 8601 UTC into "text". */
void clock_format(int64_t wall_ms, char text[CLOCK_TEXT]);

/*
 * Opens a CLOCK_BOOTTIME timerfd (non-blocking, close-on-exec).  Returns the
 * descriptor, or -1 with errno.
 */
int clock_timer_open(void);

/*
 * Arms the timer to become readable at instant "at" (at once if it is past);
 * INSTANT_NEVER disarms it.  Returns 0, or -1 with errno.
 */
int clock_timer_arm(int timer, int64_t at);

#endif
