/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "aws/swf_answers.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#include "aws/swf_json.h"
#include "base/mem.h"

/* An empty poll's token is absent, null or empty. */
static bool
has_token(const cJSON *root)
{
	const char *token = swf_json_string(root, "taskToken");

	return token != NULL && *token != '\0';
}

/* Of either kind. */
bool
swf_poll_is_empty(const char *json, size_t len)
{
	cJSON *root = swf_json_parse(json, len);
	bool empty = root != NULL && !has_token(root);

	cJSON_Delete(root);
	return empty;
}

/* See the header. */
int
swf_decision_task_parse(struct swf_decision_task *task, const char *json,
    size_t len, struct err *err)
{
	const cJSON *execution;

	*task = (struct swf_decision_task){ 0 };
	if (swf_history_parse(&task->history, json, len, err) == -1)
		return -1;
	if (!has_token(task->history.json))
		return 0;
	execution = cJSON_GetObjectItemCaseSensitive(task->history.json,
	    "workflowExecution");
	task->workflow_id = swf_json_copy(execution, "workflowId");
	task->run_id = swf_json_copy(execution, "runId");
	task->started_event_id =
	    swf_json_integer(task->history.json, "startedEventId");
	if (task->workflow_id == NULL || task->run_id == NULL ||
	    task->started_event_id == 0)
		return err_set(err, "decision task: it does not say of which "
				    "execution it is");
	task->token = swf_json_copy(task->history.json, "taskToken");
	return 0;
}

/* Frees; a cleared task can be cleared again. */
void
swf_decision_task_clear(struct swf_decision_task *task)
{
	free(task->token);
	free(task->workflow_id);
	free(task->run_id);
	swf_history_clear(&task->history);
	*task = (struct swf_decision_task){ 0 };
}

/* StartWorkflowExecution */
char *
swf_run_id_parse(const char *json, size_t len, struct err *err)
{
	cJSON *root = swf_json_parse(json, len);
	char *run_id = swf_json_copy(root, "runId");

	cJSON_Delete(root);
	if (run_id == NULL)
		(void)err_set(err, "started execution: no runId");
	return run_id;
}

/* Returns 0, or -1 if it is none. */
static int
read_execution(struct swf_execution *execution, const cJSON *info)
{
	const cJSON *names =
	    cJSON_GetObjectItemCaseSensitive(info, "execution");
	const char *status = swf_json_string(info, "executionStatus");

	execution->workflow_id = swf_json_copy(names, "workflowId");
	execution->run_id = swf_json_copy(names, "runId");
	execution->close_status = swf_json_copy(info, "closeStatus");
	execution->open = status != NULL && strcmp(status, "OPEN") == 0;
	return execution->workflow_id == NULL || execution->run_id == NULL ||
		       status == NULL
		   ? -1
		   : 0;
}

/* DescribeWorkflowExecution */
int
swf_execution_parse(struct swf_execution *execution, const char *json,
    size_t len, struct err *err)
{
	cJSON *root = swf_json_parse(json, len);
	int result = read_execution(execution,
	    cJSON_GetObjectItemCaseSensitive(root, "executionInfo"));

	cJSON_Delete(root);
	if (result == -1)
		(void)err_set(err, "execution: its description lacks ids or "
				   "status");
	return result;
}

/* ListOpenWorkflowExecutions, ListClosedWorkflowExecutions */
int
swf_execution_parse_first(struct swf_execution *execution, const char *json,
    size_t len, struct err *err)
{
	cJSON *root = swf_json_parse(json, len);
	const cJSON *list =
	    cJSON_GetObjectItemCaseSensitive(root, "executionInfos");
	const cJSON *first = cJSON_GetArrayItem(list, 0);
	int result = 0;

	*execution = (struct swf_execution){ 0 };
	if (root == NULL)
		result = err_set(err, "list of executions: not a JSON object");
	else if (!cJSON_IsArray(list))
		result = err_set(err, "list of executions: there is none");
	else if (first != NULL && read_execution(execution, first) == -1)
		result = err_set(err, "list of executions: one lacks ids or "
				      "status");
	cJSON_Delete(root);
	return result;
}

/* Frees; a cleared execution can be cleared again. */
void
swf_execution_clear(struct swf_execution *execution)
{
	free(execution->workflow_id);
	free(execution->run_id);
	free(execution->close_status);
	*execution = (struct swf_execution){ 0 };
}

/* DescribeActivityType */
int
swf_defaults_parse(struct swf_defaults *defaults, const char *json, size_t len,
    struct err *err)
{
	cJSON *root = swf_json_parse(json, len);
	const cJSON *from =
	    cJSON_GetObjectItemCaseSensitive(root, "configuration");
	bool there = cJSON_IsObject(from);

	defaults->heartbeat =
	    swf_json_copy(from, "defaultTaskHeartbeatTimeout");
	defaults->start_to_close =
	    swf_json_copy(from, "defaultTaskStartToCloseTimeout");
	cJSON_Delete(root);
	return there ? 0 : err_set(err, "activity type: no configuration");
}

/* Frees; cleared defaults can be cleared again. */
void
swf_defaults_clear(struct swf_defaults *defaults)
{
	free(defaults->heartbeat);
	free(defaults->start_to_close);
	*defaults = (struct swf_defaults){ 0 };
}

/* DescribeDomain */
int
swf_domain_parse(struct swf_domain *domain, const char *json, size_t len,
    struct err *err)
{
	cJSON *root = swf_json_parse(json, len);
	const cJSON *info =
	    cJSON_GetObjectItemCaseSensitive(root, "domainInfo");
	const char *status = swf_json_string(info, "status");

	*domain = (struct swf_domain){
		.name = swf_json_copy(info, "name"),
		.arn = swf_json_copy(info, "arn"),
		.deprecated =
		    status != NULL && strcmp(status, "DEPRECATED") == 0,
	};
	cJSON_Delete(root);
	return domain->name != NULL
		   ? 0
		   : err_set(err, "domain: its description has no name");
}

/* Frees; a cleared domain can be cleared again. */
void
swf_domain_clear(struct swf_domain *domain)
{
	free(domain->name);
	free(domain->arn);
	*domain = (struct swf_domain){ 0 };
}

/* CountPendingActivityTasks */
int
swf_count_parse(int64_t *count, const char *json, size_t len, struct err *err)
{
	cJSON *root = swf_json_parse(json, len);
	bool there =
	    cJSON_IsNumber(cJSON_GetObjectItemCaseSensitive(root, "count"));

	*count = swf_json_integer(root, "count");
	cJSON_Delete(root);
	return there ? 0 : err_set(err, "count: there is none");
}
