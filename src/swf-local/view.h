/* SPDX-License-Identifier: MIT */
/*
 * What the service holds, as a person wants to see it: which executions are
 * open or were closed lately, what their activity tasks last said and how far
 * they are, how long their leases last, and which faults are ordered.
 *
 * It is JSON.  However much there is, an answer is bounded: the newest
 * VIEW_OPEN open executions and the last VIEW_CLOSED that were closed, with
 * VIEW_ACTIVITIES of the tasks of each and VIEW_DETAILS of what each said.
 * Instants are given in milliseconds since 1970 by the service's clock, which
 * is given too, so that what is left can be counted down.
 */
#ifndef SWF_LOCAL_VIEW_H
#define SWF_LOCAL_VIEW_H

#include "swf-local/inject.h"
#include "swf-local/state.h"

enum {
	VIEW_OPEN = 100,
	VIEW_CLOSED = 20,
	VIEW_ACTIVITIES = 5,
	VIEW_DETAILS = 200,       /* UTF-16 units */
	VIEW_RUN_ACTIVITIES = 50, /* of the one execution asked for */
	VIEW_RUN_DETAILS = 2000,
	VIEW_LOOKS = 20000, /* executions that a filter is tried on */
	VIEW_EVENTS = 200
};

void shown_init(struct shown *shown);

/* An execution has started, or has closed: it is shown among the others. */
void shown_opened(struct execution *execution);
void shown_closed(struct execution *execution);

/* Texts may be NULL. */
struct view_query {
	const char *filter; /* part of an id, a type's name or a domain */
	const char *run_id; /* an execution to be shown in full, as "run" */
};

void view_write(const struct service *service, const struct rules *rules,
    const struct view_query *query, struct buf *out);

/*
 * Part of a history: the events after "after", oldest first; or, if it is
 * negative, those before "before", newest first (0: from the newest).  Returns
 * 0, or -1 if there is no such run.
 */
int view_history(const struct service *service, const char *run_id,
    int64_t after, int64_t before, struct buf *out);

/* The names of operations and of kinds of faults. */
void view_names(struct buf *out);

#endif
