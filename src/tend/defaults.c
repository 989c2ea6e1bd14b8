/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "tend/defaults.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "aws/errors.h"
#include "aws/swf.h"
#include "aws/swf_answers.h"
#include "aws/swf_requests.h"
#include "aws/wire.h"
#include "base/instant.h"
#include "base/mem.h"
#include "tend/bucket.h"
#include "tend/lookback.h"
#include "tend/loop.h"
#include "tend/numbers.h"

/* Lengths are ms. */
enum {
	CALL_MOST = 5000,
	RETRY_FIRST = 500,
	RETRY_MOST = 10000,
	/* What SWF gives an account, which is not ours alone. */
	PER_SECOND = 6
};

TAILQ_HEAD(waiters, defaults_waiter);

struct defaults_type {
	TAILQ_ENTRY(defaults_type) link;
	struct defaults *defaults;
	char *name;
	char *version;
	struct swf_call *call;
	struct loop_timer timer; /* when to ask (again) */
	int64_t backoff;
	bool known; /* or known not to be known */
	int64_t heartbeat;
	int64_t start_to_close;
	struct err problem;
	struct waiters waiters;
};

TAILQ_HEAD(types, defaults_type);

struct defaults {
	struct loop *loop;
	struct swf_client *client;
	const char *domain;
	struct numbers *numbers;
	struct bucket bucket;
	bool refused;
	struct err refusal;
	struct types types;
};

static void ask(void *arg);

/* None yet. */
struct defaults *
defaults_new(struct loop *loop, struct swf_client *client, const char *domain,
    struct numbers *numbers)
{
	struct defaults *defaults = mem_new(1, sizeof(*defaults));

	defaults->loop = loop;
	defaults->client = client;
	defaults->domain = domain;
	defaults->numbers = numbers;
	bucket_init(&defaults->bucket, PER_SECOND, PER_SECOND, loop_now(loop));
	TAILQ_INIT(&defaults->types);
	return defaults;
}

static void
free_type(struct defaults_type *type)
{
	TAILQ_REMOVE(&type->defaults->types, type, link);
	loop_timer_set(type->defaults->loop, &type->timer, INSTANT_NEVER);
	if (type->call != NULL)
		swf_cancel(type->call);
	free(type->name);
	free(type->version);
	free(type);
}

/* Nobody may wait any more. */
void
defaults_free(struct defaults *defaults)
{
	struct defaults_type *type;
	struct defaults_type *next;

	if (defaults == NULL)
		return;
	TAILQ_FOREACH_SAFE (type, &defaults->types, link, next)
		free_type(type);
	free(defaults);
}

static void
tell(struct defaults_type *type, struct defaults_waiter *waiter)
{
	const struct err *problem =
	    type->problem.text[0] != '\0' ? &type->problem : NULL;

	waiter->type = NULL;
	waiter->call(waiter->arg, type->heartbeat, type->start_to_close,
	    problem);
}

static void
settle(struct defaults_type *type)
{
	struct defaults_waiter *waiter;

	type->known = true;
	while ((waiter = TAILQ_FIRST(&type->waiters)) != NULL) {
		TAILQ_REMOVE(&type->waiters, waiter, link);
		tell(type, waiter);
	}
}

static void
fail(struct defaults_type *type, const struct err *problem)
{
	type->problem = *problem;
	settle(type);
}

/* Soon; for nobody it is not worth it. */
static void
retry(struct defaults_type *type)
{
	struct loop *loop = type->defaults->loop;
	int64_t delay = type->backoff;

	numbers_retry(type->defaults->numbers, NUMBERS_LOOKUP);
	type->backoff = instant_min(delay * 2, RETRY_MOST);
	delay -= arc4random_uniform((uint32_t)delay / 2);
	loop_timer_set(loop, &type->timer, loop_now(loop) + delay);
}

