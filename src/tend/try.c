/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "tend/try.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "aws/http.h"
#include "base/instant.h"
#include "base/log.h"
#include "process/writer.h"
#include "tend/foreground.h"
#include "tend/loop.h"
#include "tend/onlooker.h"
#include "tend/options.h"
#include "tend/screen.h"
#include "tend/stage.h"
#include "tend/story.h"

/* A history of a thousand events, each of them with a long line. */
enum { STORY_MAX = 4 * 1024 * 1024 };

struct
try {
	struct options options;
	struct onlooker onlooker;
	struct http *http;
	struct foreground foreground;
	struct screen screen;
	struct stage *stage;
	struct loop_timer cancel_timer;
	bool set;           /* the stage is */
	bool lost;          /* swf-local has ended too early */
	struct err problem; /* if the stage could not be set */
};

/* ---- while the command runs ---- */

static void
on_canceled(void *arg, const struct err *problem)
{
	(void)arg;
	if (problem != NULL)
		log_warning("the cancellation could not be requested: %s",
		    problem->text);
}

static void
on_cancel_timer(void *arg)
{
	struct try *try = arg;

	log_info("the cancellation of the workflow is requested");
	stage_cancel(try->stage, on_canceled, try);
}

static void
on_started(void *arg)
{
	struct try *try = arg;
	struct loop *loop = try->foreground.loop;

	loop_timer_set(loop, &try->cancel_timer,
	    instant_add(loop_now(loop), try->options.try.cancel_after));
}

static void
on_lost(void *arg)
{
	struct try *try = arg;

	if (!try->set || try->foreground.ended)
		return;
	try->lost = true;
	log_error("swf-local has ended before the command: it is stopped");
	foreground_stop(&try->foreground, SIGTERM);
}

static void
on_beat_sent(void *arg, const char *details)
{
	struct try *try = arg;

	screen_beat_sent(&try->screen, details);
}

static void
on_beat_answered(void *arg, const struct activity_event *event, int64_t lease)
{
	struct try *try = arg;

	screen_beat_answered(&try->screen, event, lease);
}

static void
on_before_output(void *arg, enum writer_stream stream, bool own)
{
	struct try *try = arg;

	screen_before_output(&try->screen, stream, own);
}

static void
on_after_output(void *arg, enum writer_stream stream, const char *data,
    size_t len)
{
	struct try *try = arg;

	screen_after_output(&try->screen, stream, data, len);
}

static void
on_suspended(void *arg)
{
	struct try *try = arg;

	screen_suspend(&try->screen);
}

/* ---- the end ---- */

/* In a log of JSON, everything is. */
static void
log_history(char *lines)
{
	for (char *line = strsep(&lines, "\n"); line != NULL && *line != '\0';
	     line = strsep(&lines, "\n"))
		log_info("%s", line);
}

static void
print_history(struct try *try)
{
	struct buf text = BUF_INIT(STORY_MAX);

	if (try->options.log_format == LOG_JSON) {
		story_write(stage_history(try->stage), false, &text);
		log_history(text.data);
	} else {
		(void)buf_string(&text, "\nThe history that SWF has of it:\n");
		story_write(stage_history(try->stage), try->screen.color,
		    &text);
		screen_before_output(&try->screen, WRITER_STDERR, true);
		(void)writer_put(try->foreground.output.writer, WRITER_STDERR,
		    text.data, text.len);
	}
	buf_clear(&text);
}

static void
on_told(void *arg, const struct err *problem)
{
	struct try *try = arg;

	if (problem == NULL)
		print_history(try);
	else if (!try->lost)
		log_warning("the history cannot be read: %s", problem->text);
	foreground_finish(&try->foreground);
}

static void
on_ended(void *arg)
{
	struct try *try = arg;

	loop_timer_set(try->foreground.loop, &try->cancel_timer, INSTANT_NEVER);
	screen_hide(&try->screen);
	stage_tell(try->stage, on_told, try);
}

/* ---- life ---- */

