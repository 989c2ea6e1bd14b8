/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "swf-local/local.h"

#include <stdlib.h>
#include <string.h>

#include "base/instant.h"
#include "base/log.h"
#include "swf-local/access.h"
#include "swf-local/emit.h"
#include "swf-local/operations.h"
#include "swf-local/page.h"
#include "swf-local/persist.h"
#include "swf-local/request.h"
#include "swf-local/view.h"

#define PREFIX "/_local/"

static void
refuse(struct answer *out, int status, const char *message)
{
	buf_reset(&out->body);
	out->status = status;
	emit_object(&out->body, NULL);
	emit_string(&out->body, "message", message);
	emit_object_end(&out->body);
}

static const char *
argument(const struct local_request *request, const char *name)
{
	return MHD_lookup_connection_value(request->connection,
	    MHD_GET_ARGUMENT_KIND, name);
}

/* ---- faults -------------------------------------------------------------- */

/* Adds one rule, or each of a list; all or none. */
static int
add_rules(struct rules *rules, const cJSON *json, struct err *err)
{
	const cJSON *one;
	size_t before = rules->count;

	if (!cJSON_IsArray(json))
		return rules_add_json(rules, json, err);
	cJSON_ArrayForEach (one, json) {
		if (rules_add_json(rules, one, err) == -1) {
			rules_cut(rules, before);
			return -1;
		}
	}
	return 0;
}

static void
post_faults(struct server *server, struct local_request *request,
    struct answer *out)
{
	struct err err = { "the body is not JSON" };
	cJSON *json = request_read(request->body);

	if (json == NULL || add_rules(&server->rules, json, &err) == -1)
		refuse(out, 400, err.text);
	else
		rules_write(&server->rules, &out->body);
	server->service.shown.changes++;
	cJSON_Delete(json);
}

static void
get_faults(struct server *server, struct local_request *request,
    struct answer *out)
{
	(void)request;
	rules_write(&server->rules, &out->body);
}

static void
delete_faults(struct server *server, struct local_request *request,
    struct answer *out)
{
	rules_clear(&server->rules);
	server->service.shown.changes++;
	get_faults(server, request, out);
}

/* ---- calls --------------------------------------------------------------- */

static void
get_calls(struct server *server, struct local_request *request,
    struct answer *out)
{
	const char *since = argument(request, "since");

	calls_write(&server->calls, argument(request, "operation"),
	    since == NULL ? 0 : strtoull(since, NULL, 10), &out->body);
}

static void
delete_calls(struct server *server, struct local_request *request,
    struct answer *out)
{
	(void)request;
	calls_clear(&server->calls);
	calls_write(&server->calls, NULL, 0, &out->body);
}

/* ---- what the page shows ------------------------------------------------- */

static void
get_page(const struct page_file *file, struct local_request *request,
    struct answer *out)
{
	request->type = file->type;
	(void)buf_append(&out->body, file->data, *file->len);
}

static void
get_executions(struct server *server, struct local_request *request,
    struct answer *out)
{
	const struct view_query query = {
		.filter = argument(request, "filter"),
		.run_id = argument(request, "runId"),
	};

	view_write(&server->service, &server->rules, &query, &out->body);
}

static void
get_stream(struct server *server, struct local_request *request,
    struct answer *out)
{
	request->stream = stream_new(&server->streams, request->exchange,
	    argument(request, "filter"), argument(request, "runId"));
	if (request->stream == NULL)
		refuse(out, 503, "as many pages as may be are open already");
}

/* An event's id, or one after the last; -1 if none is given, or no number. */
static int64_t
event_id(const struct local_request *request, const char *name)
{
	const char *text = argument(request, name);

	if (text == NULL || text[0] < '0' || text[0] > '9')
		return -1;
	return instant_min(strtoll(text, NULL, 10), EVENTS_MAX + 1);
}

static void
get_history(struct server *server, struct local_request *request,
    struct answer *out)
{
	const char *run_id = argument(request, "runId");

