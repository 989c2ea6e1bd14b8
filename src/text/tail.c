/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "text/tail.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

void
tail_init(struct tail *tail, size_t size)
{
	*tail = (struct tail){ .size = size };
}

/* Copies "len" bytes, no more than the ring has, to where they belong. */
static void
store(struct tail *tail, const char *data, size_t len)
{
	size_t at = (size_t)(tail->total % tail->size);
	size_t first = tail->size - at < len ? tail->size - at : len;

	memcpy(tail->ring + at, data, first);
	memcpy(tail->ring, data + first, len - first);
	tail->total += len;
}

void
tail_feed(struct tail *tail, const void *data, size_t len)
{
	size_t skip = len > tail->size ? len - tail->size : 0;

	tail->total += skip;
	if (tail->size == 0 || len == 0)
		return;
	if (tail->ring == NULL)
		tail->ring = mem_new(1, tail->size);
	store(tail, (const char *)data + skip, len - skip);
}

size_t
tail_len(const struct tail *tail)
{
	return tail->total < tail->size ? (size_t)tail->total : tail->size;
}

uint64_t
tail_forgotten(const struct tail *tail)
{
	return tail->total - tail_len(tail);
}

int
tail_read(const struct tail *tail, struct buf *out)
{
	size_t len = tail_len(tail), at, first;
	char *room = buf_reserve(out, len);

	if (room == NULL)
		return -1;
	if (len != 0) {
		at = (size_t)((tail->total - len) % tail->size);
		first = tail->size - at < len ? tail->size - at : len;
		memcpy(room, tail->ring + at, first);
		memcpy(room + first, tail->ring, len - first);
	}
	buf_commit(out, len);
	return 0;
}

void
tail_clear(struct tail *tail)
{
	free(tail->ring);
	tail_init(tail, tail->size);
}
