/* SPDX-License-Identifier: MIT */
/*
 * What the guard of one activity says: heard in the loop, written down
 * (texts, record, terminal, log) and passed on as events for the core.
 *
 * When the guard is lost, what it guarded is swept; that it is all dead is
 * one more event.
 */
#ifndef TEND_HEARING_H
#define TEND_HEARING_H

#include <stdbool.h>

#include "activity/activity.h"
#include "base/err.h"
#include "tend/loop.h"
#include "tend/sweep.h"

struct guard;
struct loop_watch;
struct record;
struct supervisor_setup;
struct texts;

typedef void hearing_event(void *arg, const struct activity_event *event);

struct hearing {
	/* Set by the owner; they outlive it. */
	const struct supervisor_setup *setup;
	struct texts *texts;
	struct record *record;
	hearing_event *event;
	void *arg;
	/* The owner sets these as well when it is its doing. */
	bool gone;    /* the guard's last word was said, or it is lost */
	bool stopped; /* a stop signal or SIGKILL was sent */
	/* hearing.c's own */
	struct guard *guard;
	struct loop_watch *watch;
	struct sweep_wait sweep_wait;
	struct loop_timer leftovers;
};

/* Begins to listen.  Returns 0, or -1 with "err". */
int hearing_open(struct hearing *, struct guard *guard, struct err *err);

/* The guard could not be told something, and so is lost. */
void hearing_lost(struct hearing *);

/* It does not do what it was told, nor say anything: it is killed. */
void hearing_hung(struct hearing *);

/* One that was never opened may be closed. */
void hearing_close(struct hearing *);

#endif
