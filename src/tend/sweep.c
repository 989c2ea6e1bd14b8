/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "tend/sweep.h"

#include "base/instant.h"

/* Takes all who wait out first: what they are told may lead to more. */
static void
tell(struct sweep *sweep)
{
	struct sweep_waits told = LIST_HEAD_INITIALIZER(told);
	struct sweep_wait *wait;

	LIST_SWAP(&told, &sweep->waits, sweep_wait, link);
	while ((wait = LIST_FIRST(&told)) != NULL) {
		sweep_forget(wait);
		wait->call(wait->arg);
	}
}

static void
step(void *arg)
{
	struct sweep *sweep = arg;
	bool remain = orphans_step(&sweep->orphans);

	if (LIST_EMPTY(&sweep->waits))
		return;
	loop_timer_set(sweep->loop, &sweep->timer,
	    remain ? loop_now(sweep->loop) + ORPHANS_STEP_MS : INSTANT_NEVER);
	if (!remain)
		tell(sweep);
}

int
sweep_open(struct sweep *sweep, struct loop *loop,
    const struct inherited *inherited, struct err *err)
{
	sweep->loop = loop;
	sweep->timer.call = step;
	sweep->timer.arg = sweep;
	LIST_INIT(&sweep->waits);
	return orphans_init(&sweep->orphans, inherited, err);
}

void
sweep_child(struct sweep *sweep)
{
	step(sweep);
}

/* The first step is the timer's, so that nobody is told from in here. */
void
sweep_guard(struct sweep *sweep, const struct guard *guard,
    struct sweep_wait *wait)
{
	orphans_sweep(&sweep->orphans, guard);
	LIST_INSERT_HEAD(&sweep->waits, wait, link);
	wait->waiting = true;
	loop_timer_set(sweep->loop, &sweep->timer, loop_now(sweep->loop));
}

void
sweep_forget(struct sweep_wait *wait)
{
	if (!wait->waiting)
		return;
	LIST_REMOVE(wait, link);
	wait->waiting = false;
}

void
sweep_close(struct sweep *sweep)
{
	if (sweep->loop == NULL)
		return;
	loop_timer_set(sweep->loop, &sweep->timer, INSTANT_NEVER);
	orphans_clear(&sweep->orphans);
}
