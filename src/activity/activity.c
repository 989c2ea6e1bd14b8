/* SPDX-License-Identifier: MIT */
/*
 * The state machine itself: events in, actions out.
 */
#include "config.h"

#include "activity/activity.h"

#include <assert.h>

#include "activity/lease.h"
#include "activity/step.h"
#include "base/instant.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

enum {
	/* How long the first heartbeat is tried at most. */
	PREPARE_MOST = 60000
};

/* From send to send: as asked for, but never too long for the lease. */
static void
set_interval(struct activity *a)
{
	struct activity_config *config = &a->config;
	int64_t timeout = config->heartbeat_timeout;

	a->interval = config->heartbeat_interval == INSTANT_NEVER
			  ? lease_interval(timeout)
			  : config->heartbeat_interval;
	if (lease_enforced(config))
		a->interval = instant_min(a->interval,
		    lease_interval_most(timeout, config->kill_after));
}

void
activity_init(struct activity *a, const struct activity_config *config)
{
	int64_t timeout = config->heartbeat_timeout;

	*a = (struct activity){
		.config = *config,
		.state = ACTIVITY_PREPARING,
		.random = config->seed,
		.heartbeat = { .give_up_at = INSTANT_NEVER,
		    .next_at = INSTANT_NEVER,
		    .backoff = lease_retry_first(timeout) },
		.report = { .give_up_at = INSTANT_NEVER,
		    .next_at = INSTANT_NEVER },
		.accepted_at = INSTANT_NEVER,
		.begun_at = INSTANT_NEVER,
		.prepare_until = INSTANT_NEVER,
		.started_at = INSTANT_NEVER,
		.progress_at = INSTANT_NEVER,
		.lease_stop_at = INSTANT_NEVER,
		.lease_kill_at = INSTANT_NEVER,
		.closing_stop_at = INSTANT_NEVER,
		.closing_kill_at = INSTANT_NEVER,
		.guard_stop_at = INSTANT_NEVER,
		.guard_kill_at = INSTANT_NEVER,
		.kill_at = INSTANT_NEVER,
		.killing_at = INSTANT_NEVER,
		.output_until = INSTANT_NEVER,
		.report_until = INSTANT_NEVER,
		.leave_at = INSTANT_NEVER,
		.record_until = INSTANT_NEVER,
		.awaits_heartbeat = config->heartbeat_first,
	};
	set_interval(a);
}

struct activity_action *
step_emit(struct step *s, enum activity_action_type type)
{
	struct activity_actions *actions = s->actions;
	struct activity_action *action;

	assert(actions->count < ARRAY_SIZE(actions->list));
	action = &actions->list[actions->count++];
	*action = (struct activity_action){
		.type = type,
		.at = INSTANT_NEVER,
		.stop_at = INSTANT_NEVER,
		.deadline = INSTANT_NEVER,
	};
	return action;
}

void
step_enter(struct step *s, enum activity_state next)
{
	assert(next > s->activity->state);
	s->activity->state = next;
}

bool
step_guard_listens(const struct step *s)
{
	return s->activity->tree_alive && !s->activity->guard_lost;
}

void
step_finish(struct step *s)
{
	record_rest(s);
	heartbeat_end(s);
	report_end(s);
	step_emit(s, ACTIVITY_ACT_FINISH);
	step_enter(s, ACTIVITY_DONE);
}

void
step_conclude(struct step *s)
{
	struct activity *a = s->activity;

	assert(a->decided);
	a->reading = false;
	if (a->outcome.kind == ACTIVITY_KIND_NONE ||
	    a->leave_at != INSTANT_NEVER)
		step_finish(s);
	else
		report_begin(s);
}

/*
 * The lease goes first, so that it is in force with the start.  The times
 * are put right when the command has been executed.
 */
void
step_start_command(struct step *s)
{
	struct activity *a = s->activity;

	if (a->guard_lost) {
		outcome_failed(a, ACTIVITY_CAUSE_GUARD_LOST);
		step_conclude(s);
		return;
	}
	step_enter(s, ACTIVITY_RUNNING);
	a->started_at = s->now;
	a->progress_at = s->now;
	a->tree_alive = true;
	lease_tell(s);
	step_emit(s, ACTIVITY_ACT_START);
}

/*
 * A lease that ran while the start was waiting, and is as good as over, says
 * nothing about now: first a heartbeat has to be accepted.  What SWF is about
 * to close is not started to be stopped at once.
 */
void
step_start_if_ready(struct step *s)
{
	struct activity *a = s->activity;

	if (a->awaits_heartbeat || a->awaits_record)
		return;
	if (a->closing_stop_at <= s->now) {
		outcome_failed(a, ACTIVITY_CAUSE_CLOSING);
		step_conclude(s);
	} else if (a->lease_stop_at <= s->now) {
		heartbeat_ask_again(s);
		step_bound_prepare(a, s->now);
	} else {
		step_start_command(s);
	}
}

