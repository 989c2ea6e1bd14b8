/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "tend/option_table.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/instant.h"
#include "base/mem.h"
#include "text/duration.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

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
	&option_supervision_group,
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
		.report_timeout = 10 * 60 * 1000,
		.output = OUTPUT_RAW,
		.log_level = LOG_INFO,
	};
	option_supervision_defaults(options);
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
