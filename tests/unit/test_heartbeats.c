/* SPDX-License-Identifier: MIT */
/*
 * activity: heartbeats, and the lease that they renew, with a service that
 * fails in every way.
 */
#include "config.h"

#include "activity/activity.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "activity/lease.h"
#include "activity_rig.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

/* ---- heartbeats --------------------------------------------------------- */

/* From send to send, up to 10 % earlier, never later; slow answers or not. */
static void
test_the_schedule_is_jittered_toward_earlier(void **state)
{
	struct activity_config config = rig_config();
	int64_t shortest = INSTANT_NEVER;
	int64_t longest = 0;
	struct rig rig;

	(void)state;
	config.heartbeat_interval = 10 * SECOND;
	rig_running(&rig, &config);
	for (int i = 0; i < 1000; i++) {
		int64_t before = rig.heartbeat_at;

		rig_next(&rig);
		assert_true(rig.heartbeat_open);
		shortest = instant_min(shortest, rig.heartbeat_at - before);
		longest = instant_max(longest, rig.heartbeat_at - before);
		rig_heartbeat_ok(&rig, rig.now + 4 * SECOND, false);
	}
	assert_in_range(shortest, 9000, 9150);
	assert_in_range(longest, 9900, 10000);
}

/*
 * Many that were begun at any time are due at the same few instants: one in a
 * hundred at each, no more, and none of them later than it was asked for.
 */
static void
test_those_that_are_nearly_due_are_due_together(void **state)
{
	static const struct {
		int64_t interval, step;
	} rows[] = {
		{ 60 * SECOND, 200 },
		{ 10 * SECOND, 100 },
		{ 5 * SECOND, 50 },
		{ SECOND, 10 },
		{ 150, 1 },
	};
	struct activity_config config = rig_config();
	struct rig rig;

	(void)state;
	config.heartbeat_timeout = 600 * SECOND;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		config.heartbeat_interval = rows[i].interval;
		config.seed = i;
		rig_running(&rig, &config);
		for (int n = 0; n < 50; n++) {
			int64_t before = rig.heartbeat_at;

			rig_next(&rig);
			assert_true(rig.heartbeat_open);
			assert_int_equal(rig.heartbeat_at % rows[i].step, 0);
			assert_in_range(rig.heartbeat_at - before,
			    rows[i].interval * 9 / 10, rows[i].interval);
			rig_heartbeat_ok(&rig, rig.now + 7, false);
		}
	}
}

/* One that goes late, after a stall, knows when it was to go. */
static void
test_a_heartbeat_knows_its_instant(void **state)
{
	struct activity_config config = rig_config();
	int64_t due;
	struct rig rig;

	(void)state;
	rig_ready(&rig, &config);
	rig_simple(&rig, 7, ACTIVITY_BEGIN);
	assert_int_equal(rig_action(&rig, ACTIVITY_ACT_HEARTBEAT)->at, 7);
	rig_running(&rig, &config);
	due = activity_deadline(&rig.activity);
	rig_simple(&rig, due + 1234, ACTIVITY_TICK);
	assert_int_equal(rig_action(&rig, ACTIVITY_ACT_HEARTBEAT)->at, due);
	rig_heartbeat_failed(&rig, rig.now + 10, ACTIVITY_FAILURE_TRANSIENT);
	due = activity_deadline(&rig.activity);
	rig_next(&rig);
	assert_int_equal(rig_action(&rig, ACTIVITY_ACT_HEARTBEAT)->at, due);
}

/* Progress does not send anything by itself: one call per interval. */
static void
test_chatter_costs_no_calls(void **state)
{
	struct activity_config config = rig_config();
	struct rig rig;

	(void)state;
	rig_running(&rig, &config);
	for (int i = 0; i < 15000; i++)
		rig_simple(&rig, i, ACTIVITY_PROGRESS);
	assert_int_equal(rig.heartbeats, 1);
}

