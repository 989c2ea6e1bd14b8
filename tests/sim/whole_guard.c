/* SPDX-License-Identifier: MIT */
/*
 * Guards and commands: guard/supervise.c, tree.c and channel.c are the real
 * ones; here is what guard/main.c and guard/command.c are to them.
 */
#include "config.h"

#include "whole.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "guard/channel.h"
#include "guard/command.h"
#include "process/survivors.h"

#include "whole_over.h"

enum { ROUND = 20, STDOUT = 1, NO_SUCH_FILE = ENOENT };

/* Who runs now. */
static struct guard_process *running;

/* ---- its beginning ---- */

int
over_plan(const void *actions)
{
	(void)actions;
	world.plan_count = 0;
	return 0;
}

int
over_adddup2(int fd, int target)
{
	if (world.plan_count == (int)ARRAY_SIZE(world.plan))
		return EBADF;
	world.plan[world.plan_count][0] = fd;
	world.plan[world.plan_count++][1] = target;
	return 0;
}

static int
planned(int target)
{
	for (int i = 0; i < world.plan_count; i++)
		if (world.plan[i][1] == target)
			return world.plan[i][0];
	return -1;
}

static const char *
value_of(char *const *envp, const char *name)
{
	size_t len = strlen(name);

	for (; *envp != NULL; envp++)
		if (strncmp(*envp, name, len) == 0 && (*envp)[len] == '=')
			return *envp + len + 1;
	return NULL;
}

static void
set_up(struct guard_process *guard, struct process *process, const char *place,
    char *const *envp)
{
	const char *mark = value_of(envp, SURVIVORS_MARK);
	const char *id = value_of(envp, "SWF_ACTIVITY_ID");
	const struct descriptor *out = descriptor_of(planned(STDOUT));
	int channel = atoi(place);
	const char *offset = strrchr(place, ',');

	guard->channel = channel_adopt(planned(channel), process->pid);
	if (offset != NULL)
		guard->lease = (const struct guard_lease *)(const void
			*)((const char *)world.leases + atoi(offset + 1));
	guard->pipe =
	    out != NULL && out->kind == DESCRIPTOR_PIPE_WRITE ? out->which : -1;
	pipe_hold(guard->pipe, 1);
	guard->attempt = process->attempt = id == NULL ? -1 : service_find(id);
	if (mark != NULL)
		(void)snprintf(process->mark, sizeof(process->mark), "%s",
		    mark);
}

int
over_spawn(pid_t *pid, char *const *argv, char *const *envp)
{
	struct guard_process *guard = &world.guards[world.guard_count];
	struct process *process;

	seam("spawn");
	if (world.guard_count == GUARDS)
		broken("the simulation's guards are enough");
	process = process_new(PROCESS_GUARD, world.actor, world.guard_count);
	process->group = process->pid;
	process->subreaper = true;
	*guard = (struct guard_process){
		.index = world.guard_count,
		.alive = true,
		.said = true,
		.children = true,
		.pid = process->pid,
		.armed = INSTANT_NEVER,
		.channel = -1,
	};
	world.guard_count++;
	set_up(guard, process, argv[1], envp);
	world.plan_count = 0;
	note("guard %d of attempt %d", (int)process->pid, guard->attempt);
	*pid = process->pid;
	guard_schedule(guard, world.now + roll_below(world.think));
	return 0;
}

/* ---- the command ---- */

/* How it ends, should nobody interfere. */
static void
decide_end(struct process *process)
{
	int64_t length = roll_percent(60)   ? roll_below(world.timeout)
			 : roll_percent(50) ? roll_below(100)
					    : roll_below(4 * world.timeout);

	process->status = roll_percent(75) ? 0 : 3;
	if (roll_percent(8)) {
		process->status = -1;
		process->signal = SIGSEGV;
	}
	plan_at(world.now + length, PROCESS_ENDS,
	    (int)(process - world.processes), process->serial);
	if (roll_percent(30))
		plan_at(world.now + roll_below(length), COMMAND_FORKS,
		    (int)(process - world.processes), 0);
}

static int64_t
decide_term(void)
{
	return roll_percent(30)   ? INSTANT_NEVER
	       : roll_percent(60) ? roll_below(20)
				  : roll_below(2 * world.kill_after + 20);
}

pid_t
command_start(const struct command *command, int *result)
{
	struct guard_process *guard = running;
	struct process *guard_process = process_of(guard->pid);
	struct process *process =
	    process_new(PROCESS_COMMAND, guard->pid, guard->index);

	(void)command;
	process->group = process->pid;
	process->leader = true;
	process->dies_with_parent = true;
	process->attempt = guard->attempt;
	process->after_term = decide_term();
	process->pipe = guard->pipe;
	pipe_hold(process->pipe, 1);
	memcpy(process->mark, guard_process->mark, sizeof(process->mark));
	guard->leader = process->pid;
	guard->exec_error = roll_percent(4) ? NO_SUCH_FILE : 0;
	*result = descriptor_new(DESCRIPTOR_EXEC, guard->pid, guard->index);
	plan_at(world.now + roll_below(world.think + 1), EXEC_DONE,
	    guard->index, 0);
	return process->pid;
}

