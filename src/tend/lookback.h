/* SPDX-License-Identifier: MIT */
/*
 * What an execution's history says of one activity task, read backwards.
 *
 * A poll tells the id of the task's ActivityTaskStarted event; that tells
 * when it was started and names its ActivityTaskScheduled, which has the
 * timeouts.  Further back, an ActivityTaskTimedOut of the same activity id
 * may have the details of an attempt before.
 *
 *	lookback_init(&lookback, task->started_event_id);
 *	do
 *		get the next page of the history, the newest events first
 *	while (lookback_page(&lookback, &page) == LOOKBACK_MORE);
 *
 * Pure: pages in, values out.
 */
#ifndef TEND_LOOKBACK_H
#define TEND_LOOKBACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "aws/swf_history.h"

/* Attempts before, of any activity, that timed out and are kept in mind. */
enum { LOOKBACK_EARLIER = 32 };

struct lookback_earlier {
	int64_t scheduled_id;
	char *details;
};

/* Lengths are ms; INSTANT_NEVER: NONE; -1: the history does not say. */
struct lookback {
	int64_t started_id;
	int64_t started_at; /* wall time, ms; -1: not found */
	int64_t scheduled_id;
	char *activity_id; /* NULL: its ActivityTaskScheduled was not found */
	int64_t heartbeat;
	int64_t start_to_close;
	char *details; /* of an attempt before, or NULL */
	struct lookback_earlier earlier[LOOKBACK_EARLIER];
	size_t earlier_count;
};

enum lookback_state {
	LOOKBACK_MORE,    /* the next page is wanted */
	LOOKBACK_FOUND,   /* all of it */
	LOOKBACK_EARLY,   /* the start has not come into the history yet */
	LOOKBACK_MISSING, /* this execution never had such a task */
};

void lookback_init(struct lookback *, int64_t started_id);

/* EARLY: the same again, from the first page, a moment later. */
enum lookback_state lookback_page(struct lookback *,
    const struct swf_history *page);

void lookback_clear(struct lookback *);

/* Whether the timeouts are known, though there may be more to find. */
bool lookback_has_timeouts(const struct lookback *);

/* A timeout as SWF writes it: "60", "NONE"; NULL or anything else: -1. */
int64_t lookback_timeout(const char *text);

#endif
