/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "tend/checkup.h"

#include <stddef.h>
#include <string.h>

#include "tend/drain.h"
#include "tend/exposition.h"
#include "tend/health.h"
#include "tend/numbers.h"
#include "tend/options.h"
#include "tend/poller.h"
#include "tend/slots.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

enum { UNHEALTHY = 503, NOT_FOUND = 404, TOO_LARGE = 500 };

static const char plain[] = "text/plain; charset=utf-8";

static void
look(const struct checkup *checkup, struct health_view *view)
{
	*view = (struct health_view){
		.begun = checkup->begun,
		.draining = checkup->drain->draining,
		.unexecutable = poller_is_unexecutable(checkup->poller),
		.slots = checkup->options->slots,
		.used = checkup->slots->used,
		.polls = poller_outstanding(checkup->poller),
	};
}

static void
say_health(const struct checkup *checkup, const char *accept,
    struct listen_answer *answer)
{
	struct health_view view;
	char text[HEALTH_TEXT];

	(void)accept;
	look(checkup, &view);
	if (!health_check(&checkup->numbers->health, &view,
		loop_now(checkup->loop), text))
		answer->status = UNHEALTHY;
	(void)buf_format(&answer->body, "%s\n", text);
}

static void
say_alive(const struct checkup *checkup, const char *accept,
    struct listen_answer *answer)
{
	(void)checkup;
	(void)accept;
	(void)buf_string(&answer->body, "ok\n");
}

static void
say_numbers(const struct checkup *checkup, const char *accept,
    struct listen_answer *answer)
{
	enum metrics_format format = metrics_wanted(accept);
	struct exposition_view view = {
		.now = loop_now(checkup->loop),
		.started_at = checkup->started_at,
	};
	char text[HEALTH_TEXT];

	look(checkup, &view.health);
	view.healthy = health_check(&checkup->numbers->health, &view.health,
	    view.now, text);
	slots_count(checkup->slots, &view.slots);
	answer->type = metrics_content_type(format);
	if (exposition_write(&answer->body, format, checkup->numbers, &view) ==
	    -1)
		answer->status = TOO_LARGE;
}

static const struct {
	const char *path;
	void (*say)(const struct checkup *, const char *accept,
	    struct listen_answer *answer);
} pages[] = {
	{ "/healthz", say_health },
	{ "/livez", say_alive },
	{ "/metrics", say_numbers },
};

/* By its path. */
void
checkup_answer(void *arg, const char *path, const char *accept,
    struct listen_answer *answer)
{
	const struct checkup *checkup = arg;

	answer->type = plain;
	for (size_t i = 0; i < ARRAY_SIZE(pages); i++)
		if (strcmp(path, pages[i].path) == 0) {
			pages[i].say(checkup, accept, answer);
			return;
		}
	answer->status = NOT_FOUND;
	(void)buf_string(&answer->body,
	    "not found; there are /healthz, /livez and /metrics\n");
}
