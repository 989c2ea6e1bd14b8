/* SPDX-License-Identifier: MIT */
/*
 * activity: telling SWF the outcome, with a service that fails in every way
 * and heartbeats that cross the report.
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

static const enum activity_failure retried[] = {
	ACTIVITY_FAILURE_TRANSIENT,
	ACTIVITY_FAILURE_AMBIGUOUS,
	ACTIVITY_FAILURE_THROTTLED,
};

/* ---- the report --------------------------------------------------------- */

/* A command that ended with status 3 at 1000, its report on the way. */
static void
reporting(struct rig *rig, const struct activity_config *config)
{
	rig_running(rig, config);
	rig_exited(rig, 1000, 3, 0, false);
	rig_emptied(rig, 1000);
	rig_state(rig, ACTIVITY_REPORTING);
	assert_true(rig->report_open);
	assert_int_equal(rig->report_at, 1000);
}

static void
own_verdict(const struct rig *rig, enum activity_delivery delivery)
{
	rig_verdict(rig, ACTIVITY_KIND_FAILED, ACTIVITY_CAUSE_EXIT, delivery,
	    3);
}

static void
gone_verdict(const struct rig *rig)
{
	rig_verdict(rig, ACTIVITY_KIND_NONE, ACTIVITY_CAUSE_GONE,
	    ACTIVITY_DELIVERY_GONE, 123);
}

static void
test_a_failed_report_is_retried_on_a_curve(void **state)
{
	static const int64_t delays[] = { 250, 500, 1000, 2000, 4000, 8000,
		10000, 10000 };
	struct activity_config config = rig_config();
	struct rig rig;

	(void)state;
	config.heartbeat_timeout = INSTANT_NEVER;
	for (size_t f = 0; f < ARRAY_SIZE(retried); f++) {
		reporting(&rig, &config);
		for (size_t i = 0; i < ARRAY_SIZE(delays); i++) {
			int64_t failed_at = rig.now;

			rig_report_failed(&rig, failed_at, retried[f]);
			while (!rig.report_open) {
				if (rig.heartbeat_open)
					rig_heartbeat_ok(&rig, rig.now, false);
				rig_next(&rig);
			}
			assert_in_range(rig.report_at - failed_at,
			    delays[i] / 2, delays[i]);
		}
	}
}

/* The network is down at the end: heartbeats go on, so does the report. */
static void
test_the_report_lives_as_long_as_the_lease(void **state)
{
	struct activity_config config = rig_config();
	struct rig rig;

	(void)state;
	reporting(&rig, &config);
	rig_report_failed(&rig, 1001, ACTIVITY_FAILURE_TRANSIENT);
	while (rig.now < 3600 * SECOND) {
		if (rig.heartbeat_open)
			rig_heartbeat_ok(&rig, rig.now + 1, false);
		else if (rig.report_open)
			rig_report_failed(&rig, rig.now + 1,
			    ACTIVITY_FAILURE_TRANSIENT);
		else
			rig_next(&rig);
		rig_state(&rig, ACTIVITY_REPORTING);
	}
	/* Then the heartbeats fail too: lost with the lease, not before. */
	while (activity_state(&rig.activity) != ACTIVITY_DONE) {
		if (rig.heartbeat_open)
			rig_heartbeat_failed(&rig, rig.now,
			    ACTIVITY_FAILURE_TRANSIENT);
		else if (rig.report_open)
			rig_report_failed(&rig, rig.now,
			    ACTIVITY_FAILURE_TRANSIENT);
		rig_next(&rig);
	}
	assert_int_equal(rig.now, activity_lease(&rig.activity));
	rig_verdict(&rig, ACTIVITY_KIND_NONE, ACTIVITY_CAUSE_LEASE_LOST,
	    ACTIVITY_DELIVERY_NONE, 123);
}

/* Unless an attempt may have been taken: nobody knows, so its own status. */
static void
test_a_lease_over_after_an_ambiguous_attempt(void **state)
{
	struct activity_config config = rig_config();
	struct rig rig;

	(void)state;
	reporting(&rig, &config);
	rig_pass(&rig, 57999);
	rig_state(&rig, ACTIVITY_REPORTING);
	rig_pass(&rig, 58000);
	own_verdict(&rig, ACTIVITY_DELIVERY_ASSUMED);
	/* The first attempt is still on its way: that is such a one. */
	reporting(&rig, &config);
	rig_simple(&rig, 58000, ACTIVITY_TICK);
	assert_int_equal(rig.reports, 1);
	own_verdict(&rig, ACTIVITY_DELIVERY_ASSUMED);
}

