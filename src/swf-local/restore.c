/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "swf-local/restore.h"

#include <stdlib.h>
#include <string.h>

#include "base/instant.h"
#include "base/mem.h"
#include "swf-local/activities.h"
#include "swf-local/decisions.h"
#include "swf-local/domains.h"
#include "swf-local/executions.h"
#include "swf-local/history.h"
#include "swf-local/records.h"
#include "swf-local/resume.h"
#include "swf-local/types.h"
#include "swf-local/validate.h"
#include "swf-local/workflow_timers.h"
#include "text/json.h"

static int
read_members(const struct restore *restore, enum record record, const cJSON *in,
    void *thing, struct err *err)
{
	return record_read(record, in, restore->service, restore->now, thing,
	    err);
}

/* A number that is to be somebody's from now on; 0 with "err". */
static uint64_t
new_number(struct restore *restore, const cJSON *in, const char *name,
    struct err *err)
{
	struct service *service = restore->service;
	int64_t number = record_number(in, name);

	if (number < 1 ||
	    table_get_number(&service->executions, (uint64_t)number) != NULL ||
	    table_get_number(&service->tasks, (uint64_t)number) != NULL ||
	    table_get_number(&restore->timers, (uint64_t)number) != NULL) {
		(void)err_set(err, "\"%s\" is no number that is free", name);
		return 0;
	}
	if (service->last_number < (uint64_t)number)
		service->last_number = (uint64_t)number;
	return (uint64_t)number;
}

/* The thing of that number; NULL with "err". */
static void *
get(const struct table *table, const cJSON *in, const char *name,
    struct err *err)
{
	int64_t number = record_number(in, name);
	void *value =
	    number < 1 ? NULL : table_get_number(table, (uint64_t)number);

	if (value == NULL)
		(void)err_set(err, "\"%s\" is nothing known", name);
	return value;
}

static struct execution *
get_execution(const struct restore *restore, const cJSON *in, struct err *err)
{
	return get(&restore->service->executions, in, "execution", err);
}

/* Whether a list, as text or NULL, has at most "max" members that are "good".
 */
static int
list_fits(const char *text, int max, int (*good)(const cJSON *member))
{
	cJSON *list = text == NULL ? NULL : cJSON_Parse(text);
	const cJSON *member;
	int fits = cJSON_GetArraySize(list) <= max;

	cJSON_ArrayForEach (member, list)
		fits = fits && good(member);
	cJSON_Delete(list);
	return fits;
}

/* ---- header, domains, types ---------------------------------------------- */

static int
read_header(struct restore *restore, const cJSON *in, struct err *err)
{
	struct service *service = restore->service;
	int64_t number = record_number(in, "number");

	if (restore->has_header)
		return err_set(err, "has a second header");
	if (secret_read(member_string(in, "secret"), &service->secret) == -1)
		return err_set(err, "has no secret of tokens");
	if (number > 0)
		service->last_number = (uint64_t)number;
	restore->has_header = 1;
	return 0;
}

static int
is_pair(const cJSON *tag)
{
	const cJSON *value = cJSON_GetObjectItemCaseSensitive(tag, "value");

	return member_string(tag, "key") != NULL &&
	       (value == NULL || cJSON_IsString(value));
}

/* What it consists of but its name; the tags are of a certain form. */
static int
read_domain_members(const struct restore *restore, const cJSON *in,
    struct domain *domain, struct err *err)
{
	if (read_members(restore, RECORD_DOMAIN, in, domain, err) == -1)
		return -1;
	if (!list_fits(domain->tags, DOMAIN_TAGS_MAX, is_pair))
		return err_set(err, "\"tags\" are not those of a domain");
	return 0;
}

static int
read_domain(struct restore *restore, const cJSON *in, struct err *err)
{
	struct service *service = restore->service;
	const char *name = member_string(in, "name");
	struct domain *domain =
	    name == NULL
		? NULL
		: table_get_string(&service->domains, name, NULL, NULL);

	/* The name is the key of tables and orders, and must not be moved. */
	if (domain != NULL) {
		char *kept = domain->name;
		int result;

		domain->name = NULL;
		result = read_domain_members(restore, in, domain, err);
		free(domain->name);
		domain->name = kept;
		return result;
	}
	domain = mem_new(1, sizeof(*domain));
	if (read_domain_members(restore, in, domain, err) == -1) {
		domain_free(domain);
		return -1;
	}
	domain_add(service, domain);
	return 0;
}

/* Which of the two kinds; -1 if it is none. */
static int
kind_of(const cJSON *in)
{
	const char *kind = member_string(in, "kind");

	if (kind == NULL)
		return -1;
	if (strcmp(kind, "activity") == 0)
		return TYPE_ACTIVITY;
	return strcmp(kind, "workflow") == 0 ? TYPE_WORKFLOW : -1;
}

static struct domain *
get_domain(const struct restore *restore, const cJSON *in, struct err *err)
{
	const char *name = member_string(in, "domain");
	struct domain *domain =
	    name == NULL ? NULL
			 : table_get_string(&restore->service->domains, name,
			       NULL, NULL);

	if (domain == NULL)
		(void)err_set(err, "\"domain\" is none that is known");
	return domain;
}

