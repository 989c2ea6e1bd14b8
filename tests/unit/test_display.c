/* SPDX-License-Identifier: MIT */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/instant.h"
#include "tend/display.h"

enum { BEGAN = 1000000, TIMEOUT = 10000 };

static struct display display;
static struct buf out;

static int
set_up(void **state)
{
	(void)state;
	display_init(&display, BEGAN, TIMEOUT, false);
	buf_init(&out, 65536);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	display_clear(&display);
	buf_clear(&out);
	return 0;
}

static void
expect(const char *text)
{
	assert_string_equal(out.data == NULL ? "" : out.data, text);
	buf_reset(&out);
}

static void
beat(const char *details, int64_t lease)
{
	display_sent(&display, details);
	display_accepted(&display, false, lease);
}

static void
test_log_lines(void **state)
{
	(void)state;
	beat(NULL, BEGAN + 9500);
	display_line(&display, BEGAN, &out);
	expect("heartbeat 1 at 0.0s: no details yet; lease 9.5s");
	beat("50%\n(of all)\x1b[2J", BEGAN + 12740);
	display_line(&display, BEGAN + 3240, &out);
	expect("heartbeat 2 at 3.2s: 50% (of all)?[2J; lease 9.5s");
	display_sent(&display, "60%");
	display_accepted(&display, true, INSTANT_NEVER);
	display_line(&display, BEGAN + 185000, &out);
	expect("heartbeat 3 at 3m05s: 60%; SWF answers: cancel requested");
	display_line(&display, BEGAN + 7620000, &out);
	expect("heartbeat 3 at 2h07m: 60%; SWF answers: cancel requested");
}

/* What was sent counts once it was accepted. */
static void
test_only_what_was_accepted(void **state)
{
	(void)state;
	beat("10%", BEGAN + 9500);
	display_sent(&display, "20%");
	display_draw(&display, BEGAN + 1000, 80, &out);
	expect("tend: 1.0s | heartbeat 1 | lease 8.5s [#########-] | 10%"
	       "\x1b[K\r");
}

static void
test_the_line(void **state)
{
	(void)state;
	display_draw(&display, BEGAN, 80, &out);
	expect("tend: 0.0s | no heartbeat yet\x1b[K\r");
	beat("10%", BEGAN + 9500);
	display_draw(&display, BEGAN, 80, &out);
	expect("tend: 0.0s | heartbeat 1 | lease 9.5s [##########] | 10%"
	       "\x1b[K\r");
	display_draw(&display, BEGAN + 9500, 80, &out);
	expect("tend: 9.5s | heartbeat 1 | lease 0.0s [----------] | 10%"
	       "\x1b[K\r");
	beat("20%", INSTANT_NEVER);
	display_draw(&display, BEGAN, 80, &out);
	expect("tend: 0.0s | heartbeat 2 | no lease | 20%\x1b[K\r");
	display_sent(&display, NULL);
	display_accepted(&display, true, INSTANT_NEVER);
	display_draw(&display, BEGAN, 80, &out);
	expect("tend: 0.0s | heartbeat 3 | no lease | cancel requested"
	       "\x1b[K\r");
}

/* Never in the last column. */
static void
test_the_width(void **state)
{
	(void)state;
	beat("0123456789", INSTANT_NEVER);
	display_draw(&display, BEGAN, 51, &out);
	expect("tend: 0.0s | heartbeat 1 | no lease | 0123456789\x1b[K\r");
	display_draw(&display, BEGAN, 48, &out);
	expect("tend: 0.0s | heartbeat 1 | no lease | 012345...\x1b[K\r");
	display_draw(&display, BEGAN, 8, &out);
	expect("tend...\x1b[K\r");
	display_draw(&display, BEGAN, 1, &out);
	expect("\x1b[K\r");
	display_draw(&display, BEGAN, 0, &out);
	expect("\x1b[K\r");
}

static void
test_erased(void **state)
{
	(void)state;
	display_erase(&display, &out);
	expect("");
	display_draw(&display, BEGAN, 8, &out);
	buf_reset(&out);
	display_erase(&display, &out);
	expect("\r\x1b[K");
	display_erase(&display, &out);
	expect("");
}

/* The command is in the middle of a line: it is drawn below. */
static void
test_below(void **state)
{
	(void)state;
	display_output(&display, "Name: ", 6);
	display_draw(&display, BEGAN, 8, &out);
	expect("\x1b"
	       "D\x1b[A\x1b"
	       "7\x1b[B\rtend...\x1b[K\x1b"
	       "8");
	/* The room below has been made. */
	display_draw(&display, BEGAN, 8, &out);
	expect("\x1b"
	       "7\x1b[B\rtend...\x1b[K\x1b"
	       "8");
	display_erase(&display, &out);
	expect("\x1b"
	       "7\x1b[B\r\x1b[K\x1b"
	       "8");
	display_output(&display, "", 0);
	display_draw(&display, BEGAN, 8, &out);
	assert_non_null(strstr(out.data, "\x1b[B"));
	buf_reset(&out);
	display_erase(&display, &out);
	buf_reset(&out);
	display_output(&display, "x\n", 2);
	display_draw(&display, BEGAN, 8, &out);
	expect("tend...\x1b[K\r");
}

static void
test_begins_a_line(void **state)
{
	(void)state;
	display_begin_line(&display, &out);
	expect("");
	display_output(&display, "20%\r", 4);
	display_begin_line(&display, &out);
	expect("\n");
	display_begin_line(&display, &out);
	expect("");
}

static void
test_colors(void **state)
{
	(void)state;
	display.color = true;
	beat(NULL, BEGAN + 9500);
	display_draw(&display, BEGAN, 8, &out);
	expect("\x1b[36mtend...\x1b[m\x1b[K\r");
	display_draw(&display, BEGAN + 4501, 8, &out);
	expect("\x1b[33mtend...\x1b[m\x1b[K\r");
	display_sent(&display, NULL);
	display_accepted(&display, true, BEGAN + 9500);
	display_draw(&display, BEGAN, 8, &out);
	expect("\x1b[33mtend...\x1b[m\x1b[K\r");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_log_lines),
		TEST(test_only_what_was_accepted),
		TEST(test_the_line),
		TEST(test_the_width),
		TEST(test_erased),
		TEST(test_below),
		TEST(test_begins_a_line),
		TEST(test_colors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
