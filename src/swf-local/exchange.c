/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "swf-local/exchange.h"

#include <poll.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>

#include "aws/wire.h"
#include "base/clock.h"
#include "base/instant.h"
#include "base/mem.h"
#include "swf-local/access.h"
#include "swf-local/inject.h"
#include "swf-local/lists.h"
#include "swf-local/local.h"
#include "swf-local/operations.h"
#include "swf-local/page.h"
#include "swf-local/persist.h"
#include "swf-local/request.h"
#include "swf-local/signature.h"
#include "swf-local/verify.h"

enum { BODY_MAX = 1 << 20, HEADERS_MAX = 100 };
enum { STREAM_SOCKET = 64 << 10 }; /* bytes that wait for a slow reader */

#define ANSWER_TYPE "application/json"

enum state {
	READING,   /* the body is coming */
	PLANNING,  /* it is here; faults are looked up */
	DOING,     /* the operation is next */
	HELD,      /* a poll that waits */
	DONE,      /* the answer is there, and may have to be late */
	ANSWERING, /* the answer is to be sent */
	GONE       /* there is nobody to answer */
};

struct exchange {
	struct server *server;
	struct MHD_Connection *connection;
	int fd;
	enum state state;
	int suspended;
	int local;             /* for the page or /_local */
	const char *type;      /* of the answer to that */
	struct stream *stream; /* not NULL: the answer is one */
	char *url;
	char *method;
	const char *name; /* of the operation, for logs and rules */
	struct buf body;
	char body_hash[SHA256_HEX]; /* set if signatures are verified */
	int too_large;
	cJSON *in;
	struct call call;
	struct plan plan;
	struct deadline delay;
	int64_t arrived; /* microseconds */
	int kept;        /* was noted in server->calls */
	TAILQ_ENTRY(exchange) in_server;
};

static const char *
header(const struct exchange *x, const char *name)
{
	return MHD_lookup_connection_value(x->connection, MHD_HEADER_KIND,
	    name);
}

/* ---- suspending ---------------------------------------------------------- */

static void
suspend(struct exchange *x)
{
	struct epoll_event event = { .events = EPOLLRDHUP | EPOLLET,
		.data.ptr = x };

	MHD_suspend_connection(x->connection);
	x->suspended = 1;
	/* If it cannot be watched, a hang-up is only noticed later. */
	(void)epoll_ctl(x->server->epoll, EPOLL_CTL_ADD, x->fd, &event);
}

static void
resume(struct exchange *x)
{
	x->suspended = 0;
	x->server->rerun = 1;
	(void)epoll_ctl(x->server->epoll, EPOLL_CTL_DEL, x->fd, NULL);
	MHD_resume_connection(x->connection);
}

static void
delay_ended(void *arg, int64_t at)
{
	(void)at;
	resume(arg);
}

static void
suspend_for(struct exchange *x, int64_t ms)
{
	timers_set(&x->server->service.timers, &x->delay,
	    instant_add(x->server->service.instant, ms));
	suspend(x);
}

/*
 * Whether the client still waits.  Not by reading: what it sent behind its
 * request may stand before the end.
 */
static int
still_there(const struct exchange *x)
{
	struct pollfd end = { .fd = x->fd, .events = POLLRDHUP };

	return poll(&end, 1, 0) <= 0;
}

static struct exchange *
of_call(struct call *call)
{
	return (struct exchange *)((char *)call -
				   offsetof(struct exchange, call));
}

static int
call_alive(struct call *call)
{
	return still_there(of_call(call));
}

static void
call_answered(struct call *call, int dropped)
{
	struct exchange *x = of_call(call);

	x->state = dropped ? GONE : DONE;
	/* Answered at once: whoever made the call sees that it is done. */
	if (x->suspended)
		resume(x);
}

const struct service_host exchange_host = {
	.alive = call_alive,
	.answered = call_answered,
};

static void
suspend_stream(void *x)
{
	suspend(x);
}

static void
resume_stream(void *x)
{
	resume(x);
}

