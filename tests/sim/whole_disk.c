/* SPDX-License-Identifier: MIT */
/*
 * The disk with the spool's directory: what is in it now, and what would be
 * if the machine stopped.  A write is durable when it has been synced; before
 * that each sector of it may be, or not.
 */
#include "config.h"

#include "whole.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"

#include "whole_over.h"

/* ---- how it is ---- */

/* It takes a while, and may fail. */
static bool
disk_is_willing(const char *what, bool writes)
{
	int64_t length = 0;

	seam(what);
	if (world.disk == DISK_SLOW && roll_percent(30))
		length = roll_percent(90) ? roll_below(300) : roll_below(9000);
	else if (roll_percent(10))
		length = roll_below(5);
	if (world.in_helper)
		seam_wait(length);
	if (!writes || world.disk == DISK_FINE || world.disk == DISK_SLOW)
		return true;
	if (roll_percent(30))
		return true;
	errno = world.disk == DISK_FULL ? ENOSPC : EIO;
	return false;
}

static struct disk_file *
file_of(int fd)
{
	const struct descriptor *d = descriptor_of(fd);

	return d == NULL || d->kind != DESCRIPTOR_FILE ? NULL
						       : &world.files[d->which];
}

static struct disk_file *
file_at(int fd)
{
	struct disk_file *file = file_of(fd);

	if (file == NULL)
		broken("a file that is used is open");
	return file;
}

static struct disk_file *
named(const char *name)
{
	for (int i = 0; i < world.file_count; i++)
		if (world.files[i].named &&
		    strcmp(world.files[i].name, name) == 0)
			return &world.files[i];
	return NULL;
}

/* ---- the directory ---- */

int
over_mkdir(const char *path, mode_t mode)
{
	(void)path;
	(void)mode;
	seam("mkdir");
	if (world.directory) {
		errno = EEXIST;
		return -1;
	}
	world.directory = true;
	return 0;
}

static int
open_file(struct disk_file *file)
{
	int which = (int)(file - world.files);

	file->opened++;
	return descriptor_new(DESCRIPTOR_FILE, world.actor, which);
}

static int
create(const char *name)
{
	struct disk_file *file = &world.files[world.file_count];

	if (named(name) != NULL) {
		errno = EEXIST;
		return -1;
	}
	if (world.file_count++ == FILES)
		broken("the simulation's files are enough");
	file->named = true;
	(void)snprintf(file->name, sizeof(file->name), "%s", name);
	return open_file(file);
}

int
over_openat(int directory, const char *path, int flags, ...)
{
	const struct descriptor *d = descriptor_of(directory);
	struct disk_file *file;

	if (d != NULL && d->kind == DESCRIPTOR_PROCESS) {
		seam("environ");
		return descriptor_new(DESCRIPTOR_ENVIRON, world.actor,
		    d->which);
	}
	if (!disk_is_willing("openat", (flags & O_CREAT) != 0))
		return -1;
	if (strcmp(path, ".") == 0)
		return descriptor_new(DESCRIPTOR_DIRECTORY, world.actor, 0);
	if ((flags & O_CREAT) != 0)
		return create(path);
	file = named(path);
	if (file == NULL) {
		errno = ENOENT;
		return -1;
	}
	return open_file(file);
}

int
over_unlinkat(int directory, const char *name, int flags)
{
	struct disk_file *file = named(name);

	(void)directory;
	(void)flags;
	if (!disk_is_willing("unlinkat", true))
		return -1;
	if (file == NULL) {
		errno = ENOENT;
		return -1;
	}
	file->named = false;
	return 0;
}

int
over_renameat(int from, const char *name, int to, const char *other)
{
	struct disk_file *file = named(name);

	(void)from;
	(void)to;
	if (!disk_is_willing("renameat", true))
		return -1;
	if (file == NULL) {
		errno = ENOENT;
		return -1;
	}
	(void)snprintf(file->name, sizeof(file->name), "%s", other);
	return 0;
}

/* A directory that is being read: its names, or the processes'. */
struct listing {
	bool processes;
	int next;
	struct dirent entry;
};

