/* SPDX-License-Identifier: MIT */
/*
 * Signals by name and by number.
 */
#ifndef TEXT_SIGNAME_H
#define TEXT_SIGNAME_H

#include "base/err.h"

/* Room for signame_format(), its end included. */
enum { SIGNAME_TEXT = 24 };

/*
 * Reads a signal: "TERM", "SIGTERM" or "term", "15", "RTMIN", "RTMIN+1",
 * "RTMAX-2".  The signals that the C library keeps for itself (between 31 and
 * SIGRTMIN) do not exist here.  Returns 0, or -1 with "err".
 */
int signame_parse(const char *text, int *signal, struct err *err);

/* Writes "SIGTERM", "SIGRTMIN+1", or "signal 99" for one without a name. */
void signame_format(int signal, char text[SIGNAME_TEXT]);

#endif
