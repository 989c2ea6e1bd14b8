/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "swf-local/history.h"

#include <ctype.h>
#include <string.h>

#include "base/mem.h"
#include "swf-local/emit.h"
#include "swf-local/executions.h"
#include "swf-local/paging.h"
#include "swf-local/persist.h"
#include "swf-local/validate.h"

enum { EVENTS_FIRST_ROOM = 8, KEY_MAX = 96 };

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
	[EVENT_EXECUTION_CONTINUED_AS_NEW] = "WorkflowExecutionContinuedAsNew",
	[EVENT_CONTINUE_AS_NEW_FAILED] = "ContinueAsNewWorkflowExecutionFailed",
	[EVENT_EXECUTION_TERMINATED] = "WorkflowExecutionTerminated",
	[EVENT_EXECUTION_SIGNALED] = "WorkflowExecutionSignaled",
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
	[EVENT_MARKER_RECORDED] = "MarkerRecorded",
	[EVENT_TIMER_STARTED] = "TimerStarted",
	[EVENT_START_TIMER_FAILED] = "StartTimerFailed",
	[EVENT_TIMER_FIRED] = "TimerFired",
	[EVENT_TIMER_CANCELED] = "TimerCanceled",
	[EVENT_CANCEL_TIMER_FAILED] = "CancelTimerFailed",
	[EVENT_START_CHILD_INITIATED] = "StartChildWorkflowExecutionInitiated",
	[EVENT_START_CHILD_FAILED] = "StartChildWorkflowExecutionFailed",
	[EVENT_CHILD_STARTED] = "ChildWorkflowExecutionStarted",
	[EVENT_CHILD_COMPLETED] = "ChildWorkflowExecutionCompleted",
	[EVENT_CHILD_FAILED] = "ChildWorkflowExecutionFailed",
	[EVENT_CHILD_TIMED_OUT] = "ChildWorkflowExecutionTimedOut",
	[EVENT_CHILD_CANCELED] = "ChildWorkflowExecutionCanceled",
	[EVENT_CHILD_TERMINATED] = "ChildWorkflowExecutionTerminated",
	[EVENT_SIGNAL_EXTERNAL_INITIATED] =
	    "SignalExternalWorkflowExecutionInitiated",
	[EVENT_SIGNAL_EXTERNAL_FAILED] =
	    "SignalExternalWorkflowExecutionFailed",
	[EVENT_EXTERNAL_SIGNALED] = "ExternalWorkflowExecutionSignaled",
	[EVENT_REQUEST_CANCEL_EXTERNAL_INITIATED] =
	    "RequestCancelExternalWorkflowExecutionInitiated",
	[EVENT_REQUEST_CANCEL_EXTERNAL_FAILED] =
	    "RequestCancelExternalWorkflowExecutionFailed",
	[EVENT_EXTERNAL_CANCEL_REQUESTED] =
	    "ExternalWorkflowExecutionCancelRequested",
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

const char *
event_name(enum event_type type)
{
	return event_names[type];
}

int
event_type(const char *name)
{
	for (int i = 0; i < EVENT_TYPES; i++)
		if (strcmp(event_names[i], name) == 0)
			return i;
	return -1;
}

void
event_restore(struct execution *execution, const struct event *event)
{
	if (execution->event_count == execution->event_room) {
		execution->event_room = execution->event_room == 0
					    ? EVENTS_FIRST_ROOM
					    : execution->event_room * 2;
		execution->events = mem_resize(execution->events,
		    execution->event_room, sizeof(*event));
	}
	execution->events[execution->event_count] = *event;
	execution->events[execution->event_count++].attributes =
	    mem_string(event->attributes);
	if (is_activity_event(event->type))
		execution->latest_activity = event->wall;
}

int64_t
event_add(struct service *service, struct execution *execution,
    enum event_type type)
{
	struct event event = { .wall = service_wall(service), .type = type };

	service->shown.changes++;
	emit_object_end(&service->scratch);
	event.attributes = service->scratch.data;
	event_restore(execution, &event);
	persist_event(service, execution);
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

void
page_write(struct call *call, const struct page *page)
{
	const struct execution *execution = page->execution;
	struct buf *out = &call->out.body;
	int64_t newest =
	    page->last > 0 ? page->last : (int64_t)execution->event_count;
	int step = member_true(call->in, "reverseOrder") ? -1 : 1;
	int64_t at = page->next;
	long left = paging_size(call);

	emit_list(out, "events");
	while (at >= 1 && at <= newest && left-- > 0 &&
	       out->len < HISTORY_PAGE_BYTES) {
		event_write(&execution->events[at - 1], at, out);
		at += step;
	}
	emit_list_end(out);
	if (at >= 1 && at <= newest)
		paging_next(call, &(struct token){ .task = page->task,
				      .execution = execution->number,
				      .next = at,
				      .last = page->last });
}

int
page_resume(struct call *call, struct page *page)
{
	struct token token;
	int resumed = paging_resume(call, &token);
	struct execution *execution;

	if (resumed != 1)
		return resumed;
	execution =
	    table_get_number(&call->service->executions, token.execution);
	if (execution == NULL) {
		/* Of a state that was set back to an older one. */
		answer_fault(&call->out, FAULT_VALIDATION, "Invalid token");
		return -1;
	}
	*page = (struct page){
		.execution = execution,
		.task = token.task,
		.next = token.next,
		.last = token.last,
	};
	return 1;
}

void
history_get(struct service *service, struct call *call)
{
	const struct execution *execution =
	    execution_named(service, call, member_get(call->in, "execution"));
	struct page page = { .execution = execution };

	if (execution == NULL)
		return;
	page.next = member_true(call->in, "reverseOrder")
			? (int64_t)execution->event_count
			: 1;
	if (page_resume(call, &page) == -1)
		return;
	emit_object(&call->out.body, NULL);
	page_write(call, &page);
	emit_object_end(&call->out.body);
}
