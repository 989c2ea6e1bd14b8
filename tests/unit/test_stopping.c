/* SPDX-License-Identifier: MIT */
/*
 * activity: the ladder for every cause, tend itself being told to stop, what
 * the command leaves behind, and a guard that is lost.
 */
#include "config.h"

#include "activity/activity.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "activity_rig.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

static const enum activity_cause causes[] = {
	ACTIVITY_CAUSE_CANCEL,
	ACTIVITY_CAUSE_STOPPED,
	ACTIVITY_CAUSE_STALLED,
	ACTIVITY_CAUSE_TIME_LIMIT,
	ACTIVITY_CAUSE_GONE,
	ACTIVITY_CAUSE_LEASE_LOST,
};

/* ---- the ladder --------------------------------------------------------- */

/* A second cause never restarts the timer. */
static void
test_causes_do_not_add_up(void **state)
{
	struct rig rig;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(causes); i++) {
		int64_t now = rig_stopping(&rig, causes[i]);
		int64_t kill_at = rig.stop_kill_at;

		rig_simple(&rig, now + 2000, ACTIVITY_GUARD_STOPPING);
		if (rig.heartbeat_open)
			rig_heartbeat_ok(&rig, now + 3000, true);
		rig_stop(&rig, now + 4000, SIGTERM);
		assert_int_equal(rig.stops, 1);
		assert_int_equal(rig.stop_kill_at, kill_at);
		assert_int_equal(activity_outcome(&rig.activity)->cause,
		    causes[i]);
	}
}

/* The grace is the tree's: it ends when the last one is gone, not earlier. */
static void
test_nothing_is_told_while_somebody_lives(void **state)
{
	struct rig rig;
	int64_t now = rig_stopping(&rig, ACTIVITY_CAUSE_CANCEL);

	(void)state;
	rig_exited(&rig, now + 5, 0, 0, true);
	rig_pass_healthy(&rig, now + 9 * SECOND);
	assert_int_equal(rig.reports, 0);
	assert_null(rig_action(&rig, ACTIVITY_ACT_READ_OUTPUT));
	rig_simple(&rig, now + 9 * SECOND, ACTIVITY_TREE_EMPTY);
	assert_non_null(rig_action(&rig, ACTIVITY_ACT_READ_OUTPUT));
	assert_int_equal(rig.reports, 0);
	rig_simple(&rig, now + 9 * SECOND, ACTIVITY_OUTPUT_READ);
	assert_int_equal(rig.reports, 1);
	assert_int_equal(rig.kills, 0);
}

/* Everything is over well before the grace is: so is the wait. */
static void
test_grace_ends_with_the_tree(void **state)
{
	struct rig rig;
	int64_t now = rig_stopping(&rig, ACTIVITY_CAUSE_CANCEL);

	(void)state;
	rig_exited(&rig, now + 50, 0, SIGTERM, true);
	rig_emptied(&rig, now + 51);
	assert_int_equal(rig.report_at, now + 51);
}

static void
test_leftovers_are_stopped_with_the_same_ladder(void **state)
{
	struct activity_config config = rig_config();
	struct rig rig;

	(void)state;
	rig_running(&rig, &config);
	rig_exited(&rig, 5000, 0, 0, false);
	rig_state(&rig, ACTIVITY_DRAINING);
	assert_int_equal(rig.stops, 1);
	assert_int_equal(rig.stop_kill_at, 15000);
	rig_pass_healthy(&rig, 15000);
	rig_simple(&rig, 15000, ACTIVITY_GUARD_KILLING);
	assert_int_equal(rig.reports, 0);
	rig_event(&rig, 15002,
	    (struct activity_event){
		.type = ACTIVITY_TREE_EMPTY, .exit = { .forced = true } });
	rig_simple(&rig, 15003, ACTIVITY_OUTPUT_READ);
	rig_report_ok(&rig, 15010);
	rig_verdict(&rig, ACTIVITY_KIND_COMPLETED, ACTIVITY_CAUSE_EXIT,
	    ACTIVITY_DELIVERY_TAKEN, 0);
	assert_true(activity_outcome(&rig.activity)->exit.forced);
}

