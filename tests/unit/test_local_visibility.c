/* SPDX-License-Identifier: MIT */
/*
 * swf-local/visibility and paging under a literal clock: what is listed and
 * counted by which filter, in which order; and page tokens to their last
 * millisecond.
 */
#include "config.h"

#include "swf-local/visibility.h"

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
#include "local_world.h"

enum { TEXT_MAX = 1 << 20 };

static void
register_flow(const char *name, const char *version)
{
	char *json = mem_format("{'domain':'v','name':'%s',"
				"'version':'%s',"
				"'defaultTaskList':{'name':'l'},"
				"'defaultTaskStartToCloseTimeout':'10',"
				"'defaultExecutionStartToCloseTimeout':"
				"'100000','defaultChildPolicy':'ABANDON'}",
	    name, version);

	must(1000, "RegisterWorkflowType", json);
	free(json);
}

/* Starts an execution of the type {NAME,VERSION}; "tags" is JSON. */
static void
start(int64_t now, const char *id, const char *name, const char *version,
    const char *tags)
{
	char *json = mem_format("{'domain':'v','workflowId':'%s',"
				"'workflowType':{'name':'%s',"
				"'version':'%s'},'tagList':%s}",
	    id, name, version, tags);

	must(now, "StartWorkflowExecution", json);
	free(json);
}

static void
terminate(int64_t now, const char *id)
{
	char *json = mem_format("{'domain':'v','workflowId':'%s'}", id);

	must(now, "TerminateWorkflowExecution", json);
	free(json);
}

static int
set_up(void **state)
{
	(void)world_set_up(state);
	must(1000, "RegisterDomain",
	    "{'name':'v','workflowExecutionRetentionPeriodInDays':"
	    "'1'}");
	register_flow("f", "1");
	register_flow("f", "2");
	register_flow("g", "1");
	return 0;
}

/*
 * Six executions in the domain "v": a to d start at 1 s to 4 s, e and f at 5 s,
 * with types f1, f2, g1 in turn.  "x" tags a, "," tags b, both tag e.
 */
static int
set_up_six(void **state)
{
	(void)set_up(state);
	start(1000, "a", "f", "1", "['x','y\\'z','x']");
	start(2000, "b", "f", "2", "['q',',']");
	start(3000, "c", "g", "1", "[]");
	start(4000, "d", "f", "1", "null");
	start(5000, "e", "f", "2", "[',','x']");
	start(5000, "f", "g", "1", "['xx','x,']");
	return 0;
}

/* The workflow ids in a list, in one string; then "+" if there are more. */
static char *
ids_in(const char *answer)
{
	struct buf ids = BUF_INIT(TEXT_MAX);
	cJSON *out = cJSON_Parse(answer);
	const cJSON *info;

	assert_non_null(out);
	cJSON_ArrayForEach (info, cJSON_GetObjectItem(out, "executionInfos")) {
		const cJSON *execution = cJSON_GetObjectItem(info, "execution");

		(void)buf_string(&ids,
		    cJSON_GetObjectItem(execution, "workflowId")->valuestring);
	}
	if (cJSON_GetObjectItem(out, "nextPageToken") != NULL)
		(void)buf_string(&ids, "+");
	(void)buf_string(&ids, "");
	cJSON_Delete(out);
	return ids.data;
}

/* A call whose whole answer is known. */
static void
expect_answer(int64_t now, const char *operation, const char *json,
    const char *want)
{
	char *got = answer_of(now, operation, json);
	char *text = quoted(want);

	assert_string_equal(got, text);
	free(got);
	free(text);
}

static const char *const calls[2][2] = {
	{ "ListClosedWorkflowExecutions", "CountClosedWorkflowExecutions" },
	{ "ListOpenWorkflowExecutions", "CountOpenWorkflowExecutions" },
};

/* Times in the requests are seconds of the literal clock. */
#define AT(second)   "17000000" second
#define SINCE(first) "'startTimeFilter':{'oldestDate':" AT(first) "}"
#define FROM_TO(first, last)                                             \
	"'startTimeFilter':{'oldestDate':" AT(first) ","                 \
						     "'latestDate':" AT( \
							 last) "}"
#define CLOSED_FROM_TO(first, last)                                      \
	"'closeTimeFilter':{'oldestDate':" AT(first) ","                 \
						     "'latestDate':" AT( \
							 last) "}"

