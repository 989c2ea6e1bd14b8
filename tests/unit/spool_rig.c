/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "spool_rig.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cmocka.h>

struct spool_rig rig;
struct rig_disk rig_disk;

/* ---- the directory ---- */

/* A test that failed may have left any mood, and any limit. */
static void
calm_down(void)
{
	static struct rlimit descriptors;

	if (descriptors.rlim_max == 0)
		assert_int_equal(getrlimit(RLIMIT_NOFILE, &descriptors), 0);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &descriptors), 0);
	rig_limit_files(RLIM_INFINITY);
	atomic_store(&rig_disk.hangs, false);
	atomic_store(&rig_disk.is_bad, false);
	atomic_store(&rig_disk.is_short, false);
	atomic_store(&rig_disk.sync_fails, false);
	atomic_store(&rig_disk.fsync_fails, false);
	atomic_store(&rig_disk.writes, INT_MAX);
	atomic_store(&rig_disk.no_locks, false);
	atomic_store(&rig_disk.somebody_tidies, false);
}

int
rig_setup(void **state)
{
	(void)state;
	calm_down();
	atomic_store(&rig_disk.halves, 0);
	atomic_store(&rig_disk.wiped_alone, false);
	atomic_store(&rig_disk.directory_syncs, 0);
	atomic_store(&rig_disk.file_syncs, 0);
	rig_disk.reserved_count = 0;
	rig = (struct spool_rig){ .directory = "/tmp/spool-XXXXXX" };
	return mkdtemp(rig.directory) == NULL ? -1 : 0;
}

int
rig_teardown(void **state)
{
	DIR *entries = opendir(rig.directory);
	const struct dirent *entry;

	(void)state;
	calm_down();
	while (entries != NULL && (entry = readdir(entries)) != NULL)
		if (entry->d_name[0] != '.') {
			(void)unlinkat(dirfd(entries), entry->d_name, 0);
			(void)unlinkat(dirfd(entries), entry->d_name,
			    AT_REMOVEDIR);
		}
	if (entries != NULL)
		(void)closedir(entries);
	return rmdir(rig.directory);
}

static bool
ends_so(const char *name, const char *ending)
{
	size_t len = strlen(name);

	return len >= strlen(ending) &&
	       strcmp(name + len - strlen(ending), ending) == 0;
}

size_t
rig_files(const char *ending, char name[SPOOL_NAME])
{
	DIR *entries = opendir(rig.directory);
	const struct dirent *entry;
	size_t count = 0;

	while (entries != NULL && (entry = readdir(entries)) != NULL) {
		if (!ends_so(entry->d_name, ending))
			continue;
		count++;
		(void)snprintf(name, SPOOL_NAME, "%.39s", entry->d_name);
	}
	if (entries == NULL)
		return SIZE_MAX;
	(void)closedir(entries);
	return count;
}

void
rig_path(char path[RIG_PATH], const char *name)
{
	(void)snprintf(path, RIG_PATH, "%.31s/%.39s", rig.directory, name);
}

int
rig_open_file(int flags)
{
	char name[SPOOL_NAME];
	char path[RIG_PATH];
	int fd;

	assert_int_equal(rig_files(".spool", name), 1);
	rig_path(path, name);
	fd = open(path, flags | O_CLOEXEC);
	assert_true(fd != -1);
	return fd;
}

/* ---- the disk, in the helper: it asserts nothing there ---- */

/* Before a new file is locked, a tend that tidies has found nothing in it. */
static void
tidy_up(void)
{
	char name[SPOOL_NAME];
	char path[RIG_PATH];

	if (rig_files(".spool", name) != 1)
		return;
	rig_path(path, name);
	if (unlink(path) == 0)
		atomic_store(&rig_disk.somebody_tidies, false);
}

int
flock(int fd, int operation)
{
	if (atomic_load(&rig_disk.somebody_tidies))
		tidy_up();
	if (atomic_load(&rig_disk.no_locks)) {
		errno = ENOLCK;
		return -1;
	}
	return (int)syscall(SYS_flock, fd, operation);
}

