/* SPDX-License-Identifier: MIT */
/*
 * Everything that happens because time has passed, in one table, the gravest
 * first.  activity_deadline() and the tick read the same table, so what is
 * waited for and what is done cannot drift apart.  After a stall many rows
 * are due at once: the lease decides before anything else does, and what is
 * sent comes last and once.
 */
#include "config.h"

#include "activity/step.h"

#include "base/instant.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

enum {
	/* A process that outlives SIGKILL for so long will not die. */
	UNKILLABLE_AFTER = 30000,
	/* A guard that has not begun to send it for so long hangs. */
	HUNG_AFTER = 10000
};

/* No first heartbeat was accepted in time. */
static int64_t
prepare_due(const struct activity *a)
{
	return a->state == ACTIVITY_PREPARING && a->awaits_heartbeat
		   ? a->prepare_until
		   : INSTANT_NEVER;
}

static void
prepare_over(struct step *s)
{
	s->activity->outcome.cause = ACTIVITY_CAUSE_UNREACHABLE;
	step_finish(s);
}

/* A third stop request does not wait for the tree for ever. */
static int64_t
leave_due(const struct activity *a)
{
	return a->leave_at;
}

static void
leave(struct step *s)
{
	if (!s->activity->decided)
		outcome_by_cause(s->activity);
	step_finish(s);
}

static int64_t
give_up_due(const struct activity_call *call)
{
	return call->in_flight ? call->give_up_at : INSTANT_NEVER;
}

static int64_t
send_due(const struct activity_call *call)
{
	return call->in_flight ? INSTANT_NEVER : call->next_at;
}

static int64_t
heartbeat_give_up_due(const struct activity *a)
{
	return give_up_due(&a->heartbeat);
}

static int64_t
heartbeat_send_due(const struct activity *a)
{
	return send_due(&a->heartbeat);
}

static int64_t
report_give_up_due(const struct activity *a)
{
	return give_up_due(&a->report);
}

static int64_t
report_send_due(const struct activity *a)
{
	return send_due(&a->report);
}

static int64_t
report_due(const struct activity *a)
{
	return a->state == ACTIVITY_REPORTING ? a->report_until : INSTANT_NEVER;
}

/* Is the tree being stopped, and not yet gone? */
static bool
tree_lingers(const struct activity *a)
{
	return a->tree_alive &&
	       (a->state == ACTIVITY_STOPPING || a->state == ACTIVITY_DRAINING);
}

/*
 * The grace is over and the guard has not said that it kills.  It may just
 * have been as stalled as we were, so its time counts from here.
 */
static int64_t
kill_due(const struct activity *a)
{
	return tree_lingers(a) && a->killing_at == INSTANT_NEVER
		   ? a->kill_at
		   : INSTANT_NEVER;
}

static void
kill_presumed(struct step *s)
{
	s->activity->killing_at = s->now;
	s->activity->guard_silent = true;
}

/* Nobody else would ever stop what a guard guards that hangs. */
static int64_t
hung_due(const struct activity *a)
{
	return tree_lingers(a) && a->guard_silent && !a->guard_lost
		   ? instant_add(a->killing_at, HUNG_AFTER)
		   : INSTANT_NEVER;
}

static void
hung(struct step *s)
{
	s->activity->guard_silent = false;
	step_emit(s, ACTIVITY_ACT_KILL_GUARD);
}

static int64_t
unkillable_due(const struct activity *a)
{
	return tree_lingers(a) ? instant_add(a->killing_at, UNKILLABLE_AFTER)
			       : INSTANT_NEVER;
}

static void
unkillable(struct step *s)
{
	/* That the guard was lost says more, if that is why it failed. */
	if (s->activity->outcome.cause != ACTIVITY_CAUSE_GUARD_LOST)
		outcome_failed(s->activity, ACTIVITY_CAUSE_UNKILLABLE);
	step_conclude(s);
}

static int64_t
output_due(const struct activity *a)
{
	return a->reading ? a->output_until : INSTANT_NEVER;
}

static int64_t
time_limit_due(const struct activity *a)
{
	return a->state == ACTIVITY_RUNNING
		   ? instant_add(a->started_at, a->config.time_limit)
		   : INSTANT_NEVER;
}

static void
time_limit_over(struct step *s)
{
	stop_begin(s, ACTIVITY_CAUSE_TIME_LIMIT,
	    instant_add(s->now, s->activity->config.kill_after));
}

/* Later in life the grace is cut to fit, see stop_climb(). */
static int64_t
closing_due(const struct activity *a)
{
	return a->state == ACTIVITY_RUNNING ? a->closing_stop_at
					    : INSTANT_NEVER;
}

static void
closing(struct step *s)
{
	stop_begin(s, ACTIVITY_CAUSE_CLOSING,
	    instant_add(s->now, s->activity->config.kill_after));
}

static int64_t
stall_due(const struct activity *a)
{
	return a->state == ACTIVITY_RUNNING
		   ? instant_add(a->progress_at, a->config.stall_timeout)
		   : INSTANT_NEVER;
}

static void
stalled(struct step *s)
{
	stop_begin(s, ACTIVITY_CAUSE_STALLED,
	    instant_add(s->now, s->activity->config.kill_after));
}

static const struct timer {
	int64_t (*due)(const struct activity *);
	void (*act)(struct step *);
} timers[] = {
	{ prepare_due, prepare_over },
	{ lease_due, lease_run_out },
	{ leave_due, leave },
	{ kill_due, kill_presumed },
	{ hung_due, hung },
	{ unkillable_due, unkillable },
	{ output_due, step_conclude },
	{ record_due, record_time_over },
	{ report_due, report_time_over },
	{ heartbeat_give_up_due, heartbeat_give_up },
	{ report_give_up_due, report_give_up },
	{ closing_due, closing },
	{ time_limit_due, time_limit_over },
	{ stall_due, stalled },
	{ heartbeat_send_due, heartbeat_send },
	{ report_send_due, report_send },
};

/* The first row that is due, or NULL. */
static const struct timer *
first_due(const struct activity *a, int64_t now)
{
	for (size_t i = 0; i < ARRAY_SIZE(timers); i++)
		if (timers[i].due(a) <= now)
			return &timers[i];
	return NULL;
}

void
timers_run(struct step *s)
{
	const struct timer *timer;

	while (s->activity->state != ACTIVITY_DONE) {
		timer = first_due(s->activity, s->now);
		if (timer == NULL)
			return;
		timer->act(s);
	}
}

int64_t
activity_deadline(const struct activity *a)
{
	int64_t deadline = INSTANT_NEVER;

	if (a->state == ACTIVITY_DONE)
		return INSTANT_NEVER;
	for (size_t i = 0; i < ARRAY_SIZE(timers); i++)
		deadline = instant_min(deadline, timers[i].due(a));
	return deadline;
}
