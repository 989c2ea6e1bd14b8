/* SPDX-License-Identifier: MIT */
/*
 * The chain: which source of credentials is configured.
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
 *	login               login_session in the profile: refused
 *	process             credential_process in the profile
 *	config file         static keys in the config file
 *	container           AWS_CONTAINER_CREDENTIALS_FULL_URI, ..._RELATIVE_URI
 *	instance metadata   unless AWS_EC2_METADATA_DISABLED is true
 *
 * Only environment and files are looked at: nothing is asked over the network
 * yet.  Each provider is a file credentials_NAME.c, declared in
 * aws/provider.h.
 */
#ifndef AWS_CHAIN_H
#define AWS_CHAIN_H

#include <stdbool.h>

#include "base/err.h"

struct profiles;
struct source;

/*
 * "option" is what --profile said (NULL: nothing); it also puts the
 * environment's keys out of action.  "region" is that of the service, or
 * NULL if no one is said; "allow_plain" whether an endpoint of STS or single
 * sign-on may be http:// to another host.  Returns the source, or NULL with
 * "err"; if nothing is configured, that lists what was looked at.  "profiles"
 * is not needed afterwards.
 */
struct source *chain_find(const struct profiles *profiles, const char *option,
    const char *region, bool allow_plain, struct err *err);

#endif
