/* SPDX-License-Identifier: MIT */
/*
 * tend/bucket: a token bucket by a literal clock.
 */
#include "config.h"

#include "tend/bucket.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { SECOND = 1000, YEARS = 1000 };

/* How many calls can be had from "from" until before "until". */
static int
count(struct bucket *bucket, int64_t from, int64_t until)
{
	int64_t now = from;
	int taken = 0;

	while (now < until) {
		int64_t at = bucket_take(bucket, now);

		taken += at == now ? 1 : 0;
		now = at;
	}
	return taken;
}

/* All that it holds at once, then what comes in. */
static void
test_rates(void **state)
{
	struct bucket bucket;

	(void)state;
	bucket_init(&bucket, 2000, 60, 0);
	assert_int_equal(count(&bucket, 0, 1), 2000);
	assert_int_equal(count(&bucket, 1, 10 * SECOND + 1), 600);
	bucket_init(&bucket, 6, 6, 0);
	assert_int_equal(count(&bucket, 0, 60 * SECOND), 6 + 359);
}

/* It never says a time at which there is nothing. */
static void
test_the_time_that_it_says(void **state)
{
	struct bucket bucket;
	int64_t at;

	(void)state;
	for (int64_t rate = 1; rate < 200; rate++) {
		bucket_init(&bucket, 1, rate, 0);
		assert_int_equal(bucket_take(&bucket, 0), 0);
		at = bucket_take(&bucket, 0);
		assert_int_equal(at, (SECOND + rate - 1) / rate);
		assert_true(bucket_take(&bucket, at - 1) == at || at == 1);
		assert_int_equal(bucket_take(&bucket, at), at);
	}
}

static void
test_never_over_the_brim(void **state)
{
	struct bucket bucket;

	(void)state;
	bucket_init(&bucket, 5, 160, 0);
	assert_int_equal(count(&bucket, 0, 1), 5);
	assert_int_equal(count(&bucket, (int64_t)YEARS * 366 * 86400 * SECOND,
			     (int64_t)YEARS * 366 * 86400 * SECOND + 1),
	    5);
}

static void
test_drained(void **state)
{
	struct bucket bucket;

	(void)state;
	bucket_init(&bucket, 100, 10, 0);
	bucket_drain(&bucket, 50);
	assert_int_equal(bucket_take(&bucket, 50), 150);
	assert_int_equal(bucket_take(&bucket, 150), 150);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rates),
		cmocka_unit_test(test_the_time_that_it_says),
		cmocka_unit_test(test_never_over_the_brim),
		cmocka_unit_test(test_drained),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
