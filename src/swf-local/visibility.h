/* SPDX-License-Identifier: MIT */
/*
 * Which executions there are: lists and counts of open and of closed ones.
 *
 * Each domain has its open executions in the order of their start, and the
 * closed ones in the order of their start and in that of their close.  So a
 * page costs what it shows and a count without a filter costs next to
 * nothing, however many there are.
 *
 * A filter by workflow id, type, tag or close status looks at one execution
 * after the other, at LOOKS_MAX in one call at most: a page may then be short,
 * even empty, and yet lead to a next one, and a count may be truncated.
 */
#ifndef SWF_LOCAL_VISIBILITY_H
#define SWF_LOCAL_VISIBILITY_H

#include "swf-local/state.h"

enum { LOOKS_MAX = 10000 };

/* ListOpenWorkflowExecutions, CountOpenWorkflowExecutions, and of closed */
void visibility_list_open(struct service *service, struct call *call);
void visibility_list_closed(struct service *service, struct call *call);
void visibility_count_open(struct service *service, struct call *call);
void visibility_count_closed(struct service *service, struct call *call);

/* A new execution, open; and one that was, once "closed" is set. */
void visibility_opened(struct execution *execution);
void visibility_closed(struct execution *execution);

#endif
