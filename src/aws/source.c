/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "aws/source.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "aws/provider.h"
#include "aws/world.h"
#include "base/clock.h"
#include "base/instant.h"
#include "base/mem.h"

/* The providers' structs begin with it. */
void *
source_new(const struct source_kind *kind, size_t size, const char *text)
{
	struct source *source = mem_new(1, size);

	source->kind = kind;
	source->text = mem_string(text);
	return source;
}

/* One asking at a time. */
void
source_ask(struct source *source, const struct aws_world *world,
    source_done *done, void *arg)
{
	source->world = world;
	source->done = done;
	source->arg = arg;
	source->kind->ask(source);
}

/* The answer will not come. */
void
source_forget(struct source *source)
{
	if (source->done == NULL)
		return;
	source->done = NULL;
	if (source->kind->forget != NULL)
		source->kind->forget(source);
}

static void
answer(struct source *source, const struct source_answer *answer)
{
	source_done *done = source->done;

	source->done = NULL;
	done(source->arg, answer);
}

/* "credentials" stay the caller's. */
void
source_give(struct source *source, struct credentials *credentials)
{
	struct source_answer given = {
		.end = SOURCE_GIVEN,
		.credentials = credentials,
	};

	if (credentials->source == NULL)
		credentials->source = mem_string(source->text);
	answer(source, &given);
}

/* The text is for people. */
void
source_fail(struct source *source, enum source_end end, const char *format, ...)
{
	struct source_answer failed = { .end = end };
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(failed.problem.text, sizeof(failed.problem.text),
	    format, ap);
	va_end(ap);
	answer(source, &failed);
}

/* While it is asked. */
int64_t
source_now(const struct source *source)
{
	return clock_wall() + source->world->skew;
}

/* Of its kind. */
const struct source_traits *
source_traits(const struct source *source)
{
	return &source->kind->traits;
}

/* For people. */
const char *
source_text(const struct source *source)
{
	return source->text;
}

/* Everything of it. */
void
source_free(struct source *source)
{
	if (source == NULL)
		return;
	source_forget(source);
	if (source->kind->clear != NULL)
		source->kind->clear(source);
	free(source->text);
	free(source);
}

struct fixed {
	struct source source;
	struct source_kind kind;
	struct credentials credentials;
};

static void
give_fixed(struct source *source)
{
	source_give(source, &((struct fixed *)source)->credentials);
}

static void
clear_fixed(struct source *source)
{
	credentials_clear(&((struct fixed *)source)->credentials);
}

static struct fixed *
new_fixed(const char *name, const char *text)
{
	struct fixed *fixed = source_new(NULL, sizeof(*fixed), text);

	fixed->kind = (struct source_kind){
		.traits = { .name = name, .fixed = true, .tries = 1 },
		.ask = give_fixed,
		.clear = clear_fixed,
	};
	fixed->source.kind = &fixed->kind;
	return fixed;
}

/* Keys that stand somewhere. */
enum provider_verdict
source_fixed(struct source **source, const char *name, const char *id,
    const char *secret, const char *token, const char *text)
{
	struct fixed *fixed = new_fixed(name, text);

	credentials_set(&fixed->credentials, id, secret, token, text,
	    INSTANT_NEVER);
	*source = &fixed->source;
	return PROVIDER_FOUND;
}

/* Keys that somebody has. */
struct source *
source_known(const struct credentials *credentials)
{
	struct fixed *fixed = new_fixed("known", credentials->source);

	credentials_copy(&fixed->credentials, credentials);
	return &fixed->source;
}
