/* SPDX-License-Identifier: MIT */
/*
 * The history of an execution for people: an event a line, with its number,
 * the time since the first event, its type, and those of its attributes that
 * tell what happened.
 *
 *	  7    2.013s  ActivityTaskCompleted       result: 480 frames
 *
 * Pure: events in, text out.
 */
#ifndef TEND_STORY_H
#define TEND_STORY_H

#include <stdbool.h>

#include "aws/swf_history.h"
#include "base/buf.h"

/*
 * Appends all events of a history, the oldest first, each with a line end.
 * In colour, what is not about activities is less bright.
 */
void story_write(const struct swf_history *history, bool color,
    struct buf *out);

#endif
