/* SPDX-License-Identifier: MIT */
/*
 * The last bytes of a stream, in constant memory.
 */
#ifndef TEXT_TAIL_H
#define TEXT_TAIL_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct tail {
	char *ring; /* made at the first byte */
	size_t size;
	uint64_t total; /* bytes fed so far, those forgotten included */
};

/* Keeps the last "size" bytes; 0: none. */
void tail_init(struct tail *, size_t size);

void tail_feed(struct tail *, const void *data, size_t len);

/* How many bytes are kept now, and how many went by before them. */
size_t tail_len(const struct tail *);
uint64_t tail_forgotten(const struct tail *);

/* Appends what is kept, oldest first.  Returns 0, or -1 without room. */
int tail_read(const struct tail *, struct buf *out);

void tail_clear(struct tail *);

#endif
