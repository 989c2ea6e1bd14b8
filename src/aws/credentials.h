/* SPDX-License-Identifier: MIT */
/*
 * Credentials: what requests are signed with.
 *
 * Where they come from is found by aws/chain.h, asked by aws/source.h and kept
 * fresh by aws/keeper.h.
 */
#ifndef AWS_CREDENTIALS_H
#define AWS_CREDENTIALS_H

#include <stdint.h>

struct credentials {
	char *access_key_id;
	char *secret_access_key;
	char *session_token; /* NULL: none */
	char *source;        /* "environment", "profile 'x' in FILE" */
	/* Wall time, ms; INSTANT_NEVER: they do not expire. */
	int64_t expires_at;
};

/*
 * Sets all of it to copies; "token" may be NULL.  What was there before must
 * have been cleared.
 */
void credentials_set(struct credentials *credentials, const char *id,
    const char *secret, const char *token, const char *source,
    int64_t expires_at);

/* A copy of its own. */
void credentials_copy(struct credentials *to, const struct credentials *from);

/* Overwrites one secret and frees it; NULL is fine. */
void credentials_cleanse(char *secret);

/* Overwrites the secrets and frees. */
void credentials_clear(struct credentials *credentials);

#endif
