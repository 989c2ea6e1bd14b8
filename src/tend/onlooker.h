/* SPDX-License-Identifier: MIT */
/*
 * Somebody who looks on while a command is supervised: told of what happens,
 * in the order in which it does, and asked for nothing.  All functions are
 * set; they may print, with writer_put(), and set timers.
 */
#ifndef TEND_ONLOOKER_H
#define TEND_ONLOOKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "process/writer.h"

struct activity_event;

struct onlooker {
	/* The command was executed. */
	void (*started)(void *arg);
	/* A heartbeat goes out; NULL: it has no details. */
	void (*beat_sent)(void *arg, const char *details);
	/* Its answer: ACTIVITY_HEARTBEAT_OK or ACTIVITY_HEARTBEAT_FAILED; and
	 * when the tree has to be dead for the lease, INSTANT_NEVER: no lease.
	 */
	void (*beat_answered)(void *arg, const struct activity_event *event,
	    int64_t lease);
	/* There may be output of the command, or a line of the log, tend's
	 * "own"; and this was it. */
	void (*before_output)(void *arg, enum writer_stream stream, bool own);
	void (*after_output)(void *arg, enum writer_stream stream,
	    const char *data, size_t len);
	/* The activity has ended; foreground_finish() lets the process end. */
	void (*ended)(void *arg);
	/* tend is about to be stopped, as by ^Z. */
	void (*suspended)(void *arg);
	void *arg;
	/* stdout and stderr are one terminal, and what is for it must come in
	 * order: all goes through WRITER_STDERR. */
	bool one_stream;
};

#endif
