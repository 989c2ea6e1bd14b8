/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "activity/step.h"
#include "base/chance.h"
#include "base/instant.h"

/* A retry comes after half of its delay at the earliest. */
enum { RETRY_JITTER_PERCENT = 50 };

void
call_send(struct activity_call *call, int64_t now, int64_t give_up_at)
{
	call->attempt++;
	call->in_flight = true;
	call->sent_at = now;
	call->give_up_at = give_up_at;
	call->asked = 0;
	call->next_at = INSTANT_NEVER;
}

bool
call_is_current(const struct activity_call *call,
    const struct activity_event *event)
{
	return call->in_flight && call->attempt == event->attempt;
}

void
call_settle(struct activity_call *call)
{
	call->in_flight = false;
	call->give_up_at = INSTANT_NEVER;
}

int64_t
call_backoff(struct activity *activity, struct activity_call *call,
    int64_t most)
{
	int64_t delay = instant_min(call->backoff, most);

	call->backoff = instant_min(delay * 2, most);
	return instant_heed(call_jitter(activity, delay, RETRY_JITTER_PERCENT),
	    call->asked);
}

int64_t
call_jitter(struct activity *activity, int64_t length, int percent)
{
	uint64_t span;

	if (length == INSTANT_NEVER)
		return length;
	span = (uint64_t)length / 100 * (uint64_t)percent +
	       (uint64_t)length % 100 * (uint64_t)percent / 100;
	return length - chance_between(&activity->random, 0, (int64_t)span);
}
