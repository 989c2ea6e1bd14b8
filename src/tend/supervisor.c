/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "tend/supervisor.h"

#include <assert.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "activity/lease.h"
#include "base/clock.h"
#include "base/instant.h"
#include "base/log.h"
#include "base/mem.h"
#include "process/guard.h"
#include "process/terminal.h"
#include "tend/calls.h"
#include "tend/hearing.h"
#include "tend/launch.h"
#include "tend/loop.h"
#include "tend/numbers.h"
#include "tend/onlooker.h"
#include "tend/record.h"
#include "tend/share.h"
#include "tend/spooling.h"
#include "tend/streams.h"
#include "tend/sweep.h"
#include "tend/texts.h"
#include "tend/timeouts.h"
#include "text/duration.h"
#include "text/signame.h"

enum {
	/* One step's actions cause at most one event each. */
	QUEUE = 2 * ACTIVITY_ACTIONS_MAX
};

struct supervisor {
	struct supervisor_setup setup;
	struct activity activity;
	struct launch launch;
	struct streams *streams;
	struct texts texts;
	struct calls calls;
	struct share share;
	struct kept kept;
	struct record record;
	struct hearing hearing;
	struct loop_timer timer;
	bool asked; /* the guard was told to start the command */
	bool finished;
	int64_t drained_at;
	/* Events wait here while a step is being performed. */
	bool stepping;
	struct activity_event queue[QUEUE];
	size_t queued;
};

static void perform(struct supervisor *, const struct activity_action *);

/* ---- events in ---- */

static void
log_transition(const struct supervisor *supervisor, enum activity_state before,
    enum activity_event_type event)
{
	enum activity_state after = activity_state(&supervisor->activity);

	if (before != after)
		log_debug("%s%s: %s -> %s", supervisor->setup.label,
		    activity_event_name(event), activity_state_name(before),
		    activity_state_name(after));
}

static void
show_beat(const struct supervisor *supervisor,
    const struct activity_event *event)
{
	const struct onlooker *onlooker = supervisor->setup.onlooker;

	if (onlooker != NULL && (event->type == ACTIVITY_HEARTBEAT_OK ||
				    event->type == ACTIVITY_HEARTBEAT_FAILED))
		onlooker->beat_answered(onlooker->arg, event,
		    activity_lease(&supervisor->activity));
}

static void
step(struct supervisor *supervisor, const struct activity_event *event)
{
	enum activity_state before = activity_state(&supervisor->activity);
	struct activity_actions actions;

	activity_step(&supervisor->activity, event,
	    loop_now(supervisor->setup.loop), &actions);
	log_transition(supervisor, before, event->type);
	show_beat(supervisor, event);
	for (size_t i = 0; i < actions.count; i++)
		perform(supervisor, &actions.list[i]);
}

/*
 * Hands an event to the core.  An action may cause an event at once; that
 * one waits until the actions of this step have all been performed.
 */
static void
post(struct supervisor *supervisor, const struct activity_event *event)
{
	/* What was not waited for may go on to say something. */
	if (supervisor->finished)
		return;
	assert(supervisor->queued < QUEUE);
	supervisor->queue[supervisor->queued++] = *event;
	if (supervisor->stepping)
		return;
	supervisor->stepping = true;
	while (supervisor->queued > 0) {
		struct activity_event first = supervisor->queue[0];

		supervisor->queued--;
		memmove(supervisor->queue, supervisor->queue + 1,
		    supervisor->queued * sizeof(supervisor->queue[0]));
		first.report_unsent = calls_report_unsent(&supervisor->calls);
		step(supervisor, &first);
	}
	supervisor->stepping = false;
	if (supervisor->finished) {
		loop_timer_set(supervisor->setup.loop, &supervisor->timer,
		    INSTANT_NEVER);
		supervisor->setup.done(supervisor->setup.arg);
		return;
	}
	loop_timer_set(supervisor->setup.loop, &supervisor->timer,
	    activity_deadline(&supervisor->activity));
}

static void
post_type(struct supervisor *supervisor, enum activity_event_type type)
{
	struct activity_event event = { .type = type };

	post(supervisor, &event);
}

static void
on_call(void *arg, const struct activity_event *event)
{
	struct supervisor *supervisor = arg;

	share_answered(&supervisor->share, event,
	    loop_now(supervisor->setup.loop));
	post(supervisor, event);
}

static void
on_heard(void *arg, const struct activity_event *event)
{
	post(arg, event);
}

static void
on_kept(void *arg, const struct activity_event *event)
{
	post(arg, event);
}

static void
on_timer(void *arg)
{
	post_type(arg, ACTIVITY_TICK);
}

