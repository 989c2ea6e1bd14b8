/* SPDX-License-Identifier: MIT */
/*
 * The options of "tend submit", for tend/option_table.h.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "aws/wire.h"
#include "base/instant.h"
#include "tend/option_table.h"
#include "tend/submit.h"
#include "text/duration.h"
#include "text/utf8.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

enum {
	/* SWF's longest execution: a year. */
	LONGEST_EXECUTION = 365 * 24 * 60 * 60,
	LONGEST_TIMEOUT = 99999999
};

/* See tend/option_table.h. */
int
option_check_name(const char *name, size_t len, size_t max, struct err *err)
{
	if (len == 0)
		return err_set(err, "it is empty; give a name");
	if (!utf8_valid(name, len))
		return err_set(err, "it is no valid UTF-8");
	if (utf8_units(name, len) > max)
		return err_set(err, "it has %zu characters; SWF takes %zu",
		    utf8_units(name, len), max);
	for (size_t i = 0; i < len; i++)
		if (strchr(":/|", name[i]) != NULL ||
		    (unsigned char)name[i] < 0x20 || name[i] == 0x7f)
			return err_set(err,
			    "'%.*s' is no name of SWF's: no ':', '/', '|' or "
			    "control character",
			    (int)len, name);
	if (name[0] == ' ' || name[len - 1] == ' ')
		return err_set(err, "'%.*s' has a blank at an end", (int)len,
		    name);
	if (len == 3 && memcmp(name, "arn", 3) == 0)
		return err_set(err, "'arn' is no name of SWF's");
	return 0;
}

static int
set_name(const char **field, const char *value, size_t max, struct err *err)
{
	*field = value;
	return option_check_name(value, strlen(value), max, err);
}

static int
set_domain(struct options *options, const char *value, struct err *err)
{
	return set_name(&options->domain, value, SWF_NAME_MAX, err);
}

static int
set_task_list(struct options *options, const char *value, struct err *err)
{
	return set_name(&options->submit.task_list, value, SWF_NAME_MAX, err);
}

static int
set_workflow_id(struct options *options, const char *value, struct err *err)
{
	return set_name(&options->submit.workflow_id, value,
	    SUBMIT_WORKFLOW_ID_MAX, err);
}

static int
set_attach(struct options *options, const char *value, struct err *err)
{
	return set_name(&options->submit.attach, value, SUBMIT_WORKFLOW_ID_MAX,
	    err);
}

static int
set_activity(struct options *options, const char *value, struct err *err)
{
	const char *colon = strchr(value, ':');
	struct err problem;

	if (colon == NULL)
		return err_set(err,
		    "'%s' has no version: give NAME:VERSION, e.g. encode:1",
		    value);
	if (option_check_name(value, (size_t)(colon - value), SWF_NAME_MAX,
		&problem) == -1)
		return err_set(err, "the name before ':': %s", problem.text);
	if (option_check_name(colon + 1, strlen(colon + 1), SWF_VERSION_MAX,
		&problem) == -1)
		return err_set(err, "the version after ':': %s", problem.text);
	options->submit.activity = value;
	return 0;
}

/* Whole seconds, from 1 to "max". */
static int
set_seconds(int64_t *field, const char *value, int64_t max, struct err *err)
{
	int64_t ms;

	if (duration_parse(value, &ms, err) == -1)
		return -1;
	if (ms == 0 || ms % 1000 != 0)
		return err_set(err,
		    "'%s': SWF's timeouts are whole seconds, at least 1s",
		    value);
	if (ms / 1000 > max)
		return err_set(err, "'%s' is too long: at most %lld seconds",
		    value, (long long)max);
	*field = ms / 1000;
	return 0;
}

static int
set_timeout(struct options *options, enum order_timeout which,
    const char *value, struct err *err)
{
	int64_t *field = &options->submit.timeouts[which];

	if (strcmp(value, "none") == 0) {
		*field = INSTANT_NEVER;
		return 0;
	}
	return set_seconds(field, value, LONGEST_TIMEOUT, err);
}

static int
set_schedule_to_start(struct options *options, const char *value,
    struct err *err)
{
	return set_timeout(options, ORDER_SCHEDULE_TO_START, value, err);
}

static int
set_schedule_to_close(struct options *options, const char *value,
    struct err *err)
{
	return set_timeout(options, ORDER_SCHEDULE_TO_CLOSE, value, err);
}

static int
set_start_to_close(struct options *options, const char *value, struct err *err)
{
	return set_timeout(options, ORDER_START_TO_CLOSE, value, err);
}

