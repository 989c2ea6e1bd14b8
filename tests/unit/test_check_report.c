/* SPDX-License-Identifier: MIT */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>
#include <cmocka.h>

#include "base/mem.h"
#include "tend/check_report.h"
#include "text/json.h"

static struct check_report report;
static struct buf out = BUF_INIT(CHECK_REPORT_MAX);

static int
teardown(void **state)
{
	(void)state;
	check_report_clear(&report);
	check_report_clear(&report);
	buf_clear(&out);
	return 0;
}

static void
expect_table(const char *text)
{
	buf_reset(&out);
	check_report_table(&report, &out);
	assert_string_equal(out.data, text);
}

static void
expect_json(const char *text)
{
	buf_reset(&out);
	check_report_json(&report, &out);
	assert_string_equal(out.data, text);
	assert_true(json_is_object(out.data, out.len));
}

static void
all_is_well(void)
{
	static const char *const values[CHECK_ITEMS] = { "default", "eu-west-1",
		"https://swf/", "AKID", "the system's", "none", "TLS", "good",
		"ListDomains: answered" };

	for (int i = 0; i < CHECK_ITEMS; i++)
		check_report_set(&report, i, CHECK_OK,
		    i == CHECK_REGION ? "AWS_REGION" : NULL, "%s", values[i]);
}

static void
test_table(void **state)
{
	(void)state;
	all_is_well();
	assert_true(check_report_is_good(&report));
	expect_table("ok    profile      default\n"
		     "ok    region       eu-west-1              AWS_REGION\n"
		     "ok    endpoint     https://swf/\n"
		     "ok    credentials  AKID\n"
		     "ok    ca           the system's\n"
		     "ok    proxy        none\n"
		     "ok    connection   TLS\n"
		     "ok    clock        good\n"
		     "ok    call         ListDomains: answered\n"
		     "\n"
		     "work can start\n");
}

static void
test_empty(void **state)
{
	(void)state;
	assert_false(check_report_is_good(&report));
	expect_table("-     profile\n-     region\n-     endpoint\n"
		     "-     credentials\n-     ca\n-     proxy\n"
		     "-     connection\n-     clock\n-     call\n\n"
		     "work cannot start\n");
}

/* What has failed, what only may, and what it did not come to. */
static void
test_problems(void **state)
{
	(void)state;
	all_is_well();
	check_report_blame(&report, CHECK_CLOCK, CHECK_WARNING, "set it",
	    "%d s slow", 100);
	assert_true(check_report_is_good(&report));
	check_report_blame(&report, CHECK_CALL, CHECK_FAILED, NULL, "refused");
	assert_false(check_report_is_good(&report));
	check_report_policy(&report, CHECK_CALL, mem_string("{\"a\":1}"));
	expect_table("ok    profile      default\n"
		     "ok    region       eu-west-1              AWS_REGION\n"
		     "ok    endpoint     https://swf/\n"
		     "ok    credentials  AKID\n"
		     "ok    ca           the system's\n"
		     "ok    proxy        none\n"
		     "ok    connection   TLS\n"
		     "warn  clock        good\n"
		     "FAIL  call         ListDomains: answered\n"
		     "\n"
		     "warn  clock: 100 s slow\n"
		     "      set it\n"
		     "\n"
		     "FAIL  call: refused\n"
		     "      {\"a\":1}\n"
		     "\n"
		     "work cannot start\n");
	check_report_set(&report, CHECK_CALL, CHECK_UNKNOWN, NULL, "none");
	assert_false(check_report_is_good(&report));
}

/* A value that is very wide does not push all the others' sources away. */
static void
test_wide(void **state)
{
	char wide[61];

	(void)state;
	memset(wide, 'x', 60);
	wide[60] = '\0';
	check_report_set(&report, CHECK_PROFILE, CHECK_OK, "source", "%s",
	    wide);
	check_report_set(&report, CHECK_REGION, CHECK_OK, "source", "short");
	check_report_set(&report, CHECK_ENDPOINT, CHECK_OK, "source", "%s",
	    wide + 16);
	buf_reset(&out);
	check_report_table(&report, &out);
	assert_non_null(strstr(out.data, "xxx  source\nok    region       "
					 "short                              "
					 "           source\n"));
}

