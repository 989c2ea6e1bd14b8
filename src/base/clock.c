/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "base/clock.h"

#include <stdio.h>
#include <string.h>
#include <sys/timerfd.h>
#include <time.h>

#include "base/instant.h"

static int64_t
read_clock(clockid_t id)
{
	struct timespec ts = { 0 };

	(void)clock_gettime(id, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

int64_t
clock_boot(void)
{
	return read_clock(CLOCK_BOOTTIME);
}

int64_t
clock_boot_us(void)
{
	struct timespec ts = { 0 };

	(void)clock_gettime(CLOCK_BOOTTIME, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

int64_t
clock_wall(void)
{
	return read_clock(CLOCK_REALTIME);
}

void
clock_format(int64_t wall_ms, char text[CLOCK_TEXT])
{
	time_t seconds = (time_t)(wall_ms / 1000);
	struct tm tm = { 0 };
	char whole[CLOCK_TEXT];
	unsigned fraction = (unsigned)(wall_ms % 1000) % 1000;

	if (gmtime_r(&seconds, &tm) == NULL ||
	    strftime(whole, sizeof(whole), "%Y-%m-%dT%H:%M:%S", &tm) == 0)
		(void)snprintf(whole, sizeof(whole), "1970-01-01T00:00:00");
	(void)snprintf(text, CLOCK_TEXT, "%.19s.%03uZ", whole, fraction);
}

int
clock_timer_open(void)
{
	return timerfd_create(CLOCK_BOOTTIME, TFD_NONBLOCK | TFD_CLOEXEC);
}

int
clock_timer_arm(int timer, int64_t at)
{
	struct itimerspec when = { 0 };

	if (at != INSTANT_NEVER) {
		/* All zero would disarm; an instant before boot is "now". */
		if (at < 1)
			at = 1;
		when.it_value.tv_sec = (time_t)(at / 1000);
		when.it_value.tv_nsec = (long)(at % 1000) * 1000000;
	}
	return timerfd_settime(timer, TFD_TIMER_ABSTIME, &when, NULL);
}
