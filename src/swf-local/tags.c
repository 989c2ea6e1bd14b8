/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "swf-local/tags.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "swf-local/domains.h"
#include "swf-local/emit.h"
#include "swf-local/persist.h"
#include "swf-local/validate.h"

enum { ARN_FIELDS = 5, ARN_SERVICE = 2 };

#define ARN_FORMAT "arn:aws:swf:us-east-1:123456789012:/domain/%s"
#define ARN_DOMAIN "/domain/"

char *
domain_arn(const struct domain *domain)
{
	return mem_format(ARN_FORMAT, domain->name);
}

/*
 * The domain's name in "arn:PARTITION:swf:REGION:ACCOUNT:/domain/NAME", or
 * NULL.  Regions and accounts share one name space, so any of them will do.
 */
static const char *
name_in_arn(const char *arn)
{
	for (int i = 0; i < ARN_FIELDS; i++) {
		size_t len = strcspn(arn, ":");

		if (arn[len] == '\0' ||
		    (i == 0 && strncmp(arn, "arn:", 4) != 0) ||
		    (i == ARN_SERVICE && strncmp(arn, "swf:", 4) != 0))
			return NULL;
		arn += len + 1;
	}
	if (strncmp(arn, ARN_DOMAIN, sizeof(ARN_DOMAIN) - 1) != 0)
		return NULL;
	return arn + sizeof(ARN_DOMAIN) - 1;
}

/* The domain that the request is about; NULL with the fault set. */
static struct domain *
resource_of(struct service *service, struct call *call)
{
	const char *arn = member_string(call->in, "resourceArn");
	const char *name = name_in_arn(arn);

	if (name == NULL) {
		answer_fault(&call->out, FAULT_VALIDATION,
		    "Invalid ARN: %s, want "
		    "arn:aws:swf:REGION:ACCOUNT:/domain/NAME",
		    arn);
		return NULL;
	}
	return domain_find(service, name, &call->out);
}

static cJSON *
parse(const char *tags)
{
	return tags == NULL ? cJSON_CreateArray() : cJSON_Parse(tags);
}

/* The list as it is kept; it is deleted. */
static char *
print(cJSON *list)
{
	char *text =
	    cJSON_GetArraySize(list) == 0 ? NULL : cJSON_PrintUnformatted(list);

	cJSON_Delete(list);
	return text;
}

/* The index of the tag with that key, or -1. */
static int
index_of(const cJSON *list, const char *key)
{
	const cJSON *tag;
	int index = 0;

	cJSON_ArrayForEach (tag, list) {
		if (strcmp(member_string(tag, "key"), key) == 0)
			return index;
		index++;
	}
	return -1;
}

/* Only what a tag has is taken over, in the order of its answer. */
static void
set_tag(cJSON *list, const cJSON *from)
{
	const char *key = member_string(from, "key");
	const char *value = member_string(from, "value");
	cJSON *tag = cJSON_CreateObject();
	int index = index_of(list, key);

	(void)cJSON_AddStringToObject(tag, "key", key);
	if (value != NULL)
		(void)cJSON_AddStringToObject(tag, "value", value);
	if (index == -1)
		(void)cJSON_AddItemToArray(list, tag);
	else
		(void)cJSON_ReplaceItemInArray(list, index, tag);
}

int
tags_merge(const char *old, const cJSON *more, char **tags, struct answer *out)
{
	cJSON *list = parse(old);
	const cJSON *tag;

	cJSON_ArrayForEach (tag, more) {
		set_tag(list, tag);
		if (cJSON_GetArraySize(list) > DOMAIN_TAGS_MAX) {
			cJSON_Delete(list);
			answer_fault(out, FAULT_TOO_MANY_TAGS,
			    "More than %d tags", DOMAIN_TAGS_MAX);
			return -1;
		}
	}
	*tags = print(list);
	return 0;
}

void
tags_add(struct service *service, struct call *call)
{
	struct domain *domain = resource_of(service, call);
	char *tags;

	if (domain == NULL ||
	    tags_merge(domain->tags, member_get(call->in, "tags"), &tags,
		&call->out) == -1)
		return;
	free(domain->tags);
	domain->tags = tags;
	persist_changed(service, &domain->change, ENTITY_DOMAIN);
}

void
tags_remove(struct service *service, struct call *call)
{
	struct domain *domain = resource_of(service, call);
	const cJSON *key;
	cJSON *list;

	if (domain == NULL)
		return;
	list = parse(domain->tags);
	cJSON_ArrayForEach (key, member_get(call->in, "tagKeys"))
		cJSON_DeleteItemFromArray(list,
		    index_of(list, key->valuestring));
	free(domain->tags);
	domain->tags = print(list);
	persist_changed(service, &domain->change, ENTITY_DOMAIN);
}

void
tags_list(struct service *service, struct call *call)
{
	const struct domain *domain = resource_of(service, call);
	struct buf *out = &call->out.body;

	if (domain == NULL)
		return;
	emit_object(out, NULL);
	emit_raw(out, "tags", domain->tags == NULL ? "[]" : domain->tags);
	emit_object_end(out);
}
