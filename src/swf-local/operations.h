/* SPDX-License-Identifier: MIT */
/*
 * The operations of the service, and how a call of one is done.
 */
#ifndef SWF_LOCAL_OPERATIONS_H
#define SWF_LOCAL_OPERATIONS_H

#include "swf-local/state.h"
#include "swf-local/validate.h"

struct operation {
	const char *name;
	const struct shape *shape;
	void (*handler)(struct service *service, struct call *call);
};

extern const struct operation operations[];
extern const size_t operation_count;

/* The operation of that name, or NULL. */
const struct operation *operation_find(const char *name);

/*
 * Makes a call of "operation" with the request "in", which may be NULL if it
 * was no JSON; it is borrowed until the call is cleared.
 */
void call_init(struct call *call, struct service *service,
    const struct operation *operation, const cJSON *in);

/*
 * Does the call.  Returns 1 if its answer is in call->out, 0 if it is a poll
 * that is held now: host->answered() will be called once it is answered.
 */
int call_do(struct call *call);

/* Frees what belongs to the call; a held one leaves its list first. */
void call_clear(struct call *call);

#endif