/* For no longer than the task can still be ours, if that is known. */
void
step_bound_prepare(struct activity *a, int64_t from)
{
	int64_t most = PREPARE_MOST;

	if (a->config.lease)
		most = instant_min(most, a->config.heartbeat_timeout);
	a->prepare_from = from;
	a->prepare_until = instant_add(from, most);
}

static void
begin(struct step *s)
{
	struct activity *a = s->activity;

	if (a->begun_at != INSTANT_NEVER)
		return;
	a->begun_at = s->now;
	record_start(s);
	if (!a->awaits_heartbeat)
		a->awaits_heartbeat = lease_is_short(&a->config) ||
				      !lease_renew(s, s->now - a->config.age);
	if (a->awaits_heartbeat)
		step_bound_prepare(a, s->now);
	step_start_if_ready(s);
	heartbeat_send(s);
}

/* The command may be running: it was started, and its end is not known. */
static bool
command_runs(const struct activity *a)
{
	return a->state == ACTIVITY_RUNNING || a->state == ACTIVITY_STOPPING;
}

/* What is left in the pipes is read, once nobody of the tree can add to it. */
static void
read_output(struct step *s)
{
	s->activity->reading = true;
	stop_bound_output(s);
	step_emit(s, ACTIVITY_ACT_READ_OUTPUT);
}

static void
command_started(struct step *s)
{
	struct activity *a = s->activity;

	if (!command_runs(a) || a->outcome.started)
		return;
	a->outcome.started = true;
	a->started_at = s->now;
	a->progress_at = s->now;
}

/* Nothing ran, so there is nobody to stop and nothing to read. */
static void
exec_failed(struct step *s, int error)
{
	struct activity *a = s->activity;

	if (!command_runs(a) || a->outcome.started)
		return;
	a->tree_alive = false;
	a->outcome.error = error;
	if (a->lost)
		outcome_by_cause(a);
	else
		outcome_failed(a, ACTIVITY_CAUSE_EXEC_FAILED);
	step_conclude(s);
}

/*
 * The guard stops the command by itself for the lease, maybe an older one if
 * it could not run for a while, or for start-to-close.
 */
static void
guard_stopping(struct step *s)
{
	struct activity *a = s->activity;
	bool closing =
	    a->closing_stop_at < a->lease_stop_at &&
	    (a->closing_stop_at <= s->now || a->lease_stop_at == INSTANT_NEVER);

	if (a->state != ACTIVITY_RUNNING)
		return;
	if (closing)
		stop_begin(s, ACTIVITY_CAUSE_CLOSING,
		    instant_add(s->now, a->config.kill_after));
	else
		stop_lost(s, ACTIVITY_CAUSE_LEASE_LOST);
}

/*
 * The outcome is decided by the command's own end.  What it left behind is
 * stopped, unless it may live on; the guard ignores the stop if there is
 * nobody.
 */
static void
command_exited(struct step *s, const struct activity_event *event)
{
	struct activity *a = s->activity;
	bool leave;

	if (!command_runs(a))
		return;
	if (event->after_stop)
		guard_stopping(s);
	leave = a->config.leave_leftovers && a->state == ACTIVITY_RUNNING;
	a->outcome.started = true;
	a->outcome.exit = event->exit;
	a->outcome.exit.known = true;
	outcome_by_exit(a, event->after_stop);
	step_enter(s, ACTIVITY_DRAINING);
	if (leave) {
		step_emit(s, ACTIVITY_ACT_RELEASE);
		a->tree_alive = false;
		read_output(s);
	} else {
		stop_climb(s, instant_add(s->now, a->config.kill_after));
	}
}

static void
guard_killing(struct step *s)
{
	struct activity *a = s->activity;

	guard_stopping(s);
	a->guard_silent = false;
	if (a->tree_alive && a->killing_at == INSTANT_NEVER)
		a->killing_at = s->now;
}

/*
 * The guard is gone before the tree is: whoever it left is being killed.  One
 * that was started ahead and is gone before it was needed has left nobody.
 */
static void
guard_lost(struct step *s)
{
	struct activity *a = s->activity;

	if (a->state == ACTIVITY_PREPARING)
		a->guard_lost = true;
	if (!step_guard_listens(s))
		return;
	a->guard_lost = true;
	/* The sweep begins only now, whatever the guard had done before. */
	a->killing_at = s->now;
	if (!a->decided)
		outcome_failed(a, ACTIVITY_CAUSE_GUARD_LOST);
	if (command_runs(a))
		step_enter(s, ACTIVITY_DRAINING);
}

