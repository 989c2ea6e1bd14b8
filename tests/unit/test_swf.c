/* SPDX-License-Identifier: MIT */
/*
 * aws/swf: the calls against a server on loopback: what goes over the wire,
 * what each answer means, and the clock that is set right.
 */
#include "config.h"

#include "aws/swf.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "aws/credentials.h"
#include "aws/endpoint.h"
#include "aws/http.h"
#include "aws/keeper.h"
#include "aws/provider.h"
#include "aws/sigv4.h"
#include "aws/world.h"
#include "base/clock.h"
#include "base/instant.h"
#include "base/log.h"
#include "base/mem.h"
#include "fake_source.h"
#include "loopback.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define HEARTBEAT_OK                                    \
	"HTTP/1.1 200 OK\r\nContent-Length: 25\r\n\r\n" \
	"{\"cancelRequested\":false}"
#define RESPOND_OK    "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
#define LONG_AGO      "Date: Sun, 30 Aug 2015 12:36:00 GMT\r\n"
#define BAD_SIGNATURE "{\"__type\":\"x#InvalidSignatureException\"}"

enum {
	PLENTY = 5000, /* ms */
	HOUR = 3600    /* s */
};

struct result {
	int calls;
	struct swf_answer answer;
};

static char id[] = "AKIDEXAMPLE";
static char secret[] = "secret";
static char token[] = "session+token=";
static char source[] = "test";
static const struct credentials keys = { id, secret, token, source,
	INSTANT_NEVER };

/* One server, one client. */
struct rig {
	struct loopback *server;
	struct http *http;
	struct keeper *keeper;
	struct swf_client *client;
};

static struct keeper *
keep(const struct credentials *credentials)
{
	struct source *fixed = NULL;

	if (credentials == NULL)
		return NULL;
	(void)source_fixed(&fixed, "test", credentials->access_key_id,
	    credentials->secret_access_key, credentials->session_token, "test");
	return keeper_new(fixed);
}

static void
rig_start_with(struct rig *rig, const struct loopback_step *script,
    size_t count, struct keeper *keeper)
{
	const struct http_config http = { .user_agent = "tend/test",
		.allow_plain = true };
	struct endpoint endpoint = { .region = "eu-west-1" };
	struct swf_client_config config = { .endpoint = &endpoint };

	rig->server = loopback_start(script, count);
	rig->http = http_new(&http, NULL);
	assert_non_null(rig->http);
	(void)strlcpy(endpoint.url, loopback_url(rig->server),
	    sizeof(endpoint.url));
	(void)strlcpy(endpoint.host, loopback_host(rig->server),
	    sizeof(endpoint.host));
	config.http = rig->http;
	rig->keeper = keeper;
	config.keeper = keeper;
	rig->client = swf_client_new(&config);
}

static void
rig_start(struct rig *rig, const struct loopback_step *script, size_t count,
    const struct credentials *credentials)
{
	rig_start_with(rig, script, count, keep(credentials));
}

static void
rig_stop(struct rig *rig)
{
	swf_client_free(rig->client);
	keeper_free(rig->keeper);
	http_free(rig->http);
	loopback_stop(rig->server);
}

static void
on_done(void *arg, const struct swf_answer *answer)
{
	struct result *result = arg;

	result->calls++;
	result->answer = *answer;
}

static void
wait_for(struct rig *rig, const struct result *result)
{
	int64_t end = clock_boot() + 2 * PLENTY;

	while (result->calls == 0 && clock_boot() < end) {
		http_wait(rig->http, -1, 100);
		http_perform(rig->http);
	}
	assert_int_equal(result->calls, 1);
}

static void
heartbeat(struct rig *rig, int64_t timeout, struct result *result)
{
	*result = (struct result){ 0 };
	assert_non_null(swf_heartbeat(rig->client, "T", "half", timeout,
	    on_done, result, NULL));
	wait_for(rig, result);
}

static void
respond(struct rig *rig, struct result *result)
{
	*result = (struct result){ 0 };
	assert_non_null(swf_completed(rig->client, "T", "done", PLENTY, on_done,
	    result, NULL));
	wait_for(rig, result);
}

static void
assert_header(struct rig *rig, size_t number, const char *name,
    const char *value)
{
	const char *got = loopback_header(rig->server, number, name);

	if (got == NULL)
		fail_msg("no header %s", name);
	else
		assert_string_equal(got, value);
}