	if (run_id == NULL ||
	    view_history(&server->service, run_id, event_id(request, "after"),
		event_id(request, "before"), &out->body) == -1)
		refuse(out, 404, "want the runId of an execution");
}

static void
get_names(struct server *server, struct local_request *request,
    struct answer *out)
{
	(void)server;
	(void)request;
	view_names(&out->body);
}

/* ---- what its buttons do ------------------------------------------------- */

/* As the operation would; no fault is injected, no signature wanted. */
static void
operate(struct server *server, const char *operation,
    const struct local_request *request, struct answer *out)
{
	cJSON *in = request_read(request->body);
	struct call call;

	server_settle(server);
	call_init(&call, &server->service, operation_find(operation), in);
	(void)call_do(&call);
	/* Nothing is told that a restart would not know any more. */
	if (persist_behind(&server->service))
		answer_fault(&call.out, FAULT_INTERNAL, " ");
	log_info("page: %s %s workflow=\"%s\"", operation,
	    call.out.name == NULL ? "ok" : call.out.name,
	    call.workflow_id == NULL ? "" : call.workflow_id);
	out->status = call.out.status;
	if (call.out.body.len > 0)
		(void)buf_append(&out->body, call.out.body.data,
		    call.out.body.len);
	call_clear(&call);
	cJSON_Delete(in);
}

static void
post_cancel(struct server *server, struct local_request *request,
    struct answer *out)
{
	operate(server, "RequestCancelWorkflowExecution", request, out);
}

static void
post_terminate(struct server *server, struct local_request *request,
    struct answer *out)
{
	operate(server, "TerminateWorkflowExecution", request, out);
}

/* ---- which is which ------------------------------------------------------ */

struct route {
	const char *path;
	const char *method;
	void (*handler)(struct server *server, struct local_request *request,
	    struct answer *out);
};

static const struct route routes[] = {
	{ PREFIX "executions", "GET", get_executions },
	{ PREFIX "stream", "GET", get_stream },
	{ PREFIX "history", "GET", get_history },
	{ PREFIX "names", "GET", get_names },
	{ PREFIX "cancel", "POST", post_cancel },
	{ PREFIX "terminate", "POST", post_terminate },
	{ PREFIX "faults", "GET", get_faults },
	{ PREFIX "faults", "POST", post_faults },
	{ PREFIX "faults", "DELETE", delete_faults },
	{ PREFIX "calls", "GET", get_calls },
	{ PREFIX "calls", "DELETE", delete_calls },
};

int
local_is(const char *url, const char *method)
{
	if (strcmp(url, "/") == 0)
		return strcmp(method, "GET") == 0 ||
		       strcmp(method, "HEAD") == 0;
	return strncmp(url, PREFIX, sizeof(PREFIX) - 1) == 0;
}

static void
refuse_route(struct answer *out, int known)
{
	if (known)
		refuse(out, 405, "another method is wanted, see swf-local(1)");
	else
		refuse(out, 404, "there is no such thing, see swf-local(1)");
}

static int
may(const struct local_request *request, struct answer *out)
{
	struct refusal refusal =
	    strcmp(request->url, "/") == 0
		? access_page(request->connection)
		: access_local(request->connection, request->method);

	if (refusal.message != NULL)
		refuse(out, refusal.status, refusal.message);
	return refusal.message == NULL;
}

void
local_answer(struct server *server, struct local_request *request,
    struct answer *out)
{
	const struct page_file *file = page_find(request->url);
	const char *method = request->method;
	int known = file != NULL;

	if (!may(request, out))
		return;
	/* A stream has no end that HEAD could tell the length of. */
	if (strcmp(method, "HEAD") == 0 &&
	    strcmp(request->url, PREFIX "stream") != 0)
		method = "GET";
	if (file != NULL && strcmp(method, "GET") == 0) {
		get_page(file, request, out);
		return;
	}
	for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
		if (strcmp(routes[i].path, request->url) != 0)
			continue;
		known = 1;
		if (strcmp(routes[i].method, method) == 0) {
			routes[i].handler(server, request, out);
			return;
		}
	}
	refuse_route(out, known);
}
