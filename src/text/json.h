/* SPDX-License-Identifier: MIT */
/*
 * The little JSON that is needed beside cJSON: writing strings into a buffer,
 * telling whether a line is a JSON object, and keeping NUL out of strings.
 */
#ifndef TEXT_JSON_H
#define TEXT_JSON_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

/* Objects and arrays inside each other: deeper text is refused. */
enum { JSON_DEPTH = 64 };

/*
 * Appends "text" as a JSON string, its quotes included.  Any bytes will do:
 * what is not UTF-8, and NUL, becomes U+FFFD.  Returns 0, or -1 if it does
 * not fit; "out" is then as it was.
 */
int json_string(struct buf *out, const char *text, size_t len);

/* The same for a C string; NULL becomes null. */
int json_string_or_null(struct buf *out, const char *text);

/*
 * Makes every escaped U+0000 of a JSON text an escaped U+FFFD, in place, for
 * a parser whose strings end at the first NUL.
 */
void json_replace_nul(char *text, size_t len);

/*
 * Whether "text" is one object by RFC 8259 and nothing else but blanks
 * around it.
 */
bool json_is_object(const char *text, size_t len);

/*
 * Finds the number that a valid object has as its member "name" (the last
 * one of that name; not in objects inside it; a name written with escapes is
 * not found).  Returns 0, or -1 if there is no such number.
 */
int json_number(const char *text, size_t len, const char *name, double *number);

#endif