static void
test_operations(void **state)
{
	static const struct loopback_step script[] = {
		{ LOOPBACK_SEND, HEARTBEAT_OK },
		{ LOOPBACK_SEND, HEARTBEAT_OK },
		{ LOOPBACK_SEND, RESPOND_OK },
		{ LOOPBACK_SEND, RESPOND_OK },
		{ LOOPBACK_SEND, RESPOND_OK },
	};
	static const struct {
		const char *target;
		const char *body;
	} want[] = {
		{ "SimpleWorkflowService.RecordActivityTaskHeartbeat",
		    "{\"taskToken\":\"T\",\"details\":\"half\"}" },
		{ "SimpleWorkflowService.RecordActivityTaskHeartbeat",
		    "{\"taskToken\":\"T\"}" },
		{ "SimpleWorkflowService.RespondActivityTaskCompleted",
		    "{\"taskToken\":\"T\",\"result\":\"done\"}" },
		{ "SimpleWorkflowService.RespondActivityTaskFailed",
		    "{\"taskToken\":\"T\",\"reason\":\"r\","
		    "\"details\":\"d\"}" },
		{ "SimpleWorkflowService.RespondActivityTaskCanceled",
		    "{\"taskToken\":\"T\",\"details\":\"\"}" },
	};
	struct result result[5] = { { 0 } };
	struct rig rig;
	struct swf_client *client;

	(void)state;
	rig_start(&rig, script, ARRAY_SIZE(script), NULL);
	client = rig.client;
	assert_non_null(swf_heartbeat(client, "T", "half", PLENTY, on_done,
	    &result[0], NULL));
	wait_for(&rig, &result[0]);
	assert_non_null(swf_heartbeat(client, "T", NULL, PLENTY, on_done,
	    &result[1], NULL));
	wait_for(&rig, &result[1]);
	assert_non_null(swf_completed(client, "T", "done", PLENTY, on_done,
	    &result[2], NULL));
	wait_for(&rig, &result[2]);
	assert_non_null(swf_failed(client, "T", "r", "d", PLENTY, on_done,
	    &result[3], NULL));
	wait_for(&rig, &result[3]);
	assert_non_null(swf_canceled(client, "T", "", PLENTY, on_done,
	    &result[4], NULL));
	wait_for(&rig, &result[4]);
	for (size_t i = 0; i < ARRAY_SIZE(want); i++) {
		assert_int_equal(result[i].answer.class, SWF_OK);
		assert_header(&rig, i, "X-Amz-Target", want[i].target);
		assert_header(&rig, i, "Content-Type",
		    "application/x-amz-json-1.0");
		assert_header(&rig, i, "Host", loopback_host(rig.server));
		assert_string_equal(loopback_body(rig.server, i), want[i].body);
		/* Unsigned, as there are no credentials. */
		assert_null(loopback_header(rig.server, i, "Authorization"));
		assert_null(loopback_header(rig.server, i, "X-Amz-Date"));
	}
	/* Heartbeats share a connection; each response has a new one. */
	assert_int_equal(loopback_connection(rig.server, 1), 0);
	assert_int_equal(loopback_connection(rig.server, 2), 1);
	assert_int_equal(loopback_connection(rig.server, 3), 2);
	assert_int_equal(loopback_connection(rig.server, 4), 3);
	rig_stop(&rig);
}

/* Those that have no function of their own. */
static const struct {
	enum swf_operation operation;
	const char *name;
	bool object; /* answered with one */
	bool fresh;
} sends[] = {
	{ SWF_REGISTER_DOMAIN, "RegisterDomain", false, false },
	{ SWF_REGISTER_ACTIVITY_TYPE, "RegisterActivityType", false, false },
	{ SWF_REGISTER_WORKFLOW_TYPE, "RegisterWorkflowType", false, false },
	{ SWF_START_EXECUTION, "StartWorkflowExecution", true, true },
	{ SWF_DESCRIBE_EXECUTION, "DescribeWorkflowExecution", true, false },
	{ SWF_LIST_OPEN_EXECUTIONS, "ListOpenWorkflowExecutions", true, false },
	{ SWF_LIST_CLOSED_EXECUTIONS, "ListClosedWorkflowExecutions", true,
	    false },
	{ SWF_REQUEST_CANCEL_EXECUTION, "RequestCancelWorkflowExecution", false,
	    false },
	{ SWF_TERMINATE_EXECUTION, "TerminateWorkflowExecution", false, false },
	{ SWF_GET_HISTORY, "GetWorkflowExecutionHistory", true, false },
	{ SWF_POLL_DECISION, "PollForDecisionTask", true, true },
	{ SWF_RESPOND_DECISION, "RespondDecisionTaskCompleted", false, true },
	{ SWF_POLL_ACTIVITY, "PollForActivityTask", true, true },
	{ SWF_COUNT_PENDING_ACTIVITIES, "CountPendingActivityTasks", true,
	    false },
};

static struct swf_answer
send_one(struct rig *rig, enum swf_operation operation, const char *text)
{
	struct buf request = BUF_INIT(1000);
	struct result result = { 0 };

	assert_int_equal(buf_string(&request, text), 0);
	assert_non_null(swf_send(rig->client, operation, &request, PLENTY,
	    on_done, &result, NULL));
	/* Its memory is the call's now. */
	assert_null(request.data);
	wait_for(rig, &result);
	return result.answer;
}

static void
test_send(void **state)
{
	static const struct loopback_step script[] = {
		{ LOOPBACK_SEND,
		    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}" },
		{ LOOPBACK_SEND, RESPOND_OK },
		{ LOOPBACK_SEND, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n"
				 "\r\nhello" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sends); i++) {
		enum swf_operation operation = sends[i].operation;
		struct swf_answer answer;
		struct rig rig;

		assert_string_equal(swf_operation_name(operation),
		    sends[i].name);
		rig_start(&rig, script, ARRAY_SIZE(script), NULL);
		answer = send_one(&rig, operation, "{\"a\":1}");
		assert_int_equal(answer.class, SWF_OK);
		assert_int_equal(answer.body_len, 2);
		assert_string_equal(strrchr(loopback_header(rig.server, 0,
						"X-Amz-Target"),
					'.') +
					1,
		    sends[i].name);
		assert_string_equal(loopback_body(rig.server, 0), "{\"a\":1}");
		answer = send_one(&rig, operation, "{}");
		assert_int_equal(answer.class,
		    sends[i].object ? SWF_AMBIGUOUS : SWF_OK);
		assert_int_equal(loopback_connection(rig.server, 1),
		    sends[i].fresh ? 1 : 0);
		answer = send_one(&rig, operation, "{}");
		assert_int_equal(answer.class, SWF_AMBIGUOUS);
		assert_null(answer.body);
		rig_stop(&rig);
	}
}