const struct stream_host exchange_stream_host = {
	.suspend = suspend_stream,
	.resume = resume_stream,
};

static void
abandon(struct exchange *x)
{
	x->state = GONE;
	if (x->stream != NULL)
		stream_end(x->stream);
	resume(x);
}

void
exchange_hung_up(struct exchange *x)
{
	if (!x->suspended || still_there(x))
		return;
	if (x->call.list != NULL)
		list_remove_poll(&x->server->service, &x->call);
	timers_set(&x->server->service.timers, &x->delay, INSTANT_NEVER);
	abandon(x);
}

void
exchange_abandon_all(struct server *server)
{
	struct exchange *x;

	TAILQ_FOREACH (x, &server->exchanges, in_server) {
		if (x->suspended)
			abandon(x);
	}
}

/* ---- answering ----------------------------------------------------------- */

static void
keep(struct exchange *x, const char *outcome)
{
	const struct kept kept = {
		.outcome = (char *)(uintptr_t)outcome,
		.arrived = x->arrived,
		.answered = clock_boot_us(),
		.wall = x->arrived + x->server->service.wall_offset * 1000,
	};

	if (!x->local && !x->kept)
		calls_add(&x->server->calls, &kept, &x->call,
		    x->name == NULL ? "unknown" : x->name);
	x->kept = 1;
}

/* Cuts the connection so that the client sees a reset, not an end. */
static enum MHD_Result
cut_off(struct exchange *x, const char *outcome)
{
	const struct sockaddr nobody = { .sa_family = AF_UNSPEC };

	keep(x, outcome);
	(void)connect(x->fd, &nobody, sizeof(nobody));
	return MHD_NO;
}

