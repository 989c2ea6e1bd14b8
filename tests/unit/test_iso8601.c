/* SPDX-License-Identifier: MIT */
/*
 * text/iso8601: every form that services and tools write, and what is none.
 */
#include "config.h"

#include "text/iso8601.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/clock.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

static const struct {
	const char *text;
	int64_t ms;
} good[] = {
	{ "1970-01-01T00:00:00Z", 0 },
	{ "2026-11-22T10:23:45Z", 1795343025000 },
	{ "2026-11-22t10:23:45z", 1795343025000 },
	{ "2026-11-22T10:23:45UTC", 1795343025000 },
	{ "2026-11-22 10:23:45+00:00", 1795343025000 },
	{ "2026-11-22T10:23:45-00:00", 1795343025000 },
	{ "2026-11-22T10:23:45+0000", 1795343025000 },
	{ "2026-11-22T10:23:45+00", 1795343025000 },
	{ "2026-11-22T12:23:45+02:00", 1795343025000 },
	{ "2026-11-22T12:23:45+02", 1795343025000 },
	{ "2026-11-22T04:53:45-05:30", 1795343025000 },
	{ "2026-11-23T00:23:45+1400", 1795343025000 },
	{ "2026-11-21T22:23:45-12:00", 1795343025000 },
	{ "2026-11-22T10:23:45.6Z", 1795343025600 },
	{ "2026-11-22T10:23:45,06Z", 1795343025060 },
	{ "2026-11-22T10:23:45.678Z", 1795343025678 },
	{ "2026-11-22T10:23:45.678999Z", 1795343025678 },
	{ "2026-11-22T10:23:45.678901234+00:00", 1795343025678 },
	/* Ends of months, years, and leap years of each kind. */
	{ "2024-02-29T00:00:00Z", 1709164800000 },
	{ "2023-03-01T00:00:00Z", 1677628800000 },
	{ "2000-02-29T23:59:59Z", 951868799000 },
	{ "2100-03-01T00:00:00Z", 4107542400000 },
	{ "2026-12-31T23:59:60Z", 1798761600000 },
	{ "1969-12-31T23:59:59.999Z", -1 },
	{ "0001-01-01T00:00:00Z", -62135596800000 },
	{ "9999-12-31T23:59:59.999Z", 253402300799999 },
};

static const char *const bad[] = {
	"",
	"never",
	"1795343025",
	"2026-11-22",
	"2026-11-22T10:23:45",
	"2026-11-22T10:23Z",
	"2026-11-22T10Z",
	"20261122T102345Z",
	"2026-1-22T10:23:45Z",
	"26-11-22T10:23:45Z",
	"02026-11-22T10:23:45Z",
	"0000-11-22T10:23:45Z",
	"2026-00-22T10:23:45Z",
	"2026-13-22T10:23:45Z",
	"2026-11-00T10:23:45Z",
	"2026-11-31T10:23:45Z",
	"2026-02-29T10:23:45Z",
	"2100-02-29T10:23:45Z",
	"2026-11-22T24:00:00Z",
	"2026-11-22T10:60:45Z",
	"2026-11-22T10:23:61Z",
	"2026-11-22T10:23:45.Z",
	"2026-11-22T10:23:45.1234567890Z",
	"2026-11-22T10:23:45.12x",
	"2026-11-22T10:23:45ZZ",
	"2026-11-22T10:23:45Z ",
	" 2026-11-22T10:23:45Z",
	"2026-11-22T10:23:45+",
	"2026-11-22T10:23:45+2",
	"2026-11-22T10:23:45+24:00",
	"2026-11-22T10:23:45+02:",
	"2026-11-22T10:23:45+02:0",
	"2026-11-22T10:23:45+02:60",
	"2026-11-22T10:23:45+02:000",
	"2026-11-22T10:23:45 Z",
	"2026-11-22T10:23:45GMT",
	"2026-11-22T10:23:45CET",
	"+2026-11-22T10:23:45Z",
	"2026-11-22T-1:23:45Z",
	"2026-11-22T10:23:4\xc2\xb2Z",
	"Sun, 22 Nov 2026 10:23:45 GMT",
};

static void
test_good(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		int64_t ms = -77;

		if (iso8601_parse(good[i].text, &ms) == -1)
			fail_msg("'%s' is refused", good[i].text);
		if (ms != good[i].ms)
			fail_msg("'%s' is %lld", good[i].text, (long long)ms);
	}
}

static void
test_bad(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		int64_t ms;

		if (iso8601_parse(bad[i], &ms) == 0)
			fail_msg("'%s' is taken as %lld", bad[i],
			    (long long)ms);
	}
}

/* What we write ourselves; a step of a prime number of ms, over 250 years. */
static void
test_round_trip(void **state)
{
	(void)state;
	for (int64_t at = 0; at < 250LL * 366 * 86400 * 1000;
	     at += 5000000029LL) {
		char text[CLOCK_TEXT];
		int64_t ms;

		clock_format(at, text);
		assert_int_equal(iso8601_parse(text, &ms), 0);
		assert_int_equal(ms, at);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_round_trip),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
