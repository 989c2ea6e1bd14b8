/* SPDX-License-Identifier: MIT */
/*
 * A simulated world around one activity: SWF with its own heartbeat clock, a
 * network that delays, loses and repeats, a guard that obeys and may be
 * stopped or killed, a tree of processes that may ignore SIGTERM, a tend that
 * may be stopped for a while, a machine that may be suspended.  One seed is
 * one history, exactly.
 *
 * queue.c has what is going to happen, world.c the history as a whole,
 * service.c SWF and the network, guard.c the guard and the processes,
 * owner.c tend's part of it, check.c what must hold.
 */
#ifndef TESTS_SIM_SIM_H
#define TESTS_SIM_SIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "activity/activity.h"
#include "base/instant.h"

enum {
	QUEUE_MOST = 256,
	MEMBERS = 4, /* of the tree; the first is the command itself */
	STEPS_MOST = 20000
};

enum happening {
	/* to tend */
	TO_TEND, /* event */
	TEND_TIMER,
	TIMEOUTS_LEARNT,
	TEND_GOES_ON,
	ORPHANS_SWEPT,
	CHECK_TREE,
	/* to the guard */
	TO_GUARD, /* message: type, stop_at, at */
	GUARD_TIMER,
	GUARD_EXECS,
	GUARD_REAPS, /* which */
	GUARD_GOES_ON,
	/* to the tree */
	MEMBER_ENDS, /* which, serial */
	/* to SWF */
	CALL_ARRIVES, /* call */
	SERVICE_TIMER,
	/* fate */
	FATE_WEATHER,
	FATE_CANCEL,
	FATE_TERMINATED,
	FATE_TEND_STOPPED,
	FATE_GUARD_STOPPED,
	FATE_GUARD_KILLED,
	FATE_SUSPENDED,
	FATE_STOP_REQUEST,
	FATE_PROGRESS,
	FATE_NONSENSE,
	FATE_LAST_ACT /* from here on all is well */
};

/* A heartbeat or a report on its way. */
struct call {
	bool report;
	bool minimal;
	bool lost_answer;
	bool loud; /* if the answer is lost: a reset, else silence */
	uint32_t attempt;
	int64_t back; /* how long the answer takes */
	enum activity_kind kind;
};

struct item {
	int64_t at;
	uint32_t seq;
	enum happening what;
	union {
		struct activity_event event;
		struct activity_action message;
		struct call call;
		struct {
			int which;
			uint32_t serial;
		} member;
	};
};

struct member {
	bool alive;
	uint32_t serial;    /* an end that was planned before is void */
	int64_t after_term; /* how long it lives then; NEVER: ignores it */
	int64_t after_kill;
	bool term_exits; /* the first: exits on SIGTERM, not dies of it */
	bool kill_sent;
};

enum weather { FINE, FLAKY, THROTTLING, REFUSING, SILENT, WEATHERS };

struct world {
	uint64_t seed;
	uint64_t random;
	uint64_t hash;
	bool trace;
	bool nonsense; /* events that mean nothing are thrown in */
	bool calm;     /* nothing goes wrong */
	int64_t now;
	int steps;

	/* what will happen */
	struct item queue[QUEUE_MOST];
	size_t queued;
	uint32_t seq;

	/* tend */
	struct activity_config config;
	struct activity activity;
	int64_t tend_until; /* stopped until then */
	int64_t tend_timer_at;
	int64_t output_takes;
	bool heartbeat_open;
	bool report_open;
	int64_t report_out_at;     /* until then nothing of it has gone out */
	uint32_t report_withdrawn; /* that attempt never arrives */
	bool finished;

	/* SWF */
	enum weather weather;
	int64_t timeout;   /* as SWF enforces it */
	int64_t closes_at; /* start-to-close; NEVER */
	int64_t start_to_close;
	int64_t real_timeout; /* until it is learnt */
	bool learns;
	int64_t applied_at; /* its newest heartbeat */
	bool cancel;
	bool closed;
	bool timed_out;
	int dislikes; /* 1: long reports, 2: all */
	int taken;
	enum activity_kind taken_kind;

