/* SPDX-License-Identifier: MIT */
/*
 * What must hold, whatever happens.  The rules are written from the outside,
 * with their own arithmetic; of the activity's fields only those are read
 * that say whether the task has been given up.
 */
#include "config.h"

#include "sim.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "activity/lease.h"

struct tally tally;

enum {
	SECOND = 1000,
	/* From a guard that can run to a tree that is dead. */
	PROMPT = 60
};

void
broken(const struct world *w, const char *rule)
{
	(void)printf("not ok - %s\n"
		     "# broken at %lld ms of history %llu; to see it in full:\n"
		     "#   tests/sim/sim --seed %llu\n",
	    rule, (long long)w->now, (unsigned long long)w->seed,
	    (unsigned long long)w->seed);
	exit(1);
}

#define RULE(w, holds, rule)                 \
	do {                                 \
		if (!(holds))                \
			broken((w), (rule)); \
	} while (0)

/* Is T enforced? */
static bool
leased(const struct world *w)
{
	return w->config.lease && w->timeout >= 3 * SECOND &&
	       w->timeout != INSTANT_NEVER;
}

static int64_t
margin(const struct world *w)
{
	return instant_max(100, instant_min(2000, w->timeout / 20));
}

/* So little is left of the lease that a heartbeat might come too late. */
static bool
begins_short(const struct world *w)
{
	int64_t grace = instant_min(w->config.kill_after, w->timeout / 6);

	return leased(w) && w->timeout - margin(w) - grace - w->config.age <=
				instant_min(5 * SECOND, w->timeout / 4);
}

/* The grace that a stop request leaves. */
static int64_t
cut_grace(const struct world *w)
{
	return instant_min(w->config.kill_after,
	    instant_max(0, w->config.stop_deadline - 2 * SECOND));
}

/* What was accepted until now counts, with the T that is known now. */
static void
learn(struct world *w, const struct activity_event *event)
{
	int64_t length = event->start_to_close;

	if (w->config.lease || w->activity.lost)
		return;
	w->config.heartbeat_timeout = event->heartbeat_timeout;
	w->config.lease = event->lease;
	w->seen.learnt_at = w->now;
	if (event->closes_at != INSTANT_NEVER)
		w->seen.closing_kill_at =
		    event->closes_at -
		    instant_max(100, instant_min(2000, length / 20));
	if (leased(w) && w->seen.accepted_at != INSTANT_NEVER)
		w->seen.lease_kill_at =
		    w->seen.accepted_at + w->timeout - margin(w);
}

/* Before the kill that start-to-close makes. */
static int64_t
closing_stop_at(const struct world *w)
{
	if (w->seen.closing_kill_at == INSTANT_NEVER)
		return INSTANT_NEVER;
	return w->seen.closing_kill_at -
	       instant_min(w->config.kill_after, w->start_to_close / 6);
}

