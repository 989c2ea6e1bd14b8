/* SPDX-License-Identifier: MIT */
/*
 * Domains and types in alphabetical order, and pages of them.
 *
 * What has a name here stays: domains and types are deprecated, never
 * deleted.  So a row only moves on to higher indices, and a page token, which
 * has the index of a row and a hash of its names, finds it again.
 */
#ifndef SWF_LOCAL_NAMES_H
#define SWF_LOCAL_NAMES_H

#include "swf-local/paging.h"
#include "swf-local/state.h"

/*
 * Adds a row, of the bytewise order by name, then version.  The strings have
 * to live as long as the table.  "version" is "" for what has none.
 */
void names_add(struct names *names, const char *name, const char *version,
    void *item);

/* Frees the rows; the items are the caller's. */
void names_clear(struct names *names);

/* Whether an item is deprecated. */
typedef int names_deprecated(const void *item);

/* What a page shows. */
struct names_page {
	void *items[PAGE_MAX];
	size_t count;
	int more;          /* there is a next page, and "next" leads there */
	struct token next; /* for paging_next() */
};

/*
 * Collects the page that a List call asks for, of rows with the status that
 * it asks for and, unless "name" is NULL, with that name.  Returns 0, or -1
 * with the fault set.
 */
int names_collect(struct call *call, const struct names *names,
    const char *name, names_deprecated *deprecated, struct names_page *page);

#endif
