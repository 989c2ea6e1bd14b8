/* SPDX-License-Identifier: MIT */
/*
 * aws/swf_answers and aws/swf_history: what SWF answers, in AWS's own
 * spelling and in that of others, and what is no such answer.
 */
#include "config.h"

#include "aws/swf_answers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <cjson/cJSON.h>

#include "aws/swf_json.h"

#include "aws/swf_history.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

static const char decision_task[] =
    "{\"events\":["
    "{\"eventId\":3,\"eventTimestamp\":1.497371587073E9,"
    "\"decisionTaskStartedEventAttributes\":{\"identity\":\"me\","
    "\"scheduledEventId\":2},\"eventType\":\"DecisionTaskStarted\"},"
    "{\"eventId\":1,\"eventTimestamp\":1497371587,"
    "\"eventType\":\"WorkflowExecutionStarted\","
    "\"workflowExecutionStartedEventAttributes\":{\"input\":\"a\\u20acb\","
    "\"parentInitiatedEventId\":0,\"tagList\":[\"t1\",\"t2\"],"
    "\"taskList\":{\"name\":\"l\"}}}],"
    "\"nextPageToken\":\"p\",\"previousStartedEventId\":0,"
    "\"startedEventId\":3,\"taskToken\":\"AAA+/=\","
    "\"workflowExecution\":{\"runId\":\"r\",\"workflowId\":\"w\"},"
    "\"workflowType\":{\"name\":\"n\",\"version\":\"v\"}}";

static void
check_started(const struct swf_event *event)
{
	assert_int_equal(event->id, 1);
	assert_string_equal(event->type, "WorkflowExecutionStarted");
	assert_true(event->time == INT64_C(1497371587000));
	assert_string_equal(swf_event_text(event, "input"), "a\xe2\x82\xac"
							    "b");
	assert_null(swf_event_text(event, "identity"));
	assert_null(swf_event_text(event, "taskList"));
	assert_string_equal(swf_event_inner(event, "taskList", "name"), "l");
	assert_null(swf_event_inner(event, "taskList", "version"));
	assert_null(swf_event_inner(event, "input", "name"));
	assert_null(swf_event_inner(event, "none", "name"));
	assert_string_equal(swf_event_item(event, "tagList", 0), "t1");
	assert_string_equal(swf_event_item(event, "tagList", 1), "t2");
	assert_null(swf_event_item(event, "tagList", 2));
	assert_null(swf_event_item(event, "input", 0));
	assert_null(swf_event_item(event, "none", 0));
}

static void
test_decision_task(void **state)
{
	struct swf_decision_task task;
	const struct swf_event *event;
	char *text;

	(void)state;
	assert_int_equal(swf_decision_task_parse(&task, decision_task,
			     sizeof(decision_task) - 1, NULL),
	    0);
	assert_string_equal(task.token, "AAA+/=");
	assert_string_equal(task.workflow_id, "w");
	assert_string_equal(task.run_id, "r");
	assert_int_equal(task.started_event_id, 3);
	assert_string_equal(task.history.next_token, "p");
	assert_int_equal(task.history.count, 2);
	event = &task.history.events[0];
	assert_int_equal(event->id, 3);
	assert_string_equal(event->type, "DecisionTaskStarted");
	assert_true(event->time == INT64_C(1497371587073));
	assert_string_equal(swf_event_text(event, "identity"), "me");
	assert_int_equal(swf_event_number(event, "scheduledEventId"), 2);
	assert_int_equal(swf_event_number(event, "identity"), 0);
	text = swf_event_attributes(event);
	assert_string_equal(text,
	    "{\"identity\":\"me\",\"scheduledEventId\":2}");
	free(text);
	check_started(&task.history.events[1]);
	swf_decision_task_clear(&task);
	swf_decision_task_clear(&task);
}

/* All the ways in which a poll comes back with nothing. */
static void
test_empty_polls(void **state)
{
	static const char *const empty[] = {
		"{\"previousStartedEventId\":0,\"startedEventId\":0}",
		"{\"taskToken\":\"\",\"events\":[]}",
		"{\"taskToken\":null,\"events\":null}",
		"{}",
	};
	static const char *const full[] = { decision_task, "", "[]" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(empty); i++) {
		struct swf_decision_task task;

		assert_true(swf_poll_is_empty(empty[i], strlen(empty[i])));
		assert_int_equal(swf_decision_task_parse(&task, empty[i],
				     strlen(empty[i]), NULL),
		    0);
		assert_null(task.token);
		assert_int_equal(task.history.count, 0);
		swf_decision_task_clear(&task);
	}
	for (size_t i = 0; i < ARRAY_SIZE(full); i++)
		assert_false(swf_poll_is_empty(full[i], strlen(full[i])));
}

