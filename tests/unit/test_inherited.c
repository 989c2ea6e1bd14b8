/* SPDX-License-Identifier: MIT */
/*
 * What tend was started with reaches the command exactly, and nothing else
 * does: signal mask, ignored signals, descriptors, working directory.  And
 * the guard in between keeps none of it.
 *
 * This program sets all that up and then executes itself anew, so that it is
 * started as tend might be.  It does so once more under a filter that makes
 * close_range(2) fail as on an old kernel.
 */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "guard/kernel.h"
#include "guard_run.h"
#include "process/guard.h"
#include "process/orphans.h"

enum { PASSED_FD = 7, OTHER_FD = 11 };

static const char stage_name[] = "TEST_INHERITED_STAGE";
static const char blocked_name[] = "TEST_INHERITED_BLOCKED";
static const char ignored_name[] = "TEST_INHERITED_IGNORED";

/* The hexadecimal number after "SigBlk:" or the like, in a status text. */
static uint64_t
status_bits(const char *text, const char *field)
{
	const char *at = strstr(text, field);

	return at == NULL ? 0 : strtoull(at + strlen(field), NULL, 16);
}

static uint64_t
own_bits(const char *field)
{
	char text[4096];
	int fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd == -1 ? -1 : read(fd, text, sizeof(text) - 1);

	if (n <= 0)
		abort();
	text[n] = '\0';
	(void)close(fd);
	return status_bits(text, field);
}

static void
export_bits(const char *name, const char *field)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%llx",
	    (unsigned long long)own_bits(field));
	(void)setenv(name, text, 1);
}

/* As tend might be started, with a child that it has not made. */
static void
become_stage(char **argv, const char *stage)
{
	const uint64_t mask = (uint64_t)1 << (SIGUSR1 - 1) |
			      (uint64_t)1 << (SIGUSR2 - 1) |
			      (uint64_t)1 << (33 - 1) | (uint64_t)1 << (40 - 1);
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (int fd = 3; fd < 4096; fd++)
		if (fd != null)
			(void)close(fd);
	(void)dup2(null, PASSED_FD);
	(void)dup2(null, OTHER_FD);
	if (fork() == 0) {
		(void)dup2(null, STDOUT_FILENO);
		(void)execlp("sleep", "sleep", "1000", NULL);
		_exit(127);
	}
	(void)signal(SIGINT, SIG_IGN);
	(void)signal(SIGHUP, SIG_IGN);
	(void)signal(SIGCHLD, SIG_IGN);
	(void)signal(SIGRTMAX, SIG_IGN);
	(void)kernel_ignore(33, true);
	(void)kernel_set_mask(mask);
	(void)setenv(stage_name, stage, 1);
	export_bits(blocked_name, "SigBlk:");
	export_bits(ignored_name, "SigIgn:");
	(void)execv("/proc/self/exe", argv);
	abort();
}

static uint64_t
exported_bits(const char *name)
{
	return strtoull(getenv(name), NULL, 16);
}

static void
test_a_child_from_before_is_no_business_of_ours(void **state)
{
	const struct inherited *inherited = run_inherited();
	struct run run;
	pid_t child;

	(void)state;
	assert_int_equal(inherited->child_count, 1);
	child = inherited->children[0];
	run_shell(&run, "exec sleep 1000", NULL);
	run_until(&run, GUARD_STARTED);
	/* Not even when everybody unknown is killed. */
	assert_int_equal(kill(guard_pid(run.guard), SIGKILL), 0);
	run_until_lost(&run);
	run_until_swept(&run);
	assert_true(run_is_alive(child));
	run_until_dead(run.pid);
	/* Its end is not taken for another's, and it is reaped. */
	assert_int_equal(kill(child, SIGKILL), 0);
	run_end(&run);
}

