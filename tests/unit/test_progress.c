/* SPDX-License-Identifier: MIT */
/*
 * text/progress: the newest line of each format, whatever the pieces; and a
 * search from the end that finds what one from the beginning would have.
 */
#include "config.h"

#include "text/progress.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "text/percent.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))
#define ESC               "\033"

struct row {
	const char *format;
	const char *data;
	const char *newest; /* NULL: none */
	bool at_end;        /* only once the output has ended */
};

static const struct row rows[] = {
	{ "lines", "", NULL, false },
	{ "lines", "\n\r\n", NULL, false },
	{ "lines", "a\n", "a", false },
	{ "lines", "a\nb\n", "b", false },
	{ "lines", "a\nb", "b", true },
	{ "lines", "progress 100", "progress 100", true },
	{ "lines", "a\n\n\n \n\t\r\n", "a", false },
	{ "lines", "a\n   ", "a", true },
	{ "lines", " a \n", " a ", false },
	{ "lines", "10%\r20%\r", "20%", false },
	{ "lines", "\r10%", "10%", false },
	{ "lines", "\r10%\r20%", "20%", false },
	{ "lines", "\r10%\r     \r", "10%", false },
	{ "lines", "a\r\nb", "b", true },
	{ "lines", ESC "[32mok" ESC "[0m\n" ESC "[K\n", "ok", false },
	{ "lines", "a\n" ESC "[2K\r" ESC "[2K", "a", false },
	{ "lines", "\xff\xfe \xc3\xa9\n", "\xef\xbf\xbd\xef\xbf\xbd \xc3\xa9",
	    false },
	{ "prefix:P ", "P 1\nP 2\nx\n", "2", false },
	{ "prefix:P ", "P 1\n", "1", false },
	{ "prefix:P ", "x\n", NULL, false },
	{ "prefix:P ", " P 1\nxP 2\np 3\n", NULL, false },
	{ "prefix:P ", "P 1\nP \n", "1", false },
	{ "prefix:P ", "P\n", NULL, false },
	{ "prefix:P ", ESC "[1mP" ESC "[0m 7\nx\n", "7", false },
	{ "prefix:P ", "P 1\nP 2", "2", true },
	{ "prefix::", ":a\n", "a", false },
	{ "prefix:lines", "lines!\n", "!", false },
	{ "regex:^[0-9]+$", "x\n12\n13 \n", "12", false },
	{ "regex:([0-9]+)%", "at 41%\nat 42% now\nat x%\n", "42", false },
	{ "regex:[0-9]+%", "at 42% now\n", "42%", false },
	{ "regex:(a)|([0-9]+)", "7\n", "7", false },
	{ "regex:x(y*)z", "xyyz\nxz\n", "yy", false },
	{ "regex:a|b", "", NULL, false },
	{ "regex:.*", "\n\na\n\n", "a", false },
	{ "regex:^$", "\na\n", NULL, false },
	{ "regex:[\\1]b", "1b\n", "1b", false },
	{ "regex:[]\\1]b", "]b\n", "]b", false },
	{ "regex:[[:digit:]]+", "a1b22\n", "1", false },
	{ "regex:\\.(..)$", "a.bc\n", "bc", false },
	{ "json", "{\"a\":1}\n{\"a\":2}\n{\"a\":}\n[1]\n", "{\"a\":2}", false },
	{ "json", " {\"a\":1} \n", " {\"a\":1} ", false },
	{ "json", "{\n\"a\":1\n}\n", NULL, false },
	{ "json", "\r{\"a\":1}", "{\"a\":1}", false },
	{ "json", "{\"a\":1}", "{\"a\":1}", true },
};

static void
format_init(struct progress_format *format, const char *text)
{
	struct err err;

	if (progress_format_parse(format, text, &err) != 0)
		fail_msg("%s: %s", text, err.text);
}

/* Feeds pieces with memory of their own, so that reading past one shows. */
static bool
feed(struct progress *progress, const char *data, size_t len, size_t piece)
{
	bool any = false;

	for (size_t at = 0; at < len; at += piece) {
		size_t n = len - at < piece ? len - at : piece;
		char *copy = malloc(n);

		assert_non_null(copy);
		memcpy(copy, data + at, n);
		any = progress_feed(progress, copy, n) || any;
		free(copy);
	}
	return any;
}

