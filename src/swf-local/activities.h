/* SPDX-License-Identifier: MIT */
/*
 * Activity tasks, from being scheduled to their end.
 */
#ifndef SWF_LOCAL_ACTIVITIES_H
#define SWF_LOCAL_ACTIVITIES_H

#include "swf-local/state.h"

/* PollForActivityTask */
void activity_poll(struct service *service, struct call *call);

/* RecordActivityTaskHeartbeat */
void activity_heartbeat(struct service *service, struct call *call);

/* RespondActivityTaskCompleted, ...Failed, ...Canceled */
void activity_respond_completed(struct service *service, struct call *call);
void activity_respond_failed(struct service *service, struct call *call);
void activity_respond_canceled(struct service *service, struct call *call);

/* What a new activity task is made from; all is copied. */
struct activity_plan {
	const char *id;
	const struct type *type;
	const char *task_list;
	const char *priority; /* or NULL */
	const char *input;    /* or NULL */
	const char *timeouts[ACTIVITY_TIMEOUTS];
};

/* Schedules a task whose ActivityTaskScheduled has the id "event". */
void activity_schedule(struct service *service, struct execution *execution,
    const struct activity_plan *plan, int64_t event);

/* A task of the execution that has but its number. */
struct activity *activity_blank(struct service *service,
    struct execution *execution, uint64_t number);

/* Sets the deadline that its clocks make. */
void activity_arm(struct service *service, struct activity *activity);

/* Takes the task out of everything that knows it, and frees it. */
void activity_remove(struct service *service, struct activity *activity);

/* The open activity task with that activityId, or NULL. */
struct activity *activity_find(const struct execution *execution,
    const char *id);

/*
 * Notes that a cancel was asked for by the event "event"; a task that has not
 * started is canceled at once.
 */
void activity_cancel(struct service *service, struct activity *activity,
    int64_t event);

/* Gives the task to a poll and writes its answer. */
void activity_start(struct service *service, struct task *task,
    struct call *call);

/*
 * When the task is to time out, and by which timeout: HEARTBEAT and so on.
 * NEVER if no clock runs.
 */
int64_t activity_due(const struct activity *activity, const char **timeout);

/* Takes all tasks of an execution that closes. */
void activities_drop(struct service *service, struct execution *execution);

/* Frees them when the service ends. */
void activities_free(struct execution *execution);

#endif
