/* SPDX-License-Identifier: MIT */
/*
 * What "tend submit" was asked for: one activity, how it is scheduled and how
 * often it is tried again.
 *
 * It travels in the execution itself, so that whoever takes the execution up
 * finds it in the history: the activity's input is the input of the
 * execution, and the rest is in its tags, which also show up in the console:
 *
 *	name, version, task list (":": the type's), timeouts and retries
 *
 * A colon can be in no name.  Pure.
 */
#ifndef TEND_ORDER_H
#define TEND_ORDER_H

#include <stdbool.h>
#include <stdint.h>

#include "aws/swf_history.h"
#include "aws/swf_requests.h"

/* The workflow type of all executions of "tend submit". */
#define ORDER_WORKFLOW_NAME    "tend-submit"
#define ORDER_WORKFLOW_VERSION "1"

/* Where an activity waits whose type names no task list. */
#define ORDER_TASK_LIST "default"

enum order_timeout {
	ORDER_SCHEDULE_TO_START,
	ORDER_SCHEDULE_TO_CLOSE,
	ORDER_START_TO_CLOSE,
	ORDER_HEARTBEAT,
	ORDER_TIMEOUTS
};

enum {
	ORDER_RETRIES_MAX = 1000,
	/* Seconds, "NONE", and the end. */
	ORDER_SECONDS_TEXT = 24,
	/* Room for order_terms(), its end included. */
	ORDER_TERMS_TEXT = 256
};

/* That of the activity type. */
#define ORDER_DEFAULT INT64_C(-1)

struct order {
	char *name;
	char *version;
	char *task_list;                  /* NULL: the type's default */
	int64_t timeouts[ORDER_TIMEOUTS]; /* s; INSTANT_NEVER: NONE */
	int retries;
	char *input; /* NULL: there is none */
};

/* The last of the tags. */
void order_terms(const struct order *order, char terms[ORDER_TERMS_TEXT]);

/* Sets the tags; "terms" is what order_terms() wrote. */
void order_tags(const struct order *order, const char *terms,
    struct swf_start *start);

/* Seconds as SWF writes them: "60", "NONE". */
void order_seconds(int64_t seconds, char text[ORDER_SECONDS_TEXT]);

/*
 * Reads it from WorkflowExecutionStarted.  Returns 0, or -1 if the execution
 * was not started by "tend submit"; order_clear() in any case.
 */
int order_read(struct order *order, const struct swf_event *started);

/*
 * What the type does not have and the order counts on is set to none, or to
 * ORDER_TASK_LIST; "cause" is that of ScheduleActivityTaskFailed.  Whether
 * that was the case.
 */
bool order_fill_in(struct order *order, const char *cause);

/* Whether two, as they were asked for, are for the same. */
bool order_is_same(const struct order *a, const struct order *b);

void order_clear(struct order *order);

#endif
