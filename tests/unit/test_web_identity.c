/* SPDX-License-Identifier: MIT */
/*
 * aws/credentials_web_identity: a token file and a role, by environment or
 * profile, and what STS makes of them.
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

#include "base/instant.h"
#include "source_rig.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#define ROLE "arn:aws:iam::123456789012:role/r"

/* A server that gives credentials twice. */
static void
serve(void)
{
	static struct loopback_step script[2];

	script[0] =
	    (struct loopback_step){ LOOPBACK_SEND, rig_sts("ASIA0001") };
	script[1] =
	    (struct loopback_step){ LOOPBACK_SEND, rig_sts("ASIA0002") };
	rig_serve(script, 2);
}

static void
test_environment(void **state)
{
	(void)state;
	serve();
	rig_write("token", "one\n");
	rig_set("AWS_WEB_IDENTITY_TOKEN_FILE", "token");
	rig_set("AWS_ROLE_ARN", ROLE);
	rig_set("AWS_ROLE_SESSION_NAME", "me");
	assert_true(rig_find(NULL));
	assert_string_equal(source_traits(rig.source)->name, "web identity");
	assert_false(source_traits(rig.source)->fixed);
	/* The file is found again from any directory. */
	assert_int_equal(chdir("/"), 0);
	rig_ask();
	rig_given("ASIA0001", "newsecret", "newtoken");
	assert_non_null(strstr(rig.credentials.source, ROLE));
	assert_true(rig.credentials.expires_at > 0 &&
		    rig.credentials.expires_at < INSTANT_NEVER);
	assert_non_null(strstr(loopback_body(rig.server, 0),
	    "&RoleSessionName=me&WebIdentityToken=one"));
	assert_null(strstr(loopback_body(rig.server, 0), "%0A"));
	/* And read again, because the platform changes it. */
	assert_int_equal(chdir(rig.home), 0);
	rig_write("token", "two");
	rig_ask();
	rig_given("ASIA0002", "newsecret", "newtoken");
	assert_non_null(strstr(loopback_body(rig.server, 1),
	    "WebIdentityToken=two"));
}

static void
test_profile(void **state)
{
	(void)state;
	serve();
	rig_write("token", "one");
	rig_write(".aws/config", "[profile p]\nrole_arn = " ROLE "\n"
				 "web_identity_token_file = token\n"
				 "role_session_name = mine\n");
	/* With --profile the environment has no say. */
	rig_set("AWS_WEB_IDENTITY_TOKEN_FILE", "/nowhere");
	rig_set("AWS_ROLE_ARN", "arn:aws:iam::1:role/other");
	rig_set("AWS_ROLE_SESSION_NAME", "other");
	assert_true(rig_find("p"));
	rig_ask();
	rig_given("ASIA0001", "newsecret", "newtoken");
	assert_non_null(strstr(loopback_body(rig.server, 0), "Arole%2Fr&"));
	assert_non_null(strstr(loopback_body(rig.server, 0),
	    "&RoleSessionName=mine&"));
}

/* Each setting by itself, the environment first. */
static void
test_mixed(void **state)
{
	(void)state;
	serve();
	rig_write("token", "one");
	rig_write(".aws/config", "[default]\nrole_arn = " ROLE "\n"
				 "web_identity_token_file = nowhere\n"
				 "role_session_name = mine\n");
	rig_set("AWS_WEB_IDENTITY_TOKEN_FILE", "token");
	rig_set("AWS_ROLE_SESSION_NAME", "");
	assert_true(rig_find(NULL));
	rig_ask();
	rig_given("ASIA0001", "newsecret", "newtoken");
	assert_non_null(strstr(loopback_body(rig.server, 0),
	    "&RoleSessionName=mine&"));
}

static void
test_default_session_name(void **state)
{
	char name[64];

	(void)state;
	serve();
	rig_write("token", "one");
	rig_set("AWS_WEB_IDENTITY_TOKEN_FILE", "token");
	rig_set("AWS_ROLE_ARN", ROLE);
	assert_true(rig_find(NULL));
	rig_ask();
	(void)snprintf(name, sizeof(name), "&RoleSessionName=tend-%ld-",
	    (long)getpid());
	assert_non_null(strstr(loopback_body(rig.server, 0), name));
}

static void
test_order(void **state)
{
	(void)state;
	rig_write("token", "one");
	rig_write(".aws/credentials",
	    "[default]\naws_access_key_id = a\naws_secret_access_key = b\n");
	rig_set("AWS_WEB_IDENTITY_TOKEN_FILE", "token");
	rig_set("AWS_ROLE_ARN", ROLE);
	/* Before the profile's own keys, but behind those of the environment.
	 */
	assert_true(rig_find(NULL));
	assert_string_equal(source_traits(rig.source)->name, "web identity");
	source_free(rig.source);
	rig.source = NULL;
	rig_set("AWS_ACCESS_KEY_ID", "e");
	rig_set("AWS_SECRET_ACCESS_KEY", "f");
	assert_true(rig_find(NULL));
	assert_string_equal(source_traits(rig.source)->name, "environment");
}

