/* SPDX-License-Identifier: MIT */
/*
 * aws/credentials_sso and aws/credentials_sso_token: the two forms of
 * profile, the token in the cache of the AWS CLI, and what the two services
 * answer.
 */
#include "config.h"

#include <dirent.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "aws/http.h"
#include "aws/sha1.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "source_rig.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* As botocore names them: of "my-session" and of the start URL. */
#define SESSION_FILE \
	".aws/sso/cache/9e28173066ce536e277c5fb355efd9c64f398167.json"
#define URL_FILE ".aws/sso/cache/0c54b6c27e90660baa89eaad85ac1d5dae26cb7d.json"

static const char session_profile[] =
    "[profile p]\nsso_session = my-session\nsso_account_id = 123\n"
    "sso_role_name = My/Role\n"
    "[sso-session my-session]\nsso_region = eu-west-1\n"
    "sso_start_url = https://d-1.awsapps.com/start\n";

static const char legacy_profile[] =
    "[profile p]\nsso_account_id = 123\nsso_role_name = r\n"
    "sso_region = eu-west-1\n"
    "sso_start_url = https://d-1.awsapps.com/start\n";

#define GIVEN                                               \
	"{\"roleCredentials\":{\"accessKeyId\":\"ASIA\","   \
	"\"secretAccessKey\":\"s\",\"sessionToken\":\"t\"," \
	"\"expiration\":32472144000000}}"

static int
setup(void **state)
{
	int result = rig_setup(state);

	if (result == 0)
		result = mkdir(".aws/sso", 0700);
	return result == 0 ? mkdir(".aws/sso/cache", 0700) : result;
}

/* A token that ends in so many seconds; "more" follows it. */
static void
write_token(const char *path, int64_t left, const char *more)
{
	char at[CLOCK_TEXT], text[1024];

	clock_format(clock_wall() + left * 1000, at);
	(void)snprintf(text, sizeof(text),
	    "{\"startUrl\":\"https://d-1.awsapps.com/start\","
	    "\"accessToken\":\"tok.en\",\"expiresAt\":\"%.19sZ\"%s}",
	    at, more);
	rig_write(path, text);
}

#define RENEWABLE                                                \
	",\"refreshToken\":\"refresh\",\"clientId\":\"client\"," \
	"\"clientSecret\":\"sec\\\"ret\",\"scopes\":[\"a\",1],"  \
	"\"registrationExpiresAt\":\"2999-01-01T00:00:00Z\""

static void
test_sha1(void **state)
{
	char text[SHA1_TEXT];

	(void)state;
	sha1_hex("abc", 3, text);
	assert_string_equal(text, "a9993e364706816aba3e25717850c26c9cd0d89d");
	sha1_hex("", 0, text);
	assert_string_equal(text, "da39a3ee5e6b4b0d3255bfef95601890afd80709");
}

static void
test_session(void **state)
{
	const struct loopback_step script[] = { { LOOPBACK_SEND,
	    rig_answer(200, "", GIVEN) } };

	(void)state;
	rig_serve(script, 1);
	rig_write(".aws/config", session_profile);
	write_token(SESSION_FILE, 3600, RENEWABLE);
	assert_true(rig_find("p"));
	assert_string_equal(source_traits(rig.source)->name, "single sign-on");
	rig_ask();
	rig_given("ASIA", "s", "t");
	assert_true(rig.credentials.expires_at == 32472144000000);
	assert_non_null(strstr(rig.credentials.source, "/.aws/config:4"));
	assert_non_null(strstr(loopback_request(rig.server, 0),
	    "GET /federation/credentials?role_name=My%2FRole&account_id=123 "));
	assert_string_equal(loopback_header(rig.server, 0,
				"x-amz-sso_bearer_token"),
	    "tok.en");
	assert_null(loopback_header(rig.server, 0, "Authorization"));
}