static int
set_heartbeat_timeout(struct options *options, const char *value,
    struct err *err)
{
	return set_timeout(options, ORDER_HEARTBEAT, value, err);
}

static int
set_time_limit(struct options *options, const char *value, struct err *err)
{
	return set_seconds(&options->submit.time_limit, value,
	    LONGEST_EXECUTION, err);
}

static int
set_retries(struct options *options, const char *value, struct err *err)
{
	const char *problem = NULL;

	/* strtonum() takes blanks and signs. */
	if (strspn(value, "0123456789") == strlen(value))
		options->submit.retries =
		    (int)strtonum(value, 0, ORDER_RETRIES_MAX, &problem);
	else
		problem = "invalid";
	if (problem != NULL)
		return err_set(err, "'%s' is no number from 0 to %d", value,
		    ORDER_RETRIES_MAX);
	return 0;
}

static int
set_input_text(struct options *options, const char *value, struct err *err)
{
	(void)err;
	options->submit.input_text = value;
	return 0;
}

static const struct option_spec submit_rows[] = {
	{ .help = "The activity:" },
	{ .name = "domain",
	    .argument = "NAME",
	    .help = "the SWF domain",
	    .kind = KIND_CUSTOM,
	    .set = set_domain },
	{ .name = "activity",
	    .argument = "NAME:VERSION",
	    .fresh = true,
	    .help = "the activity type",
	    .kind = KIND_CUSTOM,
	    .set = set_activity },
	{ .name = "task-list",
	    .argument = "NAME",
	    .fresh = true,
	    .help = "where workers poll for it (the type's, else default)",
	    .kind = KIND_CUSTOM,
	    .set = set_task_list },
	{ .name = "input-text",
	    .argument = "TEXT",
	    .fresh = true,
	    .help = "its input, instead of INPUT",
	    .kind = KIND_CUSTOM,
	    .set = set_input_text },
	{ .name = "retries",
	    .argument = "N",
	    .fresh = true,
	    .help = "times to try again after failure or timeout (0)",
	    .kind = KIND_CUSTOM,
	    .set = set_retries },
	{ .name = "no-register",
	    .fresh = true,
	    .help = "a domain or type that is missing is an error",
	    .kind = KIND_FLAG,
	    OPTION_AT(submit.no_register) },

	{ .help = "Timeouts of an attempt (the type's, else none):" },
	{ .name = "heartbeat-timeout",
	    .letter = 't',
	    .argument = "DUR|none",
	    .fresh = true,
	    .help = "from heartbeat to heartbeat",
	    .kind = KIND_CUSTOM,
	    .set = set_heartbeat_timeout },
	{ .name = "start-to-close",
	    .argument = "DUR|none",
	    .fresh = true,
	    .help = "from a worker's start to its end",
	    .kind = KIND_CUSTOM,
	    .set = set_start_to_close },
	{ .name = "schedule-to-start",
	    .argument = "DUR|none",
	    .fresh = true,
	    .help = "how long it may wait for a worker",
	    .kind = KIND_CUSTOM,
	    .set = set_schedule_to_start },
	{ .name = "schedule-to-close",
	    .argument = "DUR|none",
	    .fresh = true,
	    .help = "waiting and work together",
	    .kind = KIND_CUSTOM,
	    .set = set_schedule_to_close },

	{ .help = "The workflow:" },
	{ .name = "time-limit",
	    .argument = "DUR",
	    .fresh = true,
	    .help = "of all attempts together (365d, SWF's longest)",
	    .kind = KIND_CUSTOM,
	    .set = set_time_limit },
	{ .name = "workflow-id",
	    .argument = "ID",
	    .fresh = true,
	    .help = "its id (a new one)",
	    .kind = KIND_CUSTOM,
	    .set = set_workflow_id },
	{ .name = "attach",
	    .argument = "ID",
	    .help = "take up a workflow that was submitted before",
	    .kind = KIND_CUSTOM,
	    .set = set_attach },
	{ .name = "run-id",
	    .argument = "ID",
	    .help = "with --attach: its run (the open one, else the newest)",
	    .kind = KIND_STRING,
	    OPTION_AT(submit.run_id) },
};

const struct option_group option_submit_group = {
	submit_rows,
	ARRAY_SIZE(submit_rows),
	OPTIONS_SUBMIT,
};

void
option_submit_defaults(struct options *options)
{
	options->submit.time_limit = LONGEST_EXECUTION;
	for (int i = 0; i < ORDER_TIMEOUTS; i++)
		options->submit.timeouts[i] = ORDER_DEFAULT;
}
