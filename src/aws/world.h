/* SPDX-License-Identifier: MIT */
/*
 * What the parts of src/aws that take their time need of the program around
 * them.  Nobody here waits: each asks and is called back from the loop.
 */
#ifndef AWS_WORLD_H
#define AWS_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct http;
struct aws_running;

/* How a program ended that was run for its output. */
struct aws_program_end {
	int exit_status;    /* -1: killed by a signal */
	int signal;         /* that one; or 0 */
	bool timed_out;     /* was killed for it */
	bool too_long;      /* was killed for it */
	const char *output; /* of its standard output, NUL after it */
	size_t output_len;
};

typedef void aws_program_done(void *arg, const struct aws_program_end *end);

/*
 * A program, to be run without a shell, with the environment that tend was
 * started with, /dev/null as standard input and tend's standard error.
 */
struct aws_program {
	char *const *argv; /* argv[0] is looked for on PATH */
	int64_t timeout;   /* ms; then it is killed, with its process group */
	size_t output_max; /* bytes; likewise */
	aws_program_done *done;
	void *arg;
};

struct aws_world {
	struct http *http;
	/*
	 * Starts a program; "done" is called once, never from here; what it
	 * gets is valid during the call and overwritten afterwards.  Returns
	 * NULL with "err" if it cannot be started.
	 */
	struct aws_running *(*run)(void *arg, const struct aws_program *program,
	    struct err *err);
	/* Kills one; its "done" is not called. */
	void (*kill)(void *arg, struct aws_running *running);
	void *arg;
	/* What a keeper (aws/keeper.h) knows of this host's clock: ms to add
	 * for the service's; and that the service has not told yet, but
	 * will with its first answer. */
	int64_t skew;
	bool skew_unknown;
};

#endif