static void
test_legacy(void **state)
{
	const struct loopback_step script[] = {
		{ LOOPBACK_SEND, rig_answer(200, "", GIVEN) },
		{ LOOPBACK_SEND, rig_answer(200, "", GIVEN) },
		{ LOOPBACK_SEND, rig_answer(200, "", GIVEN) },
	};

	(void)state;
	rig_serve(script, ARRAY_SIZE(script));
	rig_write(".aws/config", legacy_profile);
	write_token(URL_FILE, 3600, "");
	assert_true(rig_find("p"));
	rig_ask();
	rig_given("ASIA", "s", "t");
	/* It cannot be renewed, so its last minutes count. */
	write_token(URL_FILE, 300, RENEWABLE);
	rig_ask();
	rig_given("ASIA", "s", "t");
	write_token(URL_FILE, -1, RENEWABLE);
	rig_ask_only();
	RIG_FAILED(SOURCE_DENIED, "profile 'p'", "/.aws/config:3",
	    "single sign-on", "has expired", "'aws sso login --profile p'");
	assert_int_equal(loopback_count(rig.server), 2);
	/* But not if this host's clock is known to be fast. */
	rig.world.skew = -60 * 1000;
	rig_ask();
	rig_given("ASIA", "s", "t");
}

static size_t
count_files(const char *path)
{
	DIR *dir = opendir(path);
	size_t count = 0;

	assert_non_null(dir);
	while (readdir(dir) != NULL)
		count++;
	(void)closedir(dir);
	return count - 2; /* "." and ".." */
}

/* The file, as other programs find it afterwards. */
static void
assert_file(const char *path, const char *const *said)
{
	struct buf text = BUF_INIT(65536);

	assert_int_equal(file_read(path, &text), 0);
	for (; *said != NULL; said++)
		if (strstr(text.data, *said) == NULL)
			fail_msg("'%s' does not have '%s'", text.data, *said);
	buf_clear(&text);
}

