/* SPDX-License-Identifier: MIT */
/*
 * The token that "aws sso login" leaves in ~/.aws/sso/cache: reading it,
 * having it renewed, and writing it back for the AWS CLI and others to use.
 *
 * Nothing here asks anybody: the requests and answers of the service are made
 * and read as text.
 */
#ifndef AWS_CREDENTIALS_SSO_TOKEN_H
#define AWS_CREDENTIALS_SSO_TOKEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct cJSON;

struct sso_token {
	struct cJSON *document; /* as the file has it, with all its members */
	const char *access;     /* in the document */
	int64_t expires_at;     /* wall time, ms */
};

/*
 * The path of the file, as a new string: "key" is the name of the session, or
 * the start URL where there is no session.
 */
char *sso_token_path(const char *key);

/* Returns 0, or -1 with "err", which the path begins. */
int sso_token_read(struct sso_token *token, const char *path, struct err *err);

/* Whether it has what is needed to renew it. */
bool sso_token_is_renewable(const struct sso_token *token, int64_t now);

/* The request to renew it, to be freed by credentials_cleanse(). */
char *sso_token_request(const struct sso_token *token);

/*
 * Takes what was answered to that at "now" into the document.  Returns 0, or
 * -1 with "err", made to follow "the answer": the token is as it was.
 */
int sso_token_renew(struct sso_token *token, const char *body, size_t len,
    int64_t now, struct err *err);

/* Puts the document in place of the file.  Returns 0, or -1 with "err". */
int sso_token_write(const struct sso_token *token, const char *path,
    struct err *err);

/* Overwrites secrets and frees; can be done again. */
void sso_token_clear(struct sso_token *token);

#endif
