/* SPDX-License-Identifier: MIT */
/*
 * What the tests of output share: a stream of bytes that can be checked at
 * any place, threads that write and read it, and waiting with a limit.
 */
#ifndef TESTS_OUTPUT_RIG_H
#define TESTS_OUTPUT_RIG_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* No condition in these tests takes this long, in milliseconds. */
enum { RIG_PATIENCE = 20000 };

/* Byte number "at" of the stream; no two pieces look the same for long. */
unsigned char rig_byte(uint64_t at);
void rig_fill(char *data, uint64_t at, size_t len);
/* Whether "data" is the stream from "at" on. */
bool rig_check(const char *data, uint64_t at, size_t len);

/* A thread that writes "total" bytes of the stream and closes. */
struct rig_source {
	int descriptor;
	uint64_t total;
	size_t piece; /* bytes in one write(2) */
	bool hold;    /* do not close at the end */
	pthread_t thread;
};
void rig_source_start(struct rig_source *rig);
void rig_source_join(struct rig_source *rig);

/* A thread that reads to the end and checks. */
struct rig_drain {
	int descriptor;
	uint64_t total;
	bool wrong;
	pthread_t thread;
};
void rig_drain_start(struct rig_drain *rig);
void rig_drain_join(struct rig_drain *rig);

/* Waits until "descriptor" is readable; fails the test if it never is. */
void rig_wait(int descriptor);
bool rig_readable(int descriptor);

/* A pipe, close-on-exec. */
void rig_pipe(int ends[2]);

#endif
