/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "swf-local/stream.h"

#include <stdlib.h>
#include <string.h>

#include "base/instant.h"
#include "base/mem.h"
#include "swf-local/view.h"

enum { BLOCK = 8 << 10 };

/* What is to be sent next. */
enum due { DUE_NOTHING, DUE_COMMENT, DUE_EVENT };

struct stream {
	struct streams *streams;
	void *exchange;
	char *filter; /* or NULL */
	char *run_id; /* or NULL */
	enum due due;
	int waiting; /* suspended */
	int ended;
	struct buf event; /* being sent */
	size_t sent;
	TAILQ_ENTRY(stream) in_queue;
};

void
streams_init(struct streams *streams, const struct stream_host *host,
    const struct service *service, const struct rules *rules)
{
	*streams = (struct streams){
		.host = host,
		.service = service,
		.rules = rules,
		.next = INSTANT_NEVER,
	};
	TAILQ_INIT(&streams->queue);
}

static void
begin_turn(struct streams *streams, enum due due, int64_t now)
{
	struct stream *stream;

	TAILQ_FOREACH (stream, &streams->queue, in_queue)
		if (stream->due < due)
			stream->due = due;
	streams->seen = streams->service->shown.changes;
	streams->turn = now;
}

/* One that waits though something is due, or NULL. */
static struct stream *
next_to_wake(struct streams *streams)
{
	struct stream *stream;

	TAILQ_FOREACH (stream, &streams->queue, in_queue)
		if (stream->waiting && stream->due != DUE_NOTHING)
			return stream;
	return NULL;
}

void
streams_run(struct streams *streams, int64_t now)
{
	struct stream *stream;
	int changed = streams->service->shown.changes != streams->seen;

	streams->next = INSTANT_NEVER;
	if (streams->count == 0)
		return;
	streams->next =
	    instant_add(streams->turn, changed ? STREAM_PERIOD : STREAM_QUIET);
	if (streams->next <= now) {
		begin_turn(streams, changed ? DUE_EVENT : DUE_COMMENT, now);
		streams->next = instant_add(now, STREAM_QUIET);
	}
	stream = next_to_wake(streams);
	if (stream == NULL)
		return;
	stream->waiting = 0;
	streams->host->resume(stream->exchange);
	if (next_to_wake(streams) != NULL)
		streams->next = now;
}

/* ---- one stream ---------------------------------------------------------- */

struct stream *
stream_new(struct streams *streams, void *exchange, const char *filter,
    const char *run_id)
{
	struct stream *stream;

	if (streams->count >= STREAMS_MAX)
		return NULL;
	if (streams->count == 0)
		streams->seen = streams->service->shown.changes;
	stream = mem_new(1, sizeof(*stream));
	stream->streams = streams;
	stream->exchange = exchange;
	stream->filter = copy_or_null(filter);
	stream->run_id = copy_or_null(run_id);
	stream->due = DUE_EVENT;
	buf_init(&stream->event, STREAM_MAX);
	TAILQ_INSERT_TAIL(&streams->queue, stream, in_queue);
	streams->count++;
	return stream;
}

void
stream_end(struct stream *stream)
{
	stream->ended = 1;
	stream->waiting = 0;
}

void
stream_free(struct stream *stream)
{
	if (stream == NULL)
		return;
	TAILQ_REMOVE(&stream->streams->queue, stream, in_queue);
	stream->streams->count--;
	free(stream->filter);
	free(stream->run_id);
	buf_clear(&stream->event);
	free(stream);
}

/* JSON has no line breaks, so an event is one line of data. */
static void
render(struct stream *stream)
{
	const struct view_query query = { stream->filter, stream->run_id };
	struct buf *event = &stream->event;

	if (stream->due == DUE_COMMENT) {
		(void)buf_string(event, ": still here\n\n");
	} else {
		/* After a colon no comma is put before the object. */
		(void)buf_string(event, "data:");
		view_write(stream->streams->service, stream->streams->rules,
		    &query, event);
		(void)buf_string(event, "\n\n");
	}
	stream->due = DUE_NOTHING;
	stream->sent = 0;
}

ssize_t
stream_read(struct stream *stream, char *out, size_t max)
{
	size_t len;

	if (stream->ended)
		return -1;
	if (stream->sent == stream->event.len) {
		/* While it waits it has no need for the memory. */
		buf_clear(&stream->event);
		stream->sent = 0;
		if (stream->due != DUE_NOTHING)
			render(stream);
	}
	len = stream->event.len - stream->sent;
	if (len == 0) {
		stream->waiting = 1;
		stream->streams->host->suspend(stream->exchange);
		return 0;
	}
	if (len > max)
		len = max;
	memcpy(out, stream->event.data + stream->sent, len);
	stream->sent += len;
	return (ssize_t)len;
}

static ssize_t
give(void *stream, uint64_t position, char *out, size_t max)
{
	ssize_t len = stream_read(stream, out, max);

	(void)position;
	return len == -1 ? MHD_CONTENT_READER_END_WITH_ERROR : len;
}

struct MHD_Response *
stream_response(struct stream *stream)
{
	return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK, give,
	    stream, NULL);
}
