/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "swf-local/shapes.h"

#include "swf-local/state.h"

#define OPTIONAL 0
#define REQUIRED 1

#define FORMED(n, r, lo, hi, f)                                     \
	{                                                           \
		.name = (n), .kind = FIELD_STRING, .required = (r), \
		.min = (lo), .max = (hi), .form = (f)               \
	}
#define STRING(n, r, lo, hi) FORMED(n, r, lo, hi, FORM_ANY)
#define ENUM(n, r, v)                                               \
	{                                                           \
		.name = (n), .kind = FIELD_STRING, .required = (r), \
		.values = (v)                                       \
	}
#define INTEGER(n, r, lo, hi)                                        \
	{                                                            \
		.name = (n), .kind = FIELD_INTEGER, .required = (r), \
		.min = (lo), .max = (hi)                             \
	}
#define BOOLEAN(n, r)                                               \
	{                                                           \
		.name = (n), .kind = FIELD_BOOLEAN, .required = (r) \
	}
#define TIME(n, r)                                               \
	{                                                        \
		.name = (n), .kind = FIELD_TIME, .required = (r) \
	}
#define STRUCT(n, r, s)                                             \
	{                                                           \
		.name = (n), .kind = FIELD_STRUCT, .required = (r), \
		.shape = &shape_##s                                 \
	}
#define STRUCTS(n, r, s, hi)                                         \
	{                                                            \
		.name = (n), .kind = FIELD_STRUCTS, .required = (r), \
		.max = (hi), .shape = &shape_##s                     \
	}
#define STRINGS(n, r, m, hi)                                         \
	{                                                            \
		.name = (n), .kind = FIELD_STRINGS, .required = (r), \
		.max = (hi), .member = (m)                           \
	}

#define PAGE_FIELDS                                        \
	STRING("nextPageToken", OPTIONAL, 0, 2048),        \
	    INTEGER("maximumPageSize", OPTIONAL, 0, 1000), \
	    BOOLEAN("reverseOrder", OPTIONAL)

