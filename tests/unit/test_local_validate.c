/* SPDX-License-Identifier: MIT */
/*
 * swf-local/validate, with the real shapes: each rule at its edge, and the
 * messages word for word.
 */
#include "config.h"

#include "swf-local/validate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "swf-local/shapes.h"

#define AT(value, path, text)                                        \
	"1 validation error detected: Value " value " at '" path "'" \
	" failed to satisfy constraint: Member must " text

struct row {
	const struct shape *shape;
	const char *json;
	enum validity want;
	const char *message; /* or NULL */
};

#define REGISTER(name, days)      \
	"{\"name\":\"" name "\"," \
	"\"workflowExecutionRetentionPeriodInDays\":\"" days "\"}"
#define START(more)                               \
	"{\"domain\":\"d\",\"workflowId\":\"w\"," \
	"\"workflowType\":{\"name\":\"n\",\"version\":\"1\"}" more "}"

static const struct row rows[] = {
	{ &shape_heartbeat, "{\"taskToken\":\"x\"}", VALID, NULL },
	{ &shape_heartbeat, "{\"taskToken\":\"x\",\"other\":[1]}", VALID,
	    NULL },
	{ &shape_heartbeat, "{\"taskToken\":\"x\",\"details\":null}", VALID,
	    NULL },
	{ &shape_heartbeat, "{}", INVALID,
	    AT("null", "taskToken", "not be null") },
	{ &shape_heartbeat, "{\"taskToken\":7}", WRONG_TYPE, NULL },
	{ &shape_heartbeat, "[]", WRONG_TYPE, NULL },
	{ &shape_heartbeat, "{\"taskToken\":\"\"}", INVALID,
	    AT("''", "taskToken", "have length greater than or equal to 1") },
	{ &shape_register_domain, REGISTER("d", "0"), VALID, NULL },
	{ &shape_register_domain, REGISTER("d", "90"), VALID, NULL },
	{ &shape_register_domain, REGISTER("d", "NONE"), VALID, NULL },
	{ &shape_register_domain, REGISTER("d", "91"), INVALID,
	    AT("'91'", "workflowExecutionRetentionPeriodInDays",
		"have value less than or equal to 90") },
	{ &shape_register_domain, REGISTER("a b", "1"), VALID, NULL },
	{ &shape_register_domain, REGISTER("arns", "1"), VALID, NULL },
	{ &shape_register_domain, REGISTER("\xc2\xa0", "1"), VALID, NULL },
	{ &shape_register_domain, REGISTER("arn", "1"), INVALID, NULL },
	{ &shape_register_domain, REGISTER(" a", "1"), INVALID, NULL },
	{ &shape_register_domain, REGISTER("a ", "1"), INVALID, NULL },
	{ &shape_register_domain, REGISTER("a:b", "1"), INVALID, NULL },
	{ &shape_register_domain, REGISTER("a/b", "1"), INVALID, NULL },
	{ &shape_register_domain, REGISTER("a|b", "1"), INVALID, NULL },
	{ &shape_register_domain, REGISTER("a\\u001fb", "1"), INVALID, NULL },
	{ &shape_register_domain, REGISTER("a\x7f", "1"), INVALID, NULL },
	{ &shape_register_domain, REGISTER("a\xc2\x9f", "1"), INVALID, NULL },
	{ &shape_start_execution, START(""), VALID, NULL },
	{ &shape_start_execution, START(",\"workflowType\":{}"), VALID, NULL },
	{ &shape_start_execution,
	    START(",\"executionStartToCloseTimeout\":\"31536000\""), VALID,
	    NULL },
	{ &shape_start_execution,
	    START(",\"executionStartToCloseTimeout\":\"31536001\""), INVALID,
	    AT("'31536001'", "executionStartToCloseTimeout",
		"have value less than or equal to 31536000") },
	{ &shape_start_execution,
	    START(",\"executionStartToCloseTimeout\":\"NONE\""), INVALID,
	    NULL },
	{ &shape_start_execution,
	    START(",\"taskStartToCloseTimeout\":\"NONE\""), VALID, NULL },
	{ &shape_start_execution, START(",\"taskStartToCloseTimeout\":\"-1\""),
	    INVALID, NULL },
	{ &shape_start_execution, START(",\"taskStartToCloseTimeout\":\"\""),
	    INVALID, NULL },
	{ &shape_start_execution, START(",\"taskPriority\":\"-2147483648\""),
	    VALID, NULL },
	{ &shape_start_execution, START(",\"taskPriority\":\"2147483648\""),
	    INVALID, NULL },
	{ &shape_start_execution, START(",\"childPolicy\":\"terminate\""),
	    INVALID,
	    AT("'terminate'", "childPolicy",
		"satisfy enum value set: [TERMINATE, REQUEST_CANCEL, "
		"ABANDON]") },
	{ &shape_start_execution,
	    START(",\"tagList\":[\"1\",\"2\",\"3\",\"4\",\"5\"]"), VALID,
	    NULL },
	{ &shape_start_execution,
	    START(",\"tagList\":[\"1\",\"2\",\"3\",\"4\",\"5\",\"6\"]"),
	    INVALID,
	    AT("'[1, 2, 3, 4, 5, 6]'", "tagList",
		"have length less than or equal to 5") },
	{ &shape_start_execution, START(",\"tagList\":[1]"), WRONG_TYPE, NULL },
	{ &shape_start_execution, START(",\"taskList\":{}"), INVALID,
	    AT("null", "taskList.name", "not be null") },
	{ &shape_start_execution, START(",\"taskList\":\"l\""), WRONG_TYPE,
	    NULL },
	{ &shape_respond_decision,
	    "{\"taskToken\":\"x\",\"decisions\":[{},{\"decisionType\":"
	    "\"StartTimer\",\"startTimerDecisionAttributes\":{\"timerId\":"
	    "\"t\"}}]}",
	    INVALID,
	    "2 validation errors detected: Value null at "
	    "'decisions.1.member.decisionType' failed to satisfy constraint: "
	    "Member must not be null; Value null at 'decisions.2.member."
	    "startTimerDecisionAttributes.startToFireTimeout' failed to "
	    "satisfy constraint: Member must not be null" },
};

