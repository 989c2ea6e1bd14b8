/* SPDX-License-Identifier: MIT */
/*
 * The file behind --state: lines that are only ever appended.
 *
 *	swf-local-state 1
 *	0f3c5a7d9e1b2846 [{"is":"header",...}]
 *	a1b2c3d4e5f60718 [{"is":"execution",...},{"is":"event",...}]
 *
 * The first line names the format and its version.  Each further one is a
 * step: a check in 16 hexadecimal digits and a JSON list of records, which
 * hold or fail together.  The check covers the line and the check before it,
 * so that a line that was changed, lost or moved is found.  Whoever was
 * killed while writing leaves a last line that does not end: it is no step.
 *
 * A process that has the file open has it locked.  To write a step:
 * journal_begin() gives a buffer with the list begun; add objects;
 * journal_end().  Steps gather until journal_write() hands them to the kernel
 * in one write, which is what outlives the process.  Whatever fails there is
 * kept and tried again by the next journal_write().
 *
 * A journal grows with everything that is forgotten again.  To start afresh,
 * journal_replace() opens a second one beside it; write what is to be kept
 * there; journal_replaced() makes it durable and gives it the first one's
 * name, or leaves everything as it was.
 */
#ifndef SWF_LOCAL_JOURNAL_H
#define SWF_LOCAL_JOURNAL_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

enum { JOURNAL_VERSION = 1 };

struct journal {
	char *path; /* without symbolic links */
	int fd;     /* -1: closed */
	int64_t size;
	uint64_t check; /* of the last step */
	struct buf out; /* steps that are not in the file yet */
	size_t step;    /* where the step being made begins in "out" */
};

/* A step's list of records.  Returns 0, or -1 with "err". */
typedef int journal_apply(void *arg, const char *json, size_t len,
    struct err *err);

/* What was read. */
struct journal_end {
	int empty; /* there is nothing at all */
	size_t steps;
	size_t torn; /* number of the line that did not end, or 0 */
};

/*
 * Reads the whole text of a journal; nothing at all is one without steps.
 * Returns 0, or -1 with "err", which names the line: it is none, is of
 * another version, is damaged, or "apply" failed.
 */
int journal_parse(const char *text, size_t len, journal_apply *apply, void *arg,
    struct journal_end *end, struct err *err);

/*
 * Opens the file, which is made if there is none, and locks it.  Returns 0,
 * or -1 with "err".  It can be read now, but not written before it was
 * replaced.
 */
int journal_open(struct journal *journal, const char *path, struct err *err);

/* Reads what is in the file; see journal_parse(). */
int journal_read(const struct journal *journal, journal_apply *apply, void *arg,
    struct journal_end *end, struct err *err);

void journal_close(struct journal *journal);

struct buf *journal_begin(struct journal *journal);
void journal_end(struct journal *journal);

/* Writes what is waiting.  Returns 0, or -1 with errno: it is waiting still. */
int journal_write(struct journal *journal);

/* Opens the successor.  Returns 0, or -1 with "err". */
int journal_replace(const struct journal *journal, struct journal *next,
    struct err *err);

/*
 * Puts the successor into the journal's place; the successor is gone
 * afterwards in any case.  Returns 0, or -1 with "err": nothing was changed.
 */
int journal_replaced(struct journal *journal, struct journal *next,
    struct err *err);

/* Gives a successor up. */
void journal_abandon(struct journal *next);

#endif