static void
on_progress(void *arg)
{
	post_type(arg, ACTIVITY_PROGRESS);
}

/* ---- actions out ---- */

/* Before it is told to start, a guard takes nothing else. */
static bool
guard_listens(const struct supervisor *supervisor)
{
	return supervisor->asked && !supervisor->hearing.gone;
}

static void
start_command(struct supervisor *supervisor)
{
	const struct options *options = supervisor->setup.options;
	struct guard_start start = {
		.stop_signal = options->stop_signal,
		.scope_leader = options->scope_leader,
		.terminal = supervisor->setup.terminal->shared,
		.foreground = supervisor->setup.terminal->usable,
		.session = options->pty,
		.no_new_privs = options->no_new_privs,
		.stop_at = supervisor->activity.guard_stop_at,
		.kill_at = supervisor->activity.guard_kill_at,
	};

	supervisor->asked = true;
	if (guard_start(supervisor->launch.guard, &start) == -1)
		hearing_lost(&supervisor->hearing);
}

static void
stop_tree(struct supervisor *supervisor, int64_t kill_at)
{
	char name[SIGNAME_TEXT];
	int64_t now = loop_now(supervisor->setup.loop);

	if (supervisor->hearing.gone)
		return;
	if (activity_state(&supervisor->activity) == ACTIVITY_STOPPING) {
		supervisor->hearing.stopped = true;
		signame_format(supervisor->setup.options->stop_signal, name);
		log_info("%s%s: the command gets %s, SIGKILL in %.1f s",
		    supervisor->setup.label,
		    texts_cause(&supervisor->texts,
			activity_outcome(&supervisor->activity)),
		    name, (double)instant_left(kill_at, now) / 1000);
	}
	(void)guard_stop(supervisor->launch.guard, kill_at);
}

/*
 * At the end a heartbeat that is still in flight has no meaning any more;
 * before that, one that is aborted has had no answer in time.
 */
static void
abort_heartbeat(struct supervisor *supervisor)
{
	share_given_up(&supervisor->share, loop_now(supervisor->setup.loop));
	if (activity_state(&supervisor->activity) != ACTIVITY_DONE)
		calls_give_up_heartbeat(&supervisor->calls);
}

static void
send_heartbeat(struct supervisor *supervisor,
    const struct activity_action *action)
{
	const struct onlooker *onlooker = supervisor->setup.onlooker;
	int64_t now = loop_now(supervisor->setup.loop);
	const char *details =
	    texts_details(&supervisor->texts, supervisor->streams, now);

	if (onlooker != NULL)
		onlooker->beat_sent(onlooker->arg, details);
	numbers_beat_sent(supervisor->setup.numbers, action->at, clock_boot());
	calls_send_heartbeat(&supervisor->calls, action->attempt, details,
	    action->deadline - now);
}

/* Now, or, if others have to go first, later. */
static void
beat(struct supervisor *supervisor, const struct activity_action *action)
{
	int64_t now = loop_now(supervisor->setup.loop);
	struct activity_event deferred = {
		.type = ACTIVITY_HEARTBEAT_DEFERRED,
		.attempt = action->attempt,
		.at = share_ask(&supervisor->share, &supervisor->activity, now),
	};

	if (deferred.at > now)
		post(supervisor, &deferred);
	else
		send_heartbeat(supervisor, action);
}

/* If the task has been lost since, there is nothing to be kept. */
static void
record_outcome(struct supervisor *supervisor)
{
	const struct activity_outcome *outcome =
	    activity_outcome(&supervisor->activity);

	if (outcome->kind != ACTIVITY_KIND_NONE)
		kept_outcome(&supervisor->kept,
		    texts_report(&supervisor->texts, supervisor->streams,
			outcome, false, loop_now(supervisor->setup.loop)),
		    guard_listens(supervisor));
}

static void
send_report(struct supervisor *supervisor, const struct activity_action *action)
{
	int64_t now = loop_now(supervisor->setup.loop);

	calls_send_report(&supervisor->calls, action->attempt,
	    texts_report(&supervisor->texts, supervisor->streams,
		activity_outcome(&supervisor->activity), action->minimal, now),
	    action->deadline - now);
}

static void
finish(struct supervisor *supervisor)
{
	const struct activity_outcome *outcome =
	    activity_outcome(&supervisor->activity);

	calls_drop(&supervisor->calls);
	share_leave(&supervisor->share);
	supervisor->finished = true;
	texts_log_outcome(&supervisor->texts, outcome);
	kept_end(&supervisor->kept, outcome, supervisor->setup.label);
	record_write(&supervisor->record, outcome,
	    texts_kind(&supervisor->texts, outcome),
	    texts_cause(&supervisor->texts, outcome),
	    activity_exit_status(&supervisor->activity));
}

