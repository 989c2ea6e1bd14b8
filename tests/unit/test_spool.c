/* SPDX-License-Identifier: MIT */
#include "config.h"

#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/log.h"
#include "process/spool.h"
#include "process/spool_disk.h"
#include "spool_rig.h"

static void
test_left_and_found(void **state)
{
	struct spool *spool = rig_open();
	struct spool_entry *one = rig_enter(spool, "one");
	struct spool_entry *two = rig_enter(spool, "two");
	struct spool_entry *three = rig_enter(spool, "three");
	char name[SPOOL_NAME];

	(void)state;
	rig_wait(spool, 3);
	assert_int_equal(rig.kept, 3);
	rig_decide(two, "two", "second");
	rig_decide(three, "three", "third");
	rig_wait(spool, 2);
	assert_int_equal(rig.kept, 2);
	spool_leave(one);
	spool_leave(two);
	spool_close(three);
	spool_free(spool);
	assert_int_equal(rig_files("", name), 3); /* with . and .. */

	spool = rig_open();
	rig_scan(spool, false);
	assert_int_equal(rig.count, 2);
	assert_string_equal(rig.found[0]->start.token, "one");
	assert_memory_equal(rig.found[0]->key, "one", 4);
	assert_false(rig.found[0]->decided);
	assert_string_equal(rig.found[1]->start.token, "two");
	assert_memory_equal(rig.found[1]->key, "two", 4);
	assert_true(rig.found[1]->decided);
	assert_string_equal(rig.found[1]->outcome.result, "second");
	spool_found_leave(rig.found[0]);
	spool_found_close(rig.found[1]);
	spool_free(spool);

	rig_end_one("one", NULL);
	assert_int_equal(rig_files(".spool", name), 0);
}

/* Nothing of a closed task can be read any more, its token included. */
static void
test_closed_is_wiped(void **state)
{
	struct spool *spool = rig_open();
	struct spool_entry *entry = rig_enter(spool, "secrettoken");
	struct buf bytes = BUF_INIT(1 << 20);
	FILE *file;
	int c;

	(void)state;
	rig_decide(entry, "secrettoken", "secretresult");
	rig_wait(spool, 2);
	spool_close(entry);
	spool_free(spool);
	file = fdopen(rig_open_file(O_RDONLY), "r");
	assert_non_null(file);
	while ((c = getc(file)) != EOF) {
		char byte = (char)c;

		assert_int_equal(buf_append(&bytes, &byte, 1), 0);
	}
	(void)fclose(file);
	assert_true(bytes.len > SPOOL_START_MAX);
	assert_null(memmem(bytes.data, bytes.len, "secret", 6));
	buf_clear(&bytes);
}

static void
test_two_syncs(void **state)
{
	struct spool *spool = rig_open();
	struct spool_entry *entry;
	unsigned long before;

	(void)state;
	for (int i = 0; i < 3; i++) {
		before = spool_syncs(spool);
		entry = rig_enter(spool, "one");
		rig_wait(spool, 1);
		rig_decide(entry, "one", "x");
		rig_wait(spool, 1);
		spool_close(entry);
		assert_int_equal(spool_syncs(spool) - before, 2);
	}
	spool_free(spool);
}

/* Those of one moment share theirs. */
static void
test_shared_syncs(void **state)
{
	enum { TASKS = 32 };
	struct spool *spool = rig_open();
	struct spool_entry *entries[TASKS];
	unsigned long before = spool_syncs(spool);

	(void)state;
	atomic_store(&rig_disk.hangs, true);
	for (int i = 0; i < TASKS; i++) {
		char token[16];

		(void)snprintf(token, sizeof(token), "t%d", i);
		entries[i] = rig_enter(spool, token);
		/* The first one is at it, the others come meanwhile. */
		while (atomic_load(&rig_disk.hanging) == 0)
			(void)poll(NULL, 0, 1);
	}
	atomic_store(&rig_disk.hangs, false);
	rig_wait(spool, TASKS);
	assert_int_equal(rig.kept, TASKS);
	assert_int_equal(spool_syncs(spool) - before, 2);
	for (int i = 0; i < TASKS; i++)
		spool_leave(entries[i]);
	spool_free(spool);
}

