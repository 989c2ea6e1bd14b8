/* SPDX-License-Identifier: MIT */
/*
 * tend-guard: stands between tend and one command.  It runs the command,
 * stops its whole tree when tend says so, when the lease has run out, or when
 * tend is gone, and waits until nobody is left.  See message.h for how it is
 * started and what is said.
 *
 * There is a guard for every command that runs, so it is small: no stdio, no
 * malloc, and nothing of the rest of tend.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "guard/channel.h"
#include "guard/kernel.h"
#include "guard/lease.h"
#include "guard/message.h"
#include "guard/place.h"
#include "guard/supervise.h"
#include "guard/user.h"

enum {
	/* Between two rounds of SIGKILL if nobody has ended meanwhile. */
	ROUND_MS = 20,
	/* Without close_range(2), descriptors above are not looked for. */
	DESCRIPTORS_MAX = 1 << 20,
	/* What a mapping may begin at; a lease is in one of these. */
	PAGE = 65536
};

/* What wakes the guard up. */
struct sources {
	int channel;
	int signals; /* signalfd: SIGCHLD */
	int timer;   /* timerfd: CLOCK_BOOTTIME, as suspend counts too */
};

/*
 * Blocks everything but what a fault of our own raises.  Whoever sends one
 * of those from outside kills the guard, and with it the command.
 */
static void
block_signals(void)
{
	static const int faults[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP,
		SIGSYS, SIGABRT };
	uint64_t bits = UINT64_MAX;

	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
		bits &= ~((uint64_t)1 << (faults[i] - 1));
	(void)kernel_set_mask(bits);
}

/* The page with the lease; its descriptor is not needed any more. */
static const struct guard_lease *
map_lease(const struct place *place)
{
	int within = place->offset % PAGE;
	char *page;

	if (place->file == -1)
		return NULL;
	page = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, place->file,
	    place->offset - within);
	(void)close(place->file);
	return page == MAP_FAILED
		   ? NULL
		   : (const struct guard_lease *)(void *)(page + within);
}

static int
open_sources(struct sources *sources)
{
	sigset_t children;

	(void)sigemptyset(&children);
	(void)sigaddset(&children, SIGCHLD);
	sources->signals = signalfd(-1, &children, SFD_CLOEXEC | SFD_NONBLOCK);
	sources->timer =
	    timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
	return sources->signals == -1 || sources->timer == -1 ? -1 : 0;
}

/* Waits for START.  False: it did not come. */
static bool
wait_for_start(int channel, struct guard_message *message)
{
	struct pollfd wait = { channel, POLLIN, 0 };
	enum channel_read got;

	while ((got = channel_receive(channel, message)) == CHANNEL_NOTHING)
		(void)poll(&wait, 1, -1);
	return got == CHANNEL_MESSAGE && message->type == GUARD_START;
}

static void
close_from_to(unsigned first, unsigned last)
{
	struct rlimit limit = { DESCRIPTORS_MAX, DESCRIPTORS_MAX };

	if (kernel_close_range(first, last, 0) == 0)
		return;
	(void)getrlimit(RLIMIT_NOFILE, &limit);
	if (limit.rlim_cur > DESCRIPTORS_MAX)
		limit.rlim_cur = DESCRIPTORS_MAX;
	for (unsigned fd = first; fd <= last && fd < limit.rlim_cur; fd++)
		(void)close((int)fd);
}

static int
compare(const void *left, const void *right)
{
	const int a = *(const int *)left;
	const int b = *(const int *)right;

	return (a > b) - (a < b);
}

/*
 * Keeps nothing of the command's: neither its working directory, which could
 * then not be unmounted, nor its descriptors, whose locks and readers wait
 * for the last one to be closed.
 */
static void
let_go(const struct sources *sources, int result)
{
	int kept[] = { sources->channel, sources->signals, sources->timer,
		result };
	unsigned first = 0;

	qsort(kept, sizeof(kept) / sizeof(kept[0]), sizeof(kept[0]), compare);
	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
		if (kept[i] == -1)
			continue;
		if ((unsigned)kept[i] > first)
			close_from_to(first, (unsigned)kept[i] - 1);
		first = (unsigned)kept[i] + 1;
	}
	close_from_to(first, ~0U);
	if (chdir("/") == -1)
		return;
}