#define SHAPE(name)                                        \
	const struct shape shape_##name = { name##_fields, \
		sizeof(name##_fields) / sizeof(name##_fields[0]) }

static const char *const child_policies[] = {
	"TERMINATE",
	"REQUEST_CANCEL",
	"ABANDON",
	NULL,
};
static const char *const decision_types[] = {
	"ScheduleActivityTask",
	"RequestCancelActivityTask",
	"CompleteWorkflowExecution",
	"FailWorkflowExecution",
	"CancelWorkflowExecution",
	"ContinueAsNewWorkflowExecution",
	"RecordMarker",
	"StartTimer",
	"CancelTimer",
	"SignalExternalWorkflowExecution",
	"RequestCancelExternalWorkflowExecution",
	"StartChildWorkflowExecution",
	"ScheduleLambdaFunction",
	NULL,
};

static const char *const registration_statuses[] = {
	"REGISTERED",
	"DEPRECATED",
	NULL,
};
static const char *const close_statuses[] = {
	"COMPLETED",
	"FAILED",
	"CANCELED",
	"TERMINATED",
	"CONTINUED_AS_NEW",
	"TIMED_OUT",
	NULL,
};

/* ---- domains and types --------------------------------------------------- */

static const struct field tag_member = STRING("member", OPTIONAL, 0, 256);

static const struct field tag_fields[] = {
	STRING("key", REQUIRED, 1, 128),
	STRING("value", OPTIONAL, 0, 256),
};
static SHAPE(tag);

static const struct field register_domain_fields[] = {
	FORMED("name", REQUIRED, 1, 256, FORM_NAME),
	STRING("description", OPTIONAL, 0, 1024),
	FORMED("workflowExecutionRetentionPeriodInDays", REQUIRED, 1, 8,
	    FORM_DAYS),
	STRUCTS("tags", OPTIONAL, tag, 0),
};
SHAPE(register_domain);

static const struct field task_list_fields[] = {
	FORMED("name", REQUIRED, 1, 256, FORM_NAME),
};
static SHAPE(task_list);

static const struct field register_workflow_type_fields[] = {
	STRING("domain", REQUIRED, 1, 256),
	FORMED("name", REQUIRED, 1, 256, FORM_NAME),
	FORMED("version", REQUIRED, 1, 64, FORM_NAME),
	STRING("description", OPTIONAL, 0, 1024),
	FORMED("defaultTaskStartToCloseTimeout", OPTIONAL, 0, 8,
	    FORM_SECONDS_NONE),
	FORMED("defaultExecutionStartToCloseTimeout", OPTIONAL, 0, 8,
	    FORM_YEAR),
	STRUCT("defaultTaskList", OPTIONAL, task_list),
	FORMED("defaultTaskPriority", OPTIONAL, 0, 0, FORM_PRIORITY),
	ENUM("defaultChildPolicy", OPTIONAL, child_policies),
	STRING("defaultLambdaRole", OPTIONAL, 1, 1600),
};
SHAPE(register_workflow_type);

static const struct field register_activity_type_fields[] = {
	STRING("domain", REQUIRED, 1, 256),
	FORMED("name", REQUIRED, 1, 256, FORM_NAME),
	FORMED("version", REQUIRED, 1, 64, FORM_NAME),
	STRING("description", OPTIONAL, 0, 1024),
	FORMED("defaultTaskStartToCloseTimeout", OPTIONAL, 0, 8,
	    FORM_SECONDS_NONE),
	FORMED("defaultTaskHeartbeatTimeout", OPTIONAL, 0, 8,
	    FORM_SECONDS_NONE),
	STRUCT("defaultTaskList", OPTIONAL, task_list),
	FORMED("defaultTaskPriority", OPTIONAL, 0, 0, FORM_PRIORITY),
	FORMED("defaultTaskScheduleToStartTimeout", OPTIONAL, 0, 8,
	    FORM_SECONDS_NONE),
	FORMED("defaultTaskScheduleToCloseTimeout", OPTIONAL, 0, 8,
	    FORM_SECONDS_NONE),
};
SHAPE(register_activity_type);

static const struct field type_fields[] = {
	STRING("name", REQUIRED, 1, 256),
	STRING("version", REQUIRED, 1, 64),
};
static SHAPE(type);

static const struct field describe_domain_fields[] = {
	STRING("name", REQUIRED, 1, 256),
};
SHAPE(describe_domain);

static const struct field list_domains_fields[] = {
	STRING("nextPageToken", OPTIONAL, 0, 2048),
	ENUM("registrationStatus", REQUIRED, registration_statuses),
	INTEGER("maximumPageSize", OPTIONAL, 0, 1000),
	BOOLEAN("reverseOrder", OPTIONAL),
};
SHAPE(list_domains);

static const struct field activity_type_fields[] = {
	STRING("domain", REQUIRED, 1, 256),
	STRUCT("activityType", REQUIRED, type),
};
SHAPE(activity_type);

static const struct field workflow_type_fields[] = {
	STRING("domain", REQUIRED, 1, 256),
	STRUCT("workflowType", REQUIRED, type),
};
SHAPE(workflow_type);

static const struct field list_types_fields[] = {
	STRING("domain", REQUIRED, 1, 256),
	STRING("name", OPTIONAL, 1, 256),
	ENUM("registrationStatus", REQUIRED, registration_statuses),
	PAGE_FIELDS,
};
SHAPE(list_types);

static const struct field tag_resource_fields[] = {
	STRING("resourceArn", REQUIRED, 1, 1600),
	STRUCTS("tags", REQUIRED, tag, 0),
};
SHAPE(tag_resource);

static const struct field tag_key_member = STRING("member", OPTIONAL, 1, 128);

static const struct field untag_resource_fields[] = {
	STRING("resourceArn", REQUIRED, 1, 1600),
	STRINGS("tagKeys", REQUIRED, &tag_key_member, 0),
};
SHAPE(untag_resource);

static const struct field list_tags_fields[] = {
	STRING("resourceArn", REQUIRED, 1, 1600),
};
SHAPE(list_tags);

/* ---- executions ---------------------------------------------------------- */

static const struct field start_execution_fields[] = {
	STRING("domain", REQUIRED, 1, 256),
	FORMED("workflowId", REQUIRED, 1, 256, FORM_NAME),
	STRUCT("workflowType", REQUIRED, type),
	STRUCT("taskList", OPTIONAL, task_list),
	FORMED("taskPriority", OPTIONAL, 0, 0, FORM_PRIORITY),
	STRING("input", OPTIONAL, 0, 32768),
	FORMED("executionStartToCloseTimeout", OPTIONAL, 0, 8, FORM_YEAR),
	STRINGS("tagList", OPTIONAL, &tag_member, TAG_LIST_MAX),
	FORMED("taskStartToCloseTimeout", OPTIONAL, 0, 8, FORM_SECONDS_NONE),
	ENUM("childPolicy", OPTIONAL, child_policies),
	STRING("lambdaRole", OPTIONAL, 1, 1600),
};
SHAPE(start_execution);

static const struct field request_cancel_execution_fields[] = {
	STRING("domain", REQUIRED, 1, 256),
	STRING("workflowId", REQUIRED, 1, 256),
	STRING("runId", OPTIONAL, 0, 64),
};
SHAPE(request_cancel_execution);

static const struct field terminate_execution_fields[] = {
	STRING("domain", REQUIRED, 1, 256),
	STRING("workflowId", REQUIRED, 1, 256),
	STRING("runId", OPTIONAL, 0, 64),
	STRING("reason", OPTIONAL, 0, 256),
	STRING("details", OPTIONAL, 0, 32768),
	ENUM("childPolicy", OPTIONAL, child_policies),
};
SHAPE(terminate_execution);

static const struct field signal_execution_fields[] = {
	STRING("domain", REQUIRED, 1, 256),
	STRING("workflowId", REQUIRED, 1, 256),
	STRING("runId", OPTIONAL, 0, 64),
	STRING("signalName", REQUIRED, 1, 256),
	STRING("input", OPTIONAL, 0, 32768),
};
SHAPE(signal_execution);

static const struct field execution_fields[] = {
	STRING("workflowId", REQUIRED, 1, 256),
	STRING("runId", REQUIRED, 1, 64),
};
static SHAPE(execution);

static const struct field describe_execution_fields[] = {
	STRING("domain", REQUIRED, 1, 256),
	STRUCT("execution", REQUIRED, execution),
};
SHAPE(describe_execution);

static const struct field get_history_fields[] = {
	STRING("domain", REQUIRED, 1, 256),
	STRUCT("execution", REQUIRED, execution),
	PAGE_FIELDS,
};
SHAPE(get_history);

static const struct field time_filter_fields[] = {
	TIME("oldestDate", REQUIRED),
	TIME("latestDate", OPTIONAL),
};
static SHAPE(time_filter);

static const struct field execution_filter_fields[] = {
	STRING("workflowId", REQUIRED, 1, 256),
};
static SHAPE(execution_filter);

static const struct field type_filter_fields[] = {
	STRING("name", REQUIRED, 1, 256),
	STRING("version", OPTIONAL, 0, 64),
};
static SHAPE(type_filter);

static const struct field tag_filter_fields[] = {
	STRING("tag", REQUIRED, 0, 256),
};
static SHAPE(tag_filter);

static const struct field status_filter_fields[] = {
	ENUM("status", REQUIRED, close_statuses),
};
static SHAPE(status_filter);

#define OPEN_FIELDS                                           \
	STRING("domain", REQUIRED, 1, 256),                   \
	    STRUCT("startTimeFilter", REQUIRED, time_filter), \
	    STRUCT("typeFilter", OPTIONAL, type_filter),      \
	    STRUCT("tagFilter", OPTIONAL, tag_filter),        \
	    STRUCT("executionFilter", OPTIONAL, execution_filter)
#define CLOSED_FIELDS                                              \
	STRING("domain", REQUIRED, 1, 256),                        \
	    STRUCT("startTimeFilter", OPTIONAL, time_filter),      \
	    STRUCT("closeTimeFilter", OPTIONAL, time_filter),      \
	    STRUCT("executionFilter", OPTIONAL, execution_filter), \
	    STRUCT("closeStatusFilter", OPTIONAL, status_filter),  \
	    STRUCT("typeFilter", OPTIONAL, type_filter),           \
	    STRUCT("tagFilter", OPTIONAL, tag_filter)
static const struct field list_open_fields[] = { OPEN_FIELDS, PAGE_FIELDS };
SHAPE(list_open);

static const struct field list_closed_fields[] = { CLOSED_FIELDS, PAGE_FIELDS };
SHAPE(list_closed);

static const struct field count_open_fields[] = { OPEN_FIELDS };
SHAPE(count_open);

static const struct field count_closed_fields[] = { CLOSED_FIELDS };
SHAPE(count_closed);

/* ---- tasks and decisions ------------------------------------------------- */

static const struct field count_pending_fields[] = {
	STRING("domain", REQUIRED, 1, 256),
	STRUCT("taskList", REQUIRED, task_list),
};
SHAPE(count_pending);

static const struct field poll_decision_fields[] = {
	STRING("domain", REQUIRED, 1, 256),
	STRUCT("taskList", REQUIRED, task_list),
	STRING("identity", OPTIONAL, 0, 256),
	PAGE_FIELDS,
};
SHAPE(poll_decision);

static const struct field schedule_activity_task_fields[] = {
	STRUCT("activityType", REQUIRED, type),
	FORMED("activityId", REQUIRED, 1, 256, FORM_NAME),
	STRING("control", OPTIONAL, 0, 32768),
	STRING("input", OPTIONAL, 0, 32768),
	FORMED("scheduleToCloseTimeout", OPTIONAL, 0, 8, FORM_SECONDS_NONE),
	STRUCT("taskList", OPTIONAL, task_list),
	FORMED("taskPriority", OPTIONAL, 0, 0, FORM_PRIORITY),
	FORMED("scheduleToStartTimeout", OPTIONAL, 0, 8, FORM_SECONDS_NONE),
	FORMED("startToCloseTimeout", OPTIONAL, 0, 8, FORM_SECONDS_NONE),
	FORMED("heartbeatTimeout", OPTIONAL, 0, 8, FORM_SECONDS_NONE),
};
static SHAPE(schedule_activity_task);

static const struct field request_cancel_activity_task_fields[] = {
	STRING("activityId", REQUIRED, 1, 256),
};
static SHAPE(request_cancel_activity_task);

static const struct field complete_execution_fields[] = {
	STRING("result", OPTIONAL, 0, 32768),
};
static SHAPE(complete_execution);

static const struct field fail_execution_fields[] = {
	STRING("reason", OPTIONAL, 0, 256),
	STRING("details", OPTIONAL, 0, 32768),
};
static SHAPE(fail_execution);

static const struct field cancel_execution_fields[] = {
	STRING("details", OPTIONAL, 0, 32768),
};
static SHAPE(cancel_execution);

static const struct field any_task_list_fields[] = {
	STRING("name", REQUIRED, 1, 256),
};
static SHAPE(any_task_list);

static const struct field continue_as_new_execution_fields[] = {
	STRING("input", OPTIONAL, 0, 32768),
	FORMED("executionStartToCloseTimeout", OPTIONAL, 0, 8, FORM_YEAR),
	STRUCT("taskList", OPTIONAL, any_task_list),
	FORMED("taskPriority", OPTIONAL, 0, 0, FORM_PRIORITY),
	FORMED("taskStartToCloseTimeout", OPTIONAL, 0, 8, FORM_SECONDS_NONE),
	ENUM("childPolicy", OPTIONAL, child_policies),
	STRINGS("tagList", OPTIONAL, &tag_member, TAG_LIST_MAX),
	STRING("workflowTypeVersion", OPTIONAL, 1, 64),
	STRING("lambdaRole", OPTIONAL, 1, 1600),
};
static SHAPE(continue_as_new_execution);

static const struct field record_marker_fields[] = {
	STRING("markerName", REQUIRED, 1, 256),
	STRING("details", OPTIONAL, 0, 32768),
};
static SHAPE(record_marker);

static const struct field start_timer_fields[] = {
	FORMED("timerId", REQUIRED, 1, 256, FORM_NAME),
	STRING("control", OPTIONAL, 0, 32768),
	FORMED("startToFireTimeout", REQUIRED, 1, 8, FORM_SECONDS),
};
static SHAPE(start_timer);

static const struct field cancel_timer_fields[] = {
	STRING("timerId", REQUIRED, 1, 256),
};
static SHAPE(cancel_timer);

static const struct field signal_external_execution_fields[] = {
	STRING("workflowId", REQUIRED, 1, 256),
	STRING("runId", OPTIONAL, 0, 64),
	STRING("signalName", REQUIRED, 1, 256),
	STRING("input", OPTIONAL, 0, 32768),
	STRING("control", OPTIONAL, 0, 32768),
};
static SHAPE(signal_external_execution);

static const struct field request_cancel_external_execution_fields[] = {
	STRING("workflowId", REQUIRED, 1, 256),
	STRING("runId", OPTIONAL, 0, 64),
	STRING("control", OPTIONAL, 0, 32768),
};
static SHAPE(request_cancel_external_execution);

static const struct field start_child_execution_fields[] = {
	STRUCT("workflowType", REQUIRED, type),
	FORMED("workflowId", REQUIRED, 1, 256, FORM_NAME),
	STRING("control", OPTIONAL, 0, 32768),
	STRING("input", OPTIONAL, 0, 32768),
	FORMED("executionStartToCloseTimeout", OPTIONAL, 0, 8, FORM_YEAR),
	STRUCT("taskList", OPTIONAL, task_list),
	FORMED("taskPriority", OPTIONAL, 0, 0, FORM_PRIORITY),
	FORMED("taskStartToCloseTimeout", OPTIONAL, 0, 8, FORM_SECONDS_NONE),
	ENUM("childPolicy", OPTIONAL, child_policies),
	STRINGS("tagList", OPTIONAL, &tag_member, TAG_LIST_MAX),
	STRING("lambdaRole", OPTIONAL, 1, 1600),
};
static SHAPE(start_child_execution);

static const struct field schedule_lambda_function_fields[] = {
	STRING("id", REQUIRED, 1, 256),
	STRING("name", REQUIRED, 1, 64),
	STRING("control", OPTIONAL, 0, 32768),
	STRING("input", OPTIONAL, 0, 32768),
	FORMED("startToCloseTimeout", OPTIONAL, 0, 8, FORM_SECONDS_NONE),
};
static SHAPE(schedule_lambda_function);

static const struct field decision_fields[] = {
	ENUM("decisionType", REQUIRED, decision_types),
	STRUCT("scheduleActivityTaskDecisionAttributes", OPTIONAL,
	    schedule_activity_task),
	STRUCT("requestCancelActivityTaskDecisionAttributes", OPTIONAL,
	    request_cancel_activity_task),
	STRUCT("completeWorkflowExecutionDecisionAttributes", OPTIONAL,
	    complete_execution),
	STRUCT("failWorkflowExecutionDecisionAttributes", OPTIONAL,
	    fail_execution),
	STRUCT("cancelWorkflowExecutionDecisionAttributes", OPTIONAL,
	    cancel_execution),
	STRUCT("continueAsNewWorkflowExecutionDecisionAttributes", OPTIONAL,
	    continue_as_new_execution),
	STRUCT("recordMarkerDecisionAttributes", OPTIONAL, record_marker),
	STRUCT("startTimerDecisionAttributes", OPTIONAL, start_timer),
	STRUCT("cancelTimerDecisionAttributes", OPTIONAL, cancel_timer),
	STRUCT("signalExternalWorkflowExecutionDecisionAttributes", OPTIONAL,
	    signal_external_execution),
	STRUCT("requestCancelExternalWorkflowExecutionDecisionAttributes",
	    OPTIONAL, request_cancel_external_execution),
	STRUCT("startChildWorkflowExecutionDecisionAttributes", OPTIONAL,
	    start_child_execution),
	STRUCT("scheduleLambdaFunctionDecisionAttributes", OPTIONAL,
	    schedule_lambda_function),
};
static SHAPE(decision);

static const struct field respond_decision_fields[] = {
	STRING("taskToken", REQUIRED, 1, 1024),
	STRUCTS("decisions", OPTIONAL, decision, 0),
	STRING("executionContext", OPTIONAL, 0, 32768),
};
SHAPE(respond_decision);

static const struct field poll_activity_fields[] = {
	STRING("domain", REQUIRED, 1, 256),
	STRUCT("taskList", REQUIRED, task_list),
	STRING("identity", OPTIONAL, 0, 256),
};
SHAPE(poll_activity);

static const struct field heartbeat_fields[] = {
	STRING("taskToken", REQUIRED, 1, 1024),
	STRING("details", OPTIONAL, 0, 2048),
};
SHAPE(heartbeat);

static const struct field respond_completed_fields[] = {
	STRING("taskToken", REQUIRED, 1, 1024),
	STRING("result", OPTIONAL, 0, 32768),
};
SHAPE(respond_completed);

static const struct field respond_failed_fields[] = {
	STRING("taskToken", REQUIRED, 1, 1024),
	STRING("reason", OPTIONAL, 0, 256),
	STRING("details", OPTIONAL, 0, 32768),
};
SHAPE(respond_failed);

static const struct field respond_canceled_fields[] = {
	STRING("taskToken", REQUIRED, 1, 1024),
	STRING("details", OPTIONAL, 0, 32768),
};
SHAPE(respond_canceled);
