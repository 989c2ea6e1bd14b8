/* SPDX-License-Identifier: MIT */
/*
 * The life of one activity task, from the token to the answer: a pure state
 * machine.  It knows no clock, no descriptor, no process and no memory
 * allocator.  Time is an argument, chance is a seed, events and actions are
 * data; whoever owns a "struct activity"
 *
 *  1. fills a struct activity_config and calls activity_init();
 *  2. calls activity_step() with ACTIVITY_BEGIN, then with each event that
 *     happened, and with ACTIVITY_TICK when activity_deadline() has come.
 *     Of one wake-up the events come first and the tick last, so that after
 *     a stall what is already known counts before what is overdue;
 *  3. performs the actions that came back, in their order;
 *  4. goes on until an ACTIVITY_ACT_FINISH came back.
 *
 * What the owner owes: each HEARTBEAT and REPORT that is not aborted is
 * answered by an event; START by COMMAND_STARTED or EXEC_FAILED, or, if there
 * is no guard to do it, by GUARD_LOST (which may also come before START);
 * GUARD_LOST, which also answers KILL_GUARD, is followed by TREE_EMPTY once the
 * orphans are swept, if there were any or not; READ_OUTPUT is answered by
 * OUTPUT_READ, soon, however slow the reader of the output is.
 *
 * TIMEOUTS_FOUND may come at any time, also before BEGIN, when somebody has
 * looked up what the task's timeouts are: first as a guess (no lease), or at
 * once as they are.  A lease then counts from the heartbeat that was accepted
 * last, and may turn out to be over.  Once there is a lease nothing changes it.
 *
 * A report that is given up before it had a connection was certainly not
 * taken, one whose bytes went out perhaps was: each event says of the report
 * in flight which it would be ("report_unsent").
 *
 * A HEARTBEAT may be answered at once by HEARTBEAT_DEFERRED, where others
 * have to go first: nothing was sent then, and it is asked for again.
 *
 * With "records" what is needed to tell the outcome is put down where it
 * outlives the owner: RECORD_START comes with BEGIN, RECORD_OUTCOME before the
 * outcome is told, and each is answered once, when it is there or cannot be.
 * The command is not started before the one, and nothing is told before the
 * other, but neither is waited for long: whoever writes may be slow, and the
 * task does not suffer for it.  Heartbeats and stops do not wait at all.
 *
 * The owner has no policy of its own: when to heartbeat, whom to stop and
 * how, what to report and when to give up are decided here.  Texts are not:
 * the newest details, the result and the reason are the owner's, made from
 * activity_outcome() when a report is to be sent.
 *
 * States:
 *
 *   PREPARING  the first heartbeat has not been accepted, nothing runs
 *   RUNNING    the command runs
 *   STOPPING   the ladder is being climbed: stop signal, grace, SIGKILL
 *   DRAINING   the command itself has ended, or its end will not be known;
 *              its tree is not yet empty or its output not yet read
 *   REPORTING  the outcome is being told to SWF
 *   DONE       nothing more will happen
 *
 * The state only goes on, never back.  The invariants that tests/sim checks
 * over random histories: one outcome, or none if the task was lost; no report
 * before the tree is empty (or was left on purpose, or cannot be killed); the
 * stop signal comes before SIGKILL, by the grace, unless the lease, the stop
 * deadline or a second stop request cuts it; at most one heartbeat and one
 * report in flight; heartbeats go on until the outcome is taken; the tree is
 * told to be dead by kill_at; a deadline that has been served is in the
 * future (no spin).
 *
 * Events that make no sense in the present state (late, repeated, answers to
 * attempts that were given up) are ignored: they change nothing.
 */
#ifndef ACTIVITY_ACTIVITY_H
#define ACTIVITY_ACTIVITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* All lengths are milliseconds; INSTANT_NEVER: off, none or unknown. */
struct activity_config {
	/* The task's heartbeat timeout T as SWF enforces it. */
	int64_t heartbeat_timeout;
	/*
	 * False: T only sets the schedule, nothing is killed for it.  T may
	 * then become known later, by TIMEOUTS_FOUND.
	 */
	bool lease;
	/*
	 * From send to send; NEVER: lease_interval().  One that is too long
	 * for the lease is shortened to lease_interval_most().
	 */
	int64_t heartbeat_interval;
	/* Start the command only after the first heartbeat was accepted. */
	bool heartbeat_first;
	/*
	 * How long ago SWF gave the task away, at most, when BEGIN comes: the
	 * lease counts from then until a heartbeat is accepted.  If that is
	 * nearly over, the command waits for one all the same.
	 */
	int64_t age;
	int64_t kill_after;     /* grace between the stop signal and SIGKILL */
	int64_t stop_deadline;  /* all is reported this long after a stop */
	int64_t stall_timeout;  /* no progress line for this long */
	int64_t time_limit;     /* the command runs no longer than this */
	int64_t report_timeout; /* how long to report when no lease bounds it */
	bool leave_leftovers;   /* what the command leaves behind may live on */
	bool records;           /* start and outcome are put down */
	/* ok_exit[n]: exit status n counts as completed. */
	bool ok_exit[256];
	/* Of the jitter; the same seed and events give the same actions. */
	uint64_t seed;
};

