/* SPDX-License-Identifier: MIT */
/*
 * A role that is to be assumed: what profile and environment say of it,
 * checked, and where STS is.  For the providers that ask STS.
 */
#ifndef AWS_ROLE_H
#define AWS_ROLE_H

#include <stddef.h>

#include "aws/endpoint.h"
#include "base/err.h"

struct provider_input;

struct role {
	struct endpoint endpoint;
	char *arn;
	char *session_name;
};

/* What was said, and where: "profile 'x' (FILE:LINE)", "AWS_ROLE_ARN". */
struct role_wish {
	const char *arn;
	const char *arn_place;
	const char *session_name; /* NULL: one of tend's, "tend-PID-SECONDS" */
	const char *session_place;
};

/*
 * Returns 0, or -1 with "err", which the place begins.  What is in "role" is
 * freed by role_clear() in either case.
 */
int role_find(struct role *role, const struct provider_input *input,
    const struct role_wish *wish, struct err *err);

void role_clear(struct role *role);

#endif
