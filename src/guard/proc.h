/* SPDX-License-Identifier: MIT */
/*
 * Whose child is whose, read from /proc without stdio and without malloc.
 *
 * A process is held by its directory /proc/PID, opened: what is read through
 * the descriptor is of that process or fails, and pidfd_send_signal(2) takes
 * it as a pidfd (Linux 5.1).  So a process id that was listed a moment ago
 * and has gone to somebody else since is found out before it is signalled.
 *
 * Pids here are as /proc counts them.  That is as this process counts them,
 * unless it is in a pid namespace that has not mounted a /proc of its own;
 * proc_is_native() tells.
 */
#ifndef GUARD_PROC_H
#define GUARD_PROC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct proc_stat {
	char state; /* R S D T t Z X I, as in proc(5) */
	int32_t parent;
	int32_t group;
	int32_t session;
	int32_t threads; /* a zombie with more than one is not dead yet */
	int64_t started; /* clock ticks since boot; with a pid: who it is */
};

/* Pids, as many as there is room for. */
struct proc_list {
	int32_t *pids;
	size_t count;
	size_t max;
	bool full; /* there were more */
};

/* This process as /proc counts it, or -1 if there is no /proc. */
int32_t proc_self(void);

/* Whether /proc counts processes as this process does. */
bool proc_is_native(void);

/* Opens a process.  Returns a descriptor, or -1 with errno. */
int proc_open(int32_t pid);

/* Reads about an open process.  Returns 0, or -1 if it is gone. */
int proc_read_stat(int handle, struct proc_stat *stat);

/* Whether it has ended: nothing of it runs any more. */
bool proc_has_ended(const struct proc_stat *stat);

/*
 * Whether the open process is a descendant of this one.  Every step of the
 * way up is read while the process below it is known to be alive, so a
 * recycled pid on the way cannot deceive it; and whoever has once been a
 * descendant of a subreaper stays one.
 */
bool proc_is_descendant(int handle);

/* Adds the children of process "pid", of all its threads, to the list. */
void proc_add_children(struct proc_list *list, int32_t pid);

/*
 * Adds all descendants of this process, children first, each once even if
 * it is in the list already.  One pass can miss a process whose parent ends
 * meanwhile; a second one finds it.  Returns how many were added.
 */
size_t proc_add_descendants(struct proc_list *list);

/* The two ways of proc_add_descendants(), for its tests. */
size_t proc_walk_descendants(struct proc_list *list);
size_t proc_scan_descendants(struct proc_list *list);

#endif
