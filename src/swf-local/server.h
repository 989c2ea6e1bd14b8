/* SPDX-License-Identifier: MIT */
/*
 * The service on the network: one process, one thread, one loop.
 *
 * libmicrohttpd speaks HTTP; its epoll descriptor is one of those in ours,
 * beside a CLOCK_BOOTTIME timer for the earliest deadline, a signalfd, and
 * the sockets of suspended connections, so that a client that hangs up while
 * it waits is noticed at once.
 *
 * server_open() binds and listens, server_run() returns when SIGTERM, SIGINT
 * or SIGHUP has come (they have to be blocked), or standard input has ended
 * if that was asked for; server_close() frees all.
 */
#ifndef SWF_LOCAL_SERVER_H
#define SWF_LOCAL_SERVER_H

#include <stdbool.h>
#include <sys/queue.h>

#include <microhttpd.h>

#include "base/err.h"
#include "swf-local/calls.h"
#include "swf-local/inject.h"
#include "swf-local/keys.h"
#include "swf-local/state.h"
#include "swf-local/stream.h"

TAILQ_HEAD(exchange_queue, exchange);

struct server {
	struct service service;
	struct rules rules;
	struct keys keys; /* that requests have to be signed with */
	struct calls calls;
	struct random random; /* of request ids and odds */
	struct exchange_queue exchanges;
	struct streams streams;
	struct MHD_Daemon *daemon;
	int listener; /* owned by the daemon once there is one */
	int epoll;
	int timer;
	int signals;
	int input; /* STDIN_FILENO if its end is the server's, else -1 */
	int port;
	unsigned request_idle; /* s */
	int rerun;             /* the daemon has to run again at once */
};

/* Seconds of silence between two requests that end a connection. */
enum { SERVER_IDLE = 300 };

struct server_options {
	const char *address; /* of IPv4 or IPv6, in figures */
	int port;            /* 0: any free one */
	int64_t hold;        /* ms */
	/* ms, rounded up to s: silence in the middle of a request. */
	int64_t request_timeout;
	int64_t time_scale; /* from 1 */
	const char *state;  /* file to keep the state in, or NULL */
	bool exit_with_stdin;
};

/* Prepares everything that needs no network; "seed" is to be unguessable. */
void server_init(struct server *server, uint64_t seed);

/* Returns 0, or -1 with "err". */
int server_open(struct server *server, const struct server_options *options,
    struct err *err);
int server_run(struct server *server, struct err *err);

/* Closes what is open: held polls see their connection closed. */
void server_close(struct server *server);

/* Reads the clock and does what is due; the instant of what comes next. */
void server_settle(struct server *server);

#endif
