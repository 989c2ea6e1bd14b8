/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "tend/hearing.h"

#include <string.h>

#include "base/instant.h"
#include "base/log.h"
#include "process/guard.h"
#include "process/terminal.h"
#include "tend/onlooker.h"
#include "tend/record.h"
#include "tend/supervisor.h"
#include "tend/texts.h"

/* A tree that is not empty by then has left-overs worth a line, ms. */
enum { LEFTOVERS_AFTER = 100 };

static void
post(struct hearing *hearing, const struct activity_event *event)
{
	hearing->event(hearing->arg, event);
}

static void
post_type(struct hearing *hearing, enum activity_event_type type)
{
	struct activity_event event = { .type = type };

	post(hearing, &event);
}

/* Nobody is left of what a lost guard had guarded. */
static void
on_swept(void *arg)
{
	post_type(arg, ACTIVITY_TREE_EMPTY);
}

static void
lose(struct hearing *hearing, const char *how)
{
	loop_watch_on(hearing->watch, false);
	if (hearing->gone)
		return;
	hearing->gone = true;
	log_error("%sguard lost: tend-guard (pid %d) %s; what it guarded is "
		  "killed",
	    hearing->setup->label, (int)guard_pid(hearing->guard), how);
	sweep_guard(hearing->setup->sweep, hearing->guard,
	    &hearing->sweep_wait);
	post_type(hearing, ACTIVITY_GUARD_LOST);
}

void
hearing_lost(struct hearing *hearing)
{
	lose(hearing, "ended before its command did");
}

void
hearing_hung(struct hearing *hearing)
{
	hearing->stopped = true;
	lose(hearing, "hangs");
}

static void
on_leftovers(void *arg)
{
	struct hearing *hearing = arg;

	if (!hearing->gone)
		log_info("%sthe command has ended and left processes behind, "
			 "which are being stopped",
		    hearing->setup->label);
}

static void
on_exited(struct hearing *hearing, const struct guard_message *message)
{
	struct activity_event event = { .type = ACTIVITY_COMMAND_EXITED };

	event.after_stop = (message->flags & GUARD_AFTER_STOP) != 0;
	event.exit.known = true;
	event.exit.status = message->status;
	event.exit.signal = message->signal;
	event.exit.core = (message->flags & GUARD_CORE) != 0;
	event.exit.forced = message->killed > 0;
	record_exited(hearing->record);
	terminal_take(hearing->setup->terminal);
	if (!hearing->stopped)
		loop_timer_set(hearing->setup->loop, &hearing->leftovers,
		    loop_now(hearing->setup->loop) + LEFTOVERS_AFTER);
	post(hearing, &event);
}

static void
on_started(struct hearing *hearing, const struct guard_message *message)
{
	const struct onlooker *onlooker = hearing->setup->onlooker;

	record_started(hearing->record, message->pid);
	texts_started(hearing->texts, message->pid,
	    loop_now(hearing->setup->loop));
	terminal_handed(hearing->setup->terminal, message->pid);
	log_debug("%scommand started, pid %d", hearing->setup->label,
	    (int)message->pid);
	if (onlooker != NULL)
		onlooker->started(onlooker->arg);
	post_type(hearing, ACTIVITY_COMMAND_STARTED);
}

static void
on_exec_failed(struct hearing *hearing, const struct guard_message *message)
{
	struct activity_event event = { .type = ACTIVITY_EXEC_FAILED };

	hearing->gone = true;
	event.error = message->error;
	log_error("%scannot execute %s: %s", hearing->setup->label,
	    hearing->setup->argv[0], strerror(message->error));
	post(hearing, &event);
}

static void
on_empty(struct hearing *hearing, const struct guard_message *message)
{
	struct activity_event event = { .type = ACTIVITY_TREE_EMPTY };

	hearing->gone = true;
	event.exit.forced = message->killed > 0;
	record_usage(hearing->record, message);
	if (message->killed > 0)
		log_info("%sSIGKILL ended %d process%s of the command",
		    hearing->setup->label, (int)message->killed,
		    message->killed == 1 ? "" : "es");
	post(hearing, &event);
}

static void
on_guard_stopping(struct hearing *hearing)
{
	hearing->stopped = true;
	log_error("%sthe time for it is running out: the guard stops the "
		  "command",
	    hearing->setup->label);
	post_type(hearing, ACTIVITY_GUARD_STOPPING);
}

static void
on_message(struct hearing *hearing, const struct guard_message *message)
{
	switch ((enum guard_message_type)message->type) {
	case GUARD_STARTED:
		on_started(hearing, message);
		break;
	case GUARD_EXEC_FAILED:
		on_exec_failed(hearing, message);
		break;
	case GUARD_STOPPING:
		on_guard_stopping(hearing);
		break;
	case GUARD_KILLING:
		hearing->stopped = true;
		post_type(hearing, ACTIVITY_GUARD_KILLING);
		break;
	case GUARD_EXITED:
		on_exited(hearing, message);
		break;
	case GUARD_SUSPENDED:
		hearing->setup->suspended(hearing->setup->arg);
		break;
	case GUARD_EMPTY:
		on_empty(hearing, message);
		break;
	case GUARD_START:
	case GUARD_LEASE:
	case GUARD_STOP:
	case GUARD_KILL:
	case GUARD_FORWARD:
	case GUARD_SUSPEND:
	case GUARD_RESUME:
	case GUARD_RELEASE:
		break;
	}
}

static void
on_guard(void *arg)
{
	struct hearing *hearing = arg;
	struct guard_message message;

	for (;;) {
		switch (guard_read(hearing->guard, &message)) {
		case GUARD_READ_NOTHING:
			return;
		case GUARD_READ_LOST:
			hearing_lost(hearing);
			return;
		case GUARD_READ_MESSAGE:
			on_message(hearing, &message);
			break;
		}
	}
}

/* ---- life ---- */

int
hearing_open(struct hearing *hearing, struct guard *guard, struct err *err)
{
	hearing->guard = guard;
	hearing->sweep_wait.call = on_swept;
	hearing->sweep_wait.arg = hearing;
	hearing->leftovers.call = on_leftovers;
	hearing->leftovers.arg = hearing;
	hearing->watch = loop_watch(hearing->setup->loop,
	    guard_descriptor(guard), on_guard, hearing, err);
	return hearing->watch == NULL ? -1 : 0;
}

void
hearing_close(struct hearing *hearing)
{
	sweep_forget(&hearing->sweep_wait);
	loop_timer_set(hearing->setup->loop, &hearing->leftovers,
	    INSTANT_NEVER);
	loop_unwatch(hearing->watch);
}