static DIR *
listing_new(bool processes)
{
	struct listing *listing = calloc(1, sizeof(*listing));

	if (listing == NULL)
		abort();
	listing->processes = processes;
	return (DIR *)(void *)listing;
}

DIR *
over_fdopendir(int fd)
{
	seam("fdopendir");
	descriptor_close(fd);
	return listing_new(false);
}

DIR *
over_opendir(const char *path)
{
	(void)path;
	seam("opendir");
	return listing_new(true);
}

struct dirent *
over_readdir(DIR *directory)
{
	struct listing *listing = (struct listing *)(void *)directory;
	int most = listing->processes ? world.process_count : world.file_count;

	while (listing->next < most) {
		int i = listing->next++;

		if (listing->processes &&
		    world.processes[i].state != PROCESS_NONE) {
			(void)snprintf(listing->entry.d_name,
			    sizeof(listing->entry.d_name), "%d",
			    (int)world.processes[i].pid);
			return &listing->entry;
		}
		if (!listing->processes && world.files[i].named) {
			(void)snprintf(listing->entry.d_name,
			    sizeof(listing->entry.d_name), "%s",
			    world.files[i].name);
			return &listing->entry;
		}
	}
	return NULL;
}

int
over_closedir(DIR *directory)
{
	free(directory);
	return 0;
}

/* ---- files ---- */

int
over_fstat(int fd, struct stat *stat)
{
	const struct disk_file *file = file_of(fd);

	seam("fstat");
	*stat = (struct stat){ .st_uid = geteuid(), .st_nlink = 1 };
	if (file == NULL) {
		stat->st_mode = S_IFDIR | 0700;
		return 0;
	}
	stat->st_mode = S_IFREG | 0600;
	stat->st_nlink = file->named;
	stat->st_size = (off_t)file->size;
	return 0;
}

int
over_lstat(const char *path, struct stat *stat)
{
	(void)path;
	(void)stat;
	errno = ENOENT;
	return -1;
}

int
over_flock(int fd, int operation)
{
	struct disk_file *file = file_at(fd);

	(void)operation;
	seam("flock");
	if (file->locked_by != 0 && file->lock_fd != fd) {
		errno = EWOULDBLOCK;
		return -1;
	}
	file->locked_by = world.actor;
	file->lock_fd = fd;
	return 0;
}

void
disk_release(pid_t owner, int fd, int which)
{
	struct disk_file *file = &world.files[which];

	if (file->locked_by == owner && file->lock_fd == fd)
		file->locked_by = 0;
}

static struct sector *
sector_at(struct disk_file *file, size_t at)
{
	size_t which = at / SECTOR;

	if (which >= file->sector_count) {
		size_t room = which + 256;

		file->sectors =
		    realloc(file->sectors, room * sizeof(struct sector *));
		if (file->sectors == NULL)
			abort();
		memset(file->sectors + file->sector_count, 0,
		    (room - file->sector_count) * sizeof(struct sector *));
		file->sector_count = room;
	}
	if (file->sectors[which] == NULL)
		file->sectors[which] = calloc(1, sizeof(struct sector));
	if (file->sectors[which] == NULL)
		abort();
	return file->sectors[which];
}

ssize_t
over_pread(int fd, void *data, size_t len, off_t at)
{
	struct disk_file *file = file_at(fd);
	size_t from = (size_t)at;

	if (!disk_is_willing("pread", false))
		return -1;
	if (from >= file->size)
		return 0;
	if (len > file->size - from)
		len = file->size - from;
	for (size_t i = 0; i < len;) {
		const struct sector *sector = NULL;
		size_t within = (from + i) % SECTOR;
		size_t n =
		    SECTOR - within < len - i ? SECTOR - within : len - i;

		if ((from + i) / SECTOR < file->sector_count)
			sector = file->sectors[(from + i) / SECTOR];
		if (sector == NULL)
			memset((char *)data + i, 0, n);
		else
			memcpy((char *)data + i, sector->now + within, n);
		i += n;
	}
	return (ssize_t)len;
}

