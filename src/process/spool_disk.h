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
 * whose tend has ended.
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
	/* A file is divided into places of that size, see spool_place.h. */
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

/* All that was written to it is durable.  Returns 0, or -1 with "err". */
int spool_file_sync(const struct spool_disk *disk, struct spool_file *file,
    struct err *err);

/*
 * Makes a file for what is set aside, and writes its name.  Returns its
 * descriptor, or -1 with errno.
 */
int spool_disk_new_aside(const struct spool_disk *disk, char name[SPOOL_NAME]);

#endif