static void
test_leftovers_may_be_left(void **state)
{
	struct activity_config config = rig_config();
	struct rig rig;

	(void)state;
	config.leave_leftovers = true;
	rig_running(&rig, &config);
	rig_exited(&rig, 5000, 0, 0, false);
	assert_int_equal(rig.stops, 0);
	assert_int_equal(rig.actions.count, 2);
	assert_int_equal(rig.actions.list[0].type, ACTIVITY_ACT_RELEASE);
	assert_int_equal(rig.actions.list[1].type, ACTIVITY_ACT_READ_OUTPUT);
	/* There is nobody who could be stopped. */
	rig_stop(&rig, 5001, SIGTERM);
	rig_stop(&rig, 5001, SIGTERM);
	assert_int_equal(rig.actions.count, 0);
	/* Those two do not count any more. */
	rig_simple(&rig, 5001, ACTIVITY_TREE_EMPTY);
	rig_simple(&rig, 5002, ACTIVITY_GUARD_LOST);
	assert_int_equal(rig.actions.count, 0);
	rig_simple(&rig, 5003, ACTIVITY_OUTPUT_READ);
	rig_report_ok(&rig, 5010);
	rig_verdict(&rig, ACTIVITY_KIND_COMPLETED, ACTIVITY_CAUSE_EXIT,
	    ACTIVITY_DELIVERY_TAKEN, 0);
}

/* Who is being stopped is not left behind, whatever the option says. */
static void
test_a_stop_leaves_nobody_behind(void **state)
{
	struct activity_config config = rig_config();
	struct rig rig;

	(void)state;
	config.leave_leftovers = true;
	rig_running(&rig, &config);
	rig_stop(&rig, 5000, SIGTERM);
	rig_exited(&rig, 5001, 0, 0, false);
	assert_int_equal(rig.releases, 0);
	rig_state(&rig, ACTIVITY_DRAINING);
	assert_int_equal(rig.reports, 0);
}

static void
test_a_process_that_cannot_be_killed(void **state)
{
	struct rig rig;
	int64_t now = rig_stopping(&rig, ACTIVITY_CAUSE_CANCEL);

	(void)state;
	rig_simple(&rig, now + 10 * SECOND, ACTIVITY_GUARD_KILLING);
	rig_exited(&rig, now + 10 * SECOND, 0, SIGKILL, true);
	rig_pass_healthy(&rig, now + 40 * SECOND - 1);
	rig_state(&rig, ACTIVITY_DRAINING);
	rig_simple(&rig, now + 40 * SECOND, ACTIVITY_TICK);
	rig_state(&rig, ACTIVITY_REPORTING);
	rig_simple(&rig, now + 40 * SECOND, ACTIVITY_TREE_EMPTY);
	rig_report_ok(&rig, now + 40 * SECOND);
	rig_verdict(&rig, ACTIVITY_KIND_FAILED, ACTIVITY_CAUSE_UNKILLABLE,
	    ACTIVITY_DELIVERY_TAKEN, 125);
}

/* A guard that says nothing is killed; so is what it guards, or it is not. */
static void
test_a_guard_that_hangs(void **state)
{
	struct rig rig;
	int64_t now = rig_stopping(&rig, ACTIVITY_CAUSE_GONE);

	(void)state;
	rig_pass(&rig, now + 20 * SECOND - 1);
	rig_state(&rig, ACTIVITY_STOPPING);
	assert_int_equal(rig.guard_kills, 0);
	rig_simple(&rig, now + 20 * SECOND, ACTIVITY_TICK);
	assert_int_equal(rig.guard_kills, 1);
	rig_simple(&rig, now + 20 * SECOND, ACTIVITY_GUARD_LOST);
	rig_pass(&rig, now + 50 * SECOND - 1);
	rig_state(&rig, ACTIVITY_DRAINING);
	assert_int_equal(rig.guard_kills, 1);
	rig_simple(&rig, now + 50 * SECOND, ACTIVITY_TICK);
	rig_verdict(&rig, ACTIVITY_KIND_NONE, ACTIVITY_CAUSE_GUARD_LOST,
	    ACTIVITY_DELIVERY_NONE, 125);
}

/* One that is late is not. */
static void
test_a_guard_that_begins_late(void **state)
{
	struct rig rig;
	int64_t now = rig_stopping(&rig, ACTIVITY_CAUSE_CANCEL);

	(void)state;
	rig_pass_healthy(&rig, now + 20 * SECOND - 1);
	rig_simple(&rig, now + 20 * SECOND - 1, ACTIVITY_GUARD_KILLING);
	rig_pass_healthy(&rig, now + 30 * SECOND);
	rig_exited(&rig, now + 30 * SECOND, 0, SIGKILL, true);
	rig_emptied(&rig, now + 30 * SECOND);
	rig_report_ok(&rig, now + 30 * SECOND);
	rig_verdict(&rig, ACTIVITY_KIND_CANCELED, ACTIVITY_CAUSE_CANCEL,
	    ACTIVITY_DELIVERY_TAKEN, 128 + SIGKILL);
	assert_int_equal(rig.guard_kills, 0);
}

