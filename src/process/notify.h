/* SPDX-License-Identifier: MIT */
/*
 * What a service tells its manager, by the protocol of sd_notify(3): lines
 * "NAME=VALUE" in one datagram to the socket that NOTIFY_SOCKET names, which
 * is a path or, after "@", an abstract name.
 *
 *	notify_open(&notify);
 *	...
 *	notify_send(&notify, "READY=1\nSTATUS=2 of 8 slots in use");
 *	every notify_interval(&notify) ms: notify_send(&notify, "WATCHDOG=1");
 *	notify_send(&notify, "STOPPING=1");
 *	notify_close(&notify);
 *
 * Without a manager all of it does nothing.  The variables are taken out of
 * the environment, so that no command believes that it is the service.
 */
#ifndef PROCESS_NOTIFY_H
#define PROCESS_NOTIFY_H

#include <stdint.h>

struct notify {
	int fd;              /* -1: nobody listens */
	int64_t watchdog_ms; /* INSTANT_NEVER: no watchdog for this process */
};

/*
 * Reads NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID.  A socket that cannot
 * be used is logged, and is none.
 */
void notify_open(struct notify *);

/* Sends it, or not if the manager does not read: it never waits. */
void notify_send(const struct notify *, const char *lines);

/* How often "WATCHDOG=1" is to be sent, ms; INSTANT_NEVER: never. */
int64_t notify_interval(const struct notify *);

void notify_close(struct notify *);

#endif
