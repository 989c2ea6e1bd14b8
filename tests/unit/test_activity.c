/* SPDX-License-Identifier: MIT */
/*
 * activity: how a task begins, how it is stopped, and what comes of it; every
 * row of the table of outcomes, with a literal clock.
 */
#include "config.h"

#include "activity/activity.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "activity_rig.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

/* ---- the table of outcomes ---------------------------------------------- */

static void
test_an_exit_status_decides_by_itself(void **state)
{
	struct activity_config config = rig_config();
	struct rig rig;

	(void)state;
	config.ok_exit[3] = true;
	config.ok_exit[143] = true;
	for (int status = 0; status < 256; status++) {
		rig_running(&rig, &config);
		rig_exited(&rig, 100, status, 0, false);
		rig_emptied(&rig, 101);
		assert_int_equal(rig.reports, 1);
		rig_report_ok(&rig, 150);
		rig_verdict(&rig,
		    config.ok_exit[status] ? ACTIVITY_KIND_COMPLETED
					   : ACTIVITY_KIND_FAILED,
		    ACTIVITY_CAUSE_EXIT, ACTIVITY_DELIVERY_TAKEN, status);
	}
}

/* "--ok-exit 143" means the status 143, not a death by SIGTERM. */
static void
test_a_signal_nobody_sent_is_failed(void **state)
{
	struct activity_config config = rig_config();
	struct rig rig;

	(void)state;
	config.ok_exit[128 + SIGTERM] = true;
	for (int sig = 1; sig <= 64; sig++) {
		rig_running(&rig, &config);
		rig_exited(&rig, 100, 0, sig, false);
		rig_emptied(&rig, 101);
		rig_report_ok(&rig, 150);
		rig_verdict(&rig, ACTIVITY_KIND_FAILED, ACTIVITY_CAUSE_SIGNAL,
		    ACTIVITY_DELIVERY_TAKEN, 128 + sig);
	}
}

/* Why a command is stopped, and the row that it becomes. */
static const struct stop_row {
	const char *name;
	enum activity_cause cause;
	enum activity_kind kind;
	int status; /* -1: the command's own */
} stop_rows[] = {
	{ "cancel", ACTIVITY_CAUSE_CANCEL, ACTIVITY_KIND_CANCELED, -1 },
	{ "stopped", ACTIVITY_CAUSE_STOPPED, ACTIVITY_KIND_FAILED,
	    128 + SIGINT },
	{ "stalled", ACTIVITY_CAUSE_STALLED, ACTIVITY_KIND_FAILED, 124 },
	{ "time limit", ACTIVITY_CAUSE_TIME_LIMIT, ACTIVITY_KIND_FAILED, 124 },
	{ "gone", ACTIVITY_CAUSE_GONE, ACTIVITY_KIND_NONE, 123 },
	{ "lease lost", ACTIVITY_CAUSE_LEASE_LOST, ACTIVITY_KIND_NONE, 123 },
};

static void
test_a_stop_decides_whatever_the_exit_status(void **state)
{
	static const int statuses[] = { 0, 1, 77, -SIGTERM, -SIGKILL };
	struct rig rig;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(stop_rows); i++)
		for (size_t j = 0; j < ARRAY_SIZE(statuses); j++) {
			const struct stop_row *row = &stop_rows[i];
			int status = statuses[j];
			int64_t now = rig_stopping(&rig, row->cause);
			int own = status < 0 ? 128 - status : status;

			rig_exited(&rig, now + 5, status,
			    status < 0 ? -status : 0, true);
			assert_int_equal(rig.stops, 1);
			rig_emptied(&rig, now + 6);
			assert_int_equal(rig.reports,
			    row->kind != ACTIVITY_KIND_NONE);
			if (rig.reports != 0)
				rig_report_ok(&rig, now + 7);
			rig_verdict(&rig, row->kind, row->cause,
			    rig.reports != 0 ? ACTIVITY_DELIVERY_TAKEN
					     : ACTIVITY_DELIVERY_NONE,
			    row->status == -1 ? own : row->status);
		}
}

