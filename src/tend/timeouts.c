/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "tend/timeouts.h"

#include <stdlib.h>
#include <string.h>

#include "aws/errors.h"
#include "aws/swf_history.h"
#include "aws/swf_requests.h"
#include "aws/wire.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/instant.h"
#include "base/log.h"
#include "base/mem.h"
#include "tend/bucket.h"
#include "tend/defaults.h"
#include "tend/lookback.h"
#include "tend/loop.h"
#include "tend/numbers.h"
#include "text/duration.h"

/* Lengths are ms. */
enum {
	CALL_MOST = 5000,
	RETRY_FIRST = 250,
	RETRY_MOST = 10000,
	LOOK_UP_MOST = 60000,
	GUESS = 60000,
	/* A start that is not in the history yet will be in a moment. */
	EARLY_MOST = 5,
	PAGE_EVENTS = 200,
	/* All that an execution can have, and the attempts before ours. */
	PAGES_MOST = 150,
	PAGES_BEFORE_MOST = 5,
	/* What SWF gives an account, which is not ours alone. */
	HISTORY_PER_SECOND = 60
};

struct timeouts {
	struct loop *loop;
	struct swf_client *client;
	const char *domain;
	struct numbers *numbers;
	struct bucket bucket;
	bool refused; /* the history, for good */
	bool warned;
	struct defaults *defaults;
};

struct timeouts_lookup {
	struct timeouts *timeouts;
	const struct swf_task *task;
	int64_t received_at;
	int64_t until; /* then it is a guess */
	struct lookback lookback;
	int64_t start; /* of the task, by our clock; NEVER: not known */
	char *page_token;
	int pages;
	int pages_before; /* since its own events were found */
	int early;
	struct swf_call *call;
	struct loop_timer timer;
	int64_t backoff;
	struct defaults_waiter waiter;
	struct err problem; /* why it may become a guess */
	bool is_done;
	struct timeouts_found found;
	timeouts_done *done;
	void *arg;
};

/* For all tasks. */
struct timeouts *
timeouts_new(struct loop *loop, struct swf_client *client, const char *domain,
    struct numbers *numbers)
{
	struct timeouts *timeouts = mem_new(1, sizeof(*timeouts));

	timeouts->loop = loop;
	timeouts->client = client;
	timeouts->domain = domain;
	timeouts->numbers = numbers;
	timeouts->defaults = defaults_new(loop, client, domain, numbers);
	bucket_init(&timeouts->bucket, HISTORY_PER_SECOND, HISTORY_PER_SECOND,
	    loop_now(loop));
	return timeouts;
}

/* Without any lookup. */
void
timeouts_free(struct timeouts *timeouts)
{
	if (timeouts == NULL)
		return;
	defaults_free(timeouts->defaults);
	free(timeouts);
}

static bool
has_history(const struct swf_task *task)
{
	return task->workflow_id != NULL && task->run_id != NULL &&
	       task->started_event_id > 0;
}

static bool
has_type(const struct swf_task *task)
{
	return task->activity_name != NULL && task->activity_version != NULL;
}

/* Enough. */
bool
timeouts_can_look_up(const struct swf_task *task)
{
	return has_history(task) || has_type(task);
}

/* ---- the end of a lookup ---- */

static void
stop_asking(struct timeouts_lookup *lookup)
{
	loop_timer_set(lookup->timeouts->loop, &lookup->timer, INSTANT_NEVER);
	if (lookup->call != NULL)
		swf_cancel(lookup->call);
	lookup->call = NULL;
	defaults_leave(&lookup->waiter);
}

static void
log_found(const struct timeouts_lookup *lookup, const char *source)
{
	char heartbeat[DURATION_TEXT] = "none", open[DURATION_TEXT] = "none";

	if (lookup->found.heartbeat != INSTANT_NEVER)
		duration_format(lookup->found.heartbeat, heartbeat);
	if (lookup->found.start_to_close != INSTANT_NEVER)
		duration_format(lookup->found.start_to_close, open);
	log_debug("heartbeat timeout %s, start-to-close %s: %s", heartbeat,
	    open, source);
}

/*
 * When the task was started; where only a poll tells, that is when it came, or
 * when it may have been given away if it certainly came late.
 */
static int64_t
start_of(const struct timeouts_lookup *lookup)
{
	const struct swf_task *task = lookup->task;

	if (lookup->start != INSTANT_NEVER || task->age == 0)
		return instant_min(lookup->start, lookup->received_at);
	return lookup->received_at - task->age_most;
}

