/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "swf-local/records.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/instant.h"
#include "base/mem.h"
#include "swf-local/emit.h"
#include "swf-local/history.h"
#include "swf-local/validate.h"

enum member_kind {
	MEMBER_TEXT,    /* char *, or NULL */
	MEMBER_LIST,    /* char *: a JSON list as text, or NULL */
	MEMBER_RUN,     /* char[RUN_ID_TEXT] */
	MEMBER_FLAG,    /* int */
	MEMBER_LONG,    /* long */
	MEMBER_COUNT,   /* size_t */
	MEMBER_NUMBER,  /* int64_t or uint64_t: an id, or wall time */
	MEMBER_LENGTH,  /* int64_t: ms */
	MEMBER_INSTANT, /* int64_t: ms of CLOCK_BOOTTIME */
	MEMBER_CLOSE    /* enum close_status */
};

enum presence { OPTIONAL, REQUIRED };

struct member {
	const char *name;
	size_t at;
	enum member_kind kind;
	enum presence presence;
};

struct members {
	const char *is;
	const struct member *members;
	size_t count;
};

static const struct member domain_members[] = {
#define AT(member) offsetof(struct domain, member)
	{ "deprecated", AT(deprecated), MEMBER_FLAG, OPTIONAL },
	{ "description", AT(description), MEMBER_TEXT, OPTIONAL },
	{ "name", AT(name), MEMBER_TEXT, REQUIRED },
	{ "retention", AT(retention), MEMBER_TEXT, REQUIRED },
	{ "tags", AT(tags), MEMBER_LIST, OPTIONAL },
#undef AT
};

static const struct member type_members[] = {
#define AT(member) offsetof(struct type, member)
	{ "childPolicy", AT(child_policy), MEMBER_TEXT, OPTIONAL },
	{ "created", AT(created), MEMBER_NUMBER, REQUIRED },
	{ "decisionTimeout", AT(decision_timeout), MEMBER_TEXT, OPTIONAL },
	{ "deprecated", AT(deprecated), MEMBER_FLAG, OPTIONAL },
	{ "deprecatedAt", AT(deprecated_at), MEMBER_NUMBER, OPTIONAL },
	{ "description", AT(description), MEMBER_TEXT, OPTIONAL },
	{ "executionTimeout", AT(execution_timeout), MEMBER_TEXT, OPTIONAL },
	{ "heartbeat", AT(timeouts[HEARTBEAT]), MEMBER_TEXT, OPTIONAL },
	{ "lambdaRole", AT(lambda_role), MEMBER_TEXT, OPTIONAL },
	{ "name", AT(name), MEMBER_TEXT, REQUIRED },
	{ "priority", AT(priority), MEMBER_TEXT, OPTIONAL },
	{ "scheduleToClose", AT(timeouts[SCHEDULE_TO_CLOSE]), MEMBER_TEXT,
	    OPTIONAL },
	{ "scheduleToStart", AT(timeouts[SCHEDULE_TO_START]), MEMBER_TEXT,
	    OPTIONAL },
	{ "startToClose", AT(timeouts[START_TO_CLOSE]), MEMBER_TEXT, OPTIONAL },
	{ "taskList", AT(task_list), MEMBER_TEXT, OPTIONAL },
	{ "version", AT(version), MEMBER_TEXT, REQUIRED },
#undef AT
};

static const struct member execution_members[] = {
#define AT(member) offsetof(struct execution, member)
	{ "childPolicy", AT(child_policy), MEMBER_TEXT, REQUIRED },
	{ "decisionTimeout", AT(decision_timeout), MEMBER_TEXT, REQUIRED },
	{ "executionTimeout", AT(execution_timeout), MEMBER_TEXT, REQUIRED },
	{ "lambdaRole", AT(lambda_role), MEMBER_TEXT, OPTIONAL },
	{ "parentInitiated", AT(parent_initiated), MEMBER_NUMBER, OPTIONAL },
	{ "priority", AT(priority), MEMBER_TEXT, OPTIONAL },
	{ "runId", AT(run_id), MEMBER_RUN, REQUIRED },
	{ "started", AT(started), MEMBER_NUMBER, REQUIRED },
	{ "tags", AT(tags), MEMBER_LIST, OPTIONAL },
	{ "taskList", AT(task_list), MEMBER_TEXT, REQUIRED },
	{ "workflowId", AT(workflow_id), MEMBER_TEXT, REQUIRED },
};

