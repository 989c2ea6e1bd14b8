/* SPDX-License-Identifier: MIT */
/*
 * The command that takes up what "tend submit" has left open, as it is typed
 * into a shell: the same service, domain and workflow.
 */
#ifndef TEND_ATTACH_H
#define TEND_ATTACH_H

struct options;

/* "run_id" may be NULL: not known.  Free it. */
char *attach_command(const struct options *options, const char *workflow_id,
    const char *run_id);

#endif
