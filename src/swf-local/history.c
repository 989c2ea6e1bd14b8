/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "swf-local/history.h"

#include <ctype.h>
#include <string.h>

#include "base/mem.h"
#include "swf-local/emit.h"
#include "swf-local/executions.h"
#include "swf-local/token.h"
#include "swf-local/validate.h"

enum { PAGE_TOKEN_LIFE = 60000, EVENTS_FIRST_ROOM = 8, KEY_MAX = 96 };

static const char *const event_names[EVENT_TYPES] = {
	[EVENT_EXECUTION_STARTED] = "WorkflowExecutionStarted",
	[EVENT_EXECUTION_CANCEL_REQUESTED] = "WorkflowExecutionCancelRequested",
	[EVENT_EXECUTION_COMPLETED] = "WorkflowExecutionCompleted",
	[EVENT_COMPLETE_EXECUTION_FAILED] = "CompleteWorkflowExecutionFailed",
	[EVENT_EXECUTION_FAILED] = "WorkflowExecutionFailed",
	[EVENT_FAIL_EXECUTION_FAILED] = "FailWorkflowExecutionFailed",
	[EVENT_EXECUTION_TIMED_OUT] = "WorkflowExecutionTimedOut",
	[EVENT_EXECUTION_CANCELED] = "WorkflowExecutionCanceled",
	[EVENT_CANCEL_EXECUTION_FAILED] = "CancelWorkflowExecutionFailed",
	[EVENT_CONTINUE_AS_NEW_FAILED] = "ContinueAsNewWorkflowExecutionFailed",
	[EVENT_EXECUTION_TERMINATED] = "WorkflowExecutionTerminated",
	[EVENT_DECISION_SCHEDULED] = "DecisionTaskScheduled",
	[EVENT_DECISION_STARTED] = "DecisionTaskStarted",
	[EVENT_DECISION_COMPLETED] = "DecisionTaskCompleted",
	[EVENT_DECISION_TIMED_OUT] = "DecisionTaskTimedOut",
	[EVENT_ACTIVITY_SCHEDULED] = "ActivityTaskScheduled",
	[EVENT_SCHEDULE_ACTIVITY_FAILED] = "ScheduleActivityTaskFailed",
	[EVENT_ACTIVITY_STARTED] = "ActivityTaskStarted",
	[EVENT_ACTIVITY_COMPLETED] = "ActivityTaskCompleted",
	[EVENT_ACTIVITY_FAILED] = "ActivityTaskFailed",
	[EVENT_ACTIVITY_TIMED_OUT] = "ActivityTaskTimedOut",
	[EVENT_ACTIVITY_CANCELED] = "ActivityTaskCanceled",
	[EVENT_ACTIVITY_CANCEL_REQUESTED] = "ActivityTaskCancelRequested",
	[EVENT_REQUEST_CANCEL_ACTIVITY_FAILED] =
	    "RequestCancelActivityTaskFailed",
	[EVENT_RECORD_MARKER_FAILED] = "RecordMarkerFailed",
	[EVENT_START_TIMER_FAILED] = "StartTimerFailed",
	[EVENT_CANCEL_TIMER_FAILED] = "CancelTimerFailed",
	[EVENT_START_CHILD_FAILED] = "StartChildWorkflowExecutionFailed",
	[EVENT_SIGNAL_EXTERNAL_FAILED] =
	    "SignalExternalWorkflowExecutionFailed",
	[EVENT_REQUEST_CANCEL_EXTERNAL_FAILED] =
	    "RequestCancelExternalWorkflowExecutionFailed",
	[EVENT_SCHEDULE_LAMBDA_FAILED] = "ScheduleLambdaFunctionFailed",
};

struct buf *
event_attributes(struct service *service)
{
	buf_reset(&service->scratch);
	emit_object(&service->scratch, NULL);
	return &service->scratch;
}

static int
is_activity_event(enum event_type type)
{
	return strncmp(event_names[type], "ActivityTask", 12) == 0;
}

int64_t
event_add(struct service *service, struct execution *execution,
    enum event_type type)
{
	struct event *event;

