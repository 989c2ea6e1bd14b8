/* SPDX-License-Identifier: MIT */
/*
 * What one call is answered with: a status, a body, and for a refusal the
 * service's name for it.
 */
#ifndef SWF_LOCAL_ANSWER_H
#define SWF_LOCAL_ANSWER_H

#include "base/buf.h"

enum fault {
	FAULT_UNKNOWN_RESOURCE,
	FAULT_LIMIT_EXCEEDED,
	FAULT_DOMAIN_ALREADY_EXISTS,
	FAULT_DOMAIN_DEPRECATED,
	FAULT_TYPE_ALREADY_EXISTS,
	FAULT_TYPE_DEPRECATED,
	FAULT_ALREADY_STARTED,
	FAULT_DEFAULT_UNDEFINED,
	FAULT_TOO_MANY_TAGS,
	FAULT_VALIDATION,
	FAULT_SERIALIZATION,
	FAULT_UNKNOWN_OPERATION,
	FAULT_TOO_LARGE,
	FAULT_SIGNATURE,
	FAULT_INCOMPLETE_SIGNATURE,
	FAULT_MISSING_SIGNATURE,
	FAULT_UNRECOGNIZED_CLIENT,
	FAULT_THROTTLING,
	FAULT_INTERNAL
};

/*
 * Nothing that is answered comes near: a page of history ends once it holds
 * HISTORY_PAGE_BYTES, and no other answer is longer than what it refers to.
 */
enum { ANSWER_MAX = 64 << 20 };

struct answer {
	int status;       /* of HTTP */
	const char *name; /* of the fault, without name space; NULL: success */
	struct buf body;
};

void answer_init(struct answer *answer);
void answer_clear(struct answer *answer);

/*
 * Turns the answer into a refusal; whatever was in the body is dropped.  The
 * message is made as by printf.
 */
void answer_fault(struct answer *answer, enum fault fault, const char *format,
    ...) __attribute__((format(printf, 3, 4)));

/*
 * The same with a fault named by whoever asked for it.  A name without "#"
 * gets the name space that the service uses for such a name.  "name" is used
 * until the answer is cleared.
 */
void answer_named_fault(struct answer *answer, int status, const char *name,
    const char *message);

#endif
