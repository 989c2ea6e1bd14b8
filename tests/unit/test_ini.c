/* SPDX-License-Identifier: MIT */
/*
 * text/ini: the dialect of the AWS SDKs.  A file is written as the list of
 * what is visited: "kind/section" and "key=value" or "key.sub=value".
 */
#include "config.h"

#include "text/ini.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

struct row {
	const char *text;
	const char *items;
	const char *error; /* NULL: none */
};

static const struct row rows[] = {
	{ "", "", NULL },
	{ "[default]", "/default\n", NULL },
	{ "[profile foo]", "profile/foo\n", NULL },
	{ "[profile foo]\n[bar]\n", "profile/foo\n/bar\n", NULL },
	{ "[sso-session s]\na=1\n", "sso-session/s\na=1\n", NULL },
	{ "[profilefoo]\n", "/profilefoo\n", NULL },
	/* Blanks. */
	{ "[profile \tfoo \t]", "profile/foo\n", NULL },
	{ "[profile\tfoo]", "profile/foo\n", NULL },
	{ "[   profile   foo   ]", "profile/foo\n", NULL },
	{ "[   foo    ]", "/foo\n", NULL },
	{ "\t \n[a]\n\t\n \nk = v\n\t \n[b]\n \t", "/a\nk=v\n/b\n", NULL },
	{ "[a]\nk \t=  \tv \t", "/a\nk=v\n", NULL },
	{ "[a]\r\nk = v\r\nl = w\r\n", "/a\nk=v\nl=w\n", NULL },
	{ "\xef\xbb\xbf[a]\nk=v", "/a\nk=v\n", NULL },
	/* Values. */
	{ "[a]\nk = v=w==", "/a\nk=v=w==\n", NULL },
	{ "[a]\nk =", "/a\nk=\n", NULL },
	{ "[a]\nk = \xf0\x9f\x98\x82", "/a\nk=\xf0\x9f\x98\x82\n", NULL },
	{ "[a]\nk = v w  x", "/a\nk=v w  x\n", NULL },
	{ "[a]\nName = v\nNAME=w", "/a\nname=v\nname=w\n", NULL },
	/* Comments. */
	{ "# c\n[a] # c\nk = v # c # d", "/a\nk=v\n", NULL },
	{ "; c\n[a] ; c\nk = v\t; c", "/a\nk=v\n", NULL },
	{ "[a]; c\n[b]# c", "/a\n/b\n", NULL },
	{ ";\n[a];\nk = v ;\n", "/a\nk=v\n", NULL },
	{ "[a]\nk = v; c\nl = w# d", "/a\nk=v; c\nl=w# d\n", NULL },
	{ "[a]\nk = # c", "/a\nk=\n", NULL },
	{ "[a]\n  # c\nk=v", "/a\nk=v\n", NULL },
	{ "  ; c\n[a]", "/a\n", NULL },
	/* Continued lines keep their comments. */
	{ "[a]\nk = v\n -more", "/a\nk=v|-more\n", NULL },
	{ "[a]\nk = v\n -x\n\t-y \t\nl=w", "/a\nk=v|-x|-y\nl=w\n", NULL },
	{ "[a]\nk = v\n -x # c", "/a\nk=v|-x # c\n", NULL },
	{ "[a]\nk = v\n\n -x", "/a\nk=v|-x\n", NULL },
	{ "[a]\nk = v\n l = w", "/a\nk=v|l = w\n", NULL },
	/* Sub-properties. */
	{ "[a]\ns3 =\n k = v", "/a\ns3=\ns3.k=v\n", NULL },
	{ "[a]\ns3 =\n K = v # c\n\t \n  l = w\nm = x",
	    "/a\ns3=\ns3.k=v\ns3.l=w\nm=x\n", NULL },
	{ "[a]\ns3 =\n k =", "/a\ns3=\ns3.k=\n", NULL },
	{ "[a]\ns3 =\n # c\n k = v", "/a\ns3=\ns3.k=v\n", NULL },
	{ "[a]\ns3 =\n in valid = v\n k = w", "/a\ns3=\ns3.k=w\n", NULL },
	/* Names that are left out, with what belongs to them. */
	{ "[a!b]\nk=v\n[c]\nk=w", "/c\nk=w\n", NULL },
	{ "[profile in valid]\nk = v\n x\n[b]", "/b\n", NULL },
	{ "[]\nk=v", "", NULL },
	{ "[a]\nin valid = v\n more\nk = w", "/a\nk=w\n", NULL },
	{ "[a]\nin valid =\n s = v\nk = w", "/a\nk=w\n", NULL },
	{ "[profile a-b:c/d_e%f.g@h+]", "profile/a-b:c/d_e%f.g@h+\n", NULL },
	/* Quoted names, as botocore has them. */
	{ "[profile \"my profile\"]\nk=v", "profile/my profile\nk=v\n", NULL },
	{ "[profile 'x y']", "profile/x y\n", NULL },
	{ "[profile \"a\"]", "profile/a\n", NULL },
	{ "[profile \"\"]\nk=v", "", NULL },
	{ "[profile \"a\" \"b\"]\nk=v", "", NULL },
	/* Errors. */
	{ "[a", "", "line 1: a section header must end with ']'" },
	{ "[a]\n\n[profile b\nk=v", "/a\n",
	    "line 3: a section header must end with ']'" },
	{ "[a] x", "", "line 1: a section header must end with ']'" },
	{ "[a # ]", "", NULL },
	{ "k = v", "", "line 1: a property before the first [section]" },
	{ "# c\n k = v", "",
	    "line 2: an indented line before the first [section]" },
	{ "[a]\nk : v", "/a\n", "line 2: no '='; want: key = value" },
	{ "[a]\nl=w\nk # = v", "/a\nl=w\n",
	    "line 3: no '='; want: key = value" },
	{ "[a]\n= v", "/a\n", "line 2: no name before '='; want: key = value" },
	{ "[a]\n k", "/a\n",
	    "line 2: an indented line without a property above it" },
	{ "[a]\nk=v\n[a]\n -x", "/a\nk=v\n/a\n",
	    "line 4: an indented line without a property above it" },
	{ "[a]\ns3 =\n invalid", "/a\ns3=\n",
	    "line 3: no '='; want: key = value" },
	{ "[a]\ns3 =\n = v", "/a\ns3=\n",
	    "line 3: no name before '='; want: key = value" },
};

