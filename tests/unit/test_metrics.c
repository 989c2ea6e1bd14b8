/* SPDX-License-Identifier: MIT */
/*
 * text/metrics: expositions to the byte.  Run with a format's name, "text" or
 * "openmetrics", it prints one, for tests/peers/metrics.t.
 */
#include "config.h"

#include "text/metrics.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const double bounds[] = { 0.005, 0.5, 1, 10 };

/* One of everything. */
static int
expose(struct buf *out, enum metrics_format format)
{
	struct metrics metrics;
	struct metrics_histogram latency;

	metrics_histogram_init(&latency, bounds,
	    sizeof(bounds) / sizeof(bounds[0]));
	metrics_histogram_count(&latency, 0.005);
	metrics_histogram_count(&latency, 0.25);
	metrics_histogram_count(&latency, 0.5);
	metrics_histogram_count(&latency, 100);
	metrics_begin(&metrics, out, format);
	metrics_family(&metrics, METRICS_COUNTER, "tend_tasks",
	    "Tasks that have ended.");
	metrics_add(&metrics, "outcome", "completed", 17);
	metrics_add(&metrics, "outcome", "a \"b\"\\\nc", 3e15);
	metrics_family(&metrics, METRICS_GAUGE, "tend_slots", "Slots in use.");
	metrics_add(&metrics, NULL, NULL, 0.5);
	metrics_family(&metrics, METRICS_HISTOGRAM, "tend_heartbeat_seconds",
	    "From send to answer.");
	metrics_add_histogram(&metrics, &latency);
	return metrics_end(&metrics);
}

static const char histogram[] =
    "# HELP tend_slots Slots in use.\n"
    "# TYPE tend_slots gauge\n"
    "tend_slots 0.5\n"
    "# HELP tend_heartbeat_seconds From send to answer.\n"
    "# TYPE tend_heartbeat_seconds histogram\n"
    "tend_heartbeat_seconds_bucket{le=\"0.005\"} 1\n"
    "tend_heartbeat_seconds_bucket{le=\"0.5\"} 3\n"
    "tend_heartbeat_seconds_bucket{le=\"1.0\"} 3\n"
    "tend_heartbeat_seconds_bucket{le=\"10.0\"} 3\n"
    "tend_heartbeat_seconds_bucket{le=\"+Inf\"} 4\n"
    "tend_heartbeat_seconds_sum 100.755\n"
    "tend_heartbeat_seconds_count 4\n";

static const char samples[] =
    "tend_tasks_total{outcome=\"completed\"} 17\n"
    "tend_tasks_total{outcome=\"a \\\"b\\\"\\\\\\nc\"} 3e+15\n";

static void
check(enum metrics_format format, const char *head, const char *end)
{
	struct buf out = BUF_INIT(4096);
	struct buf want = BUF_INIT(4096);

	assert_int_equal(expose(&out, format), 0);
	assert_int_equal(buf_format(&want, "%s%s%s%s", head, samples, histogram,
			     end),
	    0);
	assert_string_equal(out.data, want.data);
	buf_clear(&out);
	buf_clear(&want);
}

static void
test_text(void **state)
{
	(void)state;
	check(METRICS_TEXT,
	    "# HELP tend_tasks_total Tasks that have ended.\n"
	    "# TYPE tend_tasks_total counter\n",
	    "");
}

static void
test_openmetrics(void **state)
{
	(void)state;
	check(METRICS_OPENMETRICS,
	    "# HELP tend_tasks Tasks that have ended.\n"
	    "# TYPE tend_tasks counter\n",
	    "# EOF\n");
}

static void
test_infinity(void **state)
{
	struct buf out = BUF_INIT(4096);
	struct metrics metrics;

	(void)state;
	metrics_begin(&metrics, &out, METRICS_TEXT);
	metrics_family(&metrics, METRICS_GAUGE, "tend_left", "What is left.");
	metrics_add(&metrics, NULL, NULL, INFINITY);
	assert_int_equal(metrics_end(&metrics), 0);
	assert_non_null(strstr(out.data, "\ntend_left +Inf\n"));
	buf_clear(&out);
}

static void
test_too_small(void **state)
{
	(void)state;
	for (size_t room = 1; room < 600; room += 7) {
		struct buf out = BUF_INIT(room);

		assert_int_equal(expose(&out, METRICS_TEXT), -1);
		buf_clear(&out);
	}
}

static void
test_what_is_wanted(void **state)
{
	(void)state;
	assert_int_equal(metrics_wanted(NULL), METRICS_TEXT);
	assert_int_equal(metrics_wanted("*/*"), METRICS_TEXT);
	assert_int_equal(metrics_wanted("application/openmetrics-text;"
					"version=1.0.0,text/plain;q=0.5"),
	    METRICS_OPENMETRICS);
	assert_non_null(strstr(metrics_content_type(METRICS_OPENMETRICS),
	    "openmetrics"));
	assert_non_null(strstr(metrics_content_type(METRICS_TEXT),
	    "version=0.0.4"));
}

/* For those who judge it. */
static int
print(const char *format)
{
	struct buf out = BUF_INIT(4096);

	(void)expose(&out, strcmp(format, "openmetrics") == 0
			       ? METRICS_OPENMETRICS
			       : METRICS_TEXT);
	(void)fputs(out.data, stdout);
	buf_clear(&out);
	return 0;
}

int
main(int argc, char *argv[])
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_openmetrics),
		cmocka_unit_test(test_infinity),
		cmocka_unit_test(test_too_small),
		cmocka_unit_test(test_what_is_wanted),
	};

	if (argc == 2)
		return print(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
