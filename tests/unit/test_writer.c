/* SPDX-License-Identifier: MIT */
/*
 * process/writer: everything arrives, nothing blocks the caller, a stream
 * that is stuck or gone harms nobody, and what is lost is counted.
 */
#include "config.h"

#include "process/writer.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#include "output_rig.h"

static struct writer *
writer_for(int out, int err)
{
	const int descriptors[WRITER_STREAMS] = { out, err };
	struct writer *writer = writer_new(descriptors, NULL);

	assert_non_null(writer);
	return writer;
}

static void
wait_until_flushed(struct writer *writer)
{
	while (!writer_flushed(writer)) {
		rig_wait(writer_descriptor(writer));
		writer_acknowledge(writer);
	}
}

/* Puts "len" bytes of the stream, from "at" on, waiting for room. */
static void
put(struct writer *writer, enum writer_stream stream, uint64_t at, size_t len)
{
	size_t room;

	while (len > 0) {
		char *data;

		while (!writer_has_room(writer, stream)) {
			rig_wait(writer_descriptor(writer));
			writer_acknowledge(writer);
		}
		data = writer_reserve(writer, stream, &room);
		assert_true(room >= WRITER_LEAST);
		if (room > len)
			room = len;
		rig_fill(data, at, room);
		writer_commit(writer, stream, room);
		at += room;
		len -= room;
	}
}

/* Until nothing more gets through at once. */
static uint64_t
fill(struct writer *writer, enum writer_stream stream)
{
	uint64_t at = 0;
	size_t room;

	while (writer_has_room(writer, stream)) {
		char *data = writer_reserve(writer, stream, &room);

		rig_fill(data, at, room);
		writer_commit(writer, stream, room);
		at += room;
	}
	return at;
}

static void
check_size(size_t size)
{
	int ends[2];
	struct rig_drain drain = { 0 };
	struct writer *writer;

	rig_pipe(ends);
	drain.descriptor = ends[0];
	rig_drain_start(&drain);
	writer = writer_for(ends[1], -1);
	put(writer, WRITER_STDOUT, 0, size);
	wait_until_flushed(writer);
	assert_int_equal(writer_pending(writer, WRITER_STDOUT), 0);
	assert_int_equal(writer_dropped(writer, WRITER_STDOUT), 0);
	writer_free(writer);
	(void)close(ends[1]);
	rig_drain_join(&drain);
	assert_false(drain.wrong);
	assert_int_equal(drain.total, size);
}

static void
test_every_byte_arrives(void **state)
{
	(void)state;
	for (size_t size = 1024; size <= 4 << 20; size *= 2) {
		check_size(size - 1);
		check_size(size);
		check_size(size + 1);
	}
	check_size(64 << 20);
}

/* A regular file is always written by the helper. */
static void
test_every_byte_gets_into_a_file(void **state)
{
	char name[] = "/tmp/tend-test-writer-XXXXXX";
	int file = mkostemp(name, O_CLOEXEC);
	struct rig_drain drain = { .descriptor = file };
	struct writer *writer = writer_for(file, -1);

	(void)state;
	assert_int_not_equal(file, -1);
	(void)unlink(name);
	for (size_t at = 0; at < 300000; at += 3)
		put(writer, WRITER_STDOUT, at, 3);
	put(writer, WRITER_STDOUT, 300000, (8 << 20) - 300000);
	wait_until_flushed(writer);
	writer_free(writer);
	assert_int_equal(lseek(file, 0, SEEK_SET), 0);
	rig_drain_start(&drain);
	rig_drain_join(&drain);
	assert_false(drain.wrong);
	assert_int_equal(drain.total, 8 << 20);
}

/* Somebody else has made the pipe non-blocking: nothing is lost by it. */
static void
test_waits_on_a_nonblocking_pipe(void **state)
{
	int ends[2];
	struct rig_drain drain = { 0 };
	struct writer *writer;

	(void)state;
	rig_pipe(ends);
	assert_int_equal(fcntl(ends[1], F_SETFL, O_NONBLOCK), 0);
	writer = writer_for(-1, ends[1]);
	(void)fill(writer, WRITER_STDERR);
	drain.descriptor = ends[0];
	rig_drain_start(&drain);
	wait_until_flushed(writer);
	assert_int_equal(writer_error(writer, WRITER_STDERR), 0);
	writer_free(writer);
	(void)close(ends[1]);
	rig_drain_join(&drain);
	assert_false(drain.wrong);
	assert_true(drain.total >= WRITER_BOUND);
}

