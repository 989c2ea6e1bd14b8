/* SPDX-License-Identifier: MIT */
/*
 * The keys that --verify-signatures checks against, from a file in the
 * dialect of ~/.aws/credentials:
 *
 *	[default]
 *	aws_access_key_id = AKIDEXAMPLE
 *	aws_secret_access_key = wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY
 *	aws_session_token = ...     optional
 *
 * Each section is a key; what the sections are called does not matter, and
 * other properties are not looked at.
 */
#ifndef SWF_LOCAL_KEYS_H
#define SWF_LOCAL_KEYS_H

#include <stddef.h>

#include "base/err.h"

struct key {
	char *id;
	char *secret;
	char *token; /* or NULL */
};

struct keys {
	struct key *keys;
	size_t count; /* 0: nothing is checked */
};

/*
 * Reads the keys of a file.  Returns 0, or -1 with "err": it cannot be read,
 * is no such file, holds no key, or half a key, or two secrets of one key.
 */
int keys_read(struct keys *keys, const char *path, struct err *err);

/* The same from text. */
int keys_parse(struct keys *keys, const char *text, size_t len,
    struct err *err);

void keys_clear(struct keys *keys);

/* The key with that id, which need not end in a NUL; or NULL. */
const struct key *keys_find(const struct keys *keys, const char *id,
    size_t len);

#endif
