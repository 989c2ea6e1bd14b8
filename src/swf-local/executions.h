/* SPDX-License-Identifier: MIT */
/*
 * Workflow executions: starting, describing, cancelling and ending them.
 *
 * A closed execution stays, with its history, until the service ends; its
 * tasks go when it closes, without an event of their own.
 */
#ifndef SWF_LOCAL_EXECUTIONS_H
#define SWF_LOCAL_EXECUTIONS_H

#include "swf-local/state.h"

/* StartWorkflowExecution, DescribeWorkflowExecution */
void execution_start(struct service *service, struct call *call);
void execution_describe(struct service *service, struct call *call);

/* RequestCancelWorkflowExecution, TerminateWorkflowExecution */
void execution_request_cancel(struct service *service, struct call *call);
void execution_terminate(struct service *service, struct call *call);

/*
 * The execution, open or closed, of {"workflowId":...,"runId":...} in the
 * request's domain; NULL with the answer set to the fault if there is none.
 */
struct execution *execution_named(struct service *service, struct call *call,
    const cJSON *named);

/*
 * Ends an execution whose last event is already in its history; its tasks are
 * freed.
 */
void execution_close(struct service *service, struct execution *execution,
    enum close_status status);

/* The service's word for how an execution was closed. */
const char *close_status_name(enum close_status status);

/* Closes an execution that has as many events as may be. */
void execution_limit(struct service *service, struct execution *execution);

/* Sets the fault that every token of a closed execution gets. */
void execution_unknown(const struct execution *execution, struct answer *out);

/* Keeps what the call is about, for the log. */
void execution_note(const struct execution *execution, struct call *call,
    const char *activity_id);

void execution_free(struct execution *execution);

#endif