/* After a suspend the guard gets its 30 s all the same. */
static void
test_a_suspend_makes_nobody_unkillable(void **state)
{
	struct rig rig;
	int64_t now = rig_stopping(&rig, ACTIVITY_CAUSE_GONE) + 3600 * SECOND;

	(void)state;
	rig_simple(&rig, now, ACTIVITY_TICK);
	rig_state(&rig, ACTIVITY_STOPPING);
	rig_simple(&rig, now + 1, ACTIVITY_GUARD_KILLING);
	rig_exited(&rig, now + 2, 0, SIGKILL, true);
	rig_emptied(&rig, now + 2);
	rig_verdict(&rig, ACTIVITY_KIND_NONE, ACTIVITY_CAUSE_GONE,
	    ACTIVITY_DELIVERY_NONE, 123);
}

/* ---- tend itself is told to stop ---------------------------------------- */

/* The grace is cut so that 2 s are left for the report. */
static void
test_the_stop_deadline_cuts_the_grace(void **state)
{
	static const struct {
		int64_t kill_after;
		int64_t deadline;
		int64_t grace;
	} rows[] = {
		{ 10000, 30000, 10000 },
		{ 10000, 12000, 10000 },
		{ 10000, 10000, 8000 },
		{ 10000, 2001, 1 },
		{ 10000, 2000, 0 },
		{ 10000, 500, 0 },
		{ 0, 30000, 0 },
		{ 10000, INSTANT_NEVER, 10000 },
	};
	struct activity_config config = rig_config();
	struct rig rig;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		config.kill_after = rows[i].kill_after;
		config.stop_deadline = rows[i].deadline;
		rig_running(&rig, &config);
		rig_stop(&rig, 100, SIGTERM);
		assert_int_equal(rig.stop_kill_at, 100 + rows[i].grace);
		/* Also when the request itself says what is left. */
		config.stop_deadline = 3000;
		rig_running(&rig, &config);
		rig_event(&rig, 100,
		    (struct activity_event){
			.type = ACTIVITY_STOP_REQUESTED,
			.signal = SIGTERM,
			.deadline = rows[i].deadline,
		    });
		assert_int_equal(rig.stop_kill_at, 100 + rows[i].grace);
		config.stop_deadline = rows[i].deadline;
		/* Also when it is being stopped for another reason. */
		rig_running(&rig, &config);
		rig_pass(&rig, 20 * SECOND);
		rig_heartbeat_ok(&rig, 20 * SECOND, true);
		rig_stop(&rig, 20 * SECOND, SIGTERM);
		assert_int_equal(rig.stop_kill_at, 20 * SECOND + rows[i].grace);
		rig_state(&rig, ACTIVITY_STOPPING);
		assert_int_equal(activity_outcome(&rig.activity)->cause,
		    ACTIVITY_CAUSE_CANCEL);
	}
}

/* Left-overs are in the way of the deadline too. */
static void
test_the_stop_deadline_cuts_the_grace_of_leftovers(void **state)
{
	struct activity_config config = rig_config();
	struct rig rig;

	(void)state;
	config.stop_deadline = 5 * SECOND;
	rig_running(&rig, &config);
	rig_exited(&rig, 1000, 0, 0, false);
	assert_int_equal(rig.stop_kill_at, 11000);
	rig_stop(&rig, 2000, SIGTERM);
	assert_int_equal(rig.stop_kill_at, 5000);
	assert_int_equal(rig.stops, 2);
	rig_emptied(&rig, 2100);
	rig_report_ok(&rig, 2200);
	/* The outcome had been decided before. */
	rig_verdict(&rig, ACTIVITY_KIND_COMPLETED, ACTIVITY_CAUSE_EXIT,
	    ACTIVITY_DELIVERY_TAKEN, 0);
}

