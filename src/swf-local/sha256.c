/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "swf-local/sha256.h"

#include <string.h>

enum { ROUNDS = 64, LENGTH_BYTES = 8 };

/* The first 32 bits of the fractions of the first 64 primes' cube roots. */
static const uint32_t constants[ROUNDS] = { 0x428a2f98, 0x71374491, 0xb5c0fbcf,
	0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98,
	0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7,
	0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f,
	0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8,
	0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85,
	0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e,
	0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819,
	0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c,
	0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3, 0x748f82ee,
	0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
	0xc67178f2 };

static uint32_t
rotate(uint32_t x, int n)
{
	return x >> n | x << (32 - n);
}

/* The block's 16 words, and 48 more made from them. */
static void
expand(const unsigned char *block, uint32_t w[ROUNDS])
{
	for (int i = 0; i < 16; i++)
		w[i] = (uint32_t)block[4 * i] << 24 |
		       (uint32_t)block[4 * i + 1] << 16 |
		       (uint32_t)block[4 * i + 2] << 8 |
		       (uint32_t)block[4 * i + 3];
	for (int i = 16; i < ROUNDS; i++) {
		uint32_t a = w[i - 15], b = w[i - 2];

		w[i] = w[i - 16] + w[i - 7] +
		       (rotate(a, 7) ^ rotate(a, 18) ^ a >> 3) +
		       (rotate(b, 17) ^ rotate(b, 19) ^ b >> 10);
	}
}

static void
compress(struct sha256 *sha)
{
	uint32_t w[ROUNDS];
	uint32_t s[8]; /* a to h */

	expand(sha->block, w);
	memcpy(s, sha->state, sizeof(s));
	for (int i = 0; i < ROUNDS; i++) {
		uint32_t a = s[0], e = s[4];
		uint32_t one = s[7] + constants[i] + w[i] +
			       (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) +
			       ((e & s[5]) ^ (~e & s[6]));
		uint32_t two = (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) +
			       ((a & s[1]) ^ (a & s[2]) ^ (s[1] & s[2]));

		memmove(s + 1, s, 7 * sizeof(s[0]));
		s[4] += one;
		s[0] = one + two;
	}
	for (int i = 0; i < 8; i++)
		sha->state[i] += s[i];
	explicit_bzero(w, sizeof(w));
}

void
sha256_init(struct sha256 *sha)
{
	*sha = (struct sha256){ .state = { 0x6a09e667, 0xbb67ae85, 0x3c6ef372,
				    0xa54ff53a, 0x510e527f, 0x9b05688c,
				    0x1f83d9ab, 0x5be0cd19 } };
}

void
sha256_add(struct sha256 *sha, const void *data, size_t len)
{
	const unsigned char *from = data;

	while (len > 0) {
		size_t have = sha->len % SHA256_BLOCK;
		size_t n =
		    SHA256_BLOCK - have < len ? SHA256_BLOCK - have : len;

		memcpy(sha->block + have, from, n);
		sha->len += n;
		from += n;
		len -= n;
		if (sha->len % SHA256_BLOCK == 0)
			compress(sha);
	}
}

void
sha256_end(struct sha256 *sha, unsigned char digest[SHA256_BYTES])
{
	static const unsigned char padding[SHA256_BLOCK] = { 0x80 };
	unsigned char length[LENGTH_BYTES];
	uint64_t bits = sha->len * 8;
	size_t have = (sha->len + LENGTH_BYTES) % SHA256_BLOCK;

	for (int i = 0; i < LENGTH_BYTES; i++)
		length[i] = (unsigned char)(bits >> (56 - 8 * i));
	sha256_add(sha, padding, SHA256_BLOCK - have);
	sha256_add(sha, length, sizeof(length));
	for (size_t i = 0; i < SHA256_BYTES; i++)
		digest[i] =
		    (unsigned char)(sha->state[i / 4] >> (24 - i % 4 * 8));
	explicit_bzero(sha, sizeof(*sha));
}

void
sha256_format(const unsigned char digest[SHA256_BYTES], char hex[SHA256_HEX])
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < SHA256_BYTES; i++) {
		hex[2 * i] = digits[digest[i] >> 4];
		hex[2 * i + 1] = digits[digest[i] & 15];
	}
	hex[SHA256_HEX - 1] = '\0';
}

void
sha256_hex(const void *data, size_t len, char hex[SHA256_HEX])
{
	unsigned char digest[SHA256_BYTES];
	struct sha256 sha;

	sha256_init(&sha);
	sha256_add(&sha, data, len);
	sha256_end(&sha, digest);
	sha256_format(digest, hex);
}

/* One of the two halves: the hash of (key ^ pad), then data. */
static void
hash_padded(const unsigned char key[SHA256_BLOCK], unsigned char pad,
    const void *data, size_t len, unsigned char digest[SHA256_BYTES])
{
	unsigned char block[SHA256_BLOCK];
	struct sha256 sha;

	for (size_t i = 0; i < SHA256_BLOCK; i++)
		block[i] = key[i] ^ pad;
	sha256_init(&sha);
	sha256_add(&sha, block, sizeof(block));
	sha256_add(&sha, data, len);
	sha256_end(&sha, digest);
	explicit_bzero(block, sizeof(block));
}

void
sha256_hmac(const void *key, size_t key_len, const char *text,
    unsigned char digest[SHA256_BYTES])
{
	unsigned char padded[SHA256_BLOCK] = { 0 };
	unsigned char inner[SHA256_BYTES];
	struct sha256 sha;

	if (key_len <= SHA256_BLOCK) {
		memcpy(padded, key, key_len);
	} else {
		sha256_init(&sha);
		sha256_add(&sha, key, key_len);
		sha256_end(&sha, padded);
	}
	hash_padded(padded, 0x36, text, strlen(text), inner);
	hash_padded(padded, 0x5c, inner, sizeof(inner), digest);
	explicit_bzero(padded, sizeof(padded));
	explicit_bzero(inner, sizeof(inner));
}
