/* SPDX-License-Identifier: MIT */
/*
 * activity: start and outcome are put down, by somebody who may be slow.
 */
#include "config.h"

#include "activity/activity.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "activity_rig.h"

static struct activity_config
with_records(void)
{
	struct activity_config config = rig_config();

	config.records = true;
	return config;
}

/* ---- the start ----------------------------------------------------------- */

static void
test_the_start_waits_for_its_record(void **state)
{
	struct activity_config config = with_records();
	struct rig rig;

	(void)state;
	rig_ready(&rig, &config);
	rig_simple(&rig, 0, ACTIVITY_BEGIN);
	assert_int_equal(rig.start_records, 1);
	assert_int_equal(rig.starts, 0);
	assert_int_equal(rig.heartbeats, 1);
	rig_heartbeat_ok(&rig, 5, false);
	assert_int_equal(rig.starts, 0);
	rig_simple(&rig, 9, ACTIVITY_START_RECORDED);
	assert_int_equal(rig.starts, 1);
	rig_state(&rig, ACTIVITY_RUNNING);
	/* Said again, it means nothing. */
	rig_simple(&rig, 10, ACTIVITY_START_RECORDED);
	assert_int_equal(rig.starts, 1);
}

static void
test_and_for_the_first_heartbeat(void **state)
{
	struct activity_config config = with_records();
	struct rig rig;

	(void)state;
	config.heartbeat_first = true;
	rig_ready(&rig, &config);
	rig_simple(&rig, 0, ACTIVITY_BEGIN);
	rig_simple(&rig, 9, ACTIVITY_START_RECORDED);
	assert_int_equal(rig.starts, 0);
	rig_heartbeat_ok(&rig, 20, false);
	assert_int_equal(rig.starts, 1);

	rig_ready(&rig, &config);
	rig_simple(&rig, 0, ACTIVITY_BEGIN);
	rig_heartbeat_ok(&rig, 5, false);
	assert_int_equal(rig.starts, 0);
	/* One that was accepted cannot be late any more. */
	rig_simple(&rig, 4999, ACTIVITY_TICK);
	rig_state(&rig, ACTIVITY_PREPARING);
	rig_simple(&rig, 4999, ACTIVITY_START_RECORDED);
	assert_int_equal(rig.starts, 1);
}

/* Heartbeats go on meanwhile; a quarter of T, at most 5 s. */
static void
test_a_slow_disk_does_not_hold_the_start(void **state)
{
	static const int64_t timeouts[][2] = { { 60 * SECOND, 5 * SECOND },
		{ 4 * SECOND, SECOND }, { INSTANT_NEVER, 5 * SECOND } };
	struct activity_config config = with_records();
	struct rig rig;

	(void)state;
	for (size_t i = 0; i < sizeof(timeouts) / sizeof(timeouts[0]); i++) {
		config.heartbeat_timeout = timeouts[i][0];
		rig_ready(&rig, &config);
		rig_simple(&rig, 0, ACTIVITY_BEGIN);
		rig_pass_healthy(&rig, timeouts[i][1] - 1);
		assert_int_equal(rig.starts, 0);
		rig_pass_healthy(&rig, timeouts[i][1]);
		assert_int_equal(rig.starts, 1);
		rig_simple(&rig, rig.now, ACTIVITY_START_RECORDED);
		assert_int_equal(rig.starts, 1);
	}
}

