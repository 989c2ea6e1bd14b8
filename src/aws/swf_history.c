/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "aws/swf_history.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#include "aws/swf_json.h"
#include "base/mem.h"

static const char suffix[] = "EventAttributes";

/*
 * The member whose name ends in "EventAttributes": it follows from the type,
 * and there is no other.
 */
static const cJSON *
attributes_of(const cJSON *event)
{
	const cJSON *item;
	size_t len;

	cJSON_ArrayForEach (item, event) {
		len = strlen(item->string);
		if (len > sizeof(suffix) - 1 && cJSON_IsObject(item) &&
		    strcmp(item->string + len - (sizeof(suffix) - 1), suffix) ==
			0)
			return item;
	}
	return NULL;
}

/* Seconds, with a fraction. */
static int64_t
time_of(const cJSON *event)
{
	const cJSON *item =
	    cJSON_GetObjectItemCaseSensitive(event, "eventTimestamp");

	if (!cJSON_IsNumber(item) || !(item->valuedouble >= 0) ||
	    item->valuedouble > 9e12)
		return 0;
	return (int64_t)(item->valuedouble * 1000 + 0.5);
}

/* Returns 0, or -1 if it is no event. */
static int
read_event(struct swf_event *event, const cJSON *from)
{
	event->id = swf_json_integer(from, "eventId");
	event->type = swf_json_string(from, "eventType");
	event->time = time_of(from);
	event->attributes = attributes_of(from);
	return event->id > 0 && event->type != NULL ? 0 : -1;
}

/* See the header. */
int
swf_history_parse(struct swf_history *history, const char *json, size_t len,
    struct err *err)
{
	const cJSON *events;
	const cJSON *item;

	*history = (struct swf_history){ .json = swf_json_parse(json, len) };
	if (history->json == NULL)
		return err_set(err, "history: not a JSON object");
	history->next_token = swf_json_string(history->json, "nextPageToken");
	events = cJSON_GetObjectItemCaseSensitive(history->json, "events");
	if (events == NULL || cJSON_IsNull(events))
		return 0;
	if (!cJSON_IsArray(events))
		return err_set(err, "history: its events are no list");
	history->events = mem_new((size_t)cJSON_GetArraySize(events) + 1,
	    sizeof(*history->events));
	cJSON_ArrayForEach (item, events)
		if (read_event(&history->events[history->count++], item) == -1)
			return err_set(err, "history: an event without id or "
					    "type");
	return 0;
}

/* Frees; a cleared history can be cleared again. */
void
swf_history_clear(struct swf_history *history)
{
	free(history->events);
	cJSON_Delete(history->json);
	*history = (struct swf_history){ 0 };
}

/* A string. */
const char *
swf_event_text(const struct swf_event *event, const char *name)
{
	return swf_json_string(event->attributes, name);
}

/* A string inside an object. */
const char *
swf_event_inner(const struct swf_event *event, const char *outer,
    const char *name)
{
	return swf_json_string(
	    cJSON_GetObjectItemCaseSensitive(event->attributes, outer), name);
}

/* A string of a list. */
const char *
swf_event_item(const struct swf_event *event, const char *name, size_t index)
{
	const cJSON *list =
	    cJSON_GetObjectItemCaseSensitive(event->attributes, name);

	return cJSON_GetStringValue(cJSON_GetArrayItem(list, (int)index));
}

/* A number. */
int64_t
swf_event_number(const struct swf_event *event, const char *name)
{
	return swf_json_integer(event->attributes, name);
}

/* For people to read. */
char *
swf_event_attributes(const struct swf_event *event)
{
	char *printed;
	char *text;

	if (event->attributes == NULL)
		return mem_string("{}");
	printed = cJSON_PrintUnformatted(event->attributes);
	text = mem_string(printed == NULL ? "{}" : printed);
	free(printed);
	return text;
}
