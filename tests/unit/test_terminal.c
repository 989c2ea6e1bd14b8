/* SPDX-License-Identifier: MIT */
/*
 * The terminal: handed to the command only if that is right, its keys reach
 * the command once, and it comes back.  Each case is this program executed
 * anew on a pseudo-terminal of its own, as the session's leader; what it
 * says on failure is read from the other side.
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
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/instant.h"
#include "guard_run.h"
#include "process/signals.h"
#include "process/terminal.h"

/* The case says so on its stdout; the keys are then typed. */
static void
ask_for_keys(const char *keys)
{
	(void)dprintf(STDOUT_FILENO, "TYPE%d\n", keys[0]);
}

static void
begin(struct run *run, struct terminal *terminal, const char *script,
    int output)
{
	const struct guard_fd fd = { output, 9 };
	const struct run_options options = {
		.keep_stdout = true,
		.fds = &fd,
		.fd_count = 1,
		.foreground = terminal->usable,
	};

	run_shell(run, script, &options);
	run_until(run, GUARD_STARTED);
	terminal_handed(terminal, run->pid);
}

static int
next_signal(int signals)
{
	struct signal_info info = { 0, 0 };

	return signals_next(signals, &info) ? info.signal : 0;
}

/* ^C goes to the command, and not to tend. */
static void
case_hands_over(void)
{
	int signals = signals_open();
	struct terminal terminal;
	struct run run;
	int ends[2];

	terminal_init(&terminal);
	assert_true(terminal.usable);
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	begin(&run, &terminal, "exec nasty log command >&9", ends[1]);
	run.output = ends[0];
	assert_non_null(strstr(run_line(&run), "command ready"));
	assert_int_equal(tcgetpgrp(STDIN_FILENO), run.pid);
	ask_for_keys("\x03");
	assert_string_equal(run_line(&run), "command 2");
	assert_int_equal(guard_kill(run.guard), 0);
	run_until(&run, GUARD_EMPTY);
	(void)close(ends[1]);
	assert_string_equal(run_text(&run), "");
	for (int got; (got = next_signal(signals)) != 0;)
		assert_int_equal(got, SIGCHLD);
	assert_int_equal(tcgetpgrp(STDIN_FILENO), run.pid);
	terminal_take(&terminal);
	assert_int_equal(tcgetpgrp(STDIN_FILENO), getpgrp());
	run_end(&run);
}

/* ^Z is told; after a "fg" the command has the terminal again. */
static void
case_suspends(void)
{
	struct terminal terminal;
	struct run run;
	int ends[2];

	terminal_init(&terminal);
	assert_true(terminal.usable);
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	begin(&run, &terminal, "echo up >&9; read line; echo $line >&9",
	    ends[1]);
	run.output = ends[0];
	assert_string_equal(run_line(&run), "up");
	for (int i = 0; i < 2; i++) {
		ask_for_keys("\x1a");
		run_until(&run, GUARD_SUSPENDED);
		terminal_take(&terminal);
		assert_int_equal(tcgetpgrp(STDIN_FILENO), getpgrp());
		terminal_continue(&terminal);
		assert_int_equal(tcgetpgrp(STDIN_FILENO), run.pid);
		assert_int_equal(guard_resume(run.guard), 0);
		/* A SIGCONT still to come would take the next ^Z away. */
		run_until_state(run.pid, 'S');
	}
	assert_int_equal(run.seen[GUARD_SUSPENDED], 2);
	ask_for_keys("k\n");
	assert_string_equal(run_line(&run), "k");
	run_until(&run, GUARD_EMPTY);
	assert_int_equal(run.exited.status, 0);
	terminal_take(&terminal);
	assert_int_equal(tcgetpgrp(STDIN_FILENO), getpgrp());
	(void)close(ends[1]);
	run_end(&run);
}

/* A shell that says "bg" keeps the terminal. */
static void
case_goes_to_the_background(void)
{
	struct terminal terminal;
	struct run run;
	pid_t shell;

	terminal_init(&terminal);
	begin(&run, &terminal, "exec sleep 1000", STDERR_FILENO);
	assert_int_equal(tcgetpgrp(STDIN_FILENO), run.pid);
	terminal_take(&terminal);
	/* Somebody else's group is in front. */
	shell = fork();
	if (shell == 0) {
		(void)setpgid(0, 0);
		for (;;)
			(void)pause();
	}
	(void)setpgid(shell, shell);
	assert_int_equal(tcsetpgrp(STDIN_FILENO, shell), 0);
	terminal_continue(&terminal);
	assert_int_equal(tcgetpgrp(STDIN_FILENO), shell);
	terminal_take(&terminal);
	assert_int_equal(tcgetpgrp(STDIN_FILENO), shell);
	assert_int_equal(kill(shell, SIGKILL), 0);
	assert_int_equal(guard_kill(run.guard), 0);
	run_until(&run, GUARD_EMPTY);
	run_end(&run);
}