/* Writes an item down; a newline inside a value as "|". */
static void
note(void *arg, const struct ini_item *item)
{
	struct buf *out = arg;
	size_t from;

	if (item->key == NULL) {
		assert_null(item->value);
		(void)buf_format(out, "%s/%s\n", item->kind, item->section);
		return;
	}
	(void)buf_string(out, item->key);
	if (item->sub != NULL)
		(void)buf_format(out, ".%s", item->sub);
	from = out->len;
	(void)buf_format(out, "=%s", item->value);
	for (; from < out->len; from++)
		if (out->data[from] == '\n')
			out->data[from] = '|';
	(void)buf_string(out, "\n");
}

static void
test_reads_the_dialect(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct buf items = BUF_INIT(1000);
		struct err err = { "" };
		int result;

		(void)buf_string(&items, "");
		result = ini_parse(rows[i].text, strlen(rows[i].text), note,
		    &items, &err);
		if (strcmp(items.data, rows[i].items) != 0)
			fail_msg("'%s' is '%s'", rows[i].text, items.data);
		assert_int_equal(result, rows[i].error == NULL ? 0 : -1);
		assert_string_equal(err.text,
		    rows[i].error == NULL ? "" : rows[i].error);
		buf_clear(&items);
	}
}

static void
test_refuses_binary_files(void **state)
{
	struct buf items = BUF_INIT(1000);
	struct err err;

	(void)state;
	assert_int_equal(ini_parse("[a]\nk\0=v", 8, note, &items, &err), -1);
	assert_string_equal(err.text,
	    "line 2: a NUL byte; this is no text file");
	buf_clear(&items);
}

/* What went wrong is told without the line, which may hold a secret. */
static void
test_errors_keep_secrets(void **state)
{
	struct buf items = BUF_INIT(1000);
	struct err err;
	const char *text = "[a]\naws_secret_access_key: wJalrXUtnFEMI";

	(void)state;
	assert_int_equal(ini_parse(text, strlen(text), note, &items, &err), -1);
	assert_null(strstr(err.text, "wJalr"));
	buf_clear(&items);
}

static void
remember_line(void *arg, const struct ini_item *item)
{
	(void)buf_format(arg, "%zu,", item->line);
}

static void
test_knows_line_numbers(void **state)
{
	struct buf lines = BUF_INIT(1000);
	const char *text = "# c\r\n\r\n[a]\r\nk = v\r\n more\r\ns3 =\r\n x=1";

	(void)state;
	assert_int_equal(ini_parse(text, strlen(text), remember_line, &lines,
			     NULL),
	    0);
	assert_string_equal(lines.data, "3,4,6,7,");
	buf_clear(&lines);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reads_the_dialect),
		cmocka_unit_test(test_refuses_binary_files),
		cmocka_unit_test(test_errors_keep_secrets),
		cmocka_unit_test(test_knows_line_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
