/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "swf-local/calls.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "swf-local/emit.h"
#include "swf-local/validate.h"

enum { FIRST_ROOM = 64, LOG_TEXT_MAX = 200, LINE_MAX_BYTES = 2000 };

struct counter {
	char *operation;
	uint64_t calls;
	uint64_t refused; /* anything but "ok" */
};

void
calls_init(struct calls *calls)
{
	*calls = (struct calls){ .next = 1, .base = 1 };
}

static void
free_kept(struct kept *kept)
{
	free(kept->operation);
	free(kept->outcome);
	free(kept->workflow_id);
	free(kept->run_id);
	free(kept->activity_id);
	free(kept->details);
	free(kept->result);
	free(kept->reason);
}

void
calls_clear(struct calls *calls)
{
	uint64_t next = calls->next;

	for (size_t i = 0; i < calls->count; i++)
		free_kept(&calls->ring[i]);
	free(calls->ring);
	for (size_t i = 0; i < calls->counter_count; i++)
		free(calls->counters[i].operation);
	free(calls->counters);
	/* Sequence numbers go on: whoever asks "since" is not misled. */
	*calls = (struct calls){ .next = next, .base = next };
}

/* The place for the next call: a new one, or the oldest, emptied. */
static struct kept *
next_place(struct calls *calls)
{
	struct kept *place;

	if (calls->count < CALLS_KEPT) {
		if (calls->count == calls->room) {
			calls->room =
			    calls->room == 0 ? FIRST_ROOM : calls->room * 2;
			calls->ring = mem_resize(calls->ring, calls->room,
			    sizeof(calls->ring[0]));
		}
		place = &calls->ring[calls->count++];
	} else {
		place = &calls->ring[(calls->next - calls->base) % CALLS_KEPT];
		free_kept(place);
	}
	return place;
}

static void
count(struct calls *calls, const char *operation, int refused)
{
	struct counter *counter = NULL;

	for (size_t i = 0; i < calls->counter_count; i++)
		if (strcmp(calls->counters[i].operation, operation) == 0)
			counter = &calls->counters[i];
	if (counter == NULL) {
		calls->counters = mem_resize(calls->counters,
		    calls->counter_count + 1, sizeof(*counter));
		counter = &calls->counters[calls->counter_count++];
		*counter =
		    (struct counter){ .operation = mem_string(operation) };
	}
	counter->calls++;
	counter->refused += refused ? 1 : 0;
}

static char *
copy_text(const cJSON *in, const char *member)
{
	const char *text = member_string(in, member);
	size_t len;

	if (text == NULL)
		return NULL;
	len = strlen(text);
	if (len > CALL_TEXT_MAX) {
		len = CALL_TEXT_MAX;
		while (len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80)
			len--;
	}
	return mem_copy(text, len);
}

static void
add_pair(struct buf *line, const char *name, const char *text)
{
	size_t len;

	if (text == NULL)
		return;
	len = strlen(text);
	if (len <= LOG_TEXT_MAX) {
		(void)buf_format(line, " %s=\"%s\"", name, text);
		return;
	}
	for (len = LOG_TEXT_MAX;
	     len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80; len--)
		continue;
	(void)buf_format(line, " %s=\"%.*s...\"", name, (int)len, text);
}

static void
log_call(const struct kept *kept)
{
	struct buf line = BUF_INIT(LINE_MAX_BYTES);
	int64_t took = kept->answered - kept->arrived;

	if (!log_enabled(LOG_INFO))
		return;
	(void)buf_format(&line, "%s %s", kept->operation, kept->outcome);
	add_pair(&line, "activity", kept->activity_id);
	add_pair(&line, "workflow", kept->workflow_id);
	add_pair(&line, "run", kept->run_id);
	add_pair(&line, "details", kept->details);
	add_pair(&line, "result", kept->result);
	add_pair(&line, "reason", kept->reason);
	(void)buf_format(&line, " %lld.%03dms", (long long)(took / 1000),
	    (int)(took % 1000));
	log_info("%s", line.data);
	buf_clear(&line);
}

void
calls_add(struct calls *calls, const struct kept *kept, const struct call *call,
    const char *operation)
{
	struct kept *place = next_place(calls);

	*place = *kept;
	place->sequence = calls->next++;
	place->operation = mem_string(operation);
	place->outcome = mem_string(kept->outcome);
	place->workflow_id = copy_or_null(call->workflow_id);
	place->run_id = copy_or_null(call->run_id);
	place->activity_id = copy_or_null(call->activity_id);
	place->details = copy_text(call->in, "details");
	place->result = copy_text(call->in, "result");
	place->reason = copy_text(call->in, "reason");
	count(calls, operation, strcmp(kept->outcome, "ok") != 0);
	log_call(place);
}

static void
write_kept(const struct kept *kept, struct buf *out)
{
	emit_object(out, NULL);
	emit_string(out, "activityId", kept->activity_id);
	emit_millis(out, "answered", kept->answered);
	emit_millis(out, "arrived", kept->arrived);
	emit_string(out, "details", kept->details);
	emit_string(out, "operation", kept->operation);
	emit_string(out, "outcome", kept->outcome);
	emit_string(out, "reason", kept->reason);
	emit_string(out, "result", kept->result);
	emit_string(out, "runId", kept->run_id);
	emit_integer(out, "sequence", (int64_t)kept->sequence);
	emit_millis(out, "wall", kept->wall);
	emit_string(out, "workflowId", kept->workflow_id);
	emit_object_end(out);
}

void
calls_write(const struct calls *calls, const char *operation, uint64_t since,
    struct buf *out)
{
	uint64_t oldest = calls->next - calls->count;

	emit_object(out, NULL);
	emit_list(out, "calls");
	for (uint64_t i = oldest; i < calls->next; i++) {
		const struct kept *kept =
		    &calls->ring[(i - calls->base) % CALLS_KEPT];

		if (kept->sequence > since &&
		    (operation == NULL ||
			strcmp(operation, kept->operation) == 0))
			write_kept(kept, out);
	}
	emit_list_end(out);
	emit_object(out, "counters");
	for (size_t i = 0; i < calls->counter_count; i++) {
		const struct counter *counter = &calls->counters[i];

		emit_object(out, counter->operation);
		emit_integer(out, "calls", (int64_t)counter->calls);
		emit_integer(out, "refused", (int64_t)counter->refused);
		emit_object_end(out);
	}
	emit_object_end(out);
	emit_object_end(out);
}