static void
test_what_happens_while_it_waits(void **state)
{
	struct activity_config config = with_records();
	struct rig rig;

	(void)state;
	/* A cancel: nothing is started, and that is put down, too. */
	rig_ready(&rig, &config);
	rig_simple(&rig, 0, ACTIVITY_BEGIN);
	rig_heartbeat_ok(&rig, 5, true);
	rig_state(&rig, ACTIVITY_REPORTING);
	assert_int_equal(rig.outcome_records, 1);
	rig_simple(&rig, 6, ACTIVITY_START_RECORDED);
	assert_int_equal(rig.reports, 0);
	rig_simple(&rig, 7, ACTIVITY_OUTCOME_RECORDED);
	rig_report_ok(&rig, 9);
	rig_verdict(&rig, ACTIVITY_KIND_CANCELED, ACTIVITY_CAUSE_CANCEL,
	    ACTIVITY_DELIVERY_TAKEN, 0);
	assert_int_equal(rig.starts, 0);

	/* That the start is put down ends no wait for the outcome, nor does it
	 * make one longer. */
	rig_ready(&rig, &config);
	rig_simple(&rig, 0, ACTIVITY_BEGIN);
	rig_heartbeat_ok(&rig, 5, true);
	rig_simple(&rig, 6, ACTIVITY_START_RECORDED);
	rig_pass_healthy(&rig, 5 * SECOND + 4);
	assert_int_equal(rig.reports, 0);
	rig_pass_healthy(&rig, 5 * SECOND + 5);
	assert_int_equal(rig.reports, 1);

	/* The task is gone. */
	rig_ready(&rig, &config);
	rig_simple(&rig, 0, ACTIVITY_BEGIN);
	rig_heartbeat_failed(&rig, 5, ACTIVITY_FAILURE_GONE);
	rig_verdict(&rig, ACTIVITY_KIND_NONE, ACTIVITY_CAUSE_GONE,
	    ACTIVITY_DELIVERY_NONE, 123);

	/* A refusal is not for the start to decide: it is one of many. */
	rig_ready(&rig, &config);
	rig_simple(&rig, 0, ACTIVITY_BEGIN);
	rig_heartbeat_failed(&rig, 5, ACTIVITY_FAILURE_REFUSED);
	rig_state(&rig, ACTIVITY_PREPARING);
	rig_simple(&rig, 9, ACTIVITY_START_RECORDED);
	assert_int_equal(rig.starts, 1);

	/* A stop. */
	rig_ready(&rig, &config);
	rig_simple(&rig, 0, ACTIVITY_BEGIN);
	rig_stop(&rig, 5, SIGTERM);
	rig_simple(&rig, 6, ACTIVITY_OUTCOME_RECORDED);
	rig_report_ok(&rig, 9);
	rig_verdict(&rig, ACTIVITY_KIND_FAILED, ACTIVITY_CAUSE_STOPPED,
	    ACTIVITY_DELIVERY_TAKEN, 128 + SIGTERM);
}

/* A lease that is over by then starts nothing before SWF has been asked. */
static void
test_a_stall_while_it_waits(void **state)
{
	struct activity_config config = with_records();
	struct rig rig;

	(void)state;
	rig_ready(&rig, &config);
	rig_simple(&rig, 0, ACTIVITY_BEGIN);
	rig_heartbeat_ok(&rig, 5, false);
	rig_simple(&rig, 50 * SECOND, ACTIVITY_START_RECORDED);
	rig_simple(&rig, 50 * SECOND, ACTIVITY_TICK);
	assert_int_equal(rig.starts, 0);
	assert_int_equal(rig.heartbeats, 2);
	rig_heartbeat_ok(&rig, 50 * SECOND + 5, false);
	assert_int_equal(rig.starts, 1);
	assert_int_equal(rig.lease_kill_at, 108 * SECOND);

	/* It is a first one again: refused, nothing is started. */
	rig_ready(&rig, &config);
	rig_simple(&rig, 0, ACTIVITY_BEGIN);
	rig_heartbeat_ok(&rig, 5, false);
	rig_simple(&rig, 50 * SECOND, ACTIVITY_START_RECORDED);
	rig_simple(&rig, 50 * SECOND, ACTIVITY_TICK);
	rig_heartbeat_failed(&rig, 50 * SECOND + 5, ACTIVITY_FAILURE_REFUSED);
	rig_verdict(&rig, ACTIVITY_KIND_NONE, ACTIVITY_CAUSE_REFUSED,
	    ACTIVITY_DELIVERY_NONE, 125);

	/* And it is not waited for for ever. */
	rig_ready(&rig, &config);
	rig_simple(&rig, 0, ACTIVITY_BEGIN);
	rig_heartbeat_ok(&rig, 5, false);
	rig_simple(&rig, 50 * SECOND, ACTIVITY_START_RECORDED);
	rig_pass(&rig, 110 * SECOND - 1);
	rig_state(&rig, ACTIVITY_PREPARING);
	rig_pass(&rig, 110 * SECOND);
	rig_verdict(&rig, ACTIVITY_KIND_NONE, ACTIVITY_CAUSE_UNREACHABLE,
	    ACTIVITY_DELIVERY_NONE, 125);
}

/* ---- the outcome --------------------------------------------------------- */

/* A command that ended with status 0 at 1000, its outcome being put down. */
static void
recording(struct rig *rig, const struct activity_config *config)
{
	rig_ready(rig, config);
	rig_simple(rig, 0, ACTIVITY_BEGIN);
	rig_simple(rig, 0, ACTIVITY_START_RECORDED);
	rig_simple(rig, 0, ACTIVITY_COMMAND_STARTED);
	rig_heartbeat_ok(rig, 0, false);
	rig_exited(rig, 1000, 0, 0, false);
	assert_int_equal(rig->outcome_records, 0);
	rig_emptied(rig, 1000);
	rig_state(rig, ACTIVITY_REPORTING);
	assert_int_equal(rig->outcome_records, 1);
	assert_int_equal(rig->reports, 0);
}

