/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "aws/swf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "aws/credentials.h"
#include "aws/endpoint.h"
#include "aws/errors.h"
#include "aws/http.h"
#include "aws/sigv4.h"
#include "aws/swf_json.h"
#include "aws/wire.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/instant.h"
#include "base/log.h"
#include "base/mem.h"

enum {
	SKEW_MAX = 4 * 60 * 1000, /* ms; signatures are good for 5 minutes */
	FAST = 5 * 1000, /* ms; the Date of a slower answer tells little */
	HEADERS = 8,
	TARGET_MAX = 96
};

/* What an operation answers. */
enum output { NOTHING, OBJECT, CANCEL_REQUESTED };

/*
 * "fresh": libcurl silently sends a request again when a connection that was
 * used before turns out to be dead, and these must not be done twice.
 */
static const struct {
	const char *name;
	enum output output;
	bool fresh;
} operations[] = {
	[SWF_RECORD_HEARTBEAT] = { "RecordActivityTaskHeartbeat",
	    CANCEL_REQUESTED, false },
	[SWF_RESPOND_COMPLETED] = { "RespondActivityTaskCompleted", NOTHING,
	    true },
	[SWF_RESPOND_FAILED] = { "RespondActivityTaskFailed", NOTHING, true },
	[SWF_RESPOND_CANCELED] = { "RespondActivityTaskCanceled", NOTHING,
	    true },
	[SWF_REGISTER_DOMAIN] = { "RegisterDomain", NOTHING, false },
	[SWF_REGISTER_ACTIVITY_TYPE] = { "RegisterActivityType", NOTHING,
	    false },
	[SWF_REGISTER_WORKFLOW_TYPE] = { "RegisterWorkflowType", NOTHING,
	    false },
	[SWF_START_EXECUTION] = { "StartWorkflowExecution", OBJECT, true },
	[SWF_DESCRIBE_EXECUTION] = { "DescribeWorkflowExecution", OBJECT,
	    false },
	[SWF_LIST_OPEN_EXECUTIONS] = { "ListOpenWorkflowExecutions", OBJECT,
	    false },
	[SWF_LIST_CLOSED_EXECUTIONS] = { "ListClosedWorkflowExecutions", OBJECT,
	    false },
	[SWF_REQUEST_CANCEL_EXECUTION] = { "RequestCancelWorkflowExecution",
	    NOTHING, false },
	[SWF_TERMINATE_EXECUTION] = { "TerminateWorkflowExecution", NOTHING,
	    false },
	[SWF_GET_HISTORY] = { "GetWorkflowExecutionHistory", OBJECT, false },
	[SWF_POLL_DECISION] = { "PollForDecisionTask", OBJECT, true },
	[SWF_RESPOND_DECISION] = { "RespondDecisionTaskCompleted", NOTHING,
	    true },
	[SWF_POLL_ACTIVITY] = { "PollForActivityTask", OBJECT, true },
	[SWF_COUNT_PENDING_ACTIVITIES] = { "CountPendingActivityTasks", OBJECT,
	    false },
	[SWF_DESCRIBE_ACTIVITY_TYPE] = { "DescribeActivityType", OBJECT,
	    false },
	[SWF_DESCRIBE_DOMAIN] = { "DescribeDomain", OBJECT, false },
	[SWF_LIST_DOMAINS] = { "ListDomains", OBJECT, false },
};

struct swf_call {
	TAILQ_ENTRY(swf_call) link;
	struct swf_client *client;
	enum swf_operation operation;
	struct buf body;
	int64_t deadline; /* instant */
	int64_t skew;     /* what the last attempt was signed with */
	bool corrected;   /* its one further attempt is used up */
	struct http_transfer *transfer;
	swf_done *done;
	void *arg;
};

TAILQ_HEAD(calls, swf_call);

struct swf_client {
	struct http *http;
	struct endpoint endpoint;
	bool sign;
	struct credentials credentials;
	char *host;   /* "Host: ..." */
	int64_t skew; /* ms to add to this host's clock */
	struct calls calls;
};

/* A client; everything but the http is copied. */
struct swf_client *
swf_client_new(const struct swf_client_config *config)
{
	struct swf_client *client = mem_new(1, sizeof(*client));

	client->http = config->http;
	client->endpoint = *config->endpoint;
	client->host = mem_format("Host: %s", client->endpoint.host);
	client->sign = config->credentials != NULL;
	if (client->sign)
		credentials_copy(&client->credentials, config->credentials);
	TAILQ_INIT(&client->calls);
	return client;
}

