/* SPDX-License-Identifier: MIT */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "text/oneline.h"

static void
expect(const char *text, size_t columns, const char *line)
{
	struct buf out = BUF_INIT(1024);

	assert_int_equal(buf_string(&out, "> "), 0);
	assert_int_equal(oneline_append(&out, text, columns), 0);
	assert_memory_equal(out.data, "> ", 2);
	assert_string_equal(out.data + 2, line);
	assert_int_equal(out.len, 2 + strlen(line));
	buf_clear(&out);
}

static void
test_text(void **state)
{
	(void)state;
	expect("", 80, "");
	expect("50% (240/480 frames)", 80, "50% (240/480 frames)");
	expect("  two\n\n\tlines \r\n", 80, "two lines");
	expect("\n \t", 80, "");
	expect("na\xc3\xafve", 80, "na\xc3\xafve");
}

static void
test_controls(void **state)
{
	(void)state;
	expect("a\x1b[2Jb", 80, "a?[2Jb");
	expect("\x01\x7f", 80, "??");
	/* CSI as one character, and what comes after C1. */
	expect("a\xc2\x9b"
	       "2J\xc2\xa0",
	    80, "a?2J\xc2\xa0");
}

static void
test_cut(void **state)
{
	(void)state;
	expect("12345678", 8, "12345678");
	expect("123456789", 8, "12345...");
	expect("123456789", 4, "1...");
	expect("123456789", 3, "123");
	expect("123456789", 0, "");
	/* Never in a character; a wide one counts for two. */
	expect("\xe6\xbc\xa2\xe6\xbc\xa2\xe6\xbc\xa2", 6,
	    "\xe6\xbc\xa2\xe6\xbc\xa2\xe6\xbc\xa2");
	expect("\xe6\xbc\xa2\xe6\xbc\xa2\xe6\xbc\xa2", 5, "\xe6\xbc\xa2...");
	expect("\xf0\x9f\x98\x80\xf0\x9f\x98\x80", 3, "\xf0\x9f\x98\x80");
	/* Blanks that are dropped need no room. */
	expect("   1   2   ", 3, "1 2");
}

static void
test_full(void **state)
{
	struct buf out = BUF_INIT(4);

	(void)state;
	assert_int_equal(buf_string(&out, "ab"), 0);
	assert_int_equal(oneline_append(&out, "cde", 80), -1);
	assert_int_equal(out.len, 2);
	assert_string_equal(out.data, "ab");
	buf_clear(&out);
}

static void
test_copy(void **state)
{
	char to[8];

	(void)state;
	oneline_copy(to, sizeof(to), "a\nb\x1b");
	assert_string_equal(to, "a b?");
	oneline_copy(to, sizeof(to), "1234567");
	assert_string_equal(to, "1234567");
	oneline_copy(to, sizeof(to), "12345678");
	assert_string_equal(to, "1234...");
	/* Three bytes each. */
	oneline_copy(to, sizeof(to), "\xff\xff");
	assert_string_equal(to, "\xef\xbf\xbd\xef\xbf\xbd");
	oneline_copy(to, sizeof(to), "\xff\xff\xff");
	assert_string_equal(to, "\xef\xbf\xbd");
	oneline_copy(to, sizeof(to), "");
	assert_string_equal(to, "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_controls),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_copy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
