/* SPDX-License-Identifier: MIT */
/*
 * Keys from AWS_ACCESS_KEY_ID and its like.
 */
#include "config.h"

#include "aws/provider.h"

#include <stddef.h>

/* AWS_SECURITY_TOKEN is the old name of the token; it still wins. */
enum provider_verdict
provider_environment(const struct provider_input *input, struct source **source,
    struct err *err)
{
	const char *id = provider_getenv("AWS_ACCESS_KEY_ID");
	const char *secret = provider_getenv("AWS_SECRET_ACCESS_KEY");
	const char *variable = "AWS_SECURITY_TOKEN";
	const char *token = provider_getenv(variable);

	if (input->profile_named || (id == NULL && secret == NULL))
		return PROVIDER_ABSENT;
	if (id == NULL || secret == NULL) {
		(void)err_set(err,
		    "half a key pair: %s is set, but %s is "
		    "not: set both, or none",
		    id != NULL ? "AWS_ACCESS_KEY_ID" : "AWS_SECRET_ACCESS_KEY",
		    id != NULL ? "AWS_SECRET_ACCESS_KEY" : "AWS_ACCESS_KEY_ID");
		return PROVIDER_BROKEN;
	}
	if (token == NULL) {
		variable = "AWS_SESSION_TOKEN";
		token = provider_getenv(variable);
	}
	if (provider_check_key("AWS_ACCESS_KEY_ID", id, err) == -1 ||
	    provider_check_key("AWS_SECRET_ACCESS_KEY", secret, err) == -1 ||
	    provider_check_key(variable, token, err) == -1)
		return PROVIDER_BROKEN;
	return source_fixed(source, "environment", id, secret, token,
	    "environment");
}
