/* SPDX-License-Identifier: MIT */
/*
 * The signals that inherited_read() has blocked, as a descriptor to wait on:
 * there are no handlers anywhere.
 */
#ifndef PROCESS_SIGNALS_H
#define PROCESS_SIGNALS_H

#include <stdbool.h>
#include <sys/types.h>

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

#endif
