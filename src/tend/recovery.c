/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "tend/recovery.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/instant.h"
#include "base/log.h"
#include "base/mem.h"
#include "process/hunt.h"
#include "process/spool.h"
#include "process/survivors.h"
#include "tend/delivery.h"
#include "tend/loop.h"
#include "tend/spooling.h"

enum {
	/* What outlives SIGKILL for so long will not die, ms. */
	KILL_MOST = 30000,
	/* Neither that nor a disk that hangs holds up others for longer. */
	CLEAR_MOST = 10000,
	/* Usually nobody is left, and that is soon known, ms. */
	LOOK_FIRST = 2
};

/* One record. */
struct claim {
	TAILQ_ENTRY(claim) link;
	struct recovery *recovery;
	struct spool_found *found;
	char *label; /* "step-7: " */
	char mark[SPOOL_KEY_TEXT];
	struct delivery delivery;
};

TAILQ_HEAD(claim_list, claim);

struct recovery {
	struct recovery_setup setup;
	struct claim_list waiting;
	struct claim_list active;
	size_t active_count;
	size_t window; /* how many may be active */
	size_t left;
	bool more; /* another scan will find more */
	bool cleared;
	struct survivors_task *tasks; /* that may have survivors */
	size_t task_count;
	struct hunt hunt;
	bool announced; /* that somebody is killed */
	bool nobody;    /* was found by the step before */
	int64_t kill_since;
	struct loop_timer timer; /* of the next step of killing */
	struct loop_timer next;  /* something is to be begun */
	struct loop_timer late;  /* clearing takes too long */
};

static void scan(struct recovery *);

/* ---- one record ---- */

static void
free_claim(struct claim *claim)
{
	delivery_drop(&claim->delivery);
	free(claim->label);
	free(claim);
}

static const char *
kind_text(const struct texts_report *report)
{
	switch (report->kind) {
	case ACTIVITY_KIND_COMPLETED:
		return "completed";
	case ACTIVITY_KIND_CANCELED:
		return "canceled";
	case ACTIVITY_KIND_FAILED:
	case ACTIVITY_KIND_NONE:
		break;
	}
	return "failed: ";
}

static void
log_end(const struct claim *claim, enum delivery_end end)
{
	const struct texts_report *report = &claim->delivery.setup.report;
	const char *label = claim->label;
	const char *kind = kind_text(report);
	const char *reason = report->reason == NULL ? "" : report->reason;

	switch (end) {
	case DELIVERY_TAKEN:
		log_info("%sdelivered: %s%s", label, kind, reason);
		break;
	case DELIVERY_ASSUMED:
		log_info("%sassumed delivered: %s%s", label, kind, reason);
		break;
	case DELIVERY_GONE:
		log_info("%sgone: SWF has had it, or has closed the task: "
			 "dropped: %s%s",
		    label, kind, reason);
		break;
	case DELIVERY_INVALID:
		log_error("%sSWF cannot make sense of it: set aside: %s%s",
		    label, kind, reason);
		break;
	case DELIVERY_REFUSED:
		log_error("%sSWF refused it: left in the spool: %s%s", label,
		    kind, reason);
		break;
	case DELIVERY_LATE:
		log_error("%sSWF could not be told: left in the spool: %s%s",
		    label, kind, reason);
		break;
	}
}

static void
begin_next(struct recovery *recovery)
{
	loop_timer_set(recovery->setup.loop, &recovery->next,
	    loop_now(recovery->setup.loop));
}

static void
on_delivered(void *arg, enum delivery_end end)
{
	struct claim *claim = arg;
	struct recovery *recovery = claim->recovery;

	log_end(claim, end);
	if (end == DELIVERY_TAKEN && recovery->window < RECOVERY_WINDOW)
		recovery->window++;
	switch (end) {
	case DELIVERY_TAKEN:
	case DELIVERY_ASSUMED:
	case DELIVERY_GONE:
		spool_found_close(claim->found);
		break;
	case DELIVERY_INVALID:
		spool_found_set_aside(claim->found);
		break;
	case DELIVERY_REFUSED:
	case DELIVERY_LATE:
		spool_found_leave(claim->found);
		recovery->left++;
		break;
	}
	TAILQ_REMOVE(&recovery->active, claim, link);
	recovery->active_count--;
	free_claim(claim);
	begin_next(recovery);
}

static void
on_throttled(void *arg)
{
	struct claim *claim = arg;
	struct recovery *recovery = claim->recovery;

	recovery->window = recovery->window > 1 ? recovery->window / 2 : 1;
}

static struct texts_report
report_of(const struct spool_found *found)
{
	struct texts_report report = { .kind = ACTIVITY_KIND_FAILED };

	if (!found->decided) {
		report.reason = "tend died";
		return report;
	}
	switch (found->outcome.kind) {
	case SPOOL_COMPLETED:
		report.kind = ACTIVITY_KIND_COMPLETED;
		report.result = found->outcome.result;
		break;
	case SPOOL_CANCELED:
		report.kind = ACTIVITY_KIND_CANCELED;
		report.details = found->outcome.details;
		break;
	case SPOOL_FAILED:
		report.reason = found->outcome.reason;
		report.details = found->outcome.details;
		break;
	}
	return report;
}