static void
test_renewed(void **state)
{
	const struct loopback_step script[] = {
		{ LOOPBACK_SEND,
		    rig_answer(200, "",
			"{\"accessToken\":\"new.token\",\"expiresIn\":28800,"
			"\"refreshToken\":\"refresh2\",\"tokenType\":"
			"\"Bearer\"}") },
		{ LOOPBACK_SEND, rig_answer(200, "", GIVEN) },
		{ LOOPBACK_SEND, rig_answer(200, "", GIVEN) },
	};
	struct stat st;

	(void)state;
	rig_serve(script, ARRAY_SIZE(script));
	rig_write(".aws/config", session_profile);
	write_token(SESSION_FILE, 899, RENEWABLE);
	assert_true(rig_find("p"));
	rig_ask();
	rig_given("ASIA", "s", "t");
	assert_memory_equal(loopback_request(rig.server, 0), "POST /token ",
	    12);
	assert_string_equal(loopback_header(rig.server, 0, "Content-Type"),
	    "application/json");
	assert_string_equal(loopback_body(rig.server, 0),
	    "{\"grantType\":\"refresh_token\",\"clientId\":\"client\","
	    "\"clientSecret\":\"sec\\\"ret\",\"refreshToken\":\"refresh\"}");
	assert_string_equal(loopback_header(rig.server, 1,
				"x-amz-sso_bearer_token"),
	    "new.token");
	/* What it had besides is still there. */
	assert_file(SESSION_FILE,
	    (const char *const[]){ "\"accessToken\":\"new.token\"",
		"\"refreshToken\":\"refresh2\"", "\"clientId\":\"client\"",
		"\"scopes\":[\"a\",1]", "\"startUrl\":\"https://d-1",
		"\"registrationExpiresAt\":\"2999-01-01T00:00:00Z\"", NULL });
	assert_int_equal(stat(SESSION_FILE, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(count_files(".aws/sso/cache"), 1);
	/* And it is a token that needs no renewing. */
	rig_ask();
	rig_given("ASIA", "s", "t");
	assert_int_equal(loopback_count(rig.server), 3);
}

/* One that is still good serves on when it cannot be renewed; once a minute. */
static void
test_not_renewed(void **state)
{
	const struct loopback_step script[] = {
		{ LOOPBACK_SEND, rig_answer(500, "", "") },
		{ LOOPBACK_SEND, rig_answer(200, "", GIVEN) },
		{ LOOPBACK_SEND, rig_answer(200, "", GIVEN) },
	};

	(void)state;
	rig_serve(script, ARRAY_SIZE(script));
	rig_write(".aws/config", session_profile);
	write_token(SESSION_FILE, 600, RENEWABLE);
	assert_true(rig_find("p"));
	rig_ask();
	rig_given("ASIA", "s", "t");
	rig_ask();
	rig_given("ASIA", "s", "t");
	assert_memory_equal(loopback_request(rig.server, 2), "GET ", 4);
	write_token(SESSION_FILE, -1, RENEWABLE);
	rig_ask_only();
	RIG_FAILED(SOURCE_FAILED, "single sign-on", "less than a minute ago");
	assert_int_equal(loopback_count(rig.server), 3);
}

/* Of a token that has expired: why it cannot be renewed. */
static const struct {
	const char *more;
	int status; /* of the renewal; 0: it is not even tried */
	const char *body;
	enum source_end end;
	const char *said;
} expired[] = {
	{ "", 0, "", SOURCE_DENIED, "aws sso login --profile p" },
	{ ",\"refreshToken\":\"r\",\"clientId\":\"c\",\"clientSecret\":\"s\"",
	    0, "", SOURCE_DENIED, "aws sso login" },
	{ ",\"refreshToken\":\"r\",\"clientId\":\"c\",\"clientSecret\":\"s\","
	  "\"registrationExpiresAt\":\"2020-01-01T00:00:00Z\"",
	    0, "", SOURCE_DENIED, "aws sso login" },
	{ RENEWABLE, 400,
	    "{\"error\":\"invalid_grant\",\"error_description\":\"no\\nway\"}",
	    SOURCE_DENIED, "HTTP status 400: no way: run 'aws sso login" },
	{ RENEWABLE, 401, "{\"error\":\"invalid_client\"}", SOURCE_DENIED,
	    "HTTP status 401: invalid_client: run" },
	{ RENEWABLE, 429, "", SOURCE_FAILED, "HTTP status 429" },
	{ RENEWABLE, 503, "<html>", SOURCE_FAILED, "HTTP status 503" },
	{ RENEWABLE, 200, "<html>", SOURCE_FAILED, "has no accessToken" },
	{ RENEWABLE, 200, "{\"accessToken\":\"a b\",\"expiresIn\":1}",
	    SOURCE_FAILED, "has no accessToken" },
	{ RENEWABLE, 200, "{\"accessToken\":\"a\"}", SOURCE_FAILED,
	    "has no expiresIn" },
	{ RENEWABLE, 200, "{\"accessToken\":\"a\",\"expiresIn\":-1}",
	    SOURCE_FAILED, "has no expiresIn" },
};

static void
test_expired(void **state)
{
	struct loopback_step script[1];

	(void)state;
	rig_write(".aws/config", session_profile);
	for (size_t i = 0; i < ARRAY_SIZE(expired); i++) {
		script[0] = (struct loopback_step){ LOOPBACK_SEND,
			rig_answer(expired[i].status, "", expired[i].body) };
		rig_serve(script, 1);
		write_token(SESSION_FILE, -10, expired[i].more);
		assert_true(rig_find("p"));
		rig_ask();
		rig_failed(expired[i].end,
		    (const char *const[]){ "profile 'p'", "single sign-on",
			expired[i].said, NULL });
		assert_null(strstr(rig.problem.text, "refresh"));
		assert_int_equal(loopback_count(rig.server),
		    expired[i].status == 0 ? 0 : 1);
		source_free(rig.source);
		rig.source = NULL;
		loopback_stop(rig.server);
		rig.server = NULL;
	}
}

/* What the portal answers to a good token. */
static const struct {
	int status;
	const char *body;
	enum source_end end;
	const char *said;
} answers[] = {
	{ 401, "{\"message\":\"Session token not found or invalid\"}",
	    SOURCE_DENIED,
	    "Session token not found or invalid: run 'aws sso login" },
	{ 403, "{\"message\":\"No access\"}", SOURCE_DENIED, "403: No access" },
	{ 404, "", SOURCE_DENIED, "HTTP status 404" },
	{ 429, "", SOURCE_FAILED, "HTTP status 429" },
	{ 500, "<html>", SOURCE_FAILED, "HTTP status 500" },
	{ 200, "<html>", SOURCE_FAILED, "the answer is HTML" },
	{ 200, "{}", SOURCE_FAILED, "has no object roleCredentials" },
	{ 200,
	    "{\"roleCredentials\":{\"accessKeyId\":\"a\","
	    "\"secretAccessKey\":\"s\",\"sessionToken\":\"t\"}}",
	    SOURCE_FAILED, "has no expiration" },
	{ 200,
	    "{\"roleCredentials\":{\"accessKeyId\":\"a\","
	    "\"secretAccessKey\":\"s\",\"expiration\":32472144000000}}",
	    SOURCE_FAILED, "has no sessionToken" },
};

static void
test_portal(void **state)
{
	struct loopback_step script[ARRAY_SIZE(answers)];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(answers); i++)
		script[i] = (struct loopback_step){ LOOPBACK_SEND,
			rig_answer(answers[i].status, "", answers[i].body) };
	rig_serve(script, ARRAY_SIZE(script));
	rig_write(".aws/config", session_profile);
	write_token(SESSION_FILE, 3600, "");
	assert_true(rig_find("p"));
	for (size_t i = 0; i < ARRAY_SIZE(answers); i++) {
		rig_ask();
		rig_failed(answers[i].end,
		    (const char *const[]){ "profile 'p'",
			loopback_host(rig.server), answers[i].said, NULL });
		assert_null(strstr(rig.problem.text, "tok.en"));
	}
}

/* A service that does not answer is one that may do so later. */
static void
test_no_answer(void **state)
{
	const struct loopback_step script[] = {
		{ LOOPBACK_LAST, rig_answer(200, "", GIVEN) },
		{ LOOPBACK_CLOSE, NULL },
		{ LOOPBACK_CLOSE, NULL },
	};

	(void)state;
	rig_serve(script, ARRAY_SIZE(script));
	rig_write(".aws/config", session_profile);
	write_token(SESSION_FILE, 3600, "");
	assert_true(rig_find("p"));
	rig_ask();
	rig_given("ASIA", "s", "t");
	rig_ask();
	RIG_FAILED(SOURCE_FAILED, "profile 'p'", loopback_host(rig.server),
	    "without an answer");
	/* Nor does the one that would renew a token that has expired. */
	write_token(SESSION_FILE, -10, RENEWABLE);
	rig_ask();
	RIG_FAILED(SOURCE_FAILED, "profile 'p'", "single sign-on",
	    loopback_host(rig.server), "without an answer");
}

/* Files that nobody can do anything with. */
static const struct {
	const char *text; /* NULL: there is none */
	const char *said;
} files[] = {
	{ NULL, "No such file" },
	{ "", "is not a JSON object" },
	{ "[]", "is not a JSON object" },
	{ "{\"accessToken\":\"s3cret\"", "is not a JSON object" },
	{ "{\"expiresAt\":\"2999-01-01T00:00:00Z\"}", "has no accessToken" },
	{ "{\"accessToken\":\"s3 cret\","
	  "\"expiresAt\":\"2999-01-01T00:00:00Z\"}",
	    "has no accessToken" },
	{ "{\"accessToken\":\"s3cret\\r\\nX: y\","
	  "\"expiresAt\":\"2999-01-01T00:00:00Z\"}",
	    "has no accessToken" },
	{ "{\"accessToken\":\"s3cret\"}", "has no expiresAt" },
	{ "{\"accessToken\":\"s3cret\",\"expiresAt\":1}", "has no expiresAt" },
};

static void
test_token_files(void **state)
{
	(void)state;
	rig_write(".aws/config", session_profile);
	assert_true(rig_find("p"));
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		if (files[i].text != NULL)
			rig_write(SESSION_FILE, files[i].text);
		rig_ask_only();
		RIG_FAILED(SOURCE_DENIED, "profile 'p'", SESSION_FILE,
		    files[i].said, "aws sso login --profile p");
		assert_null(strstr(rig.problem.text, "s3"));
	}
	assert_int_equal(remove(SESSION_FILE), 0);
	assert_int_equal(mkfifo(SESSION_FILE, 0600), 0);
	rig_ask_only();
	RIG_FAILED(SOURCE_DENIED, "regular file");
}

