/* SPDX-License-Identifier: MIT */
/*
 * The end of a worker: nothing new is polled, what runs goes on for a while
 * and is then stopped, and all of it is over by the stop deadline.
 *
 *	drain_init(&drain);              the fields of the owner are set
 *	drain_begin(&drain, "no task for 5m");    the worker ends by itself
 *	drain_stop(&drain, signal, n);   it is told to, for the n-th time
 *	drain_check(&drain);             whenever a slot was freed or a poll
 *	                                 has ended; no harm before the drain
 *	drain_close(&drain);
 *
 * The first signal begins the drain, the second (or --drain-timeout) stops
 * what still runs, the third kills it and waits for polls no longer, and for
 * what cannot be reported no more than a second.  A drain that the worker
 * began by itself lasts as long as its tasks do.
 *
 * When nothing is left the output is ended, and with it the loop.
 */
#ifndef TEND_DRAIN_H
#define TEND_DRAIN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "tend/loop.h"

struct options;
struct output;
struct poller;
struct slots;

struct drain {
	/* The owner's; all outlive the drain. */
	struct loop *loop;
	const struct options *options;
	struct output *output;
	struct poller *poller;
	struct slots *slots;
	loop_function *begun; /* once, when the drain has begun */
	void *arg;
	/* To be read. */
	bool draining;
	bool stopping; /* the ladder has begun for all */
	int signal;    /* that was the first; 0: none */
	int status;    /* the worker's exit status */
	/* drain.c's own */
	struct loop_timer stop_timer; /* what runs is stopped */
	struct loop_timer end_timer;  /* the stop deadline */
	bool leaving;                 /* polls are no longer waited for */
	bool ended;                   /* only output may be left */
	int64_t ends_at;
};

void drain_init(struct drain *);

void drain_begin(struct drain *, const char *why);
void drain_stop(struct drain *, int signal, int request);

/* There is no use in going on: status 125, and polls are not waited for. */
void drain_give_up(struct drain *, const struct err *why);

void drain_check(struct drain *);

/* How long an outcome may be reported that is decided now. */
int64_t drain_report_until(const struct drain *);

/* Disarms the timers; a struct that is all zero is fine. */
void drain_close(struct drain *);

#endif
