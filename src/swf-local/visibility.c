/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "swf-local/visibility.h"

#include <stddef.h>
#include <string.h>

#include "swf-local/domains.h"
#include "swf-local/emit.h"
#include "swf-local/executions.h"
#include "swf-local/paging.h"
#include "swf-local/validate.h"

enum { TAG_TEXT_MAX = 2048 };

void
visibility_opened(struct execution *execution)
{
	order_add(&execution->domain->open, &execution->by_start,
	    execution->started, execution->number);
}

void
visibility_closed(struct execution *execution)
{
	struct domain *domain = execution->domain;

	order_remove(&domain->open, &execution->by_start);
	order_add(&domain->closed_by_start, &execution->by_start,
	    execution->started, execution->number);
	order_add(&domain->closed_by_close, &execution->by_close,
	    execution->closed, execution->number);
}

/* ---- what is asked ------------------------------------------------------- */

/* Which executions a request asks for. */
struct question {
	const struct domain *domain;
	const struct order *order;
	size_t node;      /* offset in struct execution of the order's node */
	int64_t from, to; /* wall ms, both included */
	int filtered;     /* by one of: */
	const char *workflow_id;
	const char *type_name;
	const char *type_version; /* or NULL, with a type_name: any */
	const char *status;
	struct buf tag; /* as in a JSON list; empty: none */
};

/* Returns 0, or -1 with the fault set: at most one filter may be given. */
static int
check_filters(struct question *question, struct call *call, int open)
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
	question->filtered = found == 1;
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

/* By which time, and in which order that is. */
static int
read_order(struct question *question, struct call *call, int open)
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
	question->node = close == NULL ? offsetof(struct execution, by_start)
				       : offsetof(struct execution, by_close);
	if (open)
		question->order = &question->domain->open;
	else if (close == NULL)
		question->order = &question->domain->closed_by_start;
	else
		question->order = &question->domain->closed_by_close;
	return read_times(question, close == NULL ? start : close, &call->out);
}

static void
read_filters(struct question *question, const cJSON *in, int open)
{
	const cJSON *type = member_get(in, "typeFilter");
	const char *tag = member_string(member_get(in, "tagFilter"), "tag");

	question->workflow_id =
	    member_string(member_get(in, "executionFilter"), "workflowId");
	question->type_name = member_string(type, "name");
	question->type_version = member_string(type, "version");
	if (question->type_version != NULL && question->type_version[0] == '\0')
		question->type_version = NULL;
	if (!open)
		question->status =
		    member_string(member_get(in, "closeStatusFilter"),
			"status");
	emit_string(&question->tag, NULL, tag);
}

/* Returns 0, or -1 with the fault set. */
static int
ask(struct question *question, struct call *call, int open)
{
	*question = (struct question){
		.domain = domain_of(call->service, call),
		.tag = BUF_INIT(TAG_TEXT_MAX),
	};
	if (question->domain == NULL ||
	    check_filters(question, call, open) == -1 ||
	    read_order(question, call, open) == -1)
		return -1;
	read_filters(question, call->in, open);
	return 0;
}

/* ---- looking ------------------------------------------------------------- */

/*
 * Whether a list of strings has the one that "wanted" quotes.  The list is
 * JSON without blanks, as we keep it, and both were quoted alike.
 */
static int
has_tag(const char *list, const struct buf *wanted)
{
	const char *at = list + 1;

	while (*at == '"') {
		const char *end = at + 1;

		while (*end != '"')
			end += *end == '\\' ? 2 : 1;
		end++;
		if ((size_t)(end - at) == wanted->len &&
		    memcmp(at, wanted->data, wanted->len) == 0)
			return 1;
		at = *end == ',' ? end + 1 : end;
	}
	return 0;
}

/* Whether the execution is of those asked for, whatever its times. */
static int
matches(const struct question *question, const struct execution *execution)
{
	const struct type *type = execution->type;

	if (question->workflow_id != NULL)
		return strcmp(execution->workflow_id, question->workflow_id) ==
		       0;
	if (question->type_name != NULL)
		return strcmp(type->name, question->type_name) == 0 &&
		       (question->type_version == NULL ||
			   strcmp(type->version, question->type_version) == 0);
	if (question->status != NULL)
		return strcmp(close_status_name(execution->close),
			   question->status) == 0;
	if (question->tag.len > 0)
		return execution->tags != NULL &&
		       has_tag(execution->tags, &question->tag);
	return 1;
}

