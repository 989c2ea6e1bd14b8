/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "process/writer.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "process/helper.h"

enum {
	/* Room is told of when the queue has sunk to this. */
	LOW = WRITER_BOUND / 2,
	/* Empty chunks kept for later: as many as a full queue has. */
	SPARES = WRITER_BOUND / WRITER_CHUNK + 1
};

/*
 * A piece of the queue.  The helper takes bytes at "start", the caller puts
 * some at "end"; a chunk that has been emptied is used from its beginning
 * again, so that little memory is touched while the helper keeps up.
 */
struct chunk {
	struct chunk *next;
	size_t start;
	size_t end;
	char data[WRITER_CHUNK];
};

struct stream {
	int descriptor;
	int event; /* the writer's */
	pthread_t thread;
	bool running;         /* there is a thread; the caller's field */
	bool indirect;        /* only the helper can write; likewise */
	pthread_mutex_t lock; /* of all that follows */
	pthread_cond_t wake;  /* there is something to do for the helper */
	struct chunk *head;   /* the helper's end; has bytes, or is the tail */
	struct chunk *tail;
	struct chunk *spare;
	size_t spares;
	size_t pending;
	uint64_t dropped;
	int error;
	bool writing; /* the helper is in write(2) on the head */
	bool failing; /* the newest write failed, and that was told */
	bool closed;  /* gone or abandoned: everything is dropped */
	bool stop;    /* the helper is to end */
	bool wants_room;
	bool wants_empty;
};

struct writer {
	int event;
	struct stream streams[WRITER_STREAMS];
};

/* Takes the emptied head off the queue, if there is a chunk behind it. */
static void
drop_head(struct stream *stream)
{
	struct chunk *chunk = stream->head;

	if (chunk == stream->tail)
		return;
	stream->head = chunk->next;
	chunk->next = stream->spare;
	stream->spare = chunk;
	stream->spares++;
}

/* Drops what is queued; the memory of the tail stays where it is. */
static void
drop_queue(struct stream *stream)
{
	stream->dropped += stream->pending;
	stream->pending = 0;
	if (stream->head == NULL)
		return;
	while (stream->head != stream->tail)
		drop_head(stream);
	stream->head->start = stream->head->end;
}

/* Some bytes of the head were written. */
static void
advance(struct stream *stream, size_t written)
{
	stream->failing = false;
	stream->head->start += written;
	stream->pending -= written;
	if (stream->head->start == stream->head->end)
		drop_head(stream);
}

/* Tells the caller what it waits for, if that has come true. */
static void
notify_if_wanted(struct stream *stream)
{
	bool room = stream->wants_room && stream->pending <= LOW;
	bool empty = stream->wants_empty && stream->pending == 0;

	if (room)
		stream->wants_room = false;
	if (empty)
		stream->wants_empty = false;
	if (room || empty)
		helper_notify(stream->event);
}

/*
 * What a failed write means; the queue is dropped, now or for good.  It is
 * told once, because a log line about it may fail the same way.
 */
static void
fail(struct stream *stream, int error)
{
	if (error != ENOSPC && error != EDQUOT && error != EFBIG)
		stream->closed = true;
	drop_queue(stream);
	if (stream->failing)
		return;
	stream->failing = true;
	stream->error = error;
	helper_notify(stream->event);
}

/* Somebody else has made the open file non-blocking: waits for room. */
static void
wait_until_writable(int descriptor)
{
	struct pollfd poll_fd = { .fd = descriptor, .events = POLLOUT };

	(void)poll(&poll_fd, 1, -1);
}

/* One write(2), without the lock. */
static void
write_some(struct stream *stream)
{
	struct chunk *chunk = stream->head;
	size_t len = chunk->end - chunk->start;
	ssize_t n;
	int error;

	stream->writing = true;
	pthread_mutex_unlock(&stream->lock);
	n = write(stream->descriptor, chunk->data + chunk->start, len);
	error = n == -1 ? errno : EIO;
	if (n == -1 && error == EAGAIN)
		wait_until_writable(stream->descriptor);
	pthread_mutex_lock(&stream->lock);
	stream->writing = false;
	if (stream->closed)
		drop_queue(stream);
	else if (n > 0)
		advance(stream, (size_t)n);
	else if (error != EINTR && error != EAGAIN)
		fail(stream, error);
}

static void *
helper(void *arg)
{
	struct stream *stream = arg;

	pthread_mutex_lock(&stream->lock);
	while (!stream->stop) {
		if (stream->pending == 0)
			pthread_cond_wait(&stream->wake, &stream->lock);
		else
			write_some(stream);
		notify_if_wanted(stream);
	}
	pthread_mutex_unlock(&stream->lock);
	return NULL;
}

/*
 * If there can be no thread now, the bytes stay queued and it is tried again
 * when more come, or somebody asks for them to be gone.
 */
