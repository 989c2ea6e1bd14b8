/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "local_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/mem.h"

struct service world;
int world_alive;
int world_answered, world_dropped;

static int
host_alive(struct call *call)
{
	(void)call;
	return world_alive;
}

static void
host_answered(struct call *call, int was_dropped)
{
	(void)call;
	world_answered++;
	world_dropped += was_dropped;
}

static const struct service_host host = { host_alive, host_answered };

int
world_set_up(void **state)
{
	(void)state;
	service_init(&world, &host, 1);
	world.hold = 60000;
	world.wall_offset = WORLD_EPOCH;
	world_alive = 1;
	world_answered = world_dropped = 0;
	must(1000, "RegisterDomain",
	    "{'name':'d','workflowExecutionRetentionPeriodInDays':'1'}");
	must(1000, "RegisterWorkflowType",
	    "{'domain':'d','name':'f','version':'1',"
	    "'defaultTaskList':{'name':'l'},"
	    "'defaultTaskStartToCloseTimeout':'10',"
	    "'defaultExecutionStartToCloseTimeout':'1000',"
	    "'defaultChildPolicy':'TERMINATE'}");
	must(1000, "RegisterWorkflowType",
	    "{'domain':'d','name':'f','version':'2',"
	    "'defaultTaskList':{'name':'m'},"
	    "'defaultTaskPriority':'4','defaultLambdaRole':'r',"
	    "'defaultTaskStartToCloseTimeout':'20',"
	    "'defaultExecutionStartToCloseTimeout':'2000',"
	    "'defaultChildPolicy':'ABANDON'}");
	must(1000, "RegisterActivityType",
	    "{'domain':'d','name':'a','version':'1',"
	    "'defaultTaskList':{'name':'l'},"
	    "'defaultTaskScheduleToStartTimeout':'20',"
	    "'defaultTaskScheduleToCloseTimeout':'100',"
	    "'defaultTaskStartToCloseTimeout':'50',"
	    "'defaultTaskHeartbeatTimeout':'5'}");
	must(1000, "StartWorkflowExecution",
	    "{'domain':'d','workflowId':'w',"
	    "'workflowType':{'name':'f','version':'1'}}");
	return 0;
}

int
world_tear_down(void **state)
{
	(void)state;
	service_clear(&world);
	return 0;
}

/* ---- calls --------------------------------------------------------------- */

char *
quoted(const char *text)
{
	char *copy = mem_string(text);

	for (char *at = copy; *at != '\0'; at++)
		if (*at == '\'')
			*at = '"';
	return copy;
}

int
ask(struct asked *asked, int64_t now, const char *operation, const char *json)
{
	char *text = quoted(json);

	asked->in = cJSON_Parse(text);
	free(text);
	assert_non_null(asked->in);
	assert_non_null(operation_find(operation));
	call_init(&asked->call, &world, operation_find(operation), asked->in);
	service_settle(&world, now);
	return call_do(&asked->call);
}

void
done(struct asked *asked)
{
	call_clear(&asked->call);
	cJSON_Delete(asked->in);
}

char *
member(const struct asked *asked, const char *name)
{
	cJSON *out = cJSON_Parse(asked->call.out.body.data);
	const cJSON *value = cJSON_GetObjectItem(out, name);
	char *text =
	    mem_string(cJSON_IsString(value) ? value->valuestring : "");

	cJSON_Delete(out);
	return text;
}

void
must(int64_t now, const char *operation, const char *json)
{
	assert_string_equal(fault_of(now, operation, json), "");
}

const char *
fault_of(int64_t now, const char *operation, const char *json)
{
	static char fault[1024];
	struct asked asked;
	char *message;

	assert_int_equal(ask(&asked, now, operation, json), 1);
	fault[0] = '\0';
	if (asked.call.out.name != NULL) {
		message = member(&asked, "message");
		(void)snprintf(fault, sizeof(fault), "%s: %s",
		    asked.call.out.name, message);
		free(message);
	}
	done(&asked);
	return fault;
}

char *
answer_of(int64_t now, const char *operation, const char *json)
{
	struct asked asked;
	char *body;

	assert_int_equal(ask(&asked, now, operation, json), 1);
	body = mem_string(asked.call.out.body.data);
	done(&asked);
	return body;
}

