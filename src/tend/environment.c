/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "tend/environment.h"

#include <fnmatch.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/instant.h"
#include "base/mem.h"
#include "process/identity.h"
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

static const char *const user_variables[] = { "USER", "LOGNAME", "HOME",
	"SHELL" };

enum { USER_VARIABLES = sizeof(user_variables) / sizeof(user_variables[0]) };

/* Whether a "NAME=value" is one of these variables. */
static bool
is_one_of(const char *string, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		size_t len = strlen(names[i]);

		if (strncmp(string, names[i], len) == 0 && string[len] == '=')
			return true;
	}
	return false;
}

/* Whether an "NAME=value" of the outer environment is not passed on. */
static bool
is_ours(const char *string, const struct environment_facts *facts)
{
	return strncmp(string, "TEND_", strlen("TEND_")) == 0 ||
	       is_one_of(string, task_variables, TASK_VARIABLES) ||
	       (facts->identity != NULL &&
		   is_one_of(string, user_variables, USER_VARIABLES));
}

/* Whether one of the globs matches the name of a "NAME=value". */
static bool
is_denied(const char *string, const struct environment_facts *facts)
{
	char *name;
	bool denied = false;

	if (facts->deny_count == 0)
		return false;
	name = mem_copy(string, strcspn(string, "="));
	for (size_t i = 0; i < facts->deny_count && !denied; i++)
		denied = fnmatch(facts->denies[i], name, 0) == 0;
	free(name);
	return denied;
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

static bool
has(const struct list *list, const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < list->count; i++)
		if (strncmp(list->strings[i], name, len) == 0 &&
		    list->strings[i][len] == '=')
			return true;
	return false;
}

static void
add_user(struct list *list, const struct identity *identity)
{
	if (identity == NULL)
		return;
	add(list, "USER", identity->name);
	add(list, "LOGNAME", identity->name);
	add(list, "HOME", identity->home);
	add(list, "SHELL", identity->shell);
}

char **
environment_new(char *const *outer, const struct environment_facts *facts)
{
	const struct swf_task *task = facts->task;
	struct list list = { NULL, 0 };
	size_t count = 0;

	while (outer[count] != NULL)
		count++;
	list.strings = mem_new(count + TASK_VARIABLES + USER_VARIABLES + 2,
	    sizeof(char *));
	for (size_t i = 0; i < count; i++)
		if (!is_ours(outer[i], facts) && !is_denied(outer[i], facts))
			list.strings[list.count++] = mem_string(outer[i]);
	/* Of a terminal that can do nothing in particular. */
	if (facts->terminal && !has(&list, "TERM"))
		add(&list, "TERM", "dumb");
	add_user(&list, facts->identity);
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
