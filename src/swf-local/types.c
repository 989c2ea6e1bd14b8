/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "swf-local/types.h"

#include <stdlib.h>

#include "base/mem.h"
#include "swf-local/domains.h"
#include "swf-local/validate.h"

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

static void
register_type(struct service *service, struct call *call, enum type_kind kind)
{
	const cJSON *in = call->in;
	struct domain *domain = domain_of(service, call);
	struct table_key key;
	struct type *type;

	if (domain == NULL)
		return;
	if (type_find(service, kind, domain, in) != NULL) {
		answer_fault(&call->out, FAULT_TYPE_ALREADY_EXISTS,
		    "%s=[name=%s, version=%s]",
		    kind == TYPE_ACTIVITY ? "ActivityType" : "WorkflowType",
		    member_string(in, "name"), member_string(in, "version"));
		return;
	}
	type = mem_new(1, sizeof(*type));
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
	table_key(&key, domain->name, type->name, type->version);
	table_add(&service->types[kind], &key, type);
	table_key_free(&key);
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