static void
start(struct stream *stream)
{
	stream->running = helper_start(&stream->thread, helper, stream);
}

struct writer *
writer_new(const int descriptors[WRITER_STREAMS], struct err *err)
{
	struct writer *writer;
	int event = helper_event();

	if (event == -1) {
		(void)err_errno(err, "cannot make an eventfd");
		return NULL;
	}
	writer = mem_new(1, sizeof(*writer));
	writer->event = event;
	for (int i = 0; i < WRITER_STREAMS; i++) {
		struct stream *stream = &writer->streams[i];

		stream->descriptor = descriptors[i];
		stream->event = event;
		(void)pthread_mutex_init(&stream->lock, NULL);
		(void)pthread_cond_init(&stream->wake, NULL);
	}
	return writer;
}

int
writer_descriptor(const struct writer *writer)
{
	return writer->event;
}

void
writer_acknowledge(struct writer *writer)
{
	helper_acknowledge(writer->event);
}

bool
writer_has_room(struct writer *writer, enum writer_stream which)
{
	struct stream *stream = &writer->streams[which];
	bool room;

	pthread_mutex_lock(&stream->lock);
	room = stream->pending < WRITER_BOUND;
	stream->wants_room = !room;
	pthread_mutex_unlock(&stream->lock);
	if (!room && !stream->running)
		start(stream);
	return room;
}

/* An empty chunk, a spare one if there is one. */
static struct chunk *
chunk_new(struct stream *stream)
{
	struct chunk *chunk = stream->spare;

	if (chunk == NULL) {
		chunk = mem_resize(NULL, 1, sizeof(*chunk));
	} else {
		stream->spare = chunk->next;
		stream->spares--;
	}
	chunk->next = NULL;
	chunk->start = chunk->end = 0;
	return chunk;
}

/* Frees what a queue beyond its bound had needed. */
static void
trim_spares(struct stream *stream)
{
	while (stream->spares > SPARES) {
		struct chunk *chunk = stream->spare;

		stream->spare = chunk->next;
		stream->spares--;
		free(chunk);
	}
}

/* Makes sure that the tail has room for WRITER_LEAST bytes. */
static void
make_tail(struct stream *stream)
{
	struct chunk *tail = stream->tail;

	if (tail == NULL) {
		stream->head = stream->tail = chunk_new(stream);
		return;
	}
	if (tail->start == tail->end && !stream->writing)
		tail->start = tail->end = 0;
	if (WRITER_CHUNK - tail->end < WRITER_LEAST) {
		stream->tail = chunk_new(stream);
		tail->next = stream->tail;
		if (tail->start == tail->end && !stream->writing)
			drop_head(stream);
	}
	trim_spares(stream);
}

char *
writer_reserve(struct writer *writer, enum writer_stream which, size_t *len)
{
	struct stream *stream = &writer->streams[which];
	char *room;

	pthread_mutex_lock(&stream->lock);
	make_tail(stream);
	*len = WRITER_CHUNK - stream->tail->end;
	room = stream->tail->data + stream->tail->end;
	pthread_mutex_unlock(&stream->lock);
	return room;
}

/* write(2) that cannot block whatever the open file's flags; or -1. */
static ssize_t
write_nowait(int descriptor, const char *data, size_t len)
{
#ifdef RWF_NOWAIT
	struct iovec piece = { .iov_base = (void *)(uintptr_t)data,
		.iov_len = len };

	return syscall(SYS_pwritev2, descriptor, &piece, 1, -1L, -1L,
	    RWF_NOWAIT);
#else
	(void)descriptor;
	(void)data;
	(void)len;
	errno = ENOSYS;
	return -1;
#endif
}

/* A write to a pipe without reader has left a signal; it is blocked. */
static void
forget_sigpipe(void)
{
	const struct timespec now = { 0, 0 };
	sigset_t pipe_only;

	(void)sigemptyset(&pipe_only);
	(void)sigaddset(&pipe_only, SIGPIPE);
	while (sigtimedwait(&pipe_only, NULL, &now) == -1 && errno == EINTR)
		continue;
}

/*
 * Writes what is queued without the helper, which has nothing to do now; what
 * is left, and what went wrong, is for the helper.
 */
static void
write_direct(struct stream *stream)
{
	while (!stream->indirect && stream->pending > 0) {
		struct chunk *chunk = stream->head;
		ssize_t n = write_nowait(stream->descriptor,
		    chunk->data + chunk->start, chunk->end - chunk->start);

		if (n > 0)
			advance(stream, (size_t)n);
		else if (n == -1 && errno == EAGAIN)
			break;
		else if (n == 0 || errno != EINTR)
			stream->indirect = true;
		if (n == -1 && errno == EPIPE)
			forget_sigpipe();
	}
}

