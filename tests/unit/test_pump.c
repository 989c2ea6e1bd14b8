/* SPDX-License-Identifier: MIT */
/*
 * process/pump: every byte that was written before the end is moved, a slow
 * reader holds the command and nobody else, and nothing spins.
 */
#include "config.h"

#include "process/pump.h"

#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/instant.h"

#include "output_rig.h"

/* What a sink has seen. */
struct seen {
	uint64_t bytes;
	bool wrong;
};

static void
look(void *arg, const char *data, size_t len)
{
	struct seen *seen = arg;

	if (!rig_check(data, seen->bytes, len))
		seen->wrong = true;
	seen->bytes += len;
}

static struct writer *
writer_for(int out)
{
	const int descriptors[WRITER_STREAMS] = { out, -1 };
	struct writer *writer = writer_new(descriptors, NULL);

	assert_non_null(writer);
	return writer;
}

static struct pump *
pump_for(int descriptor, struct writer *writer, struct seen *seen)
{
	struct pump_config config = { .descriptor = descriptor,
		.writer = writer,
		.sink = look,
		.arg = seen };
	struct pump *pump = pump_new(&config, NULL);

	assert_non_null(pump);
	return pump;
}

/* Reads at instants that are far from each other: without naps. */
static size_t
read_now(struct pump *pump)
{
	static int64_t now;

	now += 1000;
	return pump_read(pump, now);
}

/*
 * The owner's loop, until the end.  Returns how often it woke up and found
 * nothing to move.
 */
static unsigned int
run(struct pump *pump, struct writer *writer)
{
	unsigned int idle = 0;

	while (!pump_ended(pump)) {
		int64_t now = clock_boot();
		int64_t left = instant_left(pump_deadline(pump), now);
		struct pollfd fds[2] = {
			{ .fd = writer_descriptor(writer), .events = POLLIN },
			{ .fd = pump_descriptor(pump), .events = POLLIN },
		};
		bool wants = pump_wants_read(pump, now);
		int ready = poll(fds, wants ? 2 : 1,
		    left == INSTANT_NEVER ? RIG_PATIENCE : (int)left);

		assert_true(ready > 0 || left != INSTANT_NEVER);
		if (fds[0].revents != 0)
			writer_acknowledge(writer);
		if (wants && fds[1].revents != 0 &&
		    pump_read(pump, clock_boot()) == 0)
			idle++;
	}
	return idle;
}

static void
wait_until_flushed(struct writer *writer)
{
	while (!writer_flushed(writer)) {
		rig_wait(writer_descriptor(writer));
		writer_acknowledge(writer);
	}
}

static void
check_through(uint64_t total, size_t piece)
{
	int in[2], out[2];
	struct rig_source source = { .total = total, .piece = piece };
	struct rig_drain drain = { 0 };
	struct seen seen = { 0 };
	struct writer *writer;
	struct pump *pump;

	rig_pipe(in);
	rig_pipe(out);
	source.descriptor = in[1];
	drain.descriptor = out[0];
	writer = writer_for(out[1]);
	pump = pump_for(in[0], writer, &seen);
	rig_drain_start(&drain);
	rig_source_start(&source);
	/* The end, and perhaps a reader that was faster. */
	assert_in_range(run(pump, writer), 0, 5);
	wait_until_flushed(writer);
	assert_int_equal(pump_bytes(pump), total);
	assert_int_equal(seen.bytes, total);
	assert_false(seen.wrong);
	pump_free(pump);
	writer_free(writer);
	(void)close(out[1]);
	rig_drain_join(&drain);
	assert_false(drain.wrong);
	assert_int_equal(drain.total, total);
	rig_source_join(&source);
}

static void
test_every_byte_goes_through(void **state)
{
	(void)state;
	for (uint64_t total = 1024; total <= 2 << 20; total *= 2) {
		check_through(total - 1, 4096);
		check_through(total, 65536);
		check_through(total + 1, 1 << 20);
	}
	check_through(80 * 20000, 80);
	check_through(UINT64_C(64) << 20, 1 << 20);
}

