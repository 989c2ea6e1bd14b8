/* SPDX-License-Identifier: MIT */
/*
 * tend/lookback: a task's timeouts, from pages of history.
 */
#include "config.h"

#include "tend/lookback.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/instant.h"

/* Events, the newest first, as pages are made of them. */
#define STARTED(id, scheduled)                           \
	"{\"eventId\":" #id ",\"eventTimestamp\":100.5," \
	"\"eventType\":\"ActivityTaskStarted\","         \
	"\"activityTaskStartedEventAttributes\":{"       \
	"\"scheduledEventId\":" #scheduled "}}"
#define SCHEDULED(id, name, heartbeat, open)           \
	"{\"eventId\":" #id ",\"eventTimestamp\":100," \
	"\"eventType\":\"ActivityTaskScheduled\","     \
	"\"activityTaskScheduledEventAttributes\":{"   \
	"\"activityId\":\"" name "\","                 \
	"\"heartbeatTimeout\":\"" heartbeat "\","      \
	"\"startToCloseTimeout\":\"" open "\"}}"
#define TIMED_OUT(id, scheduled, details)              \
	"{\"eventId\":" #id ",\"eventTimestamp\":100," \
	"\"eventType\":\"ActivityTaskTimedOut\","      \
	"\"activityTaskTimedOutEventAttributes\":{"    \
	"\"scheduledEventId\":" #scheduled details "}}"
#define DETAILS(text) ",\"details\":\"" text "\""
#define OTHER(id)                                      \
	"{\"eventId\":" #id ",\"eventTimestamp\":100," \
	"\"eventType\":\"DecisionTaskScheduled\"}"
#define PAGE(events) "{\"events\":[" events "],\"nextPageToken\":\"more\"}"
#define LAST(events) "{\"events\":[" events "]}"

static enum lookback_state
page(struct lookback *lookback, const char *json)
{
	struct swf_history history;
	enum lookback_state state;

	assert_int_equal(swf_history_parse(&history, json, strlen(json), NULL),
	    0);
	state = lookback_page(lookback, &history);
	swf_history_clear(&history);
	return state;
}