static void
free_call(struct swf_call *call)
{
	TAILQ_REMOVE(&call->client->calls, call, link);
	buf_clear(&call->body);
	free(call);
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
	credentials_clear(&client->credentials);
	free(client->host);
	free(client);
}

/* For logs. */
const char *swf_class_name(enum swf_class class)
{
	switch (class) {
	case SWF_OK:
		return "OK";
	case SWF_GONE:
		return "GONE";
	case SWF_INVALID:
		return "INVALID";
	case SWF_REFUSED:
		return "REFUSED";
	case SWF_THROTTLED:
		return "THROTTLED";
	case SWF_TRANSIENT:
		return "TRANSIENT";
	case SWF_AMBIGUOUS:
		return "AMBIGUOUS";
	}
	return "?";
}

/* Of the service's API. */
const char *
swf_operation_name(enum swf_operation operation)
{
	return operations[operation].name;
}

static void on_answer(void *arg, const struct http_answer *from);

/* Signs "headers", which has room for three more, at the time it is now. */
static void
sign(const struct swf_call *call, const char **headers, size_t count,
    struct sigv4_signature *signature)
{
	const struct swf_client *client = call->client;
	const struct sigv4_request request = {
		.method = "POST",
		.path = "/",
		.headers = headers,
		.body = call->body.data,
		.body_len = call->body.len,
	};
	const struct sigv4_key key = {
		.access_key_id = client->credentials.access_key_id,
		.secret_access_key = client->credentials.secret_access_key,
		.session_token = client->credentials.session_token,
		.region = client->endpoint.region,
		.service = SWF_SERVICE,
	};

	sigv4_sign(signature, &request, &key, clock_wall() + call->skew);
	headers[count++] = signature->date;
	if (signature->token != NULL)
		headers[count++] = signature->token;
	headers[count] = signature->authorization;
}

/* Starts one attempt of a call.  Returns 0, or -1 with "err". */
static int
start_attempt(struct swf_call *call, int64_t timeout, struct err *err)
{
	struct swf_client *client = call->client;
	struct sigv4_signature signature = { 0 };
	char target[TARGET_MAX];
	const char *headers[HEADERS] = {
		"Content-Type: " SWF_CONTENT_TYPE,
		client->host,
		target,
	};
	const struct http_request request = {
		.url = client->endpoint.url,
		.headers = headers,
		.body = call->body.data,
		.body_len = call->body.len,
		.timeout = timeout,
		.fresh_connection = operations[call->operation].fresh,
	};

	(void)snprintf(target, sizeof(target),
	    "X-Amz-Target: " SWF_TARGET_PREFIX "%s",
	    operations[call->operation].name);
	call->skew = client->skew;
	if (client->sign)
		sign(call, headers, 3, &signature);
	call->transfer =
	    http_start(client->http, &request, on_answer, call, err);
	sigv4_signature_clear(&signature);
	return call->transfer == NULL ? -1 : 0;
}

/*
 * Whether the service refused the signature because this host's clock is
 * wrong; if so the client's skew is set right.
 */
static bool
correct_clock(struct swf_call *call, const struct http_answer *from,
    const struct swf_answer *answer)
{
	int64_t skew;

	if (!call->client->sign || from->date == -1 || from->cached ||
	    from->answered_at - from->sent_at > FAST ||
	    !errors_may_be_clock(answer->code))
		return false;
	skew = from->date - (from->sent_at + from->answered_at) / 2;
	if (llabs(skew - call->skew) <= SKEW_MAX)
		return false;
	log_warning("clock of this host is %lld s %s by the service's: "
		    "requests are signed with the service's",
	    llabs(skew) / 1000, skew > 0 ? "slow" : "fast");
	call->client->skew = skew;
	return true;
}

static void
describe_foreign(struct swf_answer *answer)
{
	answer->class = SWF_AMBIGUOUS;
	(void)strlcpy(answer->message,
	    "success with an answer that is not "
	    "SWF's: something in between has made it",
	    sizeof(answer->message));
}

