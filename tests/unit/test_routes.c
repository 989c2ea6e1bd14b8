/* SPDX-License-Identifier: MIT */
/* tend/routes: which command runs for which activity type. */
#include "config.h"

#include "tend/routes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tend/options.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

static char others[] = "others";
static char *const command[] = { others, NULL };

static struct routes *
make(const char *const *activities, size_t count, bool with_others,
    struct err *err)
{
	const struct options options = {
		.activities = { .values = (const char **)(uintptr_t)activities,
		    .count = count },
		.words = (char **)(uintptr_t)command,
		.word_count = with_others ? 1 : 0,
	};

	return routes_new(&options, err);
}

/* The first word of the command, or "-". */
static const char *
find(const struct routes *routes, const char *name, const char *version)
{
	char *const *words = routes_find(routes, name, version);

	return words == NULL ? "-" : words[0];
}

static void
test_the_nearest_wins(void **state)
{
	static const char *const activities[] = { "a=name 'and more'",
		"a:1=first", "b:2=second", "a:2=third" };
	static const struct {
		const char *name;
		const char *version;
		const char *word;
		const char *alone; /* without a command for others */
	} rows[] = {
		{ "a", "1", "first", "first" },
		{ "a", "2", "third", "third" },
		{ "a", "3", "name", "name" },
		{ "a", "", "name", "name" },
		{ "a", NULL, "name", "name" },
		{ "b", "2", "second", "second" },
		{ "b", "1", "others", "-" },
		{ "b", "22", "others", "-" },
		{ "b", NULL, "others", "-" },
		{ "ab", "1", "others", "-" },
		{ "", "1", "others", "-" },
		{ "A", "1", "others", "-" },
		{ NULL, NULL, "others", "-" },
		{ NULL, "1", "others", "-" },
	};
	struct routes *routes = make(activities, 4, true, NULL);
	struct routes *alone = make(activities, 4, false, NULL);
	struct buf list = BUF_INIT(100);

	(void)state;
	assert_non_null(routes);
	assert_non_null(alone);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		assert_string_equal(find(routes, rows[i].name, rows[i].version),
		    rows[i].word);
		assert_string_equal(find(alone, rows[i].name, rows[i].version),
		    rows[i].alone);
	}
	assert_string_equal(routes_find(routes, "a", "3")[1], "and more");
	assert_null(routes_find(routes, "a", "3")[2]);
	routes_list(routes, &list);
	assert_string_equal(list.data, "a, a:1, b:2, a:2");
	buf_clear(&list);
	routes_free(routes);
	routes_free(alone);
}

/* A command may have what a type has not. */
static void
test_what_follows_is_the_command(void **state)
{
	static const char *const activities[] = { "a:1=x=y:z" };
	struct routes *routes = make(activities, 1, false, NULL);

	(void)state;
	assert_non_null(routes);
	assert_string_equal(find(routes, "a", "1"), "x=y:z");
	routes_free(routes);
}

static void
test_no_routes(void **state)
{
	struct routes *routes = make(NULL, 0, true, NULL);
	struct buf list = BUF_INIT(100);

	(void)state;
	assert_string_equal(find(routes, "a", "1"), "others");
	routes_list(routes, &list);
	assert_int_equal(list.len, 0);
	routes_free(routes);
	routes_free(NULL);
}

static void
test_refused(void **state)
{
	static const struct {
		const char *text;
		const char *said;
	} rows[] = {
		{ "a", "'a' has no '='" },
		{ "", "'' has no '='" },
		{ "=x", "'' is no activity type" },
		{ ":1=x", "':1' is no activity type" },
		{ "a:=x", "'a:' is no activity type" },
		{ "a:1:2=x", "'a:1:2' is no activity type" },
		{ "first=x", "more than one command for 'first'" },
		{ "a=", "--activity: a: " },
		{ "a='x", "--activity: a: " },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *const activities[] = { "first=y", rows[i].text };
		struct err err = { "" };

		assert_null(make(activities, 2, true, &err));
		if (strstr(err.text, rows[i].said) == NULL)
			fail_msg("%s: %s", rows[i].text, err.text);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_nearest_wins),
		cmocka_unit_test(test_what_follows_is_the_command),
		cmocka_unit_test(test_no_routes),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
