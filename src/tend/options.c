/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "tend/options.h"

#include <ctype.h>
#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/instant.h"
#include "base/mem.h"
#include "text/duration.h"
#include "text/exitlist.h"
#include "text/signame.h"
#include "text/size.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

enum {
	SHORTEST_HEARTBEAT_TIMEOUT = 3000,
	SHORTEST_STOP_DEADLINE = 3000,
	DEFAULT_STDERR_TAIL = 4096,
	LARGEST_STDERR_TAIL = 32768,
	/* Of TEND_SOME_OPTION and its end. */
	VARIABLE_NAME = 64,
	/*
	 * What getopt_long returns for the first row of the table: past every
	 * letter.  Each row has a number of its own, because options that
	 * return the same are never ambiguous: "--heartbeat" would be the
	 * first that begins so.
	 */
	FIRST_ROW = 256,
	/* Where the help's texts begin, and how wide they are. */
	HELP_COLUMN = 36,
	HELP_WIDTH = 79 - HELP_COLUMN
};

/* How a value is read, and where it goes. */
enum kind {
	KIND_FLAG,     /* bool, no value */
	KIND_STRING,   /* const char * */
	KIND_DURATION, /* int64_t, more than 0 */
	KIND_LIMIT,    /* the same, or "off" */
	KIND_CUSTOM    /* a function of its own */
};

struct spec {
	const char *name;
	char letter;
	const char *argument;
	const char *help;
	enum kind kind;
	size_t offset;
	int (*set)(struct options *, const char *value, struct err *err);
	bool token; /* one of the sources of the task token */
};

static int
set_heartbeat_timeout(struct options *options, const char *value,
    struct err *err)
{
	if (strcmp(value, "none") == 0) {
		options->heartbeat_timeout = INSTANT_NEVER;
		return 0;
	}
	if (strcmp(value, "auto") == 0)
		return err_set(err, "'auto' is not available in this version; "
		    "give the task's heartbeat timeout, e.g. 60s, or none");
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
		return err_set(err, "'%s' is too short: at least 3s, of which "
		    "2s are kept for the report", value);
	return 0;
}

/* Picks one of a few words; the texts of "words" are the choices. */
static int
choose(const char *value, const char *const *words, size_t count, int *choice,
    struct err *err)
{
	char right[128] = "";

	for (size_t i = 0; i < count; i++) {
		if (strcmp(value, words[i]) == 0) {
			*choice = (int)i;
			return 0;
		}
		(void)strlcat(right, i == 0 ? "" : i + 1 == count ? " or "
		    : ", ", sizeof(right));
		(void)strlcat(right, words[i], sizeof(right));
	}
	return err_set(err, "'%s' is none of %s", value, right);
}

static int
set_stop_scope(struct options *options, const char *value, struct err *err)
{
	static const char *const words[] = { "tree", "leader" };
	int choice;

	if (choose(value, words, ARRAY_SIZE(words), &choice, err) == -1)
		return -1;
	options->scope_leader = choice == 1;
	return 0;
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
	options->progress_fd =
	    isdigit((unsigned char)*digits)
	    ? (int)strtonum(digits, 3, 1023, &problem) : 0;
	if (options->progress_fd < 3)
		return err_set(err, "'%s' names no descriptor: N in fd:N is "
		    "3 to 1023", value);
	return 0;
}

static int
set_details(struct options *options, const char *value, struct err *err)
{
	static const char *const words[] = { "text", "json" };
	int choice;

	if (choose(value, words, ARRAY_SIZE(words), &choice, err) == -1)
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
	int choice;

	if (choose(value, words, ARRAY_SIZE(words), &choice, err) == -1)
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
	int choice;

	if (choose(value, words, ARRAY_SIZE(words), &choice, err) == -1)
		return -1;
	options->leave_leftovers = choice == 1;
	return 0;
}

static int
set_input(struct options *options, const char *value, struct err *err)
{
	static const char *const words[] = { "stdin", "file", "none",
		"inherit" };
	int choice;

	if (choose(value, words, ARRAY_SIZE(words), &choice, err) == -1)
		return -1;
	options->input = (enum options_input)(INPUT_STDIN + choice);
	return 0;
}

