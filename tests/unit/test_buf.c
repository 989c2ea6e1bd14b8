/* SPDX-License-Identifier: MIT */
/*
 * base/buf: bounds are kept, nothing is half appended, text ends in NUL.
 */
#include "config.h"

#include "base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void
test_refuses_what_does_not_fit(void **state)
{
	struct buf buf = BUF_INIT(10);

	(void)state;
	assert_int_equal(buf_string(&buf, "0123456"), 0);
	assert_int_equal(buf_string(&buf, "789a"), -1);
	assert_string_equal(buf.data, "0123456");
	assert_int_equal(buf_string(&buf, "789"), 0);
	assert_int_equal(buf.len, 10);
	assert_int_equal(buf_append(&buf, "x", 1), -1);
	assert_string_equal(buf.data, "0123456789");
	buf_clear(&buf);
	assert_null(buf.data);
}

static void
test_formats_and_consumes(void **state)
{
	struct buf buf = BUF_INIT(1000);

	(void)state;
	for (int i = 0; i < 100; i++)
		assert_int_equal(buf_format(&buf, "%02d,", i), 0);
	assert_int_equal(buf.len, 300);
	buf_consume(&buf, 297);
	assert_string_equal(buf.data, "99,");
	assert_int_equal(buf_format(&buf, "%998d", 1), -1);
	assert_string_equal(buf.data, "99,");
	buf_reset(&buf);
	assert_string_equal(buf.data, "");
	buf_clear(&buf);
}

static void
test_reserve_gives_the_room_asked_for(void **state)
{
	struct buf buf = BUF_INIT(100000);
	char *room = buf_reserve(&buf, 100000);

	(void)state;
	assert_non_null(room);
	for (size_t i = 0; i < 100000; i++)
		room[i] = 'x';
	buf_commit(&buf, 100000);
	assert_int_equal(buf.data[100000], '\0');
	assert_null(buf_reserve(&buf, 1));
	assert_null(buf_reserve(&buf, SIZE_MAX));
	buf_clear(&buf);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refuses_what_does_not_fit),
		cmocka_unit_test(test_formats_and_consumes),
		cmocka_unit_test(test_reserve_gives_the_room_asked_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
