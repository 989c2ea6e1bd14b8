/* SPDX-License-Identifier: MIT */
/*
 * What a request asks for: its operation by the X-Amz-Target header, its
 * members by its body.
 */
#ifndef SWF_LOCAL_REQUEST_H
#define SWF_LOCAL_REQUEST_H

#include <cjson/cJSON.h>

#include "base/buf.h"
#include "swf-local/answer.h"
#include "swf-local/operations.h"

/*
 * The operation that a target names, in the form of today or that of the old
 * boto; the target may be NULL.  NULL with the fault set if there is none.
 */
const struct operation *request_operation(const char *target,
    struct answer *out);

/* Whether a Content-Type, which may be NULL, is one of those taken. */
int request_type_is_json(const char *type);

/* The body as JSON, to be deleted; NULL if it is none. */
cJSON *request_read(const struct buf *body);

#endif
