/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "text/lines.h"

#include <string.h>

/*
 * Two bytes are looked for.  Looking for each in the whole piece would take
 * quadratic time where only one of them occurs, so it is done block by block.
 */
enum { BLOCK = 512 };

enum { ESC = 0x1b, BEL = 0x07 };

void
lines_init(struct lines *lines, size_t max)
{
	*lines = (struct lines){ .text = BUF_INIT(max) };
}

/* Position of the first line end in "data", or "len". */
static size_t
first_end(const char *data, size_t len)
{
	for (size_t at = 0; at < len; at += BLOCK) {
		size_t n = len - at < BLOCK ? len - at : BLOCK;
		const char *lf = memchr(data + at, '\n', n);
		const char *cr;

		if (lf != NULL)
			n = (size_t)(lf - (data + at));
		cr = memchr(data + at, '\r', n);
		if (cr != NULL)
			return (size_t)(cr - data);
		if (lf != NULL)
			return (size_t)(lf - data);
	}
	return len;
}

size_t
lines_last(const char *data, size_t len)
{
	for (size_t end = len; end > 0;) {
		size_t at = end < BLOCK ? 0 : end - BLOCK;
		const char *lf = memrchr(data + at, '\n', end - at);
		size_t from = lf == NULL ? at : (size_t)(lf - data) + 1;
		const char *cr = memrchr(data + from, '\r', end - from);

		if (cr != NULL)
			return (size_t)(cr - data) + 1;
		if (lf != NULL)
			return from;
		end = at;
	}
	return 0;
}

/* Appends what "out" takes. */
static void
append(struct buf *out, const char *data, size_t len)
{
	size_t room = out->max - out->len;

	(void)buf_append(out, data, len < room ? len : room);
}

/*
 * Takes a byte within an escape sequence and returns where that leads.
 * "kept": the byte was none of the sequence's, which is broken and has ended.
 */
static enum lines_escape
escape_step(enum lines_escape escape, unsigned char c, bool *kept)
{
	*kept = false;
	if (c == ESC)
		return escape == LINES_STRING ? LINES_STRING_ESCAPE
					      : LINES_ESCAPE;
	switch (escape) {
	case LINES_STRING:
		return c == BEL ? LINES_PLAIN : LINES_STRING;
	case LINES_CSI:
		if (c >= 0x20 && c <= 0x3f)
			return LINES_CSI;
		*kept = c < 0x40 || c > 0x7e;
		return LINES_PLAIN;
	case LINES_STRING_ESCAPE:
	case LINES_ESCAPE:
		if (c == '[')
			return LINES_CSI;
		if (c == ']' || c == 'P' || c == 'X' || c == '^' || c == '_')
			return LINES_STRING;
		if (c >= 0x20 && c <= 0x2f)
			return LINES_ESCAPE;
		*kept = c < 0x20 || c > 0x7e;
		return LINES_PLAIN;
	case LINES_PLAIN:
		break;
	}
	*kept = true;
	return LINES_PLAIN;
}

enum lines_escape
lines_strip(struct buf *out, enum lines_escape escape, const char *data,
    size_t len)
{
	const char *esc;
	size_t n;
	bool kept;

	while (len > 0 && out->len < out->max) {
		n = 1;
		kept = true;
		if (escape != LINES_PLAIN) {
			escape =
			    escape_step(escape, (unsigned char)*data, &kept);
		} else {
			n = out->max - out->len < len ? out->max - out->len
						      : len;
			esc = memchr(data, ESC, n);
			if (esc != NULL)
				n = (size_t)(esc - data);
			append(out, data, n);
			kept = false;
			if (esc != NULL) {
				escape = LINES_ESCAPE;
				n++;
			}
		}
		if (kept)
			append(out, data, 1);
		data += n;
		len -= n;
	}
	return escape;
}

/* Forgets the line that the caller has had; the next begins here. */
static void
line_reset(struct lines *lines)
{
	buf_reset(&lines->text);
	lines->open = false;
	lines->bar = false;
	lines->ended = false;
	lines->escape = LINES_PLAIN;
}

bool
lines_next(struct lines *lines, const char **data, size_t *len)
{
	size_t end;

	if (lines->ended)
		line_reset(lines);
	if (*len == 0)
		return false;
	if (lines->after_cr) {
		lines->after_cr = false;
		lines->bar = **data != '\n';
		if (!lines->bar) {
			(*data)++;
			(*len)--;
		}
	}
	end = first_end(*data, *len);
	lines->escape = lines_strip(&lines->text, lines->escape, *data, end);
	lines->open = lines->open || end > 0;
	if (end == *len) {
		*data += end;
		*len = 0;
		return false;
	}
	lines_skip(lines, (*data)[end]);
	*data += end + 1;
	*len -= end + 1;
	return true;
}

void
lines_skip(struct lines *lines, char end)
{
	lines->after_cr = end == '\r';
	lines->ended = true;
}

bool
lines_end(struct lines *lines)
{
	bool last = lines->open && !lines->ended;

	lines->ended = true;
	lines->after_cr = false;
	return last;
}

void
lines_clear(struct lines *lines)
{
	buf_clear(&lines->text);
	lines_init(lines, lines->text.max);
}

/* Counts the bytes "c". */
static uint64_t
count_byte(const char *data, size_t len, char c)
{
	const char *end = data + len;
	uint64_t count = 0;

	for (;;) {
		data = memchr(data, c, (size_t)(end - data));
		if (data == NULL)
			return count;
		count++;
		data++;
	}
}

/* Counts the CRs that an LF follows. */
static uint64_t
count_pairs(const char *data, size_t len)
{
	const char *end = data + len;
	uint64_t count = 0;

	for (;;) {
		data = memchr(data, '\r', (size_t)(end - data));
		if (data == NULL)
			return count;
		data++;
		if (data < end && *data == '\n')
			count++;
	}
}

uint64_t
lines_count(const char *data, size_t len, bool *after_cr)
{
	uint64_t count;

	if (len == 0)
		return 0;
	count = count_byte(data, len, '\n');
	count += count_byte(data, len, '\r');
	count -= count_pairs(data, len);
	if (*after_cr && data[0] == '\n')
		count--;
	*after_cr = data[len - 1] == '\r';
	return count;
}
