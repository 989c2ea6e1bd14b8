/* SPDX-License-Identifier: MIT */
/*
 * fleet [--table]: many hosts of tend on one account.
 *
 * SWF is a token bucket of 2,000 heartbeats that fills by 160 a second, and a
 * clock for each task.  Hosts have activities (the real state machine of
 * src/activity) and a heartbeat budget (src/tend/budget) each, or none.  The
 * commands run for ever; what is counted is what becomes of the heartbeats.
 *
 * As a test it checks what contrib/heartbeat-budget.md promises; with --table
 * it prints the tables of that paper.
 */
#include "config.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "activity/activity.h"
#include "base/instant.h"
#include "tend/bucket.h"
#include "tend/budget.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

enum {
	SECOND = 1000,
	MINUTE = 60 * SECOND,
	BUCKET = 2000,
	REFILL = 160,
	/* One way. */
	LATENCY = 20
};

struct scenario {
	int hosts;
	int each; /* activities of a host */
	int64_t timeout;
	int64_t interval; /* INSTANT_NEVER: the default for T */
	bool budgets;
	int64_t outage_at;
	int64_t outage_until;
	int64_t stall_until; /* host 0 stands still from outage_at to here */
	int64_t length;
};

struct result {
	long sent;
	long throttled;
	long lost;
	long first_second; /* requests after the outage */
	long first_minute;
	long throttled_after; /* the outage */
	long peak;            /* requests in the worst second of all */
	int64_t heard_at;     /* 99 % were accepted; after the outage */
	int64_t longest;      /* between two that were accepted */
};

enum kind { TICK, ARRIVAL, ANSWER, BEGINNING };

struct item {
	int64_t at;
	uint32_t seq;
	enum kind kind;
	int task;
	uint32_t attempt;
	bool ok;
	enum activity_failure failure;
};

struct task {
	struct activity activity;
	int64_t applied_at; /* by SWF's clock */
	int64_t tick_at;
	int host;
	bool over;
};

struct fleet {
	const struct scenario *scenario;
	struct result result;
	struct task *tasks;
	struct budget *budgets;
	int count;
	int unheard; /* since the outage */
	struct bucket bucket;
	struct item *heap;
	size_t items;
	size_t room;
	uint32_t seq;
	int64_t now;
	uint64_t random;
	int64_t second; /* that is being counted */
	long in_second;
};

/* ---- chance, and what is going to happen ---- */

static int64_t
below(struct fleet *f, int64_t most)
{
	uint64_t z = f->random += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return (int64_t)((z ^ (z >> 31)) % (uint64_t)most);
}

static bool
before(const struct item *a, const struct item *b)
{
	return a->at != b->at ? a->at < b->at : a->seq < b->seq;
}

static void
push(struct fleet *f, struct item item)
{
	size_t i = f->items++;

	if (f->items > f->room) {
		f->room = f->room * 2 + 1024;
		f->heap = realloc(f->heap, f->room * sizeof(*f->heap));
		if (f->heap == NULL)
			abort();
	}
	item.seq = f->seq++;
	while (i > 0 && before(&item, &f->heap[(i - 1) / 2])) {
		f->heap[i] = f->heap[(i - 1) / 2];
		i = (i - 1) / 2;
	}
	f->heap[i] = item;
}

static struct item
pop(struct fleet *f)
{
	struct item first = f->heap[0];
	struct item last = f->heap[--f->items];
	size_t i = 0;

	for (;;) {
		size_t child = 2 * i + 1;

		if (child + 1 < f->items &&
		    before(&f->heap[child + 1], &f->heap[child]))
			child++;
		if (child >= f->items || before(&last, &f->heap[child]))
			break;
		f->heap[i] = f->heap[child];
		i = child;
	}
	f->heap[i] = last;
	return first;
}

/* ---- SWF ---- */

static bool
is_down(const struct fleet *f)
{
	return f->now >= f->scenario->outage_at &&
	       f->now < f->scenario->outage_until &&
	       f->scenario->stall_until == 0;
}

static void
count_request(struct fleet *f)
{
	int64_t after = f->now - f->scenario->outage_until;

	f->result.sent++;
	if (after >= 0 && after < SECOND)
		f->result.first_second++;
	if (after >= 0 && after < MINUTE)
		f->result.first_minute++;
	if (f->now / SECOND != f->second) {
		f->second = f->now / SECOND;
		f->in_second = 0;
	}
	f->in_second++;
	if (f->in_second > f->result.peak)
		f->result.peak = f->in_second;
}

