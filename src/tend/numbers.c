/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "tend/numbers.h"

#include "activity/activity.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

static const double ms_per_s = 1000;

/* s.  An attempt has 5 s at most. */
static const double latency_bounds[] = { 0.005, 0.01, 0.025, 0.05, 0.1, 0.25,
	0.5, 1, 2.5, 5 };
static const double lateness_bounds[] = { 0.001, 0.0025, 0.005, 0.01, 0.025,
	0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30 };

/* Nothing has happened. */
void
numbers_init(struct numbers *numbers)
{
	*numbers = (struct numbers){ 0 };
	metrics_histogram_init(&numbers->latency, latency_bounds,
	    ARRAY_SIZE(latency_bounds));
	metrics_histogram_init(&numbers->lateness, lateness_bounds,
	    ARRAY_SIZE(lateness_bounds));
}

/* Those that health is made of; NULL: this kind is not. */
static struct health_calls *
health_of(struct numbers *numbers, enum numbers_call call)
{
	switch (call) {
	case NUMBERS_POLL:
		return &numbers->health.polls;
	case NUMBERS_HEARTBEAT:
		return &numbers->health.heartbeats;
	case NUMBERS_REPORT:
	case NUMBERS_LOOKUP:
	case NUMBERS_CALLS:
		break;
	}
	return NULL;
}

/* For people. */
void
numbers_problem(struct numbers *numbers, enum numbers_call call,
    const char *code, const char *message)
{
	struct health_calls *health =
	    numbers == NULL ? NULL : health_of(numbers, call);

	if (health != NULL)
		health_problem(health, code, message);
}

/* Whatever it brought. */
void
numbers_poll(struct numbers *numbers, enum numbers_poll how, int64_t sent_at,
    int64_t now)
{
	struct health_calls *health;

	if (numbers == NULL)
		return;
	health = &numbers->health.polls;
	numbers->polls[how]++;
	switch (how) {
	case NUMBERS_POLL_TASK:
	case NUMBERS_POLL_EMPTY:
	case NUMBERS_POLL_LIMITED:
		health_succeeded(health);
		break;
	case NUMBERS_POLL_THROTTLED:
		numbers_throttle(numbers, NUMBERS_POLL);
		health_failed(health, sent_at, now);
		break;
	case NUMBERS_POLL_REFUSED:
	case NUMBERS_POLL_ERROR:
		health_failed(health, sent_at, now);
		break;
	case NUMBERS_POLLS:
		break;
	}
}

static void
count_time(struct metrics_histogram *histogram, int64_t ms)
{
	metrics_histogram_count(histogram, ms > 0 ? (double)ms / ms_per_s : 0);
}

/* Its lateness. */
void
numbers_beat_sent(struct numbers *numbers, int64_t at, int64_t now)
{
	if (numbers != NULL)
		count_time(&numbers->lateness, now - at);
}

static enum numbers_beat beat_of(enum swf_class class)
{
	switch (class) {
	case SWF_OK:
		return NUMBERS_BEAT_ACCEPTED;
	case SWF_GONE:
		return NUMBERS_BEAT_GONE;
	case SWF_INVALID:
	case SWF_REFUSED:
		return NUMBERS_BEAT_REFUSED;
	case SWF_THROTTLED:
		return NUMBERS_BEAT_THROTTLED;
	case SWF_TRANSIENT:
	case SWF_AMBIGUOUS:
		break;
	}
	return NUMBERS_BEAT_ERROR;
}

/* That a task is gone says nothing against the service. */
static void
end_beat(struct numbers *numbers, enum numbers_beat how, int64_t sent_at,
    int64_t now)
{
	numbers->beats[how]++;
	if (how == NUMBERS_BEAT_ACCEPTED || how == NUMBERS_BEAT_GONE)
		health_succeeded(&numbers->health.heartbeats);
	else
		health_failed(&numbers->health.heartbeats, sent_at, now);
}

/* By the service, or by something in between. */
void
numbers_answered(struct numbers *numbers, enum numbers_call call,
    enum swf_class class, int64_t sent_at, int64_t now)
{
	enum numbers_beat how = beat_of(class);

	if (numbers == NULL)
		return;
	if (class == SWF_THROTTLED)
		numbers_throttle(numbers, call);
	if (call != NUMBERS_HEARTBEAT)
		return;
	if (how != NUMBERS_BEAT_ERROR)
		count_time(&numbers->latency, now - sent_at);
	end_beat(numbers, how, sent_at, now);
}

/* That one is not known to have reached anybody. */
void
numbers_unanswered(struct numbers *numbers, enum numbers_call call,
    int64_t sent_at, int64_t now)
{
	if (numbers != NULL && call == NUMBERS_HEARTBEAT)
		end_beat(numbers, NUMBERS_BEAT_ERROR, sent_at, now);
}

/* One more. */
void
numbers_retry(struct numbers *numbers, enum numbers_call call)
{
	if (numbers != NULL)
		numbers->retries[call]++;
}

/* One more. */
void
numbers_throttle(struct numbers *numbers, enum numbers_call call)
{
	if (numbers != NULL)
		numbers->throttles[call]++;
}

static enum numbers_task
task_of(const struct activity_outcome *outcome)
{
	switch (outcome->delivery) {
	case ACTIVITY_DELIVERY_GONE:
		return NUMBERS_TASK_LOST;
	case ACTIVITY_DELIVERY_NONE:
	case ACTIVITY_DELIVERY_UNKNOWN:
	case ACTIVITY_DELIVERY_REFUSED:
		return outcome->kind == ACTIVITY_KIND_NONE
			   ? NUMBERS_TASK_LOST
			   : NUMBERS_TASK_UNREPORTED;
	case ACTIVITY_DELIVERY_TAKEN:
	case ACTIVITY_DELIVERY_ASSUMED:
		break;
	}
	switch (outcome->kind) {
	case ACTIVITY_KIND_COMPLETED:
		return NUMBERS_TASK_COMPLETED;
	case ACTIVITY_KIND_FAILED:
		return NUMBERS_TASK_FAILED;
	case ACTIVITY_KIND_CANCELED:
		return NUMBERS_TASK_CANCELED;
	case ACTIVITY_KIND_NONE:
		break;
	}
	return NUMBERS_TASK_LOST;
}

/* What SWF has of it. */
void
numbers_outcome(struct numbers *numbers, const struct activity_outcome *outcome)
{
	numbers_task(numbers, task_of(outcome));
}

/* One more. */
void
numbers_task(struct numbers *numbers, enum numbers_task how)
{
	if (numbers != NULL)
		numbers->tasks[how]++;
}

/* See the header. */
void
numbers_idle(struct numbers *numbers)
{
	if (numbers != NULL)
		health_succeeded(&numbers->health.heartbeats);
}

/* Passed on or not. */
void
numbers_output(struct numbers *numbers, enum numbers_stream stream, size_t len)
{
	if (numbers != NULL)
		numbers->bytes[stream] += len;
}
