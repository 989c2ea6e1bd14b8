/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "tend/slots.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "activity/activity.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/instant.h"
#include "base/log.h"
#include "base/mem.h"
#include "tend/numbers.h"
#include "tend/options.h"
#include "tend/refusal.h"
#include "tend/timeouts.h"
#include "text/signame.h"

enum {
	/* ms: a task that was under way for so long is confirmed before its
	 * command is started; TIMEOUTS_MOMENT is as long. */
	LATE = 1000
};

struct slot {
	LIST_ENTRY(slot) link;
	TAILQ_ENTRY(slot) turn; /* while it is queued to be started */
	bool queued;
	struct slots *slots;
	struct swf_task task;
	int64_t given_at; /* instant: SWF gave the task away then, or later */
	char *name;       /* "step-7" */
	char *label;      /* "step-7: " */
	struct timeouts_lookup *lookup;
	struct loop_timer moment; /* for which the command waits */
	char *const *argv;
	/* None of both while it waits. */
	struct supervisor *supervisor;
	struct refusal *refusal;
};

/* ---- the end of one ---- */

/* Not to be started any more, or being started. */
static void
unqueue(struct slot *slot)
{
	if (slot->queued)
		TAILQ_REMOVE(&slot->slots->queue, slot, turn);
	slot->queued = false;
}

static void
free_slot(struct slot *slot)
{
	unqueue(slot);
	supervisor_free(slot->supervisor);
	refusal_free(slot->refusal);
	loop_timer_set(slot->slots->setup.loop, &slot->moment, INSTANT_NEVER);
	timeouts_drop(slot->lookup);
	swf_task_clear(&slot->task);
	free(slot->name);
	free(slot->label);
	free(slot);
}

/* What has ended may still be on the stack when it says so. */
static void
bury(void *arg)
{
	struct slots *slots = arg;
	struct slot *slot;

	while ((slot = LIST_FIRST(&slots->ended)) != NULL) {
		LIST_REMOVE(slot, link);
		free_slot(slot);
		slots->used--;
	}
	if (slots->used == 0)
		numbers_idle(slots->setup.numbers);
	slots->freed(slots->arg);
}

static void
end(struct slot *slot)
{
	struct slots *slots = slot->slots;

	timeouts_drop(slot->lookup);
	slot->lookup = NULL;
	LIST_REMOVE(slot, link);
	LIST_INSERT_HEAD(&slots->ended, slot, link);
	loop_timer_set(slots->setup.loop, &slots->burial,
	    loop_now(slots->setup.loop));
}

static void
on_done(void *arg)
{
	struct slot *slot = arg;
	const struct activity_outcome *outcome =
	    supervisor_outcome(slot->supervisor);

	numbers_outcome(slot->slots->setup.numbers, outcome);
	if (outcome->started)
		slot->slots->executed(slot->slots->arg, SLOTS_EXECUTED);
	else if (outcome->cause == ACTIVITY_CAUSE_EXEC_FAILED)
		slot->slots->executed(slot->slots->arg, SLOTS_UNEXECUTED);
	end(slot);
}

static void
on_refused(void *arg)
{
	end(arg);
}

/* No command of a worker has a terminal that could stop it. */
static void
on_suspended(void *arg)
{
	(void)arg;
}

/* ---- the beginning of one ---- */

/*
 * By its activity's id it is told from others, unless those of another
 * workflow have the same: then by both.
 */
static char *
name_of(const struct slots *slots, const struct swf_task *task)
{
	const struct slot *other;

	LIST_FOREACH (other, &slots->list, link)
		if (strcmp(other->task.activity_id, task->activity_id) == 0 &&
		    task->workflow_id != NULL)
			return mem_format("%s@%s", task->activity_id,
			    task->workflow_id);
	return mem_string(task->activity_id);
}

static struct slot *
take(struct slots *slots, struct swf_task *task)
{
	struct slot *slot = mem_new(1, sizeof(*slot));

	slot->slots = slots;
	slot->task = *task;
	slot->given_at = loop_now(slots->setup.loop) - task->age_most;
	*task = (struct swf_task){ 0 };
	if (slot->task.activity_id == NULL)
		slot->task.activity_id = mem_string("task");
	slot->name = name_of(slots, &slot->task);
	slot->label = mem_format("%s: ", slot->name);
	LIST_INSERT_HEAD(&slots->list, slot, link);
	slots->used++;
	return slot;
}