/* The stop was on its way, but the command had ended before it came. */
static void
test_ended_before_the_stop_signal_is_its_own(void **state)
{
	struct rig rig;

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		int64_t now = rig_stopping(&rig, stop_rows[i].cause);

		rig_exited(&rig, now + 5, 0, 0, false);
		rig_state(&rig, ACTIVITY_DRAINING);
		rig_emptied(&rig, now + 6);
		rig_report_ok(&rig, now + 7);
		rig_verdict(&rig, ACTIVITY_KIND_COMPLETED, ACTIVITY_CAUSE_EXIT,
		    ACTIVITY_DELIVERY_TAKEN, 0);
	}
	for (size_t i = 4; i < ARRAY_SIZE(stop_rows); i++) {
		int64_t now = rig_stopping(&rig, stop_rows[i].cause);

		rig_exited(&rig, now + 5, 0, 0, false);
		rig_emptied(&rig, now + 6);
		rig_verdict(&rig, ACTIVITY_KIND_NONE, stop_rows[i].cause,
		    ACTIVITY_DELIVERY_NONE, 123);
		assert_int_equal(rig.reports, 0);
	}
}

/* A command that already finished when the cancel arrives has its result. */
static void
test_a_cancel_after_the_exit_changes_nothing(void **state)
{
	struct activity_config config = rig_config();
	struct rig rig;

	(void)state;
	rig_running(&rig, &config);
	rig_pass(&rig, 20 * SECOND);
	rig_exited(&rig, 20 * SECOND + 1, 0, 0, false);
	rig_heartbeat_ok(&rig, 20 * SECOND + 1, true);
	rig_state(&rig, ACTIVITY_DRAINING);
	rig_emptied(&rig, 20 * SECOND + 2);
	rig_report_ok(&rig, 20 * SECOND + 9);
	rig_verdict(&rig, ACTIVITY_KIND_COMPLETED, ACTIVITY_CAUSE_EXIT,
	    ACTIVITY_DELIVERY_TAKEN, 0);
}

static void
test_cannot_exec(void **state)
{
	static const struct {
		int error;
		int status;
	} rows[] = {
		{ ENOENT, 127 },
		{ ENOTDIR, 127 },
		{ EACCES, 126 },
		{ EISDIR, 126 },
		{ ENOEXEC, 126 },
		{ E2BIG, 126 },
	};
	struct activity_config config = rig_config();
	struct rig rig;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		rig_ready(&rig, &config);
		rig_simple(&rig, 0, ACTIVITY_BEGIN);
		rig_event(&rig, 5,
		    (struct activity_event){
			.type = ACTIVITY_EXEC_FAILED, .error = rows[i].error });
		rig_state(&rig, ACTIVITY_REPORTING);
		assert_int_equal(rig.stops, 0);
		rig_report_ok(&rig, 20);
		rig_verdict(&rig, ACTIVITY_KIND_FAILED,
		    ACTIVITY_CAUSE_EXEC_FAILED, ACTIVITY_DELIVERY_TAKEN,
		    rows[i].status);
		assert_int_equal(activity_outcome(&rig.activity)->error,
		    rows[i].error);
		assert_false(activity_outcome(&rig.activity)->started);
	}
}

/* ---- the beginning ------------------------------------------------------ */

static struct activity_config
first_config(int64_t timeout)
{
	struct activity_config config = rig_config();

	config.heartbeat_first = true;
	config.heartbeat_timeout = timeout;
	return config;
}

static void
test_nothing_starts_before_the_first_heartbeat_is_accepted(void **state)
{
	struct activity_config config = first_config(60 * SECOND);
	struct rig rig;

	(void)state;
	rig_ready(&rig, &config);
	rig_simple(&rig, 100, ACTIVITY_BEGIN);
	rig_state(&rig, ACTIVITY_PREPARING);
	assert_int_equal(rig.heartbeats, 1);
	assert_int_equal(rig.starts, 0);
	rig_heartbeat_ok(&rig, 150, false);
	rig_state(&rig, ACTIVITY_RUNNING);
	assert_int_equal(rig.actions.count, 2);
	assert_int_equal(rig.actions.list[0].type, ACTIVITY_ACT_LEASE);
	assert_int_equal(rig.actions.list[0].stop_at, 48100);
	assert_int_equal(rig.actions.list[0].at, 58100);
	assert_int_equal(rig.actions.list[1].type, ACTIVITY_ACT_START);
}

