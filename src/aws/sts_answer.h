/* SPDX-License-Identifier: MIT */
/*
 * What STS answers: credentials, or why there are none.  Pure; for aws/sts.c.
 *
 * Officially STS speaks XML; asked for JSON it gives that, as the AWS console
 * has it, and local services speak XML whatever they are asked for.  So both
 * are read, whichever comes.
 */
#ifndef AWS_STS_ANSWER_H
#define AWS_STS_ANSWER_H

#include <stddef.h>

#include "aws/credentials.h"
#include "base/err.h"

enum { STS_CODE = 96, STS_MESSAGE = 224 };

struct sts_fault {
	char code[STS_CODE];       /* "AccessDenied"; "": it has none */
	char message[STS_MESSAGE]; /* on one line; or "" */
};

/*
 * Reads the answer to "operation" ("AssumeRole").  Returns 0, or -1 with
 * "err", made to follow a subject as credentials_json() does.
 */
int sts_answer_credentials(struct credentials *credentials,
    const char *operation, const char *body, size_t len, struct err *err);

/* Reads an answer that is no success; one that is not STS's has no code. */
void sts_answer_fault(struct sts_fault *fault, const char *body, size_t len);

#endif
