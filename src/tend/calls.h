/* SPDX-License-Identifier: MIT */
/*
 * The calls to SWF of one task: at most one heartbeat and one report are in
 * flight, and their answers come back as events for the core.
 *
 * A failure is logged, but in a long outage only the 1st, 2nd, 4th, 8th, ...
 * in a row.
 */
#ifndef TEND_CALLS_H
#define TEND_CALLS_H

#include <stdbool.h>
#include <stdint.h>

#include "activity/activity.h"
#include "aws/swf.h"
#include "tend/numbers.h"

struct texts_report;

typedef void calls_event(void *arg, const struct activity_event *event);

/* One of the two calls; the fields are calls.c's own. */
struct calls_one {
	const char *name;
	enum numbers_call kind;
	int64_t sent_at;
	struct swf_call *call; /* in flight, or NULL */
	uint32_t attempt;
	unsigned failures; /* in a row */
	bool afresh;       /* the attempt, or the next: a new connection */
};

struct calls {
	struct swf_client *client;
	const char *token;
	const char *label;
	calls_event *event;
	void *arg;
	struct numbers *numbers; /* the owner may set it; NULL: none */
	struct calls_one heartbeat;
	struct calls_one report;
};

/* "token" is kept, not copied; so is "label", before each line of the log. */
void calls_init(struct calls *, struct swf_client *client, const char *token,
    const char *label, calls_event *event, void *arg);

/*
 * Each starts a call as attempt number "attempt", of at most "timeout" ms.
 * One that cannot even be started gives its event from here.
 */
void calls_send_heartbeat(struct calls *, uint32_t attempt, const char *details,
    int64_t timeout);
void calls_send_report(struct calls *, uint32_t attempt,
    const struct texts_report *report, int64_t timeout);

/* Whether nothing can have come of the report in flight, if one is. */
bool calls_report_unsent(const struct calls *);

/* No answer in time: the call in flight is forgotten and counts as failed. */
void calls_give_up_heartbeat(struct calls *);
void calls_give_up_report(struct calls *);

/* Forgets what is in flight, without a word. */
void calls_drop(struct calls *);

#endif
