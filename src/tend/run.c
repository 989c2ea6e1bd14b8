/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "tend/run.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "aws/swf.h"
#include "base/instant.h"
#include "base/log.h"
#include "base/mem.h"
#include "process/guard.h"
#include "process/inherited.h"
#include "process/orphans.h"
#include "process/signals.h"
#include "process/terminal.h"
#include "process/writer.h"
#include "tend/loop.h"
#include "tend/options.h"
#include "tend/service.h"
#include "tend/streams.h"
#include "tend/supervisor.h"
#include "tend/task.h"
#include "tend/timeouts.h"

/* Lengths are ms. */
enum {
	/* After a stop, output that nobody took by then is dropped. */
	UNDELIVERED_AFTER = 2000,
	LAST_WORDS_AFTER = 500,
	/* The same stop signal again is then no second request. */
	ECHO_WITHIN = 100
};

struct run {
	struct inherited *inherited;
	struct options options;
	struct swf_task task;
	struct service service;
	struct loop *loop;
	struct writer *writer;
	struct supervisor *supervisor;
	struct timeouts *timeouts; /* NULL: they are given */
	struct timeouts_lookup *lookup;
	struct loop_timer moment_timer;
	struct orphans orphans;
	struct terminal terminal;
	int signals; /* signalfd */
	struct loop_watch *signal_watch;
	struct loop_watch *writer_watch;
	struct loop_timer flush_timer;
	int stop_requests;
	int stop_signal;    /* the newest request */
	int64_t stopped_at; /* when that was */
	bool done; /* the activity has ended; output may still be queued */
	bool flushed;
	int64_t done_at;
};

/* ---- the end: what is queued for stdout and stderr ---- */

static const char *const stream_names[] = {
	[WRITER_STDOUT] = "stdout",
	[WRITER_STDERR] = "stderr",
};

static void
abandon(struct run *run)
{
	for (int i = 0; i < WRITER_STREAMS; i++) {
		enum writer_stream stream = (enum writer_stream)i;

		if (writer_pending(run->writer, stream) > 0)
			writer_abandon(run->writer, stream);
	}
}

static void
log_dropped(struct run *run)
{
	for (int i = 0; i < WRITER_STREAMS; i++) {
		uint64_t bytes =
		    writer_dropped(run->writer, (enum writer_stream)i);

		if (bytes > 0)
			log_warning("%s: %llu bytes of output were dropped",
			    stream_names[i], (unsigned long long)bytes);
	}
}

static void
check_flushed(struct run *run)
{
	if (run->flushed || writer_flushed(run->writer))
		loop_stop(run->loop);
}

static void
on_flush_timer(void *arg)
{
	struct run *run = arg;

	if (!run->done)
		return;
	if (run->flushed) {
		loop_stop(run->loop);
		return;
	}
	abandon(run);
	check_flushed(run);
}

/*
 * When output that nobody takes is given up: a command that was not stopped
 * may wait for its reader as it would without tend.
 */
static void
set_flush_deadline(struct run *run)
{
	if (run->stop_requests >= 3)
		loop_timer_set(run->loop, &run->flush_timer,
		    loop_now(run->loop));
	else if (run->stop_requests > 0 ||
		 supervisor_was_stopped(run->supervisor))
		loop_timer_set(run->loop, &run->flush_timer,
		    instant_add(run->done_at, UNDELIVERED_AFTER));
}

static void
on_done(void *arg)
{
	struct run *run = arg;

	run->done = true;
	run->done_at = instant_min(loop_now(run->loop),
	    supervisor_drained_at(run->supervisor));
	set_flush_deadline(run);
	check_flushed(run);
}

static void
log_write_errors(struct run *run)
{
	for (int i = 0; i < WRITER_STREAMS; i++) {
		int error = writer_error(run->writer, (enum writer_stream)i);

		if (error != 0)
			log_warning("%s cannot be written: %s; output is "
				    "dropped",
			    stream_names[i], strerror(error));
	}
}

static void
on_writer(void *arg)
{
	struct run *run = arg;

	writer_acknowledge(run->writer);
	log_write_errors(run);
	if (run->done)
		check_flushed(run);
	else
		supervisor_writable(run->supervisor);
}

/* The last lines of the log, after all else; nobody waits long for them. */
static void
say_last_words(struct run *run)
{
	run->flushed = false;
	log_dropped(run);
	if (writer_flushed(run->writer))
		return;
	loop_timer_set(run->loop, &run->flush_timer,
	    loop_now(run->loop) + LAST_WORDS_AFTER);
	run->flushed = true;
	while (!writer_flushed(run->writer) && run->flush_timer.place != 0)
		loop_run(run->loop);
}

