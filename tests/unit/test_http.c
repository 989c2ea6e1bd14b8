/* SPDX-License-Identifier: MIT */
/*
 * aws/http against a server on loopback that misbehaves, and a resolver that
 * hangs: this program's getaddrinfo() takes the place of the C library's.
 */
#include "config.h"

#include "aws/http.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "aws/lookups.h"
#include "base/clock.h"
#include "base/instant.h"
#include "base/mem.h"
#include "loopback.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define OK_HELLO      "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"

enum { PLENTY = 5000 }; /* ms: what never is reached if all is well */

/* ---- a resolver that can hang ------------------------------------------- */

static int hang_until = -1; /* an eventfd; look-ups of hang.test wait for it */

static struct addrinfo *
loopback_address(const char *service)
{
	struct addrinfo *info =
	    calloc(1, sizeof(*info) + sizeof(struct sockaddr_in));
	struct sockaddr_in *in = (struct sockaddr_in *)(info + 1);

	in->sin_family = AF_INET;
	in->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	in->sin_port = htons((uint16_t)strtoul(service, NULL, 10));
	info->ai_family = AF_INET;
	info->ai_socktype = SOCK_STREAM;
	info->ai_protocol = IPPROTO_TCP;
	info->ai_addr = (struct sockaddr *)in;
	info->ai_addrlen = sizeof(*in);
	return info;
}

/* The names of the C library's parameters are not for others to use. */
int /* NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name) */
getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
    struct addrinfo **result)
{
	struct pollfd wait = { .fd = hang_until, .events = POLLIN };

	(void)hints;
	if (strcmp(node, "hang.test") == 0)
		(void)poll(&wait, 1, -1);
	if (strcmp(node, "good.test") != 0)
		return EAI_NONAME;
	if (wait.fd != -1 && poll(&wait, 1, 0) == 0)
		return EAI_AGAIN; /* it is only good while nothing hangs */
	*result = loopback_address(service);
	return 0;
}

void /* NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name) */
freeaddrinfo(struct addrinfo *info)
{
	free(info);
}

/* ---- helpers ------------------------------------------------------------- */

struct result {
	int calls;
	struct http_answer answer;
	char body[4096];
	int64_t took;
	int64_t since;
};

static void
on_done(void *arg, const struct http_answer *answer)
{
	struct result *result = arg;

	result->calls++;
	result->answer = *answer;
	result->answer.body = NULL;
	if (answer->end == HTTP_ANSWERED) {
		assert_int_equal(answer->body[answer->body_len], '\0');
		(void)snprintf(result->body, sizeof(result->body), "%s",
		    answer->body);
	}
	result->took = clock_boot() - result->since;
}

static struct http *
new_http(void)
{
	const struct http_config config = { .user_agent = "tend/test",
		.allow_plain = true };
	struct http *http = http_new(&config, NULL);

	assert_non_null(http);
	return http;
}

static const char *const no_headers[] = { NULL };

static struct http_transfer *
start(struct http *http, const char *url, const char *body, int64_t timeout,
    bool fresh, struct result *result)
{
	const struct http_request request = {
		.url = url,
		.headers = no_headers,
		.body = body,
		.body_len = body == NULL ? 0 : strlen(body),
		.timeout = timeout,
		.fresh_connection = fresh,
	};
	struct http_transfer *transfer;

	*result = (struct result){ .since = clock_boot() };
	transfer = http_start(http, &request, on_done, result, NULL);
	assert_non_null(transfer);
	return transfer;
}

/* Turns the loop until "result" is there; it has to come. */
static void
wait_for(struct http *http, const struct result *result)
{
	int64_t end = clock_boot() + 2 * PLENTY;

	while (result->calls == 0 && clock_boot() < end) {
		http_wait(http, -1, 100);
		http_perform(http);
	}
	assert_int_equal(result->calls, 1);
}

/* One request from start to end. */
static void
run(struct http *http, const char *url, int64_t timeout, struct result *result)
{
	(void)start(http, url, "{}", timeout, false, result);
	wait_for(http, result);
}

/* A server, one request, and what became of it. */
static void
run_script(const struct loopback_step *script, size_t count, int64_t timeout,
    struct result *result)
{
	struct loopback *server = loopback_start(script, count);
	struct http *http = new_http();

	run(http, loopback_url(server), timeout, result);
	http_free(http);
	loopback_stop(server);
}

