/* SPDX-License-Identifier: MIT */
/*
 * For tests of sources of credentials: an environment without AWS's variables,
 * a home directory of its own with an empty .aws, a world with HTTP, and the
 * asking of a source until its answer is there.
 *
 *	cmocka_run_group_tests(tests, NULL, NULL), each with
 *	cmocka_unit_test_setup_teardown(test, rig_setup, rig_teardown)
 *
 *	rig_set("AWS_X", "y");
 *	source = rig_find(provider_container);
 *	rig_ask(source);
 *	rig_given("id", "secret", "token", expires_at);
 *	source_free(source);
 */
#ifndef TESTS_SOURCE_RIG_H
#define TESTS_SOURCE_RIG_H

#include <stddef.h>
#include <stdint.h>

#include "aws/provider.h"
#include "aws/source.h"

struct loopback;

int rig_setup(void **state);
int rig_teardown(void **state);

void rig_set(const char *name, const char *value);
void rig_unset(const char *name);

/* Sets a file's text; a relative path is one in the home directory. */
void rig_write(const char *path, const char *text);

/* The home directory. */
const char *rig_home(void);

/* What is said of a whole chain, for its last source; NULL as it begins. */
extern const char *rig_lacking;

/* The verdict of a provider; the other two fail the test if it is another. */
enum provider_verdict rig_look(provider_look *look, struct source **source,
    struct err *err);
struct source *rig_find(provider_look *look);
void rig_broken(provider_look *look, const char *text);

/* Asks and waits for the answer, half a minute at most. */
void rig_ask(struct source *source);

/* Asks, and gives it up once the server has had "count" requests. */
void rig_ask_and_forget(struct source *source, struct loopback *server,
    size_t count);

/* Lets come what may still come: nothing, if the source is not asked. */
void rig_settle(void);

/* The newest answer is this set, or this error: "~" stands for a number. */
void rig_given(const char *id, const char *secret, const char *token,
    int64_t expires_at);
void rig_failed(enum source_end end, const char *text);

#endif
