/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "process/identity.h"

#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"

enum {
	/* As many as the kernel lets a process have. */
	GROUPS_MAX = 65536,
	NUMBER_MAX = 0x7ffffffe
};

/* A number of a user or group.  Returns 0, or -1 if it is none. */
static int
parse_number(const char *text, unsigned *number)
{
	const char *problem = NULL;
	long long value;

	if (*text < '0' || *text > '9')
		return -1;
	value = strtonum(text, 0, NUMBER_MAX, &problem);
	if (problem != NULL)
		return -1;
	*number = (unsigned)value;
	return 0;
}

/* Fills in who it is.  Returns 0, or -1 with "err". */
static int
find_user(struct identity *identity, const char *name, struct err *err)
{
	const struct passwd *user = getpwnam(name);
	unsigned number;

	if (user == NULL && parse_number(name, &number) == 0) {
		identity->user = number;
		identity->group = number;
		user = getpwuid(number);
	} else if (user == NULL) {
		return err_set(err, "there is no user '%s' on this host", name);
	}
	if (user != NULL) {
		identity->user = user->pw_uid;
		identity->group = user->pw_gid;
	}
	identity->name = mem_string(user != NULL ? user->pw_name : name);
	identity->home = mem_string(user != NULL ? user->pw_dir : "/");
	identity->shell =
	    mem_string(user != NULL && *user->pw_shell != '\0' ? user->pw_shell
							       : "/bin/sh");
	return 0;
}

static int
find_group(struct identity *identity, const char *name, struct err *err)
{
	const struct group *group = getgrnam(name);
	unsigned number;

	if (group != NULL)
		identity->group = group->gr_gid;
	else if (parse_number(name, &number) == 0)
		identity->group = number;
	else
		return err_set(err, "there is no group '%s' on this host",
		    name);
	return 0;
}

static int
find_groups(struct identity *identity, struct err *err)
{
	int count = 1;

	identity->groups = mem_new(1, sizeof(gid_t));
	while (getgrouplist(identity->name, identity->group, identity->groups,
		   &count) == -1) {
		if (count > GROUPS_MAX)
			return err_set(err,
			    "%s is in %d groups, and Linux allows %d",
			    identity->name, count, GROUPS_MAX);
		free(identity->groups);
		identity->groups = mem_new((size_t)count, sizeof(gid_t));
	}
	identity->group_count = (size_t)count;
	return 0;
}

/* Only root may become somebody else; who it already is, anybody. */
static int
check_rights(const struct identity *identity, struct err *err)
{
	if (geteuid() == 0 ||
	    (identity->user == getuid() && identity->group == getgid()))
		return 0;
	return err_set(err,
	    "tend must be root to run a command as %s: leave the option out, "
	    "or start tend as root",
	    identity->name);
}

static int
find(struct identity *identity, char *text, struct err *err)
{
	char *group = strchr(text, ':');

	if (group != NULL)
		*group++ = '\0';
	if (*text == '\0' || (group != NULL && *group == '\0'))
		return err_set(err, "it must be USER or USER:GROUP");
	if (find_user(identity, text, err) == -1 ||
	    (group != NULL && find_group(identity, group, err) == -1))
		return -1;
	if (find_groups(identity, err) == -1)
		return -1;
	return check_rights(identity, err);
}

struct identity *
identity_find(const char *text, struct err *err)
{
	struct identity *identity = mem_new(1, sizeof(*identity));
	char *copy = mem_string(text);
	int status = find(identity, copy, err);

	free(copy);
	if (status == 0)
		return identity;
	identity_free(identity);
	return NULL;
}

void
identity_free(struct identity *identity)
{
	if (identity == NULL)
		return;
	free(identity->groups);
	free(identity->name);
	free(identity->home);
	free(identity->shell);
	free(identity);
}
