/* SPDX-License-Identifier: MIT */
/*
 * Says which credentials tend would use, for credentials.py to compare.
 *
 *	credentials [PROFILE]
 *
 * PROFILE is what --profile would say.  The source is asked as often as it
 * wants to be, but without pauses.  Five lines are written: "given", access
 * key id, secret, token, when they expire in ms; or two: "refused", why.
 */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "aws/chain.h"
#include "aws/credentials.h"
#include "aws/http.h"
#include "aws/profile.h"
#include "aws/said.h"
#include "aws/source.h"
#include "base/instant.h"
#include "process/inherited.h"
#include "tend/loop.h"
#include "tend/world.h"

struct asking {
	struct loop *loop;
	struct world world;
	struct source *source;
	struct loop_timer again;
	int tries;
};

static int
refused(const char *why)
{
	(void)printf("refused\n%s\n", why);
	return 0;
}

static void
print_given(const struct credentials *credentials)
{
	const char *token = credentials->session_token;

	(void)printf("given\n%s\n%s\n%s\n", credentials->access_key_id,
	    credentials->secret_access_key, token == NULL ? "" : token);
	if (credentials->expires_at == INSTANT_NEVER)
		(void)printf("never\n");
	else
		(void)printf("%lld\n", (long long)credentials->expires_at);
}

static void
on_answer(void *arg, const struct source_answer *answer)
{
	struct asking *asking = arg;

	if (answer->end == SOURCE_FAILED &&
	    ++asking->tries < source_traits(asking->source)->tries) {
		loop_timer_set(asking->loop, &asking->again, 1);
		return;
	}
	if (answer->end == SOURCE_GIVEN)
		print_given(answer->credentials);
	else
		(void)refused(answer->problem.text);
	loop_stop(asking->loop);
}

static void
ask(void *arg)
{
	struct asking *asking = arg;

	source_ask(asking->source, &asking->world.aws, on_answer, asking);
}

static int
run(struct asking *asking, const struct inherited *inherited)
{
	const struct http_config config = { .user_agent = "test" };
	struct http *http;
	struct err err;

	http = http_new(&config, &err);
	asking->loop = http == NULL ? NULL : loop_new(http, &err);
	if (asking->loop == NULL)
		return -1;
	world_init(&asking->world, http, asking->loop, inherited);
	asking->again.call = ask;
	asking->again.arg = asking;
	loop_timer_set(asking->loop, &asking->again, 1);
	loop_run(asking->loop);
	source_free(asking->source);
	world_clear(&asking->world);
	loop_free(asking->loop);
	http_free(http);
	return 0;
}

/* Of the requests to STS; as aws/settings finds it. */
static const char *
find_region(const struct profiles *profiles, struct said *said)
{
	(void)(said_in_environment(said, "AWS_REGION") ||
	       said_in_environment(said, "AWS_DEFAULT_REGION") ||
	       said_in_profile(said, profiles, "region"));
	return said->value;
}

int
main(int argc, char **argv)
{
	static struct inherited inherited;
	const char *option = argc > 1 ? argv[1] : NULL;
	struct asking asking = { 0 };
	struct said said = { 0 };
	struct profiles *profiles;
	struct err err;

	inherited_read(&inherited);
	profiles = profiles_load(option, &err);
	if (profiles == NULL)
		return refused(err.text);
	asking.source = chain_find(profiles, option,
	    find_region(profiles, &said), false, &err);
	profiles_free(profiles);
	if (asking.source == NULL)
		return refused(err.text);
	return run(&asking, &inherited) == -1 ? 1 : 0;
}
