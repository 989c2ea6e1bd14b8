/* SPDX-License-Identifier: MIT */
/*
 * aws/token_file: what a platform mounts, and every way in which it can be
 * wrong.
 */
#include "config.h"

#include "aws/token_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "aws/credentials.h"
#include "base/mem.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

static char directory[] = "/tmp/tend-token-XXXXXX";
static char *path;

static int
setup(void **state)
{
	(void)state;
	if (mkdtemp(directory) == NULL)
		return -1;
	path = mem_format("%s/token", directory);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	(void)unlink(path);
	free(path);
	return rmdir(directory);
}

static void
write_token(const char *text, size_t len)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, len, file), len);
	assert_int_equal(fclose(file), 0);
}

/* The error's text must be "VARIABLE: PATH: " and this. */
static void
refused(const char *reason)
{
	struct err err = { "" };
	char *token = token_file_read(path, "AWS_X_FILE", &err);
	char *expected = mem_format("AWS_X_FILE: %s: %s", path, reason);

	assert_null(token);
	assert_string_equal(err.text, expected);
	free(expected);
}

static void
test_taken(void **state)
{
	static const char *const good[] = {
		"eyJh.bGci-_~+/=", "eyJh.bGci-_~+/=\n", "eyJh.bGci-_~+/=\r\n"
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		struct err err = { "" };
		char *token;

		write_token(good[i], strlen(good[i]));
		token = token_file_read(path, "AWS_X_FILE", &err);
		assert_non_null(token);
		assert_string_equal(token, "eyJh.bGci-_~+/=");
		credentials_cleanse(token);
	}
}

static void
test_refused(void **state)
{
	static const struct {
		const char *text;
		size_t len;
		const char *reason;
	} bad[] = {
		{ "", 0, "is empty: a token must be in it" },
		{ "\n", 1, "is empty: a token must be in it" },
		{ "\r\n", 2, "is empty: a token must be in it" },
		{ "a\n\n", 3,
		    "has more than one line in it: a token is one line "
		    "without blanks" },
		{ "a\r\nX: y\n", 8,
		    "has more than one line in it: a token is one line "
		    "without blanks" },
		{ "a b", 3,
		    "has bytes that no token has in it: a token is one line "
		    "without blanks" },
		{ " a", 2,
		    "has bytes that no token has in it: a token is one line "
		    "without blanks" },
		{ "a\0b", 3,
		    "has bytes that no token has in it: a token is one line "
		    "without blanks" },
		{ "\xef\xbb\xbf"
		  "a",
		    4,
		    "has bytes that no token has in it: a token is one line "
		    "without blanks" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		write_token(bad[i].text, bad[i].len);
		refused(bad[i].reason);
	}
}

static void
test_length(void **state)
{
	static char text[200000];
	struct err err = { "" };
	char *token;

	(void)state;
	memset(text, 't', sizeof(text));
	text[TOKEN_FILE_MAX] = '\n';
	write_token(text, TOKEN_FILE_MAX + 1);
	token = token_file_read(path, "AWS_X_FILE", &err);
	assert_non_null(token);
	assert_int_equal(strlen(token), TOKEN_FILE_MAX);
	credentials_cleanse(token);
	text[TOKEN_FILE_MAX] = 't';
	write_token(text, TOKEN_FILE_MAX + 1);
	refused("is over 20000 bytes: it is no token");
	write_token(text, sizeof(text));
	refused("is over 20000 bytes: it is no token");
}

static void
test_no_file(void **state)
{
	(void)state;
	(void)unlink(path);
	refused("No such file or directory");
	assert_int_equal(mkfifo(path, 0600), 0);
	(void)alarm(30);
	refused("is not a regular file");
	(void)alarm(0);
	assert_int_equal(unlink(path), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_taken),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_length),
		cmocka_unit_test(test_no_file),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
