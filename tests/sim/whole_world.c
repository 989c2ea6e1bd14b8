/* SPDX-License-Identifier: MIT */
/*
 * One history: what it is made of, and how it goes.
 */
#include "config.h"

#include "whole.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/chance.h"

enum {
	/* By then every history has come to its end. */
	END_MOST = 3600 * SECOND,
	/* In one history. */
	CRASHES_FEW = 8,
	CRASHES_MANY = 150
};

struct world world;
struct tally tally;

/* ---- chance ---- */

uint64_t
roll(void)
{
	return chance_next(&world.random);
}

int64_t
roll_below(int64_t most)
{
	return most <= 1 ? 0 : (int64_t)(roll() % (uint64_t)most);
}

int64_t
roll_between(int64_t least, int64_t most)
{
	return least + roll_below(most - least + 1);
}

bool
roll_percent(int percent)
{
	return roll_below(100) < percent;
}

void
hash_in(uint64_t value)
{
	world.hash = (world.hash ^ value) * UINT64_C(0x100000001b3);
	world.hash ^= world.hash >> 29;
}

void
note(const char *format, ...)
{
	va_list args;

	if (!world.trace)
		return;
	(void)printf("# %10.3f ", (double)world.now / SECOND);
	if (world.current != NULL)
		(void)printf("tend%d%s ", world.current->number,
		    world.in_helper ? "'" : "");
	va_start(args, format);
	(void)vprintf(format, args);
	va_end(args);
	(void)putchar('\n');
}

/* ---- what is going to happen: a heap by time and order of planning ---- */

static bool
before(const struct item *a, const struct item *b)
{
	return a->at != b->at ? a->at < b->at : a->seq < b->seq;
}

static void
swap(size_t a, size_t b)
{
	struct item item = world.queue[a];

	world.queue[a] = world.queue[b];
	world.queue[b] = item;
}

void
plan_at(int64_t at, enum happening what, int which, uint32_t serial)
{
	size_t i = world.queued;

	if (at == INSTANT_NEVER)
		return;
	if (world.queued == QUEUE_MOST)
		broken("the simulation's queue is large enough");
	world.queue[world.queued++] = (struct item){
		.at = instant_max(at, world.now),
		.seq = world.seq++,
		.what = what,
		.which = which,
		.serial = serial,
	};
	for (; i > 0 && before(&world.queue[i], &world.queue[(i - 1) / 2]);
	     i = (i - 1) / 2)
		swap(i, (i - 1) / 2);
}

static bool
next_item(struct item *item)
{
	size_t i = 0;

	if (world.queued == 0)
		return false;
	*item = world.queue[0];
	world.queue[0] = world.queue[--world.queued];
	for (;;) {
		size_t least = i;

		for (size_t child = 2 * i + 1; child <= 2 * i + 2; child++)
			if (child < world.queued &&
			    before(&world.queue[child], &world.queue[least]))
				least = child;
		if (least == i)
			return true;
		swap(i, least);
		i = least;
	}
}

/* ---- what a history is made of ---- */

static int64_t
pick(const int64_t *list, size_t count)
{
	return list[roll_below((int64_t)count)];
}

/* What fate has in store, "percent" of the histories, up to "most" times. */
static void
plan_fate(enum happening what, int percent, int most)
{
	int times = roll_percent(percent) ? (int)roll_between(1, most) : 0;

	for (int i = 0; i < times; i++)
		plan_at(roll_below(world.calm_at), what, 0, 0);
}

static void
plan_fates(void)
{
	plan_at(world.calm_at, FATE_CALM, 0, 0);
	plan_fate(FATE_WEATHER, 75, 12);
	plan_fate(FATE_CANCEL, 25, 2);
	plan_fate(FATE_TERMINATED, 10, 1);
	plan_fate(FATE_LIFE_STOPPED, 40, 4);
	plan_fate(FATE_GUARD_STOPPED, 15, 2);
	plan_fate(FATE_GUARD_KILLED, 15, 2);
	plan_fate(FATE_COMMAND_KILLED, 15, 2);
	plan_fate(FATE_DISK, 40, 4);
	plan_fate(FATE_TOLD_TO_STOP, 30, 3);
}

