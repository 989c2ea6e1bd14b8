/* SPDX-License-Identifier: MIT */
/*
 * tend: runs a command as an Amazon SWF activity task.
 */
#include "config.h"

#include <stdio.h>

int
main(void)
{
	printf("tend %s\n", PACKAGE_VERSION);
	return 0;
}
