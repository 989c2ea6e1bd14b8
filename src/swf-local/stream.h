/* SPDX-License-Identifier: MIT */
/*
 * Server-sent events: what the service holds (view.h), sent again to each
 * page that is open whenever it has changed.
 *
 * A stream belongs to an exchange.  It renders one event, gives it to the
 * daemon piece by piece, and then waits, its connection suspended, until
 * something has changed; so a reader that is slow gets fewer events, each of
 * them of the newest state, and one that has stopped costs one event's memory
 * and nothing else.  A turn comes at most once in STREAM_PERIOD, and with
 * nothing new every STREAM_QUIET for a comment, by which a browser's dead
 * connection is found out.  In a turn the streams are woken one after another,
 * each in a pass of the loop of its own, so that calls wait for the rendering
 * of one event at most.
 *
 * This goes by real time, read by the caller; the service's own clock has no
 * part in it.
 */
#ifndef SWF_LOCAL_STREAM_H
#define SWF_LOCAL_STREAM_H

#include <stdint.h>
#include <sys/queue.h>
#include <sys/types.h>

#include <microhttpd.h>

#include "base/buf.h"
#include "swf-local/inject.h"
#include "swf-local/state.h"

enum {
	STREAMS_MAX = 32,
	STREAM_PERIOD = 200,  /* ms */
	STREAM_QUIET = 15000, /* ms */
	STREAM_MAX = 8 << 20  /* bytes of an event: it is never so long */
};

/* How a stream makes its connection wait; "exchange" is what was given. */
struct stream_host {
	void (*suspend)(void *exchange);
	void (*resume)(void *exchange);
};

TAILQ_HEAD(stream_queue, stream);

struct streams {
	const struct stream_host *host;
	const struct service *service;
	const struct rules *rules;
	struct stream_queue queue;
	size_t count;
	uint64_t seen; /* service->shown.changes that were told */
	int64_t turn;  /* when the last one was */
	int64_t next;  /* when there is something to do; NEVER: no streams */
};

void streams_init(struct streams *streams, const struct stream_host *host,
    const struct service *service, const struct rules *rules);

/*
 * Begins a turn if it is time, wakes the next stream of a turn, and sets
 * streams->next; "now" is an instant.  To be called in each pass of the loop.
 */
void streams_run(struct streams *streams, int64_t now);

/*
 * A stream of what the filter and the run id, which may be NULL, select; both
 * are copied.  NULL if there are STREAMS_MAX.
 */
struct stream *stream_new(struct streams *streams, void *exchange,
    const char *filter, const char *run_id);

/*
 * The next bytes to be sent, at most "max"; 0 if there are none now and the
 * connection was suspended, -1 if there will be none.
 */
ssize_t stream_read(struct stream *stream, char *out, size_t max);

/* The answer that carries it; NULL without memory. */
struct MHD_Response *stream_response(struct stream *stream);

/* There is nobody to read any more: the answer ends when it is resumed. */
void stream_end(struct stream *stream);

/* Also takes NULL. */
void stream_free(struct stream *stream);

#endif
