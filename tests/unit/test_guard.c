/* SPDX-License-Identifier: MIT */
/*
 * The guard's promises about the end of a tree, with real processes: how it
 * is told, who gets which signal and when, and that nobody is left.
 * run_end() fails if the kernel still knows of a child, dead or alive.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/instant.h"
#include "guard/proc.h"
#include "guard_run.h"

/* How late what is due may come, on a busy machine. */
enum { LATE_MS = 3000 };

static void
assert_time(int64_t from, int64_t least, int64_t most)
{
	int64_t took = clock_boot() - from;

	if (took < least || took > most)
		fail_msg("took %lld ms, not %lld to %lld", (long long)took,
		    (long long)least, (long long)most);
}

/* Reads lines until "count" nasty loggers are ready; their pids. */
static void
read_ready(struct run *run, pid_t *pids, int count)
{
	for (int i = 0; i < count; i++) {
		const char *at = strstr(run_line(run), " ready ");

		assert_non_null(at);
		pids[i] = (pid_t)strtol(at + 7, NULL, 10);
	}
}

/* How often a line stands in a text of lines. */
static int
count_lines(const char *text, const char *line)
{
	size_t length = strlen(line);
	int count = 0;

	while (*text != '\0') {
		size_t end = strcspn(text, "\n");

		if (end == length && strncmp(text, line, length) == 0)
			count++;
		text += end + (text[end] == '\n' ? 1 : 0);
	}
	return count;
}

static void
test_gives_every_exit_status_exactly(void **state)
{
	(void)state;
	for (int i = 0; i < 256; i++) {
		struct run run;
		char script[32];

		(void)snprintf(script, sizeof(script), "exit %d", i);
		run_shell(&run, script, NULL);
		run_until(&run, GUARD_EMPTY);
		assert_int_equal(run.seen[GUARD_STARTED], 1);
		assert_int_equal(run.seen[GUARD_EXITED], 1);
		assert_true(run.pid > 1);
		assert_int_equal(run.exited.status, i);
		assert_int_equal(run.exited.signal, 0);
		assert_int_equal(run.exited.flags, 0);
		assert_int_equal(run.empty.killed, 0);
		run_end(&run);
	}
}

static void
test_gives_the_signal_that_ended_it(void **state)
{
	static const int signals[] = { SIGKILL, SIGSEGV, SIGALRM, SIGTERM };

	(void)state;
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		struct run run;
		char script[48];

		(void)snprintf(script, sizeof(script),
		    "ulimit -c 0; kill -%d $$", signals[i]);
		run_shell(&run, script, NULL);
		run_until(&run, GUARD_EMPTY);
		assert_int_equal(run.exited.status, -1);
		assert_int_equal(run.exited.signal, signals[i]);
		assert_int_equal(run.exited.flags & GUARD_AFTER_STOP, 0);
		assert_int_equal(run.empty.killed, 0);
		run_end(&run);
	}
}

static void
test_counts_what_the_tree_used(void **state)
{
	struct run run;

	(void)state;
	run_shell(&run, "i=0; while [ $i -lt 30000 ]; do i=$((i+1)); done",
	    NULL);
	run_until(&run, GUARD_EMPTY);
	assert_true(run.empty.user_us > 0);
	assert_true(run.empty.max_rss_kib > 100);
	run_end(&run);
}

/* What cannot be executed, and the errno that says why. */
static void
test_says_why_it_cannot_execute(void **state)
{
	static const struct {
		const char *command;
		const char *path;
		int error;
	} rows[] = {
		{ "/nonexistent/command", NULL, ENOENT },
		{ "no-such-command-anywhere", NULL, ENOENT },
		{ "", NULL, ENOENT },
		{ "/", NULL, EACCES },
		{ "plain", ".", EACCES },
		{ "plain", ".:/nonexistent", EACCES },
		{ "./plain", NULL, EACCES },
		{ "./plain/below", NULL, ENOTDIR },
		{ "sh", "/nonexistent", ENOENT },
		{ "./missing-interpreter", NULL, ENOENT },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char path[64];
		char *const envp[] = { path, NULL };
		char *const argv[] = { (char *)rows[i].command, NULL };
		const struct run_options options = {
			.envp = rows[i].path == NULL ? NULL : envp,
		};
		struct run run;

		(void)snprintf(path, sizeof(path), "PATH=%s",
		    rows[i].path == NULL ? "" : rows[i].path);
		run_begin(&run, argv, &options);
		run_until(&run, GUARD_EXEC_FAILED);
		if (run.exec_failed.error != rows[i].error)
			fail_msg("%s: %s", rows[i].command,
			    strerror(run.exec_failed.error));
		assert_int_equal(run.seen[GUARD_STARTED], 0);
		run_until_lost(&run);
		assert_int_equal(run.seen[GUARD_EXITED], 0);
		run_end(&run);
	}
}