static void
add_headers(struct exchange *x, struct MHD_Response *response, const char *type)
{
	char id[UUID_TEXT];
	char date[64];
	time_t at;
	struct tm tm = { 0 };

	random_uuid(&x->server->random, id);
	(void)MHD_add_response_header(response, "x-amzn-RequestId", id);
	(void)MHD_add_response_header(response, "Content-Type", type);
	if (x->local)
		page_add_headers(response);
	if (!x->plan.has_date)
		return;
	at = (time_t)((clock_wall() + x->plan.date_offset) / 1000);
	(void)gmtime_r(&at, &tm);
	if (strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S GMT", &tm) > 0)
		(void)MHD_add_response_header(response, "Date", date);
}

/* Sends the response, which may be NULL, and lets go of it. */
static enum MHD_Result
send_response(struct exchange *x, struct MHD_Response *response,
    const char *type)
{
	enum MHD_Result result;

	if (response == NULL)
		return MHD_NO;
	add_headers(x, response, type);
	result = MHD_queue_response(x->connection, (unsigned)x->call.out.status,
	    response);
	MHD_destroy_response(response);
	return result;
}

static enum MHD_Result
send_body(struct exchange *x, const char *type)
{
	struct buf *body = &x->call.out.body;
	struct MHD_Response *response =
	    MHD_create_response_from_buffer(body->len, body->data,
		body->data == NULL ? MHD_RESPMEM_PERSISTENT
				   : MHD_RESPMEM_MUST_FREE);

	/* The response owns the memory now. */
	if (response != NULL)
		buf_init(body, body->max);
	return send_response(x, response, type);
}

static enum MHD_Result
send_stream(struct exchange *x)
{
	int size = STREAM_SOCKET;

	(void)setsockopt(x->fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	return send_response(x, stream_response(x->stream),
	    "text/event-stream");
}

static enum MHD_Result
answer(struct exchange *x)
{
	struct answer *out = &x->call.out;

	/* Nothing is told that a restart would not know any more. */
	if (!x->local && persist_behind(&x->server->service))
		answer_fault(out, FAULT_INTERNAL, " ");
	if (x->plan.kind == INJECT_RESET_AFTER)
		return cut_off(x, "reset-after");
	if (x->plan.kind != INJECT_BODY)
		keep(x, out->name == NULL ? "ok" : out->name);
	return send_body(x, x->plan.kind == INJECT_BODY && x->plan.bytes == 0
				? "text/html"
				: x->type);
}

/* ---- the operation ------------------------------------------------------- */

/* Returns 0, or -1 with the fault set: this is no request to us. */
static int
check_request(struct exchange *x)
{
	struct answer *out = &x->call.out;

	if (strcmp(x->method, "POST") != 0 || strcmp(x->url, "/") != 0) {
		answer_fault(out, FAULT_UNKNOWN_OPERATION,
		    "%s %s: the service answers POST /", x->method, x->url);
		return -1;
	}
	if (access_is_foreign(x->connection)) {
		answer_named_fault(out, 403, "AccessDeniedException",
		    "The service is not for pages of other sites");
		return -1;
	}
	if (x->too_large) {
		answer_fault(out, FAULT_TOO_LARGE,
		    "Request size exceeds %d bytes", BODY_MAX);
		return -1;
	}
	if (!request_type_is_json(header(x, "Content-Type"))) {
		answer_fault(out, FAULT_UNKNOWN_OPERATION,
		    "Content-Type has to be %s", SWF_CONTENT_TYPE);
		return -1;
	}
	return 0;
}

struct collected {
	struct header headers[HEADERS_MAX];
	size_t count;
};

static enum MHD_Result
collect(void *arg, enum MHD_ValueKind kind, const char *name, const char *value)
{
	struct collected *to = arg;

	(void)kind;
	if (to->count == HEADERS_MAX)
		return MHD_NO;
	to->headers[to->count++] =
	    (struct header){ name, value == NULL ? "" : value };
	return MHD_YES;
}

static int
verify_signature(struct exchange *x)
{
	struct collected collected = { .count = 0 };
	struct signed_request request = {
		.method = x->method,
		.headers = collected.headers,
		.body_hash = x->body_hash,
	};

	(void)MHD_get_connection_values(x->connection, MHD_HEADER_KIND, collect,
	    &collected);
	request.header_count = collected.count;
	return verify(&x->server->keys, &request,
	    clock_wall() + x->plan.date_offset, &x->call.out);
}

/* The signature, or at least that there might be one. */
static int
check_signature(struct exchange *x)
{
	if (x->server->keys.count > 0)
		return verify_signature(x);
	if (signature_check_form(header(x, "Authorization"), &x->call.out) ==
	    -1)
		return -1;
	if (!x->plan.has_date || header(x, "Authorization") == NULL)
		return 0;
	return signature_check_time(header(x, "X-Amz-Date"),
	    clock_wall() + x->plan.date_offset, &x->call.out);
}

static void
do_operation(struct exchange *x)
{
	x->state = DONE;
	if (check_request(x) == -1 || check_signature(x) == -1)
		return;
	x->call.operation =
	    request_operation(header(x, "X-Amz-Target"), &x->call.out);
	if (x->call.operation == NULL)
		return;
	server_settle(x->server);
	if (!call_do(&x->call)) {
		x->state = HELD;
		suspend(x);
	}
}

static void
do_local(struct exchange *x)
{
	struct local_request request = {
		.connection = x->connection,
		.url = x->url,
		.method = x->method,
		.body = &x->body,
		.exchange = x,
		.type = ANSWER_TYPE,
	};

	local_answer(x->server, &request, &x->call.out);
	x->type = request.type;
	x->stream = request.stream;
	x->state = ANSWERING;
}

/* ---- injected faults ----------------------------------------------------- */

/* What was ordered for this call; decides what comes next. */
static enum MHD_Result
make_plan(struct exchange *x)
{
	const struct operation *operation;
	struct answer ignored;

	answer_init(&ignored);
	operation = request_operation(header(x, "X-Amz-Target"), &ignored);
	answer_clear(&ignored);
	x->name = operation == NULL ? NULL : operation->name;
	x->in = request_read(&x->body);
	x->call.in = x->in;
	if (x->server->keys.count > 0)
		sha256_hex(x->body.data, x->body.len, x->body_hash);
	buf_clear(&x->body);
	if (rules_plan(&x->server->rules, x->name == NULL ? "" : x->name,
		&x->server->random, &x->plan) > 0)
		x->server->service.shown.changes++;
	if (x->plan.kind == INJECT_RESET_BEFORE)
		return cut_off(x, "reset-before");
	server_settle(x->server);
	x->state = DOING;
	if (x->plan.kind == INJECT_BLACK_HOLE) {
		keep(x, "black-hole");
		x->state = GONE;
		suspend(x);
	} else if (plan_answer(&x->plan, &x->call.out)) {
		if (x->plan.kind == INJECT_BODY)
			keep(x, "body");
		x->state = DONE;
	} else if (x->plan.delay_before > 0) {
		suspend_for(x, x->plan.delay_before);
	}
	return MHD_YES;
}

/* Goes from state to state until there is an answer or a reason to wait. */
static enum MHD_Result
advance(struct exchange *x)
{
	if (x->state == PLANNING && make_plan(x) == MHD_NO)
		return MHD_NO;
	if (x->suspended)
		return MHD_YES;
	if (x->state == DOING)
		do_operation(x);
	if (x->suspended)
		return MHD_YES;
	if (x->state == DONE) {
		x->state = ANSWERING;
		if (x->plan.delay > 0) {
			suspend_for(x, x->plan.delay);
			return MHD_YES;
		}
	}
	if (x->stream != NULL)
		return send_stream(x);
	if (x->state == ANSWERING)
		return answer(x);
	keep(x, "hung-up");
	return MHD_NO;
}

/* ---- what the daemon calls ----------------------------------------------- */

static struct exchange *
exchange_new(struct server *server, struct MHD_Connection *connection,
    const char *url, const char *method)
{
	const union MHD_ConnectionInfo *info =
	    MHD_get_connection_info(connection,
		MHD_CONNECTION_INFO_CONNECTION_FD);
	struct exchange *x = mem_new(1, sizeof(*x));

	x->server = server;
	x->connection = connection;
	x->fd = info->connect_fd;
	x->url = mem_string(url);
	x->method = mem_string(method);
	x->local = local_is(url, method);
	x->type = ANSWER_TYPE;
	x->arrived = clock_boot_us();
	buf_init(&x->body, BODY_MAX);
	call_init(&x->call, &server->service, NULL, NULL);
	deadline_init(&x->delay, delay_ended, x);
	TAILQ_INSERT_TAIL(&server->exchanges, x, in_server);
	return x;
}

enum MHD_Result
exchange_access(void *server, struct MHD_Connection *connection,
    const char *url, const char *method, const char *version, const char *data,
    size_t *len, void **exchange)
{
	struct exchange *x = *exchange;

	(void)version;
	if (x == NULL) {
		*exchange = exchange_new(server, connection, url, method);
		return MHD_YES;
	}
	if (*len > 0) {
		/* What is too large is read on and dropped. */
		if (!x->too_large && buf_append(&x->body, data, *len) == -1) {
			x->too_large = 1;
			buf_clear(&x->body);
		}
		*len = 0;
		return MHD_YES;
	}
	if (x->state == READING) {
		x->state = PLANNING;
		(void)MHD_set_connection_option(connection,
		    MHD_CONNECTION_OPTION_TIMEOUT, (unsigned)SERVER_IDLE);
		if (x->local)
			do_local(x);
	}
	return advance(x);
}

void
exchange_completed(void *server, struct MHD_Connection *connection,
    void **exchange, enum MHD_RequestTerminationCode why)
{
	struct exchange *x = *exchange;

	(void)server;
	(void)connection;
	(void)why;
	if (x == NULL)
		return;
	timers_set(&x->server->service.timers, &x->delay, INSTANT_NEVER);
	TAILQ_REMOVE(&x->server->exchanges, x, in_server);
	stream_free(x->stream);
	call_clear(&x->call);
	plan_clear(&x->plan);
	cJSON_Delete(x->in);
	buf_clear(&x->body);
	free(x->url);
	free(x->method);
	free(x);
	*exchange = NULL;
}