/* What others say is text, and one line. */
static void
test_texts(void **state)
{
	char *many = mem_new(3001, 1);

	(void)state;
	memset(many, 'y', 3000);
	check_report_set(&report, CHECK_PROFILE, CHECK_OK, "a\xff\033",
	    "b\nc\td\r");
	check_report_blame(&report, CHECK_PROFILE, CHECK_FAILED, "e\001", "%s",
	    many);
	free(many);
	assert_string_equal(report.rows[CHECK_PROFILE].source,
	    "a\xef\xbf\xbd?");
	assert_string_equal(report.rows[CHECK_PROFILE].value, "b c d");
	assert_string_equal(report.rows[CHECK_PROFILE].remedy, "e?");
	assert_in_range(strlen(report.rows[CHECK_PROFILE].problem), 300, 1100);
	buf_reset(&out);
	check_report_table(&report, &out);
	assert_null(strchr(out.data, '\033'));
}

static void
test_json(void **state)
{
	(void)state;
	expect_json("{\"ok\":false,"
		    "\"profile\":{\"state\":\"unknown\",\"value\":null,"
		    "\"source\":null},"
		    "\"region\":{\"state\":\"unknown\",\"value\":null,"
		    "\"source\":null},"
		    "\"endpoint\":{\"state\":\"unknown\",\"value\":null,"
		    "\"source\":null},"
		    "\"credentials\":{\"state\":\"unknown\",\"value\":null,"
		    "\"source\":null},"
		    "\"ca\":{\"state\":\"unknown\",\"value\":null,"
		    "\"source\":null},"
		    "\"proxy\":{\"state\":\"unknown\",\"value\":null,"
		    "\"source\":null},"
		    "\"connection\":{\"state\":\"unknown\",\"value\":null,"
		    "\"source\":null},"
		    "\"clock\":{\"state\":\"unknown\",\"value\":null,"
		    "\"source\":null},"
		    "\"call\":{\"state\":\"unknown\",\"value\":null,"
		    "\"source\":null}}\n");
}

static void
test_json_members(void **state)
{
	const cJSON *call;
	cJSON *root;

	(void)state;
	all_is_well();
	check_report_blame(&report, CHECK_CALL, CHECK_FAILED, "do \"this\"",
	    "it is wrong");
	check_report_policy(&report, CHECK_CALL, mem_string("{\"a\":1}"));
	check_report_fact(&report, CHECK_CALL, "code", "Denied");
	check_report_fact(&report, CHECK_CALL, "nothing", NULL);
	check_report_number(&report, CHECK_CALL, "skew_ms", -17);
	buf_reset(&out);
	check_report_json(&report, &out);
	root = cJSON_Parse(out.data);
	assert_true(cJSON_IsFalse(cJSON_GetObjectItem(root, "ok")));
	call = cJSON_GetObjectItem(root, "call");
	assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(call,
				"state")),
	    "failed");
	assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(call,
				"remedy")),
	    "do \"this\"");
	assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(call,
				"code")),
	    "Denied");
	assert_null(cJSON_GetObjectItem(call, "nothing"));
	assert_true(cJSON_GetNumberValue(cJSON_GetObjectItem(call,
			"skew_ms")) == -17);
	assert_true(cJSON_IsObject(cJSON_GetObjectItem(call, "policy")));
	cJSON_Delete(root);
}

/* More facts than there is room for are dropped, and so is nothing else. */
static void
test_facts(void **state)
{
	static const char *const names[] = { "a", "b", "c", "d", "e" };

	(void)state;
	for (size_t i = 0; i < 5; i++)
		check_report_number(&report, CHECK_CALL, names[i], (int64_t)i);
	assert_string_equal(report.rows[CHECK_CALL].facts[3].name, "d");
	assert_string_equal(report.rows[CHECK_CALL].facts[3].value, "3");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_table, teardown),
		cmocka_unit_test_teardown(test_empty, teardown),
		cmocka_unit_test_teardown(test_problems, teardown),
		cmocka_unit_test_teardown(test_wide, teardown),
		cmocka_unit_test_teardown(test_texts, teardown),
		cmocka_unit_test_teardown(test_json, teardown),
		cmocka_unit_test_teardown(test_json_members, teardown),
		cmocka_unit_test_teardown(test_facts, teardown),
	};

	return cmocka_run_group_tests_name("check report", tests, NULL, NULL);
}
