/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "tend/file.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"

/* See the header. */
int
file_argument(const char *path, const char *what, struct buf *text,
    struct err *err)
{
	int status = strcmp(path, "-") == 0 ? file_read_open(STDIN_FILENO, text)
					    : file_read(path, text);

	if (status == 0)
		return 0;
	return err_set(err, "%s: cannot read %s: %s", what, path,
	    errno == EFBIG ? "larger than 1 MiB" : strerror(errno));
}
