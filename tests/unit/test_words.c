/* SPDX-License-Identifier: MIT */
/*
 * text/words: as a shell splits, and nothing that would need one.
 */
#include "config.h"

#include "text/words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

/* Of each text its words, or what the error says. */
static const struct {
	const char *text;
	const char *words[5];
	const char *error;
} rows[] = {
	{ "true", { "true" }, NULL },
	{ "  a \t b\nc ", { "a", "b", "c" }, NULL },
	{ "a 'b c' d", { "a", "b c", "d" }, NULL },
	{ "a 'b\\' c", { "a", "b\\", "c" }, NULL },
	{ "a \"b 'c'\" d", { "a", "b 'c'", "d" }, NULL },
	{ "a \"\\\" \\\\ \\$ \\` \\n\"", { "a", "\" \\ $ ` \\n" }, NULL },
	{ "a\\ b \\\"c\\' \\\\", { "a b", "\"c'", "\\" }, NULL },
	{ "a'b'\"c\"d", { "abcd" }, NULL },
	{ "a '' \"\" b", { "a", "", "", "b" }, NULL },
	{ "sh -c 'a | b > $c'", { "sh", "-c", "a | b > $c" }, NULL },
	{ "a *.c ~ # [x] {1,2} b=c", { "a", "*.c", "~", "#", "[x]" }, NULL },
	{ "a \\| \\$b", { "a", "|", "$b" }, NULL },
	{ "", { NULL }, "there is no command in it" },
	{ " \t", { NULL }, "there is no command in it" },
	{ "a 'b", { NULL }, "a ' is not closed" },
	{ "a \"b", { NULL }, "a \" is not closed" },
	{ "a \"b\\", { NULL }, "a \" is not closed" },
	{ "a \\", { NULL }, "nothing follows the last \\" },
	{ "a | b", { NULL }, "no shell runs this, and |" },
	{ "a & b", { NULL }, "and & means nothing" },
	{ "a;b", { NULL }, "and ; means" },
	{ "a <b", { NULL }, "and < means" },
	{ "a >b", { NULL }, "and > means" },
	{ "(a)", { NULL }, "and ( means" },
	{ "a $b", { NULL }, "and $ means" },
	{ "a \"$b\"", { NULL }, "and $ means" },
	{ "a `b`", { NULL }, "and ` means" },
	{ "a \"`b`\"", { NULL }, "and ` means" },
};

static void
test_rows(void **state)
{
	struct err err;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char **words = words_split(rows[i].text, &err);

		if (rows[i].error != NULL) {
			assert_null(words);
			assert_non_null(strstr(err.text, rows[i].error));
			continue;
		}
		assert_non_null(words);
		for (size_t j = 0;
		     j < ARRAY_SIZE(rows[i].words) && rows[i].words[j] != NULL;
		     j++) {
			assert_non_null(words[j]);
			assert_string_equal(words[j], rows[i].words[j]);
			if (j + 1 < ARRAY_SIZE(rows[i].words) &&
			    rows[i].words[j + 1] == NULL)
				assert_null(words[j + 1]);
		}
		words_free(words);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
	};

	words_free(NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