static void
test_timeouts(void **state)
{
	static const struct {
		const char *text;
		int64_t length;
	} rows[] = {
		{ "60", 60000 },
		{ "0", 0 },
		{ "NONE", INSTANT_NEVER },
		{ "99999999", INT64_C(99999999000) },
		{ NULL, -1 },
		{ "", -1 },
		{ "-1", -1 },
		{ "1.5", -1 },
		{ "60s", -1 },
		{ "999999999", -1 },
		{ "none", -1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_true(lookback_timeout(rows[i].text) == rows[i].length);
}

/* Newer events, ours, older ones: one page, and no further. */
static void
test_one_page(void **state)
{
	struct lookback lookback;

	(void)state;
	lookback_init(&lookback, 8);
	assert_int_equal(page(&lookback,
			     PAGE(STARTED(10, 6) "," OTHER(9) "," STARTED(8,
				 5) "," OTHER(7) "," SCHEDULED(6, "b", "1",
				 "2") "," SCHEDULED(5, "a", "30",
				 "3600") "," OTHER(4))),
	    LOOKBACK_FOUND);
	assert_int_equal(lookback.heartbeat, 30000);
	assert_int_equal(lookback.start_to_close, 3600000);
	assert_int_equal(lookback.started_at, 100500);
	assert_null(lookback.details);
	assert_true(lookback_has_timeouts(&lookback));
	lookback_clear(&lookback);
	lookback_clear(&lookback);
}

/* Over many pages, each of which has one event. */
static void
test_many_pages(void **state)
{
	struct lookback lookback;

	(void)state;
	lookback_init(&lookback, 3);
	assert_int_equal(page(&lookback, PAGE(OTHER(4))), LOOKBACK_MORE);
	assert_int_equal(page(&lookback, PAGE("")), LOOKBACK_MORE);
	assert_int_equal(page(&lookback, PAGE(STARTED(3, 1))), LOOKBACK_MORE);
	assert_int_equal(page(&lookback, PAGE(OTHER(2))), LOOKBACK_MORE);
	assert_false(lookback_has_timeouts(&lookback));
	assert_int_equal(page(&lookback, LAST(SCHEDULED(1, "a", "NONE", "5"))),
	    LOOKBACK_FOUND);
	assert_true(lookback.heartbeat == INSTANT_NEVER);
	lookback_clear(&lookback);
}

/* The service's history lags behind what its poll has told. */
static void
test_too_early(void **state)
{
	struct lookback lookback;

	(void)state;
	lookback_init(&lookback, 8);
	assert_int_equal(page(&lookback,
			     LAST(OTHER(7) "," SCHEDULED(5, "a", "1", "1"))),
	    LOOKBACK_EARLY);
	assert_int_equal(page(&lookback, LAST(STARTED(8, 5) "," SCHEDULED(5,
					     "a", "1", "1"))),
	    LOOKBACK_FOUND);
	lookback_clear(&lookback);
}

/* The ids are of another execution. */
static void
test_missing(void **state)
{
	struct lookback lookback;

	(void)state;
	lookback_init(&lookback, 8);
	assert_int_equal(page(&lookback, PAGE(OTHER(9) "," OTHER(8))),
	    LOOKBACK_MISSING);
	lookback_init(&lookback, 8);
	assert_int_equal(page(&lookback, PAGE(STARTED(8, 5) "," OTHER(5))),
	    LOOKBACK_MISSING);
	lookback_init(&lookback, 8);
	assert_int_equal(page(&lookback, LAST("")), LOOKBACK_MISSING);
	lookback_clear(&lookback);
}

/* The newest attempt of this activity that left details; not another's. */
static void
test_an_attempt_before(void **state)
{
	struct lookback lookback;

	(void)state;
	lookback_init(&lookback, 20);
	assert_int_equal(
	    page(&lookback,
		PAGE(TIMED_OUT(21, 19, DETAILS("later")) "," STARTED(20,
		    18) "," SCHEDULED(18, "a", "60", "60") "," TIMED_OUT(17, 12,
		    DETAILS("other")) "," TIMED_OUT(16, 10,
		    "") "," TIMED_OUT(15, 8,
		    DETAILS("newest")) "," SCHEDULED(12, "b", "1", "1"))),
	    LOOKBACK_MORE);
	assert_true(lookback_has_timeouts(&lookback));
	assert_int_equal(page(&lookback,
			     PAGE(SCHEDULED(10, "a", "9", "9") "," SCHEDULED(8,
				 "a", "9", "9") "," TIMED_OUT(7, 3,
				 DETAILS("oldest")) "," SCHEDULED(3, "a", "9",
				 "9"))),
	    LOOKBACK_FOUND);
	assert_string_equal(lookback.details, "newest");
	assert_int_equal(lookback.heartbeat, 60000);
	lookback_clear(&lookback);
}

/* However many there are: only so many are kept, and none is lost. */
static void
test_many_attempts(void **state)
{
	struct lookback lookback;
	enum lookback_state last = LOOKBACK_FOUND;

	(void)state;
	lookback_init(&lookback, 1002);
	(void)page(&lookback,
	    PAGE(STARTED(1002, 1001) "," SCHEDULED(1001, "a", "60", "60")));
	for (int i = 0; i < 100; i++)
		last = page(&lookback, PAGE(TIMED_OUT(1000, 3, DETAILS("d"))));
	assert_int_equal(last, LOOKBACK_MORE);
	assert_int_equal(lookback.earlier_count, LOOKBACK_EARLIER);
	assert_int_equal(page(&lookback, LAST(SCHEDULED(3, "a", "1", "1"))),
	    LOOKBACK_FOUND);
	assert_string_equal(lookback.details, "d");
	lookback_clear(&lookback);
}

/* A timeout that is not there is not known, and no NONE. */
static void
test_no_timeouts_in_it(void **state)
{
	static const char json[] =
	    LAST(STARTED(2, 1) ",{\"eventId\":1,"
			       "\"eventType\":\"ActivityTaskScheduled\","
			       "\"activityTaskScheduledEventAttributes\":{"
			       "\"activityId\":\"a\"}}");
	struct lookback lookback;

	(void)state;
	lookback_init(&lookback, 2);
	assert_int_equal(page(&lookback, json), LOOKBACK_FOUND);
	assert_false(lookback_has_timeouts(&lookback));
	lookback_clear(&lookback);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_timeouts),
		cmocka_unit_test(test_one_page),
		cmocka_unit_test(test_many_pages),
		cmocka_unit_test(test_too_early),
		cmocka_unit_test(test_missing),
		cmocka_unit_test(test_an_attempt_before),
		cmocka_unit_test(test_many_attempts),
		cmocka_unit_test(test_no_timeouts_in_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
