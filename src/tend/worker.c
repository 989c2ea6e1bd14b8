/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "tend/worker.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "aws/swf.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/instant.h"
#include "base/log.h"
#include "base/mem.h"
#include "process/guard.h"
#include "process/inherited.h"
#include "process/terminal.h"
#include "process/writer.h"
#include "tend/checkup.h"
#include "tend/drain.h"
#include "tend/listen.h"
#include "tend/loop.h"
#include "tend/manager.h"
#include "tend/numbers.h"
#include "tend/options.h"
#include "tend/output.h"
#include "tend/poller.h"
#include "tend/record.h"
#include "tend/registration.h"
#include "tend/routes.h"
#include "tend/service.h"
#include "tend/signal_watch.h"
#include "tend/slots.h"
#include "tend/spooling.h"
#include "tend/sweep.h"
#include "tend/takeover.h"
#include "tend/timeouts.h"
#include "tend/worker_check.h"
#include "text/duration.h"

enum { HOST_NAME = 256 };

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
	struct takeover takeover; /* of what others have left */
	char *guard_path;
	struct terminal no_terminal;
	struct routes *routes;
	struct registration *registration;
	struct poller *poller;
	struct timeouts *timeouts; /* NULL: they are given */
	struct slots slots;
	struct loop_timer idle_timer;
	struct drain drain;
	struct numbers numbers;
	struct checkup checkup;
	struct listen *listen; /* NULL: nobody can ask */
};

/* ---- signals ---- */

static void
on_stop(void *arg, int signal, int request)
{
	struct worker *worker = arg;

	if (request == 1)
		manager_stopping(&worker->manager);
	drain_stop(&worker->drain, signal, request);
}

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
	bool idle = worker->slots.used == 0 && !worker->drain.draining;

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
	drain_begin(&worker->drain, why.text);
	drain_check(&worker->drain);
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
	    drain_report_until(&worker->drain));
	buf_clear(&reason);
}

static void
on_task(void *arg, struct swf_task *task)
{
	struct worker *worker = arg;
	const struct drain *drain = &worker->drain;
	char *const *argv = routes_find(worker->routes, task->activity_name,
	    task->activity_version);

	if (drain->stopping ||
	    (drain->signal != 0 && worker->options.drain_fails))
		slots_fail_stopped(&worker->slots, task, drain->signal,
		    drain_report_until(drain));
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
		drain_begin(&worker->drain,
		    "all tasks of --max-tasks have come in");
	drain_check(&worker->drain);
}

