/* SPDX-License-Identifier: MIT */
/*
 * The provider of an instance's credentials, against a metadata service on
 * loopback that answers well, badly and not at all.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/mem.h"
#include "loopback.h"
#include "metadata_rig.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

#define ENDPOINT "AWS_EC2_METADATA_SERVICE_ENDPOINT"
#define MODE     "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE"
#define DISABLED "AWS_EC2_METADATA_DISABLED"
#define TIMEOUT  "AWS_METADATA_SERVICE_TIMEOUT"
#define ATTEMPTS "AWS_METADATA_SERVICE_NUM_ATTEMPTS"
#define ROLES    "/latest/meta-data/iam/security-credentials/"

#define TOKEN     "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\ntokn=="
#define OTHER     "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nother"
#define ROLE      "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nmy@r-x"
#define EMPTY     "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
#define PAGE      "HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\n<html></html>"
#define STATUS(s) "HTTP/1.1 " s " X\r\nContent-Length: 2\r\n\r\nno"

/* clang-format off */
#define KEYS                                                              \
	"{\"Code\":\"Success\",\"AccessKeyId\":\"ASIA1\","                \
	"\"SecretAccessKey\":\"secret1\",\"Token\":\"token1\","
/* clang-format on */
#define SET                                                   \
	"HTTP/1.1 200 OK\r\nContent-Length: 121\r\n\r\n" KEYS \
	"\"Expiration\":\"2026-11-22T10:23:45Z\"}"
#define PAST                                                  \
	"HTTP/1.1 200 OK\r\nContent-Length: 121\r\n\r\n" KEYS \
	"\"Expiration\":\"1999-11-22T10:23:45Z\"}"

static const int64_t at = 1795343025000;

static struct loopback *
serve(const struct loopback_step *script, size_t count)
{
	struct loopback *server = loopback_start(script, count);

	rig_set(ENDPOINT, loopback_url(server));
	rig_set(TIMEOUT, "20");
	return server;
}

/* The text of an error of this server. */
static const char *
text_of(const struct loopback *server, const char *problem)
{
	static char text[ERR_TEXT];

	(void)snprintf(text, sizeof(text), "instance metadata at http://%s: %s",
	    loopback_host(server), problem);
	return text;
}

/* How a request begins, and the session token that it has. */
static void
check_request(struct loopback *server, size_t number, const char *line,
    const char *token)
{
	const char *request = loopback_request(server, number);

	if (strncmp(request, line, strlen(line)) != 0)
		fail_msg("request %zu: %.80s", number, request);
	if (token == NULL)
		assert_null(loopback_header(server, number,
		    "x-aws-ec2-metadata-token"));
	else
		assert_string_equal(loopback_header(server, number,
					"x-aws-ec2-metadata-token"),
		    token);
}

static void
test_given(void **state)
{
	static const struct loopback_step script[] = {
		{ LOOPBACK_SEND, TOKEN },
		{ LOOPBACK_SEND, ROLE },
		{ LOOPBACK_SEND, SET },
		{ LOOPBACK_SEND,
		    "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nother\r\n" },
		{ LOOPBACK_SEND,
		    "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nrole2\nxyz" },
		{ LOOPBACK_SEND, PAST },
	};
	struct loopback *server = serve(script, ARRAY_SIZE(script));

	(void)state;
	(void)meta_find(provider_imds);
	rig_set("http_proxy", "http://127.0.0.1:1/");
	rig_ask();
	meta_given("ASIA1", "secret1", "token1", at);
	check_request(server, 0, "PUT /latest/api/token HTTP/1.1\r\n", NULL);
	assert_string_equal(loopback_header(server, 0,
				"x-aws-ec2-metadata-token-ttl-seconds"),
	    "21600");
	assert_string_equal(loopback_body(server, 0), "");
	check_request(server, 1, "GET " ROLES " HTTP/1.1\r\n", "tokn==");
	check_request(server, 2, "GET " ROLES "my@r-x HTTP/1.1\r\n", "tokn==");

	/* All anew; and what has expired is the service's to refuse. */
	rig_ask();
	meta_given("ASIA1", "secret1", "token1", at - 852076800000);
	check_request(server, 3, "PUT ", NULL);
	check_request(server, 4, "GET " ROLES " ", "other");
	check_request(server, 5, "GET " ROLES "role2 ", "other");
	loopback_stop(server);
}

static void
check_source(const char *text)
{
	assert_string_equal(source_text(meta_find(provider_imds)), text);
}

