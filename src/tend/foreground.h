/* SPDX-License-Identifier: MIT */
/*
 * One command supervised in the foreground: what "tend run" and "tend try"
 * have in common.  Signals, the terminal, stdout and stderr, and the end,
 * which waits until what was printed is written.
 *
 *  1. foreground_open() makes the loop; signals are taken from here on.  A
 *     caller that has something to do before may run the loop for it;
 *  2. foreground_prepare() starts the guard, for a task;
 *  3. foreground_supervise() runs the command and returns the exit status;
 *  4. foreground_close() in any case, of a struct that was zeroed before.
 */
#ifndef TEND_FOREGROUND_H
#define TEND_FOREGROUND_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "process/terminal.h"
#include "tend/loop.h"
#include "tend/output.h"
#include "tend/record.h"
#include "tend/signal_watch.h"
#include "tend/spooling.h"
#include "tend/sweep.h"

struct http;
struct inherited;
struct onlooker;
struct options;
struct recovery;
struct supervisor;
struct swf_client;
struct swf_task;
struct timeouts_found;

struct foreground_setup {
	struct inherited *inherited;
	const struct options *options; /* the command is in "words" */
	struct http *http;
	const struct onlooker *onlooker; /* NULL: nobody looks on */
	/* Of the task, for --spool. */
	const struct endpoint *endpoint;
};

/* "loop" and "output.writer" are for the caller, too; the rest is not. */
struct foreground {
	struct foreground_setup setup;
	struct loop *loop;
	struct output output;
	struct signal_watch signals;
	struct supervisor *supervisor;
	struct sweep sweep;
	struct terminal terminal;
	struct record_file record_file;
	struct spooling spooling;
	struct recovery *recovery; /* of what others have left */
	char *guard_path;
	bool ended; /* the activity has; an onlooker may go on */
	bool done;  /* only output may still be queued */
	int64_t done_at;
};

/* All return 0, or -1 with "err". */

/* What can be found wrong with the options before anything is opened. */
int foreground_check(const struct options *options, const char *subcommand,
    struct err *err);

int foreground_open(struct foreground *, const struct foreground_setup *setup,
    struct err *err);

/* "timeouts" are NULL if they are given, or not known yet. */
int foreground_prepare(struct foreground *, struct swf_client *client,
    const struct swf_task *task, const struct timeouts_found *timeouts,
    struct err *err);

/* The task's timeouts, found after foreground_prepare(). */
void foreground_timeouts(struct foreground *,
    const struct timeouts_found *found);

/*
 * The signal that has told tend to stop before foreground_prepare(), and has
 * stopped the loop; 0: none did.  Who goes on all the same has it acted upon
 * by foreground_supervise().
 */
int foreground_interrupted(const struct foreground *);

int foreground_supervise(struct foreground *);

/* Tells the supervisor to stop, as a signal would. */
void foreground_stop(struct foreground *, int signal);

/* An onlooker that was told of the end has printed all. */
void foreground_finish(struct foreground *);

/* Whether tend, or its command, is in front on its terminal. */
bool foreground_in_front(const struct foreground *);

void foreground_close(struct foreground *);

#endif
