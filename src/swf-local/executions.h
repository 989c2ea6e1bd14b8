/* SPDX-License-Identifier: MIT */
/*
 * Workflow executions: starting, describing and ending them.
 *
 * A closed execution stays, with its history, until the service ends; its
 * tasks and timers go when it closes, without an event of their own.
 */
#ifndef SWF_LOCAL_EXECUTIONS_H
#define SWF_LOCAL_EXECUTIONS_H

#include "swf-local/state.h"

/* StartWorkflowExecution, DescribeWorkflowExecution */
void execution_start(struct service *service, struct call *call);
void execution_describe(struct service *service, struct call *call);

/* TerminateWorkflowExecution */
void execution_terminate(struct service *service, struct call *call);

/*
 * The execution, open or closed, of {"workflowId":...,"runId":...} in the
 * request's domain; NULL with the answer set to the fault if there is none.
 */
struct execution *execution_named(struct service *service, struct call *call,
    const cJSON *named);

/*
 * The open execution that the request names by workflow id and, if it likes,
 * run id; NULL with the answer set to the fault if there is none.
 */
struct execution *execution_open(struct service *service, struct call *call);

/* The same for whoever needs no fault; without a run id it is NULL or "". */
struct execution *execution_find_open(const struct service *service,
    const struct domain *domain, const char *workflow_id, const char *run_id);

/* ---- starting ------------------------------------------------------------ */

/* What no execution can do without. */
enum execution_setting {
	EXECUTION_TIMEOUT,
	EXECUTION_TASK_LIST,
	EXECUTION_TASK_TIMEOUT,
	EXECUTION_CHILD_POLICY,
	EXECUTION_SETTINGS
};

/* What a new execution is made from; all is copied. */
struct execution_plan {
	struct domain *domain;
	const struct type *type;
	const char *workflow_id;
	struct execution *parent; /* or NULL */
	int64_t parent_initiated; /* the parent's event, or 0 */
	const char *continued;    /* the run that it continues, or NULL */
	/* From here on by execution_plan(). */
	const char *input; /* or NULL */
	const cJSON *tags; /* or NULL */
	const char *settings[EXECUTION_SETTINGS];
	const char *priority;    /* or NULL */
	const char *lambda_role; /* or NULL */
};

/*
 * Takes the rest of a plan from a request or a decision, else from the
 * defaults of the type.  Returns the first setting that has neither value nor
 * default, or EXECUTION_SETTINGS if the plan is whole.
 */
enum execution_setting execution_plan(struct execution_plan *plan,
    const cJSON *in);

/* Its members in an event, in two alphabetical runs: input, lists. */
void execution_emit_input(const struct execution_plan *plan,
    struct buf *attributes);
void execution_emit_lists(const struct execution_plan *plan,
    struct buf *attributes);

/* One that has but its number, and is known by it. */
struct execution *execution_blank(struct service *service, uint64_t number);

/* Makes it known by its names; if it is open, by its workflow id too. */
void execution_index(struct service *service, struct execution *execution);

/* An execution that has its run id, and that is not known by its names yet. */
struct execution *execution_new(struct service *service,
    const struct execution_plan *plan);

/* Starts it; no other one of that workflow id may be open. */
void execution_begin(struct service *service, struct execution *execution,
    const struct execution_plan *plan);

/* ---- ending -------------------------------------------------------------- */

/* How an execution ended; texts are NULL when there are none. */
struct ending {
	enum close_status status;
	const char *details;
	const char *reason;
	const char *result;
};

/*
 * Ends an execution whose last event is already in its history; its tasks and
 * timers are freed, its parent is told.
 */
void execution_close(struct service *service, struct execution *execution,
    const struct ending *ending);

/* Why an execution was terminated; details and reason may be NULL. */
struct termination {
	const char *cause;
	const char *child_policy;
	const char *details;
	const char *reason;
};

/* Terminates an execution; what is to become of its children is not done. */
void execution_end(struct service *service, struct execution *execution,
    const struct termination *why);

/* The service's word for how an execution was closed. */
const char *close_status_name(enum close_status status);

/* Writes what lists and descriptions say of an execution; "key" as emit.h. */
void execution_write_info(const struct execution *execution, const char *key,
    struct buf *out);

/* The service's word for how an execution was closed. */
const char *close_status_name(enum close_status status);

/* Closes an execution that has as many events as may be. */
void execution_limit(struct service *service, struct execution *execution);

/* Sets the fault that every token of a closed execution gets. */
void execution_unknown(const struct execution *execution, struct answer *out);

/* Keeps what the call is about, for the log. */
void execution_note(const struct execution *execution, struct call *call,
    const char *activity_id);

/* All of them, the oldest first; free the array. */
struct execution **executions_by_number(const struct service *service);

void execution_free(struct execution *execution);

#endif
