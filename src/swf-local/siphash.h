/* SPDX-License-Identifier: MIT */
/*
 * SipHash-2-4: a keyed hash, short and fast.  Names come from outside, so a
 * table keyed by a plain hash could be made slow on purpose; and a token is
 * ours only if its check says so.
 */
#ifndef SWF_LOCAL_SIPHASH_H
#define SWF_LOCAL_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

struct siphash_key {
	uint64_t k0, k1;
};

uint64_t siphash(const struct siphash_key *key, const void *data, size_t len);

#endif
