/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "tend/drain.h"

#include <stddef.h>

#include "base/instant.h"
#include "base/log.h"
#include "tend/options.h"
#include "tend/output.h"
#include "tend/poller.h"
#include "tend/slots.h"
#include "text/signame.h"

enum {
	/* What a stop deadline keeps for the ladder and the reports, ms. */
	LADDER_LEAST = 3000,
	/* And for tend's own end after them. */
	ENDING = 500,
	LAST_WORDS = 400,
	/* After a third request, for what is being reported. */
	LEAVE_MOST = 1000,
	/* The signal that makes an exit status of 128+n. */
	SIGNALLED = 128
};

/* A reader that is slow has a moment; for what tend says itself even then. */
static int64_t
flush_deadline(const struct drain *drain)
{
	int64_t now = loop_now(drain->loop);

	if (drain->leaving)
		return now + LAST_WORDS;
	if (drain->signal == 0)
		return INSTANT_NEVER;
	/* What could not be reported ends at that instant, and is told. */
	return instant_max(now + LAST_WORDS,
	    instant_min(now + OUTPUT_UNDELIVERED_AFTER, drain->ends_at));
}

static void
end(struct drain *drain)
{
	size_t polls = poller_outstanding(drain->poller);

	if (drain->ended)
		return;
	drain->ended = true;
	if (polls > 0 && drain->status != TEND_EXIT_ERROR)
		log_warning("%zu poll%s not let return: a task that SWF has "
			    "given to one of them is lost until it times out",
		    polls, polls == 1 ? " was" : "s were");
	output_end(drain->output, flush_deadline(drain));
}

/* Whether nothing is left to wait for. */
void
drain_check(struct drain *drain)
{
	if (!drain->draining || drain->slots->used > 0)
		return;
	if (drain->leaving || poller_outstanding(drain->poller) == 0)
		end(drain);
}

/* No new polls from here on. */
void
drain_begin(struct drain *drain, const char *why)
{
	size_t tasks = drain->slots->used;
	size_t polls;

	if (drain->draining)
		return;
	drain->draining = true;
	poller_stop(drain->poller);
	polls = poller_outstanding(drain->poller);
	drain->begun(drain->arg);
	log_info("%s: draining: %zu task%s in hand, %zu poll%s to return", why,
	    tasks, tasks == 1 ? "" : "s", polls, polls == 1 ? "" : "s");
}

/* What still runs is stopped, and reported by the stop deadline. */
static void
stop_all(struct drain *drain)
{
	int64_t left = drain->ends_at - loop_now(drain->loop);

	drain->stopping = true;
	loop_timer_set(drain->loop, &drain->stop_timer, INSTANT_NEVER);
	slots_stop(drain->slots, drain->signal, left > 0 ? left : 1);
}

static void
on_stop_timer(void *arg)
{
	struct drain *drain = arg;
	size_t tasks = drain->slots->used;

	if (tasks > 0)
		log_info("the drain is over: %zu task%s stopped", tasks,
		    tasks == 1 ? " is" : "s are");
	stop_all(drain);
}

/* The stop deadline: whoever told tend to stop is about to kill it. */
static void
on_end_timer(void *arg)
{
	struct drain *drain = arg;

	drain->leaving = true;
	end(drain);
}

static void
first_request(struct drain *drain, int signal)
{
	const struct options *options = drain->options;
	int64_t now = loop_now(drain->loop);
	char name[SIGNAME_TEXT];

	drain->signal = signal;
	drain->ends_at = now + options->stop_deadline - ENDING;
	signame_format(signal, name);
	drain_begin(drain, name);
	loop_timer_set(drain->loop, &drain->stop_timer,
	    now + instant_min(options->drain_timeout,
		      options->stop_deadline - LADDER_LEAST));
	loop_timer_set(drain->loop, &drain->end_timer, drain->ends_at + ENDING);
	drain_check(drain);
}

/* SIGKILL, and out as soon as nobody is left. */
static void
third_request(struct drain *drain)
{
	drain->leaving = true;
	drain->status = SIGNALLED + drain->signal;
	drain->ends_at =
	    instant_min(drain->ends_at, loop_now(drain->loop) + LEAVE_MOST);
	stop_all(drain);
	stop_all(drain);
	drain_check(drain);
}

/* Only output is left, whose reader is slow. */
static void
hurry(struct drain *drain, int signal, int request)
{
	if (drain->signal == 0) {
		drain->signal = signal;
		drain->ends_at = INSTANT_NEVER;
	}
	drain->leaving = request > 1;
	output_end(drain->output, flush_deadline(drain));
}

/* From the first request on. */
void
drain_stop(struct drain *drain, int signal, int request)
{
	if (drain->ended)
		hurry(drain, signal, request);
	else if (request == 1)
		first_request(drain, signal);
	else if (request == 2)
		stop_all(drain);
	else if (request == 3)
		third_request(drain);
}

/* See the header. */
void
drain_give_up(struct drain *drain, const struct err *why)
{
	log_error("%s", why->text);
	drain->status = TEND_EXIT_ERROR;
	drain->leaving = true;
	drain->draining = true;
	drain_check(drain);
}

/* By the stop deadline, if there is one. */
int64_t
drain_report_until(const struct drain *drain)
{
	int64_t until =
	    instant_add(loop_now(drain->loop), drain->options->report_timeout);

	return drain->signal == 0 ? until : instant_min(until, drain->ends_at);
}

/* Nothing drains yet. */
void
drain_init(struct drain *drain)
{
	drain->stop_timer.call = on_stop_timer;
	drain->stop_timer.arg = drain;
	drain->end_timer.call = on_end_timer;
	drain->end_timer.arg = drain;
}

/* Before the loop goes. */
void
drain_close(struct drain *drain)
{
	if (drain->loop == NULL)
		return;
	loop_timer_set(drain->loop, &drain->stop_timer, INSTANT_NEVER);
	loop_timer_set(drain->loop, &drain->end_timer, INSTANT_NEVER);
}
