/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "tend/screen.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "activity/activity.h"
#include "base/instant.h"
#include "base/log.h"
#include "tend/foreground.h"
#include "tend/options.h"
#include "tend/streams.h"

/* ms; the line comes back soon after output, and not for each piece. */
enum { REDRAW = 100, DRAW_AFTER_OUTPUT = 30, SUSPEND_WAIT = 100 };

enum { SOME_COLUMNS = 80 };

/* More than any line of the display and what is around it. */
enum { DRAWING_MAX = 16 * 1024 };

/* A terminal that can do more than print lines. */
static bool
is_capable(void)
{
	const char *term = getenv("TERM");

	return isatty(STDERR_FILENO) == 1 && term != NULL && *term != '\0' &&
	       strcmp(term, "dumb") != 0;
}

static bool
wants_color(void)
{
	const char *no_color = getenv("NO_COLOR");

	return no_color == NULL || *no_color == '\0';
}

static bool
is_same_terminal(void)
{
	struct stat out, err;

	return isatty(STDOUT_FILENO) == 1 && fstat(STDOUT_FILENO, &out) == 0 &&
	       fstat(STDERR_FILENO, &err) == 0 && out.st_rdev == err.st_rdev;
}

static void on_timer(void *arg);

void
screen_init(struct screen *screen, const struct foreground *foreground,
    const struct options *options)
{
	bool capable = is_capable();
	bool same = is_same_terminal();

	*screen = (struct screen){
		.foreground = foreground,
		.color = capable && wants_color(),
		/* What goes there directly would be overwritten. */
		.live = capable && streams_needed(options, STREAMS_STDERR) &&
			(!same || streams_needed(options, STREAMS_STDOUT)),
		.timer = { .call = on_timer, .arg = screen },
	};
	screen->one_stream = screen->live && same;
	display_init(&screen->display, 0, options->heartbeat_timeout,
	    screen->color);
}

void
screen_clear(struct screen *screen)
{
	display_clear(&screen->display);
}

/* ---- the line ---- */

static void
print(const struct screen *screen, const struct buf *text)
{
	if (text->len > 0)
		(void)writer_put(screen->foreground->output.writer,
		    WRITER_STDERR, text->data, text->len);
}

static void
erase(struct screen *screen)
{
	struct buf text = BUF_INIT(DRAWING_MAX);

	display_erase(&screen->display, &text);
	print(screen, &text);
	buf_clear(&text);
}

static size_t
columns(void)
{
	struct winsize size;

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == -1 || size.ws_col == 0)
		return SOME_COLUMNS;
	return size.ws_col;
}

static void
draw(struct screen *screen)
{
	struct buf text = BUF_INIT(DRAWING_MAX);
	struct writer *writer = screen->foreground->output.writer;

	if (writer_pending(writer, WRITER_STDERR) > 0 ||
	    !foreground_in_front(screen->foreground))
		return;
	display_draw(&screen->display, loop_now(screen->foreground->loop),
	    columns(), &text);
	print(screen, &text);
	buf_clear(&text);
}

static void
draw_in(struct screen *screen, int64_t length)
{
	struct loop *loop = screen->foreground->loop;

	if (screen->live && screen->shown)
		loop_timer_set(loop, &screen->timer, loop_now(loop) + length);
}

static void
on_timer(void *arg)
{
	struct screen *screen = arg;

	draw(screen);
	draw_in(screen, REDRAW);
}

void
screen_show(struct screen *screen)
{
	screen->display.began = loop_now(screen->foreground->loop);
	screen->shown = true;
	draw_in(screen, REDRAW);
}

void
screen_hide(struct screen *screen)
{
	screen->shown = false;
	loop_timer_set(screen->foreground->loop, &screen->timer, INSTANT_NEVER);
	erase(screen);
}

/* What is not written before tend is stopped comes into the shell's prompt. */
void
screen_suspend(struct screen *screen)
{
	struct writer *writer = screen->foreground->output.writer;
	struct pollfd flushed = { .fd = writer_descriptor(writer),
		.events = POLLIN };

	erase(screen);
	if (screen->live && !writer_flushed(writer))
		(void)poll(&flushed, 1, SUSPEND_WAIT);
}

/* ---- what happens ---- */

void
screen_beat_sent(struct screen *screen, const char *details)
{
	display_sent(&screen->display, details);
}

/* Of one that failed, the log tells already. */
void
screen_beat_answered(struct screen *screen, const struct activity_event *event,
    int64_t lease)
{
	struct buf line = BUF_INIT(DRAWING_MAX);

	if (event->type != ACTIVITY_HEARTBEAT_OK)
		return;
	display_accepted(&screen->display, event->cancel_requested, lease);
	if (screen->live) {
		draw_in(screen, 0);
		return;
	}
	display_line(&screen->display, loop_now(screen->foreground->loop),
	    &line);
	log_info("%s", line.data);
	buf_clear(&line);
}

/* Whether the line is on the terminal that this goes to. */
static bool
concerns(const struct screen *screen, enum writer_stream stream)
{
	return screen->live && stream == WRITER_STDERR;
}

void
screen_before_output(struct screen *screen, enum writer_stream stream, bool own)
{
	struct buf text = BUF_INIT(DRAWING_MAX);

	if (!concerns(screen, stream))
		return;
	display_erase(&screen->display, &text);
	if (own)
		display_begin_line(&screen->display, &text);
	print(screen, &text);
	buf_clear(&text);
}

void
screen_after_output(struct screen *screen, enum writer_stream stream,
    const char *data, size_t len)
{
	if (!concerns(screen, stream))
		return;
	display_output(&screen->display, data, len);
	draw_in(screen, DRAW_AFTER_OUTPUT);
}
