/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "swf-local/local.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "swf-local/emit.h"
#include "swf-local/validate.h"
#include "text/utf8.h"

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
header(const struct local_request *request, const char *name)
{
	return MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND,
	    name);
}

static int
from_loopback(const struct local_request *request)
{
	const union MHD_ConnectionInfo *info =
	    MHD_get_connection_info(request->connection,
		MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	struct sockaddr_in6 six;
	struct sockaddr_in four;

	if (info->client_addr->sa_family == AF_INET) {
		memcpy(&four, info->client_addr, sizeof(four));
		return ntohl(four.sin_addr.s_addr) >> 24 == 127;
	}
	if (info->client_addr->sa_family != AF_INET6)
		return 0;
	memcpy(&six, info->client_addr, sizeof(six));
	if (IN6_IS_ADDR_V4MAPPED(&six.sin6_addr))
		return six.sin6_addr.s6_addr[12] == 127;
	return IN6_IS_ADDR_LOOPBACK(&six.sin6_addr);
}

/*
 * A name that resolves to the loopback network by an attacker's hand is not
 * one of these.
 */
static int
host_is_loopback(const char *host)
{
	size_t len;

	if (host == NULL)
		return 1;
	if (strncmp(host, "[::1]", 5) == 0)
		return host[5] == '\0' || host[5] == ':';
	len = strcspn(host, ":");
	if (len == 9 && strncasecmp(host, "localhost", len) == 0)
		return 1;
	return strncmp(host, "127.", 4) == 0 &&
	       strspn(host, "0123456789.") == len;
}

static int
may(const struct local_request *request, struct answer *out)
{
	const char *type = header(request, "Content-Type");

	if (!from_loopback(request))
		refuse(out, 403, "only for the loopback network");
	else if (header(request, "Origin") != NULL ||
		 !host_is_loopback(header(request, "Host")))
		refuse(out, 403, "not for web pages");
	else if (strcmp(request->method, "POST") == 0 &&
		 (type == NULL ||
		     strncasecmp(type, "application/json", 16) != 0))
		refuse(out, 415, "Content-Type has to be application/json");
	else
		return 1;
	return 0;
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
post_faults(struct server *server, const struct local_request *request,
    struct answer *out)
{
	const struct buf *body = request->body;
	struct err err = { "the body is not JSON" };
	cJSON *json = NULL;

	if (body->len > 0 && utf8_valid(body->data, body->len))
		json = cJSON_ParseWithLengthOpts(body->data, body->len + 1,
		    NULL, 1);
	if (json == NULL || add_rules(&server->rules, json, &err) == -1)
		refuse(out, 400, err.text);
	else
		rules_write(&server->rules, &out->body);
	cJSON_Delete(json);
}

static void
faults(struct server *server, const struct local_request *request,
    struct answer *out)
{
	if (strcmp(request->method, "POST") == 0) {
		post_faults(server, request, out);
	} else if (strcmp(request->method, "DELETE") == 0) {
		rules_clear(&server->rules);
		rules_write(&server->rules, &out->body);
	} else if (strcmp(request->method, "GET") == 0) {
		rules_write(&server->rules, &out->body);
	} else {
		refuse(out, 405, "GET, POST or DELETE");
	}
}

/* ---- calls --------------------------------------------------------------- */

static void
recent(struct server *server, const struct local_request *request,
    struct answer *out)
{
	const char *operation = MHD_lookup_connection_value(request->connection,
	    MHD_GET_ARGUMENT_KIND, "operation");
	const char *since = MHD_lookup_connection_value(request->connection,
	    MHD_GET_ARGUMENT_KIND, "since");

	if (strcmp(request->method, "GET") == 0) {
		calls_write(&server->calls, operation,
		    since == NULL ? 0 : strtoull(since, NULL, 10), &out->body);
	} else if (strcmp(request->method, "DELETE") == 0) {
		calls_clear(&server->calls);
		calls_write(&server->calls, NULL, 0, &out->body);
	} else {
		refuse(out, 405, "GET or DELETE");
	}
}

void
local_answer(struct server *server, const struct local_request *request,
    struct answer *out)
{
	if (!may(request, out))
		return;
	if (strcmp(request->url, "/_local/faults") == 0)
		faults(server, request, out);
	else if (strcmp(request->url, "/_local/calls") == 0)
		recent(server, request, out);
	else
		refuse(out, 404, "want /_local/faults or /_local/calls");
}