#define assert_contains(text, part)                                        \
	do {                                                               \
		if (strstr((text), (part)) == NULL)                        \
			fail_msg("'%s' does not have '%s'", (text), part); \
	} while (0)

static int
count_descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int count = 0;

	while (readdir(dir) != NULL)
		count++;
	(void)closedir(dir);
	return count;
}

static int
count_threads(void)
{
	DIR *dir = opendir("/proc/self/task");
	int count = -2;

	while (readdir(dir) != NULL)
		count++;
	(void)closedir(dir);
	return count;
}

/* ---- what goes out and what comes in ------------------------------------- */

static void
test_request(void **state)
{
	static const struct loopback_step script[] = {
		{ LOOPBACK_SEND, OK_HELLO },
	};
	static const char *const headers[] = { "Host: swf.example",
		"Content-Type: application/x-amz-json-1.0", "X-A: b", NULL };
	struct loopback *server = loopback_start(script, 1);
	struct http *http = new_http();
	struct result result = { 0 };
	struct http_request request = {
		.url = loopback_url(server),
		.headers = headers,
		.body = "{\"a\":\"\0\"}",
		.body_len = 9,
		.timeout = PLENTY,
	};

	(void)state;
	assert_non_null(http_start(http, &request, on_done, &result, NULL));
	wait_for(http, &result);
	assert_int_equal(result.answer.end, HTTP_ANSWERED);
	assert_int_equal(result.answer.status, 200);
	assert_int_equal(result.answer.body_len, 5);
	assert_string_equal(result.body, "hello");
	assert_memory_equal(loopback_request(server, 0), "POST / HTTP/1.1\r\n",
	    17);
	assert_string_equal(loopback_header(server, 0, "Host"), "swf.example");
	assert_string_equal(loopback_header(server, 0, "Content-Type"),
	    "application/x-amz-json-1.0");
	assert_string_equal(loopback_header(server, 0, "X-A"), "b");
	assert_string_equal(loopback_header(server, 0, "User-Agent"),
	    "tend/test");
	assert_string_equal(loopback_header(server, 0, "Content-Length"), "9");
	assert_null(loopback_header(server, 0, "Expect"));
	assert_memory_equal(loopback_body(server, 0), request.body, 9);
	http_free(http);
	loopback_stop(server);
}

static void
test_get(void **state)
{
	static const struct loopback_step script[] = {
		{ LOOPBACK_SEND, OK_HELLO },
		{ LOOPBACK_SEND, OK_HELLO },
	};
	struct loopback *server = loopback_start(script, 2);
	struct http *http = new_http();
	struct result result;

	(void)state;
	run(http, loopback_url(server), PLENTY, &result);
	(void)start(http, loopback_url(server), NULL, PLENTY, false, &result);
	wait_for(http, &result);
	assert_string_equal(result.body, "hello");
	/* A handle that sent a POST before sends nothing of it now. */
	assert_memory_equal(loopback_request(server, 1), "GET / ", 6);
	assert_null(loopback_header(server, 1, "Content-Length"));
	http_free(http);
	loopback_stop(server);
}

static const struct {
	const char *headers;
	int64_t date;
	int64_t retry_after;
	bool cached;
	const char *request_id;
	const char *query_error;
} header_rows[] = {
	{ "", -1, -1, false, "", "" },
	{ "Date: Sun, 30 Aug 2015 12:36:00 GMT\r\n", INT64_C(1440938160000), -1,
	    false, "", "" },
	{ "DATE:Sun, 30 Aug 2015 12:36:00 GMT\r\nAge: 7\r\n",
	    INT64_C(1440938160000), -1, true, "", "" },
	{ "Date: yesterday\r\n", -1, -1, false, "", "" },
	{ "x-amz-retry-after: 1500\r\n", -1, 1500, false, "", "" },
	{ "X-Amz-Retry-After: -1\r\n", -1, -1, false, "", "" },
	{ "x-amz-retry-after: soon\r\n", -1, -1, false, "", "" },
	{ "x-amz-retry-after: 99999999999999999999\r\n", -1, -1, false, "",
	    "" },
	{ "x-amzn-RequestId:  12-ab \t\r\n", -1, -1, false, "12-ab", "" },
	{ "x-amzn-query-error: Throttling;Sender\r\n", -1, -1, false, "",
	    "Throttling;Sender" },
	{ "x-amzn-RequestIdX: no\r\n", -1, -1, false, "", "" },
};

