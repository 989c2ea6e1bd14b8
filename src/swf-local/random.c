/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "swf-local/random.h"

#include <stdio.h>
#include <string.h>

static uint64_t
rotate(uint64_t x, int k)
{
	return (x << k) | (x >> (64 - k));
}

/* SplitMix64 spreads one word over the whole state. */
void
random_seed(struct random *random, uint64_t seed)
{
	for (int i = 0; i < 4; i++) {
		uint64_t z;

		seed += 0x9e3779b97f4a7c15;
		z = seed;
		z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
		z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
		random->state[i] = z ^ (z >> 31);
	}
}

uint64_t
random_next(struct random *random)
{
	uint64_t *s = random->state;
	uint64_t result = rotate(s[1] * 5, 7) * 9;
	uint64_t t = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = rotate(s[3], 45);
	return result;
}

double
random_unit(struct random *random)
{
	return (double)(random_next(random) >> 11) * 0x1.0p-53;
}

void
random_fill(struct random *random, void *data, size_t len)
{
	unsigned char *to = data;

	while (len > 0) {
		uint64_t word = random_next(random);
		size_t n = len < sizeof(word) ? len : sizeof(word);

		memcpy(to, &word, n);
		to += n;
		len -= n;
	}
}

void
random_uuid(struct random *random, char text[UUID_TEXT])
{
	uint64_t a = random_next(random);
	uint64_t b = random_next(random);

	(void)snprintf(text, UUID_TEXT, "%08x-%04x-4%03x-%04x-%012llx",
	    (unsigned)(a >> 32), (unsigned)(a >> 16) & 0xffff,
	    (unsigned)a & 0xfff, 0x8000 | ((unsigned)(b >> 48) & 0x3fff),
	    (unsigned long long)b & 0xffffffffffff);
}
