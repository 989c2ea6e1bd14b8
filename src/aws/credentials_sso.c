/* SPDX-License-Identifier: MIT */
/*
 * Single sign-on (IAM Identity Center): somebody has signed in with "aws sso
 * login", whose token a portal takes for the credentials of a role.
 *
 * A token of an [sso-session] is renewed when less than 15 minutes of it are
 * left, by what it was signed in with, at most once a minute; the older form
 * of profile, with sso_start_url in it, has tokens that just end.
 */
#include "config.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#include "aws/address.h"
#include "aws/credentials_json.h"
#include "aws/credentials_sso_token.h"
#include "aws/http.h"
#include "aws/provider.h"
#include "aws/swf_json.h"
#include "aws/world.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/instant.h"
#include "base/log.h"
#include "base/mem.h"
#include "text/oneline.h"
#include "text/urlencode.h"

enum {
	TIMEOUT = 10 * 1000,       /* ms */
	RENEW_BEFORE = 15 * 60000, /* ms */
	RENEW_REST = 60 * 1000,    /* ms */
	URL_MAX = 4096,
	MESSAGE = 160
};

struct sso {
	struct source source;
	struct endpoint portal;
	struct endpoint oidc;
	char *url;              /* of the portal, for account and role */
	char *path;             /* of the token */
	char *place;            /* "profile 'x' (FILE:LINE)" */
	char *profile;          /* for the remedy */
	bool renews;            /* it is of a session */
	int64_t renewed_at;     /* by the boot clock; or -1 */
	struct sso_token token; /* while asking */
	struct http_transfer *transfer;
};

static const struct credentials_form form = {
	.path = { "roleCredentials" },
	.id = "accessKeyId",
	.secret = "secretAccessKey",
	.token = "sessionToken",
	.token_needed = true,
	.expiry = "expiration",
	.expiry_needed = true,
	.expiry_unit = 1,
};

static void
fail(struct sso *sso, enum source_end end, const char *problem)
{
	sso_token_clear(&sso->token);
	source_fail(&sso->source, end, "%s: single sign-on: %s", sso->place,
	    problem);
}

/* Only a person can go on from here. */
static void
want_login(struct sso *sso, const char *problem)
{
	struct err text;

	(void)err_set(&text, "%.260s: run 'aws sso login --profile %s'",
	    problem, sso->profile);
	fail(sso, SOURCE_DENIED, text.text);
}

/* Says in one line what an answer that is no success has. */
static void
describe(const struct http_answer *answer, const char *url, struct err *err)
{
	cJSON *root = swf_json_parse(answer->body, answer->body_len);
	const char *message = swf_json_string(root, "message");
	char words[MESSAGE];

	if (message == NULL)
		message = swf_json_string(root, "error_description");
	if (message == NULL)
		message = swf_json_string(root, "error");
	oneline_copy(words, sizeof(words), message == NULL ? "" : message);
	(void)err_set(err, "%.120s: HTTP status %d%s%s", url, answer->status,
	    *words == '\0' ? "" : ": ", words);
	cJSON_Delete(root);
}

static void
give(struct sso *sso, const struct http_answer *answer)
{
	struct credentials credentials;
	struct err problem, text;

	if (credentials_json(&credentials, &form, answer->body,
		answer->body_len, &problem) == -1) {
		(void)err_set(&text, "%.120s: the answer %s", sso->portal.url,
		    problem.text);
		fail(sso, SOURCE_FAILED, text.text);
		return;
	}
	sso_token_clear(&sso->token);
	source_give(&sso->source, &credentials);
	credentials_clear(&credentials);
}

static void
on_credentials(void *arg, const struct http_answer *answer)
{
	struct sso *sso = arg;
	struct err text;

	sso->transfer = NULL;
	if (answer->end != HTTP_ANSWERED) {
		(void)err_set(&text, "%.120s: %s", sso->portal.url,
		    answer->problem.text);
		fail(sso, SOURCE_FAILED, text.text);
		return;
	}
	if (answer->status == 200) {
		give(sso, answer);
		return;
	}
	describe(answer, sso->portal.url, &text);
	if (answer->status == 401)
		want_login(sso, text.text);
	else if (answer->status == 400 || answer->status == 403 ||
		 answer->status == 404)
		fail(sso, SOURCE_DENIED, text.text);
	else
		fail(sso, SOURCE_FAILED, text.text);
}

