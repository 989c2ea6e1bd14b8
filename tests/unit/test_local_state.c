/* SPDX-License-Identifier: MIT */
/*
 * swf-local's state under a literal clock: what is due is settled before a
 * call is answered, to the millisecond, and polls get what they wait for.
 */
#include "config.h"

#include "swf-local/state.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/instant.h"
#include "base/mem.h"
#include "local_world.h"

/* A call with {"taskToken":...}; the fault's name, or "". */
static const char *
with_token(int64_t now, const char *operation, const char *token)
{
	static char name[64];
	struct asked asked;
	char *json = mem_format("{'taskToken':'%s'}", token);

	assert_int_equal(ask(&asked, now, operation, json), 1);
	(void)snprintf(name, sizeof(name), "%s",
	    asked.call.out.name == NULL ? "" : asked.call.out.name);
	free(json);
	done(&asked);
	return name;
}

#define SCHEDULE                                    \
	"{'decisionType':'ScheduleActivityTask',"   \
	"'scheduleActivityTaskDecisionAttributes':" \
	"{'activityId':'x','activityType':{'name':'a','version':'1'}}}"

static void
test_a_heartbeat_restarts_its_clock_to_the_millisecond(void **state)
{
	char *token;

	(void)state;
	decide_at(2000, SCHEDULE);
	token = poll_token(3000, "PollForActivityTask");
	assert_string_equal(with_token(7999, "RecordActivityTaskHeartbeat",
				token),
	    "");
	assert_string_equal(with_token(12998, "RecordActivityTaskHeartbeat",
				token),
	    "");
	assert_string_equal(with_token(17998, "RecordActivityTaskHeartbeat",
				token),
	    "UnknownResourceFault");
	free(token);
}

static void
test_heartbeats_do_not_extend_start_to_close(void **state)
{
	char *token;
	int64_t now;

	(void)state;
	decide_at(2000, SCHEDULE);
	token = poll_token(3000, "PollForActivityTask");
	for (now = 7000; now < 53000; now += 4000)
		assert_string_equal(with_token(now,
					"RecordActivityTaskHeartbeat", token),
		    "");
	assert_string_equal(with_token(52999, "RecordActivityTaskHeartbeat",
				token),
	    "");
	assert_string_equal(with_token(53000, "RespondActivityTaskCompleted",
				token),
	    "UnknownResourceFault");
	free(token);
}

/* The due instant is stamped, however late it is settled. */
static void
test_events_bear_the_due_instant(void **state)
{
	struct asked asked;
	char *run, *json;

	(void)state;
	decide_at(2000, SCHEDULE);
	assert_int_equal(ask(&asked, 90000, "PollForDecisionTask", WORLD_POLL),
	    1);
	assert_non_null(strstr(asked.call.out.body.data,
	    "\"timeoutType\":\"SCHEDULE_TO_START\"},\"eventId\":6,"
	    "\"eventTimestamp\":1.700000022E9,"));
	assert_non_null(strstr(asked.call.out.body.data,
	    "\"eventId\":8,\"eventTimestamp\":1.70000009E9,"));
	run = mem_string(asked.call.run_id);
	done(&asked);
	json = mem_format("{'domain':'d','workflowId':'w',"
			  "'runId':'%s'}",
	    run);
	must(91000, "TerminateWorkflowExecution", json);
	free(json);
	free(run);
}

/* Rounded up: with a scale of 3000, 1 s is a third of a ms. */
static void
test_clocks_run_faster_by_the_scale(void **state)
{
	char *token;

	(void)state;
	assert_int_equal(seconds_of(&world, "5"), 5000);
	world.time_scale = 3000;
	assert_int_equal(seconds_of(&world, "0"), 0);
	assert_int_equal(seconds_of(&world, "1"), 1);
	assert_int_equal(seconds_of(&world, "3600"), 1200);
	assert_true(seconds_of(&world, "NONE") == INSTANT_NEVER);
	world.time_scale = 100;
	decide_at(2000, SCHEDULE);
	token = poll_token(2010, "PollForActivityTask");
	assert_string_equal(with_token(2059, "RecordActivityTaskHeartbeat",
				token),
	    "");
	assert_string_equal(with_token(2109, "RecordActivityTaskHeartbeat",
				token),
	    "UnknownResourceFault");
	free(token);
}