static void
test_headers(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(header_rows); i++) {
		char *text = mem_format("HTTP/1.1 400 Bad\r\n"
					"Content-Length: 0\r\n%s\r\n",
		    header_rows[i].headers);
		const struct loopback_step script = { LOOPBACK_SEND, text };
		struct result result;

		run_script(&script, 1, PLENTY, &result);
		assert_int_equal(result.answer.status, 400);
		assert_int_equal(result.answer.date, header_rows[i].date);
		assert_int_equal(result.answer.retry_after,
		    header_rows[i].retry_after);
		assert_int_equal(result.answer.cached, header_rows[i].cached);
		assert_string_equal(result.answer.request_id,
		    header_rows[i].request_id);
		assert_string_equal(result.answer.query_error,
		    header_rows[i].query_error);
		free(text);
	}
}

/* The times of an answer enclose it. */
static void
test_times(void **state)
{
	static const struct loopback_step script[] = {
		{ LOOPBACK_SEND, OK_HELLO },
	};
	struct result result;
	int64_t before = clock_wall();

	(void)state;
	run_script(script, 1, PLENTY, &result);
	assert_true(before <= result.answer.sent_at);
	assert_true(result.answer.sent_at <= result.answer.answered_at);
	assert_true(result.answer.answered_at <= clock_wall());
}

/* The first line is the rest of a header that is not in this answer. */
static void
test_folded_first(void **state)
{
	static const struct loopback_step script[] = {
		{ LOOPBACK_SEND, OK_HELLO },
		{ LOOPBACK_LAST, "HTTP/1.1 200 OK\r\n the rest: of what\r\n"
				 "Content-Length: 5\r\n\r\nhello" },
		{ LOOPBACK_SEND, OK_HELLO },
	};
	struct loopback *server = loopback_start(script, ARRAY_SIZE(script));
	struct http *http = new_http();
	struct result result;

	(void)state;
	run(http, loopback_url(server), PLENTY, &result);
	assert_int_equal(result.answer.end, HTTP_ANSWERED);
	run(http, loopback_url(server), PLENTY, &result);
	assert_int_equal(result.answer.end, HTTP_MAYBE_SENT);
	assert_contains(result.answer.problem.text,
	    "sends headers that are none");
	run(http, loopback_url(server), PLENTY, &result);
	assert_int_equal(result.answer.end, HTTP_ANSWERED);
	assert_string_equal(result.body, "hello");
	http_free(http);
	loopback_stop(server);
}

/* Headers of an interim answer are not those of the answer. */
static void
test_interim(void **state)
{
	static const struct loopback_step script[] = {
		{ LOOPBACK_SEND,
		    "HTTP/1.1 103 Early Hints\r\n"
		    "x-amzn-RequestId: early\r\nAge: 3\r\n\r\n" OK_HELLO },
	};
	struct result result;

	(void)state;
	run_script(script, 1, PLENTY, &result);
	assert_int_equal(result.answer.status, 200);
	assert_string_equal(result.answer.request_id, "");
	assert_false(result.answer.cached);
}

static const struct {
	const char *answer;
	int status;
	const char *body;
} good_answers[] = {
	{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
	  "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
	    200, "abcde" },
	{ "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 200, "" },
	{ "HTTP/1.1 204 No Content\r\n\r\n", 204, "" },
	{ "HTTP/1.1 403 Forbidden\r\nContent-Type: text/html\r\n"
	  "Content-Length: 13\r\n\r\n<html></html>",
	    403, "<html></html>" },
	{ "HTTP/1.1 500 Oops\r\nContent-Length: 2\r\n\r\n{}", 500, "{}" },
	/* Redirects are not followed. */
	{ "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\n"
	  "Content-Length: 0\r\n\r\n",
	    302, "" },
	{ "HTTP/1.0 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n"
	  "\r\nhi",
	    200, "hi" },
};

static void
test_answers(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good_answers); i++) {
		const struct loopback_step script = { LOOPBACK_SEND,
			good_answers[i].answer };
		struct result result;

		run_script(&script, 1, PLENTY, &result);
		assert_int_equal(result.answer.end, HTTP_ANSWERED);
		assert_int_equal(result.answer.status, good_answers[i].status);
		assert_string_equal(result.body, good_answers[i].body);
	}
}

