/* SPDX-License-Identifier: MIT */
/*
 * One heartbeat budget for all activities of a process.
 *
 * SWF gives an account 160 heartbeats a second, and a process does not know
 * with how many others it shares them.  So it paces itself, and learns from
 * being throttled:
 *
 *  - it never sends at more than twice the rate that its activities need
 *    together, with a second's worth at once: after a stall of the machine,
 *    when all of them are due, they go out one after the other.  Each that
 *    joins brings its part of that, so that its first need not wait;
 *  - when SWF throttles, the rate is cut by 30 %, at most once a second and
 *    once for each heartbeat that it lets go, and grows back by 10 % a second,
 *    and in proportion when more is wanted than at that time;
 *  - while there is less than is wanted, a heartbeat may go the sooner the
 *    less there is left of the time that it can wait, and the longer it has
 *    waited already: intervals get longer, in proportion for all, and who is
 *    nearest to the end goes first;
 *  - who cannot wait any longer goes at once, whatever the budget says: that
 *    SWF has less for us than we need we believe only when it says so;
 *  - who waits comes back a little later than he could, by chance, so that
 *    not all come at once: by seconds where SWF throttles, else by no more
 *    than all of ours need to go once.
 *
 * Pure: time is an argument, chance is a seed.
 *
 * With it the owner of many activities does this:
 *
 *	budget_join(&budget, activity->interval) when an activity begins,
 *	budget_leave() with the same length when it ends;
 *
 *	on ACTIVITY_ACT_HEARTBEAT
 *		activity_heartbeat_window(activity, &since, &due);
 *		at = budget_ask(&budget, now, activity->interval,
		    since, due);
 *		if (at > now)
 *			the event HEARTBEAT_DEFERRED with this attempt and "at"
 *		else
 *			send it
 *
 *	on its answer
 *		budget_answered(&budget, now, BUDGET_TAKEN)
 */
#ifndef TEND_BUDGET_H
#define TEND_BUDGET_H

#include <stdint.h>

enum budget_answer {
	BUDGET_TAKEN,     /* or refused: it came out of the account's quota */
	BUDGET_THROTTLED, /* the quota is used up */
	BUDGET_UNREACHED  /* it did not come so far, or nobody knows */
};

/* Rates are heartbeats a millisecond; the fields are budget.c's own. */
struct budget {
	double need;     /* what all activities want together */
	double limit;    /* what throttling has left of it; INFINITY: all */
	double need_cut; /* the most that was, since the limit was set */
	double level;    /* what can be sent now; below 0 after an overdraft */
	int64_t at;      /* when it was that */
	int64_t cut_at;
	int64_t grown_at;
	uint64_t random;
	int members;
};

void budget_init(struct budget *, uint64_t seed, int64_t now);

/* An activity with this interval between its heartbeats comes, and goes. */
void budget_join(struct budget *, int64_t interval);
void budget_leave(struct budget *, int64_t interval);

/*
 * May a heartbeat go now?  It could have gone since "since", the last one
 * that was accepted, would have gone "interval" later, and should by "due".
 * "now": yes, and it is counted; else when to ask again, never after "due".
 */
int64_t budget_ask(struct budget *, int64_t now, int64_t interval,
    int64_t since, int64_t due);

/* What became of one that was sent. */
void budget_answered(struct budget *, int64_t now, enum budget_answer answer);

/* Heartbeats a second that may be sent, for people to see. */
double budget_rate(const struct budget *);

#endif
