/* SPDX-License-Identifier: MIT */
/*
 * process/leases.c and process/guard.c as they are, over the simulated system
 * calls, and what they keep for the whole life of a process: here that is a
 * history.
 */
#include "whole_calls.h"

/* NOLINTBEGIN(bugprone-suspicious-include): to have what is static */
#include "process/guard.c"
#include "process/leases.c"
/* NOLINTEND(bugprone-suspicious-include) */

void statics_forget(void);

void
statics_forget(void)
{
	memset(guards, 0, sizeof(guards));
	any_released = false;
	leases = NULL;
	file = -1;
	freed_count = 0;
	begun = 0;
}
