/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "tend/order.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/instant.h"
#include "base/mem.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))
#define TYPES_LIST        ":"

enum { TAG_NAME, TAG_VERSION, TAG_LIST, TAG_TERMS };

static const char retries_key[] = "retries=";

static const char *const timeout_keys[ORDER_TIMEOUTS] = {
	[ORDER_SCHEDULE_TO_START] = "schedule-to-start=",
	[ORDER_SCHEDULE_TO_CLOSE] = "schedule-to-close=",
	[ORDER_START_TO_CLOSE] = "start-to-close=",
	[ORDER_HEARTBEAT] = "heartbeat=",
};

/* "60", "NONE". */
void
order_seconds(int64_t seconds, char text[ORDER_SECONDS_TEXT])
{
	if (seconds == INSTANT_NEVER)
		(void)strlcpy(text, "NONE", ORDER_SECONDS_TEXT);
	else
		(void)snprintf(text, ORDER_SECONDS_TEXT, "%lld",
		    (long long)seconds);
}

/* "retries=2 heartbeat=60": a timeout that is the type's is left out. */
void
order_terms(const struct order *order, char terms[ORDER_TERMS_TEXT])
{
	char text[ORDER_SECONDS_TEXT];

	(void)snprintf(terms, ORDER_TERMS_TEXT, "%s%d", retries_key,
	    order->retries);
	for (int i = 0; i < ORDER_TIMEOUTS; i++) {
		if (order->timeouts[i] == ORDER_DEFAULT)
			continue;
		order_seconds(order->timeouts[i], text);
		(void)strlcat(terms, " ", ORDER_TERMS_TEXT);
		(void)strlcat(terms, timeout_keys[i], ORDER_TERMS_TEXT);
		(void)strlcat(terms, text, ORDER_TERMS_TEXT);
	}
}

/* The strings stay the order's. */
void
order_tags(const struct order *order, const char *terms,
    struct swf_start *start)
{
	start->tags[TAG_NAME] = order->name;
	start->tags[TAG_VERSION] = order->version;
	start->tags[TAG_LIST] =
	    order->task_list == NULL ? TYPES_LIST : order->task_list;
	start->tags[TAG_TERMS] = terms;
}

/* The number that "text" is, up to its next blank.  Returns 0, or -1. */
static int
read_number(const char *text, int64_t max, int64_t *number)
{
	size_t len = strcspn(text, " ");
	const char *problem = NULL;
	char digits[ORDER_SECONDS_TEXT];

	if (len == 0 || len >= sizeof(digits))
		return -1;
	memcpy(digits, text, len);
	digits[len] = '\0';
	if (strcmp(digits, "NONE") == 0) {
		*number = INSTANT_NEVER;
		return 0;
	}
	*number = strtonum(digits, 0, max, &problem);
	return problem == NULL ? 0 : -1;
}

/* One "key=value" of the terms.  Returns 0, or -1. */
static int
read_term(struct order *order, const char *term)
{
	int64_t retries;

	if (strncmp(term, retries_key, sizeof(retries_key) - 1) == 0) {
		if (read_number(term + sizeof(retries_key) - 1,
			ORDER_RETRIES_MAX, &retries) == -1 ||
		    retries == INSTANT_NEVER)
			return -1;
		order->retries = (int)retries;
		return 0;
	}
	for (int i = 0; i < ORDER_TIMEOUTS; i++) {
		size_t len = strlen(timeout_keys[i]);

		if (strncmp(term, timeout_keys[i], len) == 0)
			return read_number(term + len, 99999999,
			    &order->timeouts[i]);
	}
	return -1;
}

static int
read_terms(struct order *order, const char *terms)
{
	for (int i = 0; i < ORDER_TIMEOUTS; i++)
		order->timeouts[i] = ORDER_DEFAULT;
	for (const char *at = terms;; at += strcspn(at, " ") + 1) {
		if (read_term(order, at) == -1)
			return -1;
		if (at[strcspn(at, " ")] == '\0')
			return 0;
	}
}

static char *
copy(const char *text)
{
	return text == NULL ? NULL : mem_string(text);
}

/* See the header. */
int
order_read(struct order *order, const struct swf_event *started)
{
	const char *type = swf_event_inner(started, "workflowType", "name");
	const char *list = swf_event_item(started, "tagList", TAG_LIST);
	const char *terms = swf_event_item(started, "tagList", TAG_TERMS);

	*order = (struct order){ 0 };
	if (type == NULL || strcmp(type, ORDER_WORKFLOW_NAME) != 0 ||
	    list == NULL || terms == NULL)
		return -1;
	order->name = copy(swf_event_item(started, "tagList", TAG_NAME));
	order->version = copy(swf_event_item(started, "tagList", TAG_VERSION));
	if (order->name == NULL || order->version == NULL)
		return -1;
	if (strcmp(list, TYPES_LIST) != 0)
		order->task_list = copy(list);
	order->input = copy(swf_event_text(started, "input"));
	return read_terms(order, terms);
}

/*
 * What SWF says when the type lacks a default that the order counts on: that
 * is then filled in, and the activity scheduled again.
 */
static const struct {
	const char *cause;
	enum order_timeout timeout;
} lacking[] = {
	{ "DEFAULT_SCHEDULE_TO_START_TIMEOUT_UNDEFINED",
	    ORDER_SCHEDULE_TO_START },
	{ "DEFAULT_SCHEDULE_TO_CLOSE_TIMEOUT_UNDEFINED",
	    ORDER_SCHEDULE_TO_CLOSE },
	{ "DEFAULT_START_TO_CLOSE_TIMEOUT_UNDEFINED", ORDER_START_TO_CLOSE },
	{ "DEFAULT_HEARTBEAT_TIMEOUT_UNDEFINED", ORDER_HEARTBEAT },
};

/* Nothing is filled in twice. */
bool
order_fill_in(struct order *order, const char *cause)
{
	if (strcmp(cause, "DEFAULT_TASK_LIST_UNDEFINED") == 0 &&
	    order->task_list == NULL) {
		order->task_list = mem_string(ORDER_TASK_LIST);
		return true;
	}
	for (size_t i = 0; i < ARRAY_SIZE(lacking); i++) {
		int64_t *timeout = &order->timeouts[lacking[i].timeout];

		if (strcmp(cause, lacking[i].cause) != 0 ||
		    *timeout != ORDER_DEFAULT)
			continue;
		*timeout = INSTANT_NEVER;
		return true;
	}
	return false;
}

/* An empty input may come back as none. */
static bool
is_same_text(const char *a, const char *b)
{
	return strcmp(a == NULL ? "" : a, b == NULL ? "" : b) == 0;
}

/* To the letter. */
bool
order_is_same(const struct order *a, const struct order *b)
{
	return is_same_text(a->name, b->name) &&
	       is_same_text(a->version, b->version) &&
	       is_same_text(a->task_list, b->task_list) &&
	       is_same_text(a->input, b->input) && a->retries == b->retries &&
	       memcmp(a->timeouts, b->timeouts, sizeof(a->timeouts)) == 0;
}

/* Frees; a cleared order can be cleared again. */
void
order_clear(struct order *order)
{
	free(order->name);
	free(order->version);
	free(order->task_list);
	free(order->input);
	*order = (struct order){ 0 };
}
