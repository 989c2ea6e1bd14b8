/* SPDX-License-Identifier: MIT */
/*
 * The calls to SWF, asynchronous, over aws/http.
 *
 * What a worker tells of a task has a function each.  Every other operation
 * is started by swf_send(), with a request from aws/swf_requests.h; what is
 * answered is read by aws/swf_answers.h and aws/swf_history.h:
 *
 *	swf_request_poll_decision(&request, domain, task_list, identity, 20);
 *	call = swf_send(client, SWF_POLL_DECISION, &request, SWF_POLL_TIMEOUT,
 *	    on_answer, arg, &err);
 *	...
 *	if (answer->class == SWF_OK && swf_decision_task_parse(&task,
 *		answer->body, answer->body_len, &err) == 0)
 *
 * A client has an endpoint, a keeper of credentials and a clock skew; it
 * signs each attempt afresh and leaves it to the caller whether and when to
 * try again, for which each answer is put into one of a few classes
 * (swf_class).  By itself it does only what nobody else can, within the time
 * of the call and each once:
 *
 *   no credentials yet       it waits for them; in vain: TRANSIENT; if their
 *                            source has refused for good: REFUSED
 *   refused as expired or    waits for newer ones and tries again; in vain:
 *   unknown                  TRANSIENT; also refused: REFUSED.  Keys that
 *                            stand somewhere have no newer ones: REFUSED
 *   refused, and the clock   tries again at once, signed with the service's
 *   of this host is wrong    clock (aws/skew.h)
 *
 * An answer 200 to Respond* is a success if its body is empty, white space
 * or a JSON object; to a heartbeat, if it is a JSON object whose
 * cancelRequested, if there at all, is true or false; to any operation that
 * has an output, if it is a JSON object.  Any other 200 comes from something
 * in between, and is AMBIGUOUS.
 *
 * A Respond*, a poll and a start never use a connection that was used before.
 *
 * Texts are sent as they are: they must be valid UTF-8 without NUL and within
 * the limits of aws/wire.h (text/utf8.h makes them so).
 */
#ifndef AWS_SWF_H
#define AWS_SWF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

struct endpoint;
struct http;
struct keeper;
struct swf_client;
struct swf_call;

/* What an answer means to somebody who may try again. */
enum swf_class {
	SWF_OK,
	SWF_GONE,      /* UnknownResourceFault */
	SWF_INVALID,   /* ValidationException, SerializationException */
	SWF_REFUSED,   /* any other error of SWF's: permission, signature */
	SWF_THROTTLED, /* not applied, slow down */
	SWF_TRANSIENT, /* not applied: no connection, a proxy's refusal */
	SWF_AMBIGUOUS  /* perhaps applied: no whole answer, or a 5xx */
};

enum swf_operation {
	SWF_RECORD_HEARTBEAT,
	SWF_RECORD_HEARTBEAT_AFRESH, /* on a connection of its own */
	SWF_RESPOND_COMPLETED,
	SWF_RESPOND_FAILED,
	SWF_RESPOND_CANCELED,
	SWF_REGISTER_DOMAIN,
	SWF_REGISTER_ACTIVITY_TYPE,
	SWF_REGISTER_WORKFLOW_TYPE,
	SWF_START_EXECUTION,
	SWF_DESCRIBE_EXECUTION,
	SWF_LIST_OPEN_EXECUTIONS,
	SWF_LIST_CLOSED_EXECUTIONS,
	SWF_REQUEST_CANCEL_EXECUTION,
	SWF_TERMINATE_EXECUTION,
	SWF_GET_HISTORY,
	SWF_POLL_DECISION,
	SWF_RESPOND_DECISION,
	SWF_POLL_ACTIVITY,
	SWF_COUNT_PENDING_ACTIVITIES,
	SWF_DESCRIBE_ACTIVITY_TYPE,
	SWF_DESCRIBE_DOMAIN,
	SWF_LIST_DOMAINS
};

/* ms: the service holds a poll for 60 s. */
enum { SWF_POLL_TIMEOUT = 75 * 1000 };

