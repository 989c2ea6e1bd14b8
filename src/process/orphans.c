/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "process/orphans.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "guard/proc.h"
#include "process/capture.h"
#include "process/companion.h"
#include "process/guard.h"
#include "process/inherited.h"

/* Of more children, the others have their turn in a later step. */
enum { CHILDREN_MAX = 16384 };

static int32_t child_pids[CHILDREN_MAX];

static bool
contains(const pid_t *pids, size_t count, pid_t pid)
{
	for (size_t i = 0; i < count; i++)
		if (pids[i] == pid)
			return true;
	return false;
}

/* Takes a pid out, if it is in. */
static void
take_out(pid_t *pids, size_t *count, pid_t pid)
{
	for (size_t i = 0; i < *count; i++) {
		if (pids[i] != pid)
			continue;
		pids[i] = pids[--*count];
		return;
	}
}

static void
put_in(pid_t **pids, size_t *count, pid_t pid)
{
	if (contains(*pids, *count, pid))
		return;
	*pids = mem_resize(*pids, *count + 1, sizeof(**pids));
	(*pids)[(*count)++] = pid;
}

int
orphans_init(struct orphans *orphans, const struct inherited *inherited,
    struct err *err)
{
	memset(orphans, 0, sizeof(*orphans));
	for (size_t i = 0; i < inherited->child_count; i++)
		put_in(&orphans->known, &orphans->known_count,
		    inherited->children[i]);
	/* Who else may get children that no guard has had: process 1, and
	 * the parent of a process that was there before. */
	orphans->watching = getpid() == 1 || inherited->child_count != 0;
	if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == -1)
		return err_errno(err, "cannot become a subreaper");
	return 0;
}

void
orphans_sweep(struct orphans *orphans, const struct guard *guard)
{
	pid_t pid = guard_pid(guard);

	/* Once it has been reaped, orphans_step() knows how it ended. */
	if (!guard_owns(pid))
		return;
	(void)kill(pid, SIGKILL);
	put_in(&orphans->lost, &orphans->lost_count, pid);
}

/* They become children of this process when the guard has gone. */
void
orphans_leave(struct orphans *orphans, const struct guard *guard)
{
	struct proc_list list = { child_pids, 0, CHILDREN_MAX, false };

	if (!proc_is_native())
		return;
	proc_add_children(&list, guard_pid(guard));
	for (size_t i = 0; i < list.count; i++)
		put_in(&orphans->known, &orphans->known_count, list.pids[i]);
}

/* A guard exits when its work is done; any other end is a loss. */
static void
note_guard(struct orphans *orphans, const siginfo_t *info)
{
	guard_reaped(info->si_pid);
	take_out(orphans->lost, &orphans->lost_count, info->si_pid);
	if (info->si_code != CLD_EXITED || info->si_status != GUARD_EXIT_OK)
		orphans->sweeping = true;
}

static void
reap(struct orphans *orphans)
{
	siginfo_t info;

	for (;;) {
		memset(&info, 0, sizeof(info));
		if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG) == -1 ||
		    info.si_pid == 0)
			return;
		companion_reaped(info.si_pid);
		capture_reaped(&info);
		if (guard_owns(info.si_pid))
			note_guard(orphans, &info);
		else
			take_out(orphans->known, &orphans->known_count,
			    info.si_pid);
	}
}

/* Whether tend has started it itself. */
static bool
is_started(pid_t pid)
{
	return guard_owns(pid) || companion_owns(pid) || capture_owns(pid);
}

static bool
is_ours(const struct orphans *orphans, pid_t pid)
{
	return !is_started(pid) &&
	       !contains(orphans->known, orphans->known_count, pid);
}

/*
 * Kills every child that is not known.  Their numbers are their own: nobody
 * but this process reaps them.  Their children become children of this
 * process in turn.  Whether there was one.
 */
static bool
kill_unknown(struct orphans *orphans, const struct proc_list *list)
{
	bool found = list->full;

	for (size_t i = 0; i < list->count; i++) {
		if (!is_ours(orphans, list->pids[i]))
			continue;
		found = true;
		if (kill(list->pids[i], SIGKILL) == 0)
			orphans->killed++;
	}
	return found;
}

bool
orphans_step(struct orphans *orphans)
{
	struct proc_list list = { child_pids, 0, CHILDREN_MAX, false };
	bool watching = orphans->watching || guard_any_released();

	reap(orphans);
	if (!orphans->sweeping && !watching)
		return orphans->lost_count != 0;
	if (!proc_is_native()) {
		orphans->sweeping = false;
		return orphans->lost_count != 0;
	}
	proc_add_children(&list, getpid());
	if (orphans->sweeping)
		orphans->sweeping = kill_unknown(orphans, &list);
	else if (orphans->lost_count == 0)
		for (size_t i = 0; i < list.count; i++)
			if (!is_started(list.pids[i]))
				put_in(&orphans->known, &orphans->known_count,
				    list.pids[i]);
	return orphans->sweeping || orphans->lost_count != 0;
}

void
orphans_clear(struct orphans *orphans)
{
	free(orphans->known);
	free(orphans->lost);
	memset(orphans, 0, sizeof(*orphans));
}
