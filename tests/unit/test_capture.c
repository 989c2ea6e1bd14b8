/* SPDX-License-Identifier: MIT */
/*
 * process/capture and tend/world: programs that are run for their output.
 */
#include "config.h"

#include "process/capture.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "aws/http.h"
#include "base/clock.h"
#include "process/inherited.h"
#include "process/orphans.h"
#include "tend/loop.h"
#include "tend/world.h"

enum { PATIENCE = 20000, ROOM = 4096 };

static struct inherited inherited;

static char *const environment[] = { (char *)(uintptr_t) "PATH=/usr/bin:/bin",
	(char *)(uintptr_t) "X=from the environment", NULL };

static struct capture *
start_with(const char *script, size_t room)
{
	char *const argv[] = { (char *)(uintptr_t) "sh",
		(char *)(uintptr_t) "-c", (char *)(uintptr_t)script, NULL };
	const struct capture_setup setup = {
		.argv = argv,
		.envp = environment,
		.inherited = &inherited,
		.output_max = room,
	};
	struct err err = { "" };
	struct capture *capture = capture_start(&setup, &err);

	if (capture == NULL)
		fail_msg("%s", err.text);
	return capture;
}

static void
wait_readable(const struct capture *capture)
{
	struct pollfd fd = { .fd = capture_descriptor(capture),
		.events = POLLIN };
	int ready;

	do {
		ready = poll(&fd, 1, PATIENCE);
	} while (ready == -1 && errno == EINTR);
	assert_int_equal(ready, 1);
}

static enum capture_read
read_all(struct capture *capture, struct capture_end *end)
{
	enum capture_read what;

	do {
		wait_readable(capture);
		what = capture_read(capture, end);
	} while (what == CAPTURE_RUNNING);
	return what;
}

/* How many are open: no program leaves any behind. */
static int
descriptors(void)
{
	DIR *open_ones = opendir("/proc/self/fd");
	int count = 0;

	assert_non_null(open_ones);
	while (readdir(open_ones) != NULL)
		count++;
	(void)closedir(open_ones);
	return count;
}

static void
check(const char *script, int exit_status, int signal, const char *output)
{
	int before = descriptors();
	struct capture *capture = start_with(script, ROOM);
	struct capture_end end;

	assert_int_equal(read_all(capture, &end), CAPTURE_ENDED);
	assert_int_equal(end.exit_status, exit_status);
	assert_int_equal(end.signal, signal);
	assert_string_equal(end.output, output);
	assert_int_equal(end.output_len, strlen(output));
	capture_free(capture);
	assert_int_equal(descriptors(), before);
}

static void
test_ends(void **state)
{
	(void)state;
	check("echo hello", 0, 0, "hello\n");
	check("printf 'a\\nb'; exit 3", 3, 0, "a\nb");
	check("kill -9 $$", -1, SIGKILL, "");
	check("exec >&-; sleep 0.05; exit 4", 4, 0, "");
	check("cat; echo \"$X\"", 0, 0, "from the environment\n");
	check("sleep 30 2>/dev/null & echo early", 0, 0, "early\n");
}

/* Only these three; mask and group as they should be. */
static void
test_surroundings(void **state)
{
	int leak = open("/dev/null", O_RDONLY);
	struct capture_end end;
	struct capture *capture;
	char group[32];

	(void)state;
	assert_true(leak > 2);
	check("echo /proc/self/fd/* | wc -w", 0, 0, "4\n");
	check("grep SigBlk /proc/self/status", 0, 0,
	    "SigBlk:\t0000000000000000\n");
	(void)close(leak);
	capture = start_with("read -r s </proc/self/stat; set -- ${s##*)}; "
			     "echo $3",
	    ROOM);
	assert_int_equal(read_all(capture, &end), CAPTURE_ENDED);
	(void)snprintf(group, sizeof(group), "%d\n", (int)getpgrp());
	assert_string_not_equal(end.output, group);
	capture_free(capture);
}

