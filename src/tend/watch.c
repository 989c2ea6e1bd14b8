/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "tend/watch.h"

#include <stdlib.h>
#include <string.h>

#include "aws/swf_answers.h"
#include "aws/swf_requests.h"
#include "aws/wire.h"
#include "base/instant.h"
#include "base/log.h"
#include "base/mem.h"
#include "tend/fault.h"

enum {
	/* Events: however long their texts are, an answer is under 1 MiB. */
	PAGE = 10,
	/* ms */
	CALL_TIMEOUT = 10 * 1000,
	FIRST_LOOK = 250,
	RAREST_LOOK = 10 * 1000,
	NO_WORKER_AFTER = 10 * 1000
};

struct watch {
	struct watch_setup setup;
	char *run_id;
	struct decider *decider;
	struct err problem;
	bool over;
	/* decisions */
	struct ask poll;
	struct ask respond;
	char *token;     /* of the decision task that is held, or NULL */
	int64_t task_at; /* its event: its history reaches up to here */
	/* history */
	struct ask history;
	struct swf_history *pages; /* the newest first */
	size_t page_count;
	struct loop_timer look_timer;
	int64_t pause; /* to the next look */
	bool look_again;
	/* a worker that does not come */
	struct loop_timer hint_timer;
	int waiting; /* the attempt that the timer is for; 0: none */
	bool hint_due;
};

static void poll_decision(struct watch *watch);
static void look(struct watch *watch);
static void decide(struct watch *watch);

static struct loop *
loop_of(const struct watch *watch)
{
	return watch->setup.asker->loop;
}

/* ---- the end ---- */

static void
stop_calls(struct watch *watch)
{
	ask_stop(&watch->poll);
	ask_stop(&watch->respond);
	ask_stop(&watch->history);
	loop_timer_set(loop_of(watch), &watch->look_timer, INSTANT_NEVER);
	loop_timer_set(loop_of(watch), &watch->hint_timer, INSTANT_NEVER);
}

static void
end(struct watch *watch)
{
	if (watch->over)
		return;
	watch->over = true;
	stop_calls(watch);
	watch->setup.done(watch->setup.arg);
}

/* A call was refused for good. */
static void
give_up(struct watch *watch, enum swf_operation operation,
    const struct swf_answer *answer)
{
	fault_text(operation, answer, &watch->problem);
	end(watch);
}

/* Something answered that is not what the operation answers. */
static void
distrust(struct watch *watch, enum swf_operation operation,
    const struct err *err)
{
	(void)err_set(&watch->problem, "%s: answered something strange: %s",
	    swf_operation_name(operation), err->text);
	end(watch);
}

/* ---- a worker that does not come ---- */

static void
on_hint_timer(void *arg)
{
	struct watch *watch = arg;

	/* What was read last may be some seconds old. */
	watch->hint_due = true;
	look(watch);
}

static void
say_hint(struct watch *watch)
{
	if (!watch->hint_due)
		return;
	watch->hint_due = false;
	if (decider_waiting(watch->decider) == watch->waiting &&
	    watch->waiting != 0)
		log_warning("no worker has taken it for 10s: is one polling "
			    "task list '%s' in domain '%s'?",
		    decider_task_list(watch->decider), watch->setup.domain);
}

static void
set_hint(struct watch *watch)
{
	int waiting = decider_waiting(watch->decider);

	if (waiting == watch->waiting)
		return;
	watch->waiting = waiting;
	loop_timer_set(loop_of(watch), &watch->hint_timer,
	    waiting == 0
		? INSTANT_NEVER
		: instant_add(loop_now(loop_of(watch)), NO_WORKER_AFTER));
}

/* ---- taking events ---- */

static void
log_line(enum log_level level, const char *line)
{
	switch (level) {
	case LOG_ERROR:
		log_error("%s", line);
		break;
	case LOG_WARNING:
		log_warning("%s", line);
		break;
	case LOG_INFO:
		log_info("%s", line);
		break;
	case LOG_DEBUG:
		log_debug("%s", line);
		break;
	}
}

/* Whether a page, the newest event first, leaves no gap. */
static bool
connects(const struct watch *watch, const struct swf_history *page)
{
	if (page->count == 0)
		return page->next_token == NULL;
	return page->events[page->count - 1].id <=
	       decider_last(watch->decider) + 1;
}

/*
 * Takes an event.  What the first one was asked for is compared at once:
 * later ones fill in what was left open.
 */
