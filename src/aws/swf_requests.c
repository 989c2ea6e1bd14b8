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
put_name(struct writer *w, const char *name)
{
	if (!w->first && buf_string(w->out, ",") == -1)
		w->failed = true;
	if (name != NULL && buf_format(w->out, "\"%s\":", name) == -1)
		w->failed = true;
	w->first = false;
}

static void
put_open(struct writer *w, const char *name, const char *bracket)
{
	put_name(w, name);
	if (buf_string(w->out, bracket) == -1)
		w->failed = true;
	w->first = true;
}

static void
put_close(struct writer *w, const char *bracket)
{
	if (buf_string(w->out, bracket) == -1)
		w->failed = true;
	w->first = false;
}

static void
put_string(struct writer *w, const char *name, const char *value)
{
	if (value == NULL)
		return;
	put_name(w, name);
	if (json_string(w->out, value, strlen(value)) == -1)
		w->failed = true;
}

static void
put_integer(struct writer *w, const char *name, int value)
{
	put_name(w, name);
	if (buf_format(w->out, "%d", value) == -1)
		w->failed = true;
}

/* An object of one or two strings. */
static void
put_pair(struct writer *w, const char *name, const char *first_name,
    const char *first, const char *second_name, const char *second)
{
	put_open(w, name, "{");
	put_string(w, first_name, first);
	put_string(w, second_name, second);
	put_close(w, "}");
}

static void
put_list(struct writer *w, const char *value)
{
	if (value != NULL)
		put_pair(w, "taskList", "name", value, NULL, NULL);
}

static void
put_type(struct writer *w, const char *name, const struct swf_type *value)
{
	put_pair(w, name, "name", value->name, "version", value->version);
}

/* Every request has a domain, but for those that have a token. */
static struct writer
open_request(struct buf *out, const char *domain)
{
	struct writer w = { .out = out, .first = true };

	buf_reset(out);
	put_open(&w, NULL, "{");
	put_string(&w, "domain", domain);
	return w;
}

static void
close_request(struct writer *w)
{
	put_close(w, "}");
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

	put_string(&w, "name", domain);
	put_string(&w, "workflowExecutionRetentionPeriodInDays", days);
	close_request(&w);
}

/* RegisterActivityType, RegisterWorkflowType */
void
swf_request_register_type(struct buf *out, const char *domain,
    const struct swf_type *type)
{
	struct writer w = open_request(out, domain);

	put_string(&w, "name", type->name);
	put_string(&w, "version", type->version);
	close_request(&w);
}

/* RegisterActivityType */
void
swf_request_register_activity(struct buf *out, const char *domain,
    const struct swf_type *type, const char *task_list,
    const struct swf_timeouts *timeouts)
{
	struct writer w = open_request(out, domain);

	put_string(&w, "name", type->name);
	put_string(&w, "version", type->version);
	if (task_list != NULL)
		put_pair(&w, "defaultTaskList", "name", task_list, NULL, NULL);
	put_string(&w, "defaultTaskScheduleToStartTimeout",
	    timeouts->schedule_to_start);
	put_string(&w, "defaultTaskScheduleToCloseTimeout",
	    timeouts->schedule_to_close);
	put_string(&w, "defaultTaskStartToCloseTimeout",
	    timeouts->start_to_close);
	put_string(&w, "defaultTaskHeartbeatTimeout", timeouts->heartbeat);
	close_request(&w);
}

/* DescribeDomain */
void
swf_request_describe_domain(struct buf *out, const char *domain)
{
	struct writer w = open_request(out, NULL);

	put_string(&w, "name", domain);
	close_request(&w);
}

/* ListDomains */
void
swf_request_list_domains(struct buf *out, int size)
{
	struct writer w = open_request(out, NULL);

	put_string(&w, "registrationStatus", "REGISTERED");
	put_integer(&w, "maximumPageSize", size);
	close_request(&w);
}

/* DescribeActivityType */
void
swf_request_describe_type(struct buf *out, const char *domain,
    const struct swf_type *type)
{
	struct writer w = open_request(out, domain);

	put_type(&w, "activityType", type);
	close_request(&w);
}

/* ---- executions ---- */

static void
put_tags(struct writer *w, const char *const *values, size_t max)
{
	if (values[0] == NULL)
		return;
	put_open(w, "tagList", "[");
	for (size_t i = 0; i < max && values[i] != NULL; i++)
		put_string(w, NULL, values[i]);
	put_close(w, "]");
}

/* StartWorkflowExecution */
void
swf_request_start(struct buf *out, const struct swf_start *start)
{
	struct writer w = open_request(out, start->domain);

	put_string(&w, "workflowId", start->workflow_id);
	put_type(&w, "workflowType", &start->type);
	put_list(&w, start->task_list);
	put_string(&w, "input", start->input);
	put_string(&w, "executionStartToCloseTimeout",
	    start->execution_timeout);
	put_string(&w, "taskStartToCloseTimeout", start->decision_timeout);
	put_string(&w, "childPolicy", start->child_policy);
	put_tags(&w, start->tags, sizeof(start->tags) / sizeof(start->tags[0]));
	close_request(&w);
}

