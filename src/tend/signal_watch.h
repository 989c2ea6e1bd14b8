/* SPDX-License-Identifier: MIT */
/*
 * The signals that tend itself gets, sorted by what they mean to it.
 *
 * TERM, INT and QUIT ask it to stop, each time a bit harder, unless they were
 * ignored when it was started; one that only repeats the last
 * (signals_is_echo()) does not count.
 */
#ifndef TEND_SIGNAL_WATCH_H
#define TEND_SIGNAL_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "process/signals.h"

struct inherited;
struct loop;
struct loop_watch;

struct signal_handlers {
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
	struct signals_request request; /* the newest one */
};

/* Returns 0, or -1 with "err"; signal_watch_close() in any case. */
int signal_watch_open(struct signal_watch *, struct loop *loop,
    const struct inherited *inherited, const struct signal_handlers *handlers,
    void *arg, struct err *err);

/* A struct that is all zero is fine. */
void signal_watch_close(struct signal_watch *);

#endif
