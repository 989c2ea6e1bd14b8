/* SPDX-License-Identifier: MIT */
/*
 * What src/aws needs of the program around it (aws/world.h), made of HTTP,
 * the loop and process/capture.
 *
 * A program gets the environment that tend was started with, AWS_* and all,
 * but none of the TEND_* variables, which are no business of its.
 */
#ifndef TEND_WORLD_H
#define TEND_WORLD_H

#include <sys/queue.h>

#include "aws/world.h"

struct http;
struct inherited;
struct loop;

struct world {
	struct aws_world aws; /* to be handed on */
	struct loop *loop;
	const struct inherited *inherited;
	LIST_HEAD(world_runs, aws_running) runs;
};

/* All of these outlive it, or world_clear(). */
void world_init(struct world *, struct http *http, struct loop *loop,
    const struct inherited *inherited);

/* Kills what still runs; a struct that is all zero is fine. */
void world_clear(struct world *);

#endif
