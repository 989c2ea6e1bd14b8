/* SPDX-License-Identifier: MIT */
/*
 * A source of credentials: the one that the chain (aws/chain.h) has found to
 * be configured, and the asking of it.
 *
 *	source_ask(source, &world, on_answer, arg);
 *	...
 *	on_answer(arg, answer):
 *		if (answer->end == SOURCE_GIVEN)
 *			credentials_copy(&mine, answer->credentials);
 *
 * It is asked as often as fresh credentials are needed, one asking at a time.
 * When, and what serves meanwhile, is the business of aws/keeper.h.
 */
#ifndef AWS_SOURCE_H
#define AWS_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct aws_world;
struct credentials;
struct source;

enum source_end {
	SOURCE_GIVEN,
	SOURCE_FAILED, /* for now: it may work when it is asked again */
	SOURCE_DENIED  /* until somebody changes something */
};

/* Valid during the call. */
struct source_answer {
	enum source_end end;
	const struct credentials *credentials; /* GIVEN */
	/* Otherwise: who, where (URL, or file and line) and what to do. */
	struct err problem;
};

typedef void source_done(void *arg, const struct source_answer *answer);

/* What its keeper must know of a source. */
struct source_traits {
	const char *name; /* "container": for tables and logs */
	/* Asked again, it says the same: there is nothing to refresh. */
	bool fixed;
	/* Its credentials serve on after their time when it is out of reach:
	 * the service takes them (instance metadata). */
	bool stable;
	/* Nothing says that it is there (instance metadata): if the first
	 * tries all fail it is not, and that is final for who waits. */
	bool guess;
	/* The first time: how often it is tried, and the pause between. */
	int tries;
	int64_t pause; /* ms */
	/* Never asked again sooner than this; ms. */
	int64_t rest;
};

/*
 * A fixed source of credentials that are known, for whoever has asked for
 * them; it gives copies, their expiry included.
 */
struct source *source_known(const struct credentials *credentials);

/*
 * Asks.  "done" is called once: from here if the answer needs nobody else,
 * as that of a fixed source, else later from the loop.  "world" outlives it.
 */
void source_ask(struct source *, const struct aws_world *world,
    source_done *done, void *arg);

/* Gives an asking up, if there is one: "done" is not called any more. */
void source_forget(struct source *);

const struct source_traits *source_traits(const struct source *);

/* For people: "container at http://169.254.170.2/v2/x". */
const char *source_text(const struct source *);

/* Forgets, overwrites secrets, frees; NULL is fine. */
void source_free(struct source *);

#endif
