/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "swf-local/workflow_timers.h"

#include <stdlib.h>
#include <string.h>

#include "base/instant.h"
#include "base/mem.h"
#include "swf-local/decisions.h"
#include "swf-local/emit.h"
#include "swf-local/history.h"
#include "swf-local/persist.h"
#include "swf-local/validate.h"

static void
free_timer(struct workflow_timer *timer)
{
	free(timer->id);
	free(timer);
}

void
workflow_timer_remove(struct service *service, struct workflow_timer *timer)
{
	struct execution *execution = timer->execution;

	persist_gone(service, &timer->change, timer->number);
	timers_set(&service->timers, &timer->deadline, INSTANT_NEVER);
	TAILQ_REMOVE(&execution->open_timers, timer, in_execution);
	execution->timer_count--;
	free_timer(timer);
}

static struct workflow_timer *
find_timer(const struct execution *execution, const char *id)
{
	struct workflow_timer *timer;

	TAILQ_FOREACH (timer, &execution->open_timers, in_execution)
		if (strcmp(timer->id, id) == 0)
			return timer;
	return NULL;
}

static void
fire(void *arg, int64_t at)
{
	struct workflow_timer *timer = arg;
	struct execution *execution = timer->execution;
	struct service *service = execution->service;
	struct buf *attributes = event_attributes(service);

	(void)at;
	emit_integer(attributes, "startedEventId", timer->started_id);
	emit_string(attributes, "timerId", timer->id);
	(void)event_add(service, execution, EVENT_TIMER_FIRED);
	workflow_timer_remove(service, timer);
	decision_need(service, execution);
}

struct workflow_timer *
workflow_timer_blank(struct execution *execution, uint64_t number)
{
	struct workflow_timer *timer = mem_new(1, sizeof(*timer));

	timer->execution = execution;
	timer->number = number;
	deadline_init(&timer->deadline, fire, timer);
	TAILQ_INSERT_TAIL(&execution->open_timers, timer, in_execution);
	execution->timer_count++;
	return timer;
}

void
workflow_timer_arm(struct service *service, struct workflow_timer *timer)
{
	timers_set(&service->timers, &timer->deadline,
	    instant_add(timer->started_at, timer->length));
}

/* The decision failed for that reason. */
static void
failed(const struct doing *doing, enum event_type type, const char *cause)
{
	struct buf *attributes = event_attributes(doing->service);

	emit_string(attributes, "cause", cause);
	emit_integer(attributes, "decisionTaskCompletedEventId", doing->event);
	emit_string(attributes, "timerId", member_string(doing->in, "timerId"));
	decide_failed(doing, type);
}

static int64_t
add_started(const struct doing *doing)
{
	const cJSON *in = doing->in;
	struct buf *attributes = event_attributes(doing->service);

	emit_string(attributes, "control", member_string(in, "control"));
	emit_integer(attributes, "decisionTaskCompletedEventId", doing->event);
	emit_string(attributes, "startToFireTimeout",
	    member_string(in, "startToFireTimeout"));
	emit_string(attributes, "timerId", member_string(in, "timerId"));
	return event_add(doing->service, doing->execution, EVENT_TIMER_STARTED);
}

/*
 * N.B. one of 0 seconds is due at this very instant, and fires when the
 * service next settles: after the batch that it is in.
 */
void
workflow_timer_start(const struct doing *doing)
{
	struct service *service = doing->service;
	struct execution *execution = doing->execution;
	const char *id = member_string(doing->in, "timerId");
	struct workflow_timer *timer;

	if (find_timer(execution, id) != NULL) {
		failed(doing, EVENT_START_TIMER_FAILED,
		    "TIMER_ID_ALREADY_IN_USE");
		return;
	}
	if (execution->timer_count >= OPEN_TIMERS_MAX) {
		failed(doing, EVENT_START_TIMER_FAILED,
		    "OPEN_TIMERS_LIMIT_EXCEEDED");
		return;
	}
	timer = workflow_timer_blank(execution, ++service->last_number);
	timer->id = mem_string(id);
	timer->started_id = add_started(doing);
	timer->started_at = service->instant;
	timer->length =
	    seconds_of(service, member_string(doing->in, "startToFireTimeout"));
	workflow_timer_arm(service, timer);
	persist_changed(service, &timer->change, ENTITY_TIMER);
}

void
workflow_timer_cancel(const struct doing *doing)
{
	struct service *service = doing->service;
	struct workflow_timer *timer =
	    find_timer(doing->execution, member_string(doing->in, "timerId"));
	struct buf *attributes;

	if (timer == NULL) {
		failed(doing, EVENT_CANCEL_TIMER_FAILED, "TIMER_ID_UNKNOWN");
		return;
	}
	attributes = event_attributes(service);
	emit_integer(attributes, "decisionTaskCompletedEventId", doing->event);
	emit_integer(attributes, "startedEventId", timer->started_id);
	emit_string(attributes, "timerId", timer->id);
	(void)event_add(service, doing->execution, EVENT_TIMER_CANCELED);
	workflow_timer_remove(service, timer);
}

void
workflow_timers_drop(struct service *service, struct execution *execution)
{
	struct workflow_timer *timer, *next;

	TAILQ_FOREACH_SAFE (timer, &execution->open_timers, in_execution, next)
		workflow_timer_remove(service, timer);
}

void
workflow_timers_free(struct execution *execution)
{
	struct workflow_timer *timer, *next;

	TAILQ_FOREACH_SAFE (timer, &execution->open_timers, in_execution, next)
		free_timer(timer);
}