/* All was written before the writer died; then there is one drain. */
static void
test_drain_takes_all_that_was_written(void **state)
{
	(void)state;
	for (size_t total = 1; total <= 65536; total *= 4) {
		int in[2];
		struct rig_source source = { .total = total, .piece = total };
		struct seen seen = { 0 };
		struct pump *pump;

		rig_pipe(in);
		source.descriptor = in[1];
		rig_source_start(&source);
		rig_source_join(&source);
		pump = pump_for(in[0], NULL, &seen);
		pump_drain(pump);
		assert_true(pump_ended(pump) || total == 65536);
		assert_int_equal(seen.bytes, total);
		assert_false(seen.wrong);
		pump_free(pump);
	}
}

/* Nobody reads tend's output: the drain goes past the bound. */
static void
test_drain_goes_beyond_the_bound(void **state)
{
	int in[2], out[2];
	enum { PIPE = 1 << 20 };
	struct rig_source source = { .total = UINT64_C(4) << 20,
		.piece = 65536 };
	struct rig_drain drain = { 0 };
	struct seen seen = { 0 };
	struct writer *writer;
	struct pump *pump;
	uint64_t before;

	(void)state;
	rig_pipe(in);
	rig_pipe(out);
	assert_int_equal(fcntl(in[1], F_SETPIPE_SZ, PIPE), PIPE);
	source.descriptor = in[1];
	rig_source_start(&source);
	writer = writer_for(out[1]);
	pump = pump_for(in[0], writer, &seen);
	while (writer_has_room(writer, WRITER_STDOUT)) {
		rig_wait(in[0]);
		(void)read_now(pump);
	}
	assert_false(pump_wants_read(pump, INT64_MAX / 2));
	before = pump_bytes(pump);
	assert_int_equal(pump_read(pump, INT64_MAX / 2), 0);
	rig_wait(in[0]);
	pump_drain(pump);
	assert_true(pump_bytes(pump) > before);
	assert_true(pump_bytes(pump) <= before + PIPE);
	assert_true(writer_pending(writer, WRITER_STDOUT) > WRITER_BOUND);
	drain.descriptor = out[0];
	rig_drain_start(&drain);
	assert_in_range(run(pump, writer), 0, 5);
	wait_until_flushed(writer);
	pump_free(pump);
	writer_free(writer);
	(void)close(out[1]);
	rig_drain_join(&drain);
	rig_source_join(&source);
	assert_int_equal(drain.total, source.total);
	assert_false(drain.wrong);
}

/* A process left behind holds the pipe, silent: the drain ends at once. */
static void
test_drain_does_not_wait_for_a_holder(void **state)
{
	int in[2];
	struct seen seen = { 0 };
	struct pump *pump;
	char data[100];

	(void)state;
	rig_pipe(in);
	rig_fill(data, 0, sizeof(data));
	assert_int_equal(write(in[1], data, sizeof(data)), sizeof(data));
	pump = pump_for(in[0], NULL, &seen);
	pump_drain(pump);
	assert_int_equal(seen.bytes, sizeof(data));
	assert_false(pump_ended(pump));
	pump_drain(pump);
	assert_int_equal(seen.bytes, sizeof(data));
	pump_free(pump);
	(void)close(in[1]);
}

/* One that never stops writing cannot hold it up either. */
static void
test_drain_ends_however_much_is_written(void **state)
{
	int in[2];
	struct rig_source source = {
		.total = UINT64_MAX / 2, .piece = 65536, .hold = true
	};
	struct seen seen = { 0 };
	struct pump *pump;

	(void)state;
	rig_pipe(in);
	source.descriptor = in[1];
	rig_source_start(&source);
	pump = pump_for(in[0], NULL, &seen);
	for (int i = 0; i < 100; i++) {
		uint64_t before = pump_bytes(pump);

		rig_wait(in[0]);
		pump_drain(pump);
		assert_in_range(pump_bytes(pump) - before, 1, 65536);
	}
	assert_false(seen.wrong);
	pump_free(pump);
	rig_source_join(&source);
	(void)close(in[1]);
}

