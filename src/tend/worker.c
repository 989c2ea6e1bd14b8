/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "tend/worker.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "aws/swf.h"
#include "aws/wire.h"
#include "base/buf.h"
#include "base/instant.h"
#include "base/log.h"
#include "base/mem.h"
#include "process/guard.h"
#include "process/inherited.h"
#include "process/terminal.h"
#include "process/writer.h"
#include "tend/loop.h"
#include "tend/manager.h"
#include "tend/options.h"
#include "tend/output.h"
#include "tend/poller.h"
#include "tend/record.h"
#include "tend/recovery.h"
#include "tend/registration.h"
#include "tend/routes.h"
#include "tend/service.h"
#include "tend/signal_watch.h"
#include "tend/slots.h"
#include "tend/spooling.h"
#include "tend/streams.h"
#include "tend/sweep.h"
#include "tend/timeouts.h"
#include "text/duration.h"
#include "text/signame.h"
#include "text/utf8.h"

enum {
	/* What a stop deadline keeps for the ladder and the reports, ms. */
	LADDER_LEAST = 3000,
	/* And for tend's own end after them. */
	ENDING = 500,
	LAST_WORDS = 400,
	/* Descriptors of a slot: guard, output, calls; and of all else. */
	FILES_EACH = 6,
	FILES_OTHER = 64,
	/* The signal that makes an exit status of 128+n. */
	SIGNALLED = 128,
	HOST_NAME = 256
};

struct worker {
	struct inherited *inherited;
	struct options options;
	char *identity;
	struct service service;
	struct loop *loop;
	struct output output;
	struct signal_watch signals;
	struct manager manager;
	struct sweep sweep;
	struct record_file record_file;
	struct spooling spooling;
	struct recovery *recovery; /* of what others have left */
	char *guard_path;
	struct terminal no_terminal;
	struct routes *routes;
	struct registration *registration;
	struct poller *poller;
	struct timeouts *timeouts; /* NULL: they are given */
	struct slots slots;
	struct loop_timer idle_timer;
	struct loop_timer drain_timer; /* what runs is stopped */
	struct loop_timer end_timer;   /* the stop deadline */
	bool draining;
	bool stopping; /* the ladder has begun for all */
	bool leaving;  /* polls are no longer waited for */
	bool ended;    /* only output may be left */
	int signal;    /* that began the drain; 0: none */
	int64_t ends_at;
	int status;
};

/* ---- the end ---- */

/* A reader that is slow has a moment; for what tend says itself even then. */
static int64_t
flush_deadline(const struct worker *worker)
{
	int64_t now = loop_now(worker->loop);

	if (worker->leaving)
		return now + LAST_WORDS;
	return worker->signal == 0 ? INSTANT_NEVER
				   : instant_min(now + OUTPUT_UNDELIVERED_AFTER,
					 worker->ends_at);
}

static void
end(struct worker *worker)
{
	size_t polls = poller_outstanding(worker->poller);

	if (worker->ended)
		return;
	worker->ended = true;
	if (polls > 0 && worker->status != TEND_EXIT_ERROR)
		log_warning("%zu poll%s not let return: a task that SWF has "
			    "given to one of them is lost until it times out",
		    polls, polls == 1 ? " was" : "s were");
	output_end(&worker->output, flush_deadline(worker));
}

static void
check_end(struct worker *worker)
{
	if (!worker->draining || worker->slots.used > 0)
		return;
	if (worker->leaving || poller_outstanding(worker->poller) == 0)
		end(worker);
}

/* No new polls from here on. */
static void
drain(struct worker *worker, const char *why)
{
	size_t polls = poller_outstanding(worker->poller);

	if (worker->draining)
		return;
	worker->draining = true;
	poller_stop(worker->poller);
	loop_timer_set(worker->loop, &worker->idle_timer, INSTANT_NEVER);
	log_info("%s: draining: %zu task%s in hand, %zu poll%s to return", why,
	    worker->slots.used, worker->slots.used == 1 ? "" : "s", polls,
	    polls == 1 ? "" : "s");
}

