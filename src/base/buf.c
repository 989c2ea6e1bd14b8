/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "base/buf.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum { SMALLEST = 64 };

void
buf_init(struct buf *buf, size_t maximum)
{
	*buf = (struct buf)BUF_INIT(maximum);
}

/* Doubles until "need" bytes and a NUL fit, but never past the maximum. */
static void
grow(struct buf *buf, size_t need)
{
	size_t cap = buf->cap == 0 ? SMALLEST : buf->cap;

	while (cap < need + 1)
		cap = cap > buf->max / 2 ? buf->max + 1 : cap * 2;
	buf->data = mem_resize(buf->data, cap, 1);
	buf->cap = cap;
}

char *
buf_reserve(struct buf *buf, size_t len)
{
	if (len > buf->max || buf->len > buf->max - len)
		return NULL;
	if (buf->data == NULL || buf->len + len + 1 > buf->cap)
		grow(buf, buf->len + len);
	return buf->data + buf->len;
}

void
buf_commit(struct buf *buf, size_t len)
{
	assert(buf->data != NULL && buf->len + len < buf->cap);
	buf->len += len;
	buf->data[buf->len] = '\0';
}

int
buf_append(struct buf *buf, const void *data, size_t len)
{
	char *end = buf_reserve(buf, len);

	if (end == NULL)
		return -1;
	if (len != 0)
		memcpy(end, data, len);
	buf_commit(buf, len);
	return 0;
}

int
buf_string(struct buf *buf, const char *string)
{
	return buf_append(buf, string, strlen(string));
}

int
buf_format(struct buf *buf, const char *format, ...)
{
	va_list args;
	char *end;
	int n;

	va_start(args, format);
	n = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (n < 0)
		return -1;
	end = buf_reserve(buf, (size_t)n);
	if (end == NULL)
		return -1;
	va_start(args, format);
	(void)vsnprintf(end, (size_t)n + 1, format, args);
	va_end(args);
	buf_commit(buf, (size_t)n);
	return 0;
}

void
buf_consume(struct buf *buf, size_t len)
{
	assert(len <= buf->len);
	if (len == 0)
		return;
	memmove(buf->data, buf->data + len, buf->len - len);
	buf->len -= len;
	buf->data[buf->len] = '\0';
}

void
buf_reset(struct buf *buf)
{
	buf->len = 0;
	if (buf->data != NULL)
		buf->data[0] = '\0';
}

void
buf_clear(struct buf *buf)
{
	free(buf->data);
	buf_init(buf, buf->max);
}
