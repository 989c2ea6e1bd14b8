/* SPDX-License-Identifier: MIT */
/* tend/numbers: what is counted as what. */
#include "config.h"

#include "tend/numbers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "activity/activity.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

static uint64_t
sum(const uint64_t *counts, size_t count)
{
	uint64_t all = 0;

	for (size_t i = 0; i < count; i++)
		all += counts[i];
	return all;
}

static void
test_polls(void **state)
{
	static const struct {
		enum numbers_poll how;
		bool good;
	} rows[] = {
		{ NUMBERS_POLL_TASK, true },
		{ NUMBERS_POLL_EMPTY, true },
		{ NUMBERS_POLL_LIMITED, true },
		{ NUMBERS_POLL_THROTTLED, false },
		{ NUMBERS_POLL_REFUSED, false },
		{ NUMBERS_POLL_ERROR, false },
	};
	struct numbers n;

	(void)state;
	assert_int_equal(ARRAY_SIZE(rows), NUMBERS_POLLS);
	numbers_init(&n);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		int64_t at = (int64_t)i * 100;

		numbers_poll(&n, NUMBERS_POLL_EMPTY, at, at + 1);
		n.polls[NUMBERS_POLL_EMPTY]--;
		numbers_poll(&n, rows[i].how, at + 2, at + 50);
		assert_int_equal(n.polls[rows[i].how], 1);
		assert_int_equal(n.health.polls.failures, rows[i].good ? 0 : 1);
	}
	assert_int_equal(sum(n.polls, NUMBERS_POLLS), NUMBERS_POLLS);
	assert_int_equal(n.throttles[NUMBERS_POLL], 1);
	assert_int_equal(sum(n.throttles, NUMBERS_CALLS), 1);
}

