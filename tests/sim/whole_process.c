/* SPDX-License-Identifier: MIT */
/*
 * Processes of the simulated host: whose child is whose, signals, ends.
 */
#include "config.h"

#include "whole.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>

#include "base/buf.h"
#include "guard/proc.h"
#include "process/survivors.h"

#include "whole_over.h"

enum { FIRST_PID = 100, INIT = 1 };

struct process *
process_new(enum process_kind kind, pid_t parent, int which)
{
	struct process *process = &world.processes[world.process_count];
	const struct process *of = process_of(parent);

	if (world.process_count == PROCESSES)
		broken("the simulation's processes are enough");
	*process = (struct process){
		.state = PROCESS_ALIVE,
		.kind = kind,
		.pid = FIRST_PID + world.process_count,
		.parent = parent,
		.session = of == NULL ? INIT : of->session,
		.group = of == NULL ? INIT : of->group,
		.started = world.now / 10,
		.which = which,
		.attempt = -1,
		.after_term = INSTANT_NEVER,
		.pipe = -1,
	};
	world.process_count++;
	return process;
}

struct process *
process_of(pid_t pid)
{
	int which = pid - FIRST_PID;

	if (which < 0 || which >= world.process_count ||
	    world.processes[which].state == PROCESS_NONE)
		return NULL;
	return &world.processes[which];
}

bool
process_runs(const struct process *process)
{
	return process->state == PROCESS_ALIVE;
}

/* ---- the end of one ---- */

static pid_t
heir_of(const struct process *process)
{
	const struct process *up = process_of(process->parent);

	while (up != NULL && (!up->subreaper || !process_runs(up)))
		up = process_of(up->parent);
	return up == NULL ? INIT : up->pid;
}

/* Its parent hears of it; init does not leave it for long. */
static void
tell_parent(struct process *process)
{
	const struct process *parent = process_of(process->parent);

	if (parent == NULL || !process_runs(parent)) {
		process->state = PROCESS_NONE;
		return;
	}
	if (parent->kind == PROCESS_LIFE)
		life_signal(&world.lives[parent->which], SIGCHLD);
	if (parent->kind == PROCESS_GUARD) {
		world.guards[parent->which].children = true;
		guard_schedule(&world.guards[parent->which],
		    world.now + roll_below(world.think));
	}
}

static void
bequeath(const struct process *process)
{
	pid_t heir = heir_of(process);

	for (int i = 0; i < world.process_count; i++) {
		struct process *child = &world.processes[i];

		if (child->state == PROCESS_NONE ||
		    child->parent != process->pid)
			continue;
		child->parent = heir;
		if (child->dies_with_parent && process_runs(child))
			process_signal(child, SIGKILL);
		if (child->state == PROCESS_ZOMBIE)
			tell_parent(child);
	}
}

void
process_end(struct process *process, int status, int signal)
{
	if (process == NULL || !process_runs(process))
		return;
	process->state = PROCESS_ZOMBIE;
	process->status = signal == 0 ? status : -1;
	process->signal = signal;
	process->serial++;
	note("process %d ends: %d, signal %d", (int)process->pid,
	    process->status, signal);
	descriptors_close_all(process->pid);
	pipe_hold(process->pipe, -1);
	process->pipe = -1;
	if (process->kind == PROCESS_GUARD)
		guard_dies(&world.guards[process->which]);
	bequeath(process);
	tell_parent(process);
}

/* As was planned, unless something has come in between. */
void
process_ends(struct process *process, uint32_t serial)
{
	char line[64];
	struct attempt *attempt;

	if (!process_runs(process) || process->serial != serial)
		return;
	if (process->stopped && !process->kill_pending) {
		process->serial++;
		process->term_pending = true;
		return;
	}
	attempt =
	    process->attempt == -1 ? NULL : &world.attempts[process->attempt];
	if (process->leader && process->signal == 0 && process->status == 0 &&
	    attempt != NULL) {
		service_token(attempt, line, sizeof(line) - 1);
		(void)strcat(line, "\n");
		pipe_write(process->pipe, line);
	}
	process_end(process, process->status, process->signal);
	if (process->leader && attempt != NULL)
		check_command_over(attempt);
}

