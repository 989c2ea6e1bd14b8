/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "aws/skew.h"

#include <stdlib.h>

#include "base/instant.h"

/* ms */
enum {
	FAST = 5 * 1000,
	TRUSTED = 60 * 1000,
	/* Once it is not, it is only when it is well within that again. */
	TRUSTED_AGAIN = TRUSTED / 2,
	/* A refusal is of the clock from here on, as the AWS SDKs have it. */
	EXPLAINS = 4 * 60 * 1000,
	LAST_OF_SECOND = 999,
	/* For so long a better answer counts for more than a newer one. */
	PLACED_LASTS = 10 * 60 * 1000
};

/* Less than nothing: the clock was set back meanwhile. */
bool
skew_tells(int64_t sent_at, int64_t answered_at, int64_t date)
{
	return date != -1 && answered_at >= sent_at &&
	       answered_at - sent_at <= FAST;
}

bool
skew_learn(struct skew *skew, int64_t sent_at, int64_t answered_at,
    int64_t date)
{
	int64_t least = skew->used == 0 ? TRUSTED : TRUSTED_AGAIN;
	int64_t used;

	skew->measured = date - (sent_at + answered_at) / 2;
	used = llabs(skew->measured) < least ? 0 : skew->measured;
	skew->used = used;
	if (llabs(used - skew->said) < TRUSTED &&
	    (used != 0 || skew->said == 0))
		return false;
	skew->said = used;
	return true;
}

void
skew_place(struct skew *skew, int64_t took, int64_t answered, int64_t date)
{
	int64_t doubt = LAST_OF_SECOND + (took + 1) / 2;

	if (skew->placed && doubt > skew->doubt &&
	    answered - skew->placed_at < PLACED_LASTS)
		return;
	skew->placed = true;
	skew->placed_at = answered;
	skew->epoch = date - (answered - took / 2);
	skew->doubt = doubt;
}

/* Of the second that a Date names, the answer may be from the very end. */
int64_t
skew_age(const struct skew *skew, int64_t answered, int64_t wall, int64_t date)
{
	int64_t now = skew->placed ? answered + skew->epoch : wall;

	return instant_max(now - (date + LAST_OF_SECOND), 0);
}

/* Or from its beginning, while that which has told the time was from an end. */
int64_t
skew_age_most(const struct skew *skew, int64_t answered, int64_t wall,
    int64_t date)
{
	int64_t now =
	    skew->placed ? answered + skew->epoch + skew->doubt : wall;

	return instant_max(now - date, 0);
}

bool
skew_explains(const struct skew *skew, int64_t then)
{
	return llabs(skew->measured - then) > EXPLAINS;
}