static const struct member status_members[] = {
	{ "activitiesAtClose", AT(activities_at_close), MEMBER_COUNT,
	    OPTIONAL },
	{ "cancelRequested", AT(cancel_requested), MEMBER_FLAG, OPTIONAL },
	{ "close", AT(close), MEMBER_CLOSE, OPTIONAL },
	{ "closed", AT(closed), MEMBER_NUMBER, OPTIONAL },
	{ "context", AT(context), MEMBER_TEXT, OPTIONAL },
	{ "parentStarted", AT(parent_started), MEMBER_NUMBER, OPTIONAL },
	{ "previousStarted", AT(previous_started), MEMBER_NUMBER, OPTIONAL },
	{ "timersAtClose", AT(timers_at_close), MEMBER_COUNT, OPTIONAL },
#undef AT
};

static const struct member activity_members[] = {
#define AT(member) offsetof(struct activity, member)
	{ "activityId", AT(id), MEMBER_TEXT, REQUIRED },
	{ "heartbeat", AT(timeouts[HEARTBEAT]), MEMBER_LENGTH, OPTIONAL },
	{ "input", AT(input), MEMBER_TEXT, OPTIONAL },
	{ "list", AT(list_name), MEMBER_TEXT, REQUIRED },
	{ "name", AT(type_name), MEMBER_TEXT, REQUIRED },
	{ "priority", AT(task.priority), MEMBER_LONG, OPTIONAL },
	{ "scheduleToClose", AT(timeouts[SCHEDULE_TO_CLOSE]), MEMBER_LENGTH,
	    OPTIONAL },
	{ "scheduleToStart", AT(timeouts[SCHEDULE_TO_START]), MEMBER_LENGTH,
	    OPTIONAL },
	{ "scheduled", AT(task.scheduled_id), MEMBER_NUMBER, REQUIRED },
	{ "scheduledAt", AT(scheduled_at), MEMBER_INSTANT, REQUIRED },
	{ "startToClose", AT(timeouts[START_TO_CLOSE]), MEMBER_LENGTH,
	    OPTIONAL },
	{ "version", AT(type_version), MEMBER_TEXT, REQUIRED },
};

static const struct member attempt_members[] = {
	{ "beatAt", AT(beat_at), MEMBER_INSTANT, OPTIONAL },
	{ "cancel", AT(cancel_id), MEMBER_NUMBER, OPTIONAL },
	{ "details", AT(details), MEMBER_TEXT, OPTIONAL },
	{ "started", AT(task.started_id), MEMBER_NUMBER, OPTIONAL },
	{ "startedAt", AT(started_at), MEMBER_INSTANT, OPTIONAL },
#undef AT
};

static const struct member decision_members[] = {
#define AT(member) offsetof(struct decision, member)
	{ "priority", AT(task.priority), MEMBER_LONG, OPTIONAL },
	{ "scheduled", AT(task.scheduled_id), MEMBER_NUMBER, REQUIRED },
	{ "started", AT(task.started_id), MEMBER_NUMBER, OPTIONAL },
	{ "startedAt", AT(started_at), MEMBER_INSTANT, OPTIONAL },
#undef AT
};

static const struct member timer_members[] = {
#define AT(member) offsetof(struct workflow_timer, member)
	{ "length", AT(length), MEMBER_LENGTH, REQUIRED },
	{ "started", AT(started_id), MEMBER_NUMBER, REQUIRED },
	{ "startedAt", AT(started_at), MEMBER_INSTANT, REQUIRED },
	{ "timerId", AT(id), MEMBER_TEXT, REQUIRED },
#undef AT
};