static void
test_the_end_is_the_end(void **state)
{
	int in[2];
	struct seen seen = { 0 };
	struct pump *pump;

	(void)state;
	rig_pipe(in);
	pump = pump_for(in[0], NULL, &seen);
	assert_true(pump_wants_read(pump, 5));
	/* Nothing there: nothing happens, and that is no end. */
	assert_int_equal(pump_read(pump, 5), 0);
	assert_false(pump_ended(pump));
	assert_int_equal(pump_deadline(pump), INSTANT_NEVER);
	(void)close(in[1]);
	assert_int_equal(pump_read(pump, 6), 0);
	assert_true(pump_ended(pump));
	assert_false(pump_wants_read(pump, 1000));
	assert_int_equal(pump_deadline(pump), INSTANT_NEVER);
	assert_int_equal(pump_read(pump, 1000), 0);
	pump_drain(pump);
	pump_free(pump);
	pump_free(NULL);
}

/* A pseudo-terminal says EIO where a pipe says end of file. */
static void
test_a_terminal_ends_too(void **state)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC), slave;
	struct seen seen = { 0 };
	struct pump *pump;
	char name[64];

	(void)state;
	assert_int_not_equal(master, -1);
	assert_int_equal(grantpt(master), 0);
	assert_int_equal(unlockpt(master), 0);
	assert_int_equal(ptsname_r(master, name, sizeof(name)), 0);
	slave = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
	assert_int_not_equal(slave, -1);
	assert_int_equal(write(slave, "x", 1), 1);
	(void)close(slave);
	pump = pump_for(master, NULL, &seen);
	pump_drain(pump);
	assert_int_equal(seen.bytes, 1);
	assert_true(pump_ended(pump));
	pump_free(pump);
}

/* Back-pressure: what is taken from the command is bounded. */
static void
test_a_slow_reader_holds_the_command(void **state)
{
	int in[2], out[2];
	struct rig_source source = { .total = UINT64_C(16) << 20,
		.piece = 65536 };
	struct rig_drain drain = { 0 };
	struct seen seen = { 0 };
	struct writer *writer;
	struct pump *pump;

	(void)state;
	rig_pipe(in);
	rig_pipe(out);
	source.descriptor = in[1];
	rig_source_start(&source);
	writer = writer_for(out[1]);
	pump = pump_for(in[0], writer, &seen);
	while (pump_wants_read(pump, INT64_MAX / 2)) {
		rig_wait(in[0]);
		(void)read_now(pump);
	}
	assert_true(pump_bytes(pump) <= 65536 + WRITER_BOUND + WRITER_CHUNK);
	assert_int_equal(pump_deadline(pump), INSTANT_NEVER);
	drain.descriptor = out[0];
	rig_drain_start(&drain);
	rig_wait(writer_descriptor(writer));
	writer_acknowledge(writer);
	assert_true(pump_wants_read(pump, INT64_MAX / 2));
	assert_in_range(run(pump, writer), 0, 5);
	wait_until_flushed(writer);
	pump_free(pump);
	writer_free(writer);
	(void)close(out[1]);
	rig_drain_join(&drain);
	rig_source_join(&source);
	assert_int_equal(drain.total, source.total);
	assert_false(drain.wrong);
}

/* The command goes on and is still looked at when tend's reader has gone. */
static void
test_a_gone_reader_holds_nobody(void **state)
{
	int in[2], out[2];
	struct rig_source source = { .total = UINT64_C(8) << 20,
		.piece = 65536 };
	struct seen seen = { 0 };
	struct writer *writer;
	struct pump *pump;

	(void)state;
	rig_pipe(in);
	rig_pipe(out);
	(void)close(out[0]);
	source.descriptor = in[1];
	rig_source_start(&source);
	writer = writer_for(out[1]);
	pump = pump_for(in[0], writer, &seen);
	assert_in_range(run(pump, writer), 0, 5);
	wait_until_flushed(writer);
	rig_source_join(&source);
	assert_int_equal(seen.bytes, source.total);
	assert_false(seen.wrong);
	assert_int_equal(writer_dropped(writer, WRITER_STDOUT), source.total);
	pump_free(pump);
	writer_free(writer);
	(void)close(out[1]);
}

