/* SPDX-License-Identifier: MIT */
/*
 * The stage on which "tend try" has its command perform: a private swf-local,
 * and in it an execution with one activity task.
 *
 *  1. stage_new() starts swf-local;
 *  2. stage_set() registers what is needed, starts the execution, schedules
 *     the activity and takes its task; from then on stage_url(),
 *     stage_client() and stage_task() are there;
 *  3. stage_cancel() requests the execution's cancellation and passes it on to
 *     the activity, as a decider would; stage_tell() reads the history;
 *  4. stage_free() ends swf-local.
 *
 * Each of set, cancel and tell ends by a call of "done", from the loop; one
 * that begins while another has not ended takes its place.
 */
#ifndef TEND_STAGE_H
#define TEND_STAGE_H

#include <stdint.h>

#include "aws/swf_history.h"
#include "base/err.h"

/* Of the activity task. */
#define STAGE_DOMAIN "tend-try"

struct http;
struct inherited;
struct loop;
struct stage;
struct swf_client;
struct swf_task;

struct stage_setup {
	struct loop *loop;
	struct http *http;
	const struct inherited *inherited;
	const char *input; /* of the activity; NULL: none */
	/* Whole seconds, in ms; INSTANT_NEVER: none. */
	int64_t heartbeat_timeout;
	int64_t start_to_close;
	void (*lost)(void *arg); /* swf-local has ended; after any "done" */
	void *arg;
};

/* "problem" is NULL if all went well. */
typedef void stage_done(void *arg, const struct err *problem);

/* Returns NULL with "err". */
struct stage *stage_new(const struct stage_setup *setup, struct err *err);

void stage_set(struct stage *, stage_done *done, void *arg);
void stage_cancel(struct stage *, stage_done *done, void *arg);
void stage_tell(struct stage *, stage_done *done, void *arg);

/* Where swf-local is, and so its page for people. */
const char *stage_url(const struct stage *);

struct swf_client *stage_client(const struct stage *);
const struct swf_task *stage_task(const struct stage *);

/* Valid once stage_tell() is done. */
const struct swf_history *stage_history(const struct stage *);

void stage_free(struct stage *);

#endif
