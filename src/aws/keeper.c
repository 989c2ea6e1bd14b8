/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "aws/keeper.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "aws/credentials.h"
#include "aws/refresh.h"
#include "aws/source.h"
#include "aws/world.h"
#include "base/clock.h"
#include "base/instant.h"
#include "base/log.h"
#include "base/mem.h"

/* A clock that is said to be so much off is news, ms: less is noise. */
enum { SKEW_NEWS = 30 * 1000 };

LIST_HEAD(waits, keeper_wait);

struct keeper {
	struct source *source;
	struct aws_world *world; /* NULL: not started */
	keeper_wake *wake;
	void *arg;
	int64_t woken_at; /* what "wake" was last called with */
	struct refresh refresh;
	struct credentials credentials;
	uint64_t generation;
	bool denied;        /* and there is no set */
	struct err problem; /* of the newest asking; "" if it went well */
	int64_t skew;
	struct waits waits;
};

/* ---- waiting ---- */

void
keeper_waiting(const struct keeper *k, struct err *err)
{
	if (k->problem.text[0] != '\0')
		(void)err_set(err, "waiting for %s credentials: %s",
		    k->generation == 0 ? "the" : "newer", k->problem.text);
	else
		(void)err_set(err, "waiting for %s credentials of %s",
		    k->generation == 0 ? "the" : "newer",
		    source_text(k->source));
}

static bool
is_over(const struct keeper *k, const struct keeper_wait *wait, int64_t now)
{
	return k->generation > wait->than || wait->deadline <= now || k->denied;
}

static void
tell(const struct keeper *k, struct keeper_wait *wait)
{
	struct err problem = k->problem;

	wait->waiting = false;
	if (k->generation > wait->than) {
		wait->ready(wait->arg, KEEPER_READY, NULL);
	} else if (k->denied) {
		wait->ready(wait->arg, KEEPER_DENIED, &problem);
	} else {
		keeper_waiting(k, &problem);
		wait->ready(wait->arg, KEEPER_LATE, &problem);
	}
}

/*
 * Tells those whose wait is over.  They are taken out first, because what
 * they are told may lead to more waits; the list then has them in the order
 * in which they came.
 */
static void
tell_all(struct keeper *k)
{
	struct waits told = LIST_HEAD_INITIALIZER(told);
	int64_t now = clock_boot();
	struct keeper_wait *wait;
	struct keeper_wait *next;

	LIST_FOREACH_SAFE(wait, &k->waits, link, next)
	{
		if (!is_over(k, wait, now))
			continue;
		LIST_REMOVE(wait, link);
		LIST_INSERT_HEAD(&told, wait, link);
	}
	while ((wait = LIST_FIRST(&told)) != NULL) {
		LIST_REMOVE(wait, link);
		tell(k, wait);
	}
}

static void
arm(struct keeper *k)
{
	int64_t at = refresh_at(&k->refresh);
	struct keeper_wait *wait;

	if (k->world == NULL)
		return;
	LIST_FOREACH (wait, &k->waits, link)
		at = instant_min(at, k->denied || k->generation > wait->than
					 ? clock_boot()
					 : wait->deadline);
	if (at == k->woken_at)
		return;
	k->woken_at = at;
	k->wake(k->arg, at);
}

void
keeper_wait(struct keeper *k, struct keeper_wait *wait, uint64_t than,
    int64_t deadline)
{
	wait->than = than;
	wait->deadline = deadline;
	wait->waiting = true;
	LIST_INSERT_HEAD(&k->waits, wait, link);
	arm(k);
}

void
keeper_forget(struct keeper *k, struct keeper_wait *wait)
{
	if (!wait->waiting)
		return;
	LIST_REMOVE(wait, link);
	wait->waiting = false;
	arm(k);
}

/* ---- asking ---- */