static struct type *
find_type(const struct restore *restore, enum type_kind kind,
    const struct domain *domain, const cJSON *in)
{
	const char *name = member_string(in, "name");
	const char *version = member_string(in, "version");

	if (name == NULL || version == NULL)
		return NULL;
	return table_get_string(&restore->service->types[kind], domain->name,
	    name, version);
}

static int
read_type(struct restore *restore, const cJSON *in, struct err *err)
{
	struct domain *domain = get_domain(restore, in, err);
	int kind = kind_of(in);
	struct type *known, *type;

	if (domain == NULL)
		return -1;
	if (kind == -1)
		return err_set(err, "\"kind\" is neither activity nor "
				    "workflow");
	type = mem_new(1, sizeof(*type));
	type->kind = (enum type_kind)kind;
	type->domain = domain;
	if (read_members(restore, RECORD_TYPE, in, type, err) == -1) {
		type_free(type);
		return -1;
	}
	known = find_type(restore, type->kind, domain, in);
	if (known == NULL) {
		type_add(restore->service, type);
		return 0;
	}
	/* All else of a type stays what it was. */
	known->deprecated = type->deprecated;
	known->deprecated_at = type->deprecated_at;
	type_free(type);
	return 0;
}

/* ---- executions ---------------------------------------------------------- */

static int
is_text(const cJSON *tag)
{
	return cJSON_IsString(tag);
}

static int
read_execution(struct restore *restore, const cJSON *in, struct err *err)
{
	struct service *service = restore->service;
	struct domain *domain = get_domain(restore, in, err);
	const struct type *type;
	struct execution *parent = NULL;
	struct execution *execution;
	uint64_t number;

	if (domain == NULL)
		return -1;
	type = find_type(restore, TYPE_WORKFLOW, domain, in);
	if (type == NULL)
		return err_set(err, "the type of an execution is not known");
	if (member_get(in, "parent") != NULL) {
		parent = get(&service->executions, in, "parent", err);
		if (parent == NULL)
			return -1;
	}
	number = new_number(restore, in, "execution", err);
	if (number == 0)
		return -1;
	execution = execution_blank(service, number);
	execution->domain = domain;
	execution->type = type;
	execution->parent = parent;
	if (read_members(restore, RECORD_EXECUTION, in, execution, err) == -1)
		return -1;
	if (!list_fits(execution->tags, TAG_LIST_MAX, is_text))
		return err_set(err, "\"tags\" are not those of an execution");
	/* It is not set before it is known whether the execution is open. */
	execution->timer.at = record_due(in, service);
	return 0;
}

static int
read_status(struct restore *restore, const cJSON *in, struct err *err)
{
	struct execution *execution = get_execution(restore, in, err);

	if (execution == NULL)
		return -1;
	return read_members(restore, RECORD_STATUS, in, execution, err);
}

static int
read_event(struct restore *restore, const cJSON *in, struct err *err)
{
	struct execution *execution = get_execution(restore, in, err);
	const char *name = member_string(in, "type");
	const char *attributes = member_string(in, "attributes");
	int type = name == NULL ? -1 : event_type(name);
	struct event event = { .wall = record_number(in, "at") };

	if (execution == NULL)
		return -1;
	if (type == -1)
		return err_set(err, "\"type\" is no type of an event");
	if (record_number(in, "id") != (int64_t)execution->event_count + 1)
		return err_set(err, "\"id\" is not that of the next event");
	if (event.wall == -1 || attributes == NULL ||
	    !json_is_object(attributes, strlen(attributes)))
		return err_set(err, "an event is not what it should be");
	event.type = (enum event_type)type;
	event.attributes = (char *)(uintptr_t)attributes;
	event_restore(execution, &event);
	if (restore->latest < event.wall)
		restore->latest = event.wall;
	return 0;
}

/* ---- tasks and timers ---------------------------------------------------- */

static int
read_activity(struct restore *restore, const cJSON *in, struct err *err)
{
	struct execution *execution = get_execution(restore, in, err);
	uint64_t number;

	if (execution == NULL)
		return -1;
	number = new_number(restore, in, "task", err);
	if (number == 0)
		return -1;
	return read_members(restore, RECORD_ACTIVITY, in,
	    activity_blank(restore->service, execution, number), err);
}

static struct task *
get_task(const struct restore *restore, const cJSON *in, enum task_kind kind,
    struct err *err)
{
	struct task *task = get(&restore->service->tasks, in, "task", err);

	if (task == NULL || task->kind == kind)
		return task;
	(void)err_set(err, "\"task\" is one of the other kind");
	return NULL;
}

static int
read_attempt(struct restore *restore, const cJSON *in, struct err *err)
{
	struct task *task = get_task(restore, in, TASK_ACTIVITY, err);

	if (task == NULL)
		return -1;
	return read_members(restore, RECORD_ATTEMPT, in, task, err);
}

