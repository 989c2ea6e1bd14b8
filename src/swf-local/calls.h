/* SPDX-License-Identifier: MIT */
/*
 * What was called, when and how it ended: counters for each operation and
 * the last CALLS_KEPT calls, for tests that want to know at which instant a
 * heartbeat arrived and what it said; and the log line of each call.
 */
#ifndef SWF_LOCAL_CALLS_H
#define SWF_LOCAL_CALLS_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "swf-local/state.h"

enum {
	CALLS_KEPT = 10000,
	CALL_TEXT_MAX = 8192 /* bytes kept of details, result or reason */
};

/* One call as it is kept; texts are NULL when there are none. */
struct kept {
	uint64_t sequence;
	char *operation;
	char *outcome;   /* "ok", a fault's name, or what was injected */
	int64_t arrived; /* microseconds of CLOCK_BOOTTIME */
	int64_t answered;
	int64_t wall; /* microseconds, of the arrival */
	char *workflow_id;
	char *run_id;
	char *activity_id;
	char *details;
	char *result;
	char *reason;
};

struct calls {
	struct kept *ring; /* allocated as it fills */
	size_t count;
	size_t room;
	uint64_t next; /* sequence number of the next call, from 1 */
	uint64_t base; /* that of the first since the last clearing */
	struct counter *counters;
	size_t counter_count;
};

void calls_init(struct calls *calls);
void calls_clear(struct calls *calls);

/*
 * Keeps and logs one call that has ended.  "kept" gives the times and the
 * outcome and is otherwise filled from "call"; all is copied.
 */
void calls_add(struct calls *calls, const struct kept *kept,
    const struct call *call, const char *operation);

/*
 * Writes {"calls":[...],"counters":{...}}: the calls kept whose sequence
 * number is over "since", only those of "operation" unless it is NULL.
 */
void calls_write(const struct calls *calls, const char *operation,
    uint64_t since, struct buf *out);

#endif