/* A request that did not fit is empty, and is not sent. */
static void
test_send_nothing(void **state)
{
	static const struct loopback_step script[] = {
		{ LOOPBACK_SEND, RESPOND_OK },
	};
	struct buf request = BUF_INIT(0);
	struct err err = { "" };
	struct rig rig;

	(void)state;
	rig_start(&rig, script, ARRAY_SIZE(script), NULL);
	assert_null(swf_send(rig.client, SWF_START_EXECUTION, &request, PLENTY,
	    NULL, NULL, &err));
	assert_non_null(strstr(err.text, "StartWorkflowExecution"));
	assert_non_null(strstr(err.text, "over 1048576 bytes"));
	rig_stop(&rig);
}

/* Signs anew what the server has received; the result must be the same. */
static void
assert_signed(struct rig *rig, size_t number)
{
	static const char *const names[] = { "Content-Type", "Host",
		"X-Amz-Target" };
	const struct sigv4_key key = { id, secret, token, "eu-west-1", "swf" };
	char lines[3][256];
	const char *headers[4] = { lines[0], lines[1], lines[2], NULL };
	const char *body = loopback_body(rig->server, number);
	const struct sigv4_request request = { .method = "POST",
		.path = "/",
		.headers = headers,
		.body = body,
		.body_len = strlen(body) };
	struct sigv4_signature signature;
	struct tm tm = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		(void)snprintf(lines[i], sizeof(lines[i]), "%s: %s", names[i],
		    loopback_header(rig->server, number, names[i]));
	assert_non_null(strptime(loopback_header(rig->server, number,
				     "X-Amz-Date"),
	    "%Y%m%dT%H%M%SZ", &tm));
	sigv4_sign(&signature, &request, &key, (int64_t)timegm(&tm) * 1000);
	assert_string_equal(strchr(signature.authorization, ' ') + 1,
	    loopback_header(rig->server, number, "Authorization"));
	assert_string_equal(strchr(signature.token, ' ') + 1,
	    loopback_header(rig->server, number, "X-Amz-Security-Token"));
	sigv4_signature_clear(&signature);
}

/* Seconds from the X-Amz-Date of a request to now. */
static int64_t
age_of(struct rig *rig, size_t number)
{
	struct tm tm = { 0 };

	assert_non_null(strptime(loopback_header(rig->server, number,
				     "X-Amz-Date"),
	    "%Y%m%dT%H%M%SZ", &tm));
	return clock_wall() / 1000 - (int64_t)timegm(&tm);
}

static void
test_signed(void **state)
{
	static const struct loopback_step script[] = {
		{ LOOPBACK_SEND, HEARTBEAT_OK },
		{ LOOPBACK_SEND, RESPOND_OK },
	};
	struct result result;
	struct rig rig;

	(void)state;
	rig_start(&rig, script, 2, &keys);
	heartbeat(&rig, PLENTY, &result);
	respond(&rig, &result);
	assert_signed(&rig, 0);
	assert_signed(&rig, 1);
	assert_in_range(age_of(&rig, 0), 0, 60);
	rig_stop(&rig);
}

static const struct {
	const char *name;
	int status;
	const char *headers;
	const char *body;
	enum swf_class heartbeat;
	enum swf_class respond;
	const char *code;
	const char *message;
} answers[] = {
	{ "object", 200, "", "{}", SWF_OK, SWF_OK, "", "" },
	{ "nothing", 200, "", "", SWF_AMBIGUOUS, SWF_OK, "", "" },
	{ "a login page", 200, "", "<html>Log in</html>", SWF_AMBIGUOUS,
	    SWF_AMBIGUOUS, "", "not SWF's" },
	{ "no body", 204, "", "", SWF_AMBIGUOUS, SWF_OK, "", "" },
	{ "gone", 400, "x-amzn-RequestId: r-1\r\n",
	    "{\"__type\":\"com.amazonaws.swf.base.model#UnknownResourceFault"
	    "\",\"message\":\"Unknown activity, scheduledEventId = 5\"}",
	    SWF_GONE, SWF_GONE, "UnknownResourceFault",
	    "Unknown activity, scheduledEventId = 5" },
	{ "invalid", 400, "",
	    "{\"__type\":\"x#ValidationException\",\"message\":\"no\"}",
	    SWF_INVALID, SWF_INVALID, "ValidationException", "no" },
	{ "denied", 400, "",
	    "{\"__type\":\"x#AccessDeniedException\",\"Message\":\"no\"}",
	    SWF_REFUSED, SWF_REFUSED, "AccessDeniedException",
	    "no: the IAM policy" },
	{ "expired", 400, "", "{\"__type\":\"x#ExpiredTokenException\"}",
	    SWF_REFUSED, SWF_REFUSED, "ExpiredTokenException",
	    "get new credentials" },
	{ "throttled", 400, "x-amz-retry-after: 900\r\n",
	    "{\"__type\":\"x#ThrottlingException\",\"message\":\"Rate "
	    "exceeded\"}",
	    SWF_THROTTLED, SWF_THROTTLED, "ThrottlingException",
	    "Rate exceeded" },
	{ "throttled by header", 400, "x-amzn-query-error: Throttling;S\r\n",
	    "", SWF_THROTTLED, SWF_THROTTLED, "Throttling", "" },
	{ "failing", 500, "", "{\"__type\":\"InternalFailure\"}", SWF_AMBIGUOUS,
	    SWF_AMBIGUOUS, "InternalFailure", "" },
	{ "a balancer", 502, "", "<html>Bad gateway</html>", SWF_AMBIGUOUS,
	    SWF_AMBIGUOUS, "", "HTTP status 502" },
	{ "a proxy", 403, "", "<html>Forbidden</html>", SWF_TRANSIENT,
	    SWF_TRANSIENT, "", "HTTP status 403" },
	{ "elsewhere", 302, "Location: http://127.0.0.1:1/\r\n", "",
	    SWF_TRANSIENT, SWF_TRANSIENT, "", "HTTP status 302" },
};