/* A second request is SIGKILL now; a third does not wait for the report. */
static void
test_three_requests_escalate(void **state)
{
	struct activity_config config = rig_config();
	struct rig rig;

	(void)state;
	rig_running(&rig, &config);
	rig_stop(&rig, 100, SIGTERM);
	assert_int_equal(rig.kills, 0);
	rig_stop(&rig, 200, SIGINT);
	assert_int_equal(rig.kills, 1);
	assert_int_equal(rig.stops, 1);
	rig_stop(&rig, 300, SIGINT);
	assert_int_equal(rig.actions.count, 0);
	rig_stop(&rig, 301, SIGINT);
	assert_int_equal(rig.actions.count, 0);
	rig_exited(&rig, 310, 0, SIGKILL, true);
	rig_simple(&rig, 311, ACTIVITY_TREE_EMPTY);
	rig_verdict(&rig, ACTIVITY_KIND_FAILED, ACTIVITY_CAUSE_STOPPED,
	    ACTIVITY_DELIVERY_NONE, 128 + SIGTERM);
	assert_int_equal(rig.reports, 0);
}

/* Who does not die of it either is given up 30 s after that. */
static void
test_a_second_request_is_the_last_word(void **state)
{
	struct activity_config config = rig_config();
	struct rig rig;

	(void)state;
	rig_running(&rig, &config);
	rig_stop(&rig, 100, SIGTERM);
	rig_stop(&rig, 200, SIGTERM);
	rig_pass_healthy(&rig, 30199);
	rig_state(&rig, ACTIVITY_STOPPING);
	rig_pass_healthy(&rig, 30200);
	assert_int_equal(activity_outcome(&rig.activity)->cause,
	    ACTIVITY_CAUSE_UNKILLABLE);
}

static void
test_a_third_request_waits_for_a_second_at_most(void **state)
{
	struct activity_config config = rig_config();
	struct rig rig;

	(void)state;
	rig_running(&rig, &config);
	rig_stop(&rig, 100, SIGTERM);
	rig_stop(&rig, 200, SIGTERM);
	rig_stop(&rig, 300, SIGTERM);
	rig_simple(&rig, 1299, ACTIVITY_TICK);
	rig_state(&rig, ACTIVITY_STOPPING);
	assert_int_equal(activity_deadline(&rig.activity), 1300);
	rig_simple(&rig, 1300, ACTIVITY_TICK);
	rig_verdict(&rig, ACTIVITY_KIND_FAILED, ACTIVITY_CAUSE_STOPPED,
	    ACTIVITY_DELIVERY_NONE, 128 + SIGTERM);
}

static void
test_a_third_request_ends_reporting_at_once(void **state)
{
	struct activity_config config = rig_config();
	struct rig rig;

	(void)state;
	rig_running(&rig, &config);
	rig_exited(&rig, 100, 4, 0, false);
	rig_emptied(&rig, 101);
	rig_stop(&rig, 200, SIGTERM);
	rig_stop(&rig, 201, SIGTERM);
	assert_int_equal(rig.actions.count, 0);
	rig_stop(&rig, 202, SIGTERM);
	rig_verdict(&rig, ACTIVITY_KIND_FAILED, ACTIVITY_CAUSE_EXIT,
	    ACTIVITY_DELIVERY_UNKNOWN, 4);
}

/* Output that nobody takes does not eat the time of the report. */
static void
test_a_stop_bounds_the_wait_for_output(void **state)
{
	struct activity_config config = rig_config();
	struct rig rig;

	(void)state;
	config.stop_deadline = 5 * SECOND;
	rig_running(&rig, &config);
	rig_stop(&rig, 100, SIGTERM);
	rig_exited(&rig, 200, 0, SIGTERM, true);
	rig_simple(&rig, 201, ACTIVITY_TREE_EMPTY);
	rig_simple(&rig, 4099, ACTIVITY_TICK);
	assert_int_equal(rig.reports, 0);
	rig_simple(&rig, 4100, ACTIVITY_TICK);
	assert_int_equal(rig.reports, 1);
	rig_simple(&rig, 4200, ACTIVITY_OUTPUT_READ);
	assert_int_equal(rig.actions.count, 0);
	/* The same when the stop comes while it is being read. */
	rig_running(&rig, &config);
	rig_exited(&rig, 200, 0, 0, false);
	rig_simple(&rig, 201, ACTIVITY_TREE_EMPTY);
	rig_pass_healthy(&rig, 9000);
	rig_stop(&rig, 9000, SIGTERM);
	rig_simple(&rig, 12999, ACTIVITY_TICK);
	assert_int_equal(rig.reports, 0);
	rig_simple(&rig, 13000, ACTIVITY_TICK);
	assert_int_equal(rig.reports, 1);
}

