/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "tend/poller.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <unistd.h>

#include "aws/swf_answers.h"
#include "aws/swf_requests.h"
#include "aws/wire.h"
#include "base/clock.h"
#include "base/instant.h"
#include "base/log.h"
#include "base/mem.h"
#include "tend/loop.h"
#include "tend/numbers.h"
#include "tend/polling.h"

struct poll {
	LIST_ENTRY(poll) link;
	struct poller *poller;
	struct swf_call *call;
	int64_t started_at;
};

struct poller {
	struct poller_setup setup;
	struct polling polling;
	struct loop_timer timer;
	LIST_HEAD(polls, poll) polls;
	unsigned failures; /* in a row, for the log */
	bool refused;
};

/* ---- what an answer means ---- */

static enum polling_answer
answer_of(const struct swf_answer *answer)
{
	switch (answer->class) {
	case SWF_OK:
		return POLLING_TASK;
	case SWF_GONE:
	case SWF_INVALID:
	case SWF_REFUSED:
		return POLLING_REFUSED;
	case SWF_THROTTLED:
		return strcmp(answer->code, "LimitExceededFault") == 0
			   ? POLLING_LIMIT
			   : POLLING_FAILED;
	case SWF_TRANSIENT:
	case SWF_AMBIGUOUS:
		break;
	}
	return POLLING_FAILED;
}

/* In a long outage only the 1st, 2nd, 4th, 8th, ... failure is a line. */
static void
log_failure(struct poller *poller, const char *code, const char *message)
{
	unsigned n = ++poller->failures;

	numbers_problem(poller->setup.numbers, NUMBERS_POLL, code, message);
	if ((n & (n - 1)) == 0)
		log_warning("poll failed%s: %s%s%s", n > 1 ? " again" : "",
		    code, *code != '\0' ? ": " : "", message);
}

static void
log_limit(struct poller *poller)
{
	unsigned n = ++poller->failures;

	if ((n & (n - 1)) == 0)
		log_info("poll: LimitExceededFault: enough others poll this "
			 "task list; the next poll is later");
}

static void
log_success(struct poller *poller)
{
	if (poller->failures > 0)
		log_info("polls are answered again");
	poller->failures = 0;
}

static void
say_refused(const struct poller *poller, const struct swf_answer *answer)
{
	struct err err;
	bool unknown = answer->class == SWF_GONE;

	(void)err_set(&err, "cannot poll %s: %s%s%s%s", poller->setup.task_list,
	    answer->code, *answer->code != '\0' ? ": " : "", answer->message,
	    unknown ? ": check --domain and --region, or register the domain"
		    : "");
	poller->setup.refused(poller->setup.arg, &err);
}

/* ---- polls ---- */

/* An answer 200: reads the task, if there is one. */
static enum polling_answer
read_task(struct poller *poller, const struct swf_answer *answer,
    struct swf_task *task)
{
	struct err err;

	*task = (struct swf_task){ 0 };
	if (swf_poll_is_empty(answer->body, answer->body_len))
		return POLLING_EMPTY;
	if (swf_task_parse(task, answer->body, answer->body_len, &err) == 0) {
		task->age = answer->age;
		task->age_most = answer->age_most;
		return POLLING_TASK;
	}
	log_failure(poller, "", err.text);
	return POLLING_FAILED;
}

static enum numbers_poll
count_as(enum polling_answer what, enum swf_class class)
{
	switch (what) {
	case POLLING_TASK:
		return NUMBERS_POLL_TASK;
	case POLLING_EMPTY:
		return NUMBERS_POLL_EMPTY;
	case POLLING_LIMIT:
		return NUMBERS_POLL_LIMITED;
	case POLLING_REFUSED:
		return NUMBERS_POLL_REFUSED;
	case POLLING_FAILED:
		break;
	}
	return class == SWF_THROTTLED ? NUMBERS_POLL_THROTTLED
				      : NUMBERS_POLL_ERROR;
}

static void
on_answer(void *arg, const struct swf_answer *answer)
{
	struct poll *poll = arg;
	struct poller *poller = poll->poller;
	enum polling_answer what = answer_of(answer);
	struct swf_task task = { 0 };
	bool failed = what == POLLING_FAILED || what == POLLING_REFUSED;
	bool good;

	if (what == POLLING_TASK)
		what = read_task(poller, answer, &task);
	else if (what == POLLING_LIMIT)
		log_limit(poller);
	if (what == POLLING_TASK || what == POLLING_EMPTY)
		log_success(poller);
	numbers_poll(poller->setup.numbers, count_as(what, answer->class),
	    poll->started_at, loop_now(poller->setup.loop));
	LIST_REMOVE(poll, link);
	good = polling_ended(&poller->polling, what, poll->started_at,
	    answer->retry_after, loop_now(poller->setup.loop));
	free(poll);
	/* The end has one line, which is an error. */
	if (failed && good && !poller->refused)
		log_failure(poller, answer->code, answer->message);
	if (what == POLLING_TASK)
		poller->setup.task(poller->setup.arg, &task);
	/* Once: others that were outstanding hear the same. */
	if (!good && !poller->refused) {
		poller->refused = true;
		poller_stop(poller);
		say_refused(poller, answer);
	}
	poller_update(poller);
	poller->setup.ended(poller->setup.arg);
}

