/* SPDX-License-Identifier: MIT */
/*
 * Keys that stand in a profile, in either of the two files.
 */
#include "config.h"

#include "aws/provider.h"

#include <stdlib.h>

#include "base/mem.h"

static const char *const names[] = {
	[PROFILE_CONFIG] = "config file",
	[PROFILE_CREDENTIALS] = "shared credentials file",
};

static int
check(const char *place, const char *what, const char *value, struct err *err)
{
	char *name = mem_format("%s: the %s", place, what);
	int result = provider_check_key(name, value, err);

	free(name);
	return result;
}

static enum provider_verdict
look(const struct provider_input *input, enum profile_file file,
    struct source **source, struct err *err)
{
	const struct profiles *profiles = input->profiles;
	const char *id = profiles_get_from(profiles, input->profile, file,
	    "aws_access_key_id");
	const char *secret = profiles_get_from(profiles, input->profile, file,
	    "aws_secret_access_key");
	/* The old name of the token; it still wins. */
	const char *token = profiles_get_from(profiles, input->profile, file,
	    "aws_security_token");
	enum provider_verdict verdict;
	char *text;

	if (id == NULL && secret == NULL)
		return PROVIDER_ABSENT;
	if (id == NULL || secret == NULL) {
		(void)err_set(err,
		    "half a key pair: profile '%s' in %s has "
		    "%s, but no %s: give both, or none",
		    input->profile, profiles_path(profiles, file),
		    id != NULL ? "aws_access_key_id" : "aws_secret_access_key",
		    id != NULL ? "aws_secret_access_key" : "aws_access_key_id");
		return PROVIDER_BROKEN;
	}
	if (token == NULL)
		token = profiles_get_from(profiles, input->profile, file,
		    "aws_session_token");
	text = mem_format("profile '%s' in %s", input->profile,
	    profiles_path(profiles, file));
	if (check(text, "key id", id, err) == -1 ||
	    check(text, "secret key", secret, err) == -1 ||
	    check(text, "session token", token, err) == -1)
		verdict = PROVIDER_BROKEN;
	else
		verdict =
		    source_fixed(source, names[file], id, secret, token, text);
	free(text);
	return verdict;
}

/* ~/.aws/credentials */
enum provider_verdict
provider_shared_file(const struct provider_input *input, struct source **source,
    struct err *err)
{
	return look(input, PROFILE_CREDENTIALS, source, err);
}

/* ~/.aws/config */
enum provider_verdict
provider_config_file(const struct provider_input *input, struct source **source,
    struct err *err)
{
	return look(input, PROFILE_CONFIG, source, err);
}
