/* SPDX-License-Identifier: MIT */
/*
 * A program that is run for its output, which may be secret: one that prints
 * credentials.
 *
 * It is started without a shell, in a process group of its own, with
 * /dev/null as standard input and tend's standard error, the signal mask that
 * tend was started with, and no descriptor of tend's or of the command's.
 * Its end is its exit: what it has left behind may live on, and a pipe that
 * such a one keeps open is not waited for.
 *
 *  1. capture_start();
 *  2. the owner watches capture_descriptor() for reading and calls
 *     capture_read() until it says something else than RUNNING; he has the
 *     clock, and calls capture_kill() when it takes too long;
 *  3. capture_free() kills the process group, if the program still runs, and
 *     overwrites the output.
 *
 * Whoever reaps all children (process/orphans.h) asks capture_owns() and says
 * capture_reaped().
 */
#ifndef PROCESS_CAPTURE_H
#define PROCESS_CAPTURE_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"

struct capture;
struct inherited;

struct capture_setup {
	char *const *argv; /* argv[0] is looked for on PATH */
	char *const *envp;
	const struct inherited *inherited;
	size_t output_max; /* bytes */
};

enum capture_read {
	CAPTURE_RUNNING,
	CAPTURE_ENDED,
	CAPTURE_TOO_LONG /* it was killed for that */
};

struct capture_end {
	int exit_status;    /* -1: killed by a signal, or not known */
	int signal;         /* that one; or 0 */
	const char *output; /* the capture's, NUL after it */
	size_t output_len;
};

/* Returns NULL with "err" if there is no such program, or no process. */
struct capture *capture_start(const struct capture_setup *setup,
    struct err *err);

int capture_descriptor(const struct capture *);

/* Never blocks.  "end" is set by ENDED and TOO_LONG. */
enum capture_read capture_read(struct capture *, struct capture_end *end);

/* SIGKILL to its group; its end is still to be read. */
void capture_kill(struct capture *);

/* NULL is fine. */
void capture_free(struct capture *);

bool capture_owns(pid_t pid);
void capture_reaped(const siginfo_t *info);

#endif
