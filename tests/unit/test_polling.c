/* SPDX-License-Identifier: MIT */
/*
 * tend/polling under a literal clock: how many polls, and when.
 */
#include "config.h"

#include "tend/polling.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/instant.h"

enum { SECOND = 1000, MINUTE = 60 * SECOND, SEEDS = 50 };

/* Starts all that are wanted; returns how many. */
static size_t
start(struct polling *p, size_t free_slots, int64_t now)
{
	size_t wanted = polling_wanted(p, free_slots, now);

	for (size_t i = 0; i < wanted; i++)
		polling_started(p);
	return wanted;
}

static void
test_a_poll_for_each_free_slot(void **state)
{
	struct polling p;

	(void)state;
	polling_init(&p, 8, 0, 1);
	assert_int_equal(start(&p, 3, 0), 3);
	assert_int_equal(start(&p, 3, 0), 0);
	assert_int_equal(polling_at(&p, 0), INSTANT_NEVER);
	/* A task takes a slot. */
	assert_true(polling_ended(&p, POLLING_TASK, 0, -1, 10));
	assert_int_equal(start(&p, 2, 10), 0);
	assert_int_equal(start(&p, 3, 20), 1);
	assert_int_equal(start(&p, 100, 20), 5);
	assert_int_equal(start(&p, 0, 20), 0);
}

static void
test_one_slot_one_poll(void **state)
{
	struct polling p;

	(void)state;
	polling_init(&p, 8, 0, 1);
	assert_int_equal(start(&p, 1, 0), 1);
	assert_true(polling_ended(&p, POLLING_TASK, 0, -1, 10));
	assert_int_equal(polling_wanted(&p, 0, 10), 0);
	assert_int_equal(polling_wanted(&p, 0, MINUTE), 0);
	assert_int_equal(polling_wanted(&p, 1, MINUTE), 1);
}

static void
test_no_more_tasks_than_asked_for(void **state)
{
	struct polling p;

	(void)state;
	polling_init(&p, 8, 3, 1);
	assert_int_equal(start(&p, 100, 0), 3);
	assert_true(polling_ended(&p, POLLING_EMPTY, 0, -1, MINUTE));
	assert_int_equal(start(&p, 100, MINUTE), 1);
	for (int i = 0; i < 3; i++) {
		assert_false(polling_is_over(&p));
		assert_true(polling_ended(&p, POLLING_TASK, MINUTE, -1,
		    MINUTE));
	}
	assert_true(polling_is_over(&p));
	assert_int_equal(start(&p, 100, MINUTE), 0);
}

static void
test_none_after_the_stop(void **state)
{
	struct polling p;

	(void)state;
	polling_init(&p, 8, 0, 1);
	assert_int_equal(start(&p, 2, 0), 2);
	polling_stop(&p);
	assert_true(polling_ended(&p, POLLING_EMPTY, 0, -1, MINUTE));
	assert_int_equal(start(&p, 100, MINUTE), 0);
	assert_int_equal(polling_at(&p, MINUTE), INSTANT_NEVER);
}

/* An empty answer after the service's 60 s is followed at once. */
static void
test_empty_answers(void **state)
{
	struct polling p;

	(void)state;
	polling_init(&p, 8, 0, 1);
	assert_int_equal(start(&p, 1, 0), 1);
	assert_true(polling_ended(&p, POLLING_EMPTY, 0, -1, MINUTE));
	assert_int_equal(start(&p, 1, MINUTE), 1);
	/* One that did not wait must not make a busy loop. */
	assert_true(polling_ended(&p, POLLING_EMPTY, MINUTE, -1, MINUTE + 1));
	assert_int_equal(start(&p, 1, MINUTE + 1), 0);
	assert_int_equal(polling_at(&p, MINUTE + 1), MINUTE + 200);
	assert_int_equal(start(&p, 1, MINUTE + 199), 0);
	assert_int_equal(start(&p, 1, MINUTE + 200), 1);
}

/* The pauses of ten answers in a row, each poll sent as soon as it may be. */
static void
pauses(enum polling_answer answer, uint64_t seed, int64_t out[10])
{
	struct polling p;
	int64_t now = 0;

	polling_init(&p, 8, 0, seed);
	assert_int_equal(start(&p, 1, now), 1);
	assert_true(polling_ended(&p, POLLING_EMPTY, now, -1, MINUTE));
	now = MINUTE;
	for (int i = 0; i < 10; i++) {
		assert_int_equal(start(&p, 8, now), i == 0 ? 8 : 1);
		assert_true(polling_ended(&p, answer, now, -1, now + 1));
		now++;
		assert_int_equal(polling_wanted(&p, 8, now), 0);
		out[i] = polling_at(&p, now) - now;
		/* The other seven say the same and change nothing. */
		for (int j = 0; i == 0 && j < 7; j++) {
			assert_true(polling_ended(&p, answer, MINUTE, -1,
			    now + 1));
			assert_int_equal(polling_at(&p, now) - now, out[i]);
		}
		assert_int_equal(polling_wanted(&p, 8, now + out[i] - 1), 0);
		now += out[i];
	}
}

static void
test_failures_back_off_to_a_minute(void **state)
{
	static const int64_t most[10] = { 250, 500, 1000, 2000, 4000, 8000,
		16000, 32000, 60000, 60000 };
	int64_t out[10];
	int64_t first = -1;
	bool varies = false;

	(void)state;
	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		pauses(seed % 2 == 0 ? POLLING_FAILED : POLLING_REFUSED, seed,
		    out);
		for (int i = 0; i < 10; i++)
			assert_in_range(out[i], most[i] / 2, most[i]);
		varies = varies || (first != -1 && out[5] != first);
		first = out[5];
	}
	assert_true(varies);
}