static int
set_pty(struct options *options, const char *value, struct err *err)
{
	(void)options;
	(void)value;
	return err_set(err, "a pseudo-terminal is not available in this "
	    "version; leave it out");
}

static int
set_spool(struct options *options, const char *value, struct err *err)
{
	(void)options;
	(void)value;
	return err_set(err, "a spool is not available in this version; "
	    "leave it out");
}

static int
set_log_level(struct options *options, const char *value, struct err *err)
{
	if (log_level_parse(value, &options->log_level) == -1)
		return err_set(err, "'%s' is none of error, warning, info or "
		    "debug", value);
	return 0;
}

static int
set_log_format(struct options *options, const char *value, struct err *err)
{
	static const char *const words[] = {
		[LOG_TEXT] = "text",
		[LOG_JSON] = "json",
	};
	int choice;

	if (choose(value, words, ARRAY_SIZE(words), &choice, err) == -1)
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

#define AT(member) .offset = offsetof(struct options, member)

/* In the order of the help; "heading" rows have no kind of value. */
static const struct spec specs[] = {
	{ .help = "The task (one of the first three):" },
	{ .name = "task-token", .argument = "TOKEN", .token = true,
	    .help = "the task's token", .kind = KIND_CUSTOM,
	    .set = set_task_token },
	{ .name = "task-token-file", .argument = "FILE", .token = true,
	    .help = "a file that has the token", .kind = KIND_STRING,
	    AT(task_token_file) },
	{ .name = "task", .argument = "FILE", .token = true,
	    .help = "what PollForActivityTask answered; - is stdin",
	    .kind = KIND_STRING, AT(task) },
	{ .name = "domain", .argument = "NAME",
	    .help = "the task's SWF domain, for SWF_DOMAIN",
	    .kind = KIND_STRING, AT(domain) },

	{ .help = "Heartbeats:" },
	{ .name = "heartbeat-timeout", .letter = 't', .argument = "DUR|none",
	    .help = "the task's heartbeat timeout, the lease (none)",
	    .kind = KIND_CUSTOM, .set = set_heartbeat_timeout },
	{ .name = "heartbeat-interval", .letter = 'i', .argument = "DUR",
	    .help = "from heartbeat to heartbeat (30s or a third of the "
		    "timeout)",
	    .kind = KIND_DURATION, AT(heartbeat_interval) },
	{ .name = "details", .argument = "text|json",
	    .help = "form of the heartbeat details (text)",
	    .kind = KIND_CUSTOM, .set = set_details },
	{ .name = "progress", .argument = "FORMAT",
	    .help = "lines, prefix:STR, regex:ERE or json (lines)",
	    .kind = KIND_STRING, AT(progress) },
	{ .name = "progress-from", .argument = "SOURCE",
	    .help = "stdout, stderr or fd:N (stdout)", .kind = KIND_CUSTOM,
	    .set = set_progress_from },

	{ .help = "Stopping:" },
	{ .name = "stop-signal", .letter = 's', .argument = "SIG",
	    .help = "what asks the command to stop (TERM)",
	    .kind = KIND_CUSTOM, .set = set_stop_signal },
	{ .name = "kill-after", .letter = 'k', .argument = "DUR",
	    .help = "grace before SIGKILL; 0 is none (10s)",
	    .kind = KIND_CUSTOM, .set = set_kill_after },
	{ .name = "stop-scope", .argument = "tree|leader",
	    .help = "who gets the stop signal (tree)", .kind = KIND_CUSTOM,
	    .set = set_stop_scope },
	{ .name = "stop-deadline", .argument = "DUR",
	    .help = "told to stop, tend has ended by then (10s)",
	    .kind = KIND_CUSTOM, .set = set_stop_deadline },
	{ .name = "stall-timeout", .argument = "DUR|off",
	    .help = "no progress for this long is a failure (off)",
	    .kind = KIND_LIMIT, AT(stall_timeout) },
	{ .name = "time-limit", .argument = "DUR|off",
	    .help = "the command runs no longer than this (off)",
	    .kind = KIND_LIMIT, AT(time_limit) },
	{ .name = "leftovers", .argument = "stop|leave",
	    .help = "what the command leaves running (stop)",
	    .kind = KIND_CUSTOM, .set = set_leftovers },

	{ .help = "Input and outcome:" },
	{ .name = "input", .argument = "HOW",
	    .help = "the task's input: stdin, file, none or inherit (stdin "
		    "if it has one)",
	    .kind = KIND_CUSTOM, .set = set_input },
	{ .name = "result", .argument = "WHAT",
	    .help = "last-line, stdout, file or none (last-line)",
	    .kind = KIND_CUSTOM, .set = set_result },
	{ .name = "ok-exit", .argument = "LIST",
	    .help = "exit statuses that count as completed (0)",
	    .kind = KIND_CUSTOM, .set = set_ok_exit },
	{ .name = "stderr-tail", .argument = "SIZE",
	    .help = "how much of stderr a failure carries; 0 is none (4k)",
	    .kind = KIND_CUSTOM, .set = set_stderr_tail },
	{ .name = "report-timeout", .argument = "DUR",
	    .help = "how long an outcome is tried without a lease (10m)",
	    .kind = KIND_DURATION, AT(report_timeout) },
	{ .name = "outcome", .argument = "FILE",
	    .help = "one JSON line there when the task ends",
	    .kind = KIND_STRING, AT(outcome_file) },
	{ .name = "spool", .argument = "DIR",
	    .help = "not available in this version", .kind = KIND_CUSTOM,
	    .set = set_spool },
	{ .name = "pty", .help = "not available in this version",
	    .kind = KIND_CUSTOM, .set = set_pty },

	{ .help = "The service, as in the AWS CLI:" },
	{ .name = "region", .argument = "NAME", .help = "the AWS region",
	    .kind = KIND_STRING, AT(region) },
	{ .name = "endpoint-url", .argument = "URL",
	    .help = "another service than the region's",
	    .kind = KIND_STRING, AT(endpoint_url) },
	{ .name = "profile", .argument = "NAME",
	    .help = "a profile of the AWS config files",
	    .kind = KIND_STRING, AT(profile) },
	{ .name = "ca-bundle", .argument = "FILE",
	    .help = "the certificate authorities to trust",
	    .kind = KIND_STRING, AT(ca_bundle) },
	{ .name = "no-sign-request", .help = "do not sign, use no credentials",
	    .kind = KIND_FLAG, AT(no_sign_request) },
	{ .name = "allow-plain-http",
	    .help = "http:// to a host other than this one",
	    .kind = KIND_FLAG, AT(allow_plain_http) },

	{ .help = "Other:" },
	{ .name = "log-level", .argument = "LEVEL",
	    .help = "error, warning, info or debug (info)",
	    .kind = KIND_CUSTOM, .set = set_log_level },
	{ .name = "log-format", .argument = "text|json",
	    .help = "form of tend's own log on stderr (text)",
	    .kind = KIND_CUSTOM, .set = set_log_format },
	{ .name = "help", .letter = 'h', .help = "this text",
	    .kind = KIND_FLAG, AT(help) },
};

static void
set_defaults(struct options *options)
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
		.log_level = LOG_INFO,
	};
}