static void
test_reads_what_there_is(void **state)
{
	const struct inherited *inherited = run_inherited();

	(void)state;
	assert_true(exported_bits(blocked_name) != 0);
	assert_true(exported_bits(ignored_name) != 0);
	assert_int_equal(inherited->mask_bits, exported_bits(blocked_name));
	assert_int_equal(inherited->ignored, exported_bits(ignored_name));
	assert_int_equal(inherited->fd_count, 2);
	assert_int_equal(inherited->fds[0], PASSED_FD);
	assert_int_equal(inherited->fds[1], OTHER_FD);
	assert_true(inherited->open_stdio[0]);
	assert_true(inherited->open_stdio[1]);
	assert_true(inherited->open_stdio[2]);
	/* An ignored SIGCHLD would leave nobody to wait for. */
	assert_int_equal(own_bits("SigIgn:") >> (SIGCHLD - 1) & 1, 0);
}

static void
test_blocks_all_but_faults(void **state)
{
	static const int open_ones[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL,
		SIGTRAP, SIGSYS, SIGABRT, SIGKILL, SIGSTOP, 32 };
	uint64_t blocked = own_bits("SigBlk:");

	(void)state;
	for (size_t i = 0; i < sizeof(open_ones) / sizeof(open_ones[0]); i++) {
		uint64_t bit = (uint64_t)1 << (open_ones[i] - 1);

		assert_int_equal(blocked & bit, 0);
		blocked |= bit;
	}
	assert_true(blocked == UINT64_MAX);
}

static void
test_signals_are_the_command_s_exactly(void **state)
{
	char *const argv[] = { (char *)"cat", (char *)"/proc/self/status",
		NULL };
	struct run run;

	(void)state;
	run_begin(&run, argv, NULL);
	(void)run_text(&run);
	assert_int_equal(status_bits(run.text, "SigBlk:"),
	    exported_bits(blocked_name));
	assert_int_equal(status_bits(run.text, "SigIgn:"),
	    exported_bits(ignored_name));
	assert_int_equal(status_bits(run.text, "SigPnd:"), 0);
	run_until(&run, GUARD_EMPTY);
	run_end(&run);
}

static void
test_a_status_comes_though_sigchld_is_ignored(void **state)
{
	struct run run;

	(void)state;
	run_shell(&run, "exit 3", NULL);
	run_until(&run, GUARD_EMPTY);
	assert_int_equal(run.exited.status, 3);
	run_end(&run);
}

/* What the command has open, with these options. */
static void
assert_fds(const struct run_options *options, const char *fds)
{
	char *const argv[] = { (char *)"nasty", (char *)"fds", NULL };
	struct run run;

	run_begin(&run, argv, options);
	assert_string_equal(run_text(&run), fds);
	run_until(&run, GUARD_EMPTY);
	run_end(&run);
}

static void
test_descriptors_are_the_command_s_exactly(void **state)
{
	/* As libcurl makes them: not close-on-exec. */
	int stray = fcntl(STDERR_FILENO, F_DUPFD, 20);
	const struct guard_fd more[] = { { stray, 5 }, { -1, 200 } };
	const struct guard_fd over[] = { { stray, PASSED_FD } };
	const struct run_options plain = { 0 };
	const struct run_options none = { .no_inherited = true };
	const struct run_options with_more = { .fds = more, .fd_count = 2 };
	const struct run_options only_more = {
		.fds = more, .fd_count = 2, .no_inherited = true
	};
	const struct run_options with_over = {
		.fds = over, .fd_count = 1, .no_inherited = true
	};

	(void)state;
	assert_true(stray >= 20);
	assert_fds(&plain, "0 1 2 7 11 \n");
	assert_fds(&none, "0 1 2 \n");
	assert_fds(&with_more, "0 1 2 5 7 11 200 \n");
	assert_fds(&only_more, "0 1 2 5 200 \n");
	assert_fds(&with_over, "0 1 2 7 \n");
	(void)close(stray);
}