static void
test_where(void **state)
{
	(void)state;
	check_source("instance metadata at http://169.254.169.254");
	rig_set(MODE, "ipv4");
	check_source("instance metadata at http://169.254.169.254");
	rig_set(MODE, "IPv6");
	check_source("instance metadata at http://[fd00:ec2::254]");
	rig_set(ENDPOINT, "http://imds.example.com:80/base/path/");
	check_source("instance metadata at http://imds.example.com/base/path");
	rig_set(ENDPOINT, "https://127.0.0.1:1338");
	check_source("instance metadata at https://127.0.0.1:1338");
	rig_write(".aws/config",
	    "[profile p]\n"
	    "ec2_metadata_service_endpoint = http://127.0.0.1:8/\n"
	    "[profile q]\n"
	    "ec2_metadata_service_endpoint_mode = ipv6\n");
	rig_set("AWS_PROFILE", "p");
	check_source("instance metadata at https://127.0.0.1:1338");
	(void)unsetenv(ENDPOINT);
	check_source("instance metadata at http://127.0.0.1:8");
	(void)unsetenv(MODE);
	rig_set("AWS_PROFILE", "q");
	check_source("instance metadata at http://[fd00:ec2::254]");
}

static void
test_disabled(void **state)
{
	static const struct {
		const char *value;
		enum provider_verdict verdict;
	} rows[] = {
		{ "true", PROVIDER_ABSENT },
		{ "TRUE", PROVIDER_ABSENT },
		{ "", PROVIDER_FOUND },
		{ "false", PROVIDER_FOUND },
		{ "1", PROVIDER_FOUND },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		rig_set(DISABLED, rows[i].value);
		assert_int_equal(meta_look(provider_imds, NULL),
		    rows[i].verdict);
	}
}

static void
test_traits(void **state)
{
	struct source *source = meta_find(provider_imds);

	(void)state;
	assert_int_equal(source_traits(source)->tries, 1);
	assert_true(source_traits(source)->stable);
	assert_false(source_traits(source)->guess);
	rig_set(ATTEMPTS, "7");
	assert_int_equal(meta_look(provider_imds, "no credentials"),
	    PROVIDER_FOUND);
	source = rig.source;
	assert_int_equal(source_traits(source)->tries, 7);
	assert_true(source_traits(source)->guess);
}

