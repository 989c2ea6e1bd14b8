/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "tend/options.h"

#include <ctype.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "process/identity.h"
#include "tend/option_table.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

enum {
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

/* TEND_KILL_AFTER for kill-after. */
static void
variable_name(const struct option_spec *spec, char name[VARIABLE_NAME])
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

/* A list in a variable has a value on each line; it is cut in place. */
static int
set_lines(const struct option_spec *spec, struct options *options, char *value,
    struct err *err)
{
	char *line;

	while ((line = strsep(&value, "\n")) != NULL)
		if (*line != '\0' && option_set(spec, options, line, err) == -1)
			return -1;
	return 0;
}

static int
set_variable(const struct option_spec *spec, struct options *options,
    char *value, struct err *err)
{
	if (spec->kind == KIND_LIST)
		return set_lines(spec, options, value, err);
	return option_set(spec, options, value, err);
}

static int
read_variable(const struct option_spec *spec, struct options *options,
    struct err *err)
{
	char name[VARIABLE_NAME];
	char *value;
	struct err problem;
	bool on = true;

	variable_name(spec, name);
	value = getenv(name);
	if (value == NULL || *value == '\0')
		return 0;
	if (spec->argument == NULL && flag_value(value, &on, &problem) == -1)
		return err_set(err, "%s: %s", name, problem.text);
	if (on && set_variable(spec, options, value, &problem) == -1)
		return err_set(err, "%s: %s", name, problem.text);
	return 0;
}

/* The options of one subcommand, and which of them argv has. */
struct reading {
	const struct option_spec *rows[OPTION_ROWS_MAX];
	size_t count;
	bool given[OPTION_ROWS_MAX];
};

static int
read_environment(struct options *options, const struct reading *reading,
    bool token_given, struct err *err)
{
	for (size_t i = 0; i < reading->count; i++) {
		const struct option_spec *spec = reading->rows[i];

		if (spec->name == NULL || reading->given[i] ||
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
	char letters[2 * OPTION_ROWS_MAX + 3];
	struct option options[OPTION_ROWS_MAX + 1];
};

static void
fill_tables(struct getopt_tables *tables, const struct reading *reading)
{
	size_t n = 0;

	memset(tables, 0, sizeof(*tables));
	/* "+": stop at the first word; ":": tell a missing value apart. */
	(void)strlcpy(tables->letters, "+:", sizeof(tables->letters));
	for (size_t i = 0; i < reading->count; i++) {
		const struct option_spec *spec = reading->rows[i];
		char letter[] = { spec->letter, '\0' };

		if (spec->name == NULL)
			continue;
		tables->options[n++] = (struct option){
			.name = spec->name,
			.has_arg = spec->argument != NULL ? required_argument
							  : no_argument,
			.val = FIRST_ROW + (int)i,
		};
		if (letter[0] == '\0')
			continue;
		(void)strlcat(tables->letters, letter, sizeof(tables->letters));
		if (spec->argument != NULL)
			(void)strlcat(tables->letters, ":",
			    sizeof(tables->letters));
	}
}

/* The row for what getopt_long found, or -1. */
static int
find_row(const struct reading *reading, int found)
{
	if (found >= FIRST_ROW)
		return found - FIRST_ROW;
	for (size_t i = 0; i < reading->count; i++)
		if (reading->rows[i]->letter != '\0' &&
		    reading->rows[i]->letter == found)
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
read_flags(struct options *options, int argc, char **argv,
    struct reading *reading, struct err *err)
{
	struct getopt_tables tables;
	struct err problem;
	int found, row;

	fill_tables(&tables, reading);
	opterr = 0;
	optind = 0;
	while ((found = getopt_long(argc, argv, tables.letters, tables.options,
		    NULL)) != -1) {
		const struct option_spec *spec;

		row = find_row(reading, found);
		if (row == -1)
			return complain(found, argv, argv[0], err);
		spec = reading->rows[row];
		if (reading->given[row] && spec->token)
			return err_set(err,
			    "--%s: more than one task token: "
			    "give one",
			    spec->name);
		reading->given[row] = true;
		if (option_set(spec, options, optarg, &problem) == -1)
			return err_set(err, "--%s: %s", spec->name,
			    problem.text);
	}
	options->words = argv + optind;
	options->word_count = (size_t)(argc - optind);
	return 0;
}

/* With --attach, what was submitted then holds. */
static int
check_attach(const struct options *options, const struct reading *reading,
    struct err *err)
{
	if (options->submit.attach == NULL)
		return 0;
	for (size_t i = 0; i < reading->count; i++)
		if (reading->given[i] && reading->rows[i]->fresh)
			return err_set(err,
			    "--%s: not with --attach, for which holds what "
			    "was submitted",
			    reading->rows[i]->name);
	return 0;
}

static int
check_together(const struct options *options, struct err *err)
{
	int tokens = (options->task_token != NULL) +
		     (options->task_token_file != NULL) +
		     (options->task != NULL);

	if (tokens > 1)
		return err_set(err,
		    "more than one task token: give one of "
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
	struct reading reading = { 0 };
	bool token_given = false;

	option_defaults(options, command);
	reading.count = option_rows(command, reading.rows);
	if (read_flags(options, argc, argv, &reading, err) == -1)
		return -1;
	if (options->help)
		return 0;
	for (size_t i = 0; i < reading.count; i++)
		token_given =
		    token_given || (reading.given[i] && reading.rows[i]->token);
	if (token_given)
		wipe_token_variable();
	if (read_environment(options, &reading, token_given, err) == -1)
		return -1;
	if (check_attach(options, &reading, err) == -1)
		return -1;
	return check_together(options, err);
}

void
options_clear(struct options *options)
{
	free(options->activities.values);
	free(options->registers.values);
	identity_free(options->run_as);
	options->run_as = NULL;
	free(options->env_denies.values);
	options->activities = (struct options_list){ NULL, 0 };
	options->registers = (struct options_list){ NULL, 0 };
	options->env_denies = (struct options_list){ NULL, 0 };
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
print_row(FILE *out, const struct option_spec *spec)
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

/* What stands before and after the options; by the bit of the command. */
static const struct {
	enum options_command command;
	const char *usage;
	const char *example;
} help_texts[] = {
	{ OPTIONS_WORKER,
	    "usage: tend worker [OPTION]... [--] [COMMAND [ARG]...]\n\n"
	    "Polls a task list of SWF and runs a command for each activity "
	    "task: heartbeats\nwith its progress, stops it when SWF asks for "
	    "that, and reports how it ended.\nCOMMAND is for every activity "
	    "type that no --activity names.\n",
	    "Example:\n  tend worker --domain media --task-list encode "
	    "--slots 8 -t 60s -- ./encode\n\n"
	    "Exit status: 0 after a drain; 125 tend's own error; 128+n a "
	    "third signal has\nended it.\n" },
	{ OPTIONS_RUN,
	    "usage: tend run [OPTION]... [--] COMMAND [ARG]...\n\n"
	    "Runs COMMAND as one SWF activity task: heartbeats with its "
	    "progress, stops it\nwhen SWF asks for that, and reports how it "
	    "ended.\n",
	    "Example:\n  tend run --task task.json -t 60s -- ./legacy --all\n\n"
	    "Exit status: the command's own, 128+n if a signal ended it; 123 "
	    "the task is\nlost, 124 stalled or over the limit, 125 tend's own "
	    "error, 126 and 127 cannot\nexecute.\n" },
	{ OPTIONS_SUBMIT,
	    "usage: tend submit --domain D --activity NAME:VERSION [OPTION]... "
	    "[INPUT]\n       tend submit --domain D --attach WORKFLOW-ID "
	    "[OPTION]...\n\n"
	    "Has one activity done by a worker, and prints its result.  INPUT "
	    "is a file with\nthe activity's input; - is stdin.\n",
	    "Example:\n  tend submit --domain media --activity encode:1 "
	    "--retries 2 job.json\n\n"
	    "Exit status: 0 completed, 1 failed, 3 canceled, 4 timed out, 5 "
	    "terminated, 125\ntend's own error, 128+n left by a signal with "
	    "the workflow open.\n" },
	{ OPTIONS_CHECK,
	    "usage: tend check [OPTION]...\n\n"
	    "Shows which region, endpoint, credentials, CA and proxy would be "
	    "used and who\nsaid so, and calls the service once, changing "
	    "nothing; says of each failure what\ncan be done.\n",
	    "Example:\n  tend check --domain media --task-list encode\n\n"
	    "Exit status: 0 work can start, 1 it cannot, 125 tend's own "
	    "error.\n" },
	{ OPTIONS_FLUSH,
	    "usage: tend flush --spool DIR [OPTION]...\n\n"
	    "Delivers the outcomes that a tend which has ended left in its "
	    "spool directory,\nand ends what may still run of its tasks.  "
	    "Directories of a tend that lives are\nfine: what is in its "
	    "hands is left alone.\n",
	    "Example:\n  tend flush --spool /var/lib/tend --report-timeout "
	    "30s\n\n"
	    "Exit status: 0 nothing is left, 1 something is, 125 tend's own "
	    "error, 128+n\nended by a signal.\n" },
	{ OPTIONS_TRY,
	    "usage: tend try [OPTION]... [--] COMMAND [ARG]...\n\n"
	    "Runs COMMAND as an activity of a private swf-local, exactly as "
	    "\"tend run\" would.\nShows on stderr each heartbeat, and in the "
	    "end the history that SWF has of it.\nNo account, no set-up.\n",
	    "Examples:\n  tend try -- ./legacy --all\n"
	    "  tend try --cancel-after 5s -- ./legacy --all\n\n"
	    "Exit status: as of \"tend run\": the command's own, 128+n if a "
	    "signal ended it;\n123 the task was lost, 124 stalled or over "
	    "the limit, 125 tend's own error,\n126 and 127 cannot "
	    "execute.\n" },
};

static void
print_rows(FILE *out, enum options_command command)
{
	const struct option_spec *rows[OPTION_ROWS_MAX];
	size_t count = option_rows(command, rows);

	for (size_t i = 0; i < count; i++)
		if (rows[i]->name == NULL)
			(void)fprintf(out, "\n%s\n", rows[i]->help);
		else
			print_row(out, rows[i]);
}

int
options_help(FILE *out, enum options_command command)
{
	for (size_t i = 0; i < ARRAY_SIZE(help_texts); i++) {
		if (help_texts[i].command != command)
			continue;
		(void)fputs(help_texts[i].usage, out);
		print_rows(out, command);
		(void)fputs("\nDurations: 500ms, 30s, 1.5m, 2h, 1d; a bare "
			    "number is seconds.  Each option is\nalso an "
			    "environment variable: TEND_KILL_AFTER for "
			    "--kill-after.\n\n",
		    out);
		(void)fputs(help_texts[i].example, out);
		(void)fputs("\nThe manual: man tend\n", out);
	}
	return fflush(out) == 0 && ferror(out) == 0 ? 0 : -1;
}
