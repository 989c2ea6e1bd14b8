/* SPDX-License-Identifier: MIT */
/*
 * Descriptors of the simulated host, and what is behind those that are no
 * files of the disk.  A number is one descriptor of one process.
 */
#include "config.h"

#include "whole.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/clock.h"
#include "process/helper.h"

#include "whole_over.h"

/* ---- the table ---- */

struct descriptor *
descriptor_of(int fd)
{
	struct descriptor *d;

	if (fd < FIRST_DESCRIPTOR || fd >= FIRST_DESCRIPTOR + DESCRIPTORS)
		return NULL;
	d = &world.descriptors[fd - FIRST_DESCRIPTOR];
	return d->kind == DESCRIPTOR_NONE ? NULL : d;
}

struct descriptor *
descriptor_at(int fd)
{
	struct descriptor *d = descriptor_of(fd);

	if (d == NULL)
		broken("a descriptor that is used is open");
	return d;
}

int
descriptor_new(enum descriptor_kind kind, pid_t owner, int which)
{
	for (int i = 0; i < DESCRIPTORS; i++) {
		struct descriptor *d = &world.descriptors[i];

		if (d->kind != DESCRIPTOR_NONE)
			continue;
		*d = (struct descriptor){
			.kind = kind,
			.owner = owner,
			.which = which,
			.at = INSTANT_NEVER,
		};
		return FIRST_DESCRIPTOR + i;
	}
	broken("the simulation's descriptors are enough");
}

void
pipe_hold(int pipe, int change)
{
	if (pipe != -1)
		world.pipes[pipe].writers += change;
}

void
pipe_write(int pipe, const char *text)
{
	struct pipe *p = &world.pipes[pipe];
	size_t len = strlen(text);

	if (pipe == -1 || p->readers == 0 || p->len + len > sizeof(p->text))
		return;
	memcpy(p->text + p->len, text, len);
	p->len += len;
}

/* What else has to be done when one more is there, or one less. */
static void
count(const struct descriptor *d, int change)
{
	switch ((int)d->kind) {
	case DESCRIPTOR_CHANNEL:
		world.channels[d->which].holders[d->end] += change;
		break;
	case DESCRIPTOR_PIPE_READ:
		world.pipes[d->which].readers += change;
		break;
	case DESCRIPTOR_PIPE_WRITE:
		world.pipes[d->which].writers += change;
		break;
	case DESCRIPTOR_FILE:
		world.files[d->which].opened += change;
		break;
	default:
		break;
	}
}

/* The guard at the other end hears that there is nobody any more. */
static void
tell_guard(const struct descriptor *d)
{
	if (d->kind != DESCRIPTOR_CHANNEL || d->end != 0 ||
	    world.channels[d->which].holders[0] > 0)
		return;
	for (int i = 0; i < world.guard_count; i++) {
		struct guard_process *guard = &world.guards[i];
		const struct descriptor *end = descriptor_of(guard->channel);

		if (!guard->alive || end == NULL || end->which != d->which ||
		    end->kind != DESCRIPTOR_CHANNEL)
			continue;
		guard->said = true;
		guard_schedule(guard, world.now);
	}
}

void
descriptor_close(int fd)
{
	struct descriptor *d = descriptor_of(fd);
	struct descriptor was;

	if (d == NULL)
		return;
	was = *d;
	d->kind = DESCRIPTOR_NONE;
	count(&was, -1);
	tell_guard(&was);
	if (was.kind == DESCRIPTOR_EPOLL)
		world.epolls[was.which].used = false;
	if (was.kind == DESCRIPTOR_FILE)
		disk_release(was.owner, fd, was.which);
	for (int i = 0; i < EPOLLS; i++) {
		struct epoll *epoll = &world.epolls[i];

		for (int j = 0; j < epoll->count; j++)
			if (epoll->watches[j].fd == fd)
				epoll->watches[j--] =
				    epoll->watches[--epoll->count];
	}
}

void
descriptors_close_all(pid_t owner)
{
	for (int i = 0; i < DESCRIPTORS; i++)
		if (world.descriptors[i].kind != DESCRIPTOR_NONE &&
		    world.descriptors[i].owner == owner)
			descriptor_close(FIRST_DESCRIPTOR + i);
}

bool
channel_has_news(int fd)
{
	const struct descriptor *d = descriptor_of(fd);
	const struct channel *channel;

	if (d == NULL || d->kind != DESCRIPTOR_CHANNEL)
		return false;
	channel = &world.channels[d->which];
	return channel->count[d->end] > 0 || channel->holders[1 - d->end] == 0;
}