enum activity_state {
	ACTIVITY_PREPARING,
	ACTIVITY_RUNNING,
	ACTIVITY_STOPPING,
	ACTIVITY_DRAINING,
	ACTIVITY_REPORTING,
	ACTIVITY_DONE
};

/* Why the activity ended, or is being stopped. */
enum activity_cause {
	ACTIVITY_CAUSE_NONE,        /* not known yet */
	ACTIVITY_CAUSE_EXIT,        /* the command exited by itself */
	ACTIVITY_CAUSE_SIGNAL,      /* a signal that nobody here sent */
	ACTIVITY_CAUSE_CANCEL,      /* cancelRequested; maybe never started */
	ACTIVITY_CAUSE_STOPPED,     /* tend itself was told to stop */
	ACTIVITY_CAUSE_STALLED,     /* no progress for stall_timeout */
	ACTIVITY_CAUSE_TIME_LIMIT,  /* over time_limit */
	ACTIVITY_CAUSE_CLOSING,     /* start-to-close is about to end */
	ACTIVITY_CAUSE_GONE,        /* SWF says UnknownResourceFault */
	ACTIVITY_CAUSE_LEASE_LOST,  /* no heartbeat accepted for too long */
	ACTIVITY_CAUSE_EXEC_FAILED, /* the command cannot be executed */
	ACTIVITY_CAUSE_GUARD_LOST,  /* the guard ended before the tree did */
	ACTIVITY_CAUSE_UNKILLABLE,  /* alive 30 s after SIGKILL */
	ACTIVITY_CAUSE_UNREACHABLE, /* no first heartbeat: no answer in time */
	ACTIVITY_CAUSE_REFUSED      /* no first heartbeat: a permanent error */
};

/* What SWF is told. */
enum activity_kind {
	ACTIVITY_KIND_NONE, /* nothing: SWF has closed the task */
	ACTIVITY_KIND_COMPLETED,
	ACTIVITY_KIND_FAILED,
	ACTIVITY_KIND_CANCELED
};

enum activity_delivery {
	ACTIVITY_DELIVERY_NONE,    /* not delivered, or nothing to deliver */
	ACTIVITY_DELIVERY_TAKEN,   /* the service answered that it took it */
	ACTIVITY_DELIVERY_ASSUMED, /* gone, after an attempt without answer */
	ACTIVITY_DELIVERY_REFUSED, /* a permanent error */
	ACTIVITY_DELIVERY_GONE,    /* closed by somebody else before */
	ACTIVITY_DELIVERY_UNKNOWN  /* the time was over before an answer */
};

/* How the command itself ended. */
struct activity_exit {
	bool known;  /* false: never started, or its end was not seen */
	int status;  /* exit status, or -1 if killed by a signal */
	int signal;  /* the signal, or 0 */
	bool core;   /* core dumped */
	bool forced; /* the guard's SIGKILL ended it, or some of its tree */
};

/*
 * Valid from DRAINING on; before, cause is the cause of the stop so far.  A
 * loss may still come after that: kind is then NONE and cause says which.
 */
struct activity_outcome {
	enum activity_kind kind;
	enum activity_cause cause;
	enum activity_delivery delivery;
	struct activity_exit exit;
	int stop_signal; /* what told tend itself to stop, or 0 */
	int error;       /* EXEC_FAILED: the errno */
	bool started;    /* the command was executed */
};

