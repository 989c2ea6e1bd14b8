/* SPDX-License-Identifier: MIT */
/*
 * swf-local/lists: in which order tasks leave a list, and how many wait.
 */
#include "config.h"

#include "swf-local/lists.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "local_world.h"

#define LIST "{'domain':'d','taskList':{'name':'p'}}"

/* Starts an execution whose decision tasks have that priority. */
static void
start(int64_t now, const char *id, const char *priority)
{
	char *json = mem_format("{'domain':'d','workflowId':'%s',"
				"'workflowType':{'name':'f','version':'1'},"
				"'taskList':{'name':'p'},'taskPriority':'%s'}",
	    id, priority);

	must(now, "StartWorkflowExecution", json);
	free(json);
}

/* The workflow id of the next decision task. */
static void
expect_next(int64_t now, const char *want)
{
	struct asked asked;

	assert_int_equal(ask(&asked, now, "PollForDecisionTask", LIST), 1);
	assert_string_equal(asked.call.workflow_id, want);
	done(&asked);
}

static void
expect_pending(int64_t now, int count)
{
	char *got = answer_of(now, "CountPendingDecisionTasks", LIST);
	char *want = mem_format("{\"count\":%d,\"truncated\":false}", count);

	assert_string_equal(got, want);
	free(got);
	free(want);
}

static void
test_higher_priority_first_then_older(void **state)
{
	(void)state;
	start(2000, "a", "0");
	start(2000, "b", "-2147483648");
	start(2001, "c", "7");
	start(2002, "d", "0");
	start(2003, "e", "2147483647");
	start(2004, "f", "7");
	expect_pending(2005, 6);
	expect_next(2006, "e");
	expect_next(2006, "c");
	must(2007, "TerminateWorkflowExecution",
	    "{'domain':'d','workflowId':'f'}");
	expect_pending(2008, 3);
	expect_next(2008, "a");
	start(2009, "g", "1");
	expect_next(2010, "g");
	expect_next(2010, "d");
	expect_next(2010, "b");
	expect_pending(2011, 0);
}

/* A task that was handed out and timed out waits again, behind the others. */
static void
test_a_task_that_comes_again_is_new(void **state)
{
	(void)state;
	start(2000, "a", "0");
	expect_next(2000, "a");
	start(3000, "b", "0");
	expect_pending(12000, 2);
	expect_next(12001, "b");
	expect_next(12001, "a");
}

int
main(void)
{
#define ROW(test) \
	cmocka_unit_test_setup_teardown(test, world_set_up, world_tear_down)
	const struct CMUnitTest tests[] = {
		ROW(test_higher_priority_first_then_older),
		ROW(test_a_task_that_comes_again_is_new),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
