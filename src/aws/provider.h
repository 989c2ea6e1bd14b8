/* SPDX-License-Identifier: MIT */
/*
 * The interface between the chain of credentials.c and its providers, one
 * file credentials_NAME.c for each.
 *
 * A provider looks whether it is configured and says what it has found.  Each
 * is a pure function of environment and profiles, and returns at once.  One
 * that has to ask a service would return what to ask for, and leave asking
 * and refreshing to the loop.
 */
#ifndef AWS_PROVIDER_H
#define AWS_PROVIDER_H

#include <stdbool.h>

#include "aws/credentials.h"
#include "aws/profile.h"
#include "base/err.h"

enum provider_verdict {
	PROVIDER_ABSENT, /* not configured: the next one is asked */
	PROVIDER_FOUND,  /* "credentials" is filled */
	PROVIDER_BROKEN  /* configured, but of no use: "err" says why */
};

/* What a provider may look at, besides the environment. */
struct provider_input {
	const struct profiles *profiles;
	bool profile_named; /* by --profile: beats the environment */
};

/* credentials_environment.c */
enum provider_verdict provider_environment(const struct provider_input *,
    struct credentials *credentials, struct err *err);

/* credentials_static.c */
enum provider_verdict provider_shared_file(const struct provider_input *,
    struct credentials *credentials, struct err *err);
enum provider_verdict provider_config_file(const struct provider_input *,
    struct credentials *credentials, struct err *err);

/* credentials_refused.c: recognised, and refused by name */
enum provider_verdict provider_assume_role(const struct provider_input *,
    struct credentials *credentials, struct err *err);
enum provider_verdict provider_web_identity(const struct provider_input *,
    struct credentials *credentials, struct err *err);
enum provider_verdict provider_sso(const struct provider_input *,
    struct credentials *credentials, struct err *err);
enum provider_verdict provider_login(const struct provider_input *,
    struct credentials *credentials, struct err *err);
enum provider_verdict provider_process(const struct provider_input *,
    struct credentials *credentials, struct err *err);
enum provider_verdict provider_container(const struct provider_input *,
    struct credentials *credentials, struct err *err);

/* An environment variable; one that is empty counts as not set: NULL. */
const char *provider_getenv(const char *name);

/* Fills "credentials" with copies; "token" may be NULL. */
void provider_fill(struct credentials *credentials, const char *id,
    const char *secret, const char *token, const char *source);

#endif