/* None of them had a connection: SWF has certainly not been told. */
static void
test_a_lease_over_before_anything_went_out(void **state)
{
	struct activity_config config = rig_config();
	struct rig rig;

	(void)state;
	reporting(&rig, &config);
	rig.report_unsent = true;
	rig_pass(&rig, 58000);
	assert_true(rig.reports > 5);
	rig_verdict(&rig, ACTIVITY_KIND_NONE, ACTIVITY_CAUSE_LEASE_LOST,
	    ACTIVITY_DELIVERY_NONE, 123);
	/* The first attempt still waits for its connection. */
	reporting(&rig, &config);
	rig.report_unsent = true;
	rig_simple(&rig, 58000, ACTIVITY_TICK);
	assert_int_equal(rig.reports, 1);
	rig_verdict(&rig, ACTIVITY_KIND_NONE, ACTIVITY_CAUSE_LEASE_LOST,
	    ACTIVITY_DELIVERY_NONE, 123);
}

/* Our failure to deliver never changes the command's status. */
static void
test_without_a_lease_the_report_has_its_own_limit(void **state)
{
	struct activity_config config = rig_config();
	struct rig rig;

	(void)state;
	config.lease = false;
	config.report_timeout = 30 * SECOND;
	reporting(&rig, &config);
	rig_pass(&rig, 30999);
	rig_state(&rig, ACTIVITY_REPORTING);
	rig_pass(&rig, 31000);
	own_verdict(&rig, ACTIVITY_DELIVERY_UNKNOWN);
	/* If nothing has ever gone out, it is known. */
	reporting(&rig, &config);
	rig.report_unsent = true;
	rig_pass(&rig, 31000);
	own_verdict(&rig, ACTIVITY_DELIVERY_NONE);
}

/* What the service asks for is heeded, for that one attempt. */
static void
test_a_wait_that_is_asked_for(void **state)
{
	struct activity_config config = rig_config();
	struct activity_event event = { .type = ACTIVITY_REPORT_FAILED,
		.failure = ACTIVITY_FAILURE_THROTTLED,
		.retry_after = 4 * SECOND };
	int64_t failed_at;
	struct rig rig;

	(void)state;
	reporting(&rig, &config);
	event.attempt = rig.report_attempt;
	rig.report_open = false;
	rig_event(&rig, 1010, event);
	while (!rig.report_open)
		rig_next(&rig);
	assert_in_range(rig.report_at, 1010 + 4 * SECOND, 1010 + 5 * SECOND);
	failed_at = rig.now;
	rig_report_failed(&rig, failed_at, ACTIVITY_FAILURE_THROTTLED);
	while (!rig.report_open)
		rig_next(&rig);
	assert_in_range(rig.report_at - failed_at, 1, 2 * SECOND);
}

/* Taken, but the answer was lost: the retry hears that the task is gone. */
static void
test_gone_after_an_ambiguous_attempt_is_assumed_delivered(void **state)
{
	struct activity_config config = rig_config();
	struct rig rig;

	(void)state;
	reporting(&rig, &config);
	rig_report_failed(&rig, 1010, ACTIVITY_FAILURE_AMBIGUOUS);
	rig_next(&rig);
	rig_report_failed(&rig, rig.now, ACTIVITY_FAILURE_GONE);
	own_verdict(&rig, ACTIVITY_DELIVERY_ASSUMED);
	/* An attempt that was given up counts as one. */
	reporting(&rig, &config);
	rig_pass(&rig, 6000);
	assert_false(rig.report_open);
	rig_next(&rig);
	rig_report_failed(&rig, rig.now, ACTIVITY_FAILURE_GONE);
	own_verdict(&rig, ACTIVITY_DELIVERY_ASSUMED);
	/* One that was given up before it had a connection does not. */
	reporting(&rig, &config);
	rig.report_unsent = true;
	rig_pass(&rig, 6000);
	assert_false(rig.report_open);
	rig_next(&rig);
	rig.report_unsent = false;
	rig_report_failed(&rig, rig.now, ACTIVITY_FAILURE_GONE);
	gone_verdict(&rig);
	/* But for another that had one. */
	reporting(&rig, &config);
	rig_pass(&rig, 6000);
	rig_next(&rig);
	rig.report_unsent = true;
	while (rig.report_open)
		rig_next(&rig);
	rig_next(&rig);
	rig_report_failed(&rig, rig.now, ACTIVITY_FAILURE_GONE);
	own_verdict(&rig, ACTIVITY_DELIVERY_ASSUMED);
	/* One that was certainly not applied does not. */
	reporting(&rig, &config);
	rig_report_failed(&rig, 1010, ACTIVITY_FAILURE_THROTTLED);
	rig_next(&rig);
	rig_report_failed(&rig, rig.now, ACTIVITY_FAILURE_GONE);
	gone_verdict(&rig);
}

