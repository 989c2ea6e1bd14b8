/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "tend/share.h"

#include <stddef.h>

#include "activity/activity.h"
#include "tend/budget.h"

void
share_init(struct share *share, struct budget *budget)
{
	*share = (struct share){ .budget = budget };
}

/* With the interval that it has now. */
static void
join(struct share *share, int64_t interval)
{
	if (interval == share->interval)
		return;
	share_leave(share);
	share->interval = interval;
	budget_join(share->budget, interval);
}

int64_t
share_ask(struct share *share, const struct activity *activity, int64_t now)
{
	int64_t since, due;

	if (share->budget == NULL)
		return now;
	join(share, activity->interval);
	activity_heartbeat_window(activity, &since, &due);
	return budget_ask(share->budget, now, share->interval, since, due);
}

static enum budget_answer
meaning_of(enum activity_failure failure)
{
	switch (failure) {
	case ACTIVITY_FAILURE_THROTTLED:
		return BUDGET_THROTTLED;
	case ACTIVITY_FAILURE_TRANSIENT:
	case ACTIVITY_FAILURE_AMBIGUOUS:
		return BUDGET_UNREACHED;
	case ACTIVITY_FAILURE_GONE:
	case ACTIVITY_FAILURE_INVALID:
	case ACTIVITY_FAILURE_REFUSED:
		break;
	}
	return BUDGET_TAKEN;
}

void
share_answered(struct share *share, const struct activity_event *event,
    int64_t now)
{
	if (share->budget == NULL)
		return;
	if (event->type == ACTIVITY_HEARTBEAT_OK)
		budget_answered(share->budget, now, BUDGET_TAKEN);
	else if (event->type == ACTIVITY_HEARTBEAT_FAILED)
		budget_answered(share->budget, now, meaning_of(event->failure));
}

void
share_given_up(struct share *share, int64_t now)
{
	if (share->budget != NULL)
		budget_answered(share->budget, now, BUDGET_UNREACHED);
}

void
share_leave(struct share *share)
{
	if (share->interval == 0)
		return;
	budget_leave(share->budget, share->interval);
	share->interval = 0;
}