static void
tree_empty(struct step *s, const struct activity_event *event)
{
	struct activity *a = s->activity;

	if (!a->tree_alive)
		return;
	/* Without the command's end before it, the guard has failed us. */
	if (!a->decided)
		guard_lost(s);
	a->tree_alive = false;
	a->outcome.exit.forced |= event->exit.forced;
	if (a->leave_at != INSTANT_NEVER)
		step_finish(s);
	else if (a->state == ACTIVITY_DRAINING)
		read_output(s);
}

/* SWF closes the task at "closes_at", whatever it is told until then. */
static void
set_closing(struct activity *a, const struct activity_event *event)
{
	int64_t length = event->start_to_close;

	if (length == INSTANT_NEVER || event->closes_at == INSTANT_NEVER)
		return;
	a->closing_stop_at = lease_stop_at(event->closes_at - length, length,
	    a->config.kill_after);
	a->closing_kill_at = lease_kill_at(event->closes_at - length, length);
}

/* Looked up while the task was under way; see the header. */
static void
timeouts_found(struct step *s, const struct activity_event *event)
{
	struct activity *a = s->activity;

	if (a->config.lease || a->lost)
		return;
	a->config.heartbeat_timeout = event->heartbeat_timeout;
	a->config.lease = event->lease;
	set_interval(a);
	set_closing(a, event);
	if (a->state == ACTIVITY_PREPARING && a->awaits_heartbeat)
		step_bound_prepare(a, a->prepare_from);
	heartbeat_rescheduled(s);
	record_hurry(s);
	if (a->stop_sent)
		stop_climb(s, a->kill_at);
}

static void
output_read(struct step *s)
{
	if (s->activity->reading)
		step_conclude(s);
}

/* What an action of ours has come to. */
static void
take_answer(struct step *s, const struct activity_event *event)
{
	if (event->type == ACTIVITY_START_RECORDED)
		record_start_over(s);
	else if (event->type == ACTIVITY_OUTCOME_RECORDED)
		record_outcome_over(s);
	else if (event->type == ACTIVITY_REPORT_OK ||
		 event->type == ACTIVITY_REPORT_FAILED)
		report_answered(s, event);
	else if (event->type == ACTIVITY_HEARTBEAT_DEFERRED)
		heartbeat_deferred(s, event);
	else
		heartbeat_answered(s, event);
}

static void
take(struct step *s, const struct activity_event *event)
{
	switch (event->type) {
	case ACTIVITY_BEGIN:
		begin(s);
		break;
	case ACTIVITY_TICK:
		timers_run(s);
		break;
	case ACTIVITY_HEARTBEAT_OK:
	case ACTIVITY_HEARTBEAT_FAILED:
	case ACTIVITY_HEARTBEAT_DEFERRED:
	case ACTIVITY_REPORT_OK:
	case ACTIVITY_REPORT_FAILED:
	case ACTIVITY_START_RECORDED:
	case ACTIVITY_OUTCOME_RECORDED:
		take_answer(s, event);
		break;
	case ACTIVITY_COMMAND_STARTED:
		command_started(s);
		break;
	case ACTIVITY_EXEC_FAILED:
		exec_failed(s, event->error);
		break;
	case ACTIVITY_COMMAND_EXITED:
		command_exited(s, event);
		break;
	case ACTIVITY_GUARD_STOPPING:
		guard_stopping(s);
		break;
	case ACTIVITY_GUARD_KILLING:
		guard_killing(s);
		break;
	case ACTIVITY_TREE_EMPTY:
		tree_empty(s, event);
		break;
	case ACTIVITY_GUARD_LOST:
		guard_lost(s);
		break;
	case ACTIVITY_PROGRESS:
		s->activity->progress_at = s->now;
		break;
	case ACTIVITY_OUTPUT_READ:
		output_read(s);
		break;
	case ACTIVITY_STOP_REQUESTED:
		stop_requested(s, event);
		break;
	case ACTIVITY_TIMEOUTS_FOUND:
		timeouts_found(s, event);
		break;
	}
}

void
activity_step(struct activity *a, const struct activity_event *event,
    int64_t now, struct activity_actions *actions)
{
	struct step step = { a, now, actions, event->report_unsent };

	actions->count = 0;
	if (a->state == ACTIVITY_DONE ||
	    (a->begun_at == INSTANT_NEVER && event->type != ACTIVITY_BEGIN &&
		event->type != ACTIVITY_TIMEOUTS_FOUND))
		return;
	take(&step, event);
}

enum activity_state
activity_state(const struct activity *a)
{
	return a->state;
}

const struct activity_outcome *
activity_outcome(const struct activity *a)
{
	return &a->outcome;
}

int64_t
activity_lease(const struct activity *a)
{
	return a->lease_kill_at;
}
