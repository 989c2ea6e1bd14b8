/* SPDX-License-Identifier: MIT */
/*
 * Files that are named on the command line and read as a whole, at the start.
 */
#ifndef TEND_FILE_H
#define TEND_FILE_H

#include "base/buf.h"
#include "base/err.h"

/* No file is larger: the maximum of "text". */
enum { FILE_MAX = 1 << 20 };

/*
 * Appends what is in the file; "-" is standard input.  "what" begins the
 * text of an error: the option that named it.  Returns 0, or -1 with "err".
 */
int file_argument(const char *path, const char *what, struct buf *text,
    struct err *err);

#endif
