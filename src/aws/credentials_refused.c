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

/* "name" if the profile has that key, else NULL. */
static const char *
present(const struct provider_input *input, const char *name)
{
	return profiles_get(input->profiles, input->profile, name) == NULL
		   ? NULL
		   : name;
}

/* "aws login" */
enum provider_verdict
provider_login(const struct provider_input *input, struct source **source,
    struct err *err)
{
	(void)source;
	return refuse_profile(input, present(input, "login_session"), err);
}
