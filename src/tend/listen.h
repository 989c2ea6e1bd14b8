/* SPDX-License-Identifier: MIT */
/*
 * An HTTP server for those who watch a worker, in the worker's own loop.
 *
 *	listen = listen_new(&setup, &err);
 *	...
 *	the loop calls setup.answer(arg, "/metrics", accept, &answer)
 *	...
 *	listen_free(listen);
 *
 * Nothing in it waits: libmicrohttpd reads and writes what can be at once, on
 * an epoll descriptor that is one of those in the loop.  An answer is made
 * whole, and its connection is closed when it is sent.  A client that is slow,
 * or says nothing, holds one of LISTEN_CONNECTIONS for LISTEN_IDLE; who comes
 * when all are taken waits in the kernel's queue.
 *
 * GET and HEAD are answered, anything else is 405.
 */
#ifndef TEND_LISTEN_H
#define TEND_LISTEN_H

#include "base/buf.h"
#include "base/err.h"
#include "base/listener.h"
#include "tend/loop.h"

enum {
	LISTEN_CONNECTIONS = 128,
	/* Descriptors that it takes: those, and its own. */
	LISTEN_FILES = LISTEN_CONNECTIONS + 4,
	/* Of its headers, bytes of a connection. */
	LISTEN_MEMORY = 8 * 1024,
	/* Without a byte from a client, s. */
	LISTEN_IDLE = 5
};

struct listen;

/* "status" is 200 and the body empty before it is made. */
struct listen_answer {
	unsigned int status;
	const char *type; /* Content-Type */
	struct buf body;
};

/* "path" is without a query; "accept" is that header, or NULL. */
typedef void listen_function(void *arg, const char *path, const char *accept,
    struct listen_answer *answer);

struct listen_setup {
	struct loop *loop;
	struct listener_place place;
	listen_function *answer;
	void *arg;
};

/* Whether this tend can.  Returns 0, or -1 with "err". */
int listen_check(struct err *err);

/* Begins to listen and logs where.  Returns NULL with "err". */
struct listen *listen_new(const struct listen_setup *setup, struct err *err);

/* Closes everything; NULL is ignored. */
void listen_free(struct listen *);

#endif
