/* SPDX-License-Identifier: MIT */
/*
 * The ladder: the stop signal, the grace, SIGKILL.  The guard climbs it; what
 * is decided here is when, and because of what.  A second cause never
 * restarts the timer; it can only end the grace earlier.
 */
#include "config.h"

#include "activity/step.h"
#include "base/instant.h"

enum {
	/* What a stop deadline keeps for the report. */
	REPORT_SHARE = 2000,
	/* Of that, what is kept even if output is still being read, and what
	 * output gets however little is left. */
	REPORT_LEAST = 1000,
	OUTPUT_LEAST = 100,
	/* After a third stop request. */
	LEAVE_MOST = 1000
};

void
stop_climb(struct step *s, int64_t kill_at)
{
	struct activity *a = s->activity;

	/* Whatever it is stopped for has to be told before SWF closes it. */
	kill_at = instant_min(kill_at, instant_max(a->closing_kill_at, s->now));
	if (!step_guard_listens(s) || (a->stop_sent && kill_at >= a->kill_at))
		return;
	a->stop_sent = true;
	a->kill_at = kill_at;
	step_emit(s, ACTIVITY_ACT_STOP)->at = kill_at;
}

void
stop_begin(struct step *s, enum activity_cause cause, int64_t kill_at)
{
	s->activity->outcome.cause = cause;
	step_enter(s, ACTIVITY_STOPPING);
	stop_climb(s, kill_at);
}

void
stop_lost(struct step *s, enum activity_cause cause)
{
	struct activity *a = s->activity;
	int64_t kill_at = instant_min(a->lease_kill_at,
	    instant_add(s->now, a->config.kill_after));

	a->lost = true;
	a->outcome.kind = ACTIVITY_KIND_NONE;
	a->outcome.cause = cause;
	heartbeat_end(s);
	if (a->state == ACTIVITY_PREPARING || a->state == ACTIVITY_REPORTING)
		step_finish(s);
	else if (a->state == ACTIVITY_RUNNING)
		stop_begin(s, cause, kill_at);
	else
		stop_climb(s, kill_at);
}

void
stop_bound_output(struct step *s)
{
	struct activity *a = s->activity;

	if (a->stop_requests == 0 || a->report_until == INSTANT_NEVER)
		return;
	a->output_until = instant_max(a->report_until - REPORT_LEAST,
	    instant_add(s->now, OUTPUT_LEAST));
}

/* All must be reported within the stop deadline; the grace is cut to fit. */
static void
first_request(struct step *s, const struct activity_event *event)
{
	struct activity *a = s->activity;
	int64_t deadline =
	    event->deadline > 0 ? event->deadline : a->config.stop_deadline;
	int64_t grace = instant_min(a->config.kill_after,
	    instant_max(deadline - REPORT_SHARE, 0));

	a->outcome.stop_signal = event->signal;
	a->report_until =
	    instant_min(a->report_until, instant_add(s->now, deadline));
	switch (a->state) {
	case ACTIVITY_PREPARING:
		a->outcome.cause = ACTIVITY_CAUSE_STOPPED;
		outcome_by_cause(a);
		step_conclude(s);
		break;
	case ACTIVITY_RUNNING:
		stop_begin(s, ACTIVITY_CAUSE_STOPPED,
		    instant_add(s->now, grace));
		break;
	case ACTIVITY_STOPPING:
	case ACTIVITY_DRAINING:
		stop_climb(s, instant_add(s->now, grace));
		if (a->reading)
			stop_bound_output(s);
		break;
	case ACTIVITY_REPORTING:
		record_hurry(s);
		break;
	case ACTIVITY_DONE:
		break;
	}
}

/* The grace ends now. */
static void
second_request(struct step *s)
{
	struct activity *a = s->activity;

	if (!step_guard_listens(s))
		return;
	a->stop_sent = true;
	a->kill_at = instant_min(a->kill_at, s->now);
	step_emit(s, ACTIVITY_ACT_KILL);
}

/* Out, as soon as nobody is left. */
static void
third_request(struct step *s)
{
	struct activity *a = s->activity;

	if (a->tree_alive)
		a->leave_at = instant_add(s->now, LEAVE_MOST);
	else
		step_finish(s);
}

void
stop_requested(struct step *s, const struct activity_event *event)
{
	struct activity *a = s->activity;

	if (a->stop_requests == 3)
		return;
	a->stop_requests++;
	switch (a->stop_requests) {
	case 1:
		first_request(s, event);
		break;
	case 2:
		second_request(s);
		break;
	case 3:
		third_request(s);
		break;
	}
}
