/* SPDX-License-Identifier: MIT */
/*
 * What the user may say in several places: looked for in one after the other,
 * and kept with the name of the place, for messages and tables.
 *
 *	struct said said = { 0 };
 *
 *	(void)(said_in_option(&said, "--region", option) ||
 *	       said_in_environment(&said, "AWS_REGION") ||
 *	       said_in_profile(&said, profiles, "region"));
 *	if (said.value != NULL)
 *		...
 *
 * The profile is the one in use.  A variable or a key that is empty is not
 * set.
 */
#ifndef AWS_SAID_H
#define AWS_SAID_H

#include <stdbool.h>

#include "aws/endpoint.h"
#include "base/err.h"

struct profiles;

enum { SAID_SOURCE = ENDPOINT_SOURCE };

/* A value, which is not copied; NULL if nobody said it. */
struct said {
	const char *value;
	char source[SAID_SOURCE];
};

/* Whether it is said there; if so, they set both fields. */
bool said_in_option(struct said *said, const char *name, const char *value);
bool said_in_environment(struct said *said, const char *name);
bool said_in_profile(struct said *said, const struct profiles *profiles,
    const char *key);

/*
 * A variable, else a key of the profile, that is true or false as the AWS
 * SDKs read them; nobody said it: false.  Returns 0, or -1 with "err".
 */
int said_switch(bool *on, const char *variable, const char *key,
    const struct profiles *profiles, struct err *err);

#endif
