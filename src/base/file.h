/* SPDX-License-Identifier: MIT */
/*
 * Reading files whole.
 */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include "base/buf.h"

/*
 * Appends all of the file to "text", up to its maximum.  A pipe will do.
 * Returns 0, or -1 with errno: EFBIG if it is over the maximum.
 */
int file_read(const char *path, struct buf *text);

/* The same for what is open, to its end. */
int file_read_open(int fd, struct buf *text);

#endif
