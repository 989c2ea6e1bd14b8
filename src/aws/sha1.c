/* SPDX-License-Identifier: MIT */
/* The plain function, for the reason that sigv4.c has. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "config.h"

#include "aws/sha1.h"

#include <openssl/sha.h>

/* Of anything. */
void
sha1_hex(const void *data, size_t len, char text[SHA1_TEXT])
{
	static const char digits[] = "0123456789abcdef";
	unsigned char digest[SHA_DIGEST_LENGTH];

	(void)SHA1(data, len, digest);
	for (size_t i = 0; i < sizeof(digest); i++) {
		text[2 * i] = digits[digest[i] >> 4];
		text[2 * i + 1] = digits[digest[i] & 15];
	}
	text[SHA1_TEXT - 1] = '\0';
}
