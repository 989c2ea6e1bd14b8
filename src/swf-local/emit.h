/* SPDX-License-Identifier: MIT */
/*
 * Writes JSON, compact, into a buffer.
 *
 * There is no state but the buffer: a comma is put where the text so far
 * calls for one.  A member whose value is NULL is left out, so optional
 * members need no test at the caller's.  Strings have to be UTF-8.
 * Members are written in the order of the calls; the service answers with
 * sorted keys, so the callers keep to the alphabet.
 *
 * The buffer's maximum is the caller's care: what does not fit is missing.
 */
#ifndef SWF_LOCAL_EMIT_H
#define SWF_LOCAL_EMIT_H

#include <stdint.h>

#include "base/buf.h"

/* An object; "key" is NULL at the top and inside lists. */
void emit_object(struct buf *buf, const char *key);
void emit_object_end(struct buf *buf);

void emit_list(struct buf *buf, const char *key);
void emit_list_end(struct buf *buf);

void emit_string(struct buf *buf, const char *key, const char *value);
void emit_integer(struct buf *buf, const char *key, int64_t value);
void emit_boolean(struct buf *buf, const char *key, int value);

/* Milliseconds with a fraction of microseconds, from microseconds. */
void emit_millis(struct buf *buf, const char *key, int64_t micros);

/* Seconds in the service's spelling: 1.497371587073E9. */
void emit_time(struct buf *buf, const char *key, int64_t wall_ms);

/* {"name":...} under "key": task lists. */
void emit_name(struct buf *buf, const char *key, const char *name);

/* {"name":...,"version":...} under "key": activity and workflow types. */
void emit_type(struct buf *buf, const char *key, const char *name,
    const char *version);

/* {"runId":...,"workflowId":...} under "key": executions. */
void emit_execution(struct buf *buf, const char *key, const char *workflow_id,
    const char *run_id);

/* A value that is JSON already; NULL is left out. */
void emit_raw(struct buf *buf, const char *key, const char *value);

#endif
