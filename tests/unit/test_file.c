/* SPDX-License-Identifier: MIT */
/*
 * Reading whole files: of any kind, up to a maximum.
 */
#include "config.h"

#include "base/file.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"

enum { LONG = 10000 };

/* A pipe that holds "len" bytes; its name, to be freed. */
static char *
filled_pipe(int ends[2], size_t len)
{
	static const char bytes[LONG] = "begin";

	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], bytes, len), len);
	assert_int_equal(close(ends[1]), 0);
	return mem_format("/proc/self/fd/%d", ends[0]);
}

/* The lowest that is free: what is opened is closed again. */
static int
next_descriptor(void)
{
	int fd = dup(STDERR_FILENO);

	assert_true(fd != -1);
	(void)close(fd);
	return fd;
}

static void
test_a_pipe_is_read_whole(void **state)
{
	struct buf text = BUF_INIT(1 << 20);
	int ends[2];
	char *path = filled_pipe(ends, LONG);

	(void)state;
	assert_int_equal(buf_string(&text, "before "), 0);
	assert_int_equal(file_read(path, &text), 0);
	assert_int_equal(text.len, 7 + LONG);
	assert_string_equal(text.data, "before begin");
	buf_clear(&text);
	(void)close(ends[0]);
	free(path);
}

static void
test_what_cannot_be_read(void **state)
{
	struct buf text = BUF_INIT(LONG / 2);
	int ends[2];
	char *path = filled_pipe(ends, LONG);
	int next = next_descriptor();

	(void)state;
	assert_int_equal(file_read(path, &text), -1);
	assert_int_equal(errno, EFBIG);
	assert_int_equal(next_descriptor(), next);
	assert_int_equal(file_read("/nonexistent", &text), -1);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(file_read("/", &text), -1);
	assert_true(errno == EISDIR || errno == EFBIG);
	buf_clear(&text);
	(void)close(ends[0]);
	free(path);
}

static void
test_nothing(void **state)
{
	struct buf text = BUF_INIT(LONG);

	(void)state;
	assert_int_equal(file_read("/dev/null", &text), 0);
	assert_int_equal(text.len, 0);
	buf_clear(&text);
}

/* A directory with nothing in it; its name, to be freed. */
static char *
new_directory(void)
{
	char *path = mem_string("/tmp/tend-file-XXXXXX");

	assert_non_null(mkdtemp(path));
	return path;
}

static void
test_regular(void **state)
{
	struct buf text = BUF_INIT(1 << 16);
	char *directory = new_directory();
	char *file = mem_format("%s/file", directory);
	char *link_to = mem_format("%s/link", directory);
	FILE *stream = fopen(file, "w");
	int next;

	(void)state;
	assert_non_null(stream);
	assert_true(fputs("words\n", stream) >= 0);
	assert_int_equal(fclose(stream), 0);
	assert_int_equal(symlink("file", link_to), 0);
	next = next_descriptor();
	assert_int_equal(file_read_regular(link_to, &text), 0);
	assert_string_equal(text.data, "words\n");
	assert_int_equal(next_descriptor(), next);
	buf_clear(&text);
	assert_int_equal(unlink(link_to), 0);
	assert_int_equal(unlink(file), 0);
	assert_int_equal(file_read_regular(file, &text), -1);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(rmdir(directory), 0);
	free(link_to);
	free(file);
	free(directory);
}

/* A named pipe without a writer would be waited for. */
static void
test_not_regular(void **state)
{
	struct buf text = BUF_INIT(1 << 16);
	char *directory = new_directory();
	char *pipe_at = mem_format("%s/pipe", directory);
	const char *const paths[] = { pipe_at, directory, "/dev/null" };
	int next;

	(void)state;
	assert_int_equal(mkfifo(pipe_at, 0600), 0);
	(void)alarm(30);
	next = next_descriptor();
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		assert_int_equal(file_read_regular(paths[i], &text), -1);
		assert_int_equal(errno, EINVAL);
		assert_int_equal(text.len, 0);
	}
	assert_int_equal(next_descriptor(), next);
	(void)alarm(0);
	assert_int_equal(unlink(pipe_at), 0);
	assert_int_equal(rmdir(directory), 0);
	free(pipe_at);
	free(directory);
}

static void
test_absolute(void **state)
{
	char *path = file_absolute("/a/b");

	(void)state;
	assert_string_equal(path, "/a/b");
	free(path);
	assert_int_equal(chdir("/usr"), 0);
	path = file_absolute("a/../b");
	assert_string_equal(path, "/usr/a/../b");
	free(path);
}

/* The new one is whole or not there, and its owner's alone. */
static void
test_replace(void **state)
{
	struct buf text = BUF_INIT(1 << 16);
	char *directory = new_directory();
	char *path = mem_format("%s/file", directory);
	char *nowhere = mem_format("%s/no/file", directory);
	struct stat st;

	(void)state;
	assert_int_equal(file_replace(path, "one", 3), 0);
	assert_int_equal(chmod(path, 0644), 0);
	assert_int_equal(file_replace(path, "t\0o", 3), 0);
	assert_int_equal(file_read(path, &text), 0);
	assert_int_equal(text.len, 3);
	assert_memory_equal(text.data, "t\0o", 3);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(file_replace(nowhere, "x", 1), -1);
	assert_int_equal(errno, ENOENT);
	/* What cannot be put there leaves nothing behind. */
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(file_replace(path, "x", 1), -1);
	assert_int_equal(errno, EISDIR);
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(rmdir(directory), 0);
	buf_clear(&text);
	free(nowhere);
	free(path);
	free(directory);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_pipe_is_read_whole),
		cmocka_unit_test(test_what_cannot_be_read),
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_regular),
		cmocka_unit_test(test_not_regular),
		cmocka_unit_test(test_absolute),
		cmocka_unit_test(test_replace),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
