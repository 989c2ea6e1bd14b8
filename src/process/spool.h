/* SPDX-License-Identifier: MIT */
/*
 * The spool: what is kept of tasks on disk, so that no outcome is lost when
 * tend is killed, the machine stops or the service cannot be reached.
 *
 * A disk can block for seconds.  All of it is done by one helper thread with
 * all signals blocked, behind a bounded queue; the caller is told by
 * spool_descriptor() and spool_dispatch(), and until then goes on.  What is
 * queued together becomes durable together: a task takes two fdatasyncs at
 * most, and many tasks take the same two.
 *
 * Of a task that is in hand:
 *
 *	entry = spool_enter(spool, key, &start, started, arg);
 *		... "started" is called: it is durable, or cannot be
 *	spool_decide(entry, &outcome, decided, arg);
 *		... "decided" is called; SWF is told
 *	spool_close(entry);    SWF has it, or nothing is to be told; or
 *	spool_leave(entry);    it stays on disk, for the time after this tend;
 *or spool_hand_on(entry);  it stays on disk, for whoever tries again
 *
 * Of tasks whose tend has ended: spool_scan() takes their files over and
 * hands out what was found; each of them is then closed, set aside or left.
 * Files of a tend that lives, also of this one, are not touched.
 *
 * Trouble with the disk costs durability and a warning in the log, and
 * nothing else.  process/spool_disk.h has the files, process/spool_record.h
 * the records.  All functions are for one thread.
 */
#ifndef PROCESS_SPOOL_H
#define PROCESS_SPOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "process/spool_record.h"

enum {
	/* Bytes queued for the disk, above which nothing is kept. */
	SPOOL_BOUND = 32 * 1024 * 1024,
	/* Files that one scan takes over at most: they are held open. */
	SPOOL_SCAN_FILES = 64,
	/* How long the end waits for what is queued, ms. */
	SPOOL_LINGER = 500
};

struct spool;
struct spool_entry;

/*
 * Opens the directory, and makes it if "make" says so and it is not there.
 * Returns NULL with "err": it cannot be used, or others could read it.
 */
struct spool *spool_new(const char *path, bool make, struct err *err);

/* As it was given, for people. */
const char *spool_path(const struct spool *);

/* Readable when there is something for spool_dispatch() to tell. */
int spool_descriptor(const struct spool *);
void spool_dispatch(struct spool *);

/*
 * Writes what is queued, but waits for that no longer than SPOOL_LINGER; a
 * helper that the disk does not let go is left there.  Nobody is called any
 * more; all entries must have been closed or left.
 */
void spool_free(struct spool *);

/* A new key. */
void spool_make_key(uint8_t key[SPOOL_KEY]);

/* ---- tasks in hand ---- */

/* "kept": it is durable. */
typedef void spool_done(void *arg, bool kept);

/*
 * Each copies the record, and calls "done" once, from spool_dispatch(); but
 * not after the entry was closed or left.
 */
struct spool_entry *spool_enter(struct spool *, const struct buf *start,
    spool_done *done, void *arg);
void spool_decide(struct spool_entry *, const struct buf *outcome,
    spool_done *done, void *arg);

/*
 * Each is the end of the entry; NULL is ignored.  What is handed on gets a
 * file of its own, which any tend finds, this one's next spool_scan(), too;
 * where that cannot be made, it is left.
 */
void spool_close(struct spool_entry *);
void spool_leave(struct spool_entry *);
void spool_hand_on(struct spool_entry *);

/* How often data was made durable, for tests and benchmarks. */
unsigned long spool_syncs(struct spool *);

/* ---- tasks of those that have ended ---- */

/* The texts belong to it. */
struct spool_found {
	uint8_t key[SPOOL_KEY];
	struct spool_start start;
	bool decided; /* "outcome" is there */
	struct spool_outcome outcome;
	/* The rest is the spool's own. */
	struct spool *spool;
	struct spool_taken_file *file;
	size_t place;
	struct buf start_bytes;
	struct buf outcome_bytes;
};

struct spool_scan_result {
	/* Each of them is the caller's to end, before the spool is freed. */
	struct spool_found **found;
	size_t count;
	size_t in_use; /* files of a tend that lives */
	size_t kept;   /* what cannot be read here, and is left as it is */
	bool more;     /* there are files that were not looked at */
};

typedef void spool_scanned(void *arg, const struct spool_scan_result *result);

/*
 * Looks for what others have left.  "tidy": files with nothing in them are
 * removed; else one of them is taken for this tend's own.  Calls "call" from
 * spool_dispatch(), unless the spool is freed before.
 */
void spool_scan(struct spool *, bool tidy, spool_scanned *call, void *arg);

/* SWF has it, or nothing is to be told: it is no longer kept. */
void spool_found_close(struct spool_found *);

/* It is no good: it is kept in a file of its own, that nobody reads again. */
void spool_found_set_aside(struct spool_found *);

/* It stays where it is, for later, or for another tend. */
void spool_found_leave(struct spool_found *);

/*
 * Ends the series of scans, of which each looks at files that those before did
 * not come to: the next one begins with the first file.  Calls "call" when all
 * has been done that was to be closed or set aside; "failed" of them are still
 * where they were.
 */
typedef void spool_released(void *arg, size_t failed);

void spool_release(struct spool *, spool_released *call, void *arg);

#endif
