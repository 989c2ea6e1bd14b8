/* SPDX-License-Identifier: MIT */
/*
 * Helper threads: for calls that can block for good.
 *
 * A helper has all signals blocked, touches nothing but a queue that it shares
 * with the one thread that is not a helper, and wakes that by an eventfd.
 */
#ifndef PROCESS_HELPER_H
#define PROCESS_HELPER_H

#include <pthread.h>
#include <stdbool.h>

/* Starts one.  False: there can be no thread now. */
bool helper_start(pthread_t *thread, void *(*run)(void *), void *arg);

/* A descriptor (non-blocking, close-on-exec), or -1 with errno. */
int helper_event(void);

/* Makes it readable, and unreadable again. */
void helper_notify(int event);
void helper_acknowledge(int event);

#endif
