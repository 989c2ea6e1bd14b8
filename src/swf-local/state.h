/* SPDX-License-Identifier: MIT */
/*
 * All that the service knows, in memory: domains, types, executions and their
 * histories, tasks, the lists they wait in, the polls that wait for them, and
 * the deadlines of all of these in one heap.
 *
 * Nothing here reads a clock or touches a socket.  Every call into the state
 * has the time in service->instant (CLOCK_BOOTTIME), set by service_settle(),
 * which first does all that was due before; an event that a deadline caused
 * bears the instant at which it was due.  What has to be asked of the outside
 * (is this poll's client still there?) or told to it (this poll is answered)
 * goes through struct service_host.
 *
 * One file for each group of operations; the operations are tabled in
 * operations.c.  The order of things in a call: validate, handler, then
 * service_dispatch() marries waiting tasks to waiting polls, so that the
 * events of one call stand together in a history.
 */
#ifndef SWF_LOCAL_STATE_H
#define SWF_LOCAL_STATE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include <cjson/cJSON.h>

#include "base/buf.h"
#include "swf-local/answer.h"
#include "swf-local/order.h"
#include "swf-local/random.h"
#include "swf-local/table.h"
#include "swf-local/timers.h"

enum {
	OPEN_ACTIVITIES_MAX = 1000,   /* of one execution */
	OPEN_TIMERS_MAX = 1000,       /* of one execution */
	OPEN_CHILDREN_MAX = 1000,     /* of one execution */
	OPEN_EXECUTIONS_MAX = 100000, /* of all domains */
	TAG_LIST_MAX = 5,             /* tags of one execution */
	DOMAIN_TAGS_MAX = 50,         /* tags of one domain */
	POLLS_MAX = 1000,             /* held for one task list */
	EVENTS_MAX = 25000,           /* of one execution */
	RUN_ID_TEXT = 47
};

/* ---- what is kept in a file: persist.h ----------------------------------- */

enum entity {
	ENTITY_DOMAIN,
	ENTITY_TYPE,
	ENTITY_EXECUTION,
	ENTITY_ACTIVITY,
	ENTITY_DECISION,
	ENTITY_TIMER
};

/* How far a thing is in the file. */
struct change {
	enum entity kind;
	int known;   /* the file has it */
	int whole;   /* more changed than that an execution got events */
	int pending; /* is in the list of changes */
	TAILQ_ENTRY(change) in_changes;
};

struct persist;

/* ---- domains and types --------------------------------------------------- */

/* What has a name, in alphabetical order: names.h. */
struct named {
	const char *name;
	const char *version;
	void *item;
};

struct names {
	struct named *rows;
	size_t count;
	size_t room;
};

enum type_kind { TYPE_ACTIVITY, TYPE_WORKFLOW, TYPE_KINDS };

struct domain {
	char *name;
	char *description; /* or NULL */
	char *retention;   /* days, or NONE */
	char *tags;        /* JSON list, or NULL */
	struct names types[TYPE_KINDS];
	struct table views; /* of its executions: visibility.h */
	int deprecated;
	struct change change;
};

enum activity_timeout {
	SCHEDULE_TO_START,
	SCHEDULE_TO_CLOSE,
	START_TO_CLOSE,
	HEARTBEAT,
	ACTIVITY_TIMEOUTS
};

/* An activity or workflow type; defaults that were not given are NULL. */
struct type {
	enum type_kind kind;
	struct domain *domain;
	char *name;
	char *version;
	char *description;
	int64_t created; /* wall ms */
	int deprecated;
	int64_t deprecated_at; /* wall ms */
	char *task_list;
	char *priority;
	char *timeouts[ACTIVITY_TIMEOUTS]; /* activity types */
	char *execution_timeout;           /* workflow types, from here on */
	char *decision_timeout;
	char *child_policy;
	char *lambda_role;
	struct change change;
};

/* ---- task lists ---------------------------------------------------------- */

enum task_kind { TASK_ACTIVITY, TASK_DECISION };

TAILQ_HEAD(call_queue, call);

/* What activity tasks and decision tasks share. */
struct task {
	enum task_kind kind;
	struct execution *execution;
	uint64_t number; /* unique; what the task's token names */
	int64_t scheduled_id;
	int64_t started_id; /* 0: not started */
	long priority;
	struct task_list *list; /* not NULL while it waits there */
	struct order_node in_list;
	struct deadline timer; /* the earliest of its deadlines */
	struct change change;
};

/*
 * Exists while something waits in it.  The lists of activities and those of
 * decisions are different name spaces.
 */
