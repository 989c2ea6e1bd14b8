/* SPDX-License-Identifier: MIT */
/*
 * month [--seed N]: thirty days of a host whose credentials come and go.
 *
 * The host has a few activities at a time (the real state machine of
 * src/activity), one after the other, a source of credentials that is asked
 * as aws/refresh has it, and a clock that aws/skew corrects.  The world has
 * hourly rotations, an hour in which the source is out of reach, two sets
 * that are revoked in the middle of their life, a clock that drifts by ten
 * minutes and is then set right, answers that are lost, and SWF, which
 * refuses what is signed with an expired or revoked set or at a wrong time,
 * and hands a task to somebody else when no heartbeat came for its timeout.
 *
 * What must hold: no lease is lost, every task is completed and SWF has it,
 * and nobody is asked or refused more often than the story explains.
 */
#include "config.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "activity/activity.h"
#include "aws/refresh.h"
#include "aws/skew.h"
#include "base/chance.h"
#include "base/instant.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define SECOND        INT64_C(1000)
#define MINUTE        (60 * SECOND)
#define HOUR          (60 * MINUTE)
#define DAY           (24 * HOUR)
#define LENGTH        (30 * DAY)
/* Wall time at instant 0. */
#define EPOCH INT64_C(1790000000000)

enum { SLOTS = 2, CALLS = 3, QUEUE = 64, SEEDS = 6, REVOKED = 2 };

enum call_kind { HEARTBEAT, REPORT, POLL };

enum verdict { TAKEN, WRONG_CLOCK, BAD_KEYS };

struct call {
	bool open;
	bool waits; /* for newer credentials, or the first */
	bool corrected;
	bool renewed;
	uint32_t serial; /* what is on its way for another is void */
	uint32_t attempt;
	int set;
	uint64_t generation;
	int64_t sent_wall;
	int64_t skew;
};

struct slot {
	struct activity activity;
	bool busy;
	int64_t timeout;
	int64_t tick_at;
	int64_t applied_at;    /* SWF's: its newest heartbeat */
	int64_t trouble_until; /* nothing more is lost */
	struct call calls[CALLS];
};

enum what {
	TICK,     /* slot */
	ARRIVES,  /* slot, call, serial */
	ANSWERED, /* slot, call, serial, verdict, date */
	EXITS,    /* slot */
	EVENT,    /* slot, event */
	TRY_POLL, /* slot */
	REFRESH,  /* the source is to be asked */
	SOURCE_ANSWERS
};

struct item {
	int64_t at;
	uint32_t seq;
	enum what what;
	int slot;
	int call;
	uint32_t serial;
	enum verdict verdict;
	int64_t date;
	enum activity_event_type event;
};

struct set {
	int64_t issued_at; /* instant */
	int64_t expires_at;
	int64_t revoked_at; /* INSTANT_NEVER: not */
};

/* How the source and its sets are. */
struct climate {
	const char *name;
	struct source_traits traits;
	int64_t life;
	int64_t rotation; /* how old a set is when a newer one is given */
	bool honoured;    /* by SWF, too, while the source is out of reach */
};

static const struct climate climates[] = {
	{ .name = "container, sets of 6 hours",
	    .traits = { .name = "container", .tries = 3, .pause = 1000 },
	    .life = 6 * HOUR,
	    .rotation = HOUR },
	{ .name = "instance metadata, sets of an hour",
	    .traits = { .name = "metadata", .stable = true, .tries = 3 },
	    .life = HOUR,
	    .rotation = 5 * MINUTE,
	    .honoured = true },
	{ .name = "a role, sets of four hours",
	    .traits = { .name = "role", .tries = 1 },
	    .life = 4 * HOUR,
	    .rotation = MINUTE },
};

struct world {
	uint64_t seed;
	uint64_t random;
	const struct climate *climate;
	int64_t now;
	struct item queue[QUEUE];
	size_t queued;
	uint32_t seq;
	/* this host */
	struct slot slots[SLOTS];
	struct refresh refresh;
	int64_t refresh_at; /* what is in the queue */
	struct skew skew;
	int64_t told_skew;
	uint64_t generation;
	int set;
	/* its clock */
	int64_t drift_since;
	int64_t drift_until;
	int64_t drift;
	/* the source, and SWF */
	struct set sets[2048];
	int newest;
	int64_t revoke_at[REVOKED];
	int64_t out_since;
	int64_t out_until;
	/* what came of it */
	long tasks;
	long heartbeats;
	long asked;
	long clock_refusals;
	long key_refusals;
	int64_t worst; /* the closest that a lease came to its end, ms left */
	bool over;
};