/* All is over by the stop deadline, delivered or not. */
static void
test_the_stop_deadline_ends_the_report(void **state)
{
	struct activity_config config = rig_config();
	struct rig rig;

	(void)state;
	rig_running(&rig, &config);
	rig_stop(&rig, 100, SIGTERM);
	rig_exited(&rig, 200, 0, SIGTERM, true);
	rig_emptied(&rig, 201);
	while (rig.now < 30099) {
		if (rig.report_open)
			rig_report_failed(&rig, rig.now,
			    ACTIVITY_FAILURE_TRANSIENT);
		if (rig.heartbeat_open)
			rig_heartbeat_ok(&rig, rig.now, false);
		rig_simple(&rig,
		    instant_min(30099, activity_deadline(&rig.activity)),
		    ACTIVITY_TICK);
	}
	rig_state(&rig, ACTIVITY_REPORTING);
	rig_simple(&rig, 30100, ACTIVITY_TICK);
	rig_verdict(&rig, ACTIVITY_KIND_FAILED, ACTIVITY_CAUSE_STOPPED,
	    ACTIVITY_DELIVERY_NONE, 128 + SIGTERM);
}

/* Even a deadline that is over leaves time for one attempt. */
static void
test_an_outcome_is_tried_once_at_least(void **state)
{
	struct activity_config config = rig_config();
	struct rig rig;

	(void)state;
	config.stop_deadline = 0;
	rig_running(&rig, &config);
	rig_stop(&rig, 100, SIGTERM);
	rig_exited(&rig, 200, 0, SIGKILL, true);
	rig_emptied(&rig, 201);
	assert_int_equal(rig.reports, 1);
	rig_simple(&rig, 1200, ACTIVITY_TICK);
	rig_state(&rig, ACTIVITY_REPORTING);
	rig_simple(&rig, 1201, ACTIVITY_TICK);
	rig_verdict(&rig, ACTIVITY_KIND_FAILED, ACTIVITY_CAUSE_STOPPED,
	    ACTIVITY_DELIVERY_UNKNOWN, 128 + SIGTERM);
}

/* ---- the guard is lost -------------------------------------------------- */

static void
test_a_lost_guard_is_never_completed(void **state)
{
	struct activity_config config = rig_config();
	struct rig rig;

	(void)state;
	rig_running(&rig, &config);
	rig_simple(&rig, 5000, ACTIVITY_GUARD_LOST);
	assert_int_equal(rig.actions.count, 0);
	/* It cannot be told to stop any more. */
	rig_stop(&rig, 5500, SIGTERM);
	rig_stop(&rig, 5500, SIGTERM);
	assert_int_equal(rig.stops + rig.kills, 0);
	rig_pass_healthy(&rig, 6000);
	assert_int_equal(rig.reports, 0);
	rig_emptied(&rig, 6001);
	rig_report_ok(&rig, 6002);
	rig_verdict(&rig, ACTIVITY_KIND_FAILED, ACTIVITY_CAUSE_GUARD_LOST,
	    ACTIVITY_DELIVERY_TAKEN, 125);
	assert_false(activity_outcome(&rig.activity)->exit.known);
}

static void
test_a_lost_guard_does_not_change_a_known_end(void **state)
{
	struct activity_config config = rig_config();
	struct rig rig;

	(void)state;
	rig_running(&rig, &config);
	rig_exited(&rig, 5000, 7, 0, false);
	rig_simple(&rig, 5001, ACTIVITY_GUARD_LOST);
	rig_emptied(&rig, 5002);
	rig_report_ok(&rig, 5003);
	rig_verdict(&rig, ACTIVITY_KIND_FAILED, ACTIVITY_CAUSE_EXIT,
	    ACTIVITY_DELIVERY_TAKEN, 7);
}

static void
test_orphans_of_a_lost_guard_are_waited_for_30_s(void **state)
{
	struct activity_config config = rig_config();
	struct rig rig;

	(void)state;
	rig_running(&rig, &config);
	rig_simple(&rig, 5000, ACTIVITY_GUARD_LOST);
	rig_pass_healthy(&rig, 34999);
	assert_int_equal(rig.reports, 0);
	rig_pass_healthy(&rig, 35000);
	assert_int_equal(rig.reports, 1);
	rig_report_ok(&rig, 35010);
	rig_verdict(&rig, ACTIVITY_KIND_FAILED, ACTIVITY_CAUSE_GUARD_LOST,
	    ACTIVITY_DELIVERY_TAKEN, 125);
}

