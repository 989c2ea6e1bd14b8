/* SPDX-License-Identifier: MIT */
/*
 * Credentials as a JSON document: what metadata services, STS, single sign-on
 * and credential_process give, each with names of its own.
 *
 *	static const struct credentials_form form = {
 *		.id = "AccessKeyId",
 *		.secret = "SecretAccessKey",
 *		.token = "Token",
 *		.token_needed = true,
 *		.expiry = "Expiration",
 *		.expiry_needed = true,
 *		.expiry_unit = 1000,
 *	};
 *
 *	if (credentials_json(&credentials, &form, body, len, &err) == -1)
 *		source_fail(source, SOURCE_FAILED, "%s: the answer %s", url,
 *		    err.text);
 *
 * Pure.  Names are compared as they are spelt; of two members with one name
 * the last counts.  An error never quotes the document, which is secret, but
 * for the Code and Message that a service gives in place of credentials.
 */
#ifndef AWS_CREDENTIALS_JSON_H
#define AWS_CREDENTIALS_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "aws/credentials.h"
#include "base/err.h"

enum {
	CREDENTIALS_DOCUMENT_MAX = 64 * 1024,
	CREDENTIALS_ID_MAX = 128,
	CREDENTIALS_SECRET_MAX = 512,
	CREDENTIALS_TOKEN_MAX = 16 * 1024
};

/* Where in a document what is. */
struct credentials_form {
	/* The objects around the members, from outside in; NULL at the end:
	 * { "AssumeRoleResponse", "AssumeRoleResult", "Credentials" } */
	const char *path[4];
	const char *id;
	const char *secret;
	const char *token;
	bool token_needed; /* else it may be missing, null or empty */
	/* A time by text/iso8601.h, or a number since 1970. */
	const char *expiry;
	bool expiry_needed;  /* else it may be missing, null or empty */
	int64_t expiry_unit; /* of that number, in ms: 1000 for seconds */
	/* The document's number "Version" must be this; 0: any or none. */
	int version;
};

/*
 * Reads a document.  Returns 0 with "credentials", whose "source" is NULL and
 * whose "expires_at" may be past; or -1 with "err", made to follow a subject
 * like "the answer": "is HTML, not JSON", "has no AccessKeyId", "says Code
 * 'Failed': MESSAGE" (of a document whose Code is not "Success").
 */
int credentials_json(struct credentials *credentials,
    const struct credentials_form *form, const char *text, size_t len,
    struct err *err);

#endif
