/* SPDX-License-Identifier: MIT */
/*
 * tend/timeouts: from when on a task's start-to-close timeout counts, where
 * its start is not known from the history.
 */
#include "config.h"

#include "tend/timeouts.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "aws/endpoint.h"
#include "aws/http.h"
#include "base/instant.h"
#include "loopback.h"
#include "tend/loop.h"

#define DEFAULTS                                        \
	"HTTP/1.1 200 OK\r\nContent-Length: 97\r\n\r\n" \
	"{\"configuration\":{"                          \
	"\"defaultTaskHeartbeatTimeout\":\"NONE\","     \
	"\"defaultTaskStartToCloseTimeout\":\"00010\"}}"

/* The newest event first, and none with a time that is one. */
#define UNDATED                                                                \
	"HTTP/1.1 200 OK\r\nDate: Sun, 30 Aug 2015 12:36:00 GMT\r\n"           \
	"Content-Length: 326\r\n\r\n"                                          \
	"{\"events\":[{\"eventId\":6,\"eventType\":\"ActivityTaskStarted\","   \
	"\"eventTimestamp\":\"2015-08-30T12:35:59Z\","                         \
	"\"activityTaskStartedEventAttributes\":{\"scheduledEventId\":5}},"    \
	"{\"eventId\":5,\"eventType\":\"ActivityTaskScheduled\","              \
	"\"activityTaskScheduledEventAttributes\":{\"activityId\":\"step-1\"," \
	"\"heartbeatTimeout\":\"NONE\",\"startToCloseTimeout\":\"10\"}}]}"

enum { RECEIVED_AT = 1000000, START_TO_CLOSE = 10000 };

static char name[] = "step";
static char version[] = "1";
static char execution[] = "flow";

struct found {
	struct loop *loop;
	struct timeouts_found what;
};

static void
on_found(void *arg, const struct timeouts_found *what)
{
	struct found *found = arg;

	found->what = *what;
	loop_stop(found->loop);
}

/* When SWF closes a task, by an answer. */
static int64_t
look_up(const char *text, const struct swf_task *task, int64_t received_at)
{
	const struct loopback_step script[] = { { LOOPBACK_SEND, text } };
	const struct http_config config = { .user_agent = "tend/test",
		.allow_plain = true };
	struct loopback *server = loopback_start(script, 1);
	struct endpoint endpoint = { .region = "eu-west-1" };
	struct swf_client_config client = { .endpoint = &endpoint };
	struct http *http = http_new(&config, NULL);
	struct found found = { 0 };
	struct swf_client *swf;
	struct timeouts *timeouts;
	struct timeouts_lookup *lookup;

	(void)strlcpy(endpoint.url, loopback_url(server), sizeof(endpoint.url));
	(void)strlcpy(endpoint.host, loopback_host(server),
	    sizeof(endpoint.host));
	client.http = http;
	swf = swf_client_new(&client);
	found.loop = loop_new(http, NULL);
	timeouts = timeouts_new(found.loop, swf, "test", NULL);
	lookup =
	    timeouts_look_up(timeouts, task, received_at, on_found, &found);
	loop_run(found.loop);
	assert_false(found.what.guessed);
	assert_true(found.what.start_to_close == START_TO_CLOSE);
	timeouts_drop(lookup);
	timeouts_free(timeouts);
	loop_free(found.loop);
	swf_client_free(swf);
	http_free(http);
	loopback_stop(server);
	return found.what.closes_at;
}

/* The same of one that was under way so long, at least and at most. */
static int64_t
closes_at(int64_t age, int64_t age_most, int64_t received_at)
{
	const struct swf_task task = { .activity_name = name,
		.activity_version = version,
		.age = age,
		.age_most = age_most };

	return look_up(DEFAULTS, &task, received_at);
}

static void
test_a_task_that_came_at_once(void **state)
{
	(void)state;
	/* A Date has whole seconds: it may have been under way, or not. */
	assert_true(closes_at(0, 1900, RECEIVED_AT) ==
		    RECEIVED_AT + START_TO_CLOSE);
}

static void
test_a_task_that_came_late(void **state)
{
	(void)state;
	assert_true(closes_at(2500, 4000, RECEIVED_AT) ==
		    RECEIVED_AT - 4000 + START_TO_CLOSE);
}

static void
test_a_task_of_which_nobody_knows_when_it_came(void **state)
{
	(void)state;
	assert_true(closes_at(0, 0, INSTANT_NEVER) == INSTANT_NEVER);
}

static void
test_a_start_without_a_time(void **state)
{
	const struct swf_task task = { .workflow_id = execution,
		.run_id = execution,
		.started_event_id = 6 };

	(void)state;
	assert_true(look_up(UNDATED, &task, RECEIVED_AT) ==
		    RECEIVED_AT + START_TO_CLOSE);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_task_that_came_at_once),
		cmocka_unit_test(test_a_task_that_came_late),
		cmocka_unit_test(
		    test_a_task_of_which_nobody_knows_when_it_came),
		cmocka_unit_test(test_a_start_without_a_time),
	};

	(void)signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