static void
log_to_writer(void *arg, const char *line, size_t len)
{
	(void)writer_put(arg, WRITER_STDERR, line, len);
}

/* ---- signals ---- */

static bool
was_ignored(const struct run *run, int signal)
{
	return (run->inherited->ignored >> (signal - 1) & 1) != 0;
}

/*
 * timeout(1) signals its child and then its own process group, which is one
 * request and not two; so does who kills a group that a terminal has told
 * already.  Nobody means SIGKILL by it.
 */
static bool
is_echo(struct run *run, int signal)
{
	int64_t now = loop_now(run->loop);

	if (signal == run->stop_signal && now - run->stopped_at < ECHO_WITHIN)
		return true;
	/* Counted from the request, not from its echo: who goes on and on
	 * sending it does mean more. */
	run->stop_signal = signal;
	run->stopped_at = now;
	return false;
}

static void
on_stop_signal(struct run *run, int signal)
{
	if (was_ignored(run, signal) || is_echo(run, signal))
		return;
	run->stop_requests++;
	if (!run->done) {
		supervisor_stop(run->supervisor, signal);
		return;
	}
	/* Only output is left, whose reader is slow. */
	run->done_at = loop_now(run->loop);
	set_flush_deadline(run);
	if (run->stop_requests > 1)
		abandon(run);
	check_flushed(run);
}

static void
suspend(void *arg)
{
	struct run *run = arg;

	supervisor_suspend(run->supervisor);
	terminal_suspend(&run->terminal);
	loop_refresh(run->loop);
}

static void
on_signal(struct run *run, int signal)
{
	switch (signal) {
	case SIGTERM:
	case SIGINT:
	case SIGQUIT:
		on_stop_signal(run, signal);
		break;
	case SIGCHLD:
		supervisor_child(run->supervisor);
		break;
	case SIGTSTP:
		suspend(run);
		break;
	case SIGCONT:
		terminal_continue(&run->terminal);
		supervisor_resume(run->supervisor);
		break;
	case SIGHUP:
	case SIGUSR1:
	case SIGUSR2:
	case SIGWINCH:
	case SIGALRM:
		supervisor_forward(run->supervisor, signal);
		break;
	default:
		if (signal >= SIGRTMIN && signal <= SIGRTMAX)
			supervisor_forward(run->supervisor, signal);
		break;
	}
}

static void
on_signals(void *arg)
{
	struct run *run = arg;
	struct signal_info info;

	/* Nobody is there yet who could act upon it: be quick. */
	if (run->supervisor == NULL) {
		loop_stop(run->loop);
		return;
	}
	while (signals_next(run->signals, &info))
		on_signal(run, info.signal);
}

static int
watch_signals(struct run *run, struct err *err)
{
	run->signals = signals_open();
	if (run->signals == -1)
		return err_errno(err, "cannot receive signals");
	run->signal_watch =
	    loop_watch(run->loop, run->signals, on_signals, run, err);
	return run->signal_watch == NULL ? -1 : 0;
}

/* ---- life ---- */

/* What can be found wrong before anything is opened. */
static int
check(const struct run *run, struct err *err)
{
	const struct options *options = &run->options;
	bool asks =
	    options->input == INPUT_STDIN || options->input == INPUT_FILE;

	if (options->word_count == 0)
		return err_set(err, "no command: tend run [OPTION]... [--] "
				    "COMMAND [ARG]...; see 'tend run --help'");
	if (asks && options->task == NULL)
		return err_set(err, "--input: the task's input is known only "
				    "with --task");
	if (options->heartbeat_auto &&
	    (options->task == NULL || options->domain == NULL))
		return err_set(err, "--heartbeat-timeout: 'auto' looks the "
				    "task up and needs --task and --domain; "
				    "or give the timeout, e.g. 60s, or none");
	return streams_check(options, err);
}

static int
open_loop(struct run *run, struct err *err)
{
	static const int descriptors[WRITER_STREAMS] = {
		[WRITER_STDOUT] = STDOUT_FILENO,
		[WRITER_STDERR] = STDERR_FILENO,
	};

	run->loop = loop_new(run->service.http, err);
	if (run->loop == NULL || watch_signals(run, err) == -1)
		return -1;
	run->writer = writer_new(descriptors, err);
	if (run->writer == NULL)
		return -1;
	run->writer_watch = loop_watch(run->loop,
	    writer_descriptor(run->writer), on_writer, run, err);
	run->flush_timer.call = on_flush_timer;
	run->flush_timer.arg = run;
	return run->writer_watch == NULL ? -1 : 0;
}