/* Who has left, or is closed, is not called any more. */
static void
test_nobody_is_told(void **state)
{
	struct spool *spool = rig_open();

	(void)state;
	rig.answered = 0;
	spool_leave(rig_enter(spool, "one"));
	spool_close(rig_enter(spool, "two"));
	/* It comes after what was queued before. */
	rig_release(spool);
	assert_int_equal(rig.answered, 0);
	rig_scan(spool, false);
	assert_int_equal(rig.count, 0);
	assert_int_equal(rig.in_use, 0);
	spool_free(spool);
}

/* A place that is free again is used again, and what was there is no more. */
static void
test_reuse(void **state)
{
	struct spool *spool = rig_open();
	struct spool_entry *entry = rig_enter(spool, "first");
	struct stat stat_now;
	int fd;

	(void)state;
	rig_decide(entry, "first", "a result that is rather long");
	rig_wait(spool, 2);
	spool_close(entry);
	for (int i = 0; i < 20; i++) {
		entry = rig_enter(spool, "again");
		rig_wait(spool, 1);
		if (i < 19)
			spool_close(entry);
	}
	spool_leave(entry);
	spool_free(spool);
	fd = rig_open_file(O_RDONLY);
	assert_int_equal(fstat(fd, &stat_now), 0);
	(void)close(fd);
	assert_in_range(stat_now.st_size, 1, SPOOL_PLACE);
	assert_int_equal(stat_now.st_mode & 07777, 0600);

	rig_end_one("again", NULL);
}

/* A directory that has gone: nothing is kept, and nothing else happens. */
static void
test_no_directory(void **state)
{
	struct spool *spool = rig_open();
	struct spool_entry *entry;

	(void)state;
	assert_int_equal(rmdir(rig.directory), 0);
	entry = rig_enter(spool, "one");
	rig_decide(entry, "one", "x");
	rig_wait(spool, 2);
	assert_int_equal(rig.kept, 0);
	spool_close(entry);
	spool_free(spool);
	assert_int_equal(mkdir(rig.directory, 0700), 0);
}

/* Whoever is told may end the entry at once. */
static void
on_done_leave(void *arg, bool kept)
{
	struct spool_entry **entry = arg;

	rig_on_done(&rig.answered, kept);
	spool_leave(*entry);
}

static void
test_left_when_told(void **state)
{
	struct spool *spool = rig_open();
	struct buf start = rig_start("one");
	struct spool_entry *entry;

	(void)state;
	entry = spool_enter(spool, &start, on_done_leave, &entry);
	buf_clear(&start);
	rig_wait(spool, 1);
	spool_free(spool);
	rig_end_one("one", NULL);
}

/* ---- tests: handed on ---- */

/* What is handed on is for others at once, and its place for other tasks. */
static void
test_handed_on(void **state)
{
	struct spool *spool = rig_open();
	struct spool *other = rig_open();
	struct spool_entry *one = rig_enter(spool, "one");
	struct spool_entry *two = rig_enter(spool, "two");
	char name[SPOOL_NAME];

	(void)state;
	rig_decide(one, "one", "first");
	rig_wait(spool, 3);
	atomic_store(&rig_disk.directory_syncs, 0);
	spool_hand_on(one);
	rig_release(spool);
	assert_int_equal(atomic_load(&rig_disk.directory_syncs), 1);
	assert_int_equal(rig_files(".spool", name), 2);
	rig_scan(other, true);
	assert_int_equal(rig.count, 1);
	assert_int_equal(rig.in_use, 1);
	assert_string_equal(rig.found[0]->start.token, "one");
	assert_string_equal(rig.found[0]->outcome.result, "first");
	spool_found_close(rig.found[0]);
	spool_free(other);

	one = rig_enter(spool, "three");
	rig_wait(spool, 1);
	spool_leave(one);
	spool_leave(two);
	spool_free(spool);
	spool = rig_open();
	rig_scan(spool, true);
	assert_int_equal(rig.count, 2);
	assert_string_equal(rig.found[0]->start.token, "three");
	assert_string_equal(rig.found[1]->start.token, "two");
	spool_found_close(rig.found[0]);
	spool_found_close(rig.found[1]);
	spool_free(spool);
	assert_int_equal(rig_files(".spool", name), 0);
}

/*
 * The machine may stop at any sector: a START that is there again without its
 * outcome would say that tend died, beside the record that was handed on.
 */
