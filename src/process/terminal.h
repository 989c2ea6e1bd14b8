/* SPDX-License-Identifier: MIT */
/*
 * Handing the terminal to the command and taking it back.
 *
 * The command is in a process group of its own; to read from the terminal
 * and to get its ^C and ^Z it must be the terminal's foreground group.  It
 * is handed over only if tend's group has it and all three of stdin, stdout
 * and stderr are that terminal; in every other case it is left alone, and ^C
 * reaches tend.
 *
 *  1. terminal_init(): shared or not, usable or not;
 *  2. if it is shared, start the command with guard_start.terminal, if it is
 *     usable with guard_start.foreground, and call terminal_handed();
 *  3. at GUARD_SUSPENDED (^Z, or a command in the background that wants to
 *     read): terminal_suspend(); after SIGCONT: terminal_continue(), then
 *     guard_resume();
 *  4. when the command has ended: terminal_take().
 *
 * SIGTTOU must be blocked, as inherited_read() does.  That there is no
 * terminal any more (it was hung up) is no error.
 */
#ifndef PROCESS_TERMINAL_H
#define PROCESS_TERMINAL_H

#include <stdbool.h>
#include <sys/types.h>

struct terminal {
	bool shared;   /* stdin, stdout and stderr are one terminal, ours */
	bool usable;   /* and tend's group was in front at the start */
	bool handed;   /* the command's group is in front */
	pid_t command; /* its process group */
};

/* Looks at descriptors 0, 1, 2 and at who is in front. */
void terminal_init(struct terminal *terminal);

/* The command runs in process group "command" (GUARD_STARTED). */
void terminal_handed(struct terminal *terminal, pid_t command);

/* Back to tend's group, if it was handed over. */
void terminal_take(struct terminal *terminal);

/*
 * Whether what is written to stderr's terminal comes where its user expects
 * it: nobody but tend and its command is in front, as far as can be told.
 */
bool terminal_in_front(const struct terminal *terminal);

/* Takes it back and stops this process until it is continued. */
void terminal_suspend(struct terminal *terminal);

/*
 * After tend was continued: hands it over if the shell has put tend in
 * front ("fg"), and not if it has not ("bg").
 */
void terminal_continue(struct terminal *terminal);

#endif
