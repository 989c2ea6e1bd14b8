/* SPDX-License-Identifier: MIT */
/*
 * The provider of container credentials, against a service on loopback that
 * answers well, badly and not at all.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/mem.h"
#include "loopback.h"
#include "metadata_rig.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

#define RELATIVE   "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"
#define FULL       "AWS_CONTAINER_CREDENTIALS_FULL_URI"
#define TOKEN      "AWS_CONTAINER_AUTHORIZATION_TOKEN"
#define TOKEN_FILE "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"

/* clang-format off */
#define KEYS                                                              \
	"\"AccessKeyId\":\"ASIA1\",\"SecretAccessKey\":\"secret1\","      \
	"\"Token\":\"token1\""
#define SET "{\"RoleArn\":\"arn:aws:iam::1:role/x\"," KEYS               \
	",\"Expiration\":\"2026-11-22T10:23:45Z\"}"
/* clang-format on */

static const int64_t at = 1795343025000;

/* Starts a server and has the variable point to it. */
static struct loopback *
serve(const struct loopback_step *script, size_t count)
{
	struct loopback *server = loopback_start(script, count);
	char *url =
	    mem_format("http://%s/v1/credentials?a=b", loopback_host(server));

	rig_set(FULL, url);
	free(url);
	return server;
}

static const char *
ok(const char *body)
{
	static char text[1024];

	(void)snprintf(text, sizeof(text),
	    "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n%s", strlen(body),
	    body);
	return text;
}

/* The text of an error of this server. */
static const char *
text_of(const struct loopback *server, const char *problem)
{
	static char text[ERR_TEXT];

	(void)snprintf(text, sizeof(text),
	    "container at http://%s/v1/credentials?a=b: %s",
	    loopback_host(server), problem);
	return text;
}

static void
test_given(void **state)
{
	const struct loopback_step script[] = {
		{ LOOPBACK_SEND, ok(SET) },
		{ LOOPBACK_SEND, ok(SET) },
	};
	struct loopback *server = serve(script, ARRAY_SIZE(script));
	struct source *source = meta_find(provider_container);

	(void)state;
	/* A proxy would see the secrets. */
	rig_set("http_proxy", "http://127.0.0.1:1/");
	for (size_t i = 0; i < ARRAY_SIZE(script); i++) {
		rig_ask();
		meta_given("ASIA1", "secret1", "token1", at);
		assert_memory_equal(loopback_request(server, i),
		    "GET /v1/credentials?a=b HTTP/1.1\r\n", 34);
		assert_string_equal(loopback_header(server, i, "Accept"),
		    "application/json");
		assert_null(loopback_header(server, i, "Authorization"));
	}
	assert_string_equal(source_traits(source)->name, "container");
	assert_int_equal(source_traits(source)->tries, 3);
	assert_int_equal(source_traits(source)->pause, 1000);
	loopback_stop(server);
}

static void
test_absent(void **state)
{
	(void)state;
	rig_set(TOKEN, "t");
	rig_set(FULL, "");
	rig_set(RELATIVE, "");
	assert_int_equal(meta_look(provider_container, NULL), PROVIDER_ABSENT);
}

static void
check_source(const char *text)
{
	assert_string_equal(source_text(meta_find(provider_container)), text);
}

