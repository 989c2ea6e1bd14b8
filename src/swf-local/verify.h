/* SPDX-License-Identifier: MIT */
/*
 * Whether a request was signed by one of our keys: AWS Signature Version 4,
 * from the headers as they came in, refused as the service refuses.
 *
 *	no Authorization                MissingAuthenticationTokenException
 *	not of the form of a signature  IncompleteSignatureException
 *	a key, or token, not of ours    UnrecognizedClientException
 *	anything else                   InvalidSignatureException
 *
 * What the signature is compared to is in the message, as at the service:
 * the canonical request and the string to sign, neither of which holds a
 * secret.
 */
#ifndef SWF_LOCAL_VERIFY_H
#define SWF_LOCAL_VERIFY_H

#include <stddef.h>
#include <stdint.h>

#include "swf-local/answer.h"
#include "swf-local/keys.h"
#include "swf-local/sha256.h"

struct header {
	const char *name;
	const char *value;
};

/* A request for the path "/", without a query. */
struct signed_request {
	const char *method;
	const struct header *headers; /* in the order in which they came */
	size_t header_count;
	const char *body_hash; /* SHA256_HEX */
};

/*
 * Checks the request at "wall_ms".  Returns 0, or -1 with the fault set.
 */
int verify(const struct keys *keys, const struct signed_request *request,
    int64_t wall_ms, struct answer *out);

#endif
