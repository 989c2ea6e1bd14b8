/* SPDX-License-Identifier: MIT */
/*
 * The guard's promises about the end of a tree, with real processes: how it
 * is told, who gets which signal and when, and that nobody is left.
 */
#include "config.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/instant.h"
#include "guard_run.h"

static void
test_says_what_became_of_the_command(void **state)
{
	struct run run;

	(void)state;
	run_shell(&run, "exit 7", NULL);
	run_until(&run, GUARD_EMPTY);
	assert_int_equal(run.seen[GUARD_STARTED], 1);
	assert_int_equal(run.seen[GUARD_EXITED], 1);
	assert_true(run.pid > 1);
	assert_int_equal(run.exited.status, 7);
	assert_int_equal(run.exited.flags, 0);
	assert_int_equal(run.empty.killed, 0);
	run_end(&run);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_says_what_became_of_the_command),
	};

	run_main();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