static struct world world;

_Noreturn static void
broken(const struct world *w, const char *rule)
{
	(void)printf("not ok - %s: %s, history %llu, day %.3f\n", rule,
	    w->climate->name, (unsigned long long)w->seed,
	    (double)w->now / DAY);
	exit(1);
}

static int64_t
between(struct world *w, int64_t least, int64_t most)
{
	return chance_between(&w->random, least, most);
}

static bool
percent(struct world *w, int percent)
{
	return between(w, 0, 99) < percent;
}

static struct item *
add(struct world *w, int64_t at, enum what what, int slot)
{
	struct item *item = &w->queue[w->queued++];

	if (w->queued == QUEUE)
		broken(w, "so much does not happen at once");
	*item = (struct item){
		.at = at, .seq = w->seq++, .what = what, .slot = slot
	};
	return item;
}

static struct item
next(struct world *w)
{
	size_t first = 0;
	struct item item;

	for (size_t i = 1; i < w->queued; i++)
		if (w->queue[i].at < w->queue[first].at ||
		    (w->queue[i].at == w->queue[first].at &&
			w->queue[i].seq < w->queue[first].seq))
			first = i;
	item = w->queue[first];
	w->queue[first] = w->queue[--w->queued];
	return item;
}

/* Whether so young a clock could be this wrong: by how much, ms. */
static int64_t
wrong(const struct world *w)
{
	if (w->now < w->drift_since || w->now >= w->drift_until)
		return 0;
	return w->drift * ((w->now - w->drift_since) / SECOND) /
	       ((w->drift_until - w->drift_since) / SECOND);
}

static int64_t
host_wall(const struct world *w)
{
	return EPOCH + w->now + wrong(w);
}

/* ---- the source ---------------------------------------------------------- */

static void
arm_refresh(struct world *w)
{
	int64_t at = instant_max(refresh_at(&w->refresh), w->now);

	if (at >= w->refresh_at)
		return;
	w->refresh_at = at;
	(void)add(w, at, REFRESH, 0);
}

static bool
out_of_reach(const struct world *w)
{
	return w->now >= w->out_since && w->now < w->out_until;
}

/* The set that the source gives now; it is late to see a revocation. */
static int
source_set(struct world *w)
{
	const struct set *set = &w->sets[w->newest < 0 ? 0 : w->newest];

	if (w->newest >= 0 && w->now - set->issued_at < w->climate->rotation &&
	    (set->revoked_at == INSTANT_NEVER ||
		w->now < set->revoked_at + 2 * SECOND))
		return w->newest;
	w->newest++;
	if (w->newest == (int)ARRAY_SIZE(w->sets))
		broken(w, "not so many sets are needed");
	w->sets[w->newest] = (struct set){
		.issued_at = w->now,
		.expires_at = w->now + w->climate->life,
		.revoked_at = INSTANT_NEVER,
	};
	return w->newest;
}

static void begin_call(struct world *w, int slot, enum call_kind kind);

static void
wake_waiting(struct world *w)
{
	for (int i = 0; i < SLOTS; i++)
		for (int kind = 0; kind < CALLS; kind++) {
			struct call *call = &w->slots[i].calls[kind];

			if (call->open && call->waits &&
			    call->generation < w->generation)
				begin_call(w, i, (enum call_kind)kind);
		}
}

static void
source_answers(struct world *w)
{
	int set;
	int64_t left;

	if (out_of_reach(w) || percent(w, 2)) {
		if (refresh_failed(&w->refresh, false, w->now) == REFRESH_FINAL)
			broken(w, "credentials are not given up");
		arm_refresh(w);
		return;
	}
	set = source_set(w);
	left = EPOCH + w->sets[set].expires_at - (host_wall(w) + w->told_skew);
	(void)refresh_given(&w->refresh, left, set != w->set, w->now);
	if (set != w->set)
		w->generation++;
	w->set = set;
	arm_refresh(w);
	wake_waiting(w);
}

