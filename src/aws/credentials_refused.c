/* SPDX-License-Identifier: MIT */
/*
 * Providers that are recognised, so that requests do not quietly go out under
 * another identity, but that cannot be used.
 */
#include "config.h"

#include "aws/provider.h"

#include <stddef.h>

/* Absent if "what" is NULL, else refused by that name. */
static enum provider_verdict
refuse_profile(const struct provider_input *input, const char *what,
    struct err *err)
{
	if (what == NULL)
		return PROVIDER_ABSENT;
	(void)err_set(err,
	    "profile '%s' gets its credentials by %s, which "
	    "tend cannot use: put keys into the environment, for example with "
	    "'aws configure export-credentials --format env'",
	    input->profile, what);
	return PROVIDER_BROKEN;
}

static enum provider_verdict
refuse_variable(const char *name, const char *what, struct err *err)
{
	if (provider_getenv(name) == NULL)
		return PROVIDER_ABSENT;
	(void)err_set(err,
	    "%s asks for %s, which tend cannot use: set "
	    "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
	    name, what);
	return PROVIDER_BROKEN;
}

/* "name" if the profile has that key, else NULL. */
static const char *
present(const struct provider_input *input, const char *name)
{
	return profiles_get(input->profiles, input->profile, name) == NULL
		   ? NULL
		   : name;
}

/* role_arn; together with a token file it is web identity instead. */
enum provider_verdict
provider_assume_role(const struct provider_input *input, struct source **source,
    struct err *err)
{
	(void)source;
	if (present(input, "web_identity_token_file") != NULL)
		return PROVIDER_ABSENT;
	return refuse_profile(input, present(input, "role_arn"), err);
}

/* A token file of Kubernetes and others, in either place. */
enum provider_verdict
provider_web_identity(const struct provider_input *input,
    struct source **source, struct err *err)
{
	enum provider_verdict verdict = PROVIDER_ABSENT;

	(void)source;
	if (!input->profile_named)
		verdict = refuse_variable("AWS_WEB_IDENTITY_TOKEN_FILE",
		    "credentials by web identity", err);
	if (verdict != PROVIDER_ABSENT)
		return verdict;
	return refuse_profile(input, present(input, "web_identity_token_file"),
	    err);
}

/* IAM Identity Center: any of its keys in the profile. */
enum provider_verdict
provider_sso(const struct provider_input *input, struct source **source,
    struct err *err)
{
	static const char *const keys[] = { "sso_session", "sso_start_url",
		"sso_account_id", "sso_role_name" };
	const char *what = NULL;

	(void)source;
	for (size_t i = 0; what == NULL && i < sizeof(keys) / sizeof(*keys);
	     i++)
		what = present(input, keys[i]);
	return refuse_profile(input, what, err);
}

/* "aws login" */
enum provider_verdict
provider_login(const struct provider_input *input, struct source **source,
    struct err *err)
{
	(void)source;
	return refuse_profile(input, present(input, "login_session"), err);
}

/* A program that prints credentials. */
enum provider_verdict
provider_process(const struct provider_input *input, struct source **source,
    struct err *err)
{
	(void)source;
	return refuse_profile(input, present(input, "credential_process"), err);
}
