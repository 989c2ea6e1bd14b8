/* SPDX-License-Identifier: MIT */
/*
 * Writes to stdout and stderr, which tend shares with others and which can
 * block for good, without ever blocking the caller.
 *
 * O_NONBLOCK is a property of the open file, not of the descriptor: setting
 * it would change the terminal or pipe of whoever else has it.  Where Linux
 * can write without blocking all the same (RWF_NOWAIT: pipes, sockets,
 * /dev/null, of a recent kernel), that is done at once, which saves a change
 * of threads.  For all else, and for what does not fit at once, a helper
 * thread does plain write(2), behind a queue.  There is one helper for each
 * stream, made when it is first needed: a thread that sits in a write(2) to a
 * stdout that nobody reads could not write to stderr, and no amount of poll(2)
 * before the write rules that out where other processes write to the same
 * pipe.  Helpers have all signals blocked and touch nothing but their queue.
 *
 * A queue takes WRITER_BOUND bytes; who has more waits until there is room:
 *
 *	watch writer_descriptor() for reading; writer_acknowledge() clears it
 *	if (writer_has_room(writer, stream)) {
 *		room = writer_reserve(writer, stream, &len);
 *		n = read(fd, room, len);
 *		writer_commit(writer, stream, n);
 *	}
 *
 * A stream whose reader has gone (EPIPE, EIO, or any other error that will
 * not pass) takes everything and drops it.  One that is full (ENOSPC, EDQUOT,
 * EFBIG) loses what does not fit, and goes on with what comes later.  What is
 * dropped is counted.  SIGPIPE must be blocked or ignored by the caller; one
 * that a write here causes is taken away again.
 *
 * All functions are for one thread, the one that made the writer.
 */
#ifndef PROCESS_WRITER_H
#define PROCESS_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum writer_stream { WRITER_STDOUT, WRITER_STDERR };

enum {
	WRITER_STREAMS = 2,
	/* Bytes queued for a stream, above which it has no room. */
	WRITER_BOUND = 1024 * 1024,
	/* Further bytes that writer_put() may queue: log lines. */
	WRITER_EXTRA = 256 * 1024,
	/* Memory is taken in pieces of this size. */
	WRITER_CHUNK = 128 * 1024,
	/* writer_reserve() never gives less. */
	WRITER_LEAST = 16 * 1024
};

struct writer;

/*
 * Makes a writer for the descriptors of the two streams, which it does not
 * own.  No thread yet.  Returns NULL with "err" if there is no descriptor left.
 */
struct writer *writer_new(const int descriptors[WRITER_STREAMS],
    struct err *err);

/*
 * Readable when what writer_has_room() or writer_flushed() last denied has
 * come true.  Clear it with writer_acknowledge(), then ask again.
 */
int writer_descriptor(const struct writer *);
void writer_acknowledge(struct writer *);

/* Whether the queue is below its bound; if not, the descriptor tells when. */
bool writer_has_room(struct writer *, enum writer_stream which);

/*
 * Memory to fill, "len" bytes of it, at the end of the queue.  Does not look
 * at the bound.  The bytes are queued by writer_commit() (0: none), which
 * must follow before anything else is done with the stream.
 */
char *writer_reserve(struct writer *, enum writer_stream which, size_t *len);
void writer_commit(struct writer *, enum writer_stream which, size_t len);

/*
 * Queues a copy.  Returns 0, or -1 if WRITER_BOUND + WRITER_EXTRA would be
 * exceeded: nothing is queued then, and the bytes are counted as dropped.
 */
int writer_put(struct writer *, enum writer_stream which, const void *data,
    size_t len);

/* Bytes queued and not yet known to be written. */
size_t writer_pending(struct writer *, enum writer_stream which);

/* Whether nothing is pending; if not, the descriptor tells when. */
bool writer_flushed(struct writer *);

/* Bytes lost so far, whatever the reason. */
uint64_t writer_dropped(struct writer *, enum writer_stream which);

/*
 * The errno of a write that failed after one that did not, once: 0 if there
 * was none since it was asked last.  The descriptor becomes readable when
 * there is one.
 */
int writer_error(struct writer *, enum writer_stream which);

/*
 * Drops what is queued and all that comes, and counts it.  Of a write that is
 * under way (at most WRITER_CHUNK bytes) all counts as dropped, although its
 * reader may have got some.
 */
void writer_abandon(struct writer *, enum writer_stream which);

/*
 * Ends the helpers and frees the memory.  Does not wait for what is pending:
 * a helper that sits in a write is left there, with its queue, for the end
 * of the process.
 */
void writer_free(struct writer *);

#endif
