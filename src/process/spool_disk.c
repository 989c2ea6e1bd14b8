/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "process/spool_disk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

static const char ending[] = ".spool";
static const char aside[] = ".aside";

enum {
	/* Hexadecimal digits of a name. */
	DIGITS = 16,
	DIRECTORY_MODE = 0700,
	FILE_MODE = 0600,
	OTHERS = 077,
	NEW_TRIES = 3,
	OPEN_FLAGS = O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY
};

/* ---- the directory ---- */

/* That it is the user's alone, seen through the descriptor. */
static int
check_directory(const struct spool_disk *disk, struct err *err)
{
	struct stat stat;

	if (fstat(disk->directory, &stat) == -1)
		return err_errno(err, "%s", disk->path);
	if (stat.st_uid != geteuid())
		return err_set(err,
		    "%s belongs to user %lu, not to this one, %lu: take a "
		    "directory of your own",
		    disk->path, (unsigned long)stat.st_uid,
		    (unsigned long)geteuid());
	if ((stat.st_mode & OTHERS) != 0)
		return err_set(err,
		    "others can get into %s (mode %04o), and task tokens are "
		    "secret: chmod 700 it",
		    disk->path, (unsigned)stat.st_mode & 07777);
	return 0;
}

/* Who could have put a link there: this user, root, or somebody else. */
static bool
is_trusted_link(const char *path)
{
	struct stat stat;

	return lstat(path, &stat) == 0 && S_ISLNK(stat.st_mode) &&
	       (stat.st_uid == 0 || stat.st_uid == geteuid());
}

static int
open_directory(const char *path)
{
	int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
	int fd = open(path, flags | O_NOFOLLOW);

	if (fd == -1 && (errno == ELOOP || errno == ENOTDIR) &&
	    is_trusted_link(path))
		return open(path, flags);
	return fd;
}

