/* SPDX-License-Identifier: MIT */
/*
 * A guard, as tend sees it: one tend-guard process that stands between tend
 * and one command (guard/message.h has the conversation).
 *
 * Life cycle:
 *
 *  1. guard_spawn() starts the guard; the command is not running yet;
 *  2. the owner watches guard_descriptor() for reading and calls
 *     guard_read() until it says GUARD_READ_NOTHING;
 *  3. guard_start() has the command executed; guard_stop() and the others
 *     send their message and never block;
 *  4. after GUARD_EMPTY or GUARD_READ_LOST, guard_free().
 *
 * The channel is full only if the guard has been stopped for long: a message
 * that cannot be sent is then lost, which is safe, because the guard has the
 * lease and climbs the ladder by itself once it runs again.
 */
#ifndef PROCESS_GUARD_H
#define PROCESS_GUARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "guard/message.h"

struct guard;
struct identity;
struct inherited;

/* What the command's descriptor "target" shall be. */
struct guard_fd {
	int source; /* tend's descriptor; -1: open /dev/null */
	int target;
};

struct guard_spec {
	const char *path;           /* of tend-guard; guard_find() knows it */
	char *const *argv;          /* the command, NULL at the end */
	char *const *envp;          /* its environment, NULL at the end */
	const struct guard_fd *fds; /* further descriptors, or 0 to 2 */
	size_t fd_count;
	/* Descriptors of tend's own start that go on to the command. */
	const struct inherited *inherited;
	bool pass_inherited; /* false: only 0, 1, 2 and "fds" */
	bool session;        /* of its own; see struct guard_start */
	const struct identity *identity; /* NULL: as tend itself */
};

struct guard_start {
	int stop_signal;
	bool scope_leader;
	bool terminal;   /* say when a terminal has stopped it */
	bool foreground; /* that, and hand it the controlling terminal */
	bool session;    /* it leads one: descriptor 1 is its terminal */
	bool no_new_privs;
	int64_t stop_at; /* the lease, INSTANT_NEVER if none */
	int64_t kill_at;
};

enum guard_read {
	GUARD_READ_NOTHING, /* no message now */
	GUARD_READ_MESSAGE, /* "message" was filled */
	GUARD_READ_LOST     /* the channel is closed or spoke nonsense */
};

/*
 * Finds tend-guard: beside the running program, else in libexec.  Returns a
 * new string, or NULL with "err" naming both places.
 */
char *guard_find(struct err *err);

/* Starts a guard.  Returns it, or NULL with "err" (errno is kept). */
struct guard *guard_spawn(const struct guard_spec *spec, struct err *err);

int guard_descriptor(const struct guard *);
pid_t guard_pid(const struct guard *);

enum guard_read guard_read(struct guard *, struct guard_message *message);

/*
 * Each sends one message.  Returns 0, or -1 if it could not be sent.  A lease
 * that ends no earlier than the last needs none: the guard looks where it is
 * written (guard/lease.h) before it acts on one.
 */
int guard_start(struct guard *, const struct guard_start *start);
int guard_lease(struct guard *, int64_t stop_at, int64_t kill_at);
int guard_stop(struct guard *, int64_t kill_at);
int guard_kill(struct guard *);
int guard_forward(struct guard *, int signal);
int guard_suspend(struct guard *);
int guard_resume(struct guard *);
int guard_release(struct guard *);

/* Closes the channel (a guard that still lives kills its tree). */
void guard_free(struct guard *);

/*
 * For process/orphans.h, which reaps: whether this child is a guard, freed or
 * not; that it has been reaped; whether any guard was ever released.
 */
bool guard_owns(pid_t pid);
void guard_reaped(pid_t pid);
bool guard_any_released(void);

#endif