/* A disk that is full, or fails, may take a part. */
ssize_t
over_pwrite(int fd, const void *data, size_t len, off_t at)
{
	struct disk_file *file = file_at(fd);
	size_t from = (size_t)at;

	if (!disk_is_willing("pwrite", true)) {
		if (len < 2 || roll_percent(50))
			return -1;
		len /= 2;
	}
	for (size_t i = 0; i < len;) {
		struct sector *sector = sector_at(file, from + i);
		size_t within = (from + i) % SECTOR;
		size_t n =
		    SECTOR - within < len - i ? SECTOR - within : len - i;

		memcpy(sector->now + within, (const char *)data + i, n);
		sector->dirty = true;
		i += n;
	}
	if (from + len > file->size)
		file->size = from + len;
	check_put(file, from);
	return (ssize_t)len;
}

int
over_fallocate(int fd, int mode, off_t at, off_t len)
{
	struct disk_file *file = file_at(fd);

	(void)mode;
	if (!disk_is_willing("fallocate", true))
		return -1;
	if ((size_t)(at + len) > file->size)
		file->size = (size_t)(at + len);
	return 0;
}

static void
make_durable(struct disk_file *file)
{
	for (size_t i = 0; i < file->sector_count; i++) {
		struct sector *sector = file->sectors[i];

		if (sector == NULL || !sector->dirty)
			continue;
		memcpy(sector->durable, sector->now, SECTOR);
		sector->dirty = false;
	}
	file->exists_durably = true;
	file->durable_size = file->size;
}

int
over_fdatasync(int fd)
{
	struct disk_file *file = file_at(fd);

	if (!disk_is_willing("fdatasync", true))
		return -1;
	make_durable(file);
	check_synced(file);
	seam("synced");
	return 0;
}

static void
sync_names(void)
{
	for (int i = 0; i < world.file_count; i++) {
		world.files[i].named_durably = world.files[i].named;
		check_synced(&world.files[i]);
	}
}

int
over_fsync(int fd)
{
	struct disk_file *file = file_of(fd);

	if (!disk_is_willing("fsync", true))
		return -1;
	if (file != NULL)
		make_durable(file);
	else
		sync_names();
	seam("synced");
	return 0;
}

/* ---- the machine stops ---- */

static void
cut_short(struct disk_file *file)
{
	file->size = file->durable_size;
	for (size_t i = file->size / SECTOR; i < file->sector_count; i++) {
		free(file->sectors[i]);
		file->sectors[i] = NULL;
	}
}

static void
lose(struct disk_file *file)
{
	file->named = file->named_durably || (file->named && roll_percent(30));
	for (size_t i = 0; i < file->sector_count; i++) {
		struct sector *sector = file->sectors[i];

		if (sector == NULL || !sector->dirty)
			continue;
		if (roll_percent(50))
			memcpy(sector->durable, sector->now, SECTOR);
		memcpy(sector->now, sector->durable, SECTOR);
		sector->dirty = false;
	}
	if (!file->exists_durably && roll_percent(50))
		cut_short(file);
	file->opened = 0;
	file->locked_by = 0;
	file->named_durably = file->named;
	check_lost(file);
}

void
disk_crash(void)
{
	for (int i = 0; i < world.file_count; i++)
		lose(&world.files[i]);
}

void
disk_fetch(const struct disk_file *file, size_t at, char *bytes, size_t len,
    bool durable)
{
	memset(bytes, 0, len);
	for (size_t i = 0; i < len / SECTOR; i++) {
		size_t which = at / SECTOR + i;
		const struct sector *sector =
		    which < file->sector_count ? file->sectors[which] : NULL;

		if (sector != NULL)
			memcpy(bytes + i * SECTOR,
			    durable ? sector->durable : sector->now, SECTOR);
	}
}

/* Records that are still in the spool. */
size_t
disk_left(void)
{
	size_t left = 0;

	for (int i = 0; i < world.file_count; i++)
		left += world.files[i].named &&
			strstr(world.files[i].name, ".spool") != NULL;
	return left;
}

void
disk_clear(void)
{
	for (int i = 0; i < world.file_count; i++) {
		struct disk_file *file = &world.files[i];

		for (size_t j = 0; j < file->sector_count; j++)
			free(file->sectors[j]);
		free(file->sectors);
	}
}
