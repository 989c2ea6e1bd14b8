/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "text/oneline.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "text/utf8.h"

static const char mark[] = "...";

enum { MARK = sizeof(mark) - 1 };

/* How long the character is that begins with this byte. */
static size_t
character_length(unsigned char first)
{
	if (first < 0xc0)
		return 1;
	if (first < 0xe0)
		return 2;
	return first < 0xf0 ? 3 : 4;
}

static bool
is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* C0, DEL, and C1, which some terminals obey too. */
static bool
is_control(const char *at)
{
	unsigned char first = (unsigned char)at[0];

	return first < 0x20 || first == 0x7f ||
	       (first == 0xc2 && (unsigned char)at[1] < 0xa0);
}

/* U+0300 is 0xcc 0x80. */
static size_t
character_columns(const char *at)
{
	return (unsigned char)*at < 0xcc ? 1 : 2;
}

size_t
oneline_columns(const char *text, size_t len)
{
	size_t columns = 0;

	for (size_t i = 0; i < len;
	     i += character_length((unsigned char)text[i]))
		columns += character_columns(text + i);
	return columns;
}

/* One character, or what stands for it. */
static int
append_character(struct buf *out, const char *at, size_t len)
{
	if (is_control(at))
		return buf_append(out, "?", 1);
	return buf_append(out, at, len);
}

/* Appends all of it as one line, without a blank at either end. */
static int
append_all(struct buf *out, const char *text)
{
	bool blank = false, any = false;

	while (*text != '\0') {
		size_t len = character_length((unsigned char)*text);

		if (is_blank(*text)) {
			blank = any;
		} else {
			if (blank && buf_append(out, " ", 1) == -1)
				return -1;
			if (append_character(out, text, len) == -1)
				return -1;
			blank = false;
			any = true;
		}
		text += len;
	}
	return 0;
}

/* How many bytes of a line take at most "columns" columns. */
static size_t
span(const char *line, size_t len, size_t columns)
{
	size_t end = 0;

	while (end < len && character_columns(line + end) <= columns) {
		columns -= character_columns(line + end);
		end += character_length((unsigned char)line[end]);
	}
	return end;
}

int
oneline_append(struct buf *out, const char *text, size_t columns)
{
	size_t from = out->len;
	char *line;
	size_t len, kept;

	if (append_all(out, text) == -1) {
		out->len = from;
		if (out->data != NULL)
			out->data[from] = '\0';
		return -1;
	}
	if (out->len == from)
		return 0;
	line = out->data + from;
	len = out->len - from;
	if (span(line, len, columns) == len)
		return 0;
	kept = span(line, len, columns > MARK ? columns - MARK : columns);
	out->len = from + kept;
	out->data[out->len] = '\0';
	return columns > MARK ? buf_append(out, mark, MARK) : 0;
}

void
oneline_mask(char *text, size_t len)
{
	size_t length;

	for (size_t i = 0; i < len; i += length) {
		length = character_length((unsigned char)text[i]);
		if (is_control(text + i))
			memset(text + i, '?', length);
	}
}

/* A column takes a byte of ASCII, at most two of anything else. */
void
oneline_copy(char *to, size_t size, const char *text)
{
	struct buf valid = BUF_INIT(SIZE_MAX / 4);
	struct buf line = BUF_INIT(SIZE_MAX / 4);

	(void)utf8_repair(&valid, text, strlen(text));
	if (valid.len > 0)
		(void)oneline_append(&line, valid.data, size - 1);
	if (line.len >= size) {
		buf_reset(&line);
		(void)oneline_append(&line, valid.data, (size - 1) / 2);
	}
	(void)snprintf(to, size, "%s", line.len > 0 ? line.data : "");
	buf_clear(&valid);
	buf_clear(&line);
}
