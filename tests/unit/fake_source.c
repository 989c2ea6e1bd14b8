/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "fake_source.h"

#include "aws/credentials.h"
#include "aws/provider.h"

struct fake {
	struct source source;
	struct source_kind kind;
	int asked;
};

static void
ask(struct source *source)
{
	((struct fake *)source)->asked++;
}

struct source *
fake_source_new(const struct source_traits *traits)
{
	struct fake *fake = source_new(NULL, sizeof(*fake), "fake");

	fake->kind = (struct source_kind){ .traits = *traits, .ask = ask };
	fake->source.kind = &fake->kind;
	return &fake->source;
}

int
fake_source_asked(const struct source *source)
{
	return ((const struct fake *)source)->asked;
}

bool
fake_source_is_asked(const struct source *source)
{
	return source->done != NULL;
}

void
fake_source_give(struct source *source, const char *id, int64_t expires_at)
{
	struct credentials credentials = { 0 };

	credentials_set(&credentials, id, "secret", "session+token=", NULL,
	    expires_at);
	source_give(source, &credentials);
	credentials_clear(&credentials);
}

void
fake_source_fail(struct source *source, enum source_end end, const char *text)
{
	source_fail(source, end, "%s", text);
}