/* One failed beat is repeated within a second, longer and longer. */
static void
test_a_failed_heartbeat_is_retried_on_a_curve(void **state)
{
	static const int64_t delays[] = { 1000, 2000, 4000, 5000, 5000, 5000 };
	struct activity_config config = rig_config();
	enum activity_failure failures[] = { ACTIVITY_FAILURE_TRANSIENT,
		ACTIVITY_FAILURE_AMBIGUOUS, ACTIVITY_FAILURE_THROTTLED,
		ACTIVITY_FAILURE_INVALID, ACTIVITY_FAILURE_REFUSED };
	struct rig rig;

	(void)state;
	for (size_t f = 0; f < ARRAY_SIZE(failures); f++) {
		rig_running(&rig, &config);
		rig_next(&rig);
		for (size_t i = 0; i < ARRAY_SIZE(delays); i++) {
			int64_t failed_at = rig.now + 3;

			rig_heartbeat_failed(&rig, failed_at, failures[f]);
			assert_in_range(activity_deadline(&rig.activity),
			    failed_at + delays[i] / 2, failed_at + delays[i]);
			rig_state(&rig, ACTIVITY_RUNNING);
			rig_next(&rig);
		}
		/* A success sets the curve back. */
		rig_heartbeat_ok(&rig, rig.now, false);
		rig_next(&rig);
		rig_heartbeat_failed(&rig, rig.now, failures[f]);
		assert_in_range(activity_deadline(&rig.activity), rig.now + 500,
		    rig.now + 1000);
	}
}

/* Asked for every second, it is not retried more slowly than that. */
/* SWF says how long it wants to be left alone: up to 5 s longer. */
static void
test_a_retry_heeds_what_the_service_asks(void **state)
{
	static const struct {
		int64_t asked;
		int64_t least;
		int64_t most;
	} rows[] = {
		{ -1, 500, 1000 },
		{ 200, 500, 1000 },
		{ 3000, 3000, 3000 },
		{ 3600 * SECOND, 5500, 6000 },
	};
	struct activity_config config = rig_config();
	struct activity_event event = { .type = ACTIVITY_HEARTBEAT_FAILED,
		.failure = ACTIVITY_FAILURE_THROTTLED };
	struct rig rig;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		rig_running(&rig, &config);
		rig_next(&rig);
		event.attempt = rig.heartbeat_attempt;
		event.retry_after = rows[i].asked;
		rig.heartbeat_open = false;
		rig_event(&rig, rig.now + 3, event);
		assert_in_range(activity_deadline(&rig.activity) - rig.now,
		    rows[i].least, rows[i].most);
		/* It is for that one: the next failure is as ever. */
		rig_next(&rig);
		rig_heartbeat_failed(&rig, rig.now + 3,
		    ACTIVITY_FAILURE_THROTTLED);
		assert_in_range(activity_deadline(&rig.activity) - rig.now,
		    1000, 2000);
	}
}

/* Nor is it for one that has no answer at all. */
static void
test_no_answer_asks_for_nothing(void **state)
{
	struct activity_config config = rig_config();
	struct activity_event event = { .type = ACTIVITY_HEARTBEAT_FAILED,
		.failure = ACTIVITY_FAILURE_THROTTLED,
		.retry_after = 5 * SECOND };
	struct rig rig;

	(void)state;
	rig_running(&rig, &config);
	rig_next(&rig);
	event.attempt = rig.heartbeat_attempt;
	rig.heartbeat_open = false;
	rig_event(&rig, rig.now + 3, event);
	rig_next(&rig);
	assert_true(rig.heartbeat_open);
	rig_next(&rig);
	assert_false(rig.heartbeat_open);
	assert_in_range(activity_deadline(&rig.activity) - rig.now, 1000, 2000);
}

static void
test_a_retry_is_never_later_than_the_schedule(void **state)
{
	struct activity_config config = rig_config();
	struct rig rig;

	(void)state;
	config.heartbeat_interval = 1 * SECOND;
	rig_running(&rig, &config);
	rig_next(&rig);
	for (int i = 0; i < 20; i++) {
		int64_t sent_at = rig.heartbeat_at;

		rig_heartbeat_failed(&rig, rig.now + 10,
		    ACTIVITY_FAILURE_TRANSIENT);
		rig_next(&rig);
		assert_in_range(rig.heartbeat_at, sent_at + 500,
		    sent_at + 1000);
	}
}