static int
set_duration(const struct spec *spec, int64_t *field, const char *value,
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
set_value(const struct spec *spec, struct options *options, const char *value,
    struct err *err)
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
	case KIND_CUSTOM:
		return spec->set(options, value, err);
	}
	return -1;
}

/* TEND_KILL_AFTER for kill-after. */
static void
variable_name(const struct spec *spec, char name[VARIABLE_NAME])
{
	(void)strlcpy(name, "TEND_", VARIABLE_NAME);
	(void)strlcat(name, spec->name, VARIABLE_NAME);
	for (char *c = name; *c != '\0'; c++)
		*c = *c == '-' ? '_' : (char)toupper((unsigned char)*c);
}

/* A variable that stands for a flag: yes, no, or neither. */
static int
flag_value(const char *value, bool *on, struct err *err)
{
	static const char *const words[] = { "0", "no", "false", "off", "1",
		"yes", "true", "on" };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strcasecmp(value, words[i]) == 0) {
			*on = i >= ARRAY_SIZE(words) / 2;
			return 0;
		}
	return err_set(err, "'%s' is neither 1 nor 0", value);
}

static int
read_variable(const struct spec *spec, struct options *options,
    struct err *err)
{
	char name[VARIABLE_NAME];
	const char *value;
	struct err problem;
	bool on = true;

