/* SPDX-License-Identifier: MIT */
/*
 * The options of "tend check", for tend/option_table.h.
 */
#include "config.h"

#include <string.h>

#include "aws/wire.h"
#include "tend/option_table.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

static int
set_domain(struct options *options, const char *value, struct err *err)
{
	options->domain = value;
	return option_check_name(value, strlen(value), SWF_NAME_MAX, err);
}

static int
set_task_list(struct options *options, const char *value, struct err *err)
{
	options->task_list = value;
	return option_check_name(value, strlen(value), SWF_NAME_MAX, err);
}

static const struct option_spec check_rows[] = {
	{ .help = "What the service is asked about:" },
	{ .name = "domain",
	    .argument = "NAME",
	    .help = "the SWF domain: it is described (some are listed)",
	    .kind = KIND_CUSTOM,
	    .set = set_domain },
	{ .name = "task-list",
	    .argument = "NAME",
	    .help = "a task list of the domain: its tasks are counted",
	    .kind = KIND_CUSTOM,
	    .set = set_task_list },
	{ .name = "json",
	    .help = "print one JSON object instead of a table",
	    .kind = KIND_FLAG,
	    OPTION_AT(json) },
};

const struct option_group option_check_group = {
	check_rows,
	ARRAY_SIZE(check_rows),
	OPTIONS_CHECK,
};

/* What a person must know is in the table. */
void
option_check_defaults(struct options *options)
{
	options->log_level = LOG_ERROR;
}