static void
test_an_attempt_without_answer_is_given_up(void **state)
{
	struct activity_config config = rig_config();
	struct rig rig;
	int64_t sent_at;

	(void)state;
	config.heartbeat_timeout = 10 * SECOND;
	rig_running(&rig, &config);
	rig_next(&rig);
	sent_at = rig.heartbeat_at;
	assert_int_equal(rig_action(&rig, ACTIVITY_ACT_HEARTBEAT)->deadline,
	    sent_at + 2500);
	rig_simple(&rig, sent_at + 2499, ACTIVITY_TICK);
	assert_int_equal(rig.actions.count, 0);
	rig_simple(&rig, sent_at + 2500, ACTIVITY_TICK);
	assert_int_equal(rig.actions.count, 1);
	assert_int_equal(rig.actions.list[0].type,
	    ACTIVITY_ACT_ABORT_HEARTBEAT);
	/* Its answer, after all: it no longer counts. */
	rig_heartbeat_failed(&rig, sent_at + 2501, ACTIVITY_FAILURE_GONE);
	rig_state(&rig, ACTIVITY_RUNNING);
	rig_next(&rig);
	assert_in_range(rig.heartbeat_at, sent_at + 2750, sent_at + 3000);
}

/* tend was stopped for many periods: one immediate beat, not a burst. */
static void
test_a_stall_is_followed_by_one_heartbeat(void **state)
{
	struct activity_config config = rig_config();
	struct rig rig;

	(void)state;
	config.lease = false;
	rig_running(&rig, &config);
	rig_simple(&rig, 3600 * SECOND, ACTIVITY_TICK);
	assert_int_equal(rig.actions.count, 1);
	assert_int_equal(rig.heartbeats, 2);
	rig_heartbeat_ok(&rig, 3600 * SECOND + 5, false);
	assert_in_range(activity_deadline(&rig.activity), 3618 * SECOND,
	    3620 * SECOND);
}

/* No timeout, or one that is too short to enforce: a schedule and no more. */
static void
test_without_a_lease_nothing_is_killed(void **state)
{
	static const struct {
		int64_t timeout;
		bool lease;
		int64_t interval;
	} rows[] = {
		{ INSTANT_NEVER, true, 30000 },
		{ 60000, false, 20000 },
		{ 2999, true, 999 },
	};
	struct rig rig;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct activity_config config = rig_config();

		config.heartbeat_timeout = rows[i].timeout;
		config.lease = rows[i].lease;
		rig_running(&rig, &config);
		assert_int_equal(activity_lease(&rig.activity), INSTANT_NEVER);
		assert_null(rig_action(&rig, ACTIVITY_ACT_LEASE));
		assert_in_range(activity_deadline(&rig.activity),
		    rows[i].interval * 9 / 10, rows[i].interval);
		rig_pass(&rig, 600 * SECOND);
		rig_state(&rig, ACTIVITY_RUNNING);
		assert_int_equal(rig.stops, 0);
		/* A cancel works all the same. */
		if (!rig.heartbeat_open)
			rig_next(&rig);
		rig_heartbeat_ok(&rig, rig.now, true);
		rig_state(&rig, ACTIVITY_STOPPING);
	}
}

/* ---- the lease ---------------------------------------------------------- */

static void
test_each_accepted_heartbeat_renews_the_lease(void **state)
{
	struct activity_config config = rig_config();
	struct rig rig;
	int64_t sent_at;

	(void)state;
	config.heartbeat_timeout = 30 * SECOND;
	rig_running(&rig, &config);
	rig_next(&rig);
	sent_at = rig.heartbeat_at;
	/* From when it was sent, not from when the answer came. */
	rig_heartbeat_ok(&rig, sent_at + 4000, false);
	assert_int_equal(rig.actions.count, 1);
	assert_int_equal(rig.lease_stop_at, sent_at + 23500);
	assert_int_equal(rig.lease_kill_at, sent_at + 28500);
	assert_int_equal(activity_lease(&rig.activity), sent_at + 28500);
}

