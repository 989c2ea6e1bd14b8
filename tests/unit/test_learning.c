/* SPDX-License-Identifier: MIT */
/*
 * activity: the timeouts of a task become known while it is under way.
 */
#include "config.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "activity/lease.h"
#include "activity_rig.h"

/* Nothing is known: a schedule as if T were 10 s, which kills nobody. */
static struct activity_config
unknown(void)
{
	struct activity_config config = rig_config();

	config.heartbeat_timeout = 10 * SECOND;
	config.heartbeat_interval = INSTANT_NEVER;
	config.lease = false;
	return config;
}

/* T, and how long the task may be open from "started_at" on. */
static void
learn(struct rig *rig, int64_t now, int64_t timeout, int64_t started_at,
    int64_t start_to_close)
{
	rig_event(rig, now,
	    (struct activity_event){
		.type = ACTIVITY_TIMEOUTS_FOUND,
		.heartbeat_timeout = timeout,
		.lease = true,
		.closes_at = instant_add(started_at, start_to_close),
		.start_to_close = start_to_close,
	    });
}

static void
guess(struct rig *rig, int64_t now)
{
	rig_event(rig, now,
	    (struct activity_event){
		.type = ACTIVITY_TIMEOUTS_FOUND,
		.heartbeat_timeout = 60 * SECOND,
		.closes_at = INSTANT_NEVER,
		.start_to_close = INSTANT_NEVER,
	    });
}

/* Without a lease, nothing that is not accepted stops a command. */
static void
test_unknown_kills_nobody(void **state)
{
	struct activity_config config = unknown();
	struct rig rig;

	(void)state;
	rig_running(&rig, &config);
	rig_pass(&rig, 300 * SECOND);
	rig_state(&rig, ACTIVITY_RUNNING);
	assert_int_equal(activity_lease(&rig.activity), INSTANT_NEVER);
}

/* The lease counts from the heartbeat that was accepted last. */
static void
test_lease_counts_from_the_last_heartbeat(void **state)
{
	struct activity_config config = unknown();
	struct rig rig;
	int64_t sent_at;

	(void)state;
	rig_running(&rig, &config);
	rig_pass_healthy(&rig, 5 * SECOND);
	sent_at = rig.heartbeat_at;
	learn(&rig, 5 * SECOND, 30 * SECOND, 0, INSTANT_NEVER);
	assert_non_null(rig_action(&rig, ACTIVITY_ACT_LEASE));
	assert_int_equal(rig.lease_kill_at,
	    lease_kill_at(sent_at, 30 * SECOND));
	assert_int_equal(rig.lease_stop_at,
	    lease_stop_at(sent_at, 30 * SECOND, config.kill_after));
	rig_pass(&rig, rig.lease_stop_at - 1);
	rig_state(&rig, ACTIVITY_RUNNING);
	rig_pass(&rig, rig.lease_stop_at);
	rig_state(&rig, ACTIVITY_STOPPING);
	assert_int_equal(activity_outcome(&rig.activity)->cause,
	    ACTIVITY_CAUSE_LEASE_LOST);
}

/* Heartbeats went out for a longer T than there is: it is over already. */
static void
test_lease_that_is_over(void **state)
{
	struct activity_config config = unknown();
	struct rig rig;

	(void)state;
	config.heartbeat_interval = 20 * SECOND;
	rig_running(&rig, &config);
	learn(&rig, 9 * SECOND, 5 * SECOND, 0, INSTANT_NEVER);
	assert_true(activity_deadline(&rig.activity) <= 9 * SECOND);
	rig_pass(&rig, 9 * SECOND);
	rig_state(&rig, ACTIVITY_STOPPING);
	assert_true(rig.stop_kill_at <= 9 * SECOND);
	assert_int_equal(activity_outcome(&rig.activity)->kind,
	    ACTIVITY_KIND_NONE);
}

