/* SPDX-License-Identifier: MIT */
/*
 * tend/loop: timers run in the order of their instants whatever the order in
 * which they were set, moved or dropped, and one that is set for now waits for
 * the next wake-up; descriptors are reported while they are on and not while
 * they are off; both may be removed from inside a call.
 */
#include "config.h"

#include "tend/loop.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "aws/http.h"
#include "base/instant.h"

enum { TIMERS = 200 };

static struct http *http;
static struct loop *loop;

static int
set_up(void **state)
{
	struct http_config config = { .allow_plain = true };

	(void)state;
	http = http_new(&config, NULL);
	loop = http == NULL ? NULL : loop_new(http, NULL);
	return loop == NULL ? -1 : 0;
}

static int
tear_down(void **state)
{
	(void)state;
	loop_free(loop);
	http_free(http);
	return 0;
}

static void
stop(void *arg)
{
	(void)arg;
	loop_stop(loop);
}

struct shot {
	struct loop_timer timer;
	int64_t due;
	bool fired;
};

static struct shot shots[TIMERS];
static int64_t last_due;
static int fired;
static int expected;

static void
on_shot(void *arg)
{
	struct shot *shot = arg;

	assert_false(shot->fired);
	assert_true(shot->due >= last_due);
	assert_true(loop_now(loop) >= shot->due);
	last_due = shot->due;
	shot->fired = true;
	if (++fired == expected)
		loop_stop(loop);
}

static void
test_timers_run_in_order(void **state)
{
	int64_t now = loop_now(loop);

	(void)state;
	last_due = fired = 0;
	expected = TIMERS / 2;
	for (int i = 0; i < TIMERS; i++) {
		shots[i] = (struct shot){ .due = now + (i * 73) % 40 };
		shots[i].timer.call = on_shot;
		shots[i].timer.arg = &shots[i];
		loop_timer_set(loop, &shots[i].timer, now + (i * 31) % 50);
	}
	/* Every second one is dropped, the others are moved. */
	for (int i = 0; i < TIMERS; i++)
		loop_timer_set(loop, &shots[i].timer,
		    i % 2 == 0 ? INSTANT_NEVER : shots[i].due);
	loop_run(loop);
	for (int i = 0; i < TIMERS; i++)
		assert_int_equal(shots[i].fired, i % 2 == 1);
}

static struct loop_timer again;
static struct loop_timer others[8];
static int wakes;
static int rounds;

static void
on_wake(void *arg)
{
	(void)arg;
	wakes++;
}

/* Armed for now, it goes off in the next wake-up and not in this one. */
static void
on_again(void *arg)
{
	(void)arg;
	assert_int_equal(wakes, ++rounds);
	if (rounds == 5)
		loop_stop(loop);
	else
		loop_timer_set(loop, &again, loop_now(loop));
}

static void
test_a_timer_set_for_now_lets_others_have_a_turn(void **state)
{
	struct loop_watch *watch;
	int ends[2];

	(void)state;
	wakes = rounds = 0;
	/* With one end closed the other has something to say in each turn. */
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(close(ends[1]), 0);
	watch = loop_watch(loop, ends[0], on_wake, NULL, NULL);
	assert_non_null(watch);
	for (int i = 0; i < 8; i++) {
		others[i].call = stop;
		loop_timer_set(loop, &others[i], loop_now(loop) + 60000);
	}
	again.call = on_again;
	loop_timer_set(loop, &again, loop_now(loop));
	loop_run(loop);
	assert_int_equal(rounds, 5);
	loop_unwatch(watch);
	assert_int_equal(close(ends[0]), 0);
}

static struct loop_watch *watches[2];
static int pipes[2][2];
static int reports[2];

static void
on_first(void *arg)
{
	(void)arg;
	reports[0]++;
	/* Both are ready now; the other must not be reported after this. */
	loop_unwatch(watches[1]);
	watches[1] = NULL;
	loop_watch_on(watches[0], false);
}

static void
on_second(void *arg)
{
	(void)arg;
	reports[1]++;
	loop_unwatch(watches[0]);
	watches[0] = NULL;
	loop_watch_on(watches[1], false);
}

static void
test_a_watch_removed_in_a_call_is_silent(void **state)
{
	struct loop_timer end = { .call = stop };

	(void)state;
	for (int i = 0; i < 2; i++) {
		assert_int_equal(pipe(pipes[i]), 0);
		watches[i] = loop_watch(loop, pipes[i][0],
		    i == 0 ? on_first : on_second, NULL, NULL);
		assert_non_null(watches[i]);
		/* A hang-up is reported for ever to who does not turn off. */
		assert_int_equal(close(pipes[i][1]), 0);
	}
	loop_timer_set(loop, &end, loop_now(loop) + 30);
	loop_run(loop);
	assert_int_equal(reports[0] + reports[1], 1);
	for (int i = 0; i < 2; i++) {
		loop_unwatch(watches[i]);
		assert_int_equal(close(pipes[i][0]), 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_timers_run_in_order,
		    set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    test_a_timer_set_for_now_lets_others_have_a_turn, set_up,
		    tear_down),
		cmocka_unit_test_setup_teardown(
		    test_a_watch_removed_in_a_call_is_silent, set_up,
		    tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