/*
 * Lists and counts with these members; "want" are the ids.  A list that ends
 * with "+" is not counted.
 */
static void
expect(int64_t now, int open, const char *members, const char *want)
{
	char *json = mem_format("{'domain':'v',%s}", members);
	char *list = answer_of(now, calls[open][0], json);
	char *ids = ids_in(list);
	char *count;

	assert_string_equal(ids, want);
	if (strchr(want, '+') == NULL) {
		count =
		    mem_format("{'count':%zu,'truncated':false}", strlen(want));
		expect_answer(now, calls[open][1], json, count);
		free(count);
	}
	free(json);
	free(list);
	free(ids);
}

static void
expect_open(const char *members, const char *want)
{
	expect(10000, 1, members, want);
}

static void
expect_closed(const char *members, const char *want)
{
	expect(20000, 0, members, want);
}

static void
test_open_by_start(void **state)
{
	(void)state;
	expect_open(SINCE("00"), "fedcba");
	expect_open(SINCE("00") ",'reverseOrder':true", "abcdef");
	expect_open(SINCE("04"), "fed");
	expect_open(SINCE("04.001"), "fe");
	expect_open(FROM_TO("02", "04"), "dcb");
	expect_open(FROM_TO("02", "03.999") ",'reverseOrder':true", "bc");
	expect_open(FROM_TO("02", "04") ",'reverseOrder':true", "bcd");
	expect_open(FROM_TO("05", "05"), "fe");
	expect_open(SINCE("06"), "");
	expect_open("'startTimeFilter':{'oldestDate':-1e300,"
		    "'latestDate':1e300}",
	    "fedcba");
}

static void
test_open_by_filter(void **state)
{
	(void)state;
	expect_open(SINCE("00") ",'executionFilter':{'workflowId':'c'}", "c");
	expect_open(SINCE("04") ",'executionFilter':{'workflowId':'c'}", "");
	expect_open(FROM_TO("00",
			"02.9") ",'executionFilter':{'workflowId':'c'}",
	    "");
	expect_open(SINCE("00") ",'executionFilter':{'workflowId':'z'}", "");
	expect_open(SINCE("00") ",'typeFilter':{'name':'f'}", "edba");
	expect_open(SINCE("00") ",'typeFilter':{'name':'f','version':''}",
	    "edba");
	expect_open(SINCE("02") ",'typeFilter':{'name':'f','version':'1'}",
	    "d");
	expect_open(SINCE("00") ",'typeFilter':{'name':'h'}", "");
	expect_open(SINCE("00") ",'tagFilter':{'tag':'x'}", "ea");
	expect_open(SINCE("00") ",'tagFilter':{'tag':','}", "eb");
	expect_open(SINCE("00") ",'tagFilter':{'tag':'y\\'z'}", "a");
	expect_open(SINCE("00") ",'tagFilter':{'tag':''}", "");
}

static void
test_closed(void **state)
{
	(void)state;
	terminate(11000, "d");
	terminate(12000, "a");
	terminate(12000, "e");
	start(13000, "a", "g", "1", "null");
	terminate(14000, "a");
	expect(15000, 1, SINCE("00"), "fcb");
	expect_closed(SINCE("00"), "aeda");
	expect_closed(FROM_TO("01", "04"), "da");
	expect_closed(CLOSED_FROM_TO("11", "13"), "ead");
	expect_closed(CLOSED_FROM_TO("11", "13") ",'reverseOrder':true", "dae");
	expect_closed(CLOSED_FROM_TO("12", "12"), "ea");
	expect_closed(CLOSED_FROM_TO("00",
			  "20") ",'executionFilter':{'workflowId':'a'}",
	    "aa");
	expect_closed(CLOSED_FROM_TO("00", "20") ",'typeFilter':{'name':'f'}",
	    "ead");
	expect_closed(SINCE("00") ",'tagFilter':{'tag':'x'}", "ea");
	expect_closed(
	    SINCE("00") ",'closeStatusFilter':{'status':'TERMINATED'}", "aeda");
	expect_closed(SINCE("00") ",'closeStatusFilter':{'status':'TIMED_OUT'}",
	    "");
	expect(200000000, 0,
	    SINCE("00") ",'closeStatusFilter':{'status':'TIMED_OUT'}", "fcb");
}

/* A fault and its message, for a closed list and count alike. */
static void
refused(int open, const char *members, const char *want)
{
	char *json = mem_format("{'domain':'v',%s}", members);

	for (int i = 0; i < 2; i++) {
		assert_string_equal(fault_of(10000, calls[open][i], json),
		    want);
	}
	free(json);
}

