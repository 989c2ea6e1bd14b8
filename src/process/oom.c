/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "process/oom.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE = PATH_MAX + 64 };

/* The number after "oom_kill " in a file of the cgroup, or -1. */
static int64_t
read_count(const char *path)
{
	char line[LINE];
	int64_t count = -1;
	FILE *file = fopen(path, "re");

	if (file == NULL)
		return -1;
	while (fgets(line, sizeof(line), file) != NULL)
		if (strncmp(line, "oom_kill ", strlen("oom_kill ")) == 0)
			count = strtoll(line + strlen("oom_kill "), NULL, 10);
	(void)fclose(file);
	return count;
}

/*
 * One line of /proc/self/cgroup: "0::/path", or "7:memory:/path" where
 * version 1 has the memory controller.
 */
static int64_t
count_of(char *line)
{
	char path[2 * PATH_MAX];
	char *controllers = strchr(line, ':');
	char *place;

	line[strcspn(line, "\n")] = '\0';
	if (controllers == NULL)
		return -1;
	place = strchr(controllers + 1, ':');
	if (place == NULL)
		return -1;
	*place++ = '\0';
	if (controllers[1] == '\0')
		(void)snprintf(path, sizeof(path),
		    "/sys/fs/cgroup%s/memory.events", place);
	else if (strcmp(controllers + 1, "memory") == 0)
		(void)snprintf(path, sizeof(path),
		    "/sys/fs/cgroup/memory%s/memory.oom_control", place);
	else
		return -1;
	return read_count(path);
}

int64_t
oom_kills(void)
{
	char line[LINE];
	int64_t count = -1;
	FILE *file = fopen("/proc/self/cgroup", "re");

	if (file == NULL)
		return -1;
	while (count == -1 && fgets(line, sizeof(line), file) != NULL)
		count = count_of(line);
	(void)fclose(file);
	return count;
}
