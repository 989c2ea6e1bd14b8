/* SPDX-License-Identifier: MIT */
/*
 * The kernel's files are made up, in a process with mounts of its own: which
 * version of cgroups the machine has does not matter.
 */
#include "config.h"

#include "process/oom.h"

#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* What a child says whose machine does not let it mount. */
enum { NO_MOUNTS = -2 };

static int
put(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	if (file == NULL)
		return -1;
	(void)fputs(text, file);
	return fclose(file);
}

/* /proc and the cgroups are empty, and this process's own. */
static int
hide(void)
{
	int spaces = CLONE_NEWNS | (geteuid() == 0 ? 0 : CLONE_NEWUSER);

	if (unshare(spaces) == -1 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == -1 ||
	    mount("none", "/proc", "tmpfs", 0, NULL) == -1 ||
	    mount("none", "/sys/fs/cgroup", "tmpfs", 0, NULL) == -1)
		return -1;
	return mkdir("/proc/self", 0755);
}

/* What oom_kills() says where /proc/self/cgroup is "cgroup" and the file in
 * "directory" of the cgroups has "events". */
static int64_t
kills(const char *cgroup, const char *directory, const char *file,
    const char *events)
{
	char path[256];

	if (hide() == -1)
		return NO_MOUNTS;
	if (cgroup != NULL)
		assert_int_equal(put("/proc/self/cgroup", cgroup), 0);
	if (directory == NULL)
		return oom_kills();
	/* Of two names: each has its directory. */
	(void)snprintf(path, sizeof(path), "/sys/fs/cgroup%s", directory);
	for (char *at = strchr(path + strlen("/sys/fs/cgroup/"), '/');
	     at != NULL; at = strchr(at + 1, '/')) {
		*at = '\0';
		(void)mkdir(path, 0755);
		*at = '/';
	}
	(void)mkdir(path, 0755);
	(void)snprintf(path, sizeof(path), "/sys/fs/cgroup%s/%s", directory,
	    file);
	assert_int_equal(put(path, events), 0);
	return oom_kills();
}

static int64_t
kills_elsewhere(const char *cgroup, const char *directory, const char *file,
    const char *events)
{
	int64_t count = NO_MOUNTS;
	int ends[2];
	pid_t pid;

	assert_int_equal(pipe(ends), 0);
	pid = fork();
	if (pid == 0) {
		count = kills(cgroup, directory, file, events);
		(void)!write(ends[1], &count, sizeof(count));
		_exit(0);
	}
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	(void)close(ends[1]);
	assert_int_equal(read(ends[0], &count, sizeof(count)), sizeof(count));
	(void)close(ends[0]);
	if (count == NO_MOUNTS)
		skip();
	return count;
}

static void
test_version_2(void **state)
{
	(void)state;
	assert_int_equal(kills_elsewhere("0::/a/b\n", "/a/b", "memory.events",
			     "low 1\noom 9\noom_kill 7\n"
			     "oom_group_kill 3\n"),
	    7);
	assert_int_equal(kills_elsewhere("0::/a\n", "/a", "memory.events",
			     "oom_kill 0\n"),
	    0);
}

/* Version 1, beside a version 2 that has no memory in it. */
static void
test_version_1(void **state)
{
	(void)state;
	assert_int_equal(kills_elsewhere("9:cpu,cpuacct:/x\n7:memory:/a\n"
					 "0::/\n",
			     "/memory/a", "memory.oom_control",
			     "oom_kill_disable 0\nunder_oom 0\noom_kill 4\n"),
	    4);
}

/* Unknown is not none. */
static void
test_nobody_tells(void **state)
{
	(void)state;
	assert_int_equal(kills_elsewhere(NULL, NULL, NULL, NULL), -1);
	assert_int_equal(kills_elsewhere("", NULL, NULL, NULL), -1);
	assert_int_equal(kills_elsewhere("0::/a\n", NULL, NULL, NULL), -1);
	assert_int_equal(kills_elsewhere("0::/a\n", "/a", "memory.events",
			     "oom 1\n"),
	    -1);
	assert_int_equal(kills_elsewhere("words\n7:memory\n", "/memory",
			     "memory.oom_control", "oom_kill 4\n"),
	    -1);
	assert_int_equal(kills_elsewhere("8:cpu:/a\n", "/a", "memory.events",
			     "oom_kill 4\n"),
	    -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_version_2),
		cmocka_unit_test(test_version_1),
		cmocka_unit_test(test_nobody_tells),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