void
writer_commit(struct writer *writer, enum writer_stream which, size_t len)
{
	struct stream *stream = &writer->streams[which];
	size_t left = 0;

	if (len == 0)
		return;
	pthread_mutex_lock(&stream->lock);
	assert(len <= WRITER_CHUNK - stream->tail->end);
	if (stream->closed) {
		stream->dropped += len;
	} else {
		stream->tail->end += len;
		stream->pending += len;
		left = stream->pending;
		if (left == len) {
			write_direct(stream);
			left = stream->pending;
			if (left > 0)
				pthread_cond_signal(&stream->wake);
		}
	}
	pthread_mutex_unlock(&stream->lock);
	if (left > 0 && !stream->running)
		start(stream);
}

/* Whether writer_put() may queue "len" bytes; counts them if not. */
static bool
may_put(struct stream *stream, size_t len)
{
	bool may;

	pthread_mutex_lock(&stream->lock);
	may = stream->closed ||
	      (len <= WRITER_BOUND + WRITER_EXTRA &&
		  stream->pending <= WRITER_BOUND + WRITER_EXTRA - len);
	if (!may)
		stream->dropped += len;
	pthread_mutex_unlock(&stream->lock);
	return may;
}

int
writer_put(struct writer *writer, enum writer_stream which, const void *data,
    size_t len)
{
	const char *from = data;

	if (!may_put(&writer->streams[which], len))
		return -1;
	while (len > 0) {
		size_t n;
		char *room = writer_reserve(writer, which, &n);

		if (n > len)
			n = len;
		memcpy(room, from, n);
		writer_commit(writer, which, n);
		from += n;
		len -= n;
	}
	return 0;
}

size_t
writer_pending(struct writer *writer, enum writer_stream which)
{
	struct stream *stream = &writer->streams[which];
	size_t pending;

	pthread_mutex_lock(&stream->lock);
	pending = stream->pending;
	pthread_mutex_unlock(&stream->lock);
	return pending;
}

static bool
is_empty(struct stream *stream)
{
	bool empty;

	pthread_mutex_lock(&stream->lock);
	empty = stream->pending == 0;
	stream->wants_empty = !empty;
	pthread_mutex_unlock(&stream->lock);
	if (!empty && !stream->running)
		start(stream);
	return empty;
}

bool
writer_flushed(struct writer *writer)
{
	bool flushed = true;

	for (int i = 0; i < WRITER_STREAMS; i++)
		if (!is_empty(&writer->streams[i]))
			flushed = false;
	return flushed;
}

uint64_t
writer_dropped(struct writer *writer, enum writer_stream which)
{
	struct stream *stream = &writer->streams[which];
	uint64_t dropped;

	pthread_mutex_lock(&stream->lock);
	dropped = stream->dropped;
	pthread_mutex_unlock(&stream->lock);
	return dropped;
}

int
writer_error(struct writer *writer, enum writer_stream which)
{
	struct stream *stream = &writer->streams[which];
	int error;

	pthread_mutex_lock(&stream->lock);
	error = stream->error;
	stream->error = 0;
	pthread_mutex_unlock(&stream->lock);
	return error;
}

void
writer_abandon(struct writer *writer, enum writer_stream which)
{
	struct stream *stream = &writer->streams[which];

	pthread_mutex_lock(&stream->lock);
	stream->closed = true;
	if (stream->writing) {
		/* The helper has the head; it drops the chunks later. */
		stream->dropped += stream->pending;
		stream->pending = 0;
	} else {
		drop_queue(stream);
	}
	pthread_mutex_unlock(&stream->lock);
}

static void
free_chunks(struct chunk *chunk)
{
	while (chunk != NULL) {
		struct chunk *next = chunk->next;

		free(chunk);
		chunk = next;
	}
}

/* Ends the helper.  Returns false if it sits in a write and is left. */
static bool
stop_helper(struct stream *stream)
{
	bool writing;

	if (!stream->running)
		return true;
	pthread_mutex_lock(&stream->lock);
	stream->stop = true;
	writing = stream->writing;
	pthread_cond_signal(&stream->wake);
	pthread_mutex_unlock(&stream->lock);
	if (writing)
		(void)pthread_detach(stream->thread);
	else
		(void)pthread_join(stream->thread, NULL);
	return !writing;
}

void
writer_free(struct writer *writer)
{
	bool stopped = true;

	if (writer == NULL)
		return;
	for (int i = 0; i < WRITER_STREAMS; i++)
		if (!stop_helper(&writer->streams[i]))
			stopped = false;
	if (!stopped)
		return;
	for (int i = 0; i < WRITER_STREAMS; i++) {
		free_chunks(writer->streams[i].head);
		free_chunks(writer->streams[i].spare);
		(void)pthread_cond_destroy(&writer->streams[i].wake);
		(void)pthread_mutex_destroy(&writer->streams[i].lock);
	}
	(void)close(writer->event);
	free(writer);
}
