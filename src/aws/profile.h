/* SPDX-License-Identifier: MIT */
/*
 * Profiles: the AWS config file and the shared credentials file, merged.
 *
 * The files are AWS_CONFIG_FILE or ~/.aws/config, and
 * AWS_SHARED_CREDENTIALS_FILE or ~/.aws/credentials; "~" is HOME, else the
 * home directory of the password database.  A file that is not there is an
 * empty one.  A file that cannot be read or does not parse is an error: its
 * text names file and line.
 *
 * The profile is the one named by --profile, else by AWS_PROFILE, else by
 * AWS_DEFAULT_PROFILE, else "default".  One that is named must exist.  What
 * the credentials file says of a profile beats what the config file says.
 */
#ifndef AWS_PROFILE_H
#define AWS_PROFILE_H

#include <stdbool.h>

#include "base/err.h"

struct profiles;

enum profile_file { PROFILE_CONFIG, PROFILE_CREDENTIALS };

/* Reads both files; "option" is what --profile said, or NULL. */
struct profiles *profiles_load(const char *option, struct err *err);
void profiles_free(struct profiles *);

/* The home directory, by which "~" is meant. */
const char *profiles_home(void);

/* Name of the profile in use. */
const char *profiles_name(const struct profiles *);

/* Who named it: "--profile", "AWS_PROFILE", ...; NULL: nobody. */
const char *profiles_named_by(const struct profiles *);

/* Path of a file, whether it exists or not. */
const char *profiles_path(const struct profiles *, enum profile_file file);

/* Whether there is a profile of that name. */
bool profiles_has(const struct profiles *, const char *profile);

/* Value of a key in a profile; NULL: not set, or empty. */
const char *profiles_get(const struct profiles *, const char *profile,
    const char *key);

/* The same, as one of the two files has it. */
const char *profiles_get_from(const struct profiles *, const char *profile,
    enum profile_file file, const char *key);

/*
 * Where the value is that profiles_get() returns, as a new string:
 * "FILE:LINE", or the config file's path if it is not set.
 */
char *profiles_where(const struct profiles *, const char *profile,
    const char *key);

/*
 * Value of a key in another section of the config file, [KIND NAME]: NULL if
 * it is not set, or empty.  *found (or NULL) tells whether there is such a
 * section.
 */
const char *profiles_section(const struct profiles *, const char *kind,
    const char *name, const char *key, bool *found);

/*
 * The endpoint_url that the [services NAME] section, which the profile names
 * in "services", has for "service".  Returns 0 with *url (NULL: none), or -1
 * with "err" if the profile names a section that is not there.
 */
int profiles_service_url(const struct profiles *, const char *profile,
    const char *service, const char **url, struct err *err);

#endif
