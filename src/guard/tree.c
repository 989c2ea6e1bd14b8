/* SPDX-License-Identifier: MIT */
#include "guard/tree.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guard/kernel.h"
#include "guard/proc.h"

enum {
	/* Of more descendants, those that do not fit have their turn in a
	 * later round. */
	LIST_MAX = 16384,
	COLLECT_PASSES = 4,
	FREEZE_PASSES = 200
};

/*
 * What the last round found.  Pages that were never used cost nothing; a
 * common symbol is placed after all others, so that what the libc uses shares
 * a page with the rest and does not lie alone behind this.
 */
int32_t tree_pids[LIST_MAX] __attribute__((common));
static struct proc_list list = { tree_pids, 0, LIST_MAX, false };

void
tree_init(struct tree *tree, pid_t leader)
{
	tree->leader = leader;
	tree->proc_leader = leader;
	tree->native = proc_is_native();
	tree->held = true;
	if (tree->native)
		return;
	list.count = 0;
	proc_add_children(&list, proc_self());
	tree->proc_leader = list.count == 1 ? list.pids[0] : -1;
}

/* Signals the leader's process group.  Whether there was somebody in it. */
static bool
signal_group(const struct tree *tree, int signal)
{
	if (!tree->held || tree->leader <= 1)
		return false;
	return kill(-tree->leader, signal) == 0;
}

/*
 * By number where the kernel or a sandbox has no pidfd_send_signal: it was
 * seen to be the one that is meant a moment ago.
 */
static void
signal_open(const struct tree *tree, int handle, int32_t pid, int signal)
{
	if (kernel_signal_handle(handle, signal) == -1 && errno == ENOSYS &&
	    tree->native)
		(void)kill(pid, signal);
}

/*
 * Signals one process that was listed.  One whose /proc entry may not be
 * opened (hidepid) is signalled by number if it is a child of this process:
 * only this process reaps it, so the number is its own.
 */
static void
signal_pid(const struct tree *tree, int32_t pid, int signal, bool group_done)
{
	struct proc_stat stat;
	siginfo_t info;
	int handle = proc_open(pid);

	if (handle == -1) {
		if (tree->native && waitid(P_PID, (id_t)pid, &info,
					WEXITED | WNOHANG | WNOWAIT) == 0)
			(void)kill(pid, signal);
		return;
	}
	if (proc_read_stat(handle, &stat) == 0 && !proc_has_ended(&stat) &&
	    !(group_done && stat.group == tree->proc_leader) &&
	    proc_is_descendant(handle))
		signal_open(tree, handle, pid, signal);
	(void)close(handle);
}

/* Signals all that are listed, but those that their group has seen to. */
static void
signal_listed(const struct tree *tree, int signal, bool group_done)
{
	for (size_t i = 0; i < list.count; i++)
		signal_pid(tree, list.pids[i], signal, group_done);
}

void
tree_signal(const struct tree *tree, int signal, int next)
{
	bool group_done = signal_group(tree, signal);

	if (next != 0)
		(void)signal_group(tree, next);
	list.count = 0;
	list.full = false;
	for (int i = 0; i < COLLECT_PASSES; i++)
		if (proc_add_descendants(&list) == 0)
			break;
	signal_listed(tree, signal, group_done);
	if (next != 0)
		signal_listed(tree, next, group_done);
}

static void
collect_once(void)
{
	list.count = 0;
	list.full = false;
	(void)proc_add_descendants(&list);
}

void
tree_kill(const struct tree *tree)
{
	bool group_done = signal_group(tree, SIGKILL);

	collect_once();
	signal_listed(tree, SIGKILL, group_done);
}

/*
 * Whether it may fork yet.  In state D it cannot at the moment, and one that
 * waits for its vfork child stays there for as long as that is stopped.
 */
static bool
may_fork(const struct proc_stat *stat)
{
	return !proc_has_ended(stat) && stat->state != 'T' &&
	       stat->state != 't' && stat->state != 'D';
}

/* Stops whoever of the list still runs.  How many there were. */
static size_t
freeze_listed(const struct tree *tree)
{
	size_t running = 0;

	for (size_t i = 0; i < list.count; i++) {
		struct proc_stat stat;
		int handle = proc_open(list.pids[i]);

		if (handle == -1)
			continue;
		if (proc_read_stat(handle, &stat) == 0 && may_fork(&stat)) {
			running++;
			signal_pid(tree, list.pids[i], SIGSTOP, false);
		}
		(void)close(handle);
	}
	return running;
}

void
tree_kill_frozen(const struct tree *tree)
{
	for (int i = 0; i < FREEZE_PASSES; i++) {
		collect_once();
		if (freeze_listed(tree) == 0 || list.full)
			break;
	}
	tree_kill(tree);
}

/* Counts one that was reaped. */
static void
count_killed(const siginfo_t *info, int *killed)
{
	if ((info->si_code == CLD_KILLED || info->si_code == CLD_DUMPED) &&
	    info->si_status == SIGKILL)
		(*killed)++;
}

/* Reaps one child if it has ended.  Whether it had. */
static bool
reap(pid_t pid, int *killed)
{
	siginfo_t info;

	memset(&info, 0, sizeof(info));
	if (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG) == -1 ||
	    info.si_pid == 0)
		return false;
	count_killed(&info, killed);
	return true;
}

/* While the leader runs, or has been reaped: whoever has ended is not it. */
static size_t
reap_any(const struct tree *tree, int *killed, bool *met_leader)
{
	siginfo_t info;
	size_t reaped = 0;

	*met_leader = false;
	for (;;) {
		memset(&info, 0, sizeof(info));
		if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) ==
			-1 ||
		    info.si_pid == 0)
			return reaped;
		if (tree->held && info.si_pid == tree->leader) {
			*met_leader = true;
			return reaped;
		}
		if (reap(info.si_pid, killed))
			reaped++;
	}
}

size_t
tree_reap_others(const struct tree *tree, int *killed)
{
	bool met_leader;
	size_t reaped = reap_any(tree, killed, &met_leader);

	/* The kernel would go on showing the leader: ask one by one. */
	if (!met_leader || !tree->native)
		return reaped;
	list.count = 0;
	list.full = false;
	proc_add_children(&list, proc_self());
	for (size_t i = 0; i < list.count; i++)
		if (list.pids[i] != tree->leader && reap(list.pids[i], killed))
			reaped++;
	return reaped;
}

void
tree_reap_leader(struct tree *tree, int *killed)
{
	if (tree->held && reap(tree->leader, killed))
		tree->held = false;
}

bool
tree_is_leader_alone(const struct tree *tree)
{
	if (!tree->native)
		return true;
	list.count = 0;
	list.full = false;
	proc_add_children(&list, proc_self());
	return list.count == 0 ||
	       (list.count == 1 && list.pids[0] == tree->leader);
}

bool
tree_is_empty(void)
{
	siginfo_t info;

	return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == -1 &&
	       errno == ECHILD;
}
