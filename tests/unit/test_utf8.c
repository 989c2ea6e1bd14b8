/* SPDX-License-Identifier: MIT */
/*
 * text/utf8: repair as the Unicode standard has it, lengths in UTF-16 units,
 * cuts between characters.  text/tail: the last bytes, whatever the pieces.
 */
#include "config.h"

#include "text/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "text/tail.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

#define R        "\xef\xbf\xbd" /* U+FFFD */
#define BYTES(s) s, sizeof(s) - 1

struct repair {
	const char *data;
	size_t len;
	const char *text;
};

static const struct repair repairs[] = {
	{ BYTES(""), "" },
	{ BYTES("plain"), "plain" },
	{ BYTES("a\0b"), "a" R "b" },
	{ BYTES("\0"), R },
	{ BYTES("tab\tnl\n\x01\x7f"), "tab\tnl\n\x01\x7f" },
	/* The ends of each length. */
	{ BYTES("\xc2\x80\xdf\xbf"), "\xc2\x80\xdf\xbf" },
	{ BYTES("\xe0\xa0\x80\xef\xbf\xbf"), "\xe0\xa0\x80\xef\xbf\xbf" },
	{ BYTES("\xed\x9f\xbf\xee\x80\x80"), "\xed\x9f\xbf\xee\x80\x80" },
	{ BYTES("\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"),
	    "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf" },
	/* Lone continuation bytes, bytes that never occur. */
	{ BYTES("\x80"), R },
	{ BYTES("\xbf\x80x"), R R "x" },
	{ BYTES("\xfe\xff"), R R },
	{ BYTES("\xf8\x88\x80\x80\x80"), R R R R R },
	/* Overlong. */
	{ BYTES("\xc0\x80"), R R },
	{ BYTES("\xc0\xaf"), R R },
	{ BYTES("\xc1\xbf"), R R },
	{ BYTES("\xe0\x80\xaf"), R R R },
	{ BYTES("\xe0\x9f\xbf"), R R R },
	{ BYTES("\xf0\x80\x80\xaf"), R R R R },
	{ BYTES("\xf0\x8f\xbf\xbf"), R R R R },
	/* Surrogates, and over U+10FFFF. */
	{ BYTES("\xed\xa0\x80"), R R R },
	{ BYTES("\xed\xbf\xbf"), R R R },
	{ BYTES("\xf4\x90\x80\x80"), R R R R },
	{ BYTES("\xf5\x80\x80\x80"), R R R R },
	/* Cut off: one replacement for what could have gone on. */
	{ BYTES("\xc3"), R },
	{ BYTES("\xe2\x82"), R },
	{ BYTES("\xf0\x9f\x98"), R },
	{ BYTES("\xf0\x9f"), R },
	{ BYTES("\xc3(\xe2\x82(\xf0\x9f\x98("), R "(" R "(" R "(" },
	{ BYTES("\xe2\xc3\xa9"), R "\xc3\xa9" },
	{ BYTES("\xf0\x9f\xe2\x82\xac"), R "\xe2\x82\xac" },
	/* The standard's own examples (tables 3-8 to 3-11). */
	{ BYTES("\xc0\xaf\xe0\x80\xbf\xf0\x81\x82\x41"), R R R R R R R R "A" },
	{ BYTES("\xed\xa0\x80\xed\xbf\xbf\xed\xaf\x41"), R R R R R R R R "A" },
	{ BYTES("\xf4\x91\x92\x93\xff\x41\x80\xbf\x42"),
	    R R R R R "A" R R "B" },
	{ BYTES("\xe1\x80\xe2\xf0\x91\x92\xf1\xbf\x41"), R R R R "A" },
};

static void
test_repairs(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(repairs); i++) {
		struct buf out = BUF_INIT(100);
		bool same = repairs[i].len == strlen(repairs[i].text) &&
			    memcmp(repairs[i].data, repairs[i].text,
				repairs[i].len) == 0;

		assert_int_equal(buf_string(&out, "<"), 0);
		assert_int_equal(utf8_repair(&out, repairs[i].data,
				     repairs[i].len),
		    0);
		if (strcmp(out.data + 1, repairs[i].text) != 0 ||
		    out.len - 1 != strlen(repairs[i].text))
			fail_msg("row %zu: '%s'", i, out.data + 1);
		assert_true(utf8_valid(out.data, out.len));
		assert_int_equal(utf8_valid(repairs[i].data, repairs[i].len),
		    same);
		buf_clear(&out);
	}
}

