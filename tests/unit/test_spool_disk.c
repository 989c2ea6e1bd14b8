/* SPDX-License-Identifier: MIT */
#include "config.h"

#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include <cmocka.h>

#include "base/log.h"
#include "base/mem.h"
#include "process/spool.h"
#include "process/spool_disk.h"
#include "process/spool_place.h"
#include "spool_rig.h"

/* Without a START that was kept, an outcome brings it along. */
static void
test_outcome_alone(void **state)
{
	struct spool *spool;
	struct spool_entry *entry;

	(void)state;
	rig_limit_files(0);
	spool = rig_open();
	entry = rig_enter(spool, "one");
	rig_wait(spool, 1);
	assert_int_equal(rig.kept, 0);
	rig_limit_files(RLIM_INFINITY);
	rig_decide(entry, "one", "late");
	rig_wait(spool, 1);
	assert_int_equal(rig.kept, 1);
	spool_leave(entry);
	spool_free(spool);

	rig_end_one("one", "late");
}

/* The kernel drops what it could not write, and says so once. */
static void
test_start_not_synced(void **state)
{
	struct spool *spool = rig_open();
	struct spool_entry *entry;

	(void)state;
	atomic_store(&rig_disk.sync_fails, true);
	entry = rig_enter(spool, "one");
	rig_wait(spool, 1);
	assert_int_equal(rig.kept, 0);
	rig_decide(entry, "one", "late");
	rig_wait(spool, 1);
	assert_int_equal(rig.kept, 1);
	spool_leave(entry);
	spool_free(spool);

	rig_end_one("one", "late");
}

/* Nor is an outcome kept that is lost, and no START is trusted after it. */
static void
test_outcome_not_synced(void **state)
{
	struct spool *spool = rig_open();
	struct spool_entry *entry = rig_enter(spool, "one");

	(void)state;
	rig_wait(spool, 1);
	assert_int_equal(rig.kept, 1);
	atomic_store(&rig_disk.sync_fails, true);
	rig_decide(entry, "one", "lost");
	rig_wait(spool, 1);
	assert_int_equal(rig.kept, 0);
	rig_decide(entry, "one", "late");
	rig_wait(spool, 1);
	assert_int_equal(rig.kept, 1);
	spool_leave(entry);
	spool_free(spool);

	rig_end_one("one", "late");
}

/* Such an outcome is not handed on, as if it were there. */
static void
test_lost_outcome_to_hand_on(void **state)
{
	struct spool *spool = rig_open();
	struct spool_entry *entry = rig_enter(spool, "one");
	char name[SPOOL_NAME];

	(void)state;
	rig_wait(spool, 1);
	atomic_store(&rig_disk.sync_fails, true);
	rig_decide(entry, "one", "lost");
	rig_wait(spool, 1);
	spool_hand_on(entry);
	rig_release(spool);
	assert_int_equal(rig_files(".spool", name), 1);
	spool_free(spool);
}

/* A file without a name is nowhere: it is not kept until that is durable. */
static void
test_name_not_synced(void **state)
{
	struct spool *spool = rig_open();
	struct spool_entry *entry;

	(void)state;
	atomic_store(&rig_disk.fsync_fails, true);
	entry = rig_enter(spool, "one");
	rig_wait(spool, 1);
	assert_int_equal(rig.kept, 0);
	assert_int_equal(atomic_load(&rig_disk.directory_syncs), 1);
	rig_decide(entry, "one", "late");
	rig_wait(spool, 1);
	assert_int_equal(rig.kept, 1);
	assert_int_equal(atomic_load(&rig_disk.directory_syncs), 2);
	spool_close(entry);
	spool_free(spool);
}

