/* SPDX-License-Identifier: MIT */
/*
 * tend/share: one real activity and a real budget.
 */
#include "config.h"

#include "tend/share.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include <cmocka.h>

#include "activity/activity.h"
#include "base/instant.h"
#include "tend/budget.h"

enum { SECOND = 1000, MINUTE = 60 * SECOND };

struct scene {
	struct budget budget;
	struct activity activity;
	struct share share;
};

/* An activity that is about to send its first heartbeat. */
static void
begin(struct scene *scene, bool with_budget)
{
	const struct activity_config config = {
		.heartbeat_timeout = MINUTE,
		.lease = true,
		.heartbeat_interval = INSTANT_NEVER,
		.kill_after = 10 * SECOND,
		.stop_deadline = 30 * SECOND,
		.stall_timeout = INSTANT_NEVER,
		.time_limit = INSTANT_NEVER,
		.report_timeout = 10 * MINUTE,
	};

	budget_init(&scene->budget, 1, 0);
	activity_init(&scene->activity, &config);
	share_init(&scene->share, with_budget ? &scene->budget : NULL);
}

static void
answer(struct scene *scene, enum activity_event_type type,
    enum activity_failure failure)
{
	const struct activity_event event = { .type = type,
		.failure = failure };

	share_answered(&scene->share, &event, 2 * SECOND);
}

/* Whether this failure is one that makes it send less. */
static bool
slows_down(enum activity_failure failure)
{
	struct scene scene;
	double before;

	begin(&scene, true);
	(void)share_ask(&scene.share, &scene.activity, 0);
	before = budget_rate(&scene.budget);
	answer(&scene, ACTIVITY_HEARTBEAT_FAILED, failure);
	return budget_rate(&scene.budget) < before;
}

static void
test_comes_and_goes(void **state)
{
	struct scene scene;

	(void)state;
	begin(&scene, true);
	share_leave(&scene.share);
	assert_int_equal(scene.budget.members, 0);
	assert_int_equal(share_ask(&scene.share, &scene.activity, 0), 0);
	assert_int_equal(share_ask(&scene.share, &scene.activity, 1), 1);
	assert_int_equal(scene.budget.members, 1);
	share_leave(&scene.share);
	share_leave(&scene.share);
	assert_int_equal(scene.budget.members, 0);
}

/* What it leaves is what it came with last. */
static void
test_another_interval(void **state)
{
	struct scene scene;
	double rate;

	(void)state;
	begin(&scene, true);
	budget_join(&scene.budget, MINUTE);
	(void)share_ask(&scene.share, &scene.activity, 0);
	rate = budget_rate(&scene.budget);
	scene.activity.interval = SECOND / 2;
	(void)share_ask(&scene.share, &scene.activity, 1);
	assert_int_equal(scene.budget.members, 2);
	assert_true(budget_rate(&scene.budget) > rate);
	share_leave(&scene.share);
	assert_int_equal(scene.budget.members, 1);
	assert_true(scene.budget.need > 0.99 / MINUTE);
	assert_true(scene.budget.need < 1.01 / MINUTE);
}

static void
test_only_throttling_slows_down(void **state)
{
	(void)state;
	assert_true(slows_down(ACTIVITY_FAILURE_THROTTLED));
	assert_false(slows_down(ACTIVITY_FAILURE_TRANSIENT));
	assert_false(slows_down(ACTIVITY_FAILURE_AMBIGUOUS));
	assert_false(slows_down(ACTIVITY_FAILURE_GONE));
	assert_false(slows_down(ACTIVITY_FAILURE_REFUSED));
}

/* What a report's failure means, the budget does not hear. */
static void
test_reports_do_not_count(void **state)
{
	struct scene scene;
	double before;

	(void)state;
	begin(&scene, true);
	(void)share_ask(&scene.share, &scene.activity, 0);
	before = budget_rate(&scene.budget);
	answer(&scene, ACTIVITY_REPORT_FAILED, ACTIVITY_FAILURE_THROTTLED);
	assert_true(budget_rate(&scene.budget) >= before);
}

/* Nobody knows whether one without an answer has cost anything. */
static void
test_given_up(void **state)
{
	struct scene scene;
	double before;

	(void)state;
	begin(&scene, true);
	before = scene.budget.level;
	(void)share_ask(&scene.share, &scene.activity, 0);
	assert_true(scene.budget.level < before);
	share_given_up(&scene.share, 0);
	assert_true(scene.budget.level >= before);
}

static void
test_no_budget(void **state)
{
	struct scene scene;

	(void)state;
	begin(&scene, false);
	for (int64_t now = 0; now < 100; now++)
		assert_int_equal(share_ask(&scene.share, &scene.activity, now),
		    now);
	answer(&scene, ACTIVITY_HEARTBEAT_FAILED, ACTIVITY_FAILURE_THROTTLED);
	share_given_up(&scene.share, 0);
	share_leave(&scene.share);
	assert_int_equal(scene.budget.members, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_comes_and_goes),
		cmocka_unit_test(test_another_interval),
		cmocka_unit_test(test_only_throttling_slows_down),
		cmocka_unit_test(test_reports_do_not_count),
		cmocka_unit_test(test_given_up),
		cmocka_unit_test(test_no_budget),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
