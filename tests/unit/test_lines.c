/* SPDX-License-Identifier: MIT */
/*
 * text/lines: every table row is split whole and in pieces of each size, and
 * must come out the same.
 */
#include "config.h"

#include "text/lines.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

struct row {
	const char *data;
	const char *lines; /* each in <>; the last without an end in () */
};

#define ESC "\033"

static const struct row rows[] = {
	{ "", "" },
	{ "a", "(a)" },
	{ "a\n", "<a>" },
	{ "a\r", "<a>" },
	{ "a\r\n", "<a>" },
	{ "a\n\r", "<a><>" },
	{ "a\r\r\nb", "<a><>(b)" },
	{ "\n\n", "<><>" },
	{ "\r\r", "<><>" },
	{ "\r\n\r\n", "<><>" },
	{ "\n\r\n", "<><>" },
	{ "a\nb\rc\r\nd", "<a><b><c>(d)" },
	{ "\r10%\r20%", "<><10%>(20%)" },
	{ "10%\r20%\r", "<10%><20%>" },
	{ " a \n\tb", "< a >(\tb)" },
	/* CSI. */
	{ ESC "[31mred" ESC "[0m\n", "<red>" },
	{ "a" ESC "[1;31;48:2:1:2:3mb\n", "<ab>" },
	{ ESC "[?25l" ESC "[2K" ESC "[1Ga\n", "<a>" },
	{ ESC "[>4;2m" ESC "[!p" ESC "[ qb\n", "<b>" },
	{ ESC "[K\n", "<>" },
	{ ESC "[31", "()" },
	/* OSC and the other control strings, to BEL or ST. */
	{ ESC "]0;title\007a\n", "<a>" },
	{ ESC "]8;;http://x/" ESC "\\link" ESC "]8;;" ESC "\\\n", "<link>" },
	{ ESC "Pq#0" ESC "\\a" ESC "Xs" ESC "\\b" ESC "^p" ESC "\\c" ESC
	      "_d" ESC "\\e\n",
	    "<abce>" },
	{ ESC "]0;a" ESC "[31mb\007c\n", "<b\007c>" },
	/* Two bytes, and with intermediates. */
	{ ESC "7a" ESC "8" ESC "Mb" ESC "=c" ESC "cd\n", "<abcd>" },
	{ ESC "(Ba" ESC "#8b" ESC "%Gc\n", "<abc>" },
	{ ESC ESC "[1ma\n", "<a>" },
	/* Broken off by a byte that cannot be theirs. */
	{ ESC "[31\001a\n", "<\001a>" },
	{ ESC "[\303\251m\n", "<\303\251m>" },
	{ ESC "\303\251\n", "<\303\251>" },
	{ ESC "[12" ESC "[3mx\n", "<x>" },
	/* A line end ends a sequence. */
	{ ESC "[31\nmred\n", "<><mred>" },
	{ ESC "]0;title\nb\007c\n", "<><b\007c>" },
	{ "a" ESC "\rb\n", "<a><b>" },
	{ ESC "]0;t" ESC "\r\n\\b\n", "<><\\b>" },
	{ ESC, "()" },
};

static void
note(struct buf *out, const struct lines *lines, const char *brackets)
{
	(void)buf_append(out, brackets, 1);
	(void)buf_append(out, lines->text.data, lines->text.len);
	(void)buf_append(out, brackets + 1, 1);
}

/* Splits "data" in pieces of "piece" bytes and writes the lines down. */
static void
split(struct buf *out, const char *data, size_t len, size_t piece, size_t max)
{
	struct lines lines;

	lines_init(&lines, max);
	(void)buf_string(out, "");
	while (len > 0) {
		/* A copy of its own, so that a sanitizer sees its end. */
		size_t n = len < piece ? len : piece, left = n;
		char *copy = malloc(n);
		const char *rest = copy;

		assert_non_null(copy);
		memcpy(copy, data, n);
		while (lines_next(&lines, &rest, &left))
			note(out, &lines, "<>");
		assert_int_equal(left, 0);
		free(copy);
		data += n;
		len -= n;
	}
	if (lines_end(&lines))
		note(out, &lines, "()");
	assert_false(lines_end(&lines));
	lines_clear(&lines);
}

static void
test_splits_in_pieces_of_any_size(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		size_t len = strlen(rows[i].data);

		for (size_t piece = 1; piece <= len + 1; piece++) {
			struct buf out = BUF_INIT(1000);

			split(&out, rows[i].data, len, piece, 100);
			if (strcmp(out.data, rows[i].lines) != 0)
				fail_msg("row %zu in %zus: %s", i, piece,
				    out.data);
			buf_clear(&out);
		}
	}
}

