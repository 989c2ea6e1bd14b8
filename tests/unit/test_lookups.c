/* SPDX-License-Identifier: MIT */
/*
 * aws/lookups: few look-ups are left behind, good addresses are remembered.
 */
#include "config.h"

#include "aws/lookups.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void
test_only_so_many_at_a_time(void **state)
{
	struct lookups lookups = { 0 };
	int64_t now = 1000;

	(void)state;
	for (int i = 0; i < LOOKUPS_LEFT_MAX; i++) {
		assert_true(lookups_allowed(&lookups, now));
		lookups_left(&lookups, now);
		now += 1000;
	}
	assert_false(lookups_allowed(&lookups, now));
	/* The first is over 30 s after it was left. */
	assert_false(lookups_allowed(&lookups, 1000 + LOOKUPS_LAST - 1));
	assert_true(lookups_allowed(&lookups, 1000 + LOOKUPS_LAST));
	lookups_left(&lookups, 1000 + LOOKUPS_LAST);
	assert_false(lookups_allowed(&lookups, 1000 + LOOKUPS_LAST));
	assert_true(lookups_allowed(&lookups, 2000 + LOOKUPS_LAST));
}

static void
test_more_than_that_keep_the_latest(void **state)
{
	struct lookups lookups = { 0 };

	(void)state;
	for (int i = 0; i < 3 * LOOKUPS_LEFT_MAX; i++)
		lookups_left(&lookups, 1000 * i);
	assert_false(lookups_allowed(&lookups,
	    LOOKUPS_LAST + 1000 * 2 * LOOKUPS_LEFT_MAX - 1));
	assert_true(lookups_allowed(&lookups,
	    LOOKUPS_LAST + 1000 * 2 * LOOKUPS_LEFT_MAX));
}

static void
test_addresses(void **state)
{
	struct lookups lookups = { 0 };
	char host[16];

	(void)state;
	assert_null(lookups_find(&lookups, "a"));
	assert_null(lookups_find(&lookups, ""));
	lookups_good(&lookups, "a", "192.0.2.1");
	assert_string_equal(lookups_find(&lookups, "a"), "192.0.2.1");
	lookups_good(&lookups, "a", "2001:db8::1");
	assert_string_equal(lookups_find(&lookups, "a"), "2001:db8::1");
	/* The host that was used longest ago is forgotten. */
	for (int i = 0; i < LOOKUPS_HOSTS; i++) {
		(void)snprintf(host, sizeof(host), "host%d", i);
		lookups_good(&lookups, host, "192.0.2.9");
		assert_string_equal(lookups_find(&lookups, host), "192.0.2.9");
	}
	assert_null(lookups_find(&lookups, "a"));
	assert_non_null(lookups_find(&lookups, "host0"));
}

/* A name that does not fit must not stand for another one. */
static void
test_too_long(void **state)
{
	struct lookups lookups = { 0 };
	char host[LOOKUPS_HOST + 1];
	char address[LOOKUPS_ADDRESS + 1];

	(void)state;
	memset(host, 'h', sizeof(host));
	memset(address, '1', sizeof(address));
	host[LOOKUPS_HOST] = '\0';
	address[LOOKUPS_ADDRESS] = '\0';
	lookups_good(&lookups, host, "192.0.2.1");
	lookups_good(&lookups, "a", address);
	lookups_good(&lookups, "b", "");
	host[LOOKUPS_HOST - 1] = '\0';
	assert_null(lookups_find(&lookups, host));
	assert_null(lookups_find(&lookups, "a"));
	assert_null(lookups_find(&lookups, "b"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_only_so_many_at_a_time),
		cmocka_unit_test(test_more_than_that_keep_the_latest),
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
