/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "swf-local/visibility.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "swf-local/domains.h"
#include "swf-local/emit.h"
#include "swf-local/executions.h"
#include "swf-local/paging.h"
#include "swf-local/validate.h"

/* ---- views --------------------------------------------------------------- */

struct view {
	struct order open; /* by start */
	struct order closed_by_start;
	struct order closed_by_close;
};

/* What a view is of: by the first part of its key in domain->views. */
#define OF_ALL     "all"
#define OF_ID      "id"
#define OF_TYPE    "type" /* any version */
#define OF_VERSION "version"
#define OF_TAG     "tag"
#define OF_STATUS  "status"

enum { VIEWS_MAX = 10 }; /* all, id, type, version, status and five tags */

/* The views that an execution is in. */
struct views {
	struct view *list[VIEWS_MAX];
	size_t count;
};

static void
free_view(void *view, void *arg)
{
	(void)arg;
	free(view);
}

void
visibility_free(struct domain *domain)
{
	table_each(&domain->views, free_view, NULL);
	table_clear(&domain->views);
}

/* Adds the view of that key, which is made if it is missing. */
static void
add_view(struct views *views, struct domain *domain, const char *kind,
    const char *name, const char *version)
{
	struct table_key key;
	struct view *view;

	table_key(&key, kind, name, version);
	view = table_get(&domain->views, &key);
	if (view == NULL) {
		view = mem_new(1, sizeof(*view));
		table_add(&domain->views, &key, view);
	}
	table_key_free(&key);
	/* A tag may be there twice. */
	for (size_t i = 0; i < views->count; i++)
		if (views->list[i] == view)
			return;
	views->list[views->count++] = view;
}

/* Always in the same order; what depends on its close comes last. */
static void
find_views(struct views *views, const struct execution *execution)
{
	struct domain *domain = execution->domain;
	const struct type *type = execution->type;
	cJSON *tags =
	    execution->tags == NULL ? NULL : cJSON_Parse(execution->tags);
	const cJSON *tag;

	views->count = 0;
	add_view(views, domain, OF_ALL, NULL, NULL);
	add_view(views, domain, OF_ID, execution->workflow_id, NULL);
	add_view(views, domain, OF_TYPE, type->name, NULL);
	add_view(views, domain, OF_VERSION, type->name, type->version);
	cJSON_ArrayForEach (tag, tags)
		add_view(views, domain, OF_TAG, tag->valuestring, NULL);
	cJSON_Delete(tags);
	if (execution->close != CLOSE_NONE)
		add_view(views, domain, OF_STATUS,
		    close_status_name(execution->close), NULL);
}

void
visibility_opened(struct execution *execution)
{
	struct views views;

	find_views(&views, execution);
	execution->nodes = mem_new(views.count, sizeof(struct order_node));
	for (size_t i = 0; i < views.count; i++)
		order_add(&views.list[i]->open, &execution->nodes[i],
		    execution->started, execution->number);
}

static void
add_closed(struct execution *execution, const struct views *views)
{
	struct order_node *nodes =
	    mem_new(2 * views->count, sizeof(struct order_node));

	execution->nodes = nodes;
	for (size_t i = 0; i < views->count; i++) {
		order_add(&views->list[i]->closed_by_start, &nodes[2 * i],
		    execution->started, execution->number);
		order_add(&views->list[i]->closed_by_close, &nodes[2 * i + 1],
		    execution->closed, execution->number);
	}
}

void
visibility_closed(struct execution *execution)
{
	struct views views;

	find_views(&views, execution);
	/* The status is new; in the others it was, as open. */
	for (size_t i = 0; i + 1 < views.count; i++)
		order_remove(&views.list[i]->open, &execution->nodes[i]);
	free(execution->nodes);
	add_closed(execution, &views);
}

void
visibility_restored(struct execution *execution)
{
	struct views views;

	find_views(&views, execution);
	add_closed(execution, &views);
}

/* ---- what is asked ------------------------------------------------------- */

/* Which executions a request asks for. */
struct question {
	const struct order *order; /* NULL: there are none */
	int64_t from, to;          /* wall ms, both included */
};

/* Returns 0, or -1 with the fault set: at most one filter may be given. */
static int
check_filters(struct call *call, int open)
{
	static const char *const filters[] = { "executionFilter", "typeFilter",
		"tagFilter", "closeStatusFilter" };
	/* Of open executions nobody asks how they were closed. */
	size_t count = sizeof(filters) / sizeof(filters[0]) - (open ? 1 : 0);
	struct buf given = BUF_INIT(256);
	int result = 0;
	int found = 0;

	for (size_t i = 0; i < count; i++)
		if (member_get(call->in, filters[i]) != NULL)
			(void)buf_format(&given, "%s%s",
			    found++ == 0 ? "" : ", ", filters[i]);
	if (found > 1) {
		answer_fault(&call->out, FAULT_VALIDATION,
		    "Cannot specify more than one exclusive filters in the "
		    "same query: [%s]",
		    given.data);
		result = -1;
	}
	buf_clear(&given);
	return result;
}

