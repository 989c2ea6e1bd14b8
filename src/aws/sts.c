/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "aws/sts.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "aws/errors.h"
#include "aws/http.h"
#include "aws/sigv4.h"
#include "aws/skew.h"
#include "aws/sts_answer.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "text/urlencode.h"

enum {
	TIMEOUT = 10 * 1000,  /* ms */
	BODY_MAX = 128 * 1024 /* a token of 20,000 bytes, encoded */
};

struct sts_call {
	struct http *http;
	struct http_transfer *transfer;
	struct endpoint endpoint;
	const char *operation;
	char *role_arn;
	struct credentials credentials; /* empty: not to be signed */
	char *body;
	size_t body_len;
	struct skew skew; /* of this host's clock */
	bool again;       /* signed once more for it */
	sts_done *done;
	void *arg;
};

static void
call_free(struct sts_call *call)
{
	credentials_clear(&call->credentials);
	mem_cleanse(call->body, call->body_len);
	free(call->role_arn);
	free(call);
}

/* The form that is sent. */
static int
make_body(struct sts_call *call, const struct sts_request *request)
{
	struct buf body = BUF_INIT(BODY_MAX);

	(void)buf_reserve(&body, BODY_MAX);
	if (urlencode_pair(&body, "Action", call->operation) == -1 ||
	    urlencode_pair(&body, "Version", "2011-06-15") == -1 ||
	    urlencode_pair(&body, "RoleArn", request->role_arn) == -1 ||
	    urlencode_pair(&body, "RoleSessionName", request->session_name) ==
		-1 ||
	    urlencode_pair(&body, "ExternalId", request->external_id) == -1 ||
	    urlencode_pair(&body, "DurationSeconds", request->duration) == -1 ||
	    urlencode_pair(&body, "WebIdentityToken", request->token) == -1) {
		mem_cleanse(body.data, body.len);
		return -1;
	}
	call->body_len = body.len;
	call->body = mem_copy(body.data, body.len);
	mem_cleanse(body.data, body.len);
	return 0;
}

/* Appends the three headers of a signature, which is the caller's to clear. */
static void
sign(const struct sts_call *call, const char **headers,
    struct sigv4_signature *signature)
{
	const struct sigv4_request request = { .method = "POST",
		.path = "/",
		.headers = headers,
		.body = call->body,
		.body_len = call->body_len };
	const struct sigv4_key key = {
		.access_key_id = call->credentials.access_key_id,
		.secret_access_key = call->credentials.secret_access_key,
		.session_token = call->credentials.session_token,
		.region = call->endpoint.region,
		.service = "sts",
	};
	size_t n = 0;

	sigv4_sign(signature, &request, &key, clock_wall() + call->skew.used);
	while (headers[n] != NULL)
		n++;
	headers[n++] = signature->date;
	headers[n++] = signature->authorization;
	if (signature->token != NULL)
		headers[n++] = signature->token;
}

static http_done on_answer;

static int
send_request(struct sts_call *call, struct err *err)
{
	char *host = mem_format("Host: %s", call->endpoint.host);
	const char *headers[8] = { host,
		"Content-Type: application/x-www-form-urlencoded; "
		"charset=utf-8" };
	struct sigv4_signature signature = { 0 };
	const struct http_request request = { .url = call->endpoint.url,
		.headers = headers,
		.body = call->body,
		.body_len = call->body_len,
		.direct = !call->endpoint.tls,
		.timeout = TIMEOUT };
	size_t n = 0;

	if (call->credentials.access_key_id != NULL)
		sign(call, headers, &signature);
	/* Not signed: something between may have its own idea of it. */
	while (headers[n] != NULL)
		n++;
	headers[n] = "Accept: application/json";
	call->transfer = http_start(call->http, &request, on_answer, call, err);
	sigv4_signature_clear(&signature);
	free(host);
	return call->transfer == NULL ? -1 : 0;
}

/* For messages: "https://.../: AssumeRole of ROLE". */
static char *
subject(const struct sts_call *call)
{
	return mem_format("%.100s: %s of %.120s", call->endpoint.url,
	    call->operation, call->role_arn);
}

static bool
is_web(const struct sts_call *call)
{
	return call->credentials.access_key_id == NULL;
}

static bool
is_stale(const char *code)
{
	static const char *const codes[] = { "ExpiredToken",
		"ExpiredTokenException", "InvalidClientTokenId",
		"UnrecognizedClientException" };

	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (strcmp(code, codes[i]) == 0)
			return true;
	return false;
}

/* What is wrong with the token, or with who has signed it, may pass. */
static bool
is_of_identity(const char *code)
{
	return strncmp(code, "IDPCommunicationError", 21) == 0 ||
	       strncmp(code, "InvalidIdentityToken", 20) == 0 || is_stale(code);
}

