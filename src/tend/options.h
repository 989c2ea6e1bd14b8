/* SPDX-License-Identifier: MIT */
/*
 * The options of tend, from the command line and the environment.
 *
 * One table has them all: name, letter, argument, help text, default, and
 * which subcommands take them.  A flag beats its environment variable
 * (--kill-after: TEND_KILL_AFTER), which beats the default; an empty variable
 * counts as unset.  Parsing stops at the first word that is no option.
 */
#ifndef TEND_OPTIONS_H
#define TEND_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/err.h"
#include "base/listener.h"
#include "base/log.h"
#include "tend/order.h"
#include "text/progress.h"

struct identity;

/* Exit statuses of tend's own: design of the whole family. */
enum { TEND_EXIT_LOST = 123, TEND_EXIT_OVER = 124, TEND_EXIT_ERROR = 125 };

/* Those of "tend submit": what became of the activity. */
enum submit_exit {
	SUBMIT_EXIT_COMPLETED = 0,
	SUBMIT_EXIT_FAILED = 1,
	SUBMIT_EXIT_CANCELED = 3,
	SUBMIT_EXIT_TIMED_OUT = 4,
	SUBMIT_EXIT_TERMINATED = 5
};

/* Which subcommands take an option. */
enum options_command {
	OPTIONS_RUN = 1 << 0,
	OPTIONS_WORKER = 1 << 1,
	OPTIONS_SUBMIT = 1 << 2,
	OPTIONS_TRY = 1 << 3,
	OPTIONS_CHECK = 1 << 4,
	OPTIONS_FLUSH = 1 << 5
};

enum options_source { SOURCE_STDOUT, SOURCE_STDERR, SOURCE_FD };
enum options_result {
	RESULT_LAST_LINE,
	RESULT_STDOUT,
	RESULT_FILE,
	RESULT_NONE
};
enum options_input {
	INPUT_DEFAULT,
	INPUT_STDIN,
	INPUT_FILE,
	INPUT_NONE,
	INPUT_INHERIT
};

/* Of "tend submit". */
struct options_submit {
	const char *activity; /* "NAME:VERSION", checked */
	const char *task_list;
	int64_t timeouts[ORDER_TIMEOUTS]; /* as in struct order */
	int64_t time_limit;               /* s */
	int retries;
	const char *input_text;
	const char *workflow_id;
	bool no_register;
	const char *attach;
	const char *run_id;
};

/* Of "tend try"; lengths are ms, INSTANT_NEVER: never. */
struct options_try {
	int64_t cancel_after;
	int64_t lose_after;
	const char *input_text;
};

/* What becomes of what commands print. */
enum options_output {
	OUTPUT_DEFAULT,
	OUTPUT_PREFIX, /* lines with the activity's id */
	OUTPUT_RAW,    /* as it is */
	OUTPUT_JSON,
	OUTPUT_NONE
};

/* An option that may be given more than once. */
struct options_list {
	const char **values;
	size_t count;
};

struct options {
	/* service */
	const char *region;
	const char *endpoint_url;
	const char *profile;
	const char *ca_bundle;
	bool no_sign_request;
	bool allow_plain_http;
	/* supervision; lengths are ms, INSTANT_NEVER: none or off */
	int64_t heartbeat_timeout;
	bool heartbeat_auto;        /* it is looked up; the timeout is NEVER */
	int64_t heartbeat_interval; /* 0: the default for the timeout */
	int stop_signal;
	int64_t kill_after;
	bool scope_leader;
	int64_t stop_deadline;
	int64_t stall_timeout;
	int64_t time_limit;
	const char *progress;
	enum options_source progress_from;
	int progress_fd;
	bool details_json;
	enum options_result result;
	size_t stderr_tail;
	bool ok_exit[256];
	bool leave_leftovers;
	struct options_list env_denies; /* globs of variables' names */
	bool pty;
	struct identity *run_as; /* whom to run commands as; NULL: tend */
	bool no_new_privs;
	enum options_input input;
	int64_t report_timeout;
	const char *outcome_file;
	const char *spool; /* NULL: none; flush has it as well */
	enum log_level log_level;
	enum log_format log_format;
	/* run */
	char *task_token; /* points into argv or the environment */
	const char *task_token_file;
	const char *task;
	const char *domain; /* worker, submit and check have it as well */
	/* worker */
	const char *task_list; /* check has it as well */
	size_t slots;
	size_t max_polls;
	const char *identity;           /* NULL: host:pid */
	struct options_list activities; /* NAME[:VERSION]=COMMAND */
	struct options_list registers;  /* NAME:VERSION */
	size_t max_tasks;               /* 0: no limit */
	int64_t idle_exit;
	int64_t drain_timeout;
	bool drain_fails; /* a task that arrives during a drain */
	enum options_output output;
	bool listening; /* on: */
	struct listener_place listen;
	/* submit, try */
	struct options_submit submit;
	struct options_try try;
	/* check */
	bool json;
	/* what was asked for instead of a run */
	bool help;
	/* what is left: the command, or the input */
	char **words;
	size_t word_count;
};

/*
 * Reads argv (argv[0] is the subcommand) and the environment.  Returns 0, or
 * -1 with "err" saying what is wrong and what is right.  Values point into
 * argv and the environment.  The command is in "words".
 */
int options_read(struct options *, enum options_command command, int argc,
    char **argv, struct err *err);

/* Frees the lists; the options may be read again. */
void options_clear(struct options *);

/*
 * Prints the help of a subcommand, with the defaults.  Returns 0, or -1 if it
 * could not be written.
 */
int options_help(FILE *out, enum options_command command);

#endif
