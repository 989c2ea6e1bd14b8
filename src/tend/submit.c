/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "tend/submit.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "aws/swf_requests.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/instant.h"
#include "base/log.h"
#include "base/mem.h"
#include "process/inherited.h"
#include "process/signals.h"
#include "tend/ask.h"
#include "tend/attach.h"
#include "tend/fault.h"
#include "tend/file.h"
#include "tend/loop.h"
#include "tend/options.h"
#include "tend/order.h"
#include "tend/prepare.h"
#include "tend/service.h"
#include "tend/watch.h"
#include "text/utf8.h"

enum {
	CALL_TIMEOUT = 10 * 1000, /* ms */
	/* Of the activity's name, in a new workflow id. */
	NAME_UNITS = 180,
	HOST_MAX = 200
};

struct submit {
	struct inherited *inherited;
	struct options options;
	struct order order; /* empty with --attach */
	struct service service;
	struct asker asker;
	struct loop *loop;
	int signals; /* signalfd */
	struct loop_watch *signal_watch;
	struct signals_request stop_request;
	int stop_requests;
	int left_by; /* the signal that was the end of it; 0: none */
	char *workflow_id;
	char *decision_list;
	char *identity;
	struct prepare prepare;
	struct watch *watch;
	struct ask cancel;
};

/* ---- what is left open, and how to take it up ---- */

static const char *
run_id(const struct submit *submit)
{
	return submit->watch != NULL ? watch_run_id(submit->watch)
				     : submit->prepare.run_id;
}

static void
say_open(const struct submit *submit, const char *verb)
{
	char *command = attach_command(&submit->options, submit->workflow_id,
	    run_id(submit));

	log_error("workflow %s %s open; to take it up again: %s",
	    submit->workflow_id, verb, command);
	free(command);
}

/* ---- stopping ---- */

static void
leave(struct submit *submit, int signal)
{
	submit->left_by = signal;
	loop_stop(submit->loop);
}

static void
on_cancel(void *arg, const struct swf_answer *answer)
{
	struct submit *submit = arg;
	struct err err;

	/* Gone: it has just been closed. */
	if (answer->class == SWF_OK || answer->class == SWF_GONE) {
		watch_look(submit->watch);
		return;
	}
	fault_text(SWF_REQUEST_CANCEL_EXECUTION, answer, &err);
	log_error("the cancel was refused: %s", err.text);
}

/* Of an execution that is there. */
static void
request_cancel(struct submit *submit)
{
	static const struct ask_kind kind = { SWF_REQUEST_CANCEL_EXECUTION,
		CALL_TIMEOUT, INSTANT_NEVER };
	struct buf request = BUF_INIT(SWF_REQUEST_MAX);

	swf_request_cancel(&request, submit->options.domain,
	    submit->workflow_id, run_id(submit));
	ask_start(&submit->cancel, &submit->asker, &kind, &request, on_cancel,
	    submit);
}

/* Whether an execution is there, and surely the one that was started. */
static bool
is_ours(const struct submit *submit)
{
	return submit->watch != NULL &&
	       (!submit->prepare.doubtful ||
		   decider_last(watch_decider(submit->watch)) > 0);
}

/*
 * The first request: nothing is left behind if nothing was started; what may
 * have been started is canceled once that is known.
 */
static void
stop(struct submit *submit, int signal)
{
	if (submit->watch == NULL && !submit->prepare.may_be_started) {
		leave(submit, signal);
		return;
	}
	log_info("asking for a cancel, and waiting for the worker to stop; the "
		 "same signal again leaves at once");
	if (is_ours(submit))
		request_cancel(submit);
}

static void
on_signal(struct submit *submit, int signal)
{
	if (inherited_ignores(submit->inherited, signal) ||
	    signals_is_echo(&submit->stop_request, signal,
		loop_now(submit->loop)))
		return;
	if ((signal == SIGINT || signal == SIGTERM) &&
	    submit->stop_requests++ == 0)
		stop(submit, signal);
	else
		leave(submit, signal);
}

static void
on_signals(void *arg)
{
	struct submit *submit = arg;
	struct signal_info info;

	while (signals_next(submit->signals, &info))
		on_signal(submit, info.signal);
}

