/* SPDX-License-Identifier: MIT */
/*
 * process/signals: what is read of them, which of them are blocked, and what
 * is an echo, under a literal clock.
 */
#include "config.h"

#include "process/signals.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "process/inherited.h"

static bool
is_blocked(int signal)
{
	sigset_t mask;

	assert_int_equal(sigprocmask(SIG_BLOCK, NULL, &mask), 0);
	return sigismember(&mask, signal) == 1;
}

static void
test_kept_and_read(void **state)
{
	static const int ours[] = { SIGUSR1, SIGUSR2, SIGCHLD };
	struct inherited inherited = { .fd_count = 0 };
	struct signal_info info;
	int signals = signals_open();
	pid_t child;

	(void)state;
	assert_true(signals != -1);
	assert_int_equal(sigemptyset(&inherited.mask), 0);
	assert_int_equal(sigaddset(&inherited.mask, SIGHUP), 0);
	signals_keep(&inherited, ours, 3);
	assert_true(is_blocked(SIGUSR1) && is_blocked(SIGUSR2));
	assert_true(is_blocked(SIGHUP) && is_blocked(SIGPIPE));
	assert_false(is_blocked(SIGTERM));
	assert_false(signals_next(signals, &info));
	assert_int_equal(kill(getpid(), SIGUSR2), 0);
	assert_true(signals_next(signals, &info));
	assert_int_equal(info.signal, SIGUSR2);
	assert_int_equal(info.sender, getpid());
	assert_false(signals_next(signals, &info));
	/* What the kernel sends has no sender, of whomever it tells. */
	child = fork();
	if (child == 0)
		_exit(0);
	assert_int_equal(waitpid(child, NULL, 0), child);
	assert_true(signals_next(signals, &info));
	assert_int_equal(info.signal, SIGCHLD);
	assert_int_equal(info.sender, 0);
	signals_restore(&inherited);
	assert_true(is_blocked(SIGHUP));
	assert_false(is_blocked(SIGUSR1) || is_blocked(SIGPIPE));
	assert_int_equal(sigprocmask(SIG_UNBLOCK, &inherited.mask, NULL), 0);
	(void)close(signals);
}

/* A terminal and a service manager may both send it, at once. */
static void
test_echo(void **state)
{
	struct signals_request request = { .signal = 0 };

	(void)state;
	assert_false(signals_is_echo(&request, SIGTERM, 1000));
	assert_true(signals_is_echo(&request, SIGTERM, 1000));
	assert_true(signals_is_echo(&request, SIGTERM, 1099));
	/* Counted from the request, not from its echo. */
	assert_false(signals_is_echo(&request, SIGTERM, 1100));
	assert_true(signals_is_echo(&request, SIGTERM, 1199));
	/* Another signal is another request. */
	assert_false(signals_is_echo(&request, SIGINT, 1199));
	assert_false(signals_is_echo(&request, SIGTERM, 1200));
	assert_false(signals_is_echo(&request, SIGINT, 1201));
	assert_true(signals_is_echo(&request, SIGINT, 1300));
	assert_false(signals_is_echo(&request, SIGINT, 1301));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kept_and_read),
		cmocka_unit_test(test_echo),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
