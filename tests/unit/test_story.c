/* SPDX-License-Identifier: MIT */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tend/story.h"

static void
expect(const char *events, bool color, const char *story)
{
	struct swf_history history;
	struct buf out = BUF_INIT(65536);
	struct err err;

	assert_int_equal(swf_history_parse(&history, events, strlen(events),
			     &err),
	    0);
	story_write(&history, color, &out);
	assert_string_equal(out.data == NULL ? "" : out.data, story);
	swf_history_clear(&history);
	buf_clear(&out);
}

#define SCHEDULED                                                           \
	"{\"eventId\":5,\"eventTimestamp\":100.5,"                          \
	"\"eventType\":\"ActivityTaskScheduled\","                          \
	"\"activityTaskScheduledEventAttributes\":{\"activityId\":\"one\"," \
	"\"input\":\"a\\nb\",\"heartbeatTimeout\":\"10\","                  \
	"\"startToCloseTimeout\":\"NONE\",\"decisionTaskCompletedEventId\":4}}"

static void
test_attributes(void **state)
{
	(void)state;
	expect("{\"events\":[" SCHEDULED "]}", false,
	    "  5    0.000s  ActivityTaskScheduled        one, input: a b, "
	    "heartbeat timeout 10s\n");
	expect("{\"events\":[{\"eventId\":1,\"eventTimestamp\":1,"
	       "\"eventType\":\"ActivityTaskTimedOut\","
	       "\"activityTaskTimedOutEventAttributes\":{"
	       "\"timeoutType\":\"HEARTBEAT\",\"details\":\"50%\\u001b\"}}]}",
	    false,
	    "  1    0.000s  ActivityTaskTimedOut         HEARTBEAT, "
	    "details: 50%?\n");
}

static void
test_times(void **state)
{
	(void)state;
	expect("{\"events\":["
	       "{\"eventId\":1,\"eventTimestamp\":99,\"eventType\":\"A\"},"
	       "{\"eventId\":200,\"eventTimestamp\":2099.25,"
	       "\"eventType\":\"ANameThatIsLongerThanMostOfThemAre\"},"
	       "{\"eventId\":2,\"eventTimestamp\":98,\"eventType\":\"B\"}]}",
	    false,
	    "  1    0.000s  A\n"
	    "200 2000.250s  ANameThatIsLongerThanMostOfThemAre\n"
	    "  2    0.000s  B\n");
	expect("{\"events\":[]}", false, "");
}

static void
test_colors(void **state)
{
	(void)state;
	expect("{\"events\":["
	       "{\"eventId\":1,\"eventTimestamp\":99,"
	       "\"eventType\":\"DecisionTaskScheduled\"},"
	       "{\"eventId\":2,\"eventTimestamp\":99,"
	       "\"eventType\":\"ActivityTaskStarted\"}]}",
	    true,
	    "\x1b[2m  1    0.000s  DecisionTaskScheduled\x1b[m\n"
	    "  2    0.000s  ActivityTaskStarted\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_attributes),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_colors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
