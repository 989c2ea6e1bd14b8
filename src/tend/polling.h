/* SPDX-License-Identifier: MIT */
/*
 * When to poll: pure, the instant is an argument.
 *
 * A poll is a promise to take a task, so each has a slot of its own: no more
 * are outstanding than there are free slots, and no more than "max_polls".
 * With several, tasks come in faster than one for each round trip.
 *
 * What is wrong for all of them is found out by one: after a failure only
 * one poll is sent, and only when that was answered the others follow.
 *
 *   a task, or an empty answer   go on at once; an empty answer that came at
 *                                once is followed by a short pause, so that a
 *                                service that does not hold polls costs little
 *   LimitExceededFault           enough others poll this list: 20 s, doubling
 *                                to a minute
 *   any other failure            250 ms, doubling to a minute
 *   a refusal for good           before the first answer it is the end: bad
 *                                credentials, no permission, no such domain;
 *                                later it is a failure as any other
 *   commands that cannot be      2 s, doubling to a minute, from the fifth
 *   executed                     in a row on
 *
 * Of each pause half is certain and half is chance, so that many workers do
 * not come back together.
 */
#ifndef TEND_POLLING_H
#define TEND_POLLING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum polling_answer {
	POLLING_TASK,
	POLLING_EMPTY,
	POLLING_LIMIT,  /* LimitExceededFault */
	POLLING_FAILED, /* no answer, throttled, an error of the service */
	POLLING_REFUSED /* for good */
};

struct polling {
	size_t max_polls;
	size_t max_tasks; /* 0: no limit */
	uint64_t random;
	/* The rest is polling.c's own. */
	size_t outstanding;
	size_t tasks;  /* that have come in so far */
	bool answered; /* ever */
	bool probing;  /* one at a time, until one is answered */
	bool stopped;
	unsigned failures; /* in a row; likewise below */
	unsigned limits;
	unsigned unexecuted;
	int64_t failed_at; /* the newest failure that counted */
	int64_t not_before;
};

void polling_init(struct polling *, size_t max_polls, size_t max_tasks,
    uint64_t seed);

/* How many polls to start now, with "free_slots" that run nothing. */
size_t polling_wanted(const struct polling *, size_t free_slots, int64_t now);

/* When to ask again; INSTANT_NEVER: when something has happened. */
int64_t polling_at(const struct polling *, int64_t now);

void polling_started(struct polling *);

/* One that was started has never been sent. */
void polling_dropped(struct polling *);

/*
 * A poll that was started at "started_at" has ended; "retry_after" is how
 * long the service asks to wait (instant_heed()), or -1.  False: there is no
 * use in going on.
 */
bool polling_ended(struct polling *, enum polling_answer answer,
    int64_t started_at, int64_t retry_after, int64_t now);

/*
 * A command was executed, or could not be; "at_once": not even tried, for
 * want of descriptors or processes.
 */
void polling_executed(struct polling *);
void polling_unexecuted(struct polling *, bool at_once, int64_t now);

/* No more polls; what is outstanding is waited for. */
void polling_stop(struct polling *);

/* Whether all tasks of max_tasks have come in. */
bool polling_is_over(const struct polling *);

#endif
