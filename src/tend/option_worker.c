/* SPDX-License-Identifier: MIT */
/*
 * The options of "tend worker", for tend/option_table.h.
 */
#include "config.h"

#include "base/instant.h"
#include "base/listener.h"
#include "tend/option_table.h"
#include "text/duration.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

enum { SLOTS_MAX = 4096 };

static int
set_output(struct options *options, const char *value, struct err *err)
{
	static const char *const words[] = { "prefix", "raw", "json", "none" };
	int choice = 0;

	if (option_choose(value, words, ARRAY_SIZE(words), &choice, err) == -1)
		return -1;
	options->output = (enum options_output)(OUTPUT_PREFIX + choice);
	return 0;
}

static int
set_on_drain(struct options *options, const char *value, struct err *err)
{
	static const char *const words[] = { "finish", "fail" };
	int choice = 0;

	if (option_choose(value, words, ARRAY_SIZE(words), &choice, err) == -1)
		return -1;
	options->drain_fails = choice == 1;
	return 0;
}

static int
set_drain_timeout(struct options *options, const char *value, struct err *err)
{
	return duration_parse(value, &options->drain_timeout, err);
}

static int
set_listen(struct options *options, const char *value, struct err *err)
{
	options->listening = true;
	return listener_parse(value, &options->listen, err);
}

static const struct option_spec worker_rows[] = {
	{ .help = "The tasks:" },
	{ .name = "domain",
	    .argument = "NAME",
	    .help = "the SWF domain; must be given",
	    .kind = KIND_STRING,
	    OPTION_AT(domain) },
	{ .name = "task-list",
	    .argument = "NAME",
	    .help = "the task list to poll; must be given",
	    .kind = KIND_STRING,
	    OPTION_AT(task_list) },
	{ .name = "slots",
	    .argument = "N",
	    .help = "how many commands run at once, to 4096 (1)",
	    .kind = KIND_COUNT,
	    .most = SLOTS_MAX,
	    OPTION_AT(slots) },
	{ .name = "max-polls",
	    .argument = "N",
	    .help = "how many polls wait at once, for free slots (8)",
	    .kind = KIND_COUNT,
	    .most = SLOTS_MAX,
	    OPTION_AT(max_polls) },
	{ .name = "identity",
	    .argument = "TEXT",
	    .help = "who polls, for the history (host:pid)",
	    .kind = KIND_STRING,
	    OPTION_AT(identity) },
	{ .name = "activity",
	    .argument = "TYPE=COMMAND",
	    .help = "what runs for activity type NAME or NAME:VERSION, split "
		    "as by a shell; repeatable",
	    .kind = KIND_LIST,
	    OPTION_AT(activities) },
	{ .name = "register",
	    .argument = "NAME:VERSION",
	    .help = "register this activity type first, if it is missing; "
		    "repeatable",
	    .kind = KIND_LIST,
	    OPTION_AT(registers) },
	{ .name = "output",
	    .argument = "FORM",
	    .help = "what commands print: prefix (lines with the activity's "
		    "id), raw, json or none (prefix; raw with one slot)",
	    .kind = KIND_CUSTOM,
	    .set = set_output },

	{ .help = "The end:" },
	{ .name = "max-tasks",
	    .argument = "N",
	    .help = "end after so many tasks",
	    .kind = KIND_COUNT,
	    .most = INT64_MAX,
	    OPTION_AT(max_tasks) },
	{ .name = "idle-exit",
	    .argument = "DUR|off",
	    .help = "end after so long without a task (off)",
	    .kind = KIND_LIMIT,
	    OPTION_AT(idle_exit) },
	{ .name = "drain-timeout",
	    .argument = "DUR",
	    .help = "told to stop, commands may go on for this long (20s)",
	    .kind = KIND_CUSTOM,
	    .set = set_drain_timeout },
	{ .name = "on-drain",
	    .argument = "finish|fail",
	    .help = "a task that still arrives meanwhile (finish)",
	    .kind = KIND_CUSTOM,
	    .set = set_on_drain },

	{ .help = "Who watches:" },
	{ .name = "listen",
	    .argument = "ADDR:PORT",
	    .help = "answer HTTP there: /healthz, /livez, /metrics; :PORT is "
		    "all addresses",
	    .kind = KIND_CUSTOM,
	    .set = set_listen },
};

const struct option_group option_worker_group = {
	worker_rows,
	ARRAY_SIZE(worker_rows),
	OPTIONS_WORKER,
};

void
option_worker_defaults(struct options *options)
{
	options->heartbeat_auto = true;
	options->stop_deadline = 30000;
	options->output = OUTPUT_DEFAULT;
	options->slots = 1;
	options->max_polls = 8;
	options->idle_exit = INSTANT_NEVER;
	options->drain_timeout = 20000;
}
