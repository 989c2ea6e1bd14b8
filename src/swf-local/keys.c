/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "swf-local/keys.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "text/ini.h"

enum { FILE_MAX = 1 << 20 };

static void
free_secret(char *text)
{
	if (text != NULL)
		explicit_bzero(text, strlen(text));
	free(text);
}

static void
clear_key(struct key *key)
{
	free(key->id);
	free_secret(key->secret);
	free_secret(key->token);
	*key = (struct key){ .id = NULL };
}

void
keys_clear(struct keys *keys)
{
	for (size_t i = 0; i < keys->count; i++)
		clear_key(&keys->keys[i]);
	free(keys->keys);
	*keys = (struct keys){ .keys = NULL };
}

const struct key *
keys_find(const struct keys *keys, const char *id, size_t len)
{
	for (size_t i = 0; i < keys->count; i++)
		if (strlen(keys->keys[i].id) == len &&
		    memcmp(keys->keys[i].id, id, len) == 0)
			return &keys->keys[i];
	return NULL;
}

/* ---- reading ------------------------------------------------------------- */

struct reader {
	struct keys *keys;
	struct key key; /* of the section so far */
	char *section;
	struct err *err;
	int failed;
};

static void
set(char **member, const char *value)
{
	free_secret(*member);
	*member = value[0] == '\0' ? NULL : mem_string(value);
}

static int
same_or_none(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

/* Adds the key of the section that ends; one that is known already is none. */
static int
add_key(struct reader *reader)
{
	struct keys *keys = reader->keys;
	struct key *key = &reader->key;
	const struct key *known;

	if (key->id == NULL && key->secret == NULL)
		return 0;
	if (key->id == NULL || key->secret == NULL)
		return err_set(reader->err,
		    "[%s] has no %s, want both halves of the key",
		    reader->section,
		    key->id == NULL ? "aws_access_key_id"
				    : "aws_secret_access_key");
	known = keys_find(keys, key->id, strlen(key->id));
	if (known != NULL) {
		if (strcmp(known->secret, key->secret) == 0 &&
		    same_or_none(known->token, key->token))
			return 0;
		return err_set(reader->err,
		    "[%s] has the key %s again, with another secret or token",
		    reader->section, key->id);
	}
	keys->keys =
	    mem_resize(keys->keys, keys->count + 1, sizeof(*keys->keys));
	keys->keys[keys->count++] = *key;
	*key = (struct key){ .id = NULL };
	return 0;
}

static void
end_section(struct reader *reader)
{
	if (!reader->failed && add_key(reader) == -1)
		reader->failed = 1;
	clear_key(&reader->key);
}

static void
take(void *arg, const struct ini_item *item)
{
	struct reader *reader = arg;

	if (item->key == NULL) {
		end_section(reader);
		free(reader->section);
		reader->section = mem_string(item->section);
		return;
	}
	if (item->sub != NULL)
		return;
	if (strcmp(item->key, "aws_access_key_id") == 0)
		set(&reader->key.id, item->value);
	else if (strcmp(item->key, "aws_secret_access_key") == 0)
		set(&reader->key.secret, item->value);
	else if (strcmp(item->key, "aws_session_token") == 0)
		set(&reader->key.token, item->value);
}

int
keys_parse(struct keys *keys, const char *text, size_t len, struct err *err)
{
	struct reader reader = { .keys = keys, .err = err };
	int result = ini_parse(text, len, take, &reader, err);

	if (result == 0)
		end_section(&reader);
	clear_key(&reader.key);
	free(reader.section);
	if (result == -1 || reader.failed)
		return -1;
	if (keys->count == 0)
		return err_set(err, "holds no key, want a section with "
				    "aws_access_key_id and "
				    "aws_secret_access_key");
	return 0;
}

int
keys_read(struct keys *keys, const char *path, struct err *err)
{
	struct buf text = BUF_INIT(FILE_MAX);
	struct err why;
	int result = -1;

	if (file_read(path, &text) == -1)
		(void)err_errno(err, "cannot read %s", path);
	else if (keys_parse(keys, text.data == NULL ? "" : text.data, text.len,
		     &why) == -1)
		(void)err_set(err, "%s: %s", path, why.text);
	else
		result = 0;
	if (text.data != NULL)
		explicit_bzero(text.data, text.len);
	buf_clear(&text);
	return result;
}