static void
test_the_report_waits_for_its_record(void **state)
{
	struct activity_config config = with_records();
	struct rig rig;

	(void)state;
	recording(&rig, &config);
	rig_pass(&rig, 2000);
	assert_int_equal(rig.reports, 0);
	rig_simple(&rig, 2000, ACTIVITY_OUTCOME_RECORDED);
	assert_int_equal(rig.reports, 1);
	rig_simple(&rig, 2001, ACTIVITY_OUTCOME_RECORDED);
	assert_int_equal(rig.reports, 1);
	rig_report_failed(&rig, 2002, ACTIVITY_FAILURE_INVALID);
	assert_true(rig.minimal);
	rig_report_ok(&rig, 2003);
	assert_int_equal(rig.outcome_records, 1);
	rig_verdict(&rig, ACTIVITY_KIND_COMPLETED, ACTIVITY_CAUSE_EXIT,
	    ACTIVITY_DELIVERY_TAKEN, 0);
}

static void
test_a_slow_disk_does_not_hold_the_report(void **state)
{
	struct activity_config config = with_records();
	struct rig rig;

	(void)state;
	recording(&rig, &config);
	rig_pass_healthy(&rig, 5999);
	assert_int_equal(rig.reports, 0);
	rig_pass_healthy(&rig, 6000);
	assert_int_equal(rig.report_at, 6000);

	/* Half of what the lease has left: 5,700 - 1,000. */
	config.heartbeat_timeout = 6 * SECOND;
	recording(&rig, &config);
	rig_pass(&rig, 1000 + 4700 / 2 - 1);
	assert_int_equal(rig.reports, 0);
	rig_pass(&rig, 1000 + 4700 / 2);
	assert_int_equal(rig.reports, 1);

	/* Or of what a stop leaves, whenever it comes. */
	config = with_records();
	config.stop_deadline = 3000;
	recording(&rig, &config);
	rig_stop(&rig, 1500, SIGTERM);
	rig_pass_healthy(&rig, 1500 + 1500 - 1);
	assert_int_equal(rig.reports, 0);
	rig_pass_healthy(&rig, 1500 + 1500);
	assert_int_equal(rig.reports, 1);
}

static void
test_a_loss_while_it_waits(void **state)
{
	struct activity_config config = with_records();
	struct rig rig;

	(void)state;
	config.heartbeat_interval = 2 * SECOND;
	recording(&rig, &config);
	while (!rig.heartbeat_open)
		rig_next(&rig);
	assert_int_equal(rig.reports, 0);
	rig_heartbeat_failed(&rig, rig.now, ACTIVITY_FAILURE_GONE);
	rig_verdict(&rig, ACTIVITY_KIND_NONE, ACTIVITY_CAUSE_GONE,
	    ACTIVITY_DELIVERY_GONE, 123);
	assert_int_equal(rig.reports, 0);
}

/* After a stall there is still time for one attempt. */
static void
test_a_stall_before_the_report(void **state)
{
	struct activity_config config = with_records();
	struct rig rig;

	(void)state;
	config.heartbeat_timeout = INSTANT_NEVER;
	config.report_timeout = 10 * SECOND;
	recording(&rig, &config);
	rig_simple(&rig, 60 * SECOND, ACTIVITY_TICK);
	assert_int_equal(rig.reports, 1);
	rig_report_ok(&rig, 60 * SECOND + 10);
	rig_verdict(&rig, ACTIVITY_KIND_COMPLETED, ACTIVITY_CAUSE_EXIT,
	    ACTIVITY_DELIVERY_TAKEN, 0);
}

/* ---- the end ------------------------------------------------------------- */

/* A third request tells nobody, but leaves the outcome behind. */
static void
test_the_third_stop_leaves_a_record(void **state)
{
	struct activity_config config = with_records();
	struct rig rig;

	(void)state;
	rig_ready(&rig, &config);
	rig_simple(&rig, 0, ACTIVITY_BEGIN);
	rig_simple(&rig, 0, ACTIVITY_START_RECORDED);
	rig_simple(&rig, 0, ACTIVITY_COMMAND_STARTED);
	rig_heartbeat_ok(&rig, 0, false);
	for (int i = 0; i < 3; i++)
		rig_stop(&rig, 1000, SIGTERM);
	assert_int_equal(rig.outcome_records, 0);
	rig_exited(&rig, 1010, 0, SIGKILL, true);
	rig_simple(&rig, 1010, ACTIVITY_TREE_EMPTY);
	assert_int_equal(rig.outcome_records, 1);
	assert_non_null(rig_action(&rig, ACTIVITY_ACT_RECORD_OUTCOME));
	assert_int_equal(rig.reports, 0);
	rig_verdict(&rig, ACTIVITY_KIND_FAILED, ACTIVITY_CAUSE_STOPPED,
	    ACTIVITY_DELIVERY_NONE, 128 + SIGTERM);
}

