/* SPDX-License-Identifier: MIT */
/*
 * AWS Signature Version 4, as a pure function of the request, the key and
 * the time: no clock, no environment, no network.
 *
 * The caller gives the request as it will go out, and sends the three header
 * lines that come back along with it:
 *
 *	struct sigv4_signature signature;
 *
 *	sigv4_sign(&signature, &request, &key, clock_wall() + skew);
 *	... send signature.date, .token (unless empty) and .authorization
 *	sigv4_signature_clear(&signature);
 *
 * Every header of the request is signed, except those that proxies and
 * libraries add or change: authorization, connection, expect, te,
 * transfer-encoding, user-agent, x-amzn-trace-id.  Host must be among them,
 * with the port unless it is the scheme's own.  X-Amz-Date, and
 * X-Amz-Security-Token if the key has a token, are added here: they must not
 * be in the request.
 *
 * The canonical request and the string to sign are kept in the signature, so
 * that a test can see them; neither holds the secret key, but the first holds
 * the session token.  Keys derived on the way are overwritten before the
 * function returns.
 *
 * With aws/sha1.h the only module that knows OpenSSL.
 */
#ifndef AWS_SIGV4_H
#define AWS_SIGV4_H

#include <stddef.h>
#include <stdint.h>

/* Room for "20150830T123600Z" and its end. */
enum { SIGV4_DATE = 17 };

struct sigv4_request {
	const char *method; /* "POST" */
	/*
	 * The path as it stands in the request line, from "/" on.  Its dot
	 * segments and double slashes are removed and it is percent-encoded
	 * once more, as every service but S3 wants.
	 */
	const char *path;
	const char *query; /* encoded, without "?"; NULL: none */
	/*
	 * "Name: value" lines, NULL at the end, in any order and any case.
	 * Values of a name that is there twice are joined with a comma.
	 */
	const char *const *headers;
	const void *body;
	size_t body_len;
};

struct sigv4_key {
	const char *access_key_id;
	const char *secret_access_key;
	const char *session_token; /* NULL: none */
	const char *region;
	const char *service;
};

struct sigv4_signature {
	char *date;          /* "X-Amz-Date: 20150830T123600Z" */
	char *token;         /* "X-Amz-Security-Token: ..."; NULL: none */
	char *authorization; /* "Authorization: AWS4-HMAC-SHA256 ..." */
	char *canonical_request;
	char *string_to_sign;
	char signature[65]; /* 64 hex digits */
};

/*
 * Signs for the instant "wall_ms" (ms since 1970, UTC).  A signature is good
 * for about 5 minutes around that, so sign just before sending.
 */
void sigv4_sign(struct sigv4_signature *signature,
    const struct sigv4_request *request, const struct sigv4_key *key,
    int64_t wall_ms);

/* Frees what sigv4_sign() made. */
void sigv4_signature_clear(struct sigv4_signature *signature);

#endif
