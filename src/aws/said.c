/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "aws/said.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "aws/profile.h"

/* Given, or NULL. */
bool
said_in_option(struct said *said, const char *name, const char *value)
{
	if (value == NULL)
		return false;
	said->value = value;
	(void)strlcpy(said->source, name, SAID_SOURCE);
	return true;
}

/* Blank counts as not set. */
bool
said_in_environment(struct said *said, const char *name)
{
	const char *value = getenv(name);

	if (value == NULL || *value == '\0')
		return false;
	return said_in_option(said, name, value);
}

/* Of the profile in use. */
bool
said_in_profile(struct said *said, const struct profiles *profiles,
    const char *key)
{
	const char *value =
	    profiles_get(profiles, profiles_name(profiles), key);

	if (value == NULL)
		return false;
	said->value = value;
	(void)snprintf(said->source, SAID_SOURCE, "%s of profile '%.80s'", key,
	    profiles_name(profiles));
	return true;
}

/* In any case of letters. */
int
said_switch(bool *on, const char *variable, const char *key,
    const struct profiles *profiles, struct err *err)
{
	struct said said;

	*on = false;
	if (!said_in_environment(&said, variable) &&
	    !said_in_profile(&said, profiles, key))
		return 0;
	*on = strcasecmp(said.value, "true") == 0;
	if (*on || strcasecmp(said.value, "false") == 0)
		return 0;
	return err_set(err, "%s: '%s' is neither true nor false", said.source,
	    said.value);
}
