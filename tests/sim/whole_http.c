/* SPDX-License-Identifier: MIT */
/*
 * aws/http.h over a network that delays, loses and repeats: requests and
 * answers are letters.
 */
#include "config.h"

#include "whole.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aws/wire.h"
#include "base/clock.h"
#include "base/mem.h"

/* What becomes of a request, in percent, with the wind and the weather. */
static const struct odds {
	int unreached; /* no connection */
	int unsent;    /* nor a word about it, until the time is over */
	int silence;   /* the request is lost */
	int reset;     /* likewise, and that is told */
	int lost;      /* the answer is lost */
	int torn;      /* likewise, and that is told */
	int throttled; /* by the service; likewise below */
	int failed;    /* 500, after or before it was done */
	int late;      /* it takes its time */
} odds[WEATHERS] = {
	[FINE] = { 0 },
	[FLAKY] = { 6, 3, 6, 6, 8, 8, 0, 4, 10 },
	[THROTTLING] = { 0, 0, 0, 0, 0, 0, 60, 10, 5 },
	[FAILING] = { 0, 0, 0, 0, 5, 5, 5, 50, 5 },
	[SILENT] = { 0, 30, 30, 0, 35, 0, 0, 0, 0 },
	[LATE] = { 0, 0, 0, 0, 5, 0, 0, 0, 60 },
	[UNREACHED] = { 90, 10, 0, 0, 0, 0, 0, 0, 0 },
};

struct http {
	int life;
};

const char *
http_system_ca(void)
{
	return NULL;
}

struct http *
http_new(const struct http_config *config, struct err *err)
{
	struct http *http = mem_new(1, sizeof(*http));

	(void)config;
	(void)err;
	http->life = world.current->number;
	return http;
}

void
http_free(struct http *http)
{
	for (int i = 0; i < CALLS; i++)
		if (world.calls[i].used && world.calls[i].life == http->life)
			world.calls[i].used = false;
	free(http);
}

/* ---- requests ---- */

static enum operation
operation_of(const char *const *headers)
{
	static const struct {
		const char *name;
		enum operation operation;
	} names[] = {
		{ "PollForActivityTask", OPERATION_POLL },
		{ "RecordActivityTaskHeartbeat", OPERATION_HEARTBEAT },
		{ "RespondActivityTaskCompleted", OPERATION_COMPLETED },
		{ "RespondActivityTaskFailed", OPERATION_FAILED },
		{ "RespondActivityTaskCanceled", OPERATION_CANCELED },
		{ "GetWorkflowExecutionHistory", OPERATION_HISTORY },
	};

	for (; *headers != NULL; headers++)
		for (size_t i = 0; i < ARRAY_SIZE(names); i++)
			if (strstr(*headers, names[i].name) != NULL)
				return names[i].operation;
	return OPERATION_OTHER;
}

/* The value of a member that is a string, or "". */
static void
member(const char *body, const char *name, char *text, size_t room)
{
	char quoted[64];
	const char *at;

	(void)snprintf(quoted, sizeof(quoted), "\"%s\":\"", name);
	at = strstr(body, quoted);
	text[0] = '\0';
	if (at == NULL)
		return;
	at += strlen(quoted);
	(void)snprintf(text, room, "%.*s", (int)strcspn(at, "\""), at);
}

struct letter *
letter_new(void)
{
	for (int i = 0; i < LETTERS; i++)
		if (!world.letters[i].used) {
			world.letters[i] = (struct letter){
				.used = true, .attempt = -1, .hands = -1
			};
			world.letter_bodies[i][0] = '\0';
			return &world.letters[i];
		}
	broken("the simulation's letters are enough");
}

static int64_t
latency(const struct odds *o)
{
	if (roll_percent(o->late))
		return roll_below(roll_percent(50) ? world.timeout / 6
						   : world.timeout * 3 / 2);
	return roll_percent(95) ? roll_between(1, 20) : roll_below(300);
}

static void
post(struct letter *letter, int64_t at)
{
	plan_at(at, LETTER_ARRIVES, (int)(letter - world.letters), 0);
}