static void
test_leaves_the_flags_alone(void **state)
{
	int ends[2];
	struct writer *writer;

	(void)state;
	rig_pipe(ends);
	writer = writer_for(ends[1], ends[1]);
	assert_int_equal(writer_put(writer, WRITER_STDOUT, "x", 1), 0);
	assert_int_equal(fcntl(ends[1], F_GETFL) & O_NONBLOCK, 0);
	wait_until_flushed(writer);
	writer_free(writer);
	assert_int_equal(fcntl(ends[1], F_GETFL) & O_NONBLOCK, 0);
	(void)close(ends[0]);
	(void)close(ends[1]);
}

/* Bounded, and the other stream goes on; then all of it arrives. */
static void
test_a_stuck_stream_blocks_only_itself(void **state)
{
	int out[2], err[2];
	char text[6] = "";
	struct rig_drain drain = { 0 };
	struct writer *writer;
	uint64_t total;

	(void)state;
	rig_pipe(out);
	rig_pipe(err);
	writer = writer_for(out[1], err[1]);
	total = fill(writer, WRITER_STDOUT);
	assert_true(total <= WRITER_BOUND + WRITER_CHUNK + 65536);
	assert_true(writer_pending(writer, WRITER_STDOUT) >= WRITER_BOUND);
	assert_false(rig_readable(writer_descriptor(writer)));
	assert_true(writer_has_room(writer, WRITER_STDERR));
	assert_int_equal(writer_put(writer, WRITER_STDERR, "hello", 5), 0);
	rig_wait(err[0]);
	assert_int_equal(read(err[0], text, sizeof(text)), 5);
	assert_string_equal(text, "hello");
	assert_false(writer_has_room(writer, WRITER_STDOUT));
	drain.descriptor = out[0];
	rig_drain_start(&drain);
	while (!writer_has_room(writer, WRITER_STDOUT)) {
		rig_wait(writer_descriptor(writer));
		writer_acknowledge(writer);
	}
	wait_until_flushed(writer);
	writer_free(writer);
	(void)close(out[1]);
	rig_drain_join(&drain);
	assert_false(drain.wrong);
	assert_int_equal(drain.total, total);
	(void)close(err[0]);
	(void)close(err[1]);
}

static void
test_a_reader_that_has_gone_loses_its_output(void **state)
{
	int out[2], err[2];
	struct writer *writer;
	sigset_t pending;

	(void)state;
	rig_pipe(out);
	rig_pipe(err);
	(void)close(out[0]);
	writer = writer_for(out[1], err[1]);
	assert_int_equal(writer_put(writer, WRITER_STDOUT, "lost", 4), 0);
	rig_wait(writer_descriptor(writer));
	assert_int_equal(writer_error(writer, WRITER_STDOUT), EPIPE);
	assert_int_equal(writer_error(writer, WRITER_STDOUT), 0);
	assert_int_equal(writer_dropped(writer, WRITER_STDOUT), 4);
	/* From now on it takes everything, at no cost. */
	for (int i = 0; i < 100; i++) {
		size_t len;

		assert_true(writer_has_room(writer, WRITER_STDOUT));
		(void)writer_reserve(writer, WRITER_STDOUT, &len);
		writer_commit(writer, WRITER_STDOUT, len);
		assert_int_equal(writer_put(writer, WRITER_STDOUT, "x", 1), 0);
	}
	assert_true(writer_flushed(writer));
	assert_true(writer_dropped(writer, WRITER_STDOUT) >
		    UINT64_C(100) * WRITER_LEAST);
	assert_int_equal(writer_error(writer, WRITER_STDOUT), 0);
	assert_int_equal(sigpending(&pending), 0);
	assert_false(sigismember(&pending, SIGPIPE));
	assert_int_equal(writer_put(writer, WRITER_STDERR, "ok", 2), 0);
	rig_wait(err[0]);
	writer_free(writer);
	(void)close(out[1]);
	(void)close(err[0]);
	(void)close(err[1]);
}

