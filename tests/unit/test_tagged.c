/* SPDX-License-Identifier: MIT */
/*
 * text/tagged: whole lines that say whose they are, whatever the pieces in
 * which they come, in bounded memory.
 */
#include "config.h"

#include "text/tagged.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

enum { ROOM = 1 << 20 };

static const char *flow = "a \"flow\"";

/* Feeds "text" in pieces of "step" bytes, to its end. */
static char *
feed(enum tagged_form form, const char *text, size_t len, size_t step)
{
	struct tagged tagged;
	struct buf out = BUF_INIT(ROOM);

	tagged_init(&tagged, form, "step-7", flow, "stderr");
	(void)buf_string(&out, "");
	while (len > 0) {
		size_t n = step < len ? step : len;

		tagged_feed(&tagged, text, n, "NOW", &out);
		text += n;
		len -= n;
	}
	tagged_end(&tagged, "NOW", &out);
	tagged_clear(&tagged);
	return out.data;
}

static const struct {
	const char *text;
	const char *prefixed;
} rows[] = {
	{ "", "" },
	{ "one", "step-7: one\n" },
	{ "one\n", "step-7: one\n" },
	{ "one\ntwo\nthree", "step-7: one\nstep-7: two\nstep-7: three\n" },
	{ "\n", "step-7: \n" },
	{ "a\n\nb\n", "step-7: a\nstep-7: \nstep-7: b\n" },
	{ "a\r\nb\r\n", "step-7: a\nstep-7: b\n" },
	{ "a\r\n\r\nb", "step-7: a\nstep-7: \nstep-7: b\n" },
	{ "\r\n", "step-7: \n" },
	{ "\r10%\r20%\n", "step-7: 10%\nstep-7: 20%\n" },
	{ "10%\r20%\r", "step-7: 10%\nstep-7: 20%\n" },
	{ "10%\r\r20%", "step-7: 10%\nstep-7: 20%\n" },
	{ "\r\r\n", "step-7: \n" },
	{ "a\r\n\n", "step-7: a\nstep-7: \n" },
	{ "\xff\x1b[1mb\n", "step-7: \xff\x1b[1mb\n" },
};

/* Who names the task says nothing to the terminal, and begins no line. */
static void
test_a_name_with_control_characters(void **state)
{
	struct tagged tagged;
	struct buf out = BUF_INIT(ROOM);

	(void)state;
	tagged_init(&tagged, TAGGED_PREFIX,
	    "\x1b[1m\xc3\xa9\n\xc2\x9b\x7f\xc2\xa0\xf0\x9f\x98\x80", NULL,
	    "stdout");
	tagged_feed(&tagged, "a\x1b\n", 3, "NOW", &out);
	assert_string_equal(out.data,
	    "?[1m\xc3\xa9????\xc2\xa0\xf0\x9f\x98\x80: a\x1b\n");
	tagged_clear(&tagged);
	buf_clear(&out);
}

static void
test_lines_in_any_pieces(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		size_t len = strlen(rows[i].text);

		for (size_t step = 1; step <= len + 1; step++) {
			char *out =
			    feed(TAGGED_PREFIX, rows[i].text, len, step);

			assert_string_equal(out, rows[i].prefixed);
			free(out);
		}
	}
}

static void
test_json(void **state)
{
	static const char text[] = "a \"b\"\n\xff\n\nend";
	char *out = feed(TAGGED_JSON, text, sizeof(text) - 1, 3);

	(void)state;
	assert_string_equal(out,
	    "{\"time\":\"NOW\",\"activityId\":\"step-7\","
	    "\"workflowId\":\"a \\\"flow\\\"\","
	    "\"stream\":\"stderr\",\"line\":\"a \\\"b\\\"\"}\n"
	    "{\"time\":\"NOW\",\"activityId\":\"step-7\","
	    "\"workflowId\":\"a \\\"flow\\\"\","
	    "\"stream\":\"stderr\",\"line\":\"\xef\xbf\xbd\"}\n"
	    "{\"time\":\"NOW\",\"activityId\":\"step-7\","
	    "\"workflowId\":\"a \\\"flow\\\"\","
	    "\"stream\":\"stderr\",\"line\":\"\"}\n"
	    "{\"time\":\"NOW\",\"activityId\":\"step-7\","
	    "\"workflowId\":\"a \\\"flow\\\"\","
	    "\"stream\":\"stderr\",\"line\":\"end\"}\n");
	free(out);
}

