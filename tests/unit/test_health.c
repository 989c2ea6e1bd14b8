/* SPDX-License-Identifier: MIT */
/*
 * tend/health under a literal clock: who is healthy, and what is said of who
 * is not.
 */
#include "config.h"

#include "tend/health.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { SECOND = 1000 };

static struct health_view
usual(void)
{
	return (struct health_view){
		.begun = true,
		.slots = 8,
		.used = 3,
		.polls = 5,
	};
}

static void
is_good(const struct health *health, const struct health_view *view,
    int64_t now, const char *want)
{
	char text[HEALTH_TEXT];

	assert_true(health_check(health, view, now, text));
	assert_string_equal(text, want);
}

static void
is_bad(const struct health *health, const struct health_view *view, int64_t now,
    const char *want)
{
	char text[HEALTH_TEXT];

	assert_false(health_check(health, view, now, text));
	assert_string_equal(text, want);
}

/* "count" calls, one after the other, from "at" on; each takes a second. */
static int64_t
fail_calls(struct health_calls *calls, int count, int64_t at)
{
	for (int i = 0; i < count; i++) {
		health_failed(calls, at, at + SECOND);
		at += SECOND + 1;
	}
	return at;
}

static void
test_a_fresh_worker(void **state)
{
	struct health health = { 0 };
	struct health_view view = { .slots = 1 };

	(void)state;
	is_bad(&health, &view, 0, "activity types are being registered");
	view.begun = true;
	is_good(&health, &view, 0, "ok: 0 of 1 slot in use");
	/* Long without any answer: a poll may wait for a minute. */
	is_good(&health, &view, 300 * SECOND, "ok: 0 of 1 slot in use");
}

static void
test_three_failures_in_a_row(void **state)
{
	struct health health = { 0 };
	struct health_view view = usual();
	int64_t now = fail_calls(&health.polls, 2, 10 * SECOND);

	(void)state;
	is_good(&health, &view, now, "ok: 3 of 8 slots in use");
	health_succeeded(&health.polls);
	now = fail_calls(&health.polls, 2, now);
	is_good(&health, &view, now, "ok: 3 of 8 slots in use");
	health_problem(&health.polls, "Code", "the message");
	health_failed(&health.polls, now, now + 1);
	is_bad(&health, &view, now + 1,
	    "polls fail, 3 in a row for 2s: Code: the message");
	is_bad(&health, &view, now + 90 * SECOND,
	    "polls fail, 3 in a row for 92s: Code: the message");
	health_succeeded(&health.polls);
	is_good(&health, &view, now, "ok: 3 of 8 slots in use");
	/* What was is forgotten. */
	fail_calls(&health.polls, 3, now);
	is_bad(&health, &view, now + 3 * SECOND,
	    "polls fail, 3 in a row for 3s");
}

/* Eight polls wait when the connection breaks: they fail together. */
static void
test_what_breaks_at_once_is_one_failure(void **state)
{
	struct health health = { 0 };
	struct health_view view = usual();

	(void)state;
	for (int64_t i = 0; i < 8; i++)
		health_failed(&health.polls, 100 + i, 200 + i / 4);
	is_good(&health, &view, 210, "ok: 3 of 8 slots in use");
	assert_int_equal(health.polls.failures, 1);
	assert_int_equal(health.polls.since, 100);
}

/* A poll without an answer takes 75 s to fail, once. */
static void
test_half_a_minute_of_failing(void **state)
{
	struct health health = { 0 };
	struct health_view view = usual();

	(void)state;
	health_failed(&health.polls, 5 * SECOND, 6 * SECOND);
	is_good(&health, &view, 35 * SECOND - 1, "ok: 3 of 8 slots in use");
	is_bad(&health, &view, 35 * SECOND, "polls fail, 1 in a row for 30s");
	health_succeeded(&health.polls);
	health_problem(&health.polls, "", "no answer within 75 s");
	health_failed(&health.polls, 100 * SECOND, 175 * SECOND);
	is_bad(&health, &view, 175 * SECOND,
	    "polls fail, 1 in a row for 75s: no answer within 75 s");
}

static void
test_heartbeats_count_while_there_are_tasks(void **state)
{
	struct health health = { 0 };
	struct health_view view = usual();

	(void)state;
	fail_calls(&health.heartbeats, 3, 0);
	health_problem(&health.heartbeats, "", "throttled");
	is_bad(&health, &view, 4 * SECOND,
	    "heartbeats fail, 3 in a row for 4s: throttled");
	view.used = 0;
	is_good(&health, &view, 4 * SECOND, "ok: 0 of 8 slots in use");
	view.used = 1;
	/* Which is said first, of both. */
	fail_calls(&health.polls, 3, 0);
	is_bad(&health, &view, 4 * SECOND,
	    "heartbeats fail, 3 in a row for 4s: throttled");
	health_succeeded(&health.heartbeats);
	is_bad(&health, &view, 4 * SECOND, "polls fail, 3 in a row for 4s");
}

static void
test_a_drain(void **state)
{
	struct health health = { 0 };
	struct health_view view = usual();

	(void)state;
	view.draining = true;
	view.used = 1;
	view.polls = 2;
	fail_calls(&health.polls, 5, 0);
	view.unexecutable = true;
	is_good(&health, &view, 9 * SECOND,
	    "draining: 1 task in hand, 2 polls to return");
	fail_calls(&health.heartbeats, 3, 0);
	is_bad(&health, &view, 9 * SECOND,
	    "heartbeats fail, 3 in a row for 9s");
}

static void
test_commands_that_cannot_be_executed(void **state)
{
	struct health health = { 0 };
	struct health_view view = usual();

	(void)state;
	view.unexecutable = true;
	is_bad(&health, &view, 0,
	    "commands cannot be executed, and polling pauses");
}

/* It comes from the network, and is shown on a line. */
static void
test_a_problem_is_one_line(void **state)
{
	struct health health = { 0 };
	struct health_view view = usual();
	char text[HEALTH_TEXT];
	char longest[2000];

	(void)state;
	fail_calls(&health.polls, 3, 0);
	health_problem(&health.polls, "X", "two\r\nlines\x1b[2J\xff and\tmore");
	is_bad(&health, &view, 3 * SECOND,
	    "polls fail, 3 in a row for 3s: X: two lines?[2J\xef\xbf\xbd "
	    "and more");
	memset(longest, 'x', sizeof(longest));
	longest[sizeof(longest) - 1] = '\0';
	health_problem(&health.polls, "", longest);
	assert_false(health_check(&health, &view, 3 * SECOND, text));
	assert_true(strlen(text) < 260);
	assert_string_equal(text + strlen(text) - 4, "x...");
	/* Four bytes a character. */
	for (size_t i = 0; i + 4 < sizeof(longest); i += 4)
		memcpy(longest + i, "\xf0\x9f\x8d\xb0", 4);
	longest[1996] = '\0';
	health_problem(&health.polls, "", longest);
	assert_false(health_check(&health, &view, 3 * SECOND, text));
	assert_non_null(strstr(text, "\xf0\x9f\x8d\xb0..."));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_fresh_worker),
		cmocka_unit_test(test_three_failures_in_a_row),
		cmocka_unit_test(test_what_breaks_at_once_is_one_failure),
		cmocka_unit_test(test_half_a_minute_of_failing),
		cmocka_unit_test(test_heartbeats_count_while_there_are_tasks),
		cmocka_unit_test(test_a_drain),
		cmocka_unit_test(test_commands_that_cannot_be_executed),
		cmocka_unit_test(test_a_problem_is_one_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
