/* SPDX-License-Identifier: MIT */
/*
 * Sizes in bytes as people write them: "512", "4k", "1M"; the letters k, m
 * and g, of either case, are powers of 1024.
 */
#ifndef TEXT_SIZE_H
#define TEXT_SIZE_H

#include <stddef.h>

#include "base/err.h"

/*
 * Reads the whole of "text" as a size of at most "max" bytes.  Returns 0, or
 * -1 with "err".
 */
int size_parse(const char *text, size_t max, size_t *size, struct err *err);

/* Writes "4k", "1m" or "1000": what size_parse() reads. */
enum { SIZE_TEXT = 24 };
void size_format(size_t size, char text[SIZE_TEXT]);

#endif
