/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "tend/foreground.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/instant.h"
#include "base/log.h"
#include "process/inherited.h"
#include "process/signals.h"
#include "process/writer.h"
#include "tend/onlooker.h"
#include "tend/options.h"
#include "tend/streams.h"
#include "tend/supervisor.h"

/* Lengths are ms. */
enum {
	/* After a stop, output that nobody took by then is dropped. */
	UNDELIVERED_AFTER = 2000,
	LAST_WORDS_AFTER = 500
};

/* ---- the end: what is queued for stdout and stderr ---- */

static const char *const stream_names[] = {
	[WRITER_STDOUT] = "stdout",
	[WRITER_STDERR] = "stderr",
};

static void
abandon(struct foreground *foreground)
{
	for (int i = 0; i < WRITER_STREAMS; i++) {
		enum writer_stream stream = (enum writer_stream)i;

		if (writer_pending(foreground->writer, stream) > 0)
			writer_abandon(foreground->writer, stream);
	}
}

static void
log_dropped(struct foreground *foreground)
{
	for (int i = 0; i < WRITER_STREAMS; i++) {
		uint64_t bytes =
		    writer_dropped(foreground->writer, (enum writer_stream)i);

		if (bytes > 0)
			log_warning("%s: %llu bytes of output were dropped",
			    stream_names[i], (unsigned long long)bytes);
	}
}

static void
check_flushed(struct foreground *foreground)
{
	if (foreground->flushed || writer_flushed(foreground->writer))
		loop_stop(foreground->loop);
}

static void
on_flush_timer(void *arg)
{
	struct foreground *foreground = arg;

	if (!foreground->done)
		return;
	if (foreground->flushed) {
		loop_stop(foreground->loop);
		return;
	}
	abandon(foreground);
	check_flushed(foreground);
}

/*
 * When output that nobody takes is given up: a command that was not stopped
 * may wait for its reader as it would without tend.
 */
static void
set_flush_deadline(struct foreground *foreground)
{
	if (foreground->stop_requests >= 3)
		loop_timer_set(foreground->loop, &foreground->flush_timer,
		    loop_now(foreground->loop));
	else if (foreground->stop_requests > 0 ||
		 supervisor_was_stopped(foreground->supervisor))
		loop_timer_set(foreground->loop, &foreground->flush_timer,
		    instant_add(foreground->done_at, UNDELIVERED_AFTER));
}

