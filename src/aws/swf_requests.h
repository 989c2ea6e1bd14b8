/* SPDX-License-Identifier: MIT */
/*
 * The requests of deciders and pollers, as the JSON that swf_send() takes.
 *
 * Pure: values in, bytes out.  A text that is NULL is left out; all of them
 * are sent as they are and must be valid and within the limits of aws/wire.h.
 * A request that does not fit into "out" leaves it empty, which swf_send()
 * refuses.  A length of time is seconds as text, or "NONE".
 */
#ifndef AWS_SWF_REQUESTS_H
#define AWS_SWF_REQUESTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/* An activity type or a workflow type. */
struct swf_type {
	const char *name;
	const char *version;
};

/* The four that bound an activity task. */
struct swf_timeouts {
	const char *schedule_to_start;
	const char *schedule_to_close;
	const char *start_to_close;
	const char *heartbeat;
};

/* What a new execution is started with. */
struct swf_start {
	const char *domain;
	const char *workflow_id;
	struct swf_type type;
	const char *task_list; /* of its decision tasks */
	const char *input;
	const char *execution_timeout; /* start to close */
	const char *decision_timeout;  /* of a decision task, start to close */
	const char *child_policy;
	const char *tags[5]; /* the first that is NULL ends them */
};

enum swf_decision_kind {
	SWF_SCHEDULE_ACTIVITY,
	SWF_REQUEST_CANCEL_ACTIVITY,
	SWF_COMPLETE_EXECUTION,
	SWF_FAIL_EXECUTION,
	SWF_CANCEL_EXECUTION,
	SWF_RECORD_MARKER
};

/* A decision; what its kind does not have is not looked at. */
struct swf_decision {
	enum swf_decision_kind kind;
	const char *activity_id; /* SCHEDULE, REQUEST_CANCEL */
	struct swf_type type;    /* SCHEDULE; likewise below */
	const char *task_list;
	const char *input;
	const char *control;
	struct swf_timeouts timeouts;
	const char *result;  /* COMPLETE */
	const char *reason;  /* FAIL */
	const char *details; /* FAIL, CANCEL, RECORD_MARKER */
	const char *marker;  /* RECORD_MARKER */
};

/* "days" are those that closed executions are kept, or "NONE". */
void swf_request_register_domain(struct buf *out, const char *domain,
    const char *days);

/* Without any default: whoever starts or schedules one says it all. */
void swf_request_register_type(struct buf *out, const char *domain,
    const struct swf_type *type);

/* RegisterActivityType, with what holds where a decision says nothing. */
void swf_request_register_activity(struct buf *out, const char *domain,
    const struct swf_type *type, const char *task_list,
    const struct swf_timeouts *timeouts);

void swf_request_start(struct buf *out, const struct swf_start *start);

/*
 * DescribeWorkflowExecution, RequestCancelWorkflowExecution and
 * TerminateWorkflowExecution; for the latter two "run_id" may be NULL: the
 * open one.
 */
void swf_request_describe(struct buf *out, const char *domain,
    const char *workflow_id, const char *run_id);
void swf_request_cancel(struct buf *out, const char *domain,
    const char *workflow_id, const char *run_id);
void swf_request_terminate(struct buf *out, const char *domain,
    const char *workflow_id, const char *run_id, const char *reason);

/*
 * ListOpenWorkflowExecutions and ListClosedWorkflowExecutions: the newest
 * "size" that had this workflow id.
 */
void swf_request_list(struct buf *out, const char *domain,
    const char *workflow_id, int size);

/* A page of "size" events, the newest first if "reverse". */
void swf_request_history(struct buf *out, const char *domain,
    const char *workflow_id, const char *run_id, int size, bool reverse,
    const char *page_token);

/* The history comes with it, the newest "size" events first. */
void swf_request_poll_decision(struct buf *out, const char *domain,
    const char *task_list, const char *identity, int size);
void swf_request_poll_activity(struct buf *out, const char *domain,
    const char *task_list, const char *identity);

/* DescribeActivityType. */
void swf_request_describe_type(struct buf *out, const char *domain,
    const struct swf_type *type);

/* DescribeDomain, and ListDomains: the first "size" that are registered. */
void swf_request_describe_domain(struct buf *out, const char *domain);
void swf_request_list_domains(struct buf *out, int size);

void swf_request_count_pending(struct buf *out, const char *domain,
    const char *task_list);

void swf_request_decide(struct buf *out, const char *token,
    const struct swf_decision *decisions, size_t count);

#endif
