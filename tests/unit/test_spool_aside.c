/* SPDX-License-Identifier: MIT */
#include "config.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/crc32.h"
#include "base/log.h"
#include "process/spool.h"
#include "process/spool_disk.h"
#include "spool_rig.h"

/* Makes a record, and then something of its file; who has looked at it. */
static struct spool *
with_file(void (*spoil)(int fd))
{
	struct spool *spool;
	int fd;

	rig_leave("one", "result");
	fd = rig_open_file(O_RDWR);
	spoil(fd);
	(void)close(fd);
	spool = rig_open();
	rig_scan(spool, false);
	return spool;
}

/* ---- what happens to it ---- */

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

/* ---- tests ---- */

/* It is left for the tend that understands it, and stops nothing. */
static void
test_newer(void **state)
{
	struct spool *spool;
	struct spool_entry *entry;
	char name[SPOOL_NAME];

	(void)state;
	spool_free(with_file(make_newer));
	assert_int_equal(rig.count, 0);
	assert_int_equal(rig.unread, 1);
	assert_int_equal(rig_files(".spool", name), 1);
	assert_int_equal(rig_files(".aside", name), 0);
	spool = rig_open();
	rig_scan(spool, true);
	assert_int_equal(rig.unread, 1);
	entry = rig_enter(spool, "two");
	rig_wait(spool, 1);
	assert_int_equal(rig.kept, 1);
	spool_close(entry);
	spool_free(spool);
	assert_int_equal(rig_files(".spool", name), 2);
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
		assert_int_equal(rig.count, 0);
		assert_int_equal(rig_files(".aside", name), i + 1);
		/* What is set aside stops nothing, and is not seen again. */
		if (rig_files(".spool", name) == 1) {
			struct spool *spool = rig_open();

			rig_scan(spool, true);
			assert_int_equal(rig.unread, 0);
			spool_free(spool);
		}
		assert_int_equal(rig_files(".spool", name), 0);
	}
}

/* The task is known still; how it ended is not. */
static void
test_broken_outcome(void **state)
{
	struct spool *spool = with_file(break_outcome);

	(void)state;
	assert_int_equal(rig.count, 1);
	assert_false(rig.found[0]->decided);
	spool_found_leave(rig.found[0]);
	spool_free(spool);
}

/* As of a task before, whose place was not wiped to its end. */
static void
put_another_start(int fd)
{
	struct buf start = rig_start("two");

	assert_int_equal(pwrite(fd, start.data, start.len, 0), start.len);
	buf_clear(&start);
}

static void
test_outcome_of_another(void **state)
{
	struct spool *spool = with_file(put_another_start);

	(void)state;
	assert_int_equal(rig.count, 1);
	assert_string_equal(rig.found[0]->start.token, "two");
	assert_false(rig.found[0]->decided);
	spool_found_leave(rig.found[0]);
	spool_free(spool);
}

/* A file that can be reached from elsewhere is not the user's alone. */
static void
link_elsewhere(int fd)
{
	char name[SPOOL_NAME];
	char from[RIG_PATH], to[RIG_PATH];

	(void)fd;
	assert_int_equal(rig_files(".spool", name), 1);
	rig_path(from, name);
	rig_path(to, "elsewhere");
	assert_int_equal(link(from, to), 0);
}

static void
test_hard_link(void **state)
{
	char name[SPOOL_NAME];

	(void)state;
	spool_free(with_file(link_elsewhere));
	assert_int_equal(rig.count, 0);
	assert_int_equal(rig_files(".aside", name), 1);
}

/* Nor is one that a link leads to, as good as it may be. */
static void
test_symbolic_link(void **state)
{
	struct spool *spool;
	char name[SPOOL_NAME], aside[SPOOL_NAME];
	char path[RIG_PATH], target[RIG_PATH];

	(void)state;
	rig_leave("one", "first");
	assert_int_equal(rig_files(".spool", name), 1);
	rig_path(path, name);
	rig_path(target, "elsewhere");
	assert_int_equal(rename(path, target), 0);
	assert_int_equal(symlink("elsewhere", path), 0);
	spool = rig_open();
	rig_scan(spool, true);
	assert_int_equal(rig.count, 0);
	assert_int_equal(rig_files(".aside", aside), 1);
	assert_int_equal(rig_files(".spool", aside), 0);
	/* What it leads to is as it was. */
	assert_int_equal(rename(target, path), 0);
	rig_release(spool);
	rig_scan(spool, true);
	assert_int_equal(rig.count, 1);
	assert_string_equal(rig.found[0]->outcome.result, "first");
	spool_found_close(rig.found[0]);
	spool_free(spool);
}

/* But what a tend is writing to is taken away from nobody. */
static void
test_hard_link_in_use(void **state)
{
	struct spool *spool = rig_open();
	struct spool *other = rig_open();
	struct spool_entry *entry = rig_enter(spool, "one");
	char name[SPOOL_NAME];

	(void)state;
	rig_wait(spool, 1);
	link_elsewhere(-1);
	rig_scan(spool, false);
	assert_int_equal(rig_files(".aside", name), 0);
	rig_scan(other, false);
	assert_int_equal(rig.in_use, 1);
	assert_int_equal(rig_files(".aside", name), 0);
	spool_close(entry);
	spool_free(other);
	spool_free(spool);
}