struct task_list {
	enum task_kind kind;
	char *domain;
	char *name;
	struct order tasks; /* higher priority first, then older first */
	struct call_queue polls;
	size_t task_count;
	size_t poll_count;
	int dirty; /* is in service->dirty */
	TAILQ_ENTRY(task_list) in_dirty;
};
TAILQ_HEAD(list_queue, task_list);

/* ---- executions ---------------------------------------------------------- */

TAILQ_HEAD(execution_queue, execution);

/* What a person is shown, in the order of time: view.h. */
struct shown {
	struct execution_queue open;   /* by their start */
	struct execution_queue closed; /* by their end */
	size_t open_count;
	size_t closed_count;
	uint64_t changes; /* grows when something to be seen has changed */
};

struct activity {
	struct task task; /* first */
	char *id;
	char *type_name;
	char *type_version;
	char *input; /* or NULL */
	char *list_name;
	int64_t timeouts[ACTIVITY_TIMEOUTS]; /* ms, or INSTANT_NEVER */
	int64_t scheduled_at;
	int64_t started_at;
	int64_t beat_at;   /* start, or the last heartbeat */
	char *details;     /* of the last heartbeat that had some, or NULL */
	int64_t cancel_id; /* ActivityTaskCancelRequested, or 0 */
	TAILQ_ENTRY(activity) in_execution;
};
TAILQ_HEAD(activity_queue, activity);

struct decision {
	struct task task; /* first */
	int64_t started_at;
};

/* A timer of an execution's decider. */
struct workflow_timer {
	struct execution *execution;
	uint64_t number;
	char *id;
	int64_t started_id; /* TimerStarted */
	int64_t started_at;
	int64_t length; /* ms */
	struct deadline deadline;
	struct change change;
	TAILQ_ENTRY(workflow_timer) in_execution;
};
TAILQ_HEAD(workflow_timer_queue, workflow_timer);

enum event_type {
	EVENT_EXECUTION_STARTED,
	EVENT_EXECUTION_CANCEL_REQUESTED,
	EVENT_EXECUTION_COMPLETED,
	EVENT_COMPLETE_EXECUTION_FAILED,
	EVENT_EXECUTION_FAILED,
	EVENT_FAIL_EXECUTION_FAILED,
	EVENT_EXECUTION_TIMED_OUT,
	EVENT_EXECUTION_CANCELED,
	EVENT_CANCEL_EXECUTION_FAILED,
	EVENT_EXECUTION_CONTINUED_AS_NEW,
	EVENT_CONTINUE_AS_NEW_FAILED,
	EVENT_EXECUTION_TERMINATED,
	EVENT_EXECUTION_SIGNALED,
	EVENT_DECISION_SCHEDULED,
	EVENT_DECISION_STARTED,
	EVENT_DECISION_COMPLETED,
	EVENT_DECISION_TIMED_OUT,
	EVENT_ACTIVITY_SCHEDULED,
	EVENT_SCHEDULE_ACTIVITY_FAILED,
	EVENT_ACTIVITY_STARTED,
	EVENT_ACTIVITY_COMPLETED,
	EVENT_ACTIVITY_FAILED,
	EVENT_ACTIVITY_TIMED_OUT,
	EVENT_ACTIVITY_CANCELED,
	EVENT_ACTIVITY_CANCEL_REQUESTED,
	EVENT_REQUEST_CANCEL_ACTIVITY_FAILED,
	EVENT_MARKER_RECORDED,
	EVENT_TIMER_STARTED,
	EVENT_START_TIMER_FAILED,
	EVENT_TIMER_FIRED,
	EVENT_TIMER_CANCELED,
	EVENT_CANCEL_TIMER_FAILED,
	EVENT_START_CHILD_INITIATED,
	EVENT_START_CHILD_FAILED,
	EVENT_CHILD_STARTED,
	EVENT_CHILD_COMPLETED,
	EVENT_CHILD_FAILED,
	EVENT_CHILD_TIMED_OUT,
	EVENT_CHILD_CANCELED,
	EVENT_CHILD_TERMINATED,
	EVENT_SIGNAL_EXTERNAL_INITIATED,
	EVENT_SIGNAL_EXTERNAL_FAILED,
	EVENT_EXTERNAL_SIGNALED,
	EVENT_REQUEST_CANCEL_EXTERNAL_INITIATED,
	EVENT_REQUEST_CANCEL_EXTERNAL_FAILED,
	EVENT_EXTERNAL_CANCEL_REQUESTED,
	EVENT_SCHEDULE_LAMBDA_FAILED,
	EVENT_TYPES
};

/* Its id is its index in the history plus one. */
struct event {
	int64_t wall; /* ms */
	enum event_type type;
	char *attributes; /* a JSON object */
};

