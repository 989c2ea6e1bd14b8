/* SPDX-License-Identifier: MIT */
/*
 * A task that is failed without having been run: its type is not known, it
 * came too late, its command could not be prepared.
 *
 * RespondActivityTaskFailed is repeated (tend/delivery.h) until SWF has it,
 * refuses it for good, or "until" has come.
 */
#ifndef TEND_REFUSAL_H
#define TEND_REFUSAL_H

#include <stdint.h>

#include "tend/loop.h"

struct numbers;
struct refusal;
struct swf_client;

struct refusal_setup {
	struct loop *loop;
	struct swf_client *client;
	const char *token;  /* outlives it; so does the label */
	const char *label;  /* before each line of the log */
	const char *reason; /* copied, and made fit for SWF */
	int64_t until;
	struct numbers *numbers;
	loop_function *done; /* from the loop, never from refusal_new() */
	void *arg;
};

struct refusal *refusal_new(const struct refusal_setup *setup);

/* It ends at this instant at the latest. */
void refusal_bound(struct refusal *, int64_t until);

/* Forgets what is in flight; NULL is ignored. */
void refusal_free(struct refusal *);

#endif