static void
ask_portal(struct sso *sso)
{
	char *header =
	    mem_format("x-amz-sso_bearer_token: %s", sso->token.access);
	const char *const headers[] = { header, "Accept: application/json",
		NULL };
	const struct http_request request = { .url = sso->url,
		.headers = headers,
		.direct = !sso->portal.tls,
		.timeout = TIMEOUT };
	struct err problem;

	sso->transfer = http_start(sso->source.world->http, &request,
	    on_credentials, sso, &problem);
	credentials_cleanse(header);
	if (sso->transfer == NULL)
		fail(sso, SOURCE_FAILED, problem.text);
}

/* What cannot be renewed is good to its end. */
static void
go_on_without(struct sso *sso, enum source_end end, const char *problem)
{
	if (sso->token.expires_at > source_now(&sso->source))
		ask_portal(sso);
	else if (end == SOURCE_DENIED)
		want_login(sso, problem);
	else
		fail(sso, end, problem);
}

static void
take_renewed(struct sso *sso, const struct http_answer *answer)
{
	struct err problem, text;

	if (sso_token_renew(&sso->token, answer->body, answer->body_len,
		source_now(&sso->source), &problem) == -1) {
		(void)err_set(&text, "%.120s: the answer %s", sso->oidc.url,
		    problem.text);
		go_on_without(sso, SOURCE_FAILED, text.text);
		return;
	}
	if (sso_token_write(&sso->token, sso->path, &problem) == -1)
		log_warning("the renewed sign-on token is not kept: %s",
		    problem.text);
	ask_portal(sso);
}

static void
on_renewed(void *arg, const struct http_answer *answer)
{
	struct sso *sso = arg;
	enum source_end end = SOURCE_FAILED;
	struct err text;

	sso->transfer = NULL;
	if (answer->end == HTTP_ANSWERED && answer->status == 200) {
		take_renewed(sso, answer);
		return;
	}
	if (answer->end != HTTP_ANSWERED) {
		(void)err_set(&text, "%.120s: %s", sso->oidc.url,
		    answer->problem.text);
	} else {
		describe(answer, sso->oidc.url, &text);
		if (answer->status >= 400 && answer->status < 500 &&
		    answer->status != 429)
			end = SOURCE_DENIED;
	}
	go_on_without(sso, end, text.text);
}

static void
renew(struct sso *sso)
{
	char *url = mem_format("%stoken", sso->oidc.url);
	char *body = sso_token_request(&sso->token);
	static const char *const headers[] = { "Content-Type: application/json",
		NULL };
	const struct http_request request = { .url = url,
		.headers = headers,
		.body = body,
		.body_len = strlen(body),
		.direct = !sso->oidc.tls,
		.timeout = TIMEOUT };
	struct err problem;

	sso->renewed_at = clock_boot();
	sso->transfer = http_start(sso->source.world->http, &request,
	    on_renewed, sso, &problem);
	credentials_cleanse(body);
	free(url);
	if (sso->transfer == NULL)
		go_on_without(sso, SOURCE_FAILED, problem.text);
}

/* Somebody may sign in, or another program renew the token, at any time. */
static void
ask(struct source *source)
{
	struct sso *sso = (struct sso *)source;
	int64_t now = source_now(&sso->source);
	struct err problem;

	if (sso_token_read(&sso->token, sso->path, &problem) == -1)
		want_login(sso, problem.text);
	else if (sso->token.expires_at - now >= RENEW_BEFORE)
		ask_portal(sso);
	else if (!sso->renews || !sso_token_is_renewable(&sso->token, now))
		go_on_without(sso, SOURCE_DENIED, "the token has expired");
	else if (sso->renewed_at != -1 &&
		 clock_boot() - sso->renewed_at < RENEW_REST)
		go_on_without(sso, SOURCE_FAILED,
		    "the token has expired, and could not be renewed less "
		    "than a minute ago");
	else
		renew(sso);
}

static void
forget(struct source *source)
{
	struct sso *sso = (struct sso *)source;

	if (sso->transfer != NULL)
		http_cancel(sso->transfer);
	sso->transfer = NULL;
	sso_token_clear(&sso->token);
}

static void
clear(struct source *source)
{
	struct sso *sso = (struct sso *)source;

	free(sso->url);
	free(sso->path);
	free(sso->place);
	free(sso->profile);
}

static const struct source_kind kind = {
	.traits = { .name = "single sign-on", .tries = 3, .pause = 1000 },
	.ask = ask,
	.forget = forget,
	.clear = clear,
};