/* Joins the lines of "out" without tags and ends; counts them. */
static size_t
join(const char *out, struct buf *joined, size_t *longest)
{
	size_t count = 0;

	*longest = 0;
	for (; *out != '\0'; count++) {
		size_t len = strcspn(out, "\n");
		size_t tag = strlen("step-7: ");

		assert_memory_equal(out, "step-7: ", tag);
		(void)buf_append(joined, out + tag, len - tag);
		if (len - tag > *longest)
			*longest = len - tag;
		out += len + 1;
	}
	return count;
}

static void
test_a_long_line_in_pieces(void **state)
{
	static char text[3 * TAGGED_LINE + 10];
	static const size_t steps[] = { 1, 1000, TAGGED_LINE - 1, TAGGED_LINE,
		TAGGED_LINE + 1, sizeof(text) };

	(void)state;
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (char)('a' + i % 26);
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		struct buf joined = BUF_INIT(ROOM);
		char *out = feed(TAGGED_PREFIX, text, sizeof(text), steps[i]);
		size_t longest;

		assert_int_equal(join(out, &joined, &longest), 4);
		assert_int_equal(longest, TAGGED_LINE);
		assert_int_equal(joined.len, sizeof(text));
		assert_memory_equal(joined.data, text, sizeof(text));
		buf_clear(&joined);
		free(out);
	}
}

/* A line of exactly the bound is one line, and no empty one follows. */
static void
test_a_line_of_the_bound(void **state)
{
	static char text[TAGGED_LINE + 1];
	struct buf joined = BUF_INIT(ROOM);
	size_t longest;
	char *out;

	(void)state;
	memset(text, 'x', TAGGED_LINE);
	text[TAGGED_LINE] = '\n';
	for (size_t step = 4096; step <= sizeof(text); step += 4096) {
		out = feed(TAGGED_PREFIX, text, sizeof(text), step);
		assert_int_equal(join(out, &joined, &longest), 1);
		free(out);
	}
	buf_clear(&joined);
}

static void
test_no_character_is_cut(void **state)
{
	static const char *const characters[] = { "\xc3\xa9", "\xe2\x82\xac",
		"\xf0\x9f\x98\x80" };
	static char text[2 * TAGGED_LINE];

	(void)state;
	for (size_t c = 0; c < ARRAY_SIZE(characters); c++) {
		size_t size = strlen(characters[c]);

		for (size_t shift = 0; shift < size; shift++) {
			size_t len = shift;
			char *out;

			memset(text, 'x', shift);
			for (; len + size <= sizeof(text); len += size)
				memcpy(text + len, characters[c], size);
			out = feed(TAGGED_JSON, text, len, 777);
			assert_null(strstr(out, "\xef\xbf\xbd"));
			free(out);
		}
	}
}

/* Bytes that only look like a character's do not hold a line up. */
static void
test_what_is_no_character_is_cut_anywhere(void **state)
{
	static char text[3 * TAGGED_LINE];
	struct buf joined = BUF_INIT(ROOM);
	size_t longest;
	char *out;

	(void)state;
	memset(text, 0x80, sizeof(text));
	out = feed(TAGGED_PREFIX, text, sizeof(text), 5000);
	(void)join(out, &joined, &longest);
	assert_int_equal(joined.len, sizeof(text));
	buf_clear(&joined);
	free(out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines_in_any_pieces),
		cmocka_unit_test(test_a_name_with_control_characters),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_a_long_line_in_pieces),
		cmocka_unit_test(test_a_line_of_the_bound),
		cmocka_unit_test(test_no_character_is_cut),
		cmocka_unit_test(test_what_is_no_character_is_cut_anywhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
