/* SPDX-License-Identifier: MIT */
/*
 * tend's part: it hands events in, performs the actions, and sets one timer.
 */
#include "config.h"

#include "sim.h"

static const char *const action_names[] = {
	[ACTIVITY_ACT_HEARTBEAT] = "heartbeat",
	[ACTIVITY_ACT_ABORT_HEARTBEAT] = "abort heartbeat",
	[ACTIVITY_ACT_RECORD_START] = "record start",
	[ACTIVITY_ACT_RECORD_OUTCOME] = "record outcome",
	[ACTIVITY_ACT_START] = "start",
	[ACTIVITY_ACT_STOP] = "stop",
	[ACTIVITY_ACT_KILL] = "kill",
	[ACTIVITY_ACT_KILL_GUARD] = "kill guard",
	[ACTIVITY_ACT_LEASE] = "lease",
	[ACTIVITY_ACT_RELEASE] = "release",
	[ACTIVITY_ACT_READ_OUTPUT] = "read output",
	[ACTIVITY_ACT_REPORT] = "report",
	[ACTIVITY_ACT_ABORT_REPORT] = "abort report",
	[ACTIVITY_ACT_FINISH] = "finish",
};

static void
tell_guard(struct world *w, const struct activity_action *action)
{
	w->to_guard_at =
	    instant_max(w->to_guard_at, w->now + roll_between(w, 0, 2));
	queue_add(w, w->to_guard_at, TO_GUARD)->message = *action;
}

/* Others go first, now and then, as long as that does not cost the lease. */
static bool
defer(struct world *w, const struct activity_action *action)
{
	struct activity_event *event;
	int64_t since, due;

	activity_heartbeat_window(&w->activity, &since, &due);
	if (due <= w->now || !roll_percent(w, 10))
		return false;
	event = &queue_add(w, w->now, TO_TEND)->event;
	event->type = ACTIVITY_HEARTBEAT_DEFERRED;
	event->attempt = action->attempt;
	event->at = roll_between(w, w->now, instant_min(due, w->now + 60000));
	w->seen.deferred_until = event->at + 1;
	return true;
}

/* A disk that is quick, slow, or does not answer at all. */
static void
record(struct world *w, enum activity_event_type answer)
{
	int64_t takes = roll_between(w, 0, 20);

	if (!w->calm && roll_percent(w, 20))
		takes = roll_below(w, 8000);
	if (w->calm || !roll_percent(w, 10))
		queue_add(w, w->now + takes, TO_TEND)->event.type = answer;
}

static void
perform(struct world *w, const struct activity_action *action)
{
	switch (action->type) {
	case ACTIVITY_ACT_HEARTBEAT:
		w->heartbeat_open = true;
		if (!defer(w, action))
			service_send(w, action);
		break;
	case ACTIVITY_ACT_ABORT_HEARTBEAT:
		w->heartbeat_open = false;
		break;
	case ACTIVITY_ACT_REPORT:
		w->report_open = true;
		service_send(w, action);
		break;
	case ACTIVITY_ACT_ABORT_REPORT:
		if (service_unsent(w))
			w->report_withdrawn = action->attempt;
		w->report_open = false;
		break;
	case ACTIVITY_ACT_RELEASE:
		w->released = true;
		tell_guard(w, action);
		break;
	case ACTIVITY_ACT_RECORD_START:
		record(w, ACTIVITY_START_RECORDED);
		break;
	case ACTIVITY_ACT_RECORD_OUTCOME:
		record(w, ACTIVITY_OUTCOME_RECORDED);
		break;
	case ACTIVITY_ACT_START:
	case ACTIVITY_ACT_STOP:
	case ACTIVITY_ACT_KILL:
	case ACTIVITY_ACT_LEASE:
		tell_guard(w, action);
		break;
	case ACTIVITY_ACT_KILL_GUARD:
		guard_killed(w);
		break;
	case ACTIVITY_ACT_READ_OUTPUT:
		queue_add(w, w->now + w->output_takes, TO_TEND)->event.type =
		    ACTIVITY_OUTPUT_READ;
		break;
	case ACTIVITY_ACT_FINISH:
		w->finished = true;
		break;
	}
}