static void
test_a_worker_starts_at_once_and_leases_from_the_beginning(void **state)
{
	struct activity_config config = rig_config();
	struct rig rig;

	(void)state;
	rig_ready(&rig, &config);
	rig_simple(&rig, 100, ACTIVITY_BEGIN);
	assert_int_equal(rig.actions.count, 3);
	assert_int_equal(rig.actions.list[0].type, ACTIVITY_ACT_LEASE);
	assert_int_equal(rig.actions.list[0].at, 58100);
	assert_int_equal(rig.actions.list[1].type, ACTIVITY_ACT_START);
	assert_int_equal(rig.actions.list[2].type, ACTIVITY_ACT_HEARTBEAT);
	rig_simple(&rig, 100, ACTIVITY_BEGIN);
	assert_int_equal(rig.actions.count, 0);
}

/* What SWF has given away a while ago is not leased from now on. */
static void
test_a_lease_counts_from_when_the_task_was_given_away(void **state)
{
	struct activity_config config = rig_config();
	struct rig rig;

	(void)state;
	config.age = 3 * SECOND;
	rig_ready(&rig, &config);
	rig_simple(&rig, 10 * SECOND, ACTIVITY_BEGIN);
	assert_int_equal(rig.starts, 1);
	assert_int_equal(rig.lease_kill_at, 65 * SECOND);
	assert_int_equal(rig.lease_stop_at, 55 * SECOND);
	rig_heartbeat_ok(&rig, 10 * SECOND + 50, false);
	assert_int_equal(rig.lease_kill_at, 68 * SECOND);
	/* Nearly over, or over, it is no reason to start anything. */
	for (config.age = 50 * SECOND; config.age < 70 * SECOND;
	     config.age += 10 * SECOND) {
		rig_ready(&rig, &config);
		rig_simple(&rig, 100 * SECOND, ACTIVITY_BEGIN);
		rig_state(&rig, ACTIVITY_PREPARING);
		assert_int_equal(rig.starts, 0);
		assert_int_equal(rig.heartbeats, 1);
		rig_heartbeat_ok(&rig, 100 * SECOND + 50, false);
		rig_state(&rig, ACTIVITY_RUNNING);
		assert_int_equal(rig.lease_kill_at, 158 * SECOND);
	}
}

/* Nor is it where T is found out later. */
static void
test_a_lease_found_later_counts_from_then_too(void **state)
{
	struct activity_config config = rig_config();
	struct rig rig;

	(void)state;
	config.lease = false;
	config.age = 3 * SECOND;
	rig_ready(&rig, &config);
	rig_simple(&rig, 10 * SECOND, ACTIVITY_BEGIN);
	assert_int_equal(rig.starts, 1);
	rig_event(&rig, 11 * SECOND,
	    (struct activity_event){
		.type = ACTIVITY_TIMEOUTS_FOUND,
		.heartbeat_timeout = 60 * SECOND,
		.lease = true,
		.closes_at = INSTANT_NEVER,
		.start_to_close = INSTANT_NEVER,
	    });
	assert_int_equal(rig.lease_kill_at, 65 * SECOND);
}

/* A lease that may be over before a heartbeat is answered is confirmed. */
static void
test_a_lease_that_is_used_up_is_confirmed_first(void **state)
{
	struct activity_config config = rig_config();
	struct rig rig;

	(void)state;
	config.heartbeat_timeout = 3 * SECOND;
	config.age = 1700;
	rig_ready(&rig, &config);
	rig_simple(&rig, 5000, ACTIVITY_BEGIN);
	rig_state(&rig, ACTIVITY_PREPARING);
	assert_int_equal(rig.heartbeats, 1);
	assert_int_equal(rig.starts, 0);
	rig_heartbeat_ok(&rig, 5100, false);
	assert_int_equal(rig.starts, 1);
	assert_int_equal(rig.lease_kill_at, 7850);
}

