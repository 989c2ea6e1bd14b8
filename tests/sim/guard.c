/* SPDX-License-Identifier: MIT */
/*
 * The guard and the processes: a faithful but small copy of what tend-guard
 * does, and of what commands do to it.
 */
#include "config.h"

#include "sim.h"

#include <errno.h>
#include <signal.h>

enum { STUCK_FOR = 100000 };

void
guard_begin(struct world *w)
{
	w->guard_alive = true;
	w->guard_stop_at = INSTANT_NEVER;
	w->guard_kill_at = INSTANT_NEVER;
	w->guard_grace_at = INSTANT_NEVER;
	w->guard_lost_at = -STUCK_FOR;
	w->exec_fails = roll_percent(w, 4);
	w->exec_takes = roll_percent(w, 95) ? roll_between(w, 0, 3)
					    : roll_between(w, 0, 800);
	w->member_count = (int)roll_between(w, 1, MEMBERS);
	for (int i = 0; i < w->member_count; i++) {
		struct member *m = &w->members[i];

		m->after_term = roll_percent(w, 70) ? roll_between(w, 0, 3000)
						    : INSTANT_NEVER;
		m->after_kill = roll_between(w, 0, 15);
		m->term_exits = roll_percent(w, 50);
		if (!w->calm && roll_percent(w, 1)) {
			m->after_kill = STUCK_FOR;
			w->seen.stuck = true;
		}
	}
}

bool
tree_alive(const struct world *w)
{
	for (int i = 0; i < w->member_count; i++)
		if (w->members[i].alive)
			return true;
	return false;
}

/* A word to tend; the order of words is kept. */
static struct activity_event *
say(struct world *w, enum activity_event_type type)
{
	struct activity_event *event;

	w->to_tend_at =
	    instant_max(w->to_tend_at, w->now + roll_between(w, 0, 2));
	event = &queue_add(w, w->to_tend_at, TO_TEND)->event;
	event->type = type;
	return event;
}

static void
plan_end(struct world *w, int which, int64_t at)
{
	struct item *item = queue_add(w, at, MEMBER_ENDS);

	item->member.which = which;
	item->member.serial = ++w->members[which].serial;
}

/* SIGTERM to everybody, once. */
static void
send_stop(struct world *w)
{
	if (w->guard_told_stop)
		return;
	w->guard_told_stop = true;
	note(w, "the guard sends the stop signal");
	for (int i = 0; i < w->member_count; i++) {
		struct member *m = &w->members[i];

		if (!m->alive)
			continue;
		if (i == 0)
			w->stop_signal_sent = true;
		if (m->after_term == INSTANT_NEVER)
			continue;
		if (i == 0)
			w->exit = (struct activity_exit){
				.status = m->term_exits ? 0 : -1,
				.signal = m->term_exits ? 0 : SIGTERM,
			};
		plan_end(w, i, w->now + m->after_term);
	}
}

void
tree_kill(struct world *w)
{
	for (int i = 0; i < w->member_count; i++) {
		struct member *m = &w->members[i];

		if (!m->alive || m->kill_sent)
			continue;
		m->kill_sent = true;
		w->forced = true;
		if (i == 0)
			w->exit = (struct activity_exit){
				.status = -1, .signal = SIGKILL, .forced = true
			};
		plan_end(w, i, w->now + m->after_kill);
	}
}

static void
send_kill(struct world *w)
{
	if (!w->guard_told_kill) {
		w->guard_told_kill = true;
		note(w, "the guard sends SIGKILL");
		(void)say(w, ACTIVITY_GUARD_KILLING);
	}
	tree_kill(w);
}

/* When the guard has to do something by itself. */
static int64_t
guard_due(const struct world *w)
{
	int64_t due = instant_min(w->guard_kill_at, w->guard_grace_at);

	return w->guard_told_stop ? due : instant_min(due, w->guard_stop_at);
}

static void
guard_arm(struct world *w)
{
	int64_t due = guard_due(w);

	if (due != INSTANT_NEVER && w->guard_alive && !w->guard_told_kill)
		(void)queue_add(w, due, GUARD_TIMER);
}