/* A new one's name is in the directory above, which may not let us in. */
static void
keep_name(const struct spool_disk *disk)
{
	int above =
	    openat(disk->directory, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (above == -1)
		return;
	(void)fsync(above);
	(void)close(above);
}

int
spool_disk_open(struct spool_disk *disk, const char *path, bool make,
    struct err *err)
{
	bool made;

	disk->path = mem_string(path);
	made = make && mkdir(path, DIRECTORY_MODE) == 0;
	if (make && !made && errno != EEXIST && errno != EROFS) {
		(void)err_errno(err, "cannot make %s", path);
		goto fail;
	}
	disk->directory = open_directory(path);
	if (disk->directory == -1) {
		if (errno == ELOOP || errno == ENOTDIR)
			(void)err_set(err, "%s is not a directory", path);
		else
			(void)err_errno(err, "cannot open %s", path);
		goto fail;
	}
	if (made)
		keep_name(disk);
	if (check_directory(disk, err) == 0)
		return 0;
fail:
	spool_disk_close(disk);
	return -1;
}

void
spool_disk_close(struct spool_disk *disk)
{
	if (disk->directory != -1)
		(void)close(disk->directory);
	disk->directory = -1;
	free(disk->path);
	disk->path = NULL;
}

static bool
is_name(const char *name)
{
	return strspn(name, "0123456789abcdef") == DIGITS &&
	       strcmp(name + DIGITS, ending) == 0;
}

static int
compare(const void *left, const void *right)
{
	return strcmp(*(char *const *)left, *(char *const *)right);
}

int
spool_disk_list(const struct spool_disk *disk, char ***names, size_t *count,
    struct err *err)
{
	int fd =
	    openat(disk->directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *directory = fd == -1 ? NULL : fdopendir(fd);
	const struct dirent *entry;
	int status = 0;

	*names = NULL;
	*count = 0;
	if (directory == NULL) {
		(void)err_errno(err, "%s cannot be read", disk->path);
		if (fd != -1)
			(void)close(fd);
		return -1;
	}
	for (;;) {
		errno = 0;
		/* NOLINTNEXTLINE(concurrency-mt-unsafe): nobody else has it */
		entry = readdir(directory);
		if (entry == NULL)
			break;
		if (!is_name(entry->d_name))
			continue;
		*names = mem_resize(*names, *count + 1, sizeof(**names));
		(*names)[(*count)++] = mem_string(entry->d_name);
	}
	if (errno != 0)
		status = err_errno(err, "%s cannot be read", disk->path);
	(void)closedir(directory);
	if (*count > 1)
		qsort(*names, *count, sizeof(**names), compare);
	return status;
}

/* ---- files ---- */

static int
make_name(char name[SPOOL_NAME], const char *end)
{
	uint64_t number;

	if (getentropy(&number, sizeof(number)) == -1)
		return -1;
	(void)snprintf(name, SPOOL_NAME, "%016llx%s",
	    (unsigned long long)number, end);
	return 0;
}

/* A new file that only this user can read; -1 with errno. */
static int
create(const struct spool_disk *disk, char name[SPOOL_NAME], const char *end)
{
	if (make_name(name, end) == -1)
		return -1;
	return openat(disk->directory, name, OPEN_FLAGS | O_CREAT | O_EXCL,
	    FILE_MODE);
}

int
spool_disk_new_aside(const struct spool_disk *disk, char name[SPOOL_NAME])
{
	return create(disk, name, aside);
}

/* Makes a file and locks it.  1: somebody who looks for files was faster. */
static int
try_new(const struct spool_disk *disk, struct spool_file *file, struct err *err)
{
	struct stat stat;

	*file = (struct spool_file){ .fd = -1, .fresh = true };
	file->fd = create(disk, file->name, ending);
	if (file->fd == -1)
		return err_errno(err, "cannot make a file in %s", disk->path);
	if (flock(file->fd, LOCK_EX | LOCK_NB) == -1) {
		if (errno != EWOULDBLOCK) {
			(void)err_errno(err, "cannot lock %s/%s", disk->path,
			    file->name);
			spool_file_remove(disk, file);
			return -1;
		}
	} else if (fstat(file->fd, &stat) == 0 && stat.st_nlink > 0) {
		return 0;
	}
	/* Whoever had the lock may have removed it, as one without records. */
	(void)err_set(err, "%s/%s, just made, is not to be locked", disk->path,
	    file->name);
	spool_file_close(file);
	return 1;
}

int
spool_file_new(const struct spool_disk *disk, struct spool_file *file,
    struct err *err)
{
	int status = 1;

	for (int i = 0; i < NEW_TRIES && status == 1; i++)
		status = try_new(disk, file, err);
	return status == 0 ? 0 : -1;
}

static int
rename_aside(const struct spool_disk *disk, const char *name, struct err *err)
{
	char to[SPOOL_NAME];

	(void)snprintf(to, sizeof(to), "%.*s%s", DIGITS, name, aside);
	if (renameat(disk->directory, name, disk->directory, to) == 0)
		return 0;
	return err_errno(err, "%s/%s cannot be renamed", disk->path, name);
}

/* What is there by that name is not ours, because of "why". */
static enum spool_taken
alien(const struct spool_disk *disk, const char *name, const char *why,
    struct err *err)
{
	struct err problem;

	if (rename_aside(disk, name, &problem) == 0)
		(void)err_set(err, "%s/%s %s: set aside, as %.*s%s", disk->path,
		    name, why, DIGITS, name, aside);
	else
		(void)err_set(err, "%s/%s %s: left alone: %s", disk->path, name,
		    why, problem.text);
	return SPOOL_ALIEN;
}

/* NULL: it is a file of ours. */
static const char *
what_is_wrong(const struct stat *stat)
{
	if (!S_ISREG(stat->st_mode))
		return "is not a regular file";
	if (stat->st_uid != geteuid())
		return "belongs to somebody else";
	if ((stat->st_mode & OTHERS) != 0)
		return "is not this user's alone";
	if (stat->st_nlink > 1)
		return "has another name elsewhere";
	if (stat->st_size > (off_t)SPOOL_PLACES_MAX * SPOOL_PLACE)
		return "is too large";
	return NULL;
}

static enum spool_taken
not_now(const struct spool_disk *disk, const char *name, struct err *err)
{
	(void)err_errno(err, "cannot open %s/%s", disk->path, name);
	return SPOOL_TROUBLE;
}

/* Why, by errno: because of what it is, or because of something else. */
static enum spool_taken
not_opened(const struct spool_disk *disk, const char *name, struct err *err)
{
	switch (errno) {
	case ENOENT:
		return SPOOL_NONE;
	case ELOOP:
		return alien(disk, name, "is a symbolic link", err);
	case EISDIR:
	case ENXIO:
	case ENODEV:
		return alien(disk, name, "is not a regular file", err);
	case EACCES:
	case EPERM:
		return alien(disk, name, "is not this user's", err);
	default:
		return not_now(disk, name, err);
	}
}

static enum spool_taken
not_locked(const struct spool_disk *disk, const char *name, struct err *err)
{
	return errno == EWOULDBLOCK ? SPOOL_IN_USE : not_now(disk, name, err);
}

/* Locked: whatever is wrong with it, no tend writes to it. */
static enum spool_taken
look_at(const struct spool_disk *disk, struct spool_file *file,
    const struct stat *stat, struct err *err)
{
	const char *wrong = what_is_wrong(stat);

	if (stat->st_nlink == 0)
		return SPOOL_NONE; /* removed before it was locked */
	if (wrong != NULL)
		return alien(disk, file->name, wrong, err);
	file->places = ((size_t)stat->st_size + SPOOL_PLACE - 1) / SPOOL_PLACE;
	return SPOOL_TAKEN;
}

enum spool_taken
spool_file_take(const struct spool_disk *disk, const char *name,
    struct spool_file *file, struct err *err)
{
	enum spool_taken taken;
	struct stat stat;

	*file = (struct spool_file){ .fd = -1 };
	(void)snprintf(file->name, sizeof(file->name), "%s", name);
	file->fd = openat(disk->directory, name, OPEN_FLAGS);
	if (file->fd == -1)
		return not_opened(disk, name, err);
	if (flock(file->fd, LOCK_EX | LOCK_NB) == -1)
		taken = not_locked(disk, name, err);
	else if (fstat(file->fd, &stat) == -1)
		taken = not_now(disk, name, err);
	else
		taken = look_at(disk, file, &stat, err);
	if (taken != SPOOL_TAKEN)
		spool_file_close(file);
	return taken;
}

void
spool_file_close(struct spool_file *file)
{
	if (file->fd != -1)
		(void)close(file->fd);
	file->fd = -1;
}

void
spool_file_remove(const struct spool_disk *disk, struct spool_file *file)
{
	if (file->fd != -1)
		(void)unlinkat(disk->directory, file->name, 0);
	spool_file_close(file);
}

int
spool_file_set_aside(const struct spool_disk *disk, struct spool_file *file,
    struct err *err)
{
	int status = rename_aside(disk, file->name, err);

	spool_file_close(file);
	return status;
}

int
spool_file_sync(const struct spool_disk *disk, struct spool_file *file,
    struct err *err)
{
	if (fdatasync(file->fd) == -1)
		return err_errno(err, "cannot write %s", file->name);
	if (file->fresh && fsync(disk->directory) == -1)
		return err_errno(err, "cannot write %s", disk->path);
	file->fresh = false;
	return 0;
}