/* What was found before the beginning counts from the beginning on. */
static void
test_a_lease_found_before_the_beginning_is_confirmed_first(void **state)
{
	struct activity_config config = rig_config();
	struct rig rig;

	(void)state;
	config.lease = false;
	config.age = 1700;
	rig_ready(&rig, &config);
	rig_event(&rig, 5000,
	    (struct activity_event){
		.type = ACTIVITY_TIMEOUTS_FOUND,
		.heartbeat_timeout = 3 * SECOND,
		.lease = true,
		.closes_at = INSTANT_NEVER,
		.start_to_close = INSTANT_NEVER,
	    });
	rig_simple(&rig, 5000, ACTIVITY_BEGIN);
	rig_state(&rig, ACTIVITY_PREPARING);
	assert_int_equal(rig.starts, 0);
	assert_int_equal(rig.heartbeats, 1);
	rig_heartbeat_ok(&rig, 5100, false);
	assert_int_equal(rig.starts, 1);
	assert_int_equal(rig.lease_kill_at, 7850);
}

/* A dead token starts nothing; a permanent error neither, at once. */
static void
test_a_bad_token_starts_nothing(void **state)
{
	static const struct {
		enum activity_failure failure;
		enum activity_cause cause;
		int status;
	} rows[] = {
		{ ACTIVITY_FAILURE_GONE, ACTIVITY_CAUSE_GONE, 123 },
		{ ACTIVITY_FAILURE_INVALID, ACTIVITY_CAUSE_REFUSED, 125 },
		{ ACTIVITY_FAILURE_REFUSED, ACTIVITY_CAUSE_REFUSED, 125 },
	};
	struct activity_config config = first_config(60 * SECOND);
	struct rig rig;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		rig_ready(&rig, &config);
		rig_simple(&rig, 0, ACTIVITY_BEGIN);
		rig_heartbeat_failed(&rig, 40, rows[i].failure);
		rig_verdict(&rig, ACTIVITY_KIND_NONE, rows[i].cause,
		    ACTIVITY_DELIVERY_NONE, rows[i].status);
		assert_int_equal(rig.starts, 0);
		assert_int_equal(rig.reports, 0);
	}
}

static void
try_unreachable(int64_t timeout, int64_t tried_for)
{
	struct activity_config config = first_config(timeout);
	struct rig rig;

	rig_ready(&rig, &config);
	rig_simple(&rig, 1000, ACTIVITY_BEGIN);
	while (rig.now < 1000 + tried_for - 1) {
		rig_state(&rig, ACTIVITY_PREPARING);
		if (rig.heartbeat_open && rig.heartbeats % 2 == 0)
			rig_heartbeat_failed(&rig, rig.now,
			    ACTIVITY_FAILURE_TRANSIENT);
		else
			rig_pass(&rig, instant_min(1000 + tried_for - 1,
					   activity_deadline(&rig.activity)));
	}
	rig_state(&rig, ACTIVITY_PREPARING);
	assert_true(rig.heartbeats > 3);
	rig_simple(&rig, 1000 + tried_for, ACTIVITY_TICK);
	rig_verdict(&rig, ACTIVITY_KIND_NONE, ACTIVITY_CAUSE_UNREACHABLE,
	    ACTIVITY_DELIVERY_NONE, 125);
	assert_int_equal(rig.starts, 0);
}

static void
test_an_unreachable_service_is_tried_for_a_while(void **state)
{
	(void)state;
	try_unreachable(10 * SECOND, 10 * SECOND);
	try_unreachable(60 * SECOND, 60 * SECOND);
	try_unreachable(300 * SECOND, 60 * SECOND);
	try_unreachable(INSTANT_NEVER, 60 * SECOND);
}

/* A cancel set before receipt is seen before anything is started. */
static void
test_a_cancel_that_waits_starts_nothing(void **state)
{
	struct activity_config config = first_config(60 * SECOND);
	struct rig rig;

	(void)state;
	rig_ready(&rig, &config);
	rig_simple(&rig, 0, ACTIVITY_BEGIN);
	rig_heartbeat_ok(&rig, 20, true);
	rig_state(&rig, ACTIVITY_REPORTING);
	rig_report_ok(&rig, 30);
	rig_verdict(&rig, ACTIVITY_KIND_CANCELED, ACTIVITY_CAUSE_CANCEL,
	    ACTIVITY_DELIVERY_TAKEN, 0);
	assert_int_equal(rig.starts, 0);
	assert_false(activity_outcome(&rig.activity)->started);
}

