/* SPDX-License-Identifier: MIT */
/*
 * Where the programs are that belong to this one.
 */
#ifndef PROCESS_PROGRAM_H
#define PROCESS_PROGRAM_H

#include <stdbool.h>

/* "name" in the directory of the running program: a new string, or NULL. */
char *program_beside(const char *name);

/* Whether there is a program at "path". */
bool program_is(const char *path);

#endif
