/* SPDX-License-Identifier: MIT */
/*
 * How long aws/http keeps a connection: until it is old, which is when a
 * change of DNS is followed, or until its peer has been silent for too long.
 * A server listens on two addresses of this host; this program's
 * getaddrinfo() says which of them is "moving.test".
 */
#include "config.h"

#include "aws/http.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/mem.h"

enum {
	PLENTY = 10000, /* ms */
	CONNECTIONS = 8,
	FILES = 64,
	NOTICED = 30 /* s: until a dead peer must be noticed */
};

/* ---- names --------------------------------------------------------------- */

static atomic_int moving_to = 1; /* the last byte of its address */

/* The names of the C library's parameters are not for others to use. */
int /* NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name) */
getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
    struct addrinfo **result)
{
	struct addrinfo *info =
	    calloc(1, sizeof(*info) + sizeof(struct sockaddr_in));
	struct sockaddr_in *in = (struct sockaddr_in *)(info + 1);

	(void)node;
	(void)hints;
	in->sin_family = AF_INET;
	in->sin_addr.s_addr = htonl(0x7f000000u + (unsigned)moving_to);
	in->sin_port = htons((uint16_t)strtoul(service, NULL, 10));
	info->ai_family = AF_INET;
	info->ai_socktype = SOCK_STREAM;
	info->ai_protocol = IPPROTO_TCP;
	info->ai_addr = (struct sockaddr *)in;
	info->ai_addrlen = sizeof(*in);
	*result = info;
	return 0;
}

void /* NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name) */
freeaddrinfo(struct addrinfo *info)
{
	free(info);
}

/* ---- a server ------------------------------------------------------------ */

struct server {
	/* Two that listen, and those that were accepted. */
	struct pollfd fds[2 + CONNECTIONS];
	nfds_t count;
	int stop[2];
	unsigned port;
	pthread_t thread;
	atomic_int accepted[2];
};

static int
listen_on(unsigned last, unsigned *port)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t len = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	address.sin_addr.s_addr = htonl(0x7f000000u + last);
	address.sin_port = htons((uint16_t)*port);
	if (bind(fd, (struct sockaddr *)&address, len) == -1 ||
	    listen(fd, CONNECTIONS) == -1 ||
	    getsockname(fd, (struct sockaddr *)&address, &len) == -1) {
		(void)close(fd);
		return -1;
	}
	*port = ntohs(address.sin_port);
	return fd;
}

/* Every read is taken for a whole request. */
static void
answer(int fd)
{
	static const char text[] =
	    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
	char request[4096];

	if (read(fd, request, sizeof(request)) > 0)
		(void)send(fd, text, sizeof(text) - 1, MSG_NOSIGNAL);
}

static void *
serve(void *arg)
{
	struct server *server = arg;
	struct pollfd *fds = server->fds;

	while (poll(fds, server->count, 20) >= 0) {
		struct pollfd stop = { .fd = server->stop[0],
			.events = POLLIN };

		if (poll(&stop, 1, 0) == 1)
			break;
		for (nfds_t i = server->count; i-- > 2;)
			if ((fds[i].revents & POLLIN) != 0)
				answer(fds[i].fd);
		for (nfds_t i = 0; i < 2; i++) {
			if ((fds[i].revents & POLLIN) == 0 ||
			    server->count == 2 + CONNECTIONS)
				continue;
			fds[server->count].fd =
			    accept4(fds[i].fd, NULL, NULL, SOCK_CLOEXEC);
			fds[server->count++].events = POLLIN;
			server->accepted[i]++;
		}
	}
	return NULL;
}

static void
server_start(struct server *server)
{
	*server = (struct server){ .count = 2 };
	/* What is free on one address may not be on the other. */
	for (int i = 0; i < 20 && server->fds[1].fd <= 0; i++) {
		server->port = 0;
		if (i > 0)
			(void)close(server->fds[0].fd);
		server->fds[0].fd = listen_on(1, &server->port);
		server->fds[1].fd = listen_on(2, &server->port);
	}
	assert_true(server->fds[0].fd > 0 && server->fds[1].fd > 0);
	server->fds[0].events = server->fds[1].events = POLLIN;
	assert_int_equal(pipe(server->stop), 0);
	assert_int_equal(pthread_create(&server->thread, NULL, serve, server),
	    0);
}