static void
write_bytes(int descriptor, size_t len)
{
	char data[65536] = { 0 };

	assert_int_equal(write(descriptor, data, len), len);
}

static void
test_naps_when_short_lines_come_fast(void **state)
{
	int in[2];
	struct pump_config config;
	struct pump *pump;

	(void)state;
	rig_pipe(in);
	config = (struct pump_config){ .descriptor = in[0] };
	pump = pump_new(&config, NULL);
	assert_non_null(pump);
	/* The first after a silence: no nap. */
	write_bytes(in[1], 80);
	assert_int_equal(pump_read(pump, 1000), 80);
	assert_int_equal(pump_deadline(pump), INSTANT_NEVER);
	assert_true(pump_wants_read(pump, 1000));
	/* Another at once: let the pipe fill for a millisecond. */
	write_bytes(in[1], 80);
	assert_int_equal(pump_read(pump, 1000), 80);
	assert_int_equal(pump_deadline(pump), 1001);
	assert_false(pump_wants_read(pump, 1000));
	write_bytes(in[1], 80);
	assert_int_equal(pump_read(pump, 1000), 0);
	assert_true(pump_wants_read(pump, 1001));
	assert_int_equal(pump_deadline(pump), INSTANT_NEVER);
	assert_int_equal(pump_read(pump, 1001), 80);
	assert_int_equal(pump_deadline(pump), 1002);
	/* Much at once: no nap. */
	write_bytes(in[1], 65536);
	assert_int_equal(pump_read(pump, 1002), 65536);
	assert_int_equal(pump_deadline(pump), INSTANT_NEVER);
	/* Slow lines: no nap. */
	for (int64_t now = 1005; now < 1020; now += 3) {
		write_bytes(in[1], 80);
		assert_int_equal(pump_read(pump, now), 80);
		assert_int_equal(pump_deadline(pump), INSTANT_NEVER);
	}
	/* A drain does not care. */
	write_bytes(in[1], 80);
	assert_int_equal(pump_read(pump, 1018), 80);
	assert_int_equal(pump_deadline(pump), 1019);
	write_bytes(in[1], 80);
	pump_drain(pump);
	assert_int_equal(pump_deadline(pump), INSTANT_NEVER);
	assert_int_equal(pump_bytes(pump), 65536 + 10 * 80);
	pump_free(pump);
	(void)close(in[1]);
}

static void
test_grows_few_pipes_and_only_full_ones(void **state)
{
	enum { COUNT = PUMP_PIPES_GROWN + 2 };
	struct pump *pumps[COUNT];
	int ends[COUNT][2];
	unsigned int grown = 0;

	(void)state;
	for (int i = 0; i < COUNT; i++) {
		struct pump_config config = { .grown = &grown };

		rig_pipe(ends[i]);
		config.descriptor = ends[i][0];
		pumps[i] = pump_new(&config, NULL);
		write_bytes(ends[i][1], 30000);
		assert_int_equal(read_now(pumps[i]), 30000);
		assert_int_equal(fcntl(ends[i][1], F_GETPIPE_SZ), 65536);
	}
	assert_int_equal(grown, 0);
	for (int i = 0; i < COUNT; i++) {
		write_bytes(ends[i][1], 65536);
		assert_int_equal(read_now(pumps[i]), 65536);
		assert_int_equal(fcntl(ends[i][1], F_GETPIPE_SZ),
		    i < PUMP_PIPES_GROWN ? PUMP_PIPE : 65536);
	}
	assert_int_equal(grown, PUMP_PIPES_GROWN);
	/* One that ends makes room for another. */
	pump_free(pumps[0]);
	assert_int_equal(grown, PUMP_PIPES_GROWN - 1);
	write_bytes(ends[COUNT - 1][1], 65536);
	assert_int_equal(read_now(pumps[COUNT - 1]), 65536);
	assert_int_equal(fcntl(ends[COUNT - 1][1], F_GETPIPE_SZ), PUMP_PIPE);
	for (int i = 0; i < COUNT; i++) {
		if (i > 0)
			pump_free(pumps[i]);
		(void)close(ends[i][1]);
	}
	assert_int_equal(grown, 0);
}