	service->shown.changes++;
	emit_object_end(&service->scratch);
	if (execution->event_count == execution->event_room) {
		execution->event_room = execution->event_room == 0
					    ? EVENTS_FIRST_ROOM
					    : execution->event_room * 2;
		execution->events = mem_resize(execution->events,
		    execution->event_room, sizeof(*event));
	}
	event = &execution->events[execution->event_count++];
	event->wall = service_wall(service);
	event->type = type;
	event->attributes =
	    mem_copy(service->scratch.data, service->scratch.len);
	if (is_activity_event(type))
		execution->latest_activity = event->wall;
	return (int64_t)execution->event_count;
}

static void
write_attributes(const struct event *event, const char *key, struct buf *out)
{
	emit_raw(out, key, event->attributes);
}

/* Members in alphabetical order: the attributes' key may come first. */
void
event_write(const struct event *event, int64_t id, struct buf *out)
{
	const char *name = event_names[event->type];
	char key[KEY_MAX];
	int first;

	(void)strlcpy(key, name, sizeof(key));
	key[0] = (char)tolower((unsigned char)key[0]);
	(void)strlcat(key, "EventAttributes", sizeof(key));
	first = strcmp(key, "eventId") < 0;
	emit_object(out, NULL);
	if (first)
		write_attributes(event, key, out);
	emit_integer(out, "eventId", id);
	emit_time(out, "eventTimestamp", event->wall);
	emit_string(out, "eventType", name);
	if (!first)
		write_attributes(event, key, out);
	emit_object_end(out);
}

static void
write_next(struct service *service, const struct page *page, int64_t next,
    struct buf *out)
{
	const struct token token = {
		.kind = TOKEN_PAGE,
		.task = page->task,
		.execution = page->execution->number,
		.next = next,
		.last = page->last,
		.expires = service_wall(service) + PAGE_TOKEN_LIFE,
		.reverse = page->reverse,
	};
	char text[PAGE_TEXT];

	token_write(&service->secret, &token, text);
	emit_string(out, "nextPageToken", text);
}

void
page_write(struct service *service, const struct page *page, struct buf *out)
{
	const struct execution *execution = page->execution;
	int64_t newest =
	    page->last > 0 ? page->last : (int64_t)execution->event_count;
	int64_t at = page->next;
	long left = page->size > 0 ? page->size : HISTORY_PAGE_MAX;

	emit_list(out, "events");
	while (at >= 1 && at <= newest && left-- > 0 &&
	       out->len < HISTORY_PAGE_BYTES) {
		event_write(&execution->events[at - 1], at, out);
		at += page->reverse ? -1 : 1;
	}
	emit_list_end(out);
	if (at >= 1 && at <= newest)
		write_next(service, page, at, out);
}

int
page_read(struct service *service, const char *text, struct page *page,
    struct answer *out)
{
	struct token token;

	if (token_read(&service->secret, text, TOKEN_PAGE, &token) == -1) {
		answer_fault(out, FAULT_VALIDATION, "Invalid token");
		return -1;
	}
	if (token.expires < service_wall(service)) {
		answer_fault(out, FAULT_VALIDATION,
		    "Specified token has exceeded its maximum lifetime");
		return -1;
	}
	page->execution =
	    table_get_number(&service->executions, token.execution);
	page->task = token.task;
	page->next = token.next;
	page->last = token.last;
	page->reverse = token.reverse != 0;
	return 0;
}

void
history_get(struct service *service, struct call *call)
{
	const cJSON *in = call->in;
	const struct execution *execution =
	    execution_named(service, call, member_get(in, "execution"));
	const char *token = member_string(in, "nextPageToken");
	struct page page = {
		.execution = execution,
		.size = member_integer(in, "maximumPageSize", 0),
		.reverse = member_true(in, "reverseOrder"),
	};

	if (execution == NULL)
		return;
	page.next = page.reverse ? (int64_t)execution->event_count : 1;
	if (token != NULL) {
		if (page_read(service, token, &page, &call->out) == -1)
			return;
		if (page.execution != execution || page.task != 0) {
			answer_fault(&call->out, FAULT_VALIDATION,
			    "Invalid token");
			return;
		}
	}
	emit_object(&call->out.body, NULL);
	page_write(service, &page, &call->out.body);
	emit_object_end(&call->out.body);
}
