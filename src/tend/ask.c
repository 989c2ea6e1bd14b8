/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "tend/ask.h"

#include <stdlib.h>
#include <string.h>

#include "aws/wire.h"
#include "base/instant.h"
#include "base/log.h"

/* ms */
enum { FIRST_PAUSE = 250, THROTTLED_PAUSE = 1000, LONGEST_PAUSE = 10000 };

static void on_timer(void *arg);

static void
settle(struct ask *ask, const struct swf_answer *answer)
{
	ask->pending = false;
	buf_clear(&ask->request);
	ask->done(ask->arg, answer);
}

/* Somewhere from half of it to all. */
static int64_t
jittered(int64_t pause)
{
	return pause / 2 + arc4random_uniform((uint32_t)(pause / 2 + 1));
}

static void
say_trouble(const struct ask *ask, const struct swf_answer *answer)
{
	if (ask->asker->troubled)
		return;
	ask->asker->troubled = true;
	log_warning("%s: %s%s%s: it is tried again until it works",
	    swf_operation_name(ask->kind.operation), answer->code,
	    *answer->code != '\0' && *answer->message != '\0' ? ": " : "",
	    answer->message);
}

static void
try_again(struct ask *ask, const struct swf_answer *answer)
{
	int64_t now = loop_now(ask->asker->loop);
	int64_t pause = ask->pause;

	if (answer->class == SWF_THROTTLED)
		pause = instant_max(pause, THROTTLED_PAUSE);
	pause = instant_heed(jittered(pause), answer->retry_after);
	if (instant_add(now, pause) >= ask->give_up) {
		settle(ask, answer);
		return;
	}
	say_trouble(ask, answer);
	ask->pause = instant_min(ask->pause * 2, LONGEST_PAUSE);
	ask->timer.call = on_timer;
	ask->timer.arg = ask;
	loop_timer_set(ask->asker->loop, &ask->timer, instant_add(now, pause));
}

static void
on_answer(void *arg, const struct swf_answer *answer)
{
	struct ask *ask = arg;

	ask->call = NULL;
	switch (answer->class) {
	case SWF_AMBIGUOUS:
		ask->unsure = true;
		try_again(ask, answer);
		return;
	case SWF_THROTTLED:
	case SWF_TRANSIENT:
		try_again(ask, answer);
		return;
	case SWF_OK:
	case SWF_GONE:
	case SWF_INVALID:
	case SWF_REFUSED:
		break;
	}
	if (ask->asker->troubled) {
		ask->asker->troubled = false;
		log_info("the service answers again");
	}
	settle(ask, answer);
}

static void
attempt(struct ask *ask)
{
	struct buf request = BUF_INIT(SWF_REQUEST_MAX);
	struct swf_answer none = { .class = SWF_TRANSIENT, .retry_after = -1 };
	struct err err;

	(void)buf_append(&request, ask->request.data, ask->request.len);
	ask->call = swf_send(ask->asker->client, ask->kind.operation, &request,
	    ask->kind.timeout, on_answer, ask, &err);
	if (ask->call != NULL)
		return;
	(void)strlcpy(none.message, err.text, sizeof(none.message));
	try_again(ask, &none);
}

static void
on_timer(void *arg)
{
	attempt(arg);
}

/*
 * The first attempt is made from the loop too: when it cannot even be sent,
 * "done" is not called from here.
 */
void
ask_start(struct ask *ask, struct asker *asker, const struct ask_kind *kind,
    struct buf *request, swf_done *done, void *arg)
{
	int64_t now = loop_now(asker->loop);

	ask->asker = asker;
	ask->kind = *kind;
	ask->request = *request;
	buf_init(request, request->max);
	ask->give_up = instant_add(now, kind->patience);
	ask->pause = FIRST_PAUSE;
	ask->done = done;
	ask->arg = arg;
	ask->pending = true;
	ask->unsure = false;
	ask->timer.call = on_timer;
	ask->timer.arg = ask;
	loop_timer_set(asker->loop, &ask->timer, now);
}

bool
ask_is_pending(const struct ask *ask)
{
	return ask->pending;
}

void
ask_stop(struct ask *ask)
{
	if (!ask->pending)
		return;
	ask->pending = false;
	loop_timer_set(ask->asker->loop, &ask->timer, INSTANT_NEVER);
	swf_cancel(ask->call);
	ask->call = NULL;
	buf_clear(&ask->request);
}
