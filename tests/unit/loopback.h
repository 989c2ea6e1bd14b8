/* SPDX-License-Identifier: MIT */
/*
 * A tiny HTTP server on loopback for tests: a thread that reads requests and
 * does to each what a script says, in the order in which they come.
 *
 *	static const struct loopback_step script[] = {
 *		{ LOOPBACK_SEND, "HTTP/1.1 200 OK\r\n..." },
 *		{ LOOPBACK_RESET },
 *	};
 *	struct loopback *server = loopback_start(script, 2);
 *	... use loopback_url(server)
 *	assert_int_equal(loopback_count(server), 2);
 *	loopback_request(server, 0)  the first request, headers and body
 *	loopback_stop(server);
 *
 * A request that comes after the end of the script is never answered.
 */
#ifndef TESTS_LOOPBACK_H
#define TESTS_LOOPBACK_H

#include <stddef.h>

enum loopback_action {
	LOOPBACK_SEND,  /* send "text"; the connection stays open */
	LOOPBACK_LAST,  /* send "text", then close */
	LOOPBACK_FLOOD, /* send "text", then 10 MiB of "x", then close */
	LOOPBACK_SLOW,  /* send "text", a byte every 10 ms */
	LOOPBACK_HANG,  /* answer nothing, keep the connection open */
	LOOPBACK_CLOSE, /* answer nothing, close */
	LOOPBACK_RESET, /* answer nothing, reset the connection */
	LOOPBACK_DEAD   /* send "text", and close as the next request comes */
};

struct loopback_step {
	enum loopback_action action;
	const char *text;
};

struct loopback;

struct loopback *loopback_start(const struct loopback_step *script,
    size_t count);

/* "http://127.0.0.1:PORT/" */
const char *loopback_url(const struct loopback *);

/* "127.0.0.1:PORT" */
const char *loopback_host(const struct loopback *);

/* How many requests have come so far. */
size_t loopback_count(struct loopback *);

/* Text of a request, and which connection (from 0) it came on. */
const char *loopback_request(struct loopback *, size_t number);
size_t loopback_connection(struct loopback *, size_t number);

/* Ends the thread and frees. */
void loopback_stop(struct loopback *);

/* "Name: value" of a request, without the name; NULL if it has none. */
const char *loopback_header(struct loopback *, size_t number, const char *name);

/* What follows the headers of a request. */
const char *loopback_body(struct loopback *, size_t number);

/* A port of 127.0.0.1 where nobody listens. */
unsigned loopback_free_port(void);

#endif
