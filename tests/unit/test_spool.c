/* SPDX-License-Identifier: MIT */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/crc32.h"
#include "base/log.h"
#include "base/mem.h"
#include "process/spool.h"
#include "process/spool_disk.h"
#include "process/spool_place.h"

static char directory[64];

/* Each test has a directory of its own. */
static int
set_up(void **state)
{
	(void)state;
	(void)snprintf(directory, sizeof(directory), "/tmp/spool-XXXXXX");
	return mkdtemp(directory) == NULL ? -1 : 0;
}

static int
tear_down(void **state)
{
	DIR *entries = opendir(directory);
	const struct dirent *entry;

	(void)state;
	while (entries != NULL && (entry = readdir(entries)) != NULL)
		if (entry->d_name[0] != '.') {
			(void)unlinkat(dirfd(entries), entry->d_name, 0);
			(void)unlinkat(dirfd(entries), entry->d_name,
			    AT_REMOVEDIR);
		}
	if (entries != NULL)
		(void)closedir(entries);
	return rmdir(directory);
}

/* How many files there are whose names end so; the last one's name. */
static size_t
files(const char *ending, char name[SPOOL_NAME])
{
	DIR *entries = opendir(directory);
	const struct dirent *entry;
	size_t count = 0;

	assert_non_null(entries);
	while ((entry = readdir(entries)) != NULL) {
		size_t len = strlen(entry->d_name);

		if (len < strlen(ending) ||
		    strcmp(entry->d_name + len - strlen(ending), ending) != 0)
			continue;
		count++;
		(void)snprintf(name, SPOOL_NAME, "%.39s", entry->d_name);
	}
	(void)closedir(entries);
	return count;
}

static struct spool *
open_spool(void)
{
	struct err err;
	struct spool *spool = spool_new(directory, false, &err);

	assert_non_null(spool);
	return spool;
}

/* ---- another tend, that is faster ---- */

static atomic_bool somebody_tidies;

/* A file system that has none. */
static atomic_bool no_locks;

/* In place of the C library's: before a new file is locked, a tend that
 * tidies has found nothing in it. */
int
flock(int fd, int operation)
{
	char name[SPOOL_NAME];
	char path[128];

	if (atomic_exchange(&somebody_tidies, false) &&
	    files(".spool", name) == 1) {
		(void)snprintf(path, sizeof(path), "%s/%s", directory, name);
		assert_int_equal(unlink(path), 0);
	}
	if (atomic_load(&no_locks)) {
		errno = ENOLCK;
		return -1;
	}
	return (int)syscall(SYS_flock, fd, operation);
}

/* ---- a disk with moods ---- */

/* Of the helper: the next sync loses the START records that it was for. */
static atomic_bool sync_fails;
/* A sync was for a START that is wiped, while its outcome is still there. */
static atomic_bool wiped_alone;

static bool
is_blank(int fd, off_t at)
{
	char bytes[SPOOL_HEADER] = { 0 };

	assert_true(pread(fd, bytes, sizeof(bytes), at) >= 0);
	for (size_t i = 0; i < sizeof(bytes); i++)
		if (bytes[i] != '\0')
			return false;
	return true;
}

/* So many further writes, and then none. */
static atomic_int writes = INT_MAX;

static ssize_t
moody_pwrite(int fd, const void *data, size_t len, off_t at)
{
	if (atomic_load(&writes) == 0) {
		errno = EIO;
		return -1;
	}
	atomic_fetch_sub(&writes, 1);
	return lseek(fd, at, SEEK_SET) == -1 ? -1 : write(fd, data, len);
}

/* What the C library calls it depends on how large files are. */
ssize_t /* NOLINTNEXTLINE(readability-inconsistent-*) */
pwrite(int fd, const void *data, size_t len, off_t at)
{
	return moody_pwrite(fd, data, len, at);
}

ssize_t pwrite64(int fd, const void *data, size_t len, off_t at);

ssize_t /* NOLINTNEXTLINE(readability-inconsistent-*) */
pwrite64(int fd, const void *data, size_t len, off_t at)
{
	return moody_pwrite(fd, data, len, at);
}

int /* NOLINTNEXTLINE(readability-inconsistent-*) */
fdatasync(int fd)
{
	static const char nothing[SPOOL_HEADER];

	if (is_blank(fd, 0) && !is_blank(fd, SPOOL_START_MAX))
		atomic_store(&wiped_alone, true);
	if (!atomic_exchange(&sync_fails, false))
		return (int)syscall(SYS_fdatasync, fd);
	assert_int_equal(pwrite(fd, nothing, sizeof(nothing), 0),
	    sizeof(nothing));
	errno = EIO;
	return -1;
}

/* ---- what is waited for ---- */

static int answered;
static int kept_count;

static void
on_done(void *arg, bool kept)
{
	(void)arg;
	answered++;
	kept_count += kept;
}

static void
wait_for(struct spool *spool, const int *what, int count)
{
	struct pollfd wait = { spool_descriptor(spool), POLLIN, 0 };

	while (*what < count) {
		assert_int_equal(poll(&wait, 1, 20000), 1);
		spool_dispatch(spool);
	}
}

static void
wait_answers(struct spool *spool, int count)
{
	answered = kept_count = 0;
	wait_for(spool, &answered, count);
}

static int released;
static size_t failed_ends;

static void
on_released(void *arg, size_t failed)
{
	(void)arg;
	released++;
	failed_ends = failed;
}

static void
release(struct spool *spool)
{
	released = 0;
	spool_release(spool, on_released, NULL);
	wait_for(spool, &released, 1);
}

