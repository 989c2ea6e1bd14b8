/* SPDX-License-Identifier: MIT */
/*
 * Another user, as whom a command is run: --user USER[:GROUP].
 *
 * Names are looked up once, before anything is started, because the look-up
 * may have to ask a directory service.  A user by number need not exist; it
 * then has no groups but the one that is said, or that of the same number,
 * and "/" as its home.
 */
#ifndef PROCESS_IDENTITY_H
#define PROCESS_IDENTITY_H

#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"

struct identity {
	uid_t user;
	gid_t group;
	gid_t *groups; /* all of them, "group" included */
	size_t group_count;
	char *name; /* or the number as text; for the environment */
	char *home;
	char *shell;
};

/*
 * Looks "text" up.  Returns a new one, or NULL with "err": there is no such
 * user or group, or this process may not become it.
 */
struct identity *identity_find(const char *text, struct err *err);

/* NULL is fine. */
void identity_free(struct identity *);

#endif
