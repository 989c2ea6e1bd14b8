/* SPDX-License-Identifier: MIT */
/*
 * Signals for the tree: the command, which is called the leader, and every
 * other descendant of this process, wherever setsid and double forks have
 * taken it.
 *
 * Nobody else is ever signalled.  The leader's process group is signalled as
 * a whole while the leader, alive or a zombie, holds its number; others one
 * by one, each opened first and then seen to be a descendant.
 */
#ifndef GUARD_TREE_H
#define GUARD_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct tree {
	pid_t leader;        /* its process group has the same number */
	int32_t proc_leader; /* the leader as /proc counts it */
	bool native;         /* these two are the same kind of number */
	bool held;           /* the leader has not been reaped */
};

/* Of a leader that has just been forked and is the only child. */
void tree_init(struct tree *tree, pid_t leader);

/*
 * Sends a signal to everybody in the tree, once; and then, unless "next" is
 * 0, a second one.  The leader's group gets both at once, before the others
 * are looked for.
 */
void tree_signal(const struct tree *tree, int signal, int next);

/* SIGKILL to everybody, found anew. */
void tree_kill(const struct tree *tree);

/*
 * The same for a tree that grows as fast as it is killed: stops all of it
 * first.  What is stopped forks no more, and its place under the limit on
 * processes stays taken, so that this comes to an end.
 */
void tree_kill_frozen(const struct tree *tree);

/* Reaps every child that has ended, the leader excepted.  How many. */
size_t tree_reap_others(const struct tree *tree, int *killed);

/*
 * Reaps the leader, which must have ended.  Its number may belong to
 * somebody else from now on.
 */
void tree_reap_leader(struct tree *tree, int *killed);

/* Whether the leader, ended and not reaped, is the only child left. */
bool tree_is_leader_alone(const struct tree *tree);

/* Whether the kernel says that there is no child, dead or alive. */
bool tree_is_empty(void);

#endif
