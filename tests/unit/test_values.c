/* SPDX-License-Identifier: MIT */
/*
 * text/size, text/signame, text/exitlist: the small things that options take.
 */
#include "config.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "text/exitlist.h"
#include "text/signame.h"
#include "text/size.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

static void
test_reads_sizes(void **state)
{
	static const struct {
		const char *text;
		size_t size;
	} rows[] = {
		{ "0", 0 },
		{ "0k", 0 },
		{ "1", 1 },
		{ "1023", 1023 },
		{ "99", 99 },
		{ "4k", 4096 },
		{ "4K", 4096 },
		{ "1m", 1048576 },
		{ "1M", 1048576 },
		{ "1g", 1073741824 },
		{ "1G", 1073741824 },
		{ "1073741824", 1073741824 },
	};
	struct err err;
	size_t size;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		size = 7;
		if (size_parse(rows[i].text, 1073741824, &size, &err) != 0)
			fail_msg("'%s': %s", rows[i].text, err.text);
		assert_int_equal(size, rows[i].size);
	}
}

static void
test_refuses_sizes(void **state)
{
	static const char *const rows[] = { "", " ", "k", "-1", "+1", " 1",
		"1 ", "1kb", "1ki", "1t", "1.5k", "0x1", "1048577", "1025k",
		"2m", "1g", "18446744073709551616", "18446744073709551617",
		"18014398509481984k", "99999999999999999999999999" };
	struct err err;
	size_t size = 7;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (size_parse(rows[i], 1048576, &size, &err) != -1)
			fail_msg("'%s' was taken for %zu", rows[i], size);
		assert_int_equal(size, 7);
	}
	assert_int_equal(size_parse("2m", 1048576, &size, &err), -1);
	assert_string_equal(err.text, "'2m' is over 1m");
	assert_int_equal(size_parse("1tb", 1048576, &size, &err), -1);
	assert_string_equal(err.text, "'1tb' has an unknown unit 'tb'; want "
				      "bytes or for example 4k, 1m, 1g");
	assert_int_equal(size_parse("18446744073709551616", SIZE_MAX, &size,
			     &err),
	    -1);
}

static void
test_writes_sizes(void **state)
{
	static const struct {
		size_t size;
		const char *text;
	} rows[] = { { 0, "0" }, { 1, "1" }, { 1000, "1000" }, { 1024, "1k" },
		{ 1536, "1536" }, { 32768, "32k" }, { 1048576, "1m" },
		{ 1049600, "1025k" }, { 1073741824, "1g" } };
	char text[SIZE_TEXT];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		size_format(rows[i].size, text);
		assert_string_equal(text, rows[i].text);
	}
}

/* Every signal that has a name, and its number's name. */
static const struct {
	const char *name;
	int signal;
	bool other; /* a second name */
} signals[] = {
	{ "HUP", SIGHUP, false },
	{ "INT", SIGINT, false },
	{ "QUIT", SIGQUIT, false },
	{ "ILL", SIGILL, false },
	{ "TRAP", SIGTRAP, false },
	{ "ABRT", SIGABRT, false },
	{ "IOT", SIGABRT, true },
	{ "BUS", SIGBUS, false },
	{ "FPE", SIGFPE, false },
	{ "KILL", SIGKILL, false },
	{ "USR1", SIGUSR1, false },
	{ "SEGV", SIGSEGV, false },
	{ "USR2", SIGUSR2, false },
	{ "PIPE", SIGPIPE, false },
	{ "ALRM", SIGALRM, false },
	{ "TERM", SIGTERM, false },
	{ "STKFLT", SIGSTKFLT, false },
	{ "CHLD", SIGCHLD, false },
	{ "CLD", SIGCHLD, true },
	{ "CONT", SIGCONT, false },
	{ "STOP", SIGSTOP, false },
	{ "TSTP", SIGTSTP, false },
	{ "TTIN", SIGTTIN, false },
	{ "TTOU", SIGTTOU, false },
	{ "URG", SIGURG, false },
	{ "XCPU", SIGXCPU, false },
	{ "XFSZ", SIGXFSZ, false },
	{ "VTALRM", SIGVTALRM, false },
	{ "PROF", SIGPROF, false },
	{ "WINCH", SIGWINCH, false },
	{ "IO", SIGIO, false },
	{ "POLL", SIGIO, true },
	{ "PWR", SIGPWR, false },
	{ "SYS", SIGSYS, false },
};

static void
assert_signal(const char *text, int signal)
{
	struct err err;
	int found = -1;

	if (signame_parse(text, &found, &err) != 0)
		fail_msg("'%s': %s", text, err.text);
	assert_int_equal(found, signal);
}

