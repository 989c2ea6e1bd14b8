/* SPDX-License-Identifier: MIT */
/*
 * Activity types and workflow types: names with versions and defaults.
 */
#ifndef SWF_LOCAL_TYPES_H
#define SWF_LOCAL_TYPES_H

#include "swf-local/state.h"

/* RegisterActivityType, RegisterWorkflowType */
void type_register_activity(struct service *service, struct call *call);
void type_register_workflow(struct service *service, struct call *call);

/* The type with the name and version in {"name":...,"version":...}, or NULL. */
struct type *type_find(const struct service *service, enum type_kind kind,
    const struct domain *domain, const cJSON *named);

/* Whether nothing new may be made of it: itself or its domain is deprecated. */
int type_is_deprecated(const struct type *type);

void type_free(struct type *type);

#endif
