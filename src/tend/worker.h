/* SPDX-License-Identifier: MIT */
/*
 * tend worker: polls a task list and supervises a command for each activity
 * task, many at once, in one thread and one loop.
 *
 * The end has three steps.  Told to stop once (or when --max-tasks or
 * --idle-exit has come true), it drains: no new polls, those outstanding are
 * let return, what runs goes on.  At --drain-timeout, or told again, what
 * still runs climbs the ladder; told a third time, it is killed, and polls
 * are no longer waited for.  All is over by --stop-deadline.
 */
#ifndef TEND_WORKER_H
#define TEND_WORKER_H

struct inherited;

/* Returns the exit status. */
int worker_main(int argc, char **argv, struct inherited *inherited);

#endif