static int
take_event(struct watch *watch, const struct swf_event *event)
{
	bool first = decider_last(watch->decider) == 0;

	if (decider_take(watch->decider, event, &watch->problem) == -1)
		return -1;
	if (!first || watch->setup.order == NULL)
		return 0;
	if (!order_is_same(watch->setup.order, decider_order(watch->decider)))
		return err_set(&watch->problem,
		    "workflow %s is open already, and for something else",
		    watch->setup.workflow_id);
	watch->setup.same(watch->setup.arg);
	return 0;
}

/* Returns 0, or -1 when the execution turned out to be somebody else's. */
static int
take_page(struct watch *watch, const struct swf_history *page)
{
	enum log_level level;
	char *line;

	for (size_t i = page->count; i > 0; i--) {
		if (take_event(watch, &page->events[i - 1]) == -1)
			return -1;
		while ((line = decider_next_line(watch->decider, &level)) !=
		       NULL) {
			log_line(level, line);
			free(line);
		}
	}
	return 0;
}

/* Events were taken, or none were there.  Whether it goes on. */
static bool
taken(struct watch *watch, int64_t last_before)
{
	if (decider_last(watch->decider) > last_before)
		watch->pause = FIRST_LOOK;
	if (decider_end(watch->decider) != DECIDER_OPEN) {
		end(watch);
		return false;
	}
	set_hint(watch);
	say_hint(watch);
	return true;
}

/* ---- history ---- */

static void
drop_pages(struct watch *watch)
{
	for (size_t i = 0; i < watch->page_count; i++)
		swf_history_clear(&watch->pages[i]);
	free(watch->pages);
	watch->pages = NULL;
	watch->page_count = 0;
}

static void
look_later(struct watch *watch)
{
	loop_timer_set(loop_of(watch), &watch->look_timer,
	    instant_add(loop_now(loop_of(watch)), watch->pause));
	watch->pause = instant_min(watch->pause * 2, RAREST_LOOK);
}

/*
 * What is taken up is polled for once it is known to be open: of a closed
 * execution there are no decision tasks, but on its list there may be those
 * of a later run.
 */
static void
poll_if_idle(struct watch *watch)
{
	if (watch->token == NULL && !ask_is_pending(&watch->poll) &&
	    !ask_is_pending(&watch->respond))
		poll_decision(watch);
}

static void
take_pages(struct watch *watch)
{
	int64_t last_before = decider_last(watch->decider);
	int status = 0;

	for (size_t i = watch->page_count; i > 0 && status == 0; i--)
		status = take_page(watch, &watch->pages[i - 1]);
	drop_pages(watch);
	if (status == -1) {
		end(watch);
		return;
	}
	if (!taken(watch, last_before))
		return;
	poll_if_idle(watch);
	decide(watch);
	if (watch->look_again) {
		watch->look_again = false;
		look(watch);
	} else {
		look_later(watch);
	}
}

static void on_history(void *arg, const struct swf_answer *answer);

/* Asks for the newest page, or for the one before the last. */
static void
ask_page(struct watch *watch, const char *page_token)
{
	static const struct ask_kind kind = { SWF_GET_HISTORY, CALL_TIMEOUT,
		INSTANT_NEVER };
	struct buf request = BUF_INIT(SWF_REQUEST_MAX);

	swf_request_history(&request, watch->setup.domain,
	    watch->setup.workflow_id, watch->run_id, PAGE, true, page_token);
	ask_start(&watch->history, watch->setup.asker, &kind, &request,
	    on_history, watch);
}

static void
on_history(void *arg, const struct swf_answer *answer)
{
	struct watch *watch = arg;
	struct swf_history *page;
	struct err err;

	/* A page's token lives for a minute only: from the start again. */
	if (answer->class == SWF_INVALID && watch->page_count > 0) {
		drop_pages(watch);
		ask_page(watch, NULL);
		return;
	}
	/* The history of a new execution may not be there at once. */
	if (answer->class == SWF_GONE && watch->setup.fresh &&
	    decider_last(watch->decider) == 0) {
		look_later(watch);
		return;
	}
	if (answer->class != SWF_OK) {
		give_up(watch, SWF_GET_HISTORY, answer);
		return;
	}
	watch->pages = mem_resize(watch->pages, watch->page_count + 1,
	    sizeof(*watch->pages));
	page = &watch->pages[watch->page_count++];
	if (swf_history_parse(page, answer->body, answer->body_len, &err) == -1)
		distrust(watch, SWF_GET_HISTORY, &err);
	else if (!connects(watch, page) && page->next_token != NULL)
		ask_page(watch, page->next_token);
	else
		take_pages(watch);
}

static void
look(struct watch *watch)
{
	if (watch->run_id == NULL || watch->over)
		return;
	if (ask_is_pending(&watch->history)) {
		watch->look_again = true;
		return;
	}
	loop_timer_set(loop_of(watch), &watch->look_timer, INSTANT_NEVER);
	ask_page(watch, NULL);
}

