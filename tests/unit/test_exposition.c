/* SPDX-License-Identifier: MIT */
/* tend/exposition: each number in its place. */
#include "config.h"

#include "tend/exposition.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/instant.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

enum { ROOM = 64 * 1024 };

/* A different number everywhere. */
static void
fill(struct numbers *n)
{
	uint64_t next = 101;

	numbers_init(n);
	for (size_t i = 0; i < NUMBERS_POLLS; i++)
		n->polls[i] = next++;
	for (size_t i = 0; i < NUMBERS_TASKS; i++)
		n->tasks[i] = next++;
	for (size_t i = 0; i < NUMBERS_BEATS; i++)
		n->beats[i] = next++;
	for (size_t i = 0; i < NUMBERS_CALLS; i++)
		n->throttles[i] = next++;
	for (size_t i = 0; i < NUMBERS_CALLS; i++)
		n->retries[i] = next++;
	for (size_t i = 0; i < NUMBERS_STREAMS; i++)
		n->bytes[i] = next++;
	metrics_histogram_count(&n->latency, 0.02);
	metrics_histogram_count(&n->lateness, 3);
}

static const struct exposition_view usual = {
	.health = { .begun = true, .slots = 8, .used = 6, .polls = 2 },
	.healthy = true,
	.slots = { .in = { 0, 1, 2, 3 }, .lease = 61500 },
	.now = 60000,
	.started_at = 1700000000125,
};

static void
expose(struct buf *out, const struct exposition_view *view)
{
	struct numbers numbers;

	fill(&numbers);
	buf_init(out, ROOM);
	assert_int_equal(exposition_write(out, METRICS_TEXT, &numbers, view),
	    0);
}

static void
has_line(const struct buf *out, const char *line)
{
	const char *at = strstr(out->data, line);

	if (at == NULL || at[-1] != '\n' || at[strlen(line)] != '\n')
		fail_msg("no line %s in:\n%s", line, out->data);
}

static void
test_every_number(void **state)
{
	static const char *const lines[] = {
		"tend_start_time_seconds 1700000000.125",
		"tend_healthy 1",
		"tend_draining 0",
		"tend_slots 8",
		"tend_slots_in_use{state=\"starting\"} 0",
		"tend_slots_in_use{state=\"running\"} 1",
		"tend_slots_in_use{state=\"stopping\"} 2",
		"tend_slots_in_use{state=\"reporting\"} 3",
		"tend_lease_left_seconds 1.5",
		"tend_polls_outstanding 2",
		"tend_polls_total{outcome=\"task\"} 101",
		"tend_polls_total{outcome=\"empty\"} 102",
		"tend_polls_total{outcome=\"limited\"} 103",
		"tend_polls_total{outcome=\"throttled\"} 104",
		"tend_polls_total{outcome=\"refused\"} 105",
		"tend_polls_total{outcome=\"error\"} 106",
		"tend_tasks_total{outcome=\"completed\"} 107",
		"tend_tasks_total{outcome=\"failed\"} 108",
		"tend_tasks_total{outcome=\"canceled\"} 109",
		"tend_tasks_total{outcome=\"refused\"} 110",
		"tend_tasks_total{outcome=\"lost\"} 111",
		"tend_tasks_total{outcome=\"unreported\"} 112",
		"tend_heartbeats_total{outcome=\"accepted\"} 113",
		"tend_heartbeats_total{outcome=\"throttled\"} 114",
		"tend_heartbeats_total{outcome=\"gone\"} 115",
		"tend_heartbeats_total{outcome=\"refused\"} 116",
		"tend_heartbeats_total{outcome=\"error\"} 117",
		"tend_heartbeat_latency_seconds_bucket{le=\"0.01\"} 0",
		"tend_heartbeat_latency_seconds_bucket{le=\"0.025\"} 1",
		"tend_heartbeat_latency_seconds_sum 0.02",
		"tend_heartbeat_lateness_seconds_bucket{le=\"2.5\"} 0",
		"tend_heartbeat_lateness_seconds_bucket{le=\"5.0\"} 1",
		"tend_heartbeat_lateness_seconds_sum 3",
		"tend_throttles_total{call=\"poll\"} 118",
		"tend_throttles_total{call=\"heartbeat\"} 119",
		"tend_throttles_total{call=\"report\"} 120",
		"tend_throttles_total{call=\"lookup\"} 121",
		"tend_retries_total{call=\"poll\"} 122",
		"tend_retries_total{call=\"heartbeat\"} 123",
		"tend_retries_total{call=\"report\"} 124",
		"tend_retries_total{call=\"lookup\"} 125",
		"tend_output_bytes_total{stream=\"stdout\"} 126",
		"tend_output_bytes_total{stream=\"stderr\"} 127",
	};
	struct buf out;

	(void)state;
	expose(&out, &usual);
	has_line(&out, "tend_build_info{version=\"" PACKAGE_VERSION "\"} 1");
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
		has_line(&out, lines[i]);
	buf_clear(&out);
}

static void
test_what_is_otherwise(void **state)
{
	struct exposition_view view = usual;
	struct buf out;

	(void)state;
	view.healthy = false;
	view.health.draining = true;
	view.slots.lease = INSTANT_NEVER;
	expose(&out, &view);
	has_line(&out, "tend_healthy 0");
	has_line(&out, "tend_draining 1");
	has_line(&out, "tend_lease_left_seconds +Inf");
	buf_clear(&out);
	view.slots.lease = view.now - 250;
	expose(&out, &view);
	has_line(&out, "tend_lease_left_seconds -0.25");
	buf_clear(&out);
}

/* With every number as long as it gets there is still room. */
static void
test_the_longest(void **state)
{
	struct numbers numbers;
	struct buf out = BUF_INIT(16 * 1024);

	(void)state;
	numbers_init(&numbers);
	for (size_t i = 0; i <= METRICS_BOUNDS; i++) {
		numbers.latency.in[i] = UINT64_MAX / 100;
		numbers.lateness.in[i] = UINT64_MAX / 100;
	}
	assert_int_equal(exposition_write(&out, METRICS_OPENMETRICS, &numbers,
			     &usual),
	    0);
	assert_string_equal(out.data + out.len - 6, "# EOF\n");
	buf_clear(&out);
	buf_init(&out, 1000);
	assert_int_equal(exposition_write(&out, METRICS_TEXT, &numbers, &usual),
	    -1);
	buf_clear(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_number),
		cmocka_unit_test(test_what_is_otherwise),
		cmocka_unit_test(test_the_longest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
