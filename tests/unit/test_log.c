/* SPDX-License-Identifier: MIT */
/*
 * base/log: one line for each event, which nothing in it can forge or break.
 */
#include "config.h"

#include "base/log.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cjson/cJSON.h>
#include <cmocka.h>

#define COUNT(xs) (sizeof(xs) / sizeof((xs)[0]))

struct captured {
	char text[65536];
	size_t len;
	int lines;
};

static struct captured captured;

static void
capture(void *arg, const char *line, size_t len)
{
	assert_ptr_equal(arg, &captured);
	assert_true(captured.len + len < sizeof(captured.text));
	memcpy(captured.text + captured.len, line, len);
	captured.len += len;
	captured.text[captured.len] = '\0';
	captured.lines++;
}

static int
fresh(void **state)
{
	(void)state;
	memset(&captured, 0, sizeof(captured));
	log_init("prog");
	log_set_sink(capture, &captured);
	return 0;
}

static void
test_text_form(void **state)
{
	(void)state;
	log_set_level(LOG_DEBUG);
	log_info("pid %d started", 7);
	log_warning("slow");
	log_error("gone: %s", "no such task");
	log_debug("tick");
	assert_string_equal(captured.text, "prog: pid 7 started\n"
					   "prog: warning: slow\n"
					   "prog: error: gone: no such task\n"
					   "prog: debug: tick\n");
	assert_int_equal(captured.lines, 4);
}

static void
test_level_keeps_lines_out(void **state)
{
	static const char *const names[] = { "error", "warning", "info",
		"debug" };
	enum log_level level;

	(void)state;
	for (int i = 0; i < (int)COUNT(names); i++) {
		captured.lines = 0;
		assert_int_equal(log_level_parse(names[i], &level), 0);
		assert_int_equal(level, i);
		log_set_level(level);
		log_error("x");
		log_warning("x");
		log_info("x");
		log_debug("x");
		assert_int_equal(captured.lines, i + 1);
		assert_true(log_enabled(level));
		assert_int_equal(log_enabled(LOG_DEBUG), level == LOG_DEBUG);
	}
	assert_int_equal(log_level_parse("loud", &level), -1);
	assert_int_equal(log_level_parse("", &level), -1);
	assert_int_equal(log_level_parse("INFO", &level), -1);
}

/* What text and JSON make of bytes from a command or from the network. */
static const struct {
	const char *message;
	const char *text;
	const char *json;
} escapes[] = {
	{ "plain", "plain", "plain" },
	{ "two\nlines", "two\\x0alines", "two\\u000alines" },
	{ "\r\t\x1b[2J", "\\x0d\\x09\\x1b[2J", "\\u000d\\u0009\\u001b[2J" },
	{ "del\x7f", "del\\x7f", "del\\u007f" },
	{ "a \"b\" \\c", "a \"b\" \\c", "a \\\"b\\\" \\\\c" },
	{ "\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80",
	    "\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80",
	    "\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80" },
	/* C1 controls: U+009B is what ESC [ is, in one character. */
	{ "\xc2\x9b"
	  "2J",
	    "\\xc2\\x9b2J", "\\ufffd\\ufffd2J" },
	{ "\xc2\xa0", "\xc2\xa0", "\xc2\xa0" },
	/* The first and the last of each length. */
	{ "\xc2\xa0\xdf\xbf", "\xc2\xa0\xdf\xbf", "\xc2\xa0\xdf\xbf" },
	{ "\xe0\xa0\x80\xef\xbf\xbf", "\xe0\xa0\x80\xef\xbf\xbf",
	    "\xe0\xa0\x80\xef\xbf\xbf" },
	{ "\xed\x9f\xbf\xee\x80\x80", "\xed\x9f\xbf\xee\x80\x80",
	    "\xed\x9f\xbf\xee\x80\x80" },
	{ "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf",
	    "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf",
	    "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf" },
	/* Not UTF-8: alone, cut short, overlong, surrogate, out of range. */
	{ "\x80", "\\x80", "\\ufffd" },
	{ "\xff!", "\\xff!", "\\ufffd!" },
	{ "\xe2\x82", "\\xe2\\x82", "\\ufffd\\ufffd" },
	{ "\xe2\x82!", "\\xe2\\x82!", "\\ufffd\\ufffd!" },
	{ "\xc0\xaf", "\\xc0\\xaf", "\\ufffd\\ufffd" },
	{ "\xe0\x80\xaf", "\\xe0\\x80\\xaf", "\\ufffd\\ufffd\\ufffd" },
	{ "\xed\xa0\x80", "\\xed\\xa0\\x80", "\\ufffd\\ufffd\\ufffd" },
	{ "\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80",
	    "\\ufffd\\ufffd\\ufffd\\ufffd" },
	{ "\xf0\x9f\x98", "\\xf0\\x9f\\x98", "\\ufffd\\ufffd\\ufffd" },
	{ "", "", "" },
};