static void
test_set_aside(void **state)
{
	struct spool *spool;
	char name[SPOOL_NAME];
	char path[RIG_PATH];
	struct stat stat_now;

	(void)state;
	rig_leave("one", NULL);
	spool = rig_open();
	rig_scan(spool, false);
	assert_int_equal(rig.count, 1);
	atomic_store(&rig_disk.directory_syncs, 0);
	spool_found_set_aside(rig.found[0]);
	spool_free(spool);
	/* What it has is durable, and its name. */
	assert_int_equal(atomic_load(&rig_disk.file_syncs), 1);
	assert_int_equal(atomic_load(&rig_disk.directory_syncs), 1);
	assert_int_equal(rig_files(".spool", name), 0);
	assert_int_equal(rig_files(".aside", name), 1);
	rig_path(path, name);
	assert_int_equal(stat(path, &stat_now), 0);
	assert_int_equal(stat_now.st_mode & 07777, 0600);
}

/* Two tasks in one file, of which something happens to one. */
static void
with_two(off_t at, const void *bytes, size_t len)
{
	struct spool *spool = rig_open();
	struct spool_entry *one = rig_enter(spool, "one");
	struct spool_entry *two = rig_enter(spool, "two");
	char name[SPOOL_NAME];
	int fd;

	rig_wait(spool, 2);
	spool_leave(one);
	spool_leave(two);
	spool_free(spool);
	fd = rig_open_file(O_RDWR);
	assert_int_equal(pwrite(fd, bytes, len, at), len);
	(void)close(fd);
	spool = rig_open();
	rig_scan(spool, false);
	assert_int_equal(rig.count, 1);
	spool_found_close(rig.found[0]);
	spool_free(spool);
	assert_int_equal(rig_files(".spool", name), 0);
}

/* One record that is no good is none of the others' business. */
static void
test_one_of_two(void **state)
{
	static const char nothing[SPOOL_HEADER];
	char name[SPOOL_NAME];

	(void)state;
	with_two(0, nothing, sizeof(nothing));
	assert_int_equal(rig_files(".aside", name), 0);
	with_two(SPOOL_PLACE, "#!/bin/sh\n", 10);
	assert_int_equal(rig_files(".aside", name), 1);
}

/* Nor when it is the first, and does not even begin as one of tend's. */
static void
test_first_of_two(void **state)
{
	char name[SPOOL_NAME];

	(void)state;
	with_two(0, "tend", 4);
	assert_int_equal(rig_files(".aside", name), 1);
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
		(void)snprintf(path, sizeof(path), "%s/%016d.spool",
		    rig.directory, i);
		fd = open(path, O_WRONLY | O_CREAT, i == 1 ? 0600 : 0644);
		assert_true(fd != -1);
		make_foreign(fd);
		(void)close(fd);
		(void)snprintf(path, sizeof(path), "%s/%016d.aside",
		    rig.directory, i);
		assert_int_equal(mkdir(path, 0700), 0);
	}
	spool = rig_open();
	rig_scan(spool, true);
	assert_int_equal(rig.count, 0);
	assert_int_equal(rig_files(".spool", name), 2);
	entry = rig_enter(spool, "one");
	rig_wait(spool, 1);
	assert_int_equal(rig.kept, 1);
	spool_close(entry);
	spool_free(spool);
}

/* Where a file should be: what is not one. */
static void
test_aliens(void **state)
{
	struct spool *spool;
	char name[SPOOL_NAME];
	char path[RIG_PATH], target[RIG_PATH];
	struct stat before, after;
	int fd;

	(void)state;
	rig_path(target, "target");
	fd = open(target, O_WRONLY | O_CREAT, 0600);
	assert_true(fd != -1);
	assert_int_equal(write(fd, "mine", 4), 4);
	(void)close(fd);
	assert_int_equal(stat(target, &before), 0);
	rig_path(path, "0000000000000001.spool");
	assert_int_equal(symlink("target", path), 0);
	path[strlen(path) - 7] = '2';
	assert_int_equal(mkdir(path, 0700), 0);
	path[strlen(path) - 7] = '3';
	assert_int_equal(mkfifo(path, 0600), 0);
	path[strlen(path) - 7] = '4';
	assert_int_equal(link(target, path), 0);
	spool = rig_open();
	rig_scan(spool, false);
	spool_free(spool);
	assert_int_equal(rig.count, 0);
	assert_int_equal(rig_files(".aside", name), 4);
	assert_int_equal(stat(target, &after), 0);
	assert_int_equal(after.st_size, before.st_size);
	assert_true(after.st_mtime == before.st_mtime);
}

/* Nor is what cannot be set aside lost: it is left for the next time. */
static void
test_no_descriptor_aside(void **state)
{
	struct spool *spool;
	char name[SPOOL_NAME];
	int fd;

	(void)state;
	rig_leave("one", NULL);
	fd = rig_open_file(O_RDWR);
	break_start(fd);
	(void)close(fd);
	spool = rig_open();
	rig_scan_with(spool, 1);
	assert_int_equal(rig.unread, 1);
	spool_free(spool);
	assert_int_equal(rig_files(".aside", name), 0);
	assert_int_equal(rig_files(".spool", name), 1);
	spool = rig_open();
	rig_scan(spool, false);
	assert_int_equal(rig.unread, 0);
	spool_free(spool);
	assert_int_equal(rig_files(".aside", name), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(test_newer),
		RIG_TEST(test_broken),
		RIG_TEST(test_broken_outcome),
		RIG_TEST(test_outcome_of_another),
		RIG_TEST(test_hard_link),
		RIG_TEST(test_hard_link_in_use),
		RIG_TEST(test_symbolic_link),
		RIG_TEST(test_set_aside),
		RIG_TEST(test_one_of_two),
		RIG_TEST(test_first_of_two),
		RIG_TEST(test_no_way_aside),
		RIG_TEST(test_aliens),
		RIG_TEST(test_no_descriptor_aside),
	};

	log_set_level(LOG_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
