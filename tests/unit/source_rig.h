/* SPDX-License-Identifier: MIT */
/*
 * For tests of providers: a home directory and an environment of their own,
 * the chain that looks at both, and a loop in which its source is asked.
 *
 *	rig_write(".aws/config", "[default]\n...");
 *	rig_serve(script, count);
 *	rig_find(NULL);
 *	rig_ask();
 *	assert_int_equal(rig.end, SOURCE_GIVEN);
 *
 * The one rig is global; rig_setup() and rig_teardown() are those of a test.
 */
#ifndef TESTS_SOURCE_RIG_H
#define TESTS_SOURCE_RIG_H

#include <stdbool.h>
#include <stddef.h>

#include "aws/credentials.h"
#include "aws/source.h"
#include "aws/world.h"
#include "base/err.h"
#include "loopback.h"

struct source_rig {
	char home[64];
	char *kept[64]; /* what rig_answer() has made */
	size_t kept_count;
	struct loopback *server; /* NULL: none */
	struct http *http;
	struct aws_world world;
	struct source *source; /* what the chain found; or NULL */
	struct err err;        /* then why */
	int answers;           /* how many have come */
	enum source_end end;   /* of the last one, as what follows */
	struct credentials credentials;
	struct err problem;
};

extern struct source_rig rig;

int rig_setup(void **state);
int rig_teardown(void **state);

/* A file, by its path from the home directory. */
void rig_write(const char *path, const char *text);

void rig_set(const char *name, const char *value);

/*
 * An answer with a body, "headers" each with its CR LF; and STS's answer with
 * credentials that are good for long.  Both are valid to the end of the test.
 */
const char *rig_answer(int status, const char *headers, const char *body);
const char *rig_sts(const char *id);

/* Starts the server; it is STS, and single sign-on. */
void rig_serve(const struct loopback_step *script, size_t count);

/* Looks for a source, with what --profile would say. */
bool rig_find(const char *option);

/* It must be refused, in one line that has each of the words. */
void rig_refuse(const char *option, const char *const *said);
#define RIG_REFUSE(option, ...) \
	rig_refuse(option, (const char *const[]){ __VA_ARGS__, NULL })

/* Begins to ask; and does, to the end. */
void rig_ask_only(void);
void rig_ask(void);

/* Begins to ask, and turns the loop until so many requests have come. */
void rig_ask_until(size_t requests);

/*
 * The server hangs up: what was asked, and not given up, would come to an end
 * now.  Nothing must.
 */
void rig_hang_up(void);

/* Turns the loop until so many answers have come. */
void rig_wait(int answers);

/* The last answer is these credentials. */
void rig_given(const char *id, const char *secret, const char *token);

/* The last answer is that end, with a problem that has each of the words. */
void rig_failed(enum source_end end, const char *const *said);
#define RIG_FAILED(end, ...) \
	rig_failed(end, (const char *const[]){ __VA_ARGS__, NULL })

#endif
