/* SPDX-License-Identifier: MIT */
/*
 * A record of the spool, as bytes: what is kept of a task on disk.
 *
 * Pure: values in, bytes out, and back.  process/spool.h has the files.
 *
 * A record is a header and a body.  All numbers are little-endian:
 *
 *	 0  magic    "TENDSPL\n"
 *	 8  version  2 bytes
 *	10  type     1 byte, enum spool_type
 *	11           1 byte, 0
 *	12  length   4 bytes, of the body
 *	16  key      16 bytes: of one attempt at one task, by chance
 *	32  CRC-32   4 bytes, of the 32 bytes before and of the body
 *
 * and the body is fields: a tag of 1 byte, a length of 4 bytes, and as many
 * bytes: a number is 8 of them, a text ends in NUL.  A field that is not known
 * is passed over, so that one can be added; what is changed otherwise has
 * another version.  Header and CRC are the same in every version.
 *
 * A task has a START record, which says everything that is needed to kill what
 * runs and to tell SWF, and once that is decided an OUTCOME record with the
 * same key, which says what to tell.  CLOSED takes the place of START when
 * nothing is to be told any more.
 */
#ifndef PROCESS_SPOOL_RECORD_H
#define PROCESS_SPOOL_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

enum {
	SPOOL_VERSION = 1,
	SPOOL_KEY = 16,
	SPOOL_KEY_TEXT = 2 * SPOOL_KEY + 1,
	SPOOL_HEADER = 36,
	/* Whole records; SWF's own limits keep them below. */
	SPOOL_START_MAX = 16 * 1024,
	SPOOL_OUTCOME_MAX = 112 * 1024
};

enum spool_type { SPOOL_START = 1, SPOOL_OUTCOME, SPOOL_CLOSED };

enum spool_kind { SPOOL_COMPLETED = 1, SPOOL_FAILED, SPOOL_CANCELED };

/* Texts are NULL if there is none; those that were read are in the bytes. */
struct spool_start {
	const char *token;
	const char *endpoint; /* the URL of the service that gave the task */
	const char *region;
	const char *activity_id;
	const char *workflow_id;
	const char *run_id;
	int64_t started; /* wall time, ms */
	/* Who runs it; see process/survivors.h. */
	const char *world;
	int64_t guard;         /* its pid */
	int64_t guard_started; /* its start, as /proc has it */
	int64_t session;       /* the guard's */
	bool leaves;           /* what the command leaves behind may live on */
};

struct spool_outcome {
	enum spool_kind kind;
	const char *result;
	const char *reason;
	const char *details;
	bool alive; /* processes of the task may still run */
};

enum spool_verdict {
	SPOOL_GOOD,
	SPOOL_EMPTY,  /* zeros: never written */
	SPOOL_TORN,   /* not all of it, or not what was written */
	SPOOL_NEWER,  /* whole, and of a version that is not known here */
	SPOOL_FOREIGN /* nothing of tend's */
};

/* A record that was read: pointers into the bytes. */
struct spool_record {
	enum spool_type type;
	uint8_t key[SPOOL_KEY];
	const unsigned char *body;
	size_t body_len;
};

/* The key in hexadecimal digits. */
void spool_key_text(const uint8_t key[SPOOL_KEY], char text[SPOOL_KEY_TEXT]);

/* Each appends a whole record.  Returns 0, or -1 if it does not fit. */
int spool_put_start(struct buf *out, const uint8_t key[SPOOL_KEY],
    const struct spool_start *start);
int spool_put_outcome(struct buf *out, const uint8_t key[SPOOL_KEY],
    const struct spool_outcome *outcome);
int spool_put_closed(struct buf *out, const uint8_t key[SPOOL_KEY]);

/*
 * Looks at the record that "data" begins with; what follows it is not looked
 * at.  "record" is filled if it is GOOD.
 */
enum spool_verdict spool_read(const void *data, size_t len,
    struct spool_record *record);

/*
 * How long the record is that begins with this header; 0 if it is none.  For
 * who has to fetch the rest; it may be longer than any record is.
 */
size_t spool_length(const void *data, size_t len);

/* The values of a GOOD record of that type; -1: one is missing or wrong. */
int spool_get_start(const struct spool_record *record,
    struct spool_start *start);
int spool_get_outcome(const struct spool_record *record,
    struct spool_outcome *outcome);

#endif
