/* SPDX-License-Identifier: MIT */
/*
 * The tasks that a worker has in hand: each supervised, or being failed
 * because it cannot be run.
 *
 * A slot is in use from slots_run() or slots_fail() until "freed" is called,
 * which is when SWF has the outcome, or never will.  "executed" tells before
 * that how the start of a command went.
 *
 * To start a command takes about as long as all else that is done for it, so
 * no more than one is started in each turn of the loop: of many tasks that
 * come in together the first may end, and be reported, while the last waits.
 *
 * Heartbeats go out as the one budget of all slots lets them (tend/budget.h).
 *
 * With --heartbeat-timeout auto a command waits for what is found out about
 * its task, for a moment at most (tend/timeouts.h).
 */
#ifndef TEND_SLOTS_H
#define TEND_SLOTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "aws/swf.h"
#include "tend/budget.h"
#include "tend/loop.h"
#include "tend/supervisor.h"

struct slot;
struct timeouts;

/* How the start of a command went. */
enum slots_start {
	SLOTS_EXECUTED,
	SLOTS_UNEXECUTED, /* it cannot be executed */
	SLOTS_UNPREPARED  /* no descriptor, no process, no disk for it */
};

/* Where tasks are. */
enum slots_state {
	SLOTS_STARTING, /* the command waits for what is found out of its task
			 */
	SLOTS_RUNNING,
	SLOTS_STOPPING, /* or its tree is not yet empty */
	SLOTS_REPORTING,
	SLOTS_STATES
};

struct slots_count {
	size_t in[SLOTS_STATES];
	int64_t lease; /* the earliest end of one; INSTANT_NEVER: no lease */
};

struct slots {
	/* What all supervisors have in common; the rest is filled in. */
	struct supervisor_setup setup;
	struct timeouts *timeouts; /* NULL: they are given */
	void (*executed)(void *arg, enum slots_start how);
	void (*freed)(void *arg);
	void *arg;
	/* slots.c's own */
	struct budget budget; /* of all their heartbeats */
	size_t used;
	LIST_HEAD(slot_list, slot) list;
	struct slot_list ended;
	struct loop_timer burial;
	TAILQ_HEAD(slot_queue, slot) queue; /* to be started */
	struct loop_timer turn;
};

/* "setup", "executed", "freed" and "arg" are set, the rest is zero. */
void slots_init(struct slots *);

/* Each takes the task over and uses a slot. */
void slots_run(struct slots *, struct swf_task *task, char *const *argv);
void slots_fail(struct slots *, struct swf_task *task, const char *reason,
    int64_t until);
void slots_fail_stopped(struct slots *, struct swf_task *task, int signal,
    int64_t until);

/* For all of them; see tend/supervisor.h. */
void slots_stop(struct slots *, int signal, int64_t deadline);
void slots_forward(struct slots *, int signal);
void slots_suspend(struct slots *);
void slots_resume(struct slots *);
void slots_writable(struct slots *);

void slots_count(const struct slots *, struct slots_count *count);

/* Forgets all; the guards of those that still run kill them. */
void slots_clear(struct slots *);

#endif
