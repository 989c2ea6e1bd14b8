/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "source_rig.h"

#include <ftw.h>
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

#include "aws/chain.h"
#include "aws/http.h"
#include "aws/profile.h"
#include "base/clock.h"
#include "base/mem.h"

enum { PATIENCE = 20 * 1000 };

struct source_rig rig;

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

/* Nothing of whoever runs the test has a say. */
static void
forget_environment(void)
{
	for (size_t i = 0; environ[i] != NULL;) {
		char name[128];

		(void)snprintf(name, sizeof(name), "%.*s",
		    (int)strcspn(environ[i], "="), environ[i]);
		if (strncmp(name, "AWS_", 4) == 0 ||
		    strcasestr(name, "_proxy") != NULL)
			(void)unsetenv(name);
		else
			i++;
	}
}

int
rig_setup(void **state)
{
	static const struct http_config config = { .user_agent = "test" };

	(void)state;
	forget_environment();
	rig = (struct source_rig){ .home = "/tmp/tend-source-XXXXXX" };
	if (mkdtemp(rig.home) == NULL || setenv("HOME", rig.home, 1) == -1 ||
	    chdir(rig.home) == -1 || mkdir(".aws", 0700) == -1)
		return -1;
	rig.http = http_new(&config, NULL);
	rig.world.http = rig.http;
	return rig.http == NULL ? -1 : 0;
}

int
rig_teardown(void **state)
{
	(void)state;
	source_free(rig.source);
	credentials_clear(&rig.credentials);
	http_free(rig.http);
	if (rig.server != NULL)
		loopback_stop(rig.server);
	for (size_t i = 0; i < rig.kept_count; i++)
		free(rig.kept[i]);
	return nftw(rig.home, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

void
rig_write(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

void
rig_set(const char *name, const char *value)
{
	assert_int_equal(setenv(name, value, 1), 0);
}

const char *
rig_answer(int status, const char *headers, const char *body)
{
	char *text =
	    mem_format("HTTP/1.1 %d Said\r\n%sContent-Length: %zu\r\n\r\n%s",
		status, headers, strlen(body), body);

	assert_true(rig.kept_count < sizeof(rig.kept) / sizeof(rig.kept[0]));
	rig.kept[rig.kept_count++] = text;
	return text;
}

const char *
rig_sts(const char *id)
{
	char body[512];

	(void)snprintf(body, sizeof(body),
	    "<R><AccessKeyId>%s</AccessKeyId>"
	    "<SecretAccessKey>newsecret</SecretAccessKey>"
	    "<SessionToken>newtoken</SessionToken>"
	    "<Expiration>2999-01-01T00:00:00Z</Expiration></R>",
	    id);
	return rig_answer(200, "", body);
}

void
rig_serve(const struct loopback_step *script, size_t count)
{
	static const char *const names[] = { "AWS_ENDPOINT_URL_STS",
		"AWS_ENDPOINT_URL_SSO", "AWS_ENDPOINT_URL_SSO_OIDC" };

	rig.server = loopback_start(script, count);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		rig_set(names[i], loopback_url(rig.server));
}

bool
rig_find(const char *option)
{
	struct profiles *profiles = profiles_load(option, &rig.err);

	assert_null(rig.source);
	if (profiles != NULL)
		rig.source =
		    chain_find(profiles, option, "eu-west-1", false, &rig.err);
	profiles_free(profiles);
	return rig.source != NULL;
}

static void
has_words(const char *text, const char *const *said)
{
	for (; *said != NULL; said++)
		if (strstr(text, *said) == NULL)
			fail_msg("'%s' does not have '%s'", text, *said);
	assert_null(strchr(text, '\n'));
}

void
rig_refuse(const char *option, const char *const *said)
{
	if (rig_find(option))
		fail_msg("found '%s'", source_text(rig.source));
	has_words(rig.err.text, said);
}

static void
on_answer(void *arg, const struct source_answer *answer)
{
	(void)arg;
	rig.answers++;
	rig.end = answer->end;
	rig.problem = answer->problem;
	credentials_clear(&rig.credentials);
	if (answer->end == SOURCE_GIVEN)
		credentials_copy(&rig.credentials, answer->credentials);
}

void
rig_ask_only(void)
{
	if (rig.source == NULL)
		fail_msg("there is nobody to ask: %s", rig.err.text);
	source_ask(rig.source, &rig.world, on_answer, NULL);
}

void
rig_ask_until(size_t requests)
{
	int64_t end = clock_boot() + PATIENCE;

	rig_ask_only();
	while (loopback_count(rig.server) < requests && clock_boot() < end) {
		http_wait(rig.http, -1, 10);
		http_perform(rig.http);
	}
	assert_int_equal(loopback_count(rig.server), requests);
}

void
rig_hang_up(void)
{
	int before = rig.answers;

	loopback_stop(rig.server);
	rig.server = NULL;
	for (int i = 0; i < 5; i++) {
		http_wait(rig.http, -1, 10);
		http_perform(rig.http);
	}
	assert_int_equal(rig.answers, before);
}

void
rig_wait(int answers)
{
	int64_t end = clock_boot() + PATIENCE;

	while (rig.answers < answers) {
		assert_true(clock_boot() < end);
		http_wait(rig.http, -1, 100);
		http_perform(rig.http);
	}
}

void
rig_ask(void)
{
	int before = rig.answers;

	rig_ask_only();
	rig_wait(before + 1);
	assert_int_equal(rig.answers, before + 1);
}

void
rig_given(const char *id, const char *secret, const char *token)
{
	if (rig.end != SOURCE_GIVEN)
		fail_msg("%s", rig.problem.text);
	assert_string_equal(rig.credentials.access_key_id, id);
	assert_string_equal(rig.credentials.secret_access_key, secret);
	if (token == NULL)
		assert_null(rig.credentials.session_token);
	else
		assert_string_equal(rig.credentials.session_token, token);
}

void
rig_failed(enum source_end end, const char *const *said)
{
	assert_int_equal(rig.end, end);
	has_words(rig.problem.text, said);
}
