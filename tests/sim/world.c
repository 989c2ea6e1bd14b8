/* SPDX-License-Identifier: MIT */
/*
 * One history: what it is made of, and how it goes.
 */
#include "config.h"

#include "sim.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

enum { SECOND = 1000, END_MOST = 300 * SECOND };

uint64_t
roll(struct world *w)
{
	uint64_t z = w->random += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

int64_t
roll_below(struct world *w, int64_t most)
{
	return most <= 1 ? 0 : (int64_t)(roll(w) % (uint64_t)most);
}

int64_t
roll_between(struct world *w, int64_t least, int64_t most)
{
	return least + roll_below(w, most - least + 1);
}

bool
roll_percent(struct world *w, int percent)
{
	return roll_below(w, 100) < percent;
}

void
hash_in(struct world *w, uint64_t value)
{
	w->hash = (w->hash ^ value) * UINT64_C(0x100000001b3);
	w->hash ^= w->hash >> 29;
}

void
note(struct world *w, const char *format, ...)
{
	va_list args;

	if (!w->trace)
		return;
	(void)printf("# %10.3f ", (double)w->now / SECOND);
	va_start(args, format);
	(void)vprintf(format, args);
	va_end(args);
	(void)putchar('\n');
}

static int64_t
pick(struct world *w, const int64_t *list, size_t count)
{
	return list[roll_below(w, (int64_t)count)];
}

static void
configure(struct world *w)
{
	static const int64_t timeouts[] = { 2000, 3000, 3000, 5000, 10000,
		10000, 30000, 60000, INSTANT_NEVER };
	static const int64_t graces[] = { 0, 100, 2000, 10000, 10000, 60000 };
	static const int64_t deadlines[] = { 500, 1000, 5000, 10000, 30000,
		INSTANT_NEVER };
	struct activity_config *c = &w->config;

	*c = (struct activity_config){
		.heartbeat_timeout = pick(w, timeouts, ARRAY_SIZE(timeouts)),
		.lease = roll_percent(w, 90),
		.heartbeat_interval = INSTANT_NEVER,
		.heartbeat_first = roll_percent(w, 50),
		.age = 40,
		.kill_after = pick(w, graces, ARRAY_SIZE(graces)),
		.stop_deadline = pick(w, deadlines, ARRAY_SIZE(deadlines)),
		.stall_timeout = INSTANT_NEVER,
		.time_limit = INSTANT_NEVER,
		.report_timeout = roll_between(w, 1, 60) * SECOND,
		.leave_leftovers = roll_percent(w, 15),
		.records = roll_percent(w, 50),
		.ok_exit = { [0] = true, [3] = true },
		.seed = roll(w),
	};
	if (!w->calm && roll_percent(w, 25))
		c->heartbeat_interval = roll_between(w, 500, 40000);
	if (roll_percent(w, 20))
		c->stall_timeout = roll_between(w, 1000, 20000);
	if (roll_percent(w, 20))
		c->time_limit = roll_between(w, 1000, 30000);
	if (!w->calm && roll_percent(w, 30))
		c->age = roll_below(w, 3000);
	w->real_timeout = c->heartbeat_timeout;
	w->closes_at = w->start_to_close = INSTANT_NEVER;
}

/* T is not known from the start: somebody looks it up. */
static void
plan_learning(struct world *w)
{
	int64_t at = roll_below(w, 50);

	if (!roll_percent(w, 30))
		return;
	w->learns = true;
	w->config.heartbeat_timeout = 10 * SECOND;
	w->config.lease = false;
	if (roll_percent(w, 40))
		w->start_to_close = roll_between(w, 3, 40) * SECOND;
	if (!w->calm && roll_percent(w, 30))
		at = roll_below(w, 20 * SECOND);
	(void)queue_add(w, at, TIMEOUTS_LEARNT);
}

/* What fate has in store, "percent" of the histories, up to "most" times. */
static void
plan(struct world *w, enum happening what, int percent, int most)
{
	int times;

	if (w->calm || !roll_percent(w, percent))
		return;
	times = (int)roll_between(w, 1, most);
	for (int i = 0; i < times; i++)
		(void)queue_add(w, roll_below(w, w->last_act_at), what);
}

static void
plan_fate(struct world *w)
{
	int64_t scale = w->config.heartbeat_timeout == INSTANT_NEVER
			    ? 20 * SECOND
			    : w->config.heartbeat_timeout;
	int requests = 0;

	w->last_act_at = roll_between(w, SECOND, 5 * scale);
	(void)queue_add(w, w->last_act_at, FATE_LAST_ACT);
	plan(w, FATE_WEATHER, 60, 4);
	plan(w, FATE_TERMINATED, 8, 1);
	plan(w, FATE_TEND_STOPPED, 15, 2);
	plan(w, FATE_GUARD_STOPPED, 8, 2);
	plan(w, FATE_GUARD_KILLED, 5, 1);
	plan(w, FATE_SUSPENDED, 6, 1);
	if (w->nonsense)
		plan(w, FATE_NONSENSE, 100, 30);
	if (roll_percent(w, 25))
		(void)queue_add(w, roll_below(w, w->last_act_at), FATE_CANCEL);
	if (roll_percent(w, 20))
		requests = (int)roll_between(w, 1, 3);
	for (int i = 0; i < requests; i++)
		(void)queue_add(w, roll_below(w, w->last_act_at),
		    FATE_STOP_REQUEST);
	if (w->config.stall_timeout != INSTANT_NEVER)
		(void)queue_add(w, 100, FATE_PROGRESS);
}

/* Who is stopped does nothing until then; who is stopped twice goes on late. */
static void
stop_tend(struct world *w, int64_t length)
{
	w->seen.disturbed = true;
	w->tend_until = instant_max(w->tend_until, w->now + length);
	(void)queue_add(w, w->tend_until, TEND_GOES_ON);
}

static void
stop_guard(struct world *w, int64_t length)
{
	w->seen.disturbed = true;
	w->guard_until = instant_max(w->guard_until, w->now + length);
	(void)queue_add(w, w->guard_until, GUARD_GOES_ON);
}

static int64_t
how_long(struct world *w)
{
	int64_t timeout = w->config.heartbeat_timeout;

	if (timeout == INSTANT_NEVER)
		timeout = 30 * SECOND;
	return roll_percent(w, 70) ? roll_below(w, timeout)
				   : roll_below(w, 4 * timeout);
}

static void
suspend(struct world *w)
{
	int64_t length = how_long(w);

	note(w, "the machine is suspended");
	stop_tend(w, length);
	stop_guard(w, length);
	w->suspended_until = w->now + length;
}

/* Any event, at any time, with anything in it. */
static void
nonsense(struct world *w)
{
	struct activity_event event = {
		.type = (enum activity_event_type)roll_between(w, 0,
		    ACTIVITY_REPORT_FAILED),
		.attempt = 1000000,
		.failure = (enum activity_failure)roll_between(w, 0,
		    ACTIVITY_FAILURE_REFUSED),
		.cancel_requested = roll_percent(w, 50),
		.after_stop = roll_percent(w, 50),
		.exit = { .status = (int)roll_between(w, -1, 300),
		    .signal = (int)roll_between(w, 0, 2) },
		.signal = SIGTERM,
		.error = (int)roll_between(w, 0, 40),
	};

	if (roll_percent(w, 10))
		event.type = roll_percent(w, 50) ? ACTIVITY_START_RECORDED
						 : ACTIVITY_OUTCOME_RECORDED;
	owner_event(w, event);
}

static void
request_stop(struct world *w)
{
	owner_event(w, (struct activity_event){ .type = ACTIVITY_STOP_REQUESTED,
			   .signal = roll_percent(w, 50) ? SIGTERM : SIGINT });
}

/* From here on all is well, and the story comes to an end. */
static void
last_act(struct world *w)
{
	note(w, "the last act");
	w->weather = FINE;
	(void)queue_add(w, w->now + roll_below(w, 3 * SECOND),
	    FATE_STOP_REQUEST);
}

static void
fate(struct world *w, const struct item *item)
{
	bool well = w->now >= w->last_act_at;

	switch ((int)item->what) {
	case FATE_WEATHER:
		w->weather = (enum weather)roll_below(w, WEATHERS);
		note(w, "the weather changes to %d", (int)w->weather);
		break;
	case FATE_CANCEL:
		w->cancel = true;
		note(w, "a cancel is requested");
		break;
	case FATE_TERMINATED:
		w->closed = true;
		note(w, "the execution is terminated");
		break;
	case FATE_TEND_STOPPED:
		note(w, "tend is stopped");
		stop_tend(w, how_long(w));
		break;
	case FATE_GUARD_STOPPED:
		note(w, "the guard is stopped");
		stop_guard(w, how_long(w));
		break;
	case FATE_GUARD_KILLED:
		guard_killed(w);
		break;
	case FATE_SUSPENDED:
		suspend(w);
		break;
	case FATE_PROGRESS:
		owner_event(w,
		    (struct activity_event){ .type = ACTIVITY_PROGRESS });
		if (!well)
			(void)queue_add(w,
			    w->now + roll_between(w, 100, 3 * SECOND),
			    FATE_PROGRESS);
		break;
	case FATE_NONSENSE:
		nonsense(w);
		break;
	case FATE_STOP_REQUEST:
		request_stop(w);
		break;
	case FATE_LAST_ACT:
		last_act(w);
		break;
	}
}

/* Until when whoever has to do this cannot run. */
static int64_t
held_until(const struct world *w, const struct item *item)
{
	switch (item->what) {
	case TO_TEND:
	case TEND_TIMER:
	case TIMEOUTS_LEARNT:
	case ORPHANS_SWEPT:
	case FATE_STOP_REQUEST:
	case FATE_PROGRESS:
	case FATE_NONSENSE:
		return w->tend_until;
	case TO_GUARD:
	case GUARD_TIMER:
	case GUARD_EXECS:
	case GUARD_REAPS:
		return w->guard_until;
	case MEMBER_ENDS:
	case FATE_GUARD_KILLED:
	case FATE_TEND_STOPPED:
	case FATE_GUARD_STOPPED:
		return w->suspended_until;
	case TEND_GOES_ON:
	case GUARD_GOES_ON:
	case CHECK_TREE:
	case CALL_ARRIVES:
	case SERVICE_TIMER:
	case FATE_WEATHER:
	case FATE_CANCEL:
	case FATE_TERMINATED:
	case FATE_SUSPENDED:
	case FATE_LAST_ACT:
		break;
	}
	return w->now;
}

static void
goes_on(struct world *w, bool tend)
{
	if ((tend ? w->tend_until : w->guard_until) > w->now)
		return;
	(void)queue_add(w, w->now + 100, CHECK_TREE);
	if (tend) {
		/* What has happened meanwhile comes first, then the time. */
		w->tend_timer_at = INSTANT_NEVER;
		owner_arm(w);
	}
}

static void
happen(struct world *w, const struct item *item)
{
	switch ((int)item->what) {
	case TO_TEND:
		owner_event(w, item->event);
		break;
	case TEND_TIMER:
		if (item->at == w->tend_timer_at)
			owner_timer(w);
		break;
	case TIMEOUTS_LEARNT:
		owner_learns(w);
		break;
	case TEND_GOES_ON:
		goes_on(w, true);
		break;
	case ORPHANS_SWEPT:
		owner_swept(w);
		break;
	case CHECK_TREE:
		if (w->timed_out)
			check_handed_out(w);
		break;
	case TO_GUARD:
		guard_message(w, &item->message);
		break;
	case GUARD_TIMER:
		guard_timer(w);
		break;
	case GUARD_EXECS:
		guard_execs(w);
		break;
	case GUARD_REAPS:
		guard_reaps(w, item->member.which);
		break;
	case GUARD_GOES_ON:
		goes_on(w, false);
		break;
	case MEMBER_ENDS:
		member_ends(w, item->member.which, item->member.serial);
		break;
	case CALL_ARRIVES:
		service_arrival(w, &item->call);
		break;
	case SERVICE_TIMER:
		service_timer(w);
		break;
	default:
		fate(w, item);
	}
}

static void
begin(struct world *w, uint64_t seed, bool trace)
{
	*w = (struct world){ .seed = seed, .random = seed, .trace = trace };
	w->calm = roll_percent(w, 15);
	w->nonsense = !w->calm && roll_percent(w, 10);
	w->tend_timer_at = INSTANT_NEVER;
	w->tend_until = -END_MOST;
	w->guard_until = -END_MOST;
	w->seen.first_stop_at = INSTANT_NEVER;
	w->seen.first_request_at = INSTANT_NEVER;
	w->seen.third_request_at = INSTANT_NEVER;
	w->seen.kill_at = INSTANT_NEVER;
	w->seen.lease_kill_at = INSTANT_NEVER;
	w->seen.told_kill_at = INSTANT_NEVER;
	w->seen.told_stop_at = INSTANT_NEVER;
	w->seen.accepted_at = INSTANT_NEVER;
	w->seen.closing_kill_at = INSTANT_NEVER;
	w->seen.report_at = -END_MOST;
	w->seen.record_until = INSTANT_NEVER;
	w->seen.heartbeat_at = -END_MOST;
	configure(w);
	plan_fate(w);
	plan_learning(w);
	if (!w->calm && roll_percent(w, 20))
		w->weather = (enum weather)roll_below(w, WEATHERS);
	guard_begin(w);
	service_begin(w);
	w->output_takes = w->calm || roll_percent(w, 80)
			      ? roll_between(w, 0, 30)
			      : roll_between(w, 0, 8 * SECOND);
	activity_init(&w->activity, &w->config);
}

void
world_live(struct world *w, uint64_t seed, bool trace)
{
	struct item item;
	int64_t held;

	begin(w, seed, trace);
	owner_event(w, (struct activity_event){ .type = ACTIVITY_BEGIN });
	while (!w->finished) {
		if (!queue_next(w, &item))
			broken(w, "every history ends");
		w->now = instant_max(w->now, item.at);
		if (++w->steps > STEPS_MOST)
			broken(w, "no spin: not so many steps");
		if (w->now >
		    END_MOST + instant_max(w->last_act_at,
				   instant_max(w->tend_until, w->guard_until)))
			broken(w, "every history ends in time");
		held = held_until(w, &item);
		if (held > w->now)
			queue_defer(w, &item, held);
		else
			happen(w, &item);
	}
	check_end(w);
}
