/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "aws/swf.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "aws/http.h"
#include "aws/keeper.h"
#include "aws/swf_call.h"
#include "aws/swf_json.h"
#include "aws/wire.h"
#include "base/clock.h"
#include "base/instant.h"
#include "base/mem.h"

static const struct swf_kind operations[] = {
	[SWF_RECORD_HEARTBEAT] = { .name = "RecordActivityTaskHeartbeat",
	    .output = SWF_ANSWERS_CANCEL_REQUESTED },
	[SWF_RECORD_HEARTBEAT_AFRESH] = { .name = "RecordActivityTaskHeartbeat",
	    .output = SWF_ANSWERS_CANCEL_REQUESTED,
	    .fresh = true },
	[SWF_RESPOND_COMPLETED] = { .name = "RespondActivityTaskCompleted",
	    .output = SWF_ANSWERS_NOTHING,
	    .fresh = true },
	[SWF_RESPOND_FAILED] = { .name = "RespondActivityTaskFailed",
	    .output = SWF_ANSWERS_NOTHING,
	    .fresh = true },
	[SWF_RESPOND_CANCELED] = { .name = "RespondActivityTaskCanceled",
	    .output = SWF_ANSWERS_NOTHING,
	    .fresh = true },
	[SWF_REGISTER_DOMAIN] = { .name = "RegisterDomain",
	    .output = SWF_ANSWERS_NOTHING },
	[SWF_REGISTER_ACTIVITY_TYPE] = { .name = "RegisterActivityType",
	    .output = SWF_ANSWERS_NOTHING },
	[SWF_REGISTER_WORKFLOW_TYPE] = { .name = "RegisterWorkflowType",
	    .output = SWF_ANSWERS_NOTHING },
	[SWF_START_EXECUTION] = { .name = "StartWorkflowExecution",
	    .output = SWF_ANSWERS_OBJECT,
	    .fresh = true },
	[SWF_DESCRIBE_EXECUTION] = { .name = "DescribeWorkflowExecution",
	    .output = SWF_ANSWERS_OBJECT },
	[SWF_LIST_OPEN_EXECUTIONS] = { .name = "ListOpenWorkflowExecutions",
	    .output = SWF_ANSWERS_OBJECT },
	[SWF_LIST_CLOSED_EXECUTIONS] = { .name = "ListClosedWorkflowExecutions",
	    .output = SWF_ANSWERS_OBJECT },
	[SWF_REQUEST_CANCEL_EXECUTION] = { .name =
					       "RequestCancelWorkflowExecution",
	    .output = SWF_ANSWERS_NOTHING },
	[SWF_TERMINATE_EXECUTION] = { .name = "TerminateWorkflowExecution",
	    .output = SWF_ANSWERS_NOTHING },
	[SWF_GET_HISTORY] = { .name = "GetWorkflowExecutionHistory",
	    .output = SWF_ANSWERS_OBJECT },
	[SWF_POLL_DECISION] = { .name = "PollForDecisionTask",
	    .output = SWF_ANSWERS_OBJECT,
	    .fresh = true,
	    .poll = true },
	[SWF_RESPOND_DECISION] = { .name = "RespondDecisionTaskCompleted",
	    .output = SWF_ANSWERS_NOTHING,
	    .fresh = true },
	[SWF_POLL_ACTIVITY] = { .name = "PollForActivityTask",
	    .output = SWF_ANSWERS_OBJECT,
	    .fresh = true,
	    .poll = true },
	[SWF_COUNT_PENDING_ACTIVITIES] = { .name = "CountPendingActivityTasks",
	    .output = SWF_ANSWERS_OBJECT },
	[SWF_DESCRIBE_ACTIVITY_TYPE] = { .name = "DescribeActivityType",
	    .output = SWF_ANSWERS_OBJECT },
	[SWF_DESCRIBE_DOMAIN] = { .name = "DescribeDomain",
	    .output = SWF_ANSWERS_OBJECT },
	[SWF_LIST_DOMAINS] = { .name = "ListDomains",
	    .output = SWF_ANSWERS_OBJECT },
};

/* A client; the endpoint is copied. */
struct swf_client *
swf_client_new(const struct swf_client_config *config)
{
	struct swf_client *client = mem_new(1, sizeof(*client));

	client->http = config->http;
	client->endpoint = *config->endpoint;
	client->host = mem_format("Host: %s", client->endpoint.host);
	client->keeper = config->keeper;
	TAILQ_INIT(&client->calls);
	return client;
}

/* Also forgets all calls. */
void
swf_client_free(struct swf_client *client)
{
	struct swf_call *call;
	struct swf_call *next;

	if (client == NULL)
		return;
	TAILQ_FOREACH_SAFE (call, &client->calls, link, next)
		swf_cancel(call);
	free(client->host);
	free(client);
}