#define P "[profile p]\n"

static const struct {
	const char *config;
	const char *said[4];
} refused[] = {
	{ P "sso_role_name = r\n",
	    { "profile 'p'", "config:2", "sso_account_id, which is missing" } },
	{ P "sso_account_id = 1\n", { "config:2", "sso_role_name" } },
	{ P "sso_account_id = 1\nsso_role_name = r\n",
	    { "config:3", "sso_start_url", "aws configure sso" } },
	{ P "sso_account_id = 1\nsso_role_name = r\nsso_start_url = u\n",
	    { "sso_region, which is missing" } },
	{ P "sso_account_id = 1\nsso_role_name = r\nsso_session = s\n",
	    { "config:3", "no section [sso-session s]" } },
	{ P "sso_account_id = 1\nsso_role_name = r\nsso_session = s\n"
	    "[sso-session s]\nsso_region = eu-west-1\n",
	    { "sso_start_url, which is missing" } },
	{ P "sso_account_id = 1\nsso_role_name = r\nsso_session = s\n"
	    "sso_region = x\n"
	    "[sso-session s]\nsso_region = y\nsso_start_url = u\n",
	    { "sso_region is 'x', but 'y'", "[sso-session s]" } },
	{ P "sso_account_id = 1\nsso_role_name = r\nsso_start_url = u\n"
	    "sso_region = evil.com/\n",
	    { "sso_region of profile 'p'", "'evil.com/' is not a region" } },
};