static void
test_filters_that_exclude_each_other(void **state)
{
	(void)state;
	refused(0, SINCE("00") "," CLOSED_FROM_TO("00", "01"),
	    "ValidationException: Cannot specify both a startTimeFilter and a "
	    "closeTimeFilter");
	refused(0, "'typeFilter':{'name':'f'}",
	    "ValidationException: Must specify time filter");
	refused(0,
	    SINCE("00") ",'closeStatusFilter':{'status':'FAILED'},"
			"'executionFilter':{'workflowId':'a'}",
	    "ValidationException: Cannot specify more than one exclusive "
	    "filters in the same query: [executionFilter, closeStatusFilter]");
	refused(1,
	    SINCE("00") ",'tagFilter':{'tag':'x'},"
			"'executionFilter':{'workflowId':'a'},"
			"'typeFilter':{'name':'f'}",
	    "ValidationException: Cannot specify more than one exclusive "
	    "filters in the same query: "
	    "[executionFilter, typeFilter, tagFilter]");
	refused(1, FROM_TO("02", "01"),
	    "ValidationException: latestDate is earlier than oldestDate");
	refused(1, "'typeFilter':{'name':'f'}",
	    "ValidationException: 1 validation error detected: Value null at "
	    "'startTimeFilter' failed to satisfy constraint: Member must not "
	    "be null");
	/* What the operation does not know, it ignores. */
	expect_open(SINCE("00") ",'closeTimeFilter':{},"
				"'closeStatusFilter':{'status':'FAILED'}",
	    "fedcba");
}

/* ---- pages --------------------------------------------------------------- */

#define TWO "'maximumPageSize':2"

/* Lists open executions with these members; *token becomes the next. */
static char *
page(int64_t now, const char *members, char **token)
{
	char *json = *token == NULL || **token == '\0'
			 ? mem_format("{'domain':'v',%s}", members)
			 : mem_format("{'domain':'v',"
				      "'nextPageToken':'%s',%s}",
			       *token, members);
	struct asked asked;
	char *ids;

	assert_int_equal(ask(&asked, now, "ListOpenWorkflowExecutions", json),
	    1);
	free(*token);
	*token = member(&asked, "nextPageToken");
	ids = asked.call.out.name != NULL ? member(&asked, "message")
					  : ids_in(asked.call.out.body.data);
	done(&asked);
	free(json);
	return ids;
}

static void
expect_page(int64_t now, const char *members, char **token, const char *want)
{
	char *ids = page(now, members, token);

	assert_string_equal(ids, want);
	free(ids);
}

static void
test_pages_make_the_whole(void **state)
{
	char *token = NULL;

	(void)state;
	expect_page(10000, SINCE("00") "," TWO, &token, "fe+");
	expect_page(10000, SINCE("00") "," TWO, &token, "dc+");
	expect_page(10000, SINCE("00") "," TWO, &token, "ba");
	assert_string_equal(token, "");
	free(token);
}

/* The page goes on where it stopped, whatever went or came meanwhile. */
static void
test_pages_while_executions_come_and_go(void **state)
{
	char *token = NULL;

	(void)state;
	expect_page(10000, SINCE("00") "," TWO, &token, "fe+");
	terminate(11000, "d"); /* where the next page begins */
	terminate(11000, "f");
	start(12000, "g", "f", "1", "[]");
	expect_page(13000, SINCE("00") "," TWO, &token, "cb+");
	terminate(13000, "a");
	expect_page(14000, SINCE("00") "," TWO, &token, "");
	free(token);
	token = NULL;
	expect_page(15000, SINCE("00") "," TWO ",'reverseOrder':true", &token,
	    "bc+");
	terminate(15000, "e");
	expect_page(15000, SINCE("00") "," TWO ",'reverseOrder':true", &token,
	    "g");
	free(token);
}

#define EXPIRED "Specified token has exceeded its maximum lifetime"

static void
test_a_token_lasts_a_minute(void **state)
{
	char *token = NULL;

	(void)state;
	expect_page(10000, SINCE("00") "," TWO, &token, "fe+");
	expect_page(70000, SINCE("00") "," TWO, &token, "dc+");
	expect_page(130001, SINCE("00") "," TWO, &token, EXPIRED);
	free(token);
}

