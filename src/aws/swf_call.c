/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "aws/swf_call.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aws/credentials.h"
#include "aws/errors.h"
#include "aws/http.h"
#include "aws/sigv4.h"
#include "aws/swf_json.h"
#include "aws/wire.h"
#include "base/clock.h"
#include "base/instant.h"
#include "base/log.h"

enum { HEADERS = 8, TARGET_MAX = 96 };

static void on_answer(void *arg, const struct http_answer *from);

void
swf_call_free(struct swf_call *call)
{
	TAILQ_REMOVE(&call->client->calls, call, link);
	buf_clear(&call->body);
	free(call);
}

/* ---- an attempt ---- */

/* Signs "headers", which has room for three more, at the time it is now. */
static void
sign(const struct swf_call *call, const char **headers, size_t count,
    struct sigv4_signature *signature)
{
	const struct swf_client *client = call->client;
	const struct credentials *credentials = keeper_current(client->keeper);
	const struct sigv4_request request = {
		.method = "POST",
		.path = "/",
		.headers = headers,
		.body = call->body.data,
		.body_len = call->body.len,
	};
	const struct sigv4_key key = {
		.access_key_id = credentials->access_key_id,
		.secret_access_key = credentials->secret_access_key,
		.session_token = credentials->session_token,
		.region = client->endpoint.region,
		.service = SWF_SERVICE,
	};

	sigv4_sign(signature, &request, &key, clock_wall() + call->skew);
	headers[count++] = signature->date;
	if (signature->token != NULL)
		headers[count++] = signature->token;
	headers[count] = signature->authorization;
}

/*
 * What is left of the call's time.  A poll has all of it again with each
 * attempt: one that is cut short could lose the task that it is given.
 */
static int64_t
time_left(const struct swf_call *call)
{
	int64_t left = instant_left(call->deadline, clock_boot());

	return call->kind->poll && left > 0 ? call->timeout : left;
}

/* Starts one attempt of a call.  Returns 0, or -1 with "err". */
static int
start_attempt(struct swf_call *call, int64_t timeout, struct err *err)
{
	struct swf_client *client = call->client;
	struct sigv4_signature signature = { 0 };
	char target[TARGET_MAX];
	const char *headers[HEADERS] = {
		"Content-Type: " SWF_CONTENT_TYPE,
		client->host,
		target,
	};
	const struct http_request request = {
		.url = client->endpoint.url,
		.headers = headers,
		.body = call->body.data,
		.body_len = call->body.len,
		.timeout = timeout,
		.fresh_connection = call->kind->fresh,
	};

	(void)snprintf(target, sizeof(target),
	    "X-Amz-Target: " SWF_TARGET_PREFIX "%s", call->kind->name);
	if (client->keeper != NULL) {
		call->skew = client->skew.used;
		call->generation = keeper_generation(client->keeper);
		sign(call, headers, 3, &signature);
	}
	call->transfer =
	    http_start(client->http, &request, on_answer, call, err);
	sigv4_signature_clear(&signature);
	return call->transfer == NULL ? -1 : 0;
}

/* Ends the call. */
static void
finish(struct swf_call *call, const struct swf_answer *answer)
{
	swf_done *done = call->done;
	void *arg = call->arg;

	swf_call_free(call);
	done(arg, answer);
}

/* Ends it without an answer of the service's; nothing was applied. */
static void
finish_unsent(struct swf_call *call, enum swf_class class, const char *message)
{
	struct swf_answer answer = {
		.class = class,
		.retry_after = -1,
		.date = -1,
	};

	(void)strlcpy(answer.code, call->refused, sizeof(answer.code));
	(void)strlcpy(answer.message, message, sizeof(answer.message));
	finish(call, &answer);
}

/* ---- credentials that are not there yet, or not any more ---- */

static void
on_credentials(void *arg, enum keeper_end end, const struct err *problem)
{
	struct swf_call *call = arg;
	struct err err;

	switch (end) {
	case KEEPER_READY:
		if (start_attempt(call, instant_max(time_left(call), 1),
			&err) == -1)
			finish_unsent(call, SWF_TRANSIENT, err.text);
		break;
	case KEEPER_LATE:
		finish_unsent(call, SWF_TRANSIENT, problem->text);
		break;
	case KEEPER_DENIED:
		finish_unsent(call, SWF_REFUSED, problem->text);
		break;
	}
}

static void
wait_for_credentials(struct swf_call *call, uint64_t than)
{
	call->wait.ready = on_credentials;
	call->wait.arg = call;
	keeper_wait(call->client->keeper, &call->wait, than, call->deadline);
}

int
swf_call_begin(struct swf_call *call, struct err *err)
{
	struct keeper *keeper = call->client->keeper;

	if (keeper == NULL || keeper_current(keeper) != NULL)
		return start_attempt(call, call->timeout, err);
	wait_for_credentials(call, 0);
	return 0;
}

/*
 * What the service makes of the keys.  True if it refuses them, newer ones
 * are to come, and the call waits for these.
 */
static bool
wait_for_newer(struct swf_call *call, const struct swf_answer *answer)
{
	struct keeper *keeper = call->client->keeper;
	bool hope;

	if (keeper == NULL)
		return false;
	if (answer->class == SWF_OK || answer->class == SWF_GONE ||
	    answer->class == SWF_INVALID)
		keeper_accepted(keeper, call->generation);
	if (!errors_is_of_keys(answer->code))
		return false;
	hope = keeper_refused(keeper, call->generation);
	if (!hope || call->renewed)
		return false;
	call->renewed = true;
	(void)strlcpy(call->refused, answer->code, sizeof(call->refused));
	wait_for_credentials(call, call->generation);
	return true;
}

