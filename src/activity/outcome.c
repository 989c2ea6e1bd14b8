/* SPDX-License-Identifier: MIT */
/*
 * The verdict: what SWF is told, and the exit status.
 */
#include "config.h"

#include "activity/step.h"

#include <errno.h>

#include "base/instant.h"

enum {
	STATUS_LOST = 123,
	STATUS_TIMED_OUT = 124,
	STATUS_OWN_ERROR = 125,
	STATUS_CANNOT_EXEC = 126,
	STATUS_NOT_FOUND = 127,
	STATUS_SIGNAL = 128
};

/* What the command did by itself. */
static void
by_itself(struct activity *a)
{
	const struct activity_exit *end = &a->outcome.exit;
	bool ok = end->signal == 0 && end->status >= 0 && end->status <= 255 &&
		  a->config.ok_exit[end->status];

	a->outcome.cause =
	    end->signal == 0 ? ACTIVITY_CAUSE_EXIT : ACTIVITY_CAUSE_SIGNAL;
	a->outcome.kind = ok ? ACTIVITY_KIND_COMPLETED : ACTIVITY_KIND_FAILED;
}

void
outcome_by_exit(struct activity *a, bool after_stop)
{
	if (a->lost || after_stop) {
		outcome_by_cause(a);
		return;
	}
	a->decided = true;
	by_itself(a);
}

void
outcome_by_cause(struct activity *a)
{
	a->decided = true;
	if (a->lost)
		a->outcome.kind = ACTIVITY_KIND_NONE;
	else if (a->outcome.cause == ACTIVITY_CAUSE_CANCEL)
		a->outcome.kind = ACTIVITY_KIND_CANCELED;
	else
		a->outcome.kind = ACTIVITY_KIND_FAILED;
}

void
outcome_failed(struct activity *a, enum activity_cause cause)
{
	a->outcome.cause = cause;
	outcome_by_cause(a);
}

/* The command's own, as a shell has it. */
static int
own_status(const struct activity_outcome *outcome)
{
	if (!outcome->exit.known)
		return outcome->stop_signal != 0
			   ? STATUS_SIGNAL + outcome->stop_signal
			   : STATUS_OWN_ERROR;
	if (outcome->exit.signal != 0)
		return STATUS_SIGNAL + outcome->exit.signal;
	return outcome->exit.status;
}

int
activity_exit_status(const struct activity *a)
{
	const struct activity_outcome *outcome = &a->outcome;

	switch (outcome->cause) {
	case ACTIVITY_CAUSE_EXIT:
	case ACTIVITY_CAUSE_SIGNAL:
		return own_status(outcome);
	case ACTIVITY_CAUSE_CANCEL:
		return outcome->started ? own_status(outcome) : 0;
	case ACTIVITY_CAUSE_STOPPED:
		return STATUS_SIGNAL + outcome->stop_signal;
	case ACTIVITY_CAUSE_STALLED:
	case ACTIVITY_CAUSE_TIME_LIMIT:
	case ACTIVITY_CAUSE_CLOSING:
		return STATUS_TIMED_OUT;
	case ACTIVITY_CAUSE_GONE:
	case ACTIVITY_CAUSE_LEASE_LOST:
		return STATUS_LOST;
	case ACTIVITY_CAUSE_EXEC_FAILED:
		return outcome->error == ENOENT || outcome->error == ENOTDIR
			   ? STATUS_NOT_FOUND
			   : STATUS_CANNOT_EXEC;
	case ACTIVITY_CAUSE_NONE:
	case ACTIVITY_CAUSE_GUARD_LOST:
	case ACTIVITY_CAUSE_UNKILLABLE:
	case ACTIVITY_CAUSE_UNREACHABLE:
	case ACTIVITY_CAUSE_REFUSED:
		break;
	}
	return STATUS_OWN_ERROR;
}