static void
test_a_token_is_for_one_question(void **state)
{
	static const char *const others[] = {
		SINCE("01"),
		FROM_TO("00", "09"),
		SINCE("00") ",'reverseOrder':true",
		SINCE("00") ",'tagFilter':{'tag':'x'}",
		SINCE("00") ",'typeFilter':{'name':'f'}",
		SINCE("00") ",'executionFilter':{'workflowId':'a'}",
	};
	char *first = NULL;
	char *token;

	(void)state;
	expect_page(10000, SINCE("00") "," TWO, &first, "fe+");
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		token = mem_string(first);
		expect_page(10000, others[i], &token, "Invalid token");
		free(token);
	}
	/* Another size and order of members is the same question. */
	token = mem_string(first);
	expect_page(10000,
	    "'maximumPageSize':3," SINCE(
		"00.000") ","
			  "'unknown':1,'reverseOrder':false",
	    &token, "dcb+");
	free(token);
	first[20] = first[20] == 'A' ? 'B' : 'A';
	expect_page(10000, SINCE("00"), &first, "Invalid token");
	free(first);
}

static void
test_history_and_decisions_share_the_rules(void **state)
{
	static const char poll[] = "{'domain':'v','taskList':{'name':'l'},"
				   "'maximumPageSize':1%s%s%s}";
	struct asked asked;
	char *json, *token;

	(void)state;
	json = mem_format(poll, "", "", "");
	assert_int_equal(ask(&asked, 6000, "PollForDecisionTask", json), 1);
	token = member(&asked, "nextPageToken");
	done(&asked);
	free(json);
	json = mem_format(poll, ",'nextPageToken':'", token, "'");
	must(6000, "PollForDecisionTask", json);
	must(7000, "PollForDecisionTask", json);
	/* The task's own ten seconds run; let it be alive. */
	assert_string_equal(fault_of(66001, "PollForDecisionTask", json),
	    "ValidationException: " EXPIRED);
	free(json);
	json = mem_format(poll, ",'reverseOrder':true,'nextPageToken':'", token,
	    "'");
	assert_string_equal(fault_of(70000, "PollForDecisionTask", json),
	    "ValidationException: Invalid token");
	free(json);
	free(token);
}

/* ---- many ---------------------------------------------------------------- */

enum { MANY = 5000 };

/* What is rare is on the first page, and what is many is counted to the last.
 */
static void
test_many(void **state)
{
	char id[16];

	(void)state;
	for (int i = 0; i < MANY; i++) {
		(void)snprintf(id, sizeof(id), "w%d", i);
		start(6000 + i, id, "f", "1", i < MANY - 10 ? "['t']" : "[]");
	}
	expect_answer(20000, "CountOpenWorkflowExecutions",
	    "{'domain':'v'," SINCE("00") "}",
	    "{'count':5006,'truncated':false}");
	expect_answer(20000, "CountOpenWorkflowExecutions",
	    "{'domain':'v'," SINCE("00") ",'tagFilter':{'tag':'t'}}",
	    "{'count':4990,'truncated':false}");
	expect(20000, 1, SINCE("00") ",'tagFilter':{'tag':'x'}", "ea");
	for (int i = 0; i < MANY; i += 2) {
		(void)snprintf(id, sizeof(id), "w%d", i);
		terminate(20000 + i, id);
	}
	expect_answer(30000, "CountOpenWorkflowExecutions",
	    "{'domain':'v'," SINCE("00") ",'tagFilter':{'tag':'t'}}",
	    "{'count':2495,'truncated':false}");
	expect_answer(30000, "CountClosedWorkflowExecutions",
	    "{'domain':'v'," CLOSED_FROM_TO("20",
		"21") ",'typeFilter':{'name':'f'}}",
	    "{'count':501,'truncated':false}");
}

int
main(void)
{
#undef ROW
#define ROW(test) \
	cmocka_unit_test_setup_teardown(test, set_up_six, world_tear_down)
	const struct CMUnitTest tests[] = {
		ROW(test_open_by_start),
		ROW(test_open_by_filter),
		ROW(test_closed),
		ROW(test_filters_that_exclude_each_other),
		ROW(test_pages_make_the_whole),
		ROW(test_pages_while_executions_come_and_go),
		ROW(test_a_token_lasts_a_minute),
		ROW(test_a_token_is_for_one_question),
		ROW(test_history_and_decisions_share_the_rules),
		ROW(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
