/* SPDX-License-Identifier: MIT */
/*
 * A role that is assumed with the credentials of another source: of another
 * profile (source_profile), which may be a role itself, or of the platform
 * (credential_source).
 *
 * The other source is asked anew each time, because the credentials of a role
 * live longer than what they were asked for with.  If it does not answer, what
 * it gave the last time is tried; if STS says that this is no good any more,
 * it is asked once again.
 */
#include "config.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aws/provider.h"
#include "aws/role.h"
#include "aws/sts.h"
#include "aws/world.h"
#include "base/buf.h"
#include "base/mem.h"

enum {
	CHAIN_MAX = 16, /* roles, each assumed with the one before */
	DURATION_MIN = 900,
	DURATION_MAX = 43200
};

struct assume_role {
	struct source source;
	struct role role;
	char *external_id;
	char *duration;
	char *place; /* "profile 'x' (FILE:LINE)" */
	struct source *base;
	struct credentials keys; /* what "base" gave the last time */
	bool again;              /* "base" has been asked once more */
	struct sts_call *call;
};

/* The profiles on the way to one, innermost first. */
struct visit {
	const char *profile;
	const struct visit *from;
};

static source_done on_base;

static void
on_answer(void *arg, const struct sts_answer *answer)
{
	struct assume_role *mine = arg;
	bool fixed = source_traits(mine->base)->fixed;
	enum source_end end = SOURCE_DENIED;

	mine->call = NULL;
	if (answer->end == STS_GIVEN) {
		source_give(&mine->source, answer->credentials);
		return;
	}
	if (answer->end == STS_STALE && !fixed && !mine->again) {
		mine->again = true;
		credentials_clear(&mine->keys);
		source_ask(mine->base, mine->source.world, on_base, mine);
		return;
	}
	if (answer->end == STS_FAILED || (answer->end == STS_STALE && !fixed))
		end = SOURCE_FAILED;
	source_fail(&mine->source, end, "%s: %s", mine->place,
	    answer->problem.text);
}

static void
call_sts(struct assume_role *mine)
{
	const struct sts_request request = { .endpoint = &mine->role.endpoint,
		.role_arn = mine->role.arn,
		.session_name = mine->role.session_name,
		.external_id = mine->external_id,
		.duration = mine->duration,
		.credentials = &mine->keys };
	struct err problem;

	mine->call = sts_start(mine->source.world->http, &request, on_answer,
	    mine, &problem);
	if (mine->call == NULL)
		source_fail(&mine->source, SOURCE_FAILED, "%s: %s", mine->place,
		    problem.text);
}

/* What "base" gave is of use for as long as the service takes it. */
static bool
has_keys(const struct assume_role *mine)
{
	return mine->keys.access_key_id != NULL &&
	       (source_traits(mine->base)->stable ||
		   mine->keys.expires_at > source_now(&mine->source));
}

static void
on_base(void *arg, const struct source_answer *answer)
{
	struct assume_role *mine = arg;

	if (answer->end == SOURCE_GIVEN) {
		credentials_clear(&mine->keys);
		credentials_copy(&mine->keys, answer->credentials);
	} else if (!has_keys(mine)) {
		source_fail(&mine->source, answer->end, "%s: its source: %s",
		    mine->place, answer->problem.text);
		return;
	}
	call_sts(mine);
}

static void
ask(struct source *source)
{
	struct assume_role *mine = (struct assume_role *)source;

	mine->again = false;
	source_ask(mine->base, source->world, on_base, mine);
}

static void
forget(struct source *source)
{
	struct assume_role *mine = (struct assume_role *)source;

	source_forget(mine->base);
	sts_cancel(mine->call);
	mine->call = NULL;
}

static void
clear(struct source *source)
{
	struct assume_role *mine = (struct assume_role *)source;

	source_free(mine->base);
	credentials_clear(&mine->keys);
	role_clear(&mine->role);
	free(mine->external_id);
	free(mine->duration);
	free(mine->place);
}

static const struct source_kind kind = {
	.traits = { .name = "assume-role", .tries = 3, .pause = 1000 },
	.ask = ask,
	.forget = forget,
	.clear = clear,
};

/* ---- finding ------------------------------------------------------------- */

