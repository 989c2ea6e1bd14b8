/* SPDX-License-Identifier: MIT */
/*
 * Credentials of the instance's role, from the metadata service that every
 * EC2 instance has (IMDS), by version 2 of its protocol: a PUT for a session
 * token, and with that a GET of the role's name and a GET of its credentials.
 *
 * Version 1, without the token, is not used: any server in between that can
 * be made to fetch a URL would do for a thief.
 *
 * It needs no configuration, so it is the end of the chain, and the only
 * provider that may just not be there.  AWS_EC2_METADATA_SERVICE_ENDPOINT,
 * ..._ENDPOINT_MODE (IPv4, IPv6), AWS_METADATA_SERVICE_TIMEOUT (of a request,
 * in seconds) and AWS_METADATA_SERVICE_NUM_ATTEMPTS have a say, or the
 * profile's keys of the same names in small letters without AWS_; and
 * AWS_EC2_METADATA_DISABLED.
 */
#include "config.h"

#include "aws/provider.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "aws/credentials_json.h"
#include "aws/http.h"
#include "aws/metadata.h"
#include "aws/said.h"
#include "aws/world.h"
#include "base/mem.h"

enum {
	TIMEOUT = 1,       /* s */
	TIMEOUT_MAX = 300, /* s */
	TRIES = 1,
	TRIES_MAX = 100,
	TOKEN_MAX = 1024,
	ROLE_MAX = 64,
	UNAUTHORIZED = 401,
	NOT_FOUND = 404
};

static const char role_path[] = "/latest/meta-data/iam/security-credentials/";

struct imds {
	struct source source;
	struct source_kind kind; /* ours: how often it is tried depends */
	char *base;              /* "http://169.254.169.254" */
	char *lacking;           /* NULL: not at the end of the chain */
	int64_t timeout;         /* ms */
	bool given;              /* it has given something once */
	/* Of the asking that is under way. */
	bool renewed; /* the token, because it was refused */
	char *token;  /* the header's line */
	char *role;
	struct http_transfer *transfer;
};

/* Frees what belonged to one asking. */
static void
end_asking(struct imds *imds)
{
	credentials_cleanse(imds->token);
	free(imds->role);
	imds->token = NULL;
	imds->role = NULL;
}

/* What was expected of it depends on what else there is. */
static void
fail(struct imds *imds, const char *problem)
{
	const char *text = imds->source.text;

	end_asking(imds);
	if (imds->lacking == NULL || imds->given)
		source_fail(&imds->source, SOURCE_FAILED, "%s: %s", text,
		    problem);
	else
		source_fail(&imds->source, SOURCE_FAILED,
		    "%s, nor has %s (%s): " PROVIDER_REMEDY, imds->lacking,
		    text, problem);
}

static void
fail_with(struct imds *imds, const struct http_answer *answer,
    const char *remedy)
{
	struct err problem;
	struct err err;

	metadata_problem(answer, &problem);
	(void)err_set(&err, "%s%s%s", problem.text, *remedy == '\0' ? "" : ": ",
	    remedy);
	fail(imds, err.text);
}

/* Sends one request; "header" is its only one. */
static void
request(struct imds *imds, const char *method, char *url, const char *header,
    http_done *done)
{
	const char *const headers[] = { header, NULL };
	const struct http_request wanted = { .url = url,
		.headers = headers,
		.method = method,
		.direct = true,
		.timeout = imds->timeout };
	struct err err;

	imds->transfer =
	    http_start(imds->source.world->http, &wanted, done, imds, &err);
	free(url);
	if (imds->transfer == NULL)
		fail(imds, err.text);
}

static void on_token(void *arg, const struct http_answer *answer);
static void on_role(void *arg, const struct http_answer *answer);
static void on_credentials(void *arg, const struct http_answer *answer);

static void
ask_token(struct imds *imds)
{
	end_asking(imds);
	request(imds, "PUT", mem_format("%s/latest/api/token", imds->base),
	    "x-aws-ec2-metadata-token-ttl-seconds: 21600", on_token);
}

/* A token that is refused may be of the time before a restart: once. */
static bool
is_refused(struct imds *imds, const struct http_answer *answer)
{
	if (answer->end != HTTP_ANSWERED || answer->status != UNAUTHORIZED ||
	    imds->renewed)
		return false;
	imds->renewed = true;
	ask_token(imds);
	return true;
}

