/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "process/terminal.h"

#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TERMINAL = STDIN_FILENO };

/* Whether stdin, stdout and stderr are one and the same terminal. */
static bool
is_one_terminal(void)
{
	struct stat first;
	struct stat other;

	if (isatty(TERMINAL) != 1 || fstat(TERMINAL, &first) == -1)
		return false;
	for (int fd = STDOUT_FILENO; fd <= STDERR_FILENO; fd++) {
		if (isatty(fd) != 1 || fstat(fd, &other) == -1 ||
		    other.st_rdev != first.st_rdev)
			return false;
	}
	return true;
}

void
terminal_init(struct terminal *terminal)
{
	memset(terminal, 0, sizeof(*terminal));
	terminal->usable =
	    is_one_terminal() && tcgetpgrp(TERMINAL) == getpgrp();
}

void
terminal_handed(struct terminal *terminal, pid_t command)
{
	if (!terminal->usable)
		return;
	terminal->command = command;
	terminal->handed = true;
}

void
terminal_take(struct terminal *terminal)
{
	if (!terminal->handed)
		return;
	terminal->handed = false;
	(void)tcsetpgrp(TERMINAL, getpgrp());
}

void
terminal_suspend(struct terminal *terminal)
{
	terminal_take(terminal);
	(void)raise(SIGSTOP);
}

void
terminal_continue(struct terminal *terminal)
{
	pid_t front;

	if (!terminal->usable || terminal->command == 0)
		return;
	front = tcgetpgrp(TERMINAL);
	if (front == getpgrp())
		terminal->handed = tcsetpgrp(TERMINAL, terminal->command) == 0;
	else
		terminal->handed = front == terminal->command;
}
