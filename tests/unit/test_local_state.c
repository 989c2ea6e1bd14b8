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
#include "swf-local/operations.h"

/* One call and the request it borrows. */
struct asked {
	struct call call;
	cJSON *in;
};

static struct service service;
static int alive = 1;
static int answered, dropped;

static int
host_alive(struct call *call)
{
	(void)call;
	return alive;
}

static void
host_answered(struct call *call, int was_dropped)
{
	(void)call;
	answered++;
	dropped += was_dropped;
}

static const struct service_host host = { host_alive, host_answered };

/* Makes a call at "now"; returns what call_do() did. */
static int
ask(struct asked *asked, int64_t now, const char *operation, const char *json)
{
	asked->in = cJSON_Parse(json);
	assert_non_null(asked->in);
	call_init(&asked->call, &service, operation_find(operation), asked->in);
	service_settle(&service, now);
	return call_do(&asked->call);
}

static void
done(struct asked *asked)
{
	call_clear(&asked->call);
	cJSON_Delete(asked->in);
}

/* A call that has to succeed at once and whose answer does not matter. */
static void
must(int64_t now, const char *operation, const char *json)
{
	struct asked asked;

	assert_int_equal(ask(&asked, now, operation, json), 1);
	if (asked.call.out.name != NULL)
		print_message("# %s\n", asked.call.out.body.data);
	assert_null(asked.call.out.name);
	done(&asked);
}

/* The value of a string member of an answer. */
static char *
member(const struct asked *asked, const char *name)
{
	cJSON *out = cJSON_Parse(asked->call.out.body.data);
	const cJSON *value = cJSON_GetObjectItem(out, name);
	char *text =
	    mem_string(cJSON_IsString(value) ? value->valuestring : "");

	cJSON_Delete(out);
	return text;
}

/* A call with {"taskToken":...}; the fault's name, or "". */
static const char *
with_token(int64_t now, const char *operation, const char *token)
{
	static char name[64];
	struct asked asked;
	char *json = mem_format("{\"taskToken\":\"%s\"}", token);

	assert_int_equal(ask(&asked, now, operation, json), 1);
	(void)snprintf(name, sizeof(name), "%s",
	    asked.call.out.name == NULL ? "" : asked.call.out.name);
	free(json);
	done(&asked);
	return name;
}

#define POLL "{\"domain\":\"d\",\"taskList\":{\"name\":\"l\"}}"

/* Registers all and starts an execution at 1000. */
static int
set_up(void **state)
{
	(void)state;
	service_init(&service, &host, 1);
	service.hold = 60000;
	service.wall_offset = 1700000000000;
	alive = 1;
	answered = dropped = 0;
	must(1000, "RegisterDomain",
	    "{\"name\":\"d\",\"workflowExecutionRetentionPeriodInDays\":"
	    "\"1\"}");
	must(1000, "RegisterWorkflowType",
	    "{\"domain\":\"d\",\"name\":\"f\",\"version\":\"1\","
	    "\"defaultTaskList\":{\"name\":\"l\"},"
	    "\"defaultTaskStartToCloseTimeout\":\"10\","
	    "\"defaultExecutionStartToCloseTimeout\":\"1000\","
	    "\"defaultChildPolicy\":\"TERMINATE\"}");
	must(1000, "RegisterActivityType",
	    "{\"domain\":\"d\",\"name\":\"a\",\"version\":\"1\","
	    "\"defaultTaskList\":{\"name\":\"l\"},"
	    "\"defaultTaskScheduleToStartTimeout\":\"20\","
	    "\"defaultTaskScheduleToCloseTimeout\":\"100\","
	    "\"defaultTaskStartToCloseTimeout\":\"50\","
	    "\"defaultTaskHeartbeatTimeout\":\"5\"}");
	must(1000, "StartWorkflowExecution",
	    "{\"domain\":\"d\",\"workflowId\":\"w\","
	    "\"workflowType\":{\"name\":\"f\",\"version\":\"1\"}}");
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	service_clear(&service);
	return 0;
}

static char *
poll_token(int64_t now, const char *operation)
{
	struct asked asked;
	char *token;

	assert_int_equal(ask(&asked, now, operation, POLL), 1);
	token = member(&asked, "taskToken");
	done(&asked);
	return token;
}