static void
test_a_held_poll_gets_the_task(void **state)
{
	struct asked poll;
	char *token;

	(void)state;
	assert_int_equal(ask(&poll, 1500, "PollForActivityTask", WORLD_POLL),
	    0);
	decide_at(2000, SCHEDULE);
	assert_null(poll.call.list);
	token = member(&poll, "taskToken");
	assert_int_equal(strlen(token), 576);
	assert_int_equal(world_dropped, 0);
	free(token);
	done(&poll);
}

static void
test_a_client_that_hung_up_is_passed_over(void **state)
{
	struct asked dead;
	char *token = poll_token(1100, "PollForDecisionTask");

	(void)state;
	assert_int_equal(ask(&dead, 1500, "PollForActivityTask", WORLD_POLL),
	    0);
	world_alive = 0;
	assert_string_equal(respond(2000, token, SCHEDULE), "");
	assert_int_equal(world_dropped, 1);
	world_alive = 1;
	free(token);
	token = poll_token(2100, "PollForActivityTask");
	assert_int_equal(strlen(token), 576);
	done(&dead);
	free(token);
}

static void
test_the_hold_ends(void **state)
{
	struct asked poll;

	(void)state;
	must(1100, "TerminateWorkflowExecution",
	    "{'domain':'d','workflowId':'w'}");
	assert_int_equal(ask(&poll, 2000, "PollForDecisionTask", WORLD_POLL),
	    0);
	service_settle(&world, 61999);
	assert_non_null(poll.call.list);
	service_settle(&world, 62000);
	assert_null(poll.call.list);
	assert_string_equal(poll.call.out.body.data,
	    "{\"previousStartedEventId\":0,\"startedEventId\":0}");
	assert_int_equal(world.lists.count, 0);
	done(&poll);
}

static void
test_polls_have_a_limit(void **state)
{
	static struct asked polls[POLLS_MAX + 1];

	(void)state;
	for (int i = 0; i < POLLS_MAX; i++)
		assert_int_equal(ask(&polls[i], 2000, "PollForActivityTask",
				     WORLD_POLL),
		    0);
	assert_int_equal(ask(&polls[POLLS_MAX], 2000, "PollForActivityTask",
			     WORLD_POLL),
	    1);
	assert_string_equal(polls[POLLS_MAX].call.out.name,
	    "LimitExceededFault");
	for (int i = 0; i <= POLLS_MAX; i++)
		done(&polls[i]);
}

static void
test_too_many_events_end_an_execution(void **state)
{
	struct asked asked;
	const char *fault;
	int count = 2; /* it started, and a decision task is scheduled */

	(void)state;
	do {
		assert_int_equal(ask(&asked, 2000,
				     "RequestCancelWorkflowExecution",
				     "{'domain':'d','workflowId':'w'}"),
		    1);
		fault = asked.call.out.name;
		count++;
		done(&asked);
	} while (fault == NULL && count <= EVENTS_MAX + 1);
	assert_non_null(fault);
	assert_string_equal(fault, "UnknownResourceFault");
	assert_int_equal(count, EVENTS_MAX + 1);
	assert_int_equal(world.open_runs.count, 0);
	assert_int_equal(world.tasks.count, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ROW(test_a_heartbeat_restarts_its_clock_to_the_millisecond),
		ROW(test_heartbeats_do_not_extend_start_to_close),
		ROW(test_events_bear_the_due_instant),
		ROW(test_clocks_run_faster_by_the_scale),
		ROW(test_a_held_poll_gets_the_task),
		ROW(test_a_client_that_hung_up_is_passed_over),
		ROW(test_the_hold_ends),
		ROW(test_polls_have_a_limit),
		ROW(test_too_many_events_end_an_execution),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