void
guard_exec_done(struct guard_process *guard)
{
	struct process *process = process_of(guard->leader);

	guard->exec_done = true;
	guard->children = true;
	guard_schedule(guard, world.now + roll_below(world.think));
	if (process == NULL || !process_runs(process))
		return;
	if (guard->exec_error != 0) {
		process_end(process, 127, 0);
		return;
	}
	note("command %d of attempt %d", (int)process->pid, process->attempt);
	if (process->attempt != -1)
		check_command(&world.attempts[process->attempt]);
	if (!process->kill_pending)
		decide_end(process);
}

ssize_t
exec_read(const struct descriptor *d, void *data)
{
	const struct guard_process *guard = &world.guards[d->which];

	errno = EAGAIN;
	if (!guard->exec_done)
		return -1;
	if (guard->exec_error == 0)
		return 0;
	memcpy(data, &guard->exec_error, sizeof(guard->exec_error));
	return (ssize_t)sizeof(guard->exec_error);
}

void
command_take_terminal(void)
{
}

/* Some children outlive their parent, and some are a session of their own. */
void
command_forks(struct process *leader)
{
	struct process *child;

	if (!process_runs(leader) || leader->stopped || leader->kill_pending)
		return;
	child = process_new(PROCESS_COMMAND, leader->pid, leader->which);
	child->attempt = leader->attempt;
	child->after_term = decide_term();
	memcpy(child->mark, leader->mark, sizeof(child->mark));
	if (roll_percent(50))
		child->group = child->session = child->pid;
	note("command %d forks %d", (int)leader->pid, (int)child->pid);
	plan_at(world.now + roll_below(6 * world.timeout), PROCESS_ENDS,
	    (int)(child - world.processes), child->serial);
	if (roll_percent(30))
		plan_at(world.now + roll_below(world.timeout), COMMAND_FORKS,
		    (int)(child - world.processes), 0);
}

/* ---- the guard's loop ---- */

void
guard_schedule(struct guard_process *guard, int64_t at)
{
	plan_at(instant_max(at, guard->stopped_until), GUARD_RUNS, guard->index,
	    0);
}

/* Whether it goes on; else it ends. */
static bool
wait_for_start(struct guard_process *guard)
{
	struct guard_message message;

	switch (channel_receive(guard->channel, &message)) {
	case CHANNEL_NOTHING:
		return true;
	case CHANNEL_CLOSED:
		return false;
	case CHANNEL_MESSAGE:
		break;
	}
	if (message.type != GUARD_START)
		return false;
	guard->begun = true;
	supervise_start(&guard->s, &message, guard->channel, guard->lease, NULL,
	    NULL);
	pipe_hold(guard->pipe, -1);
	guard->pipe = -1;
	guard->children = guard->said = true;
	return true;
}

/* One turn, as in guard/main.c. */
static void
supervise(struct guard_process *guard)
{
	struct supervise *s = &guard->s;
	int64_t due;

	if (guard->children || s->exited || s->killing) {
		guard->children = false;
		supervise_children(s);
	}
	if (guard->said) {
		guard->said = false;
		supervise_hear(&guard->s);
	}
	supervise_time(s, world.now);
	if (s->over)
		return;
	due = supervise_deadline(s);
	if (due < guard->armed || guard->armed <= world.now) {
		guard->armed = due;
		if (due != SUPERVISE_NEVER)
			guard_schedule(guard, due);
	}
	if (s->killing)
		guard_schedule(guard, world.now + (s->progress ? 0 : ROUND));
}

static bool
has_news(const struct guard_process *guard)
{
	return !guard->begun || guard->said || guard->children ||
	       guard->s.killing || guard->armed <= world.now;
}

void
guard_run(struct guard_process *guard)
{
	bool goes_on = true;

	if (!guard->alive || world.now < guard->stopped_until ||
	    !has_news(guard))
		return;
	running = guard;
	world.actor = guard->pid;
	if (!guard->begun)
		goes_on = wait_for_start(guard);
	if (goes_on && guard->begun) {
		supervise(guard);
		goes_on = !guard->s.over;
	}
	world.actor = 0;
	if (!goes_on)
		process_end(process_of(guard->pid), GUARD_EXIT_OK, 0);
}

void
guard_dies(struct guard_process *guard)
{
	guard->alive = false;
	pipe_hold(guard->pipe, -1);
	guard->pipe = -1;
}

void
guard_is_stopped(struct guard_process *guard, int64_t length)
{
	note("guard %d is stopped for %lld ms", (int)guard->pid,
	    (long long)length);
	guard->stopped_until =
	    instant_max(guard->stopped_until, world.now + length);
	if (guard->attempt != -1)
		world.attempts[guard->attempt].guard_trouble = true;
	plan_at(guard->stopped_until, GUARD_GOES_ON, guard->index, 0);
}

/* By itself, or because somebody has sent a SIGCONT. */
void
guard_goes_on(struct guard_process *guard)
{
	if (!guard->alive)
		return;
	guard->stopped_until = world.now;
	guard->said = guard->children = true;
	guard_schedule(guard, world.now + roll_below(world.think));
}
