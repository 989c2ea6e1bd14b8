/* SPDX-License-Identifier: MIT */
/*
 * Polls a task list: PollForActivityTask, as often as tend/polling.h says.
 *
 *  1. poller_new();
 *  2. poller_update() whenever there may be more free slots than before;
 *  3. "task" gets each task that comes in; "ended" is called after each poll
 *     that has ended, whatever it brought; "refused" once, if there is no use
 *     in going on: then nothing more is polled;
 *  4. poller_stop(): no new polls.  Those that are outstanding are never
 *     given up while tend lives: SWF may have handed a task to one of them
 *     (but for those that wait for credentials, and were never sent);
 *  5. poller_free(), which forgets what is outstanding.
 */
#ifndef TEND_POLLER_H
#define TEND_POLLER_H

#include <stdbool.h>
#include <stddef.h>

#include "aws/swf.h"
#include "base/err.h"

struct loop;
struct poller;

struct poller_setup {
	struct loop *loop;
	struct swf_client *client;
	const char *domain;
	const char *task_list;
	const char *identity;
	size_t max_polls;
	size_t max_tasks;                /* 0: no limit */
	size_t (*free_slots)(void *arg); /* those of polls included */
	void (*task)(void *arg, struct swf_task *task); /* takes it over */
	void (*ended)(void *arg);
	void (*refused)(void *arg, const struct err *why);
	void *arg;
};

/* What "setup" points to outlives the poller. */
struct poller *poller_new(const struct poller_setup *setup);
void poller_free(struct poller *);

void poller_update(struct poller *);
void poller_stop(struct poller *);

size_t poller_outstanding(const struct poller *);

/* Whether all the tasks of max_tasks have come in. */
bool poller_is_over(const struct poller *);

/*
 * How the start of a command went; "at_once": it was not even tried.  The
 * caller calls poller_update() when it has done what it does about it.
 */
void poller_executed(struct poller *);
void poller_unexecuted(struct poller *, bool at_once);

#endif
