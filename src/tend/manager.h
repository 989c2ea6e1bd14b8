/* SPDX-License-Identifier: MIT */
/*
 * What a worker tells the service manager that started it, by
 * process/notify.h: that it is ready, how many slots are in use, that it
 * stops, and that its loop still turns.
 *
 *	manager_open(&manager, loop, slots);
 *	manager_ready(&manager);     the first poll has been sent
 *	manager_used(&manager, 3);   whenever that has changed
 *	manager_stopping(&manager);
 *	manager_close(&manager);
 *
 * Ready means that the configuration is good as far as can be known without
 * the service, types are registered, and polls go out.  It does not wait for
 * an answer: an empty poll takes a minute, and while SWF is out of reach a
 * worker is up, and waits.
 *
 * Of thousands of tasks a second the manager hears once a second.  Without a
 * manager all of it does nothing.
 */
#ifndef TEND_MANAGER_H
#define TEND_MANAGER_H

#include <stdbool.h>
#include <stddef.h>

#include "process/notify.h"
#include "tend/loop.h"

/* The fields are manager.c's own. */
struct manager {
	struct loop *loop;
	struct notify notify;
	struct loop_timer watchdog;
	struct loop_timer status;
	size_t slots;
	size_t used;
	size_t told; /* what the manager knows of "used" */
	int64_t told_at;
	bool ready;
};

/* Takes the manager's variables out of the environment. */
void manager_open(struct manager *, struct loop *loop, size_t slots);

void manager_ready(struct manager *);
void manager_used(struct manager *, size_t used);

/*
 * Told to stop.  From here on a manager may count the time that the end
 * takes, so this is not for a drain that may last as long as its tasks.
 */
void manager_stopping(struct manager *);

/* A struct that is all zero is fine. */
void manager_close(struct manager *);

#endif
