/* SPDX-License-Identifier: MIT */
/*
 * Makes executions and tasks that were read from a journal (restore.h) run:
 * what is open is known by its names, tasks wait in their lists, clocks are
 * in the heap.
 */
#ifndef SWF_LOCAL_RESUME_H
#define SWF_LOCAL_RESUME_H

#include "base/err.h"
#include "swf-local/state.h"

/* Returns 0, or -1 with "err" if they do not fit together. */
int resume(struct service *service, struct err *err);

#endif
