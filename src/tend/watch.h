/* SPDX-License-Identifier: MIT */
/*
 * Watches over an execution of "tend submit" until it is closed: polls for
 * its decision tasks, reads its history, answers what tend/decider decides
 * and logs what happens.
 *
 * A decision task comes only when there is something to decide.  That a
 * worker has started the task, or that somebody has terminated the
 * execution, is seen by reading the history now and then: soon after
 * something happened, and less and less often, every 10 s in the end.
 *
 * Nothing here gives up while the execution may still end well: calls that
 * fail are tried again (tend/ask.h), and only a refusal for good ends it.
 */
#ifndef TEND_WATCH_H
#define TEND_WATCH_H

#include <stdbool.h>

#include "base/err.h"
#include "tend/ask.h"
#include "tend/decider.h"

struct watch;

struct watch_setup {
	struct asker *asker;
	const char *domain; /* these are kept, not copied */
	const char *workflow_id;
	const char *decision_list;
	const char *identity;
	const char *run_id; /* NULL: the decision task tells; copied */
	bool fresh;         /* it was started a moment ago */
	/* What it must be for; NULL: it is known to be the one.  Kept. */
	const struct order *order;
	void (*same)(void *arg); /* it is; called if there is "order" */
	void (*done)(void *arg);
	void *arg;
};

/* Starts at once; "done" is called once, from the loop. */
struct watch *watch_new(const struct watch_setup *setup);
void watch_free(struct watch *);

/* Something has happened: reads the history now. */
void watch_look(struct watch *);

/* NULL: not known yet. */
const char *watch_run_id(const struct watch *);

/* After "done", or before. */
const struct decider *watch_decider(const struct watch *);

/* Why it was given up while the execution is open; "": it was not. */
const char *watch_problem(const struct watch *);

#endif
