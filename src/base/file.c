/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
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

char *
file_absolute(const char *path)
{
	char directory[PATH_MAX];

	if (*path == '/' || getcwd(directory, sizeof(directory)) == NULL)
		return mem_string(path);
	return mem_format("%s/%s", directory, path);
}
