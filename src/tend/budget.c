/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "tend/budget.h"

#include <math.h>

#include "base/instant.h"

/* Lengths are ms. */
enum {
	SECOND = 1000,
	/* How long what may be sent adds up. */
	BURST_TIME = 1000,
	/* However few activities there are: room for a few retries. */
	BURST_LEAST = 8,
	/* Who waits because SWF throttles comes back so much later than he
	 * could, or twice as late. */
	SPREAD_LEAST = 5000
};

static const double pace_least = 1.0 / SECOND;
static const double pace_factor = 2;
static const double cut_to = 0.7;
static const double grow_by = 0.1;  /* a second */
static const double grow_most = 2;  /* with one answer */
static const double cut_most = 0.1; /* of the need: what is always left */

/* Nobody wants anything yet. */
void
budget_init(struct budget *budget, uint64_t seed, int64_t now)
{
	*budget = (struct budget){
		.limit = INFINITY,
		.level = BURST_LEAST,
		.at = now,
		.cut_at = now - SECOND,
		.grown_at = now,
		.random = seed,
	};
}

/* One less; rounding errors do not add up for ever. */
void
budget_leave(struct budget *budget, int64_t interval)
{
	budget->need = fmax(budget->need - 1 / (double)interval, 0);
	if (--budget->members == 0)
		budget->need = 0;
}

/* What the budget fills by. */
static double
rate(const struct budget *budget)
{
	double pace = fmax(budget->need * pace_factor, pace_least);

	return fmin(pace, budget->limit);
}

/* What it holds at most. */
static double
brim(const struct budget *budget)
{
	double least = isinf(budget->limit) ? BURST_LEAST : 1;

	return fmax(rate(budget) * BURST_TIME, least);
}

static void
fill(struct budget *budget, int64_t now)
{
	int64_t passed = instant_left(now, budget->at);

	budget->level =
	    fmin(budget->level + (double)passed * rate(budget), brim(budget));
	budget->at = instant_max(budget->at, now);
}

/* Those who come later are slowed down like those who were there. */
static void
grow_limit(struct budget *budget)
{
	if (budget->need <= budget->need_cut)
		return;
	if (!isinf(budget->limit))
		budget->limit *= budget->need / budget->need_cut;
	budget->need_cut = budget->need;
}

/* One more, with its own part of what can be sent at once. */
void
budget_join(struct budget *budget, int64_t interval)
{
	double before = brim(budget);

	budget->need += 1 / (double)interval;
	budget->members++;
	budget->level += fmax(brim(budget) - before, 0);
	grow_limit(budget);
}

/* From 0 to 1; splitmix64. */
static double
chance(struct budget *budget)
{
	uint64_t z = budget->random += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return (double)((z ^ (z >> 31)) >> 11) / (double)(UINT64_C(1) << 53);
}

/*
 * What must be there for a heartbeat to go: one, and the more the longer it
 * can still wait.  So while there is less than is wanted the level stays where
 * as many are let through as come in.  Half of the brim is for everybody.
 */
static double
price(const struct budget *budget, int64_t waited, int64_t left,
    int64_t interval)
{
	double part = (double)left / (double)(waited + left);

	/* Where T is long the lease alone would make no difference. */
	if (waited > interval)
		part *= (double)interval / (double)waited;
	return 1 + part * (brim(budget) - 1) / 2;
}

/*
 * By how much those who wait are spread.  Of ours each could go once in that
 * time; where SWF throttles others, elsewhere, wait for the same quota.
 */
static double
spread(const struct budget *budget, double wait)
{
	double least = isinf(budget->limit)
			   ? (double)budget->members / rate(budget)
			   : SPREAD_LEAST;

	return fmax(wait, least);
}

/* When it will be there, if nobody else takes it, or a little later. */
static int64_t
come_back(struct budget *budget, int64_t now, int64_t left, double missing)
{
	double wait = ceil(missing / rate(budget));
	double most = (double)left / 4;

	wait = fmin(wait, most);
	wait += chance(budget) * fmin(spread(budget, wait), most);
	return now + instant_max((int64_t)fmin(wait, (double)left), 1);
}

/* See the header. */
int64_t
budget_ask(struct budget *budget, int64_t now, int64_t interval, int64_t since,
    int64_t due)
{
	int64_t left = due > now ? due - now : 0;
	double wanted;

	fill(budget, now);
	if (left > 0) {
		wanted =
		    price(budget, instant_left(now, since), left, interval);
		if (budget->level < wanted)
			return come_back(budget, now, left,
			    wanted - budget->level);
	}
	budget->level = fmax(budget->level - 1, -brim(budget));
	return now;
}

/* Less than it was. */
static void
cut(struct budget *budget, int64_t now)
{
	budget->level = fmin(budget->level, 0);
	/* What the last cut has done shows with the next that is sent. */
	if ((double)(now - budget->cut_at) < fmax(SECOND, 1 / budget->limit))
		return;
	budget->cut_at = now;
	budget->grown_at = now;
	budget->limit = fmax(fmin(budget->limit, budget->need) * cut_to,
	    fmax(budget->need, pace_least) * cut_most);
	budget->need_cut = fmax(budget->need, pace_least);
}

/* A little more, until there is nothing left that could limit anything. */
static void
grow(struct budget *budget, int64_t now)
{
	int64_t passed = instant_left(now, budget->grown_at);

	if (isinf(budget->limit) || now - budget->cut_at < SECOND)
		return;
	budget->grown_at = now;
	budget->limit *= fmin(1 + grow_by * (double)passed / SECOND, grow_most);
	if (budget->limit >= budget->need * pace_factor)
		budget->limit = INFINITY;
}

/* Of one that was sent. */
void
budget_answered(struct budget *budget, int64_t now, enum budget_answer answer)
{
	fill(budget, now);
	switch (answer) {
	case BUDGET_TAKEN:
		grow(budget, now);
		break;
	case BUDGET_THROTTLED:
		cut(budget, now);
		break;
	case BUDGET_UNREACHED:
		budget->level = fmin(budget->level + 1, brim(budget));
		break;
	}
}

/* For people. */
double
budget_rate(const struct budget *budget)
{
	return rate(budget) * SECOND;
}
