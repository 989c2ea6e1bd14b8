/* SPDX-License-Identifier: MIT */
/*
 * tend try: one command supervised as an activity of a private swf-local, and
 * what SWF would have seen of it.
 */
#ifndef TEND_TRY_H
#define TEND_TRY_H

struct inherited;

/* argv[0] is "try".  Returns the exit status of the process. */
int try_main(int argc, char **argv, struct inherited *inherited);

#endif
