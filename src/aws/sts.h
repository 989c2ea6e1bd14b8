/* SPDX-License-Identifier: MIT */
/*
 * The two calls of AWS's Security Token Service that hand out credentials:
 * AssumeRole, signed with credentials that one has, and
 * AssumeRoleWithWebIdentity, unsigned, with a token that somebody else has
 * signed.
 *
 *	call = sts_start(http, &request, on_answer, arg, &err);
 *	if (call == NULL)
 *		... "err"
 *	...
 *	on_answer(arg, answer):
 *		if (answer->end == STS_GIVEN)
 *			source_give(source, answer->credentials);
 *
 * A refusal that a wrong clock may be the cause of is tried once more by the
 * service's own clock.  All other retries are the caller's business.
 */
#ifndef AWS_STS_H
#define AWS_STS_H

#include "aws/credentials.h"
#include "aws/endpoint.h"
#include "base/err.h"

struct http;
struct sts_call;

struct sts_request {
	const struct endpoint *endpoint; /* of ENDPOINT_STS */
	const char *role_arn;
	const char *session_name;
	const char *external_id; /* NULL: none */
	const char *duration;    /* seconds; NULL: as the role has it */
	/* One of these two. */
	const struct credentials *credentials; /* AssumeRole */
	const char *token;                     /* AssumeRoleWithWebIdentity */
};

enum sts_end {
	STS_GIVEN,
	STS_FAILED, /* for now */
	STS_DENIED, /* until somebody changes something */
	STS_STALE   /* the credentials that signed are expired or unknown */
};

/* Valid during the call. */
struct sts_answer {
	enum sts_end end;
	struct credentials *credentials; /* GIVEN */
	struct err problem; /* otherwise, with URL, role and remedy */
};

typedef void sts_done(void *arg, const struct sts_answer *answer);

/*
 * Everything is copied.  "done" is called once, from http_perform(), never
 * from here.  Returns NULL with "err" if it cannot even be started.
 */
struct sts_call *sts_start(struct http *http, const struct sts_request *request,
    sts_done *done, void *arg, struct err *err);

/* Ends a call without its "done"; NULL is fine. */
void sts_cancel(struct sts_call *call);

#endif
