/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "swf-local/domains.h"

#include <stdlib.h>

#include "base/mem.h"
#include "swf-local/validate.h"

enum { TAGS_MAX = 50 };

void
domain_free(struct domain *domain)
{
	free(domain->name);
	free(domain->description);
	free(domain->retention);
	free(domain->tags);
	free(domain);
}

struct domain *
domain_of(struct service *service, struct call *call)
{
	const char *name = member_string(call->in, "domain");
	struct domain *domain =
	    table_get_string(&service->domains, name, NULL, NULL);

	if (domain == NULL)
		answer_fault(&call->out, FAULT_UNKNOWN_RESOURCE,
		    "Unknown domain: %s", name);
	return domain;
}

void
domain_register(struct service *service, struct call *call)
{
	const cJSON *in = call->in;
	const cJSON *tags = member_get(in, "tags");
	const char *name = member_string(in, "name");
	struct domain *domain;
	struct table_key key;

	if (table_get_string(&service->domains, name, NULL, NULL) != NULL) {
		answer_fault(&call->out, FAULT_DOMAIN_ALREADY_EXISTS, "%s",
		    name);
		return;
	}
	if (cJSON_GetArraySize(tags) > TAGS_MAX) {
		answer_fault(&call->out, FAULT_TOO_MANY_TAGS,
		    "More than %d tags", TAGS_MAX);
		return;
	}
	domain = mem_new(1, sizeof(*domain));
	domain->name = mem_string(name);
	domain->description = copy_or_null(member_string(in, "description"));
	domain->retention = mem_string(member_string(in,
	    "workflowExecutionRetentionPeriodInDays"));
	if (tags != NULL)
		domain->tags = cJSON_PrintUnformatted(tags);
	table_key(&key, name, NULL, NULL);
	table_add(&service->domains, &key, domain);
	table_key_free(&key);
}