static void
test_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		rig_write(".aws/config", refused[i].config);
		rig_refuse("p", (const char *const[]){ refused[i].said[0],
				    refused[i].said[1], refused[i].said[2],
				    refused[i].said[3], NULL });
	}
}

/* A session alone is a way to sign in, not to credentials. */
static void
test_order(void **state)
{
	(void)state;
	rig_write(".aws/config",
	    "[default]\nsso_session = s\nsso_start_url = u\n"
	    "aws_access_key_id = a\naws_secret_access_key = b\n");
	assert_true(rig_find(NULL));
	assert_true(source_traits(rig.source)->fixed);
	source_free(rig.source);
	rig.source = NULL;
	rig_write(".aws/config", legacy_profile);
	rig_write(".aws/credentials",
	    "[p]\naws_access_key_id = a\naws_secret_access_key = b\n");
	assert_true(rig_find("p"));
	assert_string_equal(source_traits(rig.source)->name, "single sign-on");
}

static void
test_forgotten(void **state)
{
	const struct loopback_step script[] = {
		{ LOOPBACK_HANG, NULL },
		{ LOOPBACK_HANG, NULL },
	};

	(void)state;
	rig_serve(script, ARRAY_SIZE(script));
	rig_write(".aws/config", session_profile);
	write_token(SESSION_FILE, -1, RENEWABLE);
	assert_true(rig_find("p"));
	rig_ask_until(1);
	source_forget(rig.source);
	write_token(SESSION_FILE, 3600, RENEWABLE);
	rig_ask_until(2);
	source_forget(rig.source);
	rig_hang_up();
	source_free(rig.source);
	rig.source = NULL;
	rig_serve(script, 1);
	assert_true(rig_find("p"));
	rig_ask_until(1);
	source_free(rig.source);
	rig.source = NULL;
	rig_hang_up();
	assert_int_equal(rig.answers, 0);
}

/* Where it cannot be written it still serves; nothing is left lying about. */
static void
test_not_written(void **state)
{
	const struct loopback_step script[] = {
		{ LOOPBACK_SEND, rig_answer(200, "",
				     "{\"accessToken\":\"new.token\","
				     "\"expiresIn\":28800}") },
		{ LOOPBACK_SEND, rig_answer(200, "", GIVEN) },
	};
	struct rlimit old, small;

	(void)state;
	rig_serve(script, ARRAY_SIZE(script));
	rig_write(".aws/config", session_profile);
	write_token(SESSION_FILE, -1, RENEWABLE);
	assert_true(rig_find("p"));
	/* As on a disk that is full. */
	(void)signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	small = old;
	small.rlim_cur = 16;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	log_set_level(LOG_ERROR);
	rig_ask();
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	rig_given("ASIA", "s", "t");
	assert_string_equal(loopback_header(rig.server, 1,
				"x-amz-sso_bearer_token"),
	    "new.token");
	assert_int_equal(count_files(".aws/sso/cache"), 1);
	assert_file(SESSION_FILE,
	    (const char *const[]){ "\"accessToken\":\"tok.en\"", NULL });
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, rig_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sha1),
		TEST(test_session),
		TEST(test_legacy),
		TEST(test_renewed),
		TEST(test_not_renewed),
		TEST(test_expired),
		TEST(test_portal),
		TEST(test_no_answer),
		TEST(test_token_files),
		TEST(test_refused),
		TEST(test_order),
		TEST(test_forgotten),
		TEST(test_not_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
