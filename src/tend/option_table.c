/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "tend/option_table.h"

#include <assert.h>
#include <ctype.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/instant.h"
#include "base/mem.h"
#include "process/identity.h"
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

/* See the header. */
int
option_choose(const char *value, const char *const *words, size_t count,
    int *choice, struct err *err)
{
	char right[128] = "";

	for (size_t i = 0; i < count; i++) {
		if (strcmp(value, words[i]) == 0) {
			*choice = (int)i;
			return 0;
		}
		(void)strlcat(right,
		    i == 0           ? ""
		    : i + 1 == count ? " or "
				     : ", ",
		    sizeof(right));
		(void)strlcat(right, words[i], sizeof(right));
	}
	return err_set(err, "'%s' is none of %s", value, right);
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

static int
set_log_level(struct options *options, const char *value, struct err *err)
{
	if (log_level_parse(value, &options->log_level) == -1)
		return err_set(err,
		    "'%s' is none of error, warning, info or "
		    "debug",
		    value);
	return 0;
}

static int
set_log_format(struct options *options, const char *value, struct err *err)
{
	static const char *const words[] = {
		[LOG_TEXT] = "text",
		[LOG_JSON] = "json",
	};
	int choice = 0;

	if (option_choose(value, words, ARRAY_SIZE(words), &choice, err) == -1)
		return -1;
	options->log_format = (enum log_format)choice;
	return 0;
}

static int
set_task_token(struct options *options, const char *value, struct err *err)
{
	(void)err;
	/* It is overwritten in place once it has been read. */
	options->task_token = (char *)(uintptr_t)value;
	return 0;
}

static const struct option_spec task_rows[] = {
	{ .help = "The task (one of the first three):" },
	{ .name = "task-token",
	    .argument = "TOKEN",
	    .token = true,
	    .help = "the task's token",
	    .kind = KIND_CUSTOM,
	    .set = set_task_token },
	{ .name = "task-token-file",
	    .argument = "FILE",
	    .token = true,
	    .help = "a file that has the token",
	    .kind = KIND_STRING,
	    OPTION_AT(task_token_file) },
	{ .name = "task",
	    .argument = "FILE",
	    .token = true,
	    .help = "what PollForActivityTask answered; - is stdin",
	    .kind = KIND_STRING,
	    OPTION_AT(task) },
	{ .name = "domain",
	    .argument = "NAME",
	    .help = "the task's SWF domain, for auto and SWF_DOMAIN",
	    .kind = KIND_STRING,
	    OPTION_AT(domain) },

};

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

static const struct option_spec service_rows[] = {
	{ .help = "The service, as in the AWS CLI:" },
	{ .name = "region",
	    .argument = "NAME",
	    .help = "the AWS region",
	    .kind = KIND_STRING,
	    OPTION_AT(region) },
	{ .name = "endpoint-url",
	    .argument = "URL",
	    .help = "another service than the region's",
	    .kind = KIND_STRING,
	    OPTION_AT(endpoint_url) },
	{ .name = "profile",
	    .argument = "NAME",
	    .help = "a profile of the AWS config files",
	    .kind = KIND_STRING,
	    OPTION_AT(profile) },
	{ .name = "ca-bundle",
	    .argument = "FILE",
	    .help = "the certificate authorities to trust",
	    .kind = KIND_STRING,
	    OPTION_AT(ca_bundle) },
	{ .name = "no-sign-request",
	    .help = "do not sign, use no credentials",
	    .kind = KIND_FLAG,
	    OPTION_AT(no_sign_request) },
	{ .name = "allow-plain-http",
	    .help = "http:// to a host other than this one",
	    .kind = KIND_FLAG,
	    OPTION_AT(allow_plain_http) },
};

static const struct option_spec other_rows[] = {
	{ .help = "Other:" },
	{ .name = "log-level",
	    .argument = "LEVEL",
	    .help = "error, warning, info or debug (info; check: error)",
	    .kind = KIND_CUSTOM,
	    .set = set_log_level },
	{ .name = "log-format",
	    .argument = "text|json",
	    .help = "form of tend's own log on stderr (text)",
	    .kind = KIND_CUSTOM,
	    .set = set_log_format },
	{ .name = "help",
	    .letter = 'h',
	    .help = "this text",
	    .kind = KIND_FLAG,
	    OPTION_AT(help) },
};

static const struct option_spec spool_rows[] = {
	{ .name = "spool",
	    .argument = "DIR",
	    .help = "keep outcomes there until SWF has them, also when tend "
		    "is killed (off)",
	    .kind = KIND_STRING,
	    OPTION_AT(spool) },
};

static const struct option_spec flush_rows[] = {
	{ .help = "The spool:" },
	{ .name = "spool",
	    .argument = "DIR",
	    .help = "the directory that tend run or tend worker had; must "
		    "be given",
	    .kind = KIND_STRING,
	    OPTION_AT(spool) },
	{ .name = "report-timeout",
	    .argument = "DUR",
	    .help = "how long it is tried (10m)",
	    .kind = KIND_DURATION,
	    OPTION_AT(report_timeout) },
};

#define GROUP(rows, commands)                      \
	{                                          \
		(rows), ARRAY_SIZE(rows), commands \
	}

static const struct option_group task_group = GROUP(task_rows, OPTIONS_RUN);
static const struct option_group supervision_group =
    GROUP(supervision_rows, OPTIONS_RUN | OPTIONS_WORKER | OPTIONS_TRY);
static const struct option_group spool_group =
    GROUP(spool_rows, OPTIONS_RUN | OPTIONS_WORKER);
static const struct option_group flush_group = GROUP(flush_rows, OPTIONS_FLUSH);
static const struct option_group service_group =
    GROUP(service_rows, OPTIONS_RUN | OPTIONS_WORKER | OPTIONS_SUBMIT |
			    OPTIONS_CHECK | OPTIONS_FLUSH);
static const struct option_group other_group =
    GROUP(other_rows, OPTIONS_RUN | OPTIONS_WORKER | OPTIONS_SUBMIT |
			  OPTIONS_TRY | OPTIONS_CHECK | OPTIONS_FLUSH);

/* In the order of the help. */
static const struct option_group *const groups[] = {
	&task_group,
	&option_worker_group,
	&option_submit_group,
	&option_check_group,
	&option_try_group,
	&supervision_group,
	&spool_group,
	&flush_group,
	&service_group,
	&other_group,
};

size_t
option_rows(enum options_command command,
    const struct option_spec *rows[OPTION_ROWS_MAX])
{
	size_t count = 0;

	for (size_t i = 0; i < ARRAY_SIZE(groups); i++) {
		if ((groups[i]->commands & (unsigned int)command) == 0)
			continue;
		assert(count + groups[i]->count <= OPTION_ROWS_MAX);
		for (size_t j = 0; j < groups[i]->count; j++)
			rows[count++] = &groups[i]->rows[j];
	}
	return count;
}

void
option_defaults(struct options *options, enum options_command command)
{
	*options = (struct options){
		.heartbeat_timeout = INSTANT_NEVER,
		.stop_signal = SIGTERM,
		.kill_after = 10000,
		.stop_deadline = 10000,
		.stall_timeout = INSTANT_NEVER,
		.time_limit = INSTANT_NEVER,
		.progress = "lines",
		.progress_fd = -1,
		.stderr_tail = DEFAULT_STDERR_TAIL,
		.ok_exit[0] = true,
		.report_timeout = 10 * 60 * 1000,
		.output = OUTPUT_RAW,
		.log_level = LOG_INFO,
	};
	option_submit_defaults(options);
	if (command == OPTIONS_CHECK)
		option_check_defaults(options);
	if (command == OPTIONS_TRY)
		option_try_defaults(options);
	if (command == OPTIONS_WORKER)
		option_worker_defaults(options);
}

static int
set_duration(const struct option_spec *spec, int64_t *field, const char *value,
    struct err *err)
{
	if (spec->kind == KIND_LIMIT && strcmp(value, "off") == 0) {
		*field = INSTANT_NEVER;
		return 0;
	}
	if (duration_parse(value, field, err) == -1)
		return -1;
	if (*field == 0)
		return err_set(err, "'%s' is no time at all: more than 0%s",
		    value, spec->kind == KIND_LIMIT ? ", or off" : "");
	return 0;
}

static int
set_count(const struct option_spec *spec, size_t *field, const char *value,
    struct err *err)
{
	const char *problem = NULL;
	bool digits = strspn(value, "0123456789") == strlen(value);

	if (digits)
		*field = (size_t)strtonum(value, 1, spec->most, &problem);
	if (digits && problem == NULL)
		return 0;
	if (spec->most == INT64_MAX)
		return err_set(err, "'%s' is no number from 1 on", value);
	return err_set(err, "'%s' is no number from 1 to %lld", value,
	    spec->most);
}

static int
add_to_list(struct options_list *list, const char *value, struct err *err)
{
	if (*value == '\0')
		return err_set(err, "it is empty; give a value");
	list->values =
	    mem_resize(list->values, list->count + 1, sizeof(*list->values));
	list->values[list->count++] = value;
	return 0;
}

int
option_set(const struct option_spec *spec, struct options *options,
    const char *value, struct err *err)
{
	char *field = (char *)options + spec->offset;

	switch (spec->kind) {
	case KIND_FLAG:
		*(bool *)(void *)field = true;
		return 0;
	case KIND_STRING:
		if (*value == '\0')
			return err_set(err, "it is empty; give a value");
		*(const char **)(void *)field = value;
		return 0;
	case KIND_DURATION:
	case KIND_LIMIT:
		return set_duration(spec, (int64_t *)(void *)field, value, err);
	case KIND_COUNT:
		return set_count(spec, (size_t *)(void *)field, value, err);
	case KIND_LIST:
		if (spec->set != NULL && spec->set(options, value, err) == -1)
			return -1;
		return add_to_list((struct options_list *)(void *)field, value,
		    err);
	case KIND_CUSTOM:
		return spec->set(options, value, err);
	}
	return -1;
}