/* The schedule follows: sooner if it has to, else with the next heartbeat. */
static void
test_schedule_follows(void **state)
{
	struct activity_config config = unknown();
	struct rig rig;

	(void)state;
	rig_running(&rig, &config);
	learn(&rig, 500, 3 * SECOND, 0, INSTANT_NEVER);
	assert_in_range(activity_deadline(&rig.activity), 900, 1000);
	rig_running(&rig, &config);
	assert_in_range(activity_deadline(&rig.activity), 2900, 3400);
	learn(&rig, 500, 60 * SECOND, 0, INSTANT_NEVER);
	assert_in_range(activity_deadline(&rig.activity), 2900, 3400);
	rig_pass_healthy(&rig, 4 * SECOND);
	assert_in_range(activity_deadline(&rig.activity),
	    rig.heartbeat_at + 18 * SECOND, rig.heartbeat_at + 20 * SECOND);
}

/* An interval that was asked for stays, as far as the lease allows it. */
static void
test_asked_interval(void **state)
{
	struct activity_config config = unknown();
	struct rig rig;

	(void)state;
	config.heartbeat_interval = 25 * SECOND;
	rig_running(&rig, &config);
	learn(&rig, 100, 60 * SECOND, 0, INSTANT_NEVER);
	assert_in_range(activity_deadline(&rig.activity), 22 * SECOND,
	    25 * SECOND);
	rig_running(&rig, &config);
	learn(&rig, 100, 10 * SECOND, 0, INSTANT_NEVER);
	assert_true(activity_deadline(&rig.activity) <=
		    lease_interval_most(10 * SECOND, config.kill_after));
}

/* A guess sets the schedule; the truth may still come, and only once. */
static void
test_guess_then_truth(void **state)
{
	struct activity_config config = unknown();
	struct rig rig;
	int64_t lease;

	(void)state;
	rig_running(&rig, &config);
	guess(&rig, 100);
	assert_null(rig_action(&rig, ACTIVITY_ACT_LEASE));
	assert_int_equal(activity_lease(&rig.activity), INSTANT_NEVER);
	learn(&rig, 200, 10 * SECOND, 0, INSTANT_NEVER);
	lease = activity_lease(&rig.activity);
	assert_int_equal(lease, lease_kill_at(0, 10 * SECOND));
	learn(&rig, 300, 60 * SECOND, 0, INSTANT_NEVER);
	guess(&rig, 400);
	assert_int_equal(activity_lease(&rig.activity), lease);
}

/* NONE and a T that is too short only set the schedule. */
static void
test_no_lease_to_begin(void **state)
{
	static const int64_t timeouts[] = { 0, 2999, INSTANT_NEVER };
	struct activity_config config = unknown();
	struct rig rig;

	(void)state;
	for (size_t i = 0; i < sizeof(timeouts) / sizeof(timeouts[0]); i++) {
		rig_running(&rig, &config);
		learn(&rig, 100, timeouts[i], 0, INSTANT_NEVER);
		rig_pass(&rig, 100 * SECOND);
		rig_state(&rig, ACTIVITY_RUNNING);
	}
}

/* Before the first heartbeat: nothing is leased, but less time is left. */
static void
test_learnt_while_preparing(void **state)
{
	struct activity_config config = unknown();
	struct rig rig;

	(void)state;
	config.heartbeat_first = true;
	rig_ready(&rig, &config);
	rig_simple(&rig, 1000, ACTIVITY_BEGIN);
	learn(&rig, 1050, 5 * SECOND, 0, INSTANT_NEVER);
	assert_int_equal(activity_lease(&rig.activity), INSTANT_NEVER);
	rig_pass(&rig, 6 * SECOND - 1);
	rig_state(&rig, ACTIVITY_PREPARING);
	rig_pass(&rig, 6 * SECOND);
	rig_verdict(&rig, ACTIVITY_KIND_NONE, ACTIVITY_CAUSE_UNREACHABLE,
	    ACTIVITY_DELIVERY_NONE, 125);
	/* What is not known does not cut it. */
	rig_ready(&rig, &config);
	rig_simple(&rig, 0, ACTIVITY_BEGIN);
	rig_pass(&rig, 45 * SECOND);
	while (!rig.heartbeat_open)
		rig_next(&rig);
	rig_state(&rig, ACTIVITY_PREPARING);
	rig_heartbeat_ok(&rig, rig.now, false);
	rig_state(&rig, ACTIVITY_RUNNING);
}

