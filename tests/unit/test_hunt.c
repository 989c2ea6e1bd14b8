/* SPDX-License-Identifier: MIT */
/*
 * process/hunt: one step at a time in another thread, and a process that
 * cannot be looked at: the file it is read from does not open.
 */
#include "config.h"

#include "process/hunt.h"

#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#include "marked.h"

enum { PATIENCE = 20000 };

#define MARK     "00112233445566778899aabbccddeeff"
#define NOBODY   "ffeeddccbbaa99887766554433221100"
#define VARIABLE SURVIVORS_MARK "=" MARK
#define SLEEPER  "echo; exec sleep 60"

/* ---- an environment that does not open ----------------------------------- */

/* The directory in /proc of the process that hangs, and until when. */
static char hanging[32];
static int hang_until;

static int
slow_openat(int directory, const char *path, int flags)
{
	struct pollfd wait = { .fd = hang_until, .events = POLLIN };
	char link[32];
	char place[sizeof(hanging)] = "";

	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", directory);
	if (strcmp(path, "environ") == 0 &&
	    readlink(link, place, sizeof(place) - 1) > 0 &&
	    strcmp(place, hanging) == 0)
		(void)poll(&wait, 1, -1);
	return (int)syscall(SYS_openat, directory, path, flags, 0);
}

/* What the C library calls it depends on how large files are. */
int /* NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name) */
openat(int directory, const char *path, int flags, ...)
{
	return slow_openat(directory, path, flags);
}

int openat64(int directory, const char *path, int flags, ...);

int /* NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name) */
openat64(int directory, const char *path, int flags, ...)
{
	return slow_openat(directory, path, flags);
}

/* ---- helpers ------------------------------------------------------------- */

static enum hunt_state
look_until_over(struct hunt *hunt, size_t *left)
{
	enum hunt_state state;
	int waited = 0;

	while ((state = hunt_look(hunt, left)) == HUNT_RUNS) {
		assert_in_range(waited, 0, PATIENCE);
		(void)poll(NULL, 0, SURVIVORS_STEP);
		waited += SURVIVORS_STEP;
	}
	return state;
}

/* ---- tests --------------------------------------------------------------- */

static void
test_steps(void **state)
{
	struct survivors_task task = { .mark = MARK };
	struct hunt hunt = HUNT_NONE;
	pid_t pid = marked_start(SLEEPER, VARIABLE);
	size_t left = 99;

	(void)state;
	hunt_begin(&hunt, &task, 1, false);
	assert_int_equal(look_until_over(&hunt, &left), HUNT_OVER);
	assert_int_equal(left, 1);
	assert_int_equal(marked_wait(pid), SIGKILL);
	hunt_begin(&hunt, &task, 1, false);
	assert_int_equal(look_until_over(&hunt, &left), HUNT_OVER);
	assert_int_equal(left, 0);
	/* One that is forgotten in the middle; it may go on for a while. */
	task.mark = NOBODY;
	hunt_begin(&hunt, &task, 1, false);
	hunt_end(&hunt);
	hunt_end(&hunt);
}

/* It holds up nobody, and the others are found without it. */
static void
test_one_hangs(void **state)
{
	struct survivors_task task = { .mark = MARK };
	struct hunt hunt = HUNT_NONE;
	pid_t hung = marked_start(SLEEPER, VARIABLE);
	pid_t other = marked_start(SLEEPER, VARIABLE);
	size_t left = 99;
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	hang_until = ends[0];
	(void)snprintf(hanging, sizeof(hanging), "/proc/%d", (int)hung);
	hunt_begin(&hunt, &task, 1, false);
	assert_int_equal(look_until_over(&hunt, &left), HUNT_STUCK);
	assert_int_equal(hunt.stuck, hung);
	hunt_begin(&hunt, &task, 1, false);
	assert_int_equal(look_until_over(&hunt, &left), HUNT_OVER);
	assert_int_equal(left, 1);
	assert_int_equal(marked_wait(other), SIGKILL);
	assert_int_equal(kill(hung, 0), 0);
	/* Who was left to himself comes to his end, if it goes on. */
	assert_int_equal(write(ends[1], "", 1), 1);
	assert_int_equal(marked_wait(hung), SIGKILL);
	hunt_end(&hunt);
	hanging[0] = '\0';
	(void)close(ends[0]);
	(void)close(ends[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_steps),
		cmocka_unit_test(test_one_hangs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
