/* SPDX-License-Identifier: MIT */
/*
 * Where requests go: region and endpoint, checked and made into a URL.
 *
 * Pure: what the user wants comes in as text along with the name of where
 * it was said ("--endpoint-url", "AWS_REGION", "profile 'x'"), which errors
 * name.  aws/settings.h collects it.
 *
 * A region is 1 to 63 of a-z, 0-9 and "-", not digits alone and without a "-"
 * at its ends: it becomes a label of a host name.  It is needed, because it
 * is part of every signature; only an endpoint on this machine (127.0.0.0/8,
 * [::1], localhost) does without: then it is us-east-1.
 *
 * An endpoint is http:// or https://, host, optional port, optional "/".
 * http:// to any host but this one is refused unless allowed by
 * "allow_plain".  Without an endpoint it follows from the region, as in the
 * AWS SDKs' rules for SWF and for the services that hand out credentials.
 */
#ifndef AWS_ENDPOINT_H
#define AWS_ENDPOINT_H

#include <stdbool.h>

#include "base/err.h"

enum {
	ENDPOINT_REGION = 64,
	ENDPOINT_HOST = 272,
	ENDPOINT_URL = 288,
	ENDPOINT_SOURCE = 160
};

enum endpoint_service {
	ENDPOINT_SWF,
	ENDPOINT_STS,
	ENDPOINT_SSO, /* IAM Identity Center, its portal for credentials */
	ENDPOINT_OIDC /* and its tokens */
};

struct endpoint_wish {
	enum endpoint_service service;
	const char *region; /* NULL: not said */
	const char *region_source;
	const char *url; /* NULL: not said */
	const char *url_source;
	bool fips;
	bool dualstack;
	bool allow_plain;
	/* STS's one endpoint for the world, in the older regions: requests to
	 * it are signed for us-east-1. */
	bool global;
};

/* A plain value: copy it by assignment. */
struct endpoint {
	char url[ENDPOINT_URL];   /* "https://swf.us-east-1.amazonaws.com/" */
	char host[ENDPOINT_HOST]; /* of the Host header, as it is signed */
	char region[ENDPOINT_REGION];
	bool tls;
	bool loopback;
	/* For people: where these were said, or that they were worked out. */
	char url_source[ENDPOINT_SOURCE];
	char region_source[ENDPOINT_SOURCE];
};

/* Returns 0, or -1 with "err". */
int endpoint_make(struct endpoint *endpoint, const struct endpoint_wish *wish,
    struct err *err);

/* Whether "host" (no port, no brackets) is this machine by its spelling. */
bool endpoint_is_loopback(const char *host);

#endif