static const struct members records[RECORDS] = {
#define TABLE(table) table, sizeof(table) / sizeof((table)[0])
	[RECORD_DOMAIN] = { "domain", TABLE(domain_members) },
	[RECORD_TYPE] = { "type", TABLE(type_members) },
	[RECORD_EXECUTION] = { "execution", TABLE(execution_members) },
	[RECORD_STATUS] = { "status", TABLE(status_members) },
	[RECORD_ACTIVITY] = { "activity", TABLE(activity_members) },
	[RECORD_ATTEMPT] = { "attempt", TABLE(attempt_members) },
	[RECORD_DECISION] = { "decision", TABLE(decision_members) },
	[RECORD_TIMER] = { "timer", TABLE(timer_members) },
#undef TABLE
};

/* ---- writing ------------------------------------------------------------- */

static void
emit_number(struct buf *out, const char *name, int64_t value)
{
	if (value != 0)
		emit_integer(out, name, value);
}

static void
emit_instant(struct buf *out, const char *name, const struct service *service,
    int64_t at)
{
	if (at != INSTANT_NEVER)
		emit_integer(out, name, at + service->wall_offset);
}

static void
write_member(const struct member *member, const struct service *service,
    const char *thing, struct buf *out)
{
	const void *at = thing + member->at;

	switch (member->kind) {
	case MEMBER_TEXT:
	case MEMBER_LIST:
		emit_string(out, member->name, *(char *const *)at);
		break;
	case MEMBER_RUN:
		emit_string(out, member->name, at);
		break;
	case MEMBER_FLAG:
		if (*(const int *)at)
			emit_boolean(out, member->name, 1);
		break;
	case MEMBER_LONG:
		emit_number(out, member->name, *(const long *)at);
		break;
	case MEMBER_COUNT:
		emit_number(out, member->name, (int64_t) * (const size_t *)at);
		break;
	case MEMBER_NUMBER:
		emit_number(out, member->name, *(const int64_t *)at);
		break;
	case MEMBER_LENGTH:
		if (*(const int64_t *)at != INSTANT_NEVER)
			emit_integer(out, member->name, *(const int64_t *)at);
		break;
	case MEMBER_INSTANT:
		if (*(const int64_t *)at != 0)
			emit_instant(out, member->name, service,
			    *(const int64_t *)at);
		break;
	case MEMBER_CLOSE:
		emit_number(out, member->name,
		    (int64_t) * (const enum close_status *)at);
		break;
	}
}

static void
begin(enum record record, const struct service *service, const void *thing,
    struct buf *out)
{
	const struct members *members = &records[record];

	emit_object(out, NULL);
	emit_string(out, "is", members->is);
	for (size_t i = 0; i < members->count; i++)
		write_member(&members->members[i], service, thing, out);
}

void
record_header(const struct service *service, struct buf *out)
{
	char secret[SECRET_TEXT];

	secret_write(&service->secret, secret);
	emit_object(out, NULL);
	emit_string(out, "is", "header");
	emit_number(out, "number", (int64_t)service->last_number);
	emit_string(out, "secret", secret);
	emit_object_end(out);
}

void
record_gone(uint64_t number, struct buf *out)
{
	emit_object(out, NULL);
	emit_string(out, "is", "gone");
	emit_number(out, "number", (int64_t)number);
	emit_object_end(out);
}

static void
write_domain(const struct service *service, const struct domain *domain,
    struct buf *out)
{
	begin(RECORD_DOMAIN, service, domain, out);
	emit_object_end(out);
}

static void
write_type(const struct service *service, const struct type *type,
    struct buf *out)
{
	begin(RECORD_TYPE, service, type, out);
	emit_string(out, "domain", type->domain->name);
	emit_string(out, "kind",
	    type->kind == TYPE_ACTIVITY ? "activity" : "workflow");
	emit_object_end(out);
}

static int64_t
due(const struct deadline *timer)
{
	return timer->place == 0 ? INSTANT_NEVER : timer->at;
}

static void
write_start(const struct service *service, const struct execution *execution,
    struct buf *out)
{
	begin(RECORD_EXECUTION, service, execution, out);
	emit_string(out, "domain", execution->domain->name);
	emit_instant(out, "due", service, due(&execution->timer));
	emit_number(out, "execution", (int64_t)execution->number);
	emit_string(out, "name", execution->type->name);
	if (execution->parent != NULL)
		emit_number(out, "parent", (int64_t)execution->parent->number);
	emit_string(out, "version", execution->type->version);
	emit_object_end(out);
}

