/* SPDX-License-Identifier: MIT */
/*
 * What a failed request means to somebody who may try again: from HTTP
 * status, error code and message to one of a few classes.  Pure.
 *
 * Only SWF itself can refuse for good.  An answer that bears no SWF error
 * code (a proxy's page, a load balancer's 403) is worth another try, because
 * giving up would lose the outcome of a whole run.
 */
#ifndef AWS_ERRORS_H
#define AWS_ERRORS_H

#include <stdbool.h>

#include "aws/swf.h"

/*
 * The class of an answer that is not a success.  "code" is what follows the
 * last "#" of __type, "" if there was none; "message" may be "".
 */
enum swf_class errors_class(int status, const char *code, const char *message);

/* Whether a wrong clock may be why a request was refused with "code". */
bool errors_may_be_clock(const char *code);

/* Whether newer credentials may be taken where these were refused. */
bool errors_is_of_keys(const char *code);

/*
 * Whether a refusal with "code" is of the operation itself, for lack of
 * permission or because there is none; credentials and clocks may be put
 * right.
 */
bool errors_is_permission(const char *code);

/* What a person can do about "code"; NULL: nothing general is known. */
const char *errors_remedy(const char *code);

#endif
