/* SPDX-License-Identifier: MIT */
/*
 * One request and its answer.
 *
 * An exchange exists from a request's headers to the end of its answer.  The
 * daemon calls exchange_access() for the headers, for each part of the body,
 * and then until there is an answer.  In between the connection may be
 * suspended: a poll is held, or a fault was ordered that delays or swallows
 * the request.
 */
#ifndef SWF_LOCAL_EXCHANGE_H
#define SWF_LOCAL_EXCHANGE_H

#include <microhttpd.h>

#include "swf-local/server.h"

struct exchange;

/* For MHD_start_daemon(); "server" is the struct server. */
enum MHD_Result exchange_access(void *server, struct MHD_Connection *connection,
    const char *url, const char *method, const char *version, const char *data,
    size_t *len, void **exchange);

/* For MHD_OPTION_NOTIFY_COMPLETED. */
void exchange_completed(void *server, struct MHD_Connection *connection,
    void **exchange, enum MHD_RequestTerminationCode why);

/* The client of a suspended exchange hung up. */
void exchange_hung_up(struct exchange *x);

/* Lets every suspended exchange end without an answer. */
void exchange_abandon_all(struct server *server);

extern const struct service_host exchange_host;
extern const struct stream_host exchange_stream_host;

#endif
