/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "tend/spooling.h"

#include "base/clock.h"
#include "base/log.h"
#include "tend/loop.h"
#include "tend/texts.h"

/* ---- all tasks ---- */

static void
on_answers(void *arg)
{
	struct spooling *spooling = arg;

	spool_dispatch(spooling->spool);
}

int
spooling_open(struct spooling *spooling, struct loop *loop,
    const struct options *options, const struct endpoint *endpoint, bool make,
    struct err *err)
{
	struct err problem;

	if (options->spool == NULL)
		return 0;
	spooling->loop = loop;
	spooling->endpoint = endpoint;
	spooling->leaves = options->leave_leftovers;
	survivors_world(spooling->world);
	spooling->spool = spool_new(options->spool, make, &problem);
	if (spooling->spool == NULL)
		return err_set(err, "--spool: %s", problem.text);
	spooling->watch = loop_watch(loop, spool_descriptor(spooling->spool),
	    on_answers, spooling, err);
	return spooling->watch == NULL ? -1 : 0;
}

void
spooling_close(struct spooling *spooling)
{
	loop_unwatch(spooling->watch);
	spool_free(spooling->spool);
	*spooling = (struct spooling){ 0 };
}

/* ---- one task ---- */

void
kept_init(struct kept *kept, struct spooling *spooling, kept_event *event,
    void *arg)
{
	*kept = (struct kept){ .event = event, .arg = arg };
	if (spooling == NULL || spooling->spool == NULL)
		return;
	kept->spooling = spooling;
	spool_make_key(kept->key);
	spool_key_text(kept->key, kept->mark);
}

static void
tell(struct kept *kept, enum activity_event_type type)
{
	const struct activity_event event = { .type = type };

	kept->event(kept->arg, &event);
}

/* What could not be kept is in the log, and stops nothing. */
static void
on_start(void *arg, bool is_kept)
{
	(void)is_kept;
	tell(arg, ACTIVITY_START_RECORDED);
}

static void
on_outcome(void *arg, bool is_kept)
{
	struct kept *kept = arg;

	kept->failed = !is_kept;
	tell(kept, ACTIVITY_OUTCOME_RECORDED);
}

void
kept_start(struct kept *kept, const struct swf_task *task,
    const struct guard *guard)
{
	const struct spooling *spooling = kept->spooling;
	struct buf record = BUF_INIT(SPOOL_START_MAX);
	struct spool_start start = {
		.token = task->token,
		.endpoint = spooling->endpoint->url,
		.region = spooling->endpoint->region,
		.activity_id = task->activity_id,
		.workflow_id = task->workflow_id,
		.run_id = task->run_id,
		.started = clock_wall(),
		.leaves = spooling->leaves,
	};

	if (survivors_identify(guard_pid(guard), &start.guard_started,
		&start.session) == 0) {
		start.world = spooling->world;
		start.guard = guard_pid(guard);
	}
	/* What is longer than SWF could have said it is not kept. */
	if (spool_put_start(&record, kept->key, &start) == 0)
		kept->entry =
		    spool_enter(spooling->spool, &record, on_start, kept);
	else
		tell(kept, ACTIVITY_START_RECORDED);
	buf_clear(&record);
}

static enum spool_kind
kind_of(enum activity_kind kind)
{
	switch (kind) {
	case ACTIVITY_KIND_COMPLETED:
		return SPOOL_COMPLETED;
	case ACTIVITY_KIND_CANCELED:
		return SPOOL_CANCELED;
	case ACTIVITY_KIND_FAILED:
	case ACTIVITY_KIND_NONE:
		break;
	}
	return SPOOL_FAILED;
}

void
kept_outcome(struct kept *kept, const struct texts_report *report, bool alive)
{
	struct buf record = BUF_INIT(SPOOL_OUTCOME_MAX);
	struct spool_outcome outcome = {
		.kind = kind_of(report->kind),
		.result = report->result,
		.reason = report->reason,
		.details = report->details,
		.alive = alive,
	};

	if (kept->entry != NULL &&
	    spool_put_outcome(&record, kept->key, &outcome) == 0)
		spool_decide(kept->entry, &record, on_outcome, kept);
	else
		tell(kept, ACTIVITY_OUTCOME_RECORDED);
	buf_clear(&record);
}

/* Whether there is something that SWF should still be told. */
static bool
is_open(const struct activity_outcome *outcome)
{
	if (outcome->kind == ACTIVITY_KIND_NONE)
		return false;
	switch (outcome->delivery) {
	case ACTIVITY_DELIVERY_NONE:
	case ACTIVITY_DELIVERY_UNKNOWN:
	case ACTIVITY_DELIVERY_REFUSED:
		return true;
	case ACTIVITY_DELIVERY_TAKEN:
	case ACTIVITY_DELIVERY_ASSUMED:
	case ACTIVITY_DELIVERY_GONE:
		break;
	}
	return false;
}

void
kept_end(struct kept *kept, const struct activity_outcome *outcome,
    const char *label)
{
	if (kept->entry == NULL)
		return;
	if (!is_open(outcome)) {
		spool_close(kept->entry);
		kept->entry = NULL;
		return;
	}
	if (!kept->failed)
		log_info("%sthe outcome is kept in %s; %s", label,
		    spool_path(kept->spooling->spool),
		    kept->spooling->tries_again ? "it is tried again"
						: "'tend flush' delivers it");
	/* Without its outcome a record would say that tend died. */
	if (kept->spooling->tries_again && !kept->failed)
		spool_hand_on(kept->entry);
	else
		spool_leave(kept->entry);
	kept->entry = NULL;
}

void
kept_leave(struct kept *kept)
{
	spool_leave(kept->entry);
	kept->entry = NULL;
}
