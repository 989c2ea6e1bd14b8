/* SPDX-License-Identifier: MIT */
/*
 * A command that dies at once when it is told to, and says when that was:
 *
 *	term_probe FILE
 *
 * FILE gets the instant at which SIGTERM arrived, in microseconds of
 * CLOCK_BOOTTIME.  It is written through a mapping: what is timed next is how
 * soon the end of this process is known.
 */
#include "config.h"

#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

int
main(int argc, char **argv)
{
	struct timespec now;
	int64_t *place;
	sigset_t set;
	int signal;
	int fd;

	if (argc != 2)
		return 2;
	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTERM);
	if (sigprocmask(SIG_BLOCK, &set, NULL) == -1)
		return 1;
	fd = open(argv[1], O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd == -1 || ftruncate(fd, sizeof(*place)) == -1)
		return 1;
	place = mmap(NULL, sizeof(*place), PROT_READ | PROT_WRITE, MAP_SHARED,
	    fd, 0);
	if (place == MAP_FAILED)
		return 1;
	printf("ready\n");
	(void)fflush(stdout);
	if (sigwait(&set, &signal) != 0)
		return 1;
	(void)clock_gettime(CLOCK_BOOTTIME, &now);
	*place = (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
	_exit(143);
}
