/* SPDX-License-Identifier: MIT */
/*
 * Names for log lines.
 */
#include "config.h"

#include "activity/activity.h"

const char *
activity_state_name(enum activity_state state)
{
	switch (state) {
	case ACTIVITY_PREPARING:
		return "preparing";
	case ACTIVITY_RUNNING:
		return "running";
	case ACTIVITY_STOPPING:
		return "stopping";
	case ACTIVITY_DRAINING:
		return "draining";
	case ACTIVITY_REPORTING:
		return "reporting";
	case ACTIVITY_DONE:
		return "done";
	}
	return "unknown";
}

const char *
activity_event_name(enum activity_event_type type)
{
	switch (type) {
	case ACTIVITY_BEGIN:
		return "begin";
	case ACTIVITY_TICK:
		return "tick";
	case ACTIVITY_HEARTBEAT_OK:
		return "heartbeat ok";
	case ACTIVITY_HEARTBEAT_FAILED:
		return "heartbeat failed";
	case ACTIVITY_COMMAND_STARTED:
		return "command started";
	case ACTIVITY_EXEC_FAILED:
		return "exec failed";
	case ACTIVITY_COMMAND_EXITED:
		return "command exited";
	case ACTIVITY_GUARD_STOPPING:
		return "guard stopping";
	case ACTIVITY_GUARD_KILLING:
		return "guard killing";
	case ACTIVITY_TREE_EMPTY:
		return "tree empty";
	case ACTIVITY_GUARD_LOST:
		return "guard lost";
	case ACTIVITY_PROGRESS:
		return "progress";
	case ACTIVITY_OUTPUT_READ:
		return "output read";
	case ACTIVITY_STOP_REQUESTED:
		return "stop requested";
	case ACTIVITY_REPORT_OK:
		return "report ok";
	case ACTIVITY_REPORT_FAILED:
		return "report failed";
	case ACTIVITY_HEARTBEAT_DEFERRED:
		return "heartbeat deferred";
	case ACTIVITY_TIMEOUTS_FOUND:
		return "timeouts found";
	case ACTIVITY_START_RECORDED:
		return "start recorded";
	case ACTIVITY_OUTCOME_RECORDED:
		return "outcome recorded";
	}
	return "unknown";
}

const char *
activity_cause_name(enum activity_cause cause)
{
	switch (cause) {
	case ACTIVITY_CAUSE_NONE:
		return "none";
	case ACTIVITY_CAUSE_EXIT:
		return "exit";
	case ACTIVITY_CAUSE_SIGNAL:
		return "signal";
	case ACTIVITY_CAUSE_CANCEL:
		return "cancel";
	case ACTIVITY_CAUSE_STOPPED:
		return "stopped";
	case ACTIVITY_CAUSE_STALLED:
		return "no progress";
	case ACTIVITY_CAUSE_TIME_LIMIT:
		return "time limit";
	case ACTIVITY_CAUSE_CLOSING:
		return "start-to-close";
	case ACTIVITY_CAUSE_GONE:
		return "gone";
	case ACTIVITY_CAUSE_LEASE_LOST:
		return "lease lost";
	case ACTIVITY_CAUSE_EXEC_FAILED:
		return "exec failed";
	case ACTIVITY_CAUSE_GUARD_LOST:
		return "guard lost";
	case ACTIVITY_CAUSE_UNKILLABLE:
		return "unkillable";
	case ACTIVITY_CAUSE_UNREACHABLE:
		return "unreachable";
	case ACTIVITY_CAUSE_REFUSED:
		return "refused";
	}
	return "unknown";
}
