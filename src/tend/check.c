/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "tend/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aws/credentials.h"
#include "aws/http.h"
#include "aws/keeper.h"
#include "aws/proxy.h"
#include "aws/settings.h"
#include "aws/source.h"
#include "aws/swf.h"
#include "aws/swf_requests.h"
#include "aws/wire.h"
#include "base/clock.h"
#include "base/instant.h"
#include "base/log.h"
#include "base/mem.h"
#include "process/inherited.h"
#include "process/signals.h"
#include "tend/check_report.h"
#include "tend/check_verdict.h"
#include "tend/loop.h"
#include "tend/options.h"
#include "tend/service.h"
#include "tend/world.h"

enum {
	CALL_TIMEOUT = 10 * 1000, /* ms */
	EXIT_CANNOT = 1
};

struct check {
	struct options options;
	struct check_report report;
	struct service service;
	struct aws_problems problems;
	struct proxy proxy;
	struct loop *loop;
	int tries; /* of the credentials' source */
	struct loop_timer timer;
	struct credentials credentials;
	bool have_credentials;
	struct check_call call;
	int status; /* of a failure of our own; 0: none */
};

/* ---- what is configured ---- */

static void
show_profile(struct check *check)
{
	const char *by = check->service.settings.profile_source;

	if (*check->problems.files.text != '\0')
		check_report_blame(&check->report, CHECK_PROFILE, CHECK_FAILED,
		    NULL, "%s", check->problems.files.text);
	else
		check_report_set(&check->report, CHECK_PROFILE, CHECK_OK,
		    by != NULL ? by : "nobody names one", "%s",
		    check->service.settings.profile);
}

static void
show_endpoint(struct check *check)
{
	const struct endpoint *endpoint = &check->service.settings.endpoint;
	struct check_report *report = &check->report;

	if (*endpoint->region != '\0')
		check_report_set(report, CHECK_REGION, CHECK_OK,
		    endpoint->region_source, "%s", endpoint->region);
	if (*check->problems.endpoint.text != '\0')
		check_report_blame(report, CHECK_ENDPOINT, CHECK_FAILED, NULL,
		    "%s", check->problems.endpoint.text);
	else if (*endpoint->url != '\0')
		check_report_set(report, CHECK_ENDPOINT, CHECK_OK,
		    endpoint->url_source, "%s", endpoint->url);
}

static void
show_ca(struct check *check)
{
	const struct aws_settings *settings = &check->service.settings;
	struct check_report *report = &check->report;
	const char *named =
	    settings->ca_file != NULL ? settings->ca_file : settings->ca_dir;

	if (*check->problems.ca.text != '\0')
		check_report_blame(report, CHECK_CA, CHECK_FAILED, NULL, "%s",
		    check->problems.ca.text);
	else if (named != NULL)
		check_report_set(report, CHECK_CA, CHECK_OK,
		    settings->ca_source, "%s", named);
	else if (*settings->endpoint.url != '\0' && !settings->endpoint.tls)
		check_report_set(report, CHECK_CA, CHECK_OK, NULL,
		    "none: http:// is not encrypted");
	else if (*settings->endpoint.url != '\0')
		check_report_set(report, CHECK_CA, CHECK_OK, "the system's",
		    "%s", http_system_ca() == NULL ? "none" : http_system_ca());
}

/* Splits "host:port" of a Host header that endpoint_make() has made. */
static void
find_proxy(struct check *check)
{
	const struct endpoint *endpoint = &check->service.settings.endpoint;
	char host[ENDPOINT_HOST];
	char *port;

	(void)strlcpy(host, endpoint->host, sizeof(host));
	port = strrchr(host, ':');
	if (port != NULL && strchr(port, ']') == NULL)
		*port++ = '\0';
	else
		port = NULL;
	host[strcspn(host, "]")] = '\0';
	proxy_find(&check->proxy, endpoint->tls, host + (*host == '['),
	    port != NULL    ? port
	    : endpoint->tls ? "443"
			    : "80");
}

