/* SPDX-License-Identifier: MIT */
/*
 * The events of an execution, as SWF tells them.
 *
 * A page of history is kept as the JSON it came in.  An event's attributes
 * are asked for by the names that the API gives them:
 *
 *	if (strcmp(event->type, "ActivityTaskScheduled") == 0)
 *		id = swf_event_text(event, "activityId");
 *
 * Pure: bytes in, values out.
 */
#ifndef AWS_SWF_HISTORY_H
#define AWS_SWF_HISTORY_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct cJSON;

/* Everything points into the history that the event is of. */
struct swf_event {
	int64_t id;                     /* from 1 */
	int64_t time;                   /* wall time, ms */
	const char *type;               /* "ActivityTaskStarted" */
	const struct cJSON *attributes; /* NULL: it has none */
};

struct swf_history {
	struct swf_event *events; /* in the order of the answer */
	size_t count;
	const char *next_token; /* NULL: this is the last page */
	struct cJSON *json;
};

/*
 * Reads what GetWorkflowExecutionHistory and PollForDecisionTask answer.
 * Returns 0, or -1 with "err" if that is no history; without "events" it is
 * an empty one.  swf_history_clear() in any case.
 */
int swf_history_parse(struct swf_history *, const char *json, size_t len,
    struct err *err);
void swf_history_clear(struct swf_history *);

/* An attribute that is a string; NULL if there is none of that name. */
const char *swf_event_text(const struct swf_event *, const char *name);

/* The same inside one that is an object: ("taskList", "name"). */
const char *swf_event_inner(const struct swf_event *, const char *outer,
    const char *name);

/* Item "index", from 0, of one that is a list of strings; NULL: none. */
const char *swf_event_item(const struct swf_event *, const char *name,
    size_t index);

/* An attribute that is a number; 0 if there is none. */
int64_t swf_event_number(const struct swf_event *, const char *name);

/* All attributes as one line of JSON, "{}" if there are none; free it. */
char *swf_event_attributes(const struct swf_event *);

#endif