static void
assert_newest(const struct progress *progress, const char *newest)
{
	struct buf out = BUF_INIT(200000);
	int result = progress_text(progress, 100, &out);

	assert_int_equal(progress_seen(progress), newest != NULL);
	assert_int_equal(result, newest == NULL ? -1 : 0);
	if (newest != NULL)
		assert_string_equal(out.data, newest);
	buf_clear(&out);
}

static void
check_row(const struct row *row, const struct progress_format *format,
    size_t piece)
{
	struct progress progress;
	bool found;

	progress_init(&progress, format, PROGRESS_KEEP, false);
	found = feed(&progress, row->data, strlen(row->data), piece);
	if (!row->at_end) {
		assert_int_equal(found, row->newest != NULL);
		assert_newest(&progress, row->newest);
	}
	found = progress_end(&progress) || found;
	assert_int_equal(found, row->newest != NULL);
	assert_newest(&progress, row->newest);
	progress_clear(&progress);
}

static void
test_finds_the_newest(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct progress_format format;

		format_init(&format, rows[i].format);
		for (size_t piece = 1; piece <= strlen(rows[i].data) + 1;
		     piece++)
			check_row(&rows[i], &format, piece);
		progress_format_clear(&format);
	}
}

/* A NUL is a byte like others to an expression, and U+FFFD in the end. */
static void
test_matches_across_nul(void **state)
{
	struct progress_format format;
	struct progress progress;

	(void)state;
	format_init(&format, "regex:a(.*)b");
	progress_init(&progress, &format, PROGRESS_KEEP, false);
	assert_true(feed(&progress, "\0xa\0\0 7\0b\0\n", 11, 4));
	assert_newest(&progress, "\xef\xbf\xbd\xef\xbf\xbd 7\xef\xbf\xbd");
	progress_clear(&progress);
	progress_format_clear(&format);
}

static void
test_refuses_formats(void **state)
{
	static const struct {
		const char *text;
		const char *error;
	} bad[] = {
		{ "", "'' is no progress format; want lines, prefix:STR, "
		      "regex:ERE or json" },
		{ "line", NULL },
		{ "Lines", NULL },
		{ "lines:", NULL },
		{ "json ", NULL },
		{ "prefix", NULL },
		{ "prefix:", "prefix: needs some text after it" },
		{ "regex:", "regex: needs an expression after it" },
		{ "regex:(a", NULL },
		{ "regex:[a", NULL },
		{ "regex:a{2,1}", NULL },
		{ "regex:(a)\\1", "regex '(a)\\1' has a back-reference, which "
				  "extended regular expressions do not have" },
		{ "regex:(a)\\\\\\1", NULL },
		{ "regex:(a)[]]\\1", NULL },
		{ "regex:(a)[^]]\\9", NULL },
		{ "regex:(a)[[:alpha:]]\\1", NULL },
		{ "regex:(a)[[.].]]\\1", NULL },
	};
	char prefix[7 + PROGRESS_MATCH + 1] = "prefix:";
	struct progress_format format;
	struct err err;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		err.text[0] = '\0';
		if (progress_format_parse(&format, bad[i].text, &err) != -1)
			fail_msg("'%s' was taken", bad[i].text);
		assert_int_not_equal(err.text[0], '\0');
		if (bad[i].error != NULL)
			assert_string_equal(err.text, bad[i].error);
	}
	format_init(&format, "regex:(a)\\\\1");
	progress_format_clear(&format);
	/* As long as a match may be, and no longer. */
	memset(prefix + 7, 'p', PROGRESS_MATCH);
	assert_int_equal(progress_format_parse(&format, prefix, &err), -1);
	assert_string_equal(err.text, "prefix: takes at most 4095 bytes");
	prefix[7 + PROGRESS_MATCH - 1] = '\0';
	format_init(&format, prefix);
	progress_format_clear(&format);
}

