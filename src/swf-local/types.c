/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "swf-local/types.h"

#include <stdlib.h>

#include "base/mem.h"
#include "swf-local/domains.h"
#include "swf-local/emit.h"
#include "swf-local/names.h"
#include "swf-local/persist.h"
#include "swf-local/validate.h"

/* What the service calls each kind. */
static const struct {
	const char *name;
	const char *member; /* of requests and answers */
} kinds[TYPE_KINDS] = {
	[TYPE_ACTIVITY] = { "ActivityType", "activityType" },
	[TYPE_WORKFLOW] = { "WorkflowType", "workflowType" },
};

static const char *const default_timeouts[ACTIVITY_TIMEOUTS] = {
	[SCHEDULE_TO_START] = "defaultTaskScheduleToStartTimeout",
	[SCHEDULE_TO_CLOSE] = "defaultTaskScheduleToCloseTimeout",
	[START_TO_CLOSE] = "defaultTaskStartToCloseTimeout",
	[HEARTBEAT] = "defaultTaskHeartbeatTimeout",
};

void
type_free(struct type *type)
{
	free(type->name);
	free(type->version);
	free(type->description);
	free(type->task_list);
	free(type->priority);
	for (int i = 0; i < ACTIVITY_TIMEOUTS; i++)
		free(type->timeouts[i]);
	free(type->execution_timeout);
	free(type->decision_timeout);
	free(type->child_policy);
	free(type->lambda_role);
	free(type);
}

struct type *
type_find(const struct service *service, enum type_kind kind,
    const struct domain *domain, const cJSON *named)
{
	return table_get_string(&service->types[kind], domain->name,
	    member_string(named, "name"), member_string(named, "version"));
}

int
type_is_deprecated(const struct type *type)
{
	return type->deprecated || type->domain->deprecated;
}

static char *
copy_member(const cJSON *in, const char *name)
{
	return copy_or_null(member_string(in, name));
}

static void
copy_activity_defaults(struct type *type, const cJSON *in)
{
	for (int i = 0; i < ACTIVITY_TIMEOUTS; i++)
		type->timeouts[i] = copy_member(in, default_timeouts[i]);
}

static void
copy_workflow_defaults(struct type *type, const cJSON *in)
{
	type->execution_timeout =
	    copy_member(in, "defaultExecutionStartToCloseTimeout");
	type->decision_timeout =
	    copy_member(in, "defaultTaskStartToCloseTimeout");
	type->child_policy = copy_member(in, "defaultChildPolicy");
	type->lambda_role = copy_member(in, "defaultLambdaRole");
}

/* A fault whose message is the type's kind, name and version. */
static void
refuse(struct call *call, enum fault fault, enum type_kind kind,
    const cJSON *named)
{
	answer_fault(&call->out, fault, "%s%s=[name=%s, version=%s]",
	    fault == FAULT_UNKNOWN_RESOURCE ? "Unknown type: " : "",
	    kinds[kind].name, member_string(named, "name"),
	    member_string(named, "version"));
}

static struct type *
new_type(struct service *service, enum type_kind kind, struct domain *domain,
    const cJSON *in)
{
	struct type *type = mem_new(1, sizeof(*type));

	type->kind = kind;
	type->domain = domain;
	type->name = copy_member(in, "name");
	type->version = copy_member(in, "version");
	type->description = copy_member(in, "description");
	type->created = service_wall(service);
	type->task_list = copy_or_null(member_name(in, "defaultTaskList"));
	type->priority = copy_member(in, "defaultTaskPriority");
	if (kind == TYPE_ACTIVITY)
		copy_activity_defaults(type, in);
	else
		copy_workflow_defaults(type, in);
	return type;
}

void
type_add(struct service *service, struct type *type)
{
	struct table_key key;

	table_key(&key, type->domain->name, type->name, type->version);
	table_add(&service->types[type->kind], &key, type);
	table_key_free(&key);
	names_add(&type->domain->types[type->kind], type->name, type->version,
	    type);
}

static void
register_type(struct service *service, struct call *call, enum type_kind kind)
{
	struct domain *domain = domain_of(service, call);
	struct type *type;

	if (domain == NULL)
		return;
	if (domain->deprecated) {
		answer_fault(&call->out, FAULT_DOMAIN_DEPRECATED, "%s",
		    domain->name);
		return;
	}
	if (type_find(service, kind, domain, call->in) != NULL) {
		refuse(call, FAULT_TYPE_ALREADY_EXISTS, kind, call->in);
		return;
	}
	type = new_type(service, kind, domain, call->in);
	type_add(service, type);
	persist_changed(service, &type->change, ENTITY_TYPE);
}

void
type_register_activity(struct service *service, struct call *call)
{
	register_type(service, call, TYPE_ACTIVITY);
}

void
type_register_workflow(struct service *service, struct call *call)
{
	register_type(service, call, TYPE_WORKFLOW);
}

/* ---- describing ---------------------------------------------------------- */

/* The type that the request is about; NULL with the fault set. */
static struct type *
type_of(struct service *service, struct call *call, enum type_kind kind)
{
	const cJSON *named = member_get(call->in, kinds[kind].member);
	const struct domain *domain = domain_of(service, call);
	struct type *type;

	if (domain == NULL)
		return NULL;
	type = type_find(service, kind, domain, named);
	if (type == NULL)
		refuse(call, FAULT_UNKNOWN_RESOURCE, kind, named);
	return type;
}

