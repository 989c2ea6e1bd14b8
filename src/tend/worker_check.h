/* SPDX-License-Identifier: MIT */
/*
 * What can be found wrong with how a worker was called before it does
 * anything.
 */
#ifndef TEND_WORKER_CHECK_H
#define TEND_WORKER_CHECK_H

#include "base/err.h"

struct inherited;
struct options;

/*
 * Both return 0, or -1 with "err".  The first looks at what was said, and
 * fills in the --output that follows from the number of slots; nothing has to
 * be open for it.  The second asks whether there are descriptors enough, and
 * raises this process's limit as far as it goes.
 */
int worker_check(struct options *options, const char *identity,
    struct err *err);
int worker_check_files(const struct options *options,
    struct inherited *inherited, struct err *err);

#endif