static bool
is_good(const struct http_answer *answer)
{
	return answer->end == HTTP_ANSWERED && answer->status == 200;
}

/* One line of visible characters, at most "max" of them; NULL: it is not. */
static char *
take_line(const struct http_answer *answer, size_t max)
{
	size_t len = 0;

	while (len < answer->body_len && answer->body[len] > ' ' &&
	       answer->body[len] <= '~')
		len++;
	if (len == 0 || len > max ||
	    (len < answer->body_len && answer->body[len] != '\n' &&
		answer->body[len] != '\r'))
		return NULL;
	return mem_copy(answer->body, len);
}

/*
 * Connected, and then silence: the hop limit lets everything but the token's
 * answer through.
 */
static const char *
token_remedy(const struct http_answer *answer)
{
	switch (answer->end) {
	case HTTP_MAYBE_SENT:
		return "in a container, the instance's hop limit must be 2: "
		       "'aws ec2 modify-instance-metadata-options "
		       "--http-put-response-hop-limit 2'";
	case HTTP_NOT_SENT:
		return "is this an EC2 instance?";
	case HTTP_ANSWERED:
		break;
	}
	return answer->status == 403 ? "it is switched off for this instance"
				     : "it must offer version 2 of IMDS";
}

static void
on_token(void *arg, const struct http_answer *answer)
{
	struct imds *imds = arg;
	char *token;

	imds->transfer = NULL;
	if (!is_good(answer)) {
		fail_with(imds, answer, token_remedy(answer));
		return;
	}
	token = take_line(answer, TOKEN_MAX);
	if (token == NULL) {
		fail(imds, "what it answers is no session token");
		return;
	}
	imds->token = mem_format("x-aws-ec2-metadata-token: %s", token);
	credentials_cleanse(token);
	request(imds, NULL, mem_format("%s%s", imds->base, role_path),
	    imds->token, on_role);
}

/* A name as IAM has them, which needs no escaping in a URL. */
static bool
is_role(const char *name)
{
	static const char set[] = "abcdefghijklmnopqrstuvwxyz"
				  "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				  "+=,.@_-";

	return name[strspn(name, set)] == '\0' && strcmp(name, ".") != 0 &&
	       strcmp(name, "..") != 0;
}

static void
on_role(void *arg, const struct http_answer *answer)
{
	struct imds *imds = arg;

	imds->transfer = NULL;
	if (is_refused(imds, answer))
		return;
	if (!is_good(answer)) {
		fail_with(imds, answer,
		    answer->status == NOT_FOUND
			? "the instance has no role: attach an instance "
			  "profile to it"
			: "");
		return;
	}
	imds->role = take_line(answer, ROLE_MAX);
	if (imds->role == NULL || !is_role(imds->role)) {
		fail(imds, answer->body_len == 0
			       ? "the instance has no role: attach an instance "
				 "profile to it"
			       : "what it answers is no role's name");
		return;
	}
	request(imds, NULL,
	    mem_format("%s%s%s", imds->base, role_path, imds->role),
	    imds->token, on_credentials);
}

static void
on_credentials(void *arg, const struct http_answer *answer)
{
	struct imds *imds = arg;
	struct credentials credentials;
	struct err problem;
	struct err err;

	imds->transfer = NULL;
	if (is_refused(imds, answer))
		return;
	if (!is_good(answer)) {
		fail_with(imds, answer, "");
		return;
	}
	if (credentials_json(&credentials, &metadata_form, answer->body,
		answer->body_len, &problem) == -1) {
		(void)err_set(&err, "its answer for role %s %s", imds->role,
		    problem.text);
		fail(imds, err.text);
		return;
	}
	imds->given = true;
	end_asking(imds);
	source_give(&imds->source, &credentials);
	credentials_clear(&credentials);
}

static void
ask(struct source *source)
{
	struct imds *imds = (struct imds *)source;

	imds->renewed = false;
	ask_token(imds);
}

static void
forget(struct source *source)
{
	struct imds *imds = (struct imds *)source;

	http_cancel(imds->transfer);
	imds->transfer = NULL;
	end_asking(imds);
}

static void
clear(struct source *source)
{
	struct imds *imds = (struct imds *)source;

	free(imds->base);
	free(imds->lacking);
}

