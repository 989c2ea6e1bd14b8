/* SPDX-License-Identifier: MIT */
/*
 * text/duration: what people write, what they must not, and the way back.
 */
#include "config.h"

#include "text/duration.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/instant.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

struct row {
	const char *text;
	int64_t ms;
};

static const struct row good[] = {
	{ "0", 0 },
	{ "0s", 0 },
	{ "0.0", 0 },
	{ "1", 1000 },
	{ "30s", 30000 },
	{ "500ms", 500 },
	{ "0.3", 300 },
	{ ".5", 500 },
	{ "007", 7000 },
	{ "1.5m", 90000 },
	{ "2h", 7200000 },
	{ "1d", 86400000 },
	{ "0.5d", 43200000 },
	{ "1.001s", 1001 },
	/* Finer than a millisecond: up. */
	{ "0.1ms", 1 },
	{ "0.0001", 1 },
	{ "1.0001", 1001 },
	{ "0.000000001d", 1 },
	{ "0.333333333m", 20000 },
	/* The longest. */
	{ "36500d", DURATION_MAX },
	{ "3153600000", DURATION_MAX },
	{ "3153600000000ms", DURATION_MAX },
};

static const char *const bad[] = {
	"",
	" ",
	"s",
	"ms",
	".",
	"5.",
	".s",
	"-1",
	"+1",
	"- 1",
	" 1",
	"1 ",
	"1 s",
	"1x",
	"1sec",
	"1S",
	"1H",
	"1h30m",
	"1e3",
	"0x10",
	"1,5",
	"inf",
	"nan",
	"1.2.3",
	"1..2",
	"1s1",
	"1.1234567890",
	"36501d",
	"36500.000000001d",
	"3153600001",
	"99999999999999999999",
	"99999999999999999999999999999999999999d",
	"18446744073709551617",
	"9223372036854775808ms",
};

static void
test_reads_durations(void **state)
{
	struct err err;
	int64_t ms;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		ms = -1;
		if (duration_parse(good[i].text, &ms, &err) != 0)
			fail_msg("'%s': %s", good[i].text, err.text);
		if (ms != good[i].ms)
			fail_msg("'%s' is %jd", good[i].text, (intmax_t)ms);
	}
}

static void
test_refuses_what_is_none(void **state)
{
	struct err err;
	int64_t ms = -7;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		err.text[0] = '\0';
		if (duration_parse(bad[i], &ms, &err) != -1)
			fail_msg("'%s' was taken for %jd", bad[i],
			    (intmax_t)ms);
		assert_int_equal(ms, -7);
		assert_int_not_equal(err.text[0], '\0');
		assert_null(strchr(err.text, '\n'));
	}
	assert_int_equal(duration_parse("1x", &ms, NULL), -1);
}

static void
test_errors_say_what_is_right(void **state)
{
	struct err err;
	int64_t ms;

	(void)state;
	assert_int_equal(duration_parse("5 minutes", &ms, &err), -1);
	assert_string_equal(err.text,
	    "'5 minutes' has an unknown unit "
	    "' minutes'; want for example 500ms, 30s, 1.5m, 2h or 1d");
	assert_int_equal(duration_parse("soon", &ms, &err), -1);
	assert_string_equal(err.text, "'soon' is no duration; want for "
				      "example 500ms, 30s, 1.5m, 2h or 1d");
	assert_int_equal(duration_parse("40000d", &ms, &err), -1);
	assert_string_equal(err.text, "'40000d' is over 36500d");
}

static const struct row written[] = {
	{ "0s", 0 },
	{ "0s", -5 },
	{ "1ms", 1 },
	{ "999ms", 999 },
	{ "1s", 1000 },
	{ "1.001s", 1001 },
	{ "1.5s", 1500 },
	{ "1.25s", 1250 },
	{ "75.02s", 75020 },
	{ "90s", 90000 },
	{ "5m", 300000 },
	{ "90m", 5400000 },
	{ "1h", 3600000 },
	{ "36h", 129600000 },
	{ "2d", 172800000 },
	{ "36500d", DURATION_MAX },
	{ "never", INSTANT_NEVER },
	{ "9223372036854775.806s", INSTANT_NEVER - 1 },
};

static void
test_writes_them_short(void **state)
{
	char text[DURATION_TEXT];
	int64_t ms;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(written); i++) {
		duration_format(written[i].ms, text);
		assert_string_equal(text, written[i].text);
		if (written[i].ms < 0 || written[i].ms > DURATION_MAX)
			continue;
		assert_int_equal(duration_parse(text, &ms, NULL), 0);
		assert_int_equal(ms, written[i].ms);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reads_durations),
		cmocka_unit_test(test_refuses_what_is_none),
		cmocka_unit_test(test_errors_say_what_is_right),
		cmocka_unit_test(test_writes_them_short),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
