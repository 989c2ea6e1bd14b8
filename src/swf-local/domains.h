/* SPDX-License-Identifier: MIT */
/*
 * Domains: the name spaces of everything else.
 *
 * A domain is registered or deprecated; it is never deleted.  In a deprecated
 * one nothing new is registered or started.
 */
#ifndef SWF_LOCAL_DOMAINS_H
#define SWF_LOCAL_DOMAINS_H

#include "swf-local/state.h"

/* RegisterDomain, DescribeDomain, ListDomains */
void domain_register(struct service *service, struct call *call);
void domain_describe(struct service *service, struct call *call);
void domain_list(struct service *service, struct call *call);

/* DeprecateDomain, UndeprecateDomain */
void domain_deprecate(struct service *service, struct call *call);
void domain_undeprecate(struct service *service, struct call *call);

/*
 * The domain that the request names as "domain"; NULL with the answer set to
 * the fault if there is none.
 */
struct domain *domain_of(struct service *service, struct call *call);

/* The domain of that name; NULL with the fault set if there is none. */
struct domain *domain_find(struct service *service, const char *name,
    struct answer *out);

/* The service's word for registered or deprecated. */
const char *registration_status(int deprecated);

/* Makes a domain known that has its name. */
void domain_add(struct service *service, struct domain *domain);

void domain_free(struct domain *domain);

#endif
