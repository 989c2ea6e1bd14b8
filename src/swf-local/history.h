/* SPDX-License-Identifier: MIT */
/*
 * The history of an execution: making events, and showing pages of them.
 *
 * An event's attributes are kept as the JSON text that is answered.  To add
 * one: event_attributes() gives a buffer with the object begun; add members
 * in alphabetical order; event_add() ends it.  One event at a time.
 */
#ifndef SWF_LOCAL_HISTORY_H
#define SWF_LOCAL_HISTORY_H

#include "swf-local/state.h"

enum { HISTORY_PAGE_BYTES = 8 << 20 }; /* a page ends once it has so many */

struct buf *event_attributes(struct service *service);

/* Returns the event's id. */
int64_t event_add(struct service *service, struct execution *execution,
    enum event_type type);

/* A stretch of a history, and how it is to be shown. */
struct page {
	const struct execution *execution;
	uint64_t task; /* number of the decision task, or 0 */
	int64_t next;  /* event id to begin with */
	int64_t last;  /* the newest event to show; 0: whatever is there */
};

/*
 * Writes the members "events" and, if there are more, "nextPageToken", as the
 * request's maximumPageSize and reverseOrder ask for it.
 */
void page_write(struct call *call, const struct page *page);

/*
 * Fills "page" from the request's nextPageToken, if it has one.  Returns as
 * paging_resume().
 */
int page_resume(struct call *call, struct page *page);

/* The name of a type of events, and the type of a name; -1: there is none. */
const char *event_name(enum event_type type);
int event_type(const char *name);

/* Puts an event back that was added before; its attributes are copied. */
void event_restore(struct execution *execution, const struct event *event);

/* Writes the event of that id as it is answered. */
void event_write(const struct event *event, int64_t id, struct buf *out);

/* GetWorkflowExecutionHistory */
void history_get(struct service *service, struct call *call);

#endif
