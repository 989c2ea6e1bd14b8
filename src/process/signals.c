/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "process/signals.h"

#include <errno.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

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
