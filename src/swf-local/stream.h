/* SPDX-License-Identifier: MIT */
/*
 * Server-sent events: what the service holds (view.h), sent again to each
 * page that is open whenever it has changed.
 *
 * A stream belongs to an exchange.  It renders one event, gives it to the
 * daemon piece by piece, and then waits, its connection suspended, until
 * something has changed; so a reader that is slow gets fewer events, each of
 * them of the newest state, and one that has stopped costs one event's memory
 * and nothing else.  All streams are woken together, at most once in
 * STREAM_PERIOD, and with nothing new every STREAM_QUIET for a comment, by
 * which a browser's dead connection is found out.
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
	uint64_t seen; /* service->changes that were told */
	int64_t woken; /* when all were last */
	int64_t next;  /* when all will be; NEVER if there are none */
};

void streams_init(struct streams *streams, const struct stream_host *host,
    const struct service *service, const struct rules *rules);

/*
 * Wakes them if it is time, and sets streams->next; "now" is an instant.  To
 * be called after anything may have changed.
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