/* It comes to nothing, and that is told. */
static void
fail(const struct http_transfer *call, enum http_end end)
{
	struct letter *letter = letter_new();

	letter->answer = true;
	letter->call = (int)(call - world.calls);
	letter->serial = call->serial;
	letter->end = end;
	post(letter, world.now + roll_between(1, 30));
}

static void
send_letter(const struct http_transfer *call, const char *body, int64_t delay,
    const struct odds *o)
{
	struct letter *letter = letter_new();
	char result[64], token[64];

	letter->call = (int)(call - world.calls);
	letter->serial = call->serial;
	letter->operation = call->operation;
	letter->attempt = call->attempt;
	member(body, "result", result, sizeof(result));
	member(body, "taskToken", token, sizeof(token));
	letter->right = strcmp(result, token) == 0;
	letter->lost = roll_percent(o->lost + o->torn);
	letter->loud = letter->lost && o->lost + o->torn > 0 &&
		       roll_below(o->lost + o->torn) < o->torn;
	letter->back = latency(o);
	if (roll_percent(o->throttled))
		letter->status = 400;
	else if (roll_percent(o->failed))
		letter->status = roll_percent(50) ? 500 : 503;
	post(letter, world.now + delay);
}

static void
send_request(struct http_transfer *call, const struct http_request *request)
{
	const struct odds *o = &odds[world.weather];
	int64_t dice = roll_below(100);

	if ((dice -= o->unreached) < 0) {
		call->unsent = true;
		fail(call, HTTP_NOT_SENT);
		return;
	}
	if ((dice -= o->unsent) < 0) {
		call->unsent = true;
		return;
	}
	if ((dice -= o->silence) < 0)
		return;
	if ((dice -= o->reset) < 0) {
		fail(call, HTTP_MAYBE_SENT);
		return;
	}
	send_letter(call, request->body, latency(o), o);
	/* libcurl sends again on a connection that was used before. */
	if (!request->fresh_connection && world.weather != FINE &&
	    roll_percent(5))
		send_letter(call, request->body, latency(o), o);
}

static struct http_transfer *
call_new(void)
{
	for (int i = 0; i < CALLS; i++)
		if (!world.calls[i].used)
			return &world.calls[i];
	broken("the simulation's calls are enough");
}

struct http_transfer *
http_start(struct http *http, const struct http_request *request,
    http_done *done, void *arg, struct err *err)
{
	struct http_transfer *call;
	char token[64];

	seam("http_start");
	if (!world.calm && world.weather == FLAKY && roll_percent(1)) {
		(void)err_set(err, "no descriptor is left");
		return NULL;
	}
	call = call_new();
	*call = (struct http_transfer){
		.used = true,
		.serial = ++world.serial,
		.life = http->life,
		.done = done,
		.arg = arg,
		.operation = operation_of(request->headers),
		.sent_at = world.now,
		.deadline = world.now + request->timeout,
	};
	member(request->body,
	    call->operation == OPERATION_HISTORY ? "workflowId" : "taskToken",
	    token, sizeof(token));
	call->attempt = service_find(token);
	plan_at(call->deadline, TICK, 0, 0);
	check_sends(call);
	send_request(call, request);
	return call;
}

void
http_waiting(struct http_transfer *call, struct err *err)
{
	(void)call;
	(void)err_set(err, "no answer in time");
}

bool
http_is_unsent(const struct http_transfer *call)
{
	return call->unsent;
}

void
http_cancel(struct http_transfer *call)
{
	seam("http_cancel");
	call->used = false;
}

/* ---- answers ---- */

void
letter_answer(const struct letter *request, int64_t at, enum http_end end,
    int status, const char *body, int hands)
{
	struct letter *letter = letter_new();

	letter->answer = true;
	letter->call = request->call;
	letter->serial = request->serial;
	letter->attempt = request->attempt;
	letter->operation = request->operation;
	letter->end = end;
	letter->status = status;
	letter->date = clock_wall() / 1000 * 1000;
	letter->hands = hands;
	(void)snprintf(world.letter_bodies[letter - world.letters], LETTER_BODY,
	    "%s", body);
	post(letter, at);
}

