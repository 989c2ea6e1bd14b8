/* SPDX-License-Identifier: MIT */
/*
 * Where a display is shown: the terminal on stderr, if there is one and all
 * that is printed on it comes by tend, or the log.
 *
 * It is told of heartbeats and output (tend/onlooker.h), erases the display's
 * line before anything else is printed and draws it again afterwards, and ten
 * times a second, unless tend is not in front, or the terminal does not take
 * what is printed.
 */
#ifndef TEND_SCREEN_H
#define TEND_SCREEN_H

#include <stdbool.h>

#include "process/writer.h"
#include "tend/display.h"
#include "tend/loop.h"

struct activity_event;
struct foreground;
struct options;

struct screen {
	const struct foreground *foreground;
	struct display display;
	bool live;       /* there is a line that is redrawn */
	bool color;      /* stderr may have colours */
	bool one_stream; /* stdout is that terminal, too */
	bool shown;      /* between screen_show() and screen_hide() */
	struct loop_timer timer;
};

/* Looks at stdout, stderr, TERM and NO_COLOR. */
void screen_init(struct screen *, const struct foreground *foreground,
    const struct options *options);
void screen_clear(struct screen *);

/* From now on there is a display, until it is taken away. */
void screen_show(struct screen *);
void screen_hide(struct screen *);

/* Takes it away only until the next time that it is drawn. */
void screen_suspend(struct screen *);

void screen_beat_sent(struct screen *, const char *details);
void screen_beat_answered(struct screen *, const struct activity_event *event,
    int64_t lease);

/*
 * Around everything that is printed on one of tend's streams; what is tend's
 * "own" begins on a line of its own.
 */
void screen_before_output(struct screen *, enum writer_stream stream, bool own);
void screen_after_output(struct screen *, enum writer_stream stream,
    const char *data, size_t len);

#endif