/* ---- --heartbeat-timeout auto ---- */

static void
on_found(void *arg, const struct timeouts_found *found)
{
	struct run *run = arg;

	if (run->supervisor == NULL)
		loop_stop(run->loop);
	else if (!run->done)
		supervisor_timeouts(run->supervisor, found);
}

static void
on_moment(void *arg)
{
	struct run *run = arg;

	loop_stop(run->loop);
}

/*
 * Usually the answer is there before anything is started, and the command can
 * have it in its environment; else the start does not wait for it.
 */
static int
look_up(struct run *run, struct err *err)
{
	if (!run->options.heartbeat_auto)
		return 0;
	if (!timeouts_can_look_up(&run->task))
		return err_set(err,
		    "--heartbeat-timeout: 'auto' needs the whole task: %s "
		    "names neither its execution and start nor its type",
		    run->options.task);
	run->timeouts =
	    timeouts_new(run->loop, run->service.client, run->options.domain);
	run->lookup = timeouts_look_up(run->timeouts, &run->task, INSTANT_NEVER,
	    on_found, run);
	run->moment_timer.call = on_moment;
	run->moment_timer.arg = run;
	loop_timer_set(run->loop, &run->moment_timer,
	    loop_now(run->loop) + TIMEOUTS_MOMENT);
	loop_run(run->loop);
	loop_timer_set(run->loop, &run->moment_timer, INSTANT_NEVER);
	return 0;
}

static int
open_supervisor(struct run *run, struct err *err)
{
	struct supervisor_setup setup = {
		.loop = run->loop,
		.client = run->service.client,
		.writer = run->writer,
		.inherited = run->inherited,
		.orphans = &run->orphans,
		.terminal = &run->terminal,
		.options = &run->options,
		.timeouts =
		    run->lookup == NULL ? NULL : timeouts_found(run->lookup),
		.task = &run->task,
		.argv = run->options.words,
		.done = on_done,
		.suspended = suspend,
		.arg = run,
	};

	if (orphans_init(&run->orphans, run->inherited, err) == -1)
		return -1;
	terminal_init(&run->terminal);
	run->supervisor = supervisor_new(&setup, err);
	return run->supervisor == NULL ? -1 : 0;
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
let_go(struct run *run)
{
	inherited_close(run->inherited);
	null_to(STDIN_FILENO);
	if (!streams_needed(&run->options, STREAMS_STDOUT))
		null_to(STDOUT_FILENO);
	if (chdir("/") == -1)
		log_debug("cannot change to /: %s", strerror(errno));
}

static int
open_all(struct run *run, struct err *err)
{
	if (check(run, err) == -1 ||
	    task_read(&run->task, &run->options, err) == -1 ||
	    service_open(&run->service, &run->options, err) == -1 ||
	    open_loop(run, err) == -1 || look_up(run, err) == -1)
		return -1;
	return open_supervisor(run, err);
}

static int
supervise(struct run *run)
{
	int status;

	let_go(run);
	log_set_sink(log_to_writer, run->writer);
	supervisor_begin(run->supervisor);
	loop_run(run->loop);
	status = supervisor_exit_status(run->supervisor);
	say_last_words(run);
	log_set_sink(NULL, NULL);
	return status;
}

static void
close_all(struct run *run)
{
	terminal_take(&run->terminal);
	supervisor_free(run->supervisor);
	timeouts_drop(run->lookup);
	timeouts_free(run->timeouts);
	orphans_clear(&run->orphans);
	if (run->loop != NULL) {
		loop_unwatch(run->writer_watch);
		loop_unwatch(run->signal_watch);
	}
	writer_free(run->writer);
	if (run->signals != -1)
		(void)close(run->signals);
	loop_free(run->loop);
	service_close(&run->service);
	swf_task_clear(&run->task);
}

int
run_main(int argc, char **argv, struct inherited *inherited)
{
	struct run run = { .inherited = inherited, .signals = -1 };
	struct err err;
	int status = TEND_EXIT_ERROR;

	if (options_read(&run.options, OPTIONS_RUN, argc, argv, &err) == -1) {
		log_error("%s", err.text);
		return TEND_EXIT_ERROR;
	}
	if (run.options.help) {
		options_help(stdout, OPTIONS_RUN);
		return fflush(stdout) == 0 ? 0 : TEND_EXIT_ERROR;
	}
	log_set_level(run.options.log_level);
	log_set_format(run.options.log_format);
	if (open_all(&run, &err) == -1)
		log_error("%s", err.text);
	else
		status = supervise(&run);
	close_all(&run);
	return status;
}
