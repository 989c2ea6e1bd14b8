/* SPDX-License-Identifier: MIT */
/*
 * activity/lease: the worked examples, and the promise that they are made
 * for: one error or one attempt without an answer never costs a healthy task
 * its lease.
 */
#include "config.h"

#include "activity/lease.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "activity_rig.h"
#include "base/instant.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

/* With a grace of 10 s, counted from a heartbeat that was sent at 100000. */
static const struct example {
	int64_t timeout;
	int64_t margin;
	int64_t stop_at;
	int64_t kill_at;
	int64_t interval;
	int64_t attempt;
	int64_t retry_first;
	int64_t retry_most;
} examples[] = {
	{ 3000, 150, 102350, 102850, 1000, 750, 150, 500 },
	{ 10000, 500, 107834, 109500, 3333, 2500, 500, 1666 },
	{ 30000, 1500, 123500, 128500, 10000, 5000, 1000, 5000 },
	{ 60000, 2000, 148000, 158000, 20000, 5000, 1000, 5000 },
	/* The bounds: a margin of 2 s, 30 s between heartbeats. */
	{ 3600000, 2000, 3688000, 3698000, 30000, 5000, 1000, 5000 },
};

static void
test_worked_examples(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(examples); i++) {
		const struct example *e = &examples[i];
		int64_t t = e->timeout;

		assert_int_equal(lease_margin(t), e->margin);
		assert_int_equal(lease_kill_at(100000, t), e->kill_at);
		assert_int_equal(lease_stop_at(100000, t, 10000), e->stop_at);
		assert_int_equal(lease_interval(t), e->interval);
		assert_int_equal(lease_attempt(t), e->attempt);
		assert_int_equal(lease_retry_first(t), e->retry_first);
		assert_int_equal(lease_retry_most(t), e->retry_most);
	}
}

/* A margin is never under 100 ms, whatever T is. */
static void
test_margin_has_a_floor(void **state)
{
	(void)state;
	assert_int_equal(lease_margin(1000), 100);
	assert_int_equal(lease_margin(2000), 100);
	assert_int_equal(lease_margin(2020), 101);
	assert_int_equal(lease_margin(40000), 2000);
}

/* Of the grace the lease gives T/6 at most, and all of it if it is short. */
static void
test_grace_is_cut_to_a_sixth(void **state)
{
	(void)state;
	assert_int_equal(lease_stop_at(0, 30000, 0), 28500);
	assert_int_equal(lease_stop_at(0, 30000, 4999), 23501);
	assert_int_equal(lease_stop_at(0, 30000, 5001), 23500);
	assert_int_equal(lease_stop_at(0, 30000, INSTANT_NEVER), 23500);
}

static void
test_no_timeout_is_no_lease(void **state)
{
	(void)state;
	assert_int_equal(lease_kill_at(5, INSTANT_NEVER), INSTANT_NEVER);
	assert_int_equal(lease_stop_at(5, INSTANT_NEVER, 10), INSTANT_NEVER);
	assert_int_equal(lease_interval_most(INSTANT_NEVER, 10), INSTANT_NEVER);
	assert_int_equal(lease_interval(INSTANT_NEVER), 30000);
	assert_int_equal(lease_attempt(INSTANT_NEVER), 5000);
	assert_int_equal(lease_retry_first(INSTANT_NEVER), 1000);
	assert_int_equal(lease_retry_most(INSTANT_NEVER), 5000);
}

/* SWF allows a T of 0 s: a schedule made of it must not spin. */
static void
test_a_tiny_timeout_makes_no_busy_loop(void **state)
{
	(void)state;
	for (int64_t t = 0; t < LEASE_SHORTEST; t += 500) {
		assert_true(lease_interval(t) >= 333);
		assert_true(lease_attempt(t) >= 250);
		assert_true(lease_retry_first(t) >= 50);
	}
}

/*
 * The regular schedule, one attempt that fails or hangs, then its retry:
 * there is at least half of an attempt's time for the retry's answer.
 */
static void
test_one_failure_fits_in(void **state)
{
	(void)state;
	for (int64_t t = LEASE_SHORTEST; t < 200000; t += 100) {
		int64_t most = lease_interval_most(t, 10000);

		assert_true(lease_interval(t) <= most);
		assert_true(most + lease_attempt(t) + lease_retry_first(t) +
				lease_attempt(t) / 2 <=
			    lease_stop_at(0, t, 10000));
	}
}

enum trouble { ERROR, THROTTLED, BLACK_HOLE, TROUBLES };

/*
 * Runs an activity for 20 timeouts.  Every attempt is answered after an
 * eighth of T (at most 2 s), but each third one fails in the given way.
 */
static void
run_with(int64_t timeout, int64_t interval, enum trouble trouble, uint64_t seed)
{
	struct activity_config config = rig_config();
	int64_t answer = instant_min(timeout / 8, 2000);
	struct rig rig;

	config.heartbeat_timeout = timeout;
	config.heartbeat_interval = interval;
	config.seed = seed;
	rig_running(&rig, &config);
	while (rig.now < 20 * timeout) {
		int64_t due = activity_deadline(&rig.activity);
		bool bad = rig.heartbeats % 3 == 0;

		if (rig.heartbeat_open && bad && trouble != BLACK_HOLE)
			rig_heartbeat_failed(&rig, rig.now + 5,
			    trouble == ERROR ? ACTIVITY_FAILURE_TRANSIENT
					     : ACTIVITY_FAILURE_THROTTLED);
		else if (rig.heartbeat_open && !bad)
			rig_heartbeat_ok(&rig, rig.now + answer, false);
		else
			rig_simple(&rig, due, ACTIVITY_TICK);
		assert_int_equal(activity_state(&rig.activity),
		    ACTIVITY_RUNNING);
	}
	assert_int_equal(rig.stops, 0);
}

static void
test_one_failure_never_costs_the_lease(void **state)
{
	static const int64_t timeouts[] = { 3000, 10000, 30000, 60000 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(timeouts); i++)
		for (int trouble = 0; trouble < TROUBLES; trouble++)
			for (uint64_t seed = 0; seed < 20; seed++) {
				run_with(timeouts[i], INSTANT_NEVER,
				    (enum trouble)trouble, seed);
				/* An interval that leaves no room. */
				run_with(timeouts[i], timeouts[i] - 1,
				    (enum trouble)trouble, seed);
			}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_worked_examples),
		cmocka_unit_test(test_margin_has_a_floor),
		cmocka_unit_test(test_grace_is_cut_to_a_sixth),
		cmocka_unit_test(test_no_timeout_is_no_lease),
		cmocka_unit_test(test_a_tiny_timeout_makes_no_busy_loop),
		cmocka_unit_test(test_one_failure_fits_in),
		cmocka_unit_test(test_one_failure_never_costs_the_lease),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
