/* SPDX-License-Identifier: MIT */
/*
 * A list of exit statuses: "0,3-5,143".
 */
#ifndef TEXT_EXITLIST_H
#define TEXT_EXITLIST_H

#include <stdbool.h>

#include "base/err.h"

enum { EXITLIST_SIZE = 256 };

/*
 * Sets list[n] for each status n of "text" and clears all others.  Returns 0,
 * or -1 with "err" (a number over 255, a range backwards, an empty element);
 * the list is then as it was.
 */
int exitlist_parse(const char *text, bool list[EXITLIST_SIZE], struct err *err);

#endif
