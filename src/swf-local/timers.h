/* SPDX-License-Identifier: MIT */
/*
 * Every deadline of the service, in one heap.
 *
 * A struct deadline lives inside what it is a deadline of.  Set it with
 * timers_set(), at INSTANT_NEVER to take it out.  timers_due() gives the
 * earliest one that is due, already taken out; equal instants come in the
 * order in which they were set.  Nothing here reads a clock.
 */
#ifndef SWF_LOCAL_TIMERS_H
#define SWF_LOCAL_TIMERS_H

#include <stddef.h>
#include <stdint.h>

/* Called by whoever takes a due timer out; "at" is the due instant. */
typedef void deadline_fire(void *arg, int64_t at);

struct deadline {
	int64_t at;
	uint64_t order;
	size_t place; /* index in the heap plus one; 0: not set */
	deadline_fire *fire;
	void *arg;
};

struct timers {
	struct deadline **heap;
	size_t count;
	size_t room;
	uint64_t next_order;
};

/* A timer that is not set. */
void deadline_init(struct deadline *timer, deadline_fire *fire, void *arg);

void timers_init(struct timers *timers);

/* Frees the heap; timers in it must not be used any more. */
void timers_clear(struct timers *timers);

/* Sets the timer, or moves it; INSTANT_NEVER takes it out. */
void timers_set(struct timers *timers, struct deadline *timer, int64_t at);

/* The earliest instant, or INSTANT_NEVER. */
int64_t timers_next(const struct timers *timers);

/* Takes the earliest timer out if it is due at "now"; else NULL. */
struct deadline *timers_due(struct timers *timers, int64_t now);

#endif
