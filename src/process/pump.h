/* SPDX-License-Identifier: MIT */
/*
 * A pump moves what a command writes into one pipe: to somebody who looks at
 * it (progress, the tail of stderr) and on to a stream of tend's own.
 *
 * The bytes are read straight into the writer's queue and looked at there.
 * While the stream has no room the pump does not read, so that the command
 * blocks as it would without tend.  The pipe's read end is tend's alone and
 * is made non-blocking; the command's end is another open file and is not
 * touched.
 *
 * How the owner (a loop over level-triggered epoll) uses it:
 *
 *	before it waits, for each pump:
 *		if (pump_wants_read(pump, now))
 *			have the descriptor reported, EPOLLIN | EPOLLONESHOT
 *		wake up at pump_deadline(pump) at the latest
 *	when the descriptor is reported, for whatever event:
 *		pump_read(pump, now)
 *	when writer_descriptor() or the deadline wakes it: as before waiting
 *	until pump_ended(pump)
 *
 * A descriptor that pump_wants_read() does not want must be out of the set or
 * disarmed (EPOLLONESHOT does that by itself after each report): one that is
 * merely in the set with no events is still reported for EPOLLHUP, for ever.
 *
 * The nap: a program that writes short lines one by one would wake tend for
 * each.  So when reads follow each other within a millisecond or two and find
 * little, the pump wants nothing for a millisecond, while the pipe fills.
 * The first output after a silence is never delayed.
 */
#ifndef PROCESS_PUMP_H
#define PROCESS_PUMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "process/writer.h"

enum {
	/* Bytes that one pump_read() moves at most: well under 1 ms. */
	PUMP_BURST = 512 * 1024,
	/* What a pipe is grown to, and how many of them at most.  Each has a
	 * pipe of PUMP_BURST beside it, for output that comes in bulk. */
	PUMP_PIPE = 1024 * 1024,
	PUMP_PIPES_GROWN = 8
};

struct pump;

/* Looks at a piece of output; called at most 1 MiB + PUMP_BURST in a row. */
typedef void pump_sink(void *arg, const char *data, size_t len);

struct pump_config {
	int descriptor;        /* the read end; the pump's from now on */
	struct writer *writer; /* where it goes to; NULL: nowhere */
	enum writer_stream stream;
	/* The sink passes on what it makes of the bytes: the pump only waits
	 * for room. */
	bool apart;
	pump_sink *sink; /* who looks at it; NULL: nobody */
	void *arg;
	/*
	 * For a sink that takes its time: bytes between two looks at the
	 * clock, which must not have moved on since "now" for another such
	 * piece.  0: the sink is quick.
	 */
	size_t burst;
	/*
	 * How many pipes of this process have been grown: one number for all
	 * pumps that may do so (those of stdout).  NULL: do not grow; nor does
	 * that of a slow sink, which is handed all of it at once at the end.
	 */
	unsigned int *grown;
};

/*
 * Makes a pump.  Returns NULL with "err" if the descriptor is none; it is
 * then still the caller's.
 */
struct pump *pump_new(const struct pump_config *config, struct err *err);

int pump_descriptor(const struct pump *);

/*
 * Whether the pump is to be read from now: it has not ended, takes no nap and
 * its stream has room (if not, writer_descriptor() tells when).
 */
bool pump_wants_read(struct pump *, int64_t now);

/* When a nap ends; INSTANT_NEVER if there is none. */
int64_t pump_deadline(const struct pump *);

/*
 * Moves what there is, at most a burst, and nothing if there is nothing.
 * Returns how much it was; look at pump_ended() afterwards.
 */
size_t pump_read(struct pump *, int64_t now);

/*
 * Moves what had been written when it was called, and no more than the pipe
 * can hold: past the stream's bound if need be, and in spite of a nap.  For
 * the end, when the command is dead; a process that it left behind and that
 * writes on cannot hold this up.
 */
void pump_drain(struct pump *);

/* Whether the end of the output was read, or an error that ends it. */
bool pump_ended(const struct pump *);

/* Bytes moved so far. */
uint64_t pump_bytes(const struct pump *);

/* Closes the descriptor. */
void pump_free(struct pump *);

#endif