enum close_status {
	CLOSE_NONE, /* open */
	CLOSE_COMPLETED,
	CLOSE_FAILED,
	CLOSE_CANCELED,
	CLOSE_TERMINATED,
	CLOSE_TIMED_OUT,
	CLOSE_CONTINUED_AS_NEW
};

struct execution {
	struct service *service;
	TAILQ_ENTRY(execution) in_shown;
	struct domain *domain;
	const struct type *type;
	uint64_t number;
	char *workflow_id;
	char run_id[RUN_ID_TEXT];
	char *task_list;
	char *priority; /* or NULL */
	char *child_policy;
	char *execution_timeout; /* seconds */
	char *decision_timeout;  /* seconds, or NONE */
	char *lambda_role;       /* or NULL */
	char *tags;              /* JSON list, or NULL */
	enum close_status close;
	int64_t started; /* wall ms */
	int64_t closed;
	int cancel_requested;
	struct event *events;
	size_t event_count;
	size_t event_room;
	size_t events_kept;               /* so many are in the file */
	struct activity_queue activities; /* open ones */
	size_t activity_count;
	size_t activities_at_close;
	struct workflow_timer_queue open_timers;
	size_t timer_count;
	size_t timers_at_close;
	struct execution *parent; /* open or closed, or NULL */
	int64_t parent_initiated; /* of the parent's events, the one that */
	int64_t parent_started;   /* announced this child, that it started */
	struct execution_queue children; /* open ones */
	size_t child_count;
	TAILQ_ENTRY(execution) in_parent; /* while it is open */
	struct decision *waiting;         /* scheduled, not started */
	struct decision *working;         /* started */
	int64_t previous_started; /* of the last decision completed, or 0 */
	int64_t latest_activity;  /* wall ms, or 0 */
	char *context;            /* or NULL */
	struct deadline timer;    /* start to close */
	struct order_node *nodes; /* where it is in views: visibility.h */
	struct change change;
};

/* ---- calls --------------------------------------------------------------- */

/*
 * One call of an operation.  A poll may be held: it then waits in a task list
 * until a task or its timer comes, and "in" and "out" must live on.
 */
struct call {
	struct service *service;
	const struct operation *operation;
	const cJSON *in;
	struct answer out;
	char *workflow_id; /* what the call was about, for the log; or NULL */
	char *run_id;
	char *activity_id;
	struct task_list *list; /* not NULL: held */
	TAILQ_ENTRY(call) in_list;
	struct deadline hold;
};

struct service_host {
	/* Whether the client of a held poll still waits for its answer. */
	int (*alive)(struct call *call);
	/* A held poll has its answer in "out", or was dropped as not alive. */
	void (*answered)(struct call *call, int dropped);
};

struct service {
	const struct service_host *host;
	struct shown shown;
	int64_t instant;     /* boot ms of what is being done */
	int64_t wall_offset; /* wall ms minus boot ms */
	int64_t hold;        /* how long a poll waits, in ms */
	int64_t time_scale;  /* at least 1; see seconds_of() */
	struct random random;
	struct siphash_key secret; /* of tokens */
	uint64_t last_number;      /* of tasks, timers and executions */
	struct table domains;      /* by name */
	struct names domain_names;
	struct table types[TYPE_KINDS]; /* by domain, name, version */
	struct table lists;             /* by kind, domain, name */
	struct table runs;              /* executions by run id */
	struct table open_runs;         /* open ones by domain, workflow id */
	struct table executions;        /* all by number */
	struct table tasks;             /* open tasks by number */
	struct list_queue dirty;        /* lists that may have a match */
	struct timers timers;
	struct buf scratch;      /* attributes of the event being made */
	struct persist *persist; /* or NULL: in memory alone */
};

/* "seed" makes run ids and tokens; it should be hard to guess. */
void service_init(struct service *service, const struct service_host *host,
    uint64_t seed);
void service_clear(struct service *service);

/* Does all that is due at "now", and makes it the current instant. */
void service_settle(struct service *service, int64_t now);

/* Gives waiting tasks to waiting polls. */
void service_dispatch(struct service *service);

/* Wall time, in ms, of the current instant. */
int64_t service_wall(const struct service *service);

/*
 * How many ms a number of seconds lasts on SWF's clocks, which run time_scale
 * times as fast as ours; rounded up, so that only 0 is none.  INSTANT_NEVER
 * for NONE.
 */
int64_t seconds_of(const struct service *service, const char *text);

/* A copy, or NULL for NULL. */
char *copy_or_null(const char *text);

#endif
