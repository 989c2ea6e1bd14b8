/* SPDX-License-Identifier: MIT */
/*
 * HTTP for the loop: many requests at once, one thread, nothing blocks.
 *
 * The only module that knows libcurl.  The loop blocks in http_wait(), which
 * also watches one further descriptor (the loop's epoll set), and then calls
 * http_perform(), which moves the transfers on and calls their "done"
 * functions.  A done function may start and cancel requests.
 *
 * A connection is not used again when it is older than "lifetime", a name is
 * looked up again after a minute, and a peer that is gone without a word is
 * noticed within half a minute, also while its answer is waited for.
 *
 * Every transfer has a deadline.  A name look-up that hangs holds up nobody:
 * the transfer ends at its deadline and the look-up is left behind.  While
 * several are left behind, no new ones are begun: the address that was last
 * good is used, or else the transfer fails at once.
 *
 * Redirects are not followed, .netrc and cookies are not read, an answer over
 * 1 MiB is a failure.  The proxy variables of the environment are honoured
 * (aws/proxy.h), except for this machine's own addresses.  SIGPIPE must be
 * blocked or ignored; all signals should be blocked before http_new(), because
 * name look-ups run in threads that inherit the mask.
 */
#ifndef AWS_HTTP_H
#define AWS_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct http;
struct http_transfer;

/* How a transfer ended. */
enum http_end {
	HTTP_ANSWERED,  /* there is a whole answer, whatever its status */
	HTTP_NOT_SENT,  /* failed before the request went out: no effect */
	HTTP_MAYBE_SENT /* failed after, or unsure: it may have acted */
};

struct http_config {
	const char *ca_file; /* both NULL: the system's */
	const char *ca_dir;  /* with OpenSSL's hashed names */
	const char *user_agent;
	bool allow_plain; /* http:// may be used at all */
	/* s: a connection that is older is not used again, so that changes of
	 * DNS are followed; 0: ten minutes. */
	int lifetime;
};

struct http_request {
	const char *url;
	/* At most 16 "Name: value" lines, NULL at the end; Host among them,
	 * where it must be what was signed. */
	const char *const *headers;
	const char *body;   /* sent with POST; NULL: a GET */
	size_t body_len;    /* may be 0 */
	const char *method; /* NULL: POST or GET, by the body */
	/* Of metadata services: never by a proxy, and http:// may be used. */
	bool direct;
	int64_t timeout; /* of the whole transfer, ms */
	/* A connection of its own: libcurl silently sends a request again
	 * when a reused connection turns out to be dead. */
	bool fresh_connection;
};

struct http_answer {
	enum http_end end;
	int status;       /* ANSWERED: 200, 400, ... */
	const char *body; /* NUL after it; valid during "done" only */
	size_t body_len;
	/* Of the Date header, ms of wall time; or -1. */
	int64_t date;
	bool cached;          /* has an Age header: Date is not of now */
	int64_t sent_at;      /* wall time, ms: when it was started */
	int64_t answered_at;  /* wall time, ms */
	int64_t instant;      /* of the answer, or of the failure */
	int64_t took;         /* ms, by the clock of instants */
	int64_t retry_after;  /* of x-amz-retry-after, ms; or -1 */
	char request_id[64];  /* of x-amzn-RequestId; or "" */
	char query_error[96]; /* of x-amzn-query-error; or "" */
	/* Not ANSWERED: what happened, with the remedy if one is known. */
	struct err problem;
};

/* Where the system's CAs are; NULL: libcurl was built without any. */
const char *http_system_ca(void);

typedef void http_done(void *arg, const struct http_answer *answer);

/*
 * The strings are copied.  Returns NULL with "err" if there is no descriptor
 * or no memory left.  http_free() cancels what is under way; it may be left
 * out at the end of the process, where it could only wait for look-ups.
 */
struct http *http_new(const struct http_config *config, struct err *err);
void http_free(struct http *);

/*
 * Starts a transfer; the request's bytes are copied.  "done" is called once,
 * from http_perform(), never from here.  Returns NULL with "err" if it cannot
 * even be started (no memory, no descriptors left).
 */
struct http_transfer *http_start(struct http *,
    const struct http_request *request, http_done *done, void *arg,
    struct err *err);

/*
 * Says what a transfer has been waiting for since its start, as an error:
 * "HOST: no connection within 1.5 s".
 */
void http_waiting(struct http_transfer *, struct err *err);

/* Whether no byte of the request has been given to the service so far. */
bool http_is_unsent(const struct http_transfer *);

/* Ends a transfer without its "done"; the connection is closed. */
void http_cancel(struct http_transfer *);

/*
 * The loop's one blocking call: returns when a transfer or "descriptor" wants
 * attention, or after "timeout" ms (INSTANT_NEVER: no limit of the caller's).
 */
void http_wait(struct http *, int descriptor, int64_t timeout);

/* Moves all transfers on and calls the done functions of those that ended. */
void http_perform(struct http *);

/*
 * The same, if something was started since: what the loop's timers have
 * started is on its way before the loop waits again, not a turn later.
 */
void http_perform_started(struct http *);

#endif
