/* SPDX-License-Identifier: MIT */
/*
 * What is told to an execution from outside, for its decider to see: signals
 * and requests to cancel, by a call, by another execution's decider or by the
 * child policy of its parent.
 */
#ifndef SWF_LOCAL_SIGNALS_H
#define SWF_LOCAL_SIGNALS_H

#include "swf-local/decide.h"

/* SignalWorkflowExecution, RequestCancelWorkflowExecution */
void signal_execution(struct service *service, struct call *call);
void cancel_execution(struct service *service, struct call *call);

/*
 * The decisions SignalExternalWorkflowExecution and
 * RequestCancelExternalWorkflowExecution: announced, which returns the id of
 * the event, and followed up.
 */
int64_t signal_external_announce(const struct doing *doing);
void signal_external(const struct doing *doing);
int64_t cancel_external_announce(const struct doing *doing);
void cancel_external(const struct doing *doing);

/* A request to cancel because of the parent's child policy. */
void cancel_by_policy(struct service *service, struct execution *execution);

#endif
