/* SPDX-License-Identifier: MIT */
/*
 * Keys that stand in a profile, in either of the two files.
 */
#include "config.h"

#include "aws/provider.h"

#include <stdlib.h>

#include "base/mem.h"

static enum provider_verdict
look(const struct provider_input *input, enum profile_file file,
    struct credentials *credentials, struct err *err)
{
	const struct profiles *profiles = input->profiles;
	const char *id = profiles_get_from(profiles, file, "aws_access_key_id");
	const char *secret =
	    profiles_get_from(profiles, file, "aws_secret_access_key");
	const char *token =
	    profiles_get_from(profiles, file, "aws_session_token");
	char *source;

	if (id == NULL && secret == NULL)
		return PROVIDER_ABSENT;
	if (id == NULL || secret == NULL) {
		(void)err_set(err,
		    "half a key pair: profile '%s' in %s has "
		    "%s, but no %s: give both, or none",
		    profiles_name(profiles), profiles_path(profiles, file),
		    id != NULL ? "aws_access_key_id" : "aws_secret_access_key",
		    id != NULL ? "aws_secret_access_key" : "aws_access_key_id");
		return PROVIDER_BROKEN;
	}
	if (token == NULL)
		token = profiles_get_from(profiles, file, "aws_security_token");
	source = mem_format("profile '%s' in %s", profiles_name(profiles),
	    profiles_path(profiles, file));
	provider_fill(credentials, id, secret, token, source);
	free(source);
	return PROVIDER_FOUND;
}

/* ~/.aws/credentials */
enum provider_verdict
provider_shared_file(const struct provider_input *input,
    struct credentials *credentials, struct err *err)
{
	return look(input, PROFILE_CREDENTIALS, credentials, err);
}

/* ~/.aws/config */
enum provider_verdict
provider_config_file(const struct provider_input *input,
    struct credentials *credentials, struct err *err)
{
	return look(input, PROFILE_CONFIG, credentials, err);
}
