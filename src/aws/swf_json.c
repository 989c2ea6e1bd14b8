/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "aws/swf_json.h"

#include <cjson/cJSON.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "aws/wire.h"
#include "base/mem.h"
#include "text/json.h"
#include "text/utf8.h"

enum {
	EXCERPT = 80,    /* UTF-16 units of a page that is not SWF's */
	SECRET_DEPTH = 8 /* objects inside each other */
};

/* {"name":"value",...} */
int
swf_json_request(struct buf *out, const struct swf_member *members,
    size_t count)
{
	const char *separator = "{";

	for (size_t i = 0; i < count; i++) {
		if (members[i].value == NULL)
			continue;
		if (buf_format(out, "%s\"%s\":", separator, members[i].name) ==
			-1 ||
		    json_string(out, members[i].value,
			strlen(members[i].value)) == -1)
			return -1;
		separator = ",";
	}
	return buf_string(out, *separator == '{' ? "{}" : "}");
}

static size_t
skip_blanks(const char *text, size_t len)
{
	size_t i = 0;

	while (i < len && strchr(" \t\r\n", text[i]) != NULL && text[i] != '\0')
		i++;
	return i;
}

/* cJSON itself accepts anything at all after the value. */
static cJSON *
parse_object(const char *text, size_t len)
{
	const char *end = NULL;
	cJSON *root = cJSON_ParseWithLengthOpts(text, len, &end, 0);
	size_t rest;

	if (root == NULL)
		return NULL;
	rest = len - (size_t)(end - text);
	if (cJSON_IsObject(root) && skip_blanks(end, rest) == rest)
		return root;
	cJSON_Delete(root);
	return NULL;
}

/* A NUL would end an input or a result in the middle, and not be noticed. */
cJSON *
swf_json_parse(const char *text, size_t len)
{
	char *copy;
	cJSON *root;

	if (memmem(text, len, "\\u0000", 6) == NULL)
		return parse_object(text, len);
	copy = mem_copy(text, len);
	json_replace_nul(copy, len);
	root = parse_object(copy, len);
	explicit_bzero(copy, len);
	free(copy);
	return root;
}

/* As deep as a document of ours is; what is deeper is only freed. */
static void
cleanse(cJSON *item, int depth)
{
	for (; item != NULL; item = item->next) {
		if (item->valuestring != NULL)
			explicit_bzero(item->valuestring,
			    strlen(item->valuestring));
		if (depth > 0)
			cleanse(item->child, depth - 1);
	}
}

/* NULL is fine. */
void
swf_json_cleanse(cJSON *root)
{
	cleanse(root, SECRET_DEPTH);
	cJSON_Delete(root);
}

/* A member's string. */
const char *
swf_json_string(const cJSON *object, const char *name)
{
	return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object,
	    name));
}

/* A member's string, as the caller's. */
char *
swf_json_copy(const cJSON *object, const char *name)
{
	const char *value = swf_json_string(object, name);

	return value == NULL ? NULL : mem_string(value);
}

/* A member's number. */
int64_t
swf_json_integer(const cJSON *object, const char *name)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);

	if (!cJSON_IsNumber(item) || !(item->valuedouble >= 0) ||
	    item->valuedouble >= 9e15)
		return 0;
	return (int64_t)item->valuedouble;
}

/* See the header. */
int
swf_json_heartbeat(const char *body, size_t len, bool *cancel_requested)
{
	cJSON *root = swf_json_parse(body, len);
	const cJSON *item;
	int result = 0;

	*cancel_requested = false;
	if (root == NULL)
		return -1;
	item = cJSON_GetObjectItemCaseSensitive(root, "cancelRequested");
	if (cJSON_IsBool(item))
		*cancel_requested = cJSON_IsTrue(item);
	else if (item != NULL && !cJSON_IsNull(item))
		result = -1;
	cJSON_Delete(root);
	return result;
}

/* Any object. */
bool
swf_json_is_object(const char *body, size_t len)
{
	cJSON *root = swf_json_parse(body, len);

	cJSON_Delete(root);
	return root != NULL;
}

/* Nothing, blanks, or any object. */
bool
swf_json_is_empty(const char *body, size_t len)
{
	return skip_blanks(body, len) == len || swf_json_is_object(body, len);
}

/* "com.amazonaws.swf.base.model#Name:more" becomes "Name". */
static void
set_code(struct swf_answer *answer, const char *type)
{
	size_t len = strcspn(type, ":");
	const char *hash = memrchr(type, '#', len);
	const char *name = hash == NULL ? type : hash + 1;

	len -= (size_t)(name - type);
	if (len >= sizeof(answer->code))
		len = sizeof(answer->code) - 1;
	memcpy(answer->code, name, len);
	answer->code[len] = '\0';
}

