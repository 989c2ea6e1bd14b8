/* SPDX-License-Identifier: MIT */
/*
 * --outcome FILE: one JSON line when a task ends.
 *
 * Exit statuses alone cannot tell a command that exited 124 from one that
 * stalled, nor whether SWF has the outcome.  The file is opened before
 * anything runs, so that a path that cannot be written is found out in time;
 * lines are appended with one write each.  tend(1) lists the members.
 */
#ifndef TEND_RECORD_H
#define TEND_RECORD_H

#include <stdint.h>

#include "activity/activity.h"
#include "aws/swf.h"
#include "base/err.h"
#include "guard/message.h"
#include "tend/options.h"

struct record {
	int fd; /* -1: no file was asked for */
	const char *path;
	const struct swf_task *task;
	int pid;
	int64_t started_at; /* wall time, ms; -1: never */
	int64_t exited_at;
	int64_t user_us; /* of the whole tree; -1: not known */
	int64_t system_us;
	int64_t max_rss_kib;
};

/* Opens the file, if there is to be one.  Returns 0, or -1 with "err". */
int record_open(struct record *, const struct options *options,
    const struct swf_task *task, struct err *err);

void record_started(struct record *, int pid);
void record_exited(struct record *);
void record_usage(struct record *, const struct guard_message *empty);

/* Appends the line; a failure is logged. */
void record_write(struct record *, const struct activity_outcome *outcome,
    enum activity_kind told, const char *reason, int exit_status);

void record_close(struct record *);

#endif