static void
accept_heartbeat(struct fleet *f, struct task *task)
{
	int64_t until = f->scenario->outage_until;

	if (f->now - task->applied_at > f->result.longest &&
	    (f->now < f->scenario->outage_at || task->applied_at > until))
		f->result.longest = f->now - task->applied_at;
	if (f->now >= until && task->applied_at < until &&
	    --f->unheard == f->count / 100)
		f->result.heard_at = f->now;
	task->applied_at = f->now;
}

static void
arrival(struct fleet *f, struct item item)
{
	struct task *task = &f->tasks[item.task];

	item.kind = ANSWER;
	item.at = f->now + LATENCY;
	item.ok = false;
	if (is_down(f)) {
		item.failure = ACTIVITY_FAILURE_TRANSIENT;
		push(f, item);
		return;
	}
	count_request(f);
	if (bucket_take(&f->bucket, f->now) > f->now) {
		f->result.throttled++;
		if (f->now >= f->scenario->outage_until)
			f->result.throttled_after++;
		item.failure = ACTIVITY_FAILURE_THROTTLED;
	} else if (instant_add(task->applied_at, f->scenario->timeout) <
		   f->now) {
		item.failure = ACTIVITY_FAILURE_GONE;
	} else {
		item.ok = true;
		accept_heartbeat(f, task);
	}
	push(f, item);
}

/* ---- tend ---- */

static void step(struct fleet *f, int index, struct activity_event event);

/* Host 0 stands still. */
static bool
is_stalled(const struct fleet *f, int host)
{
	return host == 0 && f->now >= f->scenario->outage_at &&
	       f->now < f->scenario->stall_until;
}

static void
heartbeat(struct fleet *f, int index, uint32_t attempt)
{
	struct task *task = &f->tasks[index];
	struct budget *budget = &f->budgets[task->host];
	int64_t since, due;
	int64_t at = f->now;

	activity_heartbeat_window(&task->activity, &since, &due);
	if (f->scenario->budgets)
		at = budget_ask(budget, f->now, task->activity.interval, since,
		    due);
	if (at > f->now)
		step(f, index,
		    (struct activity_event){
			.type = ACTIVITY_HEARTBEAT_DEFERRED,
			.attempt = attempt,
			.at = at });
	else
		push(f, (struct item){ .at = f->now + LATENCY,
			    .kind = ARRIVAL,
			    .task = index,
			    .attempt = attempt });
}

static void
lose(struct fleet *f, struct task *task)
{
	if (task->over)
		return;
	task->over = true;
	f->result.lost++;
	budget_leave(&f->budgets[task->host], task->activity.interval);
	if (f->now < f->scenario->outage_until ||
	    task->applied_at < f->scenario->outage_until)
		f->unheard--;
}

static void
arm(struct fleet *f, int index)
{
	struct task *task = &f->tasks[index];
	int64_t at = activity_deadline(&task->activity);

	if (task->over || at >= task->tick_at)
		return;
	task->tick_at = instant_max(at, f->now);
	push(f, (struct item){ .at = task->tick_at, .task = index });
}

static void
step(struct fleet *f, int index, struct activity_event event)
{
	struct task *task = &f->tasks[index];
	struct activity_actions actions;

	activity_step(&task->activity, &event, f->now, &actions);
	for (size_t i = 0; i < actions.count && !task->over; i++) {
		if (actions.list[i].type == ACTIVITY_ACT_HEARTBEAT)
			heartbeat(f, index, actions.list[i].attempt);
		else if (actions.list[i].type == ACTIVITY_ACT_STOP)
			lose(f, task);
	}
}

static void
answer(struct fleet *f, const struct item *item)
{
	struct task *task = &f->tasks[item->task];
	enum budget_answer meaning = BUDGET_TAKEN;

	if (!item->ok && item->failure == ACTIVITY_FAILURE_THROTTLED)
		meaning = BUDGET_THROTTLED;
	if (!item->ok && item->failure == ACTIVITY_FAILURE_TRANSIENT)
		meaning = BUDGET_UNREACHED;
	budget_answered(&f->budgets[task->host], f->now, meaning);
	step(f, item->task,
	    (struct activity_event){
		.type = item->ok ? ACTIVITY_HEARTBEAT_OK
				 : ACTIVITY_HEARTBEAT_FAILED,
		.attempt = item->attempt,
		.failure = item->failure,
	    });
}

