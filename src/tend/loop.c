/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "tend/loop.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "aws/http.h"
#include "base/clock.h"
#include "base/instant.h"
#include "base/mem.h"

/* How many descriptors are served in one wake-up; the rest is next. */
enum { EVENTS_PER_WAKE = 64 };

/* The timer has gone off; no instant is like it. */
#define GONE_OFF INT64_MIN

struct loop_watch {
	struct loop *loop;
	int descriptor;
	loop_function *call;
	void *arg;
	bool on;
	bool dead; /* removed while its wake-up is being served */
	struct loop_watch *next_dead;
};

struct loop {
	struct http *http;
	int epoll;
	int timerfd;
	int64_t now;
	int64_t armed_at;
	bool stopped;
	struct loop_timer **heap; /* from 1 on: place 0 is "not armed" */
	size_t heap_count;
	size_t heap_room;
	uint64_t armings;
	struct loop_watch *dead;
};

struct loop *
loop_new(struct http *http, struct err *err)
{
	struct loop *loop = mem_new(1, sizeof(*loop));
	struct epoll_event event = { .events = EPOLLIN };

	loop->http = http;
	loop->now = clock_boot();
	loop->armed_at = INSTANT_NEVER;
	loop->epoll = epoll_create1(EPOLL_CLOEXEC);
	loop->timerfd = clock_timer_open();
	if (loop->epoll == -1 || loop->timerfd == -1 ||
	    epoll_ctl(loop->epoll, EPOLL_CTL_ADD, loop->timerfd, &event) ==
		-1) {
		(void)err_errno(err, "cannot set up the event loop");
		loop_free(loop);
		return NULL;
	}
	return loop;
}

/* Watches removed during a wake-up may still be in its list of events. */
static void
bury(struct loop *loop)
{
	while (loop->dead != NULL) {
		struct loop_watch *watch = loop->dead;

		loop->dead = watch->next_dead;
		free(watch);
	}
}

void
loop_free(struct loop *loop)
{
	if (loop == NULL)
		return;
	bury(loop);
	if (loop->timerfd != -1)
		(void)close(loop->timerfd);
	if (loop->epoll != -1)
		(void)close(loop->epoll);
	free(loop->heap);
	free(loop);
}

int64_t
loop_now(const struct loop *loop)
{
	return loop->now;
}

void
loop_refresh(struct loop *loop)
{
	loop->now = clock_boot();
}

struct loop_watch *
loop_watch(struct loop *loop, int descriptor, loop_function *call, void *arg,
    struct err *err)
{
	struct loop_watch *watch = mem_new(1, sizeof(*watch));
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = watch };

	watch->loop = loop;
	watch->descriptor = descriptor;
	watch->call = call;
	watch->arg = arg;
	watch->on = true;
	if (epoll_ctl(loop->epoll, EPOLL_CTL_ADD, descriptor, &event) == -1) {
		(void)err_errno(err, "cannot watch descriptor %d", descriptor);
		free(watch);
		return NULL;
	}
	return watch;
}

/*
 * Off means out of the set: epoll reports a hang-up whatever was asked for,
 * and a level-triggered hang-up that nobody serves is a busy loop.
 */
void
loop_watch_on(struct loop_watch *watch, bool on)
{
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = watch };

	if (watch->on == on)
		return;
	watch->on = on;
	(void)epoll_ctl(watch->loop->epoll, on ? EPOLL_CTL_ADD : EPOLL_CTL_DEL,
	    watch->descriptor, &event);
}

void
loop_unwatch(struct loop_watch *watch)
{
	if (watch == NULL)
		return;
	loop_watch_on(watch, false);
	watch->dead = true;
	watch->next_dead = watch->loop->dead;
	watch->loop->dead = watch;
}

/* ---- timers: a binary heap, the earliest in place 1 ---- */

static void
put(struct loop *loop, struct loop_timer *timer, size_t place)
{
	loop->heap[place] = timer;
	timer->place = place;
}

static void
sift_up(struct loop *loop, struct loop_timer *timer, size_t place)
{
	while (place > 1 && loop->heap[place / 2]->at > timer->at) {
		put(loop, loop->heap[place / 2], place);
		place /= 2;
	}
	put(loop, timer, place);
}

static void
sift_down(struct loop *loop, struct loop_timer *timer, size_t place)
{
	for (;;) {
		size_t child = place * 2;

		if (child > loop->heap_count)
			break;
		if (child < loop->heap_count &&
		    loop->heap[child + 1]->at < loop->heap[child]->at)
			child++;
		if (loop->heap[child]->at >= timer->at)
			break;
		put(loop, loop->heap[child], place);
		place = child;
	}
	put(loop, timer, place);
}

static void
heap_remove(struct loop *loop, struct loop_timer *timer)
{
	size_t place = timer->place;
	struct loop_timer *last = loop->heap[loop->heap_count--];

	timer->place = 0;
	if (last == timer)
		return;
	if (place > 1 && loop->heap[place / 2]->at > last->at)
		sift_up(loop, last, place);
	else
		sift_down(loop, last, place);
}

void
loop_timer_set(struct loop *loop, struct loop_timer *timer, int64_t at)
{
	if (timer->place != 0) {
		if (timer->at == at)
			return;
		heap_remove(loop, timer);
	}
	if (at == INSTANT_NEVER)
		return;
	timer->at = at;
	timer->arming = ++loop->armings;
	if (loop->heap_count + 2 > loop->heap_room) {
		loop->heap_room = loop->heap_room * 2 + 8;
		loop->heap = mem_resize(loop->heap, loop->heap_room,
		    sizeof(struct loop_timer *));
	}
	sift_up(loop, timer, ++loop->heap_count);
}

static void
run_timers(struct loop *loop)
{
	/* What is armed for "now" from here on waits for the next wake-up. */
	uint64_t last = loop->armings;

	while (loop->heap_count > 0 && loop->heap[1]->at <= loop->now &&
	       loop->heap[1]->arming <= last) {
		struct loop_timer *timer = loop->heap[1];

		heap_remove(loop, timer);
		timer->call(timer->arg);
	}
}

/* Sees to it that the next wait ends in time; returns how long it may be. */
static int64_t
arm(struct loop *loop)
{
	int64_t at = loop->heap_count == 0 ? INSTANT_NEVER : loop->heap[1]->at;

	if (at <= loop->now)
		return 0;
	if (at != loop->armed_at && clock_timer_arm(loop->timerfd, at) == 0)
		loop->armed_at = at;
	return INSTANT_NEVER;
}

/* ---- the wake-up ---- */

static void
serve_descriptors(struct loop *loop)
{
	struct epoll_event events[EVENTS_PER_WAKE];
	int count = epoll_wait(loop->epoll, events, EVENTS_PER_WAKE, 0);

	for (int i = 0; i < count; i++) {
		struct loop_watch *watch = events[i].data.ptr;

		if (watch == NULL) {
			/* Due.  It is readable until it is armed again. */
			loop->armed_at = GONE_OFF;
		} else if (watch->on && !watch->dead) {
			watch->call(watch->arg);
		}
	}
}

void
loop_run(struct loop *loop)
{
	while (!loop->stopped) {
		http_wait(loop->http, loop->epoll, arm(loop));
		loop->now = clock_boot();
		serve_descriptors(loop);
		http_perform(loop->http);
		run_timers(loop);
		http_perform_started(loop->http);
		bury(loop);
	}
	loop->stopped = false;
}

void
loop_stop(struct loop *loop)
{
	loop->stopped = true;
}
