/* SPDX-License-Identifier: MIT */
/*
 * Bytes from the network and from --task files into aws/swf_json: whatever
 * comes, what comes out is text that ends and is valid UTF-8.
 */
#include "config.h"

#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "aws/errors.h"
#include "aws/swf_answers.h"
#include "aws/swf_json.h"
#include "base/mem.h"
#include "text/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_error(const char *body, size_t len, const char *query_error)
{
	struct swf_answer answer = { .status = 400 };

	swf_json_error(&answer, body, len, query_error);
	assert(memchr(answer.code, '\0', sizeof(answer.code)) != NULL);
	assert(memchr(answer.message, '\0', sizeof(answer.message)) != NULL);
	assert(utf8_valid(answer.message, strlen(answer.message)));
	assert(errors_class(400, answer.code, answer.message) != SWF_OK);
}

static void
check_task(const char *body, size_t len)
{
	struct swf_task task;
	struct err err;

	if (swf_task_parse(&task, body, len, &err) == 0)
		assert(task.token != NULL && *task.token != '\0');
	else
		assert(task.token == NULL && *err.text != '\0');
	swf_task_clear(&task);
}

static void
check_event(const struct swf_event *event)
{
	char *text = swf_event_attributes(event);

	assert(event->id > 0 && event->type != NULL && event->time >= 0);
	assert(*text == '{');
	free(text);
	(void)swf_event_text(event, "input");
	(void)swf_event_inner(event, "taskList", "name");
	(void)swf_event_item(event, "tagList", 1);
	assert(swf_event_number(event, "scheduledEventId") >= 0);
}

static void
check_decision_task(const char *body, size_t len)
{
	struct swf_decision_task task;
	struct err err;

	if (swf_decision_task_parse(&task, body, len, &err) == -1)
		assert(task.token == NULL && *err.text != '\0');
	else
		for (size_t i = 0; i < task.history.count; i++)
			check_event(&task.history.events[i]);
	if (task.token != NULL)
		assert(!swf_poll_is_empty(body, len));
	swf_decision_task_clear(&task);
}

static void
check_executions(const char *body, size_t len)
{
	struct swf_execution execution;

	(void)swf_execution_parse(&execution, body, len, NULL);
	swf_execution_clear(&execution);
	(void)swf_execution_parse_first(&execution, body, len, NULL);
	swf_execution_clear(&execution);
	free(swf_run_id_parse(body, len, NULL));
}

static void
check_domain(const char *body, size_t len)
{
	struct swf_domain domain;

	if (swf_domain_parse(&domain, body, len, NULL) == 0)
		assert(domain.name != NULL);
	swf_domain_clear(&domain);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *body = mem_copy(data, size);
	bool cancel;

	(void)swf_json_heartbeat(body, size, &cancel);
	(void)swf_json_is_empty(body, size);
	check_error(body, size, "");
	/* The copy is a string as well: a header holds no NUL. */
	check_error("", 0, body);
	check_task(body, size);
	check_decision_task(body, size);
	check_executions(body, size);
	check_domain(body, size);
	free(body);
	return 0;
}
