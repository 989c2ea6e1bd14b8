/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "tend/service.h"

#include <sys/prctl.h>

#include "aws/http.h"
#include "aws/keeper.h"
#include "aws/swf.h"
#include "base/instant.h"
#include "tend/options.h"

/*
 * Keys are in many places: in libcurl's buffers and OpenSSL's, on the stack,
 * in the environment.  So what they never get into is a core dump of tend's,
 * and nobody but root may look into its memory.  An execve() undoes it: what
 * a command dumps is its own affair.
 *
 * N.B. The leak sanitizer traces this process from within.
 */
static void
keep_secrets(void)
{
#ifndef SANITIZED
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
}

static struct aws_options
asked_of(const struct options *options)
{
	return (struct aws_options){
		.region = options->region,
		.endpoint_url = options->endpoint_url,
		.profile = options->profile,
		.ca_bundle = options->ca_bundle,
		.no_sign_request = options->no_sign_request,
		.allow_plain_http = options->allow_plain_http,
	};
}

static int
open_http(struct service *service, struct err *err)
{
	const struct http_config config = {
		.user_agent = "tend/" PACKAGE_VERSION,
		.ca_file = service->settings.ca_file,
		.ca_dir = service->settings.ca_dir,
		.allow_plain = !service->settings.endpoint.tls,
	};

	service->http = http_new(&config, err);
	return service->http == NULL ? -1 : 0;
}

/* What is wrong with the settings is for the caller to see. */
int
service_look(struct service *service, const struct options *options,
    struct aws_problems *problems, struct err *err)
{
	const struct aws_options asked = asked_of(options);

	keep_secrets();
	(void)aws_settings_look(&service->settings, &asked, problems);
	return open_http(service, err);
}

/* Settings, HTTP and client. */
int
service_open(struct service *service, const struct options *options,
    struct err *err)
{
	const struct aws_options asked = asked_of(options);
	struct swf_client_config client = {
		.endpoint = &service->settings.endpoint,
	};

	if (aws_settings_load(&service->settings, &asked, err) == -1 ||
	    open_http(service, err) == -1)
		return -1;
	client.http = service->http;
	if (service->settings.source != NULL) {
		keep_secrets();
		service->keeper = keeper_new(service->settings.source);
	}
	service->settings.source = NULL;
	client.keeper = service->keeper;
	service->client = swf_client_new(&client);
	return 0;
}

static void
on_timer(void *arg)
{
	keeper_tick(arg);
}

static void
on_wake(void *arg, int64_t at)
{
	struct service *service = arg;

	loop_timer_set(service->world.loop, &service->keeper_timer, at);
}

/* Asks for credentials, where that takes time. */
void
service_start(struct service *service, struct loop *loop,
    const struct inherited *inherited)
{
	world_init(&service->world, service->http, loop, inherited);
	if (service->keeper == NULL)
		return;
	service->keeper_timer.call = on_timer;
	service->keeper_timer.arg = service->keeper;
	keeper_start(service->keeper, &service->world.aws, on_wake, service);
}

/* The keeper first: it may have a program run. */
void
service_stop(struct service *service)
{
	if (service->world.loop == NULL)
		return;
	keeper_stop(service->keeper);
	loop_timer_set(service->world.loop, &service->keeper_timer,
	    INSTANT_NEVER);
	world_clear(&service->world);
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
