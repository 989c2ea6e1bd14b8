/* SPDX-License-Identifier: MIT */
/*
 * The state in a file, so that a restart finds it again.
 *
 * What is kept are not calls but what they made of things: whoever changes a
 * domain, a type, an execution, a task or a timer says so, with
 * persist_changed(); who adds an event, with persist_event(); who takes a
 * task or timer out for good, with persist_gone().  persist_flush(), at the
 * end of each call and of each service_settle(), writes the present state of
 * all of these as one step of a journal (journal.h), before anything is
 * answered.  In the file the last record of a thing counts.  Without
 * --state, service->persist is NULL and all of this does nothing.
 *
 * While something is in memory that could not be written (the disk is full),
 * persist_behind() is true: every call is then refused, no task is handed to
 * a poll, and each call and each deadline tries to write again.  The call
 * that was the first to fail has its effect all the same.
 *
 * Times are kept as wall time.  persist_open() reads the file, checks it,
 * and puts everything back: tasks into their lists, clocks into the heap.
 * What was due meanwhile is done by the next service_settle(), in order, and
 * bears the instant at which it was due.  Then the file is rewritten with
 * what is alive; that is done again when it has become twice as large, and
 * over PERSIST_LARGE.
 */
#ifndef SWF_LOCAL_PERSIST_H
#define SWF_LOCAL_PERSIST_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "swf-local/state.h"

enum { PERSIST_LARGE = 64 << 20 };

/*
 * Reads the state from the file and keeps it there from now on.  The service
 * must be new and know its wall_offset; "now" is the present instant.
 * Returns 0, or -1 with "err": the file was left as it was, and the service
 * is good for service_clear() only.
 */
int persist_open(struct service *service, const char *path, int64_t now,
    struct err *err);

/* Closes the file; called by service_clear(). */
void persist_close(struct service *service);

void persist_changed(struct service *service, struct change *change,
    enum entity kind);
void persist_event(struct service *service, struct execution *execution);
void persist_gone(struct service *service, struct change *change,
    uint64_t number);

/* Makes a step of what changed if that is much; nothing may be half done. */
void persist_gather(struct service *service);

/* Writes what changed. */
void persist_flush(struct service *service);

/* Whether something could not be written yet. */
int persist_behind(const struct service *service);

/* Writes everything anew, as after a change of wall_offset. */
void persist_rewrite(struct service *service);

#endif
