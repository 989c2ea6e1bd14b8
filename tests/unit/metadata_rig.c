/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "metadata_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "aws/http.h"
#include "aws/profile.h"
#include "base/clock.h"

enum { PATIENCE = 30 * 1000 };

enum provider_verdict
meta_look(provider_look *look, const char *lacking)
{
	struct profiles *profiles = profiles_load(NULL, &rig.err);
	struct provider_input input = {
		.profiles = profiles, .region = "us-east-1", .lacking = lacking
	};
	enum provider_verdict verdict;

	if (profiles == NULL)
		fail_msg("%s", rig.err.text);
	input.profile = profiles_name(profiles);
	rig.err.text[0] = '\0';
	source_free(rig.source);
	rig.source = NULL;
	verdict = look(&input, &rig.source, &rig.err);
	profiles_free(profiles);
	return verdict;
}

struct source *
meta_find(provider_look *look)
{
	if (meta_look(look, NULL) != PROVIDER_FOUND)
		fail_msg("no source: %s", rig.err.text);
	assert_non_null(rig.source);
	return rig.source;
}

void
meta_broken(provider_look *look, const char *text)
{
	assert_int_equal(meta_look(look, NULL), PROVIDER_BROKEN);
	assert_null(rig.source);
	assert_string_equal(rig.err.text, text);
}

void
meta_ask_and_forget(struct loopback *server, size_t count)
{
	int64_t last = clock_boot() + PATIENCE;

	rig_ask_only();
	while (loopback_count(server) < count && clock_boot() < last) {
		http_wait(rig.http, -1, 10);
		http_perform(rig.http);
	}
	assert_int_equal(loopback_count(server), count);
	source_forget(rig.source);
	meta_settle();
}

void
meta_settle(void)
{
	int before = rig.answers;

	for (int i = 0; i < 5; i++) {
		http_wait(rig.http, -1, 10);
		http_perform(rig.http);
	}
	assert_int_equal(rig.answers, before);
}

void
meta_given(const char *id, const char *secret, const char *token,
    int64_t expires_at)
{
	rig_given(id, secret, token);
	assert_int_equal(rig.credentials.expires_at, expires_at);
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
meta_failed(enum source_end end, const char *text)
{
	if (rig.end == SOURCE_GIVEN)
		fail_msg("given, in place of '%s'", text);
	if (!matches(rig.problem.text, text))
		fail_msg("'%s' in place of '%s'", rig.problem.text, text);
	assert_int_equal(rig.end, end);
	assert_null(strchr(rig.problem.text, '\n'));
}