static size_t
half_of(size_t len)
{
	if (len <= 1 || !atomic_load(&rig_disk.is_short))
		return len;
	atomic_fetch_add(&rig_disk.halves, 1);
	return len / 2;
}

ssize_t
pread(int fd, void *buf, size_t nbytes, off_t offset)
{
	struct iovec where = { buf, half_of(nbytes) };

	if (!atomic_load(&rig_disk.is_bad))
		return preadv(fd, &where, 1, offset);
	errno = EIO;
	return -1;
}

ssize_t
pwrite(int fd, const void *buf, size_t n, off_t offset)
{
	struct iovec where = { (void *)(uintptr_t)buf, half_of(n) };

	if (atomic_load(&rig_disk.writes) == 0) {
		errno = EIO;
		return -1;
	}
	atomic_fetch_sub(&rig_disk.writes, 1);
	return pwritev(fd, &where, 1, offset);
}

/* A file system that has holes: the file is that long, and that is all. */
int
fallocate(int fd, int mode, off_t offset, off_t len)
{
	struct stat stat;

	(void)mode;
	if (len > 0 && rig_disk.reserved_count < RIG_RESERVED)
		rig_disk.reserved[rig_disk.reserved_count++] = offset;
	if (fstat(fd, &stat) == -1 || stat.st_size >= offset + len)
		return 0;
	return ftruncate(fd, offset + len);
}

static bool
is_blank(int fd, off_t at)
{
	static const char nothing[SPOOL_HEADER];
	char bytes[SPOOL_HEADER] = { 0 };
	struct iovec where = { bytes, sizeof(bytes) };

	return preadv(fd, &where, 1, at) >= 0 &&
	       memcmp(bytes, nothing, sizeof(nothing)) == 0;
}

/* The kernel drops what it could not write. */
static int
lose_start(int fd)
{
	char nothing[SPOOL_HEADER] = { 0 };
	struct iovec where = { nothing, sizeof(nothing) };

	if (pwritev(fd, &where, 1, 0) != -1)
		errno = EIO;
	return -1;
}

int
fdatasync(int fildes)
{
	atomic_fetch_add(&rig_disk.hanging, 1);
	while (atomic_load(&rig_disk.hangs))
		(void)poll(NULL, 0, 1);
	atomic_fetch_sub(&rig_disk.hanging, 1);
	if (is_blank(fildes, 0) && !is_blank(fildes, SPOOL_START_MAX))
		atomic_store(&rig_disk.wiped_alone, true);
	if (atomic_exchange(&rig_disk.sync_fails, false))
		return lose_start(fildes);
	return 0;
}

int
fsync(int fd)
{
	struct stat stat;

	if (fstat(fd, &stat) == -1)
		return -1;
	if (!S_ISDIR(stat.st_mode)) {
		atomic_fetch_add(&rig_disk.file_syncs, 1);
		return 0;
	}
	atomic_fetch_add(&rig_disk.directory_syncs, 1);
	if (!atomic_exchange(&rig_disk.fsync_fails, false))
		return 0;
	errno = EIO;
	return -1;
}

/* ---- what is waited for ---- */

struct spool *
rig_open(void)
{
	struct err err;
	struct spool *spool = spool_new(rig.directory, false, &err);

	assert_non_null(spool);
	return spool;
}

void
rig_on_done(void *arg, bool kept)
{
	assert_ptr_equal(arg, &rig.answered);
	rig.answered++;
	rig.kept += kept;
}

void
rig_wait_for(struct spool *spool, const int *what, int count)
{
	struct pollfd wait = { spool_descriptor(spool), POLLIN, 0 };

	while (*what < count) {
		assert_int_equal(poll(&wait, 1, 20000), 1);
		spool_dispatch(spool);
	}
}

void
rig_wait(struct spool *spool, int answers)
{
	rig.answered = rig.kept = 0;
	rig_wait_for(spool, &rig.answered, answers);
}

static void
on_released(void *arg, size_t failed)
{
	assert_ptr_equal(arg, &rig.released);
	rig.released++;
	rig.failed = failed;
}

