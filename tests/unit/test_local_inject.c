/* SPDX-License-Identifier: MIT */
/*
 * swf-local/inject: rules as text and as JSON, what is refused, and which of
 * them a call meets.
 */
#include "config.h"

#include "swf-local/inject.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define BEAT "RecordActivityTaskHeartbeat"

struct row {
	const char *text;
	const char *json; /* the rule as it is listed; NULL: it is refused */
};

static const struct row rows[] = {
	{ "*:throttle",
	    "{\"after\":0,\"applied\":0,\"fault\":\"throttle\","
	    "\"operation\":\"*\",\"probability\":1,\"status\":400}" },
	{ BEAT ":delay=0.5s,count=3,after=2,probability=0.25",
	    "{\"after\":2,\"applied\":0,\"count\":3,\"fault\":\"delay\","
	    "\"operation\":\"" BEAT "\",\"probability\":0.25,"
	    "\"value\":\"0.5s\"}" },
	{ "*:error=ExpiredTokenException,status=403,message=a, b=c",
	    "{\"after\":0,\"applied\":0,\"fault\":\"error\","
	    "\"message\":\"a, b=c\",\"operation\":\"*\",\"probability\":1,"
	    "\"status\":403,\"value\":\"ExpiredTokenException\"}" },
	{ "*:date=-3600",
	    "{\"after\":0,\"applied\":0,\"fault\":\"date\","
	    "\"operation\":\"*\",\"probability\":1,\"value\":\"-3600\"}" },
	{ "*:body=html,status=502",
	    "{\"after\":0,\"applied\":0,\"fault\":\"body\","
	    "\"operation\":\"*\",\"probability\":1,\"status\":502,"
	    "\"value\":\"html\"}" },
	{ "", NULL },
	{ "throttle", NULL },
	{ "*:", NULL },
	{ "*:nothing", NULL },
	{ "*:delay", NULL },
	{ "*:delay=soon", NULL },
	{ "*:throttle=1", NULL },
	{ "*:error", NULL },
	{ "*:error=", NULL },
	{ "*:error=a b", NULL },
	{ "*:body=0", NULL },
	{ "*:body=1t", NULL },
	{ "*:throttle,", NULL },
	{ "*:throttle,count", NULL },
	{ "*:throttle,count=-1", NULL },
	{ "*:throttle,count=x", NULL },
	{ "*:throttle,probability=1.1", NULL },
	{ "*:throttle,probability=nan", NULL },
	{ "*:throttle,message=x", NULL },
	{ "*:error=E,status=99", NULL },
	{ "PollForNothing:throttle", NULL },
};

static void
test_text(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buf out = BUF_INIT(10000);
		struct rules rules;
		struct err err;
		char want[1000];

		rules_init(&rules);
		if (rows[i].json == NULL) {
			assert_int_equal(rules_add_text(&rules, rows[i].text,
					     &err),
			    -1);
			assert_int_equal(rules.count, 0);
			assert_null(strchr(err.text, '\n'));
			continue;
		}
		assert_int_equal(rules_add_text(&rules, rows[i].text, &err), 0);
		rules_write(&rules, &out);
		(void)snprintf(want, sizeof(want), "[%s]", rows[i].json);
		assert_string_equal(out.data, want);
		rules_clear(&rules);
		buf_clear(&out);
	}
}

static void
test_json_and_text_agree(void **state)
{
	struct buf text = BUF_INIT(1000), json = BUF_INIT(1000);
	struct rules rules;
	struct err err;
	cJSON *in = cJSON_Parse("{\"operation\":\"*\",\"fault\":\"error\","
				"\"value\":\"E\",\"message\":\"m\","
				"\"count\":2,\"probability\":0.5}");

	(void)state;
	rules_init(&rules);
	assert_int_equal(rules_add_json(&rules, in, &err), 0);
	rules_write(&rules, &json);
	rules_clear(&rules);
	assert_int_equal(rules_add_text(&rules,
			     "*:error=E,count=2,probability=0.5,message=m",
			     &err),
	    0);
	rules_write(&rules, &text);
	assert_string_equal(json.data, text.data);
	rules_clear(&rules);
	cJSON_Delete(in);
	buf_clear(&text);
	buf_clear(&json);
}

static enum inject_kind
next_kind(struct rules *rules, const char *operation, struct random *random)
{
	struct plan plan;
	enum inject_kind kind;

	rules_plan(rules, operation, random, &plan);
	kind = plan.kind;
	plan_clear(&plan);
	return kind;
}

static void
test_after_and_count(void **state)
{
	static const enum inject_kind want[] = { INJECT_NOTHING, INJECT_NOTHING,
		INJECT_THROTTLE, INJECT_THROTTLE, INJECT_NOTHING };
	struct random random;
	struct rules rules;

	(void)state;
	random_seed(&random, 1);
	rules_init(&rules);
	assert_int_equal(rules_add_text(&rules,
			     BEAT ":throttle,after=2,count=2", NULL),
	    0);
	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		assert_int_equal(next_kind(&rules, "RegisterDomain", &random),
		    INJECT_NOTHING);
		assert_int_equal(next_kind(&rules, BEAT, &random), want[i]);
	}
	rules_clear(&rules);
}

static void
test_delays_add_up_and_the_first_fault_wins(void **state)
{
	struct random random;
	struct rules rules;
	struct plan plan;

	(void)state;
	random_seed(&random, 1);
	rules_init(&rules);
	assert_int_equal(rules_add_text(&rules, "*:delay=1s", NULL), 0);
	assert_int_equal(rules_add_text(&rules, "*:date=+60", NULL), 0);
	assert_int_equal(rules_add_text(&rules, "*:error500,count=1", NULL), 0);
	assert_int_equal(rules_add_text(&rules, "*:throttle,count=1", NULL), 0);
	assert_int_equal(rules_add_text(&rules, "*:delay=500ms", NULL), 0);
	rules_plan(&rules, BEAT, &random, &plan);
	assert_int_equal(plan.delay, 1500);
	assert_int_equal(plan.date_offset, 60000);
	assert_int_equal(plan.kind, INJECT_ERROR500);
	plan_clear(&plan);
	/* What had no place was not used up. */
	assert_int_equal(next_kind(&rules, BEAT, &random), INJECT_THROTTLE);
	assert_int_equal(next_kind(&rules, BEAT, &random), INJECT_NOTHING);
	rules_clear(&rules);
}

static void
test_probability(void **state)
{
	struct random random;
	struct rules rules;
	int hits = 0;

	(void)state;
	random_seed(&random, 7);
	rules_init(&rules);
	assert_int_equal(rules_add_text(&rules, "*:throttle,probability=0.3",
			     NULL),
	    0);
	for (int i = 0; i < 10000; i++)
		hits += next_kind(&rules, BEAT, &random) == INJECT_THROTTLE;
	assert_in_range(hits, 2800, 3200);
	rules_clear(&rules);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_json_and_text_agree),
		cmocka_unit_test(test_after_and_count),
		cmocka_unit_test(test_delays_add_up_and_the_first_fault_wins),
		cmocka_unit_test(test_probability),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