/* Any two or three bytes become valid text, and valid text stays. */
static void
test_repairs_all_short_sequences(void **state)
{
	struct buf out = BUF_INIT(64), again = BUF_INIT(64);

	(void)state;
	for (unsigned int n = 0; n < 1u << 20; n++) {
		unsigned char data[4] = { 0xe0 | (n >> 16 & 0x1f),
			n >> 8 & 0xff, n & 0xff, 'x' };

		buf_reset(&out);
		buf_reset(&again);
		assert_int_equal(utf8_repair(&out, data, 4), 0);
		if (!utf8_valid(out.data, out.len) ||
		    out.data[out.len - 1] != 'x')
			fail_msg("%02x %02x %02x", data[0], data[1], data[2]);
		assert_int_equal(utf8_repair(&again, out.data, out.len), 0);
		assert_string_equal(again.data, out.data);
	}
	buf_clear(&out);
	buf_clear(&again);
}

static void
test_repair_refuses_whole(void **state)
{
	struct buf out = BUF_INIT(5);

	(void)state;
	assert_int_equal(buf_string(&out, "ab"), 0);
	assert_int_equal(utf8_repair(&out, "\xff\xff", 2), -1);
	assert_string_equal(out.data, "ab");
	assert_int_equal(utf8_repair(&out, "x\xff", 2), -1);
	assert_string_equal(out.data, "ab");
	assert_int_equal(utf8_repair(&out, "\xff", 1), 0);
	assert_string_equal(out.data, "ab" R);
	buf_clear(&out);
}

#define E     "\xc3\xa9"         /* 1 unit, 2 bytes */
#define EURO  "\xe2\x82\xac"     /* 1 unit, 3 bytes */
#define SMILE "\xf0\x9f\x98\x80" /* 2 units, 4 bytes */

static void
test_counts_utf16_units(void **state)
{
	static const struct {
		const char *text;
		size_t units;
	} rows[] = { { "", 0 }, { "abc", 3 }, { E, 1 }, { EURO, 1 },
		{ SMILE, 2 }, { "a" E EURO SMILE "z", 6 },
		{ "\xef\xbf\xbf", 1 }, { "\xf0\x90\x80\x80", 2 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_int_equal(utf8_units(rows[i].text, strlen(rows[i].text)),
		    rows[i].units);
}

struct cut {
	const char *text;
	size_t units;
	const char *head;
	const char *tail;
};

static const struct cut cuts[] = {
	{ "", 0, "", "" },
	{ "", 5, "", "" },
	{ "abc", 3, "abc", "abc" },
	{ "abcd", 4, "abcd", "abcd" },
	{ "abcde", 4, "a...", "...e" },
	{ "abcd", 3, "...", "..." },
	{ "abcd", 2, "ab", "cd" },
	{ "abcd", 0, "", "" },
	{ E E E E E, 5, E E E E E, E E E E E },
	{ E E E E E E, 5, E E "...", "..." E E },
	{ EURO "bcdef", 5, EURO "b...", "...ef" },
	/* A pair of units is never split: one less then. */
	{ SMILE SMILE SMILE, 6, SMILE SMILE SMILE, SMILE SMILE SMILE },
	{ SMILE SMILE SMILE, 5, SMILE "...", "..." SMILE },
	{ "a" SMILE SMILE "z", 5, "a...", "...z" },
	{ SMILE SMILE SMILE, 4, "...", "..." },
	{ SMILE "a", 1, "", "a" },
	{ "a" SMILE, 1, "a", "" },
};

static void
test_cuts_between_characters(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cuts); i++) {
		struct buf head = BUF_INIT(100), tail = BUF_INIT(100);
		size_t len = strlen(cuts[i].text);

		assert_int_equal(utf8_cut(&head, cuts[i].text, len,
				     cuts[i].units, UTF8_HEAD),
		    0);
		assert_int_equal(utf8_cut(&tail, cuts[i].text, len,
				     cuts[i].units, UTF8_TAIL),
		    0);
		assert_string_equal(head.data, cuts[i].head);
		assert_string_equal(tail.data, cuts[i].tail);
		assert_true(utf8_units(head.data, head.len) <= cuts[i].units);
		assert_true(utf8_valid(head.data, head.len));
		assert_true(utf8_valid(tail.data, tail.len));
		buf_clear(&head);
		buf_clear(&tail);
	}
}