static enum sts_end
classify(const struct sts_call *call, int status, const struct sts_fault *fault)
{
	if (is_web(call) && is_of_identity(fault->code))
		return STS_FAILED;
	if (is_stale(fault->code))
		return STS_STALE;
	switch (errors_class(status, fault->code, fault->message)) {
	case SWF_REFUSED:
	case SWF_INVALID:
	case SWF_GONE:
		return STS_DENIED;
	case SWF_OK:
	case SWF_THROTTLED:
	case SWF_AMBIGUOUS:
	case SWF_TRANSIENT:
		break;
	}
	return STS_FAILED;
}

/* What a person can do; "" if nothing is known. */
static const char *
remedy(const struct sts_call *call, const char *code)
{
	const char *known = errors_remedy(code);

	if (strncmp(code, "AccessDenied", 12) == 0)
		return is_web(call)
			   ? "the role's trust policy must name the issuer, "
			     "the subject and the audience of this token"
			   : "the role's trust policy must name this caller, "
			     "and the caller's policy allow sts:AssumeRole";
	if (strcmp(code, "RegionDisabledException") == 0)
		return "switch STS on for this region in the IAM console";
	if (is_web(call) && is_of_identity(code))
		return "the token file must hold a new token of an identity "
		       "provider that IAM knows";
	return known == NULL ? "" : known;
}

static void
explain(const struct sts_call *call, struct err *problem, int status,
    const struct sts_fault *fault)
{
	const char *what = remedy(call, fault->code);
	char *who = subject(call);

	if (fault->code[0] == '\0')
		(void)err_set(problem,
		    "%s: HTTP status %d with an answer that is not STS's", who,
		    status);
	else
		(void)err_set(problem, "%s: %s%s%s%s%s", who, fault->code,
		    fault->message[0] == '\0' ? "" : ": ", fault->message,
		    *what == '\0' ? "" : ": ", what);
	free(who);
}

/* Whether a wrong clock explains the refusal: then it is put right. */
static bool
learn_skew(struct sts_call *call, const struct http_answer *from,
    const struct sts_fault *fault)
{
	int64_t then = call->skew.used;

	if (is_web(call) || call->again || from->cached ||
	    !errors_may_be_clock(fault->code) ||
	    !skew_tells(from->sent_at, from->answered_at, from->date))
		return false;
	call->again = true;
	(void)skew_learn(&call->skew, from->sent_at, from->answered_at,
	    from->date);
	return skew_explains(&call->skew, then);
}

static void
finish(struct sts_call *call, const struct sts_answer *answer)
{
	call->done(call->arg, answer);
	call_free(call);
}

static void
give(struct sts_call *call, const struct http_answer *from)
{
	struct credentials credentials;
	struct sts_answer answer = { .end = STS_GIVEN,
		.credentials = &credentials };
	struct err problem;

	if (sts_answer_credentials(&credentials, call->operation, from->body,
		from->body_len, &problem) == -1) {
		char *who = subject(call);

		answer.end = STS_FAILED;
		(void)err_set(&answer.problem, "%s: the answer %s", who,
		    problem.text);
		free(who);
	}
	finish(call, &answer);
	credentials_clear(&credentials);
}

static void
refuse(struct sts_call *call, const struct http_answer *from)
{
	struct sts_answer answer = { .end = STS_FAILED };
	struct sts_fault fault;

	sts_answer_fault(&fault, from->body, from->body_len);
	if (learn_skew(call, from, &fault)) {
		if (send_request(call, &answer.problem) == -1)
			finish(call, &answer);
		return;
	}
	answer.end = classify(call, from->status, &fault);
	explain(call, &answer.problem, from->status, &fault);
	finish(call, &answer);
}

static void
on_answer(void *arg, const struct http_answer *from)
{
	struct sts_call *call = arg;
	struct sts_answer answer = { .end = STS_FAILED };
	char *who;

	call->transfer = NULL;
	if (from->end != HTTP_ANSWERED) {
		who = subject(call);
		(void)err_set(&answer.problem, "%s: %s", who,
		    from->problem.text);
		free(who);
		finish(call, &answer);
	} else if (from->status == 200) {
		give(call, from);
	} else {
		refuse(call, from);
	}
}

/* See the header. */
struct sts_call *
sts_start(struct http *http, const struct sts_request *request, sts_done *done,
    void *arg, struct err *err)
{
	struct sts_call *call = mem_new(1, sizeof(*call));

	call->http = http;
	call->endpoint = *request->endpoint;
	call->operation = request->credentials != NULL
			      ? "AssumeRole"
			      : "AssumeRoleWithWebIdentity";
	call->role_arn = mem_string(request->role_arn);
	if (request->credentials != NULL)
		credentials_copy(&call->credentials, request->credentials);
	call->done = done;
	call->arg = arg;
	if (make_body(call, request) == -1)
		(void)err_set(err,
		    "a request to STS over %d bytes: check role_arn, "
		    "external_id and the token",
		    BODY_MAX);
	else if (send_request(call, err) == 0)
		return call;
	call_free(call);
	return NULL;
}

/* Nobody waits for it any more. */
void
sts_cancel(struct sts_call *call)
{
	if (call == NULL)
		return;
	http_cancel(call->transfer);
	call_free(call);
}
