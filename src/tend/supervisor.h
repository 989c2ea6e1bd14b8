/* SPDX-License-Identifier: MIT */
/*
 * One supervised activity: carries out what src/activity decides.
 *
 * It owns the guard, the streams of the command and the calls to SWF of one
 * task, turns what they say into events and performs the actions that come
 * back.  It decides nothing: what to do is in the core, what to say is in
 * texts.h.
 *
 *  1. supervisor_new() prepares everything and starts the guard, so that bad
 *     input is found before SWF hears of it; the command does not run yet;
 *  2. supervisor_begin() sends the first heartbeat, and starts the command,
 *     at once or when that was accepted;
 *  3. the loop runs; signals come in through the functions below;
 *  4. "done" is called once, when nothing more will happen;
 *  5. supervisor_free().
 */
#ifndef TEND_SUPERVISOR_H
#define TEND_SUPERVISOR_H

#include <stdbool.h>
#include <stdint.h>

#include "activity/activity.h"
#include "aws/swf.h"
#include "base/err.h"
#include "tend/options.h"

struct budget;
struct inherited;
struct loop;
struct numbers;
struct onlooker;
struct record_file;
struct supervisor;
struct spooling;
struct sweep;
struct terminal;
struct timeouts_found;
struct writer;

/* What it needs to be told; there may be thousands with the same. */
struct supervisor_setup {
	struct loop *loop;
	struct swf_client *client;
	struct budget *budget;   /* of all heartbeats; NULL: there is none */
	struct numbers *numbers; /* NULL: nothing is counted */
	struct writer *writer;
	const struct inherited *inherited;
	struct sweep *sweep;
	struct terminal *terminal;
	struct spooling *spooling; /* NULL, or without a spool: no records */
	const struct options *options;
	const struct onlooker *onlooker; /* NULL: nobody looks on */
	const struct swf_task *task;
	/* With --heartbeat-timeout auto: if known before the start; or NULL. */
	const struct timeouts_found *timeouts;
	const struct record_file *record_file;
	const char *guard_path;
	char *const *argv; /* the command, NULL at the end */
	/* Before each line of the log: "" or whose it is, as "step-7: ". */
	const char *label;
	const char *mark; /* supervisor_new() sets it, for launch.h */
	/* One of many: what tend was started with (descriptors, standard
	 * input) is not its. */
	bool fleet;
	/* The command waits for the first heartbeat. */
	bool heartbeat_first;
	/* ms: how long ago SWF has given the task away, at most. */
	int64_t under_way;
	void (*done)(void *arg);
	void (*suspended)(void *arg); /* the command was stopped by ^Z */
	void *arg;
};

/* Returns NULL with "err".  Everything in "setup" outlives the supervisor. */
struct supervisor *supervisor_new(const struct supervisor_setup *setup,
    struct err *err);

void supervisor_begin(struct supervisor *);

/*
 * With --heartbeat-timeout auto: what was found after the start; not when it
 * was in the setup.
 */
void supervisor_timeouts(struct supervisor *,
    const struct timeouts_found *found);

/*
 * tend itself was told to stop, by "signal"; may come three times.  All of it
 * may take "deadline", the report included; 0: --stop-deadline.
 */
void supervisor_stop(struct supervisor *, int signal, int64_t deadline);

/* Passes a signal on to the command. */
void supervisor_forward(struct supervisor *, int signal);

/* Stops and continues the command's tree, as tend itself is. */
void supervisor_suspend(struct supervisor *);
void supervisor_resume(struct supervisor *);

/* There is room in the writer again. */
void supervisor_writable(struct supervisor *);

/* To look at: its state, its lease. */
const struct activity *supervisor_activity(const struct supervisor *);

/* Valid once "done" was called. */
const struct activity_outcome *supervisor_outcome(const struct supervisor *);
int supervisor_exit_status(const struct supervisor *);

/* Whether tend or its guard had to stop the command. */
bool supervisor_was_stopped(const struct supervisor *);

/* When the last output of the command was read; INSTANT_NEVER: not yet. */
int64_t supervisor_drained_at(const struct supervisor *);

void supervisor_free(struct supervisor *);

#endif
