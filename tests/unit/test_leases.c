/* SPDX-License-Identifier: MIT */
/*
 * process/leases, with real guards: a lease is renewed without a word, is
 * heeded when it ends earlier than the last, and, where there is no place for
 * it, is said.
 */
#include "config.h"

#include "process/leases.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/instant.h"
#include "guard_run.h"

enum {
	PLACES_MOST = 100000,
	NEVER_DUE = 60 * 1000 /* as far as these tests go */
};

static void
start_sleep(struct run *run)
{
	run_shell(run, "exec sleep 1000", NULL);
	run_until(run, GUARD_STARTED);
}

static void
end_sleep(struct run *run)
{
	assert_int_equal(guard_kill(run->guard), 0);
	run_until(run, GUARD_EMPTY);
	run_end(run);
}

/* How often a process has gone to sleep so far. */
static long
sleeps_of(pid_t pid)
{
	static const char name[] = "voluntary_ctxt_switches:";
	char line[256];
	long count = -1;
	FILE *file;

	(void)snprintf(line, sizeof(line), "/proc/%d/status", (int)pid);
	file = fopen(line, "re");
	assert_non_null(file);
	while (count == -1 && fgets(line, sizeof(line), file) != NULL)
		if (strncmp(line, name, strlen(name)) == 0)
			count = strtol(line + strlen(name), NULL, 10);
	(void)fclose(file);
	assert_true(count >= 0);
	return count;
}

/* The old ends pass while it sleeps; it looks, and sees the new one. */
static void
test_a_longer_lease_wakes_nobody(void **state)
{
	int64_t now = clock_boot();
	struct run run;
	long before;

	(void)state;
	start_sleep(&run);
	assert_int_equal(guard_lease(run.guard, now + 1500, now + NEVER_DUE),
	    0);
	run_for(&run, 300);
	before = sleeps_of(guard_pid(run.guard));
	for (int i = 1; i <= 1000; i++)
		assert_int_equal(guard_lease(run.guard, now + 1500 + i,
				     now + NEVER_DUE + i),
		    0);
	/* What was said before may have been heard only now. */
	assert_true(sleeps_of(guard_pid(run.guard)) - before < 10);
	assert_int_equal(guard_lease(run.guard, now + NEVER_DUE,
			     now + 2 * NEVER_DUE),
	    0);
	run_for(&run, instant_left(now + 2000, clock_boot()));
	assert_int_equal(run.seen[GUARD_STOPPING], 0);
	end_sleep(&run);
}

static void
test_a_shorter_lease_is_heeded(void **state)
{
	int64_t now = clock_boot();
	struct run run;

	(void)state;
	start_sleep(&run);
	/* Once it has gone to sleep until the first of these is over. */
	assert_int_equal(guard_lease(run.guard, now + 600, now + NEVER_DUE), 0);
	assert_int_equal(guard_lease(run.guard, now + NEVER_DUE,
			     now + NEVER_DUE),
	    0);
	run_for(&run, 1000);
	assert_int_equal(guard_lease(run.guard, clock_boot(), now + NEVER_DUE),
	    0);
	run_until(&run, GUARD_STOPPING);
	run_until(&run, GUARD_EMPTY);
	assert_true(clock_boot() - now < NEVER_DUE / 2);
	run_end(&run);
}

/* What counts is the newest lease, not the one it heard of last. */
static void
test_a_guard_that_was_stopped(void **state)
{
	int64_t now = clock_boot();
	struct run run;

	(void)state;
	start_sleep(&run);
	assert_int_equal(guard_lease(run.guard, now + 500, now + 600), 0);
	assert_int_equal(kill(guard_pid(run.guard), SIGSTOP), 0);
	run_until_state(guard_pid(run.guard), 'T');
	assert_int_equal(guard_lease(run.guard, now + NEVER_DUE,
			     now + NEVER_DUE),
	    0);
	run_for(&run, instant_left(now + 1000, clock_boot()));
	assert_int_equal(kill(guard_pid(run.guard), SIGCONT), 0);
	run_for(&run, 300);
	assert_int_equal(run.seen[GUARD_STOPPING], 0);
	end_sleep(&run);
}

/* Each has a place of its own, until there are no more. */
static void
test_places(void **state)
{
	static bool taken[PLACES_MOST];
	int64_t now = clock_boot();
	struct stat stat;
	struct run run;
	int count = 0;
	int place;

	(void)state;
	place = leases_take();
	assert_int_equal(fstat(leases_descriptor(), &stat), 0);
	for (; place != -1; place = leases_take()) {
		assert_in_range(place, 0, PLACES_MOST - 1);
		assert_in_range(leases_offset(place), 0, stat.st_size - 1);
		assert_false(taken[place]);
		taken[place] = true;
		count++;
	}
	assert_true(count >= 4096);
	assert_false(leases_renew(-1, now, now));
	/* All that this one hears is what it is told. */
	start_sleep(&run);
	assert_int_equal(guard_lease(run.guard, now + 600, now + NEVER_DUE), 0);
	assert_int_equal(guard_lease(run.guard, now + NEVER_DUE,
			     now + NEVER_DUE),
	    0);
	run_for(&run, instant_left(now + 1000, clock_boot()));
	assert_int_equal(run.seen[GUARD_STOPPING], 0);
	assert_int_equal(guard_lease(run.guard, clock_boot(), now + NEVER_DUE),
	    0);
	run_until(&run, GUARD_EMPTY);
	run_end(&run);
	for (place = 0; place < PLACES_MOST; place++)
		if (taken[place])
			leases_give_back(place);
	assert_int_not_equal(leases_take(), -1);
}

/* Guards that have ended, reported or not, leave none behind. */
static void
test_places_are_given_back(void **state)
{
	int first = leases_take();
	struct run run;

	(void)state;
	leases_give_back(first);
	for (int i = 0; i < 3; i++) {
		start_sleep(&run);
		end_sleep(&run);
	}
	assert_int_equal(leases_take(), first);
}

/* Nothing of them is left open, and a guard after that has a lease again. */
static void
test_the_file_is_given_back(void **state)
{
	int64_t now = clock_boot();
	struct run run;
	int file;

	(void)state;
	assert_int_not_equal(leases_take(), -1);
	file = leases_descriptor();
	assert_int_not_equal(fcntl(file, F_GETFD), -1);
	leases_close();
	assert_int_equal(fcntl(file, F_GETFD), -1);
	leases_close();
	start_sleep(&run);
	assert_int_equal(leases_take(), 1);
	assert_int_equal(guard_lease(run.guard, now, now + NEVER_DUE), 0);
	run_until(&run, GUARD_EMPTY);
	run_end(&run);
	leases_close();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_longer_lease_wakes_nobody),
		cmocka_unit_test(test_a_shorter_lease_is_heeded),
		cmocka_unit_test(test_a_guard_that_was_stopped),
		cmocka_unit_test(test_places_are_given_back),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_the_file_is_given_back),
	};

	run_main();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