static void
check_answer(size_t i, enum swf_class class, const struct swf_answer *answer)
{
	if (answer->class != class)
		fail_msg("%s: class %d, not %d", answers[i].name,
		    (int)answer->class, (int)class);
	assert_int_equal(answer->status, answers[i].status);
	assert_string_equal(answer->code, answers[i].code);
	if (strstr(answer->message, answers[i].message) == NULL)
		fail_msg("%s: '%s'", answers[i].name, answer->message);
}

static void
test_answers(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(answers); i++) {
		char *text = mem_format("HTTP/1.1 %d X\r\n%s"
					"Content-Length: %zu\r\n\r\n%s",
		    answers[i].status, answers[i].headers,
		    strlen(answers[i].body), answers[i].body);
		const struct loopback_step script[] = { { LOOPBACK_SEND, text },
			{ LOOPBACK_SEND, text } };
		struct result result;
		struct rig rig;

		rig_start(&rig, script, 2, &keys);
		heartbeat(&rig, PLENTY, &result);
		check_answer(i, answers[i].heartbeat, &result.answer);
		respond(&rig, &result);
		check_answer(i, answers[i].respond, &result.answer);
		assert_false(result.answer.cancel_requested);
		rig_stop(&rig);
		free(text);
	}
}

static void
test_what_else_an_answer_has(void **state)
{
	static const struct loopback_step script[] = {
		{ LOOPBACK_SEND, "HTTP/1.1 200 OK\r\nContent-Length: 24\r\n"
				 "x-amzn-RequestId: 12-ab\r\n\r\n"
				 "{\"cancelRequested\":true}" },
		{ LOOPBACK_SEND, "HTTP/1.1 400 Bad\r\nContent-Length: 2\r\n"
				 "x-amz-retry-after: 900\r\n\r\n{}" },
	};
	struct result result;
	struct rig rig;

	(void)state;
	rig_start(&rig, script, 2, NULL);
	heartbeat(&rig, PLENTY, &result);
	assert_true(result.answer.cancel_requested);
	assert_string_equal(result.answer.request_id, "12-ab");
	assert_int_equal(result.answer.retry_after, -1);
	heartbeat(&rig, PLENTY, &result);
	assert_false(result.answer.cancel_requested);
	assert_int_equal(result.answer.retry_after, 900);
	rig_stop(&rig);
}

static void
test_no_answer(void **state)
{
	static const struct loopback_step script[] = {
		{ LOOPBACK_HANG, NULL },
		{ LOOPBACK_RESET, NULL },
	};
	struct result result;
	struct rig rig;

	(void)state;
	rig_start(&rig, script, 2, NULL);
	heartbeat(&rig, 100, &result);
	assert_int_equal(result.answer.class, SWF_AMBIGUOUS);
	assert_int_equal(result.answer.status, 0);
	assert_non_null(strstr(result.answer.message, "no answer within"));
	respond(&rig, &result);
	assert_int_equal(result.answer.class, SWF_AMBIGUOUS);
	assert_non_null(strstr(result.answer.message, "connection lost"));
	rig_stop(&rig);
}

static void
test_not_sent(void **state)
{
	const struct http_config http_config = { .user_agent = "x",
		.allow_plain = true };
	struct http *http = http_new(&http_config, NULL);
	struct endpoint endpoint = { .host = "127.0.0.1" };
	const struct swf_client_config config = { http, &endpoint, NULL };
	struct rig rig = { NULL, http, NULL, NULL };
	struct result result;

	(void)state;
	(void)snprintf(endpoint.url, sizeof(endpoint.url),
	    "http://127.0.0.1:%u/", loopback_free_port());
	rig.client = swf_client_new(&config);
	heartbeat(&rig, PLENTY, &result);
	assert_int_equal(result.answer.class, SWF_TRANSIENT);
	assert_non_null(strstr(result.answer.message, "refused"));
	swf_client_free(rig.client);
	http_free(http);
}

/* ---- the clock ----------------------------------------------------------- */

#define REFUSAL(headers)                                     \
	"HTTP/1.1 400 Bad\r\nContent-Length: 40\r\n" headers \
	"\r\n" BAD_SIGNATURE

