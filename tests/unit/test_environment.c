/* SPDX-License-Identifier: MIT */
/*
 * tend/environment: a command gets the outer environment less tend's options
 * and less the task of an outer tend, plus what is known of its own task.
 */
#include "config.h"

#include "tend/environment.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/instant.h"

/* The fields are not const, because their owner frees them. */
static char *
text(const char *literal)
{
	return (char *)(uintptr_t)literal;
}

static const char *
find(char *const *environment, const char *name)
{
	size_t len = strlen(name);

	for (; *environment != NULL; environment++)
		if (strncmp(*environment, name, len) == 0 &&
		    (*environment)[len] == '=')
			return *environment + len + 1;
	return NULL;
}

/* As main() has it, environ is not const. */
static char **
make(const char **outer, const struct environment_facts *facts)
{
	return environment_new((char *const *)(uintptr_t)outer, facts);
}

static void
test_what_is_passed_on(void **state)
{
	const char *outer[] = { "PATH=/bin", "TEND_KILL_AFTER=3s", "TENDER=yes",
		"TEND_=odd", "SWF_ACTIVITY_ID=outer", "SWF_RESUME_DETAILS=old",
		"SWF_PROGRESS_FD=9", "SWF_OTHER=kept", "EMPTY=", NULL };
	struct swf_task task = { .run_id = text("run") };
	struct environment_facts facts = {
		.task = &task,
		.progress_fd = -1,
		.heartbeat_timeout = INSTANT_NEVER,
	};
	char **inner = make(outer, &facts);

	(void)state;
	assert_string_equal(find(inner, "PATH"), "/bin");
	assert_string_equal(find(inner, "TENDER"), "yes");
	assert_string_equal(find(inner, "EMPTY"), "");
	assert_string_equal(find(inner, "SWF_OTHER"), "kept");
	assert_string_equal(find(inner, "SWF_RUN_ID"), "run");
	assert_null(find(inner, "TEND_KILL_AFTER"));
	assert_null(find(inner, "TEND_"));
	assert_null(find(inner, "SWF_ACTIVITY_ID"));
	assert_null(find(inner, "SWF_RESUME_DETAILS"));
	assert_null(find(inner, "SWF_PROGRESS_FD"));
	assert_null(find(inner, "SWF_HEARTBEAT_TIMEOUT"));
	environment_free(inner);
}

static void
test_what_is_denied(void **state)
{
	static const char *const denies[] = { "AWS_*", "[A-C]X?", "PATH" };
	static const char *const all[] = { "*" };
	const char *outer[] = { "PATH=/bin", "PATH2=/bin", "AWS_=", "AWS_KEY=k",
		"MY_AWS_KEY=k", "BXY=1", "DXY=2", "aws_key=k", "KEY=AWS_x",
		NULL };
	struct swf_task task = { .run_id = text("run") };
	struct environment_facts facts = {
		.task = &task,
		.progress_fd = -1,
		.heartbeat_timeout = INSTANT_NEVER,
		.denies = denies,
		.deny_count = 3,
	};
	char **inner = make(outer, &facts);

	(void)state;
	assert_null(find(inner, "PATH"));
	assert_null(find(inner, "AWS_"));
	assert_null(find(inner, "AWS_KEY"));
	assert_null(find(inner, "BXY"));
	assert_string_equal(find(inner, "PATH2"), "/bin");
	assert_string_equal(find(inner, "MY_AWS_KEY"), "k");
	assert_string_equal(find(inner, "DXY"), "2");
	assert_string_equal(find(inner, "aws_key"), "k");
	assert_string_equal(find(inner, "KEY"), "AWS_x");
	environment_free(inner);
	/* What the task says is not of the outer environment. */
	facts.denies = all;
	facts.deny_count = 1;
	inner = make(outer, &facts);
	assert_string_equal(find(inner, "SWF_RUN_ID"), "run");
	assert_null(inner[1]);
	environment_free(inner);
}

static void
test_all_facts(void **state)
{
	static const struct {
		const char *name;
		const char *value;
	} rows[] = {
		{ "SWF_ACTIVITY_ID", "id" },
		{ "SWF_ACTIVITY_NAME", "name" },
		{ "SWF_ACTIVITY_VERSION", "1.0" },
		{ "SWF_WORKFLOW_ID", "wf" },
		{ "SWF_RUN_ID", "22=+/" },
		{ "SWF_DOMAIN", "d" },
		{ "SWF_HEARTBEAT_TIMEOUT", "3.500" },
		{ "SWF_INPUT_FILE", "/tmp/i" },
		{ "SWF_RESULT_FILE", "/tmp/r" },
		{ "SWF_RESUME_DETAILS", "half" },
		{ "SWF_PROGRESS_FD", "7" },
	};
	const char *outer[] = { NULL };
	struct swf_task task = {
		.token = text("secret"),
		.activity_id = text("id"),
		.activity_name = text("name"),
		.activity_version = text("1.0"),
		.workflow_id = text("wf"),
		.run_id = text("22=+/"),
		.input = text("input"),
	};
	struct environment_facts facts = {
		.task = &task,
		.domain = "d",
		.input_file = "/tmp/i",
		.result_file = "/tmp/r",
		.resume_details = "half",
		.progress_fd = 7,
		.heartbeat_timeout = 3500,
	};
	char **inner = make(outer, &facts);
	size_t count = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *value = find(inner, rows[i].name);

		assert_non_null(value);
		assert_string_equal(value, rows[i].value);
	}
	while (inner[count] != NULL)
		count++;
	/* Nothing else: neither the token nor the input. */
	assert_int_equal(count, sizeof(rows) / sizeof(rows[0]));
	environment_free(inner);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_passed_on),
		cmocka_unit_test(test_what_is_denied),
		cmocka_unit_test(test_all_facts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
