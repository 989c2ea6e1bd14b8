/* SPDX-License-Identifier: MIT */
/*
 * Chance for jitter, as a pure function of a state that its owner keeps: the
 * same seed gives the same numbers.  Nothing secret may depend on it.
 */
#ifndef BASE_CHANCE_H
#define BASE_CHANCE_H

#include <stdint.h>

/* splitmix64: any seed will do, and each step is one addition. */
static inline uint64_t
chance_next(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

/* From "least" to "most", both included. */
static inline int64_t
chance_between(uint64_t *state, int64_t least, int64_t most)
{
	return least +
	       (int64_t)(chance_next(state) % (uint64_t)(most - least + 1));
}

#endif
