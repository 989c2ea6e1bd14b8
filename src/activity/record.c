/* SPDX-License-Identifier: MIT */
/*
 * Start and outcome are put down, and waited for; but not for long, because a
 * disk may be slow and a lease goes on.
 */
#include "config.h"

#include "activity/step.h"

#include "activity/lease.h"
#include "base/instant.h"

enum {
	RECORD_MOST = 5000,
	/* After a stall this is left for an attempt to report. */
	ATTEMPT_LEAST = 1000
};

void
record_start(struct step *s)
{
	struct activity *a = s->activity;
	int64_t most = lease_attempt(a->config.heartbeat_timeout);

	if (!a->config.records)
		return;
	a->awaits_record = true;
	a->record_until = instant_add(s->now, instant_min(RECORD_MOST, most));
	step_emit(s, ACTIVITY_ACT_RECORD_START);
}

void
record_start_over(struct step *s)
{
	struct activity *a = s->activity;

	if (!a->awaits_record)
		return;
	a->awaits_record = false;
	a->record_until = INSTANT_NEVER;
	if (a->state == ACTIVITY_PREPARING)
		step_start_if_ready(s);
}

/* At most half of the time that there is until "at". */
static int64_t
half_way(int64_t now, int64_t at)
{
	return at == INSTANT_NEVER ? at : now + instant_left(at, now) / 2;
}

void
record_hurry(struct step *s)
{
	struct activity *a = s->activity;

	if (!a->awaits_outcome)
		return;
	a->record_until =
	    instant_min(a->record_until, half_way(s->now, a->report_until));
	a->record_until =
	    instant_min(a->record_until, half_way(s->now, a->lease_kill_at));
}

static void
ask(struct step *s)
{
	s->activity->recorded = true;
	step_emit(s, ACTIVITY_ACT_RECORD_OUTCOME);
}

bool
record_outcome(struct step *s)
{
	struct activity *a = s->activity;

	if (!a->config.records)
		return false;
	ask(s);
	a->awaits_record = false;
	a->awaits_outcome = true;
	a->record_until = instant_add(s->now, RECORD_MOST);
	record_hurry(s);
	return true;
}

void
record_outcome_over(struct step *s)
{
	struct activity *a = s->activity;

	if (!a->awaits_outcome || a->state != ACTIVITY_REPORTING)
		return;
	a->awaits_outcome = false;
	a->record_until = INSTANT_NEVER;
	if (a->report_until <= s->now)
		a->report_until = instant_add(s->now, ATTEMPT_LEAST);
	report_send(s);
}

void
record_rest(struct step *s)
{
	const struct activity *a = s->activity;

	if (a->config.records && !a->recorded && a->decided &&
	    a->outcome.kind != ACTIVITY_KIND_NONE)
		ask(s);
}

int64_t
record_due(const struct activity *a)
{
	bool start = a->awaits_record && a->state == ACTIVITY_PREPARING;
	bool outcome = a->awaits_outcome && a->state == ACTIVITY_REPORTING;

	return start || outcome ? a->record_until : INSTANT_NEVER;
}

void
record_time_over(struct step *s)
{
	if (s->activity->awaits_outcome)
		record_outcome_over(s);
	else
		record_start_over(s);
}