static void
test_not_there(void **state)
{
	char *const argv[] = { (char *)(uintptr_t) "/nonexistent/program",
		NULL };
	const struct capture_setup setup = {
		.argv = argv,
		.envp = environment,
		.inherited = &inherited,
		.output_max = ROOM,
	};
	int before = descriptors();
	struct err err = { "" };

	(void)state;
	assert_null(capture_start(&setup, &err));
	assert_string_equal(err.text,
	    "/nonexistent/program: No such file or directory");
	assert_int_equal(descriptors(), before);
}

static void
test_too_long(void **state)
{
	struct capture_end end;
	struct capture *capture = start_with("echo 12345678", 9);

	(void)state;
	assert_int_equal(read_all(capture, &end), CAPTURE_ENDED);
	assert_int_equal(end.output_len, 9);
	capture_free(capture);
	/* A byte too many, of one who would never stop. */
	capture = start_with("exec yes", 1000);
	assert_int_equal(read_all(capture, &end), CAPTURE_TOO_LONG);
	assert_int_equal(end.output_len, 1000);
	capture_free(capture);
}

/* The newest child; those before it may be dead and not yet buried. */
static pid_t
newest_child(void)
{
	char path[64];
	FILE *file;
	int pid = 0;

	(void)snprintf(path, sizeof(path), "/proc/self/task/%d/children",
	    (int)getpid());
	file = fopen(path, "r");
	assert_non_null(file);
	while (fscanf(file, "%d", &pid) == 1)
		continue;
	(void)fclose(file);
	return pid;
}

static bool
is_gone(pid_t pid)
{
	int64_t end = clock_boot() + PATIENCE;

	while (kill(pid, 0) == 0 && clock_boot() < end)
		(void)poll(NULL, 0, 5);
	return kill(pid, 0) == -1;
}

/* Killed with all of its group, and told apart from an end of its own. */
static void
test_kill(void **state)
{
	struct capture_end end;
	struct capture *capture = start_with("sleep 1000; true", ROOM);
	pid_t pid = newest_child();
	siginfo_t info;

	(void)state;
	assert_true(capture_owns(pid));
	capture_kill(capture);
	assert_int_equal(read_all(capture, &end), CAPTURE_ENDED);
	assert_int_equal(end.exit_status, -1);
	assert_int_equal(end.signal, SIGKILL);
	capture_free(capture);
	assert_false(capture_owns(pid));
	/* The sleep has gone with it: nobody is left in the group. */
	assert_true(is_gone(-pid));
	/* One that is given up is killed, and buried by the next one. */
	capture = start_with("exec sleep 1000", ROOM);
	pid = newest_child();
	capture_free(capture);
	capture_free(NULL);
	(void)waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT);
	check("true", 0, 0, "");
	assert_true(is_gone(pid));
}

/* Somebody else reaps all children: nothing is lost by it. */
static void
test_reaped_by_others(void **state)
{
	struct orphans orphans;
	struct capture_end end;
	struct capture *capture;
	siginfo_t info = { 0 };
	pid_t pid;

	(void)state;
	assert_int_equal(orphans_init(&orphans, &inherited, NULL), 0);
	capture = start_with("echo hello; exit 7", ROOM);
	pid = newest_child();
	assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
	(void)orphans_step(&orphans);
	assert_false(capture_owns(pid));
	assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG),
	    -1);
	assert_int_equal(read_all(capture, &end), CAPTURE_ENDED);
	assert_int_equal(end.exit_status, 7);
	assert_string_equal(end.output, "hello\n");
	capture_free(capture);
	orphans_clear(&orphans);
}

/* ---- tend/world ---------------------------------------------------------- */

struct told {
	struct loop *loop;
	int count;
	struct aws_program_end end;
	char output[ROOM];
};

static void
on_end(void *arg, const struct aws_program_end *end)
{
	struct told *told = arg;

	told->count++;
	told->end = *end;
	(void)snprintf(told->output, sizeof(told->output), "%s", end->output);
	loop_stop(told->loop);
}

struct rig {
	struct http *http;
	struct loop *loop;
	struct world world;
	struct told told;
};

