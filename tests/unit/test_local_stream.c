/* SPDX-License-Identifier: MIT */
/*
 * swf-local/stream: who reads is told the newest state at most once in a
 * period, and that nothing happened once in a while; who does not costs one
 * event and no more.
 */
#include "config.h"

#include "swf-local/stream.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/instant.h"

enum { START = 100000, ROOM = 64 << 10 };

struct rig {
	struct service service;
	struct rules rules;
	struct streams streams;
	struct stream *stream;
	int suspended;
	char text[ROOM]; /* what was read last */
};

static void
suspend(void *rig)
{
	((struct rig *)rig)->suspended++;
}

static void
resume(void *rig)
{
	((struct rig *)rig)->suspended--;
}

static const struct stream_host host = { suspend, resume };

static int
set_up(void **state)
{
	static struct rig rig;

	rig = (struct rig){ 0 };
	service_init(&rig.service, NULL, 1);
	rules_init(&rig.rules);
	streams_init(&rig.streams, &host, &rig.service, &rig.rules);
	rig.stream = stream_new(&rig.streams, &rig, NULL, NULL);
	*state = &rig;
	return 0;
}

static int
tear_down(void **state)
{
	struct rig *rig = *state;

	stream_free(rig->stream);
	rules_clear(&rig->rules);
	service_clear(&rig->service);
	return 0;
}

/* Reads until it waits; returns how many bytes. */
static size_t
drain(struct rig *rig)
{
	size_t len = 0;
	ssize_t n;

	while ((n = stream_read(rig->stream, rig->text + len, ROOM - 1 - len)) >
	       0)
		len += (size_t)n;
	rig->text[len] = '\0';
	return len;
}

static int
is_event(const struct rig *rig)
{
	return strncmp(rig->text, "data:{", 6) == 0 &&
	       strcmp(rig->text + strlen(rig->text) - 3, "}\n\n") == 0;
}

/* Begun at START: the first event was read, and it waits. */
static void
begin(struct rig *rig)
{
	streams_run(&rig->streams, START);
	(void)drain(rig);
}

static void
test_begins_with_what_there_is(void **state)
{
	struct rig *rig = *state;

	assert_true(drain(rig) > 0);
	assert_true(is_event(rig));
	assert_int_equal(rig->suspended, 1);
}

static void
test_a_change_wakes_once_in_a_period(void **state)
{
	struct rig *rig = *state;

	begin(rig);
	rig->service.shown.changes++;
	streams_run(&rig->streams, START + STREAM_PERIOD - 1);
	assert_int_equal(rig->suspended, 1);
	assert_int_equal(rig->streams.next, START + STREAM_PERIOD);
	rig->service.shown.changes += 1000;
	streams_run(&rig->streams, START + STREAM_PERIOD);
	assert_int_equal(rig->suspended, 0);
	assert_true(drain(rig) > 0);
	assert_true(is_event(rig));
	assert_int_equal(rig->suspended, 1);
	assert_int_equal(drain(rig), 0);
}

static void
test_after_a_quiet_time_a_change_is_told_at_once(void **state)
{
	struct rig *rig = *state;

	begin(rig);
	rig->service.shown.changes++;
	streams_run(&rig->streams, START + 5000);
	assert_int_equal(rig->suspended, 0);
}

static void
test_quiet_is_told_too(void **state)
{
	struct rig *rig = *state;

	begin(rig);
	assert_int_equal(rig->streams.next, START + STREAM_QUIET);
	streams_run(&rig->streams, START + STREAM_QUIET - 1);
	assert_int_equal(rig->suspended, 1);
	streams_run(&rig->streams, START + STREAM_QUIET);
	assert_int_equal(rig->suspended, 0);
	(void)drain(rig);
	assert_string_equal(rig->text, ": still here\n\n");
}

static void
test_a_slow_reader_gets_the_newest_state_only(void **state)
{
	struct rig *rig = *state;
	char byte[1];

	streams_run(&rig->streams, START);
	assert_int_equal(stream_read(rig->stream, byte, 1), 1);
	for (int i = 1; i <= 100; i++) {
		rig->service.shown.changes++;
		streams_run(&rig->streams, START + i * STREAM_PERIOD);
	}
	assert_int_equal(rig->suspended, 0);
	/* The rest of the event that was begun, and one more. */
	(void)drain(rig);
	assert_non_null(strstr(rig->text, "}\n\ndata:{"));
	assert_null(strstr(strstr(rig->text, "data:{") + 1, "data:{"));
	assert_int_equal(rig->suspended, 1);
}

static void
test_without_readers_nothing_is_due(void **state)
{
	struct rig *rig = *state;

	begin(rig);
	stream_free(rig->stream);
	rig->stream = NULL;
	rig->service.shown.changes++;
	streams_run(&rig->streams, START + STREAM_QUIET);
	assert_true(rig->streams.next == INSTANT_NEVER);
}

static void
test_one_too_many_is_refused(void **state)
{
	struct stream *more[STREAMS_MAX];
	struct rig *rig = *state;

	for (int i = 1; i < STREAMS_MAX; i++) {
		more[i] = stream_new(&rig->streams, rig, "x", "y");
		assert_non_null(more[i]);
	}
	assert_null(stream_new(&rig->streams, rig, NULL, NULL));
	for (int i = 1; i < STREAMS_MAX; i++)
		stream_free(more[i]);
	more[0] = stream_new(&rig->streams, rig, NULL, NULL);
	assert_non_null(more[0]);
	stream_free(more[0]);
}

static void
test_calls_wait_for_one_event_at_most(void **state)
{
	struct rig *rig = *state;
	struct stream *other = stream_new(&rig->streams, rig, NULL, NULL);

	while (stream_read(other, rig->text, ROOM) > 0)
		continue;
	begin(rig);
	while (stream_read(other, rig->text, ROOM) > 0)
		continue;
	assert_int_equal(rig->suspended, 2);
	rig->service.shown.changes++;
	streams_run(&rig->streams, START + STREAM_PERIOD);
	assert_int_equal(rig->suspended, 1);
	assert_int_equal(rig->streams.next, START + STREAM_PERIOD);
	streams_run(&rig->streams, START + STREAM_PERIOD);
	assert_int_equal(rig->suspended, 0);
	assert_int_equal(rig->streams.next,
	    START + STREAM_PERIOD + STREAM_QUIET);
	stream_free(other);
}

static void
test_an_ended_one_is_not_woken(void **state)
{
	struct rig *rig = *state;
	char byte[1];

	begin(rig);
	stream_end(rig->stream);
	rig->service.shown.changes++;
	streams_run(&rig->streams, START + STREAM_QUIET);
	assert_int_equal(rig->suspended, 1);
	assert_int_equal(stream_read(rig->stream, byte, 1), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_begins_with_what_there_is,
		    set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    test_a_change_wakes_once_in_a_period, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    test_after_a_quiet_time_a_change_is_told_at_once, set_up,
		    tear_down),
		cmocka_unit_test_setup_teardown(test_quiet_is_told_too, set_up,
		    tear_down),
		cmocka_unit_test_setup_teardown(
		    test_a_slow_reader_gets_the_newest_state_only, set_up,
		    tear_down),
		cmocka_unit_test_setup_teardown(
		    test_without_readers_nothing_is_due, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_one_too_many_is_refused,
		    set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    test_calls_wait_for_one_event_at_most, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_an_ended_one_is_not_woken,
		    set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