/* All beats are swallowed: the tree is told to be dead in time. */
static void
test_a_lost_lease_stops_the_command_and_tells_nothing(void **state)
{
	struct activity_config config = rig_config();
	struct rig rig;
	int sent;

	(void)state;
	config.heartbeat_timeout = 10 * SECOND;
	rig_running(&rig, &config);
	rig_pass(&rig, 7833);
	rig_state(&rig, ACTIVITY_RUNNING);
	assert_int_equal(rig.stops, 0);
	rig_pass(&rig, 7834);
	rig_state(&rig, ACTIVITY_STOPPING);
	assert_int_equal(rig.stops, 1);
	assert_int_equal(rig.stop_kill_at, 9500);
	assert_false(rig.heartbeat_open);
	sent = rig.heartbeats;
	/* Nothing is sent for that token any more. */
	rig_pass(&rig, 9500);
	rig_simple(&rig, 9500, ACTIVITY_GUARD_KILLING);
	rig_exited(&rig, 9501, 0, SIGKILL, true);
	rig_emptied(&rig, 9502);
	assert_int_equal(rig.heartbeats, sent);
	assert_int_equal(rig.reports, 0);
	rig_verdict(&rig, ACTIVITY_KIND_NONE, ACTIVITY_CAUSE_LEASE_LOST,
	    ACTIVITY_DELIVERY_NONE, 123);
}

/* The guard knows the lease too, and may be first to act on it. */
static void
test_the_guard_may_be_first(void **state)
{
	struct activity_config config = rig_config();
	struct rig rig;

	(void)state;
	rig_running(&rig, &config);
	rig_simple(&rig, 48000, ACTIVITY_GUARD_STOPPING);
	rig_state(&rig, ACTIVITY_STOPPING);
	assert_int_equal(rig.stop_kill_at, 58000);
	assert_int_equal(activity_outcome(&rig.activity)->cause,
	    ACTIVITY_CAUSE_LEASE_LOST);
	/* Without a grace there is no time for the first word. */
	rig_running(&rig, &config);
	rig_simple(&rig, 58000, ACTIVITY_GUARD_KILLING);
	rig_state(&rig, ACTIVITY_STOPPING);
	/* Or the end of the command is the first that is heard of it. */
	rig_running(&rig, &config);
	rig_exited(&rig, 48001, 0, 0, true);
	rig_emptied(&rig, 48002);
	rig_verdict(&rig, ACTIVITY_KIND_NONE, ACTIVITY_CAUSE_LEASE_LOST,
	    ACTIVITY_DELIVERY_NONE, 123);
}

/* tend was stopped for longer than the lease; then everything is read. */
static void
test_after_a_long_stop_nothing_is_reported(void **state)
{
	struct activity_config config = rig_config();
	struct rig rig;

	(void)state;
	rig_running(&rig, &config);
	rig_simple(&rig, 70000, ACTIVITY_TICK);
	rig_state(&rig, ACTIVITY_STOPPING);
	assert_int_equal(rig.heartbeats, 1);
	assert_int_equal(activity_outcome(&rig.activity)->cause,
	    ACTIVITY_CAUSE_LEASE_LOST);
	/* The end of the command was already there when it woke up. */
	rig_running(&rig, &config);
	rig_exited(&rig, 70000, 0, 0, false);
	rig_emptied(&rig, 70000);
	assert_int_equal(rig.reports, 0);
	rig_verdict(&rig, ACTIVITY_KIND_NONE, ACTIVITY_CAUSE_LEASE_LOST,
	    ACTIVITY_DELIVERY_NONE, 123);
}

/* An answer that was there before the tick saves the lease, if not too old. */
static void
test_an_answer_counts_from_its_sending(void **state)
{
	struct activity_config config = rig_config();
	struct rig rig;
	int64_t sent_at;

	(void)state;
	rig_running(&rig, &config);
	rig_next(&rig);
	sent_at = rig.heartbeat_at;
	rig_heartbeat_ok(&rig, sent_at + 47999, false);
	rig_simple(&rig, sent_at + 47999, ACTIVITY_TICK);
	rig_state(&rig, ACTIVITY_RUNNING);
	rig_simple(&rig, sent_at + 48000, ACTIVITY_TICK);
	rig_state(&rig, ACTIVITY_STOPPING);

	rig_running(&rig, &config);
	rig_next(&rig);
	sent_at = rig.heartbeat_at;
	rig_heartbeat_ok(&rig, sent_at + 58000, false);
	rig_simple(&rig, sent_at + 58000, ACTIVITY_TICK);
	rig_state(&rig, ACTIVITY_STOPPING);
	assert_int_equal(activity_lease(&rig.activity), 58000);
}

