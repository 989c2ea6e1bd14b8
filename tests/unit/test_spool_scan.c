/* SPDX-License-Identifier: MIT */
#include "config.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/log.h"
#include "process/spool.h"
#include "process/spool_disk.h"
#include "spool_rig.h"

static void
test_in_use(void **state)
{
	struct spool *living = rig_open();
	struct spool *other = rig_open();
	struct spool_entry *entry = rig_enter(living, "one");

	(void)state;
	rig_wait(living, 1);
	rig_scan(other, false);
	assert_int_equal(rig.count, 0);
	assert_int_equal(rig.in_use, 1);
	/* Its own file is none of others. */
	rig_scan(living, false);
	assert_int_equal(rig.in_use, 0);
	spool_leave(entry);
	spool_free(living);
	rig_release(other);
	rig_scan(other, false);
	assert_int_equal(rig.count, 1);
	spool_found_close(rig.found[0]);
	spool_free(other);
}

/* A file with nothing in it is taken, or removed by who tidies. */
static void
test_empty_files(void **state)
{
	struct spool *spool = rig_open();
	struct spool_entry *entry = rig_enter(spool, "one");
	char before[SPOOL_NAME], after[SPOOL_NAME];

	(void)state;
	rig_wait(spool, 1);
	spool_close(entry);
	spool_free(spool);
	assert_int_equal(rig_files(".spool", before), 1);

	spool = rig_open();
	rig_scan(spool, false);
	atomic_store(&rig_disk.directory_syncs, 0);
	entry = rig_enter(spool, "two");
	rig_wait(spool, 1);
	/* Whoever made it need not have come that far. */
	assert_int_equal(atomic_load(&rig_disk.directory_syncs), 1);
	rig_decide(entry, "two", "x");
	rig_wait(spool, 1);
	assert_int_equal(atomic_load(&rig_disk.directory_syncs), 1);
	spool_close(entry);
	spool_free(spool);
	assert_int_equal(rig_files(".spool", after), 1);
	assert_string_equal(before, after);

	spool = rig_open();
	rig_scan(spool, true);
	spool_free(spool);
	assert_int_equal(rig_files(".spool", after), 0);
}

/* What was left is for others at once, and for this one in another series. */
static void
test_release(void **state)
{
	struct spool *spool = rig_open();
	struct spool *other = rig_open();

	(void)state;
	rig_leave("one", NULL);
	rig_scan(spool, false);
	assert_int_equal(rig.count, 1);
	rig_scan(other, false);
	assert_int_equal(rig.count, 0);
	assert_int_equal(rig.in_use, 1);
	rig_release(other);
	rig_scan(spool, false);
	assert_int_equal(rig.count, 0);
	assert_int_equal(rig.in_use, 0);
	spool_found_leave(rig.found[0]);
	rig_release(spool);
	assert_int_equal(rig.failed, 0);
	rig_scan(other, false);
	assert_int_equal(rig.count, 1);
	spool_found_leave(rig.found[0]);
	rig_release(other);
	rig_scan(spool, false);
	assert_int_equal(rig.count, 1);
	spool_found_close(rig.found[0]);
	spool_free(spool);
	rig_scan(other, false);
	assert_int_equal(rig.count, 0);
	assert_int_equal(rig.in_use, 0);
	spool_free(other);
}

/* A new file that is removed before it is locked would keep nothing. */
static void
test_removed_when_new(void **state)
{
	struct spool *spool = rig_open();
	struct spool_entry *entry;
	char name[SPOOL_NAME];

	(void)state;
	atomic_store(&rig_disk.somebody_tidies, true);
	entry = rig_enter(spool, "one");
	rig_wait(spool, 1);
	assert_false(atomic_load(&rig_disk.somebody_tidies));
	assert_int_equal(rig.kept, 1);
	assert_int_equal(rig_files(".spool", name), 1);
	spool_leave(entry);
	spool_free(spool);
	rig_end_one("one", NULL);
}

/* More files than may be held at once; what was left is held no more. */
static void
test_more(void **state)
{
	struct spool *spool;
	struct rlimit before;
	size_t total = 0;

	(void)state;
	for (int i = 0; i < SPOOL_SCAN_FILES + 10; i++)
		rig_leave("one", NULL);
	spool = rig_open();
	rig_limit_descriptors(SPOOL_SCAN_FILES + 4, &before);
	for (int i = 0; i < 2; i++) {
		rig_scan(spool, false);
		assert_int_equal(rig.more, i == 0);
		total += rig.count;
		for (size_t j = 0; j < rig.count && j < RIG_FOUND; j++)
			spool_found_leave(rig.found[j]);
	}
	assert_int_equal(total, SPOOL_SCAN_FILES + 10);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	spool_free(spool);
}

/* What cannot be seen for now is not taken for nothing. */
static void
test_few_descriptors(void **state)
{
	struct spool *spool;

	(void)state;
	rig_leave("one", NULL);
	rig_leave("one", NULL);
	spool = rig_open();
	rig_scan_with(spool, 0);
	assert_int_equal(rig.count, 0);
	assert_int_equal(rig.unread, 1);
	rig_scan_with(spool, 1);
	assert_int_equal(rig.count, 1);
	assert_int_equal(rig.unread, 1);
	spool_found_close(rig.found[0]);
	rig_release(spool);
	rig_scan(spool, false);
	assert_int_equal(rig.count, 1);
	assert_int_equal(rig.unread, 0);
	spool_found_close(rig.found[0]);
	spool_free(spool);
}

/* Of several files with nothing in them one is enough. */
static void
test_two_empty_files(void **state)
{
	struct spool *spools[2] = { rig_open(), rig_open() };
	struct spool *spool;
	struct spool_entry *entry;
	char name[SPOOL_NAME];

	(void)state;
	for (int i = 0; i < 2; i++) {
		entry = rig_enter(spools[i], "one");
		rig_wait(spools[i], 1);
		spool_close(entry);
	}
	spool_free(spools[0]);
	spool_free(spools[1]);
	spool = rig_open();
	rig_scan(spool, false);
	entry = rig_enter(spool, "two");
	rig_wait(spool, 1);
	assert_int_equal(rig_files(".spool", name), 2);
	/* The other one is nobody's, and is free to be tidied up. */
	spools[0] = rig_open();
	rig_scan(spools[0], true);
	assert_int_equal(rig.in_use, 1);
	spool_free(spools[0]);
	assert_int_equal(rig_files(".spool", name), 1);
	spool_close(entry);
	spool_free(spool);
}

/* What is not called as a file of the spool is nobody's business. */
static void
test_other_names(void **state)
{
	struct spool *spool = rig_open();
	char name[SPOOL_NAME];
	char path[RIG_PATH];
	int fd;

	(void)state;
	rig_path(path, "README");
	fd = open(path, O_WRONLY | O_CREAT, 0644);
	assert_true(fd != -1);
	(void)close(fd);
	rig_scan(spool, true);
	spool_free(spool);
	assert_int_equal(rig_files("README", name), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(test_in_use),
		RIG_TEST(test_empty_files),
		RIG_TEST(test_release),
		RIG_TEST(test_removed_when_new),
		RIG_TEST(test_more),
		RIG_TEST(test_few_descriptors),
		RIG_TEST(test_two_empty_files),
		RIG_TEST(test_other_names),
	};

	log_set_level(LOG_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