/* ---- connections --------------------------------------------------------- */

static void
test_reuse(void **state)
{
	static const struct loopback_step script[] = {
		{ LOOPBACK_SEND, OK_HELLO },
		{ LOOPBACK_SEND, OK_HELLO },
		{ LOOPBACK_SEND, OK_HELLO },
		{ LOOPBACK_SEND, OK_HELLO },
	};
	struct loopback *server = loopback_start(script, 4);
	struct http *http = new_http();
	struct result result;

	(void)state;
	run(http, loopback_url(server), PLENTY, &result);
	run(http, loopback_url(server), PLENTY, &result);
	assert_int_equal(loopback_connection(server, 1), 0);
	(void)start(http, loopback_url(server), "{}", PLENTY, true, &result);
	wait_for(http, &result);
	assert_int_equal(loopback_connection(server, 2), 1);
	/* What the handle did last says nothing about its next request. */
	run(http, loopback_url(server), PLENTY, &result);
	assert_true(loopback_connection(server, 3) < 2);
	http_free(http);
	loopback_stop(server);
}

/* libcurl sends again by itself when a kept connection turns out dead. */
static void
test_dead_connection(void **state)
{
	static const struct loopback_step script[] = {
		{ LOOPBACK_DEAD, OK_HELLO },
		{ LOOPBACK_SEND, OK_HELLO },
	};
	struct loopback *server = loopback_start(script, 2);
	struct http *http = new_http();
	struct result result;

	(void)state;
	run(http, loopback_url(server), PLENTY, &result);
	run(http, loopback_url(server), PLENTY, &result);
	assert_int_equal(result.answer.end, HTTP_ANSWERED);
	assert_int_equal(loopback_count(server), 2);
	assert_int_equal(loopback_connection(server, 1), 1);
	http_free(http);
	loopback_stop(server);
}

/* If the second try finds nobody, the first may still have been heard. */
static void
test_dead_connection_then_refused(void **state)
{
	static const struct loopback_step script[] = {
		{ LOOPBACK_SEND, OK_HELLO },
		{ LOOPBACK_RESET, NULL },
	};
	struct loopback *server = loopback_start(script, 2);
	struct http *http = new_http();
	struct result result;

	(void)state;
	run(http, loopback_url(server), PLENTY, &result);
	run(http, loopback_url(server), 500, &result);
	assert_int_equal(result.answer.end, HTTP_MAYBE_SENT);
	http_free(http);
	loopback_stop(server);
}

static void
test_many_at_once(void **state)
{
	enum { MANY = 20 };
	struct loopback_step script[2 * MANY];
	struct result results[MANY];
	struct loopback *server;
	struct http *http;

	(void)state;
	for (size_t i = 0; i < 2 * MANY; i++)
		script[i] = (struct loopback_step){ LOOPBACK_SEND, OK_HELLO };
	server = loopback_start(script, 2 * MANY);
	http = new_http();
	/* The second time they all go over connections of the first. */
	for (size_t round = 0; round < 2; round++) {
		for (size_t i = 0; i < MANY; i++)
			(void)start(http, loopback_url(server), "{}", PLENTY,
			    false, &results[i]);
		for (size_t i = 0; i < MANY; i++)
			wait_for(http, &results[i]);
	}
	assert_int_equal(loopback_count(server), 2 * MANY);
	for (size_t i = 0; i < 2 * MANY; i++)
		assert_true(loopback_connection(server, i) < MANY);
	http_free(http);
	loopback_stop(server);
}

/* A proxy of the environment is not asked about this host. */
static void
test_proxy_is_not_for_loopback(void **state)
{
	static const struct loopback_step script[] = {
		{ LOOPBACK_SEND, OK_HELLO },
	};
	struct result result;

	(void)state;
	assert_int_equal(setenv("http_proxy", "http://127.0.0.1:1", 1), 0);
	run_script(script, 1, PLENTY, &result);
	assert_int_equal(unsetenv("http_proxy"), 0);
	assert_int_equal(result.answer.end, HTTP_ANSWERED);
}

/* ---- what goes wrong ----------------------------------------------------- */

