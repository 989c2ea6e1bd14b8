/* SPDX-License-Identifier: MIT */
/*
 * aws/swf_requests: each request to the byte.
 */
#include "config.h"

#include "aws/swf_requests.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "aws/wire.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

static struct buf out = BUF_INIT(SWF_REQUEST_MAX);

static const struct swf_type type = { "copy", "1.0" };

static void
test_registering(void **state)
{
	static const struct swf_timeouts timeouts = { "1", "2", "3", "NONE" };

	(void)state;
	swf_request_register_domain(&out, "d\"", "7");
	assert_string_equal(out.data,
	    "{\"name\":\"d\\\"\","
	    "\"workflowExecutionRetentionPeriodInDays\":\"7\"}");
	swf_request_register_type(&out, "d", &type);
	assert_string_equal(out.data,
	    "{\"domain\":\"d\",\"name\":\"copy\",\"version\":\"1.0\"}");
	swf_request_register_activity(&out, "d", &type, "l", &timeouts);
	assert_string_equal(out.data,
	    "{\"domain\":\"d\",\"name\":\"copy\",\"version\":\"1.0\","
	    "\"defaultTaskList\":{\"name\":\"l\"},"
	    "\"defaultTaskScheduleToStartTimeout\":\"1\","
	    "\"defaultTaskScheduleToCloseTimeout\":\"2\","
	    "\"defaultTaskStartToCloseTimeout\":\"3\","
	    "\"defaultTaskHeartbeatTimeout\":\"NONE\"}");
}

static void
test_describing_a_type(void **state)
{
	(void)state;
	swf_request_describe_type(&out, "d", &type);
	assert_string_equal(out.data,
	    "{\"domain\":\"d\",\"activityType\":{\"name\":\"copy\","
	    "\"version\":\"1.0\"}}");
}

static void
test_start(void **state)
{
	struct swf_start start = {
		.domain = "d",
		.workflow_id = "w",
		.type = { "flow", "1" },
		.task_list = "l",
		.input = "",
		.execution_timeout = "60",
		.decision_timeout = "30",
		.child_policy = "TERMINATE",
		.tags = { "a", "b" },
	};

	(void)state;
	swf_request_start(&out, &start);
	assert_string_equal(out.data,
	    "{\"domain\":\"d\",\"workflowId\":\"w\","
	    "\"workflowType\":{\"name\":\"flow\",\"version\":\"1\"},"
	    "\"taskList\":{\"name\":\"l\"},\"input\":\"\","
	    "\"executionStartToCloseTimeout\":\"60\","
	    "\"taskStartToCloseTimeout\":\"30\","
	    "\"childPolicy\":\"TERMINATE\",\"tagList\":[\"a\",\"b\"]}");
	start = (struct swf_start){
		.domain = "d", .workflow_id = "w", .type = { "flow", "1" }
	};
	swf_request_start(&out, &start);
	assert_string_equal(out.data,
	    "{\"domain\":\"d\",\"workflowId\":\"w\","
	    "\"workflowType\":{\"name\":\"flow\",\"version\":\"1\"}}");
}

static void
test_executions(void **state)
{
	(void)state;
	swf_request_describe(&out, "d", "w", "r");
	assert_string_equal(out.data,
	    "{\"domain\":\"d\",\"execution\":{\"workflowId\":\"w\","
	    "\"runId\":\"r\"}}");
	swf_request_cancel(&out, "d", "w", NULL);
	assert_string_equal(out.data,
	    "{\"domain\":\"d\",\"workflowId\":\"w\"}");
	swf_request_terminate(&out, "d", "w", "r", "why");
	assert_string_equal(out.data,
	    "{\"domain\":\"d\",\"workflowId\":\"w\",\"runId\":\"r\","
	    "\"reason\":\"why\"}");
	swf_request_list(&out, "d", "w", 1);
	assert_string_equal(out.data,
	    "{\"domain\":\"d\",\"startTimeFilter\":{\"oldestDate\":0},"
	    "\"executionFilter\":{\"workflowId\":\"w\"},"
	    "\"maximumPageSize\":1}");
	swf_request_history(&out, "d", "w", "r", 20, true, "p");
	assert_string_equal(out.data,
	    "{\"domain\":\"d\",\"execution\":{\"workflowId\":\"w\","
	    "\"runId\":\"r\"},\"maximumPageSize\":20,\"reverseOrder\":true,"
	    "\"nextPageToken\":\"p\"}");
	swf_request_history(&out, "d", "w", "r", 1000, false, NULL);
	assert_string_equal(out.data,
	    "{\"domain\":\"d\",\"execution\":{\"workflowId\":\"w\","
	    "\"runId\":\"r\"},\"maximumPageSize\":1000}");
}

static void
test_polls(void **state)
{
	(void)state;
	swf_request_poll_decision(&out, "d", "l", "me", 20);
	assert_string_equal(out.data,
	    "{\"domain\":\"d\",\"taskList\":{\"name\":\"l\"},"
	    "\"identity\":\"me\",\"maximumPageSize\":20,"
	    "\"reverseOrder\":true}");
	swf_request_poll_activity(&out, "d", "l", "me");
	assert_string_equal(out.data,
	    "{\"domain\":\"d\",\"taskList\":{\"name\":\"l\"},"
	    "\"identity\":\"me\"}");
	swf_request_count_pending(&out, "d", "l");
	assert_string_equal(out.data,
	    "{\"domain\":\"d\",\"taskList\":{\"name\":\"l\"}}");
}

