/* SPDX-License-Identifier: MIT */
/*
 * The options of whoever supervises a command, for tend/option_table.h.
 */
#include "config.h"

#include <ctype.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/instant.h"
#include "process/identity.h"
#include "tend/option_table.h"
#include "text/duration.h"
#include "text/exitlist.h"
#include "text/signame.h"
#include "text/size.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

enum {
	SHORTEST_HEARTBEAT_TIMEOUT = 3000,
	SHORTEST_STOP_DEADLINE = 3000,
	DEFAULT_STDERR_TAIL = 4096,
	LARGEST_STDERR_TAIL = 32768
};

static int
set_heartbeat_timeout(struct options *options, const char *value,
    struct err *err)
{
	options->heartbeat_auto = strcmp(value, "auto") == 0;
	if (options->heartbeat_auto || strcmp(value, "none") == 0) {
		options->heartbeat_timeout = INSTANT_NEVER;
		return 0;
	}
	if (duration_parse(value, &options->heartbeat_timeout, err) == -1)
		return -1;
	if (options->heartbeat_timeout < SHORTEST_HEARTBEAT_TIMEOUT)
		return err_set(err, "'%s' is too short: at least 3s", value);
	return 0;
}

static int
set_stop_signal(struct options *options, const char *value, struct err *err)
{
	return signame_parse(value, &options->stop_signal, err);
}

static int
set_kill_after(struct options *options, const char *value, struct err *err)
{
	return duration_parse(value, &options->kill_after, err);
}

static int
set_stop_deadline(struct options *options, const char *value, struct err *err)
{
	if (duration_parse(value, &options->stop_deadline, err) == -1)
		return -1;
	if (options->stop_deadline < SHORTEST_STOP_DEADLINE)
		return err_set(err,
		    "'%s' is too short: at least 3s, of which "
		    "2s are kept for the report",
		    value);
	return 0;
}

static int
set_stop_scope(struct options *options, const char *value, struct err *err)
{
	static const char *const words[] = { "tree", "leader" };
	int choice = 0;

	if (option_choose(value, words, ARRAY_SIZE(words), &choice, err) == -1)
		return -1;
	options->scope_leader = choice == 1;
	return 0;
}

/* Who writes NAME=value means something else. */
static int
check_env_deny(struct options *options, const char *value, struct err *err)
{
	(void)options;
	if (strchr(value, '=') == NULL)
		return 0;
	return err_set(err,
	    "'%s' has a '=': give the name of a variable, or a "
	    "pattern of names such as 'AWS_*'",
	    value);
}

static int
set_progress_from(struct options *options, const char *value, struct err *err)
{
	const char *digits = value + strlen("fd:");
	const char *problem;

	if (strcmp(value, "stdout") == 0) {
		options->progress_from = SOURCE_STDOUT;
		return 0;
	}
	if (strcmp(value, "stderr") == 0) {
		options->progress_from = SOURCE_STDERR;
		return 0;
	}
	if (strncmp(value, "fd:", strlen("fd:")) != 0)
		return err_set(err, "'%s' is none of stdout, stderr or fd:N",
		    value);
	options->progress_from = SOURCE_FD;
	options->progress_fd = isdigit((unsigned char)*digits)
				   ? (int)strtonum(digits, 3, 1023, &problem)
				   : 0;
	if (options->progress_fd < 3)
		return err_set(err,
		    "'%s' names no descriptor: N in fd:N is "
		    "3 to 1023",
		    value);
	return 0;
}

static int
set_details(struct options *options, const char *value, struct err *err)
{
	static const char *const words[] = { "text", "json" };
	int choice = 0;

	if (option_choose(value, words, ARRAY_SIZE(words), &choice, err) == -1)
		return -1;
	options->details_json = choice == 1;
	return 0;
}

static int
set_result(struct options *options, const char *value, struct err *err)
{
	static const char *const words[] = {
		[RESULT_LAST_LINE] = "last-line",
		[RESULT_STDOUT] = "stdout",
		[RESULT_FILE] = "file",
		[RESULT_NONE] = "none",
	};
	int choice = 0;

	if (option_choose(value, words, ARRAY_SIZE(words), &choice, err) == -1)
		return -1;
	options->result = (enum options_result)choice;
	return 0;
}

static int
set_stderr_tail(struct options *options, const char *value, struct err *err)
{
	return size_parse(value, LARGEST_STDERR_TAIL, &options->stderr_tail,
	    err);
}

static int
set_ok_exit(struct options *options, const char *value, struct err *err)
{
	return exitlist_parse(value, options->ok_exit, err);
}

static int
set_leftovers(struct options *options, const char *value, struct err *err)
{
	static const char *const words[] = { "stop", "leave" };
	int choice = 0;

	if (option_choose(value, words, ARRAY_SIZE(words), &choice, err) == -1)
		return -1;
	options->leave_leftovers = choice == 1;
	return 0;
}

static int
set_input(struct options *options, const char *value, struct err *err)
{
	static const char *const words[] = { "stdin", "file", "none",
		"inherit" };
	int choice = 0;

	if (option_choose(value, words, ARRAY_SIZE(words), &choice, err) == -1)
		return -1;
	options->input = (enum options_input)(INPUT_STDIN + choice);
	return 0;
}

/* May be given again: the last one counts. */
static int
set_user(struct options *options, const char *value, struct err *err)
{
	identity_free(options->run_as);
	options->run_as = identity_find(value, err);
	return options->run_as == NULL ? -1 : 0;
}