bool
descriptor_is_ready(int fd)
{
	const struct descriptor *d = descriptor_of(fd);
	const struct life *life;

	if (d == NULL)
		return false;
	switch ((int)d->kind) {
	case DESCRIPTOR_TIMER:
		return d->at <= world.now;
	case DESCRIPTOR_EVENT:
		return d->count > 0;
	case DESCRIPTOR_SIGNALS:
		life = life_of(d->owner);
		return life != NULL && life->pending != 0;
	case DESCRIPTOR_CHANNEL:
		return channel_has_news(fd);
	case DESCRIPTOR_PIPE_READ:
		return world.pipes[d->which].taken <
			   world.pipes[d->which].len ||
		       world.pipes[d->which].writers == 0;
	default:
		return false;
	}
}

int
over_open(const char *path, int flags, ...)
{
	seam("open");
	(void)flags;
	if (strcmp(path, "/outcomes") == 0)
		return descriptor_new(DESCRIPTOR_OUTCOMES, world.actor, 0);
	if (strcmp(path, "/spool") == 0) {
		if (world.directory)
			return descriptor_new(DESCRIPTOR_DIRECTORY, world.actor,
			    0);
		errno = ENOENT;
		return -1;
	}
	return descriptor_new(DESCRIPTOR_OTHER, world.actor, 0);
}

int
over_close(int fd)
{
	seam("close");
	descriptor_close(fd);
	return 0;
}

/* F_DUPFD_CLOEXEC, F_SETFL, F_SETFD. */
int
over_fcntl(int fd, int command, int argument)
{
	const struct descriptor *d = descriptor_of(fd);
	int copy;

	(void)argument;
	if (command != F_DUPFD_CLOEXEC || d == NULL)
		return 0;
	copy = descriptor_new(d->kind, world.actor, d->which);
	descriptor_at(copy)->end = d->end;
	count(d, 1);
	return copy;
}

/* ---- epoll, and what is waited for by it ---- */

int
over_epoll_create1(int flags)
{
	int fd = descriptor_new(DESCRIPTOR_EPOLL, world.actor, 0);
	int i = 0;

	(void)flags;
	while (world.epolls[i].used)
		i++;
	world.epolls[i] = (struct epoll){ .used = true };
	descriptor_at(fd)->which = i;
	return fd;
}

int
over_epoll_ctl(int epoll, int what, int fd, struct epoll_event *event)
{
	struct epoll *e = &world.epolls[descriptor_at(epoll)->which];
	int i = 0;

	while (i < e->count && e->watches[i].fd != fd)
		i++;
	if (descriptor_of(fd) == NULL ||
	    (what == EPOLL_CTL_DEL) != (i < e->count)) {
		errno = EBADF;
		return -1;
	}
	if (what == EPOLL_CTL_DEL) {
		e->watches[i] = e->watches[--e->count];
		return 0;
	}
	if (e->count == WATCHES)
		broken("the simulation's watches are enough");
	e->watches[e->count++] = (struct watch){ fd, event->data.ptr };
	return 0;
}

bool
epoll_is_ready(int epoll)
{
	const struct epoll *e = &world.epolls[descriptor_at(epoll)->which];

	for (int i = 0; i < e->count; i++)
		if (descriptor_is_ready(e->watches[i].fd))
			return true;
	return false;
}

/* In whatever order. */
int
over_epoll_wait(int epoll, struct epoll_event *events, int most, int timeout)
{
	const struct epoll *e = &world.epolls[descriptor_at(epoll)->which];
	int first = e->count == 0 ? 0 : (int)roll_below(e->count);
	int got = 0;

	seam("epoll_wait");
	(void)timeout;
	for (int i = 0; i < e->count && got < most; i++) {
		const struct watch *watch = &e->watches[(first + i) % e->count];

		if (descriptor_is_ready(watch->fd))
			events[got++].data.ptr = watch->data;
	}
	return got;
}

int
clock_timer_open(void)
{
	return descriptor_new(DESCRIPTOR_TIMER, world.actor, 0);
}

int
clock_timer_arm(int timer, int64_t at)
{
	descriptor_at(timer)->at = at;
	plan_at(at, TICK, 0, 0);
	return 0;
}

int
helper_event(void)
{
	return descriptor_new(DESCRIPTOR_EVENT, world.actor, 0);
}

void
helper_notify(int event)
{
	seam("notify");
	descriptor_at(event)->count++;
}

void
helper_acknowledge(int event)
{
	descriptor_at(event)->count = 0;
}

int
over_signalfd(int fd, const sigset_t *set, int flags)
{
	(void)fd;
	(void)set;
	(void)flags;
	return descriptor_new(DESCRIPTOR_SIGNALS, world.actor, 0);
}

int
over_poll(struct pollfd *waits, nfds_t n, int timeout)
{
	(void)n;
	seam("poll");
	life_wait(WAIT_POLL, waits[0].fd, world.now + timeout);
	return 1;
}

/* ---- channels and pipes ---- */