static void
show_proxy(struct check *check)
{
	struct check_report *report = &check->report;
	struct proxy *proxy = &check->proxy;
	char *text;

	if (*check->service.settings.endpoint.url == '\0')
		return;
	find_proxy(check);
	if (proxy->url != NULL) {
		text = proxy_text(proxy->url);
		check_report_set(report, CHECK_PROXY, CHECK_OK, proxy->variable,
		    "%s", text);
		free(text);
	} else if (proxy->exempt != NULL) {
		text = mem_format("%s, in spite of %s", proxy->exempt,
		    proxy->variable);
		check_report_set(report, CHECK_PROXY, CHECK_OK, text, "none");
		free(text);
	} else {
		check_report_set(report, CHECK_PROXY, CHECK_OK, NULL, "none");
	}
}

/* ---- credentials ---- */

/* "AKIDEXAMPLE until 2026-11-26T18:00:00Z" */
static void
show_credentials(struct check *check)
{
	const struct credentials *credentials = &check->credentials;
	struct check_report *report = &check->report;
	int64_t left = instant_left(credentials->expires_at, clock_wall());
	const char *id = credentials->access_key_id;
	char until[CLOCK_TEXT] = "";

	if (credentials->expires_at != INSTANT_NEVER) {
		clock_format(credentials->expires_at, until);
		(void)strlcpy(until + strcspn(until, "."), "Z", 2);
		check_report_fact(report, CHECK_CREDENTIALS, "expires_at",
		    until);
	}
	check_report_fact(report, CHECK_CREDENTIALS, "access_key_id", id);
	check_report_set(report, CHECK_CREDENTIALS, CHECK_OK,
	    credentials->source, "%s%s%s", id, *until != '\0' ? " until " : "",
	    until);
	if (left == 0)
		check_report_blame(report, CHECK_CREDENTIALS, CHECK_WARNING,
		    "get new ones where they are from, or set this host's "
		    "clock",
		    "by this host's clock they ended at %s", until);
}

static void call_service(struct check *check);

static void
no_credentials(struct check *check, const char *why)
{
	check_report_blame(&check->report, CHECK_CREDENTIALS, CHECK_FAILED,
	    NULL, "%s", why);
	call_service(check);
}

static void on_try(void *arg);

static void
on_credentials(void *arg, const struct source_answer *answer)
{
	struct check *check = arg;
	const struct source_traits *traits =
	    source_traits(check->service.settings.source);

	switch (answer->end) {
	case SOURCE_GIVEN:
		credentials_copy(&check->credentials, answer->credentials);
		check->have_credentials = true;
		show_credentials(check);
		call_service(check);
		return;
	case SOURCE_FAILED:
		if (++check->tries >= traits->tries)
			break;
		check->timer.call = on_try;
		check->timer.arg = check;
		loop_timer_set(check->loop, &check->timer,
		    instant_add(loop_now(check->loop), traits->pause));
		return;
	case SOURCE_DENIED:
		break;
	}
	no_credentials(check, answer->problem.text);
}

static void
on_try(void *arg)
{
	struct check *check = arg;

	source_ask(check->service.settings.source, &check->service.world.aws,
	    on_credentials, check);
}

static void
begin(struct check *check)
{
	if (check->service.settings.no_sign_request) {
		check_report_set(&check->report, CHECK_CREDENTIALS, CHECK_OK,
		    "--no-sign-request", "none");
		call_service(check);
	} else if (check->service.settings.source == NULL) {
		no_credentials(check, check->problems.credentials.text);
	} else {
		on_try(check);
	}
}

/* ---- the call ---- */

static void
on_answer(void *arg, const struct swf_answer *answer)
{
	struct check *check = arg;

	check_verdict(&check->report, &check->call, answer);
	loop_stop(check->loop);
}

static void
make_request(const struct check *check, struct buf *request)
{
	const struct options *options = &check->options;

	if (options->task_list != NULL)
		swf_request_count_pending(request, options->domain,
		    options->task_list);
	else if (options->domain != NULL)
		swf_request_describe_domain(request, options->domain);
	else
		swf_request_list_domains(request, 1);
}