/* Room for a task is made when its place is used first, for the outcome too. */
static void
test_room_is_made(void **state)
{
	struct spool *spool = rig_open();
	struct spool_entry *one;
	struct spool_entry *two;

	(void)state;
	one = rig_enter(spool, "one");
	rig_wait(spool, 1);
	assert_int_equal(rig_disk.reserved_count, 2);
	assert_int_equal(rig_disk.reserved[0], 0);
	assert_int_equal(rig_disk.reserved[1], SPOOL_START_MAX);
	spool_close(one);
	one = rig_enter(spool, "again");
	rig_wait(spool, 1);
	assert_int_equal(rig_disk.reserved_count, 2);
	two = rig_enter(spool, "two");
	rig_wait(spool, 1);
	assert_int_equal(rig_disk.reserved_count, 4);
	assert_int_equal(rig_disk.reserved[2], SPOOL_PLACE);
	assert_int_equal(rig_disk.reserved[3], SPOOL_PLACE + SPOOL_START_MAX);
	spool_close(one);
	spool_close(two);
	spool_free(spool);
}

/* What it does not take is answered while it hangs; the rest is kept. */
static void
test_a_disk_that_hangs(void **state)
{
	enum { TASKS = 400, RESULT = 100 * 1000 };
	struct spool *spool = rig_open();
	struct spool_entry *entries[TASKS];
	char *result = mem_new(1, RESULT + 1);
	int refused;

	(void)state;
	memset(result, 'x', RESULT);
	atomic_store(&rig_disk.hangs, true);
	for (int i = 0; i < TASKS; i++) {
		entries[i] = rig_enter(spool, "one");
		rig_decide(entries[i], "one", result);
	}
	refused = TASKS - SPOOL_BOUND / RESULT;
	rig_wait(spool, refused);
	assert_int_equal(rig.kept, 0);
	refused = rig.answered;
	atomic_store(&rig_disk.hangs, false);
	rig_wait_for(spool, &rig.answered, 2 * TASKS);
	assert_int_equal(rig.kept, 2 * TASKS - refused);
	/* It is not that any more. */
	rig_decide(entries[TASKS - 1], "one", result);
	rig_wait(spool, 1);
	assert_int_equal(rig.kept, 1);
	for (int i = 0; i < TASKS; i++)
		spool_close(entries[i]);
	/* That is much: the end does not wait so long for any disk. */
	rig_release(spool);
	spool_free(spool);
	free(result);
}

/* What cannot be ended is there the next time. */
static void
test_an_end_that_fails(void **state)
{
	struct spool *spool;

	(void)state;
	rig_leave("one", NULL);
	spool = rig_open();
	rig_scan(spool, false);
	assert_int_equal(rig.count, 1);
	rig_limit_files(0);
	spool_found_close(rig.found[0]);
	rig_release(spool);
	assert_int_equal(rig.failed, 1);
	rig_limit_files(RLIM_INFINITY);
	spool_free(spool);
	spool = rig_open();
	rig_scan(spool, false);
	assert_int_equal(rig.count, 1);
	assert_string_equal(rig.found[0]->start.token, "one");
	spool_found_close(rig.found[0]);
	rig_release(spool);
	assert_int_equal(rig.failed, 0);
	spool_free(spool);
}

/* What the disk does not give is not taken for broken, or for undecided. */
static void
test_unreadable(void **state)
{
	struct spool_disk disk;
	struct spool_file file = { .fd = -1 };
	struct spool_slot slot;
	char name[SPOOL_NAME];
	struct err err;

	(void)state;
	rig_leave("one", "first");
	assert_int_equal(rig_files(".spool", file.name), 1);
	assert_int_equal(spool_disk_open(&disk, rig.directory, false, &err), 0);
	/* A descriptor that gives nothing, as a disk with bad sectors. */
	file.fd = rig_open_file(O_WRONLY);
	assert_int_equal(spool_place_get(&file, 0, &slot, &err), -1);
	spool_slot_clear(&slot);
	assert_int_equal(spool_place_set_aside(&disk, &file, 0, name, &err),
	    -1);
	assert_int_equal(spool_place_hand_on(&disk, &file, 0, &err), -1);
	assert_int_equal(spool_place_wipe(&file, 0, &err), -1);
	spool_file_close(&file);
	spool_disk_close(&disk);
	assert_int_equal(rig_files(".spool", name), 1);
	assert_int_equal(rig_files(".aside", name), 0);

	rig_end_one("one", "first");
}

