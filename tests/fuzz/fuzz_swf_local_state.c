/* SPDX-License-Identifier: MIT */
/*
 * swf-local's state file, from hands that nobody should trust.
 *
 * The input is read as it is, where the checks stop nearly everything; and
 * its lines are taken for steps whose checks fit.  What is restored from them
 * has to run: it is asked for all it has, its timeouts pass, and every answer
 * is JSON.
 */
#include "config.h"

#include "base/mem.h"
#include "fuzz.h"
#include "swf-local/executions.h"
#include "swf-local/journal.h"
#include "swf-local/operations.h"
#include "swf-local/records.h"
#include "swf-local/restore.h"

#define NOW INT64_C(1000000)

static struct service service;

static int
alive(struct call *call)
{
	(void)call;
	return 1;
}

static void
answered(struct call *call, int dropped)
{
	(void)call;
	(void)dropped;
}

static const struct service_host host = { alive, answered };

static int
nothing(void *arg, const char *json, size_t len, struct err *err)
{
	(void)arg;
	(void)json;
	(void)len;
	(void)err;
	return 0;
}

static void
ask(const char *operation, const struct execution *execution)
{
	cJSON *in = cJSON_CreateObject();
	cJSON *named = cJSON_CreateObject();
	struct call call;
	cJSON *out;

	(void)cJSON_AddStringToObject(in, "domain", execution->domain->name);
	(void)cJSON_AddStringToObject(named, "workflowId",
	    execution->workflow_id);
	(void)cJSON_AddStringToObject(named, "runId", execution->run_id);
	(void)cJSON_AddItemToObject(in, "execution", named);
	named = cJSON_CreateObject();
	(void)cJSON_AddNumberToObject(named, "oldestDate", 0);
	(void)cJSON_AddItemToObject(in, "startTimeFilter", named);
	named = cJSON_CreateObject();
	(void)cJSON_AddStringToObject(named, "name", "l");
	(void)cJSON_AddItemToObject(in, "taskList", named);
	call_init(&call, &service, operation_find(operation), in);
	if (call_do(&call) && call.out.body.len > 0) {
		out = cJSON_Parse(call.out.body.data);
		MUST(out != NULL);
		cJSON_Delete(out);
	}
	call_clear(&call);
	cJSON_Delete(in);
}

static void
ask_all(void)
{
	static const char *const operations[] = { "DescribeWorkflowExecution",
		"GetWorkflowExecutionHistory", "ListOpenWorkflowExecutions",
		"ListClosedWorkflowExecutions", "PollForDecisionTask",
		"PollForActivityTask" };
	struct execution **all = executions_by_number(&service);
	size_t count = service.executions.count;

	for (size_t i = 0; i < count; i++)
		for (size_t j = 0;
		     j < sizeof(operations) / sizeof(operations[0]); j++)
			ask(operations[j], all[i]);
	free(all);
}

/* What is written of all that was restored has to be JSON as well. */
static void
write_all(void)
{
	struct execution **all = executions_by_number(&service);
	struct buf out = BUF_INIT(1 << 30);
	cJSON *list;

	(void)buf_append(&out, "[", 1);
	record_header(&service, &out);
	for (size_t i = 0; i < service.executions.count; i++) {
		all[i]->change =
		    (struct change){ .kind = ENTITY_EXECUTION, .whole = 1 };
		all[i]->events_kept = 0;
		record_change(&service, &all[i]->change, &out);
	}
	(void)buf_append(&out, "]", 1);
	list = cJSON_Parse(out.data);
	MUST(list != NULL);
	cJSON_Delete(list);
	buf_clear(&out);
	free(all);
}

static int
restore_lines(struct restore *restore, const char *at, const char *end)
{
	struct err err;

	while (at < end) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		const char *stop = newline == NULL ? end : newline;
		char *line = fuzz_copy(at, (size_t)(stop - at));
		int result =
		    restore_step(restore, line, (size_t)(stop - at), &err);

		free(line);
		if (result == -1)
			return -1;
		at = newline == NULL ? end : newline + 1;
	}
	return restore_end(restore, &err);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	struct journal_end end;
	struct restore restore;
	struct err err;

	(void)journal_parse(text, size, nothing, NULL, &end, &err);
	service_init(&service, &host, 1);
	service.hold = 1000;
	service.wall_offset = 1700000000000;
	restore_begin(&restore, &service, NOW);
	if (restore_lines(&restore, text, text + size) == 0) {
		write_all();
		for (int i = 0; i < 3; i++) {
			ask_all();
			service_settle(&service, NOW + i * 100000000);
		}
		write_all();
	}
	restore_clear(&restore);
	service_clear(&service);
	return 0;
}