/* How a name is looked up, and that a script needs no first line. */
static void
test_executes_as_execvp_does(void **state)
{
	static const struct {
		const char *command;
		const char *path; /* NULL: none in the environment */
		const char *says;
	} rows[] = {
		{ "./script", "", "script ./script a b\n" },
		{ "script", ".", "script ./script a b\n" },
		{ "script", "/nonexistent:.", "script ./script a b\n" },
		{ "script", "", "script script a b\n" },
		{ "script", "/nonexistent:", "script script a b\n" },
		{ "echo", NULL, "a b\n" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char path[64];
		char *const envp[] = { rows[i].path == NULL ? NULL : path,
			NULL };
		char *const argv[] = { (char *)rows[i].command, (char *)"a",
			(char *)"b", NULL };
		const struct run_options options = { .envp = envp };
		struct run run;

		(void)snprintf(path, sizeof(path), "PATH=%s",
		    rows[i].path == NULL ? "" : rows[i].path);
		run_begin(&run, argv, &options);
		assert_string_equal(run_text(&run), rows[i].says);
		run_until(&run, GUARD_EMPTY);
		assert_int_equal(run.exited.status, 0);
		run_end(&run);
	}
}

static void
test_runs_nothing_before_it_is_told_to(void **state)
{
	const struct run_options none = { 0 };
	char *const argv[] = { (char *)"touch", (char *)"was-run", NULL };
	struct run run;

	(void)state;
	run_spawn(&run, argv, &none);
	run_for(&run, 50);
	assert_false(run.lost);
	run_end(&run);
	assert_int_equal(access("was-run", F_OK), -1);
}

/* The stop reaches the whole tree, once each; SIGKILL only after the grace. */
static void
test_stops_the_whole_tree(void **state)
{
	struct run run;
	pid_t pids[4];
	int64_t from;

	(void)state;
	run_shell(&run,
	    "nasty escape nasty log daemon; nasty log child & "
	    "setsid nasty log session & exec nasty log leader",
	    NULL);
	read_ready(&run, pids, 4);
	from = clock_boot();
	assert_int_equal(guard_stop(run.guard, from + 300), 0);
	run_until(&run, GUARD_EMPTY);
	assert_time(from, 300, 300 + LATE_MS);
	assert_int_equal(run.seen[GUARD_KILLING], 1);
	assert_int_equal(run.seen[GUARD_STOPPING], 0);
	assert_int_equal(run.exited.signal, SIGKILL);
	assert_int_equal(run.exited.flags, GUARD_AFTER_STOP);
	assert_int_equal(run.empty.killed, 4);
	(void)run_text(&run);
	assert_int_equal(count_lines(run.text, "leader 15"), 1);
	assert_int_equal(count_lines(run.text, "child 15"), 1);
	assert_int_equal(count_lines(run.text, "daemon 15"), 1);
	assert_int_equal(count_lines(run.text, "session 15"), 1);
	/* Nobody was stopped: SIGCONT at most once. */
	assert_int_equal(count_lines(run.text, "leader 18"), 1);
	assert_int_equal(count_lines(run.text, "daemon 18"), 1);
	for (int i = 0; i < 4; i++)
		assert_false(run_is_alive(pids[i]));
	run_end(&run);
}

static void
test_stop_signal_can_be_another(void **state)
{
	const struct run_options options = { .stop_signal = SIGINT };
	struct run run;
	pid_t pid;

	(void)state;
	run_shell(&run, "exec nasty log a 2", &options);
	read_ready(&run, &pid, 1);
	assert_int_equal(guard_stop(run.guard, clock_boot() + 30000), 0);
	run_until(&run, GUARD_EMPTY);
	assert_int_equal(count_lines(run_text(&run), "a 2"), 1);
	assert_int_equal(count_lines(run.text, "a 15"), 0);
	run_end(&run);
}

static void
test_grace_ends_when_nobody_is_left(void **state)
{
	struct run run;
	pid_t pids[2];
	int64_t from;

	(void)state;
	run_shell(&run,
	    "nasty escape nasty log daemon 15; exec nasty log leader 15", NULL);
	read_ready(&run, pids, 2);
	from = clock_boot();
	assert_int_equal(guard_stop(run.guard, from + 30000), 0);
	run_until(&run, GUARD_EMPTY);
	assert_time(from, 0, LATE_MS);
	assert_int_equal(run.seen[GUARD_KILLING], 0);
	assert_int_equal(run.exited.status, 0);
	assert_int_equal(run.exited.flags, GUARD_AFTER_STOP);
	assert_int_equal(run.empty.killed, 0);
	run_end(&run);
}

/* Grace belongs to the tree: the leader's death does not end it. */
static void
test_a_grandchild_may_clean_up(void **state)
{
	struct run run;

	(void)state;
	run_shell(&run,
	    "(trap 'sleep 0.3; echo cleaned; exit 0' TERM; echo ready; "
	    "while :; do sleep 0.02; done) & wait",
	    NULL);
	assert_string_equal(run_line(&run), "ready");
	assert_int_equal(guard_stop(run.guard, clock_boot() + 30000), 0);
	run_until(&run, GUARD_EXITED);
	assert_int_equal(run.exited.signal, SIGTERM);
	assert_int_equal(run.seen[GUARD_EMPTY], 0);
	run_until(&run, GUARD_EMPTY);
	assert_int_equal(run.empty.killed, 0);
	assert_int_equal(count_lines(run_text(&run), "cleaned"), 1);
	run_end(&run);
}

static void
test_scope_leader_spares_the_others_until_the_kill(void **state)
{
	const struct run_options options = { .scope_leader = true };
	struct run run;
	pid_t pids[3];
	int64_t from;

	(void)state;
	run_shell(&run,
	    "nasty escape nasty log daemon; nasty log child & "
	    "exec nasty log leader",
	    &options);
	read_ready(&run, pids, 3);
	from = clock_boot();
	assert_int_equal(guard_stop(run.guard, from + 200), 0);
	run_until(&run, GUARD_EMPTY);
	assert_time(from, 200, 200 + LATE_MS);
	(void)run_text(&run);
	assert_int_equal(count_lines(run.text, "leader 15"), 1);
	assert_int_equal(count_lines(run.text, "child 15"), 0);
	assert_int_equal(count_lines(run.text, "child 18"), 0);
	assert_int_equal(count_lines(run.text, "daemon 15"), 0);
	assert_int_equal(run.empty.killed, 3);
	run_end(&run);
}

/* One that was stopped gets the signal first and is then woken up for it. */
static void
test_wakes_what_is_stopped(void **state)
{
	struct run run;

	(void)state;
	run_shell(&run, "trap 'echo term; exit 3' TERM; kill -STOP $$; echo no",
	    NULL);
	run_until(&run, GUARD_STARTED);
	run_until_state(run.pid, 'T');
	assert_int_equal(guard_stop(run.guard, clock_boot() + 30000), 0);
	run_until(&run, GUARD_EMPTY);
	assert_int_equal(run.exited.status, 3);
	assert_int_equal(run.seen[GUARD_KILLING], 0);
	assert_string_equal(run_text(&run), "term\n");
	run_end(&run);
}

static void
test_a_second_stop_only_shortens(void **state)
{
	struct run run;
	pid_t pid;
	int64_t from;

	(void)state;
	run_shell(&run, "exec nasty log a", NULL);
	read_ready(&run, &pid, 1);
	from = clock_boot();
	assert_int_equal(guard_stop(run.guard, from + 30000), 0);
	assert_int_equal(guard_stop(run.guard, from + 250), 0);
	assert_int_equal(guard_stop(run.guard, from + 60000), 0);
	run_until(&run, GUARD_EMPTY);
	assert_time(from, 250, 250 + LATE_MS);
	assert_int_equal(count_lines(run_text(&run), "a 15"), 1);
	run_end(&run);
}

/* What ended by itself before the stop did so, whatever came next. */
static void
test_an_end_before_the_stop_is_natural(void **state)
{
	struct run run;

	(void)state;
	run_shell(&run, "sleep 1000 & exec sleep 1000", NULL);
	run_until(&run, GUARD_STARTED);
	/* The guard finds both when it runs again. */
	assert_int_equal(kill(guard_pid(run.guard), SIGSTOP), 0);
	run_until_state(guard_pid(run.guard), 'T');
	assert_int_equal(kill(run.pid, SIGKILL), 0);
	run_until_state(run.pid, 'Z');
	assert_int_equal(guard_stop(run.guard, clock_boot() + 30000), 0);
	assert_int_equal(kill(guard_pid(run.guard), SIGCONT), 0);
	run_until(&run, GUARD_EMPTY);
	assert_int_equal(run.exited.signal, SIGKILL);
	assert_int_equal(run.exited.flags & GUARD_AFTER_STOP, 0);
	assert_int_equal(run.empty.killed, 0);
	run_end(&run);
}

/* Left-overs are nobody's business until tend says so. */
static void
test_left_overs_wait_for_a_word(void **state)
{
	struct run run;
	pid_t pids[2];

	(void)state;
	run_shell(&run,
	    "nasty escape nasty log daemon 15; nasty log child 15 & sleep .1; "
	    "exit 4",
	    NULL);
	read_ready(&run, pids, 2);
	run_until(&run, GUARD_EXITED);
	assert_int_equal(run.exited.status, 4);
	run_for(&run, 100);
	assert_int_equal(run.seen[GUARD_EMPTY], 0);
	/* The number of its group is still the leader's own. */
	assert_int_equal(run_state(run.pid), 'Z');
	assert_int_equal(guard_stop(run.guard, clock_boot() + 30000), 0);
	run_until(&run, GUARD_EMPTY);
	assert_int_equal(run.exited.flags, 0);
	assert_int_equal(count_lines(run_text(&run), "daemon 15"), 1);
	assert_int_equal(count_lines(run.text, "child 15"), 1);
	run_end(&run);
}

static void
test_release_leaves_all_alone(void **state)
{
	struct run run;
	pid_t pid;

	(void)state;
	run_shell(&run, "nasty escape nasty log daemon 15; exit 0", NULL);
	read_ready(&run, &pid, 1);
	run_until(&run, GUARD_EXITED);
	assert_int_equal(guard_release(run.guard), 0);
	run_until_lost(&run);
	run_until_dead(guard_pid(run.guard));
	assert_true(run_is_alive(pid));
	assert_int_equal(kill(pid, SIGTERM), 0);
	assert_string_equal(run_text(&run), "daemon 15\n");
	run_end(&run);
}

static void
test_kill_waits_for_nothing(void **state)
{
	struct run run;
	pid_t pids[2];
	int64_t from;

	(void)state;
	run_shell(&run, "nasty escape nasty log daemon; exec nasty log leader",
	    NULL);
	read_ready(&run, pids, 2);
	from = clock_boot();
	assert_int_equal(guard_stop(run.guard, from + 30000), 0);
	assert_int_equal(guard_kill(run.guard), 0);
	run_until(&run, GUARD_EMPTY);
	assert_time(from, 0, LATE_MS);
	assert_int_equal(run.empty.killed, 2);
	run_end(&run);
}

/* Without a word from tend: the ladder by the lease. */
static void
test_the_lease_is_enforced(void **state)
{
	struct run run;
	pid_t pids[2];
	int64_t from;

	(void)state;
	run_shell(&run, "nasty escape nasty log daemon; exec nasty log leader",
	    NULL);
	read_ready(&run, pids, 2);
	from = clock_boot();
	assert_int_equal(guard_lease(run.guard, from + 300, from + 600), 0);
	run_until(&run, GUARD_STOPPING);
	assert_time(from, 300, 300 + LATE_MS);
	run_until(&run, GUARD_EMPTY);
	assert_time(from, 600, 600 + LATE_MS);
	assert_int_equal(run.seen[GUARD_STOPPING], 1);
	assert_int_equal(run.seen[GUARD_KILLING], 1);
	assert_int_equal(run.exited.flags, GUARD_AFTER_STOP);
	assert_int_equal(count_lines(run_text(&run), "daemon 15"), 1);
	run_end(&run);
}

static void
test_the_lease_can_be_renewed(void **state)
{
	struct run run;
	int64_t from;

	(void)state;
	run_shell(&run, "exec sleep 1000", NULL);
	run_until(&run, GUARD_STARTED);
	from = clock_boot();
	assert_int_equal(guard_lease(run.guard, from + 300, from + 400), 0);
	assert_int_equal(guard_lease(run.guard, from + 700, from + 30000), 0);
	run_until(&run, GUARD_STOPPING);
	assert_time(from, 700, 700 + LATE_MS);
	run_until(&run, GUARD_EMPTY);
	assert_int_equal(run.exited.signal, SIGTERM);
	assert_int_equal(run.seen[GUARD_KILLING], 0);
	run_end(&run);
}

/* The one that it is started with; also one that has run out by then. */
static void
test_starts_with_a_lease(void **state)
{
	const int64_t from = clock_boot();
	struct run_options options = { .stop_at = from + 200,
		.kill_at = from + 30000 };
	struct run run;

	(void)state;
	run_shell(&run, "exec sleep 1000", &options);
	run_until(&run, GUARD_EMPTY);
	assert_time(from, 200, 200 + LATE_MS);
	assert_int_equal(run.exited.signal, SIGTERM);
	assert_int_equal(run.seen[GUARD_KILLING], 0);
	run_end(&run);

	options.stop_at = from;
	options.kill_at = from;
	run_shell(&run, "exec nasty log a", &options);
	run_until(&run, GUARD_EMPTY);
	assert_int_equal(run.seen[GUARD_STOPPING], 1);
	run_end(&run);
}

/* The lease's end cuts a grace, and lengthens none. */
static void
test_the_lease_bounds_the_grace(void **state)
{
	struct run run;
	pid_t pid;
	int64_t from;

	(void)state;
	run_shell(&run, "exec nasty log a", NULL);
	read_ready(&run, &pid, 1);
	from = clock_boot();
	assert_int_equal(guard_stop(run.guard, from + 30000), 0);
	assert_int_equal(guard_lease(run.guard, from + 100, from + 200), 0);
	run_until(&run, GUARD_EMPTY);
	assert_time(from, 200, 200 + LATE_MS);
	assert_int_equal(run.seen[GUARD_STOPPING], 0);
	run_end(&run);

	run_shell(&run, "exec nasty log a", NULL);
	read_ready(&run, &pid, 1);
	from = clock_boot();
	assert_int_equal(guard_stop(run.guard, from + 200), 0);
	assert_int_equal(guard_lease(run.guard, from + 20000, from + 30000), 0);
	run_until(&run, GUARD_EMPTY);
	assert_time(from, 200, 200 + LATE_MS);
	run_end(&run);
}

static void
test_forwards_to_the_group(void **state)
{
	struct run run;
	pid_t pids[3];

	(void)state;
	run_shell(&run,
	    "nasty escape nasty log daemon; nasty log child & "
	    "exec nasty log leader",
	    NULL);
	read_ready(&run, pids, 3);
	assert_int_equal(guard_forward(run.guard, SIGUSR1), 0);
	assert_int_equal(guard_forward(run.guard, SIGRTMIN + 3), 0);
	for (int i = 0; i < 4; i++)
		(void)run_line(&run);
	assert_int_equal(guard_kill(run.guard), 0);
	run_until(&run, GUARD_EMPTY);
	assert_string_equal(run_text(&run), "");
	run_end(&run);
}

static void
test_suspends_and_resumes_the_tree(void **state)
{
	struct run run;
	pid_t pids[2];

	(void)state;
	run_shell(&run, "nasty escape nasty log daemon; exec nasty log leader",
	    NULL);
	read_ready(&run, pids, 2);
	assert_int_equal(guard_suspend(run.guard), 0);
	run_until_state(pids[0], 'T');
	run_until_state(pids[1], 'T');
	assert_int_equal(guard_resume(run.guard), 0);
	run_until_state(pids[0], 'S');
	run_until_state(pids[1], 'S');
	assert_int_equal(run.seen[GUARD_SUSPENDED], 0);
	/* A suspended tree can be stopped. */
	assert_int_equal(guard_suspend(run.guard), 0);
	run_until_state(pids[1], 'T');
	assert_int_equal(guard_kill(run.guard), 0);
	run_until(&run, GUARD_EMPTY);
	run_end(&run);
}

/* Whatever is not a message of this version means that tend is gone. */
static void
test_kills_all_when_it_hears_nonsense(void **state)
{
	static const struct {
		const char *name;
		size_t size;
		struct guard_message message;
	} rows[] = {
		{ "short", sizeof(struct guard_message) - 1,
		    { .magic = GUARD_MAGIC,
			.version = GUARD_VERSION,
			.type = GUARD_LEASE } },
		{ "long", sizeof(struct guard_message) + 1,
		    { .magic = GUARD_MAGIC,
			.version = GUARD_VERSION,
			.type = GUARD_LEASE } },
		{ "magic", sizeof(struct guard_message),
		    { .version = GUARD_VERSION, .type = GUARD_LEASE } },
		{ "version", sizeof(struct guard_message),
		    { .magic = GUARD_MAGIC,
			.version = GUARD_VERSION + 1,
			.type = GUARD_LEASE } },
		{ "type", sizeof(struct guard_message),
		    { .magic = GUARD_MAGIC,
			.version = GUARD_VERSION,
			.type = GUARD_RELEASE + 1 } },
		{ "direction", sizeof(struct guard_message),
		    { .magic = GUARD_MAGIC,
			.version = GUARD_VERSION,
			.type = GUARD_EMPTY } },
		{ "no type", sizeof(struct guard_message),
		    { .magic = GUARD_MAGIC, .version = GUARD_VERSION } },
		{ "second start", sizeof(struct guard_message),
		    { .magic = GUARD_MAGIC,
			.version = GUARD_VERSION,
			.type = GUARD_START,
			.signal = SIGTERM } },
		{ "signal 0", sizeof(struct guard_message),
		    { .magic = GUARD_MAGIC,
			.version = GUARD_VERSION,
			.type = GUARD_FORWARD,
			.signal = 0 } },
		{ "signal 65", sizeof(struct guard_message),
		    { .magic = GUARD_MAGIC,
			.version = GUARD_VERSION,
			.type = GUARD_FORWARD,
			.signal = 65 } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct guard_message sent[2];
		struct run run;
		pid_t pids[2];

		memset(sent, 0, sizeof(sent));
		sent[0] = rows[i].message;
		run_shell(&run,
		    "nasty escape nasty log daemon; exec nasty log leader",
		    NULL);
		read_ready(&run, pids, 2);
		assert_int_equal(send(guard_descriptor(run.guard), sent,
				     rows[i].size, 0),
		    rows[i].size);
		run_until_lost(&run);
		if (run.seen[GUARD_EXITED] != 0)
			fail_msg("%s: was taken", rows[i].name);
		run_until_dead(pids[0]);
		run_until_dead(pids[1]);
		run_end(&run);
	}
}

static void
test_a_guard_that_talks_nonsense_is_lost(void **state)
{
	static const char *const rows[] = { "short", "long", "magic", "version",
		"type", "close" };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *const argv[] = { (char *)rows[i], NULL };
		char *const envp[] = { NULL };
		const struct guard_spec spec = {
			.path = run_program("tests/tools/nasty"),
			.argv = argv,
			.envp = envp,
			.inherited = run_inherited(),
		};
		struct run run = { .output = -1 };

		run.guard = guard_spawn(&spec, NULL);
		assert_non_null(run.guard);
		run_until_lost(&run);
		for (int type = 0; type <= GUARD_EMPTY; type++)
			assert_int_equal(run.seen[type], 0);
		run_until_swept(&run);
		run_end(&run);
	}
}

/*
 * What fork_tend() has become: tend, until it is killed or stopped.  When
 * a byte comes on stdin it gives the guard a lease of ten times as many
 * milliseconds, and prints when that ends.
 */
static int
be_tend(const char *script)
{
	const struct run_options options = { .keep_stdout = true };
	struct run run;
	char lease;

	run_shell(&run, script, &options);
	if (read(STDIN_FILENO, &lease, 1) == 1) {
		int64_t kill_at = clock_boot() + 10 * lease;

		(void)guard_lease(run.guard, kill_at, kill_at);
		(void)dprintf(STDOUT_FILENO, "lease %lld\n",
		    (long long)kill_at);
	}
	run_for(&run, RUN_WAIT_MS);
	return 1;
}

/* This program anew, to be tend. */
static pid_t
fork_tend(const char *script, int output, int go)
{
	pid_t pid = fork();

	if (pid == 0) {
		(void)dup2(output, STDOUT_FILENO);
		(void)dup2(go, STDIN_FILENO);
		(void)execl("/proc/self/exe", "tend", script, NULL);
		_exit(99);
	}
	assert_true(pid > 0);
	return pid;
}

/* A tend in a process of its own, with two commands that stay. */
struct other_tend {
	struct run run; /* to read its output with */
	pid_t pid;
	pid_t commands[2];
	int go;
};

static void
other_tend_start(struct other_tend *tend)
{
	int output[2];
	int go[2];

	memset(tend, 0, sizeof(*tend));
	assert_int_equal(pipe2(output, O_CLOEXEC), 0);
	assert_int_equal(pipe2(go, O_CLOEXEC), 0);
	tend->pid = fork_tend("nasty escape nasty log daemon; "
			      "exec nasty log leader",
	    output[1], go[0]);
	(void)close(output[1]);
	(void)close(go[0]);
	tend->run.output = output[0];
	tend->go = go[1];
	read_ready(&tend->run, tend->commands, 2);
}

static void
other_tend_end(struct other_tend *tend)
{
	(void)close(tend->go);
	run_end(&tend->run);
}

static void
test_dies_with_tend(void **state)
{
	struct other_tend tend;
	int64_t from;

	(void)state;
	other_tend_start(&tend);
	from = clock_boot();
	assert_int_equal(kill(tend.pid, SIGKILL), 0);
	run_until_dead(tend.commands[0]);
	run_until_dead(tend.commands[1]);
	assert_time(from, 0, LATE_MS);
	other_tend_end(&tend);
}

static void
test_dies_in_time_when_tend_is_stopped(void **state)
{
	const char lease = 50;
	struct other_tend tend;
	int64_t kill_at;

	(void)state;
	other_tend_start(&tend);
	assert_int_equal(write(tend.go, &lease, 1), 1);
	assert_int_equal(sscanf(run_line(&tend.run), "lease %" SCNd64,
			     &kill_at),
	    1);
	assert_int_equal(kill(tend.pid, SIGSTOP), 0);
	run_until_dead(tend.commands[0]);
	run_until_dead(tend.commands[1]);
	assert_true(clock_boot() >= kill_at);
	assert_true(clock_boot() < kill_at + LATE_MS);
	assert_int_equal(kill(tend.pid, SIGKILL), 0);
	other_tend_end(&tend);
}

/* The last words of a guard that has not heard all are heard. */
static void
test_its_last_words_are_heard(void **state)
{
	(void)state;
	for (int i = 0; i < 200; i++) {
		struct run run;
		struct guard_message message;
		enum guard_read got;

		run_shell(&run, "exit 0", NULL);
		do {
			(void)guard_lease(run.guard, INSTANT_NEVER,
			    INSTANT_NEVER);
			got = guard_read(run.guard, &message);
			if (got == GUARD_READ_LOST)
				fail_msg("lost in round %d", i);
		} while (got != GUARD_READ_MESSAGE ||
			 message.type != GUARD_EMPTY);
		run_end(&run);
	}
}

/* Anything may be said at any time, and tend may be gone at any time. */
static void
test_races_leave_nobody(void **state)
{
	(void)state;
	for (int i = 0; i < 300; i++) {
		struct run run;

		run_shell(&run,
		    i % 2 == 0 ? "nasty escape sleep 1000 & exit 3"
			       : "sleep 1000 & exec sleep 1000",
		    NULL);
		if (i % 3 != 0)
			(void)poll(NULL, 0, i % 7);
		if (i % 5 == 0) {
			run_end(&run);
			continue;
		}
		if (i % 5 == 1)
			(void)guard_kill(run.guard);
		else
			(void)guard_stop(run.guard, clock_boot() + 30000);
		if (i % 5 == 3)
			(void)guard_suspend(run.guard);
		(void)guard_kill(run.guard);
		run_until(&run, GUARD_EMPTY);
		assert_int_equal(run.seen[GUARD_EXITED], 1);
		run_end(&run);
	}
}

/* The leader and an orphan that end at the same moment: one SIGCHLD. */
static void
test_ends_that_coincide_are_both_seen(void **state)
{
	(void)state;
	for (int i = 0; i < 100; i++) {
		struct run run;

		run_shell(&run,
		    "sh -c 'sleep .01 & kill -9 $$'; exec sleep .0087", NULL);
		run_until(&run, GUARD_EXITED);
		run_until(&run, GUARD_EMPTY);
		run_end(&run);
	}
}

static void
test_reaps_while_the_command_runs(void **state)
{
	struct run run;
	struct proc_stat stat;
	int64_t limit = clock_boot() + RUN_WAIT_MS;
	int32_t pids[64];
	struct proc_list list = { pids, 0, 64, false };

	(void)state;
	run_shell(&run,
	    "for i in 1 2 3 4 5 6 7 8 9 10; do (sleep .01 &) ; done; "
	    "echo ready; exec sleep 1000",
	    NULL);
	assert_string_equal(run_line(&run), "ready");
	/* Until the guard's only child is the command. */
	do {
		list.count = 0;
		proc_add_children(&list, guard_pid(run.guard));
		assert_true(clock_boot() < limit);
	} while (list.count != 1);
	run_until(&run, GUARD_STARTED);
	assert_int_equal(pids[0], run.pid);
	(void)stat;
	assert_int_equal(guard_kill(run.guard), 0);
	run_until(&run, GUARD_EMPTY);
	run_end(&run);
}

/* A process whose first thread has ended, with a child of its second. */
static void
test_finds_the_children_of_threads(void **state)
{
	struct run run;
	pid_t pid;

	(void)state;
	run_shell(&run, "setsid nasty thread nasty log a & exec sleep 1000",
	    NULL);
	read_ready(&run, &pid, 1);
	assert_int_equal(guard_stop(run.guard, clock_boot() + 1000), 0);
	run_until(&run, GUARD_EMPTY);
	assert_int_equal(count_lines(run_text(&run), "a 15"), 1);
	assert_false(run_is_alive(pid));
	run_end(&run);
}

static void
test_kills_a_long_chain(void **state)
{
	struct run run;
	int64_t from;

	(void)state;
	run_shell(&run, "exec nasty chain 300", NULL);
	assert_string_equal(run_line(&run), "ready");
	from = clock_boot();
	assert_int_equal(guard_kill(run.guard), 0);
	run_until(&run, GUARD_EMPTY);
	assert_time(from, 0, LATE_MS);
	assert_int_equal(run.empty.killed, 300);
	run_end(&run);
}

static void
kill_bomb(const char *command)
{
	struct run run;
	int64_t from;

	run_shell(&run, command, NULL);
	assert_string_equal(run_line(&run), "ready");
	from = clock_boot();
	assert_int_equal(guard_stop(run.guard, from + 100), 0);
	run_until(&run, GUARD_EMPTY);
	assert_time(from, 0, RUN_WAIT_MS);
	run_end(&run);
}

static void
test_kills_a_fork_bomb(void **state)
{
	(void)state;
	kill_bomb("exec nasty bomb");
	kill_bomb("exec nasty bomb setsid");
}

/*
 * Process 1 of a pid namespace that still has the outer one's /proc, where
 * every number belongs to somebody else.
 */
static int
be_foreign(void)
{
	struct run run;
	pid_t pids[2];
	int64_t from;

	assert_false(proc_is_native());
	run_shell(&run, "nasty escape nasty log daemon; exec nasty log leader",
	    NULL);
	read_ready(&run, pids, 2);
	from = clock_boot();
	assert_int_equal(guard_stop(run.guard, from + 100), 0);
	run_until(&run, GUARD_EMPTY);
	assert_time(from, 100, 100 + LATE_MS);
	assert_int_equal(run.exited.flags, GUARD_AFTER_STOP);
	assert_int_equal(run.empty.killed, 2);
	assert_int_equal(count_lines(run_text(&run), "leader 15"), 1);
	assert_int_equal(count_lines(run.text, "daemon 15"), 1);
	run_end(&run);

	run_shell(&run, "nasty escape nasty log daemon 15; exit 4", NULL);
	read_ready(&run, pids, 1);
	run_until(&run, GUARD_EXITED);
	assert_int_equal(run.exited.status, 4);
	run_for(&run, 50);
	assert_int_equal(run.seen[GUARD_EMPTY], 0);
	assert_int_equal(guard_stop(run.guard, clock_boot() + 30000), 0);
	run_until(&run, GUARD_EMPTY);
	assert_int_equal(run.exited.flags, 0);
	assert_int_equal(run.empty.killed, 0);
	run_end(&run);
	return 0;
}

static void
test_works_with_a_foreign_proc(void **state)
{
	int status;
	pid_t pid = fork();

	(void)state;
	if (pid == 0) {
		siginfo_t info = { 0 };

		if (unshare(CLONE_NEWPID) == -1)
			_exit(77);
		if (fork() == 0) {
			(void)execl("/proc/self/exe", "foreign", NULL);
			_exit(99);
		}
		(void)waitid(P_ALL, 0, &info, WEXITED);
		_exit(info.si_code == CLD_EXITED ? info.si_status : 98);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
		skip();
	assert_int_equal(status, 0);
}

static int
make_files(void **state)
{
	static char directory[] = "/tmp/test_guard.XXXXXX";
	static const struct {
		const char *name;
		const char *text;
		mode_t mode;
	} files[] = {
		{ "plain", "text\n", 0644 },
		{ "script", "echo script \"$0\" \"$@\"\n", 0755 },
		{ "missing-interpreter", "#!/nonexistent\n", 0755 },
	};

	if (mkdtemp(directory) == NULL || chdir(directory) == -1)
		return -1;
	*state = directory;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		int fd = open(files[i].name, O_WRONLY | O_CREAT | O_CLOEXEC,
		    files[i].mode);

		if (fd == -1 ||
		    write(fd, files[i].text, strlen(files[i].text)) == -1)
			return -1;
		(void)close(fd);
	}
	return 0;
}

static int
remove_files(void **state)
{
	(void)unlink("plain");
	(void)unlink("script");
	(void)unlink("missing-interpreter");
	return chdir("/") == -1 ? -1 : rmdir(*state);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_gives_every_exit_status_exactly),
		cmocka_unit_test(test_gives_the_signal_that_ended_it),
		cmocka_unit_test(test_counts_what_the_tree_used),
		cmocka_unit_test(test_says_why_it_cannot_execute),
		cmocka_unit_test(test_executes_as_execvp_does),
		cmocka_unit_test(test_runs_nothing_before_it_is_told_to),
		cmocka_unit_test(test_stops_the_whole_tree),
		cmocka_unit_test(test_stop_signal_can_be_another),
		cmocka_unit_test(test_grace_ends_when_nobody_is_left),
		cmocka_unit_test(test_a_grandchild_may_clean_up),
		cmocka_unit_test(
		    test_scope_leader_spares_the_others_until_the_kill),
		cmocka_unit_test(test_wakes_what_is_stopped),
		cmocka_unit_test(test_a_second_stop_only_shortens),
		cmocka_unit_test(test_an_end_before_the_stop_is_natural),
		cmocka_unit_test(test_left_overs_wait_for_a_word),
		cmocka_unit_test(test_release_leaves_all_alone),
		cmocka_unit_test(test_kill_waits_for_nothing),
		cmocka_unit_test(test_the_lease_is_enforced),
		cmocka_unit_test(test_the_lease_can_be_renewed),
		cmocka_unit_test(test_starts_with_a_lease),
		cmocka_unit_test(test_the_lease_bounds_the_grace),
		cmocka_unit_test(test_forwards_to_the_group),
		cmocka_unit_test(test_suspends_and_resumes_the_tree),
		cmocka_unit_test(test_kills_all_when_it_hears_nonsense),
		cmocka_unit_test(test_a_guard_that_talks_nonsense_is_lost),
		cmocka_unit_test(test_dies_with_tend),
		cmocka_unit_test(test_dies_in_time_when_tend_is_stopped),
		cmocka_unit_test(test_its_last_words_are_heard),
		cmocka_unit_test(test_races_leave_nobody),
		cmocka_unit_test(test_ends_that_coincide_are_both_seen),
		cmocka_unit_test(test_reaps_while_the_command_runs),
		cmocka_unit_test(test_finds_the_children_of_threads),
		cmocka_unit_test(test_kills_a_long_chain),
		cmocka_unit_test(test_kills_a_fork_bomb),
		cmocka_unit_test(test_works_with_a_foreign_proc),
	};

	run_main();
	if (strcmp(argv[0], "foreign") == 0)
		return be_foreign();
	if (argc == 2)
		return be_tend(argv[1]);
	return cmocka_run_group_tests(tests, make_files, remove_files);
}
