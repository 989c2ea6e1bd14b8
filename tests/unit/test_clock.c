/* SPDX-License-Identifier: MIT */
/*
 * base/clock: the right clocks, in the right unit, and timers that fire.
 */
#include "config.h"

#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/instant.h"

#define COUNT(xs) (sizeof(xs) / sizeof((xs)[0]))

static int64_t
milliseconds(clockid_t id)
{
	struct timespec ts;

	assert_int_equal(clock_gettime(id, &ts), 0);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void
test_reads_the_clocks_it_names(void **state)
{
	int64_t before = milliseconds(CLOCK_BOOTTIME);
	int64_t boot = clock_boot();
	int64_t after = milliseconds(CLOCK_BOOTTIME);

	(void)state;
	assert_true(before <= boot && boot <= after);
	before = milliseconds(CLOCK_REALTIME);
	assert_in_range(clock_wall(), before, milliseconds(CLOCK_REALTIME) + 1);
}

static void
test_formats_iso_8601(void **state)
{
	static const struct {
		int64_t wall;
		const char *want;
	} rows[] = {
		{ 0, "1970-01-01T00:00:00.000Z" },
		{ 1, "1970-01-01T00:00:00.001Z" },
		{ 951782400000, "2000-02-29T00:00:00.000Z" },
		{ 1497371587073, "2017-06-13T16:33:07.073Z" },
		{ 1767225599999, "2025-12-31T23:59:59.999Z" },
		{ 4102444800000, "2100-01-01T00:00:00.000Z" },
	};
	char text[CLOCK_TEXT];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		clock_format(rows[i].wall, text);
		assert_string_equal(text, rows[i].want);
	}
	/* What the form cannot say must still fit in it. */
	clock_format(INT64_MAX, text);
	assert_int_equal(strlen(text), CLOCK_TEXT - 1);
}

/* Whether the timer becomes readable within "wait" ms. */
static int
fires(int timer, int wait)
{
	struct pollfd fd = { .fd = timer, .events = POLLIN };

	return poll(&fd, 1, wait);
}

static void
test_timer_fires_and_not_early(void **state)
{
	int timer = clock_timer_open();
	int64_t start = clock_boot();

	(void)state;
	assert_true(timer >= 0);
	assert_int_equal(fires(timer, 0), 0);
	assert_int_equal(clock_timer_arm(timer, start + 20), 0);
	assert_int_equal(fires(timer, 5000), 1);
	assert_true(clock_boot() >= start + 20);
	assert_int_equal(close(timer), 0);
}

static void
test_timer_of_the_past_fires_at_once(void **state)
{
	static const int64_t past[] = { 1, 0, -1, INT64_MIN };
	int timer = clock_timer_open();

	(void)state;
	for (size_t i = 0; i < COUNT(past); i++) {
		assert_int_equal(clock_timer_arm(timer, INSTANT_NEVER), 0);
		assert_int_equal(fires(timer, 0), 0);
		assert_int_equal(clock_timer_arm(timer, past[i]), 0);
		assert_int_equal(fires(timer, 5000), 1);
	}
	assert_int_equal(close(timer), 0);
}

static void
test_timer_is_disarmed_by_never(void **state)
{
	int timer = clock_timer_open();

	(void)state;
	assert_int_equal(clock_timer_arm(timer, clock_boot()), 0);
	assert_int_equal(clock_timer_arm(timer, INSTANT_NEVER), 0);
	assert_int_equal(fires(timer, 20), 0);
	assert_int_equal(close(timer), 0);
}

static void
test_timer_is_private_and_does_not_block(void **state)
{
	int timer = clock_timer_open();
	uint64_t expirations;

	(void)state;
	assert_true((fcntl(timer, F_GETFD) & FD_CLOEXEC) != 0);
	assert_int_equal(read(timer, &expirations, sizeof(expirations)), -1);
	assert_int_equal(errno, EAGAIN);
	assert_int_equal(close(timer), 0);
	assert_int_equal(clock_timer_arm(timer, 1), -1);
	assert_int_equal(errno, EBADF);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reads_the_clocks_it_names),
		cmocka_unit_test(test_formats_iso_8601),
		cmocka_unit_test(test_timer_fires_and_not_early),
		cmocka_unit_test(test_timer_of_the_past_fires_at_once),
		cmocka_unit_test(test_timer_is_disarmed_by_never),
		cmocka_unit_test(test_timer_is_private_and_does_not_block),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