static void
on_refused(void *arg, const struct err *why)
{
	struct worker *worker = arg;

	drain_give_up(&worker->drain, why);
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
	drain_check(&worker->drain);
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
open_loop(struct worker *worker, struct err *err)
{
	worker->loop = loop_new(worker->service.http, err);
	if (worker->loop == NULL ||
	    signal_watch_open(&worker->signals, worker->loop, worker->inherited,
		&handlers, worker, err) == -1 ||
	    output_open(&worker->output, worker->loop, on_room, worker, err) ==
		-1)
		return -1;
	worker->idle_timer.call = on_idle;
	worker->idle_timer.arg = worker;
	if (spooling_open(&worker->spooling, worker->loop, &worker->options,
		&worker->service.settings.endpoint, true, err) == -1)
		return -1;
	return sweep_open(&worker->sweep, worker->loop, worker->inherited, err);
}

static void
open_slots(struct worker *worker)
{
	if (worker->options.heartbeat_auto)
		worker->timeouts =
		    timeouts_new(worker->loop, worker->service.client,
			worker->options.domain, &worker->numbers);
	worker->slots = (struct slots){
		.setup = {
			.loop = worker->loop,
			.client = worker->service.client,
			.numbers = &worker->numbers,
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
		.numbers = &worker->numbers,
		.free_slots = free_slots,
		.task = on_task,
		.ended = on_poll_ended,
		.refused = on_refused,
		.arg = worker,
	};

	worker->poller = poller_new(&setup);
}

/* Types are no longer registered, and idleness is of no interest. */
static void
on_draining(void *arg)
{
	struct worker *worker = arg;

	registration_free(worker->registration);
	worker->registration = NULL;
	loop_timer_set(worker->loop, &worker->idle_timer, INSTANT_NEVER);
	/* Not by this tend any more. */
	worker->spooling.tries_again = false;
}

static void
open_drain(struct worker *worker)
{
	worker->drain = (struct drain){
		.loop = worker->loop,
		.options = &worker->options,
		.output = &worker->output,
		.poller = worker->poller,
		.slots = &worker->slots,
		.begun = on_draining,
		.arg = worker,
	};
	drain_init(&worker->drain);
}

static int
open_listen(struct worker *worker, struct err *err)
{
	struct listen_setup setup = {
		.loop = worker->loop,
		.place = worker->options.listen,
		.answer = checkup_answer,
		.arg = &worker->checkup,
	};

	worker->checkup = (struct checkup){
		.loop = worker->loop,
		.options = &worker->options,
		.numbers = &worker->numbers,
		.slots = &worker->slots,
		.poller = worker->poller,
		.drain = &worker->drain,
		.started_at = clock_wall(),
	};
	if (!worker->options.listening)
		return 0;
	worker->listen = listen_new(&setup, err);
	return worker->listen == NULL ? -1 : 0;
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
	if (worker_check(&worker->options, worker->identity, err) == -1)
		return -1;
	worker->routes = routes_new(&worker->options, err);
	worker->guard_path = guard_find(err);
	if (worker->routes == NULL || worker->guard_path == NULL ||
	    worker_check_files(&worker->options, worker->inherited, err) ==
		-1 ||
	    record_file_open(&worker->record_file, &worker->options, err) == -1)
		return -1;
	let_go(worker);
	if (service_open(&worker->service, &worker->options, err) == -1 ||
	    open_loop(worker, err) == -1)
		return -1;
	service_start(&worker->service, worker->loop, worker->inherited);
	manager_open(&worker->manager, worker->loop, worker->options.slots);
	open_slots(worker);
	open_poller(worker);
	open_drain(worker);
	return open_listen(worker, err);
}

static void
begin_polling(struct worker *worker)
{
	log_info("polling task list %s of domain %s, %zu slot%s",
	    worker->options.task_list, worker->options.domain,
	    worker->options.slots, worker->options.slots == 1 ? "" : "s");
	worker->checkup.begun = true;
	watch_idleness(worker);
	poller_update(worker->poller);
	manager_ready(&worker->manager);
}

static void
on_registered(void *arg, const struct err *problem)
{
	struct worker *worker = arg;

	if (problem != NULL)
		drain_give_up(&worker->drain, problem);
	else
		begin_polling(worker);
}

/* Nothing runs that another tend has left: there may be new tasks. */
static void
on_cleared(void *arg)
{
	struct worker *worker = arg;

	if (worker->drain.draining)
		return;
	if (worker->options.registers.count == 0)
		begin_polling(worker);
	else
		worker->registration =
		    registration_new(worker->loop, worker->service.client,
			&worker->options, on_registered, worker);
}

/* What others have left is reported meanwhile. */
static void
recover(struct worker *worker)
{
	const struct recovery_setup setup = {
		.loop = worker->loop,
		.client = worker->service.client,
		.spooling = &worker->spooling,
		.cleared = on_cleared,
		.arg = worker,
	};

	worker->spooling.tries_again = true;
	takeover_begin(&worker->takeover, &setup,
	    worker->options.report_timeout);
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
	return worker->drain.status;
}

static void
close_all(struct worker *worker)
{
	listen_free(worker->listen);
	drain_close(&worker->drain);
	registration_free(worker->registration);
	poller_free(worker->poller);
	slots_clear(&worker->slots);
	takeover_end(&worker->takeover);
	spooling_close(&worker->spooling);
	timeouts_free(worker->timeouts);
	manager_close(&worker->manager);
	service_stop(&worker->service);
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
		options_clear(options);
		return options_help(stdout, OPTIONS_WORKER) == 0
			   ? 0
			   : TEND_EXIT_ERROR;
	}
	numbers_init(&worker.numbers);
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