void
check_before(struct world *w, const struct activity_event *event)
{
	switch ((int)event->type) {
	case ACTIVITY_BEGIN:
		/* A worker's lease counts from here. */
		if (w->steps != 0)
			break;
		w->seen.confirms = w->config.heartbeat_first || begins_short(w);
		if (w->seen.confirms)
			break;
		w->seen.accepted_at = w->now - w->config.age;
		if (leased(w))
			w->seen.lease_kill_at =
			    w->seen.accepted_at + w->timeout - margin(w);
		break;
	case ACTIVITY_TIMEOUTS_FOUND:
		learn(w, event);
		break;
	case ACTIVITY_STOP_REQUESTED:
		w->seen.requests++;
		if (w->seen.requests == 1)
			w->seen.first_request_at = w->now;
		if (w->seen.requests == 3)
			w->seen.third_request_at = w->now;
		break;
	case ACTIVITY_COMMAND_EXITED:
		if (!w->seen.heard_exit)
			w->seen.exit = *event;
		w->seen.heard_exit = true;
		break;
	case ACTIVITY_TREE_EMPTY:
		w->seen.heard_empty = true;
		break;
	case ACTIVITY_START_RECORDED:
		w->seen.start_recorded = true;
		break;
	case ACTIVITY_OUTCOME_RECORDED:
		w->seen.outcome_recorded = true;
		break;
	case ACTIVITY_GUARD_LOST:
		w->seen.heard_guard_lost = true;
		break;
	case ACTIVITY_REPORT_FAILED:
		if (event->attempt == w->activity.report.attempt &&
		    event->failure == ACTIVITY_FAILURE_AMBIGUOUS)
			w->seen.ambiguous = true;
		break;
	case ACTIVITY_COMMAND_STARTED:
		if (!w->activity.outcome.started)
			w->seen.started_at = w->seen.progress_at = w->now;
		break;
	case ACTIVITY_PROGRESS:
		w->seen.progress_at = w->now;
		break;
	case ACTIVITY_HEARTBEAT_FAILED:
		if (event->attempt == w->activity.heartbeat.attempt &&
		    w->activity.heartbeat.in_flight &&
		    event->failure == ACTIVITY_FAILURE_GONE)
			w->seen.gone = true;
		break;
	case ACTIVITY_HEARTBEAT_OK:
		if (event->attempt != w->activity.heartbeat.attempt ||
		    !w->activity.heartbeat.in_flight)
			break;
		if (!leased(w)) {
			w->seen.accepted_at = w->seen.heartbeat_at;
			break;
		}
		if (w->seen.heartbeat_at + w->timeout - margin(w) > w->now)
			w->seen.lease_kill_at =
			    w->seen.heartbeat_at + w->timeout - margin(w);
		break;
	default:
		break;
	}
}

static void
check_heartbeat(struct world *w)
{
	int64_t interval = w->activity.interval;
	int64_t shortest =
	    w->learns ? instant_min(w->timeout, 10 * SECOND) : w->timeout;
	int64_t gap =
	    instant_min(interval * 9 / 10, lease_retry_first(shortest) / 2);

	RULE(w, !w->heartbeat_open, "one heartbeat in flight at most");
	RULE(w, !w->activity.lost, "no heartbeat for a task that is lost");
	/* What was put off may turn out not to be able to wait. */
	RULE(w,
	    w->now - w->seen.heartbeat_at >= gap ||
		(w->seen.deferred_until > 0 &&
		    (w->now >= w->seen.deferred_until - 1 || w->learns)),
	    "no burst of heartbeats");
	w->seen.heartbeat_at = w->now;
	w->seen.deferred_until = 0;
}

static void
check_report(struct world *w, const struct activity_action *action)
{
	const struct activity_outcome *outcome = activity_outcome(&w->activity);

	RULE(w, !w->report_open, "one report in flight at most");
	RULE(w, activity_state(&w->activity) == ACTIVITY_REPORTING,
	    "a report is sent in REPORTING");
	RULE(w, outcome->kind != ACTIVITY_KIND_NONE, "nothing told if lost");
	RULE(w, w->seen.reports == 0 || outcome->kind == w->seen.kind,
	    "one outcome");
	RULE(w, w->now < w->seen.lease_kill_at, "no report after the lease");
	RULE(w, action->minimal || w->now - w->seen.report_at >= 125,
	    "no burst of reports");
	if (w->config.records)
		RULE(w,
		    w->seen.outcome_asked &&
			(w->seen.outcome_recorded ||
			    w->now >= w->seen.record_until),
		    "an outcome is put down before it is told");
	if (!w->nonsense)
		RULE(w, !tree_alive(w) || w->released || w->seen.stuck,
		    "no report before the tree is empty");
	w->seen.report_at = w->now;
	w->seen.reports++;
	w->seen.kind = outcome->kind;
}