static void
test_clock_is_corrected(void **state)
{
	static const struct loopback_step script[] = {
		{ LOOPBACK_SEND, REFUSAL(LONG_AGO) },
		{ LOOPBACK_SEND, HEARTBEAT_OK },
		{ LOOPBACK_SEND, RESPOND_OK },
	};
	struct result result;
	struct rig rig;

	(void)state;
	rig_start(&rig, script, 3, &keys);
	heartbeat(&rig, PLENTY, &result);
	assert_int_equal(result.answer.class, SWF_OK);
	assert_int_equal(loopback_count(rig.server), 2);
	assert_in_range(age_of(&rig, 0), 0, 60);
	assert_memory_equal(loopback_header(rig.server, 1, "X-Amz-Date"),
	    "20150830T1236", 13);
	assert_signed(&rig, 1);
	/* It stays so. */
	respond(&rig, &result);
	assert_memory_equal(loopback_header(rig.server, 2, "X-Amz-Date"),
	    "20150830T123", 12);
	rig_stop(&rig);
}

/* The first good answer tells that it is wrong, before anybody refuses. */
static void
test_clock_is_learnt(void **state)
{
	static const struct loopback_step script[] = {
		{ LOOPBACK_SEND,
		    "HTTP/1.1 200 OK\r\n" LONG_AGO
		    "Content-Length: 25\r\n\r\n{\"cancelRequested\":false}" },
		{ LOOPBACK_SEND, "HTTP/1.1 403 Forbidden\r\nDate: Mon, 31 Aug "
				 "2015 12:36:00 GMT\r\n"
				 "Content-Length: 2\r\n\r\nno" },
		{ LOOPBACK_SEND, RESPOND_OK },
	};
	struct result result;
	struct rig rig;

	(void)state;
	rig_start(&rig, script, 3, &keys);
	heartbeat(&rig, PLENTY, &result);
	assert_int_equal(result.answer.class, SWF_OK);
	assert_in_range(age_of(&rig, 0), 0, 60);
	heartbeat(&rig, PLENTY, &result);
	/* A proxy's clock is no better than ours. */
	assert_int_equal(result.answer.class, SWF_TRANSIENT);
	respond(&rig, &result);
	assert_memory_equal(loopback_header(rig.server, 1, "X-Amz-Date"),
	    "20150830T123", 12);
	assert_memory_equal(loopback_header(rig.server, 2, "X-Amz-Date"),
	    "20150830T123", 12);
	rig_stop(&rig);
}

static void
test_clock_is_corrected_once(void **state)
{
	static const struct loopback_step script[] = {
		{ LOOPBACK_SEND, REFUSAL(LONG_AGO) },
		{ LOOPBACK_SEND,
		    REFUSAL("Date: Mon, 31 Aug 2015 12:36:00 GMT\r\n") },
	};
	struct result result;
	struct rig rig;

	(void)state;
	rig_start(&rig, script, 2, &keys);
	heartbeat(&rig, PLENTY, &result);
	assert_int_equal(result.answer.class, SWF_REFUSED);
	assert_int_equal(loopback_count(rig.server), 2);
	rig_stop(&rig);
}

enum { DATE_TEXT = 64 };

/* That of a clock that goes right, less "seconds". */
static void
write_date(char date[DATE_TEXT], int64_t seconds)
{
	time_t at = (time_t)(clock_wall() / 1000 - seconds);
	struct tm tm;

	(void)gmtime_r(&at, &tm);
	(void)strftime(date, DATE_TEXT, "%a, %d %b %Y %H:%M:%S GMT", &tm);
}

static char *
refusal_at(int64_t seconds, const char *code)
{
	char date[DATE_TEXT];

	write_date(date, seconds);
	return mem_format("HTTP/1.1 400 Bad\r\nContent-Length: %zu\r\n"
			  "Date: %s\r\n\r\n{\"__type\":\"x#%s\"}",
	    strlen(code) + 15, date, code);
}

static const struct {
	int64_t seconds;
	const char *code;
	size_t requests;
} clocks[] = {
	{ 0, "InvalidSignatureException", 1 },
	{ 230, "InvalidSignatureException", 1 },
	{ 250, "InvalidSignatureException", 2 },
	{ -250, "InvalidSignatureException", 2 },
	{ 250, "SignatureDoesNotMatch", 2 },
	{ 250, "AccessDeniedException", 2 },
	{ 0, "AccessDeniedException", 1 },
	{ 250, "UnrecognizedClientException", 1 },
	{ 250, "UnknownResourceFault", 1 },
};

static void
test_when_the_clock_is_corrected(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(clocks); i++) {
		char *text = refusal_at(clocks[i].seconds, clocks[i].code);
		const struct loopback_step script[] = { { LOOPBACK_SEND, text },
			{ LOOPBACK_SEND, HEARTBEAT_OK } };
		struct result result;
		struct rig rig;

		rig_start(&rig, script, 2, &keys);
		heartbeat(&rig, PLENTY, &result);
		if (loopback_count(rig.server) != clocks[i].requests)
			fail_msg("%s, %lld s: %zu requests", clocks[i].code,
			    (long long)clocks[i].seconds,
			    loopback_count(rig.server));
		rig_stop(&rig);
		free(text);
	}
}

/* A heartbeat's answer with the Date of an hour ago. */
static char *
old_answer(const char *headers)
{
	char date[DATE_TEXT];

	write_date(date, HOUR);
	return mem_format("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n"
			  "Date: %s\r\n%s\r\n{}",
	    date, headers);
}

