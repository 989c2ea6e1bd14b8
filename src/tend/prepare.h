/* SPDX-License-Identifier: MIT */
/*
 * The way to an execution of "tend submit": registers what is missing and
 * starts a new one, or finds the one that is to be taken up.
 *
 * Only what is missing is registered, which needs no permission to register
 * where nothing is: a refusal counts when what it was for turns out to be
 * missing.
 */
#ifndef TEND_PREPARE_H
#define TEND_PREPARE_H

#include <stdbool.h>

#include "base/err.h"
#include "tend/ask.h"
#include "tend/order.h"

struct prepare_setup {
	struct asker *asker;
	const char *domain; /* all texts are kept, not copied */
	const char *workflow_id;
	const char *decision_list;
	const struct order *order; /* NULL: find it */
	int64_t time_limit;        /* s */
	bool no_register;
	void (*done)(void *arg);
	void *arg;
};

enum prepare_end {
	PREPARE_PENDING,
	PREPARE_READY, /* it is there; run_id is NULL if nobody said it */
	PREPARE_FAILED /* "problem" says why */
};

/* The fields are prepare.c's own, but for the first five, to be read. */
struct prepare {
	enum prepare_end end;
	bool may_be_started; /* there may be an execution, if not READY */
	bool doubtful;       /* it may be somebody else's, if READY */
	char *run_id;
	struct err problem;
	struct err denied; /* why the activity type was not registered; or "" */

	struct prepare_setup setup;
	struct ask ask;
	int step;
	bool has_domain; /* registered from here */
	bool has_workflow_type;
	int searches;
	struct loop_timer search_timer;
};

/* Starts at once; "done" is called once, from the loop. */
void prepare_start(struct prepare *, const struct prepare_setup *setup);

/* Stops what is under way. */
void prepare_stop(struct prepare *);
void prepare_clear(struct prepare *);

#endif
