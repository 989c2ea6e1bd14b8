/* SPDX-License-Identifier: MIT */
/*
 * Reading files whole, and writing them.
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

/*
 * The same, but of a regular file only and so never waiting for anybody: what
 * is not one is EINVAL, whether it could be read or not.
 */
int file_read_regular(const char *path, struct buf *text);

/*
 * Puts a file with these bytes, readable by its owner alone, in the place of
 * what is there; whoever reads meanwhile has the old one or the new one.  It
 * need not survive a crash of the machine.  Returns 0, or -1 with errno.
 */
int file_replace(const char *path, const void *data, size_t len);

/*
 * The path from the root, as a new string: the process may change its
 * directory before it reads again.  Links are left as they are: where secrets
 * are mounted, they are what changes.
 */
char *file_absolute(const char *path);

#endif
