/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "process/spool_scan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "process/spool_place.h"

/* A file of another tend, that this one has the lock of. */
struct spool_taken_file {
	LIST_ENTRY(spool_taken_file) link;
	struct spool_file file;
	size_t live; /* places with something in them */
	size_t held; /* what was found in it and has not been ended */
};

struct spool_scan {
	bool tidy;
	size_t files; /* taken over */
	struct spool_scan_result result;
	bool handed_out; /* what was found is not the scan's any more */
	char **messages;
	size_t message_count;
};

struct spool_scan *
spool_scan_new(bool tidy)
{
	struct spool_scan *scan = mem_new(1, sizeof(*scan));

	scan->tidy = tidy;
	return scan;
}

void
spool_scan_free(struct spool_scan *scan)
{
	if (scan == NULL)
		return;
	for (size_t i = 0; i < scan->message_count; i++)
		free(scan->messages[i]);
	free(scan->messages);
	for (size_t i = 0; i < scan->result.count && !scan->handed_out; i++)
		spool_scan_free_found(scan->result.found[i]);
	free(scan->result.found);
	free(scan);
}

/* Takes the message over. */
static void
say(struct spool_scan *scan, char *message)
{
	scan->messages = mem_resize(scan->messages, scan->message_count + 1,
	    sizeof(*scan->messages));
	scan->messages[scan->message_count++] = message;
}

void
spool_scan_refuse(struct spool_scan *scan, const char *why)
{
	scan->result.kept++;
	say(scan, mem_format("nobody can look what is in it: %s", why));
}

void
spool_scan_log(const struct spool_scan *scan)
{
	for (size_t i = 0; i < scan->message_count; i++)
		log_warning("spool: %s", scan->messages[i]);
}

/* Takes the slot's bytes over. */
static struct spool_found *
found_new(struct spool_scan *scan, struct spool_slot *slot, size_t place)
{
	struct spool_found *found = mem_new(1, sizeof(*found));

	memcpy(found->key, slot->key, SPOOL_KEY);
	found->place = place;
	found->start_bytes = slot->start;
	found->outcome_bytes = slot->outcome;
	slot->start = slot->outcome = (struct buf)BUF_INIT(0);
	scan->result.found = mem_resize(scan->result.found,
	    scan->result.count + 1, sizeof(struct spool_found *));
	scan->result.found[scan->result.count++] = found;
	return found;
}

void
spool_scan_free_found(struct spool_found *found)
{
	buf_clear(&found->start_bytes);
	buf_clear(&found->outcome_bytes);
	free(found);
}

/* The values of a slot with a START record; -1: they are no good. */
static int
read_slot(const struct spool_slot *slot, struct spool_start *start,
    struct spool_outcome *outcome)
{
	struct spool_record record;

	if (spool_read(slot->start.data, slot->start.len, &record) !=
		SPOOL_GOOD ||
	    spool_get_start(&record, start) == -1)
		return -1;
	if (!slot->has_outcome)
		return 0;
	if (spool_read(slot->outcome.data, slot->outcome.len, &record) !=
	    SPOOL_GOOD)
		return -1;
	return spool_get_outcome(&record, outcome);
}

/* Keeps the bytes elsewhere, where nobody stumbles over them again. */
static void
set_place_aside(struct spool_scan *scan, const struct spool_disk *disk,
    struct spool_taken_file *taken, size_t place, const char *what)
{
	char name[SPOOL_NAME];
	struct err err;

	if (spool_place_set_aside(disk, &taken->file, place, name, &err) == 0) {
		say(scan, mem_format("%s/%s: record %zu is %s: set aside, as "
				     "%s",
			      disk->path, taken->file.name, place, what, name));
		return;
	}
	taken->live++;
	scan->result.kept++;
	say(scan, mem_format("%s/%s: record %zu is %s, and cannot be set "
			     "aside: %s",
		      disk->path, taken->file.name, place, what, err.text));
}

static void
keep_newer(struct spool_scan *scan, const struct spool_disk *disk,
    struct spool_taken_file *taken, size_t place)
{
	taken->live++;
	scan->result.kept++;
	say(scan, mem_format("%s/%s: record %zu is of a newer tend, and left "
			     "for it",
		      disk->path, taken->file.name, place));
}