int
over_socketpair(int domain, int type, int protocol, int ends[2])
{
	int which = world.channel_count++;

	(void)domain;
	(void)type;
	(void)protocol;
	seam("socketpair");
	if (which == CHANNELS)
		broken("the simulation's channels are enough");
	for (int i = 0; i < 2; i++) {
		ends[i] =
		    descriptor_new(DESCRIPTOR_CHANNEL, world.actor, which);
		descriptor_at(ends[i])->end = i;
		world.channels[which].holders[i] = 1;
	}
	return 0;
}

/* A new process has one of its own. */
int
channel_adopt(int fd, pid_t owner)
{
	const struct descriptor *d = descriptor_at(fd);
	int copy = descriptor_new(DESCRIPTOR_CHANNEL, owner, d->which);

	descriptor_at(copy)->end = d->end;
	count(d, 1);
	return copy;
}

static void
wake_guard(int which)
{
	for (int i = 0; i < world.guard_count; i++) {
		struct guard_process *guard = &world.guards[i];
		const struct descriptor *d = descriptor_of(guard->channel);

		if (!guard->alive || d == NULL || d->which != which)
			continue;
		guard->said = true;
		guard_schedule(guard, world.now + roll_below(world.think));
	}
}

ssize_t
over_send(int fd, const void *data, size_t len, int flags)
{
	const struct descriptor *d = descriptor_of(fd);
	struct channel *channel;
	int to;

	(void)flags;
	seam("send");
	if (d == NULL) {
		errno = EBADF;
		return -1;
	}
	channel = &world.channels[d->which];
	to = 1 - d->end;
	if (channel->holders[to] == 0 || channel->count[to] == CHANNEL_ROOM) {
		errno = channel->holders[to] == 0 ? EPIPE : EAGAIN;
		return -1;
	}
	memcpy(&world.messages[d->which][to]
			      [(channel->first[to] + channel->count[to]) %
				  CHANNEL_ROOM],
	    data, len);
	channel->count[to]++;
	if (to == 1)
		wake_guard(d->which);
	return (ssize_t)len;
}

ssize_t
over_recv(int fd, void *data, size_t len, int flags)
{
	const struct descriptor *d = descriptor_at(fd);
	struct channel *channel = &world.channels[d->which];

	(void)flags;
	seam("recv");
	if (channel->count[d->end] == 0) {
		errno = EAGAIN;
		return channel->holders[1 - d->end] == 0 ? 0 : -1;
	}
	memcpy(data, &world.messages[d->which][d->end][channel->first[d->end]],
	    len);
	channel->first[d->end] = (channel->first[d->end] + 1) % CHANNEL_ROOM;
	channel->count[d->end]--;
	return (ssize_t)len;
}

int
over_pipe2(int ends[2], int flags)
{
	int which = world.pipe_count++;

	(void)flags;
	seam("pipe");
	if (which == (int)ARRAY_SIZE(world.pipes))
		broken("the simulation's pipes are enough");
	ends[0] = descriptor_new(DESCRIPTOR_PIPE_READ, world.actor, which);
	ends[1] = descriptor_new(DESCRIPTOR_PIPE_WRITE, world.actor, which);
	world.pipes[which].readers = world.pipes[which].writers = 1;
	return 0;
}

/* ---- the rest ---- */

ssize_t
over_read(int fd, void *data, size_t len)
{
	const struct descriptor *d = descriptor_of(fd);

	if (d != NULL && d->kind == DESCRIPTOR_SIGNALS)
		return signals_read(d, data, len);
	if (d != NULL && d->kind == DESCRIPTOR_EXEC)
		return exec_read(d, data);
	if (d != NULL && d->kind == DESCRIPTOR_PIPE_READ) {
		struct pipe *pipe = &world.pipes[d->which];

		if (len > pipe->len - pipe->taken)
			len = pipe->len - pipe->taken;
		memcpy(data, pipe->text + pipe->taken, len);
		pipe->taken += len;
		errno = EAGAIN;
		return len == 0 && pipe->writers > 0 ? -1 : (ssize_t)len;
	}
	errno = EBADF;
	return -1;
}

ssize_t
over_write(int fd, const void *data, size_t len)
{
	const struct descriptor *d = descriptor_of(fd);

	seam("write");
	if (d != NULL && d->kind == DESCRIPTOR_OUTCOMES)
		check_said(data, len);
	return (ssize_t)len;
}

/* The leases of all tends are in one. */
int
over_memfd_create(const char *name, unsigned flags)
{
	(void)name;
	(void)flags;
	return descriptor_new(DESCRIPTOR_OTHER, 0, 0);
}

int
over_ftruncate(int fd, off_t size)
{
	(void)fd;
	(void)size;
	return 0;
}

/* The leases: they live on for as long as a guard has them. */
static struct guard_lease *leases;

void *
over_mmap(void *at, size_t len, int protection, int flags, int fd, off_t offset)
{
	(void)at;
	(void)protection;
	(void)flags;
	(void)fd;
	(void)offset;
	if (leases == NULL)
		leases = calloc(1, len);
	world.leases = leases;
	return leases;
}