static void
plan_crashes(uint64_t crash)
{
	world.fortune = world.seed ^ UINT64_C(0x5bd1e9955bd1e995);
	if (crash != 0) {
		world.crashes_left = crash == UINT64_MAX ? 0 : 1;
		world.crash_at = crash;
		(void)chance_next(&world.fortune);
		world.fortune ^= crash * UINT64_C(0x9e3779b97f4a7c15);
	} else {
		bool few = chance_between(&world.fortune, 1, 100) <= 15;

		world.crashes_left = (int)chance_between(&world.fortune, 1,
		    few ? CRASHES_FEW : CRASHES_MANY);
		world.crash_at =
		    (uint64_t)chance_between(&world.fortune, 1, 400);
	}
}

static void
configure(void)
{
	static const int64_t timeouts[] = { 3000, 3000, 5000, 10000, 10000,
		30000, 60000 };
	static const int64_t graces[] = { 0, 300, 2000, 10000 };

	world.life_count = roll_percent(40) ? 2 : 1;
	world.timeout = pick(timeouts, ARRAY_SIZE(timeouts));
	world.kill_after = pick(graces, ARRAY_SIZE(graces));
	world.to_close = INSTANT_NEVER;
	world.finds_out = roll_percent(30);
	if (world.finds_out && roll_percent(30))
		world.to_close = roll_between(5, 40) * SECOND;
	world.slots = (int)roll_between(2, 4);
	world.spool = !roll_percent(5);
	world.task_count = (int)roll_between(2, TASKS);
	world.think = roll_percent(80) ? 2 : (int)roll_between(2, 60);
	world.calm_at = roll_between(3 * SECOND, 8 * world.timeout + 10000);
	/* One that is lived for each of its calls is a short one. */
	if (world.only_crash != 0) {
		world.task_count = (int)roll_between(1, 3);
		world.calm_at = roll_between(SECOND, world.timeout);
	}
	world.weather_at = world.disk_troubled_at = -END_MOST;
	for (int i = 0; i < world.task_count; i++)
		plan_at(roll_below(world.calm_at / 2), TASK_READY, i, 0);
	for (int i = 0; i < world.life_count; i++)
		plan_at(roll_below(200), LIFE_STARTS, i, 0);
}

static void
begin(uint64_t seed, uint64_t crash, bool trace)
{
	disk_clear();
	statics_forget();
	memset(&world, 0, offsetof(struct world, queue));
	world.seed = world.random = seed;
	world.trace = trace;
	world.only_crash = crash;
	world.now = 1000;
	life_init();
	configure();
	plan_fates();
	plan_crashes(crash);
}

/* ---- fate ---- */

static int64_t
how_long(void)
{
	return roll_percent(70) ? roll_below(world.timeout)
				: roll_below(4 * world.timeout);
}

static void
stop_a_life(void)
{
	struct life *life = &world.lives[roll_below(world.life_count)];

	if (life->alive)
		life_stop(life, how_long());
}

static struct guard_process *
some_guard(void)
{
	int alive = 0;
	int chosen;

	for (int i = 0; i < world.guard_count; i++)
		alive += world.guards[i].alive;
	chosen = (int)roll_below(alive);
	for (int i = 0; i < world.guard_count; i++)
		if (world.guards[i].alive && chosen-- == 0)
			return &world.guards[i];
	return NULL;
}

static void
trouble_guard(bool kill)
{
	struct guard_process *guard = some_guard();

	if (guard == NULL)
		return;
	if (!kill) {
		guard_is_stopped(guard, how_long());
		return;
	}
	if (guard->attempt != -1)
		world.attempts[guard->attempt].guard_trouble = true;
	note("guard %d is killed", guard->pid);
	process_signal(process_of(guard->pid), SIGKILL);
}

static void
kill_a_command(void)
{
	struct guard_process *guard = some_guard();

	if (guard == NULL || guard->leader == 0)
		return;
	note("command %d is killed", guard->leader);
	process_signal(process_of(guard->leader), SIGKILL);
}

static void
tell_to_stop(void)
{
	struct life *life = &world.lives[roll_below(world.life_count)];

	if (!life->alive)
		return;
	note("tend%d is told to stop", life->number);
	life->told_to_stop++;
	life_signal(life, SIGTERM);
}

/* From here on all is well. */
static void
calm_down(void)
{
	note("all is well");
	world.calm = true;
	world.calm_seams = world.seams;
	world.weather_at = world.disk_troubled_at = world.now;
	world.weather = FINE;
	world.disk = DISK_FINE;
	world.crash_at = 0;
	for (int i = 0; i < world.guard_count; i++)
		guard_goes_on(&world.guards[i]);
	for (int i = 0; i < world.life_count; i++)
		life_goes_on(&world.lives[i]);
	plan_at(world.now + SECOND, FATE_LAST_ACT, 0, 0);
}