/* Sources that are each other's targets. */
static void
test_descriptors_can_change_places(void **state)
{
	int first[2];
	int second[2];

	(void)state;
	assert_int_equal(pipe2(first, O_CLOEXEC), 0);
	assert_int_equal(pipe2(second, O_CLOEXEC), 0);
	{
		const struct guard_fd fds[] = { { first[1], second[1] },
			{ second[1], first[1] } };
		const struct run_options options = { .fds = fds,
			.fd_count = 2 };
		char script[64];
		struct run run;
		char got[2] = "";

		(void)snprintf(script, sizeof(script),
		    "exec bash -c 'printf a >&%d; printf b >&%d'", first[1],
		    second[1]);
		run_shell(&run, script, &options);
		run_until(&run, GUARD_EMPTY);
		assert_int_equal(run.exited.status, 0);
		assert_int_equal(read(first[0], got, 1), 1);
		assert_string_equal(got, "b");
		assert_int_equal(read(second[0], got, 1), 1);
		assert_string_equal(got, "a");
		run_end(&run);
	}
	for (int i = 0; i < 2; i++) {
		(void)close(first[i]);
		(void)close(second[i]);
	}
}

static void
test_no_source_is_dev_null(void **state)
{
	const struct guard_fd fds[] = { { -1, STDIN_FILENO } };
	const struct run_options options = { .fds = fds, .fd_count = 1 };
	struct run run;

	(void)state;
	run_shell(&run, "readlink /proc/self/fd/0", &options);
	assert_string_equal(run_text(&run), "/dev/null\n");
	run_until(&run, GUARD_EMPTY);
	run_end(&run);
}

static void
test_a_guard_that_is_not_there_is_an_error(void **state)
{
	char *const argv[] = { (char *)"true", NULL };
	const struct guard_spec spec = {
		.path = "/nonexistent/tend-guard",
		.argv = argv,
		.envp = argv + 1,
		.inherited = run_inherited(),
	};
	struct err err;

	(void)state;
	assert_null(guard_spawn(&spec, &err));
	assert_string_equal(err.text,
	    "/nonexistent/tend-guard: No such file or directory");
}

static int
count_descriptors(void)
{
	int count = 0;

	for (int fd = 0; fd < 256; fd++)
		if (fcntl(fd, F_GETFD) != -1)
			count++;
	return count;
}

static void
test_leaks_no_descriptor(void **state)
{
	int before = count_descriptors();

	test_no_source_is_dev_null(state);
	test_descriptors_can_change_places(state);
	test_a_guard_that_is_not_there_is_an_error(state);
	assert_int_equal(count_descriptors(), before);
}

/* The guard pins neither the working directory nor any descriptor. */
static void
test_the_guard_keeps_nothing(void **state)
{
	char path[64];
	char link[256];
	struct run run;
	DIR *directory;
	const struct dirent *entry;
	int count = 0;
	ssize_t n;

	(void)state;
	run_shell(&run, "pwd; exec sleep 1000", NULL);
	assert_string_equal(run_line(&run), getcwd(link, sizeof(link)));
	run_until(&run, GUARD_STARTED);
	(void)snprintf(path, sizeof(path), "/proc/%d/cwd",
	    (int)guard_pid(run.guard));
	n = readlink(path, link, sizeof(link) - 1);
	assert_int_equal(n, 1);
	assert_int_equal(link[0], '/');
	(void)snprintf(path, sizeof(path), "/proc/%d/fd",
	    (int)guard_pid(run.guard));
	directory = opendir(path);
	assert_non_null(directory);
	while ((entry = readdir(directory)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		n = readlinkat(dirfd(directory), entry->d_name, link,
		    sizeof(link) - 1);
		assert_true(n > 0);
		link[n] = '\0';
		if (strncmp(link, "socket:", 7) != 0 &&
		    strncmp(link, "anon_inode:", 11) != 0 &&
		    strncmp(link, "pipe:", 5) != 0)
			fail_msg("the guard has %s", link);
		count++;
	}
	(void)closedir(directory);
	/* The channel, the signalfd, the timerfd; until STARTED is read by
	 * us the result of the exec may be there too. */
	assert_true(count == 3);
	assert_int_equal(guard_kill(run.guard), 0);
	run_until(&run, GUARD_EMPTY);
	run_end(&run);
}

/* A lock that the command lets go is free, though the guard lives. */
static void
test_a_lock_is_the_command_s_alone(void **state)
{
	char name[] = "/tmp/test_inherited.XXXXXX";
	int locked = mkstemp(name);
	int other = open(name, O_RDWR | O_CLOEXEC);
	const struct guard_fd fds[] = { { locked, 9 } };
	const struct run_options options = { .fds = fds, .fd_count = 1 };
	struct run run;

	(void)state;
	assert_true(locked != -1 && other != -1);
	assert_int_equal(flock(locked, LOCK_EX), 0);
	run_shell(&run,
	    "trap 'exec 9>&-; echo free' USR1; echo held; "
	    "while :; do sleep .02; done",
	    &options);
	(void)close(locked);
	assert_string_equal(run_line(&run), "held");
	assert_int_equal(flock(other, LOCK_EX | LOCK_NB), -1);
	assert_int_equal(guard_forward(run.guard, SIGUSR1), 0);
	assert_string_equal(run_line(&run), "free");
	assert_int_equal(flock(other, LOCK_EX | LOCK_NB), 0);
	assert_int_equal(guard_kill(run.guard), 0);
	run_until(&run, GUARD_EMPTY);
	run_end(&run);
	(void)close(other);
	(void)unlink(name);
}

static int
wait_status(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) == -1)
		if (errno != EINTR)
			return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* In a process of its own, whose exit status says what is wrong. */