/* How long it may be waited for: half of what is left, of all there is. */
static void
check_record_start(struct world *w)
{
	int64_t timeout =
	    w->learns ? w->activity.config.heartbeat_timeout : w->timeout;

	RULE(w, w->config.records, "what nobody asked for is not put down");
	RULE(w, !w->seen.start_asked, "the start is put down once");
	w->seen.start_asked = true;
	w->seen.record_until =
	    w->now + instant_min(5 * SECOND, lease_attempt(timeout));
}

static void
check_record_until(struct world *w)
{
	int64_t until = w->seen.lease_kill_at;
	int64_t stop_until = INSTANT_NEVER;

	if (w->seen.requests > 0)
		stop_until = instant_add(w->seen.first_request_at,
		    w->config.stop_deadline);
	/* One that is over before it begins has a second. */
	if (w->seen.asked_after_request)
		stop_until =
		    instant_max(stop_until, w->seen.outcome_asked_at + SECOND);
	until = instant_min(until, stop_until);
	if (w->seen.lease_kill_at == INSTANT_NEVER)
		until = instant_min(until,
		    w->seen.outcome_asked_at + w->config.report_timeout);
	if (until != INSTANT_NEVER)
		until = w->now + (instant_max(until, w->now) - w->now) / 2;
	w->seen.record_until = instant_min(w->seen.record_until, until);
}

static void
check_record_outcome(struct world *w)
{
	RULE(w, w->config.records && !w->seen.outcome_asked,
	    "the outcome is put down once");
	/* A loss in the same step takes it back. */
	RULE(w,
	    w->activity.lost ||
		activity_outcome(&w->activity)->kind != ACTIVITY_KIND_NONE,
	    "only what is to be told is put down");
	w->seen.outcome_asked = true;
	w->seen.asked_after_request = w->seen.requests > 0;
	w->seen.outcome_asked_at = w->now;
	w->seen.record_until = w->now + 5 * SECOND;
	check_record_until(w);
}

/* SIGKILL comes by the grace after the stop signal, or for a good reason. */
static void
check_stop(struct world *w, const struct activity_event *event,
    const struct activity_action *action)
{
	bool full = action->at == instant_add(w->now, w->config.kill_after);
	bool lease = leased(w) && action->at == w->seen.lease_kill_at;
	bool request = event->type == ACTIVITY_STOP_REQUESTED &&
		       w->seen.requests == 1 &&
		       action->at == instant_add(w->now, cut_grace(w));

	bool closing =
	    action->at == instant_max(w->seen.closing_kill_at, w->now);

	RULE(w, full || lease || request || closing,
	    "the grace is what it should be");
	RULE(w, action->at <= instant_max(w->seen.closing_kill_at, w->now),
	    "SWF closes the task later");
	RULE(w, action->at < w->seen.kill_at, "the timer is never restarted");
	w->seen.kill_at = action->at;
	w->seen.first_stop_at = instant_min(w->seen.first_stop_at, w->now);
}

/* When the tree has to be dead, for the lease or for start-to-close. */
static int64_t
last_instant(const struct world *w)
{
	return instant_min(w->seen.lease_kill_at, w->seen.closing_kill_at);
}

static void
check_lease(struct world *w, const struct activity_action *action)
{
	int64_t stop_at = closing_stop_at(w);

	if (w->seen.lease_kill_at != INSTANT_NEVER)
		stop_at = instant_min(stop_at,
		    w->seen.lease_kill_at -
			instant_min(w->config.kill_after, w->timeout / 6));
	RULE(w, leased(w) || w->seen.closing_kill_at != INSTANT_NEVER,
	    "no lease where none is enforced");
	RULE(w, action->at == last_instant(w), "the lease's end");
	RULE(w,
	    action->at != w->seen.told_kill_at ||
		stop_at != w->seen.told_stop_at,
	    "the lease is told once");
	RULE(w, action->stop_at == stop_at, "the lease's stop");
	w->seen.told_kill_at = action->at;
	w->seen.told_stop_at = action->stop_at;
}

/* At the end nobody of the tree lives, unless that is why it ends. */
static void
check_nobody_left(const struct world *w)
{
	if (w->nonsense || w->released || w->seen.stuck ||
	    w->seen.requests >= 3)
		return;
	RULE(w, !tree_alive(w), "nobody is left at the end");
}