	variable_name(spec, name);
	value = getenv(name);
	if (value == NULL || *value == '\0')
		return 0;
	if (spec->argument == NULL && flag_value(value, &on, &problem) == -1)
		return err_set(err, "%s: %s", name, problem.text);
	if (on && set_value(spec, options, value, &problem) == -1)
		return err_set(err, "%s: %s", name, problem.text);
	return 0;
}

static int
read_environment(struct options *options, const bool *given, bool token_given,
    struct err *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(specs); i++) {
		const struct spec *spec = &specs[i];

		if (spec->name == NULL || given[i] ||
		    (spec->token && token_given) ||
		    strcmp(spec->name, "help") == 0)
			continue;
		if (read_variable(spec, options, err) == -1)
			return -1;
	}
	return 0;
}

/* A token that is not used is nobody's to read in /proc either. */
static void
wipe_token_variable(void)
{
	char *value = getenv("TEND_TASK_TOKEN");

	if (value != NULL)
		explicit_bzero(value, strlen(value));
}

/* The tables that getopt_long wants. */
struct getopt_tables {
	char letters[2 * ARRAY_SIZE(specs) + 3];
	struct option options[ARRAY_SIZE(specs) + 1];
};

static void
fill_tables(struct getopt_tables *tables)
{
	size_t n = 0;

	memset(tables, 0, sizeof(*tables));
	/* "+": stop at the first word; ":": tell a missing value apart. */
	(void)strlcpy(tables->letters, "+:", sizeof(tables->letters));
	for (size_t i = 0; i < ARRAY_SIZE(specs); i++) {
		char letter[] = { specs[i].letter, '\0' };

		if (specs[i].name == NULL)
			continue;
		tables->options[n++] = (struct option){
			.name = specs[i].name,
			.has_arg = specs[i].argument != NULL ? required_argument
							     : no_argument,
			.val = FIRST_ROW + (int)i,
		};
		if (letter[0] == '\0')
			continue;
		(void)strlcat(tables->letters, letter, sizeof(tables->letters));
		if (specs[i].argument != NULL)
			(void)strlcat(tables->letters, ":",
			    sizeof(tables->letters));
	}
}

/* The row of "specs" for what getopt_long found, or -1. */
static int
find_row(int found)
{
	if (found >= FIRST_ROW)
		return found - FIRST_ROW;
	for (size_t i = 0; i < ARRAY_SIZE(specs); i++)
		if (specs[i].letter != '\0' && specs[i].letter == found)
			return (int)i;
	return -1;
}

/* getopt_long gave up: says why, in our words. */
static int
complain(int found, char **argv, const char *command, struct err *err)
{
	const char *word = argv[optind - 1];

	if (found == ':')
		return err_set(err, "%s needs a value; see 'tend %s --help'",
		    word, command);
	if (optopt != 0 && strncmp(word, "--", 2) != 0)
		return err_set(err, "unknown option -%c; see 'tend %s --help'",
		    optopt, command);
	return err_set(err, "%s %.*s; see 'tend %s --help'",
	    optopt != 0 ? "no value belongs to" : "unknown or ambiguous option",
	    (int)strcspn(word, "="), word, command);
}

static int
read_flags(struct options *options, int argc, char **argv, bool *given,
    struct err *err)
{
	struct getopt_tables tables;
	struct err problem;
	int found, row;