static const struct {
	const char *name;
	struct loopback_step step;
	int64_t timeout;
	const char *problem;
} failures[] = {
	{ "hangs", { LOOPBACK_HANG, NULL }, 200, "no answer within 0." },
	{ "closes", { LOOPBACK_CLOSE, NULL }, PLENTY,
	    "connection closed without an answer" },
	{ "resets", { LOOPBACK_RESET, NULL }, PLENTY, "connection lost" },
	{ "breaks off",
	    { LOOPBACK_LAST, "HTTP/1.1 200 OK\r\n"
			     "Content-Length: 100\r\n\r\nhello" },
	    PLENTY, "broke off" },
	{ "breaks off in the headers",
	    { LOOPBACK_LAST, "HTTP/1.1 200 OK\r\nContent-Le" }, PLENTY,
	    "broke off" },
	{ "is slow", { LOOPBACK_SLOW, OK_HELLO }, 200, "no answer within 0." },
	{ "speaks no HTTP", { LOOPBACK_LAST, "SSH-2.0-OpenSSH_9.2\r\n" },
	    PLENTY, "does not speak HTTP" },
	{ "has a status that is none",
	    { LOOPBACK_LAST, "HTTP/220 OK\r\nContent-Length: 2\r\n\r\n{}" },
	    PLENTY, "does not speak HTTP" },
	{ "has a status that is too long",
	    { LOOPBACK_LAST, "HTTP/22000 OK\r\nContent-Length: 2\r\n\r\n{}" },
	    PLENTY, "does not speak HTTP" },
	{ "says that 10 MB come",
	    { LOOPBACK_FLOOD,
		"HTTP/1.1 200 OK\r\nContent-Length: 10485760\r\n\r\n" },
	    PLENTY, "over 1 MiB" },
	{ "sends 10 MB",
	    { LOOPBACK_FLOOD, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" },
	    PLENTY, "over 1 MiB" },
};

static void
test_failures(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(failures); i++) {
		struct result result;

		run_script(&failures[i].step, 1, failures[i].timeout, &result);
		if (result.answer.end != HTTP_MAYBE_SENT)
			fail_msg("a server that %s: end %d", failures[i].name,
			    (int)result.answer.end);
		assert_contains(result.answer.problem.text,
		    failures[i].problem);
		assert_contains(result.answer.problem.text, "127.0.0.1:");
		assert_true(result.took < failures[i].timeout + 1000);
	}
}

static void
test_refused(void **state)
{
	struct http *http = new_http();
	struct result result;
	char *url = mem_format("http://127.0.0.1:%u/", loopback_free_port());

	(void)state;
	run(http, url, PLENTY, &result);
	assert_int_equal(result.answer.end, HTTP_NOT_SENT);
	assert_contains(result.answer.problem.text, "Connection refused");
	assert_contains(result.answer.problem.text, "--endpoint-url");
	free(url);
	http_free(http);
}

/* An address of version 6 is named as it was given. */
static void
test_refused_by_version_6(void **state)
{
	struct http *http = new_http();
	char *url = mem_format("http://[::1]:%u/", loopback_free_port());
	char *host = mem_format("[::1]:%u: cannot connect",
	    (unsigned)strtoul(strrchr(url, ':') + 1, NULL, 10));
	struct result result;

	(void)state;
	run(http, url, PLENTY, &result);
	assert_int_equal(result.answer.end, HTTP_NOT_SENT);
	assert_contains(result.answer.problem.text, host);
	free(host);
	free(url);
	http_free(http);
}

/* A socket whose queue of connections is full answers no SYN. */
static void
test_connect_black_hole(void **state)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t len = sizeof(address);
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int filler[3];
	struct http *http = new_http();
	struct http_transfer *transfer;
	struct result result;
	char *url;

	(void)state;
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(listener, (struct sockaddr *)&address,
			     sizeof(address)),
	    0);
	assert_int_equal(listen(listener, 0), 0);
	assert_int_equal(getsockname(listener, (struct sockaddr *)&address,
			     &len),
	    0);
	for (size_t i = 0; i < ARRAY_SIZE(filler); i++) {
		filler[i] = socket(AF_INET,
		    SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		(void)connect(filler[i], (struct sockaddr *)&address,
		    sizeof(address));
	}
	url = mem_format("http://127.0.0.1:%u/", ntohs(address.sin_port));
	transfer = start(http, url, "{}", 300, true, &result);
	http_perform(http);
	assert_true(http_is_unsent(transfer));
	wait_for(http, &result);
	assert_int_equal(result.answer.end, HTTP_NOT_SENT);
	assert_contains(result.answer.problem.text, "no connection within 0.");
	assert_true(result.took < 1300);
	for (size_t i = 0; i < ARRAY_SIZE(filler); i++)
		(void)close(filler[i]);
	(void)close(listener);
	free(url);
	http_free(http);
}