static void
finish(struct timeouts_lookup *lookup, int64_t heartbeat, int64_t open,
    const char *source)
{
	struct timeouts_found *found = &lookup->found;

	stop_asking(lookup);
	found->heartbeat = heartbeat;
	found->start_to_close = open == -1 ? INSTANT_NEVER : open;
	found->closes_at = instant_add(start_of(lookup), found->start_to_close);
	found->details = lookup->lookback.details;
	lookup->is_done = true;
	log_found(lookup, source);
	lookup->done(lookup->arg, found);
}

static void
guess(struct timeouts_lookup *lookup)
{
	struct timeouts *timeouts = lookup->timeouts;

	lookup->found.guessed = true;
	if (!timeouts->warned)
		log_warning("heartbeat timeout not known, 60s is guessed, and "
			    "nothing is stopped when it is over: %s; give "
			    "--heartbeat-timeout, or let tend ask",
		    lookup->problem.text);
	timeouts->warned = true;
	finish(lookup, GUESS, -1, "a guess");
}

/* ---- 2. the type's default ---- */

static void
on_defaults(void *arg, int64_t heartbeat, int64_t start_to_close,
    const struct err *problem)
{
	struct timeouts_lookup *lookup = arg;

	if (problem != NULL)
		lookup->problem = *problem;
	else if (heartbeat == -1)
		(void)err_set(&lookup->problem,
		    "activity type %s %s has no default",
		    lookup->task->activity_name,
		    lookup->task->activity_version);
	if (heartbeat == -1)
		guess(lookup);
	else
		finish(lookup, heartbeat, start_to_close,
		    "the activity type's default");
}

static void
ask_type(struct timeouts_lookup *lookup)
{
	struct timeouts *timeouts = lookup->timeouts;

	if (!has_type(lookup->task)) {
		guess(lookup);
		return;
	}
	/* The timer has only the guess to make now. */
	loop_timer_set(timeouts->loop, &lookup->timer, lookup->until);
	lookup->waiter.call = on_defaults;
	lookup->waiter.arg = lookup;
	defaults_wait(timeouts->defaults, lookup->task->activity_name,
	    lookup->task->activity_version, &lookup->waiter);
}

/* ---- 1. the history ---- */

static void
retry(struct timeouts_lookup *lookup)
{
	struct loop *loop = lookup->timeouts->loop;
	int64_t delay = lookup->backoff;

	numbers_retry(lookup->timeouts->numbers, NUMBERS_LOOKUP);
	lookup->backoff = instant_min(delay * 2, RETRY_MOST);
	delay -= arc4random_uniform((uint32_t)delay / 2);
	loop_timer_set(loop, &lookup->timer,
	    instant_min(loop_now(loop) + delay, lookup->until));
}

/*
 * How long ago the service started the task, by its own clock: it dates its
 * answers to the second, and this one was under way for as long as it took, or
 * less.  Where this host's clock fits to that, it is finer; else the age is
 * counted up.
 */
static void
place_start(struct timeouts_lookup *lookup, const struct swf_answer *answer)
{
	int64_t started_at = lookup->lookback.started_at;
	int64_t took = answer->answered_at - answer->sent_at;
	int64_t date = answer->date;
	int64_t now = clock_wall();

	/* 0 is a time that was none. */
	if (started_at <= 0 || date == -1 || lookup->start != INSTANT_NEVER)
		return;
	now = instant_max(date,
	    instant_min(now, date + 999 + instant_max(took, 0)));
	lookup->start =
	    loop_now(lookup->timeouts->loop) - instant_max(now - started_at, 0);
}

static void
finish_history(struct timeouts_lookup *lookup)
{
	const struct lookback *lookback = &lookup->lookback;

	finish(lookup, lookback->heartbeat, lookback->start_to_close,
	    "the history");
}

static void
next_page(struct timeouts_lookup *lookup, const struct swf_history *page)
{
	struct timeouts *timeouts = lookup->timeouts;
	bool ours = lookback_has_timeouts(&lookup->lookback);

	free(lookup->page_token);
	lookup->page_token = mem_string(page->next_token);
	lookup->pages++;
	lookup->pages_before += ours ? 1 : 0;
	if (ours && lookup->pages_before >= PAGES_BEFORE_MOST)
		finish_history(lookup);
	else if (lookup->pages >= PAGES_MOST)
		ask_type(lookup);
	else
		loop_timer_set(timeouts->loop, &lookup->timer,
		    loop_now(timeouts->loop));
}

static void
missing(struct timeouts_lookup *lookup)
{
	(void)err_set(&lookup->problem,
	    "the history of workflow %s does not have the task's start",
	    lookup->task->workflow_id);
	ask_type(lookup);
}