static void
ask_source(struct world *w, const struct item *item)
{
	if (item->at != w->refresh_at)
		return;
	w->refresh_at = INSTANT_NEVER;
	if (refresh_at(&w->refresh) > w->now) {
		arm_refresh(w);
		return;
	}
	w->asked++;
	refresh_asked(&w->refresh, w->now);
	(void)add(w,
	    w->now + (out_of_reach(w) ? 2 * SECOND : between(w, 2, 300)),
	    SOURCE_ANSWERS, 0);
}

/* ---- calls --------------------------------------------------------------- */

/*
 * Now and then a call is lost, or its answer, but not two of a task at a time:
 * what the core makes of that is another simulation's business.
 */
static bool
is_lost(struct world *w, int slot, enum call_kind kind)
{
	struct slot *s = &w->slots[slot];

	if (kind == POLL || w->now < s->trouble_until || !percent(w, 2))
		return false;
	s->trouble_until = w->now + 10 * MINUTE;
	return true;
}

static void
send_call(struct world *w, int slot, enum call_kind kind)
{
	struct call *call = &w->slots[slot].calls[kind];
	struct item *item;

	call->waits = false;
	call->serial++;
	call->set = w->set;
	call->generation = w->generation;
	call->skew = w->skew.used;
	call->sent_wall = host_wall(w);
	if (is_lost(w, slot, kind))
		return;
	item = add(w, w->now + between(w, 3, 60), ARRIVES, slot);
	item->call = (int)kind;
	item->serial = call->serial;
}

static void
begin_call(struct world *w, int slot, enum call_kind kind)
{
	struct call *call = &w->slots[slot].calls[kind];

	call->open = true;
	if (w->generation == 0)
		call->waits = true;
	else
		send_call(w, slot, kind);
}

static void
open_call(struct world *w, int slot, enum call_kind kind, uint32_t attempt)
{
	struct call *call = &w->slots[slot].calls[kind];

	*call = (struct call){ .serial = call->serial, .attempt = attempt };
	begin_call(w, slot, kind);
}

static bool
is_good(const struct world *w, int number)
{
	const struct set *set = &w->sets[number];

	if (w->now >= set->revoked_at)
		return false;
	return w->now < set->expires_at ||
	       (w->climate->honoured && w->now >= w->out_since &&
		   w->now < w->out_until + 20 * MINUTE);
}

/* A revocation is of whatever set is in use then. */
static void
revoke(struct world *w)
{
	for (size_t i = 0; i < REVOKED; i++)
		if (w->set >= 0 && w->now >= w->revoke_at[i]) {
			w->revoke_at[i] = INSTANT_NEVER;
			w->sets[w->set].revoked_at = w->now;
		}
}

static enum verdict
judge(struct world *w, const struct call *call)
{
	revoke(w);
	if (llabs(call->sent_wall + call->skew - (EPOCH + w->now)) > 5 * MINUTE)
		return WRONG_CLOCK;
	return is_good(w, call->set) ? TAKEN : BAD_KEYS;
}

static void
apply(struct world *w, int slot, enum call_kind kind)
{
	struct slot *s = &w->slots[slot];
	int64_t left = s->timeout - (w->now - s->applied_at);

	if (kind == POLL)
		return;
	if (left <= 0)
		broken(w, "no task is handed to somebody else");
	if (kind != HEARTBEAT)
		return;
	w->heartbeats++;
	if (left < w->worst)
		w->worst = left;
	s->applied_at = w->now;
}

