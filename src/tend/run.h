/* SPDX-License-Identifier: MIT */
/*
 * tend run: one command supervised as the activity task that was handed over.
 */
#ifndef TEND_RUN_H
#define TEND_RUN_H

struct inherited;

/* argv[0] is "run".  Returns the exit status of the process. */
int run_main(int argc, char **argv, struct inherited *inherited);

#endif
