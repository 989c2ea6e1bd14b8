/* SPDX-License-Identifier: MIT */
/*
 * SWF, with a decider behind it: a few tasks, each tried until it is
 * completed, one attempt after the other, and begun again until all is calm.
 * Its clock says how long an attempt is whose; what comes too late is answered
 * with UnknownResourceFault.
 */
#include "config.h"

#include "whole.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"

enum {
	HOLD = 60 * SECOND,
	END_OF_TIME = 1000 * SECOND, /* before the beginning */
	EVENTS = 10,                 /* of each attempt */
	BAD = 400
};

void
service_token(const struct attempt *attempt, char *text, size_t room)
{
	(void)snprintf(text, room, "t%d.%d", attempt->task, attempt->number);
}

int
service_find(const char *token)
{
	char text[32];

	for (int i = 0; i < world.attempt_count; i++) {
		service_token(&world.attempts[i], text, sizeof(text));
		if (strcmp(text, token) == 0)
			return i;
	}
	return -1;
}

/* ---- attempts ---- */

static void
answer(const struct letter *request, enum http_end end, int status,
    const char *body, int hands)
{
	if (!request->lost)
		letter_answer(request, world.now + request->back, end, status,
		    body, hands);
	else if (request->loud)
		letter_answer(request, world.now + request->back,
		    HTTP_MAYBE_SENT, 0, "", -1);
}

static void
arm(struct attempt *attempt)
{
	int64_t at = attempt->applied_at + world.timeout;

	if (world.to_close != INSTANT_NEVER)
		at = instant_min(at, attempt->handed_at + world.to_close);
	plan_at(at, ATTEMPT_TIMER, (int)(attempt - world.attempts),
	    ++attempt->timer);
}

static void
hand_out(struct attempt *attempt, const struct letter *poll)
{
	char body[LETTER_BODY], token[32];
	int which = (int)(attempt - world.attempts);

	service_token(attempt, token, sizeof(token));
	attempt->state = ATTEMPT_OPEN;
	attempt->handed_at = attempt->applied_at = world.now;
	note("SWF hands out %s", token);
	arm(attempt);
	(void)snprintf(body, sizeof(body),
	    "{\"taskToken\":\"%s\",\"activityId\":\"%s\","
	    "\"startedEventId\":%d,"
	    "\"activityType\":{\"name\":\"step\",\"version\":\"1\"},"
	    "\"workflowExecution\":{\"workflowId\":\"%s\",\"runId\":\"r\"}}",
	    token, token, which * EVENTS + 2, token);
	answer(poll, HTTP_ANSWERED, 200, body, which);
}

/* Whether whoever sent the poll still waits; SWF may find out too late. */
static bool
is_waiting(const struct held *held)
{
	const struct http_transfer *call = &world.calls[held->letter.call];

	return (call->used && !call->ended &&
		   call->serial == held->letter.serial) ||
	       (!world.calm && roll_percent(30));
}

static void
match(void)
{
	int first = (int)roll_below(HELD);

	for (int i = 0; i < world.attempt_count; i++) {
		struct attempt *attempt = &world.attempts[i];

		if (attempt->state != ATTEMPT_READY)
			continue;
		for (int j = 0; j < HELD; j++) {
			struct held *held = &world.held[(first + j) % HELD];

			if (!held->used)
				continue;
			held->used = false;
			if (!is_waiting(held))
				continue;
			hand_out(attempt, &held->letter);
			break;
		}
	}
}

/* The decider schedules the next attempt. */
void
service_task(int which)
{
	struct task *task = &world.tasks[which];
	struct attempt *attempt = &world.attempts[world.attempt_count];

	if (task->over)
		return;
	if (task->attempts == ATTEMPTS_EACH) {
		task->over = true;
		return;
	}
	*attempt = (struct attempt){
		.state = ATTEMPT_READY,
		.task = which,
		.number = ++task->attempts,
		.life = -1,
		.low_at = -END_OF_TIME,
		.accepted_at = INSTANT_NEVER,
		.known_at = INSTANT_NEVER / 2,
	};
	world.attempt_count++;
	match();
}

static void
close_attempt(struct attempt *attempt, enum attempt_state state)
{
	char token[32];

	service_token(attempt, token, sizeof(token));
	attempt->state = state;
	attempt->closed_at = world.now;
	tally.closed[state]++;
	note("SWF closes %s: %d", token, (int)state);
	check_closed(attempt);
	if (state == ATTEMPT_COMPLETED && (world.calm || world.only_crash != 0))
		world.tasks[attempt->task].over = true;
	else
		plan_at(world.now + roll_below(300), TASK_READY, attempt->task,
		    0);
}

void
service_timer(int which, uint32_t serial)
{
	struct attempt *attempt = &world.attempts[which];

	if (attempt->state == ATTEMPT_OPEN && attempt->timer == serial)
		close_attempt(attempt, ATTEMPT_TIMED_OUT);
}

void
service_cancel(void)
{
	struct attempt *attempt;

	if (world.attempt_count == 0)
		return;
	attempt = &world.attempts[roll_below(world.attempt_count)];
	note("a cancel is requested of attempt %d",
	    (int)(attempt - world.attempts));
	attempt->cancel = true;
}

void
service_terminate(void)
{
	int task = (int)roll_below(world.task_count);

	note("the execution of task %d is terminated", task);
	world.tasks[task].over = world.tasks[task].terminated = true;
	for (int i = 0; i < world.attempt_count; i++) {
		struct attempt *attempt = &world.attempts[i];

		if (attempt->task != task ||
		    (attempt->state != ATTEMPT_OPEN &&
			attempt->state != ATTEMPT_READY))
			continue;
		attempt->state = ATTEMPT_TERMINATED;
		attempt->closed_at = world.now;
		tally.closed[ATTEMPT_TERMINATED]++;
	}
}

