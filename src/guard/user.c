/* SPDX-License-Identifier: MIT */
#include "guard/user.h"

#include <errno.h>
#include <grp.h>
#include <unistd.h>

/* The kernel's NGROUPS_MAX.  Pages that are not used cost nothing. */
enum { GROUPS_MAX = 65536 };

gid_t user_groups[GROUPS_MAX] __attribute__((common));

/* A number up to "end", which is one further on then. */
static int
parse_number(const char **at, unsigned *number, char *end)
{
	const char *text = *at;
	unsigned long value = 0;

	for (; *text >= '0' && *text <= '9'; text++) {
		value = value * 10 + (unsigned long)(*text - '0');
		if (value >= 0xffffffffUL)
			return -1;
	}
	if (text == *at)
		return -1;
	*end = *text;
	*number = (unsigned)value;
	*at = *text == '\0' ? text : text + 1;
	return 0;
}

int
user_parse(struct user *user, const char *text)
{
	unsigned number;
	char end;

	if (parse_number(&text, &number, &end) == -1 || end != ':')
		return -1;
	user->user = number;
	user->group_count = 0;
	do {
		if (user->group_count == GROUPS_MAX ||
		    parse_number(&text, &number, &end) == -1)
			return -1;
		user_groups[user->group_count++] = number;
	} while (end == ',');
	if (end != '\0')
		return -1;
	user->groups = user_groups;
	user->given = true;
	return 0;
}

int
user_become(const struct user *user)
{
	/* Who already is that user may not say so once more. */
	if (geteuid() != 0)
		return user->user == geteuid() ? 0 : (errno = EPERM, -1);
	if (setgroups(user->group_count, user->groups) == -1 ||
	    setresgid(user->groups[0], user->groups[0], user->groups[0]) ==
		-1 ||
	    setresuid(user->user, user->user, user->user) == -1)
		return -1;
	return 0;
}
