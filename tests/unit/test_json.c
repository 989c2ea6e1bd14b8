/* SPDX-License-Identifier: MIT */
/*
 * text/json: what is an object by RFC 8259 and what is not; strings escaped;
 * no NUL left.
 */
#include "config.h"

#include "text/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

static const char *const objects[] = {
	"{}",
	" \t{ \n} \r",
	"{\"a\":1}",
	"{\"\":null}",
	"{\"a\":true,\"b\":false,\"c\":null}",
	"{\" a b \":\"c d\"}",
	"{ \"a\" : [ ] , \"b\" : [ 1 , [ 2 ] , { } ] }",
	"{\"a\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\uD83D\"}",
	"{\"a\":\"\xc3\xa9\x7f\"}",
	"{\"n\":[0,-0,0.5,-1.25,10,1e5,1E+5,1e-5,0e0,-0.0E-0]}",
	"{\"a\":1,\"a\":2}",
};

static const char *const others[] = {
	"",
	" ",
	"{",
	"}",
	"{}}",
	"{} x",
	"x {}",
	"[]",
	"[{}]",
	"1",
	"\"{}\"",
	"null",
	"{a:1}",
	"{'a':1}",
	"{\"a\"}",
	"{\"a\":}",
	"{\"a\":1,}",
	"{,\"a\":1}",
	"{\"a\":1 \"b\":2}",
	"{\"a\":1;\"b\":2}",
	"{\"a\" 1}",
	"{1:1}",
	"{\"a\":01}",
	"{\"a\":+1}",
	"{\"a\":.5}",
	"{\"a\":1.}",
	"{\"a\":1e}",
	"{\"a\":1e+}",
	"{\"a\":-}",
	"{\"a\":--1}",
	"{\"a\":0x1}",
	"{\"a\":NaN}",
	"{\"a\":Infinity}",
	"{\"a\":tru}",
	"{\"a\":truex}",
	"{\"a\":True}",
	"{\"a\":nul",
	"{\"a\":[1,]}",
	"{\"a\":[,1]}",
	"{\"a\":[1}",
	"{\"a\":[1}]",
	"{\"a\":\"\\x\"}",
	"{\"a\":\"\\u12\"}",
	"{\"a\":\"\\u12g4\"}",
	"{\"a\":\"\\\"}",
	"{\"a\":\"x}",
	"{\"a\":\"tab\there\"}",
	"{\"a\":\"nl\nhere\"}",
	"{\"a\":1}{\"b\":2}",
	"// c\n{}",
	"{/**/}",
	"\xef\xbb\xbf{}",
};

static void
test_tells_objects(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(objects); i++)
		if (!json_is_object(objects[i], strlen(objects[i])))
			fail_msg("refused: %s", objects[i]);
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (json_is_object(others[i], strlen(others[i])))
			fail_msg("taken: %s", others[i]);
	assert_false(json_is_object("{\"a\":\"\0\"}", 9));
	assert_false(json_is_object("{\"a\":\"\\\0\"}", 10));
	assert_false(json_is_object("{}\0", 3));
}

/* A prefix of an object is none, and nothing is read past its end. */
static void
test_no_part_is_an_object(void **state)
{
	const char *whole = "{\"ab\":[1,-2.5e+3,\"x\\u00e9\\n\",true,null,{}]}";
	size_t len = strlen(whole);

	(void)state;
	assert_true(json_is_object(whole, len));
	for (size_t n = 0; n < len; n++)
		assert_false(json_is_object(whole, n));
}

static void
test_depth_is_bounded(void **state)
{
	(void)state;
	for (size_t depth = 1; depth <= JSON_DEPTH + 1; depth++) {
		struct buf text = BUF_INIT(1000);

		(void)buf_string(&text, "{\"a\":");
		for (size_t i = 1; i < depth; i++)
			(void)buf_string(&text, "[");
		(void)buf_string(&text, "1");
		for (size_t i = 1; i < depth; i++)
			(void)buf_string(&text, "]");
		(void)buf_string(&text, "}");
		assert_int_equal(json_is_object(text.data, text.len),
		    depth <= JSON_DEPTH);
		buf_clear(&text);
	}
}