static void
test_a_feed_without_progress_is_none(void **state)
{
	struct progress_format format;
	struct progress progress;

	(void)state;
	format_init(&format, "prefix:P ");
	progress_init(&progress, &format, PROGRESS_KEEP, false);
	assert_true(progress_feed(&progress, "P 1\n", 4));
	assert_false(progress_feed(&progress, "x\nP", 3));
	assert_false(progress_feed(&progress, " 2", 2));
	assert_newest(&progress, "1");
	assert_true(progress_feed(&progress, "\nx", 2));
	assert_newest(&progress, "2");
	assert_false(progress_end(&progress));
	assert_false(progress_end(&progress));
	progress_clear(&progress);
	progress_format_clear(&format);
}

/* A line of "len" times "text" and its end. */
static void
long_line(struct buf *line, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		(void)buf_string(line, text);
	(void)buf_string(line, "\n");
}

static void
test_long_lines_are_cut_with_a_mark(void **state)
{
	static const struct {
		size_t keep;
		size_t units;
	} limits[] = { { PROGRESS_KEEP, 2048 },
		{ PROGRESS_KEEP_RESULT, 32768 } };
	static const char *const chars[] = { "x", "\xc3\xa9", "\xe2\x82\xac",
		"\xf0\x9f\x98\x80", "\xf0\x9f\x98" };
	struct progress_format format;

	(void)state;
	format_init(&format, "lines");
	for (size_t i = 0; i < ARRAY_SIZE(limits); i++) {
		for (size_t c = 0; c < ARRAY_SIZE(chars); c++) {
			for (size_t more = 0; more < 2; more++) {
				size_t wide = c == 3 ? 2 : 1;
				size_t n = limits[i].units / wide + more;
				struct buf line = BUF_INIT(200000);
				struct buf out = BUF_INIT(200000);
				struct progress progress;

				long_line(&line, chars[c], n);
				progress_init(&progress, &format,
				    limits[i].keep, false);
				assert_true(feed(&progress, line.data, line.len,
				    1000));
				assert_int_equal(progress_text(&progress,
						     limits[i].units, &out),
				    0);
				assert_true(utf8_valid(out.data, out.len));
				assert_in_range(utf8_units(out.data, out.len),
				    limits[i].units - 1, limits[i].units);
				assert_int_equal(strcmp(out.data + out.len - 3,
						     "...") == 0,
				    more == 1);
				progress_clear(&progress);
				buf_clear(&out);
				buf_clear(&line);
			}
		}
	}
	progress_format_clear(&format);
}

static void
test_matches_the_beginning_of_long_lines(void **state)
{
	struct progress_format format;
	struct progress progress;
	struct buf line = BUF_INIT(5000);

	(void)state;
	format_init(&format, "regex:x(END|E)");
	progress_init(&progress, &format, PROGRESS_KEEP, false);
	long_line(&line, "x", 1023);
	(void)progress_feed(&progress, line.data, 1023);
	assert_true(progress_feed(&progress, "END\n", 4));
	assert_newest(&progress, "E");
	(void)progress_feed(&progress, line.data, 1023);
	assert_false(progress_feed(&progress, "xEND\n", 5));
	progress_clear(&progress);
	progress_format_clear(&format);
	buf_clear(&line);
}

/* What an expression does not see begins between two characters. */
static void
test_cuts_no_character_of_long_lines(void **state)
{
	static const char *const ends[] = { "\xc3\xa9\n", "\xe2\x82\xac\n",
		"\xf0\x9f\x98\x80\n" };
	struct progress_format format;
	struct progress progress;
	struct buf line = BUF_INIT(5000);

	(void)state;
	format_init(&format, "regex:^a*(.*)");
	progress_init(&progress, &format, PROGRESS_KEEP, false);
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		for (size_t cut = 1; cut < strlen(ends[i]) - 1; cut++) {
			buf_reset(&line);
			while (line.len < PROGRESS_MATCH_REGEX - 1 - cut)
				(void)buf_string(&line, "a");
			(void)buf_string(&line, "b");
			(void)buf_string(&line, ends[i]);
			assert_true(progress_feed(&progress, line.data,
			    line.len));
			assert_newest(&progress, "b");
		}
	}
	progress_clear(&progress);
	progress_format_clear(&format);
	buf_clear(&line);
}