static void
test_an_invalid_report_is_sent_once_more_in_short(void **state)
{
	struct activity_config config = rig_config();
	struct rig rig;

	(void)state;
	reporting(&rig, &config);
	assert_false(rig.minimal);
	rig_report_failed(&rig, 1010, ACTIVITY_FAILURE_INVALID);
	assert_int_equal(rig.report_at, 1010);
	assert_true(rig.minimal);
	/* A retry stays short. */
	rig_report_failed(&rig, 1020, ACTIVITY_FAILURE_TRANSIENT);
	rig_next(&rig);
	assert_true(rig.minimal);
	rig_report_failed(&rig, 2000, ACTIVITY_FAILURE_INVALID);
	own_verdict(&rig, ACTIVITY_DELIVERY_REFUSED);
	/* Thousands of useless retries on a refusal: none. */
	reporting(&rig, &config);
	rig_report_failed(&rig, 1010, ACTIVITY_FAILURE_REFUSED);
	own_verdict(&rig, ACTIVITY_DELIVERY_REFUSED);
}

/* ---- a heartbeat that crosses the report -------------------------------- */

/* What becomes of the report in flight when a heartbeat hears "gone". */
static const struct crossing {
	bool ambiguous_before;
	bool answered;
	enum activity_failure failure; /* unless answered ok */
	bool ok;
	bool assumed;
} crossings[] = {
	{ false, true, ACTIVITY_FAILURE_GONE, true, false },
	{ false, true, ACTIVITY_FAILURE_GONE, false, false },
	{ true, true, ACTIVITY_FAILURE_GONE, false, true },
	{ false, true, ACTIVITY_FAILURE_TRANSIENT, false, false },
	{ true, true, ACTIVITY_FAILURE_TRANSIENT, false, true },
	{ false, true, ACTIVITY_FAILURE_THROTTLED, false, false },
	{ false, true, ACTIVITY_FAILURE_AMBIGUOUS, false, true },
	{ false, true, ACTIVITY_FAILURE_INVALID, false, false },
	{ false, true, ACTIVITY_FAILURE_REFUSED, false, false },
	{ false, false, ACTIVITY_FAILURE_GONE, false, true },
};

static void
cross(const struct crossing *row)
{
	struct activity_config config = rig_config();
	struct rig rig;
	int heartbeats;

	reporting(&rig, &config);
	/* So that a heartbeat and a report are both on their way. */
	while (!rig.heartbeat_open || !rig.report_open) {
		if (rig.report_open)
			rig_report_failed(&rig, rig.now,
			    row->ambiguous_before ? ACTIVITY_FAILURE_AMBIGUOUS
						  : ACTIVITY_FAILURE_TRANSIENT);
		rig_next(&rig);
	}
	rig_heartbeat_failed(&rig, rig.now + 1, ACTIVITY_FAILURE_GONE);
	rig_state(&rig, ACTIVITY_REPORTING);
	heartbeats = rig.heartbeats;
	if (row->ok)
		rig_report_ok(&rig, rig.now + 1);
	else if (row->answered)
		rig_report_failed(&rig, rig.now + 1, row->failure);
	else
		rig_next(&rig);
	assert_int_equal(rig.heartbeats, heartbeats);
	if (row->ok)
		own_verdict(&rig, ACTIVITY_DELIVERY_TAKEN);
	else if (row->assumed)
		own_verdict(&rig, ACTIVITY_DELIVERY_ASSUMED);
	else
		gone_verdict(&rig);
}

static void
test_gone_to_a_heartbeat_waits_for_the_report(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(crossings); i++)
		cross(&crossings[i]);
}

/* The report in flight may have been what did it, whoever ends it. */
static void
test_gone_to_a_heartbeat_and_no_time_left(void **state)
{
	struct activity_config config = rig_config();
	struct rig rig;

	(void)state;
	reporting(&rig, &config);
	while (!rig.heartbeat_open || !rig.report_open) {
		if (rig.report_open)
			rig_report_failed(&rig, rig.now,
			    ACTIVITY_FAILURE_TRANSIENT);
		rig_next(&rig);
	}
	rig_event(&rig, rig.now,
	    (struct activity_event){ .type = ACTIVITY_STOP_REQUESTED,
		.signal = SIGTERM,
		.deadline = 2 * SECOND });
	rig_heartbeat_failed(&rig, rig.now, ACTIVITY_FAILURE_GONE);
	rig_pass(&rig, rig.now + 2 * SECOND);
	own_verdict(&rig, ACTIVITY_DELIVERY_ASSUMED);
}