	/* the guard and the tree */
	bool guard_alive;
	bool guard_ran;
	bool command_reaped;
	bool guard_told_stop;
	bool guard_told_kill;
	bool stop_signal_sent;
	bool released;
	bool swept;
	bool exec_fails;
	bool forced;
	int64_t exec_takes;
	int64_t guard_until; /* stopped until then */
	int64_t guard_lost_at;
	int64_t guard_stop_at;
	int64_t guard_kill_at;
	int64_t guard_grace_at;
	int64_t to_guard_at; /* of the newest message: order is kept */
	int64_t to_tend_at;
	struct member members[MEMBERS];
	int member_count;
	struct activity_exit exit;
	bool exit_after_stop;

	int64_t suspended_until;
	int64_t last_act_at;

	/* what check.c has seen */
	struct {
		int64_t heartbeat_at;
		int64_t report_at;
		int64_t first_stop_at;
		int64_t started_at;
		int64_t progress_at;
		int64_t first_request_at;
		int64_t third_request_at;
		int64_t kill_at;
		int64_t lease_kill_at; /* by our own reckoning */
		int64_t told_kill_at;  /* to the guard */
		int64_t told_stop_at;
		int64_t accepted_at;
		int64_t closing_kill_at;
		int64_t learnt_at;
		int64_t deferred_until;
		int64_t record_until; /* it may be waited for until then */
		int requests;
		int reports;
		bool started;
		bool confirms;    /* a heartbeat first */
		bool start_asked; /* to be put down; likewise */
		bool start_recorded;
		bool outcome_asked;
		int64_t outcome_asked_at;
		bool asked_after_request;
		bool outcome_recorded;
		bool heard_empty;
		bool heard_exit;
		bool heard_guard_lost;
		bool gone; /* SWF said so, to tend */
		bool lost;
		bool ambiguous;
		bool disturbed; /* somebody could not run */
		bool stuck;     /* somebody outlives SIGKILL */
		enum activity_kind kind;
		struct activity_event exit;
	} seen;
};

/* ---- queue.c ---- */
struct item *queue_add(struct world *, int64_t at, enum happening what);
/* The next item into "item", if any; put back later with queue_defer(). */
bool queue_next(struct world *, struct item *item);
void queue_defer(struct world *, const struct item *item, int64_t until);

/* ---- world.c ---- */
uint64_t roll(struct world *);
/* From 0 to "most" - 1. */
int64_t roll_below(struct world *, int64_t most);
int64_t roll_between(struct world *, int64_t least, int64_t most);
bool roll_percent(struct world *, int percent);
void note(struct world *, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void hash_in(struct world *, uint64_t value);
/* Lives the history of "seed" to its end. */
void world_live(struct world *, uint64_t seed, bool trace);

/* ---- service.c ---- */
void service_begin(struct world *);
void service_send(struct world *, const struct activity_action *action);
/* Whether the report in flight has not even a connection yet. */
bool service_unsent(const struct world *);
void service_arrival(struct world *, const struct call *call);
void service_timer(struct world *);

/* ---- guard.c ---- */
void guard_begin(struct world *);
void guard_message(struct world *, const struct activity_action *message);
void guard_timer(struct world *);
void guard_execs(struct world *);
void guard_reaps(struct world *, int which);
void guard_killed(struct world *);
void member_ends(struct world *, int which, uint32_t serial);
bool tree_alive(const struct world *);
void tree_kill(struct world *);

/* ---- owner.c ---- */
void owner_event(struct world *, struct activity_event event);
void owner_timer(struct world *);
void owner_learns(struct world *);
void owner_arm(struct world *);
void owner_swept(struct world *);

/* ---- check.c ---- */
void check_before(struct world *, const struct activity_event *event);
void check_action(struct world *, const struct activity_event *event,
    const struct activity_action *action);
void check_after(struct world *, const struct activity_event *event,
    enum activity_state before);
void check_handed_out(struct world *);
void check_end(struct world *);
/* Ends the program: a rule was broken. */
_Noreturn void broken(const struct world *, const char *rule);

/* How often each verdict was seen, over all histories. */
struct tally {
	unsigned long causes[ACTIVITY_CAUSE_REFUSED + 1];
	unsigned long deliveries[ACTIVITY_DELIVERY_UNKNOWN + 1];
	unsigned long kinds[ACTIVITY_KIND_CANCELED + 1];
};
extern struct tally tally;

#endif
