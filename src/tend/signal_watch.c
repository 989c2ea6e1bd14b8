/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "tend/signal_watch.h"

#include <signal.h>
#include <unistd.h>

#include "process/inherited.h"
#include "process/signals.h"
#include "tend/loop.h"

static void
stop(struct signal_watch *watch, int signal)
{
	if (inherited_ignores(watch->inherited, signal) ||
	    signals_is_echo(&watch->request, signal, loop_now(watch->loop)))
		return;
	watch->requests++;
	watch->handlers.stop(watch->arg, signal, watch->requests);
}

static void
forward(const struct signal_watch *watch, int signal)
{
	if (watch->handlers.forward != NULL)
		watch->handlers.forward(watch->arg, signal);
}

static void
on_signal(struct signal_watch *watch, int signal)
{
	switch (signal) {
	case SIGTERM:
	case SIGINT:
	case SIGQUIT:
		stop(watch, signal);
		break;
	case SIGCHLD:
		watch->handlers.child(watch->arg);
		break;
	case SIGTSTP:
		watch->handlers.suspend(watch->arg);
		break;
	case SIGCONT:
		watch->handlers.resume(watch->arg);
		break;
	case SIGHUP:
	case SIGUSR1:
	case SIGUSR2:
	case SIGWINCH:
	case SIGALRM:
		forward(watch, signal);
		break;
	default:
		if (signal >= SIGRTMIN && signal <= SIGRTMAX)
			forward(watch, signal);
		break;
	}
}

static void
on_signals(void *arg)
{
	struct signal_watch *watch = arg;
	struct signal_info info;

	while (signals_next(watch->descriptor, &info))
		on_signal(watch, info.signal);
}

int
signal_watch_open(struct signal_watch *watch, struct loop *loop,
    const struct inherited *inherited, const struct signal_handlers *handlers,
    void *arg, struct err *err)
{
	*watch = (struct signal_watch){
		.loop = loop,
		.inherited = inherited,
		.handlers = *handlers,
		.arg = arg,
		.descriptor = signals_open(),
	};
	if (watch->descriptor == -1)
		return err_errno(err, "cannot receive signals");
	watch->watch =
	    loop_watch(loop, watch->descriptor, on_signals, watch, err);
	return watch->watch == NULL ? -1 : 0;
}

void
signal_watch_close(struct signal_watch *watch)
{
	if (watch->loop == NULL)
		return;
	loop_unwatch(watch->watch);
	if (watch->descriptor != -1)
		(void)close(watch->descriptor);
}
