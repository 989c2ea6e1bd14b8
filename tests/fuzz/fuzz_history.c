/* SPDX-License-Identifier: MIT */
/*
 * The pages of an execution's history, a page a line, and those who read
 * them.  A decider that is asked after each event and one that is asked only
 * at the end decide the same; an order that was read is written and read
 * again as itself; looking back finds a task, or says what is the matter.
 */
#include "config.h"

#include "aws/swf_history.h"

#include "base/instant.h"
#include "fuzz.h"
#include "tend/decider.h"
#include "tend/lookback.h"
#include "text/json.h"

enum { ROOM = 1 << 24 };

static void
same(const char *text, const char *again)
{
	MUST((text == NULL) == (again == NULL));
	if (text != NULL)
		MUST(strcmp(text, again) == 0);
}

/* WorkflowExecutionStarted of the order, as SWF would keep it. */
static void
write_started(const struct order *order, struct buf *out)
{
	char terms[ORDER_TERMS_TEXT];
	struct swf_start start = { .domain = NULL };
	const char *separator = "[";

	order_terms(order, terms);
	MUST(strlen(terms) < ORDER_TERMS_TEXT - 1);
	order_tags(order, terms, &start);
	(void)buf_string(out, "{\"events\":[{\"eventId\":1,\"eventType\":\"W\","
			      "\"xEventAttributes\":{\"workflowType\":{"
			      "\"name\":\"" ORDER_WORKFLOW_NAME "\"},"
			      "\"tagList\":");
	for (int i = 0; i < 5 && start.tags[i] != NULL; i++) {
		(void)buf_string(out, separator);
		(void)json_string(out, start.tags[i], strlen(start.tags[i]));
		separator = ",";
	}
	(void)buf_string(out, "]");
	if (order->input != NULL) {
		(void)buf_string(out, ",\"input\":");
		(void)json_string(out, order->input, strlen(order->input));
	}
	(void)buf_string(out, "}}]}");
}

static void
compare_orders(const struct order *order, const struct order *again)
{
	same(order->name, again->name);
	same(order->version, again->version);
	same(order->task_list, again->task_list);
	same(order->input, again->input);
	MUST(order->retries == again->retries);
	for (int i = 0; i < ORDER_TIMEOUTS; i++)
		MUST(order->timeouts[i] == again->timeouts[i]);
}

/* What is not UTF-8 is written as U+FFFD: it is the same from then on. */
static void
check_order(const struct swf_event *event, int times)
{
	struct buf text = BUF_INIT(ROOM);
	struct swf_history history;
	struct order order, again;

	if (order_read(&order, event) == 0) {
		MUST(order.retries >= 0 && order.retries <= ORDER_RETRIES_MAX);
		write_started(&order, &text);
		MUST(swf_history_parse(&history, text.data, text.len, NULL) ==
		     0);
		MUST(order_read(&again, &history.events[0]) == 0);
		if (times > 0)
			check_order(&history.events[0], 0);
		else
			compare_orders(&order, &again);
		order_clear(&again);
		swf_history_clear(&history);
	}
	order_clear(&order);
	buf_clear(&text);
}

/* What is decided, as SWF is told; "nothing" is -1. */
static int
write_decision(struct decider *decider, struct buf *out)
{
	struct swf_decision decision;
	bool any = decider_decide(decider, &decision);

	swf_request_decide(out, "token", &decision, any ? 1 : 0);
	MUST(json_is_object(out->data, out->len));
	if (any && decision.kind == SWF_SCHEDULE_ACTIVITY)
		MUST(decision.type.name != NULL &&
		     decision.type.version != NULL &&
		     decision.activity_id != NULL);
	return any ? (int)decision.kind : -1;
}

static void
take_lines(struct decider *decider)
{
	enum log_level level;
	char *line;

	while ((line = decider_next_line(decider, &level)) != NULL) {
		MUST(*line != '\0');
		free(line);
	}
}

struct readers {
	struct decider *asked; /* after each event */
	struct decider *quiet;
	bool dead; /* the execution is none of ours */
	int retries;
	int attempts;
	bool cancel;
	struct lookback lookback;
	enum lookback_state state;
};

