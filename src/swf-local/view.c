/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "swf-local/view.h"

#include <stdio.h>
#include <string.h>

#include "base/instant.h"
#include "swf-local/activities.h"
#include "swf-local/emit.h"
#include "swf-local/executions.h"
#include "swf-local/history.h"
#include "swf-local/operations.h"
#include "text/percent.h"
#include "text/utf8.h"

/* How much of each execution is shown. */
struct measure {
	size_t activities;
	size_t details;
};

static const struct measure in_list = { VIEW_ACTIVITIES, VIEW_DETAILS };
static const struct measure in_full = { VIEW_RUN_ACTIVITIES, VIEW_RUN_DETAILS };

void
shown_init(struct shown *shown)
{
	*shown = (struct shown){ .changes = 0 };
	TAILQ_INIT(&shown->open);
	TAILQ_INIT(&shown->closed);
}

void
shown_opened(struct execution *execution)
{
	struct shown *shown = &execution->service->shown;

	TAILQ_INSERT_TAIL(&shown->open, execution, in_shown);
	shown->open_count++;
	shown->changes++;
}

void
shown_closed(struct execution *execution)
{
	struct shown *shown = &execution->service->shown;
	struct execution *before = TAILQ_LAST(&shown->closed, execution_queue);

	TAILQ_REMOVE(&shown->open, execution, in_shown);
	/* By their end; only those of a state that is read come otherwise. */
	while (before != NULL && before->closed > execution->closed)
		before = TAILQ_PREV(before, execution_queue, in_shown);
	if (before == NULL)
		TAILQ_INSERT_HEAD(&shown->closed, execution, in_shown);
	else
		TAILQ_INSERT_AFTER(&shown->closed, before, execution, in_shown);
	shown->open_count--;
	shown->closed_count++;
	shown->changes++;
}

/* ---- activity tasks ------------------------------------------------------ */

/* An instant of the service by the wall clock; NEVER is left out. */
static void
emit_instant(struct buf *out, const char *key, const struct service *service,
    int64_t at)
{
	if (at != INSTANT_NEVER)
		emit_integer(out, key, at + service->wall_offset);
}

static void
emit_percent(struct buf *out, const char *details)
{
	double percent;
	char text[32];

	if (details == NULL ||
	    percent_find(details, strlen(details), &percent) == -1)
		return;
	(void)snprintf(text, sizeof(text), "%.5g", percent);
	emit_raw(out, "percent", text);
}

static void
emit_cut(struct buf *out, const char *key, const char *text, size_t units)
{
	struct buf cut = BUF_INIT(UTF8_BYTES_PER_UNIT * VIEW_RUN_DETAILS);

	if (text == NULL)
		return;
	(void)utf8_cut(&cut, text, strlen(text), units, UTF8_HEAD);
	emit_string(out, key, cut.data == NULL ? "" : cut.data);
	buf_clear(&cut);
}

/* The clock that runs out first, if one runs. */
static void
emit_timeout(struct buf *out, const struct service *service,
    const struct activity *activity)
{
	const char *timeout;
	int64_t at = activity_due(activity, &timeout);

	if (at == INSTANT_NEVER)
		return;
	emit_object(out, "timeout");
	emit_instant(out, "at", service, at);
	emit_string(out, "type", timeout);
	emit_object_end(out);
}

static void
write_activity(const struct service *service, const struct activity *activity,
    size_t details, struct buf *out)
{
	int started = activity->task.started_id != 0;
	int64_t lease = activity->timeouts[HEARTBEAT];

	emit_object(out, NULL);
	emit_string(out, "activityId", activity->id);
	emit_boolean(out, "cancelRequested", activity->cancel_id != 0);
	emit_cut(out, "details", activity->details, details);
	if (started && lease != INSTANT_NEVER) {
		emit_integer(out, "lease", lease);
		emit_instant(out, "leaseEnds", service,
		    instant_add(activity->beat_at, lease));
	}
	emit_percent(out, activity->details);
	emit_instant(out, "scheduled", service, activity->scheduled_at);
	if (started)
		emit_instant(out, "started", service, activity->started_at);
	emit_string(out, "taskList", activity->list_name);
	emit_timeout(out, service, activity);
	emit_type(out, "type", activity->type_name, activity->type_version);
	emit_object_end(out);
}

/* ---- executions ---------------------------------------------------------- */

static void
write_activities(const struct service *service,
    const struct execution *execution, const struct measure *measure,
    struct buf *out)
{
	const struct activity *activity;
	size_t left = measure->activities;

	emit_list(out, "activities");
	TAILQ_FOREACH (activity, &execution->activities, in_execution) {
		if (left-- == 0)
			break;
		write_activity(service, activity, measure->details, out);
	}
	emit_list_end(out);
}

static const char *
decision_state(const struct execution *execution)
{
	if (execution->working != NULL)
		return "STARTED";
	return execution->waiting != NULL ? "SCHEDULED" : NULL;
}

