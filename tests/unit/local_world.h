/* SPDX-License-Identifier: MIT */
/*
 * A service of swf-local under a literal clock, for the tests of its state.
 *
 * JSON is written with ' for ", which makes it readable in C.  The domain is
 * "d", and what is registered in it has the task list "l".
 */
#ifndef TESTS_LOCAL_WORLD_H
#define TESTS_LOCAL_WORLD_H

#include "swf-local/executions.h"
#include "swf-local/operations.h"
#include "swf-local/state.h"

/* Wall time of instant 0. */
#define WORLD_EPOCH INT64_C(1700000000000)

#define WORLD_POLL "{'domain':'d','taskList':{'name':'l'}}"

/* Decisions; "key" is the one of their attributes, as far as it differs. */
#define DECISION(type, key, members)                             \
	"{'decisionType':'" type "','" key "DecisionAttributes'" \
	":{" members "}}"
#define MARKER(members) DECISION("RecordMarker", "recordMarker", members)
#define COMPLETE        "{'decisionType':'CompleteWorkflowExecution'}"

/* The end of a list of events. */
#define NO_MORE EVENT_TYPES

/* The table of tests. */
#define ROW(test) \
	cmocka_unit_test_setup_teardown(test, world_set_up, world_tear_down)

/* One call and the request it borrows. */
struct asked {
	struct call call;
	cJSON *in;
};

extern struct service world;

/* What the host of the service says and saw. */
extern int world_alive, world_answered, world_dropped;

/*
 * For cmocka: the workflow types "f" versions 1 and 2, the activity type "a",
 * and the execution "w" of the flow "f" 1, which is started at 1000.
 */
int world_set_up(void **state);
int world_tear_down(void **state);

/* The text with " for '; to be freed. */
char *quoted(const char *text);

/* Makes a call at "now"; returns what call_do() did. */
int ask(struct asked *asked, int64_t now, const char *operation,
    const char *json);
void done(struct asked *asked);

/* The value of a string member of an answer, or ""; to be freed. */
char *member(const struct asked *asked, const char *name);

/* A call that has to succeed at once and whose answer does not matter. */
void must(int64_t now, const char *operation, const char *json);

/* A call that is answered at once: its fault's name and message, or "". */
const char *fault_of(int64_t now, const char *operation, const char *json);

/* The body of its answer; to be freed. */
char *answer_of(int64_t now, const char *operation, const char *json);

/* The token that a poll is answered with at once; to be freed. */
char *poll_token(int64_t now, const char *operation);

/* Has a decider take the next decision task of a list and decide that. */
void list_decides(int64_t now, const char *list, const char *decisions);

/* The same of the list "l". */
void decide_at(int64_t now, const char *decisions);

/* The same with a token; the fault as fault_of(). */
const char *respond(int64_t now, const char *token, const char *decisions);

/*
 * Registers versions 0 to 4 of the workflow type "x": four lack a default
 * each, the last one is whole, to be deprecated.  The causes why none of them
 * starts, by version; and that of version 5, which is not there.
 */
enum { WORLD_CAUSES = EXECUTION_SETTINGS + 2 };
extern const char *const world_causes[WORLD_CAUSES];
void register_flawed(int64_t now);

/* Has that type deprecated, which the domain has to have. */
void deprecate(enum type_kind kind, const char *name, const char *version);

/* The open execution of that workflow id, or NULL. */
struct execution *open_run(const char *workflow_id);

/* That event, its instant, type and attributes, "%s" for what follows. */
void assert_event(const struct execution *execution, int64_t id,
    int64_t instant, enum event_type type, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/* Of what types the events are, from "first" on; ended by EVENT_TYPES. */
void assert_events(const struct execution *execution, int64_t first, ...);

#endif
