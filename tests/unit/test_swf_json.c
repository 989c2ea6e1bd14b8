/* SPDX-License-Identifier: MIT */
/*
 * aws/swf_json: requests are exact, answers are read as botocore reads them,
 * and what is no answer of SWF's is not taken for one.
 */
#include "config.h"

#include "aws/swf_json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

static void
test_request(void **state)
{
	static const struct swf_member members[] = {
		{ "taskToken", "AAAAKgAAAAEAAAAA+/=" },
		{ "reason", NULL },
		{ "details", "a \"b\"\\\n\x01 \xf0\x9f\x98\x80" },
		{ "result", "" },
	};
	struct buf out = BUF_INIT(1000);

	(void)state;
	assert_int_equal(swf_json_request(&out, members, 4), 0);
	assert_string_equal(out.data,
	    "{\"taskToken\":\"AAAAKgAAAAEAAAAA+/=\","
	    "\"details\":\"a \\\"b\\\"\\\\\\n\\u0001 \xf0\x9f\x98\x80\","
	    "\"result\":\"\"}");
	buf_clear(&out);
	assert_int_equal(swf_json_request(&out, &members[1], 1), 0);
	assert_string_equal(out.data, "{}");
	buf_clear(&out);
	buf_init(&out, 20);
	assert_int_equal(swf_json_request(&out, members, 4), -1);
	buf_clear(&out);
}

static const struct {
	const char *body;
	int result;
	bool cancel;
} heartbeats[] = {
	{ "{\"cancelRequested\":false}", 0, false },
	{ "{\"cancelRequested\":true}", 0, true },
	{ " {\"cancelRequested\" : true, \"new\":[1,{}]}\r\n", 0, true },
	/* Serialisers that omit what is false. */
	{ "{}", 0, false },
	{ "{\"cancelRequested\":null}", 0, false },
	/* Names are exact. */
	{ "{\"CancelRequested\":true}", 0, false },
	{ "{\"cancelRequested\":\"true\"}", -1, false },
	{ "{\"cancelRequested\":1}", -1, false },
	{ "", -1, false },
	{ "true", -1, false },
	{ "[{\"cancelRequested\":true}]", -1, false },
	{ "{\"cancelRequested\":true", -1, false },
	{ "{\"cancelRequested\":true} x", -1, false },
	{ "{\"cancelRequested\":true}{}", -1, false },
	{ "<html><body>Log in</body></html>", -1, false },
};

static void
test_heartbeat(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(heartbeats); i++) {
		const char *body = heartbeats[i].body;
		bool cancel = true;
		int result = swf_json_heartbeat(body, strlen(body), &cancel);

		if (result != heartbeats[i].result ||
		    cancel != heartbeats[i].cancel)
			fail_msg("'%s': %d, %d", body, result, cancel);
	}
}

static void
test_empty(void **state)
{
	static const char *const empty[] = { "", " \r\n", "{}", "{\"a\":1}",
		" {} \n" };
	static const char *const full[] = { "ok", "<html>", "{", "{} {}", "[]",
		"null", "\"\"" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(empty); i++)
		assert_true(swf_json_is_empty(empty[i], strlen(empty[i])));
	for (size_t i = 0; i < ARRAY_SIZE(full); i++)
		assert_false(swf_json_is_empty(full[i], strlen(full[i])));
	/* The end of the text is its length, whatever lies behind it. */
	assert_true(swf_json_is_empty("{}x", 2));
}

