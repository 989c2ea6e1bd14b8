/* SPDX-License-Identifier: MIT */
/*
 * text/urlencode: what goes into forms and queries.
 */
#include "config.h"

#include "text/urlencode.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void
test_every_byte(void **state)
{
	static const char unreserved[] =
	    "-.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_"
	    "abcdefghijklmnopqrstuvwxyz~";
	size_t seen = 0;

	(void)state;
	for (int c = 0; c < 256; c++) {
		static const char digits[] = "0123456789ABCDEF";
		const char byte = (char)c;
		struct buf out = BUF_INIT(3);

		assert_int_equal(urlencode(&out, &byte, 1), 0);
		if (byte != '\0' && byte == unreserved[seen]) {
			seen++;
			assert_int_equal(out.len, 1);
			assert_int_equal(out.data[0], byte);
		} else {
			assert_int_equal(out.len, 3);
			assert_int_equal(out.data[0], '%');
			assert_int_equal(out.data[1], digits[c >> 4]);
			assert_int_equal(out.data[2], digits[c & 15]);
		}
		buf_clear(&out);
	}
	assert_int_equal(seen, sizeof(unreserved) - 1);
}

static void
test_pairs(void **state)
{
	struct buf out = BUF_INIT(20);

	(void)state;
	assert_int_equal(urlencode_pair(&out, "a", "b c&"), 0);
	assert_string_equal(out.data, "a=b%20c%26");
	assert_int_equal(urlencode_pair(&out, "x", NULL), 0);
	assert_int_equal(urlencode_pair(&out, "d", ""), 0);
	assert_string_equal(out.data, "a=b%20c%26&d=");
	assert_int_equal(urlencode_pair(&out, "efg", "hijk"), -1);
	assert_int_equal(urlencode_pair(&out, "efg", "%%"), -1);
	buf_clear(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_byte),
		cmocka_unit_test(test_pairs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