static void
test_gone_to_a_heartbeat_between_two_reports(void **state)
{
	struct activity_config config = rig_config();
	struct rig rig;

	(void)state;
	for (int ambiguous = 0; ambiguous < 2; ambiguous++) {
		reporting(&rig, &config);
		while (!rig.heartbeat_open || rig.report_open) {
			if (rig.report_open)
				rig_report_failed(&rig, rig.now,
				    ambiguous ? ACTIVITY_FAILURE_AMBIGUOUS
					      : ACTIVITY_FAILURE_TRANSIENT);
			else
				rig_next(&rig);
		}
		rig_heartbeat_failed(&rig, rig.now, ACTIVITY_FAILURE_GONE);
		if (ambiguous)
			own_verdict(&rig, ACTIVITY_DELIVERY_ASSUMED);
		else
			gone_verdict(&rig);
	}
}

/* A beat that is late is dropped with the answer to the report. */
static void
test_a_heartbeat_in_flight_is_dropped_with_the_end(void **state)
{
	struct activity_config config = rig_config();
	struct rig rig;

	(void)state;
	rig_running(&rig, &config);
	rig_next(&rig);
	rig_exited(&rig, rig.now, 3, 0, false);
	rig_emptied(&rig, rig.now);
	rig_report_ok(&rig, rig.now);
	assert_int_equal(rig.actions.count, 2);
	assert_int_equal(rig.actions.list[0].type,
	    ACTIVITY_ACT_ABORT_HEARTBEAT);
	assert_int_equal(rig.actions.list[1].type, ACTIVITY_ACT_FINISH);
	own_verdict(&rig, ACTIVITY_DELIVERY_TAKEN);
}

/* The command needs its time after TERM: heartbeats go on meanwhile. */
static void
test_heartbeats_go_on_until_the_outcome_is_taken(void **state)
{
	struct activity_config config = rig_config();
	struct rig rig;
	int before;

	(void)state;
	config.heartbeat_timeout = 3 * SECOND;
	config.kill_after = 20 * SECOND;
	rig_running(&rig, &config);
	rig_stop(&rig, 100, SIGTERM);
	before = rig.heartbeats;
	rig_pass_healthy(&rig, 10000);
	rig_state(&rig, ACTIVITY_STOPPING);
	assert_in_range(rig.heartbeats - before, 9, 11);
	rig_exited(&rig, 10000, 0, 0, true);
	before = rig.heartbeats;
	rig_pass_healthy(&rig, 15000);
	rig_state(&rig, ACTIVITY_DRAINING);
	assert_in_range(rig.heartbeats - before, 4, 6);
	rig_emptied(&rig, 15000);
	before = rig.heartbeats;
	rig_report_failed(&rig, 15000, ACTIVITY_FAILURE_THROTTLED);
	while (rig.now < 20000) {
		if (rig.heartbeat_open)
			rig_heartbeat_ok(&rig, rig.now, false);
		if (rig.report_open)
			rig_report_failed(&rig, rig.now,
			    ACTIVITY_FAILURE_THROTTLED);
		rig_next(&rig);
	}
	rig_state(&rig, ACTIVITY_REPORTING);
	assert_in_range(rig.heartbeats - before, 4, 6);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_failed_report_is_retried_on_a_curve),
		cmocka_unit_test(test_the_report_lives_as_long_as_the_lease),
		cmocka_unit_test(test_a_lease_over_after_an_ambiguous_attempt),
		cmocka_unit_test(test_a_lease_over_before_anything_went_out),
		cmocka_unit_test(
		    test_without_a_lease_the_report_has_its_own_limit),
		cmocka_unit_test(test_a_wait_that_is_asked_for),
		cmocka_unit_test(
		    test_gone_after_an_ambiguous_attempt_is_assumed_delivered),
		cmocka_unit_test(
		    test_an_invalid_report_is_sent_once_more_in_short),
		cmocka_unit_test(test_gone_to_a_heartbeat_waits_for_the_report),
		cmocka_unit_test(test_gone_to_a_heartbeat_and_no_time_left),
		cmocka_unit_test(test_gone_to_a_heartbeat_between_two_reports),
		cmocka_unit_test(
		    test_a_heartbeat_in_flight_is_dropped_with_the_end),
		cmocka_unit_test(
		    test_heartbeats_go_on_until_the_outcome_is_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
