/* SPDX-License-Identifier: MIT */
/*
 * The fork and the exec of the command.
 */
#ifndef GUARD_COMMAND_H
#define GUARD_COMMAND_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct user;

struct command {
	/* The command's, after two elements that are ours to overwrite. */
	char **argv;
	const struct user *user;
	int channel;     /* closed in the command */
	bool foreground; /* hand it the controlling terminal */
	bool session;    /* make that of descriptor 1 first */
	bool no_new_privs;
	uint64_t mask;    /* its signal mask */
	uint64_t ignored; /* signals that are ignored; others get defaults */
};

/*
 * Forks and has the command executed in a process group of its own.
 * Returns its pid, and in "result" a non-blocking descriptor that gives end
 * of file once it has been executed, or first an int, the errno of why it
 * cannot be.  Returns -1 with errno if it could not be forked.
 */
pid_t command_start(const struct command *command, int *result);

/*
 * Puts this process's group in front on the controlling terminal, which need
 * not be on any descriptor here.  No terminal, no harm.
 */
void command_take_terminal(void);

#endif