enum activity_event_type {
	ACTIVITY_BEGIN,            /* once, first */
	ACTIVITY_TICK,             /* time has passed */
	ACTIVITY_HEARTBEAT_OK,     /* attempt, cancel_requested */
	ACTIVITY_HEARTBEAT_FAILED, /* attempt, failure */
	ACTIVITY_COMMAND_STARTED,  /* it was executed */
	ACTIVITY_EXEC_FAILED,      /* error */
	ACTIVITY_COMMAND_EXITED,   /* exit, after_stop */
	ACTIVITY_GUARD_STOPPING,   /* the guard enforces what it was told */
	ACTIVITY_GUARD_KILLING,    /* the guard has begun to send SIGKILL */
	ACTIVITY_TREE_EMPTY,       /* nobody is left; exit.forced */
	ACTIVITY_GUARD_LOST,       /* its socket closed before that */
	ACTIVITY_PROGRESS,         /* a line of progress was read */
	ACTIVITY_OUTPUT_READ,      /* all that was written has been read */
	/* signal, deadline: tend itself is told to stop. */
	ACTIVITY_STOP_REQUESTED,
	ACTIVITY_REPORT_OK,          /* attempt */
	ACTIVITY_REPORT_FAILED,      /* attempt, failure */
	ACTIVITY_HEARTBEAT_DEFERRED, /* attempt, at: it was not sent */
	ACTIVITY_TIMEOUTS_FOUND,     /* heartbeat_timeout, lease, closing */
	ACTIVITY_START_RECORDED,     /* or not: it cannot be */
	ACTIVITY_OUTCOME_RECORDED    /* likewise */
};

/* How a call to the service failed. */
enum activity_failure {
	ACTIVITY_FAILURE_TRANSIENT, /* not applied; try again */
	ACTIVITY_FAILURE_AMBIGUOUS, /* perhaps applied; try again */
	ACTIVITY_FAILURE_THROTTLED, /* not applied; try again, slower */
	ACTIVITY_FAILURE_GONE,      /* UnknownResourceFault */
	ACTIVITY_FAILURE_INVALID,   /* ValidationException, or the like */
	ACTIVITY_FAILURE_REFUSED    /* any other permanent error */
};

struct activity_event {
	enum activity_event_type type;
	uint32_t attempt;
	enum activity_failure failure;
	int64_t retry_after; /* FAILED: what SWF asks for; 0 or -1: nothing */
	bool cancel_requested;
	/* Of any: no byte of the report in flight has left this host. */
	bool report_unsent;
	/* COMMAND_EXITED: a stop signal had been sent before the end. */
	bool after_stop;
	struct activity_exit exit;
	int signal;
	/* Instead of the config's stop_deadline, of which some is used up by
	 * now; 0: that. */
	int64_t deadline;
	int error;
	/* TIMEOUTS_FOUND: as in the configuration. */
	int64_t heartbeat_timeout;
	bool lease;
	int64_t at;             /* DEFERRED: when to send it instead */
	int64_t closes_at;      /* when SWF closes the task; NEVER */
	int64_t start_to_close; /* how long it was open then; NEVER */
};

enum activity_action_type {
	/*
	 * Send a heartbeat with the newest details, as attempt "attempt"; it
	 * was to go at "at", which has come.
	 */
	ACTIVITY_ACT_HEARTBEAT,
	/* Forget the heartbeat in flight; its answer no longer counts. */
	ACTIVITY_ACT_ABORT_HEARTBEAT,
	/* Put down what the task is; then ACTIVITY_START_RECORDED. */
	ACTIVITY_ACT_RECORD_START,
	/* Start the command. */
	ACTIVITY_ACT_START,
	/* Tell the guard: the tree gets the stop signal, SIGKILL at "at". */
	ACTIVITY_ACT_STOP,
	/* Tell the guard: SIGKILL to every process of the tree, now. */
	ACTIVITY_ACT_KILL,
	/*
	 * The guard hangs: it should have begun to send SIGKILL long ago.
	 * Kill it, and whoever it guards; then ACTIVITY_GUARD_LOST.
	 */
	ACTIVITY_ACT_KILL_GUARD,
	/*
	 * Tell the guard: stop at "stop_at", kill at "at", by itself; for the
	 * lease, or for start-to-close if that is over before.
	 */
	ACTIVITY_ACT_LEASE,
	/* Tell the guard to go and to leave the tree alone. */
	ACTIVITY_ACT_RELEASE,
	/* Read what is left in the pipes; then ACTIVITY_OUTPUT_READ. */
	ACTIVITY_ACT_READ_OUTPUT,
	/*
	 * Put down the outcome; then ACTIVITY_OUTCOME_RECORDED, but not if
	 * the end is in the same step.
	 */
	ACTIVITY_ACT_RECORD_OUTCOME,
	/* Tell SWF the outcome, as attempt "attempt"; "minimal": short text. */
	ACTIVITY_ACT_REPORT,
	/* Forget the report in flight. */
	ACTIVITY_ACT_ABORT_REPORT,
	/* The end: activity_outcome() and activity_exit_status() are final. */
	ACTIVITY_ACT_FINISH
};