static void
test_domains(void **state)
{
	(void)state;
	swf_request_describe_domain(&out, "d");
	assert_string_equal(out.data, "{\"name\":\"d\"}");
	swf_request_list_domains(&out, 1);
	assert_string_equal(out.data, "{\"registrationStatus\":\"REGISTERED\","
				      "\"maximumPageSize\":1}");
}

/* What is inside "decisions". */
static const struct {
	struct swf_decision decision;
	const char *json;
} decisions[] = {
	{ { .kind = SWF_SCHEDULE_ACTIVITY,
	      .activity_id = "a",
	      .type = { "copy", "1.0" },
	      .task_list = "l",
	      .input = "i",
	      .control = "c",
	      .timeouts = { "1", "2", "3", "NONE" } },
	    "{\"decisionType\":\"ScheduleActivityTask\","
	    "\"scheduleActivityTaskDecisionAttributes\":{"
	    "\"activityId\":\"a\","
	    "\"activityType\":{\"name\":\"copy\",\"version\":\"1.0\"},"
	    "\"taskList\":{\"name\":\"l\"},\"input\":\"i\","
	    "\"control\":\"c\",\"scheduleToStartTimeout\":\"1\","
	    "\"scheduleToCloseTimeout\":\"2\",\"startToCloseTimeout\":\"3\","
	    "\"heartbeatTimeout\":\"NONE\"}}" },
	{ { .kind = SWF_REQUEST_CANCEL_ACTIVITY,
	      .activity_id = "a",
	      .result = "not of this kind" },
	    "{\"decisionType\":\"RequestCancelActivityTask\","
	    "\"requestCancelActivityTaskDecisionAttributes\":{"
	    "\"activityId\":\"a\"}}" },
	{ { .kind = SWF_COMPLETE_EXECUTION, .result = "r\n" },
	    "{\"decisionType\":\"CompleteWorkflowExecution\","
	    "\"completeWorkflowExecutionDecisionAttributes\":{"
	    "\"result\":\"r\\n\"}}" },
	{ { .kind = SWF_COMPLETE_EXECUTION },
	    "{\"decisionType\":\"CompleteWorkflowExecution\","
	    "\"completeWorkflowExecutionDecisionAttributes\":{}}" },
	{ { .kind = SWF_FAIL_EXECUTION, .reason = "r", .details = "d" },
	    "{\"decisionType\":\"FailWorkflowExecution\","
	    "\"failWorkflowExecutionDecisionAttributes\":{"
	    "\"reason\":\"r\",\"details\":\"d\"}}" },
	{ { .kind = SWF_CANCEL_EXECUTION, .details = "d" },
	    "{\"decisionType\":\"CancelWorkflowExecution\","
	    "\"cancelWorkflowExecutionDecisionAttributes\":{"
	    "\"details\":\"d\"}}" },
	{ { .kind = SWF_RECORD_MARKER, .marker = "m", .details = "d" },
	    "{\"decisionType\":\"RecordMarker\","
	    "\"recordMarkerDecisionAttributes\":{"
	    "\"markerName\":\"m\",\"details\":\"d\"}}" },
};

static void
test_decisions(void **state)
{
	struct buf want = BUF_INIT(10000);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(decisions); i++) {
		buf_reset(&want);
		assert_int_equal(buf_format(&want,
				     "{\"taskToken\":\"T\",\"decisions\":"
				     "[%s]}",
				     decisions[i].json),
		    0);
		swf_request_decide(&out, "T", &decisions[i].decision, 1);
		assert_string_equal(out.data, want.data);
	}
	swf_request_decide(&out, "T", NULL, 0);
	assert_string_equal(out.data, "{\"taskToken\":\"T\",\"decisions\":[]}");
	buf_clear(&want);
}

static void
test_two_decisions(void **state)
{
	const struct swf_decision two[] = { { .kind = SWF_CANCEL_EXECUTION },
		{ .kind = SWF_COMPLETE_EXECUTION } };

	(void)state;
	swf_request_decide(&out, "T", two, 2);
	assert_string_equal(out.data,
	    "{\"taskToken\":\"T\",\"decisions\":[{\"decisionType\":"
	    "\"CancelWorkflowExecution\","
	    "\"cancelWorkflowExecutionDecisionAttributes\":{}},"
	    "{\"decisionType\":\"CompleteWorkflowExecution\","
	    "\"completeWorkflowExecutionDecisionAttributes\":{}}]}");
}

/* Wherever the room ends, nothing half-written is left. */
static void
test_too_long(void **state)
{
	struct swf_decision decision = decisions[0].decision;
	size_t whole;

	(void)state;
	swf_request_decide(&out, "T", &decision, 1);
	whole = out.len;
	for (size_t max = 0; max < whole; max++) {
		struct buf small = BUF_INIT(max);

		swf_request_decide(&small, "T", &decision, 1);
		assert_int_equal(small.len, 0);
		buf_clear(&small);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_registering),
		cmocka_unit_test(test_describing_a_type),
		cmocka_unit_test(test_start),
		cmocka_unit_test(test_executions),
		cmocka_unit_test(test_polls),
		cmocka_unit_test(test_domains),
		cmocka_unit_test(test_decisions),
		cmocka_unit_test(test_two_decisions),
		cmocka_unit_test(test_too_long),
	};
	int failed =
	    cmocka_run_group_tests_name("swf requests", tests, NULL, NULL);

	buf_clear(&out);
	return failed;
}