/* What has to be decided when this was the newest event. */
static void
check_decision(struct readers *readers, const char *type, int kind)
{
	readers->attempts += strcmp(type, "ActivityTaskScheduled") == 0;
	readers->cancel |=
	    strcmp(type, "WorkflowExecutionCancelRequested") == 0;
	MUST(kind != SWF_SCHEDULE_ACTIVITY || !readers->cancel);
	if (strcmp(type, "ActivityTaskCompleted") == 0)
		MUST(kind == SWF_COMPLETE_EXECUTION);
	else if (strcmp(type, "ActivityTaskCanceled") == 0)
		MUST(kind == SWF_CANCEL_EXECUTION);
	else if (strcmp(type, "ActivityTaskFailed") != 0 &&
		 strcmp(type, "ActivityTaskTimedOut") != 0)
		return;
	else if (readers->attempts > readers->retries)
		MUST(kind == SWF_FAIL_EXECUTION);
	else
		MUST(kind == (readers->cancel ? SWF_CANCEL_EXECUTION
					      : SWF_SCHEDULE_ACTIVITY));
}

/* The first event is the order. */
static void
take_order(struct readers *readers, const struct swf_event *event)
{
	struct order order;

	if (order_read(&order, event) == 0)
		readers->retries = order.retries;
	order_clear(&order);
}

static void
take(struct readers *readers, const struct swf_event *event)
{
	struct buf decision = BUF_INIT(ROOM);
	int64_t before = decider_last(readers->asked);
	int kind;

	if (before == 0)
		take_order(readers, event);
	if (!readers->dead && decider_take(readers->asked, event, NULL) == -1) {
		MUST(before == 0);
		MUST(decider_take(readers->quiet, event, NULL) == -1);
		readers->dead = true;
	}
	if (!readers->dead) {
		MUST(decider_take(readers->quiet, event, NULL) == 0);
		MUST(decider_last(readers->asked) ==
		     instant_max(before, event->id));
		kind = write_decision(readers->asked, &decision);
		if (event->id > before)
			check_decision(readers, event->type, kind);
		take_lines(readers->asked);
		MUST(decider_take(readers->asked, event, NULL) == 0);
		MUST(decider_waiting(readers->asked) >= 0);
	}
	buf_clear(&decision);
}

static void
look_back(struct readers *readers, const struct swf_history *page)
{
	const struct lookback *lookback = &readers->lookback;

	if (readers->state != LOOKBACK_MORE)
		return;
	readers->state = lookback_page(&readers->lookback, page);
	MUST(lookback->earlier_count <= LOOKBACK_EARLIER);
	MUST(lookback->started_at >= -1 && lookback->heartbeat >= -1);
	MUST(lookback->start_to_close >= -1);
	switch (readers->state) {
	case LOOKBACK_MORE:
		MUST(page->next_token != NULL);
		break;
	case LOOKBACK_FOUND:
		MUST(lookback->activity_id != NULL);
		break;
	case LOOKBACK_EARLY:
		MUST(lookback->started_at == -1);
		break;
	case LOOKBACK_MISSING:
		MUST(lookback->activity_id == NULL);
		break;
	}
}

static void
read_page(struct readers *readers, const char *text, size_t len)
{
	char *copy = fuzz_copy(text, len);
	struct err err = { "" };
	struct swf_history page;

	if (swf_history_parse(&page, copy, len, &err) == -1)
		MUST(err.text[0] != '\0' && strchr(err.text, '\n') == NULL);
	else
		look_back(readers, &page);
	for (size_t i = 0; err.text[0] == '\0' && i < page.count; i++) {
		MUST(page.events[i].id > 0 && page.events[i].time >= 0);
		check_order(&page.events[i], 1);
		take(readers, &page.events[i]);
	}
	swf_history_clear(&page);
	free(copy);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *at = (const char *)data + 1;
	const char *end = (const char *)data + size;
	struct buf one = BUF_INIT(ROOM), two = BUF_INIT(ROOM);
	struct readers readers = { .asked = decider_new(),
		.quiet = decider_new() };

	lookback_init(&readers.lookback, size == 0 ? 1 : data[0]);
	while (at < end) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		const char *stop = newline == NULL ? end : newline;

		read_page(&readers, at, (size_t)(stop - at));
		at = stop + 1;
	}
	if (decider_last(readers.asked) > 0) {
		MUST(write_decision(readers.asked, &one) ==
		     write_decision(readers.quiet, &two));
		MUST(strcmp(one.data, two.data) == 0);
		MUST(decider_end(readers.asked) == decider_end(readers.quiet));
		take_lines(readers.quiet);
	}
	lookback_clear(&readers.lookback);
	decider_free(readers.asked);
	decider_free(readers.quiet);
	buf_clear(&one);
	buf_clear(&two);
	return 0;
}