/* One walk over what is asked for. */
struct look {
	const struct question *question;
	int back;
	size_t left;     /* how many matches are wanted */
	size_t looks;    /* how many executions were looked at */
	size_t found;    /* matches */
	struct buf *out; /* where they are listed, or NULL */
	int more;        /* it ended early, and would go on at: */
	struct order_place next;
};

static const struct execution *
execution_at(const struct question *question, const struct order_node *node)
{
	return (const struct execution *)((const char *)node - question->node);
}

static int
look_at(struct order_node *node, void *arg)
{
	struct look *look = arg;
	const struct question *question = look->question;
	const struct execution *execution = execution_at(question, node);

	if (look->back ? node->at < question->from : node->at > question->to)
		return 1;
	if (look->left == 0 ||
	    (question->filtered && look->looks == LOOKS_MAX)) {
		look->more = 1;
		look->next = (struct order_place){ node->at, node->number };
		return 1;
	}
	look->looks++;
	if (!matches(question, execution))
		return 0;
	look->left--;
	look->found++;
	if (look->out != NULL)
		execution_write_info(execution, NULL, look->out);
	return 0;
}

/*
 * Looks from "place" on.  Of one workflow id only one execution is open, and
 * that is found without looking for it.
 */
static void
look_from(const struct service *service, struct look *look,
    struct order_place place)
{
	const struct question *question = look->question;
	struct execution *only;

	if (question->workflow_id == NULL ||
	    question->order != &question->domain->open) {
		order_walk(question->order, place, look->back, look_at, look);
		return;
	}
	only = table_get_string(&service->open_runs, question->domain->name,
	    question->workflow_id, NULL);
	if (only != NULL && only->started >= question->from &&
	    only->started <= question->to)
		(void)look_at(&only->by_start, look);
}

/* The first place of all, or the last. */
static struct order_place
first_place(const struct question *question, int back)
{
	return back ? (struct order_place){ question->to, UINT64_MAX }
		    : (struct order_place){ question->from, 0 };
}

/* ---- operations ---------------------------------------------------------- */

/* The newest first, unless the reverse was asked. */
static void
write_list(struct call *call, const struct question *question)
{
	struct buf *out = &call->out.body;
	struct look look = {
		.question = question,
		.back = !member_true(call->in, "reverseOrder"),
		.left = (size_t)paging_size(call),
		.out = out,
	};
	struct order_place place = first_place(question, look.back);
	struct token token;
	int resumed = paging_resume(call, &token);

	if (resumed == -1)
		return;
	if (resumed == 1)
		place = (struct order_place){ token.next, token.execution };
	emit_object(out, NULL);
	emit_list(out, "executionInfos");
	look_from(call->service, &look, place);
	emit_list_end(out);
	if (look.more)
		paging_next(call, &(struct token){ .next = look.next.at,
				      .execution = look.next.number });
	emit_object_end(out);
}

static void
list(struct call *call, int open)
{
	struct question question;

	if (ask(&question, call, open) == 0)
		write_list(call, &question);
	buf_clear(&question.tag);
}

static void
write_count(struct call *call, const struct question *question)
{
	struct buf *out = &call->out.body;
	struct look look = {
		.question = question,
		.back = 1,
		.left = SIZE_MAX,
	};

	if (question->filtered)
		look_from(call->service, &look,
		    first_place(question, look.back));
	else
		look.found =
		    order_count(question->order, question->from, question->to);
	emit_object(out, NULL);
	emit_integer(out, "count", (int64_t)look.found);
	emit_boolean(out, "truncated", look.more);
	emit_object_end(out);
}

static void
count(struct call *call, int open)
{
	struct question question;

	if (ask(&question, call, open) == 0)
		write_count(call, &question);
	buf_clear(&question.tag);
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
