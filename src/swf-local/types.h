/* SPDX-License-Identifier: MIT */
/*
 * Activity types and workflow types: names with versions and defaults.  Like
 * a domain, a type is registered or deprecated, and never deleted.
 */
#ifndef SWF_LOCAL_TYPES_H
#define SWF_LOCAL_TYPES_H

#include "swf-local/state.h"

/* RegisterActivityType, RegisterWorkflowType */
void type_register_activity(struct service *service, struct call *call);
void type_register_workflow(struct service *service, struct call *call);

/* DescribeActivityType, DescribeWorkflowType */
void type_describe_activity(struct service *service, struct call *call);
void type_describe_workflow(struct service *service, struct call *call);

/* ListActivityTypes, ListWorkflowTypes */
void type_list_activities(struct service *service, struct call *call);
void type_list_workflows(struct service *service, struct call *call);

/* DeprecateActivityType, DeprecateWorkflowType, Undeprecate... */
void type_deprecate_activity(struct service *service, struct call *call);
void type_deprecate_workflow(struct service *service, struct call *call);
void type_undeprecate_activity(struct service *service, struct call *call);
void type_undeprecate_workflow(struct service *service, struct call *call);

/* The type with the name and version in {"name":...,"version":...}, or NULL. */
struct type *type_find(const struct service *service, enum type_kind kind,
    const struct domain *domain, const cJSON *named);

/* Deprecates all types of a domain that are not deprecated yet. */
void types_deprecate(struct service *service, struct domain *domain);

/* Makes a type known that has its domain, kind and names. */
void type_add(struct service *service, struct type *type);

/* Whether nothing new may be made of it: itself or its domain is deprecated. */
int type_is_deprecated(const struct type *type);

void type_free(struct type *type);

#endif
