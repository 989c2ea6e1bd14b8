/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "aws/swf_requests.h"

#include <string.h>

#include "text/json.h"

/* An object being written; once something did not fit, nothing is. */
struct writer {
	struct buf *out;
	bool failed;
	bool first; /* nothing is in the object or list yet */
};

/* A comma, and the name of what follows; NULL: an item of a list. */
static void
start_member(struct writer *w, const char *name)
{
	if (!w->first && buf_string(w->out, ",") == -1)
		w->failed = true;
	if (name != NULL && buf_format(w->out, "\"%s\":", name) == -1)
		w->failed = true;
	w->first = false;
}

static void
start(struct writer *w, const char *name, const char *bracket)
{
	start_member(w, name);
	if (buf_string(w->out, bracket) == -1)
		w->failed = true;
	w->first = true;
}

static void
end(struct writer *w, const char *bracket)
{
	if (buf_string(w->out, bracket) == -1)
		w->failed = true;
	w->first = false;
}

static void
string(struct writer *w, const char *name, const char *value)
{
	if (value == NULL)
		return;
	start_member(w, name);
	if (json_string(w->out, value, strlen(value)) == -1)
		w->failed = true;
}

static void
integer(struct writer *w, const char *name, int value)
{
	start_member(w, name);
	if (buf_format(w->out, "%d", value) == -1)
		w->failed = true;
}

/* An object of one or two strings. */
static void
pair(struct writer *w, const char *name, const char *first_name,
    const char *first, const char *second_name, const char *second)
{
	start(w, name, "{");
	string(w, first_name, first);
	string(w, second_name, second);
	end(w, "}");
}

static void
task_list(struct writer *w, const char *value)
{
	if (value != NULL)
		pair(w, "taskList", "name", value, NULL, NULL);
}

static void
type(struct writer *w, const char *name, const struct swf_type *value)
{
	pair(w, name, "name", value->name, "version", value->version);
}

/* Every request has a domain, but for those that have a token. */
static struct writer
open_request(struct buf *out, const char *domain)
{
	struct writer w = { .out = out, .first = true };

	buf_reset(out);
	start(&w, NULL, "{");
	string(&w, "domain", domain);
	return w;
}

static void
close_request(struct writer *w)
{
	end(w, "}");
	if (w->failed)
		buf_reset(w->out);
}

/* ---- registering ---- */

/* RegisterDomain */
void
swf_request_register_domain(struct buf *out, const char *domain,
    const char *days)
{
	struct writer w = open_request(out, NULL);

	string(&w, "name", domain);
	string(&w, "workflowExecutionRetentionPeriodInDays", days);
	close_request(&w);
}

/* RegisterActivityType, RegisterWorkflowType */
void
swf_request_register_type(struct buf *out, const char *domain,
    const struct swf_type *value)
{
	struct writer w = open_request(out, domain);

	string(&w, "name", value->name);
	string(&w, "version", value->version);
	close_request(&w);
}

/* DescribeActivityType */
void
swf_request_describe_type(struct buf *out, const char *domain,
    const struct swf_type *value)
{
	struct writer w = open_request(out, domain);

	type(&w, "activityType", value);
	close_request(&w);
}

/* ---- executions ---- */

static void
tags(struct writer *w, const char *const *values, size_t max)
{
	if (values[0] == NULL)
		return;
	start(w, "tagList", "[");
	for (size_t i = 0; i < max && values[i] != NULL; i++)
		string(w, NULL, values[i]);
	end(w, "]");
}

/* StartWorkflowExecution */
void
swf_request_start(struct buf *out, const struct swf_start *value)
{
	struct writer w = open_request(out, value->domain);

	string(&w, "workflowId", value->workflow_id);
	type(&w, "workflowType", &value->type);
	task_list(&w, value->task_list);
	string(&w, "input", value->input);
	string(&w, "executionStartToCloseTimeout", value->execution_timeout);
	string(&w, "taskStartToCloseTimeout", value->decision_timeout);
	string(&w, "childPolicy", value->child_policy);
	tags(&w, value->tags, sizeof(value->tags) / sizeof(value->tags[0]));
	close_request(&w);
}

/* DescribeWorkflowExecution */
void
swf_request_describe(struct buf *out, const char *domain,
    const char *workflow_id, const char *run_id)
{
	struct writer w = open_request(out, domain);

	pair(&w, "execution", "workflowId", workflow_id, "runId", run_id);
	close_request(&w);
}

/* RequestCancelWorkflowExecution */
void
swf_request_cancel(struct buf *out, const char *domain, const char *workflow_id,
    const char *run_id)
{
	swf_request_terminate(out, domain, workflow_id, run_id, NULL);
}

/* TerminateWorkflowExecution */
void
swf_request_terminate(struct buf *out, const char *domain,
    const char *workflow_id, const char *run_id, const char *reason)
{
	struct writer w = open_request(out, domain);

	string(&w, "workflowId", workflow_id);
	string(&w, "runId", run_id);
	string(&w, "reason", reason);
	close_request(&w);
}

