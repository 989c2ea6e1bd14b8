/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "swf-local/paging.h"

#include <stdlib.h>
#include <string.h>

#include "swf-local/emit.h"
#include "swf-local/operations.h"
#include "swf-local/validate.h"

enum { QUERY_MAX = 1 << 20 };

long
paging_size(const struct call *call)
{
	long size = member_integer(call->in, "maximumPageSize", 0);

	return size > 0 ? size : PAGE_MAX;
}

/* What may differ from page to page. */
static int
may_differ(const char *member)
{
	return strcmp(member, "nextPageToken") == 0 ||
	       strcmp(member, "maximumPageSize") == 0 ||
	       strcmp(member, "identity") == 0;
}

/* The request in one form, whatever the order of its members. */
static void
write_query(const struct shape *shape, const cJSON *in, struct buf *out)
{
	for (size_t i = 0; i < shape->count; i++) {
		const struct field *field = &shape->fields[i];
		const cJSON *value = member_get(in, field->name);
		char *text;

		if (value == NULL || cJSON_IsFalse(value) ||
		    may_differ(field->name))
			continue;
		if (field->kind == FIELD_STRUCT) {
			emit_object(out, field->name);
			write_query(field->shape, value, out);
			emit_object_end(out);
			continue;
		}
		text = cJSON_PrintUnformatted(value);
		emit_raw(out, field->name, text);
		free(text);
	}
}

static uint64_t
query_of(const struct call *call)
{
	struct buf query = BUF_INIT(QUERY_MAX);
	uint64_t hash;

	emit_object(&query, call->operation->name);
	write_query(call->operation->shape, call->in, &query);
	emit_object_end(&query);
	hash = siphash(&call->service->secret, query.data, query.len);
	buf_clear(&query);
	return hash;
}

int
paging_resume(struct call *call, struct token *token)
{
	const struct service *service = call->service;
	const char *text = member_string(call->in, "nextPageToken");

	if (text == NULL)
		return 0;
	if (token_read(&service->secret, text, TOKEN_PAGE, token) == -1 ||
	    token->query != query_of(call)) {
		answer_fault(&call->out, FAULT_VALIDATION, "Invalid token");
		return -1;
	}
	if (token->expires < service_wall(service)) {
		answer_fault(&call->out, FAULT_VALIDATION,
		    "Specified token has exceeded its maximum lifetime");
		return -1;
	}
	return 1;
}

void
paging_next(struct call *call, struct token *token)
{
	const struct service *service = call->service;
	char text[PAGE_TEXT];

	token->kind = TOKEN_PAGE;
	token->query = query_of(call);
	token->expires = service_wall(service) + PAGE_LIFE;
	token_write(&service->secret, token, text);
	emit_string(&call->out.body, "nextPageToken", text);
}
