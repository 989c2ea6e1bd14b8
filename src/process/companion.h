/* SPDX-License-Identifier: MIT */
/*
 * A companion: the private swf-local of "tend try".
 *
 * It is in a process group of its own, so that the terminal's ^C is not for
 * it, has no descriptor of tend's but stderr, and ends when tend does: its
 * standard input is a socket whose other end is tend's alone, and the kernel
 * closes that however tend ends.  What it says on standard output, its port,
 * comes by the same socket.
 *
 *  1. companion_start();
 *  2. the owner watches companion_descriptor() for reading and calls
 *     companion_read();
 *  3. companion_stop() kills it, waits for it and frees: nothing of its state
 *     is to be kept.
 *
 * Whoever reaps all children (process/orphans.h) asks companion_owns() and
 * says companion_reaped(): its number is then not its own any more.
 */
#ifndef PROCESS_COMPANION_H
#define PROCESS_COMPANION_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"

struct companion;
struct inherited;

enum companion_read {
	COMPANION_STARTING, /* nothing to say yet */
	COMPANION_READY,    /* it listens on "port" */
	COMPANION_ENDED     /* or has said what nobody understands */
};

/*
 * Finds swf-local: beside the running program, else on PATH.  Returns a new
 * string, or NULL with "err" saying what to do.
 */
char *companion_find(struct err *err);

/* Starts the program at "path".  Returns NULL with "err". */
struct companion *companion_start(const char *path,
    const struct inherited *inherited, struct err *err);

int companion_descriptor(const struct companion *);
pid_t companion_pid(const struct companion *);

/* Never blocks.  Once it was READY, it is so until it ends. */
enum companion_read companion_read(struct companion *, int *port);

/* NULL is fine. */
void companion_stop(struct companion *);

bool companion_owns(pid_t pid);
void companion_reaped(pid_t pid);

#endif
