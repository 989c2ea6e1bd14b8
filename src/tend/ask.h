/* SPDX-License-Identifier: MIT */
/*
 * A call to SWF that is tried until it is settled.
 *
 * Settled is what the service itself has said for good: OK, GONE, INVALID,
 * REFUSED.  Everything else (no connection, throttling, no whole answer) is
 * tried again after a growing pause.  A person is told of trouble once, and
 * once more when it is over, however many calls it hits.
 */
#ifndef TEND_ASK_H
#define TEND_ASK_H

#include <stdbool.h>
#include <stdint.h>

#include "aws/swf.h"
#include "base/buf.h"
#include "tend/loop.h"

/* What all calls of a program share. */
struct asker {
	struct loop *loop;
	struct swf_client *client;
	bool troubled; /* and a person knows */
};

/* What kind of call. */
struct ask_kind {
	enum swf_operation operation;
	int64_t timeout;  /* of one attempt */
	int64_t patience; /* of all of them; INSTANT_NEVER: no limit */
};

/* One call; zero it.  The fields are ask.c's own, but for "unsure". */
struct ask {
	struct asker *asker;
	struct ask_kind kind;
	struct buf request;
	int64_t give_up;
	int64_t pause;
	struct swf_call *call; /* in flight, or NULL */
	struct loop_timer timer;
	swf_done *done;
	void *arg;
	bool pending;
	bool unsure; /* an attempt before may have been applied */
};

/*
 * Starts it; the request's memory is taken over.  "done" is called once, from
 * the loop, with what settled it, or, out of patience, with what came last.
 * It may start the same one again.
 */
void ask_start(struct ask *, struct asker *asker, const struct ask_kind *kind,
    struct buf *request, swf_done *done, void *arg);

/* Between ask_start() and "done". */
bool ask_is_pending(const struct ask *);

/* Forgets it: its "done" will not be called. */
void ask_stop(struct ask *);

#endif