static void
take(const struct letter *letter)
{
	struct http_transfer *call = &world.calls[letter->call];
	int which = letter->call;

	if (!call->used || call->ended || call->serial != letter->serial)
		return;
	call->ended = true;
	call->order = ++world.order;
	memcpy(world.call_bodies[which],
	    world.letter_bodies[letter - world.letters], LETTER_BODY);
	call->answer = (struct http_answer){
		.end = letter->end,
		.status = letter->status,
		.body = world.call_bodies[which],
		.body_len = strlen(world.call_bodies[which]),
		.date = letter->end == HTTP_ANSWERED ? letter->date : -1,
		.sent_at = clock_wall() - (world.now - call->sent_at),
		.retry_after = -1,
	};
	if (letter->end != HTTP_ANSWERED)
		(void)err_set(&call->answer.problem, "the connection is gone");
	call->attempt = letter->hands != -1 ? letter->hands : call->attempt;
}

void
letter_arrives(int which)
{
	struct letter letter = world.letters[which];

	if (letter.answer)
		take(&world.letters[which]);
	else
		service_request(&letter);
	world.letters[which].used = false;
}

static void
run_out(struct http_transfer *call)
{
	call->ended = true;
	call->order = ++world.order;
	call->answer = (struct http_answer){
		.end = call->unsent ? HTTP_NOT_SENT : HTTP_MAYBE_SENT,
		.date = -1,
		.retry_after = -1,
		.sent_at = clock_wall() - (world.now - call->sent_at),
	};
	(void)err_set(&call->answer.problem, "no answer in time");
}

bool
http_is_ready(const struct life *life)
{
	for (int i = 0; i < CALLS; i++) {
		const struct http_transfer *call = &world.calls[i];

		if (call->used && call->life == life->number &&
		    (call->ended || call->deadline <= world.now))
			return true;
	}
	return false;
}

void
http_forget(const struct life *life)
{
	for (int i = 0; i < CALLS; i++)
		if (world.calls[i].used && world.calls[i].life == life->number)
			world.calls[i].used = false;
}

void
http_wait(struct http *http, int descriptor, int64_t timeout)
{
	(void)http;
	seam("http_wait");
	life_wait(WAIT_LOOP, descriptor, instant_add(world.now, timeout));
}

static struct http_transfer *
first_ended(const struct http *http, uint64_t last)
{
	struct http_transfer *first = NULL;

	for (int i = 0; i < CALLS; i++) {
		struct http_transfer *call = &world.calls[i];

		if (call->used && call->life == http->life && call->ended &&
		    call->order <= last &&
		    (first == NULL || call->order < first->order))
			first = call;
	}
	return first;
}

void
http_perform(struct http *http)
{
	struct http_transfer *call;
	uint64_t last;

	seam("http_perform");
	for (int i = 0; i < CALLS; i++) {
		call = &world.calls[i];
		if (call->used && call->life == http->life && !call->ended &&
		    call->deadline <= world.now)
			run_out(call);
	}
	last = world.order;
	while ((call = first_ended(http, last)) != NULL) {
		static char body[LIVES][LETTER_BODY];
		struct http_transfer copy = *call;

		memcpy(body[http->life], world.call_bodies[call - world.calls],
		    LETTER_BODY);
		if (copy.answer.body != NULL)
			copy.answer.body = body[http->life];
		/* It may have lain there for long. */
		copy.answer.answered_at = clock_wall();
		copy.answer.instant = world.now;
		copy.answer.took = world.now - copy.sent_at;
		call->used = false;
		seam("answer");
		if (copy.answer.end == HTTP_ANSWERED)
			check_answered(&copy, copy.answer.status);
		copy.done(copy.arg, &copy.answer);
	}
}

void
http_perform_started(struct http *http)
{
	(void)http;
}