/* An object of 4,096 bytes is one; a longer one is none. */
static void
test_takes_objects_that_fit(void **state)
{
	struct progress_format format;
	struct progress progress;
	struct buf line = BUF_INIT(5000);

	(void)state;
	format_init(&format, "json");
	progress_init(&progress, &format, PROGRESS_KEEP, false);
	(void)buf_string(&line, "{\"a\":\"");
	while (line.len < 4093)
		(void)buf_string(&line, "x");
	(void)buf_string(&line, "\"");
	(void)progress_feed(&progress, line.data, line.len);
	assert_true(progress_feed(&progress, " }\n", 3));
	(void)progress_feed(&progress, line.data, line.len);
	assert_false(progress_feed(&progress, "  }\n", 4));
	progress_clear(&progress);
	progress_format_clear(&format);
	buf_clear(&line);
}

static void
test_counts_lines_if_asked(void **state)
{
	static const char text[] = "a\nb\r\nc\rd\n\n\r\ne";
	struct progress_format format;

	(void)state;
	format_init(&format, "prefix:nothing");
	for (size_t piece = 1; piece <= sizeof(text); piece++) {
		struct progress progress;

		progress_init(&progress, &format, PROGRESS_KEEP, true);
		(void)feed(&progress, text, sizeof(text) - 1, piece);
		assert_int_equal(progress_lines(&progress), 6);
		(void)progress_end(&progress);
		assert_int_equal(progress_lines(&progress), 7);
		progress_clear(&progress);
	}
	progress_format_clear(&format);
}