/* A process that vanishes leaves nothing: the machine has stopped. */
void
processes_vanish(void)
{
	for (int i = 0; i < world.process_count; i++) {
		struct process *process = &world.processes[i];

		if (process->state == PROCESS_NONE)
			continue;
		descriptors_close_all(process->pid);
		process->state = PROCESS_NONE;
		process->serial++;
	}
	for (int i = 0; i < world.guard_count; i++)
		world.guards[i].alive = false;
}

/* ---- signals ---- */

static void
end_later(struct process *process, int64_t after, int status, int signal)
{
	process->status = status;
	process->signal = signal;
	plan_at(world.now + after, PROCESS_ENDS,
	    (int)(process - world.processes), ++process->serial);
}

static void
be_killed(struct process *process)
{
	if (process->kind == PROCESS_GUARD) {
		process_end(process, -1, SIGKILL);
		return;
	}
	if (process->kill_pending)
		return;
	process->kill_pending = true;
	end_later(process, roll_percent(97) ? roll_below(3) : roll_below(50),
	    -1, SIGKILL);
}

static void
be_stopped(struct process *process, bool stop)
{
	bool was = process->stopped;

	process->stopped = stop;
	if (was && !stop && process->term_pending && !process->kill_pending)
		end_later(process, roll_below(3), process->status,
		    process->signal);
	if (was && !stop)
		process->term_pending = false;
}

void
process_signal(struct process *process, int signal)
{
	if (process == NULL || !process_runs(process) ||
	    process->kind == PROCESS_LIFE)
		return;
	if (signal == SIGKILL) {
		be_killed(process);
	} else if (process->kind == PROCESS_GUARD) {
		if (signal == SIGCONT)
			guard_goes_on(&world.guards[process->which]);
	} else if (signal == SIGSTOP || signal == SIGCONT) {
		be_stopped(process, signal == SIGSTOP);
	} else if (process->after_term != INSTANT_NEVER &&
		   !process->kill_pending) {
		bool exits = roll_percent(50);

		end_later(process, process->after_term, exits ? 1 : -1,
		    exits ? 0 : signal);
	}
}

int
over_kill(pid_t pid, int signal)
{
	bool found = false;

	seam("kill");
	if (pid > 0) {
		struct process *process = process_of(pid);

		errno = ESRCH;
		if (process == NULL)
			return -1;
		process_signal(process, signal);
		return 0;
	}
	for (int i = 0; i < world.process_count; i++) {
		struct process *process = &world.processes[i];

		if (process->state == PROCESS_NONE || process->group != -pid)
			continue;
		found = true;
		process_signal(process, signal);
	}
	errno = ESRCH;
	return found ? 0 : -1;
}

int
over_signal_handle(int handle, int signal)
{
	const struct descriptor *d = descriptor_of(handle);
	struct process *process = d == NULL ? NULL : &world.processes[d->which];

	seam("signal");
	if (process == NULL || process->state == PROCESS_NONE) {
		errno = ESRCH;
		return -1;
	}
	process_signal(process, signal);
	return 0;
}

ssize_t
signals_read(const struct descriptor *d, void *data, size_t len)
{
	struct life *life = life_of(d->owner);
	struct signalfd_siginfo *info = data;

	errno = EAGAIN;
	if (life == NULL || life->pending == 0 || len < sizeof(*info))
		return -1;
	memset(info, 0, sizeof(*info));
	info->ssi_signo = (uint32_t)__builtin_ctzll(life->pending) + 1;
	life->pending &= life->pending - 1;
	return (ssize_t)sizeof(*info);
}

/* ---- waiting ---- */

static void
fill(siginfo_t *info, const struct process *process)
{
	info->si_pid = process->pid;
	info->si_code = process->status == -1 ? CLD_KILLED : CLD_EXITED;
	info->si_status =
	    process->status == -1 ? process->signal : process->status;
}

