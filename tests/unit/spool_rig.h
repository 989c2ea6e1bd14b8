/* SPDX-License-Identifier: MIT */
/*
 * For tests of the spool: a directory of its own, short ways to make records
 * and to wait for what the spool says, and a disk with moods.
 *
 *	spool = rig_open();
 *	entry = rig_enter(spool, "one");
 *	rig_wait(spool, 1);
 *	assert_int_equal(rig.kept, 1);
 *	spool_leave(entry);
 *	spool_free(spool);
 *
 * The disk is the C library's functions that write, read, make durable,
 * reserve and lock, of which there are others here that do what "rig_disk"
 * says.  Nobody pulls a plug in a test: to make durable is to do nothing.
 * These functions are compiled with the flags of those who call them, so that
 * they have their names, whether those end in 64 or not.
 *
 * The one rig is global; RIG_TEST() gives each test a new one.
 */
#ifndef TESTS_SPOOL_RIG_H
#define TESTS_SPOOL_RIG_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

#include "base/buf.h"
#include "process/spool.h"
#include "process/spool_disk.h"

enum {
	RIG_FOUND = 64,
	RIG_RESERVED = 8,
	RIG_DIRECTORY = 32,
	RIG_PATH = RIG_DIRECTORY + SPOOL_NAME
};

struct spool_rig {
	char directory[RIG_DIRECTORY];
	/* Since rig_wait() began. */
	int answered;
	int kept;
	/* What rig_scan() brought; more than RIG_FOUND are left at once. */
	int scans;
	struct spool_found *found[RIG_FOUND];
	size_t count;
	size_t in_use;
	size_t unread;
	bool more;
	/* What rig_release() brought. */
	int released;
	size_t failed;
};

extern struct spool_rig rig;

/* The helper's, while it is at something. */
struct rig_disk {
	/* Moods. */
	atomic_bool hangs;           /* a sync does not come back */
	atomic_bool is_bad;          /* nothing can be read */
	atomic_bool is_short;        /* takes and gives half at a time */
	atomic_bool sync_fails;      /* the next one, and it loses the START */
	atomic_bool fsync_fails;     /* the next one of the directory */
	atomic_int writes;           /* so many further ones, and then none */
	atomic_bool no_locks;        /* a file system that has none */
	atomic_bool somebody_tidies; /* before the next lock */
	/* What has happened. */
	atomic_int hanging;      /* syncs, now */
	atomic_int halves;       /* reads and writes that were cut */
	atomic_bool wiped_alone; /* a sync: no START, but its outcome */
	atomic_int directory_syncs;
	atomic_int file_syncs;        /* of fsync, not of fdatasync */
	off_t reserved[RIG_RESERVED]; /* from where on */
	size_t reserved_count;
};

extern struct rig_disk rig_disk;

int rig_setup(void **state);
int rig_teardown(void **state);
#define RIG_TEST(name) \
	cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)

/* How many files there are whose names end so; the last one's name. */
size_t rig_files(const char *ending, char name[SPOOL_NAME]);

/* The path of a file in the directory. */
void rig_path(char path[RIG_PATH], const char *name);

/* Opens the one file of the spool that there must be. */
int rig_open_file(int flags);

struct spool *rig_open(void);

/* Counts in "rig"; "arg" must be &rig.answered. */
void rig_on_done(void *arg, bool kept);

/* A START record; its key begins as the token does. */
struct buf rig_start(const char *token);

struct spool_entry *rig_enter(struct spool *, const char *token);
void rig_decide(struct spool_entry *, const char *token, const char *result);

/* What a tend has left that has ended; "result": or NULL. */
void rig_leave(const char *token, const char *result);

/* Turns until that many were counted. */
void rig_wait_for(struct spool *, const int *what, int count);

/* Begins to count, and waits for so many answers. */
void rig_wait(struct spool *, int answers);

void rig_scan(struct spool *, bool tidy);
void rig_release(struct spool *);

/*
 * A tend that begins now finds this one task and no other, with that result,
 * or NULL if it was not decided; and closes it.
 */
void rig_end_one(const char *token, const char *result);

/* To so many bytes; what would be more is an error for whoever writes. */
void rig_limit_files(rlim_t bytes);

/* There are so many more descriptors to be had. */
void rig_limit_descriptors(int descriptors, struct rlimit *before);

/* Looks, with that many descriptors to be had. */
void rig_scan_with(struct spool *, int descriptors);

#endif
