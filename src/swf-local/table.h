/* SPDX-License-Identifier: MIT */
/*
 * A hash table from a few strings, or from a number, to a pointer.
 *
 * A key of several strings is their concatenation with a NUL between them;
 * table_key() makes one.  The table keeps a copy of the key and never looks
 * behind the value.
 */
#ifndef SWF_LOCAL_TABLE_H
#define SWF_LOCAL_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "swf-local/siphash.h"

struct table_entry;

struct table {
	struct siphash_key secret;
	struct table_entry **slots;
	size_t size; /* slots: a power of two, or 0 */
	size_t count;
};

struct table_key {
	const void *data;
	size_t len;
	void *memory; /* to be freed, or NULL */
	char small[208];
};

void table_init(struct table *table, const struct siphash_key *secret);

/* Frees the table; what its values point to is the caller's. */
void table_clear(struct table *table);

/* The value, or NULL. */
void *table_get(const struct table *table, const struct table_key *key);

/* Adds a value; the key must not be there yet. */
void table_add(struct table *table, const struct table_key *key, void *value);

/* Removes the key, if it is there; returns its value, or NULL. */
void *table_remove(struct table *table, const struct table_key *key);

/* Calls "each" for every value, in no order; it must not change the table. */
void table_each(const struct table *table, void (*each)(void *value, void *arg),
    void *arg);

/* A key of one to three strings; end with NULL.  Free it after use. */
void table_key(struct table_key *key, const char *a, const char *b,
    const char *c);
void table_key_number(struct table_key *key, uint64_t number);
void table_key_free(struct table_key *key);

/* The same with the key made from its arguments and freed again. */
void *table_get_string(const struct table *table, const char *a, const char *b,
    const char *c);
void *table_get_number(const struct table *table, uint64_t number);

#endif
