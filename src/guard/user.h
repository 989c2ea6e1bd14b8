/* SPDX-License-Identifier: MIT */
/*
 * The user as whom the command is executed, if not as the guard's own.
 */
#ifndef GUARD_USER_H
#define GUARD_USER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct user {
	bool given;
	uid_t user;
	const gid_t *groups; /* the first is the main one */
	size_t group_count;
};

/*
 * Reads "USER:GROUP[,GROUP]...", all of them numbers.  Returns 0, or -1 if it
 * is anything else.  There is one list of groups in a process.
 */
int user_parse(struct user *user, const char *text);

/*
 * Becomes that user, for good.  Returns 0, or -1 with errno.  The request for
 * a signal at the parent's death is lost by it.
 */
int user_become(const struct user *user);

#endif