/* DescribeWorkflowExecution */
void
swf_request_describe(struct buf *out, const char *domain,
    const char *workflow_id, const char *run_id)
{
	struct writer w = open_request(out, domain);

	put_pair(&w, "execution", "workflowId", workflow_id, "runId", run_id);
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

	put_string(&w, "workflowId", workflow_id);
	put_string(&w, "runId", run_id);
	put_string(&w, "reason", reason);
	close_request(&w);
}

/* ListOpenWorkflowExecutions, ListClosedWorkflowExecutions */
void
swf_request_list(struct buf *out, const char *domain, const char *workflow_id,
    int size)
{
	struct writer w = open_request(out, domain);

	put_open(&w, "startTimeFilter", "{");
	put_integer(&w, "oldestDate", 0);
	put_close(&w, "}");
	put_pair(&w, "executionFilter", "workflowId", workflow_id, NULL, NULL);
	put_integer(&w, "maximumPageSize", size);
	close_request(&w);
}

static void
put_page(struct writer *w, int size, bool reverse, const char *token)
{
	put_integer(w, "maximumPageSize", size);
	if (reverse) {
		put_name(w, "reverseOrder");
		if (buf_string(w->out, "true") == -1)
			w->failed = true;
	}
	put_string(w, "nextPageToken", token);
}

/* GetWorkflowExecutionHistory */
void
swf_request_history(struct buf *out, const char *domain,
    const char *workflow_id, const char *run_id, int size, bool reverse,
    const char *page_token)
{
	struct writer w = open_request(out, domain);

	put_pair(&w, "execution", "workflowId", workflow_id, "runId", run_id);
	put_page(&w, size, reverse, page_token);
	close_request(&w);
}

/* ---- polls ---- */

/* PollForDecisionTask */
void
swf_request_poll_decision(struct buf *out, const char *domain,
    const char *task_list, const char *identity, int size)
{
	struct writer w = open_request(out, domain);

	put_list(&w, task_list);
	put_string(&w, "identity", identity);
	put_page(&w, size, true, NULL);
	close_request(&w);
}

/* PollForActivityTask */
void
swf_request_poll_activity(struct buf *out, const char *domain,
    const char *task_list, const char *identity)
{
	struct writer w = open_request(out, domain);

	put_list(&w, task_list);
	put_string(&w, "identity", identity);
	close_request(&w);
}

/* CountPendingActivityTasks */
void
swf_request_count_pending(struct buf *out, const char *domain,
    const char *task_list)
{
	swf_request_poll_activity(out, domain, task_list, NULL);
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
put_schedule(struct writer *w, const struct swf_decision *decision)
{
	const struct swf_timeouts *timeouts = &decision->timeouts;

	put_string(w, "activityId", decision->activity_id);
	put_type(w, "activityType", &decision->type);
	put_list(w, decision->task_list);
	put_string(w, "input", decision->input);
	put_string(w, "control", decision->control);
	put_string(w, "scheduleToStartTimeout", timeouts->schedule_to_start);
	put_string(w, "scheduleToCloseTimeout", timeouts->schedule_to_close);
	put_string(w, "startToCloseTimeout", timeouts->start_to_close);
	put_string(w, "heartbeatTimeout", timeouts->heartbeat);
}

static void
put_attributes(struct writer *w, const struct swf_decision *decision)
{
	switch (decision->kind) {
	case SWF_SCHEDULE_ACTIVITY:
		put_schedule(w, decision);
		break;
	case SWF_REQUEST_CANCEL_ACTIVITY:
		put_string(w, "activityId", decision->activity_id);
		break;
	case SWF_COMPLETE_EXECUTION:
		put_string(w, "result", decision->result);
		break;
	case SWF_FAIL_EXECUTION:
		put_string(w, "reason", decision->reason);
		put_string(w, "details", decision->details);
		break;
	case SWF_CANCEL_EXECUTION:
		put_string(w, "details", decision->details);
		break;
	case SWF_RECORD_MARKER:
		put_string(w, "markerName", decision->marker);
		put_string(w, "details", decision->details);
		break;
	}
}

/* RespondDecisionTaskCompleted */
void
swf_request_decide(struct buf *out, const char *token,
    const struct swf_decision *decisions, size_t count)
{
	struct writer w = open_request(out, NULL);

	put_string(&w, "taskToken", token);
	put_open(&w, "decisions", "[");
	for (size_t i = 0; i < count; i++) {
		put_open(&w, NULL, "{");
		put_string(&w, "decisionType", kinds[decisions[i].kind].type);
		put_open(&w, kinds[decisions[i].kind].attributes, "{");
		put_attributes(&w, &decisions[i]);
		put_close(&w, "}");
		put_close(&w, "}");
	}
	put_close(&w, "]");
	close_request(&w);
}