/* SWF would close the task at 60 s: it is stopped, and told, before that. */
static void
test_start_to_close(void **state)
{
	struct activity_config config = unknown();
	struct rig rig;

	(void)state;
	rig_running(&rig, &config);
	learn(&rig, 100, INSTANT_NEVER, -1 * SECOND, 60 * SECOND);
	/* 59 s, less the margin of 2 s, less a grace of 10 s. */
	rig_pass_healthy(&rig, 47 * SECOND - 1);
	rig_state(&rig, ACTIVITY_RUNNING);
	rig_pass_healthy(&rig, 47 * SECOND);
	rig_state(&rig, ACTIVITY_STOPPING);
	assert_int_equal(rig.stop_kill_at, 57 * SECOND);
	rig_exited(&rig, 48 * SECOND, 0, SIGTERM, true);
	rig_emptied(&rig, 48 * SECOND);
	rig_report_ok(&rig, 48 * SECOND + 10);
	rig_verdict(&rig, ACTIVITY_KIND_FAILED, ACTIVITY_CAUSE_CLOSING,
	    ACTIVITY_DELIVERY_TAKEN, 124);
}

/* Of a short one the grace is a sixth at most. */
static void
test_short_start_to_close(void **state)
{
	struct activity_config config = unknown();
	struct rig rig;

	(void)state;
	rig_running(&rig, &config);
	learn(&rig, 100, INSTANT_NEVER, 0, 6 * SECOND);
	rig_pass_healthy(&rig, 6 * SECOND - 300 - SECOND);
	rig_state(&rig, ACTIVITY_STOPPING);
	assert_int_equal(rig.stop_kill_at, 6 * SECOND - 300);
}

/* Whatever a command is being stopped for has to be told in time. */
static void
test_start_to_close_cuts_every_grace(void **state)
{
	struct activity_config config = unknown();
	struct rig rig;

	(void)state;
	config.kill_after = 25 * SECOND;
	rig_running(&rig, &config);
	learn(&rig, 100, INSTANT_NEVER, 0, 60 * SECOND);
	rig_pass_healthy(&rig, 40 * SECOND);
	rig_stop(&rig, 40 * SECOND, SIGTERM);
	assert_int_equal(rig.stop_kill_at, 58 * SECOND);
	config.kill_after = 10 * SECOND;
	/* Learnt in the middle of a grace. */
	rig_running(&rig, &config);
	rig_stop(&rig, 1 * SECOND, SIGTERM);
	assert_int_equal(rig.stop_kill_at, 11 * SECOND);
	learn(&rig, 2 * SECOND, INSTANT_NEVER, 0, 10 * SECOND);
	assert_int_equal(rig.stop_kill_at, 9500);
	assert_int_equal(activity_outcome(&rig.activity)->cause,
	    ACTIVITY_CAUSE_STOPPED);
}

/* Should we be frozen, the guard ends it: whichever is over first. */
static void
test_the_guard_knows_start_to_close(void **state)
{
	struct activity_config config = unknown();
	struct rig rig;

	(void)state;
	rig_running(&rig, &config);
	learn(&rig, 100, INSTANT_NEVER, 0, 60 * SECOND);
	assert_int_equal(rig.lease_stop_at, 48 * SECOND);
	assert_int_equal(rig.lease_kill_at, 58 * SECOND);
	/* With a lease the earlier of both, each by itself. */
	rig_running(&rig, &config);
	learn(&rig, 100, 30 * SECOND, 0, 60 * SECOND);
	assert_int_equal(rig.lease_stop_at, 23500);
	assert_int_equal(rig.lease_kill_at, 28500);
	rig_pass_healthy(&rig, 40 * SECOND);
	assert_int_equal(rig.lease_stop_at, 48 * SECOND);
	assert_int_equal(rig.lease_kill_at, 58 * SECOND);
}

