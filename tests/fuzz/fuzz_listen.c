/* SPDX-License-Identifier: MIT */
/*
 * tend/listen: what strangers send to --listen.  Only GET and HEAD are
 * answered, one on a connection, and that connection is closed; what is sent
 * back is HTTP.
 */
#include "config.h"

#include "tend/listen.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <unistd.h>

#include "aws/http.h"
#include "base/log.h"
#include "fuzz.h"
#include "text/metrics.h"

enum {
	REPLY = 65536,
	/* ms: who has said half of a request is waited for much longer. */
	PATIENCE = 30
};

struct client {
	struct loop *loop;
	int fd;
	bool began;
	bool late;
	int answers;
	const char *text;
	size_t len;
};

static struct http *
get_http(void)
{
	static const struct http_config config = { .user_agent = "tend/fuzz" };
	static struct http *http;

	if (http == NULL)
		http = http_new(&config, NULL);
	MUST(http != NULL);
	return http;
}

static bool
has(const struct client *client, const char *word)
{
	return memmem(client->text, client->len, word, strlen(word)) != NULL;
}

static void
on_question(void *arg, const char *path, const char *accept,
    struct listen_answer *answer)
{
	struct client *client = arg;

	client->answers++;
	MUST(has(client, "GET") || has(client, "HEAD"));
	MUST(strchr(path, '?') == NULL && strlen(path) < LISTEN_MEMORY);
	answer->type = metrics_wanted(accept) ? "openmetrics" : "text/plain";
	(void)buf_string(&answer->body, "here\n");
}

/* Reads to the end. */
static void
on_reply(void *arg)
{
	static char reply[REPLY];
	struct client *client = arg;
	ssize_t n = recv(client->fd, reply, sizeof(reply), MSG_DONTWAIT);

	if (n <= 0) {
		loop_stop(client->loop);
		return;
	}
	if (!client->began)
		MUST(n > 7 && memcmp(reply, "HTTP/1.", 7) == 0);
	client->began = true;
}

static void
on_time(void *arg)
{
	struct client *client = arg;

	client->late = true;
	loop_stop(client->loop);
}

/* Says all of it, and no more. */
static int
call(const struct client *client, int port)
{
	const struct linger linger = { .l_onoff = 1 };
	struct sockaddr_in in = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)port) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	MUST(fd != -1);
	MUST(connect(fd, (struct sockaddr *)&in, sizeof(in)) == 0);
	(void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
	(void)send(fd, client->text, client->len, MSG_DONTWAIT);
	(void)shutdown(fd, SHUT_WR);
	return fd;
}

/* A port that is free now. */
static int
find_port(void)
{
	struct listener_place place = { .host = "127.0.0.1" };
	int fd = listener_open(&place, NULL);

	MUST(fd != -1);
	(void)close(fd);
	return place.port;
}

/* Somebody else may be faster. */
static struct listen *
start(struct listen_setup *setup)
{
	static int port;
	struct listen *listen = NULL;

	while (listen == NULL) {
		if (port == 0)
			port = find_port();
		setup->place.port = port;
		listen = listen_new(setup, NULL);
		if (listen == NULL)
			port = 0;
	}
	return listen;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct client client = { .text = (const char *)data, .len = size };
	struct listen_setup setup = { .place = { .host = "127.0.0.1" },
		.answer = on_question,
		.arg = &client };
	struct loop_timer timer = { .call = on_time, .arg = &client };
	struct loop_watch *watch;
	struct listen *listen;

	log_set_level(LOG_ERROR);
	client.loop = setup.loop = loop_new(get_http(), NULL);
	MUST(client.loop != NULL);
	listen = start(&setup);
	client.fd = call(&client, setup.place.port);
	watch = loop_watch(client.loop, client.fd, on_reply, &client, NULL);
	MUST(watch != NULL);
	loop_timer_set(client.loop, &timer, loop_now(client.loop) + PATIENCE);
	loop_run(client.loop);
	MUST(client.answers <= 1);
	MUST(client.began || client.late || client.answers == 0);
	loop_unwatch(watch);
	listen_free(listen);
	(void)close(client.fd);
	loop_free(client.loop);
	return 0;
}
