/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "output_rig.h"

#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

enum { PIECE = 65536 };

unsigned char
rig_byte(uint64_t at)
{
	return (unsigned char)(at ^ at >> 8 ^ at >> 16 ^ at >> 24);
}

void
rig_fill(char *data, uint64_t at, size_t len)
{
	for (size_t i = 0; i < len; i++)
		data[i] = (char)rig_byte(at + i);
}

bool
rig_check(const char *data, uint64_t at, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)data[i] != rig_byte(at + i))
			return false;
	return true;
}

static void *
source(void *arg)
{
	struct rig_source *rig = arg;
	char *data = malloc(rig->piece);
	uint64_t at = 0;

	while (data != NULL && at < rig->total) {
		size_t len = rig->total - at < rig->piece
				 ? (size_t)(rig->total - at)
				 : rig->piece;
		ssize_t n;

		rig_fill(data, at, len);
		n = write(rig->descriptor, data, len);
		if (n == -1)
			break;
		at += (uint64_t)n;
	}
	free(data);
	if (!rig->hold)
		(void)close(rig->descriptor);
	return NULL;
}

void
rig_source_start(struct rig_source *rig)
{
	assert_int_equal(pthread_create(&rig->thread, NULL, source, rig), 0);
}

void
rig_source_join(struct rig_source *rig)
{
	assert_int_equal(pthread_join(rig->thread, NULL), 0);
}

static void *
drain(void *arg)
{
	struct rig_drain *rig = arg;
	char *data = malloc(PIECE);

	for (;;) {
		ssize_t n =
		    data == NULL ? -1 : read(rig->descriptor, data, PIECE);

		if (n <= 0)
			break;
		if (!rig_check(data, rig->total, (size_t)n))
			rig->wrong = true;
		rig->total += (uint64_t)n;
	}
	free(data);
	return NULL;
}

void
rig_drain_start(struct rig_drain *rig)
{
	assert_int_equal(pthread_create(&rig->thread, NULL, drain, rig), 0);
}

void
rig_drain_join(struct rig_drain *rig)
{
	assert_int_equal(pthread_join(rig->thread, NULL), 0);
	(void)close(rig->descriptor);
}

void
rig_wait(int descriptor)
{
	struct pollfd poll_fd = { .fd = descriptor, .events = POLLIN };

	assert_int_equal(poll(&poll_fd, 1, RIG_PATIENCE), 1);
}

bool
rig_readable(int descriptor)
{
	struct pollfd poll_fd = { .fd = descriptor, .events = POLLIN };

	return poll(&poll_fd, 1, 0) == 1;
}

void
rig_pipe(int ends[2])
{
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
}
