/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "aws/address.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "aws/profile.h"
#include "aws/said.h"

/* What a service is called where it has an endpoint of its own. */
static const struct {
	const char *variable;
	const char *section; /* of [services NAME] */
} services[] = {
	[ENDPOINT_SWF] = { "AWS_ENDPOINT_URL_SWF", "swf" },
	[ENDPOINT_STS] = { "AWS_ENDPOINT_URL_STS", "sts" },
	[ENDPOINT_SSO] = { "AWS_ENDPOINT_URL_SSO", "sso" },
	[ENDPOINT_OIDC] = { "AWS_ENDPOINT_URL_SSO_OIDC", "sso_oidc" },
};

/* Not in the profile's services section, where a mistake is an error. */
static int
find_in_services(struct said *said, enum endpoint_service service,
    const struct profiles *profiles, struct err *err)
{
	const char *profile = profiles_name(profiles);
	const char *url;

	if (profiles_service_url(profiles, profile, services[service].section,
		&url, err) == -1)
		return -1;
	if (url == NULL)
		return 0;
	said->value = url;
	(void)snprintf(said->source, SAID_SOURCE,
	    "services %.80s of profile '%.40s'",
	    profiles_get(profiles, profile, "services"), profile);
	return 0;
}

static int
find_url(struct said *said, const struct address_wish *wish,
    const struct profiles *profiles, struct err *err)
{
	bool ignore;

	said->value = NULL;
	if (said_in_option(said, "--endpoint-url", wish->url))
		return 0;
	if (said_switch(&ignore, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
		"ignore_configured_endpoint_urls", profiles, err) == -1)
		return -1;
	if (ignore ||
	    said_in_environment(said, services[wish->service].variable) ||
	    said_in_environment(said, "AWS_ENDPOINT_URL"))
		return 0;
	if (find_in_services(said, wish->service, profiles, err) == -1)
		return -1;
	if (said->value == NULL)
		(void)said_in_profile(said, profiles, "endpoint_url");
	return 0;
}

/* "legacy" or "regional"; nobody says either: regional. */
static int
find_global(bool *global, const struct profiles *profiles, struct err *err)
{
	struct said said;

	*global = false;
	if (!said_in_environment(&said, "AWS_STS_REGIONAL_ENDPOINTS") &&
	    !said_in_profile(&said, profiles, "sts_regional_endpoints"))
		return 0;
	*global = strcasecmp(said.value, "legacy") == 0;
	if (*global || strcasecmp(said.value, "regional") == 0)
		return 0;
	return err_set(err, "%s: '%s' is neither regional nor legacy",
	    said.source, said.value);
}

/* All of it comes together in endpoint_make(). */
int
address_find(struct endpoint *endpoint, const struct address_wish *wish,
    const struct profiles *profiles, struct err *err)
{
	struct endpoint_wish found = { .service = wish->service,
		.region = wish->region,
		.region_source = wish->region_source,
		.allow_plain = wish->allow_plain };
	struct said url;

	if (find_url(&url, wish, profiles, err) == -1 ||
	    said_switch(&found.fips, "AWS_USE_FIPS_ENDPOINT",
		"use_fips_endpoint", profiles, err) == -1 ||
	    said_switch(&found.dualstack, "AWS_USE_DUALSTACK_ENDPOINT",
		"use_dualstack_endpoint", profiles, err) == -1)
		return -1;
	if (wish->service == ENDPOINT_STS &&
	    find_global(&found.global, profiles, err) == -1)
		return -1;
	found.url = url.value;
	found.url_source = url.source;
	return endpoint_make(endpoint, &found, err);
}