static int64_t
now_ms(void)
{
	struct timespec now = { 0, 0 };

	(void)clock_gettime(CLOCK_BOOTTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Arms the timer for an instant; SUPERVISE_NEVER disarms it. */
static void
arm(int timer, int64_t at)
{
	struct itimerspec when = { { 0, 0 }, { 0, 0 } };

	if (at != SUPERVISE_NEVER) {
		when.it_value.tv_sec = (time_t)(at > 0 ? at / 1000 : 0);
		when.it_value.tv_nsec =
		    at > 0 ? (long)(at % 1000) * 1000000 : 1;
		if (when.it_value.tv_sec == 0 && when.it_value.tv_nsec == 0)
			when.it_value.tv_nsec = 1;
	}
	(void)timerfd_settime(timer, TFD_TIMER_ABSTIME, &when, NULL);
}

/* What there is to look at. */
struct news {
	bool said; /* by tend */
	bool children;
};

/* Sleeps until something happens, and empties what woke it up. */
static void
wait_for_news(const struct sources *sources, const struct supervise *s,
    struct news *news)
{
	struct pollfd waits[] = {
		{ s->channel, POLLIN, 0 },
		{ sources->signals, POLLIN, 0 },
		{ sources->timer, POLLIN, 0 },
		{ s->result, POLLIN, 0 },
	};
	struct signalfd_siginfo info;
	uint64_t ticks;
	int timeout = -1;

	if (s->killing)
		timeout = s->progress ? 0 : ROUND_MS;
	(void)poll(waits, sizeof(waits) / sizeof(waits[0]), timeout);
	news->said = waits[0].revents != 0;
	news->children = waits[1].revents != 0 || waits[3].revents != 0;
	while (waits[1].revents != 0 &&
	       read(sources->signals, &info, sizeof(info)) > 0)
		continue;
	while (waits[2].revents != 0 &&
	       read(sources->timer, &ticks, sizeof(ticks)) > 0)
		continue;
}

/*
 * There may be thousands of guards: each looks only where there is something
 * to be seen, and leaves a timer alone that will go off too early.
 */
static void
supervise(struct supervise *s, const struct sources *sources)
{
	struct news news = { true, true };
	int64_t armed = SUPERVISE_NEVER;
	int64_t now;
	int64_t due;

	for (;;) {
		if (news.children || s->exited || s->killing)
			supervise_children(s);
		if (news.said)
			supervise_hear(s);
		now = now_ms();
		supervise_time(s, now);
		if (s->over)
			return;
		due = supervise_deadline(s);
		if (due < armed || armed <= now) {
			arm(sources->timer, due);
			armed = due;
		}
		wait_for_news(sources, s, &news);
	}
}

int
main(int argc, char **argv)
{
	struct guard_message message;
	struct sources sources;
	const struct guard_lease *lease;
	struct place place;
	struct supervise s;
	struct user user = { .given = false };

	block_signals();
	if (argc < 3 || place_parse(&place, &user, argv[1]) == -1 ||
	    fcntl(place.channel, F_SETFD, FD_CLOEXEC) == -1)
		return GUARD_EXIT_USAGE;
	sources.channel = place.channel;
	lease = map_lease(&place);
	if (lease == NULL && place.file != -1)
		return GUARD_EXIT_SYSTEM;
	(void)setpgid(0, 0);
	(void)kernel_ignore(SIGCHLD, false);
	if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == -1)
		return GUARD_EXIT_SYSTEM;
	if (!wait_for_start(sources.channel, &message))
		return GUARD_EXIT_OK;
	if (open_sources(&sources) == -1) {
		message.error = errno;
		message.type = GUARD_EXEC_FAILED;
		(void)channel_send(sources.channel, &message);
		return GUARD_EXIT_OK;
	}
	supervise_start(&s, &message, sources.channel, lease, &user, argv);
	let_go(&sources, s.result);
	supervise(&s, &sources);
	(void)close(sources.signals);
	(void)close(sources.timer);
	/* Nothing else is to be given back. */
	_exit(GUARD_EXIT_OK);
}