/* Heartbeats keep the task for as long as it cannot be reported. */
static void
test_a_cancel_that_waits_is_reported_at_length(void **state)
{
	struct activity_config config = first_config(60 * SECOND);
	struct rig rig;

	(void)state;
	rig_ready(&rig, &config);
	rig_simple(&rig, 0, ACTIVITY_BEGIN);
	rig_heartbeat_ok(&rig, 20, true);
	while (rig.now < 300 * SECOND) {
		rig_state(&rig, ACTIVITY_REPORTING);
		if (rig.report_open)
			rig_report_failed(&rig, rig.now,
			    ACTIVITY_FAILURE_TRANSIENT);
		else if (rig.heartbeat_open)
			rig_heartbeat_ok(&rig, rig.now + 10, true);
		else
			rig_next(&rig);
	}
	while (!rig.report_open)
		rig_next(&rig);
	rig_report_ok(&rig, rig.now);
	rig_verdict(&rig, ACTIVITY_KIND_CANCELED, ACTIVITY_CAUSE_CANCEL,
	    ACTIVITY_DELIVERY_TAKEN, 0);
}

/* An answer that was a whole lease on its way says nothing about now. */
static void
test_a_stale_first_answer_starts_nothing(void **state)
{
	struct activity_config config = first_config(60 * SECOND);
	struct rig rig;

	(void)state;
	for (int64_t late = 48 * SECOND; late <= 59 * SECOND;
	     late += 11 * SECOND) {
		rig_ready(&rig, &config);
		rig_simple(&rig, 0, ACTIVITY_BEGIN);
		rig_heartbeat_ok(&rig, late, false);
		assert_int_equal(rig.starts, 0);
		rig_simple(&rig, late, ACTIVITY_TICK);
		assert_int_equal(rig.heartbeats, 2);
		rig_heartbeat_ok(&rig, late + 10, false);
		assert_int_equal(rig.starts, 1);
		assert_int_equal(activity_lease(&rig.activity),
		    late + 58 * SECOND);
	}
}

static void
test_a_stop_before_the_start_is_reported(void **state)
{
	struct activity_config config = first_config(60 * SECOND);
	struct rig rig;

	(void)state;
	rig_ready(&rig, &config);
	rig_simple(&rig, 0, ACTIVITY_BEGIN);
	rig_stop(&rig, 5, SIGTERM);
	rig_state(&rig, ACTIVITY_REPORTING);
	rig_heartbeat_ok(&rig, 9, false);
	rig_report_ok(&rig, 10);
	rig_verdict(&rig, ACTIVITY_KIND_FAILED, ACTIVITY_CAUSE_STOPPED,
	    ACTIVITY_DELIVERY_TAKEN, 128 + SIGTERM);
	assert_int_equal(rig.starts, 0);
	/* For longer than the first heartbeat would have been tried. */
	config.heartbeat_timeout = 10 * SECOND;
	rig_ready(&rig, &config);
	rig_simple(&rig, 0, ACTIVITY_BEGIN);
	rig_stop(&rig, 5, SIGTERM);
	rig_pass(&rig, 20 * SECOND);
	while (!rig.report_open)
		rig_next(&rig);
	rig_report_ok(&rig, rig.now);
	rig_verdict(&rig, ACTIVITY_KIND_FAILED, ACTIVITY_CAUSE_STOPPED,
	    ACTIVITY_DELIVERY_TAKEN, 128 + SIGTERM);
}

/* ---- timers of the running command -------------------------------------- */

