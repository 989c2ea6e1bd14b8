/* SPDX-License-Identifier: MIT */
/*
 * swf-local's state over a restart.  A script of calls makes everything that
 * can be kept; after each of them the file, as a killed service would leave
 * it, is read by a second service, which has to answer what the first one
 * answers, now and after every timeout that is still to come.
 */
#include "config.h"

#include "swf-local/persist.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/mem.h"
#include "swf-local/operations.h"

enum { TEXT_MAX = 16 << 20, KEPT = 4 };

#define OFFSET INT64_C(1700000000000)

static char directory[] = "/tmp/test_local_persist.XXXXXX";
static char *path, *copy;
static struct service service;
static char *kept[KEPT]; /* $A, $D, $R, $C: see learn() */
static int refused;      /* the last call was */

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

static void
new_service(struct service *new)
{
	service_init(new, &host, 1);
	new->hold = 1;
	new->wall_offset =
	    service.wall_offset == 0 ? OFFSET : service.wall_offset;
}

static int
set_up(void **state)
{
	struct err err;

	(void)state;
	memcpy(strrchr(directory, '.'), ".XXXXXX", 7);
	assert_non_null(mkdtemp(directory));
	path = mem_format("%s/state", directory);
	copy = mem_format("%s/copy", directory);
	new_service(&service);
	assert_int_equal(persist_open(&service, path, 0, &err), 0);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	service_clear(&service);
	(void)unlink(path);
	(void)unlink(copy);
	assert_int_equal(rmdir(directory), 0);
	service.wall_offset = 0;
	free(path);
	free(copy);
	for (int i = 0; i < KEPT; i++) {
		free(kept[i]);
		kept[i] = NULL;
	}
	return 0;
}

/* ---- calls --------------------------------------------------------------- */

static const char marks[KEPT] = { 'A', 'D', 'R', 'C' };

static void
keep(char mark, const char *text)
{
	for (int i = 0; i < KEPT; i++) {
		if (marks[i] != mark || text == NULL)
			continue;
		free(kept[i]);
		kept[i] = mem_string(text);
	}
}

/* The tokens of the last tasks, and the run ids of the last start and task. */
static void
learn(const char *operation, const cJSON *out)
{
	const cJSON *run = member_get(out, "workflowExecution");

	if (strcmp(operation, "PollForActivityTask") == 0)
		keep('A', member_string(out, "taskToken"));
	if (strcmp(operation, "PollForDecisionTask") == 0) {
		keep('D', member_string(out, "taskToken"));
		if (run != NULL)
			keep('C', member_string(run, "runId"));
	}
	if (strcmp(operation, "StartWorkflowExecution") == 0)
		keep('R', member_string(out, "runId"));
}

static char *
expand(const char *json)
{
	struct buf text = BUF_INIT(TEXT_MAX);

	for (; *json != '\0'; json++) {
		int i = 0;

		while (*json == '$' && i < KEPT && marks[i] != json[1])
			i++;
		if (*json == '$' && i < KEPT)
			(void)buf_string(&text, kept[i] == NULL ? "" : kept[i]);
		else
			(void)buf_append(&text, json, 1);
		json += *json == '$' && i < KEPT;
	}
	return text.data;
}

/* The answer of a call; a fault's too.  To be freed. */
static char *
ask(struct service *of, int64_t now, const char *operation, const char *json)
{
	char *text = expand(json);
	cJSON *in = cJSON_Parse(text);
	struct call call;
	char *answer;
	cJSON *out;

	assert_non_null(in);
	call_init(&call, of, operation_find(operation), in);
	service_settle(of, now);
	if (!call_do(&call))
		service_settle(of, now + of->hold);
	refused = call.out.name != NULL;
	answer =
	    mem_string(call.out.body.data == NULL ? "" : call.out.body.data);
	if (of == &service && !refused && answer[0] != '\0') {
		out = cJSON_Parse(answer);
		learn(operation, out);
		cJSON_Delete(out);
	}
	call_clear(&call);
	cJSON_Delete(in);
	free(text);
	return answer;
}