void
check_action(struct world *w, const struct activity_event *event,
    const struct activity_action *action)
{
	RULE(w, !w->finished, "nothing after the end");
	switch (action->type) {
	case ACTIVITY_ACT_HEARTBEAT:
		check_heartbeat(w);
		break;
	case ACTIVITY_ACT_ABORT_HEARTBEAT:
		RULE(w, w->heartbeat_open, "a heartbeat to abort");
		break;
	case ACTIVITY_ACT_START:
		RULE(w, !w->seen.started, "started once");
		RULE(w, !w->seen.confirms || w->applied_at >= 0,
		    "nothing starts before a heartbeat was accepted");
		RULE(w,
		    !w->config.records || w->seen.start_recorded ||
			w->now >= w->seen.record_until,
		    "nothing starts before that is put down");
		RULE(w,
		    w->now <
			w->seen.lease_kill_at -
			    instant_min(w->config.kill_after, w->timeout / 6),
		    "nothing starts when the lease is over");
		w->seen.started = true;
		w->seen.started_at = w->seen.progress_at = w->now;
		break;
	case ACTIVITY_ACT_STOP:
		check_stop(w, event, action);
		break;
	case ACTIVITY_ACT_KILL:
		RULE(w,
		    event->type == ACTIVITY_STOP_REQUESTED &&
			w->seen.requests == 2,
		    "SIGKILL now only on the second request");
		RULE(w, w->seen.first_stop_at != INSTANT_NEVER,
		    "the stop signal precedes SIGKILL");
		w->seen.kill_at = instant_min(w->seen.kill_at, w->now);
		break;
	case ACTIVITY_ACT_KILL_GUARD:
		RULE(w, w->nonsense || w->now < w->guard_until + SECOND,
		    "no guard is killed that does its part");
		break;
	case ACTIVITY_ACT_LEASE:
		check_lease(w, action);
		break;
	case ACTIVITY_ACT_RELEASE:
		RULE(w, w->config.leave_leftovers && w->seen.heard_exit,
		    "left alone only on purpose");
		RULE(w, w->seen.first_stop_at == INSTANT_NEVER,
		    "nobody is left who is being stopped");
		break;
	case ACTIVITY_ACT_READ_OUTPUT:
		RULE(w, w->seen.heard_empty || w->released,
		    "output is read when nobody writes");
		break;
	case ACTIVITY_ACT_REPORT:
		check_report(w, action);
		break;
	case ACTIVITY_ACT_ABORT_REPORT:
		RULE(w, w->report_open, "a report to abort");
		w->seen.ambiguous |= !service_unsent(w);
		break;
	case ACTIVITY_ACT_RECORD_START:
		check_record_start(w);
		break;
	case ACTIVITY_ACT_RECORD_OUTCOME:
		check_record_outcome(w);
		break;
	case ACTIVITY_ACT_FINISH:
		RULE(w,
		    !w->config.records || w->seen.outcome_asked ||
			activity_outcome(&w->activity)->kind ==
			    ACTIVITY_KIND_NONE,
		    "no outcome is forgotten");
		check_nobody_left(w);
		break;
	}
}

/* Heartbeats go on until the outcome is taken or the task is lost. */
static void
check_alive(const struct world *w)
{
	const struct activity *a = &w->activity;
	/* One may have been sent when T was thought to be longer. */
	int64_t longest = instant_max(a->interval,
	    lease_attempt(w->learns ? INSTANT_NEVER : w->timeout));

	if (w->finished || a->lost || a->gone_pending)
		return;
	/* What was deferred until now goes out in a moment. */
	RULE(w,
	    activity_deadline(a) <=
		instant_max(instant_max(w->now + 1, w->seen.deferred_until),
		    w->seen.heartbeat_at + longest),
	    "heartbeats go on until the outcome is taken");
}

