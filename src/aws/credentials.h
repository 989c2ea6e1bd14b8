/* SPDX-License-Identifier: MIT */
/*
 * Credentials: what requests are signed with, and where it comes from.
 *
 * Providers are asked in the order in which the AWS CLI asks them; the first
 * one that is configured decides.  One that is configured but cannot be used
 * is an error: nothing falls through to a later one, because a task must not
 * quietly run under another identity.
 *
 *	environment         AWS_ACCESS_KEY_ID ... (not with --profile)
 *	assume-role         role_arn in the profile
 *	web identity        AWS_WEB_IDENTITY_TOKEN_FILE (not with --profile),
 *	                    web_identity_token_file in the profile
 *	single sign-on      sso_... in the profile
 *	shared credentials  static keys in the credentials file
 *	login               login_session in the profile
 *	process             credential_process in the profile
 *	config file         static keys in the config file
 *	container           AWS_CONTAINER_CREDENTIALS_FULL_URI, ..._RELATIVE_URI
 *
 * Of these, the environment and static keys can be used; the others are
 * recognised and refused by name.  Each provider is a file
 * credentials_NAME.c with one function, declared in aws/provider.h.
 */
#ifndef AWS_CREDENTIALS_H
#define AWS_CREDENTIALS_H

#include "base/err.h"

struct profiles;

struct credentials {
	char *access_key_id;
	char *secret_access_key;
	char *session_token; /* NULL: none */
	char *source;        /* "environment", "profile 'x' in FILE" */
};

/*
 * Asks the providers.  "option" is what --profile said (NULL: nothing); it
 * also puts the environment's keys out of action.  Returns 0, or -1 with
 * "err"; if nothing is configured, that lists what was looked at.
 */
int credentials_find(struct credentials *credentials,
    const struct profiles *profiles, const char *option, struct err *err);

/* A copy of its own. */
void credentials_copy(struct credentials *to, const struct credentials *from);

/* Overwrites the secrets and frees. */
void credentials_clear(struct credentials *credentials);

#endif
