/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "tend/run.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "aws/swf.h"
#include "base/instant.h"
#include "base/log.h"
#include "base/mem.h"
#include "process/guard.h"
#include "process/inherited.h"
#include "process/terminal.h"
#include "tend/loop.h"
#include "tend/options.h"
#include "tend/output.h"
#include "tend/record.h"
#include "tend/service.h"
#include "tend/signal_watch.h"
#include "tend/streams.h"
#include "tend/supervisor.h"
#include "tend/sweep.h"
#include "tend/task.h"
#include "tend/timeouts.h"

struct run {
	struct inherited *inherited;
	struct options options;
	struct swf_task task;
	struct service service;
	struct loop *loop;
	struct output output;
	struct signal_watch signals;
	struct supervisor *supervisor;
	struct record_file record_file;
	char *guard_path;
	struct sweep sweep;
	struct timeouts *timeouts; /* NULL: they are given */
	struct timeouts_lookup *lookup;
	struct loop_timer moment_timer;
	struct terminal terminal;
	bool done; /* the activity has ended; output may still be queued */
	int64_t done_at;
};

/* ---- the end: what is queued for stdout and stderr ---- */

/*
 * When output that nobody takes is given up: a command that was not stopped
 * may wait for its reader as it would without tend.
 */
static int64_t
flush_deadline(const struct run *run)
{
	if (run->signals.requests >= 3)
		return loop_now(run->loop);
	if (run->signals.requests > 0 ||
	    supervisor_was_stopped(run->supervisor))
		return instant_add(run->done_at, OUTPUT_UNDELIVERED_AFTER);
	return INSTANT_NEVER;
}

static void
on_done(void *arg)
{
	struct run *run = arg;

	run->done = true;
	run->done_at = instant_min(loop_now(run->loop),
	    supervisor_drained_at(run->supervisor));
	output_end(&run->output, flush_deadline(run));
}

static void
on_room(void *arg)
{
	struct run *run = arg;

	supervisor_writable(run->supervisor);
}

/* ---- signals ---- */

static void
on_stop(void *arg, int signal, int request)
{
	struct run *run = arg;

	if (!run->done) {
		supervisor_stop(run->supervisor, signal, 0);
		return;
	}
	/* Only output is left, whose reader is slow. */
	run->done_at = loop_now(run->loop);
	if (request > 1)
		output_abandon(&run->output);
	output_end(&run->output, flush_deadline(run));
}

static void
on_child(void *arg)
{
	struct run *run = arg;

	sweep_child(&run->sweep);
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
resume(void *arg)
{
	struct run *run = arg;

	terminal_continue(&run->terminal);
	supervisor_resume(run->supervisor);
}

static void
forward(void *arg, int signal)
{
	struct run *run = arg;

	supervisor_forward(run->supervisor, signal);
}

/* During a look-up nobody is there yet who could act upon it: be quick. */
static bool
is_ready(void *arg)
{
	struct run *run = arg;

	if (run->supervisor == NULL)
		loop_stop(run->loop);
	return run->supervisor != NULL;
}

static const struct signal_handlers handlers = {
	.ready = is_ready,
	.stop = on_stop,
	.child = on_child,
	.suspend = suspend,
	.resume = resume,
	.forward = forward,
};

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
	run->loop = loop_new(run->service.http, err);
	if (run->loop == NULL || signal_watch_open(&run->signals, run->loop,
				     run->inherited, &handlers, run, err) == -1)
		return -1;
	return output_open(&run->output, run->loop, on_room, run, err);
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
		.writer = run->output.writer,
		.inherited = run->inherited,
		.sweep = &run->sweep,
		.terminal = &run->terminal,
		.options = &run->options,
		.timeouts =
		    run->lookup == NULL ? NULL : timeouts_found(run->lookup),
		.task = &run->task,
		.record_file = &run->record_file,
		.label = "",
		.argv = run->options.words,
		.done = on_done,
		.suspended = suspend,
		.arg = run,
	};

	if (record_file_open(&run->record_file, &run->options, err) == -1)
		return -1;
	run->guard_path = guard_find(err);
	if (run->guard_path == NULL)
		return -1;
	setup.guard_path = run->guard_path;
	if (sweep_open(&run->sweep, run->loop, run->inherited, err) == -1)
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
	output_log(&run->output);
	supervisor_begin(run->supervisor);
	loop_run(run->loop);
	status = supervisor_exit_status(run->supervisor);
	output_last_words(&run->output);
	return status;
}

static void
close_all(struct run *run)
{
	terminal_take(&run->terminal);
	supervisor_free(run->supervisor);
	timeouts_drop(run->lookup);
	timeouts_free(run->timeouts);
	sweep_close(&run->sweep);
	record_file_close(&run->record_file);
	free(run->guard_path);
	output_close(&run->output);
	signal_watch_close(&run->signals);
	loop_free(run->loop);
	service_close(&run->service);
	swf_task_clear(&run->task);
	options_clear(&run->options);
}

int
run_main(int argc, char **argv, struct inherited *inherited)
{
	struct run run = { .inherited = inherited, .record_file.fd = -1 };
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
