/* SPDX-License-Identifier: MIT */
/*
 * As much of cmocka's interface as the tests of the pure modules use, for
 * tests/unit/musl.t: Debian's cmocka is made for glibc.  The first assertion
 * that does not hold ends the program.
 */
#ifndef TESTS_MUSL_CMOCKA_H
#define TESTS_MUSL_CMOCKA_H

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct CMUnitTest {
	const char *name;
	void (*function)(void **state);
};

#define cmocka_unit_test(function)  \
	{                           \
#function, function \
	}

#define cmocka_run_group_tests(tests, setup, teardown) \
	musl_run(tests, sizeof(tests) / sizeof((tests)[0]))
#define cmocka_run_group_tests_name(name, tests, setup, teardown) \
	cmocka_run_group_tests(tests, setup, teardown)

#define fail_msg(...)                                                 \
	do {                                                          \
		(void)fprintf(stderr, "%s:%d: ", __FILE__, __LINE__); \
		(void)fprintf(stderr, __VA_ARGS__);                   \
		(void)fputc('\n', stderr);                            \
		exit(1);                                              \
	} while (0)

#define musl_assert(holds)                      \
	do {                                    \
		if (!(holds))                   \
			fail_msg("%s", #holds); \
	} while (0)

#define assert_true(value)         musl_assert(value)
#define assert_false(value)        musl_assert(!(value))
#define assert_null(value)         musl_assert((value) == NULL)
#define assert_non_null(value)     musl_assert((value) != NULL)
#define assert_int_equal(a, b)     musl_assert((intmax_t)(a) == (intmax_t)(b))
#define assert_int_not_equal(a, b) musl_assert((intmax_t)(a) != (intmax_t)(b))
#define assert_float_equal(a, b, epsilon) \
	musl_assert(fabs((a) - (b)) <= (epsilon))
#define assert_in_range(value, least, most)                     \
	musl_assert((uintmax_t)(value) >= (uintmax_t)(least) && \
		    (uintmax_t)(value) <= (uintmax_t)(most))
#define assert_string_equal(a, b)      musl_assert(strcmp((a), (b)) == 0)
#define assert_string_not_equal(a, b)  musl_assert(strcmp((a), (b)) != 0)
#define assert_memory_equal(a, b, len) musl_assert(memcmp((a), (b), (len)) == 0)

static inline int
musl_run(const struct CMUnitTest *tests, size_t count)
{
	void *state = NULL;

	for (size_t i = 0; i < count; i++)
		tests[i].function(&state);
	return 0;
}

#endif