static void
test_event_without_attributes(void **state)
{
	static const char text[] =
	    "{\"events\":[{\"eventId\":9,\"eventType\":\"X\","
	    "\"eventTimestamp\":\"soon\",\"xEventAttributes\":7,"
	    "\"EventAttributes\":{\"a\":\"b\"}}]}";
	struct swf_history history;
	char *attributes;

	(void)state;
	assert_int_equal(swf_history_parse(&history, text, sizeof(text) - 1,
			     NULL),
	    0);
	assert_null(history.next_token);
	assert_int_equal(history.count, 1);
	assert_int_equal(history.events[0].time, 0);
	assert_null(swf_event_text(&history.events[0], "a"));
	assert_int_equal(swf_event_number(&history.events[0], "a"), 0);
	attributes = swf_event_attributes(&history.events[0]);
	assert_string_equal(attributes, "{}");
	free(attributes);
	swf_history_clear(&history);
	swf_history_clear(&history);
}

static const struct {
	const char *text;
	const char *said;
} bad_tasks[] = {
	{ "", "not a JSON object" },
	{ "[]", "not a JSON object" },
	{ "{} {}", "not a JSON object" },
	{ "{\"events\":{}}", "no list" },
	{ "{\"events\":[7]}", "an event without id or type" },
	{ "{\"events\":[{\"eventId\":1}]}", "an event without id or type" },
	{ "{\"events\":[{\"eventType\":\"X\"}]}", "an event without" },
	{ "{\"events\":[{\"eventId\":-1,\"eventType\":\"X\"}]}",
	    "an event without" },
	{ "{\"taskToken\":\"t\",\"startedEventId\":3}", "of which execution" },
	{ "{\"taskToken\":\"t\",\"workflowExecution\":{\"workflowId\":\"w\","
	  "\"runId\":\"r\"}}",
	    "of which execution" },
};

static void
test_bad_tasks(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad_tasks); i++) {
		const char *text = bad_tasks[i].text;
		struct swf_decision_task task;
		struct err err = { "" };

		assert_int_equal(swf_decision_task_parse(&task, text,
				     strlen(text), &err),
		    -1);
		assert_null(task.token);
		if (strstr(err.text, bad_tasks[i].said) == NULL)
			fail_msg("'%s': '%s'", text, err.text);
		swf_decision_task_clear(&task);
	}
}

static void
test_run_id(void **state)
{
	static const char good[] = "{\"runId\":\"22ab+/=\"}";
	struct err err = { "" };
	char *run_id = swf_run_id_parse(good, sizeof(good) - 1, NULL);

	(void)state;
	assert_string_equal(run_id, "22ab+/=");
	free(run_id);
	assert_null(swf_run_id_parse("{}", 2, &err));
	assert_string_equal(err.text, "started execution: no runId");
	assert_null(swf_run_id_parse("", 0, NULL));
	assert_null(swf_run_id_parse("{\"runId\":7}", 11, NULL));
}

#define OPEN                                                        \
	"{\"cancelRequested\":false,\"execution\":{\"runId\":"      \
	"\"r\",\"workflowId\":\"w\"},\"executionStatus\":\"OPEN\"," \
	"\"startTimestamp\":1.1}"
#define CLOSED                                                                \
	"{\"execution\":{\"runId\":\"r\",\"workflowId\":\"w\"},\"closeStatus" \
	"\":\"FAILED\",\"executionStatus\":\"CLOSED\"}"

static void
test_execution(void **state)
{
	static const char open[] = "{\"executionInfo\":" OPEN "}";
	static const char closed[] = "{\"executionInfo\":" CLOSED "}";
	static const char *const bad[] = { "", "{}", "{\"executionInfo\":{}}",
		"{\"executionInfo\":{\"executionStatus\":\"OPEN\"}}" };
	struct swf_execution execution;

	(void)state;
	assert_int_equal(swf_execution_parse(&execution, open, sizeof(open) - 1,
			     NULL),
	    0);
	assert_string_equal(execution.workflow_id, "w");
	assert_string_equal(execution.run_id, "r");
	assert_true(execution.open);
	assert_null(execution.close_status);
	swf_execution_clear(&execution);
	assert_int_equal(swf_execution_parse(&execution, closed,
			     sizeof(closed) - 1, NULL),
	    0);
	assert_false(execution.open);
	assert_string_equal(execution.close_status, "FAILED");
	swf_execution_clear(&execution);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_int_equal(swf_execution_parse(&execution, bad[i],
				     strlen(bad[i]), NULL),
		    -1);
		swf_execution_clear(&execution);
		swf_execution_clear(&execution);
	}
}

static void
test_list(void **state)
{
	static const char two[] = "{\"executionInfos\":[" OPEN "," CLOSED "]}";
	static const char none[] = "{\"executionInfos\":[]}";
	static const char *const bad[] = { "", "{}", "{\"executionInfos\":7}",
		"{\"executionInfos\":[{}]}" };
	struct swf_execution execution;

	(void)state;
	assert_int_equal(swf_execution_parse_first(&execution, two,
			     sizeof(two) - 1, NULL),
	    0);
	assert_string_equal(execution.run_id, "r");
	assert_true(execution.open);
	swf_execution_clear(&execution);
	assert_int_equal(swf_execution_parse_first(&execution, none,
			     sizeof(none) - 1, NULL),
	    0);
	assert_null(execution.run_id);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_int_equal(swf_execution_parse_first(&execution, bad[i],
				     strlen(bad[i]), NULL),
		    -1);
		swf_execution_clear(&execution);
	}
}

