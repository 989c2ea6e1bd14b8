/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "tend/manager.h"

#include <stdio.h>

#include "base/instant.h"

enum {
	/* Between two lines of status, ms. */
	STATUS_EVERY = 1000,
	LINES = 128
};

/* "before" goes first: "READY=1\n", or nothing. */
static void
tell_status(struct manager *manager, const char *before)
{
	char lines[LINES];

	(void)snprintf(lines, sizeof(lines),
	    "%sSTATUS=%zu of %zu slot%s in use", before, manager->used,
	    manager->slots, manager->slots == 1 ? "" : "s");
	notify_send(&manager->notify, lines);
	manager->told = manager->used;
	manager->told_at = loop_now(manager->loop);
}

static void
on_status(void *arg)
{
	struct manager *manager = arg;

	if (manager->used != manager->told)
		tell_status(manager, "");
}

/* A timer of the loop: it comes only while the loop turns. */
static void
on_watchdog(void *arg)
{
	struct manager *manager = arg;

	notify_send(&manager->notify, "WATCHDOG=1");
	loop_timer_set(manager->loop, &manager->watchdog,
	    instant_add(loop_now(manager->loop),
		notify_interval(&manager->notify)));
}

void
manager_open(struct manager *manager, struct loop *loop, size_t slots)
{
	*manager = (struct manager){
		.loop = loop,
		.slots = slots,
		.watchdog = { .call = on_watchdog, .arg = manager },
		.status = { .call = on_status, .arg = manager },
	};
	notify_open(&manager->notify);
}

void
manager_ready(struct manager *manager)
{
	manager->ready = true;
	tell_status(manager, "READY=1\n");
	loop_timer_set(manager->loop, &manager->watchdog,
	    instant_add(loop_now(manager->loop),
		notify_interval(&manager->notify)));
}

void
manager_used(struct manager *manager, size_t used)
{
	manager->used = used;
	if (manager->ready && manager->notify.fd != -1)
		loop_timer_set(manager->loop, &manager->status,
		    instant_max(manager->told_at + STATUS_EVERY,
			loop_now(manager->loop)));
}

void
manager_stopping(struct manager *manager)
{
	notify_send(&manager->notify, "STOPPING=1");
}

void
manager_close(struct manager *manager)
{
	if (manager->loop == NULL)
		return;
	loop_timer_set(manager->loop, &manager->watchdog, INSTANT_NEVER);
	loop_timer_set(manager->loop, &manager->status, INSTANT_NEVER);
	notify_close(&manager->notify);
}
