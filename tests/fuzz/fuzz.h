/* SPDX-License-Identifier: MIT */
/*
 * What the fuzz targets share.  The first byte of an input says how the rest
 * is cut into pieces; each piece has memory of its own, so that reading past
 * its end is found.
 */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What must hold, whatever the input. */
#define MUST(condition)           \
	do {                      \
		if (!(condition)) \
			abort();  \
	} while (0)

/* A copy of "len" bytes, to be freed. */
static inline char *
fuzz_copy(const void *data, size_t len)
{
	char *copy = malloc(len == 0 ? 1 : len);

	MUST(copy != NULL);
	if (len != 0)
		memcpy(copy, data, len);
	return copy;
}

/* The same with a NUL after it. */
static inline char *
fuzz_string(const void *data, size_t len)
{
	char *copy = malloc(len + 1);

	MUST(copy != NULL);
	if (len != 0)
		memcpy(copy, data, len);
	copy[len] = '\0';
	return copy;
}

#endif