	fill_tables(&tables);
	opterr = 0;
	optind = 0;
	while ((found = getopt_long(argc, argv, tables.letters, tables.options,
		    NULL)) != -1) {
		row = find_row(found);
		if (row == -1)
			return complain(found, argv, argv[0], err);
		if (given[row] && specs[row].token)
			return err_set(err, "--%s: more than one task token: "
			    "give one", specs[row].name);
		given[row] = true;
		if (set_value(&specs[row], options, optarg, &problem) == -1)
			return err_set(err, "--%s: %s", specs[row].name,
			    problem.text);
	}
	options->words = argv + optind;
	options->word_count = (size_t)(argc - optind);
	return 0;
}

static int
check_together(const struct options *options, struct err *err)
{
	int tokens = (options->task_token != NULL) +
	    (options->task_token_file != NULL) + (options->task != NULL);

	if (tokens > 1)
		return err_set(err, "more than one task token: give one of "
		    "--task-token, --task-token-file and --task");
	if (options->heartbeat_interval >= options->heartbeat_timeout)
		return err_set(err, "the heartbeat interval is not below the "
		    "heartbeat timeout; a third of it is good");
	return 0;
}

int
options_read(struct options *options, enum options_command command, int argc,
    char **argv, struct err *err)
{
	bool given[ARRAY_SIZE(specs)] = { false };
	bool token_given = false;

	(void)command;
	set_defaults(options);
	if (read_flags(options, argc, argv, given, err) == -1)
		return -1;
	if (options->help)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(specs); i++)
		token_given = token_given || (given[i] && specs[i].token);
	if (token_given)
		wipe_token_variable();
	if (read_environment(options, given, token_given, err) == -1)
		return -1;
	return check_together(options, err);
}

/* Prints a help text in its column, so that no line is over 80 wide. */
static void
print_help(FILE *out, const char *text)
{
	size_t len = strlen(text);

	while (len > HELP_WIDTH) {
		size_t end = HELP_WIDTH;

		while (end > 0 && text[end] != ' ')
			end--;
		(void)fprintf(out, "%.*s\n%*s", (int)end, text, HELP_COLUMN,
		    "");
		text += end + 1;
		len -= end + 1;
	}
	(void)fprintf(out, "%s\n", text);
}

static void
print_row(FILE *out, const struct spec *spec)
{
	char left[64];

	(void)snprintf(left, sizeof(left), "%s%c%s --%s%s%s",
	    spec->letter != '\0' ? "-" : " ",
	    spec->letter != '\0' ? spec->letter : ' ',
	    spec->letter != '\0' ? "," : " ", spec->name,
	    spec->argument != NULL ? " " : "",
	    spec->argument != NULL ? spec->argument : "");
	(void)fprintf(out, "  %-*s ", HELP_COLUMN - 3, left);
	print_help(out, spec->help);
}

void
options_help(FILE *out, enum options_command command)
{
	(void)command;
	(void)fputs("usage: tend run [OPTION]... [--] COMMAND [ARG]...\n\n"
	    "Runs COMMAND as one SWF activity task: heartbeats with its "
	    "progress, stops it\nwhen SWF asks for that, and reports how it "
	    "ended.\n", out);
	for (size_t i = 0; i < ARRAY_SIZE(specs); i++)
		if (specs[i].name == NULL)
			(void)fprintf(out, "\n%s\n", specs[i].help);
		else
			print_row(out, &specs[i]);
	(void)fputs("\nDurations: 500ms, 30s, 1.5m, 2h, 1d; a bare number is "
	    "seconds.  Each option is\nalso an environment variable: "
	    "TEND_KILL_AFTER for --kill-after.\n\n"
	    "Example:\n  tend run --task task.json -t 60s -- ./legacy --all\n\n"
	    "Exit status: the command's own, 128+n if a signal ended it; 123 "
	    "the task is\nlost, 124 stalled or over the limit, 125 tend's own "
	    "error, 126 and 127 cannot\nexecute.\n\nThe manual: man tend\n", out);
}
