/* SPDX-License-Identifier: MIT */
/*
 * For the tests of guards: starts real ones with real commands through
 * process/guard.h, and waits for what they say.  Every wait is bounded; one
 * that runs out fails the test.
 */
#ifndef TESTS_UNIT_GUARD_RUN_H
#define TESTS_UNIT_GUARD_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "process/guard.h"
#include "process/inherited.h"

enum {
	RUN_WAIT_MS = 20000, /* no wait of a test is longer */
	RUN_TEXT = 8192
};

struct run {
	struct guard *guard;
	pid_t pid;                 /* the command's, once it has started */
	int output;                /* reading end of its stdout, or -1 */
	char text[RUN_TEXT];       /* what run_line() and run_text() read */
	int seen[GUARD_EMPTY + 1]; /* how often each was said */
	struct guard_message exec_failed;
	struct guard_message exited;
	struct guard_message empty;
	bool lost;
};

/* The first thing in main(): what this test was started with. */
void run_main(void);

/* What run_main() read. */
struct inherited *run_inherited(void);

/* The path of a program of the build. */
const char *run_program(const char *name);

/* Options of a run; zero is: SIGTERM, tree, no lease, stdout is read. */
struct run_options {
	int stop_signal;
	bool scope_leader;
	bool foreground;
	int64_t stop_at; /* 0: never */
	int64_t kill_at;
	bool keep_stdout; /* the test's own */
	const struct guard_fd *fds;
	size_t fd_count;
	char *const *envp;
	const struct inherited *inherited;
	bool no_inherited;
};

/* Spawns a guard; the command has not been started. */
void run_spawn(struct run *run, char *const *argv,
    const struct run_options *options);

/* Spawns and starts; does not wait for STARTED. */
void run_begin(struct run *run, char *const *argv,
    const struct run_options *options);

/* "sh -c SCRIPT", with tests/tools in PATH. */
void run_shell(struct run *run, const char *script,
    const struct run_options *options);

/* Reads messages until one of this type; fails at the limit. */
void run_until(struct run *run, enum guard_message_type type);

/* Reads messages for so long, or until the guard is lost. */
void run_for(struct run *run, int64_t ms);

/* Reads until the channel is closed. */
void run_until_lost(struct run *run);

/* Reads one line of output into run->text, without its newline. */
const char *run_line(struct run *run);

/* Reads output to its end into run->text. */
const char *run_text(struct run *run);

/* Releases the guard, with what its command has left behind. */
void run_release(struct run *run);

/* The guard was lost: kills it and what it guarded, and waits for that. */
void run_until_swept(struct run *run);

/* Frees and reaps; fails unless this process has no child left. */
void run_end(struct run *run);

/* Waits until this process is no more (or a zombie); fails at the limit. */
void run_until_dead(pid_t pid);
bool run_is_alive(pid_t pid);

/* Its state as in proc(5), 'X' if it is no more; waits for a state. */
char run_state(pid_t pid);
void run_until_state(pid_t pid, char state);

#endif
