/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "tend/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { READ_SIZE = 16384 };

/* Reads a descriptor to its end. */
static int
read_all(int fd, struct buf *text, struct err *err)
{
	for (;;) {
		char *room = buf_reserve(text, READ_SIZE);
		ssize_t n;

		if (room == NULL)
			return err_set(err, "larger than 1 MiB");
		n = read(fd, room, READ_SIZE);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return err_set(err, "%s", strerror(errno));
		if (n == 0)
			return 0;
		buf_commit(text, (size_t)n);
	}
}

/* See the header. */
int
file_read(const char *path, const char *what, struct buf *text, struct err *err)
{
	struct err problem;
	int fd, status;

	fd = strcmp(path, "-") == 0 ? dup(STDIN_FILENO)
				    : open(path, O_RDONLY | O_CLOEXEC);
	if (fd == -1)
		return err_set(err, "%s: cannot read %s: %s", what, path,
		    strerror(errno));
	status = read_all(fd, text, &problem);
	(void)close(fd);
	if (status == -1)
		return err_set(err, "%s: cannot read %s: %s", what, path,
		    problem.text);
	return 0;
}