static void
arrive(struct world *w, const struct item *item)
{
	const struct call *call = &w->slots[item->slot].calls[item->call];
	int64_t back = w->now + between(w, 3, 60);
	struct item *answer;
	enum verdict verdict;

	/* What was given up here still arrives there. */
	if (!call->open || call->serial != item->serial)
		return;
	verdict = judge(w, call);
	if (verdict == TAKEN)
		apply(w, item->slot, (enum call_kind)item->call);
	w->clock_refusals += verdict == WRONG_CLOCK;
	w->key_refusals += verdict == BAD_KEYS;
	if (verdict != TAKEN)
		w->slots[item->slot].trouble_until = w->now + 10 * MINUTE;
	else if (is_lost(w, item->slot, (enum call_kind)item->call))
		back = w->now + between(w, 2000, 20000);
	answer = add(w, back, ANSWERED, item->slot);
	answer->call = item->call;
	answer->serial = item->serial;
	answer->verdict = verdict;
	/* Whole seconds. */
	answer->date = (EPOCH + w->now) / SECOND * SECOND;
}

static void
learn(struct world *w, const struct call *call, const struct item *item)
{
	int64_t wall = host_wall(w);

	if (!skew_tells(call->sent_wall, wall, item->date))
		return;
	(void)skew_learn(&w->skew, call->sent_wall, wall, item->date);
	if (llabs(w->skew.used - w->told_skew) < 30 * SECOND)
		return;
	refresh_shift(&w->refresh, w->told_skew - w->skew.used, w->now);
	w->told_skew = w->skew.used;
	arm_refresh(w);
}

static void step(struct world *w, int slot, struct activity_event event);
static void begin_task(struct world *w, int slot);

/* The end of a call, as its owner sees it. */
static void
end_call(struct world *w, int slot, enum call_kind kind, bool ok,
    enum activity_failure failure)
{
	struct call *call = &w->slots[slot].calls[kind];
	struct activity_event event = { .attempt = call->attempt,
		.failure = failure };

	call->open = false;
	if (kind == POLL) {
		if (ok)
			begin_task(w, slot);
		else
			(void)add(w, w->now + between(w, 500, 1000), TRY_POLL,
			    slot);
		return;
	}
	if (kind == HEARTBEAT)
		event.type =
		    ok ? ACTIVITY_HEARTBEAT_OK : ACTIVITY_HEARTBEAT_FAILED;
	else
		event.type = ok ? ACTIVITY_REPORT_OK : ACTIVITY_REPORT_FAILED;
	step(w, slot, event);
}

/* As aws/swf_call.c has it. */
static void
answered(struct world *w, const struct item *item)
{
	struct call *call = &w->slots[item->slot].calls[item->call];
	enum call_kind kind = (enum call_kind)item->call;

	if (!call->open || call->serial != item->serial)
		return;
	learn(w, call, item);
	switch (item->verdict) {
	case TAKEN:
		if (call->generation == w->generation)
			refresh_accepted(&w->refresh);
		end_call(w, item->slot, kind, true, 0);
		return;
	case WRONG_CLOCK:
		if (!call->corrected && skew_explains(&w->skew, call->skew)) {
			call->corrected = true;
			send_call(w, item->slot, kind);
			return;
		}
		break;
	case BAD_KEYS:
		if (call->generation == w->generation)
			refresh_refused(&w->refresh, w->now);
		arm_refresh(w);
		if (call->renewed)
			break;
		call->renewed = true;
		call->waits = true;
		if (call->generation < w->generation)
			send_call(w, item->slot, kind);
		return;
	}
	end_call(w, item->slot, kind, false, ACTIVITY_FAILURE_REFUSED);
}

/* ---- tasks --------------------------------------------------------------- */

static void
finish_task(struct world *w, int slot)
{
	struct slot *s = &w->slots[slot];
	const struct activity_outcome *outcome = activity_outcome(&s->activity);

	if (outcome->cause != ACTIVITY_CAUSE_EXIT)
		broken(w, "no command is stopped");
	if (outcome->kind != ACTIVITY_KIND_COMPLETED)
		broken(w, "every task is completed");
	if (outcome->delivery != ACTIVITY_DELIVERY_TAKEN &&
	    outcome->delivery != ACTIVITY_DELIVERY_ASSUMED)
		broken(w, "SWF has every outcome");
	s->busy = false;
	w->tasks++;
	(void)add(w, w->now, TRY_POLL, slot);
}

