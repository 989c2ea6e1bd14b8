/* SPDX-License-Identifier: MIT */
/*
 * The companion, with shell scripts in the place of swf-local.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "process/companion.h"
#include "process/inherited.h"
#include "process/orphans.h"

enum { PATIENCE = 10000 };

static struct inherited inherited;
static char *directory;
static char *program;

static int
set_up(void **state)
{
	char template[] = "/tmp/tend-companion.XXXXXX";

	(void)state;
	inherited_read(&inherited);
	assert_non_null(mkdtemp(template));
	directory = mem_string(template);
	program = mem_format("%s/swf-local", directory);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	(void)unlink(program);
	(void)rmdir(directory);
	free(program);
	free(directory);
	return 0;
}

static void
write_program(const char *text)
{
	int fd = open(program, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0700);

	assert_true(fd != -1);
	assert_true(dprintf(fd, "#!/bin/sh\n%s\n", text) > 0);
	assert_int_equal(close(fd), 0);
}

static struct companion *
start(const char *text)
{
	struct companion *companion;
	struct err err;

	write_program(text);
	companion = companion_start(program, &inherited, &err);
	assert_non_null(companion);
	return companion;
}

/* What it says first that is not that it is still starting. */
static enum companion_read
await(struct companion *companion, int *port)
{
	struct pollfd ready = { .fd = companion_descriptor(companion),
		.events = POLLIN };
	enum companion_read said;

	do {
		assert_int_equal(poll(&ready, 1, PATIENCE), 1);
		said = companion_read(companion, port);
	} while (said == COMPANION_STARTING);
	return said;
}

static void
test_says_its_port(void **state)
{
	struct companion *companion =
	    start("printf 80; sleep 0.1; echo 87; exec cat");
	int port = 0;

	(void)state;
	assert_int_equal(await(companion, &port), COMPANION_READY);
	assert_int_equal(port, 8087);
	assert_int_equal(companion_read(companion, &port), COMPANION_READY);
	companion_stop(companion);
}

static void
expect_no_port(const char *text)
{
	struct companion *companion = start(text);
	int port = 0;

	assert_int_equal(await(companion, &port), COMPANION_ENDED);
	companion_stop(companion);
}

static void
test_is_not_understood(void **state)
{
	(void)state;
	expect_no_port("exit 1");
	expect_no_port("echo hello; exec cat");
	expect_no_port("echo 0; exec cat");
	expect_no_port("echo 65536; exec cat");
	expect_no_port("echo; exec cat");
	expect_no_port("printf 12345678; exec cat");
	expect_no_port("printf 8087");
}

static void
test_cannot_be_started(void **state)
{
	struct err err;

	(void)state;
	(void)unlink(program);
	assert_null(companion_start(program, &inherited, &err));
	assert_non_null(strstr(err.text, program));
	assert_non_null(strstr(err.text, strerror(ENOENT)));
}

/* Besides 0, 1 and 2 there is what "ls" itself opens, and no more. */
static void
test_gets_no_descriptors(void **state)
{
	int fd = open("/dev/null", O_RDONLY);
	struct companion *companion = start("set -- $(ls /proc/self/fd)\n"
					    "echo $#; exec cat");
	int port = 0;

	(void)state;
	assert_true(fd != -1);
	assert_int_equal(await(companion, &port), COMPANION_READY);
	assert_int_equal(port, 4);
	companion_stop(companion);
	(void)close(fd);
}

static void
test_is_stopped(void **state)
{
	struct companion *companion = start("echo 1; trap '' TERM\n"
					    "while :; do sleep 1; done");
	pid_t pid = companion_pid(companion);
	int port = 0;

	(void)state;
	assert_int_equal(await(companion, &port), COMPANION_READY);
	assert_int_equal(getpgid(pid), pid);
	assert_true(companion_owns(pid));
	companion_stop(companion);
	assert_false(companion_owns(pid));
	assert_int_equal(kill(pid, 0), -1);
	assert_int_equal(errno, ESRCH);
}

/* Once another has reaped it, its number may be a stranger's. */
static void
test_is_not_stopped_twice(void **state)
{
	struct companion *companion = start("exit 0");
	pid_t pid = companion_pid(companion);
	siginfo_t info;
	int port = 0;

	(void)state;
	assert_int_equal(await(companion, &port), COMPANION_ENDED);
	assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED), 0);
	companion_reaped(pid);
	assert_false(companion_owns(pid));
	companion_stop(companion);
}

/* It is no orphan of a guard. */
static void
test_is_not_swept(void **state)
{
	struct companion *companion = start("echo 1; exec cat");
	struct orphans orphans;
	struct err err;
	int port = 0;

	(void)state;
	assert_int_equal(await(companion, &port), COMPANION_READY);
	assert_int_equal(orphans_init(&orphans, &inherited, &err), 0);
	orphans.sweeping = true;
	assert_false(orphans_step(&orphans));
	assert_int_equal(orphans.killed, 0);
	assert_int_equal(companion_read(companion, &port), COMPANION_READY);
	orphans_clear(&orphans);
	companion_stop(companion);
}

/* Whoever has started it is killed: it reads the end of its input. */
static void
test_ends_with_its_parent(void **state)
{
	int witness[2];
	struct pollfd ended = { .events = POLLIN };
	pid_t parent;

	(void)state;
	assert_int_equal(pipe(witness), 0);
	ended.fd = witness[0];
	parent = fork();
	if (parent == 0) {
		struct companion *companion;
		int port = 0;

		/* The witness is its stderr: open for as long as it lives. */
		(void)dup2(witness[1], STDERR_FILENO);
		(void)close(witness[0]);
		(void)close(witness[1]);
		companion = start("echo 1; exec cat");
		(void)await(companion, &port);
		(void)kill(getpid(), SIGKILL);
	}
	(void)close(witness[1]);
	assert_int_equal(poll(&ended, 1, PATIENCE), 1);
	assert_int_equal(waitpid(parent, NULL, 0), parent);
	(void)close(witness[0]);
}

static void
test_is_found_on_path(void **state)
{
	char *before = mem_string(getenv("PATH"));
	char *path = mem_format("/nonexistent::/tmp:%s", directory);
	struct err err;
	char *found;

	(void)state;
	write_program("");
	assert_int_equal(setenv("PATH", path, 1), 0);
	found = companion_find(&err);
	assert_string_equal(found, program);
	free(found);
	assert_int_equal(setenv("PATH", "/nonexistent:", 1), 0);
	assert_null(companion_find(&err));
	assert_non_null(strstr(err.text, "swf-local: not found"));
	assert_int_equal(setenv("PATH", before, 1), 0);
	free(before);
	free(path);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_says_its_port),
		cmocka_unit_test(test_is_not_understood),
		cmocka_unit_test(test_cannot_be_started),
		cmocka_unit_test(test_gets_no_descriptors),
		cmocka_unit_test(test_is_stopped),
		cmocka_unit_test(test_is_not_stopped_twice),
		cmocka_unit_test(test_is_not_swept),
		cmocka_unit_test(test_ends_with_its_parent),
		cmocka_unit_test(test_is_found_on_path),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