/* What is to be stopped is being stopped, and for a reason that is true. */
static void
check_reason(const struct world *w, const struct activity_event *event,
    enum activity_state before)
{
	const struct activity *a = &w->activity;
	enum activity_cause cause = activity_outcome(a)->cause;
	bool running = activity_state(a) == ACTIVITY_RUNNING;
	int64_t stop_at = w->seen.lease_kill_at -
			  instant_min(w->config.kill_after, w->timeout / 6);

	RULE(w, !running || event->type != ACTIVITY_GUARD_STOPPING,
	    "the guard is believed");
	RULE(w, !w->seen.gone || a->lost || a->gone_pending || w->finished,
	    "gone is heard");
	if (running && event->type == ACTIVITY_TICK && leased(w))
		RULE(w, w->now < stop_at, "the lease stops a running command");
	if (running && event->type == ACTIVITY_TICK)
		RULE(w, w->now < closing_stop_at(w),
		    "start-to-close stops a running command");
	if (w->seen.heard_exit && a->tree_alive && !a->guard_lost)
		RULE(w, w->seen.first_stop_at != INSTANT_NEVER,
		    "left-overs are stopped");
	if (before != ACTIVITY_STOPPING &&
	    activity_state(a) == ACTIVITY_STOPPING) {
		if (cause == ACTIVITY_CAUSE_STALLED)
			RULE(w,
			    w->now >=
				w->seen.progress_at + w->config.stall_timeout,
			    "no progress for so long");
		if (cause == ACTIVITY_CAUSE_CLOSING)
			RULE(w, w->now >= closing_stop_at(w),
			    "start-to-close is about to end");
		if (cause == ACTIVITY_CAUSE_TIME_LIMIT)
			RULE(w,
			    w->now >= w->seen.started_at + w->config.time_limit,
			    "it ran for so long");
	}
	if (a->lost && !w->seen.lost && before != ACTIVITY_RUNNING &&
	    cause == ACTIVITY_CAUSE_LEASE_LOST)
		RULE(w, w->now >= w->seen.lease_kill_at,
		    "in the grace only the lease's very end counts");
}

void
check_after(struct world *w, const struct activity_event *event,
    enum activity_state before)
{
	const struct activity *a = &w->activity;
	bool listens = a->tree_alive && !a->guard_lost;

	RULE(w, activity_state(a) >= before, "the state only goes on");
	RULE(w, (activity_state(a) == ACTIVITY_DONE) == w->finished,
	    "done is finished");
	if (event->type == ACTIVITY_TICK)
		RULE(w, w->finished || activity_deadline(a) > w->now,
		    "a deadline that was served is in the future");
	/* An answer that came too late to start anything counts for nothing. */
	if (activity_state(a) == ACTIVITY_PREPARING && a->awaits_heartbeat)
		w->seen.lease_kill_at = INSTANT_NEVER;
	/* Whoever may start does. */
	if (activity_state(a) == ACTIVITY_PREPARING && w->config.records &&
	    !a->awaits_heartbeat && !w->nonsense)
		RULE(w,
		    !w->seen.start_recorded &&
			(event->type != ACTIVITY_TICK ||
			    w->now < w->seen.record_until),
		    "a slow disk is not waited for");
	RULE(w, activity_lease(a) == w->seen.lease_kill_at,
	    "the lease is T less the margin after the last send");
	if (listens)
		RULE(w, w->seen.told_kill_at == last_instant(w),
		    "the guard knows the lease, and start-to-close");
	if (listens && a->lost && !w->finished)
		RULE(w, w->seen.kill_at <= w->seen.lease_kill_at,
		    "a lost tree is dead by the end of the lease");
	if (!w->nonsense)
		check_reason(w, event, before);
	w->seen.lost = a->lost;
	if (w->seen.outcome_asked &&
	    (event->type == ACTIVITY_STOP_REQUESTED ||
		event->type == ACTIVITY_TIMEOUTS_FOUND))
		check_record_until(w);
	check_alive(w);
}

