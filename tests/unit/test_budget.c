/* SPDX-License-Identifier: MIT */
/*
 * tend/budget: who may send when, by a literal clock.  What it does to a
 * whole account is in tests/sim/fleet.c.
 */
#include "config.h"

#include "tend/budget.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/instant.h"

enum { SECOND = 1000, MINUTE = 60 * SECOND };

/* So many activities with a heartbeat every 20 s. */
static void
ready(struct budget *budget, int members)
{
	budget_init(budget, 1, 0);
	for (int i = 0; i < members; i++)
		budget_join(budget, 20 * SECOND);
}

static bool
may_send(struct budget *budget, int64_t now, int64_t since, int64_t due)
{
	int64_t at = budget_ask(budget, now, 20 * SECOND, since, due);

	if (at == now)
		return true;
	assert_true(at > now);
	assert_true(at <= due);
	return false;
}

/* How many of those who never stop asking may send in this time. */
static int
sent(struct budget *budget, int64_t from, int64_t until)
{
	int count = 0;

	for (int64_t now = from; now < until; now++)
		while (may_send(budget, now, now - 20 * SECOND, now + MINUTE))
			count++;
	return count;
}

/* Uses up what there is. */
static void
exhaust(struct budget *budget, int64_t now)
{
	while (may_send(budget, now, now - MINUTE, now + 1))
		continue;
}

/* One activity by itself never waits, its retries included. */
static void
test_one_activity(void **state)
{
	struct budget budget;

	(void)state;
	ready(&budget, 1);
	for (int64_t now = 0; now < 10 * MINUTE; now += 20 * SECOND) {
		for (int64_t retry = 0; retry < 3 * SECOND; retry += SECOND)
			assert_true(may_send(&budget, now + retry,
			    now - 20 * SECOND, now + MINUTE));
		for (int i = 0; i < 3; i++)
			budget_answered(&budget, now, BUDGET_TAKEN);
	}
}

/* All are due at once: a second's worth goes, then twice what is needed. */
static void
test_no_burst_after_a_stall(void **state)
{
	struct budget budget;
	int first;

	(void)state;
	ready(&budget, 2000);
	/* 100 a second are needed. */
	first = sent(&budget, MINUTE, MINUTE + 1);
	assert_in_range(first, 50, 201);
	assert_in_range(sent(&budget, MINUTE + 1, MINUTE + 10 * SECOND + 1),
	    1990, 2010);
}

/* What throttling leaves, and how it comes back. */
static void
test_throttled(void **state)
{
	struct budget budget;
	int64_t now = MINUTE;

	(void)state;
	ready(&budget, 2000);
	assert_true(budget_rate(&budget) > 199.9);
	budget_answered(&budget, now, BUDGET_THROTTLED);
	assert_float_equal(budget_rate(&budget), 70, 0.01);
	/* All that is throttled in the same second is one cut. */
	for (int i = 0; i < 100; i++)
		budget_answered(&budget, now + i, BUDGET_THROTTLED);
	assert_float_equal(budget_rate(&budget), 70, 0.01);
	assert_in_range(sent(&budget, now + 100, now + 100 + SECOND), 30, 71);
	budget_answered(&budget, now + SECOND, BUDGET_THROTTLED);
	assert_float_equal(budget_rate(&budget), 49, 0.01);
	/* Something is always left. */
	for (int i = 2; i < 100; i++)
		budget_answered(&budget, now + i * SECOND, BUDGET_THROTTLED);
	assert_float_equal(budget_rate(&budget), 10, 0.01);
	now += 99 * SECOND;
	budget_answered(&budget, now + SECOND / 2, BUDGET_TAKEN);
	assert_float_equal(budget_rate(&budget), 10, 0.01);
	for (int i = 1; i <= 10; i++)
		budget_answered(&budget, now + i * SECOND, BUDGET_TAKEN);
	assert_float_equal(budget_rate(&budget), 25.9, 0.1);
	for (int i = 11; i <= 60; i++)
		budget_answered(&budget, now + i * SECOND, BUDGET_TAKEN);
	assert_true(budget_rate(&budget) > 199.9);
}

/*
 * The first of many were throttled: those who come after them are slowed down
 * as much, but no more.  That some go and others come changes nothing.
 */
static void
test_throttled_while_they_come(void **state)
{
	struct budget budget;

	(void)state;
	ready(&budget, 20);
	budget_answered(&budget, MINUTE, BUDGET_THROTTLED);
	for (int i = 20; i < 2000; i++)
		budget_join(&budget, 20 * SECOND);
	assert_float_equal(budget_rate(&budget), 70, 0.01);
	for (int i = 0; i < 1000; i++) {
		budget_leave(&budget, 20 * SECOND);
		budget_join(&budget, 20 * SECOND);
	}
	assert_float_equal(budget_rate(&budget), 70, 0.01);
}

/* What did not reach the account has cost nothing. */
static void
test_unreached(void **state)
{
	struct budget budget;

	(void)state;
	ready(&budget, 1);
	for (int i = 0; i < 1000; i++) {
		assert_true(may_send(&budget, 0, -20 * SECOND, MINUTE));
		budget_answered(&budget, 0, BUDGET_UNREACHED);
	}
	assert_true(budget_rate(&budget) >= 1);
}

