/* SPDX-License-Identifier: MIT */
/*
 * What still runs of a task whose tend has ended, and its end.
 *
 * Usually nothing does: a guard kills its tree when tend has gone.  Only who
 * kills both leaves somebody.  They are found
 *
 *  - by the guard's process id, if it is the guard: of this boot, in this pid
 *    namespace, started at that instant, in that session.  Its descendants
 *    are killed, and it is reminded to do so; if that does not end it, so is
 *    the guard;
 *  - by the mark that the command had in its environment, SURVIVORS_MARK, and
 *    that its descendants have inherited wherever setsid and double forks
 *    have taken them.  It is 128 bits of chance, so nobody else has it.
 *
 * Every process is held by its directory in /proc while it is looked at and
 * signalled (guard/proc.h), so that a recycled process id deceives nobody.
 */
#ifndef PROCESS_SURVIVORS_H
#define PROCESS_SURVIVORS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"

#define SURVIVORS_MARK "SWF_TASK_MARK"

enum {
	/* Room for survivors_world(). */
	SURVIVORS_WORLD = 96,
	/* Between two steps, ms. */
	SURVIVORS_STEP = 20,
	/* For so long a guard may do it by itself, ms. */
	SURVIVORS_PATIENCE = 2000
};

/* Which processes a process id can mean here: boot and pid namespace. */
void survivors_world(char text[SURVIVORS_WORLD]);

/* What tells a process from others with its id.  -1: it is gone. */
int survivors_identify(pid_t pid, int64_t *started, int64_t *session);

/*
 * The mark in an environment as /proc/PID/environ has it, which the process
 * can have changed to anything; NULL: none, or not all of it.
 */
const char *survivors_mark(const struct buf *environment);

struct survivors_task {
	const char *mark; /* NULL: only the guard's tree */
	const char *world;
	int64_t guard; /* 0: none */
	int64_t guard_started;
	int64_t session;
	size_t left; /* processes that the step before found alive */
};

/* For who waits for a step in another thread. */
struct survivors_look {
	/* Whose environment is being read, which may take for ever; or 0. */
	_Atomic(int32_t) process;
	const int32_t *left_out; /* whose is not */
	size_t left_out_count;
	bool blind; /* there were no descriptors to look by */
};

/* There may be any number of them: nobody could look. */
#define SURVIVORS_UNKNOWN SIZE_MAX

/*
 * Kills what there is of the tasks, and says how many processes that were, or
 * SURVIVORS_UNKNOWN; to be called every SURVIVORS_STEP until it says 0, by
 * process/hunt.h: it can block.  "harder": guards as well.
 */
size_t survivors_step(struct survivors_task *tasks, size_t count, bool harder,
    struct survivors_look *look);

#endif