/* Whoever gives one up in the middle can know what may have come of it. */
static void
test_whether_it_has_gone_out(void **state)
{
	static const struct loopback_step script[] = { { LOOPBACK_HANG, "" } };
	struct loopback *server = loopback_start(script, 1);
	struct http *http = new_http();
	int64_t end = clock_boot() + PLENTY;
	struct http_transfer *transfer;
	struct result result;

	(void)state;
	transfer =
	    start(http, loopback_url(server), "{}", PLENTY, true, &result);
	assert_true(http_is_unsent(transfer));
	while (loopback_count(server) == 0 && clock_boot() < end) {
		http_wait(http, -1, 100);
		http_perform(http);
	}
	assert_false(http_is_unsent(transfer));
	http_cancel(transfer);
	http_free(http);
	loopback_stop(server);
}

static void
test_plain_must_be_allowed(void **state)
{
	const struct http_config config = { .user_agent = "tend/test" };
	struct http *http = http_new(&config, NULL);
	struct loopback *server = loopback_start(NULL, 0);
	struct result result;

	(void)state;
	run(http, loopback_url(server), PLENTY, &result);
	assert_int_equal(result.answer.end, HTTP_NOT_SENT);
	assert_int_equal(loopback_count(server), 0);
	http_free(http);
	loopback_stop(server);
}

static void
test_too_many_headers(void **state)
{
	static const char *const headers[] = { "A: 1", "A: 2", "A: 3", "A: 4",
		"A: 5", "A: 6", "A: 7", "A: 8", "A: 9", "A: 10", "A: 11",
		"A: 12", "A: 13", "A: 14", "A: 15", "A: 16", "A: 17", NULL };
	const struct http_request request = { .url = "http://127.0.0.1:1/",
		.headers = headers,
		.timeout = PLENTY };
	struct http *http = new_http();
	struct result result = { 0 };
	struct err err = { "" };

	(void)state;
	assert_null(http_start(http, &request, on_done, &result, &err));
	assert_contains(err.text, "16 headers");
	http_free(http);
}

/* ---- names --------------------------------------------------------------- */

static void
test_name_does_not_resolve(void **state)
{
	struct http *http = new_http();
	struct result result;

	(void)state;
	run(http, "http://bad.test/", PLENTY, &result);
	assert_int_equal(result.answer.end, HTTP_NOT_SENT);
	assert_contains(result.answer.problem.text,
	    "bad.test: name does not resolve");
	assert_contains(result.answer.problem.text, "--region");
	http_free(http);
}

/* Longest time that one turn of the loop took until "result" was there. */
static int64_t
longest_turn(struct http *http, const struct result *result)
{
	int64_t longest = 0;

	while (result->calls == 0) {
		int64_t before;

		http_wait(http, -1, 20);
		before = clock_boot();
		http_perform(http);
		if (clock_boot() - before > longest)
			longest = clock_boot() - before;
	}
	return longest;
}

static void
let_go(void)
{
	const uint64_t one = 1;
	int64_t end = clock_boot() + 2 * PLENTY;

	assert_int_equal(write(hang_until, &one, sizeof(one)), sizeof(one));
	while (count_threads() > 1 && clock_boot() < end)
		(void)poll(NULL, 0, 5);
	assert_int_equal(count_threads(), 1);
	(void)close(hang_until);
	hang_until = -1;
}

static void
test_lookup_hangs(void **state)
{
	int before = count_descriptors();
	struct http *http = new_http();
	struct http_transfer *transfer;
	struct result result;
	int64_t since;

	(void)state;
	hang_until = eventfd(0, EFD_CLOEXEC);
	(void)start(http, "http://hang.test/", "{}", 200, false, &result);
	assert_true(longest_turn(http, &result) < 100);
	assert_true(result.took < 600);
	assert_int_equal(result.answer.end, HTTP_NOT_SENT);
	assert_contains(result.answer.problem.text,
	    "hang.test: name not resolved within 0.");

	transfer =
	    start(http, "http://hang.test/", "{}", PLENTY, false, &result);
	http_perform(http);
	since = clock_boot();
	http_cancel(transfer);
	assert_true(clock_boot() - since < 100);
	assert_int_equal(result.calls, 0);
	http_free(http);
	assert_true(clock_boot() - since < 200);
	let_go();
	assert_int_equal(count_descriptors(), before);
}