static void
test_handed_on_in_order(void **state)
{
	struct spool *spool = rig_open();
	struct spool_entry *entry = rig_enter(spool, "one");

	(void)state;
	rig_decide(entry, "one", "first");
	rig_wait(spool, 2);
	atomic_store(&rig_disk.wiped_alone, false);
	spool_hand_on(entry);
	rig_release(spool);
	assert_true(atomic_load(&rig_disk.wiped_alone));
	spool_free(spool);
}

/* An outcome that is not there yet, and never will be. */
static void
test_no_outcome_to_hand_on(void **state)
{
	struct spool *spool = rig_open();
	struct spool_entry *entry;
	char name[SPOOL_NAME];

	(void)state;
	rig_limit_files(SPOOL_START_MAX);
	entry = rig_enter(spool, "one");
	rig_decide(entry, "one", "first");
	spool_hand_on(entry);
	rig_release(spool);
	rig_limit_files(RLIM_INFINITY);
	assert_int_equal(rig_files(".spool", name), 1);
	spool_free(spool);
}

/* Without a file for it, it stays where it was, in nobody else's way. */
static void
test_not_handed_on(void **state)
{
	struct spool *spool = rig_open();
	struct spool_entry *one = rig_enter(spool, "one");
	struct spool_entry *two;
	struct rlimit before;
	char name[SPOOL_NAME];

	(void)state;
	rig_decide(one, "one", "first");
	rig_wait(spool, 2);
	rig_limit_descriptors(0, &before);
	spool_hand_on(one);
	rig_release(spool);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	two = rig_enter(spool, "two");
	rig_wait(spool, 1);
	spool_leave(two);
	spool_free(spool);
	assert_int_equal(rig_files(".spool", name), 1);
	spool = rig_open();
	rig_scan(spool, true);
	assert_int_equal(rig.count, 2);
	assert_string_equal(rig.found[0]->start.token, "one");
	assert_string_equal(rig.found[0]->outcome.result, "first");
	assert_string_equal(rig.found[1]->start.token, "two");
	spool_found_close(rig.found[0]);
	spool_found_close(rig.found[1]);
	spool_free(spool);
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
	char path[RIG_PATH], link_path[RIG_PATH];
	struct spool *spool;
	struct stat stat_now;
	struct err err;

	(void)state;
	assert_int_equal(chmod(rig.directory, 0750), 0);
	expect_refused(rig.directory, "chmod 700");
	assert_int_equal(chmod(rig.directory, 0701), 0);
	expect_refused(rig.directory, "chmod 700");
	assert_int_equal(chmod(rig.directory, 0700), 0);
	rig_path(path, "new");
	expect_refused(path, "No such file");
	spool = spool_new(path, true, &err);
	assert_non_null(spool);
	spool_free(spool);
	/* A new one has a name that is not to be lost. */
	assert_int_equal(atomic_load(&rig_disk.directory_syncs), 1);
	assert_int_equal(stat(path, &stat_now), 0);
	assert_int_equal(stat_now.st_mode & 07777, 0700);
	rig_path(link_path, "link");
	assert_int_equal(symlink(path, link_path), 0);
	spool = spool_new(link_path, true, &err);
	assert_non_null(spool);
	spool_free(spool);
	assert_int_equal(atomic_load(&rig_disk.directory_syncs), 1);
	if (geteuid() == 0) {
		assert_int_equal(lchown(link_path, 12345, (gid_t)-1), 0);
		expect_refused(link_path, "is not a directory");
	}
	assert_int_equal(unlink(link_path), 0);
	expect_refused("/dev/null", "is not a directory");
	rig_path(link_path, "no/where");
	assert_null(spool_new(link_path, true, &err));
	if (geteuid() != 0)
		return;
	assert_int_equal(chown(path, 12345, (gid_t)-1), 0);
	expect_refused(path, "belongs to user 12345");
	assert_int_equal(chown(path, 0, (gid_t)-1), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(test_left_and_found),
		RIG_TEST(test_closed_is_wiped),
		RIG_TEST(test_two_syncs),
		RIG_TEST(test_shared_syncs),
		RIG_TEST(test_nobody_is_told),
		RIG_TEST(test_reuse),
		RIG_TEST(test_no_directory),
		RIG_TEST(test_left_when_told),
		RIG_TEST(test_handed_on),
		RIG_TEST(test_handed_on_in_order),
		RIG_TEST(test_no_outcome_to_hand_on),
		RIG_TEST(test_not_handed_on),
		RIG_TEST(test_directory),
	};

	log_set_level(LOG_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
