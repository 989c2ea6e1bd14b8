/* SPDX-License-Identifier: MIT */
/*
 * Text of others on one line of a terminal.
 *
 * Pure.  Line ends, tabs and runs of blanks become one blank; control
 * characters, C1 included, become "?": nothing in the text can move a cursor
 * or begin a line.  Width is counted on the safe side: every character from
 * U+0300 on counts for two columns, so that a line is cut rather early than
 * late, and never wraps.
 */
#ifndef TEXT_ONELINE_H
#define TEXT_ONELINE_H

#include <stddef.h>

#include "base/buf.h"

/*
 * Appends "text", valid UTF-8, in at most "columns" columns; what is longer
 * ends in "...", or if there are not even columns for that, is cut.  Returns
 * 0, or -1 if "out" is full.
 */
int oneline_append(struct buf *out, const char *text, size_t columns);

/*
 * Writes text of others, which may be any bytes, into "size" bytes with a NUL
 * at the end: as much of it as fits, on one line.
 */
void oneline_copy(char *to, size_t size, const char *text);

/*
 * Makes each byte of a control character "?": "text" keeps its length.  It is
 * valid UTF-8 of "len" bytes, and one more may be read.
 */
void oneline_mask(char *text, size_t len);

/* The columns that "len" bytes of such a line take. */
size_t oneline_columns(const char *text, size_t len);

#endif
