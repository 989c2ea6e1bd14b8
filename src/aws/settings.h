/* SPDX-License-Identifier: MIT */
/*
 * Everything the service options say, from all the places where it can be
 * said: the command line, the AWS_* environment, the two AWS files.
 *
 *	struct aws_settings settings;
 *
 *	if (aws_settings_load(&settings, &options, &err) == -1)
 *		... misuse: err.text is the line to print
 *	http_config.ca_file = settings.ca_file;
 *	http_config.ca_dir = settings.ca_dir;
 *	http_config.allow_plain = !settings.endpoint.tls;
 *	swf_config.endpoint = &settings.endpoint;
 *	keeper = keeper_new(settings.source);
 *	settings.source = NULL;
 *	...
 *	aws_settings_clear(&settings);
 *
 * Order, the first that is set wins; a variable that is empty is not set:
 *
 *	region    --region, AWS_REGION, AWS_DEFAULT_REGION, profile's region
 *	endpoint  --endpoint-url; unless AWS_IGNORE_CONFIGURED_ENDPOINT_URLS
 *	          is true: AWS_ENDPOINT_URL_SWF, AWS_ENDPOINT_URL, the
 *	          profile's services section, the profile's endpoint_url;
 *	          else made from the region
 *	FIPS      AWS_USE_FIPS_ENDPOINT, profile's use_fips_endpoint
 *	dual      AWS_USE_DUALSTACK_ENDPOINT, profile's use_dualstack_endpoint
 *	CA        --ca-bundle, AWS_CA_BUNDLE, profile's ca_bundle,
 *	          CURL_CA_BUNDLE, SSL_CERT_FILE, SSL_CERT_DIR, the system's
 *
 * A CA that was named must be there, be readable and hold a certificate; for
 * an http:// endpoint only what --ca-bundle names is looked at.
 */
#ifndef AWS_SETTINGS_H
#define AWS_SETTINGS_H

#include <stdbool.h>

#include "aws/endpoint.h"
#include "base/err.h"

struct source;

/* As given on the command line; NULL: not given. */
struct aws_options {
	const char *region;
	const char *endpoint_url;
	const char *profile;
	const char *ca_bundle;
	bool no_sign_request;
	bool allow_plain_http;
};

struct aws_settings {
	struct endpoint endpoint;
	bool no_sign_request;
	/* Of credentials, not asked yet; NULL with no_sign_request.  Who takes
	 * it over sets it to NULL. */
	struct source *source;
	char *ca_file;              /* absolute; NULL: none named */
	char *ca_dir;               /* absolute; NULL: none named */
	char *ca_source;            /* who named it; NULL: nobody did */
	char *profile;              /* name of the profile in use */
	const char *profile_source; /* who named it; NULL: nobody did */
};

/* What is wrong with each part; an empty text: nothing. */
struct aws_problems {
	struct err files; /* then nothing else was looked at */
	struct err endpoint;
	struct err ca;
	struct err credentials;
};

/* Returns 0, or -1 with "err", which says what is wrong and what is right. */
int aws_settings_load(struct aws_settings *settings,
    const struct aws_options *options, struct err *err);

/*
 * The same, but goes on after what is wrong, for somebody who wants to see
 * all of it.  aws_settings_clear() in any case.
 */
int aws_settings_look(struct aws_settings *settings,
    const struct aws_options *options, struct aws_problems *problems);

/* Overwrites secrets and frees. */
void aws_settings_clear(struct aws_settings *settings);

#endif
