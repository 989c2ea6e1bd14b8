/* SPDX-License-Identifier: MIT */
/*
 * The things of the state as the JSON objects that a journal keeps, and back.
 *
 * Each thing has one table of its members (records.c), which writing and
 * reading share, so that neither can forget one.  What is not a plain member,
 * what a thing belongs to, is written beside them and read by restore.c.
 *
 *	is         keyed by             what it is
 *	header     -                    the secret of tokens, the last number
 *	domain     name
 *	type       domain, kind, name, version
 *	execution  execution            what it was started with
 *	status     execution            what became of it
 *	event      execution, id        never changes
 *	activity   task                 what was scheduled
 *	attempt    task                 its start, its heartbeats, its cancel
 *	decision   task
 *	timer      timer
 *	gone       number               of a task or timer: it is closed
 *
 * Instants are wall time in ms; what is NULL, 0, false or never is left out.
 */
#ifndef SWF_LOCAL_RECORDS_H
#define SWF_LOCAL_RECORDS_H

#include "base/err.h"
#include "swf-local/state.h"

void record_header(const struct service *service, struct buf *out);
void record_gone(uint64_t number, struct buf *out);

/*
 * Writes what the file does not have yet of the thing that "change" is in;
 * of one that it does not know, everything.
 */
void record_change(const struct service *service, struct change *change,
    struct buf *out);

/* ---- reading ------------------------------------------------------------- */

enum record {
	RECORD_DOMAIN,
	RECORD_TYPE,
	RECORD_EXECUTION,
	RECORD_STATUS,
	RECORD_ACTIVITY,
	RECORD_ATTEMPT,
	RECORD_DECISION,
	RECORD_TIMER,
	RECORDS
};

/*
 * Sets the members of "thing", whose kind follows from the record.  "now" is
 * the present instant, after which nothing can have been.  Returns 0, or -1
 * with "err": one is missing or not what it should be.
 */
int record_read(enum record record, const cJSON *in,
    const struct service *service, int64_t now, void *thing, struct err *err);

/* One member that is a whole number from 0; -1 if it is not there. */
int64_t record_number(const cJSON *in, const char *name);

/* The instant of a deadline; NEVER if it is not there. */
int64_t record_due(const cJSON *in, const struct service *service);

/* The 32 hexadecimal digits of a secret. */
enum { SECRET_TEXT = 33 };
void secret_write(const struct siphash_key *secret, char text[SECRET_TEXT]);
int secret_read(const char *text, struct siphash_key *secret);

#endif
