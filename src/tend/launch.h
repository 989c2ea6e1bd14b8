/* SPDX-License-Identifier: MIT */
/*
 * What a command is started with: pipes, input, files, environment, guard.
 *
 * launch_open() makes all of it and starts the guard; the command itself runs
 * only when guard_start() says so.  launch_close() removes the files and
 * lets go of the guard (which then kills what it still has).
 */
#ifndef TEND_LAUNCH_H
#define TEND_LAUNCH_H

#include "base/err.h"
#include "tend/streams.h"

struct guard;
struct supervisor_setup;

struct launch {
	struct guard *guard;
	int pipes[STREAMS_COUNT]; /* read ends; -1: none, or taken over */
	int terminal;             /* the command's side of --pty, or -1 */
	char *directory;          /* private to the task; NULL: none */
	char *input_file;         /* in it, or NULL */
	char *result_file;        /* likewise; the command makes it */
};

/* Nothing yet; launch_close() may be called. */
#define LAUNCH_NONE ((struct launch){ .pipes = { -1, -1, -1 }, .terminal = -1 })

/* Returns 0, or -1 with "err"; launch_close() in any case. */
int launch_open(struct launch *launch, const struct supervisor_setup *setup,
    struct err *err);
void launch_close(struct launch *launch);

#endif