/*
 * SWF has given the task to somebody else: nobody of ours may run, unless he
 * who has to kill cannot run himself, or has only just come back.
 */
void
check_handed_out(struct world *w)
{
	/* What it was told before, it does first. */
	bool guard_held = w->guard_until + PROMPT + w->exec_takes > w->now;
	bool tend_held = w->tend_until + PROMPT > w->now ||
			 w->guard_lost_at + PROMPT > w->now;

	/* Nobody acts upon what he has only just learnt, or not at all. */
	if (w->now < w->closes_at) {
		if (!leased(w))
			return;
	} else if (w->seen.closing_kill_at == INSTANT_NEVER ||
		   w->seen.learnt_at + PROMPT > w->seen.closing_kill_at) {
		return;
	}
	if (w->nonsense || w->released || w->seen.stuck || !tree_alive(w))
		return;
	if (tend_held && !w->guard_alive)
		return;
	if (w->guard_alive && guard_held)
		return;
	if (w->suspended_until > w->now)
		return;
	if (w->learns && w->seen.learnt_at + PROMPT > w->now)
		return;
	broken(w, "the tree is dead before SWF hands the task out again");
}

/* The exit status, from the table. */
static int
status_of(const struct world *w, const struct activity_outcome *outcome)
{
	int own = outcome->exit.signal != 0 ? 128 + outcome->exit.signal
					    : outcome->exit.status;

	switch (outcome->cause) {
	case ACTIVITY_CAUSE_EXIT:
	case ACTIVITY_CAUSE_SIGNAL:
		return own;
	case ACTIVITY_CAUSE_CANCEL:
		if (!outcome->started)
			return 0;
		if (outcome->exit.known)
			return own;
		return w->seen.requests > 0 ? 128 + outcome->stop_signal : 125;
	case ACTIVITY_CAUSE_STOPPED:
		return 128 + outcome->stop_signal;
	case ACTIVITY_CAUSE_STALLED:
	case ACTIVITY_CAUSE_TIME_LIMIT:
	case ACTIVITY_CAUSE_CLOSING:
		return 124;
	case ACTIVITY_CAUSE_GONE:
	case ACTIVITY_CAUSE_LEASE_LOST:
		return 123;
	case ACTIVITY_CAUSE_EXEC_FAILED:
		return outcome->error == ENOENT || outcome->error == ENOTDIR
			   ? 127
			   : 126;
	case ACTIVITY_CAUSE_NONE:
		broken(w, "there is a cause");
	case ACTIVITY_CAUSE_GUARD_LOST:
	case ACTIVITY_CAUSE_UNKILLABLE:
	case ACTIVITY_CAUSE_UNREACHABLE:
	case ACTIVITY_CAUSE_REFUSED:
		break;
	}
	return 125;
}

/* What is told is what happened. */
static void
check_kind(const struct world *w, const struct activity_outcome *outcome)
{
	const struct activity_event *end = &w->seen.exit;
	bool natural = w->seen.heard_exit && !end->after_stop;
	bool ok = end->exit.signal == 0 &&
		  (end->exit.status == 0 || end->exit.status == 3);
	bool taken_over =
	    outcome->cause == ACTIVITY_CAUSE_UNKILLABLE || w->activity.lost;

	if (outcome->kind == ACTIVITY_KIND_COMPLETED)
		RULE(w, natural && ok, "completed is by itself, and ok");
	if (outcome->kind == ACTIVITY_KIND_CANCELED)
		RULE(w, w->cancel && !natural, "canceled was requested");
	if (natural && !w->seen.heard_guard_lost && !taken_over)
		RULE(w,
		    outcome->kind ==
			(ok ? ACTIVITY_KIND_COMPLETED : ACTIVITY_KIND_FAILED),
		    "who ended by himself is judged by it");
	if (w->activity.lost)
		RULE(w, outcome->kind == ACTIVITY_KIND_NONE, "lost is nothing");
	if (outcome->cause == ACTIVITY_CAUSE_GONE)
		RULE(w, w->closed, "gone only if SWF has closed it");
}