static void
test_where(void **state)
{
	static const char *const good[][2] = {
		{ "http://127.0.0.1/", "http://127.0.0.1/" },
		{ "http://127.255.3.1:8080/x", "http://127.255.3.1:8080/x" },
		{ "HTTP://LocalHost:80/X", "http://localhost/X" },
		{ "http://[::1]:81/x", "http://[::1]:81/x" },
		{ "http://169.254.170.2/v2", "http://169.254.170.2/v2" },
		{ "http://169.254.170.23/v1/credentials",
		    "http://169.254.170.23/v1/credentials" },
		{ "http://[fd00:ec2::23]/v1", "http://[fd00:ec2::23]/v1" },
		{ "http://[FD00:EC2::23]:80/v1", "http://[fd00:ec2::23]/v1" },
		{ "https://example.com/v1", "https://example.com/v1" },
		{ "https://192.0.2.1:8443?x", "https://192.0.2.1:8443?x" },
		{ "http://127.0.0.1/a@b:c//d", "http://127.0.0.1/a@b:c//d" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		char *text = mem_format("container at %s", good[i][1]);

		rig_set(FULL, good[i][0]);
		check_source(text);
		free(text);
	}
	/* A path is at ECS's agent, and goes first. */
	rig_set(RELATIVE, "/v2/credentials/uuid?x=/y");
	check_source("container at "
		     "http://169.254.170.2/v2/credentials/uuid?x=/y");
}

static void
test_forbidden_hosts(void **state)
{
	static const char *const bad[] = { "http://192.0.2.1/x",
		"http://169.254.170.3/x", "http://169.254.169.254/x",
		"http://example.com/x", "http://localhost.example.com/x",
		"http://localhost./x", "http://[::2]/x",
		"http://[::ffff:127.0.0.1]/x", "http://127.1/x",
		"http://0x7f000001/x", "http://2130706433/x",
		"http://0177.0.0.1/x", "http://127.0.0.1.example.com/x",
		"http://[fd00:ec2::254]/x" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		char *text = mem_format(FULL
		    ": '%s' would have credentials sent unencrypted by "
		    "another host: use https://, or one of 127.0.0.1, [::1], "
		    "localhost, 169.254.170.2, 169.254.170.23 and "
		    "[fd00:ec2::23]",
		    bad[i]);

		rig_set(FULL, bad[i]);
		meta_broken(provider_container, text);
		free(text);
	}
}

static void
test_bad_urls(void **state)
{
	static const char *const bad[] = { "127.0.0.1/x", "/v1/x", "http://",
		"http:///x", "ftp://127.0.0.1/x", "file:///etc/passwd",
		"http://user:geheim@127.0.0.1/x",
		"http://127.0.0.1@example.com/",
		"http://example.com#@127.0.0.1/", "http://127.0.0.1/x#y",
		"http://127.0.0.1\\@example.com/", "http://127.0.0.1/a b",
		"http://127.0.0.1/a\r\nX: y", "http://127.0.0.1:x/",
		"http://127.0.0.1:0/", "http://127.0.0.1:65536/",
		"http://[::1/", "http://::1/", "http://[127.0.0.1]/",
		"http://127.0.0.1/\xc3\xa4", " http://127.0.0.1/" };
	static const char *const paths[] = { "v2/x", "@example.com/x", ":80/x",
		".example.com/x", "//\\x", "/v2/x y", "/v2/x#y", "/\n" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		rig_set(FULL, bad[i]);
		meta_broken(provider_container,
		    FULL ": it is not a URL that can be used: it must be like "
			 "http://169.254.170.23/v1/credentials");
	}
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		char *text = mem_format(RELATIVE
		    ": '%s' is not a path: it must be like /v2/credentials/ID",
		    paths[i]);

		rig_set(RELATIVE, paths[i]);
		meta_broken(provider_container, text);
		free(text);
	}
}

static void
test_token(void **state)
{
	const struct loopback_step script[] = {
		{ LOOPBACK_SEND, ok(SET) },
		{ LOOPBACK_SEND, ok(SET) },
		{ LOOPBACK_SEND, ok(SET) },
		{ LOOPBACK_SEND, ok(SET) },
	};
	struct loopback *server = serve(script, ARRAY_SIZE(script));
	static const char *const seen[] = { "Bearer of it", "first", "second",
		"third" };

	(void)state;
	rig_set(TOKEN, seen[0]);
	(void)meta_find(provider_container);
	rig_ask();

	/* A file wins, and is read each time; its path is not of the present
	 * directory alone. */
	rig_set(TOKEN_FILE, "token");
	(void)meta_find(provider_container);
	for (size_t i = 1; i < ARRAY_SIZE(seen); i++) {
		char *text = mem_format("%s%s", seen[i], i == 2 ? "\n" : "");
		char *path = mem_format("%s/token", rig.home);

		rig_write(path, text);
		free(path);
		free(text);
		assert_int_equal(chdir("/"), 0);
		rig_ask();
		meta_given("ASIA1", "secret1", "token1", at);
	}
	for (size_t i = 0; i < ARRAY_SIZE(seen); i++)
		assert_string_equal(loopback_header(server, i, "Authorization"),
		    seen[i]);
	loopback_stop(server);
}

static void
test_bad_token(void **state)
{
	static const char *const bad[] = { "a\nb", "a\r\nX-Other: y", "a\n",
		"\x7f", "a\x01", "\xc3\xa9" };

	(void)state;
	rig_set(FULL, "http://127.0.0.1:1/");
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		rig_set(TOKEN, bad[i]);
		meta_broken(provider_container,
		    TOKEN ": has a line end or another character in it that "
			  "no key or token has");
	}
}

