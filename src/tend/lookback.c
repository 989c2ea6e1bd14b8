/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "tend/lookback.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "aws/wire.h"
#include "base/instant.h"
#include "base/mem.h"

/* Nothing found yet. */
void
lookback_init(struct lookback *lookback, int64_t started_id)
{
	*lookback = (struct lookback){
		.started_id = started_id,
		.started_at = -1,
		.heartbeat = -1,
		.start_to_close = -1,
	};
}

static void
forget_earlier(struct lookback *lookback)
{
	for (size_t i = 0; i < lookback->earlier_count; i++)
		free(lookback->earlier[i].details);
	lookback->earlier_count = 0;
}

/* Frees; a cleared one can be cleared again. */
void
lookback_clear(struct lookback *lookback)
{
	forget_earlier(lookback);
	free(lookback->activity_id);
	free(lookback->details);
	lookback_init(lookback, lookback->started_id);
}

/* Seconds, or NONE. */
int64_t
lookback_timeout(const char *text)
{
	int64_t seconds = 0;

	if (text == NULL || *text == '\0' || strlen(text) > SWF_DURATION_MAX)
		return -1;
	if (strcmp(text, "NONE") == 0)
		return INSTANT_NEVER;
	for (; *text != '\0'; text++) {
		if (!isdigit((unsigned char)*text))
			return -1;
		seconds = seconds * 10 + (*text - '0');
	}
	return seconds * 1000;
}

/* It ought to be this task's. */
static void
read_started(struct lookback *lookback, const struct swf_event *event)
{
	if (strcmp(event->type, "ActivityTaskStarted") != 0)
		return;
	lookback->started_at = event->time;
	lookback->scheduled_id = swf_event_number(event, "scheduledEventId");
}

static void
read_scheduled(struct lookback *lookback, const struct swf_event *event)
{
	const char *id = swf_event_text(event, "activityId");

	if (strcmp(event->type, "ActivityTaskScheduled") != 0 || id == NULL)
		return;
	lookback->activity_id = mem_string(id);
	lookback->heartbeat =
	    lookback_timeout(swf_event_text(event, "heartbeatTimeout"));
	lookback->start_to_close =
	    lookback_timeout(swf_event_text(event, "startToCloseTimeout"));
}

/* Whose attempt it was only its ActivityTaskScheduled will tell. */
static void
remember(struct lookback *lookback, const struct swf_event *event)
{
	const char *details = swf_event_text(event, "details");
	struct lookback_earlier *earlier;

	if (details == NULL || lookback->earlier_count == LOOKBACK_EARLIER)
		return;
	earlier = &lookback->earlier[lookback->earlier_count++];
	earlier->scheduled_id = swf_event_number(event, "scheduledEventId");
	earlier->details = mem_string(details);
}

/* The ActivityTaskScheduled of an attempt that timed out? */
static void
recognise(struct lookback *lookback, const struct swf_event *event)
{
	const char *id = swf_event_text(event, "activityId");
	size_t i = 0;

	while (i < lookback->earlier_count &&
	       lookback->earlier[i].scheduled_id != event->id)
		i++;
	if (i == lookback->earlier_count)
		return;
	if (id != NULL && strcmp(id, lookback->activity_id) == 0) {
		lookback->details = lookback->earlier[i].details;
		lookback->earlier[i].details = NULL;
		forget_earlier(lookback);
		return;
	}
	free(lookback->earlier[i].details);
	lookback->earlier[i] = lookback->earlier[--lookback->earlier_count];
}

static void
read_event(struct lookback *lookback, const struct swf_event *event)
{
	bool ours = lookback->activity_id != NULL;

	if (event->id == lookback->started_id)
		read_started(lookback, event);
	else if (!ours && event->id == lookback->scheduled_id)
		read_scheduled(lookback, event);
	else if (!ours || lookback->details != NULL)
		return;
	else if (strcmp(event->type, "ActivityTaskTimedOut") == 0)
		remember(lookback, event);
	else if (strcmp(event->type, "ActivityTaskScheduled") == 0)
		recognise(lookback, event);
}

/* Nothing older than what was looked for is to be found any more. */
static bool
is_past(const struct lookback *lookback, const struct swf_event *last)
{
	if (lookback->started_at == -1)
		return last->id <= lookback->started_id;
	return lookback->activity_id == NULL &&
	       last->id <= lookback->scheduled_id;
}

/* The next page, backwards. */
enum lookback_state
lookback_page(struct lookback *lookback, const struct swf_history *page)
{
	size_t count = page->count;

	if (lookback->started_at == -1 && count > 0 &&
	    page->events[0].id < lookback->started_id)
		return LOOKBACK_EARLY;
	for (size_t i = 0; i < count; i++)
		read_event(lookback, &page->events[i]);
	if (lookback->activity_id != NULL && lookback->earlier_count == 0)
		return LOOKBACK_FOUND;
	if (page->next_token != NULL &&
	    (count == 0 || !is_past(lookback, &page->events[count - 1])))
		return LOOKBACK_MORE;
	return lookback->activity_id != NULL ? LOOKBACK_FOUND
					     : LOOKBACK_MISSING;
}

/* The task's own event was found, and has what SWF always writes there. */
bool
lookback_has_timeouts(const struct lookback *lookback)
{
	return lookback->activity_id != NULL && lookback->heartbeat != -1;
}
