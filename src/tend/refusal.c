/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "tend/refusal.h"

#include <stdlib.h>
#include <string.h>

#include "aws/wire.h"
#include "base/buf.h"
#include "base/log.h"
#include "base/mem.h"
#include "tend/delivery.h"
#include "text/utf8.h"

struct refusal {
	struct refusal_setup setup;
	struct delivery delivery;
	struct buf reason;
};

static enum numbers_task
count_as(enum delivery_end end)
{
	switch (end) {
	case DELIVERY_TAKEN:
	case DELIVERY_ASSUMED:
		return NUMBERS_TASK_REFUSED;
	case DELIVERY_GONE:
		return NUMBERS_TASK_LOST;
	case DELIVERY_INVALID:
	case DELIVERY_REFUSED:
	case DELIVERY_LATE:
		break;
	}
	return NUMBERS_TASK_UNREPORTED;
}

/* What is to be said of it; NULL: SWF has it. */
static const char *
problem_of(enum delivery_end end)
{
	switch (end) {
	case DELIVERY_TAKEN:
	case DELIVERY_ASSUMED:
		return NULL;
	case DELIVERY_GONE:
		return "SWF had closed the task before";
	case DELIVERY_INVALID:
	case DELIVERY_REFUSED:
		return "SWF refused the report";
	case DELIVERY_LATE:
		break;
	}
	return "SWF could not be told";
}

static void
on_done(void *arg, enum delivery_end end)
{
	struct refusal *refusal = arg;
	const char *problem = problem_of(end);

	numbers_task(refusal->setup.numbers, count_as(end));
	if (problem != NULL)
		log_error("%sfailed: %s; %s", refusal->setup.label,
		    refusal->reason.data, problem);
	else
		log_info("%sfailed: %s", refusal->setup.label,
		    refusal->reason.data);
	refusal->setup.done(refusal->setup.arg);
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
	struct delivery_setup delivery = {
		.loop = setup->loop,
		.client = setup->client,
		.token = setup->token,
		.label = setup->label,
		.report.kind = ACTIVITY_KIND_FAILED,
		.until = setup->until,
		.numbers = setup->numbers,
		.done = on_done,
		.arg = refusal,
	};

	refusal->setup = *setup;
	make_reason(refusal, setup->reason);
	delivery.report.reason = refusal->reason.data;
	delivery_begin(&refusal->delivery, &delivery);
	return refusal;
}

void
refusal_bound(struct refusal *refusal, int64_t until)
{
	delivery_bound(&refusal->delivery, until);
}

void
refusal_free(struct refusal *refusal)
{
	if (refusal == NULL)
		return;
	delivery_drop(&refusal->delivery);
	buf_clear(&refusal->reason);
	free(refusal);
}
