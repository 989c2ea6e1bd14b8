/* SPDX-License-Identifier: MIT */
/*
 * aws/credentials_assume_role: which source a role is assumed with, what is
 * refused, and how the two are asked one after the other.
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

#include "aws/http.h"
#include "source_rig.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#define ROLE(n)  "arn:aws:iam::123456789012:role/" n
#define KEYS(id) "aws_access_key_id = " id "\naws_secret_access_key = s\n"

/* A server that gives "count" sets: ASIA1, ASIA2, ... */
static void
serve(size_t count)
{
	static const char *const ids[] = { "ASIA1", "ASIA2", "ASIA3" };
	static struct loopback_step script[ARRAY_SIZE(ids)];

	for (size_t i = 0; i < count; i++)
		script[i] =
		    (struct loopback_step){ LOOPBACK_SEND, rig_sts(ids[i]) };
	rig_serve(script, count);
}

/* The request was signed with that key, and is for that role. */
static void
assert_request(size_t number, const char *id, const char *role)
{
	const char *authorization =
	    loopback_header(rig.server, number, "Authorization");
	char text[128];

	(void)snprintf(text, sizeof(text), "Credential=%s/", id);
	assert_non_null(authorization);
	if (strstr(authorization, text) == NULL)
		fail_msg("'%s' does not have '%s'", authorization, text);
	(void)snprintf(text, sizeof(text), "role%%2F%s&", role);
	assert_non_null(strstr(loopback_body(rig.server, number), text));
}

static void
test_source_profile(void **state)
{
	(void)state;
	serve(2);
	rig_write(".aws/config",
	    "[profile p]\nrole_arn = " ROLE(
		"r") "\nsource_profile = base\n"
		     "external_id = x/y\nrole_session_name = me\n"
		     "duration_seconds = 3600\n");
	rig_write(".aws/credentials",
	    "[base]\n" KEYS("AKIDBASE") "aws_session_token = basetoken\n");
	/* The environment's keys are nobody's source. */
	rig_set("AWS_PROFILE", "p");
	assert_true(rig_find(NULL));
	assert_string_equal(source_traits(rig.source)->name, "assume-role");
	assert_non_null(strstr(source_text(rig.source), ROLE("r")));
	assert_non_null(strstr(source_text(rig.source), "/.aws/config:2"));
	rig_ask();
	rig_given("ASIA1", "newsecret", "newtoken");
	assert_request(0, "AKIDBASE", "r");
	assert_string_equal(loopback_header(rig.server, 0,
				"X-Amz-Security-Token"),
	    "basetoken");
	assert_non_null(strstr(loopback_body(rig.server, 0),
	    "&RoleSessionName=me&ExternalId=x%2Fy&DurationSeconds=3600"));
	rig_ask();
	rig_given("ASIA2", "newsecret", "newtoken");
	assert_request(1, "AKIDBASE", "r");
}

/* Roles before roles: each is asked with the one behind it. */
static void
test_chain(void **state)
{
	(void)state;
	serve(3);
	rig_write(".aws/config",
	    "[profile a]\nrole_arn = " ROLE(
		"ra") "\nsource_profile = b\n"
		      "[profile b]\nrole_arn = " ROLE(
			  "rb") "\nsource_profile = c\n"
				"[profile c]\nrole_arn = " ROLE(
				    "rc") "\nsource_profile = d\n"
					  "[profile d]\n" KEYS("AKID"));
	assert_true(rig_find("a"));
	rig_ask();
	rig_given("ASIA3", "newsecret", "newtoken");
	assert_request(0, "AKID", "rc");
	assert_request(1, "ASIA1", "rb");
	assert_request(2, "ASIA2", "ra");
}

/* Static keys end a chain, whatever else the profile has. */
static void
test_static_keys_end_it(void **state)
{
	static const char config[] =
	    "[profile a]\n"
	    "role_arn = arn:aws:iam::1:role/ra\nsource_profile = b\n"
	    "[profile b]\n"
	    "role_arn = arn:aws:iam::1:role/rb\nsource_profile = c\n"
	    "aws_access_key_id = AKIDB\naws_secret_access_key = s\n"
	    "[profile self]\n"
	    "role_arn = arn:aws:iam::1:role/rs\nsource_profile = self\n"
	    "aws_access_key_id = AKIDSELF\naws_secret_access_key = s\n";

	(void)state;
	serve(2);
	rig_write(".aws/config", config);
	assert_true(rig_find("a"));
	rig_ask();
	assert_request(0, "AKIDB", "ra");
	assert_int_equal(loopback_count(rig.server), 1);
	source_free(rig.source);
	rig.source = NULL;
	assert_true(rig_find("self"));
	rig_ask();
	assert_request(1, "AKIDSELF", "rs");
}

