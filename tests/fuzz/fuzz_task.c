/* SPDX-License-Identifier: MIT */
/*
 * tend/task and tend/environment: the files of --task and --task-token-file,
 * as a file of anything.  A token that is taken is one that SWF can have given
 * out; what is refused is refused in one line that does not show the secret;
 * the command gets the variables that are meant for it, each once.
 */
#include "config.h"

#include "tend/task.h"

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "aws/swf_json.h"
#include "aws/wire.h"
#include "base/instant.h"
#include "fuzz.h"
#include "tend/environment.h"
#include "text/utf8.h"

enum { FORMS = 2, PATH_TEXT = 40, SECRET_LEN = 8 };

static void
check_token(const char *token)
{
	size_t len = strlen(token);

	MUST(len >= 1 && len <= SWF_TOKEN_MAX);
	for (size_t i = 0; i < len; i++)
		MUST(token[i] < 0 || (token[i] > ' ' && token[i] != 0x7f));
}

/* How many of the variables have this name. */
static int
count_of(char *const *environment, const char *name, size_t len)
{
	int count = 0;

	for (; *environment != NULL; environment++)
		if (strncmp(*environment, name, len) == 0 &&
		    (*environment)[len] == '=')
			count++;
	return count;
}

static void
check_environment(const struct swf_task *task)
{
	static const char *const outer[] = { "PATH=/bin", "TEND_DOMAIN=d",
		"SWF_ACTIVITY_ID=outer", NULL };
	const struct environment_facts facts = { .task = task,
		.resume_details = task->input,
		.progress_fd = -1,
		.heartbeat_timeout = INSTANT_NEVER };
	char **environment =
	    environment_new((char *const *)(uintptr_t)outer, &facts);

	for (size_t i = 0; environment[i] != NULL; i++) {
		size_t len = strcspn(environment[i], "=");

		MUST(environment[i][len] == '=');
		MUST(i == 0 ? strcmp(environment[i], "PATH=/bin") == 0
			    : strncmp(environment[i], "SWF_", 4) == 0);
		MUST(count_of(environment, environment[i], len) == 1);
	}
	MUST((count_of(environment, "SWF_ACTIVITY_ID", 15) == 1) ==
	     (task->activity_id != NULL));
	environment_free(environment);
}

/* Written as the service would, it is the same task again. */
static void
check_written(const struct swf_task *task)
{
	const struct swf_member members[] = { { "taskToken", task->token },
		{ "activityId", task->activity_id }, { "input", task->input } };
	struct buf text = BUF_INIT(1 << 24);
	struct swf_task again;

	MUST(swf_json_request(&text, members, 3) == 0);
	MUST(swf_task_parse(&again, text.data, text.len, NULL) == 0);
	for (int i = 0; i < 3; i++) {
		const char *copy = i == 0   ? again.token
				   : i == 1 ? again.activity_id
					    : again.input;
		const char *value = members[i].value;

		MUST((value == NULL) == (copy == NULL));
		if (value != NULL && utf8_valid(value, strlen(value)))
			MUST(strcmp(value, copy) == 0);
	}
	swf_task_clear(&again);
	buf_clear(&text);
}

static void
check_refusal(const struct err *err, const uint8_t *data, size_t size)
{
	char *text = fuzz_string(data, size);

	MUST(err->text[0] != '\0' && strchr(err->text, '\n') == NULL);
	text[strcspn(text, " \t\r\n")] = '\0';
	MUST(strlen(text) < SECRET_LEN || strstr(err->text, text) == NULL);
	free(text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct options options = { .task = NULL };
	struct err err = { "" };
	struct swf_task task;
	char path[PATH_TEXT];
	int fd = memfd_create("task", MFD_CLOEXEC);
	int form = size == 0 ? 0 : data[0] % FORMS;

	MUST(fd != -1);
	if (size > 0) {
		data++;
		size--;
	}
	MUST(write(fd, data, size) == (ssize_t)size);
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	*(form == 0 ? &options.task : &options.task_token_file) = path;
	if (task_read(&task, &options, &err) == 0) {
		check_token(task.token);
		check_environment(&task);
		check_written(&task);
	} else {
		check_refusal(&err, data, size);
	}
	swf_task_clear(&task);
	(void)close(fd);
	return 0;
}
