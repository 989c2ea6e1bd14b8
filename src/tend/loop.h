/* SPDX-License-Identifier: MIT */
/*
 * The loop: one thread, one blocking call.
 *
 * Everything of ours is in one epoll set: signalfd, guard sockets, pipes, a
 * CLOCK_BOOTTIME timerfd.  libcurl blocks for all of it (http_wait), with the
 * epoll set as its one further descriptor.  The clock is read once per
 * wake-up; loop_now() is that instant.  A wake-up handles what descriptors
 * have to say, then HTTP answers, then timers, each of them once.
 *
 * The loop has no policy and knows no activity.  Callbacks may add, change
 * and remove watches and timers, their own included; a timer that one of them
 * arms for "now" goes off in the next wake-up, which follows at once.
 */
#ifndef TEND_LOOP_H
#define TEND_LOOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct http;
struct loop;
struct loop_watch;

typedef void loop_function(void *arg);

/* A timer is its owner's memory; zero it, then set "call" and "arg". */
struct loop_timer {
	loop_function *call;
	void *arg;
	int64_t at;      /* the loop's own */
	size_t place;    /* in the heap, from 1; 0: not armed; the loop's own */
	uint64_t arming; /* which one this is; the loop's own */
};

/* Returns NULL with "err".  "http" stays the caller's. */
struct loop *loop_new(struct http *http, struct err *err);
void loop_free(struct loop *);

/* The instant of this wake-up. */
int64_t loop_now(const struct loop *);

/* This process was stopped in the middle of a wake-up: it is later now. */
void loop_refresh(struct loop *);

/*
 * Watches a descriptor for reading (level-triggered; a hang-up counts).  The
 * descriptor stays the caller's and must be open until loop_unwatch().
 * Returns NULL with "err".
 */
struct loop_watch *loop_watch(struct loop *, int descriptor,
    loop_function *call, void *arg, struct err *err);

/* Turns the watching off and on again; no system call if nothing changes. */
void loop_watch_on(struct loop_watch *, bool on);

/* NULL is ignored. */
void loop_unwatch(struct loop_watch *);

/* Arms a timer (again); INSTANT_NEVER disarms it. */
void loop_timer_set(struct loop *, struct loop_timer *timer, int64_t at);

/* Runs until loop_stop() is called, or returns at once if it was already. */
void loop_run(struct loop *);
void loop_stop(struct loop *);

#endif