/* What is wrong with the file, and that nothing was sent. */
static void
test_bad_token_file(void **state)
{
	static const struct {
		const char *text;
		const char *problem;
	} bad[] = {
		{ NULL, "No such file or directory" },
		{ "", "is empty: a token must be in it" },
		{ "\n", "is empty: a token must be in it" },
		{ "a\n\n", "has more than one line in it: a token is one line "
			   "without blanks" },
	};
	struct loopback *server = serve(NULL, 0);
	char *path = mem_format("%s/token", rig.home);
	char *text;

	(void)state;
	rig_set(TOKEN_FILE, path);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		if (bad[i].text != NULL)
			rig_write(path, bad[i].text);
		(void)meta_find(provider_container);
		rig_ask();
		text = mem_format(TOKEN_FILE ": %s: %s", path, bad[i].problem);
		meta_failed(SOURCE_FAILED, text_of(server, text));
		free(text);
	}
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkfifo(path, 0600), 0);
	(void)meta_find(provider_container);
	(void)alarm(30);
	rig_ask();
	(void)alarm(0);
	text = mem_format(TOKEN_FILE ": %s: is not a regular file", path);
	meta_failed(SOURCE_FAILED, text_of(server, text));
	free(text);
	free(path);
	assert_int_equal(loopback_count(server), 0);
	loopback_stop(server);
}

#define NO_SERVICE ": is this the address of a credentials service?"
#define NO_PATH                                                           \
	": it has no credentials at this path: has the task a task role " \
	"(ECS), the service account an association (EKS)?"
#define NO_TOKEN                                                            \
	": it does not take the authorization token: is the token that of " \
	"this container?"
#define NO_TIME ": it cannot answer now, but may later"

static void
test_bad_answers(void **state)
{
	static const struct {
		const char *answer;
		const char *problem;
	} bad[] = {
		{ "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
		    "its answer is empty" NO_SERVICE },
		{ "HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n"
		  "<html>secret1</html>",
		    "its answer is HTML or XML, not JSON" NO_SERVICE },
		{ "HTTP/1.1 200 OK\r\nContent-Length: 28\r\n\r\n"
		  "{\"AccessKeyId\": \"ASIA1\", \"Se",
		    "its answer is not a JSON object, or only a part of "
		    "one" NO_SERVICE },
		{ "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
		    "its answer has no AccessKeyId" NO_SERVICE },
		{ "HTTP/1.1 200 OK\r\nContent-Length: 38\r\n\r\n"
		  "{\"Code\":\"Failed\",\"Message\":\"No role.\"}",
		    "its answer says Code 'Failed': No role." NO_SERVICE },
		{ "HTTP/1.1 204 No Content\r\n\r\n",
		    "HTTP status 204" NO_SERVICE },
		{ "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\n"
		  "Content-Length: 0\r\n\r\n",
		    "HTTP status 302" NO_SERVICE },
		{ "HTTP/1.1 400 Bad Request\r\nContent-Length: 7\r\n\r\n"
		  "a\r\n\tb\x1b[",
		    "HTTP status 400: a b?[" NO_PATH },
		{ "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n",
		    "HTTP status 401" NO_TOKEN },
		{ "HTTP/1.1 403 Forbidden\r\nContent-Length: 3\r\n\r\nno\n",
		    "HTTP status 403: no" NO_TOKEN },
		{ "HTTP/1.1 403 Forbidden\r\nContent-Length: 28\r\n\r\n"
		  "{\"SecretAccessKey\":\"secret1\"",
		    "HTTP status 403" NO_TOKEN },
		{ "HTTP/1.1 203 OK\r\nContent-Length: 3\r\n\r\nyes",
		    "HTTP status 203" NO_SERVICE },
		{ "HTTP/1.1 404 Not Found\r\nContent-Length: 22\r\n\r\n"
		  " <html>nothing</html>\n",
		    "HTTP status 404" NO_PATH },
		{ "HTTP/1.1 429 Slow Down\r\nContent-Length: 0\r\n\r\n",
		    "HTTP status 429" NO_TIME },
		{ "HTTP/1.1 500 Oops\r\nContent-Length: 4\r\n\r\nOops",
		    "HTTP status 500: Oops" NO_TIME },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		const struct loopback_step script[] = {
			{ LOOPBACK_SEND, bad[i].answer },
		};
		struct loopback *server = serve(script, 1);

		(void)meta_find(provider_container);
		rig_ask();
		meta_failed(SOURCE_FAILED, text_of(server, bad[i].problem));
		loopback_stop(server);
	}
}

