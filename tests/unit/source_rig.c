/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "source_rig.h"

#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "aws/http.h"
#include "aws/profile.h"
#include "aws/world.h"
#include "base/clock.h"
#include "base/mem.h"
#include "loopback.h"

enum { PATIENCE = 30 * 1000 };

extern char **environ;

const char *rig_lacking;

static char home[] = "/tmp/tend-source-XXXXXX";
static int idle[2]; /* a pipe whose end to read never wants attention */
static struct aws_world world;

/* The newest answer. */
static int answers;
static enum source_end end;
static struct credentials given;
static struct err problem;

static void
forget_answer(void)
{
	answers = 0;
	credentials_clear(&given);
	problem.text[0] = '\0';
}

/* Without AWS_... and proxies; true as long as there was one. */
static bool
remove_variable(void)
{
	for (char **at = environ; *at != NULL; at++) {
		size_t len = strcspn(*at, "=");
		char *name;

		if (strncmp(*at, "AWS_", 4) != 0 &&
		    (len < 6 || strncasecmp(*at + len - 6, "_proxy", 6) != 0))
			continue;
		name = mem_copy(*at, len);
		(void)unsetenv(name);
		free(name);
		return true;
	}
	return false;
}

int
rig_setup(void **state)
{
	const struct http_config config = { .user_agent = "test" };
	struct err err;

	(void)state;
	while (remove_variable())
		;
	rig_lacking = NULL;
	(void)strlcpy(home, "/tmp/tend-source-XXXXXX", sizeof(home));
	if (mkdtemp(home) == NULL || chdir(home) == -1 ||
	    mkdir(".aws", 0700) == -1 || pipe2(idle, O_CLOEXEC) == -1)
		return -1;
	rig_set("HOME", home);
	world = (struct aws_world){ .http = http_new(&config, &err) };
	forget_answer();
	return world.http == NULL ? -1 : 0;
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

int
rig_teardown(void **state)
{
	(void)state;
	forget_answer();
	http_free(world.http);
	(void)close(idle[0]);
	(void)close(idle[1]);
	return nftw(home, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

void
rig_set(const char *name, const char *value)
{
	assert_int_equal(setenv(name, value, 1), 0);
}

void
rig_unset(const char *name)
{
	assert_int_equal(unsetenv(name), 0);
}

void
rig_write(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

const char *
rig_home(void)
{
	return home;
}

enum provider_verdict
rig_look(provider_look *look, struct source **source, struct err *err)
{
	struct profiles *profiles = profiles_load(NULL, err);
	struct provider_input input = { .profiles = profiles,
		.region = "us-east-1",
		.lacking = rig_lacking };
	enum provider_verdict verdict;

	if (profiles == NULL)
		fail_msg("%s", err->text);
	input.profile = profiles_name(profiles);
	err->text[0] = '\0';
	*source = NULL;
	verdict = look(&input, source, err);
	profiles_free(profiles);
	return verdict;
}

struct source *
rig_find(provider_look *look)
{
	struct source *source;
	struct err err;

	if (rig_look(look, &source, &err) != PROVIDER_FOUND)
		fail_msg("no source: %s", err.text);
	assert_non_null(source);
	return source;
}

void
rig_broken(provider_look *look, const char *text)
{
	struct source *source;
	struct err err;

	assert_int_equal(rig_look(look, &source, &err), PROVIDER_BROKEN);
	assert_null(source);
	assert_string_equal(err.text, text);
}

static void
on_answer(void *arg, const struct source_answer *answer)
{
	assert_ptr_equal(arg, &world);
	forget_answer();
	answers = 1;
	end = answer->end;
	if (end == SOURCE_GIVEN)
		credentials_copy(&given, answer->credentials);
	else
		problem = answer->problem;
}

static void
turn(int64_t timeout)
{
	http_wait(world.http, idle[0], timeout);
	http_perform(world.http);
}

void
rig_ask(struct source *source)
{
	int64_t last = clock_boot() + PATIENCE;

	forget_answer();
	source_ask(source, &world, on_answer, &world);
	while (answers == 0) {
		if (clock_boot() > last)
			fail_msg("%s: no answer", source_text(source));
		turn(1000);
	}
}

void
rig_ask_and_forget(struct source *source, struct loopback *server, size_t count)
{
	int64_t last = clock_boot() + PATIENCE;

	forget_answer();
	source_ask(source, &world, on_answer, &world);
	while (loopback_count(server) < count && clock_boot() < last)
		turn(10);
	assert_int_equal(loopback_count(server), count);
	source_forget(source);
	rig_settle();
}

void
rig_settle(void)
{
	answers = 0;
	for (int i = 0; i < 5; i++)
		turn(10);
	assert_int_equal(answers, 0);
}

static void
check_text(const char *text, const char *expected)
{
	if (expected == NULL)
		assert_null(text);
	else if (text == NULL)
		fail_msg("nothing in place of '%s'", expected);
	else
		assert_string_equal(text, expected);
}

void
rig_given(const char *id, const char *secret, const char *token,
    int64_t expires_at)
{
	assert_int_equal(answers, 1);
	if (end != SOURCE_GIVEN)
		fail_msg("%s", problem.text);
	check_text(given.access_key_id, id);
	check_text(given.secret_access_key, secret);
	check_text(given.session_token, token);
	assert_int_equal(given.expires_at, expires_at);
}

static bool
matches(const char *text, const char *pattern)
{
	size_t number;

	for (; *pattern != '\0'; pattern++) {
		number = *pattern == '~' ? strspn(text, "0123456789.") : 0;
		if (number == 0 && *text != *pattern)
			return false;
		text += number > 0 ? number : 1;
	}
	return *text == '\0';
}

void
rig_failed(enum source_end expected, const char *text)
{
	assert_int_equal(answers, 1);
	if (end == SOURCE_GIVEN)
		fail_msg("given, in place of '%s'", text);
	if (!matches(problem.text, text))
		fail_msg("'%s' in place of '%s'", problem.text, text);
	assert_int_equal(end, expected);
	assert_null(strchr(problem.text, '\n'));
}
