/* SPDX-License-Identifier: MIT */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/crc32.h"

/* The check value that every list of CRCs gives, and two more. */
static void
test_known(void **state)
{
	(void)state;
	assert_int_equal(crc32_add(0, "123456789", 9), 0xcbf43926);
	assert_int_equal(crc32_add(0, "", 0), 0);
	assert_int_equal(crc32_add(0, "\0\0\0\0", 4), 0x2144df1c);
}

static void
test_pieces(void **state)
{
	const char text[] = "in pieces as in one";
	size_t len = strlen(text);

	(void)state;
	for (size_t cut = 0; cut <= len; cut++)
		assert_int_equal(crc32_add(crc32_add(0, text, cut), text + cut,
				     len - cut),
		    crc32_add(0, text, len));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known),
		cmocka_unit_test(test_pieces),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