static void
test_each_rule(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buf message = BUF_INIT(10000);
		cJSON *in = cJSON_Parse(rows[i].json);
		enum validity got;

		assert_non_null(in);
		got = validate(rows[i].shape, in, &message);
		if (got != rows[i].want)
			print_message("# row %zu: %s\n", i, rows[i].json);
		assert_int_equal(got, rows[i].want);
		if (rows[i].message != NULL)
			assert_string_equal(message.data, rows[i].message);
		cJSON_Delete(in);
		buf_clear(&message);
	}
}

/* "count" times "unit" as the details of a heartbeat. */
static enum validity
validate_details(const char *unit, size_t count)
{
	struct buf json = BUF_INIT(100000);
	struct buf message = BUF_INIT(100000);
	enum validity got;
	cJSON *in;

	(void)buf_string(&json, "{\"taskToken\":\"x\",\"details\":\"");
	for (size_t i = 0; i < count; i++)
		(void)buf_string(&json, unit);
	(void)buf_string(&json, "\"}");
	in = cJSON_Parse(json.data);
	got = validate(&shape_heartbeat, in, &message);
	cJSON_Delete(in);
	buf_clear(&json);
	buf_clear(&message);
	return got;
}

static void
test_lengths_are_utf16_units(void **state)
{
	(void)state;
	assert_int_equal(validate_details("x", 2048), VALID);
	assert_int_equal(validate_details("x", 2049), INVALID);
	assert_int_equal(validate_details("\xe2\x82\xac", 2048), VALID);
	assert_int_equal(validate_details("\xe2\x82\xac", 2049), INVALID);
	assert_int_equal(validate_details("\xf0\x9f\x98\x80", 1024), VALID);
	assert_int_equal(validate_details("\xf0\x9f\x98\x80", 1025), INVALID);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_rule),
		cmocka_unit_test(test_lengths_are_utf16_units),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
