/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "process/signals.h"

#include <errno.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "process/inherited.h"

/* ms: the same signal again is then no second request. */
enum { ECHO_WITHIN = 100 };

int
signals_open(void)
{
	sigset_t all;

	(void)sigfillset(&all);
	return signalfd(-1, &all, SFD_NONBLOCK | SFD_CLOEXEC);
}

bool
signals_next(int signals, struct signal_info *info)
{
	struct signalfd_siginfo raw;
	ssize_t n;

	do
		n = read(signals, &raw, sizeof(raw));
	while (n == -1 && errno == EINTR);
	if (n != (ssize_t)sizeof(raw))
		return false;
	info->signal = (int)raw.ssi_signo;
	info->sender = raw.ssi_code <= 0 ? (pid_t)raw.ssi_pid : 0;
	return true;
}

void
signals_keep(const struct inherited *inherited, const int *signals,
    size_t count)
{
	sigset_t mask = inherited->mask;

	(void)sigaddset(&mask, SIGPIPE);
	for (size_t i = 0; i < count; i++)
		(void)sigaddset(&mask, signals[i]);
	(void)sigprocmask(SIG_SETMASK, &mask, NULL);
}

void
signals_restore(const struct inherited *inherited)
{
	(void)sigprocmask(SIG_SETMASK, &inherited->mask, NULL);
}

/*
 * Counted from the request, not from its echo: who goes on and on sending it
 * does mean more.
 */
bool
signals_is_echo(struct signals_request *request, int signal, int64_t now)
{
	if (signal == request->signal && now - request->at < ECHO_WITHIN)
		return true;
	request->signal = signal;
	request->at = now;
	return false;
}