static void
test_credential_source(void **state)
{
	(void)state;
	serve(1);
	rig_write(".aws/config",
	    "[profile p]\nrole_arn = " ROLE(
		"r") "\ncredential_source = Environment\n");
	RIG_REFUSE("p", "profile 'p'", "/.aws/config:3", "Environment",
	    "AWS_ACCESS_KEY_ID is not set");
	rig_set("AWS_ACCESS_KEY_ID", "AKIDENV");
	RIG_REFUSE("p", "half a key pair");
	rig_set("AWS_SECRET_ACCESS_KEY", "s");
	assert_true(rig_find("p"));
	rig_ask();
	assert_request(0, "AKIDENV", "r");
}

/* Those of the platform are asked as they are by themselves. */
static void
test_instance_as_source(void **state)
{
	const struct loopback_step script[] = {
		{ LOOPBACK_SEND,
		    rig_answer(200,
			"X-Aws-Ec2-Metadata-Token-Ttl-Seconds: 600\r\n", "x") },
		{ LOOPBACK_SEND, rig_answer(200, "", "name") },
		{ LOOPBACK_SEND,
		    rig_answer(200, "",
			"{\"Code\":\"Success\",\"AccessKeyId\":\"ASIAINST\","
			"\"SecretAccessKey\":\"s\",\"Token\":\"t\","
			"\"Expiration\":\"2999-01-01T00:00:00Z\"}") },
		{ LOOPBACK_SEND, rig_sts("ASIA1") },
	};

	(void)state;
	rig_serve(script, ARRAY_SIZE(script));
	rig_set("AWS_EC2_METADATA_SERVICE_ENDPOINT", loopback_url(rig.server));
	rig_write(".aws/config",
	    "[profile p]\nrole_arn = " ROLE(
		"r") "\ncredential_source = Ec2InstanceMetadata\n");
	assert_true(rig_find("p"));
	rig_ask();
	rig_given("ASIA1", "newsecret", "newtoken");
	assert_request(3, "ASIAINST", "r");
	source_free(rig.source);
	rig.source = NULL;
	rig_set("AWS_EC2_METADATA_DISABLED", "true");
	RIG_REFUSE("p", "/.aws/config:3", "AWS_EC2_METADATA_DISABLED");
}

static void
test_container_as_source(void **state)
{
	const struct loopback_step script[] = {
		{ LOOPBACK_SEND,
		    rig_answer(200, "",
			"{\"AccessKeyId\":\"ASIACONT\","
			"\"SecretAccessKey\":\"s\",\"Token\":\"t\","
			"\"Expiration\":\"2999-01-01T00:00:00Z\"}") },
		{ LOOPBACK_SEND, rig_sts("ASIA1") },
	};

	(void)state;
	rig_serve(script, ARRAY_SIZE(script));
	rig_set("AWS_CONTAINER_CREDENTIALS_FULL_URI", loopback_url(rig.server));
	rig_write(".aws/config",
	    "[profile p]\nrole_arn = " ROLE(
		"r") "\ncredential_source = EcsContainer\n");
	assert_true(rig_find("p"));
	rig_ask();
	rig_given("ASIA1", "newsecret", "newtoken");
	assert_request(1, "ASIACONT", "r");
}

/* A source profile by web identity; both calls go to STS. */
static void
test_web_identity_as_source(void **state)
{
	(void)state;
	serve(2);
	rig_write("token", "ey\n");
	rig_write(".aws/config",
	    "[profile p]\nrole_arn = " ROLE(
		"r") "\nsource_profile = w\n"
		     "[profile w]\nrole_arn = " ROLE(
			 "rw") "\n"
			       "web_identity_token_file = token\n");
	/* What the environment says of it does not count for a source. */
	rig_set("AWS_WEB_IDENTITY_TOKEN_FILE", "/nowhere");
	rig_set("AWS_PROFILE", "p");
	assert_true(rig_find(NULL));
	rig_ask();
	rig_given("ASIA2", "newsecret", "newtoken");
	assert_null(loopback_header(rig.server, 0, "Authorization"));
	assert_request(1, "ASIA1", "r");
}

#define P "[profile p]\n"
#define R "role_arn = " ROLE("r") "\n"