static void
perform(struct supervisor *supervisor, const struct activity_action *action)
{
	struct guard *guard = supervisor->launch.guard;

	switch (action->type) {
	case ACTIVITY_ACT_HEARTBEAT:
		beat(supervisor, action);
		break;
	case ACTIVITY_ACT_ABORT_HEARTBEAT:
		abort_heartbeat(supervisor);
		break;
	case ACTIVITY_ACT_RECORD_START:
		kept_start(&supervisor->kept, supervisor->setup.task, guard);
		break;
	case ACTIVITY_ACT_RECORD_OUTCOME:
		record_outcome(supervisor);
		break;
	case ACTIVITY_ACT_START:
		start_command(supervisor);
		break;
	case ACTIVITY_ACT_STOP:
		stop_tree(supervisor, action->at);
		break;
	case ACTIVITY_ACT_KILL:
		supervisor->hearing.stopped = true;
		(void)guard_kill(guard);
		break;
	case ACTIVITY_ACT_KILL_GUARD:
		hearing_hung(&supervisor->hearing);
		break;
	case ACTIVITY_ACT_LEASE:
		if (guard_listens(supervisor))
			(void)guard_lease(guard, action->stop_at, action->at);
		break;
	case ACTIVITY_ACT_RELEASE:
		supervisor->hearing.gone = true;
		orphans_leave(&supervisor->setup.sweep->orphans, guard);
		(void)guard_release(guard);
		break;
	case ACTIVITY_ACT_READ_OUTPUT:
		streams_drain(supervisor->streams);
		supervisor->drained_at = loop_now(supervisor->setup.loop);
		post_type(supervisor, ACTIVITY_OUTPUT_READ);
		break;
	case ACTIVITY_ACT_REPORT:
		send_report(supervisor, action);
		break;
	case ACTIVITY_ACT_ABORT_REPORT:
		calls_give_up_report(&supervisor->calls);
		break;
	case ACTIVITY_ACT_FINISH:
		finish(supervisor);
		break;
	}
}

/* ---- life ---- */

/* The core shortens an interval that a single failure could turn fatal. */
static void
warn_of_interval(const struct options *options, int64_t timeout)
{
	int64_t most;
	char asked[DURATION_TEXT], used[DURATION_TEXT];

	if (timeout == INSTANT_NEVER || timeout < LEASE_SHORTEST)
		return;
	most = lease_interval_most(timeout, options->kill_after);
	if (options->heartbeat_interval <= most)
		return;
	duration_format(options->heartbeat_interval, asked);
	duration_format(most, used);
	log_warning("a heartbeat interval of %s leaves no time for a second "
		    "try before the timeout: %s is used",
	    asked, used);
}

/* Of each activity another one: thousands are begun in one millisecond. */
static uint64_t
new_seed(void)
{
	return (uint64_t)arc4random() << 32 | arc4random();
}

static void
configure(struct supervisor *supervisor)
{
	const struct options *options = supervisor->setup.options;
	struct activity_config config = {
		.heartbeat_timeout = options->heartbeat_auto
					 ? TIMEOUTS_UNKNOWN
					 : options->heartbeat_timeout,
		.lease = options->heartbeat_timeout != INSTANT_NEVER,
		.heartbeat_interval = options->heartbeat_interval == 0
					  ? INSTANT_NEVER
					  : options->heartbeat_interval,
		.heartbeat_first = supervisor->setup.heartbeat_first,
		.age = supervisor->setup.age,
		.kill_after = options->kill_after,
		.stop_deadline = options->stop_deadline,
		.stall_timeout = options->stall_timeout,
		.time_limit = options->time_limit,
		.report_timeout = options->report_timeout,
		.leave_leftovers = options->leave_leftovers,
		.records = supervisor->kept.spooling != NULL,
		.seed = new_seed(),
	};

	warn_of_interval(options, options->heartbeat_timeout);
	memcpy(config.ok_exit, options->ok_exit, sizeof(config.ok_exit));
	activity_init(&supervisor->activity, &config);
}

