/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "swf-local/persist.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "swf-local/executions.h"
#include "swf-local/journal.h"
#include "swf-local/records.h"
#include "swf-local/restore.h"

enum {
	WRITE_AT = 1 << 20,    /* bytes of a rewrite that gather */
	CHANGES_AT_ONCE = 1000 /* of one step, when deadlines are many */
};

struct persist {
	struct journal journal;
	TAILQ_HEAD(, change) changes; /* in the order in which they began */
	size_t change_count;
	uint64_t *gone; /* numbers of tasks and timers that are no more */
	size_t gone_count;
	size_t gone_room;
	int64_t rewritten; /* size of the file when that was done last */
	int failed;        /* the last write was in vain, and this was said */
};

/* ---- noting -------------------------------------------------------------- */

static void
note(struct persist *persist, struct change *change, enum entity kind)
{
	change->kind = kind;
	if (change->pending)
		return;
	change->pending = 1;
	TAILQ_INSERT_TAIL(&persist->changes, change, in_changes);
	persist->change_count++;
}

void
persist_changed(struct service *service, struct change *change,
    enum entity kind)
{
	if (service->persist == NULL)
		return;
	change->whole = 1;
	note(service->persist, change, kind);
}

void
persist_event(struct service *service, struct execution *execution)
{
	if (service->persist != NULL)
		note(service->persist, &execution->change, ENTITY_EXECUTION);
}

static void
take_out(struct persist *persist, struct change *change)
{
	if (!change->pending)
		return;
	change->pending = 0;
	TAILQ_REMOVE(&persist->changes, change, in_changes);
	persist->change_count--;
}

void
persist_gone(struct service *service, struct change *change, uint64_t number)
{
	struct persist *persist = service->persist;

	if (persist == NULL)
		return;
	take_out(persist, change);
	if (!change->known)
		return;
	if (persist->gone_count == persist->gone_room) {
		persist->gone_room += 64;
		persist->gone = mem_resize(persist->gone, persist->gone_room,
		    sizeof(*persist->gone));
	}
	persist->gone[persist->gone_count++] = number;
}

/* ---- writing ------------------------------------------------------------- */

int
persist_behind(const struct service *service)
{
	return service->persist != NULL &&
	       service->persist->journal.out.len > 0;
}

/* Makes a step of what changed. */
static void
make_step(struct service *service)
{
	struct persist *persist = service->persist;
	struct change *change;
	struct buf *out;

	if (persist->change_count == 0 && persist->gone_count == 0)
		return;
	out = journal_begin(&persist->journal);
	/* First, because what is new may take the place of what is gone. */
	for (size_t i = 0; i < persist->gone_count; i++)
		record_gone(persist->gone[i], out);
	persist->gone_count = 0;
	while ((change = TAILQ_FIRST(&persist->changes)) != NULL) {
		take_out(persist, change);
		record_change(service, change, out);
	}
	journal_end(&persist->journal);
}

static void
write_steps(struct persist *persist)
{
	struct journal *journal = &persist->journal;
	int failed = journal_write(journal) == -1;

	if (failed && !persist->failed)
		log_error("cannot write %s: %s; every call is refused until "
			  "it can be written",
		    journal->path, strerror(errno));
	else if (!failed && persist->failed)
		log_info("%s can be written again", journal->path);
	persist->failed = failed;
}

static int
is_large(const struct persist *persist)
{
	return persist->journal.size > PERSIST_LARGE &&
	       persist->journal.size / 2 > persist->rewritten;
}

void
persist_gather(struct service *service)
{
	struct persist *persist = service->persist;

	if (persist != NULL &&
	    persist->change_count + persist->gone_count > CHANGES_AT_ONCE)
		make_step(service);
}

void
persist_flush(struct service *service)
{
	struct persist *persist = service->persist;

	if (persist == NULL)
		return;
	make_step(service);
	if (persist->journal.out.len == 0)
		return;
	write_steps(persist);
	if (is_large(persist))
		persist_rewrite(service);
}

/* ---- rewriting ----------------------------------------------------------- */

struct rewrite {
	struct service *service;
	struct journal *next;
	int failed;
};

/* One thing is one step: they belong together only by their order. */
static void
rewrite_one(struct rewrite *rewrite, struct change *change, enum entity kind)
{
	if (rewrite->failed)
		return;
	change->kind = kind;
	change->known = 0;
	change->whole = 1;
	record_change(rewrite->service, change, journal_begin(rewrite->next));
	journal_end(rewrite->next);
	if (rewrite->next->out.len > WRITE_AT &&
	    journal_write(rewrite->next) == -1)
		rewrite->failed = 1;
}

