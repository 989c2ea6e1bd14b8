/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "tend/story.h"

#include <stdint.h>
#include <string.h>

#include "text/oneline.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

enum {
	/* The widest type that is common: ActivityTaskCancelRequested. */
	TYPE_COLUMNS = 27,
	/* Of one attribute. */
	VALUE_COLUMNS = 200
};

#define DIM   "\x1b[2m"
#define PLAIN "\x1b[m"

/* What is told of an event, in this order; "after" follows the value. */
static const struct {
	const char *name;
	const char *before;
	const char *after;
} attributes[] = {
	{ "activityId", "", "" },
	{ "input", "input: ", "" },
	{ "heartbeatTimeout", "heartbeat timeout ", "s" },
	{ "startToCloseTimeout", "at most ", "s" },
	{ "timeoutType", "", "" },
	{ "result", "result: ", "" },
	{ "reason", "reason: ", "" },
	{ "details", "details: ", "" },
	{ "cause", "cause: ", "" },
};

static void
write_attributes(const struct swf_event *event, struct buf *out)
{
	const char *separator = "  ";

	for (size_t i = 0; i < ARRAY_SIZE(attributes); i++) {
		const char *value = swf_event_text(event, attributes[i].name);

		if (value == NULL || strcmp(value, "NONE") == 0)
			continue;
		(void)buf_format(out, "%s%s", separator, attributes[i].before);
		(void)oneline_append(out, value, VALUE_COLUMNS);
		(void)buf_string(out, attributes[i].after);
		separator = ", ";
	}
}

static void
write_event(const struct swf_event *event, int64_t start, struct buf *out)
{
	int64_t ms = event->time > start ? event->time - start : 0;
	size_t from;

	(void)buf_format(out, "%3lld %4lld.%03llds  ", (long long)event->id,
	    (long long)(ms / 1000), (long long)(ms % 1000));
	from = out->len;
	(void)buf_format(out, "%-*s", TYPE_COLUMNS, event->type);
	write_attributes(event, out);
	while (out->len > from && out->data[out->len - 1] == ' ')
		out->data[--out->len] = '\0';
}

void
story_write(const struct swf_history *history, bool color, struct buf *out)
{
	for (size_t i = 0; i < history->count; i++) {
		const struct swf_event *event = &history->events[i];
		bool dim = color && strncmp(event->type, "Activity", 8) != 0;

		if (dim)
			(void)buf_string(out, DIM);
		write_event(event, history->events[0].time, out);
		(void)buf_string(out, dim ? PLAIN "\n" : "\n");
	}
}