/* Six polls a minute at most, however many slots are free. */
static void
test_a_limit_is_a_long_pause(void **state)
{
	static const int64_t most[10] = { 20000, 40000, 60000, 60000, 60000,
		60000, 60000, 60000, 60000, 60000 };
	int64_t out[10];

	(void)state;
	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		pauses(POLLING_LIMIT, seed, out);
		for (int i = 0; i < 10; i++)
			assert_in_range(out[i], most[i] / 2, most[i]);
	}
}

/* After a failure one poll goes ahead; the others follow its answer. */
static void
test_one_goes_ahead(void **state)
{
	struct polling p;

	(void)state;
	polling_init(&p, 8, 0, 1);
	assert_int_equal(start(&p, 8, 0), 8);
	assert_true(polling_ended(&p, POLLING_FAILED, 0, -1, 1));
	assert_int_equal(start(&p, 8, MINUTE), 0);
	for (int i = 0; i < 7; i++)
		assert_true(polling_ended(&p, POLLING_FAILED, 0, -1, 2));
	assert_int_equal(start(&p, 8, MINUTE), 1);
	assert_int_equal(start(&p, 8, 2 * MINUTE), 0);
	assert_true(polling_ended(&p, POLLING_TASK, MINUTE, -1, 2 * MINUTE));
	assert_int_equal(start(&p, 7, 2 * MINUTE), 7);
	/* And the pauses begin anew. */
	assert_true(polling_ended(&p, POLLING_FAILED, 2 * MINUTE, -1,
	    3 * MINUTE));
	assert_in_range(polling_at(&p, 3 * MINUTE) - 3 * MINUTE, 125, 250);
}

static void
test_the_service_may_ask_for_more(void **state)
{
	struct polling p;

	(void)state;
	polling_init(&p, 8, 0, 1);
	assert_int_equal(start(&p, 1, 0), 1);
	assert_true(polling_ended(&p, POLLING_FAILED, 0, 5000, 10));
	assert_int_equal(polling_at(&p, 10), 5010);
	/* But not for a day: 5 s longer than it would be. */
	assert_int_equal(start(&p, 1, 5010), 1);
	assert_true(polling_ended(&p, POLLING_FAILED, 5010, 24 * 60 * MINUTE,
	    6000));
	assert_in_range(polling_at(&p, 6000), 6000 + 5250, 6000 + 5500);
}

static void
test_a_refusal_before_the_first_answer_is_the_end(void **state)
{
	struct polling p;

	(void)state;
	polling_init(&p, 8, 0, 1);
	assert_int_equal(start(&p, 2, 0), 2);
	assert_true(polling_ended(&p, POLLING_FAILED, 0, -1, 1));
	assert_false(polling_ended(&p, POLLING_REFUSED, 0, -1, 1));
	polling_init(&p, 8, 0, 1);
	assert_int_equal(start(&p, 2, 0), 2);
	assert_true(polling_ended(&p, POLLING_EMPTY, 0, -1, MINUTE));
	assert_true(polling_ended(&p, POLLING_REFUSED, 0, -1, MINUTE));
	assert_true(polling_at(&p, MINUTE) != INSTANT_NEVER);
}

static void
test_commands_that_cannot_be_executed(void **state)
{
	struct polling p;

	(void)state;
	polling_init(&p, 8, 0, 1);
	for (int i = 0; i < 4; i++)
		polling_unexecuted(&p, false, 0);
	assert_int_equal(polling_wanted(&p, 8, 0), 8);
	polling_executed(&p);
	for (int i = 0; i < 4; i++)
		polling_unexecuted(&p, false, 0);
	assert_int_equal(polling_wanted(&p, 8, 0), 8);
	polling_unexecuted(&p, false, 0);
	assert_in_range(polling_at(&p, 0), 1000, 2000);
	/* One at a time from here on, each pause longer than the one before,
	 * until one can be executed. */
	assert_int_equal(start(&p, 8, 2000), 1);
	assert_true(polling_ended(&p, POLLING_TASK, 2000, -1, 2000));
	polling_unexecuted(&p, false, 2000);
	assert_in_range(polling_at(&p, 2000) - 2000, 2000, 4000);
	for (int i = 0; i < 100; i++)
		polling_unexecuted(&p, false, MINUTE);
	assert_in_range(polling_at(&p, MINUTE) - MINUTE, MINUTE / 2, MINUTE);
	assert_int_equal(start(&p, 8, 2 * MINUTE), 1);
	assert_true(polling_ended(&p, POLLING_TASK, 2 * MINUTE, -1,
	    2 * MINUTE));
	polling_executed(&p);
	assert_int_equal(start(&p, 8, 2 * MINUTE), 8);
}

static void
test_want_of_resources_pauses_at_once(void **state)
{
	struct polling p;

	(void)state;
	polling_init(&p, 8, 0, 1);
	polling_unexecuted(&p, true, 0);
	assert_in_range(polling_at(&p, 0), 1000, 2000);
	assert_int_equal(start(&p, 8, 2000), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_poll_for_each_free_slot),
		cmocka_unit_test(test_one_slot_one_poll),
		cmocka_unit_test(test_no_more_tasks_than_asked_for),
		cmocka_unit_test(test_none_after_the_stop),
		cmocka_unit_test(test_empty_answers),
		cmocka_unit_test(test_failures_back_off_to_a_minute),
		cmocka_unit_test(test_a_limit_is_a_long_pause),
		cmocka_unit_test(test_one_goes_ahead),
		cmocka_unit_test(test_the_service_may_ask_for_more),
		cmocka_unit_test(
		    test_a_refusal_before_the_first_answer_is_the_end),
		cmocka_unit_test(test_commands_that_cannot_be_executed),
		cmocka_unit_test(test_want_of_resources_pauses_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