void
foreground_finish(struct foreground *foreground)
{
	if (foreground->done)
		return;
	foreground->done = true;
	foreground->done_at = instant_min(loop_now(foreground->loop),
	    supervisor_drained_at(foreground->supervisor));
	set_flush_deadline(foreground);
	check_flushed(foreground);
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
log_write_errors(struct foreground *foreground)
{
	for (int i = 0; i < WRITER_STREAMS; i++) {
		int error =
		    writer_error(foreground->writer, (enum writer_stream)i);

		if (error != 0)
			log_warning("%s cannot be written: %s; output is "
				    "dropped",
			    stream_names[i], strerror(error));
	}
}

static void
on_writer(void *arg)
{
	struct foreground *foreground = arg;

	writer_acknowledge(foreground->writer);
	log_write_errors(foreground);
	if (foreground->done)
		check_flushed(foreground);
	else if (foreground->supervisor != NULL)
		supervisor_writable(foreground->supervisor);
}

/* The last lines of the log, after all else; nobody waits long for them. */
static void
say_last_words(struct foreground *foreground)
{
	foreground->flushed = false;
	log_dropped(foreground);
	if (writer_flushed(foreground->writer))
		return;
	loop_timer_set(foreground->loop, &foreground->flush_timer,
	    loop_now(foreground->loop) + LAST_WORDS_AFTER);
	foreground->flushed = true;
	while (!writer_flushed(foreground->writer) &&
	       foreground->flush_timer.place != 0)
		loop_run(foreground->loop);
}

static void
log_to_writer(void *arg, const char *line, size_t len)
{
	struct foreground *foreground = arg;
	const struct onlooker *onlooker = foreground->setup.onlooker;

	if (onlooker != NULL)
		onlooker->before_output(onlooker->arg, WRITER_STDERR, true);
	(void)writer_put(foreground->writer, WRITER_STDERR, line, len);
	if (onlooker != NULL)
		onlooker->after_output(onlooker->arg, WRITER_STDERR, line, len);
}

/* ---- signals ---- */

static void
on_stop_signal(struct foreground *foreground, int signal)
{
	if (inherited_ignores(foreground->setup.inherited, signal) ||
	    signals_is_echo(&foreground->stop_request, signal,
		loop_now(foreground->loop)))
		return;
	foreground->stop_requests++;
	if (foreground->supervisor == NULL) {
		loop_stop(foreground->loop);
		return;
	}
	if (!foreground->ended) {
		supervisor_stop(foreground->supervisor, signal);
		return;
	}
	foreground_finish(foreground);
	/* Only output is left, whose reader is slow. */
	foreground->done_at = loop_now(foreground->loop);
	set_flush_deadline(foreground);
	if (foreground->stop_requests > 1)
		abandon(foreground);
	check_flushed(foreground);
}

static void
suspend(void *arg)
{
	struct foreground *foreground = arg;

	const struct onlooker *onlooker = foreground->setup.onlooker;

	if (onlooker != NULL)
		onlooker->suspended(onlooker->arg);
	supervisor_suspend(foreground->supervisor);
	terminal_suspend(&foreground->terminal);
	loop_refresh(foreground->loop);
}

static void
on_signal(struct foreground *foreground, int signal)
{
	switch (signal) {
	case SIGTERM:
	case SIGINT:
	case SIGQUIT:
		on_stop_signal(foreground, signal);
		break;
	case SIGCHLD:
		supervisor_child(foreground->supervisor);
		break;
	case SIGTSTP:
		suspend(foreground);
		break;
	case SIGCONT:
		terminal_continue(&foreground->terminal);
		supervisor_resume(foreground->supervisor);
		break;
	case SIGHUP:
	case SIGUSR1:
	case SIGUSR2:
	case SIGWINCH:
	case SIGALRM:
		supervisor_forward(foreground->supervisor, signal);
		break;
	default:
		if (signal >= SIGRTMIN && signal <= SIGRTMAX)
			supervisor_forward(foreground->supervisor, signal);
		break;
	}
}

static bool
stops(int signal)
{
	return signal == SIGTERM || signal == SIGINT || signal == SIGQUIT;
}

/* Before there is something to supervise, only its end is of interest. */
static void
on_signals(void *arg)
{
	struct foreground *foreground = arg;
	struct signal_info info;

	while (signals_next(foreground->signals, &info))
		if (foreground->supervisor != NULL || stops(info.signal))
			on_signal(foreground, info.signal);
}

static int
watch_signals(struct foreground *foreground, struct err *err)
{
	foreground->signals = signals_open();
	if (foreground->signals == -1)
		return err_errno(err, "cannot receive signals");
	foreground->signal_watch = loop_watch(foreground->loop,
	    foreground->signals, on_signals, foreground, err);
	return foreground->signal_watch == NULL ? -1 : 0;
}

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
	static const int descriptors[WRITER_STREAMS] = {
		[WRITER_STDOUT] = STDOUT_FILENO,
		[WRITER_STDERR] = STDERR_FILENO,
	};

	foreground->setup = *setup;
	foreground->signals = -1;
	foreground->loop = loop_new(setup->http, err);
	if (foreground->loop == NULL || watch_signals(foreground, err) == -1)
		return -1;
	foreground->writer = writer_new(descriptors, err);
	if (foreground->writer == NULL)
		return -1;
	foreground->writer_watch = loop_watch(foreground->loop,
	    writer_descriptor(foreground->writer), on_writer, foreground, err);
	foreground->flush_timer.call = on_flush_timer;
	foreground->flush_timer.arg = foreground;
	return foreground->writer_watch == NULL ? -1 : 0;
}

int
foreground_interrupted(const struct foreground *foreground)
{
	return foreground->stop_requests > 0 ? foreground->stop_request.signal
					     : 0;
}

int
foreground_prepare(struct foreground *foreground, struct swf_client *client,
    const struct swf_task *task, struct err *err)
{
	struct supervisor_setup setup = {
		.loop = foreground->loop,
		.client = client,
		.writer = foreground->writer,
		.inherited = foreground->setup.inherited,
		.orphans = &foreground->orphans,
		.terminal = &foreground->terminal,
		.options = foreground->setup.options,
		.onlooker = foreground->setup.onlooker,
		.task = task,
		.argv = foreground->setup.options->words,
		.done = on_done,
		.suspended = suspend,
		.arg = foreground,
	};

	if (orphans_init(&foreground->orphans, setup.inherited, err) == -1)
		return -1;
	terminal_init(&foreground->terminal);
	foreground->supervisor = supervisor_new(&setup, err);
	return foreground->supervisor == NULL ? -1 : 0;
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
	int status;

	let_go(foreground);
	log_set_sink(log_to_writer, foreground);
	supervisor_begin(foreground->supervisor);
	loop_run(foreground->loop);
	status = supervisor_exit_status(foreground->supervisor);
	say_last_words(foreground);
	log_set_sink(NULL, NULL);
	return status;
}

void
foreground_stop(struct foreground *foreground, int signal)
{
	if (!foreground->ended)
		supervisor_stop(foreground->supervisor, signal);
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
	orphans_clear(&foreground->orphans);
	writer_free(foreground->writer);
	if (foreground->loop == NULL)
		return;
	loop_unwatch(foreground->writer_watch);
	loop_unwatch(foreground->signal_watch);
	if (foreground->signals != -1)
		(void)close(foreground->signals);
	loop_free(foreground->loop);
}