/* It may be as good as any: it is left until the disk gives it. */
static void
keep_unread(struct spool_scan *scan, const struct spool_disk *disk,
    struct spool_taken_file *taken, size_t place, const struct err *why)
{
	taken->live++;
	scan->result.kept++;
	say(scan, mem_format("%s/%s: record %zu %s", disk->path,
		      taken->file.name, place, why->text));
}

static void
look_at_task(struct spool_scan *scan, const struct spool_disk *disk,
    struct spool_taken_file *taken, size_t place, struct spool_slot *slot)
{
	struct spool_start start;
	struct spool_outcome outcome = { .kind = SPOOL_FAILED };
	struct spool_found *found;

	if (read_slot(slot, &start, &outcome) == -1) {
		set_place_aside(scan, disk, taken, place, "broken");
		return;
	}
	if (slot->torn_outcome)
		say(scan, mem_format("%s/%s: the outcome of record %zu was "
				     "not written to its end",
			      disk->path, taken->file.name, place));
	found = found_new(scan, slot, place);
	found->start = start;
	found->outcome = outcome;
	found->decided = slot->has_outcome;
	found->file = taken;
	taken->live++;
	taken->held++;
}

static void
look_at_place(struct spool_scan *scan, const struct spool_disk *disk,
    struct spool_taken_file *taken, size_t place)
{
	struct spool_slot slot;
	struct err err;

	if (spool_place_get(&taken->file, place, &slot, &err) == -1) {
		keep_unread(scan, disk, taken, place, &err);
		spool_slot_clear(&slot);
		return;
	}
	switch (slot.verdict) {
	case SPOOL_EMPTY:
		break;
	case SPOOL_GOOD:
		if (slot.type == SPOOL_START)
			look_at_task(scan, disk, taken, place, &slot);
		break;
	case SPOOL_TORN:
		set_place_aside(scan, disk, taken, place, "broken");
		break;
	case SPOOL_FOREIGN:
		set_place_aside(scan, disk, taken, place, "not one of tend's");
		break;
	case SPOOL_NEWER:
		keep_newer(scan, disk, taken, place);
		break;
	}
	spool_slot_clear(&slot);
}

static bool
is_foreign_place(const struct spool_file *file, size_t place)
{
	struct spool_slot slot;
	struct err err;
	bool foreign;

	foreign = spool_place_get(file, place, &slot, &err) == 0 &&
		  (slot.verdict == SPOOL_FOREIGN ||
		      (place > 0 && slot.verdict == SPOOL_EMPTY));
	spool_slot_clear(&slot);
	return foreign;
}

/*
 * Whether it begins as no file of tend's does, and nowhere goes on as one: of
 * a file that is tend's no record is set aside for another's sake.
 */
static bool
is_foreign(const struct spool_file *file)
{
	size_t place = 0;

	while (place < file->places && is_foreign_place(file, place))
		place++;
	return place > 0 && place == file->places;
}

/* Nothing is in it: it can be used, or is not needed. */
static void
end_empty(struct spool_scan *scan, const struct spool_disk *disk,
    struct spool_file *file, struct spool_file *own)
{
	if (scan->tidy) {
		spool_file_remove(disk, file);
	} else if (own->fd == -1) {
		*own = *file;
		/* Whoever made it may not have come that far. */
		own->fresh = true;
	} else {
		spool_file_close(file);
	}
}

static void
set_file_aside(struct spool_scan *scan, const struct spool_disk *disk,
    struct spool_file *file)
{
	char *name = mem_string(file->name);
	struct err err;

	if (spool_file_set_aside(disk, file, &err) == 0)
		say(scan, mem_format("%s/%s is not one of tend's: set aside",
			      disk->path, name));
	else
		say(scan, mem_format("%s/%s is not one of tend's: %s",
			      disk->path, name, err.text));
	free(name);
}

static void
look_into(struct spool_scan *scan, const struct spool_disk *disk,
    struct spool_file *file, struct spool_file *own,
    struct spool_series *series)
{
	struct spool_taken_file *taken;