static void
test_only_some_lookups_hang(void **state)
{
	static const struct loopback_step script[] = {
		{ LOOPBACK_SEND, OK_HELLO },
	};
	struct loopback *known = loopback_start(script, 1);
	struct loopback *other = loopback_start(script, 1);
	struct http *http = new_http();
	struct result result;
	char url[64];

	(void)state;
	(void)snprintf(url, sizeof(url), "http://good.test:%s/",
	    strchr(loopback_host(known), ':') + 1);
	run(http, url, PLENTY, &result);
	assert_int_equal(result.answer.end, HTTP_ANSWERED);

	hang_until = eventfd(0, EFD_CLOEXEC);
	for (int i = 0; i < LOOKUPS_LEFT_MAX; i++) {
		run(http, "http://hang.test/", 50, &result);
		assert_contains(result.answer.problem.text, "not resolved");
	}
	/* No further one is begun: this one fails at once. */
	run(http, "http://hang.test/", PLENTY, &result);
	assert_int_equal(result.answer.end, HTTP_NOT_SENT);
	assert_contains(result.answer.problem.text, "look-ups hang");
	assert_true(result.took < 500);
	/* A cancelled one of that kind is not told. */
	http_cancel(start(http, "http://hang.test/", "{}", 50, false, &result));
	http_perform(http);
	assert_int_equal(result.calls, 0);
	/* The port is new to libcurl's cache, but the host is known. */
	(void)snprintf(url, sizeof(url), "http://good.test:%s/",
	    strchr(loopback_host(other), ':') + 1);
	run(http, url, PLENTY, &result);
	assert_int_equal(result.answer.end, HTTP_ANSWERED);
	http_free(http);
	loopback_stop(known);
	loopback_stop(other);
	let_go();
}

static void
set_proxy(const struct loopback *server)
{
	char *url = mem_format("http://good.test:%s",
	    strchr(loopback_host(server), ':') + 1);

	assert_int_equal(setenv("http_proxy", url, 1), 0);
	free(url);
}

/* By a proxy it is the proxy that is looked up, and has a good address. */
static void
test_proxy_while_lookups_hang(void **state)
{
	static const struct loopback_step script[] = {
		{ LOOPBACK_SEND, OK_HELLO },
	};
	struct loopback *known = loopback_start(script, 1);
	struct loopback *other = loopback_start(script, 1);
	struct http *http = new_http();
	struct result result;

	(void)state;
	set_proxy(known);
	run(http, "http://service.test/", PLENTY, &result);
	assert_int_equal(result.answer.end, HTTP_ANSWERED);
	assert_contains(loopback_request(known, 0),
	    "POST http://service.test/");

	assert_int_equal(unsetenv("http_proxy"), 0);
	hang_until = eventfd(0, EFD_CLOEXEC);
	for (int i = 0; i < LOOKUPS_LEFT_MAX; i++)
		run(http, "http://hang.test/", 50, &result);
	run(http, "http://service.test/", PLENTY, &result);
	assert_contains(result.answer.problem.text, "look-ups hang");
	set_proxy(other);
	run(http, "http://service.test/", PLENTY, &result);
	assert_int_equal(result.answer.end, HTTP_ANSWERED);
	assert_int_equal(unsetenv("http_proxy"), 0);
	http_free(http);
	loopback_stop(known);
	loopback_stop(other);
	let_go();
}

/* ---- the loop ------------------------------------------------------------ */

static void
test_wait_sees_the_descriptor(void **state)
{
	struct http *http = new_http();
	int event = eventfd(1, EFD_CLOEXEC);
	int64_t before = clock_boot();

	(void)state;
	http_wait(http, event, INSTANT_NEVER);
	http_wait(http, event, PLENTY);
	assert_true(clock_boot() - before < 1000);
	before = clock_boot();
	http_wait(http, -1, 50);
	assert_in_range(clock_boot() - before, 45, 1000);
	http_wait(http, -1, -1);
	(void)close(event);
	http_free(http);
}