static bool
is_same(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

/* Takes a set over, as a whole.  Whether it is another than before. */
static bool
take(struct keeper *k, const struct credentials *given)
{
	bool same =
	    is_same(k->credentials.access_key_id, given->access_key_id) &&
	    is_same(k->credentials.session_token, given->session_token) &&
	    is_same(k->credentials.secret_access_key, given->secret_access_key);
	struct credentials old = k->credentials;

	credentials_copy(&k->credentials, given);
	credentials_clear(&old);
	if (!same)
		k->generation++;
	k->denied = false;
	k->problem.text[0] = '\0';
	return !same;
}

static void
log_given(const struct keeper *k, int64_t left, bool again)
{
	char end[CLOCK_TEXT] = "they do not expire";

	if (left != INSTANT_NEVER)
		clock_format(k->credentials.expires_at, end);
	if (again)
		log_info("credentials of %s: they are given again",
		    source_text(k->source));
	log_debug("credentials of %s: %s, until %s", source_text(k->source),
	    k->credentials.access_key_id, end);
}

static void
given(struct keeper *k, const struct credentials *credentials)
{
	int64_t left = credentials->expires_at;
	bool newer;
	bool again;

	if (left != INSTANT_NEVER)
		left -= clock_wall() + k->skew;
	newer = take(k, credentials);
	again = refresh_given(&k->refresh, left, newer, clock_boot());
	log_given(k, left, again);
}

static void
failed(struct keeper *k, const struct source_answer *answer)
{
	bool denied = answer->end == SOURCE_DENIED;

	k->problem = answer->problem;
	switch (refresh_failed(&k->refresh, denied, clock_boot())) {
	case REFRESH_QUIET:
		log_debug("credentials: %s", answer->problem.text);
		break;
	case REFRESH_WARN:
		log_warning("credentials: %s: %s", answer->problem.text,
		    k->generation == 0
			? "it is asked again until it gives some"
			: "those that there are stay in use, and it is asked "
			  "again");
		break;
	case REFRESH_FINAL:
		k->denied = true;
		break;
	}
}

static void
on_answer(void *arg, const struct source_answer *answer)
{
	struct keeper *k = arg;

	if (answer->end == SOURCE_GIVEN)
		given(k, answer->credentials);
	else
		failed(k, answer);
	tell_all(k);
	arm(k);
}

static void
ask(struct keeper *k)
{
	refresh_asked(&k->refresh, clock_boot());
	source_ask(k->source, k->world, on_answer, k);
}

bool
keeper_refused(struct keeper *k, uint64_t generation)
{
	if (source_traits(k->source)->fixed)
		return false;
	if (generation == k->generation) {
		refresh_refused(&k->refresh, clock_boot());
		arm(k);
	}
	return true;
}

void
keeper_accepted(struct keeper *k, uint64_t generation)
{
	if (generation == k->generation)
		refresh_accepted(&k->refresh);
}

void
keeper_skew(struct keeper *k, int64_t skew)
{
	int64_t by = k->skew - skew;

	if (k->world != NULL) {
		k->world->skew = skew;
		k->world->skew_unknown = false;
	}
	if (llabs(by) < SKEW_NEWS)
		return;
	k->skew = skew;
	refresh_shift(&k->refresh, by, clock_boot());
	arm(k);
}

/* ---- life ---- */

struct keeper *
keeper_new(struct source *source)
{
	struct keeper *k = mem_new(1, sizeof(*k));

	k->source = source;
	k->woken_at = INSTANT_NEVER;
	LIST_INIT(&k->waits);
	refresh_init(&k->refresh, source_traits(source),
	    (uint64_t)clock_wall() ^ ((uint64_t)getpid() << 32), clock_boot());
	if (source_traits(source)->fixed)
		ask(k);
	return k;
}

void
keeper_start(struct keeper *k, struct aws_world *world, keeper_wake *wake,
    void *arg)
{
	k->world = world;
	world->skew = k->skew;
	world->skew_unknown = true;
	k->wake = wake;
	k->arg = arg;
	keeper_tick(k);
}

void
keeper_stop(struct keeper *k)
{
	if (k == NULL)
		return;
	source_forget(k->source);
	k->world = NULL;
}

void
keeper_tick(struct keeper *k)
{
	k->woken_at = INSTANT_NEVER;
	if (refresh_at(&k->refresh) <= clock_boot())
		ask(k);
	tell_all(k);
	arm(k);
}

const struct credentials *
keeper_current(const struct keeper *k)
{
	return k->generation == 0 ? NULL : &k->credentials;
}

uint64_t
keeper_generation(const struct keeper *k)
{
	return k->generation;
}

void
keeper_free(struct keeper *k)
{
	if (k == NULL)
		return;
	source_free(k->source);
	credentials_clear(&k->credentials);
	free(k);
}