static void
refuse(struct slot *slot, const char *reason, int64_t until)
{
	const struct refusal_setup setup = {
		.loop = slot->slots->setup.loop,
		.client = slot->slots->setup.client,
		.token = slot->task.token,
		.label = slot->label,
		.reason = reason,
		.until = until,
		.numbers = slot->slots->setup.numbers,
		.done = on_refused,
		.arg = slot,
	};

	slot->refusal = refusal_new(&setup);
}

/* How long a task whose timeouts are not known has waited for them here. */
static int64_t
waited(const struct slot *slot)
{
	const struct timeouts_found *found =
	    slot->lookup == NULL ? NULL : timeouts_found(slot->lookup);

	if (slot->lookup == NULL || (found != NULL && !found->guessed))
		return 0;
	return loop_now(slot->slots->setup.loop) -
	       (slot->given_at + slot->task.age_most);
}

/*
 * A task that was long under way may have been given to somebody else since:
 * SWF is asked before its command is started.  Where the lease is known it
 * also says when that may be.
 */
static bool
is_late(const struct slot *slot)
{
	int64_t age = slot->task.age + waited(slot);

	if (age < LATE)
		return false;
	log_info("%sSWF gave the task away %.1f s ago or more: its command "
		 "waits for the first heartbeat",
	    slot->label, (double)age / 1000);
	return true;
}

static struct supervisor *
supervise(struct slot *slot, struct err *err)
{
	struct supervisor_setup setup = slot->slots->setup;

	setup.task = &slot->task;
	setup.argv = slot->argv;
	setup.name = slot->name;
	setup.label = slot->label;
	setup.fleet = true;
	setup.heartbeat_first = is_late(slot);
	setup.age = loop_now(setup.loop) - slot->given_at;
	setup.done = on_done;
	setup.suspended = on_suspended;
	setup.arg = slot;
	if (slot->lookup != NULL)
		setup.timeouts = timeouts_found(slot->lookup);
	return supervisor_new(&setup, err);
}

static void
start(struct slot *slot)
{
	struct slots *slots = slot->slots;
	int64_t now = loop_now(slots->setup.loop);
	struct err err, reason;

	slot->supervisor = supervise(slot, &err);
	if (slot->supervisor != NULL) {
		supervisor_begin(slot->supervisor);
		return;
	}
	(void)err_set(&reason, "tend cannot start a command: %s", err.text);
	slots->executed(slots->arg, SLOTS_UNPREPARED);
	refuse(slot, reason.text,
	    instant_add(now, slots->setup.options->report_timeout));
}

/* The first in the queue; the others have a turn of the loop each. */
static void
on_turn(void *arg)
{
	struct slots *slots = arg;
	struct slot *slot = TAILQ_FIRST(&slots->queue);

	if (slot == NULL)
		return;
	unqueue(slot);
	start(slot);
	if (!TAILQ_EMPTY(&slots->queue))
		loop_timer_set(slots->setup.loop, &slots->turn,
		    loop_now(slots->setup.loop));
}

static void
queue(struct slot *slot)
{
	struct slots *slots = slot->slots;

	loop_timer_set(slots->setup.loop, &slot->moment, INSTANT_NEVER);
	if (slot->queued)
		return;
	slot->queued = true;
	TAILQ_INSERT_TAIL(&slots->queue, slot, turn);
	loop_timer_set(slots->setup.loop, &slots->turn,
	    loop_now(slots->setup.loop));
}

/* Before the start, or after a moment in which nothing was found. */
static void
on_found(void *arg, const struct timeouts_found *found)
{
	struct slot *slot = arg;

	if (slot->supervisor != NULL)
		supervisor_timeouts(slot->supervisor, found);
	else if (slot->refusal == NULL)
		queue(slot);
}

static void
on_moment(void *arg)
{
	queue(arg);
}

void
slots_run(struct slots *slots, struct swf_task *task, char *const *argv)
{
	struct slot *slot = take(slots, task);
	int64_t now = loop_now(slots->setup.loop);

	slot->argv = argv;
	slot->moment.call = on_moment;
	slot->moment.arg = slot;
	if (slots->timeouts == NULL || !timeouts_can_look_up(&slot->task)) {
		queue(slot);
		return;
	}
	slot->lookup =
	    timeouts_look_up(slots->timeouts, &slot->task, now, on_found, slot);
	loop_timer_set(slots->setup.loop, &slot->moment, now + TIMEOUTS_MOMENT);
}

void
slots_fail(struct slots *slots, struct swf_task *task, const char *reason,
    int64_t until)
{
	refuse(take(slots, task), reason, until);
}