	if (is_foreign(file)) {
		set_file_aside(scan, disk, file);
		return;
	}
	taken = mem_new(1, sizeof(*taken));
	taken->file = *file;
	for (size_t i = 0; i < taken->file.places; i++)
		look_at_place(scan, disk, taken, i);
	if (taken->held > 0) {
		scan->files++;
		LIST_INSERT_HEAD(&series->takens, taken, link);
		return;
	}
	if (taken->live > 0)
		spool_file_close(&taken->file);
	else
		end_empty(scan, disk, &taken->file, own);
	free(taken);
}

static void
look_at_file(struct spool_scan *scan, const struct spool_disk *disk,
    const char *name, struct spool_file *own, struct spool_series *series)
{
	struct spool_file file;
	struct err err;

	switch (spool_file_take(disk, name, &file, &err)) {
	case SPOOL_TAKEN:
		look_into(scan, disk, &file, own, series);
		break;
	case SPOOL_IN_USE:
		if (strcmp(name, own->name) != 0)
			scan->result.in_use++;
		break;
	case SPOOL_ALIEN:
		say(scan, mem_string(err.text));
		break;
	case SPOOL_TROUBLE:
		scan->result.kept++;
		say(scan, mem_string(err.text));
		break;
	case SPOOL_NONE:
		break;
	}
}

/* Unless it has had its turn, or there are too many. */
static void
look_at_next(struct spool_scan *scan, const struct spool_disk *disk,
    const char *name, struct spool_file *own, struct spool_series *series)
{
	if (strcmp(name, series->last) <= 0)
		return;
	if (scan->files == SPOOL_SCAN_FILES) {
		scan->result.more = true;
		return;
	}
	look_at_file(scan, disk, name, own, series);
	(void)snprintf(series->last, sizeof(series->last), "%s", name);
}

void
spool_scan_run(struct spool_scan *scan, const struct spool_disk *disk,
    struct spool_file *own, struct spool_series *series)
{
	char **names;
	size_t count;
	struct err err;

	/* What is not seen may be what somebody waits for. */
	if (spool_disk_list(disk, &names, &count, &err) == -1) {
		scan->result.kept++;
		say(scan, mem_string(err.text));
	}
	for (size_t i = 0; i < count; i++) {
		look_at_next(scan, disk, names[i], own, series);
		free(names[i]);
	}
	free(names);
}

const struct spool_scan_result *
spool_scan_result(struct spool_scan *scan, struct spool *spool)
{
	scan->handed_out = true;
	for (size_t i = 0; i < scan->result.count; i++)
		scan->result.found[i]->spool = spool;
	return &scan->result;
}

static int
end_place(const struct spool_disk *disk, const struct spool_found *found,
    enum spool_end how, struct err *err)
{
	struct spool_taken_file *taken = found->file;
	char name[SPOOL_NAME];
	int status = 0;

	switch (how) {
	case SPOOL_END_CLOSE:
		status = spool_place_wipe(&taken->file, found->place, err);
		break;
	case SPOOL_END_ASIDE:
		status = spool_place_set_aside(disk, &taken->file, found->place,
		    name, err);
		break;
	case SPOOL_END_LEAVE:
		return 0;
	}
	if (status == 0)
		taken->live--;
	return status;
}

int
spool_scan_end(const struct spool_disk *disk, struct spool_found *found,
    enum spool_end how, struct err *err)
{
	struct spool_taken_file *taken = found->file;
	int status = end_place(disk, found, how, err);

	if (--taken->held > 0)
		return status;
	LIST_REMOVE(taken, link);
	if (taken->live > 0)
		spool_file_close(&taken->file);
	else
		spool_file_remove(disk, &taken->file);
	free(taken);
	return status;
}

void
spool_scan_release(struct spool_series *series)
{
	struct spool_taken_file *taken;

	while ((taken = LIST_FIRST(&series->takens)) != NULL) {
		LIST_REMOVE(taken, link);
		spool_file_close(&taken->file);
		free(taken);
	}
	series->last[0] = '\0';
}
