/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "swf-local/table.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum { FIRST_SIZE = 16 };

struct table_entry {
	struct table_entry *next;
	uint64_t hash;
	void *value;
	size_t len;
	unsigned char key[];
};

void
table_init(struct table *table, const struct siphash_key *secret)
{
	*table = (struct table){ .secret = *secret };
}

void
table_clear(struct table *table)
{
	for (size_t i = 0; i < table->size; i++) {
		struct table_entry *entry = table->slots[i];

		while (entry != NULL) {
			struct table_entry *next = entry->next;

			free(entry);
			entry = next;
		}
	}
	free(table->slots);
	table_init(table, &table->secret);
}

/* The place that points to the entry, or to the NULL where it would be. */
static struct table_entry **
place(const struct table *table, const struct table_key *key, uint64_t hash)
{
	struct table_entry **at = &table->slots[hash & (table->size - 1)];

	while (*at != NULL && ((*at)->hash != hash || (*at)->len != key->len ||
				  memcmp((*at)->key, key->data, key->len) != 0))
		at = &(*at)->next;
	return at;
}

static uint64_t
hash_key(const struct table *table, const struct table_key *key)
{
	return siphash(&table->secret, key->data, key->len);
}

void *
table_get(const struct table *table, const struct table_key *key)
{
	struct table_entry *entry;

	if (table->size == 0)
		return NULL;
	entry = *place(table, key, hash_key(table, key));
	return entry == NULL ? NULL : entry->value;
}

static void
grow(struct table *table)
{
	size_t size = table->size == 0 ? FIRST_SIZE : table->size * 2;
	struct table_entry **slots = mem_new(size, sizeof(void *));

	for (size_t i = 0; i < table->size; i++) {
		struct table_entry *entry = table->slots[i];

		while (entry != NULL) {
			struct table_entry *next = entry->next;
			size_t slot = entry->hash & (size - 1);

			entry->next = slots[slot];
			slots[slot] = entry;
			entry = next;
		}
	}
	free(table->slots);
	table->slots = slots;
	table->size = size;
}

void
table_add(struct table *table, const struct table_key *key, void *value)
{
	struct table_entry *entry;
	struct table_entry **slot;

	if (table->count >= table->size)
		grow(table);
	entry = mem_new(1, sizeof(*entry) + key->len);
	entry->hash = hash_key(table, key);
	entry->value = value;
	entry->len = key->len;
	memcpy(entry->key, key->data, key->len);
	slot = &table->slots[entry->hash & (table->size - 1)];
	entry->next = *slot;
	*slot = entry;
	table->count++;
}

void *
table_remove(struct table *table, const struct table_key *key)
{
	struct table_entry **at;
	struct table_entry *entry;
	void *value;

	if (table->size == 0)
		return NULL;
	at = place(table, key, hash_key(table, key));
	entry = *at;
	if (entry == NULL)
		return NULL;
	*at = entry->next;
	value = entry->value;
	free(entry);
	table->count--;
	return value;
}

void
table_each(const struct table *table, void (*each)(void *value, void *arg),
    void *arg)
{
	for (size_t i = 0; i < table->size; i++)
		for (struct table_entry *entry = table->slots[i]; entry != NULL;
		     entry = entry->next)
			each(entry->value, arg);
}

void
table_key(struct table_key *key, const char *a, const char *b, const char *c)
{
	const char *const parts[] = { a, b, c };
	size_t len = 0;
	char *to;

	for (size_t i = 0; i < 3 && parts[i] != NULL; i++)
		len += strlen(parts[i]) + 1;
	key->memory = len > sizeof(key->small) ? mem_new(len, 1) : NULL;
	to = key->memory != NULL ? key->memory : key->small;
	key->data = to;
	key->len = len;
	for (size_t i = 0; i < 3 && parts[i] != NULL; i++) {
		size_t n = strlen(parts[i]) + 1;

		memcpy(to, parts[i], n);
		to += n;
	}
}

void
table_key_number(struct table_key *key, uint64_t number)
{
	memcpy(key->small, &number, sizeof(number));
	key->data = key->small;
	key->len = sizeof(number);
	key->memory = NULL;
}

void
table_key_free(struct table_key *key)
{
	free(key->memory);
	key->memory = NULL;
}

void *
table_get_string(const struct table *table, const char *a, const char *b,
    const char *c)
{
	struct table_key key;
	void *value;

	table_key(&key, a, b, c);
	value = table_get(table, &key);
	table_key_free(&key);
	return value;
}

void *
table_get_number(const struct table *table, uint64_t number)
{
	struct table_key key;

	table_key_number(&key, number);
	return table_get(table, &key);
}
