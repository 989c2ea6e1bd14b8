/* SPDX-License-Identifier: MIT */
/*
 * What "tend try" shows of the heartbeats of its task.
 *
 * Pure: events and instants in, text out.  On a terminal it is one line,
 * redrawn in place, that is never in the way of what the command prints
 * there: it is erased before, and drawn again after.  While the command is in
 * the middle of a line, a prompt or a progress bar of its own, it is drawn on
 * the line below, and the cursor goes back to where the command left it.
 * Elsewhere each accepted heartbeat makes a line of the log.
 */
#ifndef TEND_DISPLAY_H
#define TEND_DISPLAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

enum display_place { DISPLAY_NOWHERE, DISPLAY_HERE, DISPLAY_BELOW };

/* The fields are display.c's own. */
struct display {
	int64_t began;
	bool color;
	struct buf sent; /* details of the heartbeat in flight */
	struct buf told; /* of the newest that was accepted */
	unsigned beats;  /* accepted */
	bool cancel_requested;
	int64_t timeout; /* of the heartbeat, INSTANT_NEVER: none */
	int64_t lease;   /* when it ends, INSTANT_NEVER: there is none */
	bool line_begun; /* the cursor is not where a line begins */
	enum display_place drawn;
};

/* "timeout": the heartbeat timeout. */
void display_init(struct display *, int64_t now, int64_t timeout, bool color);
void display_clear(struct display *);

/* A heartbeat goes out; NULL: it has no details. */
void display_sent(struct display *, const char *details);

/* It was accepted. */
void display_accepted(struct display *, bool cancel_requested, int64_t lease);

/* Appends that heartbeat, as a line of a log, without a line end. */
void display_line(const struct display *, int64_t now, struct buf *out);

/* The terminal got this. */
void display_output(struct display *, const char *data, size_t len);

/* Appends a line end if the terminal is in the middle of a line. */
void display_begin_line(struct display *, struct buf *out);

/* Appends what takes the line away, nothing if it is not there. */
void display_erase(struct display *, struct buf *out);

/* Appends what draws the line (again), "columns" wide at most. */
void display_draw(struct display *, int64_t now, size_t columns,
    struct buf *out);

#endif
