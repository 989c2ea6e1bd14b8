/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "process/pump.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/instant.h"
#include "base/mem.h"

enum {
	/* Taken for what is no pipe: a terminal. */
	NO_PIPE = 1024 * 1024,
	/* A read that finds less than this makes a nap worth while... */
	LITTLE = 16 * 1024,
	/* ...if the read before was no longer ago than this. */
	BRISK = 2,
	NAP = 1,
	/* What makes a detour by the side pipe worth while. */
	BUSY = 128 * 1024,
	/* For bytes that do not go straight into a writer. */
	SCRATCH = 64 * 1024
};

/* Of all pumps: nothing is in it between two reads. */
static char scratch[SCRATCH];

struct pump {
	struct pump_config config;
	size_t capacity; /* of the pipe */
	int side[2];     /* -1: there is none */
	size_t side_len; /* bytes in it; none between calls */
	int64_t read_at; /* of the read before */
	int64_t nap_until;
	uint64_t bytes;
	bool ended;
	bool grown;   /* or tried in vain */
	bool counted; /* in *config.grown */
	bool busy;    /* a lot was moved last: by the side next */
};

static size_t
pipe_capacity(int descriptor)
{
	int size = fcntl(descriptor, F_GETPIPE_SZ);

	return size <= 0 ? NO_PIPE : (size_t)size;
}

struct pump *
pump_new(const struct pump_config *config, struct err *err)
{
	struct pump *pump;
	int flags = fcntl(config->descriptor, F_GETFL);

	if (flags == -1 ||
	    fcntl(config->descriptor, F_SETFL, flags | O_NONBLOCK) == -1) {
		(void)err_errno(err, "cannot read the command's output");
		return NULL;
	}
	pump = mem_new(1, sizeof(*pump));
	pump->config = *config;
	if (config->burst == 0 || config->burst > PUMP_BURST)
		pump->config.burst = PUMP_BURST;
	pump->capacity = pipe_capacity(config->descriptor);
	pump->side[0] = pump->side[1] = -1;
	pump->read_at = INT64_MIN / 2;
	pump->nap_until = INT64_MIN;
	return pump;
}

int
pump_descriptor(const struct pump *pump)
{
	return pump->config.descriptor;
}

static bool
has_room(struct pump *pump)
{
	return pump->config.writer == NULL ||
	       writer_has_room(pump->config.writer, pump->config.stream);
}

bool
pump_wants_read(struct pump *pump, int64_t now)
{
	if (pump->ended || now < pump->nap_until)
		return false;
	pump->nap_until = INT64_MIN;
	return has_room(pump);
}

int64_t
pump_deadline(const struct pump *pump)
{
	if (pump->ended || pump->nap_until == INT64_MIN)
		return INSTANT_NEVER;
	return pump->nap_until;
}

static bool
passes_on(const struct pump *pump)
{
	return pump->config.writer != NULL && !pump->config.apart;
}

/* Memory for the next read. */
static char *
reserve(struct pump *pump, size_t *len)
{
	if (passes_on(pump))
		return writer_reserve(pump->config.writer, pump->config.stream,
		    len);
	*len = SCRATCH;
	return scratch;
}

/* Looks at what was read and passes it on. */
static void
deliver(struct pump *pump, const char *data, size_t len)
{
	if (len > 0 && pump->config.sink != NULL)
		pump->config.sink(pump->config.arg, data, len);
	if (passes_on(pump))
		writer_commit(pump->config.writer, pump->config.stream, len);
	pump->bytes += len;
}

/*
 * One read(2) of at most "most" bytes.  Returns how many it was; "drained":
 * there is no more now.  A pseudo-terminal says EIO at its end.
 */
static size_t
move(struct pump *pump, size_t most, bool *drained)
{
	int from = pump->side_len > 0 ? pump->side[0] : pump->config.descriptor;
	size_t len;
	char *room = reserve(pump, &len);
	ssize_t n;

	if (len > most)
		len = most;
	do {
		n = read(from, room, len);
	} while (n == -1 && errno == EINTR);
	if (n == 0 || (n == -1 && errno != EAGAIN))
		pump->ended = true;
	*drained = n < (ssize_t)len;
	if (n > 0 && from == pump->side[0])
		pump->side_len -= (size_t)n;
	deliver(pump, room, n > 0 ? (size_t)n : 0);
	return n > 0 ? (size_t)n : 0;
}

