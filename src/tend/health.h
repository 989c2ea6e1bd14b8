/* SPDX-License-Identifier: MIT */
/*
 * Whether a worker is healthy, and why not, as one line.
 *
 * It is healthy when SWF answers it and it can do what it is for:
 *
 *   polls       the newest ones succeeded: they brought a task or nothing, or
 *               were told that enough others poll.  While all slots are in use
 *               nothing is polled, and what was answered last counts.
 *   heartbeats  the newest ones of all its tasks were taken.  Without a task
 *               there are none, and what was before does not count.
 *   commands    can be executed.
 *
 * One failure is nothing: it is tried again within a second.  What counts is
 * HEALTH_ROW of a kind in a row, each sent after the one before had failed, or
 * a row of HEALTH_LENGTH since the first of it was sent: a poll that gets no
 * answer fails only after more than that.
 *
 * A worker that registers its types does not poll yet: it is not healthy.
 * One that drains is, as long as its heartbeats are taken: that it does not
 * poll is as it should be.
 *
 * So this is for those who decide whether a new version may go on to replace
 * the old one, and for people.  It is nothing to restart a worker by: when
 * SWF is out of reach what runs is better off running.
 *
 * Pure: time is an argument.
 */
#ifndef TEND_HEALTH_H
#define TEND_HEALTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	HEALTH_ROW = 3,
	HEALTH_LENGTH = 30 * 1000, /* ms */
	/* Columns and bytes that are kept of a problem. */
	HEALTH_COLUMNS = 200,
	HEALTH_PROBLEM = 4 * HEALTH_COLUMNS + 1,
	/* Room for the line, its end included. */
	HEALTH_TEXT = HEALTH_PROBLEM + 128
};

/* Calls of one kind; zero it.  The fields are health.c's own. */
struct health_calls {
	unsigned failures; /* in a row */
	int64_t since;     /* when the first of them was sent */
	int64_t failed_at; /* the newest of them */
	char problem[HEALTH_PROBLEM];
};

struct health {
	struct health_calls polls;
	struct health_calls heartbeats;
};

/* What else there is to know of a worker. */
struct health_view {
	bool begun;        /* to poll */
	bool draining;     /* it has ceased to */
	bool unexecutable; /* no command can be executed */
	size_t slots;
	size_t used;
	size_t polls; /* that wait */
};

/* One succeeded; or one failed that was sent at "sent_at". */
void health_succeeded(struct health_calls *);
void health_failed(struct health_calls *, int64_t sent_at, int64_t now);

/* What was wrong: a code, which may be "", and a message, of any bytes. */
void health_problem(struct health_calls *, const char *code,
    const char *message);

/* Whether it is, and the line that says so, without a line end. */
bool health_check(const struct health *, const struct health_view *view,
    int64_t now, char text[HEALTH_TEXT]);

#endif