static void
prepare_call(struct check *check)
{
	const struct options *options = &check->options;

	check->call = (struct check_call){
		.operation = options->task_list != NULL
				 ? SWF_COUNT_PENDING_ACTIVITIES
			     : options->domain != NULL ? SWF_DESCRIBE_DOMAIN
						       : SWF_LIST_DOMAINS,
		.domain = options->domain,
		.task_list = options->task_list,
		.endpoint = &check->service.settings.endpoint,
		.probe = !check->have_credentials &&
			 !check->service.settings.no_sign_request,
		.proxy_variable =
		    check->proxy.url == NULL ? NULL : check->proxy.variable,
	};
}

/* With what there is; not at all if there is nowhere to go. */
static void
call_service(struct check *check)
{
	struct service *service = &check->service;
	struct swf_client_config config = {
		.http = service->http,
		.endpoint = &service->settings.endpoint,
	};
	struct buf request = BUF_INIT(SWF_REQUEST_MAX);
	struct err err;

	if (*check->service.settings.endpoint.url == '\0' ||
	    *check->problems.ca.text != '\0') {
		loop_stop(check->loop);
		return;
	}
	prepare_call(check);
	if (check->have_credentials)
		service->keeper = keeper_new(source_known(&check->credentials));
	config.keeper = service->keeper;
	service->client = swf_client_new(&config);
	make_request(check, &request);
	if (swf_send(service->client, check->call.operation, &request,
		CALL_TIMEOUT, on_answer, check, &err) != NULL)
		return;
	log_error("%s", err.text);
	check->status = TEND_EXIT_ERROR;
	loop_stop(check->loop);
}

/* ---- life ---- */

static int
check_words(const struct options *options, struct err *err)
{
	if (options->word_count > 0)
		return err_set(err,
		    "'%s': only options belong to it; see 'tend check --help'",
		    options->words[0]);
	if (options->task_list != NULL && options->domain == NULL)
		return err_set(err, "--task-list: give its --domain as well");
	return 0;
}

static int
open_all(struct check *check, const struct inherited *inherited,
    struct err *err)
{
	if (check_words(&check->options, err) == -1 ||
	    service_look(&check->service, &check->options, &check->problems,
		err) == -1)
		return -1;
	check->loop = loop_new(check->service.http, err);
	if (check->loop == NULL)
		return -1;
	service_start(&check->service, check->loop, inherited);
	return 0;
}

static void
close_all(struct check *check)
{
	if (check->service.settings.source != NULL)
		source_forget(check->service.settings.source);
	service_stop(&check->service);
	loop_free(check->loop);
	service_close(&check->service);
	credentials_clear(&check->credentials);
	check_report_clear(&check->report);
}

static int
print(const struct check *check)
{
	struct buf out = BUF_INIT(CHECK_REPORT_MAX);
	bool written;

	if (check->options.json)
		check_report_json(&check->report, &out);
	else
		check_report_table(&check->report, &out);
	written = fwrite(out.data, 1, out.len, stdout) == out.len &&
		  fflush(stdout) == 0;
	buf_clear(&out);
	if (!written) {
		log_error("cannot write to stdout");
		return TEND_EXIT_ERROR;
	}
	return check_report_is_good(&check->report) ? 0 : EXIT_CANNOT;
}

static int
look(struct check *check)
{
	show_profile(check);
	if (*check->problems.files.text == '\0') {
		show_endpoint(check);
		show_ca(check);
		show_proxy(check);
		begin(check);
		loop_run(check->loop);
	}
	return check->status != 0 ? check->status : print(check);
}

int
check_main(int argc, char **argv, struct inherited *inherited)
{
	struct check check = { .status = 0 };
	struct err err;
	int status = TEND_EXIT_ERROR;

	/* Nothing is left behind, so a signal ends it as any program. */
	signals_keep(inherited, NULL, 0);
	if (options_read(&check.options, OPTIONS_CHECK, argc, argv, &err) ==
	    -1) {
		log_error("%s", err.text);
		return TEND_EXIT_ERROR;
	}
	if (check.options.help) {
		return options_help(stdout, OPTIONS_CHECK) == 0
			   ? 0
			   : TEND_EXIT_ERROR;
	}
	log_set_level(check.options.log_level);
	log_set_format(check.options.log_format);
	if (open_all(&check, inherited, &err) == -1)
		log_error("%s", err.text);
	else
		status = look(&check);
	close_all(&check);
	return status;
}