static void
test_finds_numbers(void **state)
{
	static const struct {
		const char *text;
		double number; /* -1: none */
	} rows[] = {
		{ "{\"percent\":42}", 42 },
		{ "{\"percent\":42.5}", 42.5 },
		{ "{\"percent\":0}", 0 },
		{ "{\"percent\":9}", 9 },
		{ "{\"x\":\"two words\",\"percent\":7}", 7 },
		{ "{ \"x\" : 1 , \"percent\" : 1e1 , \"y\" : 2 }", 10 },
		{ "{\"percent\":1,\"percent\":2}", 2 },
		{ "{\"percent\":1,\"percent\":\"2\"}", -1 },
		{ "{\"percent\":\"42\"}", -1 },
		{ "{\"percent\":null}", -1 },
		{ "{\"percent\":[42]}", -1 },
		{ "{\"a\":{\"percent\":42}}", -1 },
		{ "{\"a\":\"percent\",\"b\":42}", -1 },
		{ "{\"Percent\":42}", -1 },
		{ "{\"percents\":42}", -1 },
		{ "{\"percen\":42}", -1 },
		{ "{\"percent\":42", -1 },
		{ "{}", -1 },
		{ "42", -1 },
		/* 63 bytes are kept of a number, and no more. */
		{ "{\"percent\":0.500000000000000000000000000000000000000000"
		  "0000000000000000000}",
		    0.5 },
		{ "{\"percent\":0.500000000000000000000000000000000000000000"
		  "00000000000000000000}",
		    -1 },
		{ "{\"percent\":0.00000000000000000000000000000000000000000"
		  "0000000000000000000000000000000001}",
		    -1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		double number = -1;
		int found = json_number(rows[i].text, strlen(rows[i].text),
		    "percent", &number);

		assert_int_equal(found, rows[i].number < 0 ? -1 : 0);
		assert_true(number == rows[i].number);
	}
}

static void
test_writes_strings(void **state)
{
	static const struct {
		const char *text;
		size_t len;
		const char *json;
	} rows[] = {
		{ "", 0, "\"\"" },
		{ "plain", 5, "\"plain\"" },
		{ "\"\\/", 3, "\"\\\"\\\\/\"" },
		{ "\b\f\n\r\t", 5, "\"\\b\\f\\n\\r\\t\"" },
		{ "\x01\x1f\x7f", 3, "\"\\u0001\\u001f\\u007f\"" },
		{ "a\0b", 3,
		    "\"a\xef\xbf\xbd"
		    "b\"" },
		{ "\xc3\xa9\xff\n", 4, "\"\xc3\xa9\xef\xbf\xbd\\n\"" },
	};
	struct buf out = BUF_INIT(100);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		buf_reset(&out);
		assert_int_equal(json_string(&out, rows[i].text, rows[i].len),
		    0);
		assert_string_equal(out.data, rows[i].json);
	}
	buf_reset(&out);
	assert_int_equal(json_string_or_null(&out, NULL), 0);
	assert_int_equal(json_string_or_null(&out, "x"), 0);
	assert_string_equal(out.data, "null\"x\"");
	buf_clear(&out);
}

static void
test_string_refuses_whole(void **state)
{
	(void)state;
	for (size_t max = 2; max < 12; max++) {
		struct buf out = BUF_INIT(max);

		assert_int_equal(buf_string(&out, "ab"), 0);
		assert_int_equal(json_string(&out, "\x01\n\"x", 4),
		    max < 2 + 13 ? -1 : 0);
		assert_string_equal(out.data, "ab");
		buf_clear(&out);
	}
}

static const struct {
	const char *text;
	const char *replaced;
} nuls[] = {
	{ "", "" },
	{ "\\u0000", "\\ufffd" },
	{ "\\u0000\\u0000", "\\ufffd\\ufffd" },
	{ "\\\\u0000", "\\\\u0000" },
	{ "\\\\\\u0000", "\\\\\\ufffd" },
	{ "\\u00001", "\\ufffd1" },
	{ "\\u000", "\\u000" },
	{ "\\", "\\" },
	{ "u0000", "u0000" },
};

static void
test_replaces_nul(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(nuls); i++) {
		struct buf text = BUF_INIT(64);

		assert_int_equal(buf_string(&text, nuls[i].text), 0);
		json_replace_nul(text.data, text.len);
		assert_string_equal(text.data, nuls[i].replaced);
		buf_clear(&text);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tells_objects),
		cmocka_unit_test(test_no_part_is_an_object),
		cmocka_unit_test(test_depth_is_bounded),
		cmocka_unit_test(test_finds_numbers),
		cmocka_unit_test(test_writes_strings),
		cmocka_unit_test(test_string_refuses_whole),
		cmocka_unit_test(test_replaces_nul),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
