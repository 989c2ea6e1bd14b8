/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "swf-local/domains.h"

#include <stdlib.h>

#include "base/mem.h"
#include "swf-local/emit.h"
#include "swf-local/names.h"
#include "swf-local/persist.h"
#include "swf-local/tags.h"
#include "swf-local/types.h"
#include "swf-local/validate.h"
#include "swf-local/visibility.h"

void
domain_free(struct domain *domain)
{
	for (int kind = 0; kind < TYPE_KINDS; kind++)
		names_clear(&domain->types[kind]);
	visibility_free(domain);
	free(domain->name);
	free(domain->description);
	free(domain->retention);
	free(domain->tags);
	free(domain);
}

struct domain *
domain_find(struct service *service, const char *name, struct answer *out)
{
	struct domain *domain =
	    table_get_string(&service->domains, name, NULL, NULL);

	if (domain == NULL)
		answer_fault(out, FAULT_UNKNOWN_RESOURCE, "Unknown domain: %s",
		    name);
	return domain;
}

struct domain *
domain_of(struct service *service, struct call *call)
{
	return domain_find(service, member_string(call->in, "domain"),
	    &call->out);
}

/* The domain that the request is about. */
static struct domain *
domain_named(struct service *service, struct call *call)
{
	return domain_find(service, member_string(call->in, "name"),
	    &call->out);
}

void
domain_add(struct service *service, struct domain *domain)
{
	struct table_key key;

	table_init(&domain->views, &service->domains.secret);
	table_key(&key, domain->name, NULL, NULL);
	table_add(&service->domains, &key, domain);
	table_key_free(&key);
	names_add(&service->domain_names, domain->name, "", domain);
}

void
domain_register(struct service *service, struct call *call)
{
	const cJSON *in = call->in;
	const char *name = member_string(in, "name");
	struct domain *domain;
	char *tags;

	if (table_get_string(&service->domains, name, NULL, NULL) != NULL) {
		answer_fault(&call->out, FAULT_DOMAIN_ALREADY_EXISTS, "%s",
		    name);
		return;
	}
	if (tags_merge(NULL, member_get(in, "tags"), &tags, &call->out) == -1)
		return;
	domain = mem_new(1, sizeof(*domain));
	domain->name = mem_string(name);
	domain->description = copy_or_null(member_string(in, "description"));
	domain->retention = mem_string(member_string(in,
	    "workflowExecutionRetentionPeriodInDays"));
	domain->tags = tags;
	domain_add(service, domain);
	persist_changed(service, &domain->change, ENTITY_DOMAIN);
}

/* ---- describing ---------------------------------------------------------- */

const char *
registration_status(int deprecated)
{
	return deprecated ? "DEPRECATED" : "REGISTERED";
}

static void
write_info(const struct domain *domain, const char *key, struct buf *out)
{
	char *arn = domain_arn(domain);

	emit_object(out, key);
	emit_string(out, "arn", arn);
	emit_string(out, "description", domain->description);
	emit_string(out, "name", domain->name);
	emit_string(out, "status", registration_status(domain->deprecated));
	emit_object_end(out);
	free(arn);
}

void
domain_describe(struct service *service, struct call *call)
{
	const struct domain *domain = domain_named(service, call);
	struct buf *out = &call->out.body;

	if (domain == NULL)
		return;
	emit_object(out, NULL);
	emit_object(out, "configuration");
	emit_string(out, "workflowExecutionRetentionPeriodInDays",
	    domain->retention);
	emit_object_end(out);
	write_info(domain, "domainInfo", out);
	emit_object_end(out);
}

static int
is_deprecated(const void *domain)
{
	return ((const struct domain *)domain)->deprecated;
}

void
domain_list(struct service *service, struct call *call)
{
	struct buf *out = &call->out.body;
	struct names_page page;

	if (names_collect(call, &service->domain_names, NULL, is_deprecated,
		&page) == -1)
		return;
	emit_object(out, NULL);
	emit_list(out, "domainInfos");
	for (size_t i = 0; i < page.count; i++)
		write_info(page.items[i], NULL, out);
	emit_list_end(out);
	if (page.more)
		paging_next(call, &page.next);
	emit_object_end(out);
}

/* ---- deprecating --------------------------------------------------------- */

void
domain_deprecate(struct service *service, struct call *call)
{
	struct domain *domain = domain_named(service, call);

	if (domain == NULL)
		return;
	if (domain->deprecated) {
		answer_fault(&call->out, FAULT_DOMAIN_DEPRECATED, "%s",
		    domain->name);
		return;
	}
	domain->deprecated = 1;
	persist_changed(service, &domain->change, ENTITY_DOMAIN);
	types_deprecate(service, domain);
}

void
domain_undeprecate(struct service *service, struct call *call)
{
	struct domain *domain = domain_named(service, call);

	if (domain == NULL)
		return;
	if (!domain->deprecated)
		answer_fault(&call->out, FAULT_DOMAIN_ALREADY_EXISTS, "%s",
		    domain->name);
	domain->deprecated = 0;
	persist_changed(service, &domain->change, ENTITY_DOMAIN);
}
