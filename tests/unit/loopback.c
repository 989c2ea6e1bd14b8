/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "loopback.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"

enum {
	CONNECTIONS_MAX = 64,
	REQUESTS_MAX = 64,
	REQUEST_MAX = 4 * 1024 * 1024,
	FLOOD = 10 * 1024 * 1024
};

struct connection {
	int fd;
	size_t number;
	bool dead; /* to be closed as soon as something comes */
	struct buf in;
	const char *slow; /* the rest of what is sent slowly */
};

struct loopback {
	const struct loopback_step *script;
	size_t script_count;
	int listener;
	int stop;
	char host[32];
	char url[48];
	char header[512];
	pthread_t thread;
	pthread_mutex_t lock;
	size_t count;
	struct {
		char *text;
		size_t connection;
	} request[REQUESTS_MAX];
	size_t connections;
	struct connection connection[CONNECTIONS_MAX];
};

static void
hang_up(struct connection *connection, bool reset)
{
	const struct linger now = { 1, 0 };

	if (reset)
		(void)setsockopt(connection->fd, SOL_SOCKET, SO_LINGER, &now,
		    sizeof(now));
	(void)close(connection->fd);
	connection->fd = -1;
	connection->slow = NULL;
	buf_clear(&connection->in);
}

/* Blocks; the other side may have gone. */
static bool
send_all(int fd, const char *text, size_t len)
{
	while (len > 0) {
		ssize_t n = send(fd, text, len, MSG_NOSIGNAL);

		if (n == -1)
			return false;
		text += n;
		len -= (size_t)n;
	}
	return true;
}

static void
flood(int fd)
{
	char block[65536];

	memset(block, 'x', sizeof(block));
	for (size_t sent = 0; sent < FLOOD; sent += sizeof(block))
		if (!send_all(fd, block, sizeof(block)))
			return;
}

static void
act(struct connection *connection, const struct loopback_step *step)
{
	switch (step->action) {
	case LOOPBACK_SEND:
	case LOOPBACK_LAST:
	case LOOPBACK_FLOOD:
	case LOOPBACK_DEAD:
		(void)send_all(connection->fd, step->text, strlen(step->text));
		connection->dead = step->action == LOOPBACK_DEAD;
		break;
	case LOOPBACK_SLOW:
		connection->slow = step->text;
		break;
	case LOOPBACK_HANG:
	case LOOPBACK_CLOSE:
	case LOOPBACK_RESET:
		break;
	}
	if (step->action == LOOPBACK_FLOOD)
		flood(connection->fd);
	if (step->action == LOOPBACK_LAST || step->action == LOOPBACK_FLOOD ||
	    step->action == LOOPBACK_CLOSE)
		hang_up(connection, false);
	else if (step->action == LOOPBACK_RESET)
		hang_up(connection, true);
}

/* Length of the first whole request in the buffer; 0: not yet whole. */
static size_t
whole_request(const struct buf *in)
{
	const char *end = in->len == 0 ? NULL : strstr(in->data, "\r\n\r\n");
	const char *length;
	size_t size;

	if (end == NULL)
		return 0;
	length = strcasestr(in->data, "\r\nContent-Length:");
	size = (size_t)(end + 4 - in->data);
	if (length != NULL && length < end)
		size += (size_t)strtoul(length + 17, NULL, 10);
	return size <= in->len ? size : 0;
}

static void
take_request(struct loopback *server, struct connection *connection,
    size_t size)
{
	static const struct loopback_step hang = { LOOPBACK_HANG, NULL };
	const struct loopback_step *step = &hang;

	(void)pthread_mutex_lock(&server->lock);
	assert(server->count < REQUESTS_MAX);
	if (server->count < server->script_count)
		step = &server->script[server->count];
	server->request[server->count].text =
	    mem_copy(connection->in.data, size);
	server->request[server->count].connection = connection->number;
	server->count++;
	(void)pthread_mutex_unlock(&server->lock);
	buf_consume(&connection->in, size);
	act(connection, step);
}

static void
receive(struct loopback *server, struct connection *connection)
{
	char *room = buf_reserve(&connection->in, 65536);
	ssize_t n = room == NULL ? 0 : recv(connection->fd, room, 65536, 0);
	size_t size;

	if (n <= 0 || connection->dead) {
		hang_up(connection, false);
		return;
	}
	buf_commit(&connection->in, (size_t)n);
	while (connection->fd != -1 &&
	       (size = whole_request(&connection->in)) > 0)
		take_request(server, connection, size);
}

static void
welcome(struct loopback *server)
{
	struct connection *connection =
	    &server->connection[server->connections];

	assert(server->connections < CONNECTIONS_MAX);
	connection->fd = accept4(server->listener, NULL, NULL, SOCK_CLOEXEC);
	connection->number = server->connections++;
	buf_init(&connection->in, REQUEST_MAX);
}

