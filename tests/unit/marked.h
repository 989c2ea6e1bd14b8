/* SPDX-License-Identifier: MIT */
/*
 * Processes with the mark of a task in their environment.
 */
#ifndef TESTS_MARKED_H
#define TESTS_MARKED_H

#include <sys/types.h>

/*
 * Starts a shell, with the variable "mark" (NAME=VALUE), whose script has to
 * print something when it runs; that is waited for.
 */
pid_t marked_start(const char *script, const char *mark);

/* Waits for its end; the signal that ended it, or 0. */
int marked_wait(pid_t pid);

#endif