/* ---- records ---- */

static struct buf
start_of(const char *token)
{
	struct spool_start start = { .token = token,
		.endpoint = "http://127.0.0.1:1/",
		.region = "us-east-1",
		.activity_id = "step" };
	struct buf bytes = BUF_INIT(SPOOL_START_MAX);
	uint8_t key[SPOOL_KEY] = { 0 };

	memcpy(key, token,
	    strlen(token) < SPOOL_KEY ? strlen(token) : SPOOL_KEY);
	assert_int_equal(spool_put_start(&bytes, key, &start), 0);
	return bytes;
}

static struct buf
outcome_of(const char *token, const char *result)
{
	struct spool_outcome outcome = { .kind = SPOOL_COMPLETED,
		.result = result };
	struct buf bytes = BUF_INIT(SPOOL_OUTCOME_MAX);
	uint8_t key[SPOOL_KEY] = { 0 };

	memcpy(key, token,
	    strlen(token) < SPOOL_KEY ? strlen(token) : SPOOL_KEY);
	assert_int_equal(spool_put_outcome(&bytes, key, &outcome), 0);
	return bytes;
}

static struct spool_entry *
enter(struct spool *spool, const char *token)
{
	struct buf start = start_of(token);
	struct spool_entry *entry = spool_enter(spool, &start, on_done, NULL);

	buf_clear(&start);
	return entry;
}

static void
decide(struct spool_entry *entry, const char *token, const char *result)
{
	struct buf outcome = outcome_of(token, result);

	spool_decide(entry, &outcome, on_done, NULL);
	buf_clear(&outcome);
}

/* ---- what is found ---- */

static struct spool_found *found[64];
static size_t found_count, in_use, kept_unread;
static bool more;
static int scans;

static void
on_scanned(void *arg, const struct spool_scan_result *result)
{
	(void)arg;
	scans++;
	found_count = result->count;
	in_use = result->in_use;
	kept_unread = result->kept;
	more = result->more;
	for (size_t i = 0; i < result->count; i++)
		if (i < 64)
			found[i] = result->found[i];
		else
			spool_found_leave(result->found[i]);
}

static void
scan(struct spool *spool, bool tidy)
{
	scans = 0;
	spool_scan(spool, tidy, on_scanned, NULL);
	wait_for(spool, &scans, 1);
}

/* ---- tests: tasks ---- */

static void
test_left_and_found(void **state)
{
	struct spool *spool = open_spool();
	struct spool_entry *one = enter(spool, "one");
	struct spool_entry *two = enter(spool, "two");
	struct spool_entry *three = enter(spool, "three");
	char name[SPOOL_NAME];

	(void)state;
	wait_answers(spool, 3);
	assert_int_equal(kept_count, 3);
	decide(two, "two", "second");
	decide(three, "three", "third");
	wait_answers(spool, 2);
	assert_int_equal(kept_count, 2);
	spool_leave(one);
	spool_leave(two);
	spool_close(three);
	spool_free(spool);
	assert_int_equal(files("", name), 3); /* with . and .. */

	spool = open_spool();
	scan(spool, false);
	assert_int_equal(found_count, 2);
	assert_string_equal(found[0]->start.token, "one");
	assert_false(found[0]->decided);
	assert_string_equal(found[1]->start.token, "two");
	assert_true(found[1]->decided);
	assert_string_equal(found[1]->outcome.result, "second");
	spool_found_leave(found[0]);
	spool_found_close(found[1]);
	spool_free(spool);

	spool = open_spool();
	scan(spool, false);
	assert_int_equal(found_count, 1);
	assert_string_equal(found[0]->start.token, "one");
	spool_found_close(found[0]);
	spool_free(spool);
	assert_int_equal(files(".spool", name), 0);
}

/* Nothing of a closed task can be read any more, its token included. */
static void
test_closed_is_wiped(void **state)
{
	struct spool *spool = open_spool();
	struct spool_entry *entry = enter(spool, "secrettoken");
	char name[SPOOL_NAME];
	char path[2 * SPOOL_NAME + 80];
	struct buf bytes = BUF_INIT(1 << 20);
	FILE *file;
	int c;

	(void)state;
	decide(entry, "secrettoken", "secretresult");
	wait_answers(spool, 2);
	spool_close(entry);
	spool_free(spool);
	assert_int_equal(files(".spool", name), 1);
	(void)snprintf(path, sizeof(path), "%s/%s", directory, name);
	file = fopen(path, "r");
	assert_non_null(file);
	while ((c = getc(file)) != EOF) {
		char byte = (char)c;

		assert_int_equal(buf_append(&bytes, &byte, 1), 0);
	}
	(void)fclose(file);
	assert_null(memmem(bytes.data, bytes.len, "secret", 6));
	buf_clear(&bytes);
}

static void
test_two_syncs(void **state)
{
	struct spool *spool = open_spool();
	struct spool_entry *entries[32];
	unsigned long before;
	char token[16];

	(void)state;
	for (int i = 0; i < 3; i++) {
		before = spool_syncs(spool);
		entries[0] = enter(spool, "one");
		wait_answers(spool, 1);
		decide(entries[0], "one", "x");
		wait_answers(spool, 1);
		spool_close(entries[0]);
		assert_int_equal(spool_syncs(spool) - before, 2);
	}
	/* Those of one moment share theirs. */
	before = spool_syncs(spool);
	for (int i = 0; i < 32; i++) {
		(void)snprintf(token, sizeof(token), "t%d", i);
		entries[i] = enter(spool, token);
	}
	wait_answers(spool, 32);
	assert_in_range(spool_syncs(spool) - before, 1, 32);
	for (int i = 0; i < 32; i++)
		spool_leave(entries[i]);
	spool_free(spool);
}