static void
rewrite_domain(void *value, void *arg)
{
	struct domain *domain = value;

	rewrite_one(arg, &domain->change, ENTITY_DOMAIN);
}

static void
rewrite_type(void *value, void *arg)
{
	struct type *type = value;

	rewrite_one(arg, &type->change, ENTITY_TYPE);
}

static void
rewrite_execution(struct rewrite *rewrite, struct execution *execution)
{
	struct workflow_timer *timer;
	struct activity *activity;

	if (rewrite->failed)
		return;
	execution->events_kept = 0;
	rewrite_one(rewrite, &execution->change, ENTITY_EXECUTION);
	TAILQ_FOREACH (activity, &execution->activities, in_execution)
		rewrite_one(rewrite, &activity->task.change, ENTITY_ACTIVITY);
	TAILQ_FOREACH (timer, &execution->open_timers, in_execution)
		rewrite_one(rewrite, &timer->change, ENTITY_TIMER);
	if (execution->working != NULL)
		rewrite_one(rewrite, &execution->working->task.change,
		    ENTITY_DECISION);
	if (execution->waiting != NULL)
		rewrite_one(rewrite, &execution->waiting->task.change,
		    ENTITY_DECISION);
}

static void
rewrite_all(struct rewrite *rewrite)
{
	struct service *service = rewrite->service;
	struct execution **all = executions_by_number(service);

	record_header(service, journal_begin(rewrite->next));
	journal_end(rewrite->next);
	table_each(&service->domains, rewrite_domain, rewrite);
	for (int kind = 0; kind < TYPE_KINDS; kind++)
		table_each(&service->types[kind], rewrite_type, rewrite);
	for (size_t i = 0; i < service->executions.count; i++)
		rewrite_execution(rewrite, all[i]);
	free(all);
}

static int
rewrite_file(struct service *service, struct err *err)
{
	struct persist *persist = service->persist;
	struct journal next;
	struct rewrite rewrite = { .service = service, .next = &next };

	if (journal_replace(&persist->journal, &next, err) == -1)
		return -1;
	rewrite_all(&rewrite);
	if (rewrite.failed) {
		(void)err_errno(err, "cannot write %s", next.path);
		journal_abandon(&next);
		return -1;
	}
	if (journal_replaced(&persist->journal, &next, err) == -1)
		return -1;
	persist->rewritten = persist->journal.size;
	return 0;
}

void
persist_rewrite(struct service *service)
{
	struct persist *persist = service->persist;
	struct err err;

	if (persist == NULL)
		return;
	/* Should it fail, the old file goes on with all that changed. */
	make_step(service);
	if (rewrite_file(service, &err) == 0) {
		persist->failed = 0;
		return;
	}
	log_warning("%s is not made smaller: %s", persist->journal.path,
	    err.text);
	/* Not again before it has doubled once more. */
	persist->rewritten = persist->journal.size;
}

/* ---- opening ------------------------------------------------------------- */

static int
load(struct service *service, const struct journal *journal, int64_t now,
    struct err *err)
{
	struct journal_end end;
	struct restore restore;
	struct err why;
	int result;

	restore_begin(&restore, service, now);
	result = journal_read(journal, restore_step, &restore, &end, err);
	if (result == 0 && !end.empty) {
		result = restore_end(&restore, &why);
		if (result == -1)
			(void)err_set(err, "%s: %s", journal->path, why.text);
	}
	if (result == 0 && end.torn != 0)
		log_warning("%s: line %zu does not end, and was left out: it "
			    "was being written when the service was killed",
		    journal->path, end.torn);
	restore_clear(&restore);
	return result;
}

int
persist_open(struct service *service, const char *path, int64_t now,
    struct err *err)
{
	struct persist *persist = mem_new(1, sizeof(*persist));

	TAILQ_INIT(&persist->changes);
	if (journal_open(&persist->journal, path, err) == -1) {
		free(persist);
		return -1;
	}
	if (load(service, &persist->journal, now, err) == 0) {
		service->persist = persist;
		if (rewrite_file(service, err) == 0)
			return 0;
	}
	service->persist = persist;
	persist_close(service);
	return -1;
}

void
persist_close(struct service *service)
{
	struct persist *persist = service->persist;

	if (persist == NULL)
		return;
	journal_close(&persist->journal);
	free(persist->gone);
	free(persist);
	service->persist = NULL;
}