static void
server_stop(struct server *server)
{
	(void)close(server->stop[1]);
	(void)pthread_join(server->thread, NULL);
	(void)close(server->stop[0]);
	for (nfds_t i = 0; i < server->count; i++)
		(void)close(server->fds[i].fd);
}

/* ---- the client ---------------------------------------------------------- */

static void
on_done(void *arg, const struct http_answer *answer)
{
	assert_int_equal(answer->end, HTTP_ANSWERED);
	*(bool *)arg = true;
}

static void
ask(struct http *http, const struct server *server)
{
	static const char *const headers[] = { NULL };
	char *url = mem_format("http://moving.test:%u/", server->port);
	const struct http_request request = { .url = url,
		.headers = headers,
		.body = "{}",
		.body_len = 2,
		.timeout = PLENTY };
	int64_t end = clock_boot() + PLENTY;
	bool done = false;

	assert_non_null(http_start(http, &request, on_done, &done, NULL));
	while (!done && clock_boot() < end) {
		http_wait(http, -1, 100);
		http_perform(http);
	}
	assert_true(done);
	free(url);
}

static struct http *
new_http(int lifetime)
{
	const struct http_config config = { .user_agent = "tend/test",
		.allow_plain = true,
		.lifetime = lifetime };
	struct http *http = http_new(&config, NULL);

	assert_non_null(http);
	return http;
}

/* ---- tests --------------------------------------------------------------- */

static void
test_dns_is_followed(void **state)
{
	struct http *http = new_http(1);
	int64_t end = clock_boot() + PLENTY;
	struct server server;

	(void)state;
	server_start(&server);
	ask(http, &server);
	while (server.accepted[1] == 0 && clock_boot() < end) {
		moving_to = 2;
		ask(http, &server);
		(void)usleep(10 * 1000);
	}
	/* Its connection was used again, and then a new one elsewhere. */
	assert_int_equal(server.accepted[0], 1);
	assert_int_equal(server.accepted[1], 1);
	moving_to = 1;
	http_free(http);
	server_stop(&server);
}

static void
test_kept_by_default(void **state)
{
	struct http *http = new_http(0);
	int64_t end = clock_boot() + 2500;
	struct server server;

	(void)state;
	server_start(&server);
	for (ask(http, &server); clock_boot() < end; ask(http, &server)) {
		moving_to = 2;
		(void)usleep(100 * 1000);
	}
	assert_int_equal(server.accepted[0], 1);
	assert_int_equal(server.accepted[1], 0);
	moving_to = 1;
	http_free(http);
	server_stop(&server);
}

/* The client's end of a connection to the server. */
static int
find_socket(const struct server *server)
{
	for (int fd = 3; fd < FILES; fd++) {
		struct sockaddr_in peer;
		socklen_t len = sizeof(peer);

		if (getpeername(fd, (struct sockaddr *)&peer, &len) == 0 &&
		    peer.sin_family == AF_INET &&
		    ntohs(peer.sin_port) == server->port)
			return fd;
	}
	return -1;
}

static int
option(int fd, int level, int name)
{
	int value = -1;
	socklen_t len = sizeof(value);

	assert_int_equal(getsockopt(fd, level, name, &value, &len), 0);
	return value;
}

/*
 * By the kernel's rules: data that is not acknowledged ends the connection
 * after TCP_USER_TIMEOUT; silence ends it at the first probe after the first
 * one that comes no earlier than that.
 */
static void
test_dead_peer_is_noticed(void **state)
{
	struct http *http = new_http(0);
	struct server server;
	int idle;
	int interval;
	int patience;
	int fd;

	(void)state;
	server_start(&server);
	ask(http, &server);
	fd = find_socket(&server);
	assert_true(fd != -1);
	assert_int_equal(option(fd, SOL_SOCKET, SO_KEEPALIVE), 1);
	idle = option(fd, IPPROTO_TCP, TCP_KEEPIDLE);
	interval = option(fd, IPPROTO_TCP, TCP_KEEPINTVL);
	patience = option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT) / 1000;
	assert_in_range(patience, 10, NOTICED);
	for (idle += interval; idle < patience; idle += interval)
		continue;
	assert_in_range(idle, 10, NOTICED);
	http_free(http);
	server_stop(&server);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dns_is_followed),
		cmocka_unit_test(test_kept_by_default),
		cmocka_unit_test(test_dead_peer_is_noticed),
	};

	return cmocka_run_group_tests_name("life of connections", tests, NULL,
	    NULL);
}
