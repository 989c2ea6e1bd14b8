/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

enum { CHUNK = 4096 };

/* Returns how many bytes were read, 0 at the end, or -1 with errno. */
static ssize_t
read_some(int fd, struct buf *text)
{
	char *room = buf_reserve(text, CHUNK);
	ssize_t n;

	if (room == NULL) {
		errno = EFBIG;
		return -1;
	}
	do
		n = read(fd, room, CHUNK);
	while (n == -1 && errno == EINTR);
	if (n > 0)
		buf_commit(text, (size_t)n);
	return n;
}

int
file_read_open(int fd, struct buf *text)
{
	ssize_t n;

	do
		n = read_some(fd, text);
	while (n > 0);
	return (int)n;
}

int
file_read(const char *path, struct buf *text)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	int saved, status;

	if (fd == -1)
		return -1;
	status = file_read_open(fd, text);
	saved = errno;
	(void)close(fd);
	errno = saved;
	return status;
}
