/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "aws/refresh.h"

#include "base/chance.h"
#include "base/instant.h"

/* Lengths are ms. */
enum {
	SECOND = 1000,
	MINUTE = 60 * SECOND,
	EARLY = 15 * MINUTE,
	/* What serves on after its end, or is nearly there. */
	STABLE_LEAST = 10 * MINUTE,
	STABLE_MOST = 15 * MINUTE,
	DENIED_LEAST = 5 * MINUTE,
	DENIED_MOST = 10 * MINUTE,
	BACKOFF_FIRST = SECOND,
	BACKOFF_MOST = MINUTE,
	/* Doubling so often is over the most. */
	DOUBLINGS = 6
};

void
refresh_init(struct refresh *r, const struct source_traits *traits,
    uint64_t seed, int64_t now)
{
	*r = (struct refresh){
		.traits = *traits,
		.random = seed,
		.asked_at = INT64_MIN,
		.expires_at = INSTANT_NEVER,
		.early = -1,
		.at = now,
	};
}

int64_t
refresh_at(const struct refresh *r)
{
	return r->asking ? INSTANT_NEVER : r->at;
}

void
refresh_asked(struct refresh *r, int64_t now)
{
	r->asking = true;
	r->asked_at = now;
}

/* The source's own rest goes before everything. */
static void
ask_at(struct refresh *r, int64_t at)
{
	r->at = at;
	if (r->asked_at != INT64_MIN)
		r->at = instant_max(at, r->asked_at + r->traits.rest);
}

/* The n-th pause of a row, n from 1 on: between half of it and all. */
static int64_t
backoff(struct refresh *r, unsigned n)
{
	unsigned times = n - 1 < DOUBLINGS ? n - 1 : DOUBLINGS;
	int64_t pause =
	    instant_min((int64_t)BACKOFF_FIRST << times, BACKOFF_MOST);

	return chance_between(&r->random, pause / 2, pause);
}

static int64_t
a_while(struct refresh *r)
{
	return chance_between(&r->random, STABLE_LEAST, STABLE_MOST);
}

/* How long before its end a set that lives so long is renewed. */
static int64_t
choose_early(struct refresh *r)
{
	int64_t early = instant_min(instant_max(EARLY, r->life / 4),
	    r->life > 0 ? r->life / 2 : 0);

	return early + chance_between(&r->random, 0, early / 5);
}

/* When a set that has come without trouble is renewed. */
static void
plan(struct refresh *r, int64_t now)
{
	r->early = -1;
	if (r->expires_at == INSTANT_NEVER) {
		r->at = INSTANT_NEVER;
	} else if (r->traits.stable && r->life <= EARLY) {
		ask_at(r, now + a_while(r));
	} else {
		r->early = choose_early(r);
		ask_at(r, instant_max(r->expires_at - r->early, now + MINUTE));
	}
}

/* The next asking for something that the service takes. */
static void
hurry(struct refresh *r, int64_t now)
{
	r->early = -1;
	r->refusals++;
	ask_at(r, r->refusals == 1 ? now : now + backoff(r, r->refusals - 1));
}

bool
refresh_given(struct refresh *r, int64_t left, bool newer, int64_t now)
{
	bool said = r->said;

	r->asking = false;
	r->have = true;
	r->said = false;
	r->failures = 0;
	r->life = left;
	r->expires_at =
	    r->traits.fixed ? INSTANT_NEVER : instant_add(now, left);
	if (newer)
		r->refused = false;
	if (r->refused)
		hurry(r, now);
	else
		plan(r, now);
	return said;
}

/* Whether what there is goes on after its end, and nobody minds. */
static bool
serves_on(const struct refresh *r, int64_t now)
{
	return r->have && r->traits.stable && !r->refused &&
	       r->expires_at <= now;
}

static int64_t
pause_after_failure(struct refresh *r, bool denied, int64_t now)
{
	if (denied && r->refused)
		return BACKOFF_MOST;
	if (denied)
		return chance_between(&r->random, DENIED_LEAST, DENIED_MOST);
	if (serves_on(r, now))
		return a_while(r);
	if (!r->have && r->failures < (unsigned)r->traits.tries)
		return r->traits.pause;
	return backoff(r, r->failures);
}

enum refresh_verdict
refresh_failed(struct refresh *r, bool denied, int64_t now)
{
	bool news = !r->said;

	r->asking = false;
	r->failures++;
	r->early = -1;
	ask_at(r, now + pause_after_failure(r, denied, now));
	if (!r->have && !denied && r->failures < (unsigned)r->traits.tries)
		return REFRESH_QUIET;
	r->said = true;
	if (!r->have && (denied || r->traits.guess))
		return REFRESH_FINAL;
	return news ? REFRESH_WARN : REFRESH_QUIET;
}

/*
 * At once, even where a failure was to be followed by a pause: now there is
 * need.  But once only for each set, and then as after failures.
 */
void
refresh_refused(struct refresh *r, int64_t now)
{
	if (r->traits.fixed || !r->have || r->refused)
		return;
	r->refused = true;
	hurry(r, now);
}

void
refresh_accepted(struct refresh *r)
{
	r->refusals = 0;
	r->refused = false;
}

void
refresh_shift(struct refresh *r, int64_t by, int64_t now)
{
	if (!r->have || r->expires_at == INSTANT_NEVER)
		return;
	r->expires_at += by;
	r->life += by;
	if (!r->asking && r->failures == 0 && !r->refused)
		plan(r, now);
}
