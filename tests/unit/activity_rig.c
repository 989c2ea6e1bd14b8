/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "activity_rig.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { ANSWER_AFTER = 10 };

struct activity_config
rig_config(void)
{
	return (struct activity_config){
		.heartbeat_timeout = 60 * SECOND,
		.lease = true,
		.heartbeat_interval = INSTANT_NEVER,
		.kill_after = 10 * SECOND,
		.stop_deadline = 30 * SECOND,
		.stall_timeout = INSTANT_NEVER,
		.time_limit = INSTANT_NEVER,
		.report_timeout = 600 * SECOND,
		.ok_exit = { [0] = true },
		.seed = 1,
	};
}

void
rig_ready(struct rig *rig, const struct activity_config *config)
{
	*rig = (struct rig){ 0 };
	activity_init(&rig->activity, config);
	assert_int_equal(activity_deadline(&rig->activity), INSTANT_NEVER);
}

void
rig_running(struct rig *rig, const struct activity_config *config)
{
	rig_ready(rig, config);
	rig_simple(rig, 0, ACTIVITY_BEGIN);
	if (config->heartbeat_first)
		rig_heartbeat_ok(rig, 0, false);
	rig_simple(rig, 0, ACTIVITY_COMMAND_STARTED);
	if (!config->heartbeat_first)
		rig_heartbeat_ok(rig, 0, false);
	assert_int_equal(activity_state(&rig->activity), ACTIVITY_RUNNING);
}

int64_t
rig_stopping(struct rig *rig, enum activity_cause cause)
{
	struct activity_config config = rig_config();

	if (cause == ACTIVITY_CAUSE_STALLED)
		config.stall_timeout = 15 * SECOND;
	if (cause == ACTIVITY_CAUSE_TIME_LIMIT)
		config.time_limit = 15 * SECOND;
	rig_running(rig, &config);
	rig_simple(rig, 0, ACTIVITY_PROGRESS);
	if (cause == ACTIVITY_CAUSE_LEASE_LOST) {
		rig_pass(rig, 48 * SECOND);
	} else {
		rig_pass_healthy(rig, 15 * SECOND);
		rig_pass(rig, 22 * SECOND);
	}
	if (cause == ACTIVITY_CAUSE_CANCEL)
		rig_heartbeat_ok(rig, 22 * SECOND, true);
	if (cause == ACTIVITY_CAUSE_STOPPED)
		rig_stop(rig, 22 * SECOND, SIGINT);
	if (cause == ACTIVITY_CAUSE_GONE)
		rig_heartbeat_failed(rig, 22 * SECOND, ACTIVITY_FAILURE_GONE);
	rig_state(rig, ACTIVITY_STOPPING);
	assert_int_equal(activity_outcome(&rig->activity)->cause, cause);
	assert_int_equal(rig->stops, 1);
	assert_int_equal(rig->stop_kill_at, rig->stop_sent_at + 10 * SECOND);
	return rig->now;
}

/* Keeps the books of one action. */
static void
note(struct rig *rig, const struct activity_action *action)
{
	assert_int_equal(rig->finishes, 0);
	switch (action->type) {
	case ACTIVITY_ACT_HEARTBEAT:
		assert_false(rig->heartbeat_open);
		rig->heartbeat_open = true;
		rig->heartbeats++;
		rig->heartbeat_at = rig->now;
		assert_true(action->attempt > rig->heartbeat_attempt);
		rig->heartbeat_attempt = action->attempt;
		assert_true(action->deadline > rig->now);
		assert_int_equal(action->deadline,
		    rig->activity.heartbeat.give_up_at);
		break;
	case ACTIVITY_ACT_ABORT_HEARTBEAT:
		assert_true(rig->heartbeat_open);
		assert_int_equal(action->attempt, rig->heartbeat_attempt);
		rig->heartbeat_open = false;
		break;
	case ACTIVITY_ACT_RECORD_START:
		rig->start_records++;
		break;
	case ACTIVITY_ACT_RECORD_OUTCOME:
		rig->outcome_records++;
		break;
	case ACTIVITY_ACT_START:
		assert_false(rig->guard_gone);
		rig->starts++;
		break;
	case ACTIVITY_ACT_STOP:
		assert_false(rig->guard_gone);
		assert_true(rig->stops == 0 || action->at < rig->stop_kill_at);
		rig->stops++;
		rig->stop_sent_at = rig->now;
		rig->stop_kill_at = action->at;
		break;
	case ACTIVITY_ACT_KILL:
		assert_false(rig->guard_gone);
		rig->kills++;
		break;
	case ACTIVITY_ACT_KILL_GUARD:
		rig->guard_kills++;
		break;
	case ACTIVITY_ACT_LEASE:
		assert_true(action->stop_at != rig->lease_stop_at ||
			    action->at != rig->lease_kill_at);
		rig->lease_stop_at = action->stop_at;
		rig->lease_kill_at = action->at;
		break;
	case ACTIVITY_ACT_RELEASE:
		assert_false(rig->guard_gone);
		rig->guard_gone = true;
		rig->releases++;
		break;
	case ACTIVITY_ACT_READ_OUTPUT:
		break;
	case ACTIVITY_ACT_REPORT:
		assert_false(rig->report_open);
		rig->report_open = true;
		rig->reports++;
		rig->report_at = rig->now;
		assert_true(action->attempt > rig->report_attempt);
		rig->report_attempt = action->attempt;
		assert_true(action->deadline > rig->now);
		assert_int_equal(action->deadline,
		    rig->activity.report.give_up_at);
		assert_true(action->deadline <= rig->activity.report_until);
		rig->minimal = action->minimal;
		break;
	case ACTIVITY_ACT_ABORT_REPORT:
		assert_true(rig->report_open);
		assert_int_equal(action->attempt, rig->report_attempt);
		rig->report_open = false;
		break;
	case ACTIVITY_ACT_FINISH:
		assert_false(rig->heartbeat_open);
		assert_false(rig->report_open);
		rig->finishes++;
		break;
	}
}

