/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "tend/foreground.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/instant.h"
#include "base/log.h"
#include "process/guard.h"
#include "process/inherited.h"
#include "tend/onlooker.h"
#include "tend/options.h"
#include "tend/recovery.h"
#include "tend/streams.h"
#include "tend/supervisor.h"

/* ---- the end: what is queued for stdout and stderr ---- */

/*
 * When output that nobody takes is given up: a command that was not stopped
 * may wait for its reader as it would without tend.
 */
static int64_t
flush_deadline(const struct foreground *foreground)
{
	if (foreground->signals.requests >= 3)
		return loop_now(foreground->loop);
	if (foreground->signals.requests > 0 ||
	    supervisor_was_stopped(foreground->supervisor))
		return instant_add(foreground->done_at,
		    OUTPUT_UNDELIVERED_AFTER);
	return INSTANT_NEVER;
}

void
foreground_finish(struct foreground *foreground)
{
	if (foreground->done)
		return;
	foreground->done = true;
	foreground->done_at = instant_min(loop_now(foreground->loop),
	    supervisor_drained_at(foreground->supervisor));
	output_end(&foreground->output, flush_deadline(foreground));
}

static void
on_done(void *arg)
{
	struct foreground *foreground = arg;
	const struct onlooker *onlooker = foreground->setup.onlooker;

	foreground->ended = true;
	if (onlooker == NULL)
		foreground_finish(foreground);
	else
		onlooker->ended(onlooker->arg);
}

static void
on_room(void *arg)
{
	struct foreground *foreground = arg;

	if (foreground->supervisor != NULL)
		supervisor_writable(foreground->supervisor);
}

/* ---- signals: before there is something to supervise, only a stop counts ----
 */

static void
on_stop(void *arg, int signal, int request)
{
	struct foreground *foreground = arg;

	if (foreground->supervisor == NULL) {
		loop_stop(foreground->loop);
		return;
	}
	if (!foreground->ended) {
		supervisor_stop(foreground->supervisor, signal, 0);
		return;
	}
	foreground_finish(foreground);
	/* Only output is left, whose reader is slow. */
	foreground->done_at = loop_now(foreground->loop);
	if (request > 1)
		output_abandon(&foreground->output);
	output_end(&foreground->output, flush_deadline(foreground));
}

static void
on_child(void *arg)
{
	struct foreground *foreground = arg;

	if (foreground->supervisor != NULL)
		sweep_child(&foreground->sweep);
}

static void
suspend(void *arg)
{
	struct foreground *foreground = arg;
	const struct onlooker *onlooker = foreground->setup.onlooker;

	if (foreground->supervisor == NULL)
		return;
	if (onlooker != NULL)
		onlooker->suspended(onlooker->arg);
	supervisor_suspend(foreground->supervisor);
	terminal_suspend(&foreground->terminal);
	loop_refresh(foreground->loop);
}

static void
resume(void *arg)
{
	struct foreground *foreground = arg;

	if (foreground->supervisor == NULL)
		return;
	terminal_continue(&foreground->terminal);
	supervisor_resume(foreground->supervisor);
}

static void
forward(void *arg, int signal)
{
	struct foreground *foreground = arg;

	if (foreground->supervisor != NULL)
		supervisor_forward(foreground->supervisor, signal);
}

static const struct signal_handlers handlers = {
	.stop = on_stop,
	.child = on_child,
	.suspend = suspend,
	.resume = resume,
	.forward = forward,
};

/* ---- life ---- */

int
foreground_check(const struct options *options, const char *subcommand,
    struct err *err)
{
	if (options->word_count == 0)
		return err_set(err,
		    "no command: tend %s [OPTION]... [--] COMMAND [ARG]...; "
		    "see 'tend %s --help'",
		    subcommand, subcommand);
	return streams_check(options, err);
}

int
foreground_open(struct foreground *foreground,
    const struct foreground_setup *setup, struct err *err)
{
	foreground->setup = *setup;
	foreground->record_file.fd = -1;
	foreground->output.onlooker = setup->onlooker;
	foreground->loop = loop_new(setup->http, err);
	if (foreground->loop == NULL ||
	    signal_watch_open(&foreground->signals, foreground->loop,
		setup->inherited, &handlers, foreground, err) == -1)
		return -1;
	return output_open(&foreground->output, foreground->loop, on_room,
	    foreground, err);
}

