/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "tend/takeover.h"

#include "base/instant.h"
#include "base/log.h"

/* ms; no report is tried for less. */
enum { PAUSE_LEAST = 1000 };

static void
begin(struct takeover *takeover)
{
	struct loop *loop = takeover->setup.loop;

	takeover->setup.until = instant_add(loop_now(loop), takeover->pause);
	takeover->recovery = recovery_new(&takeover->setup);
}

static void
on_timer(void *arg)
{
	struct takeover *takeover = arg;

	recovery_free(takeover->recovery);
	takeover->setup.again = true;
	takeover->setup.cleared = NULL;
	begin(takeover);
}

static void
on_cleared(void *arg)
{
	struct takeover *takeover = arg;

	takeover->cleared(takeover->arg);
}

static void
on_done(void *arg, size_t left)
{
	struct takeover *takeover = arg;
	struct loop *loop = takeover->setup.loop;

	if (left > 0 && !takeover->setup.again)
		log_warning("%zu record%s left in the spool for now", left,
		    left == 1 ? " is" : "s are");
	loop_timer_set(loop, &takeover->timer,
	    instant_add(loop_now(loop), takeover->pause));
}

void
takeover_begin(struct takeover *takeover, const struct recovery_setup *setup,
    int64_t report_timeout)
{
	*takeover = (struct takeover){
		.setup = *setup,
		.pause = instant_max(report_timeout, PAUSE_LEAST),
		.timer = { .call = on_timer, .arg = takeover },
		.cleared = setup->cleared,
		.arg = setup->arg,
	};
	takeover->setup.cleared = on_cleared;
	takeover->setup.done = on_done;
	takeover->setup.arg = takeover;
	begin(takeover);
}

void
takeover_end(struct takeover *takeover)
{
	if (takeover->recovery == NULL)
		return;
	recovery_free(takeover->recovery);
	loop_timer_set(takeover->setup.loop, &takeover->timer, INSTANT_NEVER);
}