static void
trace_step(struct world *w, const struct activity_event *event,
    enum activity_state before, const struct activity_actions *actions)
{
	if (!w->trace)
		return;
	note(w, "%s -> %s %s", activity_event_name(event->type),
	    activity_state_name(activity_state(&w->activity)),
	    activity_cause_name(activity_outcome(&w->activity)->cause));
	(void)before;
	for (size_t i = 0; i < actions->count; i++) {
		const struct activity_action *action = &actions->list[i];

		note(w, "  %s attempt %u at %lld stop at %lld",
		    action_names[action->type], action->attempt,
		    action->at == INSTANT_NEVER ? -1LL : (long long)action->at,
		    action->stop_at == INSTANT_NEVER
			? -1LL
			: (long long)action->stop_at);
	}
}

/* The world may say it twice. */
static void
repeat(struct world *w, const struct activity_event *event)
{
	if (w->calm || event->type == ACTIVITY_STOP_REQUESTED ||
	    event->type == ACTIVITY_TICK || !roll_percent(w, 2))
		return;
	queue_add(w, w->now + roll_below(w, 500), TO_TEND)->event = *event;
}

static bool
is_answer(const struct activity_event *event, bool report)
{
	return report ? event->type == ACTIVITY_REPORT_OK ||
			    event->type == ACTIVITY_REPORT_FAILED
		      : event->type == ACTIVITY_HEARTBEAT_OK ||
			    event->type == ACTIVITY_HEARTBEAT_DEFERRED ||
			    event->type == ACTIVITY_HEARTBEAT_FAILED;
}

/*
 * The answer to an attempt that was given up is forgotten by a good owner; a
 * bad one hands it in all the same, and nothing may come of it.
 */
static bool
wanted(struct world *w, const struct activity_event *event)
{
	bool report = is_answer(event, true);
	bool *open = report ? &w->report_open : &w->heartbeat_open;
	uint32_t newest =
	    report ? w->activity.report.attempt : w->activity.heartbeat.attempt;

	if (!report && !is_answer(event, false))
		return true;
	if (!*open || event->attempt != newest)
		return roll_percent(w, 20);
	*open = false;
	return true;
}

void
owner_event(struct world *w, struct activity_event event)
{
	enum activity_state before = activity_state(&w->activity);
	struct activity_actions actions = { .count = 0 };

	if (w->finished || !wanted(w, &event))
		return;
	event.report_unsent = service_unsent(w);
	check_before(w, &event);
	activity_step(&w->activity, &event, w->now, &actions);
	hash_in(w, (uint64_t)w->now << 8 | (uint64_t)event.type);
	trace_step(w, &event, before, &actions);
	for (size_t i = 0; i < actions.count; i++) {
		const struct activity_action *action = &actions.list[i];

		hash_in(w, (uint64_t)action->at ^ (uint64_t)action->type << 56);
		check_action(w, &event, action);
		perform(w, action);
	}
	check_after(w, &event, before);
	if (event.type == ACTIVITY_GUARD_LOST && !w->nonsense)
		(void)queue_add(w, w->now + roll_between(w, 0, 20),
		    ORPHANS_SWEPT);
	repeat(w, &event);
	owner_arm(w);
}

/* What the timeouts are; sometimes only a guess comes before. */
void
owner_learns(struct world *w)
{
	struct activity_event event = {
		.type = ACTIVITY_TIMEOUTS_FOUND,
		.heartbeat_timeout = w->timeout,
		.lease = true,
		.closes_at = w->closes_at,
		.start_to_close = w->start_to_close,
	};

	if (!w->calm && roll_percent(w, 10)) {
		event.heartbeat_timeout = 60000;
		event.lease = false;
		event.closes_at = event.start_to_close = INSTANT_NEVER;
		(void)queue_add(w, w->now + roll_below(w, 10000),
		    TIMEOUTS_LEARNT);
	}
	owner_event(w, event);
}

void
owner_swept(struct world *w)
{
	if (w->swept)
		return;
	w->swept = true;
	tree_kill(w);
	if (!tree_alive(w))
		queue_add(w, w->now, TO_TEND)->event.type = ACTIVITY_TREE_EMPTY;
}

void
owner_arm(struct world *w)
{
	int64_t due = activity_deadline(&w->activity);

	if (w->finished || due == INSTANT_NEVER)
		return;
	due = instant_max(due, w->now) + (w->calm ? 0 : roll_below(w, 3));
	if (due >= w->tend_timer_at)
		return;
	w->tend_timer_at = due;
	(void)queue_add(w, due, TEND_TIMER);
}

void
owner_timer(struct world *w)
{
	w->tend_timer_at = INSTANT_NEVER;
	if (activity_deadline(&w->activity) <= w->now || roll_percent(w, 5))
		owner_event(w,
		    (struct activity_event){ .type = ACTIVITY_TICK });
	else
		owner_arm(w);
}
