/* SPDX-License-Identifier: MIT */
/*
 * --outcome FILE: one JSON line when a task ends.
 *
 * Exit statuses alone cannot tell a command that exited 124 from one that
 * stalled, nor whether SWF has the outcome.  The file is opened before
 * anything runs, so that a path that cannot be written is found out in time,
 * and is one for all tasks; lines are appended with one write each.  What a
 * pipe has no room for is lost, and nobody waits.  tend(1) lists the members.
 */
#ifndef TEND_RECORD_H
#define TEND_RECORD_H

#include <stdint.h>

#include "activity/activity.h"
#include "aws/swf.h"
#include "base/err.h"
#include "guard/message.h"
#include "tend/options.h"

struct record_file {
	int fd; /* -1: no file was asked for */
	const char *path;
};

struct record {
	const struct record_file *file;
	const struct swf_task *task;
	int pid;
	int64_t started_at; /* wall time, ms; -1: never */
	int64_t exited_at;
	int64_t user_us; /* of the whole tree; -1: not known */
	int64_t system_us;
	int64_t max_rss_kib;
};

/* Opens the file, if there is to be one.  Returns 0, or -1 with "err". */
int record_file_open(struct record_file *, const struct options *options,
    struct err *err);
void record_file_close(struct record_file *);

/* What is kept of one task; both outlive it. */
void record_init(struct record *, const struct record_file *file,
    const struct swf_task *task);

void record_started(struct record *, int pid);
void record_exited(struct record *);
void record_usage(struct record *, const struct guard_message *empty);

/* Appends the line; a failure is logged. */
void record_write(struct record *, const struct activity_outcome *outcome,
    enum activity_kind told, const char *reason, int exit_status);

#endif