/* It has not been started, and will not be. */
static void
refuse_stopped(struct slot *slot, int signal, int64_t until)
{
	char name[SIGNAME_TEXT];
	struct err reason;

	loop_timer_set(slot->slots->setup.loop, &slot->moment, INSTANT_NEVER);
	unqueue(slot);
	signame_format(signal, name);
	(void)err_set(&reason, "stopped: tend received %s", name);
	refuse(slot, reason.text, until);
}

void
slots_fail_stopped(struct slots *slots, struct swf_task *task, int signal,
    int64_t until)
{
	refuse_stopped(take(slots, task), signal, until);
}

void
slots_init(struct slots *slots)
{
	LIST_INIT(&slots->list);
	LIST_INIT(&slots->ended);
	TAILQ_INIT(&slots->queue);
	budget_init(&slots->budget,
	    (uint64_t)clock_wall() ^ ((uint64_t)getpid() << 32),
	    loop_now(slots->setup.loop));
	slots->setup.budget = &slots->budget;
	slots->burial.call = bury;
	slots->burial.arg = slots;
	slots->turn.call = on_turn;
	slots->turn.arg = slots;
}

/* ---- all of them ---- */

/* One that is done takes itself out of the list. */
void
slots_stop(struct slots *slots, int signal, int64_t deadline)
{
	int64_t now = loop_now(slots->setup.loop);
	struct slot *slot;
	struct slot *next;

	LIST_FOREACH_SAFE(slot, &slots->list, link, next)
	{
		if (slot->refusal != NULL)
			refusal_bound(slot->refusal, now + deadline);
		else if (slot->supervisor == NULL)
			refuse_stopped(slot, signal, now + deadline);
		else
			supervisor_stop(slot->supervisor, signal, deadline);
	}
}

void
slots_forward(struct slots *slots, int signal)
{
	struct slot *slot;

	LIST_FOREACH (slot, &slots->list, link)
		if (slot->supervisor != NULL)
			supervisor_forward(slot->supervisor, signal);
}

void
slots_suspend(struct slots *slots)
{
	struct slot *slot;

	LIST_FOREACH (slot, &slots->list, link)
		if (slot->supervisor != NULL)
			supervisor_suspend(slot->supervisor);
}

void
slots_resume(struct slots *slots)
{
	struct slot *slot;
	struct slot *next;

	LIST_FOREACH_SAFE(slot, &slots->list, link, next)
	if (slot->supervisor != NULL)
		supervisor_resume(slot->supervisor);
}

void
slots_writable(struct slots *slots)
{
	struct slot *slot;

	LIST_FOREACH (slot, &slots->list, link)
		if (slot->supervisor != NULL)
			supervisor_writable(slot->supervisor);
}

static enum slots_state
state_of(const struct slot *slot)
{
	if (slot->refusal != NULL)
		return SLOTS_REPORTING;
	if (slot->supervisor == NULL)
		return SLOTS_STARTING;
	switch (activity_state(supervisor_activity(slot->supervisor))) {
	case ACTIVITY_PREPARING:
		return SLOTS_STARTING;
	case ACTIVITY_RUNNING:
		return SLOTS_RUNNING;
	case ACTIVITY_STOPPING:
	case ACTIVITY_DRAINING:
		return SLOTS_STOPPING;
	case ACTIVITY_REPORTING:
	case ACTIVITY_DONE:
		break;
	}
	return SLOTS_REPORTING;
}

void
slots_count(const struct slots *slots, struct slots_count *count)
{
	const struct slot *slot;

	*count = (struct slots_count){ .lease = INSTANT_NEVER };
	LIST_FOREACH (slot, &slots->list, link) {
		count->in[state_of(slot)]++;
		if (slot->supervisor != NULL)
			count->lease = instant_min(count->lease,
			    activity_lease(
				supervisor_activity(slot->supervisor)));
	}
}

static void
clear_list(struct slot_list *list)
{
	struct slot *slot;

	while ((slot = LIST_FIRST(list)) != NULL) {
		LIST_REMOVE(slot, link);
		free_slot(slot);
	}
}

void
slots_clear(struct slots *slots)
{
	if (slots->setup.loop == NULL)
		return;
	loop_timer_set(slots->setup.loop, &slots->burial, INSTANT_NEVER);
	loop_timer_set(slots->setup.loop, &slots->turn, INSTANT_NEVER);
	clear_list(&slots->list);
	clear_list(&slots->ended);
}