static int
watch_signals(struct submit *submit, struct err *err)
{
	submit->signals = signals_open();
	if (submit->signals == -1)
		return err_errno(err, "cannot receive signals");
	submit->signal_watch =
	    loop_watch(submit->loop, submit->signals, on_signals, submit, err);
	return submit->signal_watch == NULL ? -1 : 0;
}

/* ---- the way ---- */

static void
on_watched(void *arg)
{
	struct submit *submit = arg;

	loop_stop(submit->loop);
}

/* It was started from here after all. */
static void
on_same(void *arg)
{
	struct submit *submit = arg;

	if (submit->stop_requests > 0)
		request_cancel(submit);
}

static void
on_prepared(void *arg)
{
	struct submit *submit = arg;
	const struct watch_setup setup = {
		.asker = &submit->asker,
		.domain = submit->options.domain,
		.workflow_id = submit->workflow_id,
		.decision_list = submit->decision_list,
		.identity = submit->identity,
		.run_id = submit->prepare.run_id,
		.fresh = submit->options.submit.attach == NULL,
		.order = submit->prepare.doubtful ? &submit->order : NULL,
		.same = on_same,
		.done = on_watched,
		.arg = submit,
	};

	if (submit->prepare.end == PREPARE_FAILED) {
		loop_stop(submit->loop);
		return;
	}
	submit->watch = watch_new(&setup);
	if (submit->stop_requests > 0 && is_ours(submit))
		request_cancel(submit);
}

static void
begin(struct submit *submit)
{
	const struct options_submit *asked = &submit->options.submit;
	struct prepare_setup setup = {
		.asker = &submit->asker,
		.domain = submit->options.domain,
		.workflow_id = submit->workflow_id,
		.decision_list = submit->decision_list,
		.order = asked->attach == NULL ? &submit->order : NULL,
		.time_limit = asked->time_limit,
		.no_register = asked->no_register,
		.done = on_prepared,
		.arg = submit,
	};

	if (asked->run_id == NULL) {
		prepare_start(&submit->prepare, &setup);
		return;
	}
	submit->prepare.end = PREPARE_READY;
	submit->prepare.run_id = mem_string(asked->run_id);
	on_prepared(submit);
}

/* ---- the result ---- */

static int
write_all(const char *data, size_t len)
{
	struct pollfd ready = { .fd = STDOUT_FILENO, .events = POLLOUT };
	ssize_t n;

	while (len > 0) {
		n = write(STDOUT_FILENO, data, len);
		if (n == -1 && errno == EAGAIN)
			(void)poll(&ready, 1, -1);
		else if (n == -1 && errno != EINTR)
			return -1;
		if (n > 0) {
			data += n;
			len -= (size_t)n;
		}
	}
	return 0;
}

/*
 * To the byte; on a terminal the prompt gets a line of its own.  Nothing is
 * left to do, so a signal ends this process as it would any other.
 */
static int
write_result(const struct submit *submit, const char *result)
{
	size_t len = result == NULL ? 0 : strlen(result);

	signals_restore(submit->inherited);
	if (len == 0)
		return SUBMIT_EXIT_COMPLETED;
	if (write_all(result, len) == -1 ||
	    (result[len - 1] != '\n' && isatty(STDOUT_FILENO) == 1 &&
		write_all("\n", 1) == -1)) {
		log_error("the result cannot be written to stdout: %s",
		    strerror(errno));
		return TEND_EXIT_ERROR;
	}
	return SUBMIT_EXIT_COMPLETED;
}

/* SWF does not schedule it.  If that is for lack of a permission, say so. */
static void
say_refusal(const struct submit *submit)
{
	const char *cause = decider_refusal(watch_decider(submit->watch));

	if (cause == NULL || strcmp(cause, "ACTIVITY_TYPE_DOES_NOT_EXIST") != 0)
		return;
	if (*submit->prepare.denied.text != '\0')
		log_error("the activity type is missing and could not be "
			  "registered: %s",
		    submit->prepare.denied.text);
	else
		log_error("the activity type is missing%s",
		    submit->prepare.setup.no_register
			? ": register it, or leave --no-register out"
			: "");
}

