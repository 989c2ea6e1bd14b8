/* SPDX-License-Identifier: MIT */
/*
 * Which command runs for which activity type.
 *
 * NAME:VERSION beats NAME, and NAME beats the command that stands after the
 * options, which is for all others.  SWF's names have no colon in them.
 */
#ifndef TEND_ROUTES_H
#define TEND_ROUTES_H

#include "base/buf.h"
#include "base/err.h"

struct options;
struct routes;

/* Returns NULL with "err" saying what is wrong and what is right. */
struct routes *routes_new(const struct options *options, struct err *err);
void routes_free(struct routes *);

/* The command, NULL at the end; or NULL: there is none.  Names may be NULL. */
char *const *routes_find(const struct routes *, const char *name,
    const char *version);

/* Appends the types that are known: "a, b:2". */
void routes_list(const struct routes *, struct buf *out);

#endif
