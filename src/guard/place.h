/* SPDX-License-Identifier: MIT */
/*
 * The guard's first argument: where it finds what tend has for it, and as
 * whom the command is executed.  guard/message.h has its form.
 */
#ifndef GUARD_PLACE_H
#define GUARD_PLACE_H

#include "guard/user.h"

struct place {
	int channel; /* a descriptor */
	int file;    /* of the lease; -1: none */
	int offset;  /* of the lease in that */
};

/*
 * Reads it.  Returns 0, or -1 if it is anything else, or a number is over
 * 999,999,999.  "user" is set only if one is said.
 */
int place_parse(struct place *place, struct user *user, const char *text);

#endif