static void
write_event(const struct execution *execution, size_t index, struct buf *out)
{
	const struct event *event = &execution->events[index];

	emit_object(out, NULL);
	emit_string(out, "is", "event");
	emit_number(out, "at", event->wall);
	/* As text, so that it comes back to the letter. */
	emit_string(out, "attributes", event->attributes);
	emit_number(out, "execution", (int64_t)execution->number);
	emit_number(out, "id", (int64_t)index + 1);
	emit_string(out, "type", event_name(event->type));
	emit_object_end(out);
}

static void
write_execution(const struct service *service, struct execution *execution,
    struct buf *out)
{
	if (!execution->change.known)
		write_start(service, execution, out);
	if (execution->change.whole) {
		begin(RECORD_STATUS, service, execution, out);
		emit_number(out, "execution", (int64_t)execution->number);
		emit_object_end(out);
	}
	while (execution->events_kept < execution->event_count)
		write_event(execution, execution->events_kept++, out);
}

static void
write_activity(const struct service *service, const struct activity *activity,
    struct buf *out)
{
	const struct task *task = &activity->task;

	if (!task->change.known) {
		begin(RECORD_ACTIVITY, service, activity, out);
		emit_number(out, "execution", (int64_t)task->execution->number);
		emit_number(out, "task", (int64_t)task->number);
		emit_object_end(out);
	}
	if (task->started_id == 0 && activity->cancel_id == 0)
		return;
	begin(RECORD_ATTEMPT, service, activity, out);
	emit_number(out, "task", (int64_t)task->number);
	emit_object_end(out);
}

static void
write_decision(const struct service *service, const struct decision *decision,
    struct buf *out)
{
	const struct task *task = &decision->task;

	begin(RECORD_DECISION, service, decision, out);
	emit_instant(out, "due", service, due(&task->timer));
	emit_number(out, "execution", (int64_t)task->execution->number);
	emit_number(out, "task", (int64_t)task->number);
	emit_object_end(out);
}

static void
write_timer(const struct service *service, const struct workflow_timer *timer,
    struct buf *out)
{
	begin(RECORD_TIMER, service, timer, out);
	emit_number(out, "execution", (int64_t)timer->execution->number);
	emit_number(out, "timer", (int64_t)timer->number);
	emit_object_end(out);
}

void
record_change(const struct service *service, struct change *change,
    struct buf *out)
{
	char *at = (char *)change;

	switch (change->kind) {
	case ENTITY_DOMAIN:
		write_domain(service,
		    (void *)(at - offsetof(struct domain, change)), out);
		break;
	case ENTITY_TYPE:
		write_type(service,
		    (void *)(at - offsetof(struct type, change)), out);
		break;
	case ENTITY_EXECUTION:
		write_execution(service,
		    (void *)(at - offsetof(struct execution, change)), out);
		break;
	case ENTITY_ACTIVITY:
		write_activity(service,
		    (void *)(at - offsetof(struct activity, task.change)), out);
		break;
	case ENTITY_DECISION:
		write_decision(service,
		    (void *)(at - offsetof(struct decision, task.change)), out);
		break;
	case ENTITY_TIMER:
		write_timer(service,
		    (void *)(at - offsetof(struct workflow_timer, change)),
		    out);
		break;
	}
	change->known = 1;
	change->whole = 0;
}

/* ---- reading ------------------------------------------------------------- */

/* Whole, and as exact as JSON's numbers are here. */
static int
get_whole(const cJSON *value, int64_t *number)
{
	if (!cJSON_IsNumber(value) || !(fabs(value->valuedouble) <= 0x1p53) ||
	    value->valuedouble != floor(value->valuedouble))
		return -1;
	*number = (int64_t)value->valuedouble;
	return 0;
}

int64_t
record_number(const cJSON *in, const char *name)
{
	int64_t number;

	if (get_whole(cJSON_GetObjectItemCaseSensitive(in, name), &number) ==
		-1 ||
	    number < 0)
		return -1;
	return number;
}

int64_t
record_due(const cJSON *in, const struct service *service)
{
	int64_t wall;

	if (get_whole(cJSON_GetObjectItemCaseSensitive(in, "due"), &wall) == -1)
		return INSTANT_NEVER;
	return wall - service->wall_offset;
}

