/* SPDX-License-Identifier: MIT */
/*
 * SWF as it is: a task is handed to somebody else when T has passed since the
 * newest heartbeat that arrived, whatever tend believes.  And the network.
 */
#include "config.h"

#include "sim.h"

#include "activity/lease.h"

/* What may become of a call, in percent of each weather; the rest is well. */
static const struct odds {
	int lost;      /* applied, but the answer never comes */
	int reset;     /* applied, but the connection breaks */
	int silence;   /* swallowed */
	int failed;    /* an error, nothing applied */
	int ambiguous; /* a reset, nothing applied */
	int throttled;
	int refused;
} odds[WEATHERS] = {
	[FINE] = { 0 },
	[FLAKY] = { 8, 8, 8, 16, 8, 4, 2 },
	[THROTTLING] = { .throttled = 80 },
	[REFUSING] = { .failed = 100 },
	[SILENT] = { .lost = 10, .silence = 90 },
};

void
service_begin(struct world *w)
{
	const struct activity_config *config = &w->config;

	w->timeout = w->real_timeout;
	/* A worker has just got the task; "run" got it some time ago. */
	w->applied_at = -roll_between(w, 0, config->age);
	if (config->heartbeat_first && w->timeout != INSTANT_NEVER && !w->calm)
		w->applied_at = -roll_below(w, w->timeout + w->timeout / 10);
	if (w->timeout != INSTANT_NEVER)
		(void)queue_add(w, w->applied_at + w->timeout, SERVICE_TIMER);
	w->closes_at = instant_add(w->applied_at, w->start_to_close);
	if (w->closes_at != INSTANT_NEVER)
		(void)queue_add(w, w->closes_at, SERVICE_TIMER);
	w->dislikes = roll_percent(w, 90) ? 0 : (int)roll_between(w, 1, 2);
}

/* The answer to a call reaches tend. */
static void
answer(struct world *w, const struct call *call, int64_t at, bool ok,
    enum activity_failure failure)
{
	struct activity_event *event = &queue_add(w, at, TO_TEND)->event;

	if (call->report)
		event->type = ok ? ACTIVITY_REPORT_OK : ACTIVITY_REPORT_FAILED;
	else
		event->type =
		    ok ? ACTIVITY_HEARTBEAT_OK : ACTIVITY_HEARTBEAT_FAILED;
	event->attempt = call->attempt;
	event->failure = failure;
	if (failure == ACTIVITY_FAILURE_THROTTLED)
		event->retry_after = roll_between(w, -1, 60000);
	event->cancel_requested = ok && !call->report && w->cancel;
}

/* How long one way takes. */
static int64_t
latency(struct world *w)
{
	int64_t attempt = lease_attempt(w->config.heartbeat_timeout);

	if (w->calm || roll_percent(w, 80))
		return roll_between(w, 1, 20);
	return roll_between(w, 20, attempt * 2 / 3);
}

/* Before a report goes out it needs a connection, which takes its time. */
static void
connect(struct world *w, int64_t there)
{
	w->report_out_at = roll_between(w, w->now, there);
}

bool
service_unsent(const struct world *w)
{
	return w->report_open && w->now < w->report_out_at;
}

void
service_send(struct world *w, const struct activity_action *action)
{
	const struct odds *o = &odds[w->weather];
	int64_t dice = roll_below(w, 100);
	int64_t there = w->now + latency(w);
	struct call call = {
		.report = action->type == ACTIVITY_ACT_REPORT,
		.minimal = action->minimal,
		.attempt = action->attempt,
		.back = latency(w),
		.kind = activity_outcome(&w->activity)->kind,
	};

	if (call.report)
		connect(w, there);
	if ((dice -= o->silence) < 0) {
		if (call.report && roll_percent(w, 50))
			w->report_out_at = INSTANT_NEVER;
		return;
	}
	if ((dice -= o->failed) < 0) {
		answer(w, &call, there, false, ACTIVITY_FAILURE_TRANSIENT);
		return;
	}
	if ((dice -= o->ambiguous) < 0) {
		answer(w, &call, there, false, ACTIVITY_FAILURE_AMBIGUOUS);
		return;
	}
	if ((dice -= o->throttled) < 0) {
		answer(w, &call, there, false, ACTIVITY_FAILURE_THROTTLED);
		return;
	}
	if ((dice -= o->refused) < 0) {
		answer(w, &call, there, false,
		    roll_percent(w, 50) ? ACTIVITY_FAILURE_REFUSED
					: ACTIVITY_FAILURE_INVALID);
		return;
	}
	call.lost_answer = (dice -= o->lost + o->reset) < 0;
	call.loud = call.lost_answer && dice + o->reset >= 0;
	queue_add(w, there, CALL_ARRIVES)->call = call;
	/* A client that resends on a dead connection, as libcurl does. */
	if (!call.report && !w->calm && roll_percent(w, 3)) {
		call.lost_answer = true;
		call.loud = false;
		queue_add(w, there + latency(w), CALL_ARRIVES)->call = call;
	}
}

/* Takes a report, or says what is wrong with it. */
static bool
take_report(struct world *w, const struct call *call)
{
	if (w->dislikes == 2 || (w->dislikes == 1 && !call->minimal))
		return false;
	w->closed = true;
	w->taken++;
	w->taken_kind = call->kind;
	note(w, "SWF has the outcome");
	return true;
}

void
service_arrival(struct world *w, const struct call *call)
{
	int64_t back = w->now + call->back;
	bool ok = !w->closed;
	enum activity_failure failure = ACTIVITY_FAILURE_GONE;

	if (call->report && call->attempt == w->report_withdrawn)
		return;
	if (ok && call->report) {
		ok = take_report(w, call);
		failure = ACTIVITY_FAILURE_INVALID;
	} else if (ok) {
		w->applied_at = w->now;
		note(w, "SWF takes heartbeat %u", call->attempt);
	}
	if (!call->lost_answer)
		answer(w, call, back, ok, failure);
	else if (call->loud)
		answer(w, call, back, false, ACTIVITY_FAILURE_AMBIGUOUS);
}

void
service_timer(struct world *w)
{
	if (w->closed)
		return;
	if (w->now < w->closes_at && w->timeout == INSTANT_NEVER)
		return;
	if (w->now < w->closes_at && w->now < w->applied_at + w->timeout) {
		(void)queue_add(w, w->applied_at + w->timeout, SERVICE_TIMER);
		return;
	}
	w->closed = true;
	w->timed_out = true;
	note(w, "SWF hands the task to somebody else");
	check_handed_out(w);
}