/* Of two who wait, the one with less time left goes first. */
static void
test_least_left_goes_first(void **state)
{
	struct budget budget;
	int64_t now = MINUTE;
	bool urgent = false;

	(void)state;
	ready(&budget, 2000);
	budget_answered(&budget, now, BUDGET_THROTTLED);
	exhaust(&budget, now);
	while (!urgent) {
		now++;
		assert_false(may_send(&budget, now, now - 20 * SECOND,
		    now + 40 * SECOND));
		urgent = may_send(&budget, now, now - 50 * SECOND,
		    now + 10 * SECOND);
	}
	assert_true(now < MINUTE + SECOND);
}

/* Who cannot wait does not, though there is nothing left. */
static void
test_due_goes_at_once(void **state)
{
	struct budget budget;

	(void)state;
	ready(&budget, 10);
	exhaust(&budget, 0);
	budget_answered(&budget, 0, BUDGET_THROTTLED);
	for (int i = 0; i < 100; i++)
		assert_true(may_send(&budget, 1, -MINUTE, 1));
	assert_true(may_send(&budget, 2, -MINUTE, -SECOND));
	/* A first heartbeat has no "since" at all. */
	assert_true(may_send(&budget, 2, INSTANT_NEVER, INT64_MIN));
	/* The overdraft is bounded: others are not shut out for ever. */
	assert_true(may_send(&budget, 2 + 10 * MINUTE, 0, 20 * MINUTE));
}

/* They come back at different times, later than they could and before due. */
static void
test_waiting_is_spread(void **state)
{
	struct budget budget;
	int64_t least = INSTANT_NEVER;
	int64_t most = 0;

	(void)state;
	ready(&budget, 2000);
	budget_answered(&budget, 0, BUDGET_THROTTLED);
	for (int i = 0; i < 1000; i++) {
		int64_t at =
		    budget_ask(&budget, 0, 20 * SECOND, -20 * SECOND, MINUTE);

		assert_in_range(at, 1, 15 * SECOND);
		least = instant_min(least, at);
		most = instant_max(most, at);
	}
	assert_true(most - least > 4 * SECOND);
}

/* A worker that begins, or takes many tasks at once. */
static void
test_first_heartbeats_do_not_wait(void **state)
{
	struct budget budget;

	(void)state;
	budget_init(&budget, 1, 0);
	for (int i = 0; i < 1000; i++) {
		budget_join(&budget, SECOND);
		assert_int_equal(budget_ask(&budget, 0, SECOND, 0, MINUTE), 0);
	}
}

/* Nobody throttles: who waits loses less than an interval. */
static void
test_waiting_is_short_unless_throttled(void **state)
{
	struct budget budget;

	(void)state;
	ready(&budget, 2000);
	(void)sent(&budget, 0, 1);
	for (int i = 0; i < 1000; i++)
		assert_in_range(budget_ask(&budget, 0, 20 * SECOND,
				    -20 * SECOND, MINUTE),
		    1, 11 * SECOND);
	budget_init(&budget, 1, 0);
	for (int i = 0; i < 5; i++)
		budget_join(&budget, 400);
	exhaust(&budget, 0);
	for (int i = 0; i < 100; i++)
		assert_in_range(budget_ask(&budget, 0, 400, -400, MINUTE), 1,
		    1000);
}

/* The same seed is the same chance. */
static void
test_a_seed_is_a_history(void **state)
{
	struct budget one, two;

	(void)state;
	ready(&one, 100);
	ready(&two, 100);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(budget_ask(&one, i, 20 * SECOND, i - SECOND,
				     i + MINUTE),
		    budget_ask(&two, i, 20 * SECOND, i - SECOND, i + MINUTE));
}

/* All that have come have gone. */
static void
test_joining_and_leaving(void **state)
{
	struct budget budget;

	(void)state;
	budget_init(&budget, 1, 0);
	for (int i = 1; i <= 5000; i++)
		budget_join(&budget, i * 7);
	for (int i = 5000; i >= 1; i--)
		budget_leave(&budget, i * 7);
	assert_float_equal(budget_rate(&budget), 1, 0);
	budget_answered(&budget, 0, BUDGET_THROTTLED);
	assert_true(budget_rate(&budget) > 0);
	assert_true(budget_ask(&budget, 0, 20 * SECOND, 0, MINUTE) <= MINUTE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_activity),
		cmocka_unit_test(test_no_burst_after_a_stall),
		cmocka_unit_test(test_throttled),
		cmocka_unit_test(test_throttled_while_they_come),
		cmocka_unit_test(test_unreached),
		cmocka_unit_test(test_least_left_goes_first),
		cmocka_unit_test(test_due_goes_at_once),
		cmocka_unit_test(test_waiting_is_spread),
		cmocka_unit_test(test_first_heartbeats_do_not_wait),
		cmocka_unit_test(test_waiting_is_short_unless_throttled),
		cmocka_unit_test(test_a_seed_is_a_history),
		cmocka_unit_test(test_joining_and_leaving),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
