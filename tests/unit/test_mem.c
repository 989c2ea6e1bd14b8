/* SPDX-License-Identifier: MIT */
/*
 * base/mem: memory that is there and zeroed, or an end with status 125.
 */
#include "config.h"

#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static void
test_new_is_zeroed(void **state)
{
	int *numbers = mem_new(1000, sizeof(*numbers));

	(void)state;
	for (size_t i = 0; i < 1000; i++)
		assert_int_equal(numbers[i], 0);
	free(numbers);
}

static void
test_nothing_asked_for_is_not_null(void **state)
{
	void *nothing = mem_new(0, 8);

	(void)state;
	assert_non_null(nothing);
	nothing = mem_resize(nothing, 0, 8);
	assert_non_null(nothing);
	free(nothing);
}

static void
test_resize_keeps_what_was_there(void **state)
{
	char *text = mem_string("kept");

	(void)state;
	text = mem_resize(text, 100000, 1);
	assert_string_equal(text, "kept");
	free(text);
}

static void
test_copies_end_in_nul(void **state)
{
	char *copy = mem_copy("ab\0cd", 5);

	(void)state;
	assert_memory_equal(copy, "ab\0cd", 6);
	free(copy);
	copy = mem_copy(NULL, 0);
	assert_string_equal(copy, "");
	free(copy);
}

static void
test_formats(void **state)
{
	char *text = mem_format("%s-%04d", "x", 42);

	(void)state;
	assert_string_equal(text, "x-0042");
	free(text);
}

/* What a child says on stderr when it asks for "count" times "size". */
static void
ask_too_much(size_t count, size_t size, char said[64], int *status)
{
	int ends[2];
	ssize_t n;
	pid_t pid;

	assert_int_equal(pipe(ends), 0);
	pid = fork();
	assert_true(pid != -1);
	if (pid == 0) {
		(void)dup2(ends[1], STDERR_FILENO);
		free(mem_resize(NULL, count, size));
		_exit(0);
	}
	(void)close(ends[1]);
	n = read(ends[0], said, 63);
	assert_true(n >= 0);
	said[n] = '\0';
	(void)close(ends[0]);
	assert_int_equal(waitpid(pid, status, 0), pid);
}

static void
test_no_memory_is_the_end(void **state)
{
	char said[64];
	int status;

	(void)state;
	/* More than there is; and a product that wraps round to 0. */
	ask_too_much(1, (size_t)PTRDIFF_MAX, said, &status);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 125);
	ask_too_much(SIZE_MAX / 2 + 1, 2, said, &status);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 125);
#ifndef SANITIZED /* whose own warning comes first */
	assert_string_equal(said, "tend: out of memory\n");
#endif
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_new_is_zeroed),
		cmocka_unit_test(test_nothing_asked_for_is_not_null),
		cmocka_unit_test(test_resize_keeps_what_was_there),
		cmocka_unit_test(test_copies_end_in_nul),
		cmocka_unit_test(test_formats),
		cmocka_unit_test(test_no_memory_is_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