void
rig_release(struct spool *spool)
{
	rig.released = 0;
	spool_release(spool, on_released, &rig.released);
	rig_wait_for(spool, &rig.released, 1);
}

static void
on_scanned(void *arg, const struct spool_scan_result *result)
{
	assert_ptr_equal(arg, &rig.scans);
	rig.scans++;
	rig.count = result->count;
	rig.in_use = result->in_use;
	rig.unread = result->kept;
	rig.more = result->more;
	for (size_t i = 0; i < result->count; i++)
		if (i < RIG_FOUND)
			rig.found[i] = result->found[i];
		else
			spool_found_leave(result->found[i]);
}

void
rig_scan(struct spool *spool, bool tidy)
{
	rig.scans = 0;
	spool_scan(spool, tidy, on_scanned, &rig.scans);
	rig_wait_for(spool, &rig.scans, 1);
}

/* ---- records ---- */

static void
key_of(uint8_t key[SPOOL_KEY], const char *token)
{
	size_t len = strlen(token);

	memset(key, 0, SPOOL_KEY);
	memcpy(key, token, len < SPOOL_KEY ? len : SPOOL_KEY);
}

struct buf
rig_start(const char *token)
{
	struct spool_start start = { .token = token,
		.endpoint = "http://127.0.0.1:1/",
		.region = "us-east-1",
		.activity_id = "step" };
	struct buf bytes = BUF_INIT(SPOOL_START_MAX);
	uint8_t key[SPOOL_KEY];

	key_of(key, token);
	assert_int_equal(spool_put_start(&bytes, key, &start), 0);
	return bytes;
}

struct spool_entry *
rig_enter(struct spool *spool, const char *token)
{
	struct buf start = rig_start(token);
	struct spool_entry *entry =
	    spool_enter(spool, &start, rig_on_done, &rig.answered);

	buf_clear(&start);
	return entry;
}

void
rig_decide(struct spool_entry *entry, const char *token, const char *result)
{
	struct spool_outcome outcome = { .kind = SPOOL_COMPLETED,
		.result = result };
	struct buf bytes = BUF_INIT(SPOOL_OUTCOME_MAX);
	uint8_t key[SPOOL_KEY];

	key_of(key, token);
	assert_int_equal(spool_put_outcome(&bytes, key, &outcome), 0);
	spool_decide(entry, &bytes, rig_on_done, &rig.answered);
	buf_clear(&bytes);
}

void
rig_leave(const char *token, const char *result)
{
	struct spool *spool = rig_open();
	struct spool_entry *entry = rig_enter(spool, token);

	if (result != NULL)
		rig_decide(entry, token, result);
	rig_wait(spool, result != NULL ? 2 : 1);
	assert_int_equal(rig.kept, rig.answered);
	spool_leave(entry);
	spool_free(spool);
}

void
rig_end_one(const char *token, const char *result)
{
	struct spool *spool = rig_open();

	rig_scan(spool, true);
	assert_int_equal(rig.count, 1);
	assert_string_equal(rig.found[0]->start.token, token);
	assert_int_equal(rig.found[0]->decided, result != NULL);
	if (result != NULL)
		assert_string_equal(rig.found[0]->outcome.result, result);
	spool_found_close(rig.found[0]);
	spool_free(spool);
}

/* ---- limits ---- */

void
rig_limit_files(rlim_t bytes)
{
	struct rlimit limit;

	assert_true(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = bytes < limit.rlim_max ? bytes : limit.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

void
rig_limit_descriptors(int descriptors, struct rlimit *before)
{
	struct rlimit few;
	int next = dup(0);

	assert_true(next != -1);
	(void)close(next);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, before), 0);
	few = *before;
	few.rlim_cur = (rlim_t)next + (rlim_t)descriptors;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
}

void
rig_scan_with(struct spool *spool, int descriptors)
{
	struct rlimit before;

	rig_limit_descriptors(descriptors, &before);
	rig_scan(spool, false);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
}
