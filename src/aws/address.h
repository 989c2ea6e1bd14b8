/* SPDX-License-Identifier: MIT */
/*
 * Where a service is, from all the places where that can be said: SWF, and
 * the services that hand out credentials.
 *
 * Order, the first that is set wins:
 *
 *	--endpoint-url                       (SWF only)
 *	AWS_ENDPOINT_URL_SWF, _STS, _SSO, _SSO_OIDC
 *	AWS_ENDPOINT_URL
 *	the [services] section of the profile in use: swf, sts, sso, sso_oidc
 *	the profile's endpoint_url
 *	made from the region
 *
 * All but the first and the last are left out if
 * AWS_IGNORE_CONFIGURED_ENDPOINT_URLS or the profile's
 * ignore_configured_endpoint_urls is true.  FIPS and dual-stack endpoints are
 * asked for by AWS_USE_FIPS_ENDPOINT, AWS_USE_DUALSTACK_ENDPOINT and the
 * profile's use_fips_endpoint, use_dualstack_endpoint.
 *
 * STS is asked in the region, unless AWS_STS_REGIONAL_ENDPOINTS or the
 * profile's sts_regional_endpoints is "legacy".
 */
#ifndef AWS_ADDRESS_H
#define AWS_ADDRESS_H

#include <stdbool.h>

#include "aws/endpoint.h"
#include "base/err.h"

struct profiles;

struct address_wish {
	enum endpoint_service service;
	const char *region; /* NULL: nobody said one */
	const char *region_source;
	const char *url; /* of --endpoint-url; NULL */
	bool allow_plain;
};

/* Returns 0, or -1 with "err". */
int address_find(struct endpoint *endpoint, const struct address_wish *wish,
    const struct profiles *profiles, struct err *err);

#endif
