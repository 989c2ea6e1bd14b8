/* SPDX-License-Identifier: MIT */
/*
 * base/instant: never stays never, and nothing overflows.
 */
#include "config.h"

#include "base/instant.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define NEVER     INSTANT_NEVER
#define COUNT(xs) (sizeof(xs) / sizeof((xs)[0]))

struct row {
	int64_t a;
	int64_t b;
	int64_t want;
};

static void
test_add(void **state)
{
	static const struct row rows[] = {
		{ 0, 0, 0 },
		{ 1000, 500, 1500 },
		{ 1000, -500, 500 },
		{ 1000, -2000, -1000 },
		{ NEVER, 500, NEVER },
		{ NEVER, -500, NEVER },
		{ 500, NEVER, NEVER },
		{ NEVER, NEVER, NEVER },
		{ NEVER - 1, 1, NEVER },
		{ NEVER - 1, 2, NEVER },
		{ NEVER - 1, NEVER - 1, NEVER },
		{ NEVER - 2, 1, NEVER - 1 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_int_equal(instant_add(rows[i].a, rows[i].b),
		    rows[i].want);
}

static void
test_left(void **state)
{
	/* at, now, length */
	static const struct row rows[] = {
		{ 1500, 1000, 500 },
		{ 1000, 1000, 0 },
		{ 999, 1000, 0 },
		{ 0, NEVER - 1, 0 },
		{ NEVER, 0, NEVER },
		{ NEVER, 1000, NEVER },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_int_equal(instant_left(rows[i].a, rows[i].b),
		    rows[i].want);
}

static void
test_earlier_and_later(void **state)
{
	(void)state;
	assert_int_equal(instant_min(1, 2), 1);
	assert_int_equal(instant_min(2, 1), 1);
	assert_int_equal(instant_min(NEVER, 1), 1);
	assert_int_equal(instant_max(1, 2), 2);
	assert_int_equal(instant_max(2, 1), 2);
	assert_int_equal(instant_max(1, NEVER), NEVER);
	assert_int_equal(instant_min(NEVER, NEVER), NEVER);
}

static void
test_heed(void **state)
{
	(void)state;
	assert_int_equal(instant_heed(250, -1), 250);
	assert_int_equal(instant_heed(250, 0), 250);
	assert_int_equal(instant_heed(250, 100), 250);
	assert_int_equal(instant_heed(250, 900), 900);
	assert_int_equal(instant_heed(250, 5250), 5250);
	assert_int_equal(instant_heed(250, 86400000), 5250);
	assert_int_equal(instant_heed(NEVER, 900), NEVER);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_add),
		cmocka_unit_test(test_left),
		cmocka_unit_test(test_earlier_and_later),
		cmocka_unit_test(test_heed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