static void
test_heartbeats(void **state)
{
	static const struct {
		enum swf_class class;
		enum numbers_beat how;
		bool timed;
		bool good;
	} rows[] = {
		{ SWF_OK, NUMBERS_BEAT_ACCEPTED, true, true },
		{ SWF_GONE, NUMBERS_BEAT_GONE, true, true },
		{ SWF_INVALID, NUMBERS_BEAT_REFUSED, true, false },
		{ SWF_REFUSED, NUMBERS_BEAT_REFUSED, true, false },
		{ SWF_THROTTLED, NUMBERS_BEAT_THROTTLED, true, false },
		{ SWF_TRANSIENT, NUMBERS_BEAT_ERROR, false, false },
		{ SWF_AMBIGUOUS, NUMBERS_BEAT_ERROR, false, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct numbers n;

		numbers_init(&n);
		numbers_answered(&n, NUMBERS_HEARTBEAT, rows[i].class, 100,
		    120);
		assert_int_equal(n.beats[rows[i].how], 1);
		assert_int_equal(sum(n.beats, NUMBERS_BEATS), 1);
		/* 20 ms are up to 25. */
		assert_int_equal(n.latency.in[2], rows[i].timed ? 1 : 0);
		assert_int_equal(n.health.heartbeats.failures,
		    rows[i].good ? 0 : 1);
		assert_int_equal(n.throttles[NUMBERS_HEARTBEAT],
		    rows[i].class == SWF_THROTTLED ? 1 : 0);
	}
}

static void
test_heartbeats_without_an_answer(void **state)
{
	struct numbers n;

	(void)state;
	numbers_init(&n);
	numbers_problem(&n, NUMBERS_HEARTBEAT, "", "nobody there");
	numbers_unanswered(&n, NUMBERS_HEARTBEAT, 0, 5000);
	numbers_unanswered(&n, NUMBERS_REPORT, 0, 5000);
	assert_int_equal(n.beats[NUMBERS_BEAT_ERROR], 1);
	assert_int_equal(n.health.heartbeats.failures, 1);
	assert_string_equal(n.health.heartbeats.problem, "nobody there");
	assert_int_equal(sum(n.latency.in, METRICS_BOUNDS + 1), 0);
	numbers_idle(&n);
	assert_int_equal(n.health.heartbeats.failures, 0);
}

/* Reports and lookups make no health, and no histogram. */
static void
test_other_calls(void **state)
{
	struct numbers n;

	(void)state;
	numbers_init(&n);
	numbers_answered(&n, NUMBERS_REPORT, SWF_THROTTLED, 0, 10);
	numbers_answered(&n, NUMBERS_REPORT, SWF_OK, 0, 10);
	numbers_throttle(&n, NUMBERS_LOOKUP);
	numbers_retry(&n, NUMBERS_REPORT);
	numbers_retry(&n, NUMBERS_REPORT);
	numbers_problem(&n, NUMBERS_REPORT, "X", "y");
	assert_int_equal(n.throttles[NUMBERS_REPORT], 1);
	assert_int_equal(n.throttles[NUMBERS_LOOKUP], 1);
	assert_int_equal(n.retries[NUMBERS_REPORT], 2);
	assert_int_equal(sum(n.retries, NUMBERS_CALLS), 2);
	assert_int_equal(sum(n.beats, NUMBERS_BEATS), 0);
	assert_int_equal(sum(n.latency.in, METRICS_BOUNDS + 1), 0);
	assert_int_equal(n.health.heartbeats.failures, 0);
	assert_int_equal(n.health.polls.failures, 0);
}

static void
test_lateness(void **state)
{
	struct numbers n;

	(void)state;
	numbers_init(&n);
	numbers_beat_sent(&n, 1000, 1000);
	numbers_beat_sent(&n, 1000, 999);
	numbers_beat_sent(&n, 1000, 1002);
	numbers_beat_sent(&n, 1000, 61000);
	assert_int_equal(n.lateness.in[0], 2);
	assert_int_equal(n.lateness.in[1], 1);
	assert_int_equal(n.lateness.in[n.lateness.count], 1);
	assert_float_equal(n.lateness.sum, 60.002, 1e-9);
}

static void
test_tasks(void **state)
{
	static const struct {
		enum activity_kind kind;
		enum activity_delivery delivery;
		enum numbers_task how;
	} rows[] = {
		{ ACTIVITY_KIND_COMPLETED, ACTIVITY_DELIVERY_TAKEN,
		    NUMBERS_TASK_COMPLETED },
		{ ACTIVITY_KIND_COMPLETED, ACTIVITY_DELIVERY_ASSUMED,
		    NUMBERS_TASK_COMPLETED },
		{ ACTIVITY_KIND_COMPLETED, ACTIVITY_DELIVERY_GONE,
		    NUMBERS_TASK_LOST },
		{ ACTIVITY_KIND_COMPLETED, ACTIVITY_DELIVERY_REFUSED,
		    NUMBERS_TASK_UNREPORTED },
		{ ACTIVITY_KIND_COMPLETED, ACTIVITY_DELIVERY_NONE,
		    NUMBERS_TASK_UNREPORTED },
		{ ACTIVITY_KIND_COMPLETED, ACTIVITY_DELIVERY_UNKNOWN,
		    NUMBERS_TASK_UNREPORTED },
		{ ACTIVITY_KIND_FAILED, ACTIVITY_DELIVERY_TAKEN,
		    NUMBERS_TASK_FAILED },
		{ ACTIVITY_KIND_CANCELED, ACTIVITY_DELIVERY_TAKEN,
		    NUMBERS_TASK_CANCELED },
		{ ACTIVITY_KIND_NONE, ACTIVITY_DELIVERY_NONE,
		    NUMBERS_TASK_LOST },
		{ ACTIVITY_KIND_NONE, ACTIVITY_DELIVERY_GONE,
		    NUMBERS_TASK_LOST },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct activity_outcome outcome = {
			.kind = rows[i].kind,
			.delivery = rows[i].delivery,
		};
		struct numbers n;

		numbers_init(&n);
		numbers_outcome(&n, &outcome);
		assert_int_equal(n.tasks[rows[i].how], 1);
		assert_int_equal(sum(n.tasks, NUMBERS_TASKS), 1);
	}
}

static void
test_bytes(void **state)
{
	struct numbers n;

	(void)state;
	numbers_init(&n);
	numbers_output(&n, NUMBERS_STDOUT, 7);
	numbers_output(&n, NUMBERS_STDOUT, 1);
	numbers_output(&n, NUMBERS_STDERR, 3);
	assert_int_equal(n.bytes[NUMBERS_STDOUT], 8);
	assert_int_equal(n.bytes[NUMBERS_STDERR], 3);
}

/* Who has none counts nothing. */
static void
test_none(void **state)
{
	const struct activity_outcome outcome = { 0 };

	(void)state;
	numbers_problem(NULL, NUMBERS_POLL, "", "");
	numbers_poll(NULL, NUMBERS_POLL_TASK, 0, 0);
	numbers_beat_sent(NULL, 0, 0);
	numbers_answered(NULL, NUMBERS_HEARTBEAT, SWF_OK, 0, 0);
	numbers_unanswered(NULL, NUMBERS_HEARTBEAT, 0, 0);
	numbers_retry(NULL, NUMBERS_POLL);
	numbers_throttle(NULL, NUMBERS_POLL);
	numbers_outcome(NULL, &outcome);
	numbers_task(NULL, NUMBERS_TASK_LOST);
	numbers_idle(NULL);
	numbers_output(NULL, NUMBERS_STDOUT, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_polls),
		cmocka_unit_test(test_heartbeats),
		cmocka_unit_test(test_heartbeats_without_an_answer),
		cmocka_unit_test(test_other_calls),
		cmocka_unit_test(test_lateness),
		cmocka_unit_test(test_tasks),
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