static int
is_list(const char *text)
{
	cJSON *list = cJSON_ParseWithOpts(text, NULL, 1);
	int good = cJSON_IsArray(list);

	cJSON_Delete(list);
	return good;
}

static void
set_text(char **text, const char *value)
{
	free(*text);
	*text = value == NULL ? NULL : mem_string(value);
}

static int
read_text(const struct member *member, const cJSON *value, char *at)
{
	const char *text = cJSON_GetStringValue(value);

	if (value != NULL && text == NULL)
		return -1;
	if (member->kind == MEMBER_RUN) {
		if (text == NULL || strlen(text) >= RUN_ID_TEXT)
			return -1;
		(void)strlcpy(at, text, RUN_ID_TEXT);
		return 0;
	}
	if (member->kind == MEMBER_LIST && text != NULL && !is_list(text))
		return -1;
	set_text((char **)(void *)at, text);
	return 0;
}

/* What is absent is 0, or never. */
static int
read_whole(const struct member *member, const cJSON *value, void *at)
{
	int never = member->kind == MEMBER_LENGTH;
	int64_t number = never ? INSTANT_NEVER : 0;

	if (value != NULL && get_whole(value, &number) == -1)
		return -1;
	if (member->kind != MEMBER_LONG && number < 0)
		return -1;
	if (member->kind == MEMBER_CLOSE) {
		if (number > CLOSE_CONTINUED_AS_NEW)
			return -1;
		*(enum close_status *)at = (enum close_status)number;
	} else if (member->kind == MEMBER_LONG) {
		*(long *)at = (long)number;
	} else if (member->kind == MEMBER_COUNT) {
		*(size_t *)at = (size_t)number;
	} else {
		*(int64_t *)at = number;
	}
	return 0;
}

static int
read_member(const struct member *member, const cJSON *value,
    const struct service *service, int64_t now, char *at)
{
	if (value == NULL && member->presence == REQUIRED)
		return -1;
	switch (member->kind) {
	case MEMBER_TEXT:
	case MEMBER_LIST:
	case MEMBER_RUN:
		return read_text(member, value, at);
	case MEMBER_FLAG:
		*(int *)(void *)at = cJSON_IsTrue(value);
		return value == NULL || cJSON_IsBool(value) ? 0 : -1;
	case MEMBER_INSTANT:
		if (read_whole(member, value, at) == -1)
			return -1;
		if (value != NULL)
			*(int64_t *)(void *)at = instant_min(
			    *(int64_t *)(void *)at - service->wall_offset, now);
		return 0;
	case MEMBER_LONG:
	case MEMBER_COUNT:
	case MEMBER_NUMBER:
	case MEMBER_LENGTH:
	case MEMBER_CLOSE:
		break;
	}
	return read_whole(member, value, at);
}

int
record_read(enum record record, const cJSON *in, const struct service *service,
    int64_t now, void *thing, struct err *err)
{
	const struct members *members = &records[record];

	for (size_t i = 0; i < members->count; i++) {
		const struct member *member = &members->members[i];
		const cJSON *value =
		    cJSON_GetObjectItemCaseSensitive(in, member->name);

		if (read_member(member, value, service, now,
			(char *)thing + member->at) == -1)
			return err_set(err, "\"%s\" of a record \"%s\" is %s",
			    member->name, members->is,
			    value == NULL ? "missing"
					  : "not what it should be");
	}
	return 0;
}

void
secret_write(const struct siphash_key *secret, char text[SECRET_TEXT])
{
	(void)snprintf(text, SECRET_TEXT, "%016" PRIx64 "%016" PRIx64,
	    secret->k0, secret->k1);
}

int
secret_read(const char *text, struct siphash_key *secret)
{
	char half[SECRET_TEXT / 2 + 1];

	if (text == NULL || strlen(text) != SECRET_TEXT - 1 ||
	    strspn(text, "0123456789abcdef") != SECRET_TEXT - 1)
		return -1;
	(void)strlcpy(half, text, sizeof(half));
	secret->k0 = strtoull(half, NULL, 16);
	secret->k1 = strtoull(text + SECRET_TEXT / 2, NULL, 16);
	return 0;
}
