/* SPDX-License-Identifier: MIT */
/*
 * What other processes can have in /proc: a name and an environment of their
 * own choosing.  Whatever the name, the numbers after it are read; the mark
 * is found where it is a variable, and nowhere else.  A file "stat" that is
 * anything is read, or is not, but nothing negative comes of it.
 */
#include "config.h"

#include "guard/proc.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "fuzz.h"
#include "process/survivors.h"

/* The kernel's are 15 bytes, or 63 of its own threads. */
enum { NAME_MAX_LEN = 63, STAT_SIZE = 1024 };

static int directory = -1;

static void
remove_directory(void)
{
	char path[64], name[128];
	ssize_t n;

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", directory);
	n = readlink(path, name, sizeof(name) - 1);
	(void)unlinkat(directory, "stat", 0);
	if (n > 0) {
		name[n] = '\0';
		(void)rmdir(name);
	}
}

/* Stands for /proc/PID. */
static int
get_directory(void)
{
	char name[] = "/tmp/fuzz-proc-XXXXXX";

	if (directory != -1)
		return directory;
	MUST(mkdtemp(name) != NULL);
	directory = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	MUST(directory != -1);
	MUST(atexit(remove_directory) == 0);
	return directory;
}

static int
read_back(const void *text, size_t len, struct proc_stat *stat)
{
	int handle = get_directory();
	int fd = openat(handle, "stat", O_WRONLY | O_CREAT | O_TRUNC, 0600);

	MUST(fd != -1);
	MUST(write(fd, text, len) == (ssize_t)len);
	(void)close(fd);
	return proc_read_stat(handle, stat);
}

static void
check_anything(const uint8_t *data, size_t size)
{
	struct proc_stat stat;

	if (read_back(data, size, &stat) == -1)
		return;
	MUST(stat.parent >= 0 && stat.group >= 0 && stat.session >= 0);
	MUST(stat.threads >= 0 && stat.started >= 0);
}

/* Without NUL: the kernel ends the name there. */
static void
check_named(const uint8_t *data, size_t size)
{
	char text[STAT_SIZE];
	size_t len = strnlen((const char *)data,
	    size < NAME_MAX_LEN ? size : NAME_MAX_LEN);
	const int numbers[] = { data[0] * 99, data[size / 2], data[size - 1] };
	struct proc_stat stat;
	int n;

	n = snprintf(text, sizeof(text),
	    "4194304 (%.*s) Z %d %d %d 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 %d 0 "
	    "%" PRId64 " 9 10 18446744073709551615\n",
	    (int)len, (const char *)data, numbers[0], numbers[1], numbers[2],
	    numbers[1], INT64_C(1) << numbers[2] % 50);
	MUST(read_back(text, (size_t)n, &stat) == 0);
	MUST(stat.state == 'Z' && stat.parent == numbers[0]);
	MUST(stat.group == numbers[1] && stat.session == numbers[2]);
	MUST(stat.threads == numbers[1]);
	MUST(stat.started == INT64_C(1) << numbers[2] % 50);
	MUST(proc_has_ended(&stat) == (stat.threads <= 1));
}

static void
check_mark(const uint8_t *data, size_t size)
{
	static const char name[] = SURVIVORS_MARK "=";
	struct buf environment = BUF_INIT(1 << 20);
	const char *expected = NULL;
	const char *at, *end, *mark;

	MUST(buf_append(&environment, data, size) == 0);
	at = environment.data;
	end = at + size;
	while (at < end && expected == NULL) {
		const char *stop = memchr(at, '\0', (size_t)(end - at));

		if (stop == NULL)
			break;
		if ((size_t)(stop - at) >= sizeof(name) - 1 &&
		    memcmp(at, name, sizeof(name) - 1) == 0)
			expected = at + sizeof(name) - 1;
		at = stop + 1;
	}
	mark = survivors_mark(&environment);
	MUST(mark == expected);
	buf_clear(&environment);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 2)
		return 0;
	switch (data[0] % 3) {
	case 0:
		check_anything(data + 1, size - 1);
		break;
	case 1:
		check_named(data + 1, size - 1);
		break;
	default:
		check_mark(data + 1, size - 1);
		break;
	}
	return 0;
}
