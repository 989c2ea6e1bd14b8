/* SPDX-License-Identifier: MIT */
/*
 * Decisions that start an execution: StartChildWorkflowExecution and
 * ContinueAsNewWorkflowExecution.
 */
#ifndef SWF_LOCAL_STARTS_H
#define SWF_LOCAL_STARTS_H

#include "swf-local/decide.h"

/*
 * A child is announced, which returns the id of the event, or 0 if it cannot
 * be started; and then started.
 */
int64_t child_announce(const struct doing *doing);
void child_start(const struct doing *doing);

/* Closes the execution and starts its next run. */
void continue_as_new(const struct doing *doing);

#endif