static int
exit_status(const struct submit *submit)
{
	const struct decider *decider = watch_decider(submit->watch);

	switch (decider_end(decider)) {
	case DECIDER_COMPLETED:
		return write_result(submit, decider_result(decider));
	case DECIDER_FAILED:
		return SUBMIT_EXIT_FAILED;
	case DECIDER_CANCELED:
		return SUBMIT_EXIT_CANCELED;
	case DECIDER_TIMED_OUT:
		return SUBMIT_EXIT_TIMED_OUT;
	case DECIDER_TERMINATED:
		return SUBMIT_EXIT_TERMINATED;
	case DECIDER_REFUSED:
		say_refusal(submit);
		break;
	case DECIDER_OPEN:
		log_error("%s", watch_problem(submit->watch));
		say_open(submit, "stays");
		break;
	}
	return TEND_EXIT_ERROR;
}

/* A signal has ended it. */
static int
left(const struct submit *submit)
{
	if (submit->watch != NULL)
		say_open(submit, "stays");
	else if (submit->prepare.may_be_started)
		say_open(submit, "may have been started, and is then");
	else if (submit->prepare.setup.order != NULL)
		log_error("stopped before anything was started");
	return 128 + submit->left_by;
}

/* Both a signal and the end may have come in one wake-up: the end counts. */
static int
finish(const struct submit *submit)
{
	bool closed = submit->watch != NULL &&
		      decider_end(watch_decider(submit->watch)) != DECIDER_OPEN;

	if (submit->left_by != 0 && !closed)
		return left(submit);
	if (submit->watch != NULL)
		return exit_status(submit);
	log_error("%s", submit->prepare.problem.text);
	if (submit->prepare.may_be_started)
		say_open(submit, "may have been started, and is then");
	return TEND_EXIT_ERROR;
}

/* ---- what is submitted ---- */

static int
check_input(const struct buf *input, const char *what, struct err *err)
{
	size_t units;

	if (!utf8_valid(input->data == NULL ? "" : input->data, input->len))
		return err_set(err,
		    "%s: the input is no valid UTF-8 text, which is all that "
		    "SWF takes",
		    what);
	units = utf8_units(input->data == NULL ? "" : input->data, input->len);
	if (units > SWF_INPUT_MAX)
		return err_set(err,
		    "%s: the input has %zu characters; SWF takes %d", what,
		    units, SWF_INPUT_MAX);
	return 0;
}

/* Sets "input" to what the words and --input-text say; NULL for nothing. */
static int
read_input(const struct options *options, char **input, struct err *err)
{
	const char *text = options->submit.input_text;
	struct buf read = BUF_INIT(FILE_MAX);
	int status = 0;

	*input = NULL;
	if (text == NULL && options->word_count == 0)
		return 0;
	if (text != NULL && buf_string(&read, text) == -1)
		status = err_set(err, "--input-text: larger than 1 MiB");
	else if (text == NULL)
		status = file_argument(options->words[0], "INPUT", &read, err);
	if (status == 0)
		status = check_input(&read,
		    text != NULL ? "--input-text" : options->words[0], err);
	if (status == 0)
		*input = mem_copy(read.data == NULL ? "" : read.data, read.len);
	buf_clear(&read);
	return status;
}

static int
make_order(struct submit *submit, struct err *err)
{
	const struct options_submit *asked = &submit->options.submit;
	size_t name_len = strcspn(asked->activity, ":");
	struct order *order = &submit->order;

	order->name = mem_copy(asked->activity, name_len);
	order->version = mem_string(asked->activity + name_len + 1);
	if (asked->task_list != NULL)
		order->task_list = mem_string(asked->task_list);
	memcpy(order->timeouts, asked->timeouts, sizeof(order->timeouts));
	order->retries = asked->retries;
	return read_input(&submit->options, &order->input, err);
}

/* "encode-20261126T125329Z-1f0c8a2b": tells people what it is. */
static char *
new_workflow_id(const struct order *order)
{
	char when[CLOCK_TEXT];
	char digits[CLOCK_TEXT] = "";
	size_t len =
	    utf8_span(order->name, strlen(order->name), NAME_UNITS, UTF8_HEAD);

	clock_format(clock_wall(), when);
	when[strcspn(when, ".")] = '\0';
	for (const char *at = when; *at != '\0'; at++)
		if (*at != '-' && *at != ':')
			(void)strlcat(digits, (char[]){ *at, '\0' },
			    sizeof(digits));
	return mem_format("%.*s-%sZ-%08x", (int)len, order->name, digits,
	    arc4random());
}

