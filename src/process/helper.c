/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "process/helper.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { STACK = 256 * 1024 };

bool
helper_start(pthread_t *thread, void *(*run)(void *), void *arg)
{
	pthread_attr_t attr;
	sigset_t all, before;
	bool started;

	if (pthread_attr_init(&attr) != 0)
		return false;
	(void)pthread_attr_setstacksize(&attr, STACK);
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	started = pthread_create(thread, &attr, run, arg) == 0;
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	(void)pthread_attr_destroy(&attr);
	return started;
}

int
helper_event(void)
{
	return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
}

/* It cannot fail but when it is full of wake-ups. */
void
helper_notify(int event)
{
	uint64_t one = 1;

	while (write(event, &one, sizeof(one)) == -1 && errno == EINTR)
		continue;
}

void
helper_acknowledge(int event)
{
	uint64_t count;

	while (read(event, &count, sizeof(count)) == -1 && errno == EINTR)
		continue;
}
