/* SPDX-License-Identifier: MIT */
/*
 * tend submit: has one activity done by a worker, and prints its result.
 *
 * It starts a workflow that consists of this one activity and is its decider
 * on a task list of its own, named after the workflow; see tend/order.h for
 * what travels in the execution, tend/decider.h for what is decided, and
 * tend/watch.h for how it is followed.  With --attach it takes such a
 * workflow up again.
 */
#ifndef TEND_SUBMIT_H
#define TEND_SUBMIT_H

#include "aws/wire.h"

struct inherited;

/* Decision tasks of workflow ID are on list "tend-submit.ID". */
#define SUBMIT_DECISION_LIST "tend-submit."

enum {
	SUBMIT_WORKFLOW_ID_MAX =
	    SWF_NAME_MAX - (sizeof(SUBMIT_DECISION_LIST) - 1)
};

/* argv[0] is "submit".  Returns the exit status of the process. */
int submit_main(int argc, char **argv, struct inherited *inherited);

#endif
