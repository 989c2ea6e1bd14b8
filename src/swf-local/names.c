/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "swf-local/names.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "swf-local/validate.h"

enum { FIRST_ROOM = 8 };

static int
compare(const struct named *row, const char *name, const char *version)
{
	int order = strcmp(row->name, name);

	return order != 0 ? order : strcmp(row->version, version);
}

/* The index of the first row that is not before these names. */
static size_t
find(const struct names *names, const char *name, const char *version)
{
	size_t low = 0;
	size_t high = names->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare(&names->rows[middle], name, version) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

void
names_add(struct names *names, const char *name, const char *version,
    void *item)
{
	size_t at = find(names, name, version);

	if (names->count == names->room) {
		names->room = names->room == 0 ? FIRST_ROOM : names->room * 2;
		names->rows = mem_resize(names->rows, names->room,
		    sizeof(names->rows[0]));
	}
	memmove(&names->rows[at + 1], &names->rows[at],
	    (names->count - at) * sizeof(names->rows[0]));
	names->rows[at] = (struct named){ name, version, item };
	names->count++;
}

void
names_clear(struct names *names)
{
	free(names->rows);
	*names = (struct names){ .rows = NULL };
}

/* ---- pages --------------------------------------------------------------- */

/* The stretch of rows that is asked for, and how it is gone through. */
struct stretch {
	size_t first, end; /* rows from "first" to before "end" */
	int back;
	int deprecated;
};

static int64_t
hash_of(const struct service *service, const struct named *row)
{
	struct table_key key;
	uint64_t hash;

	table_key(&key, row->name, row->version, NULL);
	hash = siphash(&service->secret, key.data, key.len);
	table_key_free(&key);
	return (int64_t)hash;
}

/* Goes on with the row that the token names: at its index, or further on. */
static void
go_on(const struct service *service, const struct names *names,
    const struct token *token, struct stretch *stretch)
{
	size_t at = (size_t)token->next;

	while (at < stretch->end &&
	       hash_of(service, &names->rows[at]) != token->last)
		at++;
	if (!stretch->back)
		stretch->first = at;
	else if (at < stretch->end)
		stretch->end = at + 1;
}

static void
fill(const struct service *service, const struct names *names,
    const struct stretch *stretch, long left, names_deprecated *deprecated,
    struct names_page *page)
{
	size_t count = stretch->end - stretch->first;

	for (size_t i = 0; i < count; i++) {
		size_t at =
		    stretch->back ? stretch->end - 1 - i : stretch->first + i;
		const struct named *row = &names->rows[at];

		if (deprecated(row->item) != stretch->deprecated)
			continue;
		if (left-- == 0) {
			page->more = 1;
			page->next.next = (int64_t)at;
			page->next.last = hash_of(service, row);
			return;
		}
		page->items[page->count++] = row->item;
	}
}

int
names_collect(struct call *call, const struct names *names, const char *name,
    names_deprecated *deprecated, struct names_page *page)
{
	const struct service *service = call->service;
	struct stretch stretch = {
		.end = names->count,
		.back = member_true(call->in, "reverseOrder"),
		.deprecated =
		    strcmp(member_string(call->in, "registrationStatus"),
			"DEPRECATED") == 0,
	};
	struct token token;
	int resumed = paging_resume(call, &token);

	*page = (struct names_page){ .count = 0 };
	if (resumed == -1)
		return -1;
	if (name != NULL) {
		stretch.first = find(names, name, "");
		stretch.end = stretch.first;
		while (stretch.end < names->count &&
		       strcmp(names->rows[stretch.end].name, name) == 0)
			stretch.end++;
	}
	if (resumed == 1)
		go_on(service, names, &token, &stretch);
	fill(service, names, &stretch, paging_size(call), deprecated, page);
	return 0;
}
