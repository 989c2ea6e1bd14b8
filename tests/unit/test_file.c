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
#include <stdlib.h>
#include <string.h>
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

	(void)state;
	assert_int_equal(file_read(path, &text), -1);
	assert_int_equal(errno, EFBIG);
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_pipe_is_read_whole),
		cmocka_unit_test(test_what_cannot_be_read),
		cmocka_unit_test(test_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