bool
service_is_done(void)
{
	for (int i = 0; i < world.task_count; i++)
		if (!world.tasks[i].over)
			return false;
	return true;
}

/* ---- requests ---- */

static void
hold(const struct letter *poll)
{
	for (int i = 0; i < HELD; i++) {
		struct held *held = &world.held[i];

		if (held->used)
			continue;
		held->used = true;
		held->serial = ++world.held_serial;
		held->letter = *poll;
		plan_at(world.now + HOLD, POLL_OVER, i, held->serial);
		match();
		return;
	}
	answer(poll, HTTP_ANSWERED, 200, "{}", -1);
}

void
service_poll_over(int which, uint32_t serial)
{
	struct held *held = &world.held[which];

	if (!held->used || held->serial != serial)
		return;
	held->used = false;
	answer(&held->letter, HTTP_ANSWERED, 200,
	    "{\"startedEventId\":0,\"previousStartedEventId\":0}", -1);
}

static void
say_unknown(const struct letter *request)
{
	answer(request, HTTP_ANSWERED, BAD,
	    "{\"__type\":\"com.amazonaws.swf.base.model#"
	    "UnknownResourceFault\",\"message\":\"Unknown activity\"}",
	    -1);
}

static void
heartbeat(const struct letter *request)
{
	struct attempt *attempt = &world.attempts[request->attempt];

	attempt->applied_at = world.now;
	arm(attempt);
	answer(request, HTTP_ANSWERED, 200,
	    attempt->cancel ? "{\"cancelRequested\":true}"
			    : "{\"cancelRequested\":false}",
	    -1);
}

static void
report(const struct letter *request, enum attempt_state state)
{
	struct attempt *attempt = &world.attempts[request->attempt];

	attempt->taken++;
	attempt->right = request->right;
	close_attempt(attempt, state);
	answer(request, HTTP_ANSWERED, 200, "", -1);
}

static void
history(const struct letter *request)
{
	const struct attempt *attempt;
	char body[LETTER_BODY], token[32], to_close[16] = "NONE";
	int first;

	if (request->attempt == -1) {
		say_unknown(request);
		return;
	}
	attempt = &world.attempts[request->attempt];
	first = request->attempt * EVENTS;
	service_token(attempt, token, sizeof(token));
	if (world.to_close != INSTANT_NEVER)
		(void)snprintf(to_close, sizeof(to_close), "%d",
		    (int)(world.to_close / SECOND));
	(void)snprintf(body, sizeof(body),
	    "{\"events\":[{\"eventId\":%d,\"eventType\":"
	    "\"ActivityTaskStarted\",\"eventTimestamp\":%.3f,"
	    "\"activityTaskStartedEventAttributes\":"
	    "{\"scheduledEventId\":%d}},"
	    "{\"eventId\":%d,\"eventType\":\"ActivityTaskScheduled\","
	    "\"eventTimestamp\":%.3f,"
	    "\"activityTaskScheduledEventAttributes\":{\"activityId\":\"%s\","
	    "\"heartbeatTimeout\":\"%d\",\"startToCloseTimeout\":\"%s\"}}]}",
	    first + 2,
	    (double)(clock_wall() - world.now + attempt->handed_at) / SECOND,
	    first + 1, first + 1,
	    (double)(clock_wall() - world.now + attempt->handed_at) / SECOND,
	    token, (int)(world.timeout / SECOND), to_close);
	answer(request, HTTP_ANSWERED, 200, body, -1);
}

static void
refuse(const struct letter *request)
{
	answer(request, HTTP_ANSWERED, request->status,
	    request->status == BAD
		? "{\"__type\":\"com.amazon.coral.availability#"
		  "ThrottlingException\",\"message\":\"Rate exceeded\"}"
		: "{\"__type\":\"InternalFailure\"}",
	    -1);
}

static bool
is_of_attempt(const struct letter *request)
{
	return request->operation == OPERATION_HEARTBEAT ||
	       request->operation == OPERATION_COMPLETED ||
	       request->operation == OPERATION_FAILED ||
	       request->operation == OPERATION_CANCELED;
}

void
service_request(const struct letter *request)
{
	bool acts = request->status == 0 ||
		    (request->status >= 500 && roll_percent(50));
	struct letter silent = *request;

	/* A 500 may have done it all the same. */
	if (request->status != 0) {
		refuse(request);
		silent.lost = true;
		silent.loud = false;
		request = &silent;
	}
	if (!acts)
		return;
	if (is_of_attempt(request) &&
	    (request->attempt == -1 ||
		world.attempts[request->attempt].state != ATTEMPT_OPEN)) {
		say_unknown(request);
		return;
	}
	switch (request->operation) {
	case OPERATION_POLL:
		hold(request);
		break;
	case OPERATION_HEARTBEAT:
		heartbeat(request);
		break;
	case OPERATION_COMPLETED:
		report(request, ATTEMPT_COMPLETED);
		break;
	case OPERATION_FAILED:
		report(request, ATTEMPT_FAILED);
		break;
	case OPERATION_CANCELED:
		report(request, ATTEMPT_CANCELED);
		break;
	case OPERATION_HISTORY:
		history(request);
		break;
	case OPERATION_OTHER:
		say_unknown(request);
		break;
	}
}