/* How long it was under way: by this host's clock, until SWF's is known. */
static void
test_age(void **state)
{
	char *cached = old_answer("Age: 3600\r\n");
	char *old = old_answer("");
	const struct loopback_step script[] = { { LOOPBACK_SEND, cached },
		{ LOOPBACK_SEND, HEARTBEAT_OK }, { LOOPBACK_SEND, old },
		{ LOOPBACK_SLOW, old } };
	struct result result;
	struct rig rig;

	(void)state;
	rig_start(&rig, script, 4, NULL);
	/* One of a cache, and one without a Date, say nothing. */
	for (int i = 0; i < 2; i++) {
		heartbeat(&rig, PLENTY, &result);
		assert_int_equal(result.answer.date, -1);
		assert_int_equal(result.answer.age, 0);
		assert_int_equal(result.answer.age_most, 0);
	}
	heartbeat(&rig, PLENTY, &result);
	assert_in_range(result.answer.age, (HOUR - 5) * 1000,
	    (HOUR + 600) * 1000);
	/* It was not answered before it was asked. */
	assert_in_range(result.answer.age_most, 0, PLENTY);
	heartbeat(&rig, 2 * PLENTY, &result);
	assert_in_range(result.answer.age, 0, 2 * PLENTY);
	assert_in_range(result.answer.age_most, 500, 2 * PLENTY);
	rig_stop(&rig);
	free(cached);
	free(old);
}

static void
test_when_the_clock_is_not(void **state)
{
	static const struct loopback_step cached = { LOOPBACK_SEND,
		REFUSAL(LONG_AGO "Age: 60\r\n") };
	static const struct loopback_step dateless = { LOOPBACK_SEND,
		REFUSAL("") };
	static const struct loopback_step dated = { LOOPBACK_SEND,
		REFUSAL(LONG_AGO) };
	struct result result;
	struct rig rig;

	(void)state;
	rig_start(&rig, &cached, 1, &keys);
	heartbeat(&rig, PLENTY, &result);
	assert_int_equal(loopback_count(rig.server), 1);
	rig_stop(&rig);
	rig_start(&rig, &dateless, 1, &keys);
	heartbeat(&rig, PLENTY, &result);
	assert_int_equal(loopback_count(rig.server), 1);
	rig_stop(&rig);
	/* Without a signature there is nothing to correct. */
	rig_start(&rig, &dated, 1, NULL);
	heartbeat(&rig, PLENTY, &result);
	assert_int_equal(loopback_count(rig.server), 1);
	assert_int_equal(result.answer.class, SWF_REFUSED);
	rig_stop(&rig);
}

/* ---- credentials that come and go ------------------------------------------
 */

#define STALE   "{\"__type\":\"x#ExpiredTokenException\"}"
#define EXPIRED "HTTP/1.1 400 Bad\r\nContent-Length: 36\r\n\r\n" STALE

static const struct source_traits moody_traits = { .name = "fake",
	.tries = 1,
	.pause = 10 };

/* A client whose credentials a fake source gives. */
struct moody {
	struct rig rig;
	struct source *source;
	struct aws_world world;
	int64_t wake_at;
};

static void
on_wake(void *arg, int64_t at)
{
	((struct moody *)arg)->wake_at = at;
}

static void
moody_start(struct moody *moody, const struct loopback_step *script,
    size_t count)
{
	moody->wake_at = INSTANT_NEVER;
	moody->source = fake_source_new(&moody_traits);
	rig_start_with(&moody->rig, script, count, keeper_new(moody->source));
	keeper_start(moody->rig.keeper, &moody->world, on_wake, moody);
}

/* Turns the wheel for a while, or until "count" of the results are there. */
static void
turn(struct moody *moody, const struct result *results, int count, int ms)
{
	int64_t end = clock_boot() + ms;

	while (clock_boot() < end) {
		int there = 0;

		for (int i = 0; i < count; i++)
			there += results[i].calls;
		if (count > 0 && there == count)
			return;
		http_wait(moody->rig.http, -1, 5);
		http_perform(moody->rig.http);
		if (moody->wake_at <= clock_boot())
			keeper_tick(moody->rig.keeper);
	}
}

/* Until the server has got so many requests. */
static void
turn_to(struct moody *moody, size_t requests)
{
	int64_t end = clock_boot() + 2 * PLENTY;

	while (loopback_count(moody->rig.server) < requests &&
	       clock_boot() < end)
		turn(moody, NULL, 0, 5);
	turn(moody, NULL, 0, 50);
	assert_int_equal(loopback_count(moody->rig.server), requests);
}

static struct swf_call *
start_heartbeat(struct moody *moody, int64_t timeout, struct result *result)
{
	struct swf_call *call;

	*result = (struct result){ 0 };
	call = swf_heartbeat(moody->rig.client, "T", NULL, timeout, on_done,
	    result, NULL);
	assert_non_null(call);
	return call;
}

static void
assert_signed_by(struct moody *moody, size_t number, const char *key)
{
	const char *got =
	    loopback_header(moody->rig.server, number, "Authorization");

	assert_non_null(got);
	if (strstr(got, key) == NULL)
		fail_msg("request %zu: %s is not of %s", number, got, key);
}

