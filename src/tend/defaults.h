/* SPDX-License-Identifier: MIT */
/*
 * The default timeouts of activity types, by DescribeActivityType.
 *
 * A type is asked for once, however many tasks wait for it, and never again:
 * a type's defaults do not change.  A refusal for lack of permission ends the
 * asking for all types; a failure that may pass is tried again for as long as
 * somebody waits.
 */
#ifndef TEND_DEFAULTS_H
#define TEND_DEFAULTS_H

#include <stdint.h>
#include <sys/queue.h>

#include "base/err.h"

struct loop;
struct numbers;
struct swf_client;
struct defaults;
struct defaults_type;

/* One who waits; his own memory.  Zero it, then set "call" and "arg". */
struct defaults_waiter {
	/*
	 * Lengths are ms; INSTANT_NEVER: NONE; -1: there is no such default,
	 * or "problem" says why it is not known.
	 */
	void (*call)(void *arg, int64_t heartbeat, int64_t start_to_close,
	    const struct err *problem);
	void *arg;
	struct defaults_type *type; /* waited for; NULL: not waiting */
	TAILQ_ENTRY(defaults_waiter) link;
};

/* "numbers" may be NULL. */
struct defaults *defaults_new(struct loop *loop, struct swf_client *client,
    const char *domain, struct numbers *numbers);
void defaults_free(struct defaults *);

/*
 * Waits for the defaults of a type; what is known already is told from here.
 * The call is made once.
 */
void defaults_wait(struct defaults *, const char *name, const char *version,
    struct defaults_waiter *waiter);

/* Waits no longer; nothing happens to one who does not wait. */
void defaults_leave(struct defaults_waiter *waiter);

#endif
