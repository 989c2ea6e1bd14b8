/* SPDX-License-Identifier: MIT */
/*
 * Task lists: where tasks wait for polls and polls wait for tasks.
 *
 * A list exists from the first thing that waits in it until nothing does.
 * list_match() gives tasks to polls; before one is given, the poll's client
 * is looked at, so that one that hung up swallows nothing.
 */
#ifndef SWF_LOCAL_LISTS_H
#define SWF_LOCAL_LISTS_H

#include "swf-local/state.h"

/* Puts a task at its place in the list of that name. */
void list_add_task(struct service *service, struct task *task,
    const char *name);

/* Takes a task out of the list it waits in, if it does. */
void list_remove_task(struct service *service, struct task *task);

/*
 * Lets a poll wait in the list of that name; it is answered by the next
 * service_dispatch() if a task is there.  Returns 0, or -1 if as many polls
 * as may wait there.
 */
int list_add_poll(struct service *service, struct call *call,
    enum task_kind kind, const char *domain, const char *name);

/* Takes a poll out of the list it waits in, if it does; nothing is told. */
void list_remove_poll(struct service *service, struct call *call);

/* Gives tasks to polls; the list may be gone afterwards. */
void list_match(struct service *service, struct task_list *list);

/* CountPendingActivityTasks, CountPendingDecisionTasks */
void list_count_activities(struct service *service, struct call *call);
void list_count_decisions(struct service *service, struct call *call);

void list_free(struct task_list *list);

#endif