/* The reader goes while the helper sits in a write. */
static void
test_a_reader_that_goes_ends_the_wait(void **state)
{
	int out[2];
	struct writer *writer;
	uint64_t total;

	(void)state;
	rig_pipe(out);
	writer = writer_for(out[1], -1);
	total = fill(writer, WRITER_STDOUT);
	(void)close(out[0]);
	wait_until_flushed(writer);
	assert_int_equal(writer_error(writer, WRITER_STDOUT), EPIPE);
	assert_in_range(writer_dropped(writer, WRITER_STDOUT),
	    total - 65536 * 2, total);
	writer_free(writer);
	(void)close(out[1]);
}

/*
 * A full disk loses what does not fit.  That is told once, or a log line about
 * it that does not fit either would be the cause of another, and so on.
 */
static void
test_a_full_disk_is_told_once(void **state)
{
	int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
	struct writer *writer = writer_for(-1, full);

	(void)state;
	assert_int_not_equal(full, -1);
	for (unsigned int i = 1; i <= 3; i++) {
		assert_int_equal(writer_put(writer, WRITER_STDERR, "12345", 5),
		    0);
		wait_until_flushed(writer);
		assert_int_equal(writer_error(writer, WRITER_STDERR),
		    i == 1 ? ENOSPC : 0);
		assert_int_equal(writer_dropped(writer, WRITER_STDERR), 5 * i);
	}
	writer_free(writer);
	(void)close(full);
}

/* A disk that has room again gets what comes then. */
static void
test_a_full_disk_is_no_end(void **state)
{
	char name[] = "/tmp/tend-test-writer-XXXXXX", data[2048];
	int file = mkostemp(name, O_CLOEXEC);
	struct rlimit before, small;
	struct writer *writer = writer_for(file, -1);

	(void)state;
	assert_int_not_equal(file, -1);
	(void)unlink(name);
	rig_fill(data, 0, sizeof(data));
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	small = before;
	small.rlim_cur = 1000;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	assert_int_equal(writer_put(writer, WRITER_STDOUT, data, 1500), 0);
	wait_until_flushed(writer);
	assert_int_equal(writer_error(writer, WRITER_STDOUT), EFBIG);
	assert_int_equal(writer_dropped(writer, WRITER_STDOUT), 500);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(writer_put(writer, WRITER_STDOUT, data + 1000, 1000),
	    0);
	wait_until_flushed(writer);
	writer_free(writer);
	assert_int_equal(pread(file, data, sizeof(data), 0), 2000);
	assert_true(rig_check(data, 0, 2000));
	(void)close(file);
}

/* Log lines have some room beyond the bound, and then they are counted. */
static void
test_put_is_bounded_and_counted(void **state)
{
	int err[2];
	char line[1000];
	struct rig_drain drain = { 0 };
	struct writer *writer;
	uint64_t at, refused = 0;

	(void)state;
	rig_pipe(err);
	writer = writer_for(-1, err[1]);
	at = fill(writer, WRITER_STDERR);
	for (;;) {
		rig_fill(line, at, sizeof(line));
		if (writer_put(writer, WRITER_STDERR, line, sizeof(line)) == -1)
			break;
		at += sizeof(line);
	}
	refused += sizeof(line);
	assert_int_equal(writer_dropped(writer, WRITER_STDERR), refused);
	assert_true(writer_pending(writer, WRITER_STDERR) <=
		    WRITER_BOUND + WRITER_EXTRA);
	assert_true(writer_pending(writer, WRITER_STDERR) >
		    WRITER_BOUND + WRITER_EXTRA - sizeof(line));
	drain.descriptor = err[0];
	rig_drain_start(&drain);
	wait_until_flushed(writer);
	writer_free(writer);
	(void)close(err[1]);
	rig_drain_join(&drain);
	assert_false(drain.wrong);
	assert_int_equal(drain.total, at);
}