static void
test_bad_settings(void **state)
{
	static const struct {
		const char *name;
		const char *value;
		const char *problem;
	} bad[] = {
		{ MODE, "ipv5", "'ipv5' is neither IPv4 nor IPv6" },
		{ TIMEOUT, "0", "'0' is not a whole number from 1 to 300" },
		{ TIMEOUT, "1.5", "'1.5' is not a whole number from 1 to 300" },
		{ TIMEOUT, " 1", "' 1' is not a whole number from 1 to 300" },
		{ TIMEOUT, "301", "'301' is not a whole number from 1 to 300" },
		{ ATTEMPTS, "-1", "'-1' is not a whole number from 1 to 100" },
		{ ATTEMPTS, "x", "'x' is not a whole number from 1 to 100" },
		{ ENDPOINT, "169.254.169.254",
		    "it is not a URL that can be used: it must be like "
		    "http://169.254.169.254" },
		{ ENDPOINT, "http://u:geheim@169.254.169.254",
		    "it is not a URL that can be used: it must be like "
		    "http://169.254.169.254" },
		{ ENDPOINT, "http://127.0.0.1/?x",
		    "it is not a URL that can be used: it must be like "
		    "http://169.254.169.254" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		char *text = mem_format("%s: %s", bad[i].name, bad[i].problem);

		rig_set(bad[i].name, bad[i].value);
		meta_broken(provider_imds, text);
		(void)unsetenv(bad[i].name);
		free(text);
	}
	rig_write(".aws/config",
	    "[default]\nmetadata_service_timeout = soon\n");
	meta_broken(provider_imds,
	    "metadata_service_timeout of profile 'default': 'soon' is not a "
	    "whole number from 1 to 300");
	rig_set(TIMEOUT, "2");
	rig_write(".aws/config", "[default]\nmetadata_service_timeout = soon\n"
				 "metadata_service_num_attempts = 0\n");
	meta_broken(provider_imds,
	    "metadata_service_num_attempts of profile 'default': '0' is not a "
	    "whole number from 1 to 100");
}

/* A token may be of the time before a restart: there is a new one, once. */
static void
test_token_refused(void **state)
{
	static const struct loopback_step script[] = {
		{ LOOPBACK_SEND, TOKEN },
		{ LOOPBACK_SEND, STATUS("401") },
		{ LOOPBACK_SEND, OTHER },
		{ LOOPBACK_SEND, ROLE },
		{ LOOPBACK_SEND, SET },
		/* at the other step, and again */
		{ LOOPBACK_SEND, TOKEN },
		{ LOOPBACK_SEND, ROLE },
		{ LOOPBACK_SEND, STATUS("401") },
		{ LOOPBACK_SEND, OTHER },
		{ LOOPBACK_SEND, STATUS("401") },
	};
	struct loopback *server = serve(script, ARRAY_SIZE(script));

	(void)state;
	(void)meta_find(provider_imds);
	rig_ask();
	meta_given("ASIA1", "secret1", "token1", at);
	check_request(server, 3, "GET " ROLES " ", "other");
	rig_ask();
	meta_failed(SOURCE_FAILED, text_of(server, "HTTP status 401: no"));
	assert_int_equal(loopback_count(server), 10);
	loopback_stop(server);
}

#define HOPS                                                              \
	": in a container, the instance's hop limit must be 2: 'aws ec2 " \
	"modify-instance-metadata-options --http-put-response-hop-limit 2'"
#define NO_ROLE "the instance has no role: attach an instance profile to it"

/* Each step's bad answers: after "before" good ones comes a bad one. */
static void
test_bad_answers(void **state)
{
	static const struct {
		size_t before;
		const char *answer;
		const char *problem;
	} bad[] = {
		{ 0, STATUS("400"),
		    "HTTP status 400: no: it must offer version 2 of IMDS" },
		{ 0, STATUS("403"),
		    "HTTP status 403: no: it is switched off for this "
		    "instance" },
		{ 0, STATUS("404"),
		    "HTTP status 404: no: it must offer version 2 of IMDS" },
		{ 0, STATUS("405"),
		    "HTTP status 405: no: it must offer version 2 of IMDS" },
		{ 0, EMPTY, "what it answers is no session token" },
		{ 0, "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\na b c ",
		    "what it answers is no session token" },
		{ 0, "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\na\x01z",
		    "what it answers is no session token" },
		{ 1, STATUS("404"), "HTTP status 404: no: " NO_ROLE },
		{ 1, STATUS("403"), "HTTP status 403: no" },
		{ 1, STATUS("500"), "HTTP status 500: no" },
		{ 1, EMPTY, NO_ROLE },
		{ 1, PAGE, "what it answers is no role's name" },
		{ 1, "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\na/../b",
		    "what it answers is no role's name" },
		{ 1, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n..",
		    "what it answers is no role's name" },
		{ 1, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\na?b\n",
		    "what it answers is no role's name" },
		{ 2, STATUS("404"), "HTTP status 404: no" },
		{ 2, STATUS("503"), "HTTP status 503: no" },
		{ 2, EMPTY, "its answer for role my@r-x is empty" },
		{ 2, PAGE,
		    "its answer for role my@r-x is HTML or XML, not JSON" },
		{ 2,
		    "HTTP/1.1 200 OK\r\nContent-Length: 81\r\n\r\n"
		    "{\"Code\":\"AssumeRoleUnauthorizedAccess\","
		    "\"Message\":\"EC2 cannot assume the role x.\"}",
		    "its answer for role my@r-x says Code "
		    "'AssumeRoleUnauthorizedAccess': EC2 cannot assume the "
		    "role x." },
		{ 2, "HTTP/1.1 200 OK\r\nContent-Length: 86\r\n\r\n" KEYS "}",
		    "its answer for role my@r-x is not a JSON object, or only "
		    "a part of one" },
	};
	static const char *const good[] = { TOKEN, ROLE };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct loopback_step script[3] = { { 0 } };
		struct loopback *server;

		for (size_t j = 0; j < bad[i].before; j++)
			script[j].text = good[j];
		script[bad[i].before].text = bad[i].answer;
		server = serve(script, bad[i].before + 1);
		(void)meta_find(provider_imds);
		rig_ask();
		meta_failed(SOURCE_FAILED, text_of(server, bad[i].problem));
		loopback_stop(server);
	}
}