/* A variable, else a key of the profile in use. */
static void
look_up(struct said *said, const struct provider_input *input,
    const char *variable, const char *key)
{
	*said = (struct said){ 0 };
	(void)(said_in_environment(said, variable) ||
	       said_in_profile(said, input->profiles, key));
}

/* A whole number from 1 to "most"; if nobody says it, *value stays. */
static int
find_number(const struct provider_input *input, const char *variable,
    const char *key, int most, int *value, struct err *err)
{
	const char *problem = NULL;
	struct said said;
	long long number;

	look_up(&said, input, variable, key);
	if (said.value == NULL)
		return 0;
	number = strtonum(said.value, 1, most, &problem);
	if (problem == NULL && *said.value >= '0' && *said.value <= '9') {
		*value = (int)number;
		return 0;
	}
	return err_set(err, "%s: '%s' is not a whole number from 1 to %d",
	    said.source, said.value, most);
}

/* Sets *six. */
static int
find_mode(const struct provider_input *input, bool *six, struct err *err)
{
	struct said mode;

	look_up(&mode, input, "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE",
	    "ec2_metadata_service_endpoint_mode");
	*six = mode.value != NULL && strcasecmp(mode.value, "IPv6") == 0;
	if (mode.value == NULL || *six || strcasecmp(mode.value, "IPv4") == 0)
		return 0;
	return err_set(err, "%s: '%s' is neither IPv4 nor IPv6", mode.source,
	    mode.value);
}

/* The URL's beginning as a new string; NULL with "err". */
static char *
find_base(const struct provider_input *input, struct err *err)
{
	struct metadata_url url;
	struct said endpoint;
	size_t len;
	bool six;

	if (find_mode(input, &six, err) == -1)
		return NULL;
	look_up(&endpoint, input, "AWS_EC2_METADATA_SERVICE_ENDPOINT",
	    "ec2_metadata_service_endpoint");
	if (endpoint.value == NULL)
		return mem_string(six ? "http://[fd00:ec2::254]"
				      : "http://169.254.169.254");
	if (metadata_url_parse(&url, endpoint.value) == -1 ||
	    strchr(url.rest, '?') != NULL) {
		(void)err_set(err,
		    "%s: it is not a URL that can be used: it must be like "
		    "http://169.254.169.254",
		    endpoint.source);
		return NULL;
	}
	len = strlen(url.rest);
	if (len > 0 && url.rest[len - 1] == '/')
		len--;
	return mem_format("%s%.*s", url.origin, (int)len, url.rest);
}

static struct imds *
new_imds(const struct provider_input *input, char *base, int timeout, int tries)
{
	char *text = mem_format("instance metadata at %s", base);
	struct imds *imds = source_new(NULL, sizeof(*imds), text);

	free(text);
	imds->kind = (struct source_kind){
		.traits = { .name = "instance metadata",
		    .stable = true,
		    .guess = input->lacking != NULL,
		    .tries = tries },
		.ask = ask,
		.forget = forget,
		.clear = clear,
	};
	imds->source.kind = &imds->kind;
	imds->base = base;
	imds->timeout = timeout * 1000;
	if (input->lacking != NULL)
		imds->lacking = mem_string(input->lacking);
	return imds;
}

/* EC2, and what stands in for its metadata service elsewhere. */
enum provider_verdict
provider_imds(const struct provider_input *input, struct source **source,
    struct err *err)
{
	const char *disabled = provider_getenv("AWS_EC2_METADATA_DISABLED");
	int timeout = TIMEOUT;
	int tries = TRIES;
	char *base;

	if (disabled != NULL && strcasecmp(disabled, "true") == 0)
		return PROVIDER_ABSENT;
	if (find_number(input, "AWS_METADATA_SERVICE_TIMEOUT",
		"metadata_service_timeout", TIMEOUT_MAX, &timeout, err) == -1 ||
	    find_number(input, "AWS_METADATA_SERVICE_NUM_ATTEMPTS",
		"metadata_service_num_attempts", TRIES_MAX, &tries, err) == -1)
		return PROVIDER_BROKEN;
	base = find_base(input, err);
	if (base == NULL)
		return PROVIDER_BROKEN;
	*source = &new_imds(input, base, timeout, tries)->source;
	return PROVIDER_FOUND;
}
