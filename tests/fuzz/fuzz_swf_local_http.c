/* SPDX-License-Identifier: MIT */
/*
 * swf-local's HTTP server, as a connection that anything comes in by.
 *
 * The first byte says what is before the input, and with it what may come of
 * it:
 *
 *	0  nothing
 *	1  keys are set: nothing that is not signed is done
 *	2  the head of a POST from another site's page: it adds no fault
 *
 * A GET changes nothing; what is sent back is HTTP.
 */
#include "config.h"

#include "swf-local/server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fuzz.h"
#include "swf-local/exchange.h"

enum { TURNS = 20, REPLY = 65536 };

static const char key_file[] = "[one]\naws_access_key_id = AKIDONE\n"
			       "aws_secret_access_key = secret/one\n";
static const char foreign[] = "POST /_local/faults HTTP/1.1\r\n"
			      "Content-Type: application/json\r\n"
			      "Host: 127.0.0.1:1\r\n"
			      "Origin: http://other.example\r\n";

/* A connection as of TCP from this host. */
static int
connect_to(const struct server *server)
{
	struct sockaddr_in from = { .sin_family = AF_INET };
	int ends[2];

	from.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	MUST(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0,
		 ends) == 0);
	MUST(MHD_add_connection(server->daemon, ends[1],
		 (struct sockaddr *)&from, sizeof(from)) == MHD_YES);
	return ends[0];
}

static void
turn(struct server *server)
{
	streams_run(&server->streams, server->service.instant);
	server_settle(server);
	server->rerun = 0;
	MUST(MHD_run(server->daemon) == MHD_YES);
}

/* Reads what there is; the first bytes have to be those of HTTP. */
static void
read_reply(int fd, int *began)
{
	static const char begin[] = "HTTP/1.";
	static char reply[REPLY];
	ssize_t n = recv(fd, reply, sizeof(reply), 0);

	if (n <= 0 || *began)
		return;
	*began = 1;
	MUST(n >= (ssize_t)sizeof(begin));
	MUST(memcmp(reply, begin, sizeof(begin) - 1) == 0);
}

static void
talk(struct server *server, const char *text, size_t len)
{
	int fd = connect_to(server);
	int began = 0;

	for (int i = 0; i < TURNS; i++) {
		ssize_t n = len == 0 ? 0 : send(fd, text, len, MSG_NOSIGNAL);

		if (n > 0) {
			text += n;
			len -= (size_t)n;
		}
		turn(server);
		read_reply(fd, &began);
		if (len == 0 && i < TURNS - 4) {
			(void)shutdown(fd, SHUT_WR);
			i = TURNS - 4;
		}
	}
	(void)close(fd);
}

static int
has(const char *text, size_t len, const char *word)
{
	return memmem(text, len, word, strlen(word)) != NULL;
}

static void
check(const struct server *server, int kind, const char *text, size_t len)
{
	size_t done =
	    server->service.domains.count + server->service.executions.count;

	if (kind == 1)
		MUST(done == 0);
	if (has(text, len, "POST"))
		return;
	MUST(done == 0);
	MUST(server->rules.count == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct server_options options = {
		.address = "127.0.0.1", .hold = 1000, .time_scale = 1
	};
	struct buf text = BUF_INIT(1 << 24);
	struct server server;
	int kind;

	if (size < 2)
		return 0;
	kind = data[0] % 3;
	server_init(&server, 1);
	if (kind == 1)
		MUST(keys_parse(&server.keys, key_file, sizeof(key_file) - 1,
			 NULL) == 0);
	MUST(server_open(&server, &options, NULL) == 0);
	if (kind == 2)
		(void)buf_string(&text, foreign);
	(void)buf_append(&text, data + 1, size - 1);
	talk(&server, text.data, text.len);
	check(&server, kind, (const char *)data + 1, size - 1);
	server_close(&server);
	buf_clear(&text);
	return 0;
}