static void
on_look_timer(void *arg)
{
	look(arg);
}

void
watch_look(struct watch *watch)
{
	watch->pause = FIRST_LOOK;
	look(watch);
}

/* ---- decisions ---- */

static void
on_respond(void *arg, const struct swf_answer *answer)
{
	struct watch *watch = arg;

	free(watch->token);
	watch->token = NULL;
	/* Gone: the answer before this one was lost on its way back, or the
	 * task has timed out and comes again. */
	if (answer->class != SWF_OK && answer->class != SWF_GONE) {
		give_up(watch, SWF_RESPOND_DECISION, answer);
		return;
	}
	poll_decision(watch);
	watch_look(watch);
}

/* Answers the decision task that is held, once its history is known. */
static void
decide(struct watch *watch)
{
	static const struct ask_kind kind = { SWF_RESPOND_DECISION,
		CALL_TIMEOUT, INSTANT_NEVER };
	struct buf request = BUF_INIT(SWF_REQUEST_MAX);
	struct swf_decision decision;
	bool any;

	if (watch->token == NULL || ask_is_pending(&watch->respond) ||
	    decider_last(watch->decider) < watch->task_at)
		return;
	any = decider_decide(watch->decider, &decision);
	swf_request_decide(&request, watch->token, &decision, any ? 1 : 0);
	ask_start(&watch->respond, watch->setup.asker, &kind, &request,
	    on_respond, watch);
}

/* A decision task with the newest page of its history. */
static void
take_task(struct watch *watch, const struct swf_decision_task *task)
{
	int64_t last_before = decider_last(watch->decider);

	if (watch->run_id == NULL)
		watch->run_id = mem_string(task->run_id);
	/* Ours has been closed, or this could not be.  It comes again, to
	 * whom it belongs. */
	if (strcmp(watch->run_id, task->run_id) != 0) {
		poll_decision(watch);
		watch_look(watch);
		return;
	}
	watch->token = mem_string(task->token);
	watch->task_at = task->started_event_id;
	if (!connects(watch, &task->history)) {
		look(watch);
		return;
	}
	if (take_page(watch, &task->history) == -1) {
		end(watch);
		return;
	}
	if (taken(watch, last_before))
		decide(watch);
}

static void
on_poll(void *arg, const struct swf_answer *answer)
{
	struct watch *watch = arg;
	struct swf_decision_task task;
	struct err err;

	if (answer->class != SWF_OK) {
		give_up(watch, SWF_POLL_DECISION, answer);
		return;
	}
	if (swf_decision_task_parse(&task, answer->body, answer->body_len,
		&err) == -1)
		distrust(watch, SWF_POLL_DECISION, &err);
	else if (task.token == NULL)
		poll_decision(watch);
	else
		take_task(watch, &task);
	swf_decision_task_clear(&task);
}

static void
poll_decision(struct watch *watch)
{
	static const struct ask_kind kind = { SWF_POLL_DECISION,
		SWF_POLL_TIMEOUT, INSTANT_NEVER };
	struct buf request = BUF_INIT(SWF_REQUEST_MAX);

	swf_request_poll_decision(&request, watch->setup.domain,
	    watch->setup.decision_list, watch->setup.identity, PAGE);
	ask_start(&watch->poll, watch->setup.asker, &kind, &request, on_poll,
	    watch);
}

/* ---- life ---- */

struct watch *
watch_new(const struct watch_setup *setup)
{
	struct watch *watch = mem_new(1, sizeof(*watch));

	watch->setup = *setup;
	watch->run_id =
	    setup->run_id == NULL ? NULL : mem_string(setup->run_id);
	watch->decider = decider_new();
	watch->look_timer.call = on_look_timer;
	watch->hint_timer.call = on_hint_timer;
	watch->look_timer.arg = watch->hint_timer.arg = watch;
	watch->pause = FIRST_LOOK;
	/* The first decision task brings its history along. */
	if (setup->run_id == NULL || (setup->fresh && setup->order == NULL)) {
		poll_decision(watch);
		look_later(watch);
	} else {
		look(watch);
	}
	return watch;
}

void
watch_free(struct watch *watch)
{
	if (watch == NULL)
		return;
	stop_calls(watch);
	drop_pages(watch);
	decider_free(watch->decider);
	free(watch->token);
	free(watch->run_id);
	free(watch);
}

const char *
watch_run_id(const struct watch *watch)
{
	return watch->run_id;
}

const struct decider *
watch_decider(const struct watch *watch)
{
	return watch->decider;
}

const char *
watch_problem(const struct watch *watch)
{
	return watch->problem.text;
}
