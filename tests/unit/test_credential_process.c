/* SPDX-License-Identifier: MIT */
/*
 * aws/credentials_process: what is run, and what comes of each way in which a
 * program can end.  Nothing is run here: the world is made up.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "aws/credentials_json.h"
#include "base/instant.h"
#include "source_rig.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* The one program that runs. */
static struct aws_program program;
static int started;
static int killed;
static int token;

static struct aws_running *
run(void *arg, const struct aws_program *wish, struct err *err)
{
	assert_ptr_equal(arg, &token);
	program = *wish;
	started++;
	if (strcmp(program.argv[0], "missing") != 0)
		return (struct aws_running *)&token;
	(void)err_set(err, "missing: no such program on PATH");
	return NULL;
}

static void
kill_it(void *arg, struct aws_running *running)
{
	assert_ptr_equal(arg, &token);
	assert_ptr_equal(running, &token);
	killed++;
}

static int
setup(void **state)
{
	int result = rig_setup(state);

	rig.world.run = run;
	rig.world.kill = kill_it;
	rig.world.arg = &token;
	started = 0;
	killed = 0;
	return result;
}

static void
find(const char *command)
{
	char config[512] = "[profile p]\ncredential_process = ";

	(void)strlcat(config, command, sizeof(config));
	(void)strlcat(config, "\n", sizeof(config));
	rig_write(".aws/config", config);
	if (!rig_find("p"))
		fail_msg("%s", rig.err.text);
	rig_ask_only();
}

static void
end(int status, const char *output)
{
	struct aws_program_end how = { .exit_status = status,
		.output = output,
		.output_len = strlen(output) };

	program.done(program.arg, &how);
}

#define HEAD "{\"Version\":1,\"AccessKeyId\":\"AKID\","

static void
test_given(void **state)
{
	(void)state;
	find("\"/opt/my tool/get\" --for 'a b' \\\"");
	assert_string_equal(source_traits(rig.source)->name, "process");
	assert_false(source_traits(rig.source)->fixed);
	assert_int_equal(started, 1);
	assert_string_equal(program.argv[0], "/opt/my tool/get");
	assert_string_equal(program.argv[1], "--for");
	assert_string_equal(program.argv[2], "a b");
	assert_string_equal(program.argv[3], "\"");
	assert_null(program.argv[4]);
	assert_int_equal(program.timeout, 60000);
	assert_int_equal(program.output_max, CREDENTIALS_DOCUMENT_MAX);
	assert_int_equal(rig.answers, 0);
	end(0, HEAD "\"SecretAccessKey\":\"s\",\"SessionToken\":\"t\","
		    "\"Expiration\":\"2999-01-01T00:00:00Z\"}\n");
	assert_int_equal(rig.answers, 1);
	rig_given("AKID", "s", "t");
	assert_true(rig.credentials.expires_at < INSTANT_NEVER);
	assert_non_null(strstr(rig.credentials.source, "profile 'p'"));
	/* Long-lived keys: no token, no end. */
	rig_ask_only();
	end(0, HEAD "\"SecretAccessKey\":\"s\"}");
	rig_given("AKID", "s", NULL);
	assert_true(rig.credentials.expires_at == INSTANT_NEVER);
	assert_int_equal(started, 2);
	/* This host's clock may be wrong: what has expired is the service's
	 * to refuse. */
	rig_ask_only();
	end(0, HEAD "\"SecretAccessKey\":\"s\","
		    "\"Expiration\":\"2020-01-01T00:00:00Z\"}");
	rig_given("AKID", "s", NULL);
}

static const struct {
	const char *output;
	const char *said;
} junk[] = {
	{ "", "is empty" },
	{ "hello", "not a JSON object" },
	{ "<html>", "is HTML" },
	{ "[]", "not a JSON object" },
	{ "{}", "has no Version" },
	{ HEAD "\"SecretAccessKey\":\"s3cret\"", "only a part" },
	{ HEAD "\"SecretAccessKey\":\"s3cret\"} x", "not a JSON object" },
	{ "{\"Version\":\"1\",\"AccessKeyId\":\"a\","
	  "\"SecretAccessKey\":\"s3cret\"}",
	    "not the number 1" },
	{ "{\"Version\":2,\"AccessKeyId\":\"a\","
	  "\"SecretAccessKey\":\"s3cret\"}",
	    "not the number 1" },
	{ "{\"AccessKeyId\":\"a\",\"SecretAccessKey\":\"s3cret\"}",
	    "has no Version" },
	{ "{\"Version\":1,\"SecretAccessKey\":\"s3cret\"}",
	    "has no AccessKeyId" },
	{ HEAD "\"SessionToken\":\"s3cret\"}", "has no SecretAccessKey" },
	{ HEAD "\"SecretAccessKey\":7}", "that is no string" },
	{ HEAD "\"SecretAccessKey\":\"s3cret\",\"Expiration\":\"soon\"}",
	    "no time" },
	{ HEAD "\"SecretAccessKey\":\"s3cret\",\"Expiration\":1893456000}",
	    "no time" },
};