/* Of the service's API. */
const char *
swf_operation_name(enum swf_operation operation)
{
	return operations[operation].name;
}

/* Any operation. */
struct swf_call *
swf_send(struct swf_client *client, enum swf_operation operation,
    struct buf *request, int64_t timeout, swf_done *done, void *arg,
    struct err *err)
{
	struct swf_call *call = mem_new(1, sizeof(*call));

	call->client = client;
	call->kind = &operations[operation];
	call->timeout = timeout;
	call->deadline = instant_add(clock_boot(), timeout);
	call->done = done;
	call->arg = arg;
	call->body = *request;
	buf_init(request, request->max);
	TAILQ_INSERT_TAIL(&client->calls, call, link);
	if (call->body.len == 0)
		(void)err_set(err, "%s: the request is over %d bytes",
		    call->kind->name, SWF_REQUEST_MAX);
	else if (swf_call_begin(call, err) == 0)
		return call;
	swf_call_free(call);
	return NULL;
}

static struct swf_call *
start_call(struct swf_client *client, enum swf_operation operation,
    const struct swf_member *members, size_t count, int64_t timeout,
    swf_done *done, void *arg, struct err *err)
{
	struct buf request = BUF_INIT(SWF_REQUEST_MAX);

	if (swf_json_request(&request, members, count) == -1)
		buf_clear(&request);
	return swf_send(client, operation, &request, timeout, done, arg, err);
}

static struct swf_call *
heartbeat(struct swf_client *client, enum swf_operation operation,
    const char *token, const char *details, int64_t timeout, swf_done *done,
    void *arg, struct err *err)
{
	const struct swf_member members[] = {
		{ "taskToken", token },
		{ "details", details },
	};

	return start_call(client, operation, members, 2, timeout, done, arg,
	    err);
}

/* RecordActivityTaskHeartbeat */
struct swf_call *
swf_heartbeat(struct swf_client *client, const char *token, const char *details,
    int64_t timeout, swf_done *done, void *arg, struct err *err)
{
	return heartbeat(client, SWF_RECORD_HEARTBEAT, token, details, timeout,
	    done, arg, err);
}

/* RecordActivityTaskHeartbeat */
struct swf_call *
swf_heartbeat_afresh(struct swf_client *client, const char *token,
    const char *details, int64_t timeout, swf_done *done, void *arg,
    struct err *err)
{
	return heartbeat(client, SWF_RECORD_HEARTBEAT_AFRESH, token, details,
	    timeout, done, arg, err);
}

/* RespondActivityTaskCompleted */
struct swf_call *
swf_completed(struct swf_client *client, const char *token, const char *result,
    int64_t timeout, swf_done *done, void *arg, struct err *err)
{
	const struct swf_member members[] = {
		{ "taskToken", token },
		{ "result", result },
	};

	return start_call(client, SWF_RESPOND_COMPLETED, members, 2, timeout,
	    done, arg, err);
}

/* RespondActivityTaskFailed */
struct swf_call *
swf_failed(struct swf_client *client, const char *token, const char *reason,
    const char *details, int64_t timeout, swf_done *done, void *arg,
    struct err *err)
{
	const struct swf_member members[] = {
		{ "taskToken", token },
		{ "reason", reason },
		{ "details", details },
	};

	return start_call(client, SWF_RESPOND_FAILED, members, 3, timeout, done,
	    arg, err);
}

/* RespondActivityTaskCanceled */
struct swf_call *
swf_canceled(struct swf_client *client, const char *token, const char *details,
    int64_t timeout, swf_done *done, void *arg, struct err *err)
{
	const struct swf_member members[] = {
		{ "taskToken", token },
		{ "details", details },
	};

	return start_call(client, SWF_RESPOND_CANCELED, members, 2, timeout,
	    done, arg, err);
}

/* See the header. */
void
swf_waiting(struct swf_call *call, struct err *err)
{
	if (call->transfer != NULL)
		http_waiting(call->transfer, err);
	else
		keeper_waiting(call->client->keeper, err);
}

/* See the header. */
bool
swf_is_sent(const struct swf_call *call)
{
	return call->transfer != NULL;
}

/* An attempt before this one has been refused: nothing came of it. */
bool
swf_is_unsent(const struct swf_call *call)
{
	return call->transfer == NULL || http_is_unsent(call->transfer);
}

/* Forgets a call; its connection is closed. */
void
swf_cancel(struct swf_call *call)
{
	if (call == NULL)
		return;
	if (call->transfer != NULL)
		http_cancel(call->transfer);
	else
		keeper_forget(call->client->keeper, &call->wait);
	swf_call_free(call);
}
