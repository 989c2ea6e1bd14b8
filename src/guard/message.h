/* SPDX-License-Identifier: MIT */
/*
 * What tend and tend-guard say to each other, over a SOCK_SEQPACKET pair: one
 * datagram is one message, of one fixed size, with a magic number and a
 * version, so that a guard of another build is found out by its first word.
 * Both ends drop the channel when they read anything else; to the guard that
 * means "tend is gone" and to tend "the guard is lost", which are both safe.
 *
 * The guard is started with
 *
 *     tend-guard CHANNEL[,FILE,OFFSET][:USER:GROUP[,GROUP]...]
 *         COMMAND [ARG]...
 *
 * where CHANNEL is the number of its end of the pair, its lease is at OFFSET
 * of descriptor FILE (guard/lease.h), and USER and GROUPs are the numbers of
 * whom the command is to be run as; it has the command's
 * environment, working directory and descriptors 0, 1, 2 and whatever else
 * the command is to get; nothing else is open.  The conversation:
 *
 *     tend               guard
 *     START          ->            fork, exec
 *                    <-  STARTED   or EXEC_FAILED (then the guard ends)
 *     LEASE, STOP, KILL, FORWARD, SUSPEND, RESUME, RELEASE   at any time ->
 *                    <-  STOPPING  the lease made it stop the tree itself
 *                    <-  KILLING   the first SIGKILL has been sent
 *                    <-  EXITED    the command itself has ended
 *                    <-  SUSPENDED the command was stopped (^Z)
 *                    <-  EMPTY     nobody is left; the guard ends
 *
 * Instants are milliseconds of CLOCK_BOOTTIME, INT64_MAX is "never".
 */
#ifndef GUARD_MESSAGE_H
#define GUARD_MESSAGE_H

#include <stdint.h>

#define GUARD_MAGIC 0x74656e64u /* "tend" */

enum {
	GUARD_VERSION = 1,
	/* Exit statuses of the guard itself, should anybody look. */
	GUARD_EXIT_OK = 0,
	GUARD_EXIT_USAGE = 100,
	GUARD_EXIT_SYSTEM = 111
};

enum guard_message_type {
	/* tend to guard */
	GUARD_START = 1,
	GUARD_LEASE, /* stop_at, kill_at: earlier ones, or there is no FILE */
	GUARD_STOP,  /* kill_at: end of the grace */
	GUARD_KILL,
	GUARD_FORWARD, /* signal: to the command's process group */
	GUARD_SUSPEND, /* SIGSTOP to the tree */
	GUARD_RESUME,  /* SIGCONT to the tree */
	GUARD_RELEASE, /* go, and leave the tree alone */
	/* guard to tend */
	GUARD_STARTED = 64,
	GUARD_EXEC_FAILED, /* error: an errno */
	GUARD_STOPPING,
	GUARD_KILLING,
	GUARD_EXITED, /* status or signal, core, after_stop */
	GUARD_SUSPENDED,
	GUARD_EMPTY /* forced: how many were killed; rusage */
};

enum guard_flags {
	/* START: the stop signal goes to the command alone. */
	GUARD_SCOPE_LEADER = 1 << 0,
	/* START: the command gets the controlling terminal. */
	GUARD_FOREGROUND = 1 << 1,
	/* EXITED: core dumped. */
	GUARD_CORE = 1 << 2,
	/* EXITED: a stop signal had been sent to it before it ended. */
	GUARD_AFTER_STOP = 1 << 3,
	/* START: SUSPENDED is to be sent; GUARD_FOREGROUND means this, too. */
	GUARD_TERMINAL = 1 << 4,
	/*
	 * START: the guard was started as the leader of a session, and
	 * descriptor 1 is the terminal that it shall control.
	 */
	GUARD_SESSION = 1 << 5,
	/* START: executing a file gives the command no further rights. */
	GUARD_NO_NEW_PRIVS = 1 << 6
};

struct guard_message {
	uint32_t magic;
	uint16_t version;
	uint16_t type;
	uint32_t flags;
	int32_t signal;  /* START: the stop signal; FORWARD; EXITED */
	int32_t status;  /* EXITED: exit status, -1 if by a signal */
	int32_t error;   /* EXEC_FAILED */
	int32_t pid;     /* STARTED: the command's */
	int32_t killed;  /* EMPTY, EXITED: processes that needed SIGKILL */
	int64_t stop_at; /* START, LEASE */
	int64_t kill_at; /* START, LEASE, STOP */
	/* START: the signal mask and the ignored signals for the command;
	 * bit n-1 stands for signal n. */
	uint64_t mask;
	uint64_t ignored;
	/* EMPTY: of all that was waited for. */
	int64_t user_us;
	int64_t system_us;
	int64_t max_rss_kib;
};

#endif