static const struct {
	const char *body;
	const char *header;
	const char *code;
	const char *message;
} errors[] = {
	{ "{\"__type\":\"com.amazonaws.swf.base.model#UnknownResourceFault\","
	  "\"message\":\"Unknown activity, scheduledEventId = 5\"}",
	    "", "UnknownResourceFault",
	    "Unknown activity, scheduledEventId = 5" },
	{ "{\"__type\":\"com.amazon.coral.availability#ThrottlingException\","
	  "\"Message\":\"Rate exceeded\"}",
	    "", "ThrottlingException", "Rate exceeded" },
	{ "{\"__type\":\"InternalFailure\"}", "", "InternalFailure", "" },
	{ "{\"__type\":\"a#B:http://internal/c#d\"}", "", "B", "" },
	{ "{\"__type\":\"a#b#C\"}", "", "C", "" },
	{ "{\"__type\":\"\",\"message\":\"m\"}", "", "", "m" },
	{ "{\"__type\":\"X\",\"message\":\"m\",\"Message\":\"M\"}", "", "X",
	    "m" },
	{ "{\"__type\":\"X\",\"message\":null,\"Message\":\"M\"}", "", "X",
	    "M" },
	{ "{\"__type\":7,\"message\":[]}", "", "",
	    "HTTP status 403 with an answer that is not SWF's: "
	    "{\"__type\":7,\"message\":[]}" },
	/* The header beats __type. */
	{ "{\"__type\":\"X\",\"message\":\"m\"}", "Throttling;Sender",
	    "Throttling", "m" },
	{ "", "Throttling", "Throttling", "" },
	{ "{\"__type\":\"X\"}", ";Sender", "X", "" },
	{ "", "", "", "HTTP status 403 with an answer that is not SWF's" },
	{ "<html>\xff</html>", "", "",
	    "HTTP status 403 with an answer that "
	    "is not SWF's: <html>\xef\xbf\xbd</html>" },
	{ "{\"__type\":\"X\"} trailing", "", "",
	    "HTTP status 403 with an "
	    "answer that is not SWF's: {\"__type\":\"X\"} trailing" },
};

static void
test_error(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(errors); i++) {
		struct swf_answer answer = { .status = 403 };

		swf_json_error(&answer, errors[i].body, strlen(errors[i].body),
		    errors[i].header);
		assert_string_equal(answer.code, errors[i].code);
		assert_string_equal(answer.message, errors[i].message);
	}
}

/* Long texts are cut, not in a character, and never overflow. */
static void
test_long_error(void **state)
{
	struct buf body = BUF_INIT(100000);
	struct swf_answer answer = { .status = 400 };

	(void)state;
	assert_int_equal(buf_string(&body, "{\"__type\":\"a#"), 0);
	for (int i = 0; i < 500; i++)
		assert_int_equal(buf_string(&body, "Code"), 0);
	assert_int_equal(buf_string(&body, "\",\"message\":\""), 0);
	for (int i = 0; i < 5000; i++)
		assert_int_equal(buf_string(&body, "\xe2\x82\xac"), 0);
	assert_int_equal(buf_string(&body, "\"}"), 0);
	swf_json_error(&answer, body.data, body.len, "");
	assert_int_equal(strlen(answer.code), sizeof(answer.code) - 1);
	assert_memory_equal(answer.message, "\xe2\x82\xac\xe2\x82\xac", 6);
	assert_true(strlen(answer.message) < sizeof(answer.message));
	assert_string_equal(answer.message + strlen(answer.message) - 6,
	    "\xe2\x82\xac...");
	buf_clear(&body);
}

/* As the AWS CLI prints it. */
static const char whole_task[] =
    "{\n"
    "    \"taskToken\": \"AAAAKgAAAAEAAAAA+/==\",\n"
    "    \"activityId\": \"thumbnail-1\",\n"
    "    \"startedEventId\": 6,\n"
    "    \"workflowExecution\": {\n"
    "        \"workflowId\": \"w 1\",\n"
    "        \"runId\": \"22ab+/=\"\n"
    "    },\n"
    "    \"activityType\": {\n"
    "        \"name\": \"thumbnail\",\n"
    "        \"version\": \"1.0\"\n"
    "    },\n"
    "    \"input\": \"line 1\\nline \\u20ac\"\n"
    "}\n";

static void
test_task(void **state)
{
	struct swf_task task;
	struct err err = { "" };

	(void)state;
	assert_int_equal(swf_task_parse(&task, whole_task,
			     sizeof(whole_task) - 1, &err),
	    0);
	assert_string_equal(task.token, "AAAAKgAAAAEAAAAA+/==");
	assert_string_equal(task.activity_id, "thumbnail-1");
	assert_string_equal(task.activity_name, "thumbnail");
	assert_string_equal(task.activity_version, "1.0");
	assert_string_equal(task.workflow_id, "w 1");
	assert_string_equal(task.run_id, "22ab+/=");
	assert_string_equal(task.input, "line 1\nline \xe2\x82\xac");
	assert_int_equal(task.started_event_id, 6);
	swf_task_clear(&task);
	assert_null(task.token);
	swf_task_clear(&task);
}

