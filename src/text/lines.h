/* SPDX-License-Identifier: MIT */
/*
 * Lines out of a stream of bytes that comes in pieces of any size.
 *
 * LF ends a line, and so does CR, so that each state of a progress bar is a
 * line; CR LF ends one line.  Escape sequences of terminals (CSI, OSC and the
 * other control strings, two-byte ones, ones with intermediates) are taken
 * out, even if cut by the end of a piece; a line end ends them too.  Of a
 * line the first "max" bytes that remain are kept, and the rest is counted by
 * nobody, so a line that never ends costs no memory.
 *
 *	lines_init(&lines, 4096);
 *	while (lines_next(&lines, &data, &len))
 *		use(lines.text.data, lines.text.len);
 *	...at the end of the stream:
 *	if (lines_end(&lines))
 *		use(lines.text.data, lines.text.len);
 *	lines_clear(&lines);
 */
#ifndef TEXT_LINES_H
#define TEXT_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/* Where in an escape sequence the next byte is. */
enum lines_escape {
	LINES_PLAIN,
	LINES_ESCAPE,       /* after ESC, or ESC and intermediates */
	LINES_CSI,          /* after ESC [ */
	LINES_STRING,       /* in OSC, DCS, SOS, PM or APC */
	LINES_STRING_ESCAPE /* after ESC in one: perhaps its end */
};

struct lines {
	struct buf text; /* the line, without escapes and without its end */
	bool open;       /* the line has begun and has not ended */
	bool after_cr;   /* the byte before was CR: an LF now is part of it */
	bool bar;        /* the open line follows a CR that was no CR LF */
	bool ended;      /* text is a whole line, to be emptied */
	enum lines_escape escape;
};

/* Starts; "max" is how much of a line is kept. */
void lines_init(struct lines *, size_t max);

/*
 * Takes bytes from "data" up to and including the end of the next line, and
 * moves "data" and "len" past them.  True: "text" is that line, until the
 * next call.  False: all bytes were taken, the line is still open, "text" is
 * what it has so far.
 */
bool lines_next(struct lines *, const char **data, size_t *len);

/* The stream has ended: true if "text" is a last line without an end. */
bool lines_end(struct lines *);

/* Frees the memory. */
void lines_clear(struct lines *);

/*
 * The three below are for who searches backwards.
 *
 * Position just after the last line end in "data", or 0 if it has none: at
 * the speed of memrchr(3).
 */
size_t lines_last(const char *data, size_t len);

/* The caller has looked at bytes up to and including the line end "end". */
void lines_skip(struct lines *, char end);

/*
 * Appends "data" without escape sequences to "out", as much as that takes.
 * "escape" is where in a sequence "data" begins; returns where it ends.
 */
enum lines_escape lines_strip(struct buf *out, enum lines_escape escape,
    const char *data, size_t len);

/* Counts the lines that end in "data"; "after_cr" carries between pieces. */
uint64_t lines_count(const char *data, size_t len, bool *after_cr);

#endif
