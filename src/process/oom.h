/* SPDX-License-Identifier: MIT */
/*
 * Whether the kernel has ended processes of this cgroup for want of memory.
 *
 * A command that died by SIGKILL was not necessarily hit by the OOM killer;
 * only the cgroup's own count can tell: "oom_kill" in memory.events (version
 * 2) or in memory.oom_control (version 1).
 */
#ifndef PROCESS_OOM_H
#define PROCESS_OOM_H

#include <stdint.h>

/* The count so far; -1 if this process's cgroup does not tell. */
int64_t oom_kills(void);

#endif
