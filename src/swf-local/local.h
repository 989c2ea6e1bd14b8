/* SPDX-License-Identifier: MIT */
/*
 * What is not of SWF: /_local/faults and /_local/calls.
 *
 *	GET /_local/faults      the rules, with how often each was applied
 *	POST /_local/faults     adds a rule, or a list of them
 *	DELETE /_local/faults   clears them
 *	GET /_local/calls       the last calls; ?operation=NAME&since=NUMBER
 *	DELETE /_local/calls    forgets them
 *
 * It is for whoever runs the service, not for web pages that this person
 * happens to look at: a request from a browser's page has an Origin or a
 * foreign Host, and is refused, as is a POST that is not JSON.  It is served
 * to the loopback network only.
 */
#ifndef SWF_LOCAL_LOCAL_H
#define SWF_LOCAL_LOCAL_H

#include <microhttpd.h>

#include "swf-local/answer.h"
#include "swf-local/server.h"

struct local_request {
	struct MHD_Connection *connection;
	const char *url; /* begins with /_local/ */
	const char *method;
	const struct buf *body;
};

/* Does it and sets the answer. */
void local_answer(struct server *server, const struct local_request *request,
    struct answer *out);

#endif
