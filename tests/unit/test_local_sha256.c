/* SPDX-License-Identifier: MIT */
/*
 * SHA-256 by the vectors of FIPS 180-4 and HMAC by those of RFC 4231; around
 * the ends of blocks OpenSSL is the judge.
 */
#include "config.h"

#include "swf-local/sha256.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/evp.h>

static void
test_known_digests(void **state)
{
	static const struct {
		const char *text;
		const char *hex;
	} rows[] = {
		{ "",
		    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b78"
		    "52b855" },
		{ "abc",
		    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f2"
		    "0015ad" },
		{ "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
		    "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419"
		    "db06c1" },
	};
	char hex[SHA256_HEX];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		sha256_hex(rows[i].text, strlen(rows[i].text), hex);
		assert_string_equal(hex, rows[i].hex);
	}
}

static void
test_every_length_in_every_cut(void **state)
{
	unsigned char data[200], ours[SHA256_BYTES], theirs[SHA256_BYTES];
	struct sha256 sha;

	(void)state;
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (unsigned char)(i * 7);
	for (size_t len = 0; len <= sizeof(data); len++) {
		sha256_init(&sha);
		sha256_add(&sha, data, len / 3);
		sha256_add(&sha, data + len / 3, len - len / 3);
		sha256_end(&sha, ours);
		assert_int_equal(EVP_Digest(data, len, theirs, NULL,
				     EVP_sha256(), NULL),
		    1);
		assert_memory_equal(ours, theirs, sizeof(ours));
	}
}

static void
test_hmac(void **state)
{
	unsigned char key[131], digest[SHA256_BYTES];
	char hex[SHA256_HEX];

	(void)state;
	sha256_hmac("Jefe", 4, "what do ya want for nothing?", digest);
	sha256_format(digest, hex);
	assert_string_equal(hex,
	    "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
	memset(key, 0xaa, sizeof(key));
	sha256_hmac(key, sizeof(key),
	    "Test Using Larger Than Block-Size Key - Hash Key First", digest);
	sha256_format(digest, hex);
	assert_string_equal(hex,
	    "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known_digests),
		cmocka_unit_test(test_every_length_in_every_cut),
		cmocka_unit_test(test_hmac),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
