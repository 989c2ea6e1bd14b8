/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "swf-local/timers.h"

#include <stdlib.h>

#include "base/instant.h"
#include "base/mem.h"

enum { FIRST_ROOM = 64 };

void
deadline_init(struct deadline *timer, deadline_fire *fire, void *arg)
{
	*timer = (struct deadline){ .fire = fire, .arg = arg };
}

void
timers_init(struct timers *timers)
{
	*timers = (struct timers){ .heap = NULL };
}

void
timers_clear(struct timers *timers)
{
	free(timers->heap);
	timers_init(timers);
}

static int
earlier(const struct deadline *a, const struct deadline *b)
{
	return a->at != b->at ? a->at < b->at : a->order < b->order;
}

static void
put(struct timers *timers, size_t index, struct deadline *timer)
{
	timers->heap[index] = timer;
	timer->place = index + 1;
}

/* Moves the timer from "index" toward the top as far as it belongs. */
static size_t
rise(struct timers *timers, size_t index, struct deadline *timer)
{
	while (index > 0) {
		size_t parent = (index - 1) / 2;

		if (!earlier(timer, timers->heap[parent]))
			break;
		put(timers, index, timers->heap[parent]);
		index = parent;
	}
	put(timers, index, timer);
	return index;
}

static void
sink(struct timers *timers, size_t index, struct deadline *timer)
{
	for (;;) {
		size_t child = index * 2 + 1;

		if (child >= timers->count)
			break;
		if (child + 1 < timers->count &&
		    earlier(timers->heap[child + 1], timers->heap[child]))
			child++;
		if (!earlier(timers->heap[child], timer))
			break;
		put(timers, index, timers->heap[child]);
		index = child;
	}
	put(timers, index, timer);
}

static void
take_out(struct timers *timers, struct deadline *timer)
{
	size_t index = timer->place - 1;
	struct deadline *last = timers->heap[--timers->count];

	timer->place = 0;
	if (last != timer)
		sink(timers, rise(timers, index, last), last);
}

void
timers_set(struct timers *timers, struct deadline *timer, int64_t at)
{
	if (timer->place != 0)
		take_out(timers, timer);
	if (at == INSTANT_NEVER)
		return;
	if (timers->count == timers->room) {
		timers->room =
		    timers->room == 0 ? FIRST_ROOM : timers->room * 2;
		timers->heap = mem_resize(timers->heap, timers->room,
		    sizeof(struct deadline *));
	}
	timer->at = at;
	timer->order = timers->next_order++;
	timers->count++;
	(void)rise(timers, timers->count - 1, timer);
}

int64_t
timers_next(const struct timers *timers)
{
	return timers->count == 0 ? INSTANT_NEVER : timers->heap[0]->at;
}

struct deadline *
timers_due(struct timers *timers, int64_t now)
{
	struct deadline *timer;

	if (timers->count == 0 || timers->heap[0]->at > now)
		return NULL;
	timer = timers->heap[0];
	take_out(timers, timer);
	return timer;
}
