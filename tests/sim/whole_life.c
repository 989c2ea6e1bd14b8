/* SPDX-License-Identifier: MIT */
/*
 * The lives of tend: coroutines that run from one wait to the next, and end
 * as a process does, wherever they are.
 */
#include "config.h"

#include "whole.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/chance.h"
#include "base/mem.h"
#include "process/helper.h"
#include "process/inherited.h"
#include "tend/flush.h"
#include "tend/worker.h"

#ifdef SANITIZED
#include <sanitizer/common_interface_defs.h>
#endif

enum {
	STACK = 512 * 1024,
	WORDS = 40,
	FILES_MOST = 4096,
	/* The signals that a process was told of and are worth a look. */
	TERM_BIT = SIGTERM - 1
};

/* They are the same ones for all histories. */
static char *stacks[LIVES][2];

/* ---- changing over ---- */

/* From the scheduler to a routine, and back when that waits. */
static void
enter(struct life *life, struct routine *routine, bool helper)
{
#ifdef SANITIZED
	void *fake = NULL;

	__sanitizer_start_switch_fiber(&fake, routine->stack, STACK);
#endif
	world.current = life;
	world.in_helper = helper;
	world.actor = life->pid;
	(void)swapcontext(&world.home, &routine->context);
	world.current = NULL;
	world.in_helper = false;
	world.actor = 0;
#ifdef SANITIZED
	__sanitizer_finish_switch_fiber(fake, NULL, NULL);
#endif
}

#ifdef SANITIZED
static const void *home_stack;
static size_t home_size;
#endif

/* From a routine to the scheduler; "for_good": nothing comes back. */
static void
leave(struct routine *routine, bool for_good)
{
#ifdef SANITIZED
	void *fake = NULL;

	__sanitizer_start_switch_fiber(for_good ? NULL : &fake, home_stack,
	    home_size);
#endif
	if (for_good)
		(void)setcontext(&world.home);
	else
		(void)swapcontext(&routine->context, &world.home);
#ifdef SANITIZED
	__sanitizer_finish_switch_fiber(fake, &home_stack, &home_size);
#endif
}

static void
arrived(void)
{
#ifdef SANITIZED
	__sanitizer_finish_switch_fiber(NULL, &home_stack, &home_size);
#endif
}

static void
prepare(struct routine *routine, void (*call)(void))
{
	routine->begun = true;
	(void)getcontext(&routine->context);
	routine->context.uc_stack.ss_sp = routine->stack;
	routine->context.uc_stack.ss_size = STACK;
	routine->context.uc_link = NULL;
	makecontext(&routine->context, call, 0);
}

/* ---- the main thread ---- */

static size_t
add(char **words, size_t count, const char *word, const char *value)
{
	words[count++] = mem_string(word);
	if (value != NULL)
		words[count++] = mem_string(value);
	return count;
}

static size_t
make_words(const struct life *life, char **words)
{
	char text[64];
	size_t n = add(words, 0, life->flush ? "flush" : "worker", NULL);

	n = add(words, n, "--endpoint-url", "http://127.0.0.1:1");
	n = add(words, n, "--region", "us-east-1");
	n = add(words, n, "--no-sign-request", NULL);
	n = add(words, n, "--log-level", world.trace ? "info" : "error");
	if (world.spool)
		n = add(words, n, "--spool", "/spool");
	if (life->flush)
		return n;
	n = add(words, n, "--domain", "test");
	n = add(words, n, "--task-list", "work");
	n = add(words, n, "--identity", "sim");
	n = add(words, n, "--outcome", "/outcomes");
	(void)snprintf(text, sizeof(text), "%d", world.slots);
	n = add(words, n, "--slots", text);
	(void)snprintf(text, sizeof(text), "%lldms",
	    (long long)world.kill_after);
	n = add(words, n, "--kill-after", text);
	(void)snprintf(text, sizeof(text), "%lldms", (long long)world.timeout);
	n = add(words, n, "--heartbeat-timeout",
	    world.finds_out ? "auto" : text);
	return add(words, n, "command", NULL);
}

static void
main_routine(void)
{
	static struct inherited inherited = { .files = {
						  FILES_MOST, FILES_MOST } };
	struct life *life = world.current;
	char *words[WORDS] = { NULL };
	size_t count;

	arrived();
	count = make_words(life, words);
	life->status = life->flush ? flush_main((int)count, words, &inherited)
				   : worker_main((int)count, words, &inherited);
	for (size_t i = 0; i < count; i++)
		free(words[i]);
	life->exited = true;
	life_crash(life);
}