static void
test_defaults(void **state)
{
	static const char good[] =
	    "{\"configuration\":{\"defaultTaskHeartbeatTimeout\":\"60\","
	    "\"defaultTaskStartToCloseTimeout\":\"NONE\"},"
	    "\"typeInfo\":{\"status\":\"REGISTERED\"}}";
	static const char none[] = "{\"configuration\":{}}";
	static const char *const bad[] = { "", "{}", "{\"configuration\":7}" };
	struct swf_defaults defaults;

	(void)state;
	assert_int_equal(swf_defaults_parse(&defaults, good, sizeof(good) - 1,
			     NULL),
	    0);
	assert_string_equal(defaults.heartbeat, "60");
	assert_string_equal(defaults.start_to_close, "NONE");
	swf_defaults_clear(&defaults);
	swf_defaults_clear(&defaults);
	assert_int_equal(swf_defaults_parse(&defaults, none, sizeof(none) - 1,
			     NULL),
	    0);
	assert_null(defaults.heartbeat);
	assert_null(defaults.start_to_close);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_int_equal(swf_defaults_parse(&defaults, bad[i],
				     strlen(bad[i]), NULL),
		    -1);
		swf_defaults_clear(&defaults);
	}
}

static void
test_domain(void **state)
{
	static const char good[] =
	    "{\"configuration\":{},\"domainInfo\":{\"name\":\"d\","
	    "\"arn\":\"arn:aws:swf:eu-west-1:123456789012:/domain/d\","
	    "\"status\":\"REGISTERED\"}}";
	static const char old[] =
	    "{\"domainInfo\":{\"name\":\"d\",\"status\":\"DEPRECATED\"}}";
	static const char *const bad[] = { "", "{}", "{\"domainInfo\":7}",
		"{\"domainInfo\":{\"name\":7}}" };
	struct swf_domain domain;

	(void)state;
	assert_int_equal(swf_domain_parse(&domain, good, sizeof(good) - 1,
			     NULL),
	    0);
	assert_string_equal(domain.name, "d");
	assert_string_equal(domain.arn,
	    "arn:aws:swf:eu-west-1:123456789012:/domain/d");
	assert_false(domain.deprecated);
	swf_domain_clear(&domain);
	swf_domain_clear(&domain);
	assert_int_equal(swf_domain_parse(&domain, old, sizeof(old) - 1, NULL),
	    0);
	assert_true(domain.deprecated);
	assert_null(domain.arn);
	swf_domain_clear(&domain);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_int_equal(swf_domain_parse(&domain, bad[i],
				     strlen(bad[i]), NULL),
		    -1);
		swf_domain_clear(&domain);
	}
}

static void
test_count(void **state)
{
	static const char good[] = "{\"count\":3,\"truncated\":false}";
	int64_t count;

	(void)state;
	assert_int_equal(swf_count_parse(&count, good, sizeof(good) - 1, NULL),
	    0);
	assert_int_equal(count, 3);
	assert_int_equal(swf_count_parse(&count, "{\"count\":0}", 11, NULL), 0);
	assert_int_equal(swf_count_parse(&count, "{}", 2, NULL), -1);
	assert_int_equal(swf_count_parse(&count, "", 0, NULL), -1);
}

/* A result is not cut where it has U+0000. */
static void
test_history_with_nul(void **state)
{
	static const char text[] = "{\"events\":[{\"eventId\":7,"
				   "\"eventType\":\"ActivityTaskCompleted\","
				   "\"activityTaskCompletedEventAttributes\":"
				   "{\"result\":\"a\\u0000b\"}}]}";
	cJSON *root = swf_json_parse(text, sizeof(text) - 1);
	const cJSON *event =
	    cJSON_GetArrayItem(cJSON_GetObjectItem(root, "events"), 0);

	(void)state;
	assert_string_equal(
	    swf_json_string(cJSON_GetObjectItem(event,
				"activityTaskCompletedEventAttributes"),
		"result"),
	    "a\xef\xbf\xbd"
	    "b");
	cJSON_Delete(root);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_decision_task),
		cmocka_unit_test(test_empty_polls),
		cmocka_unit_test(test_event_without_attributes),
		cmocka_unit_test(test_bad_tasks),
		cmocka_unit_test(test_run_id),
		cmocka_unit_test(test_execution),
		cmocka_unit_test(test_list),
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_domain),
		cmocka_unit_test(test_count),
		cmocka_unit_test(test_history_with_nul),
	};

	return cmocka_run_group_tests_name("swf answers", tests, NULL, NULL);
}
