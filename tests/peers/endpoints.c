/* SPDX-License-Identifier: MIT */
/*
 * Makes endpoints for endpoints.py to compare: for each line of standard
 * input, "SERVICE REGION FIPS DUALSTACK GLOBAL URL" with 0 or 1 for the three
 * and "-" for no URL, one line with URL and signing region, or "refused".
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aws/endpoint.h"

static const char *const services[] = {
	[ENDPOINT_SWF] = "swf",
	[ENDPOINT_STS] = "sts",
	[ENDPOINT_SSO] = "sso",
	[ENDPOINT_OIDC] = "sso-oidc",
};

static enum endpoint_service
service_of(const char *name)
{
	for (size_t i = 0; i < sizeof(services) / sizeof(services[0]); i++)
		if (strcmp(services[i], name) == 0)
			return (enum endpoint_service)i;
	(void)fprintf(stderr, "endpoints: no service '%s'\n", name);
	exit(1);
}

int
main(void)
{
	char service[16], region[128], url[256];
	int fips, dualstack, global;

	while (scanf("%15s %127s %d %d %d %255s", service, region, &fips,
		   &dualstack, &global, url) == 6) {
		const struct endpoint_wish wish = {
			.service = service_of(service),
			.region = region,
			.region_source = "region",
			.url = strcmp(url, "-") == 0 ? NULL : url,
			.url_source = "url",
			.fips = fips == 1,
			.dualstack = dualstack == 1,
			.global = global == 1,
		};
		struct endpoint endpoint;
		struct err err;

		if (endpoint_make(&endpoint, &wish, &err) == 0)
			(void)printf("%s %s\n", endpoint.url, endpoint.region);
		else
			(void)printf("refused\n");
	}
	return 0;
}
