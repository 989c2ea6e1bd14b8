/* SPDX-License-Identifier: MIT */
/*
 * The signals that tend itself gets, sorted by what they mean to it.
 *
 * TERM, INT and QUIT ask it to stop, each time a bit harder, unless they were
 * ignored when it was started.  timeout(1) signals its child and then its own
 * process group, which is one request and not two; so does who kills a group
 * that a terminal has told already.  Nobody means more by it: the same signal
 * again within a moment does not count.
 */
#ifndef TEND_SIGNAL_WATCH_H
#define TEND_SIGNAL_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct inherited;
struct loop;
struct loop_watch;

struct signal_handlers {
	/* Whether there is somebody who can act upon them; if not, they wait
	 * and the loop is to be stopped.  NULL: there always is. */
	bool (*ready)(void *arg);
	/* "signal" is the "request"-th one, from 1 on. */
	void (*stop)(void *arg, int signal, int request);
	void (*child)(void *arg);   /* SIGCHLD */
	void (*suspend)(void *arg); /* SIGTSTP */
	void (*resume)(void *arg);  /* SIGCONT */
	/* Every other one that a command may want; NULL: nobody does. */
	void (*forward)(void *arg, int signal);
};

struct signal_watch {
	struct loop *loop;
	const struct inherited *inherited;
	struct signal_handlers handlers;
	void *arg;
	int descriptor; /* signalfd */
	struct loop_watch *watch;
	int requests;
	int stop_signal;    /* the newest request */
	int64_t stopped_at; /* when that was */
};

/* Returns 0, or -1 with "err"; signal_watch_close() in any case. */
int signal_watch_open(struct signal_watch *, struct loop *loop,
    const struct inherited *inherited, const struct signal_handlers *handlers,
    void *arg, struct err *err);

/* A struct that is all zero is fine. */
void signal_watch_close(struct signal_watch *);

#endif