static void
test_stalled_exactly_at_the_timeout(void **state)
{
	struct activity_config config = rig_config();
	struct rig rig;

	(void)state;
	config.stall_timeout = 5 * SECOND;
	rig_running(&rig, &config);
	rig_simple(&rig, 3000, ACTIVITY_PROGRESS);
	assert_int_equal(activity_deadline(&rig.activity), 8000);
	rig_simple(&rig, 7999, ACTIVITY_TICK);
	rig_state(&rig, ACTIVITY_RUNNING);
	/* Read at the very moment: the event counts before the tick. */
	rig_simple(&rig, 8000, ACTIVITY_PROGRESS);
	rig_simple(&rig, 8000, ACTIVITY_TICK);
	rig_state(&rig, ACTIVITY_RUNNING);
	rig_simple(&rig, 12999, ACTIVITY_TICK);
	rig_state(&rig, ACTIVITY_RUNNING);
	rig_simple(&rig, 13000, ACTIVITY_TICK);
	rig_state(&rig, ACTIVITY_STOPPING);
	assert_int_equal(rig.stop_kill_at, 23000);
	/* Too late to be saved by progress. */
	rig_simple(&rig, 13001, ACTIVITY_PROGRESS);
	rig_state(&rig, ACTIVITY_STOPPING);
}

/* Silence is not always a hang: without the option nothing happens. */
static void
test_silence_alone_stops_nothing(void **state)
{
	struct activity_config config = rig_config();
	struct rig rig;

	(void)state;
	rig_running(&rig, &config);
	rig_pass_healthy(&rig, 24 * 3600 * SECOND);
	rig_state(&rig, ACTIVITY_RUNNING);
	assert_int_equal(rig.stops, 0);
}

static void
test_time_limit_counts_from_the_start(void **state)
{
	struct activity_config config = rig_config();
	struct rig rig;

	(void)state;
	config.time_limit = 5 * SECOND;
	rig_ready(&rig, &config);
	rig_simple(&rig, 0, ACTIVITY_BEGIN);
	rig_heartbeat_ok(&rig, 10, false);
	rig_simple(&rig, 400, ACTIVITY_COMMAND_STARTED);
	/* It starts once, and has been executed then. */
	rig_simple(&rig, 600, ACTIVITY_COMMAND_STARTED);
	rig_simple(&rig, 700, ACTIVITY_EXEC_FAILED);
	rig_state(&rig, ACTIVITY_RUNNING);
	rig_simple(&rig, 5399, ACTIVITY_TICK);
	rig_state(&rig, ACTIVITY_RUNNING);
	rig_simple(&rig, 5400, ACTIVITY_TICK);
	rig_state(&rig, ACTIVITY_STOPPING);
	assert_int_equal(activity_outcome(&rig.activity)->cause,
	    ACTIVITY_CAUSE_TIME_LIMIT);
}

/* Whoever has ended was started, if that was said or not. */
static void
test_an_end_without_a_beginning(void **state)
{
	struct activity_config config = rig_config();
	struct rig rig;

	(void)state;
	rig_ready(&rig, &config);
	rig_simple(&rig, 0, ACTIVITY_BEGIN);
	rig_exited(&rig, 10, 3, 0, false);
	assert_true(activity_outcome(&rig.activity)->started);
	rig_simple(&rig, 11, ACTIVITY_EXEC_FAILED);
	rig_emptied(&rig, 12);
	rig_report_ok(&rig, 13);
	rig_verdict(&rig, ACTIVITY_KIND_FAILED, ACTIVITY_CAUSE_EXIT,
	    ACTIVITY_DELIVERY_TAKEN, 3);
}

/* ---- late and repeated events ------------------------------------------- */

static void
test_late_events_change_nothing(void **state)
{
	struct activity_config config = rig_config();
	struct activity_event late = { .attempt = 1 };
	struct rig rig;

	(void)state;
	rig_running(&rig, &config);
	rig_exited(&rig, 100, 0, 0, false);
	rig_emptied(&rig, 101);
	/* A second exit, a second end of the tree, an old attempt's answer. */
	rig_exited(&rig, 102, 9, 0, true);
	rig_emptied(&rig, 103);
	rig_simple(&rig, 104, ACTIVITY_GUARD_LOST);
	rig_simple(&rig, 104, ACTIVITY_GUARD_STOPPING);
	rig_simple(&rig, 104, ACTIVITY_COMMAND_STARTED);
	rig_simple(&rig, 104, ACTIVITY_EXEC_FAILED);
	late.type = ACTIVITY_HEARTBEAT_FAILED;
	late.failure = ACTIVITY_FAILURE_GONE;
	rig_event(&rig, 105, late);
	late.type = ACTIVITY_REPORT_OK;
	late.attempt = 2;
	rig_event(&rig, 105, late);
	rig_state(&rig, ACTIVITY_REPORTING);
	assert_int_equal(rig.reports, 1);
	rig_report_ok(&rig, 110);
	for (int type = 0; type <= (int)ACTIVITY_REPORT_FAILED; type++) {
		rig_simple(&rig, 120, (enum activity_event_type)type);
		assert_int_equal(rig.actions.count, 0);
	}
	rig_verdict(&rig, ACTIVITY_KIND_COMPLETED, ACTIVITY_CAUSE_EXIT,
	    ACTIVITY_DELIVERY_TAKEN, 0);
	assert_int_equal(activity_deadline(&rig.activity), INSTANT_NEVER);
}

