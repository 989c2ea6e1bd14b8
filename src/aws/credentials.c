/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "aws/credentials.h"

#include <stdlib.h>
#include <string.h>

#include "aws/profile.h"
#include "aws/provider.h"
#include "base/mem.h"

/* In the order of the AWS CLI. */
static enum provider_verdict (*const chain[])(const struct provider_input *,
    struct credentials *, struct err *) = {
	provider_environment,
	provider_assume_role,
	provider_web_identity,
	provider_sso,
	provider_shared_file,
	provider_login,
	provider_process,
	provider_config_file,
	provider_container,
};

/* The first provider that is configured decides. */
int
credentials_find(struct credentials *credentials,
    const struct profiles *profiles, const char *option, struct err *err)
{
	const struct provider_input input = {
		.profiles = profiles,
		.profile_named = option != NULL,
	};

	*credentials = (struct credentials){ 0 };
	for (size_t i = 0; i < sizeof(chain) / sizeof(chain[0]); i++) {
		switch (chain[i](&input, credentials, err)) {
		case PROVIDER_ABSENT:
			break;
		case PROVIDER_FOUND:
			return 0;
		case PROVIDER_BROKEN:
			return -1;
		}
	}
	return err_set(err,
	    "no credentials: neither AWS_ACCESS_KEY_ID%s nor "
	    "profile '%s' in %s or %s has any: set AWS_ACCESS_KEY_ID and "
	    "AWS_SECRET_ACCESS_KEY, or run 'aws configure'; for a local "
	    "service use --no-sign-request",
	    option != NULL ? " (put out of action by --profile)" : "",
	    profiles_name(profiles),
	    profiles_path(profiles, PROFILE_CREDENTIALS),
	    profiles_path(profiles, PROFILE_CONFIG));
}

static char *
copy(const char *text)
{
	return text == NULL ? NULL : mem_string(text);
}

/* A copy of its own. */
void
credentials_copy(struct credentials *to, const struct credentials *from)
{
	to->access_key_id = copy(from->access_key_id);
	to->secret_access_key = copy(from->secret_access_key);
	to->session_token = copy(from->session_token);
	to->source = copy(from->source);
}

static void
cleanse(char *text)
{
	if (text != NULL)
		explicit_bzero(text, strlen(text));
	free(text);
}

/* Cleared credentials can be cleared again. */
void
credentials_clear(struct credentials *credentials)
{
	cleanse(credentials->access_key_id);
	cleanse(credentials->secret_access_key);
	cleanse(credentials->session_token);
	free(credentials->source);
	*credentials = (struct credentials){ 0 };
}

/* Blank counts as not set. */
const char *
provider_getenv(const char *name)
{
	const char *value = getenv(name);

	return value == NULL || *value == '\0' ? NULL : value;
}

/* For providers that have found keys. */
void
provider_fill(struct credentials *credentials, const char *id,
    const char *secret, const char *token, const char *source)
{
	credentials->access_key_id = mem_string(id);
	credentials->secret_access_key = mem_string(secret);
	credentials->session_token = copy(token);
	credentials->source = mem_string(source);
}
