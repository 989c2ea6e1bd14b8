/* SPDX-License-Identifier: MIT */
/*
 * A growing run of bytes with a stated maximum.
 *
 * Start with buf_init(), or with BUF_INIT(maximum).  What does not fit is
 * refused whole: the buffer stays as it was.  "data" is always followed by a
 * NUL that "len" does not count, so text can be used as a string; it is never
 * NULL after the first append, and may be NULL before.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stddef.h>

struct buf {
	char *data;
	size_t len; /* bytes in use */
	size_t cap; /* bytes allocated, the NUL's included */
	size_t max; /* "len" never exceeds this */
};

/* clang-format off: it takes the braces for those of a block */
#define BUF_INIT(maximum)             \
	{                             \
		NULL, 0, 0, (maximum) \
	}
/* clang-format on */

/* Makes an empty buffer that takes at most "maximum" bytes. */
void buf_init(struct buf *buf, size_t maximum);

/* Appends "len" bytes.  Returns 0, or -1 if they do not fit. */
int buf_append(struct buf *buf, const void *data, size_t len);

/* Appends a string.  Returns 0, or -1 if it does not fit. */
int buf_string(struct buf *buf, const char *string);

/* Appends text made as by printf.  Returns 0, or -1 if it does not fit. */
int buf_format(struct buf *buf, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * Room for at least "len" further bytes, at the end; commit what was written
 * with buf_commit().  NULL if that would exceed the maximum.
 */
char *buf_reserve(struct buf *buf, size_t len);
void buf_commit(struct buf *buf, size_t len);

/* Removes the first "len" bytes. */
void buf_consume(struct buf *buf, size_t len);

/* Empties the buffer and keeps its memory. */
void buf_reset(struct buf *buf);

/* Frees the memory; the buffer is empty and can be used again. */
void buf_clear(struct buf *buf);

#endif