void
life_init(void)
{
	for (int i = 0; i < LIVES; i++) {
		struct life *life = &world.lives[i];

		for (int j = 0; j < 2; j++) {
			if (stacks[i][j] == NULL)
				stacks[i][j] =
				    mmap(NULL, STACK, PROT_READ | PROT_WRITE,
					MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
			if (stacks[i][j] == MAP_FAILED)
				abort();
		}
		life->number = i;
		life->main.stack = stacks[i][0];
		life->helper.stack = stacks[i][1];
	}
}

void
life_start(int number)
{
	struct life *life = &world.lives[number];
	struct process *process;

	if (life->alive || (world.last_act && !life->flush))
		return;
	process = process_new(PROCESS_LIFE, 1, number);
	process->subreaper = true;
	process->group = process->pid;
	life->alive = true;
	life->told_to_stop = 0;
	life->exited = false;
	life->incarnation++;
	life->pid = process->pid;
	life->stopped_until = 0;
	life->resumed_at = world.now;
	life->doubt = 0;
	life->waits = WAIT_NOTHING;
	life->helper = (struct routine){ .stack = life->helper.stack };
	life->helper_waits = life->helper_over = false;
	life->helper_scheduled = false;
	life->helper_run = NULL;
	life->pending = 0;
	life->scheduled = true;
	note("tend%d starts, pid %d", number, (int)life->pid);
	prepare(&life->main, main_routine);
	plan_at(world.now, LIFE_RUNS, number, 0);
}

bool
life_is_ready(const struct life *life)
{
	switch (life->waits) {
	case WAIT_NOTHING:
		return true;
	case WAIT_LOOP:
		return epoll_is_ready(life->wait_fd) || http_is_ready(life) ||
		       world.now >= life->waits_until;
	case WAIT_POLL:
		return descriptor_is_ready(life->wait_fd) ||
		       world.now >= life->waits_until;
	case WAIT_JOIN:
		return life->helper_over;
	}
	return false;
}

/* Who is ready runs soon. */
void
life_schedule(void)
{
	for (int i = 0; i < LIVES; i++) {
		struct life *life = &world.lives[i];

		if (!life->alive || life->scheduled || !life_is_ready(life))
			continue;
		life->scheduled = true;
		plan_at(instant_max(world.now + roll_below(world.think),
			    life->stopped_until),
		    LIFE_RUNS, i, 0);
	}
}

void
life_run(struct life *life)
{
	if (!life->alive)
		life->scheduled = false;
	if (!life->scheduled)
		return;
	if (world.now < life->stopped_until) {
		plan_at(life->stopped_until, LIFE_RUNS, life->number, 0);
		return;
	}
	life->scheduled = false;
	life->waits = WAIT_NOTHING;
	enter(life, &life->main, false);
}

void
life_wait(enum wait_for what, int fd, int64_t until)
{
	struct life *life = world.current;

	life->waits = what;
	life->wait_fd = fd;
	life->waits_until = until;
	plan_at(until, TICK, 0, 0);
	leave(&life->main, false);
}

/* ---- the other thread ---- */

static void
helper_routine(void)
{
	struct life *life = world.current;

	arrived();
	(void)life->helper_run(life->helper_arg);
	life->helper_over = true;
	leave(&life->helper, true);
}

static void
schedule_helper(struct life *life, int64_t at)
{
	if (life->helper_scheduled)
		return;
	life->helper_scheduled = true;
	plan_at(at, HELPER_RUNS, life->number, life->incarnation);
}

bool
helper_start(pthread_t *thread, void *(*run)(void *), void *arg)
{
	struct life *life = world.current;

	(void)thread;
	seam("helper");
	/* One is enough: who hunts does it himself then. */
	if (life->helper_run != NULL)
		return false;
	life->helper_run = run;
	life->helper_arg = arg;
	prepare(&life->helper, helper_routine);
	schedule_helper(life, world.now + roll_below(world.think));
	return true;
}

void
life_run_helper(struct life *life)
{
	if (!life->alive || !life->helper_scheduled)
		return;
	life->helper_scheduled = false;
	if (world.now < life->stopped_until) {
		schedule_helper(life, life->stopped_until);
		return;
	}
	life->helper_waits = false;
	enter(life, &life->helper, true);
}

int over_cond_wait(void);
int over_cond_signal(void);
int over_join(void);

int
over_cond_wait(void)
{
	world.current->helper_waits = true;
	leave(&world.current->helper, false);
	return 0;
}

int
over_cond_signal(void)
{
	if (world.current->helper_waits)
		schedule_helper(world.current,
		    world.now + roll_below(world.think));
	return 0;
}

int
over_join(void)
{
	if (!world.current->helper_over)
		life_wait(WAIT_JOIN, -1, INSTANT_NEVER);
	return 0;
}

void
seam_wait(int64_t length)
{
	struct life *life = world.current;

	if (length <= 0 || life == NULL)
		return;
	if (world.in_helper) {
		schedule_helper(life, world.now + length);
		leave(&life->helper, false);
	} else {
		life_wait(WAIT_POLL, -1, world.now + length);
	}
}

/* ---- the end ---- */

/* A guard that is killed with it cannot kill its tree. */
static void
kill_guards(pid_t parent)
{
	for (int i = 0; i < world.guard_count; i++) {
		struct guard_process *guard = &world.guards[i];
		struct process *process =
		    guard->alive ? process_of(guard->pid) : NULL;

		if (process == NULL || process->parent != parent)
			continue;
		if (guard->attempt != -1)
			world.attempts[guard->attempt].guard_trouble = true;
		process_end(process, -1, SIGKILL);
	}
}

static void
crash_now(struct life *life)
{
	enum crash kind = world.crash_kind;

	tally.crashes[kind]++;
	world.crashes++;
	note("crash %d of kind %d at call %llu", world.crashes, (int)kind,
	    (unsigned long long)world.seams);
	if (kind == CRASH_WITH_GUARDS)
		kill_guards(life->pid);
	if (kind == CRASH_LIVES && life->number == 0 && world.life_count > 1)
		life_crash(&world.lives[1]);
	if (kind == CRASH_LIVES && life->number == 1)
		life_crash(&world.lives[0]);
	if (kind == CRASH_MACHINE)
		plan_at(world.now, FATE_MACHINE, 0, 0);
	life_crash(life);
}

/* The calls until the next one: few, so that there are many crashes. */
static uint64_t
crash_gap(void)
{
	int64_t dice = chance_between(&world.fortune, 1, 100);
	int64_t most = dice <= 50 ? 40 : dice <= 85 ? 150 : 600;

	return (uint64_t)chance_between(&world.fortune, 1, most);
}

/* When the next one is, and how bad. */
static void
plan_next_crash(void)
{
	int64_t dice = chance_between(&world.fortune, 0, 99);

	world.crash_kind = dice < 62   ? CRASH_LIFE
			   : dice < 78 ? CRASH_WITH_GUARDS
			   : dice < 86 ? CRASH_LIVES
				       : CRASH_MACHINE;
	world.crashes_left--;
	world.crash_at =
	    world.crashes_left <= 0 ? 0 : world.seams + crash_gap();
}

void
seam(const char *name)
{
	struct life *life = world.current;

	if (life == NULL || !life->alive)
		return;
	world.seams++;
	for (const char *c = name; *c != '\0'; c++)
		hash_in((uint64_t)*c);
	if (world.crash_at == 0 || world.seams < world.crash_at || world.calm)
		return;
	plan_next_crash();
	note("at %s", name);
	crash_now(life);
}

void
life_crash(struct life *life)
{
	bool current = world.current == life;
	bool in_helper = world.in_helper;

	if (life->alive) {
		life->alive = false;
		check_life_over(life);
		http_forget(life);
		process_end(process_of(life->pid), 0, 0);
		life->main.begun = life->helper.begun = false;
		if (!world.last_act)
			plan_at(world.now + (roll_percent(85)
						    ? roll_below(500)
						    : roll_below(world.timeout *
								 3 / 2)),
			    LIFE_STARTS, life->number, 0);
		if (life->flush) {
			life->flush = false;
			plan_at(world.now, FATE_FLUSH, 0, 0);
		}
	}
	if (current)
		leave(in_helper ? &life->helper : &life->main, true);
}

void
life_stop(struct life *life, int64_t length)
{
	note("tend%d is stopped for %lld ms", life->number, (long long)length);
	life->stopped_until =
	    instant_max(life->stopped_until, world.now + length);
	life->resumed_at = life->stopped_until;
}

void
life_goes_on(struct life *life)
{
	if (world.now >= life->stopped_until)
		return;
	life->stopped_until = life->resumed_at = world.now;
	plan_at(world.now, LIFE_RUNS, life->number, 0);
	plan_at(world.now, HELPER_RUNS, life->number, life->incarnation);
}

void
life_signal(struct life *life, int signal)
{
	life->pending |= UINT64_C(1) << (signal - 1);
}

struct life *
life_of(pid_t pid)
{
	for (int i = 0; i < LIVES; i++)
		if (world.lives[i].alive && world.lives[i].pid == pid)
			return &world.lives[i];
	return NULL;
}
