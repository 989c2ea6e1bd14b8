/* SPDX-License-Identifier: MIT */
/*
 * --spool DIR: what tend keeps of its tasks on disk (process/spool.h).
 *
 * There is one struct spooling for all tasks of a tend, and one struct kept
 * for each task, which turns what the core wants to have put down into
 * records, and their answers into events.
 */
#ifndef TEND_SPOOLING_H
#define TEND_SPOOLING_H

#include <stdbool.h>

#include "activity/activity.h"
#include "aws/endpoint.h"
#include "aws/swf.h"
#include "base/err.h"
#include "process/guard.h"
#include "process/spool.h"
#include "process/survivors.h"
#include "tend/options.h"

struct loop;
struct loop_watch;
struct texts_report;

struct spooling {
	struct loop *loop;
	struct spool *spool; /* NULL: there is none */
	struct loop_watch *watch;
	const struct endpoint *endpoint;
	char world[SURVIVORS_WORLD];
	bool leaves;
	bool tries_again; /* what is not delivered is handed on, for takeover.h
			   */
};

/*
 * Opens the spool, if there is to be one; makes the directory, if "make".
 * "endpoint" is kept.  Returns 0, or -1 with "err"; spooling_close() in any
 * case, of a struct that was zeroed before, when all that was kept has ended.
 */
int spooling_open(struct spooling *, struct loop *loop,
    const struct options *options, const struct endpoint *endpoint, bool make,
    struct err *err);
void spooling_close(struct spooling *);

/* ---- one task ---- */

typedef void kept_event(void *arg, const struct activity_event *event);

struct kept {
	struct spooling *spooling; /* NULL: nothing is kept */
	struct spool_entry *entry;
	uint8_t key[SPOOL_KEY];
	char mark[SPOOL_KEY_TEXT]; /* of the command's processes; or "" */
	bool failed;               /* the outcome is not on disk */
	kept_event *event;
	void *arg;
};

/* "spooling" may be NULL, or be without a spool: then nothing is kept. */
void kept_init(struct kept *, struct spooling *spooling, kept_event *event,
    void *arg);

/* Each is answered by its event, at once or later. */
void kept_start(struct kept *, const struct swf_task *task,
    const struct guard *guard);
void kept_outcome(struct kept *, const struct texts_report *report, bool alive);

/*
 * The end of the task: it is no longer kept, or left for later; which of them
 * is in the log, after "label".
 */
void kept_end(struct kept *, const struct activity_outcome *outcome,
    const char *label);

/* The end of tend, with the task still in hand: it is left for later. */
void kept_leave(struct kept *);

#endif
