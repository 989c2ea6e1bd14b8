/* SPDX-License-Identifier: MIT */
/*
 * The output of one command among many, as whole lines that say whose they
 * are.
 *
 * Lines end in LF or CR; CR LF is one end, and the empty lines of a progress
 * bar, which begins with CR, are left out.  A line of more than TAGGED_LINE
 * bytes is passed on in pieces of that size, each as a line of its own, so
 * that memory is bounded; no piece ends inside a UTF-8 character.
 *
 *   TAGGED_PREFIX  "step-7: what it printed"; bytes are left as they are, but
 *                  control characters in the name, valid UTF-8, become "?"
 *   TAGGED_JSON    {"time":"...","activityId":"step-7","workflowId":"nightly",
 *                  "stream":"stdout","line":"what it printed"}; what is not
 *                  UTF-8 is U+FFFD
 *
 * Pure: bytes in, bytes out.  Only a line that is not whole yet costs memory.
 */
#ifndef TEXT_TAGGED_H
#define TEXT_TAGGED_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

enum { TAGGED_LINE = 16 * 1024 };

enum tagged_form { TAGGED_PREFIX, TAGGED_JSON };

struct tagged {
	enum tagged_form form;
	const char *name;   /* whose: kept, not copied */
	const char *flow;   /* of JSON: the workflow; likewise; NULL: unknown */
	const char *stream; /* "stdout"; likewise */
	struct buf rest;    /* of a line that is not whole yet */
	bool after_cr;      /* the byte before was CR */
	bool left_out;      /* and its line was empty */
};

void tagged_init(struct tagged *, enum tagged_form form, const char *name,
    const char *flow, const char *stream);

/*
 * Appends the lines that end in "data" to "out"; "time" is for JSON.  Each
 * byte can be an empty line, which takes the names and 100 bytes, and a line
 * that does not fit is lost: "out" must have room, or "data" be short.
 */
void tagged_feed(struct tagged *, const char *data, size_t len,
    const char *time, struct buf *out);

/* The output has ended: appends a last line without an end. */
void tagged_end(struct tagged *, const char *time, struct buf *out);

void tagged_clear(struct tagged *);

#endif