struct swf_answer {
	enum swf_class class;
	bool cancel_requested; /* RecordActivityTaskHeartbeat */
	int64_t retry_after;   /* what the service asks for, ms; or -1 */
	int status;            /* HTTP status; 0: no answer */
	int64_t date;          /* the service's wall time, whole s; or -1 */
	/* How long it was under way, at least and at most, by the service's
	 * clock; ms.  Without a Date nothing is known: 0. */
	int64_t age;
	int64_t age_most;
	int64_t sent_at;     /* this host's wall time, ms */
	int64_t answered_at; /* likewise */
	char code[96];       /* "UnknownResourceFault"; or "" */
	char message[512];   /* what went wrong, remedy included; or "" */
	char request_id[64];
	const char *body; /* of an OK; valid during "done" only; NUL after it */
	size_t body_len;
};

typedef void swf_done(void *arg, const struct swf_answer *answer);

struct swf_client_config {
	struct http *http;
	const struct endpoint *endpoint; /* copied */
	struct keeper *keeper;           /* outlives it; NULL: unsigned */
};

struct swf_client *swf_client_new(const struct swf_client_config *config);

/* Forgets all calls, as swf_cancel() does, and frees; NULL is fine. */
void swf_client_free(struct swf_client *);

/* "RegisterDomain", ...; the IAM action is this after "swf:". */
const char *swf_operation_name(enum swf_operation operation);

/*
 * Each starts one call that ends within "timeout" ms; "done" is called once,
 * from http_perform() or
 * keeper_tick().  Optional texts may be NULL: they are left out.  The
 * returned call is valid until "done" or swf_cancel().  NULL with "err" if it
 * cannot be started.
 */
struct swf_call *swf_heartbeat(struct swf_client *, const char *token,
    const char *details, int64_t timeout, swf_done *done, void *arg,
    struct err *err);
/* The same on a new connection: after an attempt without an answer, those
 * that there are may all be dead. */
struct swf_call *swf_heartbeat_afresh(struct swf_client *, const char *token,
    const char *details, int64_t timeout, swf_done *done, void *arg,
    struct err *err);
struct swf_call *swf_completed(struct swf_client *, const char *token,
    const char *result, int64_t timeout, swf_done *done, void *arg,
    struct err *err);
struct swf_call *swf_failed(struct swf_client *, const char *token,
    const char *reason, const char *details, int64_t timeout, swf_done *done,
    void *arg, struct err *err);
struct swf_call *swf_canceled(struct swf_client *, const char *token,
    const char *details, int64_t timeout, swf_done *done, void *arg,
    struct err *err);

/* The same for any operation; takes the request's memory over, in any case. */
struct swf_call *swf_send(struct swf_client *, enum swf_operation operation,
    struct buf *request, int64_t timeout, swf_done *done, void *arg,
    struct err *err);

/* Whether it is on its way; else it waits here, and nothing comes of it. */
bool swf_is_sent(const struct swf_call *);

/* Whether no byte of it has left this host yet: nothing can come of it. */
bool swf_is_unsent(const struct swf_call *);

/* Says what a call that has no answer yet is waiting for, as an error. */
void swf_waiting(struct swf_call *, struct err *err);

/* Forgets a call: its "done" will not be called. */
void swf_cancel(struct swf_call *);

/* What PollForActivityTask answers. */
struct swf_task {
	char *token;
	char *activity_id;
	char *activity_name;
	char *activity_version;
	char *workflow_id;
	char *run_id;
	char *input; /* NULL: there is none */
	int64_t started_event_id;
	/* ms: how long before it came here SWF had given it away, at least and
	 * at most; the caller's to set, from the answer's age. */
	int64_t age;
	int64_t age_most;
};

/*
 * Reads a task from the JSON text of a poll's answer, as the AWS CLI prints
 * it.  Returns 0, or -1 with "err"; a text without a token is an error that
 * says that the poll was empty.  Members may be missing but for the token.
 */
int swf_task_parse(struct swf_task *, const char *json, size_t len,
    struct err *err);
void swf_task_clear(struct swf_task *);

#endif
