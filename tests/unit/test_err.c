/* SPDX-License-Identifier: MIT */
/*
 * base/err: a text is always there, whole or marked as cut; errno survives.
 */
#include "config.h"

#include "base/err.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void
test_sets_the_text_and_returns_minus_one(void **state)
{
	struct err err;

	(void)state;
	assert_int_equal(err_set(&err, "%s: %d", "port", 7), -1);
	assert_string_equal(err.text, "port: 7");
	assert_int_equal(err_set(&err, "again"), -1);
	assert_string_equal(err.text, "again");
}

static void
test_appends_what_the_system_said(void **state)
{
	struct err err;

	(void)state;
	errno = ENOENT;
	assert_int_equal(err_errno(&err, "%s", "/no/such"), -1);
	assert_string_equal(err.text, "/no/such: No such file or directory");
}

static void
test_leaves_errno_alone(void **state)
{
	struct err err;

	(void)state;
	errno = EAGAIN;
	(void)err_set(&err, "x");
	assert_int_equal(errno, EAGAIN);
	(void)err_errno(&err, "x");
	assert_int_equal(errno, EAGAIN);
}

static void
test_nobody_has_to_care(void **state)
{
	(void)state;
	errno = EPERM;
	assert_int_equal(err_set(NULL, "%d", 1), -1);
	assert_int_equal(err_errno(NULL, "%d", 1), -1);
	assert_int_equal(errno, EPERM);
}

static void
test_marks_a_text_that_is_cut(void **state)
{
	char longest[ERR_TEXT];
	char longer[ERR_TEXT + 1];
	struct err err;

	(void)state;
	memset(longest, 'x', sizeof(longest));
	longest[sizeof(longest) - 1] = '\0';
	(void)err_set(&err, "%s", longest);
	assert_string_equal(err.text, longest);

	memset(longer, 'x', sizeof(longer));
	longer[sizeof(longer) - 1] = '\0';
	(void)err_set(&err, "%s", longer);
	assert_int_equal(strlen(err.text), ERR_TEXT - 1);
	assert_string_equal(err.text + ERR_TEXT - 5, "x...");
}

static void
test_a_cut_never_splits_a_character(void **state)
{
	char text[ERR_TEXT * 2];
	struct err err;

	(void)state;
	/* Two bytes a character, one byte off: one of the two must split. */
	for (size_t shift = 0; shift < 2; shift++) {
		memset(text, 'x', sizeof(text));
		for (size_t i = shift; i + 2 < sizeof(text); i += 2)
			memcpy(text + i, "\xc3\xa9", 2);
		text[sizeof(text) - 1] = '\0';
		(void)err_set(&err, "%s", text);
		size_t len = strlen(err.text);
		assert_string_equal(err.text + len - 3, "...");
		assert_int_equal((unsigned char)err.text[len - 4], 0xa9);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sets_the_text_and_returns_minus_one),
		cmocka_unit_test(test_appends_what_the_system_said),
		cmocka_unit_test(test_leaves_errno_alone),
		cmocka_unit_test(test_nobody_has_to_care),
		cmocka_unit_test(test_marks_a_text_that_is_cut),
		cmocka_unit_test(test_a_cut_never_splits_a_character),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