int
over_waitid(idtype_t type, id_t id, siginfo_t *info, int options)
{
	bool any = false;

	seam("waitid");
	memset(info, 0, sizeof(*info));
	for (int i = 0; i < world.process_count; i++) {
		struct process *process = &world.processes[i];

		if (process->state == PROCESS_NONE ||
		    process->parent != world.actor ||
		    (type == P_PID && (id_t)process->pid != id))
			continue;
		any = true;
		if ((options & WEXITED) == 0 ||
		    process->state != PROCESS_ZOMBIE)
			continue;
		fill(info, process);
		if ((options & WNOWAIT) == 0)
			process->state = PROCESS_NONE;
		return 0;
	}
	errno = ECHILD;
	return any ? 0 : -1;
}

/* ---- /proc ---- */

int32_t
proc_self(void)
{
	return world.actor;
}

bool
proc_is_native(void)
{
	return true;
}

int
proc_open(int32_t pid)
{
	const struct process *process = process_of(pid);

	if (process == NULL) {
		errno = ENOENT;
		return -1;
	}
	return descriptor_new(DESCRIPTOR_PROCESS, world.actor,
	    (int)(process - world.processes));
}

int
proc_read_stat(int handle, struct proc_stat *stat)
{
	const struct descriptor *d = descriptor_of(handle);
	const struct process *process =
	    d == NULL ? NULL : &world.processes[d->which];

	seam("stat");
	if (process == NULL || process->state == PROCESS_NONE)
		return -1;
	*stat = (struct proc_stat){
		.state = process->state == PROCESS_ZOMBIE ? 'Z'
			 : process->stopped               ? 'T'
							  : 'S',
		.parent = process->parent,
		.group = process->group,
		.session = process->session,
		.threads = 1,
		.started = process->started,
	};
	return 0;
}

bool
proc_has_ended(const struct proc_stat *stat)
{
	return stat->state == 'Z' && stat->threads <= 1;
}

static bool
descends(const struct process *process)
{
	while (process != NULL && process->parent != world.actor)
		process = process_of(process->parent);
	return process != NULL;
}

bool
proc_is_descendant(int handle)
{
	return descends(&world.processes[descriptor_at(handle)->which]);
}

static bool
add(struct proc_list *list, int32_t pid)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->pids[i] == pid)
			return false;
	if (list->count == list->max) {
		list->full = true;
		return false;
	}
	list->pids[list->count++] = pid;
	return true;
}

void
proc_add_children(struct proc_list *list, int32_t pid)
{
	seam("children");
	for (int i = 0; i < world.process_count; i++)
		if (world.processes[i].state != PROCESS_NONE &&
		    world.processes[i].parent == pid)
			(void)add(list, world.processes[i].pid);
}

size_t
proc_add_descendants(struct proc_list *list)
{
	size_t added = 0;

	for (int i = 0; i < world.process_count; i++)
		if (world.processes[i].state != PROCESS_NONE &&
		    descends(&world.processes[i]))
			added += add(list, world.processes[i].pid);
	return added;
}

/* What this boot and this pid namespace are. */
int
over_file_read(const char *path, struct buf *text)
{
	(void)path;
	seam("boot_id");
	return buf_format(text, "%08d-0000-0000-0000-000000000000\n",
	    world.boot);
}

ssize_t
over_readlink(const char *path, char *text, size_t room)
{
	(void)path;
	return snprintf(text, room, "pid:[1]");
}

/* While a process is being executed it has no environment. */
int
over_file_read_open(int fd, struct buf *text)
{
	const struct descriptor *d = descriptor_at(fd);
	struct process *process = &world.processes[d->which];
	static const char name[] = SURVIVORS_MARK "=";

	seam("read environ");
	process->executing = !process->executing && roll_percent(10);
	if (process->executing)
		return 0;
	if (process->state != PROCESS_ALIVE || process->mark[0] == '\0')
		return 0;
	(void)buf_append(text, name, sizeof(name) - 1);
	return buf_append(text, process->mark, strlen(process->mark) + 1);
}