static const struct {
	const char *config;
	const char *said[4];
} refused[] = {
	{ P R, { "profile 'p'", "config:2", "neither source_profile" } },
	{ P R "source_profile = a\ncredential_source = Environment\n",
	    { "profile 'p'", "config:4", "both" } },
	{ P R "source_profile = a\n",
	    { "profile 'p'", "config:3", "'a' does not exist" } },
	{ P R "source_profile = a\n[profile a]\nregion = x\n",
	    { "config:3", "'a' has no credentials" } },
	{ P R "source_profile = a\n[profile a]\naws_access_key_id = x\n",
	    { "half a key pair", "profile 'a'" } },
	{ P R "source_profile = p\n",
	    { "config:3", "loop", "p -> p", "credentials of its own" } },
	{ P R "source_profile = a\n[profile a]\n" R "source_profile = b\n"
	      "[profile b]\n" R "source_profile = p\n",
	    { "profile 'b'", "config:9", "p -> a -> b -> p" } },
	{ P R "source_profile = a\n[profile a]\n" R "source_profile = a\n",
	    { "profile 'a'", "p -> a -> a" } },
	/* Even with keys, unless it names itself. */
	{ P R KEYS("x") "source_profile = a\n"
			"[profile a]\n" R "source_profile = p\n",
	    { "profile 'a'", "p -> a -> p" } },
	{ P R "credential_source = environment\n",
	    { "config:3", "'environment' is no", "Ec2InstanceMetadata" } },
	{ P R "credential_source = EcsContainer\n",
	    { "config:3", "EcsContainer",
		"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI" } },
	{ P R "source_profile = a\nmfa_serial = m\n[profile a]\n" KEYS("x"),
	    { "config:4", "mfa_serial", "nobody" } },
	{ P R "source_profile = a\n[profile a]\n" R
	      "source_profile = b\nmfa_serial = m\n[profile b]\n" KEYS("x"),
	    { "profile 'a'", "mfa_serial" } },
	{ P R "source_profile = a\nduration_seconds = 1h\n[profile a]\n" KEYS(
	      "x"),
	    { "config:4", "duration_seconds '1h'", "900 to 43200" } },
	{ P R "source_profile = a\nduration_seconds = 899\n[profile a]\n" KEYS(
	      "x"),
	    { "duration_seconds '899'" } },
	{ P R "source_profile = a\nduration_seconds = 43201\n"
	      "[profile a]\n" KEYS("x"),
	    { "duration_seconds '43201'" } },
	{ P R "source_profile = a\nrole_session_name = a b\n"
	      "[profile a]\n" KEYS("x"),
	    { "config:4", "'a b' is not a session name" } },
	{ P "role_arn = r\nsource_profile = a\n[profile a]\n" KEYS("x"),
	    { "config:2", "'r' is not the ARN" } },
	/* So is the role of another that is a base. */
	{ P R "source_profile = a\n[profile a]\nrole_arn = r\n"
	      "source_profile = b\n[profile b]\n" KEYS("x"),
	    { "profile 'a'", "config:5", "'r' is not the ARN" } },
	{ P R "source_profile = a\nrole_session_name = x\n"
	      "[profile a]\n" KEYS("x"),
	    { "config:4", "'x' is not a session name" } },
	{ P R "source_profile = a\nrole_session_name = "
	      "0123456789012345678901234567890123456789012345678901234567890123"
	      "4\n[profile a]\n" KEYS("x"),
	    { "config:4", "01234' is not a session name", "2 to 64" } },
	{ P R "source_profile = a\n[profile a]\nlogin_session = x\n",
	    { "profile 'a'", "login_session" } },
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

/* However long the way is, it ends. */
static void
test_long_chain(void **state)
{
	FILE *file = fopen(".aws/config", "w");

	(void)state;
	assert_non_null(file);
	for (int i = 0; i < 2000; i++)
		(void)fprintf(file,
		    "[profile p%d]\nrole_arn = " ROLE(
			"r") "\nsource_profile = p%d\n",
		    i, i + 1);
	(void)fprintf(file, "[profile p2000]\n" KEYS("x"));
	assert_int_equal(fclose(file), 0);
	RIG_REFUSE("p0", "over 16 roles");
	assert_true(rig_find("p1984"));
	source_free(rig.source);
	rig.source = NULL;
	RIG_REFUSE("p1983", "over 16 roles");
}

/* ---- asking -------------------------------------------------------------- */

static const char chain[] = "[profile p]\nrole_arn = " ROLE(
    "r") "\nsource_profile = q\n"
	 "[profile q]\nrole_arn = " ROLE("rq") "\nsource_profile = base\n"
					       "[profile base]\n" KEYS("AKID");

/* What the base gave turns out to be stale: it is asked once more. */
static void
test_stale_base(void **state)
{
	const struct loopback_step script[] = {
		{ LOOPBACK_SEND, rig_sts("ASIA1") },
		{ LOOPBACK_SEND,
		    rig_answer(403, "", "<Code>ExpiredToken</Code>") },
		{ LOOPBACK_SEND, rig_sts("ASIA2") },
		{ LOOPBACK_SEND, rig_sts("ASIA3") },
		/* And only once. */
		{ LOOPBACK_SEND, rig_sts("ASIA4") },
		{ LOOPBACK_SEND,
		    rig_answer(403, "", "<Code>ExpiredToken</Code>") },
		{ LOOPBACK_SEND, rig_sts("ASIA5") },
		{ LOOPBACK_SEND,
		    rig_answer(403, "", "<Code>ExpiredToken</Code>") },
	};

	(void)state;
	rig_serve(script, ARRAY_SIZE(script));
	rig_write(".aws/config", chain);
	assert_true(rig_find("p"));
	rig_ask();
	rig_given("ASIA3", "newsecret", "newtoken");
	assert_request(3, "ASIA2", "r");
	rig_ask();
	RIG_FAILED(SOURCE_FAILED, "profile 'p'", "ExpiredToken", ROLE("r"));
	assert_int_equal(loopback_count(rig.server), 8);
}

/* Keys that stand in a file are the same when they are asked again. */
static void
test_stale_fixed_base(void **state)
{
	const struct loopback_step script[] = { { LOOPBACK_SEND,
	    rig_answer(403, "", "<Code>InvalidClientTokenId</Code>") } };

	(void)state;
	rig_serve(script, 1);
	rig_write(".aws/config", "[profile p]\nrole_arn = " ROLE(
				     "r") "\nsource_profile = base\n"
					  "[profile base]\n" KEYS("AKID"));
	assert_true(rig_find("p"));
	rig_ask();
	RIG_FAILED(SOURCE_DENIED, "profile 'p'", "InvalidClientTokenId",
	    "new credentials");
	assert_int_equal(loopback_count(rig.server), 1);
}

/* If the base does not answer, its last credentials are good enough. */
static void
test_base_out_of_reach(void **state)
{
	const char *broken = rig_answer(503, "", "");
	const struct loopback_step script[] = {
		{ LOOPBACK_SEND, broken },
		{ LOOPBACK_SEND, rig_sts("ASIA1") },
		{ LOOPBACK_SEND, rig_sts("ASIA2") },
		{ LOOPBACK_SEND, broken },
		{ LOOPBACK_SEND, rig_sts("ASIA3") },
	};

	(void)state;
	rig_serve(script, ARRAY_SIZE(script));
	rig_write(".aws/config", chain);
	assert_true(rig_find("p"));
	rig_ask();
	RIG_FAILED(SOURCE_FAILED, "profile 'p'", "its source", "profile 'q'",
	    "HTTP status 503");
	rig_ask();
	rig_given("ASIA2", "newsecret", "newtoken");
	rig_ask();
	rig_given("ASIA3", "newsecret", "newtoken");
	assert_request(4, "ASIA1", "r");
}

static void
test_denied(void **state)
{
	const struct loopback_step script[] = {
		{ LOOPBACK_SEND,
		    rig_answer(403, "", "<Code>AccessDenied</Code>") },
		{ LOOPBACK_CLOSE, NULL },
	};

	(void)state;
	rig_serve(script, ARRAY_SIZE(script));
	rig_write(".aws/config", "[profile p]\nrole_arn = " ROLE(
				     "r") "\nsource_profile = base\n"
					  "[profile base]\n" KEYS("AKID"));
	assert_true(rig_find("p"));
	rig_ask();
	RIG_FAILED(SOURCE_DENIED, "profile 'p'", ".aws/config:2",
	    "AccessDenied", "sts:AssumeRole");
	rig_ask();
	RIG_FAILED(SOURCE_FAILED, "profile 'p'", loopback_host(rig.server));
}

/* At any stage an asking can be given up, and the source freed. */
static void
test_forgotten(void **state)
{
	const struct loopback_step script[] = {
		{ LOOPBACK_HANG, NULL },
		{ LOOPBACK_SEND, rig_sts("ASIA1") },
		{ LOOPBACK_HANG, NULL },
	};

	(void)state;
	rig_serve(script, ARRAY_SIZE(script));
	rig_write(".aws/config", chain);
	assert_true(rig_find("p"));
	rig_ask_until(1);
	source_forget(rig.source);
	rig_ask_until(3);
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

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_source_profile),
		TEST(test_chain),
		TEST(test_static_keys_end_it),
		TEST(test_credential_source),
		TEST(test_instance_as_source),
		TEST(test_container_as_source),
		TEST(test_web_identity_as_source),
		TEST(test_refused),
		TEST(test_long_chain),
		TEST(test_stale_base),
		TEST(test_stale_fixed_base),
		TEST(test_base_out_of_reach),
		TEST(test_denied),
		TEST(test_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
