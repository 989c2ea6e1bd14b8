/* SPDX-License-Identifier: MIT */
/*
 * Numbers that nobody guesses by accident: run ids, request ids, the odds of
 * an injected fault.  xoshiro256**, seeded by the caller, so that a test gets
 * the same numbers again.  Not for secrets.
 */
#ifndef SWF_LOCAL_RANDOM_H
#define SWF_LOCAL_RANDOM_H

#include <stddef.h>
#include <stdint.h>

struct random {
	uint64_t state[4];
};

void random_seed(struct random *random, uint64_t seed);
uint64_t random_next(struct random *random);

/* Uniform in [0, 1). */
double random_unit(struct random *random);

void random_fill(struct random *random, void *data, size_t len);

/* A random UUID of version 4, as text. */
enum { UUID_TEXT = 37 };
void random_uuid(struct random *random, char text[UUID_TEXT]);

#endif