/* Sends one more byte where that is due; true if there are more to send. */
static bool
trickle(struct loopback *server)
{
	bool more = false;

	for (size_t i = 0; i < server->connections; i++) {
		struct connection *connection = &server->connection[i];

		if (connection->fd == -1 || connection->slow == NULL)
			continue;
		if (!send_all(connection->fd, connection->slow, 1) ||
		    *++connection->slow == '\0')
			connection->slow = NULL;
		else
			more = true;
	}
	return more;
}

static void *
serve(void *arg)
{
	struct loopback *server = arg;
	struct pollfd fds[CONNECTIONS_MAX + 2];
	bool slow = false;

	for (;;) {
		size_t count = server->connections;

		fds[0] =
		    (struct pollfd){ .fd = server->stop, .events = POLLIN };
		fds[1] =
		    (struct pollfd){ .fd = server->listener, .events = POLLIN };
		for (size_t i = 0; i < count; i++)
			fds[i + 2] =
			    (struct pollfd){ .fd = server->connection[i].fd,
				    .events = POLLIN };
		(void)poll(fds, count + 2, slow ? 10 : -1);
		if (fds[0].revents != 0)
			return NULL;
		if (fds[1].revents != 0)
			welcome(server);
		for (size_t i = 0; i < count; i++)
			if (fds[i + 2].fd != -1 && fds[i + 2].revents != 0)
				receive(server, &server->connection[i]);
		slow = trickle(server);
	}
}

static int
listen_anywhere(struct sockaddr_in *address)
{
	socklen_t len = sizeof(*address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	*address = (struct sockaddr_in){ .sin_family = AF_INET };
	address->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd == -1 ||
	    bind(fd, (struct sockaddr *)address, sizeof(*address)) == -1 ||
	    getsockname(fd, (struct sockaddr *)address, &len) == -1)
		abort();
	return fd;
}

struct loopback *
loopback_start(const struct loopback_step *script, size_t count)
{
	struct loopback *server = mem_new(1, sizeof(*server));
	struct sockaddr_in address;

	server->script = script;
	server->script_count = count;
	server->listener = listen_anywhere(&address);
	server->stop = eventfd(0, EFD_CLOEXEC);
	(void)snprintf(server->host, sizeof(server->host), "127.0.0.1:%u",
	    ntohs(address.sin_port));
	(void)snprintf(server->url, sizeof(server->url), "http://%s/",
	    server->host);
	(void)pthread_mutex_init(&server->lock, NULL);
	if (server->stop == -1 || listen(server->listener, 16) == -1 ||
	    pthread_create(&server->thread, NULL, serve, server) != 0)
		abort();
	return server;
}

void
loopback_stop(struct loopback *server)
{
	const uint64_t one = 1;

	if (write(server->stop, &one, sizeof(one)) != (ssize_t)sizeof(one))
		abort();
	(void)pthread_join(server->thread, NULL);
	for (size_t i = 0; i < server->connections; i++)
		if (server->connection[i].fd != -1)
			hang_up(&server->connection[i], false);
	for (size_t i = 0; i < server->count; i++)
		free(server->request[i].text);
	(void)close(server->listener);
	(void)close(server->stop);
	(void)pthread_mutex_destroy(&server->lock);
	free(server);
}

const char *
loopback_url(const struct loopback *server)
{
	return server->url;
}

const char *
loopback_host(const struct loopback *server)
{
	return server->host;
}

size_t
loopback_count(struct loopback *server)
{
	size_t count;

	(void)pthread_mutex_lock(&server->lock);
	count = server->count;
	(void)pthread_mutex_unlock(&server->lock);
	return count;
}

const char *
loopback_request(struct loopback *server, size_t number)
{
	assert(number < loopback_count(server));
	return server->request[number].text;
}

size_t
loopback_connection(struct loopback *server, size_t number)
{
	assert(number < loopback_count(server));
	return server->request[number].connection;
}

const char *
loopback_header(struct loopback *server, size_t number, const char *name)
{
	const char *at = loopback_request(server, number);
	const char *end = strstr(at, "\r\n\r\n");
	size_t len = strlen(name);

	while ((at = strstr(at, "\r\n")) != NULL && at < end) {
		at += 2;
		if (strncasecmp(at, name, len) != 0 || at[len] != ':')
			continue;
		at += len + 1;
		at += strspn(at, " ");
		(void)snprintf(server->header, sizeof(server->header), "%.*s",
		    (int)strcspn(at, "\r"), at);
		return server->header;
	}
	return NULL;
}

const char *
loopback_body(struct loopback *server, size_t number)
{
	return strstr(loopback_request(server, number), "\r\n\r\n") + 4;
}

unsigned
loopback_free_port(void)
{
	struct sockaddr_in address;
	int fd = listen_anywhere(&address);

	(void)close(fd);
	return ntohs(address.sin_port);
}
