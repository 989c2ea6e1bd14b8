/* SPDX-License-Identifier: MIT */
/*
 * Who may see the page and use what stands under /_local/.
 *
 * Both are for whoever runs the service, at this machine, and not for pages
 * of other sites that this person happens to look at.  So a request has to
 * come from the loopback network and name a Host of it (a name that an
 * attacker resolves to 127.0.0.1 is none); an Origin, which a browser sends
 * with all that a page asks for, has to be that Host; and a browser that
 * says that another site asks is believed.  A POST has to be JSON, which a
 * form cannot send.
 *
 * The operations of SWF are for all who can reach the service; only the
 * Origin is looked at there, because a browser is no client of SWF.
 */
#ifndef SWF_LOCAL_ACCESS_H
#define SWF_LOCAL_ACCESS_H

#include <microhttpd.h>

/* Why a request is refused; message is NULL if it is not. */
struct refusal {
	int status; /* of HTTP */
	const char *message;
};

/* For "/" as a page: also another site may have a link to it. */
struct refusal access_page(struct MHD_Connection *connection);

/* For all under /_local/. */
struct refusal access_local(struct MHD_Connection *connection,
    const char *method);

/* For an operation: whether a page of another site asks for it. */
int access_is_foreign(struct MHD_Connection *connection);

#endif