/* What still runs is stopped, and reported by the stop deadline. */
static void
stop_all(struct worker *worker)
{
	int64_t left = worker->ends_at - loop_now(worker->loop);

	worker->stopping = true;
	loop_timer_set(worker->loop, &worker->drain_timer, INSTANT_NEVER);
	slots_stop(&worker->slots, worker->signal, left > 0 ? left : 1);
}

static void
on_drain_timer(void *arg)
{
	struct worker *worker = arg;

	if (worker->slots.used > 0)
		log_info("the drain is over: %zu task%s stopped",
		    worker->slots.used,
		    worker->slots.used == 1 ? " is" : "s are");
	stop_all(worker);
}

/* The stop deadline: whoever told tend to stop is about to kill it. */
static void
on_end_timer(void *arg)
{
	struct worker *worker = arg;

	worker->leaving = true;
	end(worker);
}

static void
first_request(struct worker *worker, int signal)
{
	const struct options *options = &worker->options;
	int64_t now = loop_now(worker->loop);
	char name[SIGNAME_TEXT];

	worker->signal = signal;
	worker->ends_at = now + options->stop_deadline - ENDING;
	signame_format(signal, name);
	drain(worker, name);
	registration_free(worker->registration);
	worker->registration = NULL;
	loop_timer_set(worker->loop, &worker->drain_timer,
	    now + instant_min(options->drain_timeout,
		      options->stop_deadline - LADDER_LEAST));
	loop_timer_set(worker->loop, &worker->end_timer,
	    worker->ends_at + ENDING);
	check_end(worker);
}

/* SIGKILL, and out as soon as nobody is left. */
static void
third_request(struct worker *worker)
{
	worker->leaving = true;
	worker->status = SIGNALLED + worker->signal;
	stop_all(worker);
	stop_all(worker);
	check_end(worker);
}

static void
on_stop(void *arg, int signal, int request)
{
	struct worker *worker = arg;

	if (request == 1)
		manager_stopping(&worker->manager);
	if (worker->ended) {
		/* Only output is left, whose reader is slow. */
		if (worker->signal == 0) {
			worker->signal = signal;
			worker->ends_at = INSTANT_NEVER;
		}
		worker->leaving = request > 1;
		output_end(&worker->output, flush_deadline(worker));
	} else if (request == 1) {
		first_request(worker, signal);
	} else if (request == 2) {
		stop_all(worker);
	} else if (request == 3) {
		third_request(worker);
	}
}

/* ---- other signals ---- */

static void
on_child(void *arg)
{
	struct worker *worker = arg;

	sweep_child(&worker->sweep);
}

static void
on_suspend(void *arg)
{
	struct worker *worker = arg;

	slots_suspend(&worker->slots);
	terminal_suspend(&worker->no_terminal);
	loop_refresh(worker->loop);
}

static void
on_resume(void *arg)
{
	struct worker *worker = arg;

	slots_resume(&worker->slots);
}

/* A HUP is for a program that has one configuration, not for many commands. */
static void
on_forward(void *arg, int signal)
{
	struct worker *worker = arg;

	if (signal != SIGHUP)
		slots_forward(&worker->slots, signal);
}

static const struct signal_handlers handlers = {
	.stop = on_stop,
	.child = on_child,
	.suspend = on_suspend,
	.resume = on_resume,
	.forward = on_forward,
};

/* ---- tasks ---- */

static void
watch_idleness(struct worker *worker)
{
	bool idle = worker->slots.used == 0 && !worker->draining;

	loop_timer_set(worker->loop, &worker->idle_timer,
	    idle
		? instant_add(loop_now(worker->loop), worker->options.idle_exit)
		: INSTANT_NEVER);
}

static void
on_idle(void *arg)
{
	struct worker *worker = arg;
	char text[DURATION_TEXT];
	struct err why;

	duration_format(worker->options.idle_exit, text);
	(void)err_set(&why, "no task for %s", text);
	drain(worker, why.text);
	check_end(worker);
}

/*
 * While nobody takes what the commands print no further ones are begun:
 * what those that end leave queued would add up.
 */