static void
test_nothing_happens_before_the_beginning(void **state)
{
	struct activity_config config = rig_config();
	struct rig rig;

	(void)state;
	rig_ready(&rig, &config);
	for (int type = 1; type <= (int)ACTIVITY_REPORT_FAILED; type++) {
		rig_simple(&rig, 5, (enum activity_event_type)type);
		assert_int_equal(rig.actions.count, 0);
		rig_state(&rig, ACTIVITY_PREPARING);
	}
}

/* The log says what happened: each event, state and cause has a name of its
 * own. */
static void
assert_names(const char *(*name)(int), int count)
{
	for (int i = 0; i < count; i++) {
		assert_string_not_equal(name(i), "unknown");
		for (int j = 0; j < i; j++)
			assert_string_not_equal(name(i), name(j));
	}
	assert_string_equal(name(count), "unknown");
}

static const char *
state_name(int state)
{
	return activity_state_name((enum activity_state)state);
}

static const char *
event_name(int type)
{
	return activity_event_name((enum activity_event_type)type);
}

static const char *
cause_name(int cause)
{
	return activity_cause_name((enum activity_cause)cause);
}

static void
test_everything_has_a_name(void **state)
{
	(void)state;
	assert_names(state_name, ACTIVITY_DONE + 1);
	assert_names(event_name, ACTIVITY_OUTCOME_RECORDED + 1);
	assert_names(cause_name, ACTIVITY_CAUSE_REFUSED + 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_an_exit_status_decides_by_itself),
		cmocka_unit_test(test_a_signal_nobody_sent_is_failed),
		cmocka_unit_test(test_a_stop_decides_whatever_the_exit_status),
		cmocka_unit_test(test_ended_before_the_stop_signal_is_its_own),
		cmocka_unit_test(test_a_cancel_after_the_exit_changes_nothing),
		cmocka_unit_test(test_everything_has_a_name),
		cmocka_unit_test(test_cannot_exec),
		cmocka_unit_test(
		    test_nothing_starts_before_the_first_heartbeat_is_accepted),
		cmocka_unit_test(
		    test_a_worker_starts_at_once_and_leases_from_the_beginning),
		cmocka_unit_test(
		    test_a_lease_counts_from_when_the_task_was_given_away),
		cmocka_unit_test(test_a_lease_found_later_counts_from_then_too),
		cmocka_unit_test(
		    test_a_lease_that_is_used_up_is_confirmed_first),
		cmocka_unit_test(
		    test_a_lease_found_before_the_beginning_is_confirmed_first),
		cmocka_unit_test(test_a_bad_token_starts_nothing),
		cmocka_unit_test(
		    test_an_unreachable_service_is_tried_for_a_while),
		cmocka_unit_test(test_a_cancel_that_waits_starts_nothing),
		cmocka_unit_test(
		    test_a_cancel_that_waits_is_reported_at_length),
		cmocka_unit_test(test_a_stale_first_answer_starts_nothing),
		cmocka_unit_test(test_a_stop_before_the_start_is_reported),
		cmocka_unit_test(test_stalled_exactly_at_the_timeout),
		cmocka_unit_test(test_silence_alone_stops_nothing),
		cmocka_unit_test(test_time_limit_counts_from_the_start),
		cmocka_unit_test(test_an_end_without_a_beginning),
		cmocka_unit_test(test_late_events_change_nothing),
		cmocka_unit_test(test_nothing_happens_before_the_beginning),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
