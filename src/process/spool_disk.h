/* SPDX-License-Identifier: MIT */
/*
 * The spool's directory and files.  Everything here can block on the disk and
 * is called by the spool's helper thread (process/spool.h) only.
 *
 * The directory belongs to the user and nobody else can enter it (a link to
 * it may be the user's or root's); it is held open, and everything in it is
 * opened through that, no link being followed.  Each tend has one file
 * in it, "0123456789abcdef.spool", by chance named, and holds a lock on it
 * (flock) for as long as it lives, so that a file that can be locked is one
 * whose tend has ended.  A file is divided into places of one size, one for
 * each task that is in hand:
 *
 *	place n  at n * SPOOL_PLACE
 *	         the START record, or CLOSED (process/spool_record.h)
 *	         SPOOL_START_MAX further on: the OUTCOME record
 *
 * A record is always written over what was there before: the file has its
 * blocks by then, and to make it durable takes one fdatasync, of however many
 * records there are.  An OUTCOME with another key than the START has is of a
 * task before.  A file is sparse: a place takes 12 KiB when it is used first,
 * and more only for a long result.
 *
 * What is none of ours where a file of ours should be (a link, another
 * owner, bytes that are no record) is set aside, unless somebody has it locked:
 * it gets the ending ".aside", is never looked at again, and nothing of it is
 * lost.
 */
#ifndef PROCESS_SPOOL_DISK_H
#define PROCESS_SPOOL_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "process/spool_record.h"

enum {
	SPOOL_PLACE = SPOOL_START_MAX + SPOOL_OUTCOME_MAX,
	/* A file that has more is none of ours. */
	SPOOL_PLACES_MAX = 1 << 16,
	SPOOL_NAME = 40
};

struct spool_disk {
	int directory; /* -1: not open */
	char *path;    /* for people */
};

/* A file that is open and locked. */
struct spool_file {
	int fd; /* -1: none */
	char name[SPOOL_NAME];
	size_t places;
	bool fresh; /* its name is not durable yet */
};

/* What a place holds. */
struct spool_slot {
	enum spool_verdict verdict; /* of the START or CLOSED record */
	enum spool_type type;       /* if that is GOOD */
	uint8_t key[SPOOL_KEY];     /* likewise */
	bool has_outcome;           /* whole, and of this task */
	bool torn_outcome;          /* of this task, and not whole */
	struct buf start;           /* the bytes, as far as they were there */
	struct buf outcome;
};

/*
 * Opens the directory; makes it if it is not there and "make" says so.
 * Returns 0, or -1 with "err": it cannot be used, or others could read it.
 */
int spool_disk_open(struct spool_disk *disk, const char *path, bool make,
    struct err *err);
void spool_disk_close(struct spool_disk *disk);

/*
 * The names of the files that are there, in order: new strings, to be freed, as
 * is the list.  Returns 0, or -1 with "err": there may be more of them.
 */
int spool_disk_list(const struct spool_disk *disk, char ***names, size_t *count,
    struct err *err);

/* Makes a file and locks it.  Returns 0, or -1 with "err". */
int spool_file_new(const struct spool_disk *disk, struct spool_file *file,
    struct err *err);

enum spool_taken {
	SPOOL_TAKEN,
	SPOOL_IN_USE,  /* a tend that lives has it */
	SPOOL_NONE,    /* it has gone */
	SPOOL_TROUBLE, /* it cannot be opened now; "err" says why */
	SPOOL_ALIEN    /* "err" says what it is, and what was done with it */
};

/* Opens a file that is there, if nobody has it locked. */
enum spool_taken spool_file_take(const struct spool_disk *disk,
    const char *name, struct spool_file *file, struct err *err);

/* Unlocks it. */
void spool_file_close(struct spool_file *file);

/* Removes it from the directory, and closes it. */
void spool_file_remove(const struct spool_disk *disk, struct spool_file *file);

/* Renames it, and closes it.  Returns 0, or -1 with "err". */
int spool_file_set_aside(const struct spool_disk *disk, struct spool_file *file,
    struct err *err);

/*
 * Writes a record of that type to its place; it is durable after the next
 * spool_file_sync().  Both return 0, or -1 with "err".
 */
int spool_file_put(struct spool_file *file, size_t place, enum spool_type type,
    const struct buf *record, struct err *err);
int spool_file_sync(const struct spool_disk *disk, struct spool_file *file,
    struct err *err);

/* The place is free: nothing of what was kept there can be read any more. */
int spool_file_wipe(struct spool_file *file, size_t place, struct err *err);

/*
 * Reads a place.  Returns 0, or -1 with "err": the disk does not give it, and
 * nobody knows what it has.  spool_slot_clear() in any case.
 */
int spool_file_get(const struct spool_file *file, size_t place,
    struct spool_slot *slot, struct err *err);
void spool_slot_clear(struct spool_slot *slot);

/*
 * Moves what a place has to a file of its own, that is durable and that
 * anybody may take.  Returns 0, or -1 with "err": it is where it was.
 */
int spool_file_hand_on(const struct spool_disk *disk, struct spool_file *file,
    size_t place, struct err *err);

/*
 * Copies what a place has to a file of its own, that is set aside, and wipes
 * the place.  Returns 0 and the new file's "name", or -1 with "err".
 */
int spool_file_set_place_aside(const struct spool_disk *disk,
    struct spool_file *file, size_t place, char name[SPOOL_NAME],
    struct err *err);

#endif
