/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "tend/refusal.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "aws/wire.h"
#include "base/buf.h"
#include "base/instant.h"
#include "base/log.h"
#include "base/mem.h"
#include "tend/calls.h"
#include "tend/texts.h"
#include "text/utf8.h"

/* ms */
enum { ATTEMPT = 5000, DELAY_FIRST = 250, DELAY_MOST = 10 * 1000 };

struct refusal {
	struct refusal_setup setup;
	struct calls calls;
	struct texts_report report;
	struct buf reason;
	struct loop_timer timer; /* of the next attempt, or of the end */
	int64_t delay;
	uint32_t attempt;
	bool over;
};

static void
end_with(struct refusal *refusal, const char *what)
{
	if (what != NULL)
		log_error("%sfailed: %s; %s", refusal->setup.label,
		    refusal->reason.data, what);
	else
		log_info("%sfailed: %s", refusal->setup.label,
		    refusal->reason.data);
	refusal->over = true;
	loop_timer_set(refusal->setup.loop, &refusal->timer,
	    loop_now(refusal->setup.loop));
}

static void
retry(struct refusal *refusal, int64_t retry_after)
{
	int64_t now = loop_now(refusal->setup.loop);
	int64_t at = now + instant_heed(refusal->delay, retry_after);

	refusal->delay = instant_min(refusal->delay * 2, DELAY_MOST);
	if (now >= refusal->setup.until)
		end_with(refusal, "SWF could not be told");
	else
		loop_timer_set(refusal->setup.loop, &refusal->timer,
		    instant_min(at, refusal->setup.until));
}

static void
failed(struct refusal *refusal, const struct activity_event *event)
{
	switch (event->failure) {
	case ACTIVITY_FAILURE_TRANSIENT:
	case ACTIVITY_FAILURE_AMBIGUOUS:
	case ACTIVITY_FAILURE_THROTTLED:
		retry(refusal, event->retry_after);
		break;
	case ACTIVITY_FAILURE_GONE:
		end_with(refusal, refusal->attempt > 1
				      ? NULL
				      : "SWF had closed the task before");
		break;
	case ACTIVITY_FAILURE_INVALID:
	case ACTIVITY_FAILURE_REFUSED:
		end_with(refusal, "SWF refused the report");
		break;
	}
}

static void
on_event(void *arg, const struct activity_event *event)
{
	struct refusal *refusal = arg;

	if (event->type == ACTIVITY_REPORT_OK)
		end_with(refusal, NULL);
	else
		failed(refusal, event);
}

static void
on_timer(void *arg)
{
	struct refusal *refusal = arg;

	if (refusal->over)
		refusal->setup.done(refusal->setup.arg);
	else
		calls_send_report(&refusal->calls, ++refusal->attempt,
		    &refusal->report, ATTEMPT);
}

static void
make_reason(struct refusal *refusal, const char *reason)
{
	size_t len = strlen(reason);
	struct buf valid = BUF_INIT(3 * len + 1);

	buf_init(&refusal->reason, SWF_REASON_MAX * UTF8_BYTES_PER_UNIT);
	(void)utf8_repair(&valid, reason, len);
	(void)utf8_cut(&refusal->reason, valid.data, valid.len, SWF_REASON_MAX,
	    UTF8_HEAD);
	buf_clear(&valid);
}

struct refusal *
refusal_new(const struct refusal_setup *setup)
{
	struct refusal *refusal = mem_new(1, sizeof(*refusal));

	refusal->setup = *setup;
	refusal->delay = DELAY_FIRST;
	make_reason(refusal, setup->reason);
	refusal->report.kind = ACTIVITY_KIND_FAILED;
	refusal->report.reason = refusal->reason.data;
	calls_init(&refusal->calls, setup->client, setup->token, setup->label,
	    on_event, refusal);
	refusal->timer.call = on_timer;
	refusal->timer.arg = refusal;
	loop_timer_set(setup->loop, &refusal->timer, loop_now(setup->loop));
	return refusal;
}

void
refusal_bound(struct refusal *refusal, int64_t until)
{
	refusal->setup.until = instant_min(refusal->setup.until, until);
}

void
refusal_free(struct refusal *refusal)
{
	if (refusal == NULL)
		return;
	calls_drop(&refusal->calls);
	loop_timer_set(refusal->setup.loop, &refusal->timer, INSTANT_NEVER);
	buf_clear(&refusal->reason);
	free(refusal);
}