static void
test_abandoned_output_is_counted(void **state)
{
	int out[2];
	struct writer *writer;
	uint64_t total, pending;

	(void)state;
	rig_pipe(out);
	writer = writer_for(out[1], -1);
	total = fill(writer, WRITER_STDOUT);
	pending = writer_pending(writer, WRITER_STDOUT);
	assert_in_range(pending, total - 65536 * 2, total);
	writer_abandon(writer, WRITER_STDOUT);
	assert_int_equal(writer_pending(writer, WRITER_STDOUT), 0);
	assert_int_equal(writer_dropped(writer, WRITER_STDOUT), pending);
	assert_true(writer_flushed(writer));
	assert_int_equal(writer_put(writer, WRITER_STDOUT, "more", 4), 0);
	assert_int_equal(writer_dropped(writer, WRITER_STDOUT), pending + 4);
	/* The helper stays in its write, to the end: nobody waits for it. */
	writer_free(writer);
}

/* Root is exempt from the limit of threads: another user for a while. */
static bool
become_nobody(void)
{
	enum { NOBODY = 65534 };

	return geteuid() != 0 || setresuid(NOBODY, NOBODY, 0) == 0;
}

/* Whoever has changed his user has become nobody to look into, too. */
static void
become_oneself(bool was_root)
{
	if (was_root)
		assert_int_equal(setresuid(0, 0, 0), 0);
	assert_int_equal(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0), 0);
}

/* What had no thread to write it is written as soon as there can be one. */
static void
test_a_thread_that_cannot_be_had_is_tried_again(void **state)
{
	bool was_root = geteuid() == 0;
	int ends[2];
	struct rlimit before, none;
	struct rig_drain drain = { 0 };
	struct writer *writer;
	uint64_t size;

	(void)state;
	rig_pipe(ends);
	writer = writer_for(ends[1], -1);
	assert_int_equal(getrlimit(RLIMIT_NPROC, &before), 0);
	none = before;
	none.rlim_cur = 0;
	if (!become_nobody())
		skip();
	assert_int_equal(setrlimit(RLIMIT_NPROC, &none), 0);
	size = fill(writer, WRITER_STDOUT);
	assert_int_equal(setrlimit(RLIMIT_NPROC, &before), 0);
	become_oneself(was_root);
	drain.descriptor = ends[0];
	rig_drain_start(&drain);
	put(writer, WRITER_STDOUT, size, 1);
	wait_until_flushed(writer);
	writer_free(writer);
	(void)close(ends[1]);
	rig_drain_join(&drain);
	assert_false(drain.wrong);
	assert_int_equal(drain.total, size + 1);
}

/* No wake-up, nothing, for a writer that is not used. */
static void
test_unused_it_does_nothing(void **state)
{
	struct writer *writer = writer_for(-1, -1);

	(void)state;
	assert_true(writer_flushed(writer));
	assert_true(writer_has_room(writer, WRITER_STDOUT));
	assert_int_equal(writer_put(writer, WRITER_STDOUT, "", 0), 0);
	assert_false(rig_readable(writer_descriptor(writer)));
	writer_free(writer);
	writer_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_byte_arrives),
		cmocka_unit_test(test_every_byte_gets_into_a_file),
		cmocka_unit_test(test_waits_on_a_nonblocking_pipe),
		cmocka_unit_test(test_leaves_the_flags_alone),
		cmocka_unit_test(test_a_stuck_stream_blocks_only_itself),
		cmocka_unit_test(test_a_reader_that_has_gone_loses_its_output),
		cmocka_unit_test(test_a_reader_that_goes_ends_the_wait),
		cmocka_unit_test(test_a_full_disk_is_told_once),
		cmocka_unit_test(test_a_full_disk_is_no_end),
		cmocka_unit_test(test_put_is_bounded_and_counted),
		cmocka_unit_test(test_abandoned_output_is_counted),
		cmocka_unit_test(
		    test_a_thread_that_cannot_be_had_is_tried_again),
		cmocka_unit_test(test_unused_it_does_nothing),
	};
	sigset_t all;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