static void
deliver(struct recovery *recovery, struct claim *claim)
{
	const struct delivery_setup setup = {
		.loop = recovery->setup.loop,
		.client = recovery->setup.client,
		.token = claim->found->start.token,
		.label = claim->label,
		.report = report_of(claim->found),
		.until = recovery->setup.until,
		.done = on_delivered,
		.throttled = on_throttled,
		.arg = claim,
	};

	TAILQ_REMOVE(&recovery->waiting, claim, link);
	TAILQ_INSERT_TAIL(&recovery->active, claim, link);
	recovery->active_count++;
	delivery_begin(&claim->delivery, &setup);
}

/* Nothing more is tried: it is left for later. */
static void
leave_waiting(struct recovery *recovery)
{
	struct claim *claim;

	while ((claim = TAILQ_FIRST(&recovery->waiting)) != NULL) {
		TAILQ_REMOVE(&recovery->waiting, claim, link);
		spool_found_leave(claim->found);
		free_claim(claim);
		recovery->left++;
	}
}

/* ---- all that are waiting ---- */

static void
on_released(void *arg, size_t failed)
{
	struct recovery *recovery = arg;

	recovery->setup.done(recovery->setup.arg,
	    recovery->left + recovery->more + failed);
}

/* The next scan finds others: no file is looked at twice. */
static void
end_scan(struct recovery *recovery)
{
	int64_t now = loop_now(recovery->setup.loop);

	if (recovery->more && now < recovery->setup.until)
		scan(recovery);
	else
		spool_release(recovery->setup.spooling->spool, on_released,
		    recovery);
}

static void
on_next(void *arg)
{
	struct recovery *recovery = arg;
	struct claim *claim;

	if (loop_now(recovery->setup.loop) >= recovery->setup.until &&
	    !TAILQ_EMPTY(&recovery->waiting)) {
		log_error("the time is over: what has not been tried is left "
			  "in the spool");
		leave_waiting(recovery);
	}
	while (recovery->active_count < recovery->window &&
	       (claim = TAILQ_FIRST(&recovery->waiting)) != NULL)
		deliver(recovery, claim);
	if (recovery->active_count == 0)
		end_scan(recovery);
}

/* ---- what still runs ---- */

static void
tell_cleared(struct recovery *recovery)
{
	if (recovery->cleared)
		return;
	recovery->cleared = true;
	loop_timer_set(recovery->setup.loop, &recovery->late, INSTANT_NEVER);
	if (recovery->setup.cleared != NULL)
		recovery->setup.cleared(recovery->setup.arg);
}

static void
on_late(void *arg)
{
	log_warning("it takes too long to take up what is left in the spool; "
		    "going on meanwhile");
	tell_cleared(arg);
}

static void
clear(struct recovery *recovery)
{
	free(recovery->tasks);
	recovery->tasks = NULL;
	begin_next(recovery);
	tell_cleared(recovery);
}

static void
look_in(struct recovery *recovery, int64_t delay)
{
	loop_timer_set(recovery->setup.loop, &recovery->timer,
	    loop_now(recovery->setup.loop) + delay);
}

static void
begin_step(struct recovery *recovery)
{
	int64_t since = loop_now(recovery->setup.loop) - recovery->kill_since;

	hunt_begin(&recovery->hunt, recovery->tasks, recovery->task_count,
	    since > SURVIVORS_PATIENCE);
	look_in(recovery, SURVIVORS_STEP);
}

static void
log_step(struct recovery *recovery, size_t left, bool late)
{
	if (left == SURVIVORS_UNKNOWN) {
		if (late)
			log_error("cannot find out what a tend which died has "
				  "left: there are too many open files");
		return;
	}
	if (left > 0 && !recovery->announced) {
		recovery->announced = true;
		log_warning("killing %zu process%s that a tend which died "
			    "has left",
		    left, left == 1 ? "" : "es");
	}
	if (left > 0 && late)
		log_error("%zu process%s cannot be killed", left,
		    left == 1 ? "" : "es");
}

/* A step has found that many alive, and killed them. */
static void
step_over(struct recovery *recovery, size_t left, bool late)
{
	bool again;

	log_step(recovery, left, late);
	/* Who is just being executed has no mark for a moment. */
	again = left > 0 || !recovery->nobody;
	recovery->nobody = left == 0;
	if (again && !late)
		begin_step(recovery);
	else
		clear(recovery);
}

static void
on_step(void *arg)
{
	struct recovery *recovery = arg;
	bool late =
	    loop_now(recovery->setup.loop) - recovery->kill_since > KILL_MOST;
	size_t left;

	switch (hunt_look(&recovery->hunt, &left)) {
	case HUNT_RUNS:
		if (!late) {
			look_in(recovery, SURVIVORS_STEP);
			break;
		}
		log_error("cannot find out what a tend which died has left: "
			  "other processes hang");
		hunt_end(&recovery->hunt);
		clear(recovery);
		break;
	case HUNT_STUCK:
		log_warning("process %d hangs and cannot be looked at: it is "
			    "taken for none that a tend has left",
		    (int)recovery->hunt.stuck);
		begin_step(recovery);
		break;
	case HUNT_OVER:
		step_over(recovery, left, late);
		break;
	}
}

