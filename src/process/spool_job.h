/* SPDX-License-Identifier: MIT */
/*
 * What the spool's helper thread does: jobs, in the order in which they were
 * queued, and one fdatasync for all records among them.  process/spool.c has
 * the queue and tells the answers; only the two of them know what is here.
 */
#ifndef PROCESS_SPOOL_JOB_H
#define PROCESS_SPOOL_JOB_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/queue.h>

#include "base/buf.h"
#include "base/err.h"
#include "process/spool.h"
#include "process/spool_disk.h"
#include "process/spool_scan.h"

/* A task in hand. */
struct spool_entry {
	struct spool *spool;
	size_t place;
	struct buf start;
	unsigned jobs; /* not answered yet */
	bool over;     /* closed or left: nobody is called */
	bool queued;   /* something of it may come on disk */
	/* The helper's. */
	bool written; /* something of it may be in its place */
	bool begun;   /* the START record is, as far as is known */
	bool decided; /* likewise the OUTCOME record */
};

enum spool_job_type {
	SPOOL_JOB_START,
	SPOOL_JOB_OUTCOME,
	SPOOL_JOB_CLOSE,
	SPOOL_JOB_HAND_ON,
	SPOOL_JOB_SCAN,
	SPOOL_JOB_END,
	SPOOL_JOB_RELEASE
};

struct spool_job {
	STAILQ_ENTRY(spool_job) link;
	enum spool_job_type type;
	size_t bytes;
	struct spool_entry *entry;
	struct buf outcome;
	spool_done *done;
	void *arg;
	struct spool_scan *scan;   /* SCAN */
	spool_scanned *scanned;    /* likewise */
	spool_released *released;  /* RELEASE */
	struct spool_found *found; /* END */
	enum spool_end end;        /* likewise */
	/* The answer. */
	bool kept;
	struct err problem; /* "" if there was none */
};

STAILQ_HEAD(spool_jobs, spool_job);

/* Where the jobs are done. */
struct spool_store {
	struct spool_disk disk;
	struct spool_file file; /* this tend's own */
	struct spool_series series;
	unsigned long syncs;
};

/* Whether it writes a record: it is answered when that is durable. */
bool spool_job_is_durable(const struct spool_job *job);

/* Does all of them, which may block, and says in each how that went. */
void spool_jobs_do(struct spool_store *store, struct spool_jobs *jobs);

#endif