struct chain {
	struct http *http;
	const char *url;
	struct http_transfer *victim;
	struct result next;
	int calls;
};

/* Cancels one transfer and starts another. */
static void
on_chain(void *arg, const struct http_answer *answer)
{
	struct chain *chain = arg;

	assert_int_equal(answer->status, 200);
	chain->calls++;
	http_cancel(chain->victim);
	(void)start(chain->http, chain->url, "{}", PLENTY, false, &chain->next);
}

static void
test_done_may_start_and_cancel(void **state)
{
	static const struct loopback_step script[] = {
		{ LOOPBACK_HANG, NULL },
		{ LOOPBACK_SEND, OK_HELLO },
		{ LOOPBACK_SEND, OK_HELLO },
	};
	struct loopback *server = loopback_start(script, 3);
	struct chain chain = { .http = new_http(),
		.url = loopback_url(server) };
	const struct http_request request = {
		.url = chain.url, .headers = no_headers, .timeout = PLENTY
	};
	struct result victim;
	int64_t end = clock_boot() + PLENTY;

	(void)state;
	chain.victim =
	    start(chain.http, chain.url, "{}", PLENTY, false, &victim);
	while (loopback_count(server) < 1 && clock_boot() < end) {
		http_wait(chain.http, -1, 10);
		http_perform(chain.http);
	}
	assert_non_null(http_start(chain.http, &request, on_chain, &chain,
	    NULL));
	wait_for(chain.http, &chain.next);
	assert_int_equal(chain.calls, 1);
	assert_int_equal(chain.next.answer.status, 200);
	assert_int_equal(victim.calls, 0);
	http_free(chain.http);
	loopback_stop(server);
}

/* Which descriptors would go on to a program that is started now? */
static void
list_inheritable(bool list[256])
{
	for (int fd = 0; fd < 256; fd++) {
		int flags = fcntl(fd, F_GETFD);

		list[fd] = flags != -1 && (flags & FD_CLOEXEC) == 0;
	}
}

static void
assert_none_is_new(const bool before[256])
{
	bool now[256];

	list_inheritable(now);
	for (int fd = 0; fd < 256; fd++)
		if (now[fd] && !before[fd])
			fail_msg("descriptor %d is not close-on-exec", fd);
}

static void
test_descriptors(void **state)
{
	static const struct loopback_step script[] = {
		{ LOOPBACK_SEND, OK_HELLO },
		{ LOOPBACK_HANG, NULL },
	};
	int before = count_descriptors();
	bool inheritable[256];
	struct loopback *server;
	struct http *http;
	struct result result;

	(void)state;
	list_inheritable(inheritable);
	server = loopback_start(script, 2);
	http = new_http();
	assert_none_is_new(inheritable);
	run(http, loopback_url(server), PLENTY, &result);
	(void)start(http, loopback_url(server), "{}", PLENTY, true, &result);
	while (loopback_count(server) < 2) {
		http_wait(http, -1, 10);
		http_perform(http);
	}
	assert_none_is_new(inheritable);
	http_free(http); /* with a transfer under way */
	assert_int_equal(result.calls, 0);
	loopback_stop(server);
	assert_int_equal(count_descriptors(), before);
	assert_int_equal(count_threads(), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_request),
		cmocka_unit_test(test_get),
		cmocka_unit_test(test_headers),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_folded_first),
		cmocka_unit_test(test_interim),
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_reuse),
		cmocka_unit_test(test_dead_connection),
		cmocka_unit_test(test_dead_connection_then_refused),
		cmocka_unit_test(test_many_at_once),
		cmocka_unit_test(test_proxy_is_not_for_loopback),
		cmocka_unit_test(test_failures),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_refused_by_version_6),
		cmocka_unit_test(test_connect_black_hole),
		cmocka_unit_test(test_whether_it_has_gone_out),
		cmocka_unit_test(test_plain_must_be_allowed),
		cmocka_unit_test(test_too_many_headers),
		cmocka_unit_test(test_name_does_not_resolve),
		cmocka_unit_test(test_lookup_hangs),
		cmocka_unit_test(test_only_some_lookups_hang),
		cmocka_unit_test(test_proxy_while_lookups_hang),
		cmocka_unit_test(test_wait_sees_the_descriptor),
		cmocka_unit_test(test_done_may_start_and_cancel),
		cmocka_unit_test(test_descriptors),
	};

	(void)signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
