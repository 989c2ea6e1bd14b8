/* SPDX-License-Identifier: MIT */
/*
 * Heartbeats and the lease that they renew.
 *
 * The schedule goes from send to send, jittered only toward earlier, so that
 * neither a slow service nor chance eats of the lease.  It is kept in steps of
 * a hundredth of the interval: of many activities those that are due at nearly
 * the same time are due at the same time, about one in a hundred, and whoever
 * owns them has to wake up once for all of these.  A failed attempt is
 * tried again on a shorter curve, never later than the schedule would have
 * sent the next one anyway.
 */
#include "config.h"

#include "activity/step.h"

#include <assert.h>

#include "activity/lease.h"
#include "base/instant.h"

/* Together they make it earlier by 10 % at most. */
enum {
	SCHEDULE_JITTER_PERCENT = 9,
	SCHEDULE_STEPS = 100,
	SCHEDULE_STEP_MOST = 200 /* ms */
};

bool
lease_enforced(const struct activity_config *config)
{
	return config->lease && config->heartbeat_timeout != INSTANT_NEVER &&
	       config->heartbeat_timeout >= LEASE_SHORTEST;
}

bool
lease_is_short(const struct activity_config *config)
{
	int64_t timeout = config->heartbeat_timeout;

	return lease_enforced(config) &&
	       lease_stop_at(-config->age, timeout, config->kill_after) <=
		   lease_attempt(timeout);
}

void
lease_tell(struct step *s)
{
	struct activity *a = s->activity;
	int64_t stop_at = instant_min(a->lease_stop_at, a->closing_stop_at);
	int64_t kill_at = instant_min(a->lease_kill_at, a->closing_kill_at);
	struct activity_action *action;

	if (stop_at == a->guard_stop_at && kill_at == a->guard_kill_at)
		return;
	a->guard_stop_at = stop_at;
	a->guard_kill_at = kill_at;
	action = step_emit(s, ACTIVITY_ACT_LEASE);
	action->stop_at = stop_at;
	action->at = kill_at;
}

bool
lease_renew(struct step *s, int64_t accepted_at)
{
	struct activity *a = s->activity;
	const struct activity_config *config = &a->config;
	int64_t kill_at;

	if (!lease_enforced(config)) {
		a->accepted_at = accepted_at;
		return true;
	}
	kill_at = lease_kill_at(accepted_at, config->heartbeat_timeout);
	if (kill_at <= s->now)
		return false;
	a->accepted_at = accepted_at;
	a->lease_kill_at = kill_at;
	a->lease_stop_at = lease_stop_at(accepted_at, config->heartbeat_timeout,
	    config->kill_after);
	if (step_guard_listens(s))
		lease_tell(s);
	return true;
}

int64_t
lease_due(const struct activity *a)
{
	switch (a->state) {
	case ACTIVITY_RUNNING:
		return a->lease_stop_at;
	case ACTIVITY_STOPPING:
	case ACTIVITY_DRAINING:
	case ACTIVITY_REPORTING:
		/* The stop signal has gone: what is left is the kill. */
		return a->lost ? INSTANT_NEVER : a->lease_kill_at;
	case ACTIVITY_PREPARING:
	case ACTIVITY_DONE:
		break;
	}
	return INSTANT_NEVER;
}

void
lease_run_out(struct step *s)
{
	if (s->activity->state == ACTIVITY_REPORTING)
		report_lease_over(s);
	else
		stop_lost(s, ACTIVITY_CAUSE_LEASE_LOST);
}

/* When the next one is due after one that was sent then. */
static int64_t
schedule(struct activity *a, int64_t sent_at)
{
	int64_t step =
	    instant_min(a->interval / SCHEDULE_STEPS, SCHEDULE_STEP_MOST);
	int64_t at = instant_add(sent_at,
	    call_jitter(a, a->interval, SCHEDULE_JITTER_PERCENT));

	if (at == INSTANT_NEVER || step <= 1)
		return at;
	return at - at % step;
}

void
heartbeat_send(struct step *s)
{
	struct activity *a = s->activity;
	int64_t scheduled_at = instant_min(a->heartbeat.next_at, s->now);
	int64_t give_up_at =
	    instant_add(s->now, lease_attempt(a->config.heartbeat_timeout));
	struct activity_action *action;

	if (a->state == ACTIVITY_PREPARING && a->awaits_heartbeat)
		give_up_at = instant_min(give_up_at, a->prepare_until);
	call_send(&a->heartbeat, s->now, give_up_at);
	a->heartbeat.next_at = schedule(a, s->now);
	action = step_emit(s, ACTIVITY_ACT_HEARTBEAT);
	action->attempt = a->heartbeat.attempt;
	action->at = scheduled_at;
	action->deadline = give_up_at;
}

/*
 * The lease, if there is one now, counts from what was accepted before.  If
 * it is over the next tick finds out.
 */
static void
lease_begin(struct step *s)
{
	struct activity *a = s->activity;
	const struct activity_config *config = &a->config;

	if (!lease_enforced(config) || a->accepted_at == INSTANT_NEVER)
		return;
	a->lease_kill_at =
	    lease_kill_at(a->accepted_at, config->heartbeat_timeout);
	a->lease_stop_at = lease_stop_at(a->accepted_at,
	    config->heartbeat_timeout, config->kill_after);
}

void
heartbeat_rescheduled(struct step *s)
{
	struct activity *a = s->activity;
	struct activity_call *call = &a->heartbeat;

	lease_begin(s);
	if (step_guard_listens(s))
		lease_tell(s);
	call->backoff = instant_max(call->backoff,
	    lease_retry_first(a->config.heartbeat_timeout));
	if (call->next_at == INSTANT_NEVER)
		return;
	call->next_at = instant_min(call->next_at, schedule(a, call->sent_at));
}

