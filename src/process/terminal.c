/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "process/terminal.h"

#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Not stdin, which is the command's alone once that has been started. */
enum { TERMINAL = STDERR_FILENO };

/* Whether stdin, stdout and stderr are one and the same terminal. */
static bool
is_one_terminal(void)
{
	struct stat first;
	struct stat other;

	if (isatty(TERMINAL) != 1 || fstat(TERMINAL, &first) == -1)
		return false;
	for (int fd = STDIN_FILENO; fd <= STDOUT_FILENO; fd++) {
		if (isatty(fd) != 1 || fstat(fd, &other) == -1 ||
		    other.st_rdev != first.st_rdev)
			return false;
	}
	return true;
}

void
terminal_init(struct terminal *terminal)
{
	pid_t front;

	memset(terminal, 0, sizeof(*terminal));
	if (!is_one_terminal())
		return;
	front = tcgetpgrp(TERMINAL);
	terminal->shared = front != -1;
	terminal->usable = front == getpgrp();
}

void
terminal_handed(struct terminal *terminal, pid_t command)
{
	if (!terminal->shared)
		return;
	terminal->command = command;
	terminal->handed = terminal->usable;
}

void
terminal_take(struct terminal *terminal)
{
	if (!terminal->handed)
		return;
	terminal->handed = false;
	(void)tcsetpgrp(TERMINAL, getpgrp());
}

bool
terminal_in_front(const struct terminal *terminal)
{
	pid_t front = tcgetpgrp(TERMINAL);

	return front == -1 || front == getpgrp() ||
	       (front == terminal->command && front != 0);
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

	if (!terminal->shared || terminal->command == 0)
		return;
	front = tcgetpgrp(TERMINAL);
	if (front == getpgrp())
		terminal->handed = tcsetpgrp(TERMINAL, terminal->command) == 0;
	else
		terminal->handed = front == terminal->command;
}
