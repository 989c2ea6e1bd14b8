/* SPDX-License-Identifier: MIT */
/*
 * One step of an activity, for the files of this folder only.
 *
 * activity.c takes the event apart and is the only place that changes the
 * state; timers.c has what happens because time has passed, heartbeat.c the
 * heartbeats and the lease, stop.c the ladder, record.c what is put down,
 * report.c the telling, outcome.c the verdict, call.c what heartbeats and
 * reports have in common.  All of them get a struct step: the activity, the
 * instant, and the list that actions are added to.
 */
#ifndef ACTIVITY_STEP_H
#define ACTIVITY_STEP_H

#include <stdbool.h>
#include <stdint.h>

#include "activity/activity.h"

struct step {
	struct activity *activity;
	int64_t now;
	struct activity_actions *actions;
	bool report_unsent; /* if one is in flight */
};

/* ---- activity.c ---- */

/* Adds an action; the caller fills in what the type needs. */
struct activity_action *step_emit(struct step *,
    enum activity_action_type type);

/* The one place that changes the state; it only ever goes on. */
void step_enter(struct step *, enum activity_state next);

/* Starts the command, if nothing is to be waited for any more. */
void step_start_if_ready(struct step *);

/* How long the first heartbeat is tried, from "from" on. */
void step_bound_prepare(struct activity *, int64_t from);

/* Reports the outcome that was decided, or ends if there is none to tell. */
void step_conclude(struct step *);

/* The end: drops what is in flight. */
void step_finish(struct step *);

/* Has the command started; the activity is RUNNING from here. */
void step_start_command(struct step *);

/* Is there a guard that can still be told something? */
bool step_guard_listens(const struct step *);

/* ---- timers.c ---- */

/* Does all that is due. */
void timers_run(struct step *);

/* ---- heartbeat.c ---- */

/* Is T enforced, not only a schedule? */
bool lease_enforced(const struct activity_config *);

/* The lease runs from "accepted_at"; false if it is over already. */
bool lease_renew(struct step *, int64_t accepted_at);

/*
 * Whether at the beginning so much of the lease may be over that there is no
 * time for a heartbeat before the command would be stopped.
 */
bool lease_is_short(const struct activity_config *config);

/*
 * Tells the guard when to stop and to kill by itself, if that has changed:
 * for the lease or for start-to-close, whichever is over first.
 */
void lease_tell(struct step *);

/* When the lease makes a difference in this state, and what it makes. */
int64_t lease_due(const struct activity *);
void lease_run_out(struct step *);

void heartbeat_send(struct step *);
void heartbeat_answered(struct step *, const struct activity_event *event);
void heartbeat_give_up(struct step *);

/* Nothing is started before another one was accepted. */
void heartbeat_ask_again(struct step *);

/* It was not sent; again at another time. */
void heartbeat_deferred(struct step *, const struct activity_event *event);

/* T and the interval are others now: the lease and the schedule follow. */
void heartbeat_rescheduled(struct step *);

/* No more heartbeats. */
void heartbeat_end(struct step *);

/* ---- stop.c ---- */

/* Begins to climb the ladder, because of "cause"; SIGKILL at "kill_at". */
void stop_begin(struct step *, enum activity_cause cause, int64_t kill_at);

/* Has SIGKILL sent at "kill_at"; an earlier instant in force stays. */
void stop_climb(struct step *, int64_t kill_at);

/* The task is no longer ours: nothing is told, the tree is stopped. */
void stop_lost(struct step *, enum activity_cause cause);

/* tend itself is told to stop, for the first, second, third time. */
void stop_requested(struct step *, const struct activity_event *event);

/* The last moment for output after a stop request. */
void stop_bound_output(struct step *);

/* ---- record.c ---- */

/* The start is to be put down, if anything is. */
void record_start(struct step *);

/* So is the outcome.  Whether the report has to wait for that. */
bool record_outcome(struct step *);

/* There is less time to report: the report does not wait as long. */
void record_hurry(struct step *);

/* At the end: an outcome that was not told, and not put down. */
void record_rest(struct step *);

/* It was put down, or is not waited for any more. */
void record_start_over(struct step *);
void record_outcome_over(struct step *);

/* When the time for waiting is over, and what then. */
int64_t record_due(const struct activity *);
void record_time_over(struct step *);

/* ---- report.c ---- */
void report_begin(struct step *);
void report_send(struct step *);
void report_answered(struct step *, const struct activity_event *event);
void report_give_up(struct step *);

/* At the end: forgets the one in flight, and with it what came of it. */
void report_end(struct step *);

/* The task is gone: by our own report, or closed by somebody else. */
void report_gone(struct step *);

/* The time for reporting is over; the lease is over. */
void report_time_over(struct step *);
void report_lease_over(struct step *);

/* ---- outcome.c ---- */

/* The command ended; "after_stop": a stop signal had been sent to it. */
void outcome_by_exit(struct activity *, bool after_stop);

/* What the cause of the stop alone says: the command's end is not known. */
void outcome_by_cause(struct activity *);

/* Something went wrong with us or below us: Failed, unless lost. */
void outcome_failed(struct activity *, enum activity_cause cause);

/* ---- call.c ---- */

/* A new attempt goes out. */
void call_send(struct activity_call *, int64_t now, int64_t give_up_at);

/* Is it the answer to the attempt in flight? */
bool call_is_current(const struct activity_call *,
    const struct activity_event *event);

/* The attempt in flight is over, one way or another. */
void call_settle(struct activity_call *);

/* The delay before the next attempt; the one after is twice as long. */
int64_t call_backoff(struct activity *, struct activity_call *, int64_t most);

/* "length" less up to "percent" of it, by chance. */
int64_t call_jitter(struct activity *, int64_t length, int percent);

#endif
