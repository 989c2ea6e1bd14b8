/* SPDX-License-Identifier: MIT */
/*
 * aws/http: what a server sends, byte for byte, and then no more.  There is
 * always one end; what counts as an answer is whole, and is within bounds;
 * one that was cut is never taken for a whole one.
 *
 * The first byte says how the answer is made: as it stands, or with a header
 * of our own that says how long the body is, or that it comes in chunks.
 */
#include "config.h"

#include "aws/http.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "aws/errors.h"
#include "aws/swf_json.h"
#include "base/buf.h"
#include "fuzz.h"
#include "text/utf8.h"

enum {
	TIMEOUT = 20000,
	WAIT = 50,
	REQUEST = 4096,
	DAY_MS = 86400000,
	/* Bytes of a chunk that do not come. */
	MORE = 64
};

static struct http *http;
static char url[64];
static int listener = -1;

static void
set_up(void)
{
	const struct http_config config = { .user_agent = "tend/fuzz",
		.allow_plain = true };
	struct sockaddr_in in = { .sin_family = AF_INET };
	socklen_t len = sizeof(in);

	MUST(signal(SIGPIPE, SIG_IGN) != SIG_ERR);
	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	listener =
	    socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	MUST(listener != -1);
	MUST(bind(listener, (struct sockaddr *)&in, sizeof(in)) == 0);
	MUST(listen(listener, 8) == 0);
	MUST(getsockname(listener, (struct sockaddr *)&in, &len) == 0);
	(void)snprintf(url, sizeof(url), "http://127.0.0.1:%d/",
	    ntohs(in.sin_port));
	http = http_new(&config, NULL);
	MUST(http != NULL);
}

/* ---- the answer ---- */

struct expected {
	bool known;
	bool whole;
	const uint8_t *body;
	size_t len;
};

/* Returns what has to come of it. */
static struct expected
make_answer(struct buf *out, const uint8_t *data, size_t size)
{
	struct expected expected = { .known = false };
	size_t said;

	if (data[0] % 4 < 2 || size < 4) {
		(void)buf_append(out, data + 1, size - 1);
		return expected;
	}
	said = (size_t)(data[1] % 4) << 8 | data[2];
	expected.known = true;
	expected.body = data + 3;
	expected.len = size - 3;
	if (data[0] % 4 == 2) {
		expected.whole = said <= expected.len;
		if (expected.len > said)
			expected.len = said;
		(void)buf_format(out,
		    "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", said);
		(void)buf_append(out, data + 3, expected.len);
		return expected;
	}
	/* One chunk, whole or not, and its end or not. */
	expected.whole = (data[1] & 4) != 0 && expected.len > 0;
	(void)buf_format(out,
	    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%zx\r\n",
	    expected.len + ((data[1] & 8) != 0 ? MORE : 0));
	expected.whole = expected.whole && (data[1] & 8) == 0;
	(void)buf_append(out, data + 3, expected.len);
	(void)buf_string(out, (data[1] & 4) != 0 ? "\r\n0\r\n\r\n" : "\r\n");
	return expected;
}

struct result {
	int calls;
	struct expected expected;
};

static void
check_body(const struct http_answer *answer)
{
	struct swf_answer said = { .status = answer->status };

	MUST(answer->status >= 100 && answer->status <= 999);
	MUST(answer->body_len <= 1024 * 1024);
	MUST(answer->body[answer->body_len] == '\0');
	swf_json_error(&said, answer->body, answer->body_len,
	    answer->query_error);
	MUST(utf8_valid(said.message, strlen(said.message)));
	MUST(errors_class(400, said.code, said.message) != SWF_OK);
}

static void
on_done(void *arg, const struct http_answer *answer)
{
	struct result *result = arg;
	const struct expected *expected = &result->expected;

	result->calls++;
	MUST(answer->retry_after >= -1 && answer->retry_after <= DAY_MS);
	MUST(strchr(answer->request_id, '\n') == NULL);
	MUST(strchr(answer->query_error, '\n') == NULL);
	MUST(answer->date >= -1 && answer->answered_at >= answer->sent_at);
	if (answer->end != HTTP_ANSWERED) {
		MUST(answer->problem.text[0] != '\0');
		MUST(strchr(answer->problem.text, '\n') == NULL);
		/* It was sent, and may have been acted upon. */
		MUST(answer->end == HTTP_MAYBE_SENT);
		MUST(!expected->known || !expected->whole);
		return;
	}
	check_body(answer);
	if (!expected->known)
		return;
	MUST(expected->whole && answer->status == 200);
	MUST(answer->body_len == expected->len);
	MUST(memcmp(answer->body, expected->body, expected->len) == 0);
}

/* ---- the server ---- */

/* Reads the request and answers it; returns whether it was whole. */
static bool
serve(int client, struct buf *request, const struct buf *answer)
{
	char some[REQUEST];
	ssize_t n = recv(client, some, sizeof(some), MSG_DONTWAIT);

	if (n <= 0)
		return n == 0 || errno != EAGAIN;
	(void)buf_append(request, some, (size_t)n);
	if (strstr(request->data, "\r\n\r\n") == NULL)
		return false;
	(void)send(client, answer->data, answer->len, 0);
	(void)shutdown(client, SHUT_WR);
	return true;
}

static void
exchange(struct result *result, const struct buf *answer)
{
	static const char *const no_headers[] = { NULL };
	const struct http_request wish = { .url = url,
		.headers = no_headers,
		.timeout = TIMEOUT,
		.fresh_connection = true };
	struct buf request = BUF_INIT(REQUEST * 4);
	bool served = false;
	int client = -1;

	MUST(http_start(http, &wish, on_done, result, NULL) != NULL);
	while (result->calls == 0) {
		http_perform(http);
		if (client == -1)
			client = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
		if (client != -1 && !served)
			served = serve(client, &request, answer);
		if (result->calls == 0)
			http_wait(http,
			    served         ? listener
			    : client == -1 ? listener
					   : client,
			    WAIT);
	}
	http_perform(http);
	MUST(result->calls == 1);
	if (client != -1)
		(void)close(client);
	buf_clear(&request);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf answer = BUF_INIT(1 << 24);
	struct result result = { .calls = 0 };

	if (size < 2)
		return 0;
	if (listener == -1)
		set_up();
	result.expected = make_answer(&answer, data, size);
	exchange(&result, &answer);
	buf_clear(&answer);
	return 0;
}
