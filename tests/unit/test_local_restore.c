/* SPDX-License-Identifier: MIT */
/*
 * Records that do not fit together are refused by name, whatever the checks
 * of the file say.  Each row is what comes after a small sound state.
 */
#include "config.h"

#include "swf-local/restore.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "local_world.h"

#define SECRET "'secret':'0123456789abcdef0123456789abcdef'"
#define HEADER "{'is':'header','number':7," SECRET "}"
#define DOMAIN "{'is':'domain','name':'d','retention':'1'}"
#define TYPE                                                      \
	"{'is':'type','kind':'workflow','domain':'d','name':'f'," \
	"'version':'1','created':1}"
#define RUN(number, id, run)                                             \
	"{'is':'execution','execution':" #number ",'domain':'d','name':" \
	"'f','version':'1','workflowId':'" id "','runId':'" run "',"     \
	"'childPolicy':'ABANDON','decisionTimeout':'1',"                 \
	"'executionTimeout':'1','started':1,'taskList':'l'}"
#define EVENT(id)                                          \
	"{'is':'event','execution':8,'id':" #id ",'at':1," \
	"'type':'WorkflowExecutionStarted','attributes':'{}'}"
#define ACTIVITY                                                    \
	"{'is':'activity','task':9,'execution':8,'activityId':'a'," \
	"'list':'l','name':'a','version':'1','scheduled':1,"        \
	"'scheduledAt':1}"
#define WAITING(number) \
	"{'is':'decision','task':" #number ",'execution':8,'scheduled':1}"
#define TIMER                                                            \
	"{'is':'timer','timer':10,'execution':8,'length':1,'started':1," \
	"'startedAt':1,'timerId':'t'}"
/* All three, and the end of their execution. */
#define GONE                                                      \
	"{'is':'gone','number':9},{'is':'gone','number':10},"     \
	"{'is':'gone','number':11},{'is':'status','execution':8," \
	"'close':1,'closed':1}"
#define SOUND HEADER "," DOMAIN "," TYPE "," RUN(8, "w", "r") "," EVENT(1)

static struct service service;
static const struct service_host host;

/* Restores a list of records; what went wrong, or "". */
static const char *
restore(const char *records)
{
	static struct err err;
	struct restore restore;
	char *json = quoted(records);

	err.text[0] = '\0';
	service_init(&service, &host, 1);
	restore_begin(&restore, &service, 1000);
	if (restore_step(&restore, json, strlen(json), &err) == 0)
		(void)restore_end(&restore, &err);
	restore_clear(&restore);
	service_clear(&service);
	free(json);
	return err.text;
}

static void
test_sound_records(void **state)
{
	static const char *const rows[] = { "[" HEADER "]", "[" SOUND "]",
		"[" SOUND "," ACTIVITY "," TIMER "," WAITING(11) "]",
		"[" SOUND "," ACTIVITY "," TIMER "," WAITING(11) "," GONE "]",
		"[" SOUND "," DOMAIN "," TYPE "]" };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_string_equal(restore(rows[i]), "");
}

