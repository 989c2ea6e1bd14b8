/* SPDX-License-Identifier: MIT */
/*
 * A legacy program, as far as its output goes: it prints by stdio and never
 * flushes.  "dots PATH" prints a percentage and some dots without a line's
 * end after it, waits for the file PATH to exist, and says that it is done.
 */
#include <stdio.h>
#include <time.h>
#include <unistd.h>

int
main(int argc, char **argv)
{
	const struct timespec moment = { .tv_nsec = 10 * 1000 * 1000 };

	if (argc != 2)
		return 2;
	(void)printf("42%%\n");
	(void)printf("...");
	while (access(argv[1], F_OK) == -1)
		(void)nanosleep(&moment, NULL);
	(void)printf("done\n");
	return 0;
}