static size_t
free_slots(void *arg)
{
	struct worker *worker = arg;
	bool room = writer_has_room(worker->output.writer, WRITER_STDOUT);

	if (!writer_has_room(worker->output.writer, WRITER_STDERR) || !room)
		return 0;
	return worker->options.slots - worker->slots.used;
}

static int64_t
report_until(const struct worker *worker)
{
	int64_t until =
	    instant_add(loop_now(worker->loop), worker->options.report_timeout);

	return worker->signal == 0 ? until
				   : instant_min(until, worker->ends_at);
}

static void
fail_as_unknown(struct worker *worker, struct swf_task *task)
{
	struct buf reason = BUF_INIT(1 << 20);

	(void)buf_format(&reason, "unknown activity type %s:%s; known: ",
	    task->activity_name == NULL ? "?" : task->activity_name,
	    task->activity_version == NULL ? "?" : task->activity_version);
	routes_list(worker->routes, &reason);
	slots_fail(&worker->slots, task,
	    reason.data == NULL ? "unknown activity type" : reason.data,
	    report_until(worker));
	buf_clear(&reason);
}

static void
on_task(void *arg, struct swf_task *task)
{
	struct worker *worker = arg;
	char *const *argv = routes_find(worker->routes, task->activity_name,
	    task->activity_version);

	if (worker->stopping ||
	    (worker->signal != 0 && worker->options.drain_fails))
		slots_fail_stopped(&worker->slots, task, worker->signal,
		    report_until(worker));
	else if (argv == NULL)
		fail_as_unknown(worker, task);
	else
		slots_run(&worker->slots, task, argv);
	manager_used(&worker->manager, worker->slots.used);
	watch_idleness(worker);
}

static void
on_poll_ended(void *arg)
{
	struct worker *worker = arg;

	if (poller_is_over(worker->poller))
		drain(worker, "all tasks of --max-tasks have come in");
	check_end(worker);
}

static void
give_up(struct worker *worker, const struct err *why)
{
	log_error("%s", why->text);
	worker->status = TEND_EXIT_ERROR;
	worker->leaving = true;
	worker->draining = true;
	check_end(worker);
}

static void
on_refused(void *arg, const struct err *why)
{
	give_up(arg, why);
}

static void
on_executed(void *arg, enum slots_start how)
{
	struct worker *worker = arg;

	if (how == SLOTS_EXECUTED)
		poller_executed(worker->poller);
	else
		poller_unexecuted(worker->poller, how == SLOTS_UNPREPARED);
}

static void
on_freed(void *arg)
{
	struct worker *worker = arg;

	manager_used(&worker->manager, worker->slots.used);
	if (worker->slots.used == 0)
		watch_idleness(worker);
	poller_update(worker->poller);
	check_end(worker);
}

static void
on_room(void *arg)
{
	struct worker *worker = arg;

	slots_writable(&worker->slots);
	poller_update(worker->poller);
}

/* ---- life ---- */

static int
check_name(const char *option, const char *name, size_t most, struct err *err)
{
	size_t len;

	if (name == NULL)
		return err_set(err, "no %s: give --%s", option, option);
	len = strlen(name);
	if (!utf8_valid(name, len) || utf8_units(name, len) > most)
		return err_set(err,
		    "--%s: at most %zu characters of UTF-8 are "
		    "possible",
		    option, most);
	return 0;
}

static int
check_output(struct options *options, struct err *err)
{
	if (options->output == OUTPUT_DEFAULT)
		options->output =
		    options->slots == 1 ? OUTPUT_RAW : OUTPUT_PREFIX;
	if (options->output == OUTPUT_RAW && options->slots > 1)
		return err_set(err,
		    "--output: raw mixes what the commands of "
		    "%zu slots print: take prefix, json or none",
		    options->slots);
	return streams_check(options, err);
}

