/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "tend/environment.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/instant.h"
#include "base/mem.h"
#include "process/survivors.h"

static const char *const task_variables[] = {
	"SWF_ACTIVITY_ID",
	"SWF_ACTIVITY_NAME",
	"SWF_ACTIVITY_VERSION",
	"SWF_WORKFLOW_ID",
	"SWF_RUN_ID",
	"SWF_DOMAIN",
	"SWF_TASK_LIST",
	"SWF_HEARTBEAT_TIMEOUT",
	"SWF_INPUT_FILE",
	"SWF_RESULT_FILE",
	"SWF_RESUME_DETAILS",
	"SWF_PROGRESS_FD",
	SURVIVORS_MARK,
};

enum { TASK_VARIABLES = sizeof(task_variables) / sizeof(task_variables[0]) };

struct list {
	char **strings;
	size_t count;
};

/* Whether an "NAME=value" of the outer environment is not passed on. */
static bool
is_ours(const char *string)
{
	if (strncmp(string, "TEND_", strlen("TEND_")) == 0)
		return true;
	for (size_t i = 0; i < TASK_VARIABLES; i++) {
		size_t len = strlen(task_variables[i]);

		if (strncmp(string, task_variables[i], len) == 0 &&
		    string[len] == '=')
			return true;
	}
	return false;
}

static void
add(struct list *list, const char *name, const char *value)
{
	if (value != NULL)
		list->strings[list->count++] = mem_format("%s=%s", name, value);
}

static void
add_seconds(struct list *list, const char *name, int64_t length)
{
	if (length == INSTANT_NEVER)
		return;
	list->strings[list->count++] =
	    length % 1000 == 0
		? mem_format("%s=%lld", name, (long long)(length / 1000))
		: mem_format("%s=%.3f", name, (double)length / 1000);
}

char **
environment_new(char *const *outer, const struct environment_facts *facts)
{
	const struct swf_task *task = facts->task;
	struct list list = { NULL, 0 };
	size_t count = 0;

	while (outer[count] != NULL)
		count++;
	list.strings = mem_new(count + TASK_VARIABLES + 1, sizeof(char *));
	for (size_t i = 0; i < count; i++)
		if (!is_ours(outer[i]))
			list.strings[list.count++] = mem_string(outer[i]);
	add(&list, "SWF_ACTIVITY_ID", task->activity_id);
	add(&list, "SWF_ACTIVITY_NAME", task->activity_name);
	add(&list, "SWF_ACTIVITY_VERSION", task->activity_version);
	add(&list, "SWF_WORKFLOW_ID", task->workflow_id);
	add(&list, "SWF_RUN_ID", task->run_id);
	add(&list, "SWF_DOMAIN", facts->domain);
	add(&list, "SWF_TASK_LIST", facts->task_list);
	add_seconds(&list, "SWF_HEARTBEAT_TIMEOUT", facts->heartbeat_timeout);
	add(&list, "SWF_INPUT_FILE", facts->input_file);
	add(&list, "SWF_RESULT_FILE", facts->result_file);
	add(&list, "SWF_RESUME_DETAILS", facts->resume_details);
	if (facts->mark != NULL && facts->mark[0] != '\0')
		add(&list, SURVIVORS_MARK, facts->mark);
	if (facts->progress_fd != -1)
		list.strings[list.count++] =
		    mem_format("SWF_PROGRESS_FD=%d", facts->progress_fd);
	return list.strings;
}

void
environment_free(char **environment)
{
	if (environment == NULL)
		return;
	for (char **string = environment; *string != NULL; string++)
		free(*string);
	free(environment);
}