/* Copies as much of "text" as fits, made valid and not cut in a character. */
static void
set_message(struct swf_answer *answer, const char *text)
{
	struct buf valid = BUF_INIT(SIZE_MAX / 4);
	size_t units = sizeof(answer->message) / UTF8_BYTES_PER_UNIT - 1;
	struct buf cut = BUF_INIT(sizeof(answer->message) - 1);

	if (utf8_repair(&valid, text, strlen(text)) == 0 &&
	    utf8_cut(&cut, valid.data, valid.len, units, UTF8_HEAD) == 0)
		(void)strlcpy(answer->message, cut.data,
		    sizeof(answer->message));
	buf_clear(&valid);
	buf_clear(&cut);
}

/* What to say of a page that something in between has made. */
static void
set_foreign(struct swf_answer *answer, const char *body, size_t len)
{
	struct buf valid = BUF_INIT(SIZE_MAX / 4);
	struct buf text = BUF_INIT(SIZE_MAX / 4);

	(void)buf_format(&text,
	    "HTTP status %d with an answer that is not "
	    "SWF's",
	    answer->status);
	len = len < 1024 ? len : 1024;
	if (utf8_repair(&valid, body, len) == 0 && valid.len > 0) {
		(void)buf_string(&text, ": ");
		(void)utf8_cut(&text, valid.data, valid.len, EXCERPT,
		    UTF8_HEAD);
	}
	set_message(answer, text.data);
	buf_clear(&valid);
	buf_clear(&text);
}

/* See the header. */
void
swf_json_error(struct swf_answer *answer, const char *body, size_t len,
    const char *query_error)
{
	cJSON *root = swf_json_parse(body, len);
	const char *type = swf_json_string(root, "__type");
	const char *message = swf_json_string(root, "message");
	char header[sizeof(answer->code)];

	if (message == NULL)
		message = swf_json_string(root, "Message");
	answer->code[0] = '\0';
	answer->message[0] = '\0';
	(void)strlcpy(header, query_error, sizeof(header));
	header[strcspn(header, ";")] = '\0';
	if (header[0] != '\0')
		set_code(answer, header);
	else if (type != NULL)
		set_code(answer, type);
	if (message != NULL)
		set_message(answer, message);
	else if (answer->code[0] == '\0')
		set_foreign(answer, body, len);
	cJSON_Delete(root);
}

static void
fill_task(struct swf_task *task, const cJSON *root, const char *token)
{
	const cJSON *type =
	    cJSON_GetObjectItemCaseSensitive(root, "activityType");
	const cJSON *execution =
	    cJSON_GetObjectItemCaseSensitive(root, "workflowExecution");

	task->token = mem_string(token);
	task->activity_id = swf_json_copy(root, "activityId");
	task->activity_name = swf_json_copy(type, "name");
	task->activity_version = swf_json_copy(type, "version");
	task->workflow_id = swf_json_copy(execution, "workflowId");
	task->run_id = swf_json_copy(execution, "runId");
	task->input = swf_json_copy(root, "input");
	task->started_event_id = swf_json_integer(root, "startedEventId");
}

/* See aws/swf.h. */
int
swf_task_parse(struct swf_task *task, const char *json, size_t len,
    struct err *err)
{
	cJSON *root;
	const cJSON *item;
	const char *token;
	int result = -1;

	*task = (struct swf_task){ 0 };
	if (skip_blanks(json, len) == len)
		return err_set(err, "task: there is nothing in it: did the "
				    "poll fail?");
	root = swf_json_parse(json, len);
	if (root == NULL)
		return err_set(err, "task: not a JSON object: it must be "
				    "what PollForActivityTask answers");
	item = cJSON_GetObjectItemCaseSensitive(root, "taskToken");
	token = cJSON_GetStringValue(item);
	if (item != NULL && token == NULL && !cJSON_IsNull(item)) {
		(void)err_set(err, "task: its taskToken is not a string");
	} else if (token == NULL || *token == '\0') {
		(void)err_set(err, "task: no taskToken: the poll was empty, "
				   "there is nothing to run");
	} else if (strlen(token) > SWF_TOKEN_MAX) {
		(void)err_set(err, "task: its taskToken is over %d characters",
		    SWF_TOKEN_MAX);
	} else {
		fill_task(task, root, token);
		result = 0;
	}
	cJSON_Delete(root);
	return result;
}

/* Frees; a cleared task can be cleared again. */
void
swf_task_clear(struct swf_task *task)
{
	free(task->token);
	free(task->activity_id);
	free(task->activity_name);
	free(task->activity_version);
	free(task->workflow_id);
	free(task->run_id);
	free(task->input);
	*task = (struct swf_task){ 0 };
}