static void
test_without_leave_no_pipe_grows(void **state)
{
	int in[2];
	struct pump_config config;
	struct pump *pump;

	(void)state;
	rig_pipe(in);
	config = (struct pump_config){ .descriptor = in[0] };
	pump = pump_new(&config, NULL);
	write_bytes(in[1], 65536);
	assert_int_equal(read_now(pump), 65536);
	assert_int_equal(fcntl(in[1], F_GETPIPE_SZ), 65536);
	pump_free(pump);
	(void)close(in[1]);
}

/*
 * What is in a pipe at the end is taken in one go: where the sink takes its
 * time, that is no more than before.
 */
static void
test_no_pipe_grows_before_a_slow_sink(void **state)
{
	int in[2];
	struct pump_config config;
	struct pump *pump;
	unsigned int grown = 0;

	(void)state;
	rig_pipe(in);
	config = (struct pump_config){
		.descriptor = in[0], .burst = 32768, .grown = &grown
	};
	pump = pump_new(&config, NULL);
	write_bytes(in[1], 65536);
	assert_int_equal(read_now(pump), 32768);
	assert_int_equal(fcntl(in[1], F_GETPIPE_SZ), 65536);
	assert_int_equal(grown, 0);
	pump_free(pump);
	(void)close(in[1]);
}

/* One read is bounded, so that a heartbeat is never late for it. */
static void
test_a_burst_is_bounded(void **state)
{
	int in[2];
	struct pump_config config;
	struct pump *pump;
	unsigned int grown = 0;

	(void)state;
	rig_pipe(in);
	assert_int_equal(fcntl(in[1], F_SETPIPE_SZ, 1 << 20), 1 << 20);
	for (int i = 0; i < 16; i++)
		write_bytes(in[1], 65536);
	config = (struct pump_config){
		.descriptor = in[0], .burst = 4096, .grown = &grown
	};
	pump = pump_new(&config, NULL);
	assert_int_equal(read_now(pump), 4096);
	assert_int_equal(read_now(pump), 4096);
	assert_int_equal(pump_deadline(pump), INSTANT_NEVER);
	pump_free(pump);
	assert_int_equal(write(in[1], "x", 1), -1);
	(void)close(in[1]);
}

static void
test_only_its_own_end_is_nonblocking(void **state)
{
	int in[2];
	struct pump_config config;
	struct pump *pump;
	struct err err;

	(void)state;
	rig_pipe(in);
	config = (struct pump_config){ .descriptor = in[0] };
	pump = pump_new(&config, NULL);
	assert_int_equal(fcntl(in[0], F_GETFL) & O_NONBLOCK, O_NONBLOCK);
	assert_int_equal(fcntl(in[1], F_GETFL) & O_NONBLOCK, 0);
	pump_free(pump);
	(void)close(in[1]);
	config.descriptor = -1;
	assert_null(pump_new(&config, &err));
	assert_string_equal(err.text,
	    "cannot read the command's output: Bad file descriptor");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_byte_goes_through),
		cmocka_unit_test(test_drain_takes_all_that_was_written),
		cmocka_unit_test(test_drain_goes_beyond_the_bound),
		cmocka_unit_test(test_drain_does_not_wait_for_a_holder),
		cmocka_unit_test(test_drain_ends_however_much_is_written),
		cmocka_unit_test(test_the_end_is_the_end),
		cmocka_unit_test(test_a_terminal_ends_too),
		cmocka_unit_test(test_a_slow_reader_holds_the_command),
		cmocka_unit_test(test_a_gone_reader_holds_nobody),
		cmocka_unit_test(test_naps_when_short_lines_come_fast),
		cmocka_unit_test(test_grows_few_pipes_and_only_full_ones),
		cmocka_unit_test(test_without_leave_no_pipe_grows),
		cmocka_unit_test(test_no_pipe_grows_before_a_slow_sink),
		cmocka_unit_test(test_a_burst_is_bounded),
		cmocka_unit_test(test_only_its_own_end_is_nonblocking),
	};
	sigset_t all;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