/* Not ours to give: one of the three is no terminal, or we have it not. */
static void
case_leaves_it_alone(void)
{
	struct terminal terminal;
	struct run run;
	int ends[2];
	int saved;

	for (int fd = 0; fd < 3; fd++) {
		assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
		saved = fcntl(fd, F_DUPFD_CLOEXEC, 10);
		(void)dup2(ends[1], fd);
		terminal_init(&terminal);
		(void)dup2(saved, fd);
		(void)close(saved);
		(void)close(ends[0]);
		(void)close(ends[1]);
		assert_false(terminal.usable);
	}
	terminal_init(&terminal);
	assert_true(terminal.usable);
	terminal.shared = terminal.usable = false;
	begin(&run, &terminal, "exec sleep 1000", STDERR_FILENO);
	assert_int_equal(tcgetpgrp(STDIN_FILENO), getpgrp());
	terminal_take(&terminal);
	terminal_continue(&terminal);
	assert_int_equal(tcgetpgrp(STDIN_FILENO), getpgrp());
	assert_int_equal(guard_kill(run.guard), 0);
	run_until(&run, GUARD_EMPTY);
	run_end(&run);
}

static void
case_is_not_in_front(void)
{
	struct terminal terminal;

	/* The leader of a session cannot leave its group: its child can. */
	if (fork() == 0) {
		(void)setpgid(0, 0);
		terminal_init(&terminal);
		_exit(terminal.usable ? 1 : 0);
	}
	{
		siginfo_t info = { 0 };

		assert_int_equal(waitid(P_ALL, 0, &info, WEXITED), 0);
		assert_int_equal(info.si_status, 0);
	}
}

static const struct {
	const char *name;
	void (*run)(void);
} cases[] = {
	{ "hands over", case_hands_over },
	{ "suspends", case_suspends },
	{ "goes to the background", case_goes_to_the_background },
	{ "leaves it alone", case_leaves_it_alone },
	{ "is not in front", case_is_not_in_front },
};

/* The case's process: leader of a session on the terminal. */
static pid_t
start_case(const char *name, int master)
{
	char path[64];
	pid_t pid;

	assert_int_equal(ptsname_r(master, path, sizeof(path)), 0);
	pid = fork();
	if (pid == 0) {
		int terminal;
		sigset_t none;

		(void)setsid();
		terminal = open(path, O_RDWR);
		(void)ioctl(terminal, TIOCSCTTY, 0);
		for (int fd = 0; fd < 3; fd++)
			(void)dup2(terminal, fd);
		if (terminal > 2)
			(void)close(terminal);
		(void)sigemptyset(&none);
		(void)sigprocmask(SIG_SETMASK, &none, NULL);
		(void)execl("/proc/self/exe", "tend", name, NULL);
		_exit(99);
	}
	assert_true(pid > 0);
	return pid;
}

/* Types what the case asks for.  "text" has all that it has said. */
static void
serve(int master, char *text, size_t size)
{
	const int64_t limit = clock_boot() + 2 * RUN_WAIT_MS;
	const char *seen = text;
	size_t length = 0;

	text[0] = '\0';
	while (clock_boot() < limit && length + 1 < size) {
		struct pollfd wait = { master, POLLIN, 0 };
		const char *asked;
		ssize_t n;

		if (poll(&wait, 1, 1000) <= 0)
			continue;
		n = read(master, text + length, size - length - 1);
		if (n <= 0)
			return;
		length += (size_t)n;
		text[length] = '\0';
		while ((asked = strstr(seen, "TYPE")) != NULL &&
		       strchr(asked, '\n') != NULL) {
			const char keys[] = { (char)strtol(asked + 4, NULL, 10),
				'\n' };

			seen = asked + 4;
			assert_true(write(master, keys, keys[0] < ' ' ? 1 : 2) >
				    0);
		}
	}
}

static void
run_case(void **state)
{
	const char *name = *state;
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	char text[4096];
	int status = 0;
	pid_t pid;

	assert_true(master != -1);
	assert_int_equal(grantpt(master), 0);
	assert_int_equal(unlockpt(master), 0);
	pid = start_case(name, master);
	serve(master, text, sizeof(text));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	(void)close(master);
	if (status != 0)
		fail_msg("%s: status %d: %s", name, status, text);
}

int
main(int argc, char **argv)
{
	struct CMUnitTest tests[sizeof(cases) / sizeof(cases[0])];

	run_main();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (argc == 2 && strcmp(argv[1], cases[i].name) == 0) {
			cases[i].run();
			return 0;
		}
		tests[i] = (struct CMUnitTest){
			.name = cases[i].name,
			.test_func = run_case,
			.initial_state = (void *)cases[i].name,
		};
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