/* Adds what a person can do about the code, if there is room for it. */
static void
add_remedy(struct swf_answer *answer)
{
	const char *remedy = errors_remedy(answer->code);
	size_t len = strlen(answer->message);

	if (remedy == NULL ||
	    len + strlen(remedy) + 3 > sizeof(answer->message))
		return;
	if (len > 0)
		(void)strlcat(answer->message, ": ", sizeof(answer->message));
	(void)strlcat(answer->message, remedy, sizeof(answer->message));
}

/* Whether a body is what the operation answers; also reads a heartbeat's. */
static bool
read_output(enum swf_operation operation, const struct http_answer *from,
    struct swf_answer *answer)
{
	switch (operations[operation].output) {
	case NOTHING:
		return swf_json_is_empty(from->body, from->body_len);
	case OBJECT:
		return swf_json_is_object(from->body, from->body_len);
	case CANCEL_REQUESTED:
		return swf_json_heartbeat(from->body, from->body_len,
			   &answer->cancel_requested) == 0;
	}
	return false;
}

static void
read_success(enum swf_operation operation, const struct http_answer *from,
    struct swf_answer *answer)
{
	if (!read_output(operation, from, answer)) {
		describe_foreign(answer);
		return;
	}
	answer->body = from->body;
	answer->body_len = from->body_len;
}

/* Makes of an HTTP answer what it means. */
static void
read_answer(enum swf_operation operation, const struct http_answer *from,
    struct swf_answer *answer)
{
	*answer = (struct swf_answer){ .class = SWF_OK };
	answer->date = from->cached ? -1 : from->date;
	answer->sent_at = from->sent_at;
	answer->answered_at = from->answered_at;
	answer->retry_after = from->retry_after;
	(void)strlcpy(answer->request_id, from->request_id,
	    sizeof(answer->request_id));
	if (from->end != HTTP_ANSWERED) {
		answer->class =
		    from->end == HTTP_NOT_SENT ? SWF_TRANSIENT : SWF_AMBIGUOUS;
		(void)strlcpy(answer->message, from->problem.text,
		    sizeof(answer->message));
		return;
	}
	answer->status = from->status;
	if (from->status >= 200 && from->status < 300) {
		read_success(operation, from, answer);
		return;
	}
	swf_json_error(answer, from->body, from->body_len, from->query_error);
	answer->class =
	    errors_class(answer->status, answer->code, answer->message);
	add_remedy(answer);
}

static void
on_answer(void *arg, const struct http_answer *from)
{
	struct swf_call *call = arg;
	swf_done *done = call->done;
	void *done_arg = call->arg;
	int64_t left = instant_left(call->deadline, clock_boot());
	struct swf_answer answer;

	call->transfer = NULL;
	read_answer(call->operation, from, &answer);
	if (!call->corrected && left > 0 &&
	    correct_clock(call, from, &answer)) {
		call->corrected = true;
		if (start_attempt(call, left, NULL) == 0)
			return;
	}
	free_call(call);
	done(done_arg, &answer);
}

/* Any operation. */
struct swf_call *
swf_send(struct swf_client *client, enum swf_operation operation,
    struct buf *request, int64_t timeout, swf_done *done, void *arg,
    struct err *err)
{
	struct swf_call *call = mem_new(1, sizeof(*call));

	call->client = client;
	call->operation = operation;
	call->deadline = instant_add(clock_boot(), timeout);
	call->done = done;
	call->arg = arg;
	call->body = *request;
	buf_init(request, request->max);
	TAILQ_INSERT_TAIL(&client->calls, call, link);
	if (call->body.len == 0)
		(void)err_set(err, "%s: the request is over %d bytes",
		    operations[operation].name, SWF_REQUEST_MAX);
	else if (start_attempt(call, timeout, err) == 0)
		return call;
	free_call(call);
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

/* RecordActivityTaskHeartbeat */
struct swf_call *
swf_heartbeat(struct swf_client *client, const char *token, const char *details,
    int64_t timeout, swf_done *done, void *arg, struct err *err)
{
	const struct swf_member members[] = {
		{ "taskToken", token },
		{ "details", details },
	};

	return start_call(client, SWF_RECORD_HEARTBEAT, members, 2, timeout,
	    done, arg, err);
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
	http_waiting(call->transfer, err);
}

/* Forgets a call; its connection is closed. */
void
swf_cancel(struct swf_call *call)
{
	if (call == NULL)
		return;
	http_cancel(call->transfer);
	free_call(call);
}
