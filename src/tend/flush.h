/* SPDX-License-Identifier: MIT */
/*
 * "tend flush": delivers what is left in a spool directory.
 */
#ifndef TEND_FLUSH_H
#define TEND_FLUSH_H

struct inherited;

/* argv[0] is "flush".  Returns the exit status of the process. */
int flush_main(int argc, char **argv, struct inherited *inherited);

#endif