/*
 * A read holds the pipe's lock while it copies, and the command cannot write
 * meanwhile.  To take the pages out by splice(2), into a pipe that nobody
 * else has, and to copy them from there lets both go on at once.
 */
static void
open_side(struct pump *pump)
{
	if (pipe2(pump->side, O_CLOEXEC | O_NONBLOCK) == -1) {
		pump->side[0] = pump->side[1] = -1;
		return;
	}
	(void)fcntl(pump->side[0], F_SETPIPE_SZ, PUMP_BURST);
}

/* Moves a lot through the side; 0: there is less than that, or nothing. */
static size_t
move_aside(struct pump *pump)
{
	size_t moved = 0;
	bool drained;
	ssize_t n;

	n = splice(pump->config.descriptor, NULL, pump->side[1], NULL,
	    PUMP_BURST, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
	pump->side_len = n > 0 ? (size_t)n : 0;
	while (pump->side_len > 0 && !pump->ended)
		moved += move(pump, pump->side_len, &drained);
	return moved;
}

/*
 * A pipe that was full gets larger.  A page of it may hold one write only, of
 * half a page and a byte, so a pipe that is full may hold half its size.  One
 * before a slow sink does not: pump_drain() takes all of it at once.
 */
static void
maybe_grow(struct pump *pump, size_t moved)
{
	int size;

	if (moved < pump->capacity / 2 || pump->grown ||
	    pump->config.grown == NULL || pump->config.burst != PUMP_BURST ||
	    *pump->config.grown >= PUMP_PIPES_GROWN)
		return;
	pump->grown = true;
	size = fcntl(pump->config.descriptor, F_SETPIPE_SZ, PUMP_PIPE);
	if (size == -1)
		return;
	pump->capacity = (size_t)size;
	pump->counted = true;
	(*pump->config.grown)++;
	open_side(pump);
}

/* Decides whether to let the pipe fill before it is read again. */
static void
maybe_nap(struct pump *pump, size_t moved, int64_t now)
{
	if (moved < LITTLE && now - pump->read_at <= BRISK)
		pump->nap_until = now + NAP;
	pump->read_at = now;
}

/* Reads until there is no more, or no room, or it has been enough. */
static size_t
move_directly(struct pump *pump, int64_t now, bool *drained)
{
	size_t moved = 0, most;

	do {
		most = PUMP_BURST - moved;
		if (most > pump->config.burst)
			most = pump->config.burst;
		moved += move(pump, most, drained);
	} while (!*drained && moved < PUMP_BURST && has_room(pump) &&
		 (pump->config.burst == PUMP_BURST || clock_boot() == now));
	return moved;
}

size_t
pump_read(struct pump *pump, int64_t now)
{
	size_t moved = 0;
	bool drained = false;

	if (!pump_wants_read(pump, now))
		return 0;
	if (pump->busy)
		moved = move_aside(pump);
	if (moved == 0)
		moved = move_directly(pump, now, &drained);
	maybe_grow(pump, moved);
	pump->busy = pump->side[0] != -1 && moved >= BUSY &&
		     pump->config.burst == PUMP_BURST;
	if (drained && moved > 0)
		maybe_nap(pump, moved, now);
	return moved;
}

void
pump_drain(struct pump *pump)
{
	size_t left = pipe_capacity(pump->config.descriptor), moved = 1;
	bool drained;

	/* A terminal gives less than it has, so a short read is no end. */
	pump->nap_until = INT64_MIN;
	while (!pump->ended && moved > 0 && left > 0) {
		moved = move(pump, left, &drained);
		left -= moved;
	}
}

bool
pump_ended(const struct pump *pump)
{
	return pump->ended;
}

uint64_t
pump_bytes(const struct pump *pump)
{
	return pump->bytes;
}

void
pump_free(struct pump *pump)
{
	if (pump == NULL)
		return;
	if (pump->counted)
		(*pump->config.grown)--;
	(void)close(pump->config.descriptor);
	if (pump->side[0] != -1) {
		(void)close(pump->side[0]);
		(void)close(pump->side[1]);
	}
	free(pump);
}