/* What can be found wrong before anything is started. */
static int
check(const struct options *options, struct err *err)
{
	if (options->heartbeat_auto)
		return err_set(err,
		    "--heartbeat-timeout: 'auto' is for tasks "
		    "that are given; here you give the timeout, "
		    "e.g. 10s, or none");
	if (options->heartbeat_timeout != INSTANT_NEVER &&
	    options->heartbeat_timeout % 1000 != 0)
		return err_set(err, "--heartbeat-timeout: SWF's timeouts are "
				    "whole seconds");
	if (options->try.input_text == NULL &&
	    (options->input == INPUT_STDIN || options->input == INPUT_FILE))
		return err_set(err, "--input: the task has no input; give it "
				    "one with --input-text");
	return foreground_check(options, "try", err);
}

static void
look_on(struct try *try)
{
	try->onlooker = (struct onlooker){
		.started = on_started,
		.beat_sent = on_beat_sent,
		.beat_answered = on_beat_answered,
		.before_output = on_before_output,
		.after_output = on_after_output,
		.ended = on_ended,
		.suspended = on_suspended,
		.arg = try,
		.one_stream = try->screen.one_stream,
	};
}

static int
open_loop(struct try *try, struct inherited *inherited, struct err *err)
{
	const struct http_config http = {
		.user_agent = "tend/" PACKAGE_VERSION,
		.allow_plain = true,
	};
	struct foreground_setup setup = {
		.inherited = inherited,
		.options = &try->options,
		.onlooker = &try->onlooker,
	};

	try->http = http_new(&http, err);
	if (try->http == NULL)
		return -1;
	setup.http = try->http;
	screen_init(&try->screen, &try->foreground, &try->options);
	look_on(try);
	try->cancel_timer.call = on_cancel_timer;
	try->cancel_timer.arg = try;
	return foreground_open(&try->foreground, &setup, err);
}

static void
on_set(void *arg, const struct err *problem)
{
	struct try *try = arg;

	try->set = problem == NULL;
	if (problem != NULL)
		try->problem = *problem;
	loop_stop(try->foreground.loop);
}

/* Runs the loop until the task is there.  Returns 0, or -1 with "err". */
static int
set_stage(struct try *try, const struct inherited *inherited, struct err *err)
{
	const struct stage_setup setup = {
		.loop = try->foreground.loop,
		.http = try->http,
		.inherited = inherited,
		.input = try->options.try.input_text,
		.heartbeat_timeout = try->options.heartbeat_timeout,
		.start_to_close = try->options.try.lose_after,
		.lost = on_lost,
		.arg = try,
	};

	(void)err_set(&try->problem, "interrupted");
	try->stage = stage_new(&setup, err);
	if (try->stage == NULL)
		return -1;
	stage_set(try->stage, on_set, try);
	loop_run(try->foreground.loop);
	if (!try->set)
		return err_set(err, "%s", try->problem.text);
	log_info("swf-local is at %s for this run", stage_url(try->stage));
	try->options.domain = STAGE_DOMAIN;
	return foreground_prepare(&try->foreground, stage_client(try->stage),
	    stage_task(try->stage), NULL, err);
}

static int
perform(struct try *try, struct inherited *inherited)
{
	struct err err;
	int status;

	if (check(&try->options, &err) == -1 ||
	    open_loop(try, inherited, &err) == -1 ||
	    set_stage(try, inherited, &err) == -1) {
		status = foreground_interrupted(&try->foreground);
		if (status != 0)
			return 128 + status;
		log_error("%s", err.text);
		return TEND_EXIT_ERROR;
	}
	screen_show(&try->screen);
	status = foreground_supervise(&try->foreground);
	return try->lost ? TEND_EXIT_ERROR : status;
}

int
try_main(int argc, char **argv, struct inherited *inherited)
{
	struct try try = { 0 };
	struct err err;
	int status;

	if (options_read(&try.options, OPTIONS_TRY, argc, argv, &err) == -1) {
		log_error("%s", err.text);
		options_clear(&try.options);
		return TEND_EXIT_ERROR;
	}
	if (try.options.help) {
		options_clear(&try.options);
		return options_help(stdout, OPTIONS_TRY) == 0 ? 0
							      : TEND_EXIT_ERROR;
	}
	log_set_level(try.options.log_level);
	log_set_format(try.options.log_format);
	status = perform(&try, inherited);
	stage_free(try.stage);
	foreground_close(&try.foreground);
	screen_clear(&try.screen);
	http_free(try.http);
	options_clear(&try.options);
	return status;
}