static void
must(int64_t now, const char *operation, const char *json)
{
	char *answer = ask(&service, now, operation, json);

	if (refused)
		print_message("# %s: %s\n", operation, answer);
	assert_false(refused);
	free(answer);
}

/* ---- comparing ----------------------------------------------------------- */

static void
copy_file(void)
{
	struct buf text = BUF_INIT(TEXT_MAX);
	FILE *to;

	assert_int_equal(file_read(path, &text), 0);
	to = fopen(copy, "w");
	assert_non_null(to);
	assert_int_equal(fwrite(text.data, 1, text.len, to), text.len);
	assert_int_equal(fclose(to), 0);
	buf_clear(&text);
}

static int
compare_lines(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The steps of a file without their checks, in an order of their own. */
static char *
sorted_steps(const char *file)
{
	struct buf text = BUF_INIT(TEXT_MAX), sorted = BUF_INIT(TEXT_MAX);
	char **lines = NULL;
	size_t count = 0;
	char *at;

	assert_int_equal(file_read(file, &text), 0);
	for (at = text.data; *at != '\0'; at += strlen(at) + 1) {
		*strchr(at, '\n') = '\0';
		lines = mem_resize(lines, count + 1, sizeof(char *));
		lines[count] = count == 0 ? at : at + 17;
		count++;
	}
	qsort(lines, count, sizeof(char *), compare_lines);
	for (size_t i = 0; i < count; i++)
		(void)buf_format(&sorted, "%s\n", lines[i]);
	free(lines);
	buf_clear(&text);
	return sorted.data;
}

static const char *const questions[][2] = {
	{ "DescribeDomain", "{\"name\":\"d\"}" },
	{ "ListDomains", "{\"registrationStatus\":\"DEPRECATED\"}" },
	{ "ListTagsForResource",
	    "{\"resourceArn\":\"arn:aws:swf:us-east-1:123456789012:/domain/"
	    "d\"}" },
	{ "ListActivityTypes",
	    "{\"domain\":\"d\",\"registrationStatus\":\"REGISTERED\"}" },
	{ "ListActivityTypes",
	    "{\"domain\":\"d\",\"registrationStatus\":\"DEPRECATED\"}" },
	{ "DescribeActivityType",
	    "{\"domain\":\"d\",\"activityType\":{\"name\":\"a\","
	    "\"version\":\"1\"}}" },
	{ "DescribeWorkflowType",
	    "{\"domain\":\"d\",\"workflowType\":{\"name\":\"f\","
	    "\"version\":\"1\"}}" },
	{ "DescribeWorkflowExecution",
	    "{\"domain\":\"d\",\"execution\":{\"workflowId\":\"w\","
	    "\"runId\":\"$R\"}}" },
	{ "GetWorkflowExecutionHistory",
	    "{\"domain\":\"d\",\"execution\":{\"workflowId\":\"w\","
	    "\"runId\":\"$R\"}}" },
	{ "DescribeWorkflowExecution",
	    "{\"domain\":\"d\",\"execution\":{\"workflowId\":\"c\","
	    "\"runId\":\"$C\"}}" },
	{ "GetWorkflowExecutionHistory",
	    "{\"domain\":\"d\",\"execution\":{\"workflowId\":\"c\","
	    "\"runId\":\"$C\"}}" },
	{ "ListOpenWorkflowExecutions",
	    "{\"domain\":\"d\",\"startTimeFilter\":{\"oldestDate\":0}}" },
	{ "ListClosedWorkflowExecutions",
	    "{\"domain\":\"d\",\"startTimeFilter\":{\"oldestDate\":0}}" },
	{ "ListClosedWorkflowExecutions",
	    "{\"domain\":\"d\",\"closeTimeFilter\":{\"oldestDate\":0}}" },
	{ "ListClosedWorkflowExecutions",
	    "{\"domain\":\"d\",\"startTimeFilter\":{\"oldestDate\":0},"
	    "\"closeStatusFilter\":{\"status\":\"TIMED_OUT\"}}" },
	{ "CountOpenWorkflowExecutions",
	    "{\"domain\":\"d\",\"startTimeFilter\":{\"oldestDate\":0},"
	    "\"tagFilter\":{\"tag\":\"x\"}}" },
	{ "CountPendingActivityTasks",
	    "{\"domain\":\"d\",\"taskList\":{\"name\":\"l\"}}" },
	{ "CountPendingDecisionTasks",
	    "{\"domain\":\"d\",\"taskList\":{\"name\":\"l\"}}" },
};

/* Whether both services are in the same state at "now". */
static void
compare(struct service *other, int64_t now)
{
	char *ours, *theirs;

	for (size_t i = 0; i < sizeof(questions) / sizeof(questions[0]); i++) {
		ours = ask(&service, now, questions[i][0], questions[i][1]);
		theirs = ask(other, now, questions[i][0], questions[i][1]);
		assert_string_equal(theirs, ours);
		if (strncmp(questions[i][0], "List", 4) == 0)
			assert_null(strstr(ours, "ValidationException"));
		free(ours);
		free(theirs);
	}
	persist_rewrite(&service);
	persist_rewrite(other);
	ours = sorted_steps(path);
	theirs = sorted_steps(copy);
	assert_string_equal(theirs, ours);
	free(ours);
	free(theirs);
}

/* A service as a restart at "now" finds it. */
static void
restart(struct service *other, int64_t now)
{
	struct err err = { "" };

	copy_file();
	new_service(other);
	/* Another boot: its clock says something else at the same time. */
	other->wall_offset += 5000;
	if (persist_open(other, copy, now - 5000, &err) == -1)
		print_message("# %s\n", err.text);
	assert_string_equal(err.text, "");
	/* The comparison is easier if the clocks agree. */
	service_clear(other);
	copy_file();
	new_service(other);
	assert_int_equal(persist_open(other, copy, now, &err), 0);
}

/* ---- the script ---------------------------------------------------------- */

#define DECIDE(decisions)                                   \
	"{\"taskToken\":\"$D\",\"executionContext\":\"c\"," \
	"\"decisions\":[" decisions "]}"
#define POLL "{\"domain\":\"d\",\"taskList\":{\"name\":\"l\"}}"

static const struct {
	int64_t after; /* ms */
	const char *operation;
	const char *json;
} script[] = {
	{ 1000, "RegisterDomain",
	    "{\"name\":\"d\",\"description\":\"a \\\"d\\\"\\n\\u0001\","
	    "\"tags\":[{\"key\":\"k\",\"value\":\"v\"}],"
	    "\"workflowExecutionRetentionPeriodInDays\":\"1\"}" },
	{ 0, "RegisterDomain",
	    "{\"name\":\"old\","
	    "\"workflowExecutionRetentionPeriodInDays\":\"NONE\"}" },
	{ 0, "DeprecateDomain", "{\"name\":\"old\"}" },
	{ 0, "TagResource",
	    "{\"resourceArn\":\"arn:aws:swf:us-east-1:123456789012:/domain/"
	    "d\",\"tags\":[{\"key\":\"l\"}]}" },
	{ 0, "UntagResource",
	    "{\"resourceArn\":\"arn:aws:swf:us-east-1:123456789012:/domain/"
	    "d\",\"tagKeys\":[\"k\"]}" },
	{ 0, "RegisterWorkflowType",
	    "{\"domain\":\"d\",\"name\":\"f\",\"version\":\"1\","
	    "\"description\":\"f\",\"defaultTaskList\":{\"name\":\"l\"},"
	    "\"defaultTaskStartToCloseTimeout\":\"100\","
	    "\"defaultExecutionStartToCloseTimeout\":\"1000\","
	    "\"defaultTaskPriority\":\"-3\",\"defaultLambdaRole\":\"r\","
	    "\"defaultChildPolicy\":\"REQUEST_CANCEL\"}" },
	{ 0, "RegisterActivityType",
	    "{\"domain\":\"d\",\"name\":\"a\",\"version\":\"1\","
	    "\"defaultTaskList\":{\"name\":\"l\"},"
	    "\"defaultTaskScheduleToStartTimeout\":\"200\","
	    "\"defaultTaskScheduleToCloseTimeout\":\"NONE\","
	    "\"defaultTaskStartToCloseTimeout\":\"50\","
	    "\"defaultTaskHeartbeatTimeout\":\"20\"}" },
	{ 0, "RegisterActivityType",
	    "{\"domain\":\"d\",\"name\":\"b\",\"version\":\"1\"}" },
	{ 1, "DeprecateActivityType",
	    "{\"domain\":\"d\",\"activityType\":{\"name\":\"b\","
	    "\"version\":\"1\"}}" },
	{ 1, "UndeprecateActivityType",
	    "{\"domain\":\"d\",\"activityType\":{\"name\":\"b\","
	    "\"version\":\"1\"}}" },
	{ 1, "DeprecateActivityType",
	    "{\"domain\":\"d\",\"activityType\":{\"name\":\"b\","
	    "\"version\":\"1\"}}" },
	{ 5, "StartWorkflowExecution",
	    "{\"domain\":\"d\",\"workflowId\":\"w\",\"input\":\"i\","
	    "\"tagList\":[\"x\",\"y \\\"z\\\"\"],"
	    "\"workflowType\":{\"name\":\"f\",\"version\":\"1\"}}" },
	{ 5, "PollForDecisionTask", POLL },
	{ 5, "SignalWorkflowExecution",
	    "{\"domain\":\"d\",\"workflowId\":\"w\",\"signalName\":\"s\"}" },
	{ 7, "RespondDecisionTaskCompleted",
	    DECIDE("{\"decisionType\":\"ScheduleActivityTask\","
		   "\"scheduleActivityTaskDecisionAttributes\":{"
		   "\"activityId\":\"x\",\"input\":\"in\",\"taskPriority\":"
		   "\"5\",\"activityType\":{\"name\":\"a\",\"version\":"
		   "\"1\"}}},"
		   "{\"decisionType\":\"ScheduleActivityTask\","
		   "\"scheduleActivityTaskDecisionAttributes\":{"
		   "\"activityId\":\"y\",\"heartbeatTimeout\":\"NONE\","
		   "\"activityType\":{\"name\":\"a\",\"version\":\"1\"}}},"
		   "{\"decisionType\":\"StartTimer\","
		   "\"startTimerDecisionAttributes\":{\"timerId\":\"t\","
		   "\"startToFireTimeout\":\"30\"}},"
		   "{\"decisionType\":\"StartTimer\","
		   "\"startTimerDecisionAttributes\":{\"timerId\":\"u\","
		   "\"startToFireTimeout\":\"300\"}},"
		   "{\"decisionType\":\"StartTimer\","
		   "\"startTimerDecisionAttributes\":{\"timerId\":\"v\","
		   "\"startToFireTimeout\":\"3000\"}},"
		   "{\"decisionType\":\"StartChildWorkflowExecution\","
		   "\"startChildWorkflowExecutionDecisionAttributes\":{"
		   "\"workflowId\":\"c\",\"workflowType\":{\"name\":\"f\","
		   "\"version\":\"1\"},\"taskList\":{\"name\":\"m\"}}}") },
	{ 3, "PollForActivityTask", POLL },
	{ 9000, "RecordActivityTaskHeartbeat",
	    "{\"taskToken\":\"$A\",\"details\":\"42%\"}" },
	{ 9000, "RecordActivityTaskHeartbeat", "{\"taskToken\":\"$A\"}" },
	{ 1, "PollForDecisionTask", POLL },
	{ 1, "RespondDecisionTaskCompleted",
	    DECIDE("{\"decisionType\":\"RequestCancelActivityTask\","
		   "\"requestCancelActivityTaskDecisionAttributes\":{"
		   "\"activityId\":\"x\"}},"
		   "{\"decisionType\":\"CancelTimer\","
		   "\"cancelTimerDecisionAttributes\":{\"timerId\":"
		   "\"u\"}}") },
	{ 1, "RespondActivityTaskCanceled", "{\"taskToken\":\"$A\"}" },
	{ 1, "PollForActivityTask", POLL },
	{ 1, "PollForDecisionTask",
	    "{\"domain\":\"d\",\"taskList\":{\"name\":\"m\"}}" },
	{ 1, "RespondDecisionTaskCompleted",
	    DECIDE("{\"decisionType\":\"ContinueAsNewWorkflowExecution\","
		   "\"continueAsNewWorkflowExecutionDecisionAttributes\":{"
		   "\"executionStartToCloseTimeout\":\"400\"}}") },
	{ 1, "PollForDecisionTask",
	    "{\"domain\":\"d\",\"taskList\":{\"name\":\"l\"}}" },
	{ 1, "RequestCancelWorkflowExecution",
	    "{\"domain\":\"d\",\"workflowId\":\"w\"}" },
};

enum { SCRIPT = sizeof(script) / sizeof(script[0]) };

/* The first "count" calls; the instant of the last one. */
static int64_t
play(size_t count)
{
	int64_t now = 0;

	for (size_t i = 0; i < count; i++) {
		now += script[i].after;
		must(now, script[i].operation, script[i].json);
	}
	return now;
}

/* Every call leaves a file that is the state it answered with. */
static void
test_a_restart_after_each_call(void **state)
{
	int64_t now = 0;

	(void)state;
	for (size_t i = 0; i < SCRIPT; i++) {
		struct service other;

		now += script[i].after;
		must(now, script[i].operation, script[i].json);
		restart(&other, now);
		compare(&other, now);
		service_clear(&other);
	}
}

/*
 * Decision tasks are handed out in the same order, with the same tokens and
 * histories; the first is the child's, the second its parent's.
 */
static void
poll_both(struct service *other, int64_t now)
{
	for (int i = 0; i < 2; i++) {
		char *theirs = ask(other, now, "PollForDecisionTask", POLL);
		char *ours = ask(&service, now, "PollForDecisionTask", POLL);

		assert_non_null(strstr(ours, "taskToken"));
		assert_int_equal(strstr(ours, "\"previousStartedEventId\":0") ==
				     NULL,
		    i);
		assert_string_equal(theirs, ours);
		free(theirs);
		free(ours);
	}
}

/* Timeouts come out the same, and in the same order, to the last. */
static void
test_all_timeouts_after_a_restart(void **state)
{
	struct service other;
	int64_t now = play(SCRIPT);

	(void)state;
	restart(&other, now);
	for (int i = 0; i < 30; i++) {
		now += 50001;
		compare(&other, now);
		if (i == 5)
			poll_both(&other, now);
	}
	assert_int_equal(service.open_runs.count, 0);
	service_clear(&other);
	restart(&other, now);
	compare(&other, now);
	service_clear(&other);
}

/* They bear the instants at which they were due while nothing ran. */
static void
test_what_was_due_while_it_was_down(void **state)
{
	struct service other;
	int64_t now = play(17);

	(void)state;
	restart(&other, now + 10000000);
	service_settle(&service, now + 10000000);
	compare(&other, now + 10000000);
	assert_int_equal(other.open_runs.count, 0);
	service_clear(&other);
}

/* Tokens of before the restart go on. */
static void
test_tokens_go_on(void **state)
{
	struct service other;
	int64_t now = play(18);
	char *answer;

	(void)state;
	restart(&other, now);
	answer = ask(&other, now, "RecordActivityTaskHeartbeat",
	    "{\"taskToken\":\"$A\"}");
	assert_string_equal(answer, "{\"cancelRequested\":false}");
	free(answer);
	answer = ask(&other, now + 1, "RespondActivityTaskCompleted",
	    "{\"taskToken\":\"$A\"}");
	assert_false(refused);
	free(answer);
	service_clear(&other);
}

/* Those of a time that the file does not know are refused, no worse. */
static void
test_tokens_of_a_lost_time(void **state)
{
	struct service other;
	int64_t now = play(11);

	(void)state;
	restart(&other, now);
	for (size_t i = 11; i < 17; i++) {
		now += script[i].after;
		must(now, script[i].operation, script[i].json);
	}
	free(ask(&other, now, "RecordActivityTaskHeartbeat",
	    "{\"taskToken\":\"$A\"}"));
	assert_true(refused);
	free(ask(&other, now, "RespondDecisionTaskCompleted", DECIDE("")));
	assert_true(refused);
	service_clear(&other);
}

/* ---- rewriting ----------------------------------------------------------- */

static off_t
file_size(void)
{
	struct stat file;

	assert_int_equal(stat(path, &file), 0);
	return file.st_size;
}

/* A file of heartbeats that are long forgotten becomes a small one again. */
static void
test_what_is_dead_is_left_out(void **state)
{
	struct service other;
	int64_t now = play(17);
	char *beat =
	    mem_format("{\"taskToken\":\"$A\",\"details\":\"%*s\"}", 2000, "x");
	off_t largest = 0;

	(void)state;
	while (file_size() >= largest) {
		largest = file_size();
		must(now, "RecordActivityTaskHeartbeat", beat);
	}
	assert_true(largest > PERSIST_LARGE - 10000);
	assert_true(largest <= PERSIST_LARGE);
	assert_true(file_size() < 20000);
	must(now, "RecordActivityTaskHeartbeat", beat);
	restart(&other, now);
	compare(&other, now);
	service_clear(&other);
	free(beat);
}

/* When the wall clock is set, deadlines stay where they were. */
static void
test_a_clock_that_was_set(void **state)
{
	struct service other;
	int64_t now = play(SCRIPT);

	(void)state;
	service.wall_offset += 3600000;
	persist_rewrite(&service);
	restart(&other, now);
	compare(&other, now + 19000);
	compare(&other, now + 100000);
	service_clear(&other);
}

/* ---- a full disk --------------------------------------------------------- */

static void
limit_files(rlim_t bytes)
{
	struct rlimit limit;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = bytes;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

#define BEAT "{\"taskToken\":\"$A\",\"details\":\"43%\"}"

/* Refused while it lasts; then what was in memory is in the file. */
static void
test_no_room(void **state)
{
	struct service other;
	int64_t now = play(17);

	(void)state;
	limit_files(1);
	free(ask(&service, now, "RecordActivityTaskHeartbeat", BEAT));
	assert_true(persist_behind(&service));
	free(ask(&service, now, "PollForDecisionTask", POLL));
	assert_true(refused);
	free(ask(&service, now, "DescribeDomain", "{\"name\":\"d\"}"));
	assert_true(refused);
	limit_files(RLIM_INFINITY);
	restart(&other, now);
	service_clear(&other);
	must(now, "DescribeDomain", "{\"name\":\"d\"}");
	assert_false(persist_behind(&service));
	restart(&other, now);
	compare(&other, now);
	service_clear(&other);
}

/* A rewrite that fails leaves the file that was there, to be gone on with. */
static void
test_a_rewrite_without_room(void **state)
{
	struct service other;
	int64_t now = play(17);

	(void)state;
	limit_files(100);
	persist_rewrite(&service);
	limit_files(RLIM_INFINITY);
	must(now, "RecordActivityTaskHeartbeat", BEAT);
	restart(&other, now);
	compare(&other, now);
	service_clear(&other);
}

int
main(void)
{
#define ROW(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		ROW(test_a_restart_after_each_call),
		ROW(test_all_timeouts_after_a_restart),
		ROW(test_what_was_due_while_it_was_down),
		ROW(test_tokens_go_on),
		ROW(test_tokens_of_a_lost_time),
		ROW(test_what_is_dead_is_left_out),
		ROW(test_a_clock_that_was_set),
		ROW(test_no_room),
		ROW(test_a_rewrite_without_room),
	};

	(void)sigaction(SIGXFSZ, &(struct sigaction){ .sa_handler = SIG_IGN },
	    NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
