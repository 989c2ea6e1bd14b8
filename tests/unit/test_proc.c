/* SPDX-License-Identifier: MIT */
/*
 * guard/proc: names that look like numbers, both ways to find descendants,
 * and that nobody else passes for one.
 */
#include "config.h"

#include "guard/proc.h"

#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { LEVELS = 4, LIST = 64 };

/* A chain of processes, each the child of the one before. */
struct chain {
	pid_t pids[LEVELS];
	int alive; /* closed: they end */
};

/* In a child: makes the next one, announces itself, waits for the end. */
static void
be_link(int say, int alive)
{
	pid_t self;
	char c;

	for (int level = 1; level < LEVELS; level++)
		if (fork() != 0)
			break;
	(void)setsid();
	self = getpid();
	if (write(say, &self, sizeof(self)) == -1 || read(alive, &c, 1) == -1)
		_exit(1);
	_exit(0);
}

static void
chain_start(struct chain *chain)
{
	int say[2];
	int alive[2];

	assert_int_equal(pipe(say), 0);
	assert_int_equal(pipe(alive), 0);
	if (fork() == 0) {
		(void)close(alive[1]);
		be_link(say[1], alive[0]);
	}
	for (int i = 0; i < LEVELS; i++)
		assert_int_equal(read(say[0], &chain->pids[i], sizeof(pid_t)),
		    sizeof(pid_t));
	(void)close(say[0]);
	(void)close(say[1]);
	(void)close(alive[0]);
	chain->alive = alive[1];
}

static void
chain_end(struct chain *chain)
{
	(void)close(chain->alive);
	while (waitpid(-1, NULL, 0) > 0 || errno == EINTR)
		continue;
}

static bool
contains(const struct proc_list *list, pid_t pid)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->pids[i] == pid)
			return true;
	return false;
}

static void
test_finds_descendants_both_ways(void **state)
{
	size_t (*const ways[])(struct proc_list *) = {
		proc_walk_descendants,
		proc_scan_descendants,
		proc_add_descendants,
	};
	struct chain chain;

	(void)state;
	chain_start(&chain);
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		int32_t pids[LIST];
		struct proc_list list = { pids, 0, LIST, false };

		assert_int_equal(ways[i](&list), LEVELS);
		for (int j = 0; j < LEVELS; j++)
			assert_true(contains(&list, chain.pids[j]));
		/* Each once, however often it is looked for. */
		assert_int_equal(ways[i](&list), 0);
		assert_int_equal(list.count, LEVELS);
		assert_false(list.full);
		/* No more than there is room for. */
		list.count = 0;
		list.max = 2;
		assert_int_equal(ways[i](&list), 2);
		assert_true(list.full);
	}
	chain_end(&chain);
}

static void
test_knows_descendants_from_others(void **state)
{
	const int32_t others[] = { 1, getppid(), getpid() };
	struct chain chain;
	struct proc_stat stat;

	(void)state;
	chain_start(&chain);
	for (int i = 0; i < LEVELS; i++) {
		int handle = proc_open(chain.pids[i]);

		assert_true(handle != -1);
		assert_int_equal(proc_read_stat(handle, &stat), 0);
		assert_true(proc_is_descendant(handle));
		(void)close(handle);
	}
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		int handle = proc_open(others[i]);

		if (handle == -1)
			continue;
		assert_int_equal(proc_read_stat(handle, &stat), 0);
		assert_false(proc_is_descendant(handle));
		(void)close(handle);
	}
	chain_end(&chain);
}

/* What is held is this process or nothing, whoever has its number later. */
static void
test_a_handle_outlives_no_process(void **state)
{
	struct proc_stat stat;
	pid_t pid = fork();
	int handle;

	(void)state;
	if (pid == 0)
		for (;;)
			(void)pause();
	handle = proc_open(pid);
	assert_true(handle != -1);
	assert_int_equal(proc_read_stat(handle, &stat), 0);
	assert_false(proc_has_ended(&stat));
	assert_int_equal(kill(pid, SIGKILL), 0);
	/* A zombie has ended, and is still there to be read about. */
	assert_int_equal(waitid(P_PID, (id_t)pid, &(siginfo_t){ 0 },
			     WEXITED | WNOWAIT),
	    0);
	assert_int_equal(proc_read_stat(handle, &stat), 0);
	assert_true(proc_has_ended(&stat));
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_int_equal(proc_read_stat(handle, &stat), -1);
	(void)close(handle);
	assert_int_equal(proc_open(pid), -1);
}

static void
test_a_name_may_hold_anything(void **state)
{
	static const char *const names[] = { ") Z 1 2 3", "((", "a\nb",
		"1 2 3 4 5 6", ")" };

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct proc_stat stat;
		int handle = proc_open(getpid());

		assert_int_equal(prctl(PR_SET_NAME, names[i]), 0);
		assert_int_equal(proc_read_stat(handle, &stat), 0);
		assert_int_equal(stat.state, 'R');
		assert_int_equal(stat.parent, getppid());
		assert_int_equal(stat.group, getpgrp());
		assert_int_equal(stat.session, getsid(0));
		assert_int_equal(stat.threads, 1);
		(void)close(handle);
	}
}

static void
test_counts_as_this_process_does(void **state)
{
	(void)state;
	assert_int_equal(proc_self(), getpid());
	assert_true(proc_is_native());
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_finds_descendants_both_ways),
		cmocka_unit_test(test_knows_descendants_from_others),
		cmocka_unit_test(test_a_handle_outlives_no_process),
		cmocka_unit_test(test_a_name_may_hold_anything),
		cmocka_unit_test(test_counts_as_this_process_does),
	};

	(void)prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