static void
check_delivery(const struct world *w, const struct activity_outcome *outcome)
{
	RULE(w, w->taken <= 1, "SWF takes one outcome");
	RULE(w, w->taken == 0 || outcome->kind != ACTIVITY_KIND_NONE,
	    "what SWF has is not lost");
	if (w->taken != 0)
		RULE(w, w->taken_kind == w->seen.kind, "SWF has what was told");
	switch (outcome->delivery) {
	case ACTIVITY_DELIVERY_TAKEN:
		RULE(w, w->taken == 1 && w->taken_kind == outcome->kind,
		    "taken is taken");
		break;
	case ACTIVITY_DELIVERY_ASSUMED:
		RULE(w, w->seen.ambiguous, "assumed only if ambiguous");
		break;
	case ACTIVITY_DELIVERY_GONE:
		RULE(w, outcome->cause == ACTIVITY_CAUSE_GONE && w->taken == 0,
		    "gone is gone");
		break;
	case ACTIVITY_DELIVERY_REFUSED:
		RULE(w, w->seen.reports > 0, "refused was tried");
		break;
	case ACTIVITY_DELIVERY_UNKNOWN:
		RULE(w, w->seen.ambiguous, "unknown only if ambiguous");
		break;
	case ACTIVITY_DELIVERY_NONE:
		RULE(w, w->taken == 0, "no is no");
		if (outcome->kind != ACTIVITY_KIND_NONE && w->seen.requests < 3)
			RULE(w, w->seen.reports > 0, "an outcome is tried");
		break;
	}
}

/* Everything was well: then nothing may have gone wrong. */
static void
check_calm(const struct world *w, const struct activity_outcome *outcome)
{
	RULE(w,
	    outcome->cause != ACTIVITY_CAUSE_GONE &&
		outcome->cause != ACTIVITY_CAUSE_LEASE_LOST &&
		outcome->cause != ACTIVITY_CAUSE_GUARD_LOST &&
		outcome->cause != ACTIVITY_CAUSE_UNKILLABLE &&
		outcome->cause != ACTIVITY_CAUSE_UNREACHABLE &&
		outcome->cause != ACTIVITY_CAUSE_REFUSED,
	    "a calm history has no trouble");
	if (w->dislikes != 2 && w->seen.requests < 3)
		RULE(w, outcome->delivery == ACTIVITY_DELIVERY_TAKEN,
		    "a calm history is delivered");
}

/* Told to stop, all is over by the deadline; at the third time at once. */
static void
check_stop_deadline(const struct world *w)
{
	int64_t deadline = w->config.stop_deadline;

	if (w->seen.disturbed || w->nonsense)
		return;
	/* A second is left for a report that starts too late. */
	if (deadline < 3 * SECOND)
		deadline = 4 * SECOND;
	if (!w->seen.stuck)
		RULE(w,
		    w->now <= instant_add(w->seen.first_request_at,
				  instant_add(deadline, 20)),
		    "all is over by the stop deadline");
	RULE(w, w->now <= instant_add(w->seen.third_request_at, SECOND + 20),
	    "a third request ends within a second");
}

void
check_end(struct world *w)
{
	const struct activity_outcome *outcome = activity_outcome(&w->activity);

	RULE(w, activity_exit_status(&w->activity) == status_of(w, outcome),
	    "the exit status is that of the table");
	tally.causes[outcome->cause]++;
	tally.deliveries[outcome->delivery]++;
	tally.kinds[outcome->kind]++;
	hash_in(w, (uint64_t)outcome->cause << 16 |
		       (uint64_t)outcome->kind << 8 |
		       (uint64_t)outcome->delivery);
	check_stop_deadline(w);
	if (w->nonsense)
		return;
	check_kind(w, outcome);
	check_delivery(w, outcome);
	if (w->calm)
		check_calm(w, outcome);
}
