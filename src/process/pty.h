/* SPDX-License-Identifier: MIT */
/*
 * A pseudo-terminal for what a command prints.
 *
 * A program that prints to a pipe collects some kilobytes before it writes
 * any; to a terminal it writes line by line.  So its standard output is made
 * a terminal, which adds nothing of its own: no CR before LF, no echo.  Its
 * end, when nobody has it open any more, is EIO to who reads the master.
 *
 * tend keeps the master; the guard leads a session of its own and makes the
 * other side that session's controlling terminal.
 */
#ifndef PROCESS_PTY_H
#define PROCESS_PTY_H

#include "base/err.h"

struct pty {
	int master;
	int slave; /* for the command */
};

/*
 * Opens a pair, both close-on-exec; the window is as large as that of the
 * terminal tend is on, else COLUMNS x LINES, else 80 x 24.  Returns 0, or -1
 * with "err".
 */
int pty_open(struct pty *pty, struct err *err);

/*
 * Gives the window the size of tend's own terminal, if it has one; the
 * command is told by the kernel.
 */
void pty_resize(int master);

#endif
