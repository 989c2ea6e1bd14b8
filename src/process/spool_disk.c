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
	START_USUAL = 4096,
	OUTCOME_USUAL = 8192,
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

int
spool_disk_open(struct spool_disk *disk, const char *path, bool make,
    struct err *err)
{
	disk->path = mem_string(path);
	if (make && mkdir(path, DIRECTORY_MODE) == -1 && errno != EEXIST &&
	    errno != EROFS) {
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

/* ---- places ---- */

static int
write_at(int fd, const void *data, size_t len, off_t at)
{
	const char *from = data;

	while (len > 0) {
		ssize_t n = pwrite(fd, from, len, at);

		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			return -1;
		from += n;
		at += n;
		len -= (size_t)n;
	}
	return 0;
}

/* As many of "len" bytes as there are; -1 with errno: nobody knows. */
static ssize_t
read_at(int fd, void *data, size_t len, off_t at)
{
	size_t got = 0;

	while (got < len) {
		ssize_t n =
		    pread(fd, (char *)data + got, len - got, at + (off_t)got);

		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return -1;
		if (n == 0)
			break;
		got += (size_t)n;
	}
	return (ssize_t)got;
}

static off_t
offset_of(size_t place, enum spool_type type)
{
	return (off_t)place * SPOOL_PLACE +
	       (type == SPOOL_OUTCOME ? SPOOL_START_MAX : 0);
}

/*
 * The blocks that nearly all records do with are asked for when a place is
 * used first, so that a disk that is full later does not matter; one that is
 * full now may still have a few.
 */
static void
reserve(struct spool_file *file, size_t place)
{
	if (place < file->places)
		return;
	(void)fallocate(file->fd, 0, offset_of(place, SPOOL_START),
	    START_USUAL);
	(void)fallocate(file->fd, 0, offset_of(place, SPOOL_OUTCOME),
	    OUTCOME_USUAL);
	file->places = place + 1;
}

int
spool_file_put(struct spool_file *file, size_t place, enum spool_type type,
    const struct buf *record, struct err *err)
{
	reserve(file, place);
	if (write_at(file->fd, record->data, record->len,
		offset_of(place, type)) == -1)
		return err_errno(err, "cannot write %s", file->name);
	return 0;
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

/* Zeros over all of the record that begins there, or what should be one. */
static int
wipe_record(struct spool_file *file, off_t at, size_t most)
{
	char bytes[SPOOL_START_MAX] = { 0 };
	ssize_t got = read_at(file->fd, bytes, SPOOL_HEADER, at);
	size_t len;
	size_t n;

	if (got == -1)
		return -1;
	len = spool_length(bytes, (size_t)got);
	if (len > most)
		len = most;
	if (len < (size_t)got)
		len = (size_t)got;
	memset(bytes, 0, SPOOL_HEADER);
	for (size_t done = 0; done < len; done += n) {
		n = len - done < sizeof(bytes) ? len - done : sizeof(bytes);
		if (write_at(file->fd, bytes, n, at + (off_t)done) == -1)
			return -1;
	}
	return 0;
}

/*
 * A START that stays keeps its OUTCOME: without it, it would say that tend
 * died.
 */
static int
wipe_start(struct spool_file *file, size_t place, struct err *err)
{
	if (wipe_record(file, offset_of(place, SPOOL_START), SPOOL_START_MAX) ==
	    -1)
		return err_errno(err, "cannot write %s", file->name);
	return 0;
}

/* That it is closed is said, too; but zeros are as good. */
static void
wipe_outcome(struct spool_file *file, size_t place)
{
	static const uint8_t no_key[SPOOL_KEY];
	struct buf closed = BUF_INIT(SPOOL_HEADER);
	struct err err;

	(void)wipe_record(file, offset_of(place, SPOOL_OUTCOME),
	    SPOOL_OUTCOME_MAX);
	(void)spool_put_closed(&closed, no_key);
	(void)spool_file_put(file, place, SPOOL_CLOSED, &closed, &err);
	buf_clear(&closed);
}

int
spool_file_wipe(struct spool_file *file, size_t place, struct err *err)
{
	if (wipe_start(file, place, err) == -1)
		return -1;
	wipe_outcome(file, place);
	return 0;
}

/*
 * The same where SWF does not have it: when the machine stops, what was
 * written last may be there and what was written before it may not.
 */
static int
wipe_in_order(struct spool_file *file, size_t place, struct err *err)
{
	if (wipe_start(file, place, err) == -1)
		return -1;
	if (fdatasync(file->fd) == -1)
		return err_errno(err, "cannot write %s", file->name);
	wipe_outcome(file, place);
	return 0;
}

/* Fetches the record that begins there: header, and what that says. */
static int
fetch(const struct spool_file *file, off_t at, size_t most, struct buf *bytes)
{
	ssize_t got;
	size_t len;

	buf_init(bytes, most);
	got = read_at(file->fd, buf_reserve(bytes, SPOOL_HEADER), SPOOL_HEADER,
	    at);
	if (got == -1)
		return -1;
	buf_commit(bytes, (size_t)got);
	len = spool_length(bytes->data, bytes->len);
	if (len > most)
		len = most;
	if (len <= bytes->len)
		return 0;
	len -= bytes->len;
	got = read_at(file->fd, buf_reserve(bytes, len), len,
	    at + (off_t)bytes->len);
	if (got == -1)
		return -1;
	buf_commit(bytes, (size_t)got);
	return 0;
}

/* An outcome counts if it is this task's. */
static int
get_outcome(const struct spool_file *file, size_t place,
    struct spool_slot *slot)
{
	struct spool_record record;
	enum spool_verdict verdict;

	if (fetch(file, offset_of(place, SPOOL_OUTCOME), SPOOL_OUTCOME_MAX,
		&slot->outcome) == -1)
		return -1;
	verdict = spool_read(slot->outcome.data, slot->outcome.len, &record);
	if (verdict == SPOOL_GOOD && record.type == SPOOL_OUTCOME)
		slot->has_outcome =
		    memcmp(record.key, slot->key, SPOOL_KEY) == 0;
	else
		slot->torn_outcome = verdict != SPOOL_EMPTY;
	return 0;
}

int
spool_file_get(const struct spool_file *file, size_t place,
    struct spool_slot *slot, struct err *err)
{
	struct spool_record record;

	*slot = (struct spool_slot){ .verdict = SPOOL_EMPTY };
	if (fetch(file, offset_of(place, SPOOL_START), SPOOL_START_MAX,
		&slot->start) == -1)
		return err_errno(err, "cannot be read");
	slot->verdict = spool_read(slot->start.data, slot->start.len, &record);
	if (slot->verdict != SPOOL_GOOD)
		return 0;
	slot->type = record.type;
	memcpy(slot->key, record.key, SPOOL_KEY);
	if (record.type == SPOOL_START && get_outcome(file, place, slot) == -1)
		return err_errno(err, "cannot be read");
	return 0;
}

void
spool_slot_clear(struct spool_slot *slot)
{
	buf_clear(&slot->start);
	buf_clear(&slot->outcome);
}

/* Copies what a place has to the beginning of another file. */
static int
copy_place(const struct spool_file *file, size_t place, int to, struct err *err)
{
	char *bytes = mem_new(1, SPOOL_PLACE);
	ssize_t len = read_at(file->fd, bytes, SPOOL_PLACE,
	    offset_of(place, SPOOL_START));
	int status = 0;

	if (len == -1)
		status = err_errno(err, "cannot read %s", file->name);
	else if (write_at(to, bytes, (size_t)len, 0) == -1)
		status = err_errno(err, "cannot write a new file");
	free(bytes);
	return status;
}

int
spool_file_hand_on(const struct spool_disk *disk, struct spool_file *file,
    size_t place, struct err *err)
{
	struct spool_file other;
	int status;

	if (spool_file_new(disk, &other, err) == -1)
		return -1;
	status = copy_place(file, place, other.fd, err);
	if (status == 0)
		status = spool_file_sync(disk, &other, err);
	/* If the wiping fails, SWF is told twice, and refuses one of them. */
	if (status == -1)
		spool_file_remove(disk, &other);
	else
		status = wipe_in_order(file, place, err);
	spool_file_close(&other);
	return status;
}

int
spool_file_set_place_aside(const struct spool_disk *disk,
    struct spool_file *file, size_t place, char name[SPOOL_NAME],
    struct err *err)
{
	int fd = create(disk, name, aside);
	int status;

	if (fd == -1)
		return err_errno(err, "cannot write %s/%s", disk->path, name);
	status = copy_place(file, place, fd, err);
	if (status == 0 && (fsync(fd) == -1 || fsync(disk->directory) == -1))
		status = err_errno(err, "cannot write %s/%s", disk->path, name);
	if (status == 0)
		status = spool_file_wipe(file, place, err);
	(void)close(fd);
	if (status == -1)
		(void)unlinkat(disk->directory, name, 0);
	return status;
}