static void
test_task_with_a_token_only(void **state)
{
	static const char text[] =
	    "{\"taskToken\":\"t\",\"activityType\":7,"
	    "\"workflowExecution\":null,\"startedEventId\":-1}";
	struct swf_task task;

	(void)state;
	assert_int_equal(swf_task_parse(&task, text, sizeof(text) - 1, NULL),
	    0);
	assert_string_equal(task.token, "t");
	assert_null(task.activity_id);
	assert_null(task.activity_name);
	assert_null(task.workflow_id);
	assert_null(task.input);
	assert_int_equal(task.started_event_id, 0);
	swf_task_clear(&task);
}

/* No input and an empty input are different things. */
static void
test_task_with_empty_input(void **state)
{
	static const char text[] = "{\"taskToken\":\"t\",\"input\":\"\"}";
	struct swf_task task;

	(void)state;
	assert_int_equal(swf_task_parse(&task, text, sizeof(text) - 1, NULL),
	    0);
	assert_string_equal(task.input, "");
	swf_task_clear(&task);
}

/* U+0000 does not end the input; an escaped backslash is no escape of it. */
static void
test_task_with_nul_in_its_input(void **state)
{
	static const char text[] =
	    "{\"taskToken\":\"t\",\"input\":\"a\\u0000b\\\\u0000\"}";
	struct swf_task task;

	(void)state;
	assert_int_equal(swf_task_parse(&task, text, sizeof(text) - 1, NULL),
	    0);
	assert_string_equal(task.input, "a\xef\xbf\xbd"
					"b\\u0000");
	swf_task_clear(&task);
}

static const struct {
	const char *text;
	const char *said;
} bad_tasks[] = {
	{ "", "nothing in it" },
	{ " \n", "nothing in it" },
	{ "AAAAKgAAAAEAAAAA", "not a JSON object" },
	{ "\"AAAAKgAAAAEAAAAA\"", "not a JSON object" },
	{ "{\"taskToken\":\"t\"", "not a JSON object" },
	{ "{\"taskToken\":\"t\"}]", "not a JSON object" },
	{ "{}", "poll was empty" },
	{ "{\"startedEventId\":0}", "poll was empty" },
	{ "{\"taskToken\":\"\"}", "poll was empty" },
	{ "{\"taskToken\":null}", "poll was empty" },
	{ "{\"TaskToken\":\"t\"}", "poll was empty" },
	{ "{\"taskToken\":7}", "not a string" },
	{ "{\"taskToken\":[\"t\"]}", "not a string" },
};

static void
test_bad_task(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad_tasks); i++) {
		struct swf_task task;
		struct err err = { "" };

		assert_int_equal(swf_task_parse(&task, bad_tasks[i].text,
				     strlen(bad_tasks[i].text), &err),
		    -1);
		if (strstr(err.text, bad_tasks[i].said) == NULL)
			fail_msg("'%s': '%s'", bad_tasks[i].text, err.text);
		assert_null(task.token);
	}
}

static void
test_longest_token(void **state)
{
	struct buf text = BUF_INIT(10000);
	struct swf_task task;
	struct err err = { "" };

	(void)state;
	assert_int_equal(buf_format(&text, "{\"taskToken\":\"%01024d\"}", 0),
	    0);
	assert_int_equal(swf_task_parse(&task, text.data, text.len, &err), 0);
	assert_int_equal(strlen(task.token), 1024);
	swf_task_clear(&task);
	buf_reset(&text);
	assert_int_equal(buf_format(&text, "{\"taskToken\":\"%01025d\"}", 0),
	    0);
	assert_int_equal(swf_task_parse(&task, text.data, text.len, &err), -1);
	assert_non_null(strstr(err.text, "over 1024"));
	buf_clear(&text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_request),
		cmocka_unit_test(test_heartbeat),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_error),
		cmocka_unit_test(test_long_error),
		cmocka_unit_test(test_task),
		cmocka_unit_test(test_task_with_a_token_only),
		cmocka_unit_test(test_task_with_empty_input),
		cmocka_unit_test(test_task_with_nul_in_its_input),
		cmocka_unit_test(test_bad_task),
		cmocka_unit_test(test_longest_token),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