static enum provider_verdict broken(const struct provider_input *input,
    const char *key, struct err *err, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* "profile 'x' (FILE:LINE): TEXT", the line being that of "key". */
static enum provider_verdict
broken(const struct provider_input *input, const char *key, struct err *err,
    const char *format, ...)
{
	char *place = provider_place(input, key);
	char text[ERR_TEXT];
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	(void)err_set(err, "%s: %s", place, text);
	free(place);
	return PROVIDER_BROKEN;
}

static const char *
get(const struct provider_input *input, const char *key)
{
	return profiles_get(input->profiles, input->profile, key);
}

/* With a token file it is web identity instead. */
static bool
is_role(const struct provider_input *input)
{
	return get(input, "role_arn") != NULL &&
	       get(input, "web_identity_token_file") == NULL;
}

static bool
has_static_keys(const struct provider_input *input)
{
	return get(input, "aws_access_key_id") != NULL ||
	       get(input, "aws_secret_access_key") != NULL;
}

/* The first that has something; what the environment says does not count. */
static enum provider_verdict
look_in_profile(const struct provider_input *input, struct source **base,
    struct err *err)
{
	static provider_look *const chain[] = { provider_web_identity,
		provider_sso, provider_shared_file, provider_login,
		provider_process, provider_config_file };
	enum provider_verdict verdict = PROVIDER_ABSENT;

	for (size_t i = 0;
	     verdict == PROVIDER_ABSENT && i < sizeof(chain) / sizeof(chain[0]);
	     i++)
		verdict = chain[i](input, base, err);
	return verdict;
}

/* "a -> b -> ", in the order in which they name each other. */
static void
put_visits(struct buf *out, const struct visit *visit)
{
	if (visit == NULL)
		return;
	put_visits(out, visit->from);
	(void)buf_format(out, "%s -> ", visit->profile);
}

static enum provider_verdict
refuse_loop(const struct provider_input *input, const char *name,
    const struct visit *visit, struct err *err)
{
	struct buf way = BUF_INIT(256);
	enum provider_verdict verdict;

	put_visits(&way, visit);
	verdict = broken(input, "source_profile", err,
	    "a loop of source_profile: %s%s: one of them must have "
	    "credentials of its own",
	    way.len > 0 ? way.data : "", name);
	buf_clear(&way);
	return verdict;
}

static bool
is_visited(const struct visit *visit, const char *name)
{
	for (; visit != NULL; visit = visit->from)
		if (strcmp(visit->profile, name) == 0)
			return true;
	return false;
}

static enum provider_verdict look(const struct provider_input *input,
    const struct visit *from, size_t depth, struct source **source,
    struct err *err);

/* A profile may name itself if it has static keys. */
static enum provider_verdict
find_profile(const struct provider_input *input, const char *name,
    const struct visit *visit, size_t depth, struct source **base,
    struct err *err)
{
	struct provider_input other = *input;
	enum provider_verdict verdict;

	other.profile = name;
	other.profile_named = true;
	other.lacking = NULL;
	if (!profiles_has(input->profiles, name))
		return broken(input, "source_profile", err,
		    "its source_profile '%s' does not exist", name);
	if (is_role(&other) && !has_static_keys(&other))
		return is_visited(visit, name)
			   ? refuse_loop(input, name, visit, err)
			   : look(&other, visit, depth + 1, base, err);
	if (is_visited(visit, name) && strcmp(name, input->profile) != 0)
		return refuse_loop(input, name, visit, err);
	verdict = look_in_profile(&other, base, err);
	if (verdict != PROVIDER_ABSENT)
		return verdict;
	return broken(input, "source_profile", err,
	    "its source_profile '%s' has no credentials: give it keys, or "
	    "another source_profile",
	    name);
}

static enum provider_verdict
find_platform(const struct provider_input *input, const char *name,
    struct source **base, struct err *err)
{
	static const struct {
		const char *name;
		provider_look *look;
		const char *absent;
	} sources[] = {
		{ "Environment", provider_environment,
		    "AWS_ACCESS_KEY_ID is not set" },
		{ "EcsContainer", provider_container,
		    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI is not set" },
		{ "Ec2InstanceMetadata", provider_imds,
		    "AWS_EC2_METADATA_DISABLED is true" },
	};
	struct provider_input other = *input;
	enum provider_verdict verdict;

	other.profile_named = false;
	other.lacking = NULL;
	for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++) {
		if (strcmp(name, sources[i].name) != 0)
			continue;
		verdict = sources[i].look(&other, base, err);
		if (verdict != PROVIDER_ABSENT)
			return verdict;
		return broken(input, "credential_source", err,
		    "its credential_source is %s, but %s", name,
		    sources[i].absent);
	}
	return broken(input, "credential_source", err,
	    "'%s' is no credential_source: it must be Environment, "
	    "Ec2InstanceMetadata or EcsContainer",
	    name);
}

/* Exactly one of two keys says where the credentials come from. */
static enum provider_verdict
find_base(const struct provider_input *input, const struct visit *visit,
    size_t depth, struct source **base, struct err *err)
{
	const char *profile = get(input, "source_profile");
	const char *platform = get(input, "credential_source");

	if (profile != NULL && platform != NULL)
		return broken(input, "credential_source", err,
		    "has both source_profile and credential_source: it must "
		    "have one of them");
	if (profile == NULL && platform == NULL)
		return broken(input, "role_arn", err,
		    "has role_arn, but neither source_profile nor "
		    "credential_source: it must have one of them");
	if (depth == CHAIN_MAX)
		return broken(input, "source_profile", err,
		    "is the last of over %d roles in a row", CHAIN_MAX);
	if (platform != NULL)
		return find_platform(input, platform, base, err);
	return find_profile(input, profile, visit, depth, base, err);
}

/* What tend cannot do, and what STS would not take. */
static enum provider_verdict
check(const struct provider_input *input, struct err *err)
{
	const char *duration = get(input, "duration_seconds");
	const char *problem = NULL;

	if (get(input, "mfa_serial") != NULL)
		return broken(input, "mfa_serial", err,
		    "mfa_serial asks for a code, and there is nobody to type "
		    "it: use a role that needs none, or put credentials into "
		    "the environment");
	if (duration == NULL)
		return PROVIDER_FOUND;
	if (strspn(duration, "0123456789") == strlen(duration))
		(void)strtonum(duration, DURATION_MIN, DURATION_MAX, &problem);
	else
		problem = "not a number";
	if (problem == NULL)
		return PROVIDER_FOUND;
	return broken(input, "duration_seconds", err,
	    "duration_seconds '%s' must be %d to %d", duration, DURATION_MIN,
	    DURATION_MAX);
}

static char *
copy(const char *text)
{
	return text == NULL ? NULL : mem_string(text);
}

static int
make(const struct provider_input *input, struct source *base,
    struct source **source, struct err *err)
{
	char *place = provider_place(input, "role_arn");
	char *session_place = provider_place(input, "role_session_name");
	const struct role_wish wish = { get(input, "role_arn"), place,
		get(input, "role_session_name"), session_place };
	struct role role = { 0 };
	int result = role_find(&role, input, &wish, err);
	struct assume_role *mine;
	char *text;

	free(session_place);
	if (result == -1) {
		role_clear(&role);
		free(place);
		return -1;
	}
	text = mem_format("role %s of %s", role.arn, place);
	mine = source_new(&kind, sizeof(*mine), text);
	free(text);
	mine->role = role;
	mine->external_id = copy(get(input, "external_id"));
	mine->duration = copy(get(input, "duration_seconds"));
	mine->place = place;
	mine->base = base;
	*source = &mine->source;
	return 0;
}

static enum provider_verdict
look(const struct provider_input *input, const struct visit *from, size_t depth,
    struct source **source, struct err *err)
{
	const struct visit visit = { input->profile, from };
	struct source *base = NULL;
	enum provider_verdict verdict = check(input, err);

	if (verdict == PROVIDER_FOUND)
		verdict = find_base(input, &visit, depth, &base, err);
	if (verdict == PROVIDER_FOUND && make(input, base, source, err) == -1) {
		source_free(base);
		verdict = PROVIDER_BROKEN;
	}
	return verdict;
}

/* See aws/provider.h. */
enum provider_verdict
provider_assume_role(const struct provider_input *input, struct source **source,
    struct err *err)
{
	if (!is_role(input))
		return PROVIDER_ABSENT;
	return look(input, NULL, 0, source, err);
}
