/* SPDX-License-Identifier: MIT */
/*
 * What is going to happen: a binary heap by time, and by order of planning
 * among what happens in the same millisecond.
 */
#include "config.h"

#include "sim.h"

static bool
before(const struct item *a, const struct item *b)
{
	return a->at != b->at ? a->at < b->at : a->seq < b->seq;
}

static void
swap(struct item *a, struct item *b)
{
	struct item c = *a;

	*a = *b;
	*b = c;
}

/* Moves the last item up to its place; says where. */
static struct item *
sift_up(struct world *w)
{
	size_t i = w->queued - 1;

	while (i > 0 && before(&w->queue[i], &w->queue[(i - 1) / 2])) {
		swap(&w->queue[i], &w->queue[(i - 1) / 2]);
		i = (i - 1) / 2;
	}
	return &w->queue[i];
}

static void
sift_down(struct world *w)
{
	size_t i = 0;

	for (;;) {
		size_t least = i;

		for (size_t child = 2 * i + 1; child <= 2 * i + 2; child++)
			if (child < w->queued &&
			    before(&w->queue[child], &w->queue[least]))
				least = child;
		if (least == i)
			return;
		swap(&w->queue[i], &w->queue[least]);
		i = least;
	}
}

struct item *
queue_add(struct world *w, int64_t at, enum happening what)
{
	if (w->queued == QUEUE_MOST)
		broken(w, "the simulation's queue is large enough");
	w->queue[w->queued++] = (struct item){
		.at = instant_max(at, w->now),
		.seq = w->seq++,
		.what = what,
	};
	return sift_up(w);
}

bool
queue_next(struct world *w, struct item *item)
{
	if (w->queued == 0)
		return false;
	*item = w->queue[0];
	w->queue[0] = w->queue[--w->queued];
	sift_down(w);
	return true;
}

/* It keeps its number, so that the order of planning is kept. */
void
queue_defer(struct world *w, const struct item *item, int64_t until)
{
	w->queue[w->queued] = *item;
	w->queue[w->queued++].at = until;
	(void)sift_up(w);
}