static const struct option_spec supervision_rows[] = {
	{ .help = "Heartbeats:" },
	{ .name = "heartbeat-timeout",
	    .letter = 't',
	    .argument = "DUR|auto|none",
	    .help = "the task's heartbeat timeout, the lease (none; a worker: "
		    "auto; try: 10s)",
	    .kind = KIND_CUSTOM,
	    .set = set_heartbeat_timeout },
	{ .name = "heartbeat-interval",
	    .letter = 'i',
	    .argument = "DUR",
	    .help = "from heartbeat to heartbeat (30s or a third of the "
		    "timeout)",
	    .kind = KIND_DURATION,
	    OPTION_AT(heartbeat_interval) },
	{ .name = "details",
	    .argument = "text|json",
	    .help = "form of the heartbeat details (text)",
	    .kind = KIND_CUSTOM,
	    .set = set_details },
	{ .name = "progress",
	    .argument = "FORMAT",
	    .help = "lines, prefix:STR, regex:ERE or json (lines)",
	    .kind = KIND_STRING,
	    OPTION_AT(progress) },
	{ .name = "progress-from",
	    .argument = "SOURCE",
	    .help = "stdout, stderr or fd:N (stdout)",
	    .kind = KIND_CUSTOM,
	    .set = set_progress_from },

	{ .help = "Stopping:" },
	{ .name = "stop-signal",
	    .letter = 's',
	    .argument = "SIG",
	    .help = "what asks the command to stop (TERM)",
	    .kind = KIND_CUSTOM,
	    .set = set_stop_signal },
	{ .name = "kill-after",
	    .letter = 'k',
	    .argument = "DUR",
	    .help = "grace before SIGKILL; 0 is none (10s)",
	    .kind = KIND_CUSTOM,
	    .set = set_kill_after },
	{ .name = "stop-scope",
	    .argument = "tree|leader",
	    .help = "who gets the stop signal (tree)",
	    .kind = KIND_CUSTOM,
	    .set = set_stop_scope },
	{ .name = "stop-deadline",
	    .argument = "DUR",
	    .help = "told to stop, tend has ended by then (10s; a worker 30s)",
	    .kind = KIND_CUSTOM,
	    .set = set_stop_deadline },
	{ .name = "stall-timeout",
	    .argument = "DUR|off",
	    .help = "no progress for this long is a failure (off)",
	    .kind = KIND_LIMIT,
	    OPTION_AT(stall_timeout) },
	{ .name = "time-limit",
	    .argument = "DUR|off",
	    .help = "the command runs no longer than this (off)",
	    .kind = KIND_LIMIT,
	    OPTION_AT(time_limit) },
	{ .name = "leftovers",
	    .argument = "stop|leave",
	    .help = "what the command leaves running (stop)",
	    .kind = KIND_CUSTOM,
	    .set = set_leftovers },
	{ .name = "env-deny",
	    .argument = "GLOB",
	    .help = "variables that the command does not get, e.g. 'AWS_*'; "
		    "repeatable",
	    .kind = KIND_LIST,
	    .set = check_env_deny,
	    OPTION_AT(env_denies) },
	{ .name = "user",
	    .argument = "USER[:GROUP]",
	    .help = "run the command as somebody else (needs root)",
	    .kind = KIND_CUSTOM,
	    .set = set_user },
	{ .name = "no-new-privs",
	    .help = "set-user-ID programs give the command nothing",
	    .kind = KIND_FLAG,
	    OPTION_AT(no_new_privs) },
	{ .name = "pty",
	    .help = "print to a pseudo-terminal, so that nothing is held back",
	    .kind = KIND_FLAG,
	    OPTION_AT(pty) },

	{ .help = "Input and outcome:" },
	{ .name = "input",
	    .argument = "HOW",
	    .help = "the task's input: stdin, file, none or inherit (stdin "
		    "if it has one)",
	    .kind = KIND_CUSTOM,
	    .set = set_input },
	{ .name = "result",
	    .argument = "WHAT",
	    .help = "last-line, stdout, file or none (last-line)",
	    .kind = KIND_CUSTOM,
	    .set = set_result },
	{ .name = "ok-exit",
	    .argument = "LIST",
	    .help = "exit statuses that count as completed (0)",
	    .kind = KIND_CUSTOM,
	    .set = set_ok_exit },
	{ .name = "stderr-tail",
	    .argument = "SIZE",
	    .help = "how much of stderr a failure carries; 0 is none (4k)",
	    .kind = KIND_CUSTOM,
	    .set = set_stderr_tail },
	{ .name = "report-timeout",
	    .argument = "DUR",
	    .help = "how long an outcome is tried without a lease (10m)",
	    .kind = KIND_DURATION,
	    OPTION_AT(report_timeout) },
	{ .name = "outcome",
	    .argument = "FILE",
	    .help = "one JSON line there when the task ends",
	    .kind = KIND_STRING,
	    OPTION_AT(outcome_file) },
};

const struct option_group option_supervision_group = {
	supervision_rows,
	ARRAY_SIZE(supervision_rows),
	OPTIONS_RUN | OPTIONS_WORKER | OPTIONS_TRY,
};

void
option_supervision_defaults(struct options *options)
{
	options->heartbeat_timeout = INSTANT_NEVER;
	options->stop_signal = SIGTERM;
	options->kill_after = 10000;
	options->stop_deadline = 10000;
	options->stall_timeout = INSTANT_NEVER;
	options->time_limit = INSTANT_NEVER;
	options->progress = "lines";
	options->progress_fd = -1;
	options->stderr_tail = DEFAULT_STDERR_TAIL;
	options->ok_exit[0] = true;
}
