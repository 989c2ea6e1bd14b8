/* SPDX-License-Identifier: MIT */
/*
 * What a worker counts: polls, heartbeats, tasks, bytes.  Its parts tell of
 * what happens; who wants to see it is in tend/checkup.h.
 *
 * A NULL counts nothing, so that "tend run" has no numbers and needs none.
 * What is told of polls and heartbeats also makes the worker's health.
 *
 * Pure: time is an argument.
 */
#ifndef TEND_NUMBERS_H
#define TEND_NUMBERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "aws/swf.h"
#include "tend/health.h"
#include "text/metrics.h"

struct activity_outcome;

/* Kinds of calls. */
enum numbers_call {
	NUMBERS_POLL,
	NUMBERS_HEARTBEAT,
	NUMBERS_REPORT,
	NUMBERS_LOOKUP, /* of timeouts: histories, activity types */
	NUMBERS_CALLS
};

enum numbers_poll {
	NUMBERS_POLL_TASK,
	NUMBERS_POLL_EMPTY,
	NUMBERS_POLL_LIMITED, /* enough others poll */
	NUMBERS_POLL_THROTTLED,
	NUMBERS_POLL_REFUSED,
	NUMBERS_POLL_ERROR, /* no answer, or none that makes sense */
	NUMBERS_POLLS
};

enum numbers_beat {
	NUMBERS_BEAT_ACCEPTED,
	NUMBERS_BEAT_THROTTLED,
	NUMBERS_BEAT_GONE, /* SWF has closed the task */
	NUMBERS_BEAT_REFUSED,
	NUMBERS_BEAT_ERROR, /* no answer, or a failure of the service */
	NUMBERS_BEATS
};

enum numbers_task {
	NUMBERS_TASK_COMPLETED,
	NUMBERS_TASK_FAILED,
	NUMBERS_TASK_CANCELED,
	NUMBERS_TASK_REFUSED,    /* failed without having been run */
	NUMBERS_TASK_LOST,       /* SWF closed it, or the lease ran out */
	NUMBERS_TASK_UNREPORTED, /* it ended, and SWF could not be told */
	NUMBERS_TASKS
};

enum numbers_stream { NUMBERS_STDOUT, NUMBERS_STDERR, NUMBERS_STREAMS };

struct numbers {
	struct health health;
	uint64_t polls[NUMBERS_POLLS];
	uint64_t beats[NUMBERS_BEATS];
	uint64_t tasks[NUMBERS_TASKS];
	uint64_t throttles[NUMBERS_CALLS];
	uint64_t retries[NUMBERS_CALLS];
	uint64_t bytes[NUMBERS_STREAMS];
	struct metrics_histogram latency;  /* s, of heartbeats */
	struct metrics_histogram lateness; /* s, likewise */
};

void numbers_init(struct numbers *);

/* What is wrong with a call, before it is told that it has failed. */
void numbers_problem(struct numbers *, enum numbers_call call, const char *code,
    const char *message);

/* A poll that was sent at "sent_at" has ended. */
void numbers_poll(struct numbers *, enum numbers_poll how, int64_t sent_at,
    int64_t now);

/* A heartbeat goes out at "now" that was to go at "at". */
void numbers_beat_sent(struct numbers *, int64_t at, int64_t now);

/* A heartbeat or a report was answered. */
void numbers_answered(struct numbers *, enum numbers_call call,
    enum swf_class class, int64_t sent_at, int64_t now);

/* Or it was not sent, or not answered in time. */
void numbers_unanswered(struct numbers *, enum numbers_call call,
    int64_t sent_at, int64_t now);

/* A call is sent because the one before has failed; or one was throttled. */
void numbers_retry(struct numbers *, enum numbers_call call);
void numbers_throttle(struct numbers *, enum numbers_call call);

/* A task has ended: one that was supervised, or another one. */
void numbers_outcome(struct numbers *, const struct activity_outcome *outcome);
void numbers_task(struct numbers *, enum numbers_task how);

/* No task is left: how heartbeats fared does not count for the next. */
void numbers_idle(struct numbers *);

/* A command has printed "len" bytes. */
void numbers_output(struct numbers *, enum numbers_stream stream, size_t len);

#endif
