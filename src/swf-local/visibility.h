/* SPDX-License-Identifier: MIT */
/*
 * Which executions there are: lists and counts of open and of closed ones.
 *
 * A request asks for all executions of a domain or for those with one
 * workflow id, type, tag or close status, never for two of these at once.  So
 * a domain has a view for each of them, and an execution is in a handful of
 * views: in each the open ones are in the order of their start, and the
 * closed ones in that of their start and in that of their close.  A page
 * costs what it shows, a count next to nothing, however many there are.
 */
#ifndef SWF_LOCAL_VISIBILITY_H
#define SWF_LOCAL_VISIBILITY_H

#include "swf-local/state.h"

/* ListOpenWorkflowExecutions, CountOpenWorkflowExecutions, and of closed */
void visibility_list_open(struct service *service, struct call *call);
void visibility_list_closed(struct service *service, struct call *call);
void visibility_count_open(struct service *service, struct call *call);
void visibility_count_closed(struct service *service, struct call *call);

/*
 * Puts an execution, open, into the views; moves one that is there to the
 * closed ones, once "close" and "closed" are set.
 */
void visibility_opened(struct execution *execution);
void visibility_closed(struct execution *execution);

/* Puts one that was closed before into the views. */
void visibility_restored(struct execution *execution);

/* Frees the views of a domain. */
void visibility_free(struct domain *domain);

#endif