struct supervisor *
supervisor_new(const struct supervisor_setup *setup, struct err *err)
{
	struct supervisor *supervisor = mem_new(1, sizeof(*supervisor));
	struct streams_setup streams = {
		.loop = setup->loop,
		.writer = setup->writer,
		.options = setup->options,
		.task = setup->task,
		.name = setup->name,
		.onlooker = setup->onlooker,
		.numbers = setup->numbers,
		.pipes = supervisor->launch.pipes,
		.on_progress = on_progress,
		.arg = supervisor,
	};

	supervisor->setup = *setup;
	supervisor->launch = LAUNCH_NONE;
	supervisor->drained_at = INSTANT_NEVER;
	supervisor->timer.call = on_timer;
	supervisor->timer.arg = supervisor;
	supervisor->hearing = (struct hearing){
		.setup = &supervisor->setup,
		.texts = &supervisor->texts,
		.record = &supervisor->record,
		.event = on_heard,
		.arg = supervisor,
	};
	kept_init(&supervisor->kept, setup->spooling, on_kept, supervisor);
	supervisor->setup.mark = supervisor->kept.mark;
	configure(supervisor);
	calls_init(&supervisor->calls, setup->client, setup->task->token,
	    setup->label, on_call, supervisor);
	supervisor->calls.numbers = setup->numbers;
	share_init(&supervisor->share, setup->budget);
	texts_init(&supervisor->texts, setup->options, setup->argv,
	    setup->label);
	record_init(&supervisor->record, setup->record_file, setup->task);
	if (launch_open(&supervisor->launch, &supervisor->setup, err) == -1)
		goto fail;
	supervisor->texts.result_file = supervisor->launch.result_file;
	supervisor->streams = streams_new(&streams, err);
	if (supervisor->streams == NULL)
		goto fail;
	if (hearing_open(&supervisor->hearing, supervisor->launch.guard, err) ==
	    -1)
		goto fail;
	return supervisor;
fail:
	supervisor_free(supervisor);
	return NULL;
}

void
supervisor_begin(struct supervisor *supervisor)
{
	if (supervisor->setup.timeouts != NULL)
		supervisor_timeouts(supervisor, supervisor->setup.timeouts);
	post_type(supervisor, ACTIVITY_BEGIN);
}

void
supervisor_timeouts(struct supervisor *supervisor,
    const struct timeouts_found *found)
{
	struct activity_event event = {
		.type = ACTIVITY_TIMEOUTS_FOUND,
		.heartbeat_timeout = found->heartbeat,
		.lease = !found->guessed,
		.closes_at = found->closes_at,
		.start_to_close = found->start_to_close,
	};

	supervisor->texts.heartbeat_timeout = found->heartbeat;
	supervisor->texts.start_to_close = found->start_to_close;
	if (!found->guessed)
		warn_of_interval(supervisor->setup.options, found->heartbeat);
	post(supervisor, &event);
}

void
supervisor_stop(struct supervisor *supervisor, int signal, int64_t deadline)
{
	struct activity_event event = {
		.type = ACTIVITY_STOP_REQUESTED,
		.signal = signal,
		.deadline = deadline,
	};

	texts_stop_signal(&supervisor->texts, signal);
	post(supervisor, &event);
}

void
supervisor_forward(struct supervisor *supervisor, int signal)
{
	/* With a terminal of its own, the command is told by that. */
	if (signal == SIGWINCH && streams_resize(supervisor->streams))
		return;
	if (guard_listens(supervisor))
		(void)guard_forward(supervisor->launch.guard, signal);
}

void
supervisor_suspend(struct supervisor *supervisor)
{
	if (guard_listens(supervisor))
		(void)guard_suspend(supervisor->launch.guard);
}

void
supervisor_resume(struct supervisor *supervisor)
{
	if (!guard_listens(supervisor))
		return;
	(void)guard_resume(supervisor->launch.guard);
	/* It could not make any progress while it was stopped. */
	post_type(supervisor, ACTIVITY_PROGRESS);
}

void
supervisor_writable(struct supervisor *supervisor)
{
	streams_resume(supervisor->streams);
}

const struct activity *
supervisor_activity(const struct supervisor *supervisor)
{
	return &supervisor->activity;
}

const struct activity_outcome *
supervisor_outcome(const struct supervisor *supervisor)
{
	return activity_outcome(&supervisor->activity);
}

int
supervisor_exit_status(const struct supervisor *supervisor)
{
	return activity_exit_status(&supervisor->activity);
}

bool
supervisor_was_stopped(const struct supervisor *supervisor)
{
	return supervisor->hearing.stopped;
}

int64_t
supervisor_drained_at(const struct supervisor *supervisor)
{
	return supervisor->drained_at;
}

void
supervisor_free(struct supervisor *supervisor)
{
	if (supervisor == NULL)
		return;
	calls_drop(&supervisor->calls);
	kept_leave(&supervisor->kept);
	share_leave(&supervisor->share);
	loop_timer_set(supervisor->setup.loop, &supervisor->timer,
	    INSTANT_NEVER);
	hearing_close(&supervisor->hearing);
	streams_free(supervisor->streams);
	launch_close(&supervisor->launch);
	texts_clear(&supervisor->texts);
	free(supervisor);
}