/* ---- finding ------------------------------------------------------------- */

enum { ROLE, ACCOUNT, START_URL, REGION, SETTINGS };

static const char *const names[SETTINGS] = {
	[ROLE] = "sso_role_name",
	[ACCOUNT] = "sso_account_id",
	[START_URL] = "sso_start_url",
	[REGION] = "sso_region",
};

/* The values; where profile and session both have one, it is the same. */
static int
find_settings(const struct provider_input *input, const char *session,
    const char *place, const char *value[SETTINGS], struct err *err)
{
	for (size_t i = 0; i < SETTINGS; i++) {
		const char *own =
		    profiles_get(input->profiles, input->profile, names[i]);
		bool found = true;
		const char *shared =
		    session == NULL
			? NULL
			: profiles_section(input->profiles, "sso-session",
			      session, names[i], &found);

		if (!found)
			return err_set(err,
			    "%s: sso_session is %s, but there is no section "
			    "[sso-session %s] in %s",
			    place, session, session,
			    profiles_path(input->profiles, PROFILE_CONFIG));
		if (own != NULL && shared != NULL && strcmp(own, shared) != 0)
			return err_set(err,
			    "%s: %s is '%.100s', but '%.100s' in "
			    "[sso-session %s]: give it in one of the two",
			    place, names[i], own, shared, session);
		value[i] = own != NULL ? own : shared;
		if (value[i] == NULL)
			return err_set(err,
			    "%s: single sign-on needs %s, which is missing: "
			    "run 'aws configure sso'",
			    place, names[i]);
	}
	return 0;
}

static int
find_endpoints(struct sso *sso, const struct provider_input *input,
    const char *region, struct err *err)
{
	char *source = mem_format("sso_region of %.100s", sso->place);
	struct address_wish wish = { .service = ENDPOINT_SSO,
		.region = region,
		.region_source = source,
		.allow_plain = input->allow_plain };
	int result = address_find(&sso->portal, &wish, input->profiles, err);

	wish.service = ENDPOINT_OIDC;
	if (result == 0)
		result = address_find(&sso->oidc, &wish, input->profiles, err);
	free(source);
	return result;
}

/* GetRoleCredentials, of the portal. */
static char *
make_url(const struct sso *sso, const char *const value[SETTINGS])
{
	struct buf query = BUF_INIT(URL_MAX);
	char *url = NULL;

	if (urlencode_pair(&query, "role_name", value[ROLE]) == 0 &&
	    urlencode_pair(&query, "account_id", value[ACCOUNT]) == 0)
		url = mem_format("%sfederation/credentials?%s", sso->portal.url,
		    query.data);
	buf_clear(&query);
	return url;
}

static struct source *
make(const struct provider_input *input, const char *session,
    const char *const value[SETTINGS], const char *place, struct err *err)
{
	char *text = mem_format("single sign-on as %s in %s of %s", value[ROLE],
	    value[ACCOUNT], place);
	struct sso *sso = source_new(&kind, sizeof(*sso), text);

	free(text);
	sso->place = mem_string(place);
	sso->profile = mem_string(input->profile);
	sso->path =
	    sso_token_path(session == NULL ? value[START_URL] : session);
	sso->renews = session != NULL;
	sso->renewed_at = -1;
	if (find_endpoints(sso, input, value[REGION], err) == 0) {
		sso->url = make_url(sso, value);
		if (sso->url != NULL)
			return &sso->source;
		(void)err_set(err,
		    "%s: sso_role_name and sso_account_id are over %d bytes",
		    place, URL_MAX);
	}
	source_free(&sso->source);
	return NULL;
}

/* Account and role are what makes it more than a way to sign in. */
enum provider_verdict
provider_sso(const struct provider_input *input, struct source **source,
    struct err *err)
{
	const char *session =
	    profiles_get(input->profiles, input->profile, "sso_session");
	const char *first = names[ROLE];
	const char *value[SETTINGS] = { NULL };
	char *place;

	if (profiles_get(input->profiles, input->profile, first) == NULL)
		first = names[ACCOUNT];
	if (profiles_get(input->profiles, input->profile, first) == NULL)
		return PROVIDER_ABSENT;
	place = provider_place(input, first);
	*source = NULL;
	if (find_settings(input, session, place, value, err) == 0)
		*source = make(input, session, value, place, err);
	free(place);
	return *source == NULL ? PROVIDER_BROKEN : PROVIDER_FOUND;
}
