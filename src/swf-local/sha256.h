/* SPDX-License-Identifier: MIT */
/*
 * SHA-256 (FIPS 180-4) and HMAC with it (RFC 2104), for checking signatures.
 *
 * N.B. OpenSSL has both.  Linked for these alone it costs every start of the
 * service 2 ms and half a megabyte, whether signatures are checked or not.
 */
#ifndef SWF_LOCAL_SHA256_H
#define SWF_LOCAL_SHA256_H

#include <stddef.h>
#include <stdint.h>

enum {
	SHA256_BYTES = 32,
	SHA256_BLOCK = 64,
	SHA256_HEX = 2 * SHA256_BYTES + 1
};

struct sha256 {
	uint32_t state[8];
	uint64_t len; /* bytes so far */
	unsigned char block[SHA256_BLOCK];
};

void sha256_init(struct sha256 *sha);
void sha256_add(struct sha256 *sha, const void *data, size_t len);
void sha256_end(struct sha256 *sha, unsigned char digest[SHA256_BYTES]);

/* The digest of "data" in hexadecimal. */
void sha256_hex(const void *data, size_t len, char hex[SHA256_HEX]);

/* HMAC of a string; "digest" may be where the key is. */
void sha256_hmac(const void *key, size_t key_len, const char *text,
    unsigned char digest[SHA256_BYTES]);

/* A digest in hexadecimal. */
void sha256_format(const unsigned char digest[SHA256_BYTES],
    char hex[SHA256_HEX]);

#endif