static void
test_refused(void **state)
{
	(void)state;
	rig_set("AWS_WEB_IDENTITY_TOKEN_FILE", "token");
	RIG_REFUSE(NULL, "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_ROLE_ARN");
	rig_set("AWS_ROLE_ARN", "r");
	RIG_REFUSE(NULL, "AWS_ROLE_ARN", "'r' is not the ARN of a role");
	rig_set("AWS_ROLE_ARN", "arn:aws:iam::1:role/a b");
	RIG_REFUSE(NULL, "AWS_ROLE_ARN", "not the ARN");
	rig_set("AWS_ROLE_ARN", ROLE);
	rig_set("AWS_ROLE_SESSION_NAME", "me!");
	RIG_REFUSE(NULL, "AWS_ROLE_SESSION_NAME", "'me!'", "2 to 64");
	rig_set("AWS_ROLE_SESSION_NAME", "m");
	RIG_REFUSE(NULL, "AWS_ROLE_SESSION_NAME", "'m'");
	rig_set("AWS_ROLE_SESSION_NAME", "");
	rig_set("AWS_ENDPOINT_URL_STS", "ftp://x");
	RIG_REFUSE(NULL, "AWS_ENDPOINT_URL_STS", "ftp://x");
	rig_set("AWS_ENDPOINT_URL_STS", "http://sts.example");
	RIG_REFUSE(NULL, "AWS_ENDPOINT_URL_STS", "unencrypted");
	rig_set("AWS_ENDPOINT_URL_STS", "");
	rig_set("AWS_STS_REGIONAL_ENDPOINTS", "x");
	RIG_REFUSE(NULL, "AWS_STS_REGIONAL_ENDPOINTS", "regional nor legacy");
	rig_write(".aws/config",
	    "[profile p]\nregion = x\nweb_identity_token_file = f\n");
	rig_set("AWS_STS_REGIONAL_ENDPOINTS", "regional");
	RIG_REFUSE("p", "profile 'p'", ".aws/config:3", "no role", "role_arn");
}

/* A file that cannot be read now may be there the next time. */
static void
test_token_files(void **state)
{
	struct {
		const char *name;
		const char *said;
	} rows[] = { { "missing", "No such file" }, { "empty", "is empty" },
		{ "newline", "is empty" }, { "directory", "regular file" },
		{ "fifo", "regular file" }, { "huge", "bytes" },
		{ "two", "more than one line" } };
	char huge[30001];

	(void)state;
	memset(huge, 'x', sizeof(huge) - 1);
	huge[sizeof(huge) - 1] = '\0';
	rig_write("empty", "");
	rig_write("newline", "\n");
	rig_write("huge", huge);
	rig_write("two", "a\nb\n");
	assert_int_equal(mkdir("directory", 0700), 0);
	assert_int_equal(mkfifo("fifo", 0600), 0);
	rig_set("AWS_ROLE_ARN", ROLE);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		rig_set("AWS_WEB_IDENTITY_TOKEN_FILE", rows[i].name);
		assert_true(rig_find(NULL));
		rig_ask_only();
		assert_int_equal(rig.answers, (int)i + 1);
		RIG_FAILED(SOURCE_DENIED, "AWS_WEB_IDENTITY_TOKEN_FILE",
		    rows[i].name, rows[i].said);
		source_free(rig.source);
		rig.source = NULL;
	}
}

static void
test_sts_refuses(void **state)
{
	const struct loopback_step script[] = {
		{ LOOPBACK_SEND,
		    rig_answer(403, "", "<Code>AccessDenied</Code>") },
		{ LOOPBACK_SEND,
		    rig_answer(400, "", "<Code>ExpiredTokenException</Code>") },
	};

	(void)state;
	rig_serve(script, ARRAY_SIZE(script));
	rig_write("token", "one");
	rig_set("AWS_WEB_IDENTITY_TOKEN_FILE", "token");
	rig_set("AWS_ROLE_ARN", ROLE);
	assert_true(rig_find(NULL));
	rig_ask();
	RIG_FAILED(SOURCE_DENIED, "AccessDenied", ROLE, "trust policy");
	rig_ask();
	RIG_FAILED(SOURCE_FAILED, "ExpiredTokenException", "new token");
}

static void
test_forgotten(void **state)
{
	static const struct loopback_step script[] = { { LOOPBACK_HANG,
	    NULL } };

	(void)state;
	rig_serve(script, ARRAY_SIZE(script));
	rig_write("token", "one");
	rig_set("AWS_WEB_IDENTITY_TOKEN_FILE", "token");
	rig_set("AWS_ROLE_ARN", ROLE);
	assert_true(rig_find(NULL));
	rig_ask_until(1);
	source_forget(rig.source);
	rig_hang_up();
	source_free(rig.source);
	rig.source = NULL;
	rig_serve(script, ARRAY_SIZE(script));
	assert_true(rig_find(NULL));
	rig_ask_until(1);
	source_free(rig.source);
	rig.source = NULL;
	rig_hang_up();
	assert_int_equal(rig.answers, 0);
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_environment),
		TEST(test_profile),
		TEST(test_mixed),
		TEST(test_default_session_name),
		TEST(test_order),
		TEST(test_refused),
		TEST(test_token_files),
		TEST(test_sts_refuses),
		TEST(test_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
