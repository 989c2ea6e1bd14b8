/* SPDX-License-Identifier: MIT */
/*
 * swf-local under requests that nobody sane would send.
 *
 * An input is a script, a request a line: how many tenths of a second went
 * by, as a letter from a to z; the operation, as a letter from A on; the
 * body.  In a body $A, $D, $P and $R stand for the last activity token,
 * decision token, page token and run id, so that the fuzzer gets past the
 * checks of tokens.  Every answer has to be JSON or nothing.
 */
#include "config.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "swf-local/operations.h"
#include "swf-local/request.h"
#include "swf-local/state.h"

enum { BODY_MAX = 1 << 20, KEPT = 4, TENTH = 100 };

static struct service service;
static char *kept[KEPT];

static const struct {
	char mark;
	const char *member;
} marks[KEPT] = { { 'D', "taskToken" }, { 'A', "taskToken" },
	{ 'P', "nextPageToken" }, { 'R', "runId" } };

static int
alive(struct call *call)
{
	(void)call;
	return 1;
}

static void
answered(struct call *call, int dropped)
{
	(void)call;
	(void)dropped;
}

static const struct service_host host = { alive, answered };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Keeps what later requests may refer to; checks that it is JSON. */
static void
learn(const struct call *call)
{
	const struct buf *body = &call->out.body;
	cJSON *json;

	if (body->len == 0)
		return;
	json = cJSON_ParseWithLengthOpts(body->data, body->len + 1, NULL, 1);
	if (json == NULL)
		abort();
	for (size_t i = 0; i < KEPT; i++) {
		const char *text = member_string(json, marks[i].member);
		int decision =
		    strstr(call->operation->name, "Decision") != NULL;

		if (text == NULL || (marks[i].mark == 'D' && !decision) ||
		    (marks[i].mark == 'A' && decision))
			continue;
		free(kept[i]);
		kept[i] = mem_string(text);
	}
	cJSON_Delete(json);
}

/* The body with the marks replaced. */
static void
expand(const char *line, size_t len, struct buf *body)
{
	for (size_t at = 0; at < len; at++) {
		size_t i = 0;

		while (line[at] == '$' && at + 1 < len && i < KEPT &&
		       marks[i].mark != line[at + 1])
			i++;
		if (line[at] == '$' && at + 1 < len && i < KEPT) {
			if (kept[i] != NULL)
				(void)buf_string(body, kept[i]);
			at++;
		} else {
			(void)buf_append(body, line + at, 1);
		}
	}
}

static void
request(const char *line, size_t len)
{
	const struct operation *operation;
	struct buf body = BUF_INIT(BODY_MAX);
	struct call call;
	cJSON *in;

	if (len < 2 || line[0] < 'a' || line[0] > 'z' || line[1] < 'A' ||
	    (size_t)(line[1] - 'A') >= operation_count)
		return;
	operation = &operations[line[1] - 'A'];
	expand(line + 2, len - 2, &body);
	in = request_read(&body);
	call_init(&call, &service, operation, in);
	service_settle(&service, service.instant + (line[0] - 'a') * TENTH);
	(void)call_do(&call);
	learn(&call);
	call_clear(&call);
	cJSON_Delete(in);
	buf_clear(&body);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *at = (const char *)data;
	const char *end = at + size;

	service_init(&service, &host, 1);
	service.hold = 1000;
	service.wall_offset = 1700000000000;
	while (at < end) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		const char *stop = newline == NULL ? end : newline;

		request(at, (size_t)(stop - at));
		at = newline == NULL ? end : newline + 1;
	}
	service_clear(&service);
	for (size_t i = 0; i < KEPT; i++) {
		free(kept[i]);
		kept[i] = NULL;
	}
	return 0;
}
