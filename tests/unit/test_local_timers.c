/* SPDX-License-Identifier: MIT */
/*
 * swf-local/timers: deadlines come out in order, each once, whatever is
 * moved or taken out in between.
 */
#include "config.h"

#include "swf-local/timers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/instant.h"
#include "swf-local/random.h"

enum { MANY = 1000 };

static void
test_nothing_is_never(void **state)
{
	struct timers timers;

	(void)state;
	timers_init(&timers);
	assert_true(timers_next(&timers) == INSTANT_NEVER);
	assert_null(timers_due(&timers, INSTANT_NEVER - 1));
	timers_clear(&timers);
}

static void
test_due_exactly_at_its_instant(void **state)
{
	struct timers timers;
	struct deadline one;

	(void)state;
	timers_init(&timers);
	deadline_init(&one, NULL, NULL);
	timers_set(&timers, &one, 1000);
	assert_int_equal(timers_next(&timers), 1000);
	assert_null(timers_due(&timers, 999));
	assert_ptr_equal(timers_due(&timers, 1000), &one);
	assert_null(timers_due(&timers, 1000));
	timers_set(&timers, &one, 5);
	timers_set(&timers, &one, INSTANT_NEVER);
	assert_null(timers_due(&timers, 1000));
	timers_set(&timers, &one, INSTANT_NEVER);
	timers_clear(&timers);
}

static void
test_equal_instants_keep_their_order(void **state)
{
	struct deadline many[MANY];
	struct timers timers;

	(void)state;
	timers_init(&timers);
	for (int i = 0; i < MANY; i++) {
		deadline_init(&many[i], NULL, NULL);
		timers_set(&timers, &many[i], 7);
	}
	for (int i = 0; i < MANY; i++)
		assert_ptr_equal(timers_due(&timers, 7), &many[i]);
	timers_clear(&timers);
}

/* Random sets, moves and removals, against a plain search. */
static void
test_as_a_plain_search(void **state)
{
	struct deadline many[MANY];
	int64_t at[MANY];
	struct timers timers;
	struct random random;
	int64_t before = -1;

	(void)state;
	random_seed(&random, 42);
	timers_init(&timers);
	for (int i = 0; i < MANY; i++) {
		deadline_init(&many[i], NULL, NULL);
		at[i] = INSTANT_NEVER;
	}
	for (int step = 0; step < 20 * MANY; step++) {
		size_t i = random_next(&random) % MANY;
		uint64_t kind = random_next(&random) % 4;

		at[i] = kind == 0 ? INSTANT_NEVER
				  : (int64_t)(random_next(&random) % 500);
		timers_set(&timers, &many[i], at[i]);
	}
	for (;;) {
		struct deadline *due = timers_due(&timers, INT64_MAX - 1);
		ptrdiff_t i;

		if (due == NULL)
			break;
		i = due - many;
		assert_true(due->at == at[i] && due->at >= before);
		before = due->at;
		at[i] = INSTANT_NEVER;
	}
	for (int i = 0; i < MANY; i++)
		assert_true(at[i] == INSTANT_NEVER);
	timers_clear(&timers);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_is_never),
		cmocka_unit_test(test_due_exactly_at_its_instant),
		cmocka_unit_test(test_equal_instants_keep_their_order),
		cmocka_unit_test(test_as_a_plain_search),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