/* ---- the clock ---- */

/* Every answer that can tells how far this host's clock is off. */
static void
learn_clock(struct swf_client *client, const struct http_answer *from)
{
	struct skew *skew = &client->skew;

	if (skew_learn(skew, from->sent_at, from->answered_at, from->date)) {
		if (skew->used == 0)
			log_info("clock of this host is right again");
		else
			log_warning("clock of this host is %lld s %s by the "
				    "service's: requests are signed with the "
				    "service's",
			    llabs(skew->used) / 1000,
			    skew->used > 0 ? "slow" : "fast");
	}
	keeper_skew(client->keeper, skew->used);
}

/* And what the time is, which matters without signatures, too. */
static void
learn_time(struct swf_client *client, const struct http_answer *from,
    const struct swf_answer *answer)
{
	if (from->end != HTTP_ANSWERED || from->cached ||
	    (answer->class != SWF_OK && answer->code[0] == '\0') ||
	    !skew_tells(from->sent_at, from->answered_at, from->date))
		return;
	skew_place(&client->skew, from->took, from->instant, from->date);
	if (client->keeper != NULL)
		learn_clock(client, from);
}

/* Whether it was refused for its clock, and is tried again with a better. */
static bool
try_with_clock(struct swf_call *call, const struct swf_answer *answer)
{
	int64_t left = time_left(call);

	if (call->client->keeper == NULL || call->corrected || left <= 0 ||
	    !errors_may_be_clock(answer->code) ||
	    !skew_explains(&call->client->skew, call->skew))
		return false;
	call->corrected = true;
	return start_attempt(call, left, NULL) == 0;
}

/* ---- the answer ---- */

static void
describe_foreign(struct swf_answer *answer)
{
	answer->class = SWF_AMBIGUOUS;
	(void)strlcpy(answer->message,
	    "success with an answer that is not "
	    "SWF's: something in between has made it",
	    sizeof(answer->message));
}

/* Adds what a person can do about the code, if there is room for it. */
static void
add_remedy(struct swf_answer *answer)
{
	const char *remedy = errors_remedy(answer->code);
	size_t len = strlen(answer->message);

	if (remedy == NULL ||
	    len + strlen(remedy) + 3 > sizeof(answer->message))
		return;
	if (len > 0)
		(void)strlcat(answer->message, ": ", sizeof(answer->message));
	(void)strlcat(answer->message, remedy, sizeof(answer->message));
}

/* Whether a body is what the operation answers; also reads a heartbeat's. */
static bool
read_output(const struct swf_kind *kind, const struct http_answer *from,
    struct swf_answer *answer)
{
	switch (kind->output) {
	case SWF_ANSWERS_NOTHING:
		return swf_json_is_empty(from->body, from->body_len);
	case SWF_ANSWERS_OBJECT:
		return swf_json_is_object(from->body, from->body_len);
	case SWF_ANSWERS_CANCEL_REQUESTED:
		return swf_json_heartbeat(from->body, from->body_len,
			   &answer->cancel_requested) == 0;
	}
	return false;
}

static void
read_success(const struct swf_kind *kind, const struct http_answer *from,
    struct swf_answer *answer)
{
	if (!read_output(kind, from, answer)) {
		describe_foreign(answer);
		return;
	}
	answer->body = from->body;
	answer->body_len = from->body_len;
}

/*
 * This host's clock may have been set since the request was sent.  A Date has
 * whole seconds; and nothing was answered before it was asked.
 */
static void
set_age(const struct swf_client *client, const struct http_answer *from,
    struct swf_answer *answer)
{
	if (from->date == -1 || from->cached)
		return;
	answer->age = skew_age(&client->skew, from->instant,
	    from->sent_at + from->took, from->date);
	answer->age_most =
	    instant_min(skew_age_most(&client->skew, from->instant,
			    from->sent_at + from->took, from->date),
		from->took);
}

/* Makes of an HTTP answer what it means. */
static void
read_answer(const struct swf_call *call, const struct http_answer *from,
    struct swf_answer *answer)
{
	const struct swf_kind *kind = call->kind;

	*answer = (struct swf_answer){ .class = SWF_OK };
	answer->date = from->cached ? -1 : from->date;
	set_age(call->client, from, answer);
	answer->sent_at = from->sent_at;
	answer->answered_at = from->answered_at;
	answer->retry_after = from->retry_after;
	(void)strlcpy(answer->request_id, from->request_id,
	    sizeof(answer->request_id));
	if (from->end != HTTP_ANSWERED) {
		answer->class =
		    from->end == HTTP_NOT_SENT ? SWF_TRANSIENT : SWF_AMBIGUOUS;
		(void)strlcpy(answer->message, from->problem.text,
		    sizeof(answer->message));
		return;
	}
	answer->status = from->status;
	if (from->status >= 200 && from->status < 300) {
		read_success(kind, from, answer);
		return;
	}
	swf_json_error(answer, from->body, from->body_len, from->query_error);
	answer->class =
	    errors_class(answer->status, answer->code, answer->message);
	add_remedy(answer);
}

static void
on_answer(void *arg, const struct http_answer *from)
{
	struct swf_call *call = arg;
	struct swf_answer answer;

	call->transfer = NULL;
	read_answer(call, from, &answer);
	learn_time(call->client, from, &answer);
	if (!try_with_clock(call, &answer) && !wait_for_newer(call, &answer))
		finish(call, &answer);
}