/* A call that starts before the credentials are there. */
static void
test_waits_for_the_first(void **state)
{
	static const struct loopback_step script[] = {
		{ LOOPBACK_SEND, HEARTBEAT_OK },
	};
	struct result result[2];
	struct swf_call *call;
	struct moody moody;
	struct err err;

	(void)state;
	moody_start(&moody, script, 1);
	call = start_heartbeat(&moody, PLENTY, &result[0]);
	assert_false(swf_is_sent(call));
	assert_true(swf_is_unsent(call));
	swf_waiting(call, &err);
	assert_non_null(strstr(err.text, "credentials of fake"));
	/* One that is too hasty, and one that is forgotten. */
	(void)start_heartbeat(&moody, 20, &result[1]);
	swf_cancel(call);
	(void)start_heartbeat(&moody, PLENTY, &result[0]);
	turn(&moody, &result[1], 1, PLENTY);
	assert_int_equal(result[1].answer.class, SWF_TRANSIENT);
	assert_int_equal(result[1].answer.status, 0);
	assert_int_equal(result[1].answer.date, -1);
	assert_non_null(strstr(result[1].answer.message,
	    "credentials of fake"));
	assert_int_equal(loopback_count(moody.rig.server), 0);
	fake_source_give(moody.source, "AKIDEXAMPLE", INSTANT_NEVER);
	turn(&moody, &result[0], 1, PLENTY);
	assert_int_equal(result[0].answer.class, SWF_OK);
	assert_int_equal(result[0].calls, 1);
	assert_signed(&moody.rig, 0);
	rig_stop(&moody.rig);
}

static void
test_denied(void **state)
{
	struct result result[2];
	struct moody moody;

	(void)state;
	moody_start(&moody, NULL, 0);
	(void)start_heartbeat(&moody, PLENTY, &result[0]);
	fake_source_fail(moody.source, SOURCE_DENIED, "go away");
	(void)start_heartbeat(&moody, PLENTY, &result[1]);
	assert_int_equal(result[1].calls, 0);
	turn(&moody, result, 2, PLENTY);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(result[i].answer.class, SWF_REFUSED);
		assert_string_equal(result[i].answer.message, "go away");
		assert_string_equal(result[i].answer.code, "");
	}
	rig_stop(&moody.rig);
}

/* Several at once are refused: one asking, one more attempt for each. */
static void
test_renewed(void **state)
{
	static const struct loopback_step script[] = {
		{ LOOPBACK_SEND, EXPIRED },
		{ LOOPBACK_SEND, EXPIRED },
		{ LOOPBACK_SEND, EXPIRED },
		{ LOOPBACK_SEND, HEARTBEAT_OK },
		{ LOOPBACK_SEND, HEARTBEAT_OK },
		{ LOOPBACK_SEND, EXPIRED },
	};
	struct result result[3];
	struct moody moody;
	int ok = 0;

	(void)state;
	moody_start(&moody, script, ARRAY_SIZE(script));
	fake_source_give(moody.source, "AKIDOLD", INSTANT_NEVER);
	for (int i = 0; i < 3; i++)
		(void)start_heartbeat(&moody, PLENTY, &result[i]);
	turn_to(&moody, 3);
	assert_int_equal(fake_source_asked(moody.source), 2);
	fake_source_give(moody.source, "AKIDNEW", INSTANT_NEVER);
	turn(&moody, result, 3, PLENTY);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(result[i].calls, 1);
		if (result[i].answer.class == SWF_OK)
			ok++;
		else
			/* Refused with both: that is for good. */
			assert_int_equal(result[i].answer.class, SWF_REFUSED);
		assert_signed_by(&moody, (size_t)i, "AKIDOLD");
		assert_signed_by(&moody, (size_t)i + 3, "AKIDNEW");
	}
	assert_int_equal(ok, 2);
	rig_stop(&moody.rig);
}

/* The source gives nothing new in time. */
static void
test_not_renewed(void **state)
{
	static const struct loopback_step script[] = {
		{ LOOPBACK_SEND, EXPIRED },
	};
	struct result result;
	struct moody moody;

	(void)state;
	moody_start(&moody, script, 1);
	fake_source_give(moody.source, "AKIDOLD", INSTANT_NEVER);
	(void)start_heartbeat(&moody, 1000, &result);
	turn_to(&moody, 1);
	fake_source_fail(moody.source, SOURCE_FAILED, "closed on Sundays");
	turn(&moody, &result, 1, PLENTY);
	assert_int_equal(result.answer.class, SWF_TRANSIENT);
	assert_string_equal(result.answer.code, "ExpiredTokenException");
	assert_non_null(strstr(result.answer.message, "closed on Sundays"));
	rig_stop(&moody.rig);
}

/* What SWF has taken the keys for is no refusal: the next one is the first. */
static void
test_taken_keys_are_renewed_at_once(void **state)
{
	static const char *const codes[] = { NULL, "UnknownResourceFault",
		"ValidationException" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(codes); i++) {
		char *text = codes[i] == NULL ? mem_string(HEARTBEAT_OK)
					      : refusal_at(0, codes[i]);
		const struct loopback_step script[] = {
			{ LOOPBACK_SEND, EXPIRED }, { LOOPBACK_SEND, text }
		};
		int64_t end = clock_boot() + 2 * PLENTY;
		struct result result;
		struct moody moody;

		moody_start(&moody, script, 2);
		fake_source_give(moody.source, "AKIDOLD", INSTANT_NEVER);
		(void)start_heartbeat(&moody, 2 * PLENTY, &result);
		while (fake_source_asked(moody.source) < 2 &&
		       clock_boot() < end)
			turn(&moody, NULL, 0, 5);
		assert_int_equal(fake_source_asked(moody.source), 2);
		fake_source_give(moody.source, "AKIDNEW", INSTANT_NEVER);
		turn(&moody, &result, 1, 2 * PLENTY);
		assert_int_equal(result.calls, 1);
		assert_true(keeper_refused(moody.rig.keeper,
		    keeper_generation(moody.rig.keeper)));
		assert_true(moody.wake_at <= clock_boot());
		rig_stop(&moody.rig);
		free(text);
	}
}

