/* SPDX-License-Identifier: MIT */
/*
 * A TCP socket that listens on one address of this host, or on all of them.
 *
 * Addresses are in figures, so that nothing is looked up.  As one word they
 * are "127.0.0.1:9464", "[::1]:9464", or ":9464" for all addresses, of IPv6
 * and IPv4; port 0 is any free one.
 */
#ifndef BASE_LISTENER_H
#define BASE_LISTENER_H

#include <stdbool.h>

#include "base/err.h"

enum {
	/* Room for an address of IPv6, its end included. */
	LISTENER_HOST = 46,
	/* And for it in brackets, with a colon and a port. */
	LISTENER_TEXT = LISTENER_HOST + 8
};

struct listener_place {
	bool all; /* addresses of this host; "host" is empty */
	char host[LISTENER_HOST];
	int port;
};

/* Reads such a word.  Returns 0, or -1 with "err". */
int listener_parse(const char *text, struct listener_place *place,
    struct err *err);

/* Writes one. */
void listener_format(const struct listener_place *place,
    char text[LISTENER_TEXT]);

/*
 * Opens the socket, non-blocking, and sets the place's port to the one that it
 * has.  Returns the descriptor, or -1 with "err".
 */
int listener_open(struct listener_place *place, struct err *err);

#endif