static void
test_records_that_do_not_fit(void **state)
{
	static const struct {
		const char *records;
		const char *want;
	} rows[] = {
		{ "{}", "is no list of records" },
		{ "[", "is no list of records" },
		{ "[]", "has no header" },
		{ "[" DOMAIN "]", "does not begin with a header" },
		{ "[" HEADER "," HEADER "]", "a second header" },
		{ "[{'is':'header','secret':'x'}]", "no secret" },
		{ "[" SOUND ",{'is':'noun'}]", "\"is\" is no kind of record" },
		{ "[" SOUND ",{}]", "\"is\" is no kind of record" },
		{ "[" SOUND ",{'is':'domain','name':'e'}]",
		    "\"retention\" of a record \"domain\" is missing" },
		{ "[" SOUND ",{'is':'domain','name':5,'retention':'1'}]",
		    "\"name\" of a record \"domain\" is not what" },
		{ "[" SOUND ",{'is':'domain','name':'d','retention':'1',"
		  "'tags':'[1]'}]",
		    "\"tags\" are not those of a domain" },
		{ "[" SOUND ",{'is':'domain','name':'d','retention':'1',"
		  "'tags':'{}'}]",
		    "\"tags\" of a record \"domain\" is not what" },
		{ "[" SOUND ",{'is':'domain','name':'d','retention':'1',"
		  "'deprecated':1}]",
		    "\"deprecated\" of a record \"domain\" is not what" },
		{ "[" HEADER "," TYPE "]", "\"domain\" is none that is known" },
		{ "[" HEADER "," DOMAIN ",{'is':'type','domain':'d'}]",
		    "\"kind\" is neither" },
		{ "[" HEADER "," DOMAIN "," RUN(8, "w", "r") "]",
		    "the type of an execution is not known" },
		{ "[" SOUND "," RUN(8, "x", "s") "]",
		    "\"execution\" is no number that is free" },
		{ "[" SOUND "," RUN(0, "x", "s") "]",
		    "\"execution\" is no number that is free" },
		{ "[" SOUND "," RUN(1.5, "x", "s") "]",
		    "\"execution\" is no number that is free" },
		{ "[" SOUND "," RUN(1e17, "x", "s") "]",
		    "\"execution\" is no number that is free" },
		{ "[" SOUND "," RUN(9, "x", "r") "]", "run r is there twice" },
		{ "[" SOUND "," RUN(9, "w", "s") "]",
		    "workflow w is open twice" },
		{ "[" SOUND "," RUN(9, "x",
		      "0123456789012345678901234567890123456789012345678") "]",
		    "\"runId\" of a record \"execution\" is not what" },
		{ "[" SOUND ",{'is':'status','execution':9}]",
		    "\"execution\" is nothing known" },
		{ "[" SOUND ",{'is':'status','execution':8,'close':7}]",
		    "\"close\" of a record \"status\" is not what" },
		{ "[" SOUND "," EVENT(3) "]",
		    "\"id\" is not that of the next event" },
		{ "[" SOUND "," EVENT(1) "]",
		    "\"id\" is not that of the next event" },
		{ "[" SOUND ",{'is':'event','execution':8,'id':2,'at':1,"
		  "'type':'Nothing','attributes':'{}'}]",
		    "\"type\" is no type of an event" },
		{ "[" SOUND ",{'is':'event','execution':8,'id':2,'at':1,"
		  "'type':'TimerFired','attributes':'{'}]",
		    "an event is not what it should be" },
		{ "[" SOUND "," ACTIVITY "," ACTIVITY "]",
		    "\"task\" is no number that is free" },
		{ "[" SOUND "," ACTIVITY ",{'is':'status','execution':8,"
		  "'close':1}]",
		    "run r is closed but has open tasks" },
		{ "[" SOUND ",{'is':'attempt','task':9}]",
		    "\"task\" is nothing known" },
		{ "[" SOUND "," WAITING(9) ",{'is':'attempt','task':9}]",
		    "\"task\" is one of the other kind" },
		{ "[" SOUND "," ACTIVITY "," WAITING(9) "]",
		    "\"task\" is that of another execution" },
		{ "[" SOUND "," WAITING(9) "," WAITING(10) "]",
		    "has two decision tasks" },
		{ "[" SOUND ",{'is':'gone','number':8}]",
		    "\"number\" is nothing known" },
		{ "[" SOUND "," TIMER ",{'is':'gone','number':10},"
		  "{'is':'gone','number':10}]",
		    "\"number\" is nothing known" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *got = restore(rows[i].records);

		if (strstr(got, rows[i].want) == NULL)
			print_message("# %s\n# got \"%s\"\n", rows[i].records,
			    got);
		assert_non_null(strstr(got, rows[i].want));
	}
}

/* Half of a batch is nothing: the second start is refused as the first is. */
static void
test_started_twice(void **state)
{
	(void)state;
	assert_non_null(strstr(
	    restore("[" SOUND ",{'is':'decision','task':9,'execution':8,"
		    "'scheduled':1,'started':2,'startedAt':1},"
		    "{'is':'decision','task':10,'execution':8,'scheduled':1,"
		    "'started':3,'startedAt':1}]"),
	    "two decision tasks that are started"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sound_records),
		cmocka_unit_test(test_records_that_do_not_fit),
		cmocka_unit_test(test_started_twice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
