/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "guard_run.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/instant.h"
#include "guard/proc.h"
#include "process/orphans.h"

extern char **environ;

static struct inherited inherited;
static struct orphans orphans;

/* Where the programs are; without TEND_BUILD, by where this one is. */
static const char *
build_directory(void)
{
	static char path[PATH_MAX];
	const char *build = getenv("TEND_BUILD");
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);

	if (build != NULL || n <= 0)
		return build == NULL ? "." : build;
	path[n] = '\0';
	/* BUILD/tests/unit/PROGRAM */
	for (int i = 0; i < 3; i++) {
		char *slash = strrchr(path, '/');

		if (slash != NULL)
			*slash = '\0';
	}
	return path;
}

void
run_main(void)
{
	static char path[2 * PATH_MAX];
	const char *old = getenv("PATH");
	struct err err;

	inherited_read(&inherited);
	if (orphans_init(&orphans, &inherited, &err) == -1)
		abort();
	(void)snprintf(path, sizeof(path), "%s/tests/tools:%s",
	    build_directory(), old == NULL ? "/bin:/usr/bin" : old);
	(void)setenv("PATH", path, 1);
}

struct inherited *
run_inherited(void)
{
	return &inherited;
}

const char *
run_program(const char *name)
{
	static char path[2 * PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s/%s", build_directory(), name);
	return path;
}

void
run_spawn(struct run *run, char *const *argv, const struct run_options *options)
{
	struct guard_fd fds[8];
	struct guard_spec spec = {
		.path = run_program("tend-guard"),
		.argv = argv,
		.envp = options->envp == NULL ? environ : options->envp,
		.fds = fds,
		.fd_count = options->fd_count,
		.inherited = options->inherited == NULL ? &inherited
							: options->inherited,
		.pass_inherited = !options->no_inherited,
	};
	struct err err;
	int ends[2] = { -1, -1 };

	memset(run, 0, sizeof(*run));
	assert_true(options->fd_count < 8);
	if (options->fd_count != 0)
		memcpy(fds, options->fds, options->fd_count * sizeof(*fds));
	if (!options->keep_stdout) {
		assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
		fds[spec.fd_count].source = ends[1];
		fds[spec.fd_count++].target = STDOUT_FILENO;
	}
	run->output = ends[0];
	run->guard = guard_spawn(&spec, &err);
	if (run->guard == NULL)
		fail_msg("guard_spawn: %s", err.text);
	if (ends[1] != -1)
		(void)close(ends[1]);
}

void
run_begin(struct run *run, char *const *argv, const struct run_options *options)
{
	const struct run_options none = { 0 };
	struct guard_start start;

	if (options == NULL)
		options = &none;
	run_spawn(run, argv, options);
	memset(&start, 0, sizeof(start));
	start.stop_signal =
	    options->stop_signal == 0 ? SIGTERM : options->stop_signal;
	start.scope_leader = options->scope_leader;
	start.foreground = options->foreground;
	start.stop_at =
	    options->stop_at == 0 ? INSTANT_NEVER : options->stop_at;
	start.kill_at =
	    options->kill_at == 0 ? INSTANT_NEVER : options->kill_at;
	assert_int_equal(guard_start(run->guard, &start), 0);
}

void
run_shell(struct run *run, const char *script,
    const struct run_options *options)
{
	char shell[] = "sh";
	char flag[] = "-c";
	char *copy = strdup(script);
	char *const argv[] = { shell, flag, copy, NULL };

	run_begin(run, argv, options);
	free(copy);
}

static void
note(struct run *run, const struct guard_message *message)
{
	run->seen[message->type]++;
	if (message->type == GUARD_STARTED)
		run->pid = message->pid;
	if (message->type == GUARD_EXEC_FAILED)
		run->exec_failed = *message;
	if (message->type == GUARD_EXITED)
		run->exited = *message;
	if (message->type == GUARD_EMPTY)
		run->empty = *message;
}

/* Reads what there is.  The type of the last message, or 0. */
static int
read_one(struct run *run)
{
	struct guard_message message;

	switch (guard_read(run->guard, &message)) {
	case GUARD_READ_NOTHING:
		break;
	case GUARD_READ_MESSAGE:
		note(run, &message);
		return message.type;
	case GUARD_READ_LOST:
		run->lost = true;
		break;
	}
	return 0;
}

static void
wait_readable(int fd, int64_t until)
{
	struct pollfd wait = { fd, POLLIN, 0 };
	int64_t left = instant_left(until, clock_boot());

	(void)poll(&wait, 1, (int)left);
}

void
run_until(struct run *run, enum guard_message_type type)
{
	const int64_t limit = clock_boot() + RUN_WAIT_MS;

	for (;;) {
		int got = read_one(run);

		if (got == (int)type)
			return;
		if (run->lost)
			fail_msg("guard lost, while waiting for %d", type);
		if (clock_boot() >= limit)
			fail_msg("no message %d", type);
		if (got == 0)
			wait_readable(guard_descriptor(run->guard), limit);
	}
}

void
run_for(struct run *run, int64_t ms)
{
	const int64_t limit = clock_boot() + ms;

	while (!run->lost && clock_boot() < limit)
		if (read_one(run) == 0 && !run->lost)
			wait_readable(guard_descriptor(run->guard), limit);
}

void
run_until_lost(struct run *run)
{
	run_for(run, RUN_WAIT_MS);
	assert_true(run->lost);
}

/* Reads up to "end", or to the end of the output if it is EOF. */
static const char *
read_output(struct run *run, int end)
{
	const int64_t limit = clock_boot() + RUN_WAIT_MS;
	size_t length = 0;

	for (;;) {
		ssize_t n;

		if (clock_boot() >= limit)
			fail_msg("output does not come");
		wait_readable(run->output, limit);
		n = read(run->output, run->text + length, 1);
		if (n <= 0 || run->text[length] == end)
			break;
		length++;
		assert_true(length < sizeof(run->text));
	}
	run->text[length] = '\0';
	return run->text;
}

const char *
run_line(struct run *run)
{
	return read_output(run, '\n');
}

const char *
run_text(struct run *run)
{
	return read_output(run, EOF);
}

void
run_release(struct run *run)
{
	orphans_leave(&orphans, run->guard);
	assert_int_equal(guard_release(run->guard), 0);
}

void
run_until_swept(struct run *run)
{
	const int64_t limit = clock_boot() + RUN_WAIT_MS;

	orphans_sweep(&orphans, run->guard);
	while (orphans_step(&orphans)) {
		if (clock_boot() >= limit)
			fail_msg("orphans are left");
		(void)poll(NULL, 0, 2);
	}
}

void
run_end(struct run *run)
{
	const int64_t limit = clock_boot() + RUN_WAIT_MS;
	siginfo_t info;

	guard_free(run->guard);
	if (run->output != -1)
		(void)close(run->output);
	for (;;) {
		bool remains = orphans_step(&orphans);

		if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) ==
			-1 &&
		    errno == ECHILD && !remains)
			return;
		if (clock_boot() >= limit)
			fail_msg("children are left");
		(void)poll(NULL, 0, 2);
	}
}

bool
run_is_alive(pid_t pid)
{
	struct proc_stat stat;
	int handle = proc_open(pid);
	bool alive;

	if (handle == -1)
		return false;
	alive = proc_read_stat(handle, &stat) == 0 && !proc_has_ended(&stat);
	(void)close(handle);
	return alive;
}

void
run_until_dead(pid_t pid)
{
	const int64_t limit = clock_boot() + RUN_WAIT_MS;

	while (run_is_alive(pid)) {
		if (clock_boot() >= limit)
			fail_msg("%d lives", (int)pid);
		(void)poll(NULL, 0, 1);
	}
}

char
run_state(pid_t pid)
{
	struct proc_stat stat = { 0 };
	int handle = proc_open(pid);

	if (handle == -1)
		return 'X';
	if (proc_read_stat(handle, &stat) == -1)
		stat.state = 'X';
	(void)close(handle);
	return stat.state;
}

void
run_until_state(pid_t pid, char state)
{
	const int64_t limit = clock_boot() + RUN_WAIT_MS;

	while (run_state(pid) != state) {
		if (clock_boot() >= limit)
			fail_msg("%d is %c", (int)pid, run_state(pid));
		(void)poll(NULL, 0, 1);
	}
}