static void
test_escapes_in_text(void **state)
{
	char want[256];

	(void)state;
	for (size_t i = 0; i < COUNT(escapes); i++) {
		(void)fresh(NULL);
		log_info("%s", escapes[i].message);
		(void)snprintf(want, sizeof(want), "prog: %s\n",
		    escapes[i].text);
		assert_string_equal(captured.text, want);
	}
}

static void
test_escapes_in_json(void **state)
{
	char want[256];

	(void)state;
	for (size_t i = 0; i < COUNT(escapes); i++) {
		(void)fresh(NULL);
		log_set_format(LOG_JSON);
		log_info("%s", escapes[i].message);
		(void)snprintf(want, sizeof(want), "\"message\":\"%s\"}\n",
		    escapes[i].json);
		assert_non_null(strstr(captured.text, want));
	}
}

static void
test_json_is_one_object_a_line(void **state)
{
	const char *end;
	cJSON *line;
	char every[256];

	(void)state;
	for (int i = 1; i < 256; i++)
		every[i - 1] = (char)i;
	every[255] = '\0';
	log_set_format(LOG_JSON);
	log_error("%s", every);
	line = cJSON_ParseWithOpts(captured.text, &end, 0);
	assert_non_null(line);
	assert_string_equal(end, "\n");
	assert_int_equal(cJSON_GetArraySize(line), 3);
	assert_string_equal(cJSON_GetObjectItem(line, "level")->valuestring,
	    "error");
	assert_int_equal(strlen(cJSON_GetObjectItem(line, "time")->valuestring),
	    strlen("2026-11-22T10:23:45.678Z"));
	cJSON_Delete(line);
}

/* The longest of messages, each byte of which takes the most room. */
static void
test_a_flood_stays_one_valid_line(void **state)
{
	static const enum log_format formats[] = { LOG_TEXT, LOG_JSON };
	char *flood = malloc(1000001);
	cJSON *line;

	(void)state;
	assert_non_null(flood);
	memset(flood, '\x01', 1000000);
	flood[1000000] = '\0';
	for (size_t i = 0; i < COUNT(formats); i++) {
		(void)fresh(NULL);
		log_set_format(formats[i]);
		log_info("%s", flood);
		assert_int_equal(captured.lines, 1);
		assert_ptr_equal(strchr(captured.text, '\n'),
		    captured.text + captured.len - 1);
	}
	line = cJSON_Parse(captured.text);
	assert_non_null(line);
	cJSON_Delete(line);
	free(flood);
}

static void
test_goes_to_stderr_in_one_write(void **state)
{
	int saved = dup(STDERR_FILENO);
	char said[64];
	int ends[2];
	ssize_t n;

	(void)state;
	/* A pipe of packets: each write is one read. */
	assert_int_equal(pipe2(ends, O_DIRECT), 0);
	assert_int_equal(dup2(ends[1], STDERR_FILENO), STDERR_FILENO);
	log_set_sink(NULL, NULL);
	log_warning("one %s", "write");
	assert_int_equal(dup2(saved, STDERR_FILENO), STDERR_FILENO);
	n = read(ends[0], said, sizeof(said) - 1);
	assert_true(n > 0);
	said[n] = '\0';
	assert_string_equal(said, "prog: warning: one write\n");
	(void)close(ends[0]);
	(void)close(ends[1]);
	(void)close(saved);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_text_form, fresh),
		cmocka_unit_test_setup(test_level_keeps_lines_out, fresh),
		cmocka_unit_test_setup(test_escapes_in_text, fresh),
		cmocka_unit_test_setup(test_escapes_in_json, fresh),
		cmocka_unit_test_setup(test_json_is_one_object_a_line, fresh),
		cmocka_unit_test_setup(test_a_flood_stays_one_valid_line,
		    fresh),
		cmocka_unit_test_setup(test_goes_to_stderr_in_one_write, fresh),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
