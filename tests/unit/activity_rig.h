/* SPDX-License-Identifier: MIT */
/*
 * An activity on the bench: a literal clock, events by hand, and a look at
 * the actions.  Every step checks what must hold after any step.
 */
#ifndef TESTS_ACTIVITY_RIG_H
#define TESTS_ACTIVITY_RIG_H

#include <stdbool.h>
#include <stdint.h>

#include "activity/activity.h"
#include "base/instant.h"

enum { SECOND = 1000 };

struct rig {
	struct activity activity;
	int64_t now;
	struct activity_actions actions; /* of the newest step */
	/* Since rig_ready(). */
	int heartbeats;
	int reports;
	int stops;
	int starts;
	int kills;
	int guard_kills;
	int releases;
	int finishes;
	int start_records;
	int outcome_records;
	int64_t stop_sent_at; /* of the newest ACT_STOP */
	int64_t stop_kill_at;
	int64_t lease_stop_at; /* of the newest ACT_LEASE */
	int64_t lease_kill_at;
	int64_t heartbeat_at; /* of the newest ACT_HEARTBEAT */
	int64_t report_at;    /* of the newest ACT_REPORT */
	uint32_t heartbeat_attempt;
	uint32_t report_attempt;
	bool heartbeat_open;
	bool report_open;
	bool guard_gone;    /* nobody is there to be told anything */
	bool report_unsent; /* what each event is to say of it */
	bool minimal;
};

/*
 * T 60 s enforced, interval 20 s, grace 10 s, stop deadline 30 s, no stall
 * timeout, no time limit, 10 minutes to report, only status 0 is ok, the
 * command starts without waiting for the first heartbeat.
 */
struct activity_config rig_config(void);

/* A fresh activity at instant 0, before BEGIN. */
void rig_ready(struct rig *, const struct activity_config *config);

/* rig_ready(), BEGIN, COMMAND_STARTED and the first heartbeat accepted. */
void rig_running(struct rig *, const struct activity_config *config);

/*
 * A running command that is being stopped for this reason, with its full
 * grace; says when.  STOPPED is by SIGINT.
 */
int64_t rig_stopping(struct rig *, enum activity_cause cause);

/* One step. */
void rig_event(struct rig *, int64_t now, struct activity_event event);
void rig_simple(struct rig *, int64_t now, enum activity_event_type type);

/* The next tick that is due. */
void rig_next(struct rig *);

/* Ticks at every deadline up to "until", that included, and at "until". */
void rig_pass(struct rig *, int64_t until);

/* The same, with each heartbeat accepted 10 ms after it was sent. */
void rig_pass_healthy(struct rig *, int64_t until);

/* Answers to the attempt in flight. */
void rig_heartbeat_ok(struct rig *, int64_t now, bool cancel_requested);
void rig_heartbeat_failed(struct rig *, int64_t now,
    enum activity_failure failure);
void rig_report_ok(struct rig *, int64_t now);
void rig_report_failed(struct rig *, int64_t now,
    enum activity_failure failure);

/* The command ends; "signal" 0: with "status". */
void rig_exited(struct rig *, int64_t now, int status, int signal,
    bool after_stop);

/* TREE_EMPTY and OUTPUT_READ. */
void rig_emptied(struct rig *, int64_t now);

void rig_stop(struct rig *, int64_t now, int signal);

/* The action of this type in the newest step, or NULL. */
const struct activity_action *rig_action(const struct rig *,
    enum activity_action_type type);

void rig_state(const struct rig *, enum activity_state state);

/* Is it done, with this verdict? */
void rig_verdict(const struct rig *, enum activity_kind kind,
    enum activity_cause cause, enum activity_delivery delivery, int status);

#endif