/* Has the decider schedule one activity at "now". */
static void
schedule(int64_t now)
{
	char *token = poll_token(now, "PollForDecisionTask");
	char *json = mem_format(
	    "{\"taskToken\":\"%s\",\"decisions\":[{\"decisionType\":"
	    "\"ScheduleActivityTask\","
	    "\"scheduleActivityTaskDecisionAttributes\":{\"activityId\":"
	    "\"x\",\"activityType\":{\"name\":\"a\",\"version\":\"1\"}}}]}",
	    token);

	must(now, "RespondDecisionTaskCompleted", json);
	free(json);
	free(token);
}

static void
test_a_heartbeat_restarts_its_clock_to_the_millisecond(void **state)
{
	char *token;

	(void)state;
	schedule(2000);
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
	schedule(2000);
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
	schedule(2000);
	assert_int_equal(ask(&asked, 90000, "PollForDecisionTask", POLL), 1);
	assert_non_null(strstr(asked.call.out.body.data,
	    "\"timeoutType\":\"SCHEDULE_TO_START\"},\"eventId\":6,"
	    "\"eventTimestamp\":1.700000022E9,"));
	assert_non_null(strstr(asked.call.out.body.data,
	    "\"eventId\":8,\"eventTimestamp\":1.70000009E9,"));
	run = mem_string(asked.call.run_id);
	done(&asked);
	json = mem_format("{\"domain\":\"d\",\"workflowId\":\"w\","
			  "\"runId\":\"%s\"}",
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
	assert_int_equal(seconds_of(&service, "5"), 5000);
	service.time_scale = 3000;
	assert_int_equal(seconds_of(&service, "0"), 0);
	assert_int_equal(seconds_of(&service, "1"), 1);
	assert_int_equal(seconds_of(&service, "3600"), 1200);
	assert_true(seconds_of(&service, "NONE") == INSTANT_NEVER);
	service.time_scale = 100;
	schedule(2000);
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
	assert_int_equal(ask(&poll, 1500, "PollForActivityTask", POLL), 0);
	schedule(2000);
	assert_null(poll.call.list);
	token = member(&poll, "taskToken");
	assert_int_equal(strlen(token), 576);
	assert_int_equal(dropped, 0);
	free(token);
	done(&poll);
}

static void
test_a_client_that_hung_up_is_passed_over(void **state)
{
	struct asked dead;
	char *token = poll_token(1100, "PollForDecisionTask");
	char *json = mem_format(
	    "{\"taskToken\":\"%s\",\"decisions\":[{\"decisionType\":"
	    "\"ScheduleActivityTask\","
	    "\"scheduleActivityTaskDecisionAttributes\":{\"activityId\":"
	    "\"x\",\"activityType\":{\"name\":\"a\",\"version\":\"1\"}}}]}",
	    token);

	(void)state;
	assert_int_equal(ask(&dead, 1500, "PollForActivityTask", POLL), 0);
	alive = 0;
	must(2000, "RespondDecisionTaskCompleted", json);
	assert_int_equal(dropped, 1);
	alive = 1;
	free(token);
	token = poll_token(2100, "PollForActivityTask");
	assert_int_equal(strlen(token), 576);
	done(&dead);
	free(token);
	free(json);
}

static void
test_the_hold_ends(void **state)
{
	struct asked poll;

	(void)state;
	must(1100, "TerminateWorkflowExecution",
	    "{\"domain\":\"d\",\"workflowId\":\"w\"}");
	assert_int_equal(ask(&poll, 2000, "PollForDecisionTask", POLL), 0);
	service_settle(&service, 61999);
	assert_non_null(poll.call.list);
	service_settle(&service, 62000);
	assert_null(poll.call.list);
	assert_string_equal(poll.call.out.body.data,
	    "{\"previousStartedEventId\":0,\"startedEventId\":0}");
	assert_int_equal(service.lists.count, 0);
	done(&poll);
}

static void
test_polls_have_a_limit(void **state)
{
	static struct asked polls[POLLS_MAX + 1];

	(void)state;
	for (int i = 0; i < POLLS_MAX; i++)
		assert_int_equal(ask(&polls[i], 2000, "PollForActivityTask",
				     POLL),
		    0);
	assert_int_equal(ask(&polls[POLLS_MAX], 2000, "PollForActivityTask",
			     POLL),
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
				     "{\"domain\":\"d\",\"workflowId\":\"w\"}"),
		    1);
		fault = asked.call.out.name;
		count++;
		done(&asked);
	} while (fault == NULL && count <= EVENTS_MAX + 1);
	assert_non_null(fault);
	assert_string_equal(fault, "UnknownResourceFault");
	assert_int_equal(count, EVENTS_MAX + 1);
	assert_int_equal(service.open_runs.count, 0);
	assert_int_equal(service.tasks.count, 0);
}

int
main(void)
{
#define ROW(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
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
