/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "tend/polling.h"

#include "base/instant.h"

/* Lengths are ms. */
enum {
	MOST = 60 * 1000,
	FAILURE = 250,
	LIMIT = 20 * 1000,
	UNEXECUTED = 2000,
	UNEXECUTED_IN_A_ROW = 5,
	/* An empty answer sooner than this is followed by a pause, so that
	 * two polls are so far apart at least. */
	EMPTY_LEAST = 200,
	/* Doubling that many times is over the most, whatever it began with. */
	DOUBLINGS = 16
};

void
polling_init(struct polling *p, size_t max_polls, size_t max_tasks,
    uint64_t seed)
{
	*p = (struct polling){
		.max_polls = max_polls,
		.max_tasks = max_tasks,
		.random = seed,
		.failed_at = INT64_MIN,
		.not_before = INT64_MIN,
	};
}

size_t
polling_wanted(const struct polling *p, size_t free_slots, int64_t now)
{
	size_t most = p->probing ? 1 : p->max_polls;

	if (p->stopped || now < p->not_before)
		return 0;
	if (free_slots < most)
		most = free_slots;
	if (p->max_tasks != 0 && p->max_tasks - p->tasks < most)
		most = p->max_tasks - p->tasks;
	return most > p->outstanding ? most - p->outstanding : 0;
}

int64_t
polling_at(const struct polling *p, int64_t now)
{
	return p->stopped || now >= p->not_before ? INSTANT_NEVER
						  : p->not_before;
}

void
polling_started(struct polling *p)
{
	p->outstanding++;
}

void
polling_dropped(struct polling *p)
{
	p->outstanding--;
}

/* xorshift64*: for jitter it will do. */
static uint64_t
next_random(struct polling *p)
{
	p->random |= 1;
	p->random ^= p->random >> 12;
	p->random ^= p->random << 25;
	p->random ^= p->random >> 27;
	return p->random * UINT64_C(0x2545f4914f6cdd1d);
}

/* From half of "length" to all of it. */
static int64_t
jitter(struct polling *p, int64_t length)
{
	int64_t half = length / 2;

	return half + (int64_t)((next_random(p) >> 32) % (uint64_t)(half + 1));
}

/* The n-th pause of a row that begins with "first", n from 1 on. */
static int64_t
doubled(int64_t first, unsigned n)
{
	unsigned times = n - 1 < DOUBLINGS ? n - 1 : DOUBLINGS;

	return instant_min(first << times, MOST);
}

static void
pause_until(struct polling *p, int64_t at)
{
	p->not_before = instant_max(p->not_before, at);
}

static void
fail(struct polling *p, unsigned *count, int64_t length, int64_t started_at,
    int64_t retry_after, int64_t now)
{
	int64_t pause;

	/* It was under way when another one failed: that is known already. */
	if (started_at <= p->failed_at)
		return;
	(*count)++;
	p->failed_at = now;
	p->probing = true;
	pause = jitter(p, doubled(length, *count));
	pause_until(p, now + instant_heed(pause, retry_after));
}

static void
answered(struct polling *p)
{
	p->answered = true;
	p->probing = p->unexecuted >= UNEXECUTED_IN_A_ROW;
	p->failures = 0;
	p->limits = 0;
}

bool
polling_ended(struct polling *p, enum polling_answer answer, int64_t started_at,
    int64_t retry_after, int64_t now)
{
	p->outstanding--;
	switch (answer) {
	case POLLING_TASK:
		p->tasks++;
		answered(p);
		break;
	case POLLING_EMPTY:
		answered(p);
		if (now - started_at < EMPTY_LEAST)
			pause_until(p, started_at + EMPTY_LEAST);
		break;
	case POLLING_LIMIT:
		fail(p, &p->limits, LIMIT, started_at, retry_after, now);
		break;
	case POLLING_REFUSED:
		if (!p->answered)
			return false;
		fail(p, &p->failures, FAILURE, started_at, retry_after, now);
		break;
	case POLLING_FAILED:
		fail(p, &p->failures, FAILURE, started_at, retry_after, now);
		break;
	}
	return true;
}

void
polling_executed(struct polling *p)
{
	p->unexecuted = 0;
	if (p->failures == 0 && p->limits == 0)
		p->probing = false;
}

void
polling_unexecuted(struct polling *p, bool at_once, int64_t now)
{
	p->unexecuted++;
	if (at_once && p->unexecuted < UNEXECUTED_IN_A_ROW)
		p->unexecuted = UNEXECUTED_IN_A_ROW;
	if (p->unexecuted < UNEXECUTED_IN_A_ROW)
		return;
	p->probing = true;
	pause_until(p,
	    now + jitter(p, doubled(UNEXECUTED,
				p->unexecuted - UNEXECUTED_IN_A_ROW + 1)));
}

void
polling_stop(struct polling *p)
{
	p->stopped = true;
}

bool
polling_is_over(const struct polling *p)
{
	return p->max_tasks != 0 && p->tasks >= p->max_tasks;
}
