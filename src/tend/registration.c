/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "tend/registration.h"

#include <stdlib.h>
#include <string.h>

#include "aws/swf.h"
#include "aws/swf_requests.h"
#include "aws/wire.h"
#include "base/instant.h"
#include "base/log.h"
#include "base/mem.h"
#include "tend/loop.h"
#include "tend/options.h"

/* ms */
enum { ATTEMPT = 10 * 1000, DELAY_FIRST = 250, DELAY_MOST = 60 * 1000 };

struct registration {
	struct loop *loop;
	struct swf_client *client;
	const struct options *options;
	void (*done)(void *arg, const struct err *problem);
	void *arg;
	size_t next; /* of the list */
	struct swf_call *call;
	struct loop_timer timer; /* of the next attempt */
	int64_t delay;
};

int
registration_check(const struct options *options, struct err *err)
{
	for (size_t i = 0; i < options->registers.count; i++) {
		const char *type = options->registers.values[i];
		const char *colon = strchr(type, ':');

		if (colon == NULL || colon == type || colon[1] == '\0' ||
		    strchr(colon + 1, ':') != NULL)
			return err_set(err,
			    "--register: '%s' is no activity "
			    "type with its version: it must be NAME:VERSION",
			    type);
	}
	return 0;
}

static void
retry(struct registration *r, const char *code, const char *message,
    int64_t retry_after)
{
	if (r->delay == DELAY_FIRST)
		log_warning("cannot register %s yet: %s%s%s",
		    r->options->registers.values[r->next], code,
		    *code != '\0' ? ": " : "", message);
	loop_timer_set(r->loop, &r->timer,
	    loop_now(r->loop) + instant_heed(r->delay, retry_after));
	r->delay = instant_min(r->delay * 2, DELAY_MOST);
}

static void
go_on(struct registration *r)
{
	r->next++;
	r->delay = DELAY_FIRST;
	loop_timer_set(r->loop, &r->timer, loop_now(r->loop));
}

static void
refuse(struct registration *r, const struct swf_answer *answer)
{
	struct err err;

	(void)err_set(&err, "cannot register %s: %s%s%s",
	    r->options->registers.values[r->next], answer->code,
	    *answer->code != '\0' ? ": " : "", answer->message);
	r->done(r->arg, &err);
}

static void
on_answer(void *arg, const struct swf_answer *answer)
{
	struct registration *r = arg;

	r->call = NULL;
	switch (answer->class) {
	case SWF_OK:
		log_info("registered activity type %s",
		    r->options->registers.values[r->next]);
		go_on(r);
		break;
	case SWF_GONE:
	case SWF_INVALID:
	case SWF_REFUSED:
		if (strcmp(answer->code, "TypeAlreadyExistsFault") == 0)
			go_on(r);
		else
			refuse(r, answer);
		break;
	case SWF_THROTTLED:
	case SWF_TRANSIENT:
	case SWF_AMBIGUOUS:
		retry(r, answer->code, answer->message, answer->retry_after);
		break;
	}
}

static void
start_next(struct registration *r)
{
	struct buf request = BUF_INIT(SWF_REQUEST_MAX);
	const char *text = r->options->registers.values[r->next];
	const char *colon = strchr(text, ':');
	char *name = mem_copy(text, (size_t)(colon - text));
	struct swf_type type = { .name = name, .version = colon + 1 };
	struct err err;

	swf_request_register_type(&request, r->options->domain, &type);
	free(name);
	r->call = swf_send(r->client, SWF_REGISTER_ACTIVITY_TYPE, &request,
	    ATTEMPT, on_answer, r, &err);
	if (r->call == NULL)
		retry(r, "", err.text, -1);
}

static void
on_timer(void *arg)
{
	struct registration *r = arg;

	if (r->next == r->options->registers.count)
		r->done(r->arg, NULL);
	else
		start_next(r);
}

struct registration *
registration_new(struct loop *loop, struct swf_client *client,
    const struct options *options,
    void (*done)(void *arg, const struct err *problem), void *arg)
{
	struct registration *r = mem_new(1, sizeof(*r));

	*r = (struct registration){
		.loop = loop,
		.client = client,
		.options = options,
		.done = done,
		.arg = arg,
		.timer = { .call = on_timer, .arg = r },
		.delay = DELAY_FIRST,
	};
	loop_timer_set(loop, &r->timer, loop_now(loop));
	return r;
}

void
registration_free(struct registration *r)
{
	if (r == NULL)
		return;
	loop_timer_set(r->loop, &r->timer, INSTANT_NEVER);
	swf_cancel(r->call);
	free(r);
}
