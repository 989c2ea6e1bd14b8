/* SPDX-License-Identifier: MIT */
/*
 * The task that "tend run" was handed: its token and what else is known.
 *
 * The token is the right to end the task, so it must not be seen by whoever
 * can list processes: once read it is overwritten where it stood, in argv and
 * in the environment.
 */
#ifndef TEND_TASK_H
#define TEND_TASK_H

#include "aws/swf.h"
#include "base/err.h"
#include "tend/options.h"

/*
 * Reads the task from where the options say.  Returns 0, or -1 with "err".
 * Only "token" is sure to be there; swf_task_clear() frees it.
 */
int task_read(struct swf_task *task, const struct options *options,
    struct err *err);

#endif