void
guard_timer(struct world *w)
{
	if (!w->guard_alive || !w->guard_ran || guard_due(w) > w->now)
		return;
	if (!w->guard_told_stop) {
		send_stop(w);
		(void)say(w, ACTIVITY_GUARD_STOPPING);
	}
	if (guard_due(w) <= w->now)
		send_kill(w);
	else
		guard_arm(w);
}

void
guard_execs(struct world *w)
{
	if (!w->guard_alive)
		return;
	if (w->exec_fails) {
		say(w, ACTIVITY_EXEC_FAILED)->error = ENOENT;
		w->guard_alive = false;
		return;
	}
	w->guard_ran = true;
	(void)say(w, ACTIVITY_COMMAND_STARTED);
	for (int i = 0; i < w->member_count; i++) {
		w->members[i].alive = true;
		/* The first ends by itself; others more often outlive it. */
		if (i == 0 || roll_percent(w, 60))
			plan_end(w, i,
			    w->now + roll_below(w, w->last_act_at * 3 / 2));
	}
	w->exit = (struct activity_exit){ .status = 0 };
	if (roll_percent(w, 30))
		w->exit.status = (int)roll_between(w, 0, 255);
	if (roll_percent(w, 10))
		w->exit = (struct activity_exit){
			.status = -1, .signal = SIGSEGV, .core = true
		};
	if (w->guard_grace_at != INSTANT_NEVER)
		send_stop(w);
	guard_arm(w);
}

void
guard_message(struct world *w, const struct activity_action *message)
{
	if (!w->guard_alive)
		return;
	/* What the guard does not know cannot come in between. */
	switch ((int)message->type) {
	case ACTIVITY_ACT_START:
		(void)queue_add(w, w->now + w->exec_takes, GUARD_EXECS);
		break;
	case ACTIVITY_ACT_LEASE:
		w->guard_stop_at = message->stop_at;
		w->guard_kill_at = message->at;
		break;
	case ACTIVITY_ACT_STOP:
		w->guard_grace_at = instant_min(w->guard_grace_at, message->at);
		break;
	case ACTIVITY_ACT_KILL:
		w->guard_grace_at = w->now;
		break;
	case ACTIVITY_ACT_RELEASE:
		w->guard_alive = false;
		return;
	}
	if (!w->guard_ran)
		return;
	if (message->type == ACTIVITY_ACT_STOP ||
	    message->type == ACTIVITY_ACT_KILL)
		send_stop(w);
	if (guard_due(w) <= w->now)
		guard_timer(w);
	else
		guard_arm(w);
}

/* The guard finds out; a stop that came late had no part in it. */
void
guard_reaps(struct world *w, int which)
{
	if (!w->guard_alive)
		return;
	if (which == 0) {
		struct activity_event *event = say(w, ACTIVITY_COMMAND_EXITED);

		w->command_reaped = true;
		event->exit = w->exit;
		event->after_stop = w->exit_after_stop;
	}
	if (tree_alive(w) || !w->command_reaped)
		return;
	say(w, ACTIVITY_TREE_EMPTY)->exit.forced = w->forced;
	w->guard_alive = false;
}

void
member_ends(struct world *w, int which, uint32_t serial)
{
	struct member *m = &w->members[which];

	if (!m->alive || m->serial != serial)
		return;
	m->alive = false;
	note(w, "process %d ends", which);
	if (which == 0)
		w->exit_after_stop = w->stop_signal_sent;
	if (w->guard_alive)
		queue_add(w, w->now, GUARD_REAPS)->member.which = which;
	else if (w->swept && !tree_alive(w))
		(void)say(w, ACTIVITY_TREE_EMPTY);
}

/* The command has PDEATHSIG; the rest is tend's to sweep. */
void
guard_killed(struct world *w)
{
	if (!w->guard_alive)
		return;
	note(w, "the guard is killed");
	w->guard_alive = false;
	w->guard_lost_at = w->now;
	if (w->members[0].alive)
		plan_end(w, 0, w->now + roll_between(w, 0, 5));
	(void)say(w, ACTIVITY_GUARD_LOST);
}
