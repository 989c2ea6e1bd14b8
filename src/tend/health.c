/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "tend/health.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "text/duration.h"
#include "text/oneline.h"
#include "text/utf8.h"

enum { SECOND = 1000, RAW_MOST = 4096 };

/* The row is over. */
void
health_succeeded(struct health_calls *calls)
{
	calls->failures = 0;
	calls->problem[0] = '\0';
}

/* Of many that are under way when something breaks all fail: that is one. */
void
health_failed(struct health_calls *calls, int64_t sent_at, int64_t now)
{
	if (calls->failures == 0)
		calls->since = sent_at;
	else if (sent_at <= calls->failed_at)
		return;
	calls->failures++;
	calls->failed_at = now;
}

/* It is shown to people, on a line of theirs. */
void
health_problem(struct health_calls *calls, const char *code,
    const char *message)
{
	struct buf raw = BUF_INIT(RAW_MOST);
	struct buf valid = BUF_INIT(3 * RAW_MOST);
	struct buf line = BUF_INIT(3 * RAW_MOST);

	calls->problem[0] = '\0';
	if (buf_format(&raw, "%s%s%s", code, *code == '\0' ? "" : ": ",
		message) == 0 &&
	    utf8_repair(&valid, raw.data, raw.len) == 0 &&
	    oneline_append(&line, valid.data, HEALTH_COLUMNS) == 0)
		(void)strlcpy(calls->problem, line.data, HEALTH_PROBLEM);
	buf_clear(&line);
	buf_clear(&valid);
	buf_clear(&raw);
}

static bool
is_bad(const struct health_calls *calls, int64_t now)
{
	return calls->failures >= HEALTH_ROW ||
	       (calls->failures > 0 && now - calls->since >= HEALTH_LENGTH);
}

static void
say_bad(const struct health_calls *calls, const char *name, int64_t now,
    char text[HEALTH_TEXT])
{
	char length[DURATION_TEXT];

	duration_format((now - calls->since) / SECOND * SECOND, length);
	(void)snprintf(text, HEALTH_TEXT, "%s fail, %u in a row for %s%s%s",
	    name, calls->failures, length,
	    calls->problem[0] == '\0' ? "" : ": ", calls->problem);
}

static void
say_good(const struct health_view *view, char text[HEALTH_TEXT])
{
	if (view->draining)
		(void)snprintf(text, HEALTH_TEXT,
		    "draining: %zu task%s in hand, %zu poll%s to return",
		    view->used, view->used == 1 ? "" : "s", view->polls,
		    view->polls == 1 ? "" : "s");
	else
		(void)snprintf(text, HEALTH_TEXT,
		    "ok: %zu of %zu slot%s in use", view->used, view->slots,
		    view->slots == 1 ? "" : "s");
}

/* Why no further tasks come in; false: they may. */
static bool
say_what_keeps_tasks_away(const struct health *health,
    const struct health_view *view, int64_t now, char text[HEALTH_TEXT])
{
	if (!view->begun)
		(void)strlcpy(text, "activity types are being registered",
		    HEALTH_TEXT);
	else if (is_bad(&health->polls, now))
		say_bad(&health->polls, "polls", now, text);
	else if (view->unexecutable)
		(void)strlcpy(text,
		    "commands cannot be executed, and polling pauses",
		    HEALTH_TEXT);
	else
		return false;
	return true;
}

/* What is worst first; false: nothing is. */
static bool
say_what_is_wrong(const struct health *health, const struct health_view *view,
    int64_t now, char text[HEALTH_TEXT])
{
	if (view->used > 0 && is_bad(&health->heartbeats, now)) {
		say_bad(&health->heartbeats, "heartbeats", now, text);
		return true;
	}
	return !view->draining &&
	       say_what_keeps_tasks_away(health, view, now, text);
}

/* See the header. */
bool
health_check(const struct health *health, const struct health_view *view,
    int64_t now, char text[HEALTH_TEXT])
{
	if (say_what_is_wrong(health, view, now, text))
		return false;
	say_good(view, text);
	return true;
}
