/* SPDX-License-Identifier: MIT */
/*
 * The state from its records (records.h): restore_step() takes the steps of a
 * journal one after the other, restore_end() makes what they add up to a
 * service that runs (resume.h).
 *
 * A file that the checks let through may still have been made by hand, so
 * what does not fit together is refused, and nothing is done half.
 */
#ifndef SWF_LOCAL_RESTORE_H
#define SWF_LOCAL_RESTORE_H

#include "base/err.h"
#include "swf-local/state.h"

struct restore {
	struct service *service;
	int64_t now;
	int has_header;
	int64_t latest;      /* wall ms of the newest event */
	struct table timers; /* of deciders, by number */
};

/* The service must be new, and have its wall_offset. */
void restore_begin(struct restore *restore, struct service *service,
    int64_t now);

/* For journal_read(); "arg" is the struct restore. */
int restore_step(void *arg, const char *json, size_t len, struct err *err);

/* Returns 0, or -1 with "err". */
int restore_end(struct restore *restore, struct err *err);

/* Frees what restoring took. */
void restore_clear(struct restore *restore);

#endif