static void
test_knows_each_signal(void **state)
{
	char text[SIGNAME_TEXT];
	bool named[32] = { false };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++) {
		assert_signal(signals[i].name, signals[i].signal);
		(void)snprintf(text, sizeof(text), "SIG%s", signals[i].name);
		assert_signal(text, signals[i].signal);
		if (!signals[i].other) {
			char written[SIGNAME_TEXT];

			signame_format(signals[i].signal, written);
			assert_string_equal(written, text);
			named[signals[i].signal] = true;
		}
		(void)snprintf(text, sizeof(text), "%d", signals[i].signal);
		assert_signal(text, signals[i].signal);
	}
	for (int i = 1; i < 32; i++)
		assert_true(named[i]);
}

static void
test_signals_in_any_case(void **state)
{
	(void)state;
	assert_signal("term", SIGTERM);
	assert_signal("sigterm", SIGTERM);
	assert_signal("SigUsr1", SIGUSR1);
	assert_signal("015", SIGTERM);
	assert_signal("rtmin", SIGRTMIN);
	assert_signal("RTMAX", SIGRTMAX);
	assert_signal("SIGRTMIN+1", SIGRTMIN + 1);
	assert_signal("RTMAX-2", SIGRTMAX - 2);
}

static void
test_real_time_names_go_both_ways(void **state)
{
	char text[SIGNAME_TEXT];

	(void)state;
	for (int i = SIGRTMIN; i <= SIGRTMAX; i++) {
		signame_format(i, text);
		assert_signal(text, i);
	}
	signame_format(SIGRTMIN + 1, text);
	assert_string_equal(text, "SIGRTMIN+1");
	signame_format(SIGRTMAX, text);
	assert_string_equal(text, "SIGRTMAX");
	signame_format(99, text);
	assert_string_equal(text, "signal 99");
	signame_format(0, text);
	assert_string_equal(text, "signal 0");
	/* The C library keeps it, or more, for itself. */
	signame_format(32, text);
	assert_string_equal(text, "signal 32");
}

static void
test_refuses_signals(void **state)
{
	static const char *const rows[] = { "", " ", "SIG", "FOO", "SIGFOO",
		"TERM ", " TERM", "TERMX", "SIGSIGTERM", "0", "-15", "+15",
		"15x", "1.5", "32", "33", "65", "99999999999999999999", "RT",
		"RTMIN-1", "RTMAX+1", "RTMIN+", "RTMIN+x", "RTMIN+31",
		"RTMIN+99999999999", "RTMAX-31", "RTMAX-60", "RTMIN1" };
	struct err err;
	int signal = 7;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (signame_parse(rows[i], &signal, &err) != -1)
			fail_msg("'%s' was taken for %d", rows[i], signal);
		assert_int_equal(signal, 7);
	}
	(void)signame_parse("SIGFOO", &signal, &err);
	assert_string_equal(err.text, "'SIGFOO' is no signal; want a name as "
				      "TERM, INT, USR1, RTMIN+1, or a number");
}

static void
test_reads_exit_lists(void **state)
{
	static const struct {
		const char *text;
		int count;
		int first;
		int last;
	} rows[] = {
		{ "0", 1, 0, 0 },
		{ "255", 1, 255, 255 },
		{ "0,3-5,143", 5, 0, 143 },
		{ "7-7", 1, 7, 7 },
		{ "0-255", 256, 0, 255 },
		{ "5,5,4-6", 3, 4, 6 },
		{ "003", 1, 3, 3 },
	};
	bool list[EXITLIST_SIZE];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		int count = 0, first = -1, last = -1;

		memset(list, true, sizeof(list));
		assert_int_equal(exitlist_parse(rows[i].text, list, NULL), 0);
		for (int n = 0; n < EXITLIST_SIZE; n++)
			if (list[n]) {
				count++;
				last = n;
				first = first == -1 ? n : first;
			}
		assert_int_equal(count, rows[i].count);
		assert_int_equal(first, rows[i].first);
		assert_int_equal(last, rows[i].last);
	}
}

static void
test_refuses_exit_lists(void **state)
{
	static const char *const rows[] = { "", ",", "0,", ",0", "0,,1", "256",
		"0-256", "5-3", "-1", "1-", "-", "0 ", " 0", "0, 1", "a", "0a",
		"1-2-3", "0;1", "99999999999999999999", "0x1" };
	bool list[EXITLIST_SIZE] = { false };
	struct err err;

	(void)state;
	list[9] = true;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (exitlist_parse(rows[i], list, &err) != -1)
			fail_msg("'%s' was taken", rows[i]);
		for (int n = 0; n < EXITLIST_SIZE; n++)
			assert_int_equal(list[n], n == 9);
	}
	(void)exitlist_parse("0-256", list, &err);
	assert_string_equal(err.text,
	    "'0-256' is no list of exit statuses "
	    "from 0 to 255; want for example 0,3-5,143");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reads_sizes),
		cmocka_unit_test(test_refuses_sizes),
		cmocka_unit_test(test_writes_sizes),
		cmocka_unit_test(test_knows_each_signal),
		cmocka_unit_test(test_signals_in_any_case),
		cmocka_unit_test(test_real_time_names_go_both_ways),
		cmocka_unit_test(test_refuses_signals),
		cmocka_unit_test(test_reads_exit_lists),
		cmocka_unit_test(test_refuses_exit_lists),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