/* What can be found wrong before anything is opened. */
static int
check(struct worker *worker, struct err *err)
{
	struct options *options = &worker->options;

	if (options->word_count == 0 && options->activities.count == 0)
		return err_set(err,
		    "no command: give --activity, or tend worker "
		    "[OPTION]... [--] COMMAND [ARG]...; see 'tend worker "
		    "--help'");
	if (check_name("domain", options->domain, SWF_NAME_MAX, err) == -1 ||
	    check_name("task-list", options->task_list, SWF_NAME_MAX, err) ==
		-1 ||
	    check_name("identity", worker->identity, SWF_IDENTITY_MAX, err) ==
		-1)
		return -1;
	if (registration_check(options, err) == -1)
		return -1;
	return check_output(options, err);
}

static int
check_files(const struct worker *worker, struct err *err)
{
	unsigned long long need = FILES_EACH * worker->options.slots +
				  worker->options.max_polls + FILES_OTHER;
	unsigned long long have = inherited_raise_files(worker->inherited);

	if (worker->options.spool != NULL)
		need += SPOOL_SCAN_FILES;
	if (have >= need)
		return 0;
	return err_set(err,
	    "--slots: %zu slots need %llu descriptors, and the "
	    "limit is %llu: raise it (ulimit -Hn), or take fewer slots",
	    worker->options.slots, need, have);
}

static void
set_timers(struct worker *worker)
{
	worker->idle_timer.call = on_idle;
	worker->drain_timer.call = on_drain_timer;
	worker->end_timer.call = on_end_timer;
	worker->idle_timer.arg = worker;
	worker->drain_timer.arg = worker;
	worker->end_timer.arg = worker;
}

static int
open_loop(struct worker *worker, struct err *err)
{
	worker->loop = loop_new(worker->service.http, err);
	if (worker->loop == NULL ||
	    signal_watch_open(&worker->signals, worker->loop, worker->inherited,
		&handlers, worker, err) == -1 ||
	    output_open(&worker->output, worker->loop, on_room, worker, err) ==
		-1)
		return -1;
	set_timers(worker);
	if (spooling_open(&worker->spooling, worker->loop, &worker->options,
		&worker->service.settings.endpoint, true, err) == -1)
		return -1;
	return sweep_open(&worker->sweep, worker->loop, worker->inherited, err);
}

static void
open_slots(struct worker *worker)
{
	if (worker->options.heartbeat_auto)
		worker->timeouts = timeouts_new(worker->loop,
		    worker->service.client, worker->options.domain);
	worker->slots = (struct slots){
		.setup = {
			.loop = worker->loop,
			.client = worker->service.client,
			.writer = worker->output.writer,
			.inherited = worker->inherited,
			.sweep = &worker->sweep,
			.terminal = &worker->no_terminal,
			.spooling = &worker->spooling,
			.options = &worker->options,
			.record_file = &worker->record_file,
			.guard_path = worker->guard_path,
		},
		.timeouts = worker->timeouts,
		.executed = on_executed,
		.freed = on_freed,
		.arg = worker,
	};
	slots_init(&worker->slots);
}

static void
open_poller(struct worker *worker)
{
	const struct options *options = &worker->options;
	const struct poller_setup setup = {
		.loop = worker->loop,
		.client = worker->service.client,
		.domain = options->domain,
		.task_list = options->task_list,
		.identity = worker->identity,
		.max_polls = options->max_polls,
		.max_tasks = options->max_tasks,
		.free_slots = free_slots,
		.task = on_task,
		.ended = on_poll_ended,
		.refused = on_refused,
		.arg = worker,
	};

	worker->poller = poller_new(&setup);
}

/* What tend was started with is not the commands', nor needed here. */
static void
let_go(struct worker *worker)
{
	int null;

	inherited_close(worker->inherited);
	if (worker->options.input == INPUT_INHERIT)
		return;
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null == -1)
		return;
	(void)dup2(null, STDIN_FILENO);
	(void)close(null);
}

static int
open_all(struct worker *worker, struct err *err)
{
	if (check(worker, err) == -1)
		return -1;
	worker->routes = routes_new(&worker->options, err);
	worker->guard_path = guard_find(err);
	if (worker->routes == NULL || worker->guard_path == NULL ||
	    check_files(worker, err) == -1 ||
	    record_file_open(&worker->record_file, &worker->options, err) == -1)
		return -1;
	let_go(worker);
	if (service_open(&worker->service, &worker->options, err) == -1 ||
	    open_loop(worker, err) == -1)
		return -1;
	manager_open(&worker->manager, worker->loop, worker->options.slots);
	open_slots(worker);
	open_poller(worker);
	return 0;
}

