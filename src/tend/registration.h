/* SPDX-License-Identifier: MIT */
/*
 * --register: has SWF know activity types before their tasks are polled for.
 *
 * RegisterActivityType for each of the list, one after the other; a type that
 * is there already is fine.  A service that cannot be reached is tried again
 * (250 ms, doubling to a minute), a refusal is the end.
 */
#ifndef TEND_REGISTRATION_H
#define TEND_REGISTRATION_H

#include "base/err.h"

struct loop;
struct options;
struct registration;
struct swf_client;

/* Checks the list.  Returns 0, or -1 with "err". */
int registration_check(const struct options *options, struct err *err);

/*
 * "done" is called once, from the loop: with NULL when all are registered,
 * else with what is wrong.
 */
struct registration *registration_new(struct loop *loop,
    struct swf_client *client, const struct options *options,
    void (*done)(void *arg, const struct err *problem), void *arg);

/* Forgets what is under way; NULL is ignored. */
void registration_free(struct registration *);

#endif