static void
perform(struct world *w, int slot, const struct activity_action *action)
{
	struct slot *s = &w->slots[slot];

	switch (action->type) {
	case ACTIVITY_ACT_HEARTBEAT:
		open_call(w, slot, HEARTBEAT, action->attempt);
		break;
	case ACTIVITY_ACT_ABORT_HEARTBEAT:
		s->calls[HEARTBEAT].open = false;
		break;
	case ACTIVITY_ACT_REPORT:
		open_call(w, slot, REPORT, action->attempt);
		break;
	case ACTIVITY_ACT_ABORT_REPORT:
		s->calls[REPORT].open = false;
		break;
	case ACTIVITY_ACT_START:
		add(w, w->now + 2, EVENT, slot)->event =
		    ACTIVITY_COMMAND_STARTED;
		(void)add(w, w->now + between(w, MINUTE, 8 * HOUR), EXITS,
		    slot);
		break;
	case ACTIVITY_ACT_READ_OUTPUT:
		add(w, w->now, EVENT, slot)->event = ACTIVITY_OUTPUT_READ;
		break;
	case ACTIVITY_ACT_STOP:
	case ACTIVITY_ACT_KILL:
	case ACTIVITY_ACT_KILL_GUARD:
		/* Left-overs are stopped, too; those of a loss are others. */
		if (activity_outcome(&s->activity)->cause ==
		    ACTIVITY_CAUSE_LEASE_LOST)
			broken(w, "no lease is lost");
		break;
	case ACTIVITY_ACT_LEASE:
	case ACTIVITY_ACT_RELEASE:
	case ACTIVITY_ACT_RECORD_START: /* there is no spool */
	case ACTIVITY_ACT_RECORD_OUTCOME:
		break;
	case ACTIVITY_ACT_FINISH:
		finish_task(w, slot);
		break;
	}
}

static void
step(struct world *w, int slot, struct activity_event event)
{
	struct slot *s = &w->slots[slot];
	struct activity_actions actions = { .count = 0 };
	int64_t due;

	if (!s->busy)
		return;
	activity_step(&s->activity, &event, w->now, &actions);
	for (size_t i = 0; i < actions.count; i++)
		perform(w, slot, &actions.list[i]);
	due = activity_deadline(&s->activity);
	if (!s->busy || instant_max(due, w->now) >= s->tick_at)
		return;
	s->tick_at = instant_max(due, w->now);
	(void)add(w, s->tick_at, TICK, slot);
}

static void
begin_task(struct world *w, int slot)
{
	static const int64_t timeouts[] = { 20 * SECOND, MINUTE, 5 * MINUTE };
	struct slot *s = &w->slots[slot];
	struct activity_config config = {
		.heartbeat_timeout =
		    timeouts[between(w, 0, (int)ARRAY_SIZE(timeouts) - 1)],
		.lease = true,
		.heartbeat_interval = INSTANT_NEVER,
		.kill_after = 10 * SECOND,
		.stop_deadline = 30 * SECOND,
		.stall_timeout = INSTANT_NEVER,
		.time_limit = INSTANT_NEVER,
		.report_timeout = 10 * MINUTE,
		.ok_exit = { [0] = true },
		.seed = (uint64_t)between(w, 0, INT32_MAX),
	};

	if (w->now >= LENGTH)
		return;
	s->busy = true;
	s->timeout = config.heartbeat_timeout;
	s->applied_at = w->now;
	s->tick_at = INSTANT_NEVER;
	activity_init(&s->activity, &config);
	step(w, slot, (struct activity_event){ .type = ACTIVITY_BEGIN });
}

static void
exits(struct world *w, int slot)
{
	step(w, slot,
	    (struct activity_event){
		.type = ACTIVITY_COMMAND_EXITED, .exit = { .known = true } });
	add(w, w->now + 1, EVENT, slot)->event = ACTIVITY_TREE_EMPTY;
}

/* One for which an earlier one was made is void. */
static void
tick(struct world *w, const struct item *item)
{
	struct slot *s = &w->slots[item->slot];

	if (item->at != s->tick_at)
		return;
	s->tick_at = INSTANT_NEVER;
	step(w, item->slot, (struct activity_event){ .type = ACTIVITY_TICK });
}