/* An outcome is decided when nobody is left, or may be. */
static bool
may_survive(const struct spool_found *found)
{
	return !found->decided || found->outcome.alive;
}

static void
kill_survivors(struct recovery *recovery)
{
	struct claim *claim;

	recovery->task_count = 0;
	TAILQ_FOREACH (claim, &recovery->waiting, link) {
		const struct spool_start *start = &claim->found->start;

		if (!may_survive(claim->found))
			continue;
		recovery->tasks = mem_resize(recovery->tasks,
		    recovery->task_count + 1, sizeof(*recovery->tasks));
		recovery->tasks[recovery->task_count++] =
		    (struct survivors_task){
			    .mark = start->leaves ? NULL : claim->mark,
			    .world = start->world,
			    .guard = start->guard,
			    .guard_started = start->guard_started,
			    .session = start->session,
		    };
	}
	recovery->kill_since = loop_now(recovery->setup.loop);
	recovery->announced = recovery->nobody = false;
	if (recovery->task_count == 0) {
		clear(recovery);
		return;
	}
	begin_step(recovery);
	look_in(recovery, LOOK_FIRST);
}

/* ---- the scan ---- */

/* Whether the task is one of the service that tend talks to. */
static bool
is_of_service(const struct recovery *recovery, const struct spool_start *start)
{
	const struct endpoint *endpoint = recovery->setup.spooling->endpoint;

	return strcmp(start->endpoint, endpoint->url) == 0 &&
	       strcmp(start->region, endpoint->region) == 0;
}

static void
claim_found(struct recovery *recovery, struct spool_found *found)
{
	const struct spool_start *start = &found->start;
	const char *id =
	    start->activity_id == NULL ? "task" : start->activity_id;
	struct claim *claim;

	if (!is_of_service(recovery, start)) {
		if (!recovery->setup.again)
			log_warning("%s: it is of %s, region %s: left in the "
				    "spool; to deliver it, give that with "
				    "--endpoint-url and --region",
			    id, start->endpoint, start->region);
		spool_found_leave(found);
		recovery->left++;
		return;
	}
	claim = mem_new(1, sizeof(*claim));
	claim->recovery = recovery;
	claim->found = found;
	claim->label = mem_format("%s: ", id);
	spool_key_text(found->key, claim->mark);
	TAILQ_INSERT_TAIL(&recovery->waiting, claim, link);
}

static void
on_scanned(void *arg, const struct spool_scan_result *result)
{
	struct recovery *recovery = arg;

	recovery->more = result->more;
	recovery->left += result->kept;
	if (result->count > 0)
		log_info("%zu task%s of a tend that has ended in the spool %s",
		    result->count, result->count == 1 ? "" : "s",
		    spool_path(recovery->setup.spooling->spool));
	if (result->in_use > 0 && recovery->setup.tidy)
		log_info("%zu file%s of the spool in the hands of a tend that "
			 "lives",
		    result->in_use, result->in_use == 1 ? "" : "s");
	for (size_t i = 0; i < result->count; i++)
		claim_found(recovery, result->found[i]);
	kill_survivors(recovery);
}

static void
scan(struct recovery *recovery)
{
	recovery->more = false;
	spool_scan(recovery->setup.spooling->spool, recovery->setup.tidy,
	    on_scanned, recovery);
}

/* ---- life ---- */

struct recovery *
recovery_new(const struct recovery_setup *setup)
{
	struct recovery *recovery = mem_new(1, sizeof(*recovery));

	recovery->setup = *setup;
	recovery->hunt = HUNT_NONE;
	recovery->window = RECOVERY_WINDOW;
	TAILQ_INIT(&recovery->waiting);
	TAILQ_INIT(&recovery->active);
	recovery->timer.call = on_step;
	recovery->timer.arg = recovery;
	recovery->next.call = on_next;
	recovery->next.arg = recovery;
	recovery->late.call = on_late;
	recovery->late.arg = recovery;
	loop_timer_set(setup->loop, &recovery->late,
	    instant_add(loop_now(setup->loop), CLEAR_MOST));
	scan(recovery);
	return recovery;
}

void
recovery_free(struct recovery *recovery)
{
	struct claim *claim;

	if (recovery == NULL)
		return;
	leave_waiting(recovery);
	while ((claim = TAILQ_FIRST(&recovery->active)) != NULL) {
		TAILQ_REMOVE(&recovery->active, claim, link);
		spool_found_leave(claim->found);
		free_claim(claim);
	}
	loop_timer_set(recovery->setup.loop, &recovery->timer, INSTANT_NEVER);
	loop_timer_set(recovery->setup.loop, &recovery->next, INSTANT_NEVER);
	loop_timer_set(recovery->setup.loop, &recovery->late, INSTANT_NEVER);
	hunt_end(&recovery->hunt);
	free(recovery->tasks);
	free(recovery);
}
