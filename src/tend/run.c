/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "tend/run.h"

#include <stdio.h>

#include "aws/swf.h"
#include "base/log.h"
#include "tend/foreground.h"
#include "tend/options.h"
#include "tend/service.h"
#include "tend/task.h"

struct run {
	struct options options;
	struct swf_task task;
	struct service service;
	struct foreground foreground;
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
	return foreground_check(options, "run", err);
}

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
	if (foreground_open(&run->foreground, &setup, err) == -1)
		return -1;
	return foreground_prepare(&run->foreground, run->service.client,
	    &run->task, err);
}

int
run_main(int argc, char **argv, struct inherited *inherited)
{
	struct run run = { 0 };
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
	if (open_all(&run, inherited, &err) == -1)
		log_error("%s", err.text);
	else
		status = foreground_supervise(&run.foreground);
	foreground_close(&run.foreground);
	service_close(&run.service);
	swf_task_clear(&run.task);
	return status;
}