static void
begin_polling(struct worker *worker)
{
	log_info("polling task list %s of domain %s, %zu slot%s",
	    worker->options.task_list, worker->options.domain,
	    worker->options.slots, worker->options.slots == 1 ? "" : "s");
	watch_idleness(worker);
	poller_update(worker->poller);
	manager_ready(&worker->manager);
}

static void
on_registered(void *arg, const struct err *problem)
{
	struct worker *worker = arg;

	if (problem != NULL)
		give_up(worker, problem);
	else
		begin_polling(worker);
}

/* Nothing runs that another tend has left: there may be new tasks. */
static void
on_cleared(void *arg)
{
	struct worker *worker = arg;

	if (worker->draining)
		return;
	if (worker->options.registers.count == 0)
		begin_polling(worker);
	else
		worker->registration =
		    registration_new(worker->loop, worker->service.client,
			&worker->options, on_registered, worker);
}

static void
on_recovered(void *arg, size_t left)
{
	(void)arg;
	if (left > 0)
		log_warning("%zu record%s left in the spool: 'tend flush' "
			    "tries again",
		    left, left == 1 ? " is" : "s are");
}

/* What others have left is reported meanwhile. */
static void
recover(struct worker *worker)
{
	const struct recovery_setup setup = {
		.loop = worker->loop,
		.client = worker->service.client,
		.spooling = &worker->spooling,
		.until = instant_add(loop_now(worker->loop),
		    worker->options.report_timeout),
		.cleared = on_cleared,
		.done = on_recovered,
		.arg = worker,
	};

	worker->recovery = recovery_new(&setup);
}

static int
work(struct worker *worker)
{
	output_log(&worker->output);
	if (worker->spooling.spool != NULL)
		recover(worker);
	else
		on_cleared(worker);
	loop_run(worker->loop);
	output_last_words(&worker->output);
	return worker->status;
}

static void
close_all(struct worker *worker)
{
	registration_free(worker->registration);
	poller_free(worker->poller);
	slots_clear(&worker->slots);
	recovery_free(worker->recovery);
	spooling_close(&worker->spooling);
	timeouts_free(worker->timeouts);
	manager_close(&worker->manager);
	sweep_close(&worker->sweep);
	record_file_close(&worker->record_file);
	output_close(&worker->output);
	signal_watch_close(&worker->signals);
	loop_free(worker->loop);
	service_close(&worker->service);
	routes_free(worker->routes);
	free(worker->guard_path);
	free(worker->identity);
	options_clear(&worker->options);
}

static char *
make_identity(const struct options *options)
{
	char host[HOST_NAME] = "";

	if (options->identity != NULL)
		return mem_string(options->identity);
	if (gethostname(host, sizeof(host) - 1) == -1)
		host[0] = '\0';
	return mem_format("%.200s:%d", host, (int)getpid());
}

int
worker_main(int argc, char **argv, struct inherited *inherited)
{
	struct worker worker = { .inherited = inherited, .record_file.fd = -1 };
	struct options *options = &worker.options;
	struct err err;
	int status = TEND_EXIT_ERROR;

	if (options_read(options, OPTIONS_WORKER, argc, argv, &err) == -1) {
		log_error("%s", err.text);
		options_clear(options);
		return TEND_EXIT_ERROR;
	}
	if (options->help) {
		options_help(stdout, OPTIONS_WORKER);
		options_clear(options);
		return fflush(stdout) == 0 ? 0 : TEND_EXIT_ERROR;
	}
	log_set_level(options->log_level);
	log_set_format(options->log_format);
	worker.identity = make_identity(options);
	if (open_all(&worker, &err) == -1)
		log_error("%s", err.text);
	else
		status = work(&worker);
	close_all(&worker);
	return status;
}
