/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "tend/run.h"

#include <stdio.h>

#include "aws/swf.h"
#include "base/instant.h"
#include "base/log.h"
#include "tend/foreground.h"
#include "tend/loop.h"
#include "tend/options.h"
#include "tend/service.h"
#include "tend/task.h"
#include "tend/timeouts.h"

struct run {
	struct options options;
	struct swf_task task;
	struct service service;
	struct foreground foreground;
	struct timeouts *timeouts; /* NULL: they are given */
	struct timeouts_lookup *lookup;
	struct loop_timer moment_timer;
	bool prepared;
};

/* What can be found wrong before anything is opened. */
static int
check(const struct options *options, struct err *err)
{
	bool asks =
	    options->input == INPUT_STDIN || options->input == INPUT_FILE;

	if (options->word_count > 0 && asks && options->task == NULL)
		return err_set(err, "--input: the task's input is known only "
				    "with --task");
	if (options->word_count > 0 && options->heartbeat_auto &&
	    (options->task == NULL || options->domain == NULL))
		return err_set(err, "--heartbeat-timeout: 'auto' looks the "
				    "task up and needs --task and --domain; "
				    "or give the timeout, e.g. 60s, or none");
	return foreground_check(options, "run", err);
}

/* ---- --heartbeat-timeout auto ---- */

static void
on_found(void *arg, const struct timeouts_found *found)
{
	struct run *run = arg;

	if (run->prepared)
		foreground_timeouts(&run->foreground, found);
	else
		loop_stop(run->foreground.loop);
}

static void
on_moment(void *arg)
{
	struct run *run = arg;

	loop_stop(run->foreground.loop);
}

/*
 * Usually the answer is there before anything is started, and the command can
 * have it in its environment; else the start does not wait for it.
 */
static int
look_up(struct run *run, struct err *err)
{
	struct loop *loop = run->foreground.loop;

	if (!run->options.heartbeat_auto)
		return 0;
	if (!timeouts_can_look_up(&run->task))
		return err_set(err,
		    "--heartbeat-timeout: 'auto' needs the whole task: %s "
		    "names neither its execution and start nor its type",
		    run->options.task);
	run->timeouts =
	    timeouts_new(loop, run->service.client, run->options.domain, NULL);
	run->lookup = timeouts_look_up(run->timeouts, &run->task, INSTANT_NEVER,
	    on_found, run);
	run->moment_timer.call = on_moment;
	run->moment_timer.arg = run;
	loop_timer_set(loop, &run->moment_timer,
	    loop_now(loop) + TIMEOUTS_MOMENT);
	loop_run(loop);
	loop_timer_set(loop, &run->moment_timer, INSTANT_NEVER);
	return 0;
}

/* ---- life ---- */

static int
open_all(struct run *run, struct inherited *inherited, struct err *err)
{
	struct foreground_setup setup = {
		.inherited = inherited,
		.options = &run->options,
	};

	if (check(&run->options, err) == -1 ||
	    task_read(&run->task, &run->options, err) == -1 ||
	    service_open(&run->service, &run->options, err) == -1)
		return -1;
	setup.http = run->service.http;
	setup.endpoint = &run->service.settings.endpoint;
	if (foreground_open(&run->foreground, &setup, err) == -1)
		return -1;
	service_start(&run->service, run->foreground.loop, inherited);
	if (look_up(run, err) == -1 ||
	    foreground_prepare(&run->foreground, run->service.client,
		&run->task,
		run->lookup == NULL ? NULL : timeouts_found(run->lookup),
		err) == -1)
		return -1;
	run->prepared = true;
	return 0;
}

int
run_main(int argc, char **argv, struct inherited *inherited)
{
	struct run run = { 0 };
	struct err err;
	int status = TEND_EXIT_ERROR;

	if (options_read(&run.options, OPTIONS_RUN, argc, argv, &err) == -1) {
		log_error("%s", err.text);
		options_clear(&run.options);
		return TEND_EXIT_ERROR;
	}
	if (run.options.help) {
		options_clear(&run.options);
		return options_help(stdout, OPTIONS_RUN) == 0 ? 0
							      : TEND_EXIT_ERROR;
	}
	log_set_level(run.options.log_level);
	log_set_format(run.options.log_format);
	if (open_all(&run, inherited, &err) == -1)
		log_error("%s", err.text);
	else
		status = foreground_supervise(&run.foreground);
	timeouts_drop(run.lookup);
	timeouts_free(run.timeouts);
	service_stop(&run.service);
	foreground_close(&run.foreground);
	service_close(&run.service);
	swf_task_clear(&run.task);
	options_clear(&run.options);
	return status;
}