struct activity_action {
	enum activity_action_type type;
	uint32_t attempt;
	int64_t at;
	int64_t stop_at;
	/* HEARTBEAT, REPORT: when the attempt will be given up. */
	int64_t deadline;
	bool minimal;
};

/* More actions than one step can give. */
enum { ACTIVITY_ACTIONS_MAX = 14 };

struct activity_actions {
	size_t count;
	struct activity_action list[ACTIVITY_ACTIONS_MAX];
};

/* One call to the service: at most one of a kind is in flight. */
struct activity_call {
	uint32_t attempt; /* the newest attempt's number */
	bool in_flight;
	int64_t sent_at;    /* of the newest attempt */
	int64_t give_up_at; /* of the attempt in flight, else NEVER */
	int64_t next_at;    /* when to send again, else NEVER */
	int64_t backoff;    /* the delay after the next failure */
	int64_t asked;      /* what SWF asked for with the newest one */
};

/* Read through the functions below; the fields are activity.c's own. */
struct activity {
	struct activity_config config;
	enum activity_state state;
	struct activity_outcome outcome;
	uint64_t random;
	struct activity_call heartbeat;
	struct activity_call report;
	int64_t interval;    /* from heartbeat to heartbeat */
	int64_t accepted_at; /* send time of the last accepted heartbeat */
	int64_t begun_at;
	int64_t prepare_from;
	int64_t prepare_until; /* the first heartbeat is tried */
	int64_t started_at;    /* of the command */
	int64_t progress_at;   /* the newest progress, or the start */
	int64_t lease_stop_at;
	int64_t lease_kill_at;
	int64_t closing_stop_at; /* likewise, for start-to-close */
	int64_t closing_kill_at;
	int64_t guard_stop_at; /* what the guard was told of the two */
	int64_t guard_kill_at;
	int64_t kill_at;      /* the grace in force ends */
	int64_t killing_at;   /* when SIGKILL began, else NEVER */
	int64_t output_until; /* output is no longer waited for */
	int64_t report_until; /* reporting is given up */
	int64_t leave_at;     /* third stop request: the end at the latest */
	int64_t record_until; /* a record is no longer waited for */
	int stop_requests;
	bool stop_sent;
	bool tree_alive; /* from START until empty or released */
	bool guard_lost;
	bool guard_silent; /* it has not said that it kills, and should */
	bool lost;         /* the task is no longer ours */
	bool reading;      /* READ_OUTPUT has not been answered */
	bool decided;      /* the outcome is, but for a loss */
	/* What the start of the command waits for. */
	bool awaits_heartbeat;
	bool awaits_record;
	bool recorded;       /* RECORD_OUTCOME was sent */
	bool awaits_outcome; /* and the report waits for its answer */
	bool report_ambiguous;
	bool report_minimal;
	bool gone_pending;
};

/* Makes a fresh activity; "config" is copied. */
void activity_init(struct activity *, const struct activity_config *config);

/*
 * Takes one event at instant "now" (never less than at the call before) and
 * fills "actions" with what is to be done, in order.
 */
void activity_step(struct activity *, const struct activity_event *event,
    int64_t now, struct activity_actions *actions);

/* When ACTIVITY_TICK is due at the latest; INSTANT_NEVER: not by itself. */
int64_t activity_deadline(const struct activity *);

enum activity_state activity_state(const struct activity *);
const struct activity_outcome *activity_outcome(const struct activity *);

/* When the tree must be dead for the lease; INSTANT_NEVER: no lease. */
int64_t activity_lease(const struct activity *);

/*
 * How long the next heartbeat can wait: it is counted from "since" and should
 * be sent by "due", so that there is still time for a second try before the
 * command would be stopped.  Without a lease the schedule is stretched to
 * twice its length; a first heartbeat does not wait.
 */
void activity_heartbeat_window(const struct activity *, int64_t *since,
    int64_t *due);

/*
 * The exit status of "tend run": the command's own, 128+n, 123 (lost), 124
 * (stalled, over the limit), 125, 126, 127 or, for a cancel before the start,
 * 0.  Final when activity_state() is ACTIVITY_DONE.
 */
int activity_exit_status(const struct activity *);

/* Names for log lines: "running", "no progress". */
const char *activity_state_name(enum activity_state state);
const char *activity_event_name(enum activity_event_type type);
const char *activity_cause_name(enum activity_cause cause);

#endif
