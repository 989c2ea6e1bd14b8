/* SPDX-License-Identifier: MIT */
/*
 * One look through the spool's directory for what others have left, for
 * process/spool.c: new and free, log and result are for its caller's side,
 * run and end for its helper, one side at a time.
 *
 * A file stays open, and so locked, until everything that was found in it has
 * been ended; then it is removed, or let go of if something was left in it, so
 * that what nobody takes costs no descriptors.  The scans of one series go
 * through the names in their order, and come to none of them twice.
 */
#ifndef PROCESS_SPOOL_SCAN_H
#define PROCESS_SPOOL_SCAN_H

#include <stdbool.h>
#include <sys/queue.h>

#include "base/err.h"
#include "process/spool.h"
#include "process/spool_disk.h"

struct spool_scan;

/* The helper's: files of others that are open, and how far the series is. */
struct spool_series {
	LIST_HEAD(spool_takens, spool_taken_file) takens;
	char last[SPOOL_NAME]; /* the name that was looked at last, or "" */
};

/* What becomes of a record. */
enum spool_end { SPOOL_END_CLOSE, SPOOL_END_ASIDE, SPOOL_END_LEAVE };

struct spool_scan *spool_scan_new(bool tidy);

/* NULL is ignored. */
void spool_scan_free(struct spool_scan *);

/* Looks.  "own" is this tend's file; if there is none yet, it may get one. */
void spool_scan_run(struct spool_scan *, const struct spool_disk *disk,
    struct spool_file *own, struct spool_series *series);

/* It will not be run: there may be anything. */
void spool_scan_refuse(struct spool_scan *, const char *why);

/* What was found that a person should know. */
void spool_scan_log(const struct spool_scan *);

/* For the caller's callback. */
const struct spool_scan_result *spool_scan_result(struct spool_scan *,
    struct spool *spool);

/* Ends what was found.  Returns 0, or -1 with "err": it is still there. */
int spool_scan_end(const struct spool_disk *disk, struct spool_found *found,
    enum spool_end how, struct err *err);

/* Unlocks all files of others; a new series begins. */
void spool_scan_release(struct spool_series *series);

void spool_scan_free_found(struct spool_found *);

#endif
