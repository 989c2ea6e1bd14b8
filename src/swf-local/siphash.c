/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "swf-local/siphash.h"

struct lanes {
	uint64_t a, b, c, d;
};

static uint64_t
rotate(uint64_t x, int k)
{
	return (x << k) | (x >> (64 - k));
}

static void
rounds(struct lanes *v, int count)
{
	while (count-- > 0) {
		v->a += v->b;
		v->b = rotate(v->b, 13) ^ v->a;
		v->a = rotate(v->a, 32);
		v->c += v->d;
		v->d = rotate(v->d, 16) ^ v->c;
		v->a += v->d;
		v->d = rotate(v->d, 21) ^ v->a;
		v->c += v->b;
		v->b = rotate(v->b, 17) ^ v->c;
		v->c = rotate(v->c, 32);
	}
}

/* Up to 8 bytes as a little-endian word. */
static uint64_t
word(const unsigned char *data, size_t len)
{
	uint64_t result = 0;

	for (size_t i = 0; i < len; i++)
		result |= (uint64_t)data[i] << (8 * i);
	return result;
}

uint64_t
siphash(const struct siphash_key *key, const void *data, size_t len)
{
	const unsigned char *in = data;
	struct lanes v = {
		.a = key->k0 ^ 0x736f6d6570736575,
		.b = key->k1 ^ 0x646f72616e646f6d,
		.c = key->k0 ^ 0x6c7967656e657261,
		.d = key->k1 ^ 0x7465646279746573,
	};
	size_t left = len;
	uint64_t m;

	for (; left >= 8; left -= 8, in += 8) {
		m = word(in, 8);
		v.d ^= m;
		rounds(&v, 2);
		v.a ^= m;
	}
	m = word(in, left) | (uint64_t)(len & 0xff) << 56;
	v.d ^= m;
	rounds(&v, 2);
	v.a ^= m;
	v.c ^= 0xff;
	rounds(&v, 4);
	return v.a ^ v.b ^ v.c ^ v.d;
}