static void
rig_start(struct rig *rig)
{
	const struct http_config config = { .user_agent = "x" };

	*rig = (struct rig){ 0 };
	rig->http = http_new(&config, NULL);
	rig->loop = loop_new(rig->http, NULL);
	assert_non_null(rig->loop);
	world_init(&rig->world, rig->http, rig->loop, &inherited);
	rig->told.loop = rig->loop;
}

static void
rig_stop(struct rig *rig)
{
	world_clear(&rig->world);
	loop_free(rig->loop);
	http_free(rig->http);
}

static struct aws_running *
begin(struct rig *rig, const char *script, int64_t timeout)
{
	char *const argv[] = { (char *)(uintptr_t) "sh",
		(char *)(uintptr_t) "-c", (char *)(uintptr_t)script, NULL };
	const struct aws_program program = {
		.argv = argv,
		.timeout = timeout,
		.output_max = ROOM - 1,
		.done = on_end,
		.arg = &rig->told,
	};
	struct aws_running *running =
	    rig->world.aws.run(rig->world.aws.arg, &program, NULL);

	assert_non_null(running);
	assert_int_equal(rig->told.count, 0);
	return running;
}

static void
test_world(void **state)
{
	struct rig rig;

	(void)state;
	assert_int_equal(setenv("TEND_TASK_TOKEN", "secret", 1), 0);
	assert_int_equal(setenv("AWS_TEST", "not secret", 1), 0);
	rig_start(&rig);
	(void)begin(&rig, "echo \"$AWS_TEST:$TEND_TASK_TOKEN\"", PATIENCE);
	loop_run(rig.loop);
	assert_int_equal(rig.told.count, 1);
	assert_int_equal(rig.told.end.exit_status, 0);
	assert_false(rig.told.end.timed_out);
	assert_string_equal(rig.told.output, "not secret:\n");
	rig_stop(&rig);
}

static void
test_world_ends_it(void **state)
{
	int64_t begun = clock_boot();
	struct aws_running *running;
	struct rig rig;

	(void)state;
	rig_start(&rig);
	/* By the time, together with what it has started. */
	(void)begin(&rig, "sleep 1000; true", 50);
	loop_run(rig.loop);
	assert_int_equal(rig.told.count, 1);
	assert_true(rig.told.end.timed_out);
	assert_int_equal(rig.told.end.signal, SIGKILL);
	assert_true(clock_boot() - begun >= 50);
	/* By its length. */
	rig.told.count = 0;
	(void)begin(&rig, "exec yes", PATIENCE);
	loop_run(rig.loop);
	assert_true(rig.told.end.too_long);
	assert_false(rig.told.end.timed_out);
	/* By its owner, and by the end of the world: nobody is told. */
	rig.told.count = 0;
	running = begin(&rig, "exec sleep 1000", PATIENCE);
	rig.world.aws.kill(rig.world.aws.arg, running);
	(void)begin(&rig, "exec sleep 1000", PATIENCE);
	rig_stop(&rig);
	assert_int_equal(rig.told.count, 0);
}

static void
test_world_has_no_such_program(void **state)
{
	char *const argv[] = { (char *)(uintptr_t) "no-such-program", NULL };
	const struct aws_program program = { .argv = argv,
		.timeout = PATIENCE,
		.output_max = 10,
		.done = on_end };
	struct err err = { "" };
	struct rig rig;

	(void)state;
	rig_start(&rig);
	assert_null(rig.world.aws.run(rig.world.aws.arg, &program, &err));
	assert_string_equal(err.text,
	    "no-such-program: No such file or directory");
	rig_stop(&rig);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ends),
		cmocka_unit_test(test_surroundings),
		cmocka_unit_test(test_not_there),
		cmocka_unit_test(test_too_long),
		cmocka_unit_test(test_kill),
		cmocka_unit_test(test_world),
		cmocka_unit_test(test_world_ends_it),
		cmocka_unit_test(test_world_has_no_such_program),
		/* Makes this process a subreaper. */
		cmocka_unit_test(test_reaped_by_others),
	};

	inherited_read(&inherited);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
