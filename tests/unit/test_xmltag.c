/* SPDX-License-Identifier: MIT */
/*
 * text/xmltag: the values that answers in XML are made of.
 */
#include "config.h"

#include "text/xmltag.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

/* Each document with what its first <Code> holds; NULL: it has none. */
static const struct {
	const char *xml;
	const char *text;
} rows[] = {
	{ "<Code>x</Code>", "x" },
	{ "<Code></Code>", "" },
	{ "<Code/>", "" },
	{ "<Code />", "" },
	{ "<a><b><Code> x y\n</Code></b></a>", "x y" },
	{ "<?xml version=\"1.0\"?>\n<!DOCTYPE a>\n<Code>x</Code>", "x" },
	{ "<Code a=\"1>2\" b='</Code>'>x</Code >", "x" },
	{ "<s:Code xmlns:s=\"urn:x\">x</s:Code>", "x" },
	{ "<Codes>y</Codes><Cod>z</Cod><Code>x</Code>", "x" },
	{ "<code>y</code><Code>x</Code><Code>z</Code>", "x" },
	{ "</Code><Code>x</Code>", "x" },
	/* The first one with text only. */
	{ "<Code><b>y</b></Code><Code>x</Code>", "x" },
	{ "<Code>z<Code>x</Code></Code>", "x" },
	{ "<!-- <Code>y</Code> --><Code>x<!-- < & --></Code>", "x" },
	{ "<![CDATA[<Code>y</Code>]]><Code>x<![CDATA[<&]]>y</Code>", "x<&y" },
	{ "<Code>&lt;&amp;&gt;&quot;&apos;</Code>", "<&>\"'" },
	{ "<Code>&#65;&#x42;&#xe9;&#x20AC;&#128512;</Code>",
	    "AB\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80" },
	{ "<Code>\xc3\xa9</Code>", "\xc3\xa9" },
	{ "", NULL },
	{ "x", NULL },
	{ "<", NULL },
	{ "<Code", NULL },
	{ "<Code>", NULL },
	{ "<Code>x", NULL },
	{ "<Code>x<", NULL },
	{ "<Code>x</", NULL },
	{ "<Code>x</Code", NULL },
	{ "<Code>x</Cod>", NULL },
	{ "<Code a=\">x</Code>", NULL },
	{ "<!-- <Code>x</Code>", NULL },
	{ "<Code>x<!-- </Code>", NULL },
	{ "<Code>x<![CDATA[</Code>", NULL },
	{ "<? <Code>x</Code>", NULL },
	{ "<Code>&nbsp;</Code>", NULL },
	{ "<Code>&amp</Code>", NULL },
	{ "<Code>&</Code>", NULL },
	{ "<Code>&;</Code>", NULL },
	{ "<Code>&#;</Code>", NULL },
	{ "<Code>&#x;</Code>", NULL },
	{ "<Code>&#0;</Code>", NULL },
	{ "<Code>&#1a;</Code>", NULL },
	{ "<Code>&#xd800;</Code>", NULL },
	{ "<Code>&#x110000;</Code>", NULL },
	{ "<Code>&#99999999999999999999;</Code>", NULL },
	{ "<Code>&amp", NULL },
	{ "<html><body>Code</body></html>", NULL },
};

static void
test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct buf out = BUF_INIT(100);
		int result =
		    xmltag_find(rows[i].xml, strlen(rows[i].xml), "Code", &out);

		if (result != (rows[i].text == NULL ? -1 : 0))
			fail_msg("'%s': %d", rows[i].xml, result);
		if (result == 0)
			assert_string_equal(out.data, rows[i].text);
		else
			assert_int_equal(out.len, 0);
		buf_clear(&out);
	}
}

/* No end but that of the bytes counts, wherever a document breaks off. */
static void
test_every_length(void **state)
{
	static const char xml[] = "<a b='c'><!-- d --><?e?>"
				  "<Code>x&amp;&#x41;<![CDATA[y]]></Code>";
	size_t whole = sizeof(xml) - 1;

	(void)state;
	for (size_t len = 0; len < whole; len++) {
		char *copy = malloc(len + 1);
		struct buf out = BUF_INIT(100);

		assert_non_null(copy);
		memcpy(copy, xml, len);
		assert_int_equal(xmltag_find(copy, len, "Code", &out), -1);
		assert_int_equal(out.len, 0);
		buf_clear(&out);
		free(copy);
	}
}

static void
test_appends_within_bounds(void **state)
{
	struct buf out = BUF_INIT(6);

	(void)state;
	assert_int_equal(buf_string(&out, " ab "), 0);
	assert_int_equal(xmltag_find("<a>1234</a>", 11, "a", &out), -1);
	assert_string_equal(out.data, " ab ");
	assert_int_equal(xmltag_find("<a> &#xe9; </a>", 15, "a", &out), -1);
	assert_string_equal(out.data, " ab ");
	assert_int_equal(xmltag_find("<a>12</a>", 9, "a", &out), 0);
	assert_string_equal(out.data, " ab 12");
	buf_clear(&out);
	assert_int_equal(xmltag_find("<a>1\0"
				     "2</a>",
			     10, "a", &out),
	    -1);
	buf_clear(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_every_length),
		cmocka_unit_test(test_appends_within_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