/* Also if the guard had been killing for long, stopped together with us. */
static void
test_the_sweep_gets_its_own_30_s(void **state)
{
	struct rig rig;
	int64_t now = rig_stopping(&rig, ACTIVITY_CAUSE_GONE);

	(void)state;
	rig_simple(&rig, now + 10 * SECOND, ACTIVITY_GUARD_KILLING);
	rig_simple(&rig, now + 60 * SECOND, ACTIVITY_GUARD_LOST);
	rig_simple(&rig, now + 60 * SECOND, ACTIVITY_TICK);
	rig_state(&rig, ACTIVITY_DRAINING);
	rig_emptied(&rig, now + 60 * SECOND + 5);
	rig_verdict(&rig, ACTIVITY_KIND_NONE, ACTIVITY_CAUSE_GUARD_LOST,
	    ACTIVITY_DELIVERY_NONE, 125);
}

/* A guard that was started ahead, and is gone when it is needed. */
static void
test_a_guard_lost_before_the_start_starts_nothing(void **state)
{
	struct activity_config config = rig_config();
	struct rig rig;

	(void)state;
	config.heartbeat_first = true;
	rig_ready(&rig, &config);
	rig_simple(&rig, 0, ACTIVITY_BEGIN);
	rig_simple(&rig, 1, ACTIVITY_GUARD_LOST);
	rig_simple(&rig, 2, ACTIVITY_TREE_EMPTY);
	rig_state(&rig, ACTIVITY_PREPARING);
	rig_heartbeat_ok(&rig, 10, false);
	assert_int_equal(rig.starts, 0);
	rig_report_ok(&rig, 20);
	rig_verdict(&rig, ACTIVITY_KIND_FAILED, ACTIVITY_CAUSE_GUARD_LOST,
	    ACTIVITY_DELIVERY_TAKEN, 125);
}

/* An empty tree without a word about the command's end proves nothing. */
static void
test_an_unknown_end_is_never_completed(void **state)
{
	struct activity_config config = rig_config();
	struct rig rig;

	(void)state;
	rig_running(&rig, &config);
	rig_emptied(&rig, 6001);
	rig_report_ok(&rig, 6002);
	rig_verdict(&rig, ACTIVITY_KIND_FAILED, ACTIVITY_CAUSE_GUARD_LOST,
	    ACTIVITY_DELIVERY_TAKEN, 125);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_causes_do_not_add_up),
		cmocka_unit_test(test_nothing_is_told_while_somebody_lives),
		cmocka_unit_test(test_grace_ends_with_the_tree),
		cmocka_unit_test(
		    test_leftovers_are_stopped_with_the_same_ladder),
		cmocka_unit_test(test_leftovers_may_be_left),
		cmocka_unit_test(test_a_stop_leaves_nobody_behind),
		cmocka_unit_test(test_a_process_that_cannot_be_killed),
		cmocka_unit_test(test_a_guard_that_hangs),
		cmocka_unit_test(test_a_guard_that_begins_late),
		cmocka_unit_test(test_a_suspend_makes_nobody_unkillable),
		cmocka_unit_test(test_the_stop_deadline_cuts_the_grace),
		cmocka_unit_test(
		    test_the_stop_deadline_cuts_the_grace_of_leftovers),
		cmocka_unit_test(test_three_requests_escalate),
		cmocka_unit_test(test_a_second_request_is_the_last_word),
		cmocka_unit_test(
		    test_a_third_request_waits_for_a_second_at_most),
		cmocka_unit_test(test_a_third_request_ends_reporting_at_once),
		cmocka_unit_test(test_a_stop_bounds_the_wait_for_output),
		cmocka_unit_test(test_the_stop_deadline_ends_the_report),
		cmocka_unit_test(test_an_outcome_is_tried_once_at_least),
		cmocka_unit_test(test_a_lost_guard_is_never_completed),
		cmocka_unit_test(test_a_lost_guard_does_not_change_a_known_end),
		cmocka_unit_test(
		    test_orphans_of_a_lost_guard_are_waited_for_30_s),
		cmocka_unit_test(test_the_sweep_gets_its_own_30_s),
		cmocka_unit_test(
		    test_a_guard_lost_before_the_start_starts_nothing),
		cmocka_unit_test(test_an_unknown_end_is_never_completed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
