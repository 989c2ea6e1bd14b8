/* SPDX-License-Identifier: MIT */
/*
 * One Respond* that nothing runs behind any more: an outcome whose command
 * has long ended, or that never had one.
 *
 * It is repeated (250 ms, doubling to 10 s, less up to half of it by chance)
 * until SWF has it, or says that there is no such task, or refuses it for
 * good, or "until" has come.  A text that SWF does not like is said once more
 * with as few words as can be.
 */
#ifndef TEND_DELIVERY_H
#define TEND_DELIVERY_H

#include <stdbool.h>
#include <stdint.h>

#include "tend/calls.h"
#include "tend/loop.h"
#include "tend/texts.h"

struct numbers;

enum delivery_end {
	DELIVERY_TAKEN,
	DELIVERY_ASSUMED, /* gone, after an attempt without answer */
	DELIVERY_GONE,    /* gone, and not by this */
	DELIVERY_INVALID, /* SWF cannot make sense of it, however short */
	DELIVERY_REFUSED, /* for good: credentials, permission */
	DELIVERY_LATE     /* "until" has come */
};

struct delivery_setup {
	struct loop *loop;
	struct swf_client *client;
	/* All texts are kept, not copied; the label is for the log. */
	const char *token;
	const char *label;
	struct texts_report report;
	int64_t until;
	struct numbers *numbers; /* NULL: nobody counts */
	/* From the loop, never from delivery_begin(). */
	void (*done)(void *arg, enum delivery_end end);
	void (*throttled)(void *arg); /* NULL: nobody cares */
	void *arg;
};

/* Its owner's memory; the fields are delivery.c's own. */
struct delivery {
	struct delivery_setup setup;
	struct calls calls;
	struct loop_timer timer; /* of the next attempt, or of the end */
	int64_t delay;
	uint32_t attempt;
	bool ambiguous;
	bool minimal;
	bool over;
	enum delivery_end end;
};

void delivery_begin(struct delivery *, const struct delivery_setup *setup);

/* No attempt begins after this instant. */
void delivery_bound(struct delivery *, int64_t until);

/* Forgets what is in flight; of one that was zeroed, too. */
void delivery_drop(struct delivery *);

#endif