/* It is written whole each time, so it may be there already. */
static struct decision *
get_decision(struct restore *restore, const cJSON *in, struct err *err)
{
	struct execution *execution = get_execution(restore, in, err);
	int64_t number = record_number(in, "task");
	uint64_t task;

	if (execution == NULL)
		return NULL;
	if (number > 0 && table_get_number(&restore->service->tasks,
			      (uint64_t)number) != NULL) {
		struct task *known = get_task(restore, in, TASK_DECISION, err);

		if (known != NULL && known->execution == execution)
			return (struct decision *)known;
		(void)err_set(err, "\"task\" is that of another execution");
		return NULL;
	}
	if (execution->waiting != NULL) {
		(void)err_set(err, "an execution has two decision tasks");
		return NULL;
	}
	task = new_number(restore, in, "task", err);
	return task == 0 ? NULL
			 : decision_blank(restore->service, execution, task);
}

static int
read_decision(struct restore *restore, const cJSON *in, struct err *err)
{
	struct decision *decision = get_decision(restore, in, err);
	struct execution *execution;

	if (decision == NULL ||
	    read_members(restore, RECORD_DECISION, in, decision, err) == -1)
		return -1;
	execution = decision->task.execution;
	decision->task.timer.at = record_due(in, restore->service);
	if (decision->task.started_id == 0 || execution->working == decision)
		return 0;
	if (execution->working != NULL)
		return err_set(err, "an execution has two decision tasks that "
				    "are started");
	execution->waiting = NULL;
	execution->working = decision;
	return 0;
}

static int
read_timer(struct restore *restore, const cJSON *in, struct err *err)
{
	struct execution *execution = get_execution(restore, in, err);
	struct workflow_timer *timer;
	struct table_key key;
	uint64_t number;

	if (execution == NULL)
		return -1;
	number = new_number(restore, in, "timer", err);
	if (number == 0)
		return -1;
	timer = workflow_timer_blank(execution, number);
	table_key_number(&key, number);
	table_add(&restore->timers, &key, timer);
	return read_members(restore, RECORD_TIMER, in, timer, err);
}

static int
read_gone(struct restore *restore, const cJSON *in, struct err *err)
{
	struct service *service = restore->service;
	int64_t number = record_number(in, "number");
	struct workflow_timer *timer;
	struct table_key key;
	struct task *task;

	if (number < 1)
		return err_set(err, "\"number\" is none");
	table_key_number(&key, (uint64_t)number);
	task = table_get(&service->tasks, &key);
	timer = table_remove(&restore->timers, &key);
	if (timer != NULL)
		workflow_timer_remove(service, timer);
	else if (task == NULL)
		return err_set(err, "\"number\" is nothing known");
	else if (task->kind == TASK_ACTIVITY)
		activity_remove(service, (struct activity *)task);
	else
		decision_remove(service, (struct decision *)task);
	return 0;
}

/* ---- steps --------------------------------------------------------------- */

static const struct {
	const char *is;
	int (*read)(struct restore *restore, const cJSON *in, struct err *err);
} readers[] = {
	{ "header", read_header },
	{ "domain", read_domain },
	{ "type", read_type },
	{ "execution", read_execution },
	{ "status", read_status },
	{ "event", read_event },
	{ "activity", read_activity },
	{ "attempt", read_attempt },
	{ "decision", read_decision },
	{ "timer", read_timer },
	{ "gone", read_gone },
};

static int
read_record(struct restore *restore, const cJSON *in, struct err *err)
{
	const char *is = member_string(in, "is");

	if (!restore->has_header && (is == NULL || strcmp(is, "header") != 0))
		return err_set(err, "does not begin with a header");
	for (size_t i = 0; i < sizeof(readers) / sizeof(readers[0]); i++)
		if (is != NULL && strcmp(readers[i].is, is) == 0)
			return readers[i].read(restore, in, err);
	return err_set(err, "\"is\" is no kind of record");
}

void
restore_begin(struct restore *restore, struct service *service, int64_t now)
{
	*restore = (struct restore){ .service = service, .now = now };
	table_init(&restore->timers, &service->secret);
}

int
restore_step(void *arg, const char *json, size_t len, struct err *err)
{
	struct restore *restore = arg;
	cJSON *list = cJSON_ParseWithLength(json, len);
	const cJSON *record;
	int result =
	    cJSON_IsArray(list) ? 0 : err_set(err, "is no list of records");

	cJSON_ArrayForEach (record, list) {
		if (result == 0)
			result = read_record(restore, record, err);
	}
	cJSON_Delete(list);
	return result;
}

/* ---- the end ------------------------------------------------------------- */

void
restore_clear(struct restore *restore)
{
	table_clear(&restore->timers);
}

int
restore_end(struct restore *restore, struct err *err)
{
	struct service *service = restore->service;

	if (!restore->has_header)
		return err_set(err, "has no header");
	service->instant =
	    instant_min(restore->latest - service->wall_offset, restore->now);
	return resume(service, err);
}