void
rig_event(struct rig *rig, int64_t now, struct activity_event event)
{
	enum activity_state before = activity_state(&rig->activity);

	assert_true(now >= rig->now);
	rig->now = now;
	event.report_unsent = rig->report_unsent;
	if (event.type == ACTIVITY_GUARD_LOST ||
	    event.type == ACTIVITY_TREE_EMPTY)
		rig->guard_gone = true;
	activity_step(&rig->activity, &event, now, &rig->actions);
	assert_true(activity_state(&rig->activity) >= before);
	for (size_t i = 0; i < rig->actions.count; i++)
		note(rig, &rig->actions.list[i]);
	if (event.type == ACTIVITY_TICK)
		assert_true(activity_deadline(&rig->activity) > now);
	assert_int_equal(rig->finishes,
	    activity_state(&rig->activity) == ACTIVITY_DONE);
}

void
rig_simple(struct rig *rig, int64_t now, enum activity_event_type type)
{
	rig_event(rig, now, (struct activity_event){ .type = type });
}

void
rig_next(struct rig *rig)
{
	rig_simple(rig,
	    instant_max(rig->now, activity_deadline(&rig->activity)),
	    ACTIVITY_TICK);
}

void
rig_pass(struct rig *rig, int64_t until)
{
	int64_t due;

	while ((due = activity_deadline(&rig->activity)) < until)
		rig_simple(rig, instant_max(due, rig->now), ACTIVITY_TICK);
	rig_simple(rig, until, ACTIVITY_TICK);
}

void
rig_pass_healthy(struct rig *rig, int64_t until)
{
	while (rig->now < until) {
		int64_t next =
		    instant_min(until, activity_deadline(&rig->activity));

		if (rig->heartbeat_open)
			rig_heartbeat_ok(rig, rig->heartbeat_at + ANSWER_AFTER,
			    false);
		else
			rig_simple(rig, next, ACTIVITY_TICK);
	}
}

void
rig_heartbeat_ok(struct rig *rig, int64_t now, bool cancel_requested)
{
	rig->heartbeat_open = false;
	rig_event(rig, now,
	    (struct activity_event){
		.type = ACTIVITY_HEARTBEAT_OK,
		.attempt = rig->heartbeat_attempt,
		.cancel_requested = cancel_requested,
	    });
}

void
rig_heartbeat_failed(struct rig *rig, int64_t now,
    enum activity_failure failure)
{
	rig->heartbeat_open = false;
	rig_event(rig, now,
	    (struct activity_event){
		.type = ACTIVITY_HEARTBEAT_FAILED,
		.attempt = rig->heartbeat_attempt,
		.failure = failure,
	    });
}

void
rig_report_ok(struct rig *rig, int64_t now)
{
	rig->report_open = false;
	rig_event(rig, now,
	    (struct activity_event){
		.type = ACTIVITY_REPORT_OK,
		.attempt = rig->report_attempt,
	    });
}

void
rig_report_failed(struct rig *rig, int64_t now, enum activity_failure failure)
{
	rig->report_open = false;
	rig_event(rig, now,
	    (struct activity_event){
		.type = ACTIVITY_REPORT_FAILED,
		.attempt = rig->report_attempt,
		.failure = failure,
	    });
}

void
rig_exited(struct rig *rig, int64_t now, int status, int signal,
    bool after_stop)
{
	rig_event(rig, now,
	    (struct activity_event){
		.type = ACTIVITY_COMMAND_EXITED,
		.after_stop = after_stop,
		.exit = { .status = signal == 0 ? status : -1,
		    .signal = signal },
	    });
}

void
rig_emptied(struct rig *rig, int64_t now)
{
	rig_simple(rig, now, ACTIVITY_TREE_EMPTY);
	rig_simple(rig, now, ACTIVITY_OUTPUT_READ);
}

void
rig_stop(struct rig *rig, int64_t now, int signal)
{
	rig_event(rig, now,
	    (struct activity_event){
		.type = ACTIVITY_STOP_REQUESTED,
		.signal = signal,
	    });
}

const struct activity_action *
rig_action(const struct rig *rig, enum activity_action_type type)
{
	for (size_t i = 0; i < rig->actions.count; i++)
		if (rig->actions.list[i].type == type)
			return &rig->actions.list[i];
	return NULL;
}

void
rig_state(const struct rig *rig, enum activity_state state)
{
	assert_string_equal(activity_state_name(activity_state(&rig->activity)),
	    activity_state_name(state));
}

void
rig_verdict(const struct rig *rig, enum activity_kind kind,
    enum activity_cause cause, enum activity_delivery delivery, int status)
{
	const struct activity_outcome *outcome =
	    activity_outcome(&rig->activity);

	assert_int_equal(activity_state(&rig->activity), ACTIVITY_DONE);
	assert_int_equal(outcome->kind, kind);
	assert_string_equal(activity_cause_name(outcome->cause),
	    activity_cause_name(cause));
	assert_int_equal(outcome->delivery, delivery);
	assert_int_equal(activity_exit_status(&rig->activity), status);
}