/* Broken in the middle, too long, slow, hung: at the second request. */
static void
test_broken_answers(void **state)
{
	static const struct {
		struct loopback_step step;
		const char *problem;
	} bad[] = {
		{ { LOOPBACK_LAST,
		      "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nmy-r" },
		    "answer broke off" },
		{ { LOOPBACK_FLOOD,
		      "HTTP/1.1 200 OK\r\nContent-Length: 10485760\r\n\r\n" },
		    "answer is over 1 MiB" },
		{ { LOOPBACK_CLOSE, NULL },
		    "connection closed without an answer" },
		{ { LOOPBACK_SLOW, SET SET SET SET SET SET },
		    "no answer within ~ s" },
		{ { LOOPBACK_HANG, NULL }, "no answer within ~ s" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		const struct loopback_step script[] = {
			/* The connection is not to be used again. */
			{ LOOPBACK_LAST, TOKEN },
			bad[i].step,
		};
		struct loopback *server = serve(script, ARRAY_SIZE(script));
		char *text =
		    mem_format("%s: %s", loopback_host(server), bad[i].problem);

		(void)unsetenv(TIMEOUT);
		(void)meta_find(provider_imds);
		rig_ask();
		meta_failed(SOURCE_FAILED, text_of(server, text));
		loopback_stop(server);
		free(text);
	}
}

/* What the token's answer does beyond the hop limit. */
static void
test_no_token(void **state)
{
	struct loopback *server = serve(NULL, 0);
	int64_t before = clock_boot();
	char *text =
	    mem_format("%s: no answer within ~ s" HOPS, loopback_host(server));

	(void)state;
	rig_set(TIMEOUT, "2");
	(void)meta_find(provider_imds);
	rig_ask();
	assert_in_range(clock_boot() - before, 1990, 8000);
	meta_failed(SOURCE_FAILED, text_of(server, text));
	loopback_stop(server);
	free(text);
}

/* At the end of a chain it lists what else was looked at, at first. */
static void
test_lacking(void **state)
{
	static const struct loopback_step script[] = {
		{ LOOPBACK_SEND, STATUS("403") },
		{ LOOPBACK_SEND, TOKEN },
		{ LOOPBACK_SEND, ROLE },
		{ LOOPBACK_SEND, SET },
		{ LOOPBACK_SEND, STATUS("403") },
	};
	struct loopback *server = serve(script, ARRAY_SIZE(script));
	char *text;

	(void)state;
	assert_int_equal(meta_look(provider_imds,
			     "no credentials: neither this nor that has any"),
	    PROVIDER_FOUND);
	rig_ask();
	text = mem_format("no credentials: neither this nor that has any, nor "
			  "has instance metadata at http://%s (HTTP status "
			  "403: no: it is switched off for this instance): "
			  "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, "
			  "or run 'aws configure'; for a local service use "
			  "--no-sign-request",
	    loopback_host(server));
	meta_failed(SOURCE_FAILED, text);
	free(text);
	rig_ask();
	meta_given("ASIA1", "secret1", "token1", at);
	rig_ask();
	meta_failed(SOURCE_FAILED,
	    text_of(server,
		"HTTP status 403: no: it is switched off for this instance"));
	loopback_stop(server);
}

static void
test_unreachable(void **state)
{
	unsigned port = loopback_free_port();
	char *url = mem_format("http://127.0.0.1:%u/", port);
	char *text = mem_format("instance metadata at http://127.0.0.1:%u: "
				"127.0.0.1:%u: cannot connect: Connection "
				"refused: is this an EC2 instance?",
	    port, port);

	(void)state;
	rig_set(ENDPOINT, url);
	(void)meta_find(provider_imds);
	rig_ask();
	meta_failed(SOURCE_FAILED, text);
	free(text);
	free(url);
}

static void
test_given_up(void **state)
{
	static const struct loopback_step script[] = {
		{ LOOPBACK_HANG, NULL },
		{ LOOPBACK_SEND, TOKEN },
		{ LOOPBACK_SEND, ROLE },
		{ LOOPBACK_HANG, NULL },
		{ LOOPBACK_SEND, TOKEN },
		{ LOOPBACK_SEND, ROLE },
		{ LOOPBACK_SEND, SET },
		{ LOOPBACK_SEND, TOKEN },
		{ LOOPBACK_HANG, NULL },
	};
	struct loopback *server = serve(script, ARRAY_SIZE(script));

	(void)state;
	(void)meta_find(provider_imds);
	meta_ask_and_forget(server, 1);
	meta_ask_and_forget(server, 4);
	rig_ask();
	meta_given("ASIA1", "secret1", "token1", at);
	meta_ask_and_forget(server, 9);
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
		TEST(test_where),
		TEST(test_disabled),
		TEST(test_traits),
		TEST(test_bad_settings),
		TEST(test_token_refused),
		TEST(test_bad_answers),
		TEST(test_broken_answers),
		TEST(test_no_token),
		TEST(test_lacking),
		TEST(test_unreachable),
		TEST(test_given_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
