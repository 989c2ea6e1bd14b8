/* SPDX-License-Identifier: MIT */
/*
 * The inside of aws/source: what the providers, one file credentials_NAME.c
 * each, share with aws/chain and aws/source.
 *
 * A provider has one function that looks whether it is configured, in
 * environment and profiles only, and then makes a source of it: a struct of
 * its own that begins with a struct source.  The source asks by itself, over
 * its world, and ends each asking by source_give() or source_fail(), once.
 *
 *	struct container {
 *		struct source source;
 *		char *url;
 *		struct http_transfer *transfer;
 *	};
 *
 *	static const struct source_kind kind = {
 *		.traits = { .name = "container", .tries = 3, .pause = 1000 },
 *		.ask = ask,
 *		.forget = forget,
 *		.clear = clear,
 *	};
 */
#ifndef AWS_PROVIDER_H
#define AWS_PROVIDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "aws/credentials.h"
#include "aws/profile.h"
#include "aws/source.h"
#include "base/err.h"

struct source_kind {
	struct source_traits traits;
	/* Begins to ask, by source->world. */
	void (*ask)(struct source *);
	/* Gives up what is under way; only called while asking.  NULL: it
	 * answers at once. */
	void (*forget)(struct source *);
	/* Frees what the provider has added, secrets overwritten; NULL: that
	 * is nothing. */
	void (*clear)(struct source *);
};

/* The head of each source; the fields below "text" are source.c's own. */
struct source {
	const struct source_kind *kind;
	char *text; /* for people */
	const struct aws_world *world;
	source_done *done; /* NULL: nobody asks */
	void *arg;
};

enum provider_verdict {
	PROVIDER_ABSENT, /* not configured: the next one is asked */
	PROVIDER_FOUND,  /* "source" is set */
	PROVIDER_BROKEN  /* configured, but of no use: "err" says why */
};

/* What a provider may look at, besides the environment. */
struct provider_input {
	const struct profiles *profiles;
	const char *profile; /* which of them is looked at */
	bool profile_named;  /* by --profile: beats the environment */
	const char *region;  /* of the service; NULL: none is said */
	bool allow_plain;    /* http:// to other hosts */
	/* For the last one of the chain: that no other is configured, as the
	 * beginning of an error, which PROVIDER_REMEDY ends.  Else NULL. */
	const char *lacking;
};

#define PROVIDER_REMEDY                                                 \
	"set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or run 'aws " \
	"configure'; for a local service use --no-sign-request"

typedef enum provider_verdict provider_look(const struct provider_input *input,
    struct source **source, struct err *err);

/* Each in its file credentials_NAME.c. */
provider_look provider_environment;
provider_look provider_shared_file; /* credentials_static.c, like the other */
provider_look provider_config_file;
provider_look provider_container;
provider_look provider_imds;
provider_look provider_assume_role;
provider_look provider_web_identity;
provider_look provider_process;
provider_look provider_sso;

/* credentials_refused.c: recognised, and refused by name */
provider_look provider_login;

/* A new source of "size" bytes, zero after its head; "text" is copied. */
void *source_new(const struct source_kind *kind, size_t size, const char *text);

/* A source that has what it gives: a provider's verdict. */
enum provider_verdict source_fixed(struct source **source, const char *name,
    const char *id, const char *secret, const char *token, const char *text);

/*
 * End an asking.  The credentials are the caller's and are copied by whom
 * they concern; their "source" is set to the source's text where it is NULL.
 * After these the source may be gone.
 */
void source_give(struct source *, struct credentials *credentials);
void source_fail(struct source *, enum source_end end, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* What the time is, by the service's clock as far as that is known. */
int64_t source_now(const struct source *);

/* "profile 'x' (FILE:LINE)", the line being that of "key"; a new string. */
char *provider_place(const struct provider_input *input, const char *key);

/* An environment variable; one that is empty counts as not set: NULL. */
const char *provider_getenv(const char *name);

/*
 * Whether a key or token, or NULL, can be one.  Returns 0, or -1 with "err",
 * which begins with the name and does not have the value.
 */
int provider_check_key(const char *name, const char *value, struct err *err);

#endif
