/* SPDX-License-Identifier: MIT */
/*
 * One command and its tree, from START until nobody is left: what the guard
 * knows, and what it does about messages, children and time.
 *
 * The owner (main.c) waits; then it calls supervise_children() first, so
 * that an end that came before a stop is seen before the stop, then
 * supervise_hear(), then supervise_time().
 */
#ifndef GUARD_SUPERVISE_H
#define GUARD_SUPERVISE_H

#include <stdbool.h>
#include <stdint.h>

#include "guard/lease.h"
#include "guard/message.h"
#include "guard/tree.h"

#define SUPERVISE_NEVER INT64_MAX

struct user;

struct supervise {
	int channel; /* -1 when tend is gone */
	int result;  /* of the exec; -1 when it is known */
	struct tree tree;
	bool over; /* the guard's work is done: it ends */

	bool scope_leader;
	bool terminal;
	bool session;    /* the guard leads it, with a terminal */
	bool suspended;  /* by a message, not by ^Z */
	bool exited;     /* the leader has ended */
	bool after_stop; /* a signal of ours came before that */
	bool stopping;   /* the stop signal has been sent */
	bool killing;    /* SIGKILL, until nobody is left */
	bool told;       /* KILLING has been said */
	bool progress;   /* the last look found somebody to reap */
	int rounds;      /* of SIGKILL so far */
	int stop_signal;
	int killed;
	const struct guard_lease *lease; /* where it is renewed, or NULL */
	int64_t lease_stop;
	int64_t lease_kill;
	int64_t grace_end;
};

/*
 * Starts the command; "user" and "argv" as in struct command.  "lease" may be
 * NULL.
 */
void supervise_start(struct supervise *, const struct guard_message *start,
    int channel, const struct guard_lease *lease, const struct user *user,
    char **argv);

/* Looks at the exec and at who has ended; tells; reaps. */
void supervise_children(struct supervise *);

/*
 * Does what tend has said since: all of it.  If tend is gone, or talks
 * nonsense, the tree goes too.
 */
void supervise_hear(struct supervise *);

/* Does what is due; while killing, another round. */
void supervise_time(struct supervise *, int64_t now);

/* When supervise_time() is to be called next, SUPERVISE_NEVER: not. */
int64_t supervise_deadline(const struct supervise *);

#endif
