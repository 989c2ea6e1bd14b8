/* SPDX-License-Identifier: MIT */
/*
 * Percent-encoding, as RFC 3986 has it and AWS wants it: every byte but
 * letters, digits and "-_.~" becomes %XX.
 */
#ifndef TEXT_URLENCODE_H
#define TEXT_URLENCODE_H

#include <stddef.h>

#include "base/buf.h"

/* Appends "text", encoded.  Returns 0, or -1 if it does not fit. */
int urlencode(struct buf *out, const char *text, size_t len);

/*
 * Appends "name=value", with "&" before it unless "out" is empty: for forms
 * and queries.  Only the value is encoded; nothing is appended if it is NULL.
 */
int urlencode_pair(struct buf *out, const char *name, const char *value);

#endif
