/* SPDX-License-Identifier: MIT */
/*
 * What is not of SWF: the page for people, and /_local, which the page and
 * whoever tests with the service use.
 *
 *	GET /                   the page
 *	GET /_local/executions  what there is; ?filter=TEXT&runId=ID
 *	GET /_local/stream      the same as server-sent events
 *	GET /_local/history     events of ?runId=ID; &after=ID or &before=ID
 *	GET /_local/names       operations and kinds of faults
 *	POST /_local/cancel     as RequestCancelWorkflowExecution
 *	POST /_local/terminate  as TerminateWorkflowExecution
 *	GET /_local/faults      the rules, with how often each was applied
 *	POST /_local/faults     adds a rule, or a list of them
 *	DELETE /_local/faults   clears them
 *	GET /_local/calls       the last calls; ?operation=NAME&since=NUMBER
 *	DELETE /_local/calls    forgets them
 *
 * Who may ask is in access.h.  No GET changes anything.
 */
#ifndef SWF_LOCAL_LOCAL_H
#define SWF_LOCAL_LOCAL_H

#include <microhttpd.h>

#include "swf-local/answer.h"
#include "swf-local/server.h"

struct local_request {
	struct MHD_Connection *connection;
	const char *url;
	const char *method;
	const struct buf *body;
	void *exchange;        /* what a stream belongs to */
	const char *type;      /* Content-Type of the answer */
	struct stream *stream; /* set if the answer is one */
};

/* Whether a request is for this and not for SWF. */
int local_is(const char *url, const char *method);

/* Does it and sets the answer. */
void local_answer(struct server *server, struct local_request *request,
    struct answer *out);

#endif
