/* SPDX-License-Identifier: MIT */
/*
 * What can be said about a request's signature without keys: whether it has
 * the form of one and names a region, and whether it was made in our time.
 * An unsigned request is taken too.
 */
#ifndef SWF_LOCAL_SIGNATURE_H
#define SWF_LOCAL_SIGNATURE_H

#include <stdint.h>

#include "swf-local/answer.h"

/*
 * Checks an Authorization header; NULL if there is none.  Returns 0, or -1
 * with the fault set.
 */
int signature_check_form(const char *authorization, struct answer *out);

/*
 * Checks an X-Amz-Date header ("20261122T104500Z"; NULL if there is none)
 * against "wall_ms": they may be 15 minutes apart.  Returns 0, or -1 with the
 * fault set.
 */
int signature_check_time(const char *date, int64_t wall_ms, struct answer *out);

#endif
