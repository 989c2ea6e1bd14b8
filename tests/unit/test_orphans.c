/* SPDX-License-Identifier: MIT */
/*
 * What becomes of a tree whose guard was killed, and of those who are not
 * part of it.  run_end() does the sweep and fails if somebody is left.
 */
#include "config.h"

#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "guard/proc.h"
#include "guard_run.h"

static pid_t
read_ready(struct run *run)
{
	const char *at = strstr(run_line(run), " ready ");

	assert_non_null(at);
	return (pid_t)strtol(at + 7, NULL, 10);
}

static void
test_the_command_dies_with_its_guard(void **state)
{
	struct run run;
	int64_t from;

	(void)state;
	run_shell(&run, "exec nasty log leader", NULL);
	(void)read_ready(&run);
	run_until(&run, GUARD_STARTED);
	from = clock_boot();
	assert_int_equal(kill(guard_pid(run.guard), SIGKILL), 0);
	/* Without any help of ours. */
	run_until_dead(run.pid);
	assert_true(clock_boot() - from < 3000);
	run_until_lost(&run);
	assert_int_equal(run.seen[GUARD_EXITED], 0);
	assert_int_equal(run.seen[GUARD_EMPTY], 0);
	run_end(&run);
}

static void
test_the_rest_of_the_tree_is_swept(void **state)
{
	struct run run;
	pid_t pids[3];
	int64_t from;

	(void)state;
	run_shell(&run,
	    "nasty escape nasty log daemon; setsid nasty log session & "
	    "nasty log child & exec sleep 1000",
	    NULL);
	for (int i = 0; i < 3; i++)
		pids[i] = read_ready(&run);
	from = clock_boot();
	assert_int_equal(kill(guard_pid(run.guard), SIGKILL), 0);
	run_until_lost(&run);
	run_until_swept(&run);
	assert_true(clock_boot() - from < 3000);
	for (int i = 0; i < 3; i++)
		assert_false(run_is_alive(pids[i]));
	run_end(&run);
}

/* The owner may hear of the loss by SIGCHLD before the channel says it. */
static void
test_sweeps_without_being_told(void **state)
{
	struct run run;
	pid_t pid;

	(void)state;
	run_shell(&run, "nasty escape nasty log daemon; exec sleep 1000", NULL);
	pid = read_ready(&run);
	assert_int_equal(kill(guard_pid(run.guard), SIGKILL), 0);
	run_until_dead(guard_pid(run.guard));
	run_end(&run);
	assert_false(run_is_alive(pid));
}

static void
test_a_guard_that_hangs_is_killed(void **state)
{
	struct run run;
	pid_t pid;

	(void)state;
	run_shell(&run, "nasty escape nasty log daemon; exec sleep 1000", NULL);
	pid = read_ready(&run);
	assert_int_equal(kill(guard_pid(run.guard), SIGSTOP), 0);
	run_until_swept(&run);
	assert_false(run_is_alive(pid));
	run_end(&run);
}

static void
test_a_chain_is_swept_to_its_end(void **state)
{
	struct run run;

	(void)state;
	run_shell(&run, "exec nasty chain 50", NULL);
	assert_string_equal(run_line(&run), "ready");
	assert_int_equal(kill(guard_pid(run.guard), SIGKILL), 0);
	run_until_lost(&run);
	run_until_swept(&run);
	run_end(&run);
}

/* Neither other guards and their trees, nor who was left behind. */
static void
test_the_others_are_spared(void **state)
{
	struct run lost;
	struct run other;
	struct run released;
	pid_t left;
	pid_t kept;

	(void)state;
	run_shell(&released, "nasty escape nasty log left 15; exit 0", NULL);
	left = read_ready(&released);
	run_until(&released, GUARD_EXITED);
	assert_int_equal(guard_release(released.guard), 0);
	run_until_lost(&released);
	run_until_dead(guard_pid(released.guard));
	run_until_swept(&released);

	run_shell(&other, "nasty escape nasty log kept; exec sleep 1000", NULL);
	kept = read_ready(&other);
	run_until(&other, GUARD_STARTED);
	run_shell(&lost, "nasty escape nasty log lost; exec sleep 1000", NULL);
	(void)read_ready(&lost);

	assert_int_equal(kill(guard_pid(lost.guard), SIGKILL), 0);
	run_until_lost(&lost);
	run_until_swept(&lost);
	assert_true(run_is_alive(left));
	assert_true(run_is_alive(kept));
	assert_true(run_is_alive(other.pid));

	assert_int_equal(guard_kill(other.guard), 0);
	run_until(&other, GUARD_EMPTY);
	assert_int_equal(kill(left, SIGTERM), 0);
	guard_free(other.guard);
	guard_free(released.guard);
	run_end(&lost);
}

/* What was left behind arrives together with the orphans of a lost guard. */
static void
test_who_is_left_meanwhile_is_spared(void **state)
{
	struct run lost;
	struct run released;
	pid_t left;
	pid_t swept;

	(void)state;
	run_shell(&released, "nasty escape nasty log left 15; exit 0", NULL);
	left = read_ready(&released);
	run_until(&released, GUARD_EXITED);
	run_shell(&lost, "nasty escape nasty log lost; exec sleep 1000", NULL);
	swept = read_ready(&lost);

	assert_int_equal(kill(guard_pid(lost.guard), SIGKILL), 0);
	run_release(&released);
	run_until_lost(&released);
	run_until_dead(guard_pid(released.guard));
	run_until_dead(guard_pid(lost.guard));
	run_until_swept(&lost);
	assert_false(run_is_alive(swept));
	assert_true(run_is_alive(left));

	assert_int_equal(kill(left, SIGTERM), 0);
	guard_free(released.guard);
	run_end(&lost);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_command_dies_with_its_guard),
		cmocka_unit_test(test_the_rest_of_the_tree_is_swept),
		cmocka_unit_test(test_sweeps_without_being_told),
		cmocka_unit_test(test_a_guard_that_hangs_is_killed),
		cmocka_unit_test(test_a_chain_is_swept_to_its_end),
		cmocka_unit_test(test_the_others_are_spared),
		cmocka_unit_test(test_who_is_left_meanwhile_is_spared),
	};

	run_main();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
