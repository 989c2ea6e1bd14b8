/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

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

/* Reads what was opened, if it was, and closes it. */
static int
read_and_close(int fd, struct buf *text)
{
	int saved, status;

	if (fd == -1)
		return -1;
	status = file_read_open(fd, text);
	saved = errno;
	(void)close(fd);
	errno = saved;
	return status;
}

int
file_read(const char *path, struct buf *text)
{
	return read_and_close(open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY),
	    text);
}

/* To open a pipe would wait for a writer; to open a device may do anything. */
int
file_read_regular(const char *path, struct buf *text)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat st;

	if (fd != -1 && fstat(fd, &st) == 0 && !S_ISREG(st.st_mode)) {
		(void)close(fd);
		errno = EINVAL;
		return -1;
	}
	return read_and_close(fd, text);
}

static int
write_all(int fd, const char *data, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, data, len);

		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return -1;
		data += n;
		len -= (size_t)n;
	}
	return 0;
}

int
file_replace(const char *path, const void *data, size_t len)
{
	char *other = mem_format("%s.XXXXXX", path);
	int fd = mkostemp(other, O_CLOEXEC); /* with mode 0600 */
	int saved, status = fd;

	if (fd != -1) {
		status = write_all(fd, data, len);
		if (close(fd) == -1)
			status = -1;
		if (status == 0)
			status = rename(other, path);
		saved = errno;
		if (status == -1)
			(void)unlink(other);
		errno = saved;
	}
	saved = errno;
	free(other);
	errno = saved;
	return status;
}

char *
file_absolute(const char *path)
{
	char directory[PATH_MAX];

	if (*path == '/' || getcwd(directory, sizeof(directory)) == NULL)
		return mem_string(path);
	return mem_format("%s/%s", directory, path);
}