static char *
list_token(int64_t now, const char *operation, const char *list)
{
	char *poll =
	    mem_format("{'domain':'d','taskList':{'name':'%s'}}", list);
	struct asked asked;
	char *token;

	assert_int_equal(ask(&asked, now, operation, poll), 1);
	token = member(&asked, "taskToken");
	done(&asked);
	free(poll);
	return token;
}

char *
poll_token(int64_t now, const char *operation)
{
	return list_token(now, operation, "l");
}

const char *
respond(int64_t now, const char *token, const char *decisions)
{
	char *json =
	    mem_format("{'taskToken':'%s','decisions':[%s]}", token, decisions);
	const char *fault = fault_of(now, "RespondDecisionTaskCompleted", json);

	free(json);
	return fault;
}

void
list_decides(int64_t now, const char *list, const char *decisions)
{
	char *token = list_token(now, "PollForDecisionTask", list);

	assert_string_equal(respond(now, token, decisions), "");
	free(token);
}

void
decide_at(int64_t now, const char *decisions)
{
	list_decides(now, "l", decisions);
}

/* ---- types ----------------------------------------------------------------
 */

const char *const world_causes[WORLD_CAUSES] = {
	"DEFAULT_EXECUTION_START_TO_CLOSE_TIMEOUT_UNDEFINED",
	"DEFAULT_TASK_LIST_UNDEFINED",
	"DEFAULT_TASK_START_TO_CLOSE_TIMEOUT_UNDEFINED",
	"DEFAULT_CHILD_POLICY_UNDEFINED",
	"WORKFLOW_TYPE_DEPRECATED",
	"WORKFLOW_TYPE_DOES_NOT_EXIST",
};

/* With all defaults but that of the setting "lacking". */
static void
register_lacking(int64_t now, int version, int lacking)
{
	static const char *const defaults[EXECUTION_SETTINGS] = {
		"'defaultExecutionStartToCloseTimeout':'1',",
		"'defaultTaskList':{'name':'l'},",
		"'defaultTaskStartToCloseTimeout':'1',",
		"'defaultChildPolicy':'ABANDON',",
	};
	struct buf json = BUF_INIT(1024);

	(void)buf_string(&json, "{'domain':'d','name':'x',");
	for (int i = 0; i < EXECUTION_SETTINGS; i++)
		if (i != lacking)
			(void)buf_string(&json, defaults[i]);
	(void)buf_format(&json, "'version':'%d'}", version);
	must(now, "RegisterWorkflowType", json.data);
	buf_clear(&json);
}

void
register_flawed(int64_t now)
{
	for (int i = 0; i <= EXECUTION_SETTINGS; i++)
		register_lacking(now, i, i);
}

void
deprecate(enum type_kind kind, const char *name, const char *version)
{
	struct type *type =
	    table_get_string(&world.types[kind], "d", name, version);

	assert_non_null(type);
	type->deprecated = 1;
}

/* ---- histories ----------------------------------------------------------- */

struct execution *
open_run(const char *workflow_id)
{
	return table_get_string(&world.open_runs, "d", workflow_id, NULL);
}

/* The history as it is, for whoever looks for what went wrong. */
static void
show(const struct execution *execution)
{
	for (size_t i = 0; i < execution->event_count; i++)
		print_message("# %zu at %lld: type %d %s\n", i + 1,
		    (long long)(execution->events[i].wall - WORLD_EPOCH),
		    (int)execution->events[i].type,
		    execution->events[i].attributes);
}

void
assert_event(const struct execution *execution, int64_t id, int64_t instant,
    enum event_type type, const char *format, ...)
{
	const struct event *event = &execution->events[id - 1];
	char text[2048];
	char *want;
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	want = quoted(text);
	if (id > (int64_t)execution->event_count ||
	    event->wall != WORLD_EPOCH + instant || event->type != type ||
	    strcmp(event->attributes, want) != 0) {
		show(execution);
		print_message("# want %lld at %lld: type %d %s\n",
		    (long long)id, (long long)instant, (int)type, want);
		fail();
	}
	free(want);
}

void
assert_events(const struct execution *execution, int64_t first, ...)
{
	size_t at = (size_t)first - 1;
	int good = 1;
	va_list args;

	va_start(args, first);
	for (;;) {
		int type = va_arg(args, int);

		if (type == EVENT_TYPES)
			break;
		if (at >= execution->event_count ||
		    (int)execution->events[at].type != type)
			good = 0;
		at++;
	}
	va_end(args);
	if (!good || at != execution->event_count) {
		show(execution);
		fail();
	}
}
