/* SPDX-License-Identifier: MIT */
/*
 * Credentials of the container's own: ECS, EKS Pod Identity and what speaks
 * like them.
 *
 * The platform says where in AWS_CONTAINER_CREDENTIALS_RELATIVE_URI, a path at
 * 169.254.170.2, or in AWS_CONTAINER_CREDENTIALS_FULL_URI.  It may want an
 * Authorization header: what the file AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE
 * holds, read again each time because it is replaced, or else what
 * AWS_CONTAINER_AUTHORIZATION_TOKEN holds itself.  That header must not get
 * to just any host in plain text, so http:// is for the addresses of the
 * platforms and of this machine; names would have to be trusted, so there is
 * none but localhost.
 */
#include "config.h"

#include "aws/provider.h"

#include <stdlib.h>
#include <strings.h>

#include "aws/credentials_json.h"
#include "aws/http.h"
#include "aws/metadata.h"
#include "aws/token_file.h"
#include "aws/world.h"
#include "base/file.h"
#include "base/mem.h"

enum { TIMEOUT = 2000, TRIES = 3, PAUSE = 1000 }; /* ms */

static const char relative[] = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI";
static const char full[] = "AWS_CONTAINER_CREDENTIALS_FULL_URI";
static const char token_variable[] = "AWS_CONTAINER_AUTHORIZATION_TOKEN";
static const char file_variable[] = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE";

/* Where a platform's agent answers, beside this machine's own addresses. */
static const char *const agents[] = {
	"169.254.170.2",  /* ECS */
	"169.254.170.23", /* EKS */
	"fd00:ec2::23"    /* EKS */
};

struct container {
	struct source source;
	char *url;
	char *token_file; /* absolute; or NULL */
	char *token;      /* or NULL */
	struct http_transfer *transfer;
	int refusals; /* in a row */
};

/*
 * What a service or a file says that is not what is needed may be of the
 * first moments of a container; said as often as is worth trying, it stays.
 */
static enum source_end
refused(struct container *container)
{
	if (++container->refusals < TRIES)
		return SOURCE_FAILED;
	container->refusals = 0;
	return SOURCE_DENIED;
}

/* Not one that will pass by itself. */
static bool
is_refusal(int status)
{
	return status != 429 && status < 500;
}

/* What to do when it answers with such a status. */
static const char *
remedy_of(int status)
{
	if (status == 401 || status == 403)
		return "it does not take the authorization token: is the "
		       "token that of this container?";
	if (!is_refusal(status))
		return "it cannot answer now, but may later";
	if (status >= 400)
		return "it has no credentials at this path: has the task a "
		       "task role (ECS), the service account an association "
		       "(EKS)?";
	return "is this the address of a credentials service?";
}

static void
take(struct container *container, const struct http_answer *answer)
{
	struct credentials credentials;
	struct err err;

	if (credentials_json(&credentials, &metadata_form, answer->body,
		answer->body_len, &err) == 0) {
		container->refusals = 0;
		source_give(&container->source, &credentials);
		credentials_clear(&credentials);
		return;
	}
	source_fail(&container->source, refused(container),
	    "%s: its answer %s: is this the address of a credentials service?",
	    container->source.text, err.text);
}

static void
on_answer(void *arg, const struct http_answer *answer)
{
	struct container *container = arg;
	bool answered = answer->end == HTTP_ANSWERED;
	struct err err;

	container->transfer = NULL;
	if (answered && answer->status == 200) {
		take(container, answer);
		return;
	}
	metadata_problem(answer, &err);
	source_fail(&container->source,
	    answered && is_refusal(answer->status) ? refused(container)
						   : SOURCE_FAILED,
	    "%s: %s: %s", container->source.text, err.text,
	    answered
		? remedy_of(answer->status)
		: "does tend run in the container that this is meant for?");
}

/* The header's line, to be cleansed; NULL with "err". */
static char *
authorization(const struct container *container, struct err *err)
{
	char *token;
	char *line;

	if (container->token_file == NULL)
		return mem_format("Authorization: %s", container->token);
	token = token_file_read(container->token_file, file_variable, err);
	if (token == NULL)
		return NULL;
	line = mem_format("Authorization: %s", token);
	credentials_cleanse(token);
	return line;
}