/* A place that is free again is used again, and what was there is no more. */
static void
test_reuse(void **state)
{
	struct spool *spool = open_spool();
	struct spool_entry *entry = enter(spool, "first");
	struct stat stat_now;
	char name[SPOOL_NAME];
	char path[2 * SPOOL_NAME + 80];

	(void)state;
	decide(entry, "first", "a result that is rather long");
	wait_answers(spool, 2);
	spool_close(entry);
	for (int i = 0; i < 20; i++) {
		entry = enter(spool, "again");
		wait_answers(spool, 1);
		if (i < 19)
			spool_close(entry);
	}
	spool_leave(entry);
	spool_free(spool);
	assert_int_equal(files(".spool", name), 1);
	(void)snprintf(path, sizeof(path), "%s/%s", directory, name);
	assert_int_equal(stat(path, &stat_now), 0);
	assert_in_range(stat_now.st_size, 1, SPOOL_PLACE);
	assert_int_equal(stat_now.st_mode & 07777, 0600);

	spool = open_spool();
	scan(spool, false);
	assert_int_equal(found_count, 1);
	assert_string_equal(found[0]->start.token, "again");
	assert_false(found[0]->decided);
	spool_found_close(found[0]);
	spool_free(spool);
}

/* To so many bytes; what would be more is an error for whoever writes. */
static void
limit_files(rlim_t bytes)
{
	struct rlimit limit;

	assert_true(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = bytes < limit.rlim_max ? bytes : limit.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* Without a START that was kept, an outcome brings it along. */
static void
test_outcome_alone(void **state)
{
	struct spool *spool;
	struct spool_entry *entry;

	(void)state;
	limit_files(0);
	spool = open_spool();
	entry = enter(spool, "one");
	wait_answers(spool, 1);
	assert_int_equal(kept_count, 0);
	limit_files(RLIM_INFINITY);
	decide(entry, "one", "late");
	wait_answers(spool, 1);
	assert_int_equal(kept_count, 1);
	spool_leave(entry);
	spool_free(spool);

	spool = open_spool();
	scan(spool, false);
	assert_int_equal(found_count, 1);
	assert_true(found[0]->decided);
	spool_found_close(found[0]);
	spool_free(spool);
}

/* The kernel drops what it could not write, and says so once. */
static void
test_start_not_synced(void **state)
{
	struct spool *spool = open_spool();
	struct spool_entry *entry;

	(void)state;
	atomic_store(&sync_fails, true);
	entry = enter(spool, "one");
	wait_answers(spool, 1);
	assert_int_equal(kept_count, 0);
	decide(entry, "one", "late");
	wait_answers(spool, 1);
	assert_int_equal(kept_count, 1);
	spool_leave(entry);
	spool_free(spool);

	spool = open_spool();
	scan(spool, false);
	assert_int_equal(found_count, 1);
	assert_true(found[0]->decided);
	spool_found_close(found[0]);
	spool_free(spool);
}

/* A directory that has gone: nothing is kept, and nothing else happens. */
static void
test_no_directory(void **state)
{
	struct spool *spool = open_spool();
	struct spool_entry *entry;

	(void)state;
	assert_int_equal(rmdir(directory), 0);
	entry = enter(spool, "one");
	decide(entry, "one", "x");
	wait_answers(spool, 2);
	assert_int_equal(kept_count, 0);
	spool_close(entry);
	spool_free(spool);
	assert_int_equal(mkdir(directory, 0700), 0);
}

/* Whoever is told may end the entry at once. */
static void
on_done_leave(void *arg, bool kept)
{
	struct spool_entry **entry = arg;

	on_done(NULL, kept);
	spool_leave(*entry);
}

static void
test_left_when_told(void **state)
{
	struct spool *spool = open_spool();
	struct buf start = start_of("one");
	struct spool_entry *entry;

	(void)state;
	entry = spool_enter(spool, &start, on_done_leave, &entry);
	buf_clear(&start);
	wait_answers(spool, 1);
	spool_free(spool);
	spool = open_spool();
	scan(spool, true);
	assert_int_equal(found_count, 1);
	spool_found_close(found[0]);
	spool_free(spool);
}

/* ---- tests: several tends ---- */

static void
test_in_use(void **state)
{
	struct spool *living = open_spool();
	struct spool *other = open_spool();
	struct spool_entry *entry = enter(living, "one");

	(void)state;
	wait_answers(living, 1);
	scan(other, false);
	assert_int_equal(found_count, 0);
	assert_int_equal(in_use, 1);
	/* Its own file is none of others. */
	scan(living, false);
	assert_int_equal(in_use, 0);
	spool_leave(entry);
	spool_free(living);
	release(other);
	scan(other, false);
	assert_int_equal(found_count, 1);
	spool_found_close(found[0]);
	spool_free(other);
}

/* A file with nothing in it is taken, or removed by who tidies. */
static void
test_empty_files(void **state)
{
	struct spool *spool = open_spool();
	struct spool_entry *entry = enter(spool, "one");
	char before[SPOOL_NAME], after[SPOOL_NAME];

	(void)state;
	wait_answers(spool, 1);
	spool_close(entry);
	spool_free(spool);
	assert_int_equal(files(".spool", before), 1);

	spool = open_spool();
	scan(spool, false);
	entry = enter(spool, "two");
	wait_answers(spool, 1);
	spool_close(entry);
	spool_free(spool);
	assert_int_equal(files(".spool", after), 1);
	assert_string_equal(before, after);

	spool = open_spool();
	scan(spool, true);
	spool_free(spool);
	assert_int_equal(files(".spool", after), 0);
}

/* What was left is for others at once, and for this one in another series. */
static void
test_release(void **state)
{
	struct spool *spool = open_spool();
	struct spool *other = open_spool();
	struct spool_entry *entry = enter(spool, "one");

	(void)state;
	wait_answers(spool, 1);
	spool_leave(entry);
	spool_free(spool);
	spool = open_spool();
	scan(spool, false);
	assert_int_equal(found_count, 1);
	scan(other, false);
	assert_int_equal(found_count, 0);
	assert_int_equal(in_use, 1);
	release(other);
	scan(spool, false);
	assert_int_equal(found_count, 0);
	assert_int_equal(in_use, 0);
	spool_found_leave(found[0]);
	release(spool);
	assert_int_equal(failed_ends, 0);
	scan(other, false);
	assert_int_equal(found_count, 1);
	spool_found_leave(found[0]);
	release(other);
	scan(spool, false);
	assert_int_equal(found_count, 1);
	spool_found_close(found[0]);
	spool_free(spool);
	scan(other, false);
	assert_int_equal(found_count, 0);
	assert_int_equal(in_use, 0);
	spool_free(other);
}

/* What is handed on is for others at once, and its place for other tasks. */
static void
test_handed_on(void **state)
{
	struct spool *spool = open_spool();
	struct spool *other = open_spool();
	struct spool_entry *one = enter(spool, "one");
	struct spool_entry *two = enter(spool, "two");
	char name[SPOOL_NAME];

	(void)state;
	decide(one, "one", "first");
	wait_answers(spool, 3);
	spool_hand_on(one);
	release(spool);
	assert_int_equal(files(".spool", name), 2);
	scan(other, true);
	assert_int_equal(found_count, 1);
	assert_int_equal(in_use, 1);
	assert_string_equal(found[0]->start.token, "one");
	assert_string_equal(found[0]->outcome.result, "first");
	spool_found_close(found[0]);
	spool_free(other);

	one = enter(spool, "three");
	wait_answers(spool, 1);
	spool_leave(one);
	spool_leave(two);
	spool_free(spool);
	spool = open_spool();
	scan(spool, true);
	assert_int_equal(found_count, 2);
	assert_string_equal(found[0]->start.token, "three");
	assert_string_equal(found[1]->start.token, "two");
	spool_found_close(found[0]);
	spool_found_close(found[1]);
	spool_free(spool);
	assert_int_equal(files(".spool", name), 0);
}

/*
 * The machine may stop at any sector: a START that is there again without its
 * outcome would say that tend died, beside the record that was handed on.
 */
static void
test_handed_on_in_order(void **state)
{
	struct spool *spool = open_spool();
	struct spool_entry *entry = enter(spool, "one");

	(void)state;
	decide(entry, "one", "first");
	wait_answers(spool, 2);
	atomic_store(&wiped_alone, false);
	spool_hand_on(entry);
	release(spool);
	assert_true(atomic_load(&wiped_alone));
	spool_free(spool);
}

/* An outcome that is not there yet, and never will be. */
static void
test_no_outcome_to_hand_on(void **state)
{
	struct spool *spool = open_spool();
	struct spool_entry *entry;
	char name[SPOOL_NAME];

	(void)state;
	limit_files(SPOOL_START_MAX);
	entry = enter(spool, "one");
	decide(entry, "one", "first");
	spool_hand_on(entry);
	release(spool);
	limit_files(RLIM_INFINITY);
	assert_int_equal(files(".spool", name), 1);
	spool_free(spool);
}

/* Without a file for it, it stays where it was. */
static void
test_not_handed_on(void **state)
{
	struct spool *spool = open_spool();
	struct spool_entry *one = enter(spool, "one");
	struct rlimit limit, none;
	char name[SPOOL_NAME];

	(void)state;
	wait_answers(spool, 1);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	none = (struct rlimit){ 0, limit.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	spool_hand_on(one);
	spool_free(spool);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	assert_int_equal(files(".spool", name), 1);
	spool = open_spool();
	scan(spool, true);
	assert_int_equal(found_count, 1);
	assert_string_equal(found[0]->start.token, "one");
	spool_found_close(found[0]);
	spool_free(spool);
}

/* What the disk does not give is not taken for broken, or for undecided. */
static void
test_unreadable(void **state)
{
	struct spool *spool = open_spool();
	struct spool_entry *one = enter(spool, "one");
	struct spool_disk disk;
	struct spool_file file = { .fd = -1 };
	struct spool_slot slot;
	char name[SPOOL_NAME];
	char path[128];
	struct err err;

	(void)state;
	decide(one, "one", "first");
	wait_answers(spool, 2);
	spool_leave(one);
	spool_free(spool);
	assert_int_equal(files(".spool", file.name), 1);
	(void)snprintf(path, sizeof(path), "%s/%s", directory, file.name);
	assert_int_equal(spool_disk_open(&disk, directory, false, &err), 0);
	/* A descriptor that gives nothing, as a disk with bad sectors. */
	file.fd = open(path, O_WRONLY | O_CLOEXEC);
	assert_true(file.fd != -1);
	assert_int_equal(spool_place_get(&file, 0, &slot, &err), -1);
	spool_slot_clear(&slot);
	assert_int_equal(spool_place_set_aside(&disk, &file, 0, name, &err),
	    -1);
	assert_int_equal(spool_place_hand_on(&disk, &file, 0, &err), -1);
	assert_int_equal(spool_place_wipe(&file, 0, &err), -1);
	spool_file_close(&file);
	spool_disk_close(&disk);
	assert_int_equal(files(".spool", name), 1);
	assert_int_equal(files(".aside", name), 0);

	spool = open_spool();
	scan(spool, true);
	assert_int_equal(found_count, 1);
	assert_string_equal(found[0]->outcome.result, "first");
	spool_found_close(found[0]);
	spool_free(spool);
}

/* A new file that is removed before it is locked would keep nothing. */
static void
test_removed_when_new(void **state)
{
	struct spool *spool = open_spool();
	struct spool_entry *entry;
	char name[SPOOL_NAME];

	(void)state;
	atomic_store(&somebody_tidies, true);
	entry = enter(spool, "one");
	wait_answers(spool, 1);
	assert_false(atomic_load(&somebody_tidies));
	assert_int_equal(kept_count, 1);
	assert_int_equal(files(".spool", name), 1);
	spool_leave(entry);
	spool_free(spool);
	spool = open_spool();
	scan(spool, true);
	assert_int_equal(found_count, 1);
	spool_found_close(found[0]);
	spool_free(spool);
}

/* There are so many more to be had. */
static void
limit_descriptors(int descriptors, struct rlimit *before)
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

/* Nor does one that cannot be locked; none of them stays. */
static void
test_no_locks(void **state)
{
	struct spool *spool = open_spool();
	struct spool_entry *entry;
	char name[SPOOL_NAME];

	(void)state;
	atomic_store(&no_locks, true);
	entry = enter(spool, "one");
	wait_answers(spool, 1);
	assert_int_equal(kept_count, 0);
	spool_close(entry);
	spool_free(spool);
	atomic_store(&no_locks, false);
	assert_int_equal(files(".spool", name), 0);
}

/* More files than may be held at once; what was left is held no more. */
static void
test_more(void **state)
{
	struct spool *spool;
	struct rlimit before;
	size_t total = 0;

	(void)state;
	for (int i = 0; i < SPOOL_SCAN_FILES + 10; i++) {
		struct spool_entry *entry;

		spool = open_spool();
		entry = enter(spool, "one");
		wait_answers(spool, 1);
		spool_leave(entry);
		spool_free(spool);
	}
	spool = open_spool();
	limit_descriptors(SPOOL_SCAN_FILES + 4, &before);
	for (int i = 0; i < 2; i++) {
		scan(spool, false);
		assert_int_equal(more, i == 0);
		total += found_count;
		for (size_t j = 0; j < found_count && j < 64; j++)
			spool_found_leave(found[j]);
	}
	assert_int_equal(total, SPOOL_SCAN_FILES + 10);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	spool_free(spool);
}

/* ---- tests: what should not be there ---- */

/* Makes a record, and then something of its file; who has looked at it. */
static struct spool *
with_file(void (*spoil)(int fd))
{
	struct spool *spool = open_spool();
	struct spool_entry *entry = enter(spool, "one");
	char name[SPOOL_NAME];
	char path[2 * SPOOL_NAME + 80];
	int fd;

	decide(entry, "one", "result");
	wait_answers(spool, 2);
	spool_leave(entry);
	spool_free(spool);
	assert_int_equal(files(".spool", name), 1);
	(void)snprintf(path, sizeof(path), "%s/%s", directory, name);
	fd = open(path, O_RDWR);
	assert_true(fd != -1);
	spoil(fd);
	(void)close(fd);
	spool = open_spool();
	scan(spool, false);
	return spool;
}

static void
flip(int fd, off_t at)
{
	char byte;

	assert_int_equal(pread(fd, &byte, 1, at), 1);
	byte ^= 4;
	assert_int_equal(pwrite(fd, &byte, 1, at), 1);
}

static void
break_start(int fd)
{
	flip(fd, 60);
}

static void
break_outcome(int fd)
{
	flip(fd, SPOOL_START_MAX + 40);
}

static void
cut_short(int fd)
{
	assert_int_equal(ftruncate(fd, 50), 0);
}

static void
make_foreign(int fd)
{
	assert_int_equal(pwrite(fd, "#!/bin/sh\n", 10, 0), 10);
}

static void
open_to_others(int fd)
{
	assert_int_equal(fchmod(fd, 0640), 0);
}

/* Adds to one byte of the record that begins there, and the sum is right. */
static void
change(int fd, off_t record, size_t byte, char add)
{
	char bytes[SPOOL_START_MAX];
	size_t len;
	uint32_t crc;

	assert_true(pread(fd, bytes, sizeof(bytes), record) > SPOOL_HEADER);
	len = spool_length(bytes, sizeof(bytes));
	bytes[byte] = (char)(bytes[byte] + add);
	crc = crc32_add(crc32_add(0, bytes, 32), bytes + SPOOL_HEADER,
	    len - SPOOL_HEADER);
	for (int i = 0; i < 4; i++)
		bytes[32 + i] = (char)(crc >> 8 * i);
	assert_int_equal(pwrite(fd, bytes, len, record), len);
}

/* Another version. */
static void
make_newer(int fd)
{
	change(fd, 0, 8, 1);
}

/* Whole records whose first field is one that nobody knows: another is
 * missing. */
static void
miss_token(int fd)
{
	change(fd, 0, SPOOL_HEADER, 100);
}

static void
miss_kind(int fd)
{
	change(fd, SPOOL_START_MAX, SPOOL_HEADER, 100);
}

static void
make_huge(int fd)
{
	assert_int_equal(ftruncate(fd,
			     (off_t)SPOOL_PLACES_MAX * SPOOL_PLACE + 1),
	    0);
}

static void
give_away(int fd)
{
	if (geteuid() == 0)
		assert_int_equal(fchown(fd, 12345, (gid_t)-1), 0);
	else
		open_to_others(fd);
}

/* It is left for the tend that understands it, and stops nothing. */
static void
test_newer(void **state)
{
	struct spool *spool;
	struct spool_entry *entry;
	char name[SPOOL_NAME];

	(void)state;
	spool_free(with_file(make_newer));
	assert_int_equal(found_count, 0);
	assert_int_equal(kept_unread, 1);
	assert_int_equal(files(".spool", name), 1);
	assert_int_equal(files(".aside", name), 0);
	spool = open_spool();
	scan(spool, true);
	assert_int_equal(kept_unread, 1);
	entry = enter(spool, "two");
	wait_answers(spool, 1);
	assert_int_equal(kept_count, 1);
	spool_close(entry);
	spool_free(spool);
	assert_int_equal(files(".spool", name), 2);
}

static void
test_broken(void **state)
{
	void (*const changes[])(int) = { break_start, cut_short, make_foreign,
		open_to_others, miss_token, miss_kind, make_huge, give_away };
	char name[SPOOL_NAME];

	(void)state;
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		spool_free(with_file(changes[i]));
		assert_int_equal(found_count, 0);
		assert_int_equal(files(".aside", name), i + 1);
		/* What is set aside stops nothing, and is not seen again. */
		if (files(".spool", name) == 1) {
			struct spool *spool = open_spool();

			scan(spool, true);
			assert_int_equal(kept_unread, 0);
			spool_free(spool);
		}
		assert_int_equal(files(".spool", name), 0);
	}
}

/* The task is known still; how it ended is not. */
static void
test_broken_outcome(void **state)
{
	struct spool *spool = with_file(break_outcome);

	(void)state;
	assert_int_equal(found_count, 1);
	assert_false(found[0]->decided);
	spool_found_leave(found[0]);
	spool_free(spool);
}

/* As of a task before, whose place was not wiped to its end. */
static void
put_another_start(int fd)
{
	struct buf start = start_of("two");

	assert_int_equal(pwrite(fd, start.data, start.len, 0), start.len);
	buf_clear(&start);
}

static void
test_outcome_of_another(void **state)
{
	struct spool *spool = with_file(put_another_start);

	(void)state;
	assert_int_equal(found_count, 1);
	assert_string_equal(found[0]->start.token, "two");
	assert_false(found[0]->decided);
	spool_found_leave(found[0]);
	spool_free(spool);
}

/* A file that can be reached from elsewhere is not the user's alone. */
static void
link_elsewhere(int fd)
{
	char name[SPOOL_NAME];
	char from[128], to[128];

	(void)fd;
	assert_int_equal(files(".spool", name), 1);
	(void)snprintf(from, sizeof(from), "%s/%s", directory, name);
	(void)snprintf(to, sizeof(to), "%s/elsewhere", directory);
	assert_int_equal(link(from, to), 0);
}

static void
test_hard_link(void **state)
{
	char name[SPOOL_NAME];

	(void)state;
	spool_free(with_file(link_elsewhere));
	assert_int_equal(found_count, 0);
	assert_int_equal(files(".aside", name), 1);
}

/* But what a tend is writing to is taken away from nobody. */
static void
test_hard_link_in_use(void **state)
{
	struct spool *spool = open_spool();
	struct spool *other = open_spool();
	struct spool_entry *entry = enter(spool, "one");
	char name[SPOOL_NAME];

	(void)state;
	wait_answers(spool, 1);
	link_elsewhere(-1);
	scan(spool, false);
	assert_int_equal(files(".aside", name), 0);
	scan(other, false);
	assert_int_equal(in_use, 1);
	assert_int_equal(files(".aside", name), 0);
	spool_close(entry);
	spool_free(other);
	spool_free(spool);
}

static void
test_set_aside(void **state)
{
	struct spool *spool = open_spool();
	struct spool_entry *entry = enter(spool, "one");
	char name[SPOOL_NAME];
	char path[2 * SPOOL_NAME + 80];
	struct stat stat_now;

	(void)state;
	wait_answers(spool, 1);
	spool_leave(entry);
	spool_free(spool);
	spool = open_spool();
	scan(spool, false);
	assert_int_equal(found_count, 1);
	spool_found_set_aside(found[0]);
	spool_free(spool);
	assert_int_equal(files(".spool", name), 0);
	assert_int_equal(files(".aside", name), 1);
	(void)snprintf(path, sizeof(path), "%s/%s", directory, name);
	assert_int_equal(stat(path, &stat_now), 0);
	assert_int_equal(stat_now.st_mode & 07777, 0600);
}

/* Whatever the disk refuses: it is there, or it is set aside. */
static void
test_set_aside_or_not(void **state)
{
	char name[SPOOL_NAME];

	(void)state;
	for (int most = 0; most < 4; most++) {
		struct spool *spool = open_spool();
		struct spool_entry *entry = enter(spool, "one");
		size_t there;

		decide(entry, "one", "first");
		wait_answers(spool, 2);
		spool_leave(entry);
		spool_free(spool);
		spool = open_spool();
		scan(spool, true);
		assert_int_equal(found_count, 1);
		there = files(".aside", name);
		atomic_store(&writes, most);
		spool_found_set_aside(found[0]);
		release(spool);
		atomic_store(&writes, INT_MAX);
		there = files(".aside", name) - there;
		spool_free(spool);
		spool = open_spool();
		scan(spool, true);
		assert_int_equal(found_count + there, 1);
		if (found_count == 1)
			spool_found_close(found[0]);
		spool_free(spool);
	}
}

/* Two tasks in one file, of which something happens to one. */
static void
with_two(off_t at, const void *bytes, size_t len)
{
	struct spool *spool = open_spool();
	struct spool_entry *one = enter(spool, "one");
	struct spool_entry *two = enter(spool, "two");
	char name[SPOOL_NAME];
	char path[2 * SPOOL_NAME + 80];
	int fd;

	wait_answers(spool, 2);
	spool_leave(one);
	spool_leave(two);
	spool_free(spool);
	assert_int_equal(files(".spool", name), 1);
	(void)snprintf(path, sizeof(path), "%s/%s", directory, name);
	fd = open(path, O_RDWR);
	assert_true(fd != -1);
	assert_int_equal(pwrite(fd, bytes, len, at), len);
	(void)close(fd);
	spool = open_spool();
	scan(spool, false);
	assert_int_equal(found_count, 1);
	spool_found_close(found[0]);
	spool_free(spool);
	assert_int_equal(files(".spool", name), 0);
}

/* One record that is no good is none of the others' business. */
static void
test_one_of_two(void **state)
{
	static const char nothing[SPOOL_HEADER];
	char name[SPOOL_NAME];

	(void)state;
	with_two(0, nothing, sizeof(nothing));
	assert_int_equal(files(".aside", name), 0);
	with_two(SPOOL_PLACE, "#!/bin/sh\n", 10);
	assert_int_equal(files(".aside", name), 1);
}

/* Nor when it is the first, and does not even begin as one of tend's. */
static void
test_first_of_two(void **state)
{
	char name[SPOOL_NAME];

	(void)state;
	with_two(0, "tend", 4);
	assert_int_equal(files(".aside", name), 1);
}

/* Whoever cannot be renamed stays, and stops nothing. */
static void
test_no_way_aside(void **state)
{
	struct spool *spool;
	struct spool_entry *entry;
	char name[SPOOL_NAME];
	char path[128];
	int fd;

	(void)state;
	for (int i = 1; i <= 2; i++) {
		(void)snprintf(path, sizeof(path), "%s/%016d.spool", directory,
		    i);
		fd = open(path, O_WRONLY | O_CREAT, i == 1 ? 0600 : 0644);
		assert_true(fd != -1);
		make_foreign(fd);
		(void)close(fd);
		(void)snprintf(path, sizeof(path), "%s/%016d.aside", directory,
		    i);
		assert_int_equal(mkdir(path, 0700), 0);
	}
	spool = open_spool();
	scan(spool, true);
	assert_int_equal(found_count, 0);
	assert_int_equal(files(".spool", name), 2);
	entry = enter(spool, "one");
	wait_answers(spool, 1);
	assert_int_equal(kept_count, 1);
	spool_close(entry);
	spool_free(spool);
}

/* Where a file should be: what is not one. */
static void
test_aliens(void **state)
{
	struct spool *spool;
	char name[SPOOL_NAME];
	char path[128], target[128];
	struct stat before, after;
	int fd;

	(void)state;
	(void)snprintf(target, sizeof(target), "%s/target", directory);
	fd = open(target, O_WRONLY | O_CREAT, 0600);
	assert_true(fd != -1);
	assert_int_equal(write(fd, "mine", 4), 4);
	(void)close(fd);
	assert_int_equal(stat(target, &before), 0);
	(void)snprintf(path, sizeof(path), "%s/0000000000000001.spool",
	    directory);
	assert_int_equal(symlink("target", path), 0);
	path[strlen(path) - 7] = '2';
	assert_int_equal(mkdir(path, 0700), 0);
	path[strlen(path) - 7] = '3';
	assert_int_equal(mkfifo(path, 0600), 0);
	path[strlen(path) - 7] = '4';
	assert_int_equal(link(target, path), 0);
	spool = open_spool();
	scan(spool, false);
	spool_free(spool);
	assert_int_equal(found_count, 0);
	assert_int_equal(files(".aside", name), 4);
	assert_int_equal(stat(target, &after), 0);
	assert_int_equal(after.st_size, before.st_size);
	assert_true(after.st_mtime == before.st_mtime);
}

/* ---- tests: the directory ---- */

static void
expect_refused(const char *path, const char *why)
{
	struct err err;

	assert_null(spool_new(path, false, &err));
	if (strstr(err.text, why) == NULL)
		fail_msg("'%s' is not in '%s'", why, err.text);
}

static void
test_directory(void **state)
{
	char path[128], link_path[128];
	struct spool *spool;
	struct stat stat_now;
	struct err err;

	(void)state;
	assert_int_equal(chmod(directory, 0750), 0);
	expect_refused(directory, "chmod 700");
	assert_int_equal(chmod(directory, 0701), 0);
	expect_refused(directory, "chmod 700");
	assert_int_equal(chmod(directory, 0700), 0);
	(void)snprintf(path, sizeof(path), "%s/new", directory);
	expect_refused(path, "No such file");
	spool = spool_new(path, true, &err);
	assert_non_null(spool);
	spool_free(spool);
	assert_int_equal(stat(path, &stat_now), 0);
	assert_int_equal(stat_now.st_mode & 07777, 0700);
	(void)snprintf(link_path, sizeof(link_path), "%s/link", directory);
	assert_int_equal(symlink(path, link_path), 0);
	spool = spool_new(link_path, true, &err);
	assert_non_null(spool);
	spool_free(spool);
	if (geteuid() == 0) {
		assert_int_equal(lchown(link_path, 12345, (gid_t)-1), 0);
		expect_refused(link_path, "is not a directory");
	}
	assert_int_equal(unlink(link_path), 0);
	expect_refused("/dev/null", "is not a directory");
	(void)snprintf(link_path, sizeof(link_path), "%s/no/where", directory);
	assert_null(spool_new(link_path, true, &err));
	if (geteuid() != 0)
		return;
	assert_int_equal(chown(path, 12345, (gid_t)-1), 0);
	expect_refused(path, "belongs to user 12345");
	assert_int_equal(chown(path, 0, (gid_t)-1), 0);
}

/* Looks with that many descriptors to be had. */
static void
scan_with(struct spool *spool, int descriptors)
{
	struct rlimit before;

	limit_descriptors(descriptors, &before);
	scan(spool, false);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
}

/* What cannot be seen for now is not taken for nothing. */
static void
test_few_descriptors(void **state)
{
	struct spool *spools[2] = { open_spool(), open_spool() };
	struct spool *spool;

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct spool_entry *entry = enter(spools[i], "one");

		wait_answers(spools[i], 1);
		spool_leave(entry);
	}
	spool_free(spools[0]);
	spool_free(spools[1]);
	spool = open_spool();
	scan_with(spool, 0);
	assert_int_equal(found_count, 0);
	assert_int_equal(kept_unread, 1);
	scan_with(spool, 1);
	assert_int_equal(found_count, 1);
	assert_int_equal(kept_unread, 1);
	spool_found_close(found[0]);
	release(spool);
	scan(spool, false);
	assert_int_equal(found_count, 1);
	assert_int_equal(kept_unread, 0);
	spool_found_close(found[0]);
	spool_free(spool);
}

/* Nor is what cannot be set aside lost: it is left for the next time. */
static void
test_no_descriptor_aside(void **state)
{
	struct spool *spool = open_spool();
	struct spool_entry *entry = enter(spool, "one");
	char name[SPOOL_NAME];
	char path[2 * SPOOL_NAME + 80];
	int fd;

	(void)state;
	wait_answers(spool, 1);
	spool_leave(entry);
	spool_free(spool);
	assert_int_equal(files(".spool", name), 1);
	(void)snprintf(path, sizeof(path), "%s/%s", directory, name);
	fd = open(path, O_RDWR);
	assert_true(fd != -1);
	break_start(fd);
	(void)close(fd);
	spool = open_spool();
	scan_with(spool, 1);
	assert_int_equal(kept_unread, 1);
	spool_free(spool);
	assert_int_equal(files(".aside", name), 0);
	assert_int_equal(files(".spool", name), 1);
	spool = open_spool();
	scan(spool, false);
	assert_int_equal(kept_unread, 0);
	spool_free(spool);
	assert_int_equal(files(".aside", name), 1);
}

/* Of several files with nothing in them one is enough. */
static void
test_two_empty_files(void **state)
{
	struct spool *spools[2] = { open_spool(), open_spool() };
	struct spool *spool;
	struct spool_entry *entry;
	char name[SPOOL_NAME];

	(void)state;
	for (int i = 0; i < 2; i++) {
		entry = enter(spools[i], "one");
		wait_answers(spools[i], 1);
		spool_close(entry);
	}
	spool_free(spools[0]);
	spool_free(spools[1]);
	spool = open_spool();
	scan(spool, false);
	entry = enter(spool, "two");
	wait_answers(spool, 1);
	assert_int_equal(files(".spool", name), 2);
	/* The other one is nobody's, and is free to be tidied up. */
	spools[0] = open_spool();
	scan(spools[0], true);
	assert_int_equal(in_use, 1);
	spool_free(spools[0]);
	assert_int_equal(files(".spool", name), 1);
	spool_close(entry);
	spool_free(spool);
}

/* What is not called as a file of the spool is nobody's business. */
static void
test_other_names(void **state)
{
	struct spool *spool = open_spool();
	char name[SPOOL_NAME];
	char path[128];
	int fd;

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/README", directory);
	fd = open(path, O_WRONLY | O_CREAT, 0644);
	assert_true(fd != -1);
	(void)close(fd);
	scan(spool, true);
	spool_free(spool);
	assert_int_equal(files("README", name), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_left_and_found),
		TEST(test_closed_is_wiped),
		TEST(test_two_syncs),
		TEST(test_reuse),
		TEST(test_outcome_alone),
		TEST(test_start_not_synced),
		TEST(test_no_directory),
		TEST(test_left_when_told),
		TEST(test_in_use),
		TEST(test_empty_files),
		TEST(test_release),
		TEST(test_handed_on),
		TEST(test_handed_on_in_order),
		TEST(test_no_outcome_to_hand_on),
		TEST(test_not_handed_on),
		TEST(test_unreadable),
		TEST(test_removed_when_new),
		TEST(test_no_locks),
		TEST(test_more),
		TEST(test_broken),
		TEST(test_newer),
		TEST(test_broken_outcome),
		TEST(test_outcome_of_another),
		TEST(test_hard_link),
		TEST(test_hard_link_in_use),
		TEST(test_set_aside),
		TEST(test_set_aside_or_not),
		TEST(test_one_of_two),
		TEST(test_first_of_two),
		TEST(test_no_way_aside),
		TEST(test_aliens),
		TEST(test_directory),
		TEST(test_few_descriptors),
		TEST(test_no_descriptor_aside),
		TEST(test_two_empty_files),
		TEST(test_other_names),
	};

	log_set_level(LOG_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
