/* SPDX-License-Identifier: MIT */
/*
 * What this process was started with and a command is to get: open
 * descriptors, signal mask, ignored signals, children that were there before.
 *
 * inherited_read() is the first statement of main(): it blocks all signals
 * (those of synchronous faults excepted), so that one that arrives a moment
 * after the process was made is kept for the signalfd and not lost.
 */
#ifndef PROCESS_INHERITED_H
#define PROCESS_INHERITED_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

struct inherited {
	sigset_t mask;      /* as it was before all was blocked */
	uint64_t mask_bits; /* the same; bit n-1 stands for signal n */
	uint64_t ignored;   /* dispositions that were SIG_IGN, likewise */
	bool open_stdio[3]; /* descriptors 0, 1, 2 were open */
	int *fds;           /* open descriptors from 3 on, ascending */
	size_t fd_count;
	pid_t *children; /* that this process already had */
	size_t child_count;
	struct rlimit files; /* how many descriptors it may have */
	bool files_raised;   /* this process has more now */
};

/*
 * Blocks all signals, sets SIGCHLD back to its default, reads the above, and
 * opens /dev/null on those of descriptors 0, 1, 2 that are closed, so that
 * nothing opened later lands there.
 */
void inherited_read(struct inherited *);

/* Whether this signal was ignored at the start. */
bool inherited_ignores(const struct inherited *, int signal);

/* Whether this descriptor, from 3 on, was open at the start. */
bool inherited_has(const struct inherited *, int fd);

/*
 * Takes as many descriptors as the hard limit allows.  A guard and its
 * command get the limit that was inherited.  Returns how many it is.
 */
unsigned long long inherited_raise_files(struct inherited *);

/* Marks everything not inherited close-on-exec: libcurl's sockets are not. */
void inherited_seal(const struct inherited *);

/* Closes this process's own copies of the descriptors from 3 on. */
void inherited_close(struct inherited *);

#endif
