/* SPDX-License-Identifier: MIT */
/*
 * The signals that inherited_read() has blocked, as a descriptor to wait on:
 * there are no handlers anywhere.
 */
#ifndef PROCESS_SIGNALS_H
#define PROCESS_SIGNALS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct inherited;

struct signal_info {
	int signal;
	/* Who sent it: 0 is the kernel (the terminal's ^C, SIGPIPE), or a
	 * process outside of this pid namespace. */
	pid_t sender;
};

/*
 * Opens a signalfd for all that may be blocked.  Returns it (non-blocking,
 * close-on-exec), or -1 with errno.
 */
int signals_open(void);

/* Takes the next one.  False: there is none now. */
bool signals_next(int signals, struct signal_info *info);

/*
 * Keeps only these blocked, and PIPE; all others do again what they did when
 * this process was started.  For a program that has no command to pass them
 * on to: ^Z stops it without further ado.
 */
void signals_keep(const struct inherited *inherited, const int *signals,
    size_t count);

/* The mask that this process was started with. */
void signals_restore(const struct inherited *inherited);

/* The newest request to stop; zero it at the start. */
struct signals_request {
	int signal;
	int64_t at;
};

/*
 * Whether a signal that came at instant "now" only repeats the request:
 * timeout(1) signals its child and then its own process group, which is one
 * request and not two; so does who kills a group that a terminal has told
 * already.  If not, it is the newest request from now on.
 */
bool signals_is_echo(struct signals_request *request, int signal, int64_t now);

#endif