/* The largest fields of SWF, filled with the widest text. */
static void
test_cuts_at_the_service_limits(void **state)
{
	static const size_t limits[] = { 256, 2048, 32768 };
	static const char *const chars[] = { "x", E, EURO, SMILE };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(limits); i++) {
		for (size_t c = 0; c < ARRAY_SIZE(chars); c++) {
			struct buf text = BUF_INIT(400000);
			struct buf out = BUF_INIT(400000);

			for (size_t n = 0; n < limits[i] + 1; n++)
				(void)buf_string(&text, chars[c]);
			assert_int_equal(utf8_cut(&out, text.data, text.len,
					     limits[i], UTF8_HEAD),
			    0);
			assert_true(utf8_valid(out.data, out.len));
			assert_in_range(utf8_units(out.data, out.len),
			    limits[i] - 1, limits[i]);
			assert_true(out.len <= limits[i] * UTF8_BYTES_PER_UNIT);
			assert_string_equal(out.data + out.len - 3, "...");
			buf_clear(&text);
			buf_clear(&out);
		}
	}
}

static void
test_tail_keeps_the_end(void **state)
{
	static const char text[] = "abcdefghijklmnopqrstuvwxyz";
	enum { LEN = sizeof(text) - 1 };

	(void)state;
	for (size_t size = 0; size <= LEN + 2; size++) {
		for (size_t piece = 1; piece <= LEN; piece++) {
			struct tail tail;
			struct buf out = BUF_INIT(LEN);
			size_t kept = size < LEN ? size : LEN;

			tail_init(&tail, size);
			assert_int_equal(tail_read(&tail, &out), 0);
			assert_int_equal(out.len, 0);
			for (size_t at = 0; at < LEN; at += piece)
				tail_feed(&tail, text + at,
				    LEN - at < piece ? LEN - at : piece);
			assert_int_equal(tail_len(&tail), kept);
			assert_int_equal(tail_forgotten(&tail), LEN - kept);
			assert_int_equal(tail_read(&tail, &out), 0);
			assert_string_equal(out.data, text + LEN - kept);
			if (kept > 0)
				assert_int_equal(
				    tail_read(&tail,
					&(struct buf)BUF_INIT(kept - 1)),
				    -1);
			tail_clear(&tail);
			buf_clear(&out);
		}
	}
}

/* Bytes that were cut out of a stream: "whole" of them end well, "rest" of
 * them belong to what was before. */
static const struct {
	const char *data;
	size_t whole;
	size_t rest;
} pieces[] = {
	{ "", 0, 0 },
	{ "a", 1, 0 },
	{ E, 2, 0 },
	{ "a\xc3", 1, 0 },
	{ "\xc3", 0, 0 },
	{ "a" EURO, 4, 0 },
	{ "a\xe2\x82", 1, 0 },
	{ "a\xe2", 1, 0 },
	{ "a" SMILE, 5, 0 },
	{ "a\xf0\x9f\x98", 1, 0 },
	{ "a\xf0\x9f", 1, 0 },
	{ "a\xf0", 1, 0 },
	{ "\xa9z", 2, 1 },
	{ "\x82\xac" EURO, 5, 2 },
	{ "\x9f\x98\x80" E, 5, 3 },
	/* What is no UTF-8 is cut anywhere. */
	{ "\xa9\xa9\xa9\xa9\xa9", 5, 3 },
	{ "\xc3z", 2, 0 },
};

static void
test_finds_what_was_cut_off(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(pieces); i++) {
		const char *data = pieces[i].data;

		assert_int_equal(utf8_whole(data, strlen(data)),
		    pieces[i].whole);
		assert_int_equal(utf8_rest(data, strlen(data)), pieces[i].rest);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_repairs),
		cmocka_unit_test(test_repairs_all_short_sequences),
		cmocka_unit_test(test_repair_refuses_whole),
		cmocka_unit_test(test_counts_utf16_units),
		cmocka_unit_test(test_cuts_between_characters),
		cmocka_unit_test(test_cuts_at_the_service_limits),
		cmocka_unit_test(test_tail_keeps_the_end),
		cmocka_unit_test(test_finds_what_was_cut_off),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