static int
check_closed_stdio(void)
{
	struct inherited inherited;
	char link[64] = "";

	(void)close(STDIN_FILENO);
	(void)close(STDERR_FILENO);
	inherited_read(&inherited);
	if (inherited.open_stdio[0] || !inherited.open_stdio[1] ||
	    inherited.open_stdio[2])
		return 1;
	if (readlink("/proc/self/fd/0", link, sizeof(link) - 1) == -1 ||
	    strcmp(link, "/dev/null") != 0)
		return 2;
	if (fcntl(STDERR_FILENO, F_GETFD) != 0)
		return 3;
	free(inherited.children);
	inherited_close(&inherited);
	return 0;
}

/* As in a root directory with neither /proc nor /dev, where each descriptor
 * is tried. */
static int
check_bare(const char *root)
{
	static const int fds[] = { 5, 40, 63 };
	struct inherited inherited;
	struct stat now;

	for (int fd = 3; fd < 64; fd++)
		(void)close(fd);
	for (int i = 0; i < 3; i++) {
		int fd = open("/", O_RDONLY | O_DIRECTORY);

		if (dup2(fd, fds[i]) == -1 || close(fd) == -1)
			return 1;
	}
	if (chroot(root) == -1 || chdir("/") == -1)
		return 2;
	(void)close(STDIN_FILENO);
	inherited_read(&inherited);
	if (inherited.open_stdio[0] || fstat(STDIN_FILENO, &now) == -1 ||
	    !S_ISDIR(now.st_mode))
		return 3;
	if (inherited.fd_count != 3 || inherited.child_count != 0 ||
	    memcmp(inherited.fds, fds, sizeof(fds)) != 0)
		return 4;
	/* Out again, so that what a process writes at its end is not there. */
	if (fchdir(63) == -1 || chroot(".") == -1)
		return 5;
	free(inherited.children);
	inherited_close(&inherited);
	return 0;
}

static bool
is_sealed(int fd)
{
	int flags = fcntl(fd, F_GETFD);

	return flags != -1 && (flags & FD_CLOEXEC) != 0;
}

static int
check_seal(void)
{
	static int fds[] = { 3, 30, 31, 40 };
	const struct inherited inherited = { .fds = fds, .fd_count = 4 };
	const struct inherited none = { 0 };

	for (int fd = 3; fd < 64; fd++)
		(void)dup2(STDIN_FILENO, fd);
	inherited_seal(&inherited);
	for (int fd = 0; fd < 64; fd++) {
		bool kept = fd <= 3 || fd == 30 || fd == 31 || fd == 40;

		if (is_sealed(fd) == kept)
			return fd == 0 ? 99 : fd;
	}
	inherited_seal(&none);
	return is_sealed(3) && is_sealed(30) && !is_sealed(2) ? 0 : 98;
}

static void
test_closed_stdio_is_dev_null(void **state)
{
	pid_t pid = fork();

	(void)state;
	if (pid == 0)
		_exit(check_closed_stdio());
	assert_int_equal(wait_status(pid), 0);
}