/* When all tasks are done, tends end, and what they have left is flushed. */
static void
last_act(void)
{
	bool any = false;

	if (!service_is_done()) {
		if (world.now > world.calm_at + END_MOST / 2)
			broken("every task comes to its end");
		plan_at(world.now + SECOND, FATE_LAST_ACT, 0, 0);
		return;
	}
	world.last_act = true;
	for (int i = 0; i < world.life_count; i++) {
		any |= world.lives[i].alive;
		if (world.lives[i].alive && world.lives[i].told_to_stop == 0) {
			world.lives[i].told_to_stop++;
			life_signal(&world.lives[i], SIGTERM);
		}
	}
	if (any)
		plan_at(world.now + SECOND, FATE_LAST_ACT, 0, 0);
	else
		plan_at(world.now, FATE_FLUSH, 0, 0);
}

static void
flush(void)
{
	struct life *life = &world.lives[0];

	if (world.flushed || !world.spool || !world.directory) {
		world.over = true;
		return;
	}
	world.flushed = true;
	life->flush = true;
	life_start(0);
}

static void
crash_machine(void)
{
	note("the machine stops");
	for (int i = 0; i < world.life_count; i++)
		life_crash(&world.lives[i]);
	processes_vanish();
	disk_crash();
	world.boot++;
}

static void
fate(enum happening what)
{
	switch ((int)what) {
	case FATE_WEATHER:
		if (world.calm)
			break;
		world.weather = (enum weather)roll_below(WEATHERS);
		world.weather_at = world.now;
		note("the weather changes to %d", (int)world.weather);
		break;
	case FATE_CANCEL:
		service_cancel();
		break;
	case FATE_TERMINATED:
		service_terminate();
		break;
	case FATE_LIFE_STOPPED:
		stop_a_life();
		break;
	case FATE_GUARD_STOPPED:
		trouble_guard(false);
		break;
	case FATE_GUARD_KILLED:
		trouble_guard(true);
		break;
	case FATE_COMMAND_KILLED:
		kill_a_command();
		break;
	case FATE_DISK:
		if (world.calm)
			break;
		world.disk = (enum disk_weather)roll_below(DISK_FAILING + 1);
		world.disk_troubled_at = world.now;
		note("the disk changes to %d", (int)world.disk);
		break;
	case FATE_TOLD_TO_STOP:
		tell_to_stop();
		break;
	case FATE_CALM:
		calm_down();
		break;
	case FATE_LAST_ACT:
		last_act();
		break;
	case FATE_FLUSH:
		flush();
		break;
	}
}

/* ---- how it goes ---- */

static void
happen(const struct item *item)
{
	switch ((int)item->what) {
	case TICK:
		break;
	case LIFE_STARTS:
		life_start(item->which);
		break;
	case LIFE_RUNS:
		life_run(&world.lives[item->which]);
		break;
	case HELPER_RUNS:
		if (world.lives[item->which].incarnation == item->serial)
			life_run_helper(&world.lives[item->which]);
		break;
	case GUARD_RUNS:
		guard_run(&world.guards[item->which]);
		break;
	case GUARD_GOES_ON:
		guard_goes_on(&world.guards[item->which]);
		break;
	case PROCESS_ENDS:
		process_ends(&world.processes[item->which], item->serial);
		break;
	case EXEC_DONE:
		guard_exec_done(&world.guards[item->which]);
		break;
	case COMMAND_FORKS:
		command_forks(&world.processes[item->which]);
		break;
	case LETTER_ARRIVES:
		letter_arrives(item->which);
		break;
	case ATTEMPT_TIMER:
		service_timer(item->which, item->serial);
		break;
	case POLL_OVER:
		service_poll_over(item->which, item->serial);
		break;
	case TASK_READY:
		service_task(item->which);
		break;
	case FATE_MACHINE:
		crash_machine();
		break;
	default:
		fate(item->what);
	}
}

void
world_live(uint64_t seed, uint64_t crash, bool trace)
{
	struct item item;

	begin(seed, crash, trace);
	while (!world.over) {
		if (!next_item(&item))
			broken("every history ends");
		world.now = item.at;
		if (++world.steps > STEPS_MOST)
			broken("no spin: not so many steps");
		if (world.now > world.calm_at + END_MOST)
			broken("every history ends in time");
		hash_in((uint64_t)item.at << 8 ^ (uint64_t)item.what);
		happen(&item);
		life_schedule();
	}
	check_end();
	tally.histories++;
	tally.seams += world.seams;
}
