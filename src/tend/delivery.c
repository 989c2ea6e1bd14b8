/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "tend/delivery.h"

#include <stdlib.h>

#include "base/instant.h"

/* ms */
enum {
	ATTEMPT = 5000,
	ATTEMPT_LEAST = 1000,
	DELAY_FIRST = 250,
	DELAY_MOST = 10 * 1000
};

static void
end_with(struct delivery *delivery, enum delivery_end end)
{
	struct loop *loop = delivery->setup.loop;

	delivery->over = true;
	delivery->end = end;
	loop_timer_set(loop, &delivery->timer, loop_now(loop));
}

static void
retry(struct delivery *delivery, int64_t retry_after)
{
	struct loop *loop = delivery->setup.loop;
	int64_t now = loop_now(loop);
	int64_t half = delivery->delay / 2;
	int64_t pause = half + arc4random_uniform((uint32_t)(half + 1));
	int64_t at = now + instant_heed(pause, retry_after);

	delivery->delay = instant_min(delivery->delay * 2, DELAY_MOST);
	if (now >= delivery->setup.until)
		end_with(delivery, DELIVERY_LATE);
	else
		loop_timer_set(loop, &delivery->timer,
		    instant_min(at, delivery->setup.until));
}

static void
invalid(struct delivery *delivery)
{
	if (delivery->minimal) {
		end_with(delivery, DELIVERY_INVALID);
		return;
	}
	delivery->minimal = true;
	delivery->setup.report.result = NULL;
	delivery->setup.report.details = NULL;
	loop_timer_set(delivery->setup.loop, &delivery->timer,
	    loop_now(delivery->setup.loop));
}

static void
failed(struct delivery *delivery, const struct activity_event *event)
{
	switch (event->failure) {
	case ACTIVITY_FAILURE_AMBIGUOUS:
		delivery->ambiguous = true;
		retry(delivery, event->retry_after);
		break;
	case ACTIVITY_FAILURE_THROTTLED:
		if (delivery->setup.throttled != NULL)
			delivery->setup.throttled(delivery->setup.arg);
		retry(delivery, event->retry_after);
		break;
	case ACTIVITY_FAILURE_TRANSIENT:
		retry(delivery, event->retry_after);
		break;
	case ACTIVITY_FAILURE_GONE:
		end_with(delivery,
		    delivery->ambiguous ? DELIVERY_ASSUMED : DELIVERY_GONE);
		break;
	case ACTIVITY_FAILURE_INVALID:
		invalid(delivery);
		break;
	case ACTIVITY_FAILURE_REFUSED:
		end_with(delivery, DELIVERY_REFUSED);
		break;
	}
}

static void
on_event(void *arg, const struct activity_event *event)
{
	struct delivery *delivery = arg;

	if (event->type == ACTIVITY_REPORT_OK)
		end_with(delivery, DELIVERY_TAKEN);
	else
		failed(delivery, event);
}

static void
send(struct delivery *delivery)
{
	int64_t left =
	    instant_left(delivery->setup.until, loop_now(delivery->setup.loop));

	left = instant_max(instant_min(left, ATTEMPT), ATTEMPT_LEAST);
	calls_send_report(&delivery->calls, ++delivery->attempt,
	    &delivery->setup.report, left);
}

static void
on_timer(void *arg)
{
	struct delivery *delivery = arg;

	if (delivery->over)
		delivery->setup.done(delivery->setup.arg, delivery->end);
	else
		send(delivery);
}

void
delivery_begin(struct delivery *delivery, const struct delivery_setup *setup)
{
	*delivery = (struct delivery){
		.setup = *setup,
		.delay = DELAY_FIRST,
		.timer = { .call = on_timer, .arg = delivery },
	};
	calls_init(&delivery->calls, setup->client, setup->token, setup->label,
	    on_event, delivery);
	delivery->calls.numbers = setup->numbers;
	loop_timer_set(setup->loop, &delivery->timer, loop_now(setup->loop));
}

void
delivery_bound(struct delivery *delivery, int64_t until)
{
	struct loop_timer *timer = &delivery->timer;

	delivery->setup.until = instant_min(delivery->setup.until, until);
	/* The pause before the next attempt must not be longer. */
	if (timer->place != 0 && timer->at > until)
		loop_timer_set(delivery->setup.loop, timer, until);
}

void
delivery_drop(struct delivery *delivery)
{
	if (delivery->setup.loop == NULL)
		return;
	calls_drop(&delivery->calls);
	loop_timer_set(delivery->setup.loop, &delivery->timer, INSTANT_NEVER);
}