static void
write_info(const struct type *type, const char *key, struct buf *out)
{
	emit_object(out, key);
	if (type->kind == TYPE_ACTIVITY)
		emit_type(out, kinds[TYPE_ACTIVITY].member, type->name,
		    type->version);
	emit_time(out, "creationDate", type->created);
	if (type->deprecated)
		emit_time(out, "deprecationDate", type->deprecated_at);
	emit_string(out, "description", type->description);
	emit_string(out, "status", registration_status(type->deprecated));
	if (type->kind == TYPE_WORKFLOW)
		emit_type(out, kinds[TYPE_WORKFLOW].member, type->name,
		    type->version);
	emit_object_end(out);
}

static void
write_task_defaults(const struct type *type, struct buf *out)
{
	if (type->task_list != NULL)
		emit_name(out, "defaultTaskList", type->task_list);
	emit_string(out, "defaultTaskPriority", type->priority);
}

static void
write_configuration(const struct type *type, struct buf *out)
{
	emit_object(out, "configuration");
	if (type->kind == TYPE_WORKFLOW) {
		emit_string(out, "defaultChildPolicy", type->child_policy);
		emit_string(out, "defaultExecutionStartToCloseTimeout",
		    type->execution_timeout);
		emit_string(out, "defaultLambdaRole", type->lambda_role);
		write_task_defaults(type, out);
		emit_string(out, "defaultTaskStartToCloseTimeout",
		    type->decision_timeout);
	} else {
		emit_string(out, default_timeouts[HEARTBEAT],
		    type->timeouts[HEARTBEAT]);
		write_task_defaults(type, out);
		emit_string(out, default_timeouts[SCHEDULE_TO_CLOSE],
		    type->timeouts[SCHEDULE_TO_CLOSE]);
		emit_string(out, default_timeouts[SCHEDULE_TO_START],
		    type->timeouts[SCHEDULE_TO_START]);
		emit_string(out, default_timeouts[START_TO_CLOSE],
		    type->timeouts[START_TO_CLOSE]);
	}
	emit_object_end(out);
}

static void
describe(struct service *service, struct call *call, enum type_kind kind)
{
	const struct type *type = type_of(service, call, kind);
	struct buf *out = &call->out.body;

	if (type == NULL)
		return;
	emit_object(out, NULL);
	write_configuration(type, out);
	write_info(type, "typeInfo", out);
	emit_object_end(out);
}

void
type_describe_activity(struct service *service, struct call *call)
{
	describe(service, call, TYPE_ACTIVITY);
}

void
type_describe_workflow(struct service *service, struct call *call)
{
	describe(service, call, TYPE_WORKFLOW);
}

static int
is_deprecated(const void *type)
{
	return ((const struct type *)type)->deprecated;
}

static void
list(struct service *service, struct call *call, enum type_kind kind)
{
	const struct domain *domain = domain_of(service, call);
	struct buf *out = &call->out.body;
	struct names_page page;

	if (domain == NULL ||
	    names_collect(call, &domain->types[kind],
		member_string(call->in, "name"), is_deprecated, &page) == -1)
		return;
	emit_object(out, NULL);
	if (page.more)
		paging_next(call, &page.next);
	emit_list(out, "typeInfos");
	for (size_t i = 0; i < page.count; i++)
		write_info(page.items[i], NULL, out);
	emit_list_end(out);
	emit_object_end(out);
}

void
type_list_activities(struct service *service, struct call *call)
{
	list(service, call, TYPE_ACTIVITY);
}

void
type_list_workflows(struct service *service, struct call *call)
{
	list(service, call, TYPE_WORKFLOW);
}

/* ---- deprecating --------------------------------------------------------- */

static void
deprecate(struct service *service, struct type *type)
{
	type->deprecated = 1;
	type->deprecated_at = service_wall(service);
	persist_changed(service, &type->change, ENTITY_TYPE);
}

void
types_deprecate(struct service *service, struct domain *domain)
{
	for (int kind = 0; kind < TYPE_KINDS; kind++) {
		const struct names *names = &domain->types[kind];

		for (size_t i = 0; i < names->count; i++) {
			struct type *type = names->rows[i].item;

			if (!type->deprecated)
				deprecate(service, type);
		}
	}
}

static void
deprecate_type(struct service *service, struct call *call, enum type_kind kind)
{
	struct type *type = type_of(service, call, kind);

	if (type == NULL)
		return;
	if (type->deprecated)
		refuse(call, FAULT_TYPE_DEPRECATED, kind,
		    member_get(call->in, kinds[kind].member));
	else
		deprecate(service, type);
}

void
type_deprecate_activity(struct service *service, struct call *call)
{
	deprecate_type(service, call, TYPE_ACTIVITY);
}

void
type_deprecate_workflow(struct service *service, struct call *call)
{
	deprecate_type(service, call, TYPE_WORKFLOW);
}

static void
undeprecate_type(struct service *service, struct call *call,
    enum type_kind kind)
{
	struct type *type = type_of(service, call, kind);

	if (type == NULL)
		return;
	if (!type->deprecated)
		refuse(call, FAULT_TYPE_ALREADY_EXISTS, kind,
		    member_get(call->in, kinds[kind].member));
	type->deprecated = 0;
	persist_changed(service, &type->change, ENTITY_TYPE);
}

void
type_undeprecate_activity(struct service *service, struct call *call)
{
	undeprecate_type(service, call, TYPE_ACTIVITY);
}

void
type_undeprecate_workflow(struct service *service, struct call *call)
{
	undeprecate_type(service, call, TYPE_WORKFLOW);
}