static void
read_page(struct timeouts_lookup *lookup, const struct swf_answer *answer)
{
	struct swf_history page;

	if (swf_history_parse(&page, answer->body, answer->body_len,
		&lookup->problem) == -1) {
		swf_history_clear(&page);
		ask_type(lookup);
		return;
	}
	lookup->backoff = RETRY_FIRST;
	switch (lookback_page(&lookup->lookback, &page)) {
	case LOOKBACK_MORE:
		place_start(lookup, answer);
		next_page(lookup, &page);
		break;
	case LOOKBACK_FOUND:
		place_start(lookup, answer);
		if (lookback_has_timeouts(&lookup->lookback))
			finish_history(lookup);
		else
			missing(lookup);
		break;
	case LOOKBACK_EARLY:
		if (++lookup->early < EARLY_MOST)
			retry(lookup);
		else
			missing(lookup);
		break;
	case LOOKBACK_MISSING:
		missing(lookup);
		break;
	}
	swf_history_clear(&page);
}

static void
on_answer(void *arg, const struct swf_answer *answer)
{
	struct timeouts_lookup *lookup = arg;
	struct timeouts *timeouts = lookup->timeouts;

	lookup->call = NULL;
	if (answer->class != SWF_OK)
		(void)err_set(&lookup->problem,
		    "GetWorkflowExecutionHistory: %s%s%s", answer->code,
		    answer->code[0] != '\0' ? ": " : "", answer->message);
	switch (answer->class) {
	case SWF_OK:
		read_page(lookup, answer);
		break;
	case SWF_REFUSED:
		/* Credentials that have expired may be renewed. */
		timeouts->refused |= errors_is_permission(answer->code);
		if (timeouts->refused)
			ask_type(lookup);
		else
			retry(lookup);
		break;
	case SWF_GONE:
	case SWF_INVALID:
		ask_type(lookup);
		break;
	case SWF_THROTTLED:
		numbers_throttle(timeouts->numbers, NUMBERS_LOOKUP);
		bucket_drain(&timeouts->bucket, loop_now(timeouts->loop));
		retry(lookup);
		break;
	case SWF_TRANSIENT:
	case SWF_AMBIGUOUS:
		retry(lookup);
		break;
	}
}

static void
ask_history(struct timeouts_lookup *lookup)
{
	struct timeouts *timeouts = lookup->timeouts;
	const struct swf_task *task = lookup->task;
	int64_t now = loop_now(timeouts->loop);
	int64_t at = bucket_take(&timeouts->bucket, now);
	struct buf request = BUF_INIT(SWF_REQUEST_MAX);

	if (at > now) {
		loop_timer_set(timeouts->loop, &lookup->timer,
		    instant_min(at, lookup->until));
		return;
	}
	swf_request_history(&request, timeouts->domain, task->workflow_id,
	    task->run_id, PAGE_EVENTS, true, lookup->page_token);
	lookup->call = swf_send(timeouts->client, SWF_GET_HISTORY, &request,
	    CALL_MOST, on_answer, lookup, &lookup->problem);
	if (lookup->call == NULL)
		retry(lookup);
}

/* ---- life ---- */

/* Begins, goes on, or has gone on for too long. */
static void
on_timer(void *arg)
{
	struct timeouts_lookup *lookup = arg;

	if (loop_now(lookup->timeouts->loop) >= lookup->until) {
		if (lookback_has_timeouts(&lookup->lookback))
			finish_history(lookup);
		else
			guess(lookup);
	} else if (lookup->timeouts->refused || !has_history(lookup->task)) {
		ask_type(lookup);
	} else {
		ask_history(lookup);
	}
}

/* See the header. */
struct timeouts_lookup *
timeouts_look_up(struct timeouts *timeouts, const struct swf_task *task,
    int64_t received_at, timeouts_done *done, void *arg)
{
	struct timeouts_lookup *lookup = mem_new(1, sizeof(*lookup));
	int64_t now = loop_now(timeouts->loop);

	lookup->timeouts = timeouts;
	lookup->task = task;
	lookup->received_at = received_at;
	lookup->until = now + LOOK_UP_MOST;
	lookup->start = INSTANT_NEVER;
	lookup->backoff = RETRY_FIRST;
	lookup->timer.call = on_timer;
	lookup->timer.arg = lookup;
	lookup->done = done;
	lookup->arg = arg;
	(void)err_set(&lookup->problem, "%s",
	    timeouts->refused ? "GetWorkflowExecutionHistory was refused"
			      : "there is no answer");
	lookback_init(&lookup->lookback, task->started_event_id);
	loop_timer_set(timeouts->loop, &lookup->timer, now);
	return lookup;
}

/* So far. */
const struct timeouts_found *
timeouts_found(const struct timeouts_lookup *lookup)
{
	return lookup->is_done ? &lookup->found : NULL;
}

/* Done or not. */
void
timeouts_drop(struct timeouts_lookup *lookup)
{
	if (lookup == NULL)
		return;
	stop_asking(lookup);
	lookback_clear(&lookup->lookback);
	free(lookup->page_token);
	free(lookup);
}
