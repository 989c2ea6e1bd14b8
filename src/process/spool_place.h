/* SPDX-License-Identifier: MIT */
/*
 * The places of a spool's file, each of one size, and each for one task that
 * is in hand:
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
 * As in process/spool_disk.h, everything here can block on the disk and is
 * called by the spool's helper thread only.
 */
#ifndef PROCESS_SPOOL_PLACE_H
#define PROCESS_SPOOL_PLACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "process/spool_disk.h"
#include "process/spool_record.h"

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
 * Writes a record of that type to its place; it is durable after the next
 * spool_file_sync().  Returns 0, or -1 with "err".
 */
int spool_place_put(struct spool_file *file, size_t place, enum spool_type type,
    const struct buf *record, struct err *err);

/* The place is free: nothing of what was kept there can be read any more. */
int spool_place_wipe(struct spool_file *file, size_t place, struct err *err);

/*
 * Reads a place.  Returns 0, or -1 with "err": the disk does not give it, and
 * nobody knows what it has.  spool_slot_clear() in any case.
 */
int spool_place_get(const struct spool_file *file, size_t place,
    struct spool_slot *slot, struct err *err);
void spool_slot_clear(struct spool_slot *slot);

/*
 * Moves what a place has to a file of its own, that is durable and that
 * anybody may take.  Returns 0, or -1 with "err": it is where it was.
 */
int spool_place_hand_on(const struct spool_disk *disk, struct spool_file *file,
    size_t place, struct err *err);

/*
 * Copies what a place has to a file of its own, that is set aside, and wipes
 * the place.  Returns 0 and the new file's "name", or -1 with "err".
 */
int spool_place_set_aside(const struct spool_disk *disk,
    struct spool_file *file, size_t place, char name[SPOOL_NAME],
    struct err *err);

#endif
