/* SPDX-License-Identifier: MIT */
/*
 * What one activity has of the heartbeat budget that it shares with others
 * (tend/budget.h).
 *
 *	share_init(&share, budget);
 *	at = share_ask(&share, activity, now);   before each heartbeat
 *	share_answered(&share, event, now);      after each that was sent
 *	share_given_up(&share, now);             or that had no answer in time
 *	share_leave(&share);
 *
 * It joins when it asks first, and again when its interval has changed.
 * Without a budget it may always send.
 */
#ifndef TEND_SHARE_H
#define TEND_SHARE_H

#include <stdint.h>

struct activity;
struct activity_event;
struct budget;

/* The fields are share.c's own. */
struct share {
	struct budget *budget; /* NULL: none */
	int64_t interval;      /* with which it has joined; 0: it has not */
};

void share_init(struct share *, struct budget *budget);

/* "now": the heartbeat may go; else when to ask again. */
int64_t share_ask(struct share *, const struct activity *activity, int64_t now);

/* Other events than the answer to a heartbeat mean nothing here. */
void share_answered(struct share *, const struct activity_event *event,
    int64_t now);
void share_given_up(struct share *, int64_t now);

/* May be called again. */
void share_leave(struct share *);

#endif