static void
happen(struct world *w, const struct item *item)
{
	switch (item->what) {
	case TICK:
		tick(w, item);
		break;
	case ARRIVES:
		arrive(w, item);
		break;
	case ANSWERED:
		answered(w, item);
		break;
	case EXITS:
		exits(w, item->slot);
		break;
	case EVENT:
		step(w, item->slot,
		    (struct activity_event){ .type = item->event });
		break;
	case TRY_POLL:
		open_call(w, item->slot, POLL, 0);
		break;
	case REFRESH:
		ask_source(w, item);
		break;
	case SOURCE_ANSWERS:
		source_answers(w);
		break;
	}
}

static void
begin(struct world *w, uint64_t seed)
{
	*w = (struct world){ .seed = seed, .random = seed };
	w->climate = &climates[seed % ARRAY_SIZE(climates)];
	w->set = -1;
	w->newest = -1;
	w->worst = INSTANT_NEVER;
	w->refresh_at = INSTANT_NEVER;
	w->out_since = between(w, 2 * HOUR, LENGTH - DAY);
	w->out_until = w->out_since + HOUR;
	/* Not both: where there are no other keys nobody can help. */
	for (size_t i = 0; i < REVOKED; i++)
		do {
			w->revoke_at[i] = between(w, HOUR, LENGTH - DAY);
		} while (w->revoke_at[i] > w->out_since - MINUTE &&
			 w->revoke_at[i] < w->out_until + 15 * MINUTE);
	w->drift_since = between(w, 0, 10 * DAY);
	w->drift_until = w->drift_since + between(w, 2 * HOUR, 15 * DAY);
	w->drift = percent(w, 50) ? 10 * MINUTE : -10 * MINUTE;
	refresh_init(&w->refresh, &w->climate->traits, seed, 0);
	arm_refresh(w);
	for (int i = 0; i < SLOTS; i++)
		(void)add(w, between(w, 0, MINUTE), TRY_POLL, i);
}

static bool
anyone_busy(const struct world *w)
{
	for (int i = 0; i < SLOTS; i++)
		if (w->slots[i].busy)
			return true;
	return false;
}

static void
check_end(const struct world *w)
{
	/* Each revocation costs a refusal for each slot, and again as long as
	 * the source lags; nothing else does. */
	if (w->key_refusals > 2 * REVOKED * SLOTS * 4)
		broken(w, "refused keys are the exception");
	/* A drift is none; the clock that is set right in one step is. */
	if (w->clock_refusals > SLOTS)
		broken(w, "a clock that drifts costs no refusal");
	/* Every quarter of an hour, and each minute of the outage. */
	if (w->asked > LENGTH / (20 * MINUTE) + 150)
		broken(w, "the source has its peace");
	if (w->asked < LENGTH / (6 * HOUR))
		broken(w, "sets are renewed");
	if (w->key_refusals < REVOKED)
		broken(w, "sets were revoked");
	if (w->tasks < 300)
		broken(w, "there are tasks");
}

static void
live(struct world *w, uint64_t seed)
{
	begin(w, seed);
	while (w->now < LENGTH || anyone_busy(w)) {
		struct item item;

		if (w->queued == 0)
			broken(w, "life goes on");
		item = next(w);
		w->now = instant_max(w->now, item.at);
		if (w->now > LENGTH + DAY)
			broken(w, "every task ends");
		happen(w, &item);
	}
	check_end(w);
	(void)printf("# %llu, %s: %ld tasks, %ld heartbeats; asked %ld times; "
		     "refused for keys %ld, for the clock %ld; at least %lld s "
		     "of a lease left\n",
	    (unsigned long long)seed, w->climate->name, w->tasks, w->heartbeats,
	    w->asked, w->key_refusals, w->clock_refusals,
	    (long long)(w->worst / SECOND));
}

int
main(int argc, char *argv[])
{
	if (argc == 3 && strcmp(argv[1], "--seed") == 0) {
		live(&world, strtoull(argv[2], NULL, 10));
		return 0;
	}
	if (argc != 1) {
		(void)fputs("usage: month [--seed N]\n", stderr);
		return 2;
	}
	for (uint64_t seed = 1; seed <= SEEDS; seed++)
		live(&world, seed);
	(void)printf("ok 1 - no lease and no task is lost in %d months\n1..1\n",
	    SEEDS);
	return 0;
}