/* Half an answer, 10 MiB of one, none, and a connection that breaks. */
static void
test_broken_answers(void **state)
{
	static const struct {
		struct loopback_step step;
		const char *problem;
	} bad[] = {
		{ { LOOPBACK_LAST,
		      "HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n" SET },
		    "answer broke off" },
		{ { LOOPBACK_FLOOD,
		      "HTTP/1.1 200 OK\r\nContent-Length: 10485760\r\n\r\n" },
		    "answer is over 1 MiB" },
		{ { LOOPBACK_CLOSE, NULL },
		    "connection closed without an answer" },
		{ { LOOPBACK_LAST, "220 smtp.example.com\r\n" },
		    "does not speak HTTP" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct loopback *server = serve(&bad[i].step, 1);
		char *text =
		    mem_format("%s: %s: does tend run in the container that "
			       "this is meant for?",
			loopback_host(server), bad[i].problem);

		(void)meta_find(provider_container);
		rig_ask();
		meta_failed(SOURCE_FAILED, text_of(server, text));
		loopback_stop(server);
		free(text);
	}
}

/* Both end after two seconds, whatever trickles in. */
static void
test_slow(void **state)
{
	static const struct loopback_step bad[] = {
		{ LOOPBACK_SLOW,
		    "HTTP/1.1 200 OK\r\nContent-Length: 10000\r\n\r\n" SET SET
			SET SET SET SET SET SET },
		{ LOOPBACK_HANG, NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct loopback *server = serve(&bad[i], 1);
		int64_t before = clock_boot();
		char *text =
		    mem_format("%s: no answer within ~ s: does tend run in "
			       "the container that this is meant for?",
			loopback_host(server));

		(void)meta_find(provider_container);
		rig_ask();
		assert_in_range(clock_boot() - before, 1990, 8000);
		meta_failed(SOURCE_FAILED, text_of(server, text));
		loopback_stop(server);
		free(text);
	}
}

static void
test_unreachable(void **state)
{
	unsigned port = loopback_free_port();
	char *url = mem_format("http://127.0.0.1:%u/", port);
	char *text = mem_format("container at http://127.0.0.1:%u/: "
				"127.0.0.1:%u: cannot connect: Connection "
				"refused: does tend run in the container that "
				"this is meant for?",
	    port, port);

	(void)state;
	rig_set(FULL, url);
	(void)meta_find(provider_container);
	/* However often: it may come. */
	for (int i = 0; i < 4; i++) {
		rig_ask();
		meta_failed(SOURCE_FAILED, text);
	}
	free(text);
	free(url);
}

/* The third refusal in a row stays; a set in between begins anew. */
static void
test_refused_for_good(void **state)
{
	static const char no[] =
	    "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n";
	static const char busy[] =
	    "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n";
	const struct loopback_step script[] = {
		{ LOOPBACK_SEND, no },
		{ LOOPBACK_SEND, no },
		{ LOOPBACK_SEND, ok(SET) },
		{ LOOPBACK_SEND, no },
		{ LOOPBACK_SEND, no },
		{ LOOPBACK_SEND, busy },
		{ LOOPBACK_SEND, no },
		{ LOOPBACK_SEND, no },
	};
	struct loopback *server = serve(script, ARRAY_SIZE(script));
	static const enum source_end ends[] = { SOURCE_FAILED, SOURCE_FAILED,
		SOURCE_GIVEN, SOURCE_FAILED, SOURCE_FAILED, SOURCE_FAILED,
		SOURCE_DENIED, SOURCE_FAILED };

	(void)state;
	(void)meta_find(provider_container);
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		rig_ask();
		if (ends[i] == SOURCE_GIVEN)
			meta_given("ASIA1", "secret1", "token1", at);
		else if (script[i].text == busy)
			meta_failed(ends[i],
			    text_of(server, "HTTP status 503" NO_TIME));
		else
			meta_failed(ends[i],
			    text_of(server, "HTTP status 403" NO_TOKEN));
	}
	loopback_stop(server);
}

static void
test_given_up(void **state)
{
	const struct loopback_step script[] = {
		{ LOOPBACK_HANG, NULL },
		{ LOOPBACK_SEND, ok(SET) },
		{ LOOPBACK_HANG, NULL },
	};
	struct loopback *server = serve(script, ARRAY_SIZE(script));

	(void)state;
	(void)meta_find(provider_container);
	meta_ask_and_forget(server, 1);
	rig_ask();
	meta_given("ASIA1", "secret1", "token1", at);
	meta_ask_and_forget(server, 3);
	/* What had not been given up would now come to an end. */
	loopback_stop(server);
	meta_settle();
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_given),
		TEST(test_absent),
		TEST(test_where),
		TEST(test_forbidden_hosts),
		TEST(test_bad_urls),
		TEST(test_token),
		TEST(test_bad_token),
		TEST(test_bad_token_file),
		TEST(test_bad_answers),
		TEST(test_broken_answers),
		TEST(test_slow),
		TEST(test_unreachable),
		TEST(test_refused_for_good),
		TEST(test_given_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
