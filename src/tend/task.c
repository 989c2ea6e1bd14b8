/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "tend/task.h"

#include <stdlib.h>
#include <string.h>

#include "aws/wire.h"
#include "base/buf.h"
#include "base/mem.h"
#include "tend/file.h"

/*
 * What SWF gives out is 1 to 1024 characters of base64.  "option" and "path"
 * say where it was; without a file, "path" is "".
 */
static int
check_token(const char *token, size_t len, const char *option, const char *path,
    struct err *err)
{
	const char *colon = *path != '\0' ? ": " : "";

	if (len == 0)
		return err_set(err, "%s%s%s: the task token is empty", option,
		    colon, path);
	if (len > SWF_TOKEN_MAX)
		return err_set(err,
		    "%s%s%s: the task token has %zu "
		    "characters; SWF's have at most %d",
		    option, colon, path, len, SWF_TOKEN_MAX);
	for (size_t i = 0; i < len; i++)
		if (token[i] <= ' ' || token[i] == 0x7f)
			return err_set(err,
			    "%s%s%s: the task token has a "
			    "blank, a line end or another byte that no token "
			    "has",
			    option, colon, path);
	return 0;
}

/* The token by itself: in argv, or in TEND_TASK_TOKEN. */
static int
take_token(struct swf_task *task, char *token, struct err *err)
{
	const char *variable = getenv("TEND_TASK_TOKEN");

	task->token = mem_string(token);
	explicit_bzero(token, strlen(token));
	return check_token(task->token, strlen(task->token),
	    token == variable ? "TEND_TASK_TOKEN" : "--task-token", "", err);
}

static int
take_token_file(struct swf_task *task, const char *path, struct err *err)
{
	struct buf text = BUF_INIT(FILE_MAX);
	int status = file_argument(path, "--task-token-file", &text, err);

	if (status == 0) {
		while (text.len > 0 &&
		       memchr(" \t\r\n", text.data[text.len - 1], 4) != NULL)
			text.len--;
		task->token = mem_copy(text.data, text.len);
		status = check_token(task->token, text.len, "--task-token-file",
		    path, err);
	}
	if (text.data != NULL)
		explicit_bzero(text.data, text.cap);
	buf_clear(&text);
	return status;
}

static int
take_task_file(struct swf_task *task, const char *path, struct err *err)
{
	struct buf text = BUF_INIT(FILE_MAX);
	struct err problem;
	int status = file_argument(path, "--task", &text, err);

	if (status == 0) {
		status = swf_task_parse(task,
		    text.data == NULL ? "" : text.data, text.len, &problem);
		if (status == -1)
			(void)err_set(err, "--task: %s: %s", path,
			    problem.text);
		else
			status = check_token(task->token, strlen(task->token),
			    "--task", path, err);
	}
	if (text.data != NULL)
		explicit_bzero(text.data, text.cap);
	buf_clear(&text);
	return status;
}

int
task_read(struct swf_task *task, const struct options *options, struct err *err)
{
	*task = (struct swf_task){ 0 };
	if (options->task_token != NULL)
		return take_token(task, options->task_token, err);
	if (options->task_token_file != NULL)
		return take_token_file(task, options->task_token_file, err);
	if (options->task != NULL)
		return take_task_file(task, options->task, err);
	return err_set(err,
	    "no task token: give --task-token, "
	    "--task-token-file or --task, or set TEND_TASK_TOKEN");
}