static void
read_defaults(struct defaults_type *type, const struct swf_answer *answer)
{
	struct swf_defaults found;
	struct err err;

	if (swf_defaults_parse(&found, answer->body, answer->body_len, &err) ==
	    0) {
		type->heartbeat = lookback_timeout(found.heartbeat);
		type->start_to_close = lookback_timeout(found.start_to_close);
		settle(type);
	} else {
		fail(type, &err);
	}
	swf_defaults_clear(&found);
}

/* Said of the whole account: there is no need to ask for other types. */
static void
refused(struct defaults_type *type, const struct err *problem)
{
	type->defaults->refused = true;
	type->defaults->refusal = *problem;
	fail(type, problem);
}

static void
on_answer(void *arg, const struct swf_answer *answer)
{
	struct defaults_type *type = arg;
	struct defaults *defaults = type->defaults;
	struct err err;

	type->call = NULL;
	(void)err_set(&err, "DescribeActivityType: %s%s%s", answer->code,
	    answer->code[0] != '\0' ? ": " : "", answer->message);
	switch (answer->class) {
	case SWF_OK:
		read_defaults(type, answer);
		break;
	case SWF_GONE:
	case SWF_INVALID:
		fail(type, &err);
		break;
	case SWF_REFUSED:
		/* Credentials that have expired may be renewed. */
		if (errors_is_permission(answer->code))
			refused(type, &err);
		else
			retry(type);
		break;
	case SWF_THROTTLED:
		numbers_throttle(defaults->numbers, NUMBERS_LOOKUP);
		bucket_drain(&defaults->bucket, loop_now(defaults->loop));
		retry(type);
		break;
	case SWF_TRANSIENT:
	case SWF_AMBIGUOUS:
		retry(type);
		break;
	}
}

static void
ask(void *arg)
{
	struct defaults_type *type = arg;
	struct defaults *defaults = type->defaults;
	int64_t now = loop_now(defaults->loop);
	int64_t at;
	struct swf_type asked = { type->name, type->version };
	struct buf request = BUF_INIT(SWF_REQUEST_MAX);
	struct err err;

	if (type->call != NULL || type->known || TAILQ_EMPTY(&type->waiters))
		return;
	if (defaults->refused) {
		fail(type, &defaults->refusal);
		return;
	}
	at = bucket_take(&defaults->bucket, now);
	if (at > now) {
		loop_timer_set(defaults->loop, &type->timer, at);
		return;
	}
	swf_request_describe_type(&request, defaults->domain, &asked);
	type->call = swf_send(defaults->client, SWF_DESCRIBE_ACTIVITY_TYPE,
	    &request, CALL_MOST, on_answer, type, &err);
	if (type->call == NULL)
		retry(type);
}

static struct defaults_type *
find(struct defaults *defaults, const char *name, const char *version)
{
	struct defaults_type *type;

	TAILQ_FOREACH (type, &defaults->types, link)
		if (strcmp(type->name, name) == 0 &&
		    strcmp(type->version, version) == 0)
			return type;
	type = mem_new(1, sizeof(*type));
	type->defaults = defaults;
	type->name = mem_string(name);
	type->version = mem_string(version);
	type->backoff = RETRY_FIRST;
	type->heartbeat = -1;
	type->start_to_close = -1;
	type->timer.call = ask;
	type->timer.arg = type;
	TAILQ_INIT(&type->waiters);
	TAILQ_INSERT_HEAD(&defaults->types, type, link);
	return type;
}

/* Now or later. */
void
defaults_wait(struct defaults *defaults, const char *name, const char *version,
    struct defaults_waiter *waiter)
{
	struct defaults_type *type = find(defaults, name, version);

	if (type->known) {
		tell(type, waiter);
		return;
	}
	waiter->type = type;
	TAILQ_INSERT_TAIL(&type->waiters, waiter, link);
	if (type->timer.place == 0)
		ask(type);
}

/* No longer. */
void
defaults_leave(struct defaults_waiter *waiter)
{
	if (waiter->type == NULL)
		return;
	TAILQ_REMOVE(&waiter->type->waiters, waiter, link);
	waiter->type = NULL;
}
