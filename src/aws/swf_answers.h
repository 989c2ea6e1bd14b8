/* SPDX-License-Identifier: MIT */
/*
 * What SWF answers to deciders and pollers; an activity task is in aws/swf.h,
 * history in aws/swf_history.h.
 *
 * Pure: bytes in, values out.  Each returns 0, or -1 with "err" if the text
 * is not what the operation answers; the clear function may be called in any
 * case, and twice.
 */
#ifndef AWS_SWF_ANSWERS_H
#define AWS_SWF_ANSWERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "aws/swf_history.h"
#include "base/err.h"

/* Whether a poll, of either kind, brought nothing. */
bool swf_poll_is_empty(const char *json, size_t len);

/* What PollForDecisionTask answers. */
struct swf_decision_task {
	char *token; /* NULL: there is no task */
	char *workflow_id;
	char *run_id;
	int64_t started_event_id; /* the history reaches up to here */
	struct swf_history history;
};

int swf_decision_task_parse(struct swf_decision_task *, const char *json,
    size_t len, struct err *err);
void swf_decision_task_clear(struct swf_decision_task *);

/* StartWorkflowExecution: the new run's id, the caller's; NULL with "err". */
char *swf_run_id_parse(const char *json, size_t len, struct err *err);

/* An execution, as it is described and listed. */
struct swf_execution {
	char *workflow_id;
	char *run_id;
	bool open;
	char *close_status; /* "COMPLETED", ...; NULL while it is open */
};

/* DescribeWorkflowExecution. */
int swf_execution_parse(struct swf_execution *, const char *json, size_t len,
    struct err *err);
void swf_execution_clear(struct swf_execution *);

/*
 * ListOpenWorkflowExecutions, ListClosedWorkflowExecutions: the first one of
 * the list; its run_id is NULL if the list is empty.
 */
int swf_execution_parse_first(struct swf_execution *, const char *json,
    size_t len, struct err *err);

/*
 * DescribeActivityType: what holds for a task whose decision does not say,
 * as SWF has it ("60", "NONE"); NULL: there is no default.
 */
struct swf_defaults {
	char *heartbeat;
	char *start_to_close;
};

int swf_defaults_parse(struct swf_defaults *, const char *json, size_t len,
    struct err *err);
void swf_defaults_clear(struct swf_defaults *);

/* DescribeDomain. */
struct swf_domain {
	char *name;
	char *arn; /* NULL: the service does not say */
	bool deprecated;
};

int swf_domain_parse(struct swf_domain *, const char *json, size_t len,
    struct err *err);
void swf_domain_clear(struct swf_domain *);

/* CountPendingActivityTasks. */
int swf_count_parse(int64_t *count, const char *json, size_t len,
    struct err *err);

#endif
