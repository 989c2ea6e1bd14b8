/* SPDX-License-Identifier: MIT */
/*
 * tend/listen: what strangers send to --listen.  Only GET and HEAD are
 * answered, one on a connection, and that connection is closed; what is sent
 * back is HTTP.  Whatever that was, who then asks as one should is answered.
 */
#include "config.h"

#include "tend/listen.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <unistd.h>

#include "aws/http.h"
#include "base/instant.h"
#include "base/log.h"
#include "fuzz.h"
#include "text/metrics.h"

enum {
	REPLY = 65536,
	/* ms: who has said half of a request is waited for much longer. */
	PATIENCE = 30,
	/* And an answer that has to come. */
	LONG = 8000
};

static const char good_path[] = "/asked/as/one/should";
static const char good[] = "GET /asked/as/one/should?x HTTP/1.1\r\nHost: h\r\n"
			   "Accept: application/openmetrics-text\r\n\r\n";

/* A stranger, and then one who knows how to ask. */
struct client {
	struct loop *loop;
	struct loop_watch *watch;
	struct loop_timer timer;
	int port;
	int fd;
	bool good;
	bool began;
	bool late;
	int answers;
	const char *text;
	size_t len;
	struct buf reply;
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

	/* A stranger who was not waited for may be heard all the same. */
	client->answers += !client->good || strcmp(path, good_path) == 0;
	MUST(has(client, "GET") || has(client, "HEAD"));
	MUST(strchr(path, '?') == NULL && strlen(path) < LISTEN_MEMORY);
	answer->type = metrics_wanted(accept) ? "openmetrics" : "text/plain";
	(void)buf_string(&answer->body, "here\n");
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

static void begin(struct client *client, const char *text, size_t len,
    int64_t patience);

/* One of them has gone, or has waited for long enough. */
static void
end(struct client *client)
{
	loop_unwatch(client->watch);
	loop_timer_set(client->loop, &client->timer, INSTANT_NEVER);
	(void)close(client->fd);
	if (client->good) {
		loop_stop(client->loop);
		return;
	}
	MUST(client->answers <= 1);
	MUST(client->began || client->late || client->answers == 0);
	buf_clear(&client->reply);
	client->good = true;
	begin(client, good, sizeof(good) - 1, LONG);
}

/* Reads to the end. */
static void
on_reply(void *arg)
{
	static char some[REPLY];
	struct client *client = arg;
	ssize_t n = recv(client->fd, some, sizeof(some), MSG_DONTWAIT);

	if (n <= 0) {
		end(client);
		return;
	}
	if (!client->began)
		MUST(n > 7 && memcmp(some, "HTTP/1.", 7) == 0);
	client->began = true;
	(void)buf_append(&client->reply, some, (size_t)n);
}

static void
on_time(void *arg)
{
	struct client *client = arg;

	client->late = true;
	end(client);
}

/* Says it, and hears what comes, for so long at most. */
static void
begin(struct client *client, const char *text, size_t len, int64_t patience)
{
	client->text = text;
	client->len = len;
	client->began = client->late = false;
	client->answers = 0;
	client->reply = (struct buf)BUF_INIT(REPLY);
	client->fd = call(client, client->port);
	client->watch =
	    loop_watch(client->loop, client->fd, on_reply, client, NULL);
	MUST(client->watch != NULL);
	client->timer = (struct loop_timer){ .call = on_time, .arg = client };
	loop_timer_set(client->loop, &client->timer,
	    loop_now(client->loop) + patience);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct client client = { .good = false };
	struct listen_setup setup = { .place = { .host = "127.0.0.1" },
		.answer = on_question,
		.arg = &client };
	struct listen *listen;

	log_set_level(LOG_ERROR);
	client.loop = setup.loop = loop_new(get_http(), NULL);
	MUST(client.loop != NULL);
	listen = start(&setup);
	client.port = setup.place.port;
	begin(&client, (const char *)data, size, PATIENCE);
	loop_run(client.loop);
	MUST(client.answers == 1 && !client.late);
	MUST(strncmp(client.reply.data, "HTTP/1.1 200 ", 13) == 0);
	MUST(strstr(client.reply.data, "openmetrics\r\n") != NULL);
	MUST(strstr(client.reply.data, "\r\n\r\nhere\n") != NULL);
	buf_clear(&client.reply);
	listen_free(listen);
	loop_free(client.loop);
	return 0;
}