static void
test_finds_percent(void **state)
{
	static const struct {
		const char *text;
		double percent; /* -1: none */
	} percents[] = {
		{ "", -1 },
		{ "42%", 42 },
		{ "0%", 0 },
		{ "100%", 100 },
		{ "101%", -1 },
		{ "42.5%", 42.5 },
		{ "42 %", 42 },
		{ "42  %", -1 },
		{ "[=====>   ] 61% 1.2MB/s", 61 },
		{ "(61%)", 61 },
		{ "a=7%", 7 },
		{ "150% then 20%", 20 },
		{ "10% of 20%", 10 },
		{ "-5%", -1 },
		{ "x5%", -1 },
		{ "\xc3\xa9"
		  "5%",
		    -1 },
		{ "A5%", -1 },
		{ "Z5%", -1 },
		{ "_5%", -1 },
		{ "1.2.3%", -1 },
		{ "file 3/10: 45%", 45 },
		{ "7/20", 35 },
		{ "[7/20] x", 35 },
		{ "7 / 20", 35 },
		{ "0/20", 0 },
		{ "20/20", 100 },
		{ "21/20", -1 },
		{ "0/0", -1 },
		{ "1.5/3", 50 },
		{ "step 1/4, then", 25 },
		{ "1/2/2024", -1 },
		{ "2024/01/02", -1 },
		{ "/1/2", -1 },
		{ "a1/2", -1 },
		{ "1/2a", -1 },
		{ "1/2,000", -1 },
		{ "1,000/2,000", -1 },
		{ "1/2.", 50 },
		{ "99999999999999999/9", -1 },
		{ "1/", -1 },
		{ "1 /", -1 },
		{ "%", -1 },
		{ "{\"percent\":12.5,\"x\":\"50%\"}", 12.5 },
		{ "{\"x\":\"50%\"}", -1 },
		{ "{\"percent\":\"50\"}", -1 },
		{ "{\"percent\":101}", -1 },
		{ "{\"percent\":-1}", -1 },
		{ "{\"percent\":1e999}", -1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(percents); i++) {
		double percent = -1;
		int found = percent_find(percents[i].text,
		    strlen(percents[i].text), &percent);

		if (percent != percents[i].percent ||
		    (found == 0) != (percents[i].percent >= 0))
			fail_msg("'%s': %f", percents[i].text, percent);
	}
}

static void
test_percent_is_of_the_newest(void **state)
{
	struct progress_format format;
	struct progress progress;
	double percent;

	(void)state;
	format_init(&format, "lines");
	progress_init(&progress, &format, PROGRESS_KEEP, false);
	assert_int_equal(progress_percent(&progress, &percent), -1);
	(void)progress_feed(&progress, "10%\n25%\n", 8);
	assert_int_equal(progress_percent(&progress, &percent), 0);
	assert_true(percent == 25);
	(void)progress_feed(&progress, "done\n", 5);
	assert_int_equal(progress_percent(&progress, &percent), -1);
	progress_clear(&progress);
	progress_format_clear(&format);
}

/* As simple as can be: every line in turn, from the beginning. */
static void
newest_forward(const struct progress_format *format, const char *data,
    size_t len, struct buf *newest)
{
	struct progress one;
	struct lines lines;
	bool last;

	lines_init(&lines, PROGRESS_KEEP);
	do {
		last = !lines_next(&lines, &data, &len);
		if (last && !lines_end(&lines))
			break;
		progress_init(&one, format, PROGRESS_KEEP, false);
		(void)progress_feed(&one, lines.text.data, lines.text.len);
		if (progress_end(&one)) {
			buf_reset(newest);
			(void)progress_text(&one, 2048, newest);
		}
		progress_clear(&one);
	} while (!last);
	lines_clear(&lines);
}

/*
 * Random output of the bytes that mean something.  Without "bars" there is no
 * lone CR, after which a line counts before it is complete.
 */
static void
random_output(struct buf *data, bool bars)
{
	const char *const words[] = { "a", "P ", "\n", bars ? "\r" : "\n",
		"\r\n", " ", ESC, "[", "]", "m", "\007", "\\", "{\"a\":", "1}",
		"42%", "\xc3\xa9", "\xff", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" };
	size_t count = (size_t)random() % 60;

	for (size_t i = 0; i < count; i++)
		(void)buf_string(data,
		    words[(size_t)random() % ARRAY_SIZE(words)]);
}

static void
test_backward_finds_what_forward_does(void **state)
{
	static const char *const formats[] = { "lines", "prefix:P ",
		"regex:a(.*)", "json" };
	struct buf data = BUF_INIT(2048);

	(void)state;
	srandom(1);
	for (int i = 0; i < 40000; i++) {
		struct progress_format format;
		struct buf wanted = BUF_INIT(10000), got = BUF_INIT(10000);
		struct progress progress;

		format_init(&format, formats[i % 4]);
		buf_reset(&data);
		(void)buf_string(&data, "");
		random_output(&data, i % 4 < 2);
		newest_forward(&format, data.data, data.len, &wanted);
		progress_init(&progress, &format, PROGRESS_KEEP, false);
		(void)feed(&progress, data.data, data.len,
		    1 + (size_t)random() % 100);
		(void)progress_end(&progress);
		(void)progress_text(&progress, 2048, &got);
		if (got.len != wanted.len ||
		    (got.len > 0 &&
			memcmp(got.data, wanted.data, got.len) != 0))
			fail_msg("%s, history %d: '%s', not '%s'",
			    formats[i % 4], i, got.data, wanted.data);
		progress_clear(&progress);
		progress_format_clear(&format);
		buf_clear(&wanted);
		buf_clear(&got);
	}
	buf_clear(&data);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_finds_the_newest),
		cmocka_unit_test(test_matches_across_nul),
		cmocka_unit_test(test_refuses_formats),
		cmocka_unit_test(test_a_feed_without_progress_is_none),
		cmocka_unit_test(test_long_lines_are_cut_with_a_mark),
		cmocka_unit_test(test_matches_the_beginning_of_long_lines),
		cmocka_unit_test(test_cuts_no_character_of_long_lines),
		cmocka_unit_test(test_takes_objects_that_fit),
		cmocka_unit_test(test_counts_lines_if_asked),
		cmocka_unit_test(test_finds_percent),
		cmocka_unit_test(test_percent_is_of_the_newest),
		cmocka_unit_test(test_backward_finds_what_forward_does),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