/* Nor is a file of which it gives nothing set aside, or taken for empty. */
static void
test_unreadable_file(void **state)
{
	struct spool *spool;
	char name[SPOOL_NAME];

	(void)state;
	rig_leave("one", NULL);
	spool = rig_open();
	atomic_store(&rig_disk.is_bad, true);
	rig_scan(spool, true);
	assert_int_equal(rig.count, 0);
	assert_int_equal(rig.unread, 1);
	atomic_store(&rig_disk.is_bad, false);
	assert_int_equal(rig_files(".spool", name), 1);
	assert_int_equal(rig_files(".aside", name), 0);
	rig_release(spool);
	rig_scan(spool, true);
	assert_int_equal(rig.count, 1);
	assert_int_equal(rig.unread, 0);
	assert_string_equal(rig.found[0]->start.token, "one");
	spool_found_close(rig.found[0]);
	spool_free(spool);
}

/* What is written and read in pieces is the same. */
static void
test_half_at_a_time(void **state)
{
	struct spool *spool = rig_open();
	struct spool_entry *one, *two;
	char name[SPOOL_NAME];

	(void)state;
	atomic_store(&rig_disk.is_short, true);
	one = rig_enter(spool, "one");
	two = rig_enter(spool, "two");
	rig_decide(one, "one", "a result");
	rig_wait(spool, 3);
	assert_int_equal(rig.kept, 3);
	assert_true(atomic_load(&rig_disk.halves) > 0);
	spool_leave(one);
	spool_close(two);
	spool_free(spool);
	spool = rig_open();
	atomic_store(&rig_disk.halves, 0);
	rig_scan(spool, true);
	assert_true(atomic_load(&rig_disk.halves) > 0);
	assert_int_equal(rig.count, 1);
	assert_int_equal(rig.unread, 0);
	assert_string_equal(rig.found[0]->start.token, "one");
	assert_string_equal(rig.found[0]->start.activity_id, "step");
	assert_string_equal(rig.found[0]->outcome.result, "a result");
	spool_found_close(rig.found[0]);
	spool_free(spool);
	assert_int_equal(rig_files(".spool", name), 0);
}

/* A file that cannot be locked keeps nothing; none of them stays. */
static void
test_no_locks(void **state)
{
	struct spool *spool = rig_open();
	struct spool_entry *entry;
	char name[SPOOL_NAME];

	(void)state;
	atomic_store(&rig_disk.no_locks, true);
	entry = rig_enter(spool, "one");
	rig_wait(spool, 1);
	assert_int_equal(rig.kept, 0);
	spool_close(entry);
	spool_free(spool);
	atomic_store(&rig_disk.no_locks, false);
	assert_int_equal(rig_files(".spool", name), 0);
}

/* Whatever the disk refuses: it is there, or it is set aside. */
static void
test_set_aside_or_not(void **state)
{
	char name[SPOOL_NAME];

	(void)state;
	for (int most = 0; most < 4; most++) {
		struct spool *spool;
		size_t there;

		rig_leave("one", "first");
		spool = rig_open();
		rig_scan(spool, true);
		assert_int_equal(rig.count, 1);
		there = rig_files(".aside", name);
		atomic_store(&rig_disk.writes, most);
		spool_found_set_aside(rig.found[0]);
		rig_release(spool);
		atomic_store(&rig_disk.writes, INT_MAX);
		there = rig_files(".aside", name) - there;
		spool_free(spool);
		spool = rig_open();
		rig_scan(spool, true);
		assert_int_equal(rig.count + there, 1);
		if (rig.count == 1) {
			assert_true(rig.found[0]->decided);
			spool_found_close(rig.found[0]);
		}
		spool_free(spool);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(test_outcome_alone),
		RIG_TEST(test_start_not_synced),
		RIG_TEST(test_outcome_not_synced),
		RIG_TEST(test_lost_outcome_to_hand_on),
		RIG_TEST(test_name_not_synced),
		RIG_TEST(test_room_is_made),
		RIG_TEST(test_a_disk_that_hangs),
		RIG_TEST(test_an_end_that_fails),
		RIG_TEST(test_unreadable),
		RIG_TEST(test_unreadable_file),
		RIG_TEST(test_half_at_a_time),
		RIG_TEST(test_no_locks),
		RIG_TEST(test_set_aside_or_not),
	};

	log_set_level(LOG_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
