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
#include "process/orphans.h"
#include "process/signals.h"
#include "process/terminal.h"
#include "tend/loop.h"

struct http;
struct inherited;
struct onlooker;
struct options;
struct supervisor;
struct swf_client;
struct swf_task;
struct writer;

struct foreground_setup {
	struct inherited *inherited;
	const struct options *options; /* the command is in "words" */
	struct http *http;
	const struct onlooker *onlooker; /* NULL: nobody looks on */
};

/* "loop" and "writer" are for the caller, too; the rest is not. */
struct foreground {
	struct foreground_setup setup;
	struct loop *loop;
	struct writer *writer;
	struct supervisor *supervisor;
	struct orphans orphans;
	struct terminal terminal;
	int signals; /* signalfd */
	struct loop_watch *signal_watch;
	struct loop_watch *writer_watch;
	struct loop_timer flush_timer;
	int stop_requests;
	struct signals_request stop_request;
	bool ended; /* the activity has; an onlooker may go on */
	bool done;  /* only output may still be queued */
	bool flushed;
	int64_t done_at;
};

/* All return 0, or -1 with "err". */

/* What can be found wrong with the options before anything is opened. */
int foreground_check(const struct options *options, const char *subcommand,
    struct err *err);

int foreground_open(struct foreground *, const struct foreground_setup *setup,
    struct err *err);
int foreground_prepare(struct foreground *, struct swf_client *client,
    const struct swf_task *task, struct err *err);

/*
 * The signal that has told tend to stop before foreground_prepare(), and has
 * stopped the loop; 0: none did.
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
