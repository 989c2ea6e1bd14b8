/* SPDX-License-Identifier: MIT */
#include "config.h"

#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "marked.h"
#include "process/survivors.h"

enum { PATIENCE = 20000 };

static char world[SURVIVORS_WORLD];
static struct survivors_look all;

/* Steps until nobody is left; reaps what falls to this process. */
static void
step_all(struct survivors_task *tasks, size_t count, bool harder)
{
	for (int waited = 0; survivors_step(tasks, count, harder, &all) > 0;
	     waited += SURVIVORS_STEP) {
		assert_in_range(waited, 0, PATIENCE);
		(void)poll(NULL, 0, SURVIVORS_STEP);
	}
}

static void
test_marked(void **state)
{
	struct survivors_task tasks[] = {
		{ .mark = "0123456789abcdef0123456789abcdef" },
		{ .mark = "fedcba9876543210fedcba9876543210" },
	};
	pid_t mine = marked_start("echo; exec sleep 60",
	    "SWF_TASK_MARK=fedcba9876543210fedcba9876543210");
	pid_t other = marked_start("echo; exec sleep 60",
	    "SWF_TASK_MARK=fedcba9876543210fedcba987654321");
	pid_t another = marked_start("echo; exec sleep 60",
	    "xSWF_TASK_MARK=fedcba9876543210fedcba9876543210");

	(void)state;
	assert_int_equal(survivors_step(tasks, 1, false, &all), 0);
	assert_int_equal(survivors_step(tasks, 2, false, &all), 1);
	assert_int_equal(tasks[0].left, 0);
	assert_int_equal(tasks[1].left, 1);
	step_all(tasks, 2, false);
	assert_int_equal(marked_wait(mine), SIGKILL);
	assert_int_equal(kill(other, 0), 0);
	assert_int_equal(kill(another, 0), 0);
	(void)kill(other, SIGTERM);
	(void)kill(another, SIGTERM);
	assert_int_equal(marked_wait(other), SIGTERM);
	assert_int_equal(marked_wait(another), SIGTERM);
}

/* Wherever it has gone: another session, no parent. */
static void
test_escaped(void **state)
{
	struct survivors_task task = { .mark =
					   "00000000000000000000000000000007" };
	/* The shell that says so stays: who is just being executed has no mark
	 * for a moment. */
	pid_t pid = marked_start("setsid sh -c 'echo; sleep 60 & wait' &",
	    "SWF_TASK_MARK=00000000000000000000000000000007");

	(void)state;
	(void)marked_wait(pid);
	assert_true(survivors_step(&task, 1, false, &all) > 0);
	step_all(&task, 1, false);
}

/* Who cannot be looked at for want of descriptors is not taken for nobody. */
static void
test_no_descriptors(void **state)
{
	struct survivors_task task = { .mark =
					   "00000000000000000000000000000009" };
	pid_t pid = marked_start("echo; exec sleep 60",
	    "SWF_TASK_MARK=00000000000000000000000000000009");
	struct rlimit before, few;
	int next = dup(0);

	(void)state;
	assert_true(next != -1);
	(void)close(next);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	for (rlim_t more = 0; more < 3; more++) {
		few = before;
		few.rlim_cur = (rlim_t)next + more;
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
		assert_true(survivors_step(&task, 1, false, &all) ==
			    SURVIVORS_UNKNOWN);
	}
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	step_all(&task, 1, false);
	assert_int_equal(marked_wait(pid), SIGKILL);
}

static struct survivors_task
guard_task(pid_t pid)
{
	struct survivors_task task = { .world = world, .guard = pid };

	assert_int_equal(survivors_identify(pid, &task.guard_started,
			     &task.session),
	    0);
	return task;
}

/*
 * The guard's children are killed, and the guard itself only in the end.  It
 * starts no others meanwhile, as a loop of a shell would.
 */
static void
test_guard(void **state)
{
	pid_t pid = marked_start("sleep 60 & echo; exec sleep 60", "B=2");
	struct survivors_task task = guard_task(pid);
	int status;

	(void)state;
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	(void)kill(pid, SIGSTOP);
	assert_int_equal(survivors_step(&task, 1, false, &all), 1);
	assert_int_equal(task.left, 1);
	assert_int_equal(waitpid(pid, &status, WNOHANG), 0);
	(void)kill(pid, SIGTERM);
	assert_int_equal(marked_wait(pid), SIGTERM);
	/* Its child is ours now, unless it was buried, and was killed. */
	if (waitpid(-1, &status, 0) > 0) {
		assert_true(WIFSIGNALED(status));
		assert_int_equal(WTERMSIG(status), SIGKILL);
	}
	assert_int_equal(survivors_step(&task, 1, false, &all), 0);
}

/* It has to go itself. */
static void
test_guard_that_hangs(void **state)
{
	pid_t pid = marked_start("echo; exec sleep 60", "B=2");
	struct survivors_task task = guard_task(pid);

	(void)state;
	(void)kill(pid, SIGSTOP);
	assert_int_equal(survivors_step(&task, 1, true, &all), 1);
	step_all(&task, 1, true);
	assert_int_equal(marked_wait(pid), SIGKILL);
}

/* Whoever is not exactly the guard is left alone. */
static void
test_strangers(void **state)
{
	pid_t pid = marked_start("echo; exec sleep 60", "B=2");
	struct survivors_task right = guard_task(pid);
	struct survivors_task wrong;

	(void)state;
	wrong = right;
	wrong.guard_started++;
	assert_int_equal(survivors_step(&wrong, 1, true, &all), 0);
	wrong = right;
	wrong.session++;
	assert_int_equal(survivors_step(&wrong, 1, true, &all), 0);
	wrong = right;
	wrong.world = "another boot";
	assert_int_equal(survivors_step(&wrong, 1, true, &all), 0);
	wrong.world = NULL;
	assert_int_equal(survivors_step(&wrong, 1, true, &all), 0);
	wrong = right;
	wrong.guard = 0;
	assert_int_equal(survivors_step(&wrong, 1, true, &all), 0);
	wrong.guard = 1;
	assert_int_equal(survivors_step(&wrong, 1, true, &all), 0);
	assert_int_equal(kill(pid, 0), 0);
	(void)kill(pid, SIGTERM);
	assert_int_equal(marked_wait(pid), SIGTERM);
	assert_int_equal(survivors_step(&right, 1, true, &all), 0);
}

static void
test_world(void **state)
{
	char again[SURVIVORS_WORLD];

	(void)state;
	assert_int_equal(strlen(strtok(world, "\n")), strlen(world));
	assert_non_null(strstr(world, " pid:["));
	survivors_world(again);
	assert_string_equal(world, again);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_world),
		cmocka_unit_test(test_marked),
		cmocka_unit_test(test_escaped),
		cmocka_unit_test(test_no_descriptors),
		cmocka_unit_test(test_guard),
		cmocka_unit_test(test_guard_that_hangs),
		cmocka_unit_test(test_strangers),
	};

	survivors_world(world);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
