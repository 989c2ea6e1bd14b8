/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "tend/exposition.h"

#include <math.h>
#include <stddef.h>

#include "base/instant.h"

static const double ms_per_s = 1000;

static const char *const polls[NUMBERS_POLLS] = {
	[NUMBERS_POLL_TASK] = "task",
	[NUMBERS_POLL_EMPTY] = "empty",
	[NUMBERS_POLL_LIMITED] = "limited",
	[NUMBERS_POLL_THROTTLED] = "throttled",
	[NUMBERS_POLL_REFUSED] = "refused",
	[NUMBERS_POLL_ERROR] = "error",
};

static const char *const tasks[NUMBERS_TASKS] = {
	[NUMBERS_TASK_COMPLETED] = "completed",
	[NUMBERS_TASK_FAILED] = "failed",
	[NUMBERS_TASK_CANCELED] = "canceled",
	[NUMBERS_TASK_REFUSED] = "refused",
	[NUMBERS_TASK_LOST] = "lost",
	[NUMBERS_TASK_UNREPORTED] = "unreported",
};

static const char *const beats[NUMBERS_BEATS] = {
	[NUMBERS_BEAT_ACCEPTED] = "accepted",
	[NUMBERS_BEAT_THROTTLED] = "throttled",
	[NUMBERS_BEAT_GONE] = "gone",
	[NUMBERS_BEAT_REFUSED] = "refused",
	[NUMBERS_BEAT_ERROR] = "error",
};

static const char *const calls[NUMBERS_CALLS] = {
	[NUMBERS_POLL] = "poll",
	[NUMBERS_HEARTBEAT] = "heartbeat",
	[NUMBERS_REPORT] = "report",
	[NUMBERS_LOOKUP] = "lookup",
};

static const char *const streams[NUMBERS_STREAMS] = {
	[NUMBERS_STDOUT] = "stdout",
	[NUMBERS_STDERR] = "stderr",
};

static const char *const states[SLOTS_STATES] = {
	[SLOTS_STARTING] = "starting",
	[SLOTS_RUNNING] = "running",
	[SLOTS_STOPPING] = "stopping",
	[SLOTS_REPORTING] = "reporting",
};

static void
put_gauge(struct metrics *m, const char *name, const char *help, double value)
{
	metrics_family(m, METRICS_GAUGE, name, help);
	metrics_add(m, NULL, NULL, value);
}

/* One sample for each of "values", 0 or not: none comes up later. */
static void
put_counts(struct metrics *m, const char *label, const char *const *values,
    const uint64_t *counts, size_t count)
{
	for (size_t i = 0; i < count; i++)
		metrics_add(m, label, values[i], (double)counts[i]);
}

static void
put_process(struct metrics *m, const struct exposition_view *view)
{
	metrics_family(m, METRICS_GAUGE, "tend_build_info",
	    "Which tend this is; always 1.");
	metrics_add(m, "version", PACKAGE_VERSION, 1);
	put_gauge(m, "tend_start_time_seconds",
	    "When the worker was started, since the epoch.",
	    (double)view->started_at / ms_per_s);
	put_gauge(m, "tend_healthy",
	    "Whether /healthz says that the worker is healthy.", view->healthy);
	put_gauge(m, "tend_draining",
	    "Whether the worker has ceased to poll, and ends.",
	    view->health.draining);
}

static void
put_slots(struct metrics *m, const struct exposition_view *view)
{
	put_gauge(m, "tend_slots", "How many tasks may be in hand at once.",
	    (double)view->health.slots);
	metrics_family(m, METRICS_GAUGE, "tend_slots_in_use",
	    "Tasks in hand, by what is being done about them.");
	for (size_t i = 0; i < SLOTS_STATES; i++)
		metrics_add(m, "state", states[i], (double)view->slots.in[i]);
	put_gauge(m, "tend_lease_left_seconds",
	    "The least time that a task has before its command must be dead "
	    "for want of heartbeats; +Inf without a lease.",
	    view->slots.lease == INSTANT_NEVER
		? INFINITY
		: (double)(view->slots.lease - view->now) / ms_per_s);
}

static void
put_polls(struct metrics *m, const struct numbers *numbers,
    const struct exposition_view *view)
{
	put_gauge(m, "tend_polls_outstanding", "Polls that wait for a task.",
	    (double)view->health.polls);
	metrics_family(m, METRICS_COUNTER, "tend_polls",
	    "Polls that have ended.");
	put_counts(m, "outcome", polls, numbers->polls, NUMBERS_POLLS);
	metrics_family(m, METRICS_COUNTER, "tend_tasks",
	    "Tasks that have ended.");
	put_counts(m, "outcome", tasks, numbers->tasks, NUMBERS_TASKS);
}

static void
put_heartbeats(struct metrics *m, const struct numbers *numbers)
{
	metrics_family(m, METRICS_COUNTER, "tend_heartbeats",
	    "Heartbeats that have ended.");
	put_counts(m, "outcome", beats, numbers->beats, NUMBERS_BEATS);
	metrics_family(m, METRICS_HISTOGRAM, "tend_heartbeat_latency_seconds",
	    "From a heartbeat to its answer.");
	metrics_add_histogram(m, &numbers->latency);
	metrics_family(m, METRICS_HISTOGRAM, "tend_heartbeat_lateness_seconds",
	    "How late heartbeats went out, after their scheduled instants.");
	metrics_add_histogram(m, &numbers->lateness);
}

static void
put_rest(struct metrics *m, const struct numbers *numbers)
{
	metrics_family(m, METRICS_COUNTER, "tend_throttles",
	    "Calls that the service has throttled.");
	put_counts(m, "call", calls, numbers->throttles, NUMBERS_CALLS);
	metrics_family(m, METRICS_COUNTER, "tend_retries",
	    "Calls that were repeated because one before had failed.");
	put_counts(m, "call", calls, numbers->retries, NUMBERS_CALLS);
	metrics_family(m, METRICS_COUNTER, "tend_output_bytes",
	    "Bytes that commands have printed through tend.");
	put_counts(m, "stream", streams, numbers->bytes, NUMBERS_STREAMS);
}

/* All families. */
int
exposition_write(struct buf *out, enum metrics_format format,
    const struct numbers *numbers, const struct exposition_view *view)
{
	struct metrics metrics;

	metrics_begin(&metrics, out, format);
	put_process(&metrics, view);
	put_slots(&metrics, view);
	put_polls(&metrics, numbers, view);
	put_heartbeats(&metrics, numbers);
	put_rest(&metrics, numbers);
	return metrics_end(&metrics);
}
