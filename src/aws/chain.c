/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "aws/chain.h"

#include <stdlib.h>

#include "aws/provider.h"
#include "base/mem.h"

/* In the order of the AWS CLI. */
static provider_look *const chain[] = {
	provider_environment,
	provider_assume_role,
	provider_web_identity,
	provider_sso,
	provider_shared_file,
	provider_login,
	provider_process,
	provider_config_file,
	provider_container,
	provider_imds,
};

/* What was looked at, all in vain; to be freed. */
static char *
describe_lack(const struct profiles *profiles, const char *option)
{
	return mem_format("no credentials: neither AWS_ACCESS_KEY_ID%s nor "
			  "profile '%s' in %s or %s has any",
	    option != NULL ? " (put out of action by --profile)" : "",
	    profiles_name(profiles),
	    profiles_path(profiles, PROFILE_CREDENTIALS),
	    profiles_path(profiles, PROFILE_CONFIG));
}

/* The first one that is configured; NULL with "err". */
static struct source *
look(const struct provider_input *input, struct err *err)
{
	struct source *source = NULL;

	for (size_t i = 0; i < sizeof(chain) / sizeof(chain[0]); i++) {
		switch (chain[i](input, &source, err)) {
		case PROVIDER_ABSENT:
			break;
		case PROVIDER_FOUND:
			return source;
		case PROVIDER_BROKEN:
			return NULL;
		}
	}
	(void)err_set(err,
	    "%s, and instance metadata is off "
	    "(AWS_EC2_METADATA_DISABLED): " PROVIDER_REMEDY,
	    input->lacking);
	return NULL;
}

/* The first provider that is configured decides. */
struct source *
chain_find(const struct profiles *profiles, const char *option,
    const char *region, bool allow_plain, struct err *err)
{
	char *lacking = describe_lack(profiles, option);
	const struct provider_input input = {
		.profiles = profiles,
		.profile = profiles_name(profiles),
		.profile_named = option != NULL,
		.region = region,
		.allow_plain = allow_plain,
		.lacking = lacking,
	};
	struct source *source = look(&input, err);

	free(lacking);
	return source;
}

/* Blank counts as not set. */
const char *
provider_getenv(const char *name)
{
	const char *value = getenv(name);

	return value == NULL || *value == '\0' ? NULL : value;
}

/*
 * Keys and tokens go into headers, which a line end would end.  "echo KEY" has
 * left one in many a secret store, and a value that goes on in the next line
 * of a file has one.
 */
int
provider_check_key(const char *name, const char *value, struct err *err)
{
	for (; value != NULL && *value != '\0'; value++)
		if (*value < ' ' || *value > '~')
			return err_set(err,
			    "%s: has a line end or another character in it "
			    "that no key or token has",
			    name);
	return 0;
}

/* For messages. */
char *
provider_place(const struct provider_input *input, const char *key)
{
	char *where = profiles_where(input->profiles, input->profile, key);
	char *place = mem_format("profile '%s' (%s)", input->profile, where);

	free(where);
	return place;
}