/* Grace longer than the lease: heartbeats go on, so it is not cut. */
static void
test_a_cancel_keeps_its_full_grace(void **state)
{
	struct activity_config config = rig_config();
	struct rig rig;

	(void)state;
	config.heartbeat_timeout = 10 * SECOND;
	config.kill_after = 60 * SECOND;
	rig_running(&rig, &config);
	rig_next(&rig);
	rig_heartbeat_ok(&rig, 4000, true);
	assert_int_equal(rig.stop_kill_at, 64000);
	rig_pass_healthy(&rig, 63999);
	rig_state(&rig, ACTIVITY_STOPPING);
	assert_int_equal(rig.stops, 1);
	assert_true(activity_lease(&rig.activity) > 64000);
	rig_exited(&rig, 63999, 0, 0, true);
	rig_emptied(&rig, 64000);
	rig_report_ok(&rig, 64010);
	rig_verdict(&rig, ACTIVITY_KIND_CANCELED, ACTIVITY_CAUSE_CANCEL,
	    ACTIVITY_DELIVERY_TAKEN, 0);
}

/* While it is being stopped, only the end of the lease itself counts. */
static void
test_a_lease_lost_in_the_grace(void **state)
{
	struct activity_config config = rig_config();
	struct rig rig;

	(void)state;
	config.heartbeat_timeout = 10 * SECOND;
	config.kill_after = 60 * SECOND;
	rig_running(&rig, &config);
	rig_stop(&rig, 100, SIGTERM);
	assert_int_equal(rig.stop_kill_at, 28100);
	rig_pass(&rig, 9499);
	assert_int_equal(activity_outcome(&rig.activity)->cause,
	    ACTIVITY_CAUSE_STOPPED);
	rig_pass(&rig, 9500);
	assert_int_equal(rig.stop_kill_at, 9500);
	assert_false(rig.heartbeat_open);
	rig_exited(&rig, 9501, 0, SIGKILL, true);
	rig_emptied(&rig, 9502);
	rig_verdict(&rig, ACTIVITY_KIND_NONE, ACTIVITY_CAUSE_LEASE_LOST,
	    ACTIVITY_DELIVERY_NONE, 123);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_schedule_is_jittered_toward_earlier),
		cmocka_unit_test(
		    test_those_that_are_nearly_due_are_due_together),
		cmocka_unit_test(test_a_heartbeat_knows_its_instant),
		cmocka_unit_test(test_chatter_costs_no_calls),
		cmocka_unit_test(test_a_failed_heartbeat_is_retried_on_a_curve),
		cmocka_unit_test(test_a_retry_heeds_what_the_service_asks),
		cmocka_unit_test(test_no_answer_asks_for_nothing),
		cmocka_unit_test(test_a_retry_is_never_later_than_the_schedule),
		cmocka_unit_test(test_an_attempt_without_answer_is_given_up),
		cmocka_unit_test(test_a_stall_is_followed_by_one_heartbeat),
		cmocka_unit_test(test_without_a_lease_nothing_is_killed),
		cmocka_unit_test(test_each_accepted_heartbeat_renews_the_lease),
		cmocka_unit_test(
		    test_a_lost_lease_stops_the_command_and_tells_nothing),
		cmocka_unit_test(test_the_guard_may_be_first),
		cmocka_unit_test(test_after_a_long_stop_nothing_is_reported),
		cmocka_unit_test(test_an_answer_counts_from_its_sending),
		cmocka_unit_test(test_a_cancel_keeps_its_full_grace),
		cmocka_unit_test(test_a_lease_lost_in_the_grace),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