/* Each is one line, with nothing of the output in it. */
static void
test_junk(void **state)
{
	(void)state;
	find("get");
	for (size_t i = 0; i < ARRAY_SIZE(junk); i++) {
		if (i > 0)
			rig_ask_only();
		end(0, junk[i].output);
		rig_failed(SOURCE_DENIED,
		    (const char *const[]){ "profile 'p'", "/.aws/config:2",
			"credential_process: 'get'", junk[i].said, NULL });
		assert_null(strstr(rig.problem.text, "s3cret"));
	}
}

/* It is found again when tend has left its first directory. */
static void
test_place(void **state)
{
	(void)state;
	find("bin/get --for x");
	assert_int_equal(program.argv[0][0], '/');
	assert_non_null(strstr(program.argv[0], "/bin/get"));
	assert_string_equal(program.argv[1], "--for");
	end(0, HEAD "\"SecretAccessKey\":\"s\"}");
	rig_given("AKID", "s", NULL);
}

static void
test_ends(void **state)
{
	static const struct {
		struct aws_program_end end;
		const char *said;
	} rows[] = {
		{ { .exit_status = 3 }, "exited with status 3" },
		{ { .exit_status = -1, .signal = 11 }, "killed by SIGSEGV" },
		{ { .exit_status = -1, .signal = 9, .timed_out = true },
		    "did not end within 60 s" },
		{ { .exit_status = -1, .signal = 9, .too_long = true },
		    "printed over 64 KiB" },
	};

	(void)state;
	find("get");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct aws_program_end how = rows[i].end;

		if (i > 0)
			rig_ask_only();
		/* Even if that would do. */
		how.output = HEAD "\"SecretAccessKey\":\"s3cret\"}";
		how.output_len = strlen(how.output);
		program.done(program.arg, &how);
		rig_failed(how.too_long ? SOURCE_DENIED : SOURCE_FAILED,
		    (const char *const[]){
			"credential_process: 'get'", rows[i].said, NULL });
		assert_null(strstr(rig.problem.text, "s3cret"));
	}
}

static void
test_not_started(void **state)
{
	(void)state;
	find("missing x");
	assert_int_equal(rig.answers, 1);
	RIG_FAILED(SOURCE_DENIED, "profile 'p'", "credential_process",
	    "missing: no such program");
}

static void
test_refused(void **state)
{
	(void)state;
	rig_write(".aws/config", "[profile p]\ncredential_process = a 'b\n");
	RIG_REFUSE("p", "profile 'p'", "/.aws/config:2", "credential_process",
	    "not closed");
	rig_write(".aws/config", "[profile p]\ncredential_process = a | b\n");
	RIG_REFUSE("p", "credential_process", "no shell");
	assert_int_equal(started, 0);
}

/* Keys of the credentials file come first, those of the config file later. */
static void
test_order(void **state)
{
	(void)state;
	rig_write(".aws/config",
	    "[default]\ncredential_process = get\n"
	    "aws_access_key_id = a\naws_secret_access_key = b\n");
	assert_true(rig_find(NULL));
	assert_string_equal(source_traits(rig.source)->name, "process");
	source_free(rig.source);
	rig.source = NULL;
	rig_write(".aws/credentials",
	    "[default]\naws_access_key_id = a\naws_secret_access_key = b\n");
	assert_true(rig_find(NULL));
	assert_true(source_traits(rig.source)->fixed);
}

/* A program nobody waits for is killed, once. */
static void
test_forgotten(void **state)
{
	(void)state;
	find("get");
	source_forget(rig.source);
	source_forget(rig.source);
	assert_int_equal(killed, 1);
	rig_ask_only();
	source_free(rig.source);
	rig.source = NULL;
	assert_int_equal(killed, 2);
	assert_int_equal(rig.answers, 0);
}

/* As the source of a role. */
static void
test_source_of_role(void **state)
{
	const struct loopback_step script[] = { { LOOPBACK_SEND,
	    rig_sts("ASIA1") } };

	(void)state;
	rig_serve(script, 1);
	rig_write(".aws/config",
	    "[profile r]\nrole_arn = arn:aws:iam::1:role/r\n"
	    "source_profile = p\n[profile p]\ncredential_process = get\n");
	assert_true(rig_find("r"));
	rig_ask_only();
	end(1, "");
	RIG_FAILED(SOURCE_FAILED, "profile 'r'", "its source", "profile 'p'",
	    "status 1");
	rig_ask_only();
	end(0, HEAD "\"SecretAccessKey\":\"s\"}");
	assert_int_equal(rig.answers, 1);
	rig_wait(2);
	rig_given("ASIA1", "newsecret", "newtoken");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, rig_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_given),
		TEST(test_place),
		TEST(test_junk),
		TEST(test_ends),
		TEST(test_not_started),
		TEST(test_refused),
		TEST(test_order),
		TEST(test_forgotten),
		TEST(test_source_of_role),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