/* Which refusals are of the keys. */
static void
test_what_is_renewed(void **state)
{
	static const struct {
		const char *code;
		bool renewed;
	} codes[] = {
		{ "ExpiredToken", true },
		{ "ExpiredTokenException", true },
		{ "RequestExpired", true },
		{ "UnrecognizedClientException", true },
		{ "InvalidClientTokenId", true },
		{ "AccessDeniedException", false },
		{ "InvalidSignatureException", false },
		{ "UnknownResourceFault", false },
		{ "ThrottlingException", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(codes); i++) {
		char *text = refusal_at(0, codes[i].code);
		const struct loopback_step script[] = { { LOOPBACK_SEND, text },
			{ LOOPBACK_SEND, HEARTBEAT_OK } };
		struct result result;
		struct moody moody;

		moody_start(&moody, script, 2);
		fake_source_give(moody.source, "AKIDOLD", INSTANT_NEVER);
		(void)start_heartbeat(&moody, PLENTY, &result);
		turn_to(&moody, 1);
		assert_int_equal(fake_source_is_asked(moody.source),
		    codes[i].renewed);
		if (codes[i].renewed)
			fake_source_give(moody.source, "AKIDNEW",
			    INSTANT_NEVER);
		turn(&moody, &result, 1, PLENTY);
		if ((result.answer.class == SWF_OK) != codes[i].renewed)
			fail_msg("%s: class %d", codes[i].code,
			    (int)result.answer.class);
		rig_stop(&moody.rig);
		free(text);
	}
}

/* What a poll waits here is no part of the minute that the service holds it. */
static void
test_poll_has_its_time(void **state)
{
	static const struct loopback_step script[] = {
		{ LOOPBACK_HANG, NULL },
		{ LOOPBACK_HANG, NULL },
	};
	struct buf request = BUF_INIT(100);
	struct result result[2] = { { 0 }, { 0 } };
	struct moody moody;
	int64_t begun;

	(void)state;
	moody_start(&moody, script, 2);
	assert_int_equal(buf_string(&request, "{}"), 0);
	assert_non_null(swf_send(moody.rig.client, SWF_POLL_ACTIVITY, &request,
	    1000, on_done, &result[0], NULL));
	(void)start_heartbeat(&moody, 1000, &result[1]);
	turn(&moody, NULL, 0, 600);
	begun = clock_boot();
	fake_source_give(moody.source, "AKID", INSTANT_NEVER);
	turn(&moody, &result[1], 1, PLENTY);
	assert_int_equal(result[0].calls, 0);
	turn(&moody, &result[0], 1, PLENTY);
	assert_true(clock_boot() - begun >= 990);
	assert_int_equal(result[0].answer.class, SWF_AMBIGUOUS);
	rig_stop(&moody.rig);
}

/* ---- life cycle ---------------------------------------------------------- */

static void
test_cancel(void **state)
{
	struct result result = { 0 };
	struct swf_call *call;
	struct rig rig;

	(void)state;
	rig_start(&rig, NULL, 0, &keys);
	call = swf_heartbeat(rig.client, "T", NULL, PLENTY, on_done, &result,
	    NULL);
	http_perform(rig.http);
	swf_cancel(call);
	http_perform(rig.http);
	assert_int_equal(result.calls, 0);
	/* The client forgets what is left of it. */
	assert_non_null(swf_heartbeat(rig.client, "T", NULL, PLENTY, on_done,
	    &result, NULL));
	http_perform(rig.http);
	swf_client_free(rig.client);
	rig.client = NULL;
	http_perform(rig.http);
	assert_int_equal(result.calls, 0);
	rig_stop(&rig);
}

static void
test_too_long(void **state)
{
	size_t size = 2 * 1024 * 1024;
	char *details = mem_new(size, 1);
	struct result result = { 0 };
	struct err err = { "" };
	struct rig rig;

	(void)state;
	memset(details, 'x', size - 1);
	rig_start(&rig, NULL, 0, NULL);
	assert_null(swf_completed(rig.client, "T", details, PLENTY, on_done,
	    &result, &err));
	assert_non_null(strstr(err.text, "1048576"));
	rig_stop(&rig);
	free(details);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_operations),
		cmocka_unit_test(test_send),
		cmocka_unit_test(test_send_nothing),
		cmocka_unit_test(test_signed),
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_what_else_an_answer_has),
		cmocka_unit_test(test_no_answer),
		cmocka_unit_test(test_not_sent),
		cmocka_unit_test(test_clock_is_corrected),
		cmocka_unit_test(test_clock_is_learnt),
		cmocka_unit_test(test_clock_is_corrected_once),
		cmocka_unit_test(test_when_the_clock_is_corrected),
		cmocka_unit_test(test_age),
		cmocka_unit_test(test_when_the_clock_is_not),
		cmocka_unit_test(test_waits_for_the_first),
		cmocka_unit_test(test_denied),
		cmocka_unit_test(test_renewed),
		cmocka_unit_test(test_not_renewed),
		cmocka_unit_test(test_taken_keys_are_renewed_at_once),
		cmocka_unit_test(test_what_is_renewed),
		cmocka_unit_test(test_poll_has_its_time),
		cmocka_unit_test(test_cancel),
		cmocka_unit_test(test_too_long),
	};

	(void)signal(SIGPIPE, SIG_IGN);
	log_set_level(LOG_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
