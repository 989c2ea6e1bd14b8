/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "tend/bucket.h"

#include "base/instant.h"

/* Of a call. */
enum { PARTS = 1000 };

/* A full one. */
void
bucket_init(struct bucket *bucket, int64_t size, int64_t per_second,
    int64_t now)
{
	*bucket = (struct bucket){
		.size = size * PARTS,
		.per_second = per_second * PARTS,
		.level = size * PARTS,
		.at = now,
	};
}

/* By now; a fill of N calls a second is N parts a millisecond. */
static void
fill(struct bucket *bucket, int64_t now)
{
	int64_t rate = bucket->per_second / PARTS;
	int64_t missing = bucket->size - bucket->level;
	int64_t passed = instant_left(now, bucket->at);

	/* After a long time the product would not fit. */
	if (passed > missing / rate)
		bucket->level = bucket->size;
	else
		bucket->level += passed * rate;
	bucket->at = instant_max(now, bucket->at);
}

/* One call, or when. */
int64_t
bucket_take(struct bucket *bucket, int64_t now)
{
	int64_t rate = bucket->per_second / PARTS;

	fill(bucket, now);
	if (bucket->level >= PARTS) {
		bucket->level -= PARTS;
		return now;
	}
	return now + (PARTS - bucket->level + rate - 1) / rate;
}

/* Nothing left. */
void
bucket_drain(struct bucket *bucket, int64_t now)
{
	fill(bucket, now);
	bucket->level = 0;
}