static void
test_nul_is_a_byte(void **state)
{
	struct buf out = BUF_INIT(100);

	(void)state;
	split(&out, "a\0b\n\0", 5, 2, 100);
	assert_int_equal(out.len, 8);
	assert_memory_equal(out.data, "<a\0b>(\0)", 8);
	buf_clear(&out);
}

static void
test_keeps_the_beginning_of_long_lines(void **state)
{
	const char *text = "abc" ESC "[1mdefghij" ESC "[0m\nk\nlmnopqrs";

	(void)state;
	for (size_t piece = 1; piece < 40; piece++) {
		struct buf out = BUF_INIT(100);

		split(&out, text, strlen(text), piece, 5);
		assert_string_equal(out.data, "<abcde><k>(lmnop)");
		buf_clear(&out);
	}
}

static void
test_endless_line_takes_no_memory(void **state)
{
	enum { PIECE = 65536, KEPT = 4096 };
	static char data[PIECE];
	struct lines lines;

	(void)state;
	memset(data, 'x', sizeof(data));
	lines_init(&lines, KEPT);
	for (int i = 0; i < 1024; i++) {
		const char *rest = data;
		size_t left = sizeof(data);

		assert_false(lines_next(&lines, &rest, &left));
	}
	assert_int_equal(lines.text.len, KEPT);
	assert_true(lines.text.cap <= KEPT + 1);
	assert_true(lines_end(&lines));
	lines_clear(&lines);
}

/* Positions around the size of the blocks that are searched. */
static void
test_finds_ends_anywhere(void **state)
{
	enum { LEN = 1600 };
	static char data[LEN];

	(void)state;
	memset(data, 'x', sizeof(data));
	assert_int_equal(lines_last(data, 0), 0);
	assert_int_equal(lines_last(data, LEN), 0);
	for (size_t at = 0; at < LEN; at++) {
		for (int kind = 0; kind < 2; kind++) {
			struct lines lines;
			const char *rest = data;
			size_t left = LEN;

			data[at] = kind == 0 ? '\n' : '\r';
			/* An older end of the other kind. */
			if (at > 2)
				data[at / 2] = kind == 0 ? '\r' : '\n';
			assert_int_equal(lines_last(data, LEN), at + 1);
			lines_init(&lines, LEN);
			assert_true(lines_next(&lines, &rest, &left));
			assert_int_equal(lines.text.len, at > 2 ? at / 2 : at);
			if (at > 2)
				assert_true(lines_next(&lines, &rest, &left));
			assert_int_equal(rest - data, at + 1);
			lines_clear(&lines);
			data[at] = 'x';
			data[at / 2] = 'x';
		}
	}
}

static void
test_counts_as_it_splits(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		size_t len = strlen(rows[i].data), lines = 0;

		for (const char *c = rows[i].lines; *c != '\0'; c++)
			lines += *c == '<';
		for (size_t piece = 1; piece <= len + 1; piece++) {
			uint64_t count = 0;
			bool after_cr = false;

			for (size_t at = 0; at < len; at += piece)
				count += lines_count(rows[i].data + at,
				    len - at < piece ? len - at : piece,
				    &after_cr);
			assert_int_equal(count, lines);
		}
	}
}

static void
test_tells_progress_bars(void **state)
{
	static const struct {
		const char *data;
		bool bar;
	} bars[] = { { "a", false }, { "\ra", true }, { "\r\na", false },
		{ "\na", false }, { "\r\ra", true }, { "\n\ra", true },
		{ "x\r\r\na", false }, { "\ra\nb", false } };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bars); i++) {
		for (size_t piece = 1; piece < 6; piece++) {
			struct lines lines;
			size_t len = strlen(bars[i].data);

			lines_init(&lines, 10);
			for (size_t at = 0; at < len; at += piece) {
				const char *rest = bars[i].data + at;
				size_t left =
				    len - at < piece ? len - at : piece;

				while (lines_next(&lines, &rest, &left))
					;
			}
			assert_true(lines.open);
			assert_int_equal(lines.bar, bars[i].bar);
			lines_clear(&lines);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_splits_in_pieces_of_any_size),
		cmocka_unit_test(test_nul_is_a_byte),
		cmocka_unit_test(test_keeps_the_beginning_of_long_lines),
		cmocka_unit_test(test_endless_line_takes_no_memory),
		cmocka_unit_test(test_finds_ends_anywhere),
		cmocka_unit_test(test_counts_as_it_splits),
		cmocka_unit_test(test_tells_progress_bars),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
