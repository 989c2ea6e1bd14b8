/* SPDX-License-Identifier: MIT */
/*
 * The command's environment: tend's own, less its options, plus the task's.
 *
 * TEND_* variables are taken out, so that a tend inside a tend is not changed
 * by them; so are the SWF_* variables of an outer tend, and what the user does
 * not want the command to have, such as AWS_*.  The task's input is
 * never in here: 32,768 characters can be more than one variable may hold.
 */
#ifndef TEND_ENVIRONMENT_H
#define TEND_ENVIRONMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "aws/swf.h"

struct identity;

struct environment_facts {
	const struct swf_task *task;
	const char *domain; /* NULL: not known; likewise below */
	const char *task_list;
	const char *input_file; /* NULL: none; likewise below */
	const char *result_file;
	int progress_fd;           /* -1: none */
	int64_t heartbeat_timeout; /* INSTANT_NEVER: none, or not known */
	const char *resume_details;
	const char *mark;                /* "" is none, too */
	bool terminal;                   /* it has one: TERM is needed */
	const struct identity *identity; /* NULL: as tend */
	/* Globs: names of tend's own environment that are not passed on. */
	const char *const *denies;
	size_t deny_count;
};

/* A new array of new strings, NULL at the end. */
char **environment_new(char *const *outer,
    const struct environment_facts *facts);
void environment_free(char **environment);

#endif