int
foreground_interrupted(const struct foreground *foreground)
{
	return foreground->signals.requests > 0
		   ? foreground->signals.request.signal
		   : 0;
}

static void
on_recovered(void *arg, size_t left)
{
	(void)arg;
	(void)left;
}

/* On the side, for as long as the command takes: what is left then stays. */
static void
recover(struct foreground *foreground, struct swf_client *client)
{
	const struct recovery_setup setup = {
		.loop = foreground->loop,
		.client = client,
		.spooling = &foreground->spooling,
		.until = instant_add(loop_now(foreground->loop),
		    foreground->setup.options->report_timeout),
		.done = on_recovered,
	};

	if (foreground->spooling.spool != NULL)
		foreground->recovery = recovery_new(&setup);
}

int
foreground_prepare(struct foreground *foreground, struct swf_client *client,
    const struct swf_task *task, const struct timeouts_found *timeouts,
    struct err *err)
{
	struct supervisor_setup setup = {
		.loop = foreground->loop,
		.client = client,
		.writer = foreground->output.writer,
		.inherited = foreground->setup.inherited,
		.sweep = &foreground->sweep,
		.terminal = &foreground->terminal,
		.spooling = &foreground->spooling,
		.options = foreground->setup.options,
		.onlooker = foreground->setup.onlooker,
		.timeouts = timeouts,
		.task = task,
		.record_file = &foreground->record_file,
		.label = "",
		.heartbeat_first = true,
		.argv = foreground->setup.options->words,
		.done = on_done,
		.suspended = suspend,
		.arg = foreground,
	};

	if (record_file_open(&foreground->record_file, setup.options, err) ==
		-1 ||
	    spooling_open(&foreground->spooling, foreground->loop,
		setup.options, foreground->setup.endpoint, true, err) == -1)
		return -1;
	foreground->guard_path = guard_find(err);
	if (foreground->guard_path == NULL)
		return -1;
	setup.guard_path = foreground->guard_path;
	if (sweep_open(&foreground->sweep, foreground->loop, setup.inherited,
		err) == -1)
		return -1;
	/* A command with a terminal of its own gets none of ours. */
	if (!setup.options->pty)
		terminal_init(&foreground->terminal);
	foreground->supervisor = supervisor_new(&setup, err);
	if (foreground->supervisor == NULL)
		return -1;
	recover(foreground, client);
	return 0;
}

void
foreground_timeouts(struct foreground *foreground,
    const struct timeouts_found *found)
{
	if (!foreground->ended)
		supervisor_timeouts(foreground->supervisor, found);
}

static void
null_to(int descriptor)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null == -1)
		return;
	(void)dup2(null, descriptor);
	(void)close(null);
}

/*
 * The guard has the command's descriptors now: tend must not keep a pipe's
 * reader or writer alive, a lock held or a file system busy.
 */
static void
let_go(struct foreground *foreground)
{
	inherited_close(foreground->setup.inherited);
	null_to(STDIN_FILENO);
	if (!streams_needed(foreground->setup.options, STREAMS_STDOUT))
		null_to(STDOUT_FILENO);
	if (chdir("/") == -1)
		log_debug("cannot change to /: %s", strerror(errno));
}

int
foreground_supervise(struct foreground *foreground)
{
	int early = foreground_interrupted(foreground);
	int status;

	let_go(foreground);
	output_log(&foreground->output);
	supervisor_begin(foreground->supervisor);
	if (early != 0)
		foreground_stop(foreground, early);
	loop_run(foreground->loop);
	status = supervisor_exit_status(foreground->supervisor);
	output_last_words(&foreground->output);
	return status;
}

void
foreground_stop(struct foreground *foreground, int signal)
{
	if (!foreground->ended)
		supervisor_stop(foreground->supervisor, signal, 0);
}

bool
foreground_in_front(const struct foreground *foreground)
{
	return terminal_in_front(&foreground->terminal);
}

void
foreground_close(struct foreground *foreground)
{
	terminal_take(&foreground->terminal);
	supervisor_free(foreground->supervisor);
	recovery_free(foreground->recovery);
	spooling_close(&foreground->spooling);
	sweep_close(&foreground->sweep);
	record_file_close(&foreground->record_file);
	free(foreground->guard_path);
	output_close(&foreground->output);
	signal_watch_close(&foreground->signals);
	loop_free(foreground->loop);
}
