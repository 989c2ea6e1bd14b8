/* SPDX-License-Identifier: MIT */
/*
 * A source of credentials that does as the test says.
 *
 *	struct source *source = fake_source_new(&traits);
 *	struct keeper *keeper = keeper_new(source);
 *	...
 *	assert_int_equal(fake_source_asked(source), 1);
 *	fake_source_give(source, "AKID1", INSTANT_NEVER);
 */
#ifndef TESTS_FAKE_SOURCE_H
#define TESTS_FAKE_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include "aws/source.h"

/* Its text for people is "fake". */
struct source *fake_source_new(const struct source_traits *traits);

/* How often it was asked so far, and whether it is being asked. */
int fake_source_asked(const struct source *);
bool fake_source_is_asked(const struct source *);

/* Gives "id" with the secret "secret" and the token "session+token=". */
void fake_source_give(struct source *, const char *id, int64_t expires_at);

void fake_source_fail(struct source *, enum source_end end, const char *text);

#endif