/* The view that the filter, if any, asks for; NULL if nothing was in it. */
static const struct view *
view_of(const struct table *views, const cJSON *in, int open)
{
	const cJSON *id = member_get(in, "executionFilter");
	const cJSON *type = member_get(in, "typeFilter");
	const cJSON *tag = member_get(in, "tagFilter");
	const cJSON *status = member_get(in, "closeStatusFilter");
	const char *version = member_string(type, "version");

	if (id != NULL)
		return table_get_string(views, OF_ID,
		    member_string(id, "workflowId"), NULL);
	if (type != NULL && version != NULL && version[0] != '\0')
		return table_get_string(views, OF_VERSION,
		    member_string(type, "name"), version);
	if (type != NULL)
		return table_get_string(views, OF_TYPE,
		    member_string(type, "name"), NULL);
	if (tag != NULL)
		return table_get_string(views, OF_TAG,
		    member_string(tag, "tag"), NULL);
	if (status != NULL && !open)
		return table_get_string(views, OF_STATUS,
		    member_string(status, "status"), NULL);
	return table_get_string(views, OF_ALL, NULL, NULL);
}

/* Returns 0, or -1 with the fault set. */
static int
read_times(struct question *question, const cJSON *filter, struct answer *out)
{
	question->from = member_time(filter, "oldestDate", INT64_MIN);
	question->to = member_time(filter, "latestDate", INT64_MAX);
	if (question->from <= question->to)
		return 0;
	answer_fault(out, FAULT_VALIDATION,
	    "latestDate is earlier than oldestDate");
	return -1;
}

/* By which time, and so in which order.  Returns 0, or -1 with the fault. */
static int
read_order(struct question *question, const struct view *view,
    struct call *call, int open)
{
	const cJSON *start = member_get(call->in, "startTimeFilter");
	const cJSON *close =
	    open ? NULL : member_get(call->in, "closeTimeFilter");

	if (start != NULL && close != NULL) {
		answer_fault(&call->out, FAULT_VALIDATION,
		    "Cannot specify both a startTimeFilter and a "
		    "closeTimeFilter");
		return -1;
	}
	if (start == NULL && close == NULL) {
		answer_fault(&call->out, FAULT_VALIDATION,
		    "Must specify time filter");
		return -1;
	}
	if (view == NULL)
		question->order = NULL;
	else if (open)
		question->order = &view->open;
	else
		question->order = close == NULL ? &view->closed_by_start
						: &view->closed_by_close;
	return read_times(question, close == NULL ? start : close, &call->out);
}

/* Returns 0, or -1 with the fault set. */
static int
ask(struct question *question, struct call *call, int open)
{
	const struct domain *domain = domain_of(call->service, call);

	if (domain == NULL || check_filters(call, open) == -1)
		return -1;
	return read_order(question, view_of(&domain->views, call->in, open),
	    call, open);
}

/* ---- operations ---------------------------------------------------------- */

/* A page being written. */
struct listing {
	const struct question *question;
	struct call *call;
	int back;
	long left;
	int more; /* there is a next page, and it begins at: */
	struct order_place next;
};

static int
show(struct order_node *node, void *arg)
{
	struct listing *listing = arg;
	const struct question *question = listing->question;
	struct call *call = listing->call;

	if (listing->back ? node->at < question->from : node->at > question->to)
		return 1;
	if (listing->left-- == 0) {
		listing->more = 1;
		listing->next = (struct order_place){ node->at, node->number };
		return 1;
	}
	execution_write_info(table_get_number(&call->service->executions,
				 node->number),
	    NULL, &call->out.body);
	return 0;
}

/* The newest first, unless the reverse was asked. */
static void
write_list(struct call *call, const struct question *question)
{
	struct buf *out = &call->out.body;
	struct listing listing = {
		.question = question,
		.call = call,
		.back = !member_true(call->in, "reverseOrder"),
		.left = paging_size(call),
	};
	struct order_place place = { question->from, 0 };
	struct token token;
	int resumed = paging_resume(call, &token);

	if (resumed == -1)
		return;
	if (listing.back)
		place = (struct order_place){ question->to, UINT64_MAX };
	if (resumed == 1)
		place = (struct order_place){ token.next, token.execution };
	emit_object(out, NULL);
	emit_list(out, "executionInfos");
	if (question->order != NULL)
		order_walk(question->order, place, listing.back, show,
		    &listing);
	emit_list_end(out);
	if (listing.more)
		paging_next(call, &(struct token){ .next = listing.next.at,
				      .execution = listing.next.number });
	emit_object_end(out);
}

static void
list(struct call *call, int open)
{
	struct question question;

	if (ask(&question, call, open) == 0)
		write_list(call, &question);
}

static void
count(struct call *call, int open)
{
	struct buf *out = &call->out.body;
	struct question question;
	size_t found = 0;

	if (ask(&question, call, open) == -1)
		return;
	if (question.order != NULL)
		found = order_count(question.order, question.from, question.to);
	emit_object(out, NULL);
	emit_integer(out, "count", (int64_t)found);
	emit_boolean(out, "truncated", 0);
	emit_object_end(out);
}

void
visibility_list_open(struct service *service, struct call *call)
{
	(void)service;
	list(call, 1);
}

void
visibility_list_closed(struct service *service, struct call *call)
{
	(void)service;
	list(call, 0);
}

void
visibility_count_open(struct service *service, struct call *call)
{
	(void)service;
	count(call, 1);
}

void
visibility_count_closed(struct service *service, struct call *call)
{
	(void)service;
	count(call, 0);
}
