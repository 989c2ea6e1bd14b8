/* SPDX-License-Identifier: MIT */
/*
 * One look through the spool's directory for what others have left, for
 * process/spool.c: new and free, log and result are for its caller's side,
 * run and end for its helper, one side at a time.
 *
 * A file stays open, and so locked, until everything that was found in it has
 * been ended; then it is removed.  What was left in it keeps it open until
 * spool_scan_release(), so that neither another scan nor another tend tries
 * the same meanwhile.
 */
#ifndef PROCESS_SPOOL_SCAN_H
#define PROCESS_SPOOL_SCAN_H

#include <stdbool.h>
#include <sys/queue.h>

#include "base/err.h"
#include "process/spool.h"
#include "process/spool_disk.h"

struct spool_scan;

/* Files of others that are open; the helper's. */
LIST_HEAD(spool_takens, spool_taken_file);

struct spool_scan *spool_scan_new(bool tidy);

/* NULL is ignored. */
void spool_scan_free(struct spool_scan *);

/* Looks.  "own" is this tend's file; if there is none yet, it may get one. */
void spool_scan_run(struct spool_scan *, const struct spool_disk *disk,
    struct spool_file *own, struct spool_takens *takens);

/* What was found that a person should know. */
void spool_scan_log(const struct spool_scan *);

/* For the caller's callback. */
const struct spool_scan_result *spool_scan_result(struct spool_scan *,
    struct spool *spool);

/* Closes what was found, or sets it aside.  Returns 0, or -1 with "err". */
int spool_scan_end(const struct spool_disk *disk, struct spool_found *found,
    bool aside, struct err *err);

/* Unlocks all files of others. */
void spool_scan_release(struct spool_takens *takens);

void spool_scan_free_found(struct spool_found *);

#endif