/* ListOpenWorkflowExecutions, ListClosedWorkflowExecutions */
void
swf_request_list(struct buf *out, const char *domain, const char *workflow_id,
    int size)
{
	struct writer w = open_request(out, domain);

	start(&w, "startTimeFilter", "{");
	integer(&w, "oldestDate", 0);
	end(&w, "}");
	pair(&w, "executionFilter", "workflowId", workflow_id, NULL, NULL);
	integer(&w, "maximumPageSize", size);
	close_request(&w);
}

static void
page(struct writer *w, int size, bool reverse, const char *token)
{
	integer(w, "maximumPageSize", size);
	if (reverse) {
		start_member(w, "reverseOrder");
		if (buf_string(w->out, "true") == -1)
			w->failed = true;
	}
	string(w, "nextPageToken", token);
}

/* GetWorkflowExecutionHistory */
void
swf_request_history(struct buf *out, const char *domain,
    const char *workflow_id, const char *run_id, int size, bool reverse,
    const char *page_token)
{
	struct writer w = open_request(out, domain);

	pair(&w, "execution", "workflowId", workflow_id, "runId", run_id);
	page(&w, size, reverse, page_token);
	close_request(&w);
}

/* ---- polls ---- */

/* PollForDecisionTask */
void
swf_request_poll_decision(struct buf *out, const char *domain, const char *list,
    const char *identity, int size)
{
	struct writer w = open_request(out, domain);

	task_list(&w, list);
	string(&w, "identity", identity);
	page(&w, size, true, NULL);
	close_request(&w);
}

/* PollForActivityTask */
void
swf_request_poll_activity(struct buf *out, const char *domain, const char *list,
    const char *identity)
{
	struct writer w = open_request(out, domain);

	task_list(&w, list);
	string(&w, "identity", identity);
	close_request(&w);
}

/* CountPendingActivityTasks */
void
swf_request_count_pending(struct buf *out, const char *domain, const char *list)
{
	swf_request_poll_activity(out, domain, list, NULL);
}

/* ---- decisions ---- */

static const struct {
	const char *type;
	const char *attributes;
} kinds[] = {
	[SWF_SCHEDULE_ACTIVITY] = { "ScheduleActivityTask",
	    "scheduleActivityTaskDecisionAttributes" },
	[SWF_REQUEST_CANCEL_ACTIVITY] = { "RequestCancelActivityTask",
	    "requestCancelActivityTaskDecisionAttributes" },
	[SWF_COMPLETE_EXECUTION] = { "CompleteWorkflowExecution",
	    "completeWorkflowExecutionDecisionAttributes" },
	[SWF_FAIL_EXECUTION] = { "FailWorkflowExecution",
	    "failWorkflowExecutionDecisionAttributes" },
	[SWF_CANCEL_EXECUTION] = { "CancelWorkflowExecution",
	    "cancelWorkflowExecutionDecisionAttributes" },
	[SWF_RECORD_MARKER] = { "RecordMarker",
	    "recordMarkerDecisionAttributes" },
};

static void
schedule_activity(struct writer *w, const struct swf_decision *decision)
{
	const struct swf_timeouts *timeouts = &decision->timeouts;

	string(w, "activityId", decision->activity_id);
	type(w, "activityType", &decision->type);
	task_list(w, decision->task_list);
	string(w, "input", decision->input);
	string(w, "control", decision->control);
	string(w, "scheduleToStartTimeout", timeouts->schedule_to_start);
	string(w, "scheduleToCloseTimeout", timeouts->schedule_to_close);
	string(w, "startToCloseTimeout", timeouts->start_to_close);
	string(w, "heartbeatTimeout", timeouts->heartbeat);
}

static void
attributes(struct writer *w, const struct swf_decision *decision)
{
	switch (decision->kind) {
	case SWF_SCHEDULE_ACTIVITY:
		schedule_activity(w, decision);
		break;
	case SWF_REQUEST_CANCEL_ACTIVITY:
		string(w, "activityId", decision->activity_id);
		break;
	case SWF_COMPLETE_EXECUTION:
		string(w, "result", decision->result);
		break;
	case SWF_FAIL_EXECUTION:
		string(w, "reason", decision->reason);
		string(w, "details", decision->details);
		break;
	case SWF_CANCEL_EXECUTION:
		string(w, "details", decision->details);
		break;
	case SWF_RECORD_MARKER:
		string(w, "markerName", decision->marker);
		string(w, "details", decision->details);
		break;
	}
}

/* RespondDecisionTaskCompleted */
void
swf_request_decide(struct buf *out, const char *token,
    const struct swf_decision *decisions, size_t count)
{
	struct writer w = open_request(out, NULL);

	string(&w, "taskToken", token);
	start(&w, "decisions", "[");
	for (size_t i = 0; i < count; i++) {
		start(&w, NULL, "{");
		string(&w, "decisionType", kinds[decisions[i].kind].type);
		start(&w, kinds[decisions[i].kind].attributes, "{");
		attributes(&w, &decisions[i]);
		end(&w, "}");
		end(&w, "}");
	}
	end(&w, "]");
	close_request(&w);
}
