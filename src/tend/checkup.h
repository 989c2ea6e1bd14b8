/* SPDX-License-Identifier: MIT */
/*
 * What a worker answers to those who watch it, over tend/listen.h:
 *
 *   /healthz   whether it is healthy (tend/health.h): 200, or 503 and why
 *   /livez     200, as soon as it is asked: its loop turns
 *   /metrics   its numbers (tend/exposition.h)
 */
#ifndef TEND_CHECKUP_H
#define TEND_CHECKUP_H

#include <stdbool.h>
#include <stdint.h>

#include "tend/listen.h"

struct drain;
struct numbers;
struct options;
struct poller;
struct slots;

/* The parts of the worker, which outlive it. */
struct checkup {
	const struct loop *loop;
	const struct options *options;
	const struct numbers *numbers;
	const struct slots *slots;
	const struct poller *poller;
	const struct drain *drain;
	int64_t started_at; /* wall time, ms */
	bool begun;         /* to poll */
};

/* A listen_function; "arg" is a struct checkup. */
void checkup_answer(void *arg, const char *path, const char *accept,
    struct listen_answer *answer);

#endif
