/* SPDX-License-Identifier: MIT */
/*
 * For tests of the providers that ask a metadata service, on top of
 * source_rig.h: each is looked for by itself, not through the chain, and
 * texts are compared whole.
 *
 *	rig_set("AWS_X", "y");
 *	source = meta_find(provider_container);
 *	meta_ask();
 *	meta_given("id", "secret", "token", expires_at);
 *
 * The source is the rig's; the one before it is freed.
 */
#ifndef TESTS_METADATA_RIG_H
#define TESTS_METADATA_RIG_H

#include <stddef.h>
#include <stdint.h>

#include "aws/provider.h"
#include "aws/source.h"
#include "source_rig.h"

/* The verdict of a provider; "lacking" is for the last one of a chain. */
enum provider_verdict meta_look(provider_look *look, const char *lacking);

/* It must be FOUND; it must be BROKEN with that text. */
struct source *meta_find(provider_look *look);
void meta_broken(provider_look *look, const char *text);

/* Gives the asking up once the server has had "count" requests. */
void meta_ask_and_forget(struct loopback *server, size_t count);

/* Lets come what may still come: nothing, if the source is not asked. */
void meta_settle(void);

/* The newest answer is this set, or this error: "~" stands for a number. */
void meta_given(const char *id, const char *secret, const char *token,
    int64_t expires_at);
void meta_failed(enum source_end end, const char *text);

#endif