static void
test_a_bare_root_will_do(void **state)
{
	char root[] = "/tmp/bare-XXXXXX";
	pid_t pid;

	(void)state;
	if (geteuid() != 0)
		skip();
	assert_non_null(mkdtemp(root));
	pid = fork();
	if (pid == 0)
		_exit(check_bare(root));
	assert_int_equal(wait_status(pid), 0);
	assert_int_equal(rmdir(root), 0);
}

static void
test_seals_all_that_was_not_inherited(void **state)
{
	pid_t pid = fork();

	(void)state;
	if (pid == 0)
		_exit(check_seal());
	assert_int_equal(wait_status(pid), 0);
}

static void
test_close_closes_what_was_inherited(void **state)
{
	struct inherited inherited = { 0 };

	(void)state;
	inherited.fds = malloc(sizeof(int));
	assert_non_null(inherited.fds);
	inherited.fds[0] = dup(STDERR_FILENO);
	inherited.fd_count = 1;
	inherited_close(&inherited);
	assert_int_equal(inherited.fd_count, 0);
	assert_null(inherited.fds);
}

static void
test_finds_the_guard_beside_the_program(void **state)
{
	char beside[4096];
	char *found;
	ssize_t n = readlink("/proc/self/exe", beside, sizeof(beside) - 32);

	(void)state;
	assert_true(n > 0);
	beside[n] = '\0';
	assert_non_null(strrchr(beside, '/'));
	(void)snprintf(strrchr(beside, '/'), 32, "/tend-guard");
	(void)unlink(beside);
	found = guard_find(NULL);
	if (found != NULL)
		assert_string_not_equal(found, beside);
	free(found);
	assert_int_equal(symlink(run_program("tend-guard"), beside), 0);
	found = guard_find(NULL);
	(void)unlink(beside);
	assert_non_null(found);
	assert_string_equal(found, beside);
	free(found);
}

/* Makes close_range(2) fail as on Linux before 5.9. */
static bool
forbid_close_range(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
		    offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_close_range, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog program = { sizeof(code) / sizeof(code[0]),
		code };

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	       prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0 &&
	       kernel_close_range(100, 100, 0) == -1 && errno == ENOSYS;
}

/* All of this again, on what looks like an old kernel. */
static void
test_needs_no_close_range(void **state)
{
	pid_t pid;

	(void)state;
	if (strcmp(getenv(stage_name), "old") == 0)
		return;
	pid = fork();
	if (pid == 0) {
		char *const argv[] = { (char *)"test_inherited", NULL };
		int null = open("/dev/null", O_RDWR | O_CLOEXEC);

		if (!forbid_close_range())
			_exit(77);
		(void)dup2(null, STDOUT_FILENO);
		become_stage((char **)argv, "old");
	}
	switch (wait_status(pid)) {
	case 77:
		skip();
		break;
	case 0:
		break;
	default:
		fail_msg("fails without close_range");
	}
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    test_a_child_from_before_is_no_business_of_ours),
		cmocka_unit_test(test_reads_what_there_is),
		cmocka_unit_test(test_blocks_all_but_faults),
		cmocka_unit_test(test_signals_are_the_command_s_exactly),
		cmocka_unit_test(test_a_status_comes_though_sigchld_is_ignored),
		cmocka_unit_test(test_descriptors_are_the_command_s_exactly),
		cmocka_unit_test(test_descriptors_can_change_places),
		cmocka_unit_test(test_no_source_is_dev_null),
		cmocka_unit_test(test_leaks_no_descriptor),
		cmocka_unit_test(test_the_guard_keeps_nothing),
		cmocka_unit_test(test_a_lock_is_the_command_s_alone),
		cmocka_unit_test(test_closed_stdio_is_dev_null),
		cmocka_unit_test(test_a_bare_root_will_do),
		cmocka_unit_test(test_seals_all_that_was_not_inherited),
		cmocka_unit_test(test_close_closes_what_was_inherited),
		cmocka_unit_test(test_finds_the_guard_beside_the_program),
		cmocka_unit_test(test_a_guard_that_is_not_there_is_an_error),
		cmocka_unit_test(test_needs_no_close_range),
	};

	(void)argc;
	if (getenv(stage_name) == NULL)
		become_stage(argv, "new");
	run_main();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