/* The same when the tree cannot be waited for. */
static void
test_the_last_second_leaves_a_record(void **state)
{
	struct activity_config config = with_records();
	struct rig rig;

	(void)state;
	rig_ready(&rig, &config);
	rig_simple(&rig, 0, ACTIVITY_BEGIN);
	rig_simple(&rig, 0, ACTIVITY_START_RECORDED);
	rig_simple(&rig, 0, ACTIVITY_COMMAND_STARTED);
	for (int i = 0; i < 3; i++)
		rig_stop(&rig, 1000, SIGTERM);
	rig_pass(&rig, 2000);
	assert_int_equal(rig.outcome_records, 1);
	rig_verdict(&rig, ACTIVITY_KIND_FAILED, ACTIVITY_CAUSE_STOPPED,
	    ACTIVITY_DELIVERY_NONE, 128 + SIGTERM);
}

/* Nothing is to be told: nothing is put down. */
static void
test_a_loss_leaves_none(void **state)
{
	struct activity_config config = with_records();
	struct rig rig;

	(void)state;
	rig_ready(&rig, &config);
	rig_simple(&rig, 0, ACTIVITY_BEGIN);
	rig_simple(&rig, 0, ACTIVITY_START_RECORDED);
	rig_simple(&rig, 0, ACTIVITY_COMMAND_STARTED);
	rig_heartbeat_failed(&rig, 10, ACTIVITY_FAILURE_GONE);
	rig_exited(&rig, 20, 0, SIGTERM, true);
	rig_emptied(&rig, 20);
	rig_verdict(&rig, ACTIVITY_KIND_NONE, ACTIVITY_CAUSE_GONE,
	    ACTIVITY_DELIVERY_NONE, 123);
	assert_int_equal(rig.outcome_records, 0);
}

/* Without records nobody is asked and nothing waits. */
static void
test_without_records(void **state)
{
	struct activity_config config = rig_config();
	struct rig rig;

	(void)state;
	rig_running(&rig, &config);
	rig_exited(&rig, 1000, 0, 0, false);
	rig_emptied(&rig, 1000);
	rig_report_ok(&rig, 1010);
	assert_int_equal(rig.start_records, 0);
	assert_int_equal(rig.outcome_records, 0);
}

/* Start-to-close is nearly over: what would be stopped is not started. */
static void
test_too_late_to_start(void **state)
{
	struct activity_config config = with_records();
	struct rig rig;

	(void)state;
	config.lease = false;
	rig_ready(&rig, &config);
	rig_simple(&rig, 0, ACTIVITY_BEGIN);
	rig_event(&rig, 10,
	    (struct activity_event){
		.type = ACTIVITY_TIMEOUTS_FOUND,
		.heartbeat_timeout = 60 * SECOND,
		.lease = true,
		.closes_at = 1000,
		.start_to_close = 30 * SECOND,
	    });
	rig_simple(&rig, 20, ACTIVITY_START_RECORDED);
	assert_int_equal(rig.starts, 0);
	rig_simple(&rig, 30, ACTIVITY_OUTCOME_RECORDED);
	rig_report_ok(&rig, 40);
	rig_verdict(&rig, ACTIVITY_KIND_FAILED, ACTIVITY_CAUSE_CLOSING,
	    ACTIVITY_DELIVERY_TAKEN, 124);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_start_waits_for_its_record),
		cmocka_unit_test(test_and_for_the_first_heartbeat),
		cmocka_unit_test(test_a_slow_disk_does_not_hold_the_start),
		cmocka_unit_test(test_what_happens_while_it_waits),
		cmocka_unit_test(test_a_stall_while_it_waits),
		cmocka_unit_test(test_the_report_waits_for_its_record),
		cmocka_unit_test(test_a_slow_disk_does_not_hold_the_report),
		cmocka_unit_test(test_a_loss_while_it_waits),
		cmocka_unit_test(test_a_stall_before_the_report),
		cmocka_unit_test(test_the_third_stop_leaves_a_record),
		cmocka_unit_test(test_the_last_second_leaves_a_record),
		cmocka_unit_test(test_a_loss_leaves_none),
		cmocka_unit_test(test_without_records),
		cmocka_unit_test(test_too_late_to_start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