static void
begin_task(struct fleet *f, int index)
{
	struct task *task = &f->tasks[index];
	struct activity_config config = {
		.heartbeat_timeout = f->scenario->timeout,
		.lease = true,
		.heartbeat_interval = f->scenario->interval,
		.kill_after = 10 * SECOND,
		.stop_deadline = 30 * SECOND,
		.stall_timeout = INSTANT_NEVER,
		.time_limit = INSTANT_NEVER,
		.report_timeout = 10 * MINUTE,
		.seed = (uint64_t)below(f, INT64_C(1) << 40),
	};

	task->host = index % f->scenario->hosts;
	task->applied_at = f->now;
	task->tick_at = INSTANT_NEVER;
	activity_init(&task->activity, &config);
	budget_join(&f->budgets[task->host], task->activity.interval);
	step(f, index, (struct activity_event){ .type = ACTIVITY_BEGIN });
	step(f, index,
	    (struct activity_event){ .type = ACTIVITY_COMMAND_STARTED });
	arm(f, index);
}

/* They do not all begin at once: over five minutes or so. */
static void
begin(struct fleet *f)
{
	int64_t spread = instant_min(f->scenario->outage_at / 2, 5 * MINUTE);

	for (int i = 0; i < f->scenario->hosts; i++)
		budget_init(&f->budgets[i], (uint64_t)i, 0);
	for (int i = 0; i < f->count; i++)
		push(f, (struct item){ .at = spread * i / f->count,
			    .kind = BEGINNING,
			    .task = i });
}

static void
happen(struct fleet *f, struct item *item)
{
	struct task *task = &f->tasks[item->task];

	if (item->kind != ARRIVAL && is_stalled(f, task->host)) {
		item->at = f->scenario->stall_until;
		push(f, *item);
		return;
	}
	switch (item->kind) {
	case BEGINNING:
		begin_task(f, item->task);
		return;
	case TICK:
		if (item->at != task->tick_at && task->tick_at > f->now)
			return;
		task->tick_at = INSTANT_NEVER;
		if (activity_deadline(&task->activity) <= f->now)
			step(f, item->task,
			    (struct activity_event){ .type = ACTIVITY_TICK });
		break;
	case ARRIVAL:
		arrival(f, *item);
		return;
	case ANSWER:
		answer(f, item);
		break;
	}
	arm(f, item->task);
}

static struct result
live(const struct scenario *scenario)
{
	struct fleet f = { .scenario = scenario, .random = 1 };
	struct item item;

	f.count = f.unheard = scenario->hosts * scenario->each;
	f.tasks = calloc((size_t)f.count, sizeof(*f.tasks));
	f.budgets = calloc((size_t)scenario->hosts, sizeof(*f.budgets));
	if (f.tasks == NULL || f.budgets == NULL)
		abort();
	f.result.heard_at = INSTANT_NEVER;
	bucket_init(&f.bucket, BUCKET, REFILL, 0);
	begin(&f);
	while (f.items > 0 && f.heap[0].at < scenario->length) {
		item = pop(&f);
		f.now = instant_max(f.now, item.at);
		happen(&f, &item);
	}
	free(f.tasks);
	free(f.budgets);
	free(f.heap);
	return f.result;
}

/* ---- what is asked of it ---- */

/* So many activities on 50 hosts, for a quarter of an hour. */
static struct result
steady(int64_t timeout, int count, int64_t length)
{
	struct scenario scenario = {
		.hosts = 50,
		.each = count / 50,
		.timeout = timeout,
		.interval = INSTANT_NEVER,
		.budgets = true,
		.outage_at = length,
		.outage_until = length,
		.length = length,
	};

	return live(&scenario);
}

/* The most activities for which "good" holds, to 2 % of it. */
static int
most(int64_t timeout, bool (*good)(const struct result *))
{
	int64_t schedule = instant_min(30 * SECOND, timeout / 3);
	int low = (int)(REFILL * schedule / SECOND / 2);
	int high = (int)(REFILL * instant_min(timeout, 5 * schedule) / SECOND);

	while (high - low > high / 50 + 50) {
		int middle = (low + high) / 100 * 50;
		struct result result = steady(timeout, middle, 15 * MINUTE);

		if (good(&result))
			low = middle;
		else
			high = middle;
	}
	return low;
}

static bool
unthrottled(const struct result *result)
{
	return result->throttled == 0;
}

static bool
unlost(const struct result *result)
{
	return result->lost == 0;
}

static struct scenario
outage(int hosts, int each, bool budgets)
{
	return (struct scenario){
		.hosts = hosts,
		.each = each,
		.timeout = 60 * MINUTE,
		.interval = INSTANT_NEVER,
		.budgets = budgets,
		.outage_at = 5 * MINUTE,
		.outage_until = 15 * MINUTE,
		.length = 30 * MINUTE,
	};
}

