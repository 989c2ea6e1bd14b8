/* SPDX-License-Identifier: MIT */
/*
 * swf-local/token, siphash: what is written is read, nothing else is; base64
 * and the hash by the vectors of their authors.
 */
#include "config.h"

#include "swf-local/token.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct siphash_key secret = { 0x0706050403020100,
	0x0f0e0d0c0b0a0908 };

static const struct token sample = {
	.kind = TOKEN_ACTIVITY,
	.task = 12345678901234567,
	.execution = 3,
	.scheduled = 25000,
};

/* RFC 4648, section 10. */
static void
test_base64(void **state)
{
	static const char *const rows[][2] = {
		{ "", "" },
		{ "f", "Zg==" },
		{ "fo", "Zm8=" },
		{ "foo", "Zm9v" },
		{ "foob", "Zm9vYg==" },
		{ "fooba", "Zm9vYmE=" },
		{ "foobar", "Zm9vYmFy" },
	};
	char text[16], back[16];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t len = strlen(rows[i][0]);

		base64_encode(rows[i][0], len, text);
		assert_string_equal(text, rows[i][1]);
		assert_int_equal(base64_decode(text, back, len), 0);
		assert_memory_equal(back, rows[i][0], len);
	}
	assert_int_equal(base64_decode("Zh==", back, 1), -1);
	assert_int_equal(base64_decode("Zg=A", back, 1), -1);
	assert_int_equal(base64_decode("Zg=", back, 1), -1);
	assert_int_equal(base64_decode("Z===", back, 1), -1);
	assert_int_equal(base64_decode("Zm 9", back, 3), -1);
	assert_int_equal(base64_decode("Zm9v", back, 2), -1);
}

/* Appendix A of the paper, and two of the reference vectors. */
static void
test_siphash(void **state)
{
	unsigned char data[15];

	(void)state;
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (unsigned char)i;
	assert_true(siphash(&secret, data, 15) == 0xa129ca6149be45e5);
	assert_true(siphash(&secret, data, 0) == 0x726fdb47dd0e0e31);
	assert_true(siphash(&secret, data, 8) == 0x93f5f5799a932462);
}

static void
test_a_task_token_has_the_form_of_a_real_one(void **state)
{
	char text[TOKEN_TEXT], again[TOKEN_TEXT];

	(void)state;
	token_write(&secret, &sample, text);
	assert_int_equal(strlen(text), 576);
	assert_int_equal(strncmp(text, "AAAAKgAAAAEAAAAAAAAA", 20), 0);
	assert_non_null(strchr(text, '+'));
	assert_non_null(strchr(text, '/'));
	assert_int_equal(text[575], '=');
	token_write(&secret, &sample, again);
	assert_string_equal(text, again);
}

static void
test_what_is_written_is_read(void **state)
{
	const struct token page = {
		.kind = TOKEN_PAGE,
		.task = 0,
		.execution = 1,
		.next = 1001,
		.last = 25000,
		.expires = 1795346866403,
		.query = 1,
	};
	char text[TOKEN_TEXT];
	struct token back;

	(void)state;
	token_write(&secret, &sample, text);
	assert_int_equal(token_read(&secret, text, TOKEN_ACTIVITY, &back), 0);
	assert_true(back.kind == sample.kind && back.task == sample.task &&
		    back.execution == sample.execution &&
		    back.scheduled == sample.scheduled);
	token_write(&secret, &page, text);
	assert_int_equal(strlen(text), PAGE_TEXT - 1);
	assert_int_equal(token_read(&secret, text, TOKEN_PAGE, &back), 0);
	assert_true(back.next == page.next && back.last == page.last &&
		    back.expires == page.expires && back.query == 1);
}

static void
test_nothing_else_is(void **state)
{
	const struct siphash_key other = { 1, 2 };
	char text[TOKEN_TEXT];
	struct token back;

	(void)state;
	token_write(&secret, &sample, text);
	assert_int_equal(token_read(&other, text, TOKEN_ACTIVITY, &back), -1);
	assert_int_equal(token_read(&secret, text, TOKEN_DECISION, &back), -1);
	assert_int_equal(token_read(&secret, text, TOKEN_PAGE, &back), -1);
	assert_int_equal(token_read(&secret, "", TOKEN_ACTIVITY, &back), -1);
	for (size_t i = 0; i + 1 < TOKEN_TEXT; i++) {
		char was = text[i];

		text[i] = was == 'A' ? 'B' : 'A';
		assert_int_equal(token_read(&secret, text, TOKEN_ACTIVITY,
				     &back),
		    -1);
		text[i] = was;
	}
	text[572] = '\0';
	assert_int_equal(token_read(&secret, text, TOKEN_ACTIVITY, &back), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_base64),
		cmocka_unit_test(test_siphash),
		cmocka_unit_test(test_a_task_token_has_the_form_of_a_real_one),
		cmocka_unit_test(test_what_is_written_is_read),
		cmocka_unit_test(test_nothing_else_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
