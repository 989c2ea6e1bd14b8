/* SPDX-License-Identifier: MIT */
/*
 * Domains: the name spaces of everything else.
 */
#ifndef SWF_LOCAL_DOMAINS_H
#define SWF_LOCAL_DOMAINS_H

#include "swf-local/state.h"

/* RegisterDomain */
void domain_register(struct service *service, struct call *call);

/*
 * The domain that the request names as "domain"; NULL with the answer set to
 * the fault if there is none.
 */
struct domain *domain_of(struct service *service, struct call *call);

void domain_free(struct domain *domain);

#endif