/* The guard has stopped it because of start-to-close: that is told. */
static void
test_the_guard_stops_it_for_start_to_close(void **state)
{
	static const int64_t timeouts[] = { INSTANT_NEVER, 60 * SECOND };
	struct activity_config config = unknown();
	struct rig rig;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		rig_running(&rig, &config);
		learn(&rig, 100, timeouts[i], 0, 12 * SECOND);
		rig_simple(&rig, 10 * SECOND, ACTIVITY_GUARD_STOPPING);
		rig_state(&rig, ACTIVITY_STOPPING);
		rig_exited(&rig, 10 * SECOND + 5, 0, SIGTERM, true);
		rig_emptied(&rig, 10 * SECOND + 5);
		rig_report_ok(&rig, 10 * SECOND + 10);
		rig_verdict(&rig, ACTIVITY_KIND_FAILED, ACTIVITY_CAUSE_CLOSING,
		    ACTIVITY_DELIVERY_TAKEN, 124);
	}
	/* A guard that could not run enforces what it knew before. */
	rig_running(&rig, &config);
	learn(&rig, 100, 60 * SECOND, 0, 12 * SECOND);
	rig_simple(&rig, 5 * SECOND, ACTIVITY_GUARD_STOPPING);
	rig_exited(&rig, 5 * SECOND + 5, 0, SIGTERM, true);
	rig_emptied(&rig, 5 * SECOND + 5);
	rig_verdict(&rig, ACTIVITY_KIND_NONE, ACTIVITY_CAUSE_LEASE_LOST,
	    ACTIVITY_DELIVERY_NONE, 123);
}

/* Others go first: nothing was sent, nothing has failed. */
static void
test_deferred(void **state)
{
	struct activity_config config = rig_config();
	struct rig rig;
	int64_t since, due;

	(void)state;
	rig_running(&rig, &config);
	rig_pass(&rig, 20 * SECOND);
	activity_heartbeat_window(&rig.activity, &since, &due);
	assert_int_equal(since, 0);
	assert_int_equal(due,
	    lease_interval_most(60 * SECOND, config.kill_after));
	rig_event(&rig, rig.now,
	    (struct activity_event){ .type = ACTIVITY_HEARTBEAT_DEFERRED,
		.attempt = rig.heartbeat_attempt,
		.at = 30 * SECOND });
	rig.heartbeat_open = false;
	assert_int_equal(activity_deadline(&rig.activity), 30 * SECOND);
	rig_pass(&rig, 30 * SECOND);
	assert_int_equal(rig.heartbeat_at, 30 * SECOND);
	/* No longer than the lease allows, and not again at once. */
	rig_event(&rig, 30 * SECOND,
	    (struct activity_event){ .type = ACTIVITY_HEARTBEAT_DEFERRED,
		.attempt = rig.heartbeat_attempt,
		.at = INSTANT_NEVER });
	rig.heartbeat_open = false;
	assert_int_equal(activity_deadline(&rig.activity), due);
	rig_pass(&rig, due);
	rig_event(&rig, due,
	    (struct activity_event){ .type = ACTIVITY_HEARTBEAT_DEFERRED,
		.attempt = rig.heartbeat_attempt,
		.at = due });
	rig.heartbeat_open = false;
	assert_int_equal(activity_deadline(&rig.activity), due + 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_unknown_kills_nobody),
		cmocka_unit_test(test_lease_counts_from_the_last_heartbeat),
		cmocka_unit_test(test_lease_that_is_over),
		cmocka_unit_test(test_schedule_follows),
		cmocka_unit_test(test_asked_interval),
		cmocka_unit_test(test_guess_then_truth),
		cmocka_unit_test(test_no_lease_to_begin),
		cmocka_unit_test(test_learnt_while_preparing),
		cmocka_unit_test(test_start_to_close),
		cmocka_unit_test(test_short_start_to_close),
		cmocka_unit_test(test_start_to_close_cuts_every_grace),
		cmocka_unit_test(test_the_guard_knows_start_to_close),
		cmocka_unit_test(test_the_guard_stops_it_for_start_to_close),
		cmocka_unit_test(test_deferred),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