static void
print_capacity(void)
{
	static const int64_t timeouts[] = { 10 * SECOND, 30 * SECOND,
		60 * SECOND, 5 * MINUTE };

	printf("| T | interval | without throttling | without a lease lost |\n"
	       "| ---: | ---: | ---: | ---: |\n");
	for (size_t i = 0; i < ARRAY_SIZE(timeouts); i++) {
		int64_t timeout = timeouts[i];

		printf("| %lld s | %.1f s | %d | %d |\n",
		    (long long)timeout / SECOND,
		    (double)instant_min(30 * SECOND, timeout / 3) / SECOND,
		    most(timeout, unthrottled), most(timeout, unlost));
		(void)fflush(stdout);
	}
}

static void
print_outage(int hosts, int each, bool budgets)
{
	struct scenario scenario = outage(hosts, each, budgets);
	struct result result = live(&scenario);
	char heard[32] = "never";

	if (result.heard_at != INSTANT_NEVER)
		(void)snprintf(heard, sizeof(heard), "%lld s",
		    (long long)(result.heard_at - scenario.outage_until) /
			SECOND);
	printf("| %d x %d | %s | %ld | %ld | %ld | %s | %lld s | %ld |\n",
	    hosts, each, budgets ? "yes" : "no", result.first_second,
	    result.first_minute, result.throttled_after, heard,
	    (long long)result.longest / SECOND, result.lost);
	(void)fflush(stdout);
}

static void
print_tables(void)
{
	static const int shapes[][2] = { { 1, 4000 }, { 100, 40 },
		{ 10000, 1 } };

	print_capacity();
	printf("\n| hosts x activities | budget | first second | first minute "
	       "| throttled in 15 min | 99 %% heard | longest gap | lost |\n"
	       "| ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: |\n");
	for (size_t i = 0; i < ARRAY_SIZE(shapes); i++) {
		print_outage(shapes[i][0], shapes[i][1], false);
		print_outage(shapes[i][0], shapes[i][1], true);
	}
}

/* ---- the test ---- */

static int number;
static int failures;

static void
check(bool holds, const char *what)
{
	printf("%s %d - %s\n", holds ? "ok" : "not ok", ++number, what);
	failures += holds ? 0 : 1;
}

static void
test_steady(void)
{
	struct result few = steady(60 * SECOND, 2800, 5 * MINUTE);
	struct result many = steady(60 * SECOND, 4000, 5 * MINUTE);

	check(few.throttled == 0 && few.lost == 0,
	    "2,800 activities at 20 s are not throttled");
	check(many.lost == 0,
	    "4,000 at 20 s want more than there is, and lose no lease");
	check(many.throttled > 0, "though they are throttled");
	check(many.throttled * 10 < many.sent,
	    "fewer than one in ten is sent in vain");
}

static void
test_outage(void)
{
	struct scenario with = outage(1000, 10, true);
	struct scenario without = outage(1000, 10, false);
	struct result paced, rushed;

	/* A short one will do. */
	with.outage_until = without.outage_until = 6 * MINUTE;
	with.length = without.length = 10 * MINUTE;
	paced = live(&with);
	rushed = live(&without);

	check(paced.lost == 0, "an outage costs no lease that is longer");
	check(paced.heard_at < with.outage_until + 3 * MINUTE,
	    "of 10,000, 99 % are heard within 3 minutes after it");
	check(paced.throttled_after * 5 < rushed.throttled_after,
	    "with a fifth of what is throttled without a budget");
}

/* One host stands still for ten minutes; all of its heartbeats are due. */
static void
test_stall(void)
{
	struct scenario scenario = outage(1, 3000, true);
	struct result paced, rushed;

	scenario.stall_until = scenario.outage_until;
	paced = live(&scenario);
	scenario.budgets = false;
	rushed = live(&scenario);
	check(rushed.peak >= 3000, "without a budget a stall ends in a burst");
	check(paced.peak < 500, "with one it does not");
	check(paced.lost == 0 && paced.throttled == 0,
	    "nothing is lost, and nothing throttled");
}

int
main(int argc, char *argv[])
{
	if (argc == 2 && strcmp(argv[1], "--table") == 0) {
		print_tables();
		return 0;
	}
	test_steady();
	test_outage();
	test_stall();
	printf("1..%d\n", number);
	return failures == 0 ? 0 : 1;
}