static struct swf_call *
send_poll(struct poll *poll, struct err *err)
{
	const struct poller_setup *setup = &poll->poller->setup;
	struct buf request = BUF_INIT(SWF_REQUEST_MAX);

	swf_request_poll_activity(&request, setup->domain, setup->task_list,
	    setup->identity);
	return swf_send(setup->client, SWF_POLL_ACTIVITY, &request,
	    SWF_POLL_TIMEOUT, on_answer, poll, err);
}

static void
start_poll(struct poller *poller)
{
	struct poll *poll = mem_new(1, sizeof(*poll));
	struct err err;

	poll->poller = poller;
	poll->started_at = loop_now(poller->setup.loop);
	if (poller->polling.failures > 0)
		numbers_retry(poller->setup.numbers, NUMBERS_POLL);
	polling_started(&poller->polling);
	poll->call = send_poll(poll, &err);
	if (poll->call != NULL) {
		LIST_INSERT_HEAD(&poller->polls, poll, link);
		return;
	}
	log_failure(poller, "", err.text);
	numbers_poll(poller->setup.numbers, NUMBERS_POLL_ERROR,
	    poll->started_at, poll->started_at);
	(void)polling_ended(&poller->polling, POLLING_FAILED, poll->started_at,
	    -1, poll->started_at);
	free(poll);
}

void
poller_update(struct poller *poller)
{
	struct loop *loop = poller->setup.loop;
	size_t free_slots = poller->setup.free_slots(poller->setup.arg);

	while (polling_wanted(&poller->polling, free_slots, loop_now(loop)) > 0)
		start_poll(poller);
	loop_timer_set(loop, &poller->timer,
	    polling_at(&poller->polling, loop_now(loop)));
}

static void
on_timer(void *arg)
{
	poller_update(arg);
}

/* ---- life ---- */

struct poller *
poller_new(const struct poller_setup *setup)
{
	struct poller *poller = mem_new(1, sizeof(*poller));

	poller->setup = *setup;
	polling_init(&poller->polling, setup->max_polls, setup->max_tasks,
	    (uint64_t)clock_wall() ^ ((uint64_t)getpid() << 32));
	poller->timer.call = on_timer;
	poller->timer.arg = poller;
	LIST_INIT(&poller->polls);
	return poller;
}

void
poller_free(struct poller *poller)
{
	struct poll *poll;

	if (poller == NULL)
		return;
	loop_timer_set(poller->setup.loop, &poller->timer, INSTANT_NEVER);
	while ((poll = LIST_FIRST(&poller->polls)) != NULL) {
		LIST_REMOVE(poll, link);
		swf_cancel(poll->call);
		free(poll);
	}
	free(poller);
}

/*
 * A poll that waits for credentials has not been sent: nothing would be lost
 * with it, and waiting for it could take long.
 */
static void
drop_unsent(struct poller *poller)
{
	struct poll *poll;
	struct poll *next;

	LIST_FOREACH_SAFE(poll, &poller->polls, link, next)
	{
		if (swf_is_sent(poll->call))
			continue;
		LIST_REMOVE(poll, link);
		swf_cancel(poll->call);
		polling_dropped(&poller->polling);
		free(poll);
	}
}

void
poller_stop(struct poller *poller)
{
	polling_stop(&poller->polling);
	drop_unsent(poller);
	loop_timer_set(poller->setup.loop, &poller->timer, INSTANT_NEVER);
}

size_t
poller_outstanding(const struct poller *poller)
{
	return poller->polling.outstanding;
}

bool
poller_is_unexecutable(const struct poller *poller)
{
	return polling_is_unexecutable(&poller->polling);
}

bool
poller_is_over(const struct poller *poller)
{
	return polling_is_over(&poller->polling);
}

void
poller_executed(struct poller *poller)
{
	polling_executed(&poller->polling);
}

void
poller_unexecuted(struct poller *poller, bool at_once)
{
	polling_unexecuted(&poller->polling, at_once,
	    loop_now(poller->setup.loop));
}
