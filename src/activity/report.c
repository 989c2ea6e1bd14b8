/* SPDX-License-Identifier: MIT */
/*
 * Telling SWF the outcome, until it says that it has it, or that there is no
 * such task any more, or until the time is over.
 */
#include "config.h"

#include "activity/step.h"

#include "activity/lease.h"
#include "base/instant.h"

enum {
	RETRY_FIRST = 250,
	RETRY_MOST = 10000,
	/* A stop deadline that is over still leaves this for one attempt. */
	ATTEMPT_LEAST = 1000
};

void
report_begin(struct step *s)
{
	struct activity *a = s->activity;

	step_enter(s, ACTIVITY_REPORTING);
	a->report.backoff = RETRY_FIRST;
	if (a->report_until != INSTANT_NEVER)
		a->report_until = instant_max(a->report_until,
		    instant_add(s->now, ATTEMPT_LEAST));
	if (a->lease_kill_at == INSTANT_NEVER)
		a->report_until = instant_min(a->report_until,
		    instant_add(s->now, a->config.report_timeout));
	if (!record_outcome(s))
		report_send(s);
}

void
report_send(struct step *s)
{
	struct activity *a = s->activity;
	int64_t give_up_at =
	    instant_add(s->now, lease_attempt(a->config.heartbeat_timeout));
	struct activity_action *action;

	/* After a stall the answer to what just happened comes too late. */
	if (a->lease_kill_at <= s->now) {
		report_lease_over(s);
		return;
	}
	give_up_at = instant_min(give_up_at, a->report_until);
	call_send(&a->report, s->now, give_up_at);
	action = step_emit(s, ACTIVITY_ACT_REPORT);
	action->attempt = a->report.attempt;
	action->minimal = a->report_minimal;
	action->deadline = give_up_at;
}

/* Drops the attempt in flight: if it went out, perhaps it was taken. */
static void
drop(struct step *s)
{
	struct activity *a = s->activity;

	if (!a->report.in_flight)
		return;
	step_emit(s, ACTIVITY_ACT_ABORT_REPORT)->attempt = a->report.attempt;
	call_settle(&a->report);
	a->report_ambiguous |= !s->report_unsent;
}

void
report_end(struct step *s)
{
	struct activity *a = s->activity;

	drop(s);
	if (a->report_ambiguous &&
	    a->outcome.delivery == ACTIVITY_DELIVERY_NONE)
		a->outcome.delivery = ACTIVITY_DELIVERY_UNKNOWN;
}

static void
conclude(struct step *s, enum activity_delivery delivery)
{
	s->activity->outcome.delivery = delivery;
	step_finish(s);
}

void
report_gone(struct step *s)
{
	if (s->activity->report_ambiguous) {
		conclude(s, ACTIVITY_DELIVERY_ASSUMED);
		return;
	}
	s->activity->outcome.delivery = ACTIVITY_DELIVERY_GONE;
	stop_lost(s, ACTIVITY_CAUSE_GONE);
}

static void
retry(struct step *s)
{
	struct activity *a = s->activity;

	if (a->gone_pending) {
		report_gone(s);
		return;
	}
	a->report.next_at =
	    instant_add(s->now, call_backoff(a, &a->report, RETRY_MOST));
}

/* The text may have been at fault: a shorter one leaves no task open. */
static void
invalid(struct step *s)
{
	struct activity *a = s->activity;

	if (a->gone_pending) {
		report_gone(s);
	} else if (a->report_minimal) {
		conclude(s, ACTIVITY_DELIVERY_REFUSED);
	} else {
		a->report_minimal = true;
		report_send(s);
	}
}

static void
failed(struct step *s, enum activity_failure failure)
{
	struct activity *a = s->activity;

	switch (failure) {
	case ACTIVITY_FAILURE_AMBIGUOUS:
		a->report_ambiguous = true;
		retry(s);
		break;
	case ACTIVITY_FAILURE_TRANSIENT:
	case ACTIVITY_FAILURE_THROTTLED:
		retry(s);
		break;
	case ACTIVITY_FAILURE_GONE:
		report_gone(s);
		break;
	case ACTIVITY_FAILURE_INVALID:
		invalid(s);
		break;
	case ACTIVITY_FAILURE_REFUSED:
		if (a->gone_pending)
			report_gone(s);
		else
			conclude(s, ACTIVITY_DELIVERY_REFUSED);
		break;
	}
}

void
report_answered(struct step *s, const struct activity_event *event)
{
	struct activity_call *call = &s->activity->report;

	if (!call_is_current(call, event))
		return;
	call_settle(call);
	call->asked = event->retry_after;
	if (event->type == ACTIVITY_REPORT_OK)
		conclude(s, ACTIVITY_DELIVERY_TAKEN);
	else
		failed(s, event->failure);
}

void
report_give_up(struct step *s)
{
	drop(s);
	retry(s);
}

void
report_time_over(struct step *s)
{
	drop(s);
	if (s->activity->gone_pending)
		report_gone(s);
	else
		step_finish(s);
}

void
report_lease_over(struct step *s)
{
	drop(s);
	if (s->activity->report_ambiguous)
		conclude(s, ACTIVITY_DELIVERY_ASSUMED);
	else
		stop_lost(s, ACTIVITY_CAUSE_LEASE_LOST);
}
