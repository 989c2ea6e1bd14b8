/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "tend/service.h"

#include "aws/http.h"
#include "aws/keeper.h"
#include "aws/swf.h"
#include "tend/options.h"

/* Settings, HTTP and client. */
int
service_open(struct service *service, const struct options *options,
    struct err *err)
{
	struct aws_options asked = {
		.region = options->region,
		.endpoint_url = options->endpoint_url,
		.profile = options->profile,
		.ca_bundle = options->ca_bundle,
		.no_sign_request = options->no_sign_request,
		.allow_plain_http = options->allow_plain_http,
	};
	struct http_config http = { .user_agent = "tend/" PACKAGE_VERSION };
	struct swf_client_config client = {
		.endpoint = &service->settings.endpoint,
	};

	if (aws_settings_load(&service->settings, &asked, err) == -1)
		return -1;
	http.ca_file = service->settings.ca_file;
	http.ca_dir = service->settings.ca_dir;
	http.allow_plain = !service->settings.endpoint.tls;
	service->http = http_new(&http, err);
	if (service->http == NULL)
		return -1;
	client.http = service->http;
	if (service->settings.source != NULL)
		service->keeper = keeper_new(service->settings.source);
	service->settings.source = NULL;
	client.keeper = service->keeper;
	service->client = swf_client_new(&client);
	return 0;
}

/* In the order in which they depend on each other. */
void
service_close(struct service *service)
{
	swf_client_free(service->client);
	keeper_free(service->keeper);
	http_free(service->http);
	aws_settings_clear(&service->settings);
}
