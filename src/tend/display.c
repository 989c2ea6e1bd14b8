/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "tend/display.h"

#include <stdint.h>
#include <string.h>

#include "aws/wire.h"
#include "base/instant.h"
#include "text/oneline.h"
#include "text/utf8.h"

enum {
	DETAILS_BYTES = SWF_HEARTBEAT_DETAILS_MAX * UTF8_BYTES_PER_UNIT,
	/* Columns of the details in a line of the log. */
	LOG_COLUMNS = 400,
	BAR = 10,
	/* What is drawn, escape sequences apart. */
	LINE_BYTES = DETAILS_BYTES + 256
};

#define ESCAPE "\x1b"

/* Save the cursor, go down and to the line's begin; and back. */
#define GO_BELOW ESCAPE "7" ESCAPE "[B\r"
#define GO_BACK  ESCAPE "8"
/* Down, which scrolls at the bottom, and up again: there is a line below. */
#define MAKE_BELOW ESCAPE "D" ESCAPE "[A"
#define CLEAR_LINE ESCAPE "[K"
#define CYAN       ESCAPE "[36m"
#define YELLOW     ESCAPE "[33m"
#define PLAIN      ESCAPE "[m"

void
display_init(struct display *display, int64_t now, int64_t timeout, bool color)
{
	*display = (struct display){
		.began = now,
		.color = color,
		.timeout = timeout,
		.lease = INSTANT_NEVER,
	};
	buf_init(&display->sent, DETAILS_BYTES);
	buf_init(&display->told, DETAILS_BYTES);
}

void
display_clear(struct display *display)
{
	buf_clear(&display->sent);
	buf_clear(&display->told);
}

void
display_sent(struct display *display, const char *details)
{
	buf_reset(&display->sent);
	if (details != NULL)
		(void)buf_string(&display->sent, details);
}

void
display_accepted(struct display *display, bool cancel_requested, int64_t lease)
{
	buf_reset(&display->told);
	if (display->sent.len > 0)
		(void)buf_append(&display->told, display->sent.data,
		    display->sent.len);
	display->beats++;
	display->lease = lease;
	display->cancel_requested = cancel_requested;
}

/* "4.2s", "3m05s", "2h07m". */
static void
add_length(struct buf *out, int64_t ms)
{
	/* To the nearest tenth. */
	long long seconds = (ms + 50) / 1000;

	if (seconds < 100)
		(void)buf_format(out, "%lld.%llds", seconds,
		    (long long)((ms + 50) % 1000 / 100));
	else if (seconds < 100 * 60)
		(void)buf_format(out, "%lldm%02llds", seconds / 60,
		    seconds % 60);
	else
		(void)buf_format(out, "%lldh%02lldm", seconds / 3600,
		    seconds / 60 % 60);
}

void
display_line(const struct display *display, int64_t now, struct buf *out)
{
	(void)buf_format(out, "heartbeat %u at ", display->beats);
	add_length(out, now - display->began);
	(void)buf_string(out, ": ");
	if (display->told.len > 0)
		(void)oneline_append(out, display->told.data, LOG_COLUMNS);
	else
		(void)buf_string(out, "no details yet");
	if (display->lease != INSTANT_NEVER) {
		(void)buf_string(out, "; lease ");
		add_length(out, instant_left(display->lease, now));
	}
	if (display->cancel_requested)
		(void)buf_string(out, "; SWF answers: cancel requested");
}

void
display_output(struct display *display, const char *data, size_t len)
{
	if (len > 0)
		display->line_begun = data[len - 1] != '\n';
}

void
display_begin_line(struct display *display, struct buf *out)
{
	if (display->line_begun)
		(void)buf_string(out, "\n");
	display->line_begun = false;
}

void
display_erase(struct display *display, struct buf *out)
{
	switch (display->drawn) {
	case DISPLAY_NOWHERE:
		return;
	case DISPLAY_HERE:
		(void)buf_string(out, "\r" CLEAR_LINE);
		break;
	case DISPLAY_BELOW:
		(void)buf_string(out, GO_BELOW CLEAR_LINE GO_BACK);
		break;
	}
	display->drawn = DISPLAY_NOWHERE;
}

/* "lease 7.3s [#######---]" */
static void
add_lease(const struct display *display, int64_t now, struct buf *out)
{
	int64_t left = instant_left(display->lease, now);
	int64_t full = 0;

	if (display->lease == INSTANT_NEVER) {
		(void)buf_string(out, " | no lease");
		return;
	}
	if (display->timeout != INSTANT_NEVER)
		full = (left * BAR + display->timeout - 1) / display->timeout;
	(void)buf_string(out, " | lease ");
	add_length(out, left);
	(void)buf_string(out, " [");
	for (int64_t i = 0; i < BAR; i++)
		(void)buf_string(out, i < full ? "#" : "-");
	(void)buf_string(out, "]");
}

static void
add_text(const struct display *display, int64_t now, struct buf *out)
{
	(void)buf_string(out, "tend: ");
	add_length(out, now - display->began);
	if (display->beats == 0) {
		(void)buf_string(out, " | no heartbeat yet");
		return;
	}
	(void)buf_format(out, " | heartbeat %u", display->beats);
	add_lease(display, now, out);
	if (display->cancel_requested)
		(void)buf_string(out, " | cancel requested");
	if (display->told.len > 0)
		(void)buf_format(out, " | %s", display->told.data);
}

/* What wants attention: half of the lease is gone, as it never should. */
static bool
is_urgent(const struct display *display, int64_t now)
{
	return display->cancel_requested ||
	       (display->lease != INSTANT_NEVER &&
		   display->timeout != INSTANT_NEVER &&
		   instant_left(display->lease, now) < display->timeout / 2);
}

void
display_draw(struct display *display, int64_t now, size_t columns,
    struct buf *out)
{
	struct buf text = BUF_INIT(LINE_BYTES);

	/* Drawn already, it is in the same place: output erases it before. */
	if (display->line_begun && display->drawn == DISPLAY_NOWHERE)
		(void)buf_string(out, MAKE_BELOW);
	if (display->line_begun)
		(void)buf_string(out, GO_BELOW);
	if (display->color)
		(void)buf_string(out, is_urgent(display, now) ? YELLOW : CYAN);
	/* A terminal may wrap once its last column is full. */
	add_text(display, now, &text);
	(void)oneline_append(out, text.data, columns > 0 ? columns - 1 : 0);
	if (display->color)
		(void)buf_string(out, PLAIN);
	(void)buf_string(out, CLEAR_LINE);
	(void)buf_string(out, display->line_begun ? GO_BACK : "\r");
	display->drawn = display->line_begun ? DISPLAY_BELOW : DISPLAY_HERE;
	buf_clear(&text);
}