void
activity_heartbeat_window(const struct activity *a, int64_t *since,
    int64_t *due)
{
	const struct activity_config *config = &a->config;
	int64_t most = instant_add(a->interval, a->interval);

	*since = a->accepted_at;
	*due = INT64_MIN;
	if (a->accepted_at == INSTANT_NEVER)
		return;
	if (lease_enforced(config))
		most = lease_interval_most(config->heartbeat_timeout,
		    config->kill_after);
	*due = instant_add(a->accepted_at, most);
}

/* Never for longer than it can wait, whatever the owner thinks. */
void
heartbeat_deferred(struct step *s, const struct activity_event *event)
{
	struct activity *a = s->activity;
	int64_t since, due;

	if (!call_is_current(&a->heartbeat, event))
		return;
	call_settle(&a->heartbeat);
	activity_heartbeat_window(a, &since, &due);
	a->heartbeat.next_at =
	    instant_max(instant_min(event->at, due), instant_add(s->now, 1));
}

void
heartbeat_end(struct step *s)
{
	struct activity_call *call = &s->activity->heartbeat;

	if (call->in_flight) {
		step_emit(s, ACTIVITY_ACT_ABORT_HEARTBEAT)->attempt =
		    call->attempt;
		call_settle(call);
	}
	call->next_at = INSTANT_NEVER;
}

/* The next attempt: soon, and never later than the schedule has it. */
static void
retry(struct step *s)
{
	struct activity *a = s->activity;
	int64_t delay = call_backoff(a, &a->heartbeat,
	    lease_retry_most(a->config.heartbeat_timeout));

	a->heartbeat.next_at =
	    instant_min(a->heartbeat.next_at, instant_add(s->now, delay));
}

void
heartbeat_ask_again(struct step *s)
{
	struct activity *a = s->activity;

	a->lease_stop_at = INSTANT_NEVER;
	a->lease_kill_at = INSTANT_NEVER;
	a->awaits_heartbeat = true;
}

/*
 * The first heartbeat was taken: the token is good.  If the answer was so
 * long on its way that the lease is as good as over, it says nothing about
 * now, and another one is sent.
 */
static void
first_accepted(struct step *s, bool cancel_requested)
{
	struct activity *a = s->activity;

	if (a->lease_stop_at <= s->now) {
		heartbeat_ask_again(s);
		a->heartbeat.next_at = s->now;
	} else if (cancel_requested) {
		a->outcome.cause = ACTIVITY_CAUSE_CANCEL;
		outcome_by_cause(a);
		step_conclude(s);
	} else {
		a->awaits_heartbeat = false;
		step_start_if_ready(s);
	}
}

static void
accepted(struct step *s, bool cancel_requested)
{
	struct activity *a = s->activity;

	a->heartbeat.backoff = lease_retry_first(a->config.heartbeat_timeout);
	if (!lease_renew(s, a->heartbeat.sent_at)) {
		/* Too old to revive anything; ask again. */
		a->heartbeat.next_at = s->now;
		return;
	}
	if (a->state == ACTIVITY_PREPARING)
		first_accepted(s, cancel_requested);
	else if (a->state == ACTIVITY_RUNNING && cancel_requested)
		stop_begin(s, ACTIVITY_CAUSE_CANCEL,
		    instant_add(s->now, a->config.kill_after));
}

/* SWF does not know the task any more. */
static void
gone(struct step *s)
{
	struct activity *a = s->activity;

	switch (a->state) {
	case ACTIVITY_PREPARING:
	case ACTIVITY_RUNNING:
	case ACTIVITY_STOPPING:
	case ACTIVITY_DRAINING:
		stop_lost(s, ACTIVITY_CAUSE_GONE);
		break;
	case ACTIVITY_REPORTING:
		/* Perhaps because our own report, still unanswered, did it. */
		heartbeat_end(s);
		if (a->report.in_flight)
			a->gone_pending = true;
		else
			report_gone(s);
		break;
	case ACTIVITY_DONE:
		assert(!"no heartbeat is in flight when all is done");
	}
}

static void
failed(struct step *s, enum activity_failure failure)
{
	struct activity *a = s->activity;

	switch (failure) {
	case ACTIVITY_FAILURE_GONE:
		gone(s);
		break;
	case ACTIVITY_FAILURE_INVALID:
	case ACTIVITY_FAILURE_REFUSED:
		if (a->state == ACTIVITY_PREPARING && a->awaits_heartbeat) {
			a->outcome.cause = ACTIVITY_CAUSE_REFUSED;
			step_finish(s);
			break;
		}
		/* The command runs: permissions may come back in time. */
		retry(s);
		break;
	case ACTIVITY_FAILURE_TRANSIENT:
	case ACTIVITY_FAILURE_AMBIGUOUS:
	case ACTIVITY_FAILURE_THROTTLED:
		retry(s);
		break;
	}
}

void
heartbeat_answered(struct step *s, const struct activity_event *event)
{
	struct activity_call *call = &s->activity->heartbeat;

	if (!call_is_current(call, event))
		return;
	call_settle(call);
	call->asked = event->retry_after;
	if (event->type == ACTIVITY_HEARTBEAT_OK)
		accepted(s, event->cancel_requested);
	else
		failed(s, event->failure);
}

void
heartbeat_give_up(struct step *s)
{
	struct activity_call *call = &s->activity->heartbeat;

	step_emit(s, ACTIVITY_ACT_ABORT_HEARTBEAT)->attempt = call->attempt;
	call_settle(call);
	failed(s, ACTIVITY_FAILURE_AMBIGUOUS);
}