static void
write_execution(const struct service *service,
    const struct execution *execution, const struct measure *measure,
    const char *key, struct buf *out)
{
	emit_object(out, key);
	write_activities(service, execution, measure, out);
	emit_integer(out, "activityCount", (int64_t)execution->activity_count);
	emit_boolean(out, "cancelRequested", execution->cancel_requested);
	if (execution->close != CLOSE_NONE) {
		emit_string(out, "closeStatus",
		    close_status_name(execution->close));
		emit_integer(out, "closed", execution->closed);
	}
	emit_string(out, "decision", decision_state(execution));
	emit_string(out, "domain", execution->domain->name);
	emit_integer(out, "events", (int64_t)execution->event_count);
	emit_string(out, "runId", execution->run_id);
	emit_integer(out, "started", execution->started);
	emit_string(out, "taskList", execution->task_list);
	emit_type(out, "type", execution->type->name, execution->type->version);
	emit_string(out, "workflowId", execution->workflow_id);
	emit_object_end(out);
}

static int
matches(const struct execution *execution, const char *filter)
{
	const struct activity *activity;
	size_t left = VIEW_ACTIVITIES;

	if (filter == NULL || filter[0] == '\0' ||
	    strcasestr(execution->workflow_id, filter) != NULL ||
	    strcasestr(execution->type->name, filter) != NULL ||
	    strcasestr(execution->domain->name, filter) != NULL ||
	    strcmp(execution->run_id, filter) == 0)
		return 1;
	TAILQ_FOREACH (activity, &execution->activities, in_execution) {
		if (left-- == 0)
			break;
		if (strcasestr(activity->id, filter) != NULL ||
		    strcasestr(activity->type_name, filter) != NULL)
			return 1;
	}
	return 0;
}

/* The newest of a queue that match. */
static void
write_newest(const struct service *service, const struct execution_queue *queue,
    const char *filter, size_t count, struct buf *out)
{
	const struct execution *execution;
	size_t looks = VIEW_LOOKS;

	TAILQ_FOREACH_REVERSE(execution, queue, execution_queue, in_shown)
	{
		if (count == 0 || looks-- == 0)
			break;
		if (!matches(execution, filter))
			continue;
		write_execution(service, execution, &in_list, NULL, out);
		count--;
	}
}

void
view_write(const struct service *service, const struct rules *rules,
    const struct view_query *query, struct buf *out)
{
	const struct execution *run = NULL;

	if (query->run_id != NULL)
		run =
		    table_get_string(&service->runs, query->run_id, NULL, NULL);
	emit_object(out, NULL);
	emit_list(out, "closed");
	write_newest(service, &service->shown.closed, query->filter,
	    VIEW_CLOSED, out);
	emit_list_end(out);
	emit_integer(out, "closedCount", (int64_t)service->shown.closed_count);
	/* The key alone: the list is its value. */
	emit_raw(out, "faults", "");
	rules_write(rules, out);
	emit_integer(out, "now", service_wall(service));
	emit_list(out, "open");
	write_newest(service, &service->shown.open, query->filter, VIEW_OPEN,
	    out);
	emit_list_end(out);
	emit_integer(out, "openCount", (int64_t)service->shown.open_count);
	if (run != NULL)
		write_execution(service, run, &in_full, "run", out);
	emit_integer(out, "searched", VIEW_LOOKS);
	emit_object_end(out);
}

/* ---- history and names --------------------------------------------------- */

int
view_history(const struct service *service, const char *run_id, int64_t after,
    int64_t before, struct buf *out)
{
	const struct execution *run =
	    table_get_string(&service->runs, run_id, NULL, NULL);
	int step = after < 0 ? -1 : 1;
	int left = VIEW_EVENTS;
	int64_t newest, at;

	if (run == NULL)
		return -1;
	newest = (int64_t)run->event_count;
	at = after + 1;
	if (step == -1)
		at = before > 0 && before <= newest ? before - 1 : newest;
	emit_object(out, NULL);
	emit_list(out, "events");
	for (; at >= 1 && at <= newest && left > 0; at += step, left--) {
		if (out->len >= HISTORY_PAGE_BYTES)
			break;
		event_write(&run->events[at - 1], at, out);
	}
	emit_list_end(out);
	emit_string(out, "workflowId", run->workflow_id);
	emit_object_end(out);
	return 0;
}

void
view_names(struct buf *out)
{
	emit_object(out, NULL);
	emit_list(out, "faults");
	for (int i = INJECT_NOTHING + 1; i < INJECT_KINDS; i++)
		emit_string(out, NULL, inject_name((enum inject_kind)i));
	emit_list_end(out);
	emit_list(out, "operations");
	for (size_t i = 0; i < operation_count; i++)
		emit_string(out, NULL, operations[i].name);
	emit_list_end(out);
	emit_string(out, "version", PACKAGE_VERSION);
	emit_object_end(out);
}