static char *
new_identity(void)
{
	char host[HOST_MAX] = "";

	if (gethostname(host, sizeof(host) - 1) == -1)
		host[0] = '\0';
	return mem_format("%s:%d", host, (int)getpid());
}

static void
set_names(struct submit *submit)
{
	const struct options_submit *asked = &submit->options.submit;

	if (asked->attach != NULL)
		submit->workflow_id = mem_string(asked->attach);
	else if (asked->workflow_id != NULL)
		submit->workflow_id = mem_string(asked->workflow_id);
	else
		submit->workflow_id = new_workflow_id(&submit->order);
	submit->decision_list =
	    mem_format("%s%s", SUBMIT_DECISION_LIST, submit->workflow_id);
	submit->identity = new_identity();
}

static int
check(const struct options *options, struct err *err)
{
	const struct options_submit *asked = &options->submit;

	if (options->domain == NULL)
		return err_set(err, "no domain: give --domain NAME; see 'tend "
				    "submit --help'");
	if (asked->attach != NULL && options->word_count > 0)
		return err_set(err,
		    "'%s': no INPUT with --attach, for which holds what was "
		    "submitted",
		    options->words[0]);
	if (asked->run_id != NULL && asked->attach == NULL)
		return err_set(err, "--run-id: only with --attach");
	if (asked->attach != NULL)
		return 0;
	if (asked->activity == NULL)
		return err_set(err, "no activity: give --activity "
				    "NAME:VERSION, or --attach WORKFLOW-ID");
	if (options->word_count > 1)
		return err_set(err,
		    "'%s' is one word too many: options come before INPUT, "
		    "and there is one INPUT",
		    options->words[1]);
	if (options->word_count == 1 && asked->input_text != NULL)
		return err_set(err, "two inputs: give INPUT or --input-text");
	return 0;
}

/* ---- life ---- */

static int
open_all(struct submit *submit, struct err *err)
{
	static const int kept[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };

	/* Standard input may be a person's: until it has been read, ^C works
	 * as in any program. */
	signals_restore(submit->inherited);
	if (check(&submit->options, err) == -1 ||
	    (submit->options.submit.attach == NULL &&
		make_order(submit, err) == -1))
		return -1;
	signals_keep(submit->inherited, kept, sizeof(kept) / sizeof(kept[0]));
	set_names(submit);
	if (service_open(&submit->service, &submit->options, err) == -1)
		return -1;
	submit->loop = loop_new(submit->service.http, err);
	if (submit->loop == NULL)
		return -1;
	service_start(&submit->service, submit->loop, submit->inherited);
	submit->asker.loop = submit->loop;
	submit->asker.client = submit->service.client;
	return watch_signals(submit, err);
}

static void
close_all(struct submit *submit)
{
	ask_stop(&submit->cancel);
	watch_free(submit->watch);
	prepare_clear(&submit->prepare);
	if (submit->loop != NULL)
		loop_unwatch(submit->signal_watch);
	if (submit->signals != -1)
		(void)close(submit->signals);
	service_stop(&submit->service);
	loop_free(submit->loop);
	service_close(&submit->service);
	order_clear(&submit->order);
	free(submit->workflow_id);
	free(submit->decision_list);
	free(submit->identity);
}

int
submit_main(int argc, char **argv, struct inherited *inherited)
{
	struct submit submit = { .inherited = inherited, .signals = -1 };
	struct err err;
	int status = TEND_EXIT_ERROR;

	if (options_read(&submit.options, OPTIONS_SUBMIT, argc, argv, &err) ==
	    -1) {
		log_error("%s", err.text);
		return TEND_EXIT_ERROR;
	}
	if (submit.options.help) {
		return options_help(stdout, OPTIONS_SUBMIT) == 0
			   ? 0
			   : TEND_EXIT_ERROR;
	}
	log_set_level(submit.options.log_level);
	log_set_format(submit.options.log_format);
	if (open_all(&submit, &err) == -1) {
		log_error("%s", err.text);
	} else {
		begin(&submit);
		loop_run(submit.loop);
		status = finish(&submit);
	}
	close_all(&submit);
	return status;
}