static void
start(struct container *container, const char *header)
{
	const char *const headers[] = { "Accept: application/json", header,
		NULL };
	const struct http_request request = { .url = container->url,
		.headers = headers,
		.direct = true,
		.timeout = TIMEOUT };
	struct err err;

	container->transfer = http_start(container->source.world->http,
	    &request, on_answer, container, &err);
	if (container->transfer == NULL)
		source_fail(&container->source, SOURCE_FAILED, "%s: %s",
		    container->source.text, err.text);
}

static void
ask(struct source *source)
{
	struct container *container = (struct container *)source;
	char *header = NULL;
	struct err err;

	if (container->token_file != NULL || container->token != NULL) {
		header = authorization(container, &err);
		if (header == NULL) {
			source_fail(source, refused(container), "%s: %s",
			    source->text, err.text);
			return;
		}
	}
	start(container, header);
	credentials_cleanse(header);
}

static void
forget(struct source *source)
{
	struct container *container = (struct container *)source;

	http_cancel(container->transfer);
	container->transfer = NULL;
}

static void
clear(struct source *source)
{
	struct container *container = (struct container *)source;

	free(container->url);
	free(container->token_file);
	credentials_cleanse(container->token);
}

static const struct source_kind kind = {
	.traits = { .name = "container", .tries = TRIES, .pause = PAUSE },
	.ask = ask,
	.forget = forget,
	.clear = clear,
};

/* What is said may hold a password: it is quoted only if it is a URL. */
static int
bad_url(const char *name, struct err *err)
{
	return err_set(err,
	    "%s: it is not a URL that can be used: it must be like "
	    "http://169.254.170.23/v1/credentials",
	    name);
}

static bool
is_agent(const char *host)
{
	for (size_t i = 0; i < sizeof(agents) / sizeof(agents[0]); i++)
		if (strcasecmp(host, agents[i]) == 0)
			return true;
	return false;
}

/* The URL as a new string; NULL with "err". */
static char *
full_url(struct err *err)
{
	const char *said = provider_getenv(full);
	struct metadata_url url;

	if (metadata_url_parse(&url, said) == -1) {
		(void)bad_url(full, err);
		return NULL;
	}
	if (!url.tls && !url.loopback && !is_agent(url.host)) {
		(void)err_set(err,
		    "%s: '%s' would have credentials sent unencrypted by "
		    "another host: use https://, or one of 127.0.0.1, [::1], "
		    "localhost, 169.254.170.2, 169.254.170.23 and "
		    "[fd00:ec2::23]",
		    full, said);
		return NULL;
	}
	return mem_format("%s%s", url.origin, url.rest);
}

static char *
relative_url(struct err *err)
{
	const char *said = provider_getenv(relative);
	struct metadata_url url;
	char *text = mem_format("http://169.254.170.2%s", said);

	if (*said == '/' && metadata_url_parse(&url, text) == 0)
		return text;
	(void)err_set(err,
	    "%s: '%s' is not a path: it must be like /v2/credentials/ID",
	    relative, said);
	free(text);
	return NULL;
}

/* ECS, EKS Pod Identity. */
enum provider_verdict
provider_container(const struct provider_input *input, struct source **source,
    struct err *err)
{
	bool by_path = provider_getenv(relative) != NULL;
	const char *file = provider_getenv(file_variable);
	const char *token = provider_getenv(token_variable);
	struct container *container;
	char *text;
	char *url;

	(void)input;
	if (!by_path && provider_getenv(full) == NULL)
		return PROVIDER_ABSENT;
	url = by_path ? relative_url(err) : full_url(err);
	if (url == NULL)
		return PROVIDER_BROKEN;
	/* The token of the environment is the same for good. */
	if (file == NULL &&
	    provider_check_key(token_variable, token, err) == -1) {
		free(url);
		return PROVIDER_BROKEN;
	}
	text = mem_format("container at %s", url);
	container = source_new(&kind, sizeof(*container), text);
	free(text);
	container->url = url;
	if (file != NULL)
		container->token_file = file_absolute(file);
	else if (token != NULL)
		container->token = mem_string(token);
	*source = &container->source;
	return PROVIDER_FOUND;
}
