/* SPDX-License-Identifier: MIT */
/*
 * A library to be preloaded, with which a test sets the clocks of a program
 * while that runs: the file CLOCKS holds two numbers of 64 bits, how many
 * nanoseconds CLOCK_REALTIME and CLOCK_BOOTTIME are ahead of the kernel's.
 * CLOCK_MONOTONIC stays, as it does when somebody sets the time and when a
 * machine is suspended.
 *
 * A timer of CLOCK_BOOTTIME that is due after such a jump goes off only when
 * it is armed again: the kernel knows nothing of it.  Who plays a machine
 * that wakes up arms it.
 *
 * libfaketime has no CLOCK_BOOTTIME to itself, and moves the timers of that
 * clock along with the wall clock.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum { WALL, BOOT, OFFSETS };
enum { FDS = 65536 };

static const int64_t SECOND = 1000000000;
static const volatile int64_t *offsets;
static unsigned char is_boot[FDS]; /* the timerfds that are */

__attribute__((constructor)) static void
open_clocks(void)
{
	const char *path = getenv("CLOCKS");
	void *page;
	int file;

	if (path == NULL)
		return;
	file = open(path, O_RDONLY | O_CLOEXEC);
	if (file == -1)
		abort();
	page = mmap(NULL, OFFSETS * sizeof(int64_t), PROT_READ, MAP_SHARED,
	    file, 0);
	if (page == MAP_FAILED)
		abort();
	(void)close(file);
	offsets = page;
}

static int64_t
offset_of(clockid_t id)
{
	if (offsets == NULL)
		return 0;
	switch (id) {
	case CLOCK_REALTIME:
	case CLOCK_REALTIME_COARSE:
		return offsets[WALL];
	case CLOCK_BOOTTIME:
	case CLOCK_BOOTTIME_ALARM:
		return offsets[BOOT];
	default:
		return 0;
	}
}

static void
add(struct timespec *time, int64_t offset)
{
	int64_t all = time->tv_sec * SECOND + time->tv_nsec + offset;

	/* There is no time before 1970, nor before the boot. */
	if (all < 1)
		all = 1;
	time->tv_sec = (time_t)(all / SECOND);
	time->tv_nsec = (long)(all % SECOND);
}

/* The names that libc has for parameters are its own. */
/* NOLINTBEGIN(readability-inconsistent-declaration-parameter-name) */
int
clock_gettime(clockid_t id, struct timespec *time)
{
	int64_t offset = offset_of(id);

	if (syscall(SYS_clock_gettime, id, time) == -1)
		return -1;
	if (offset != 0)
		add(time, offset);
	return 0;
}

int
gettimeofday(struct timeval *restrict time, void *restrict zone)
{
	struct timespec now = { 0 };

	(void)zone;
	(void)clock_gettime(CLOCK_REALTIME, &now);
	time->tv_sec = now.tv_sec;
	time->tv_usec = now.tv_nsec / 1000;
	return 0;
}

time_t
time(time_t *where)
{
	struct timespec now = { 0 };

	(void)clock_gettime(CLOCK_REALTIME, &now);
	if (where != NULL)
		*where = now.tv_sec;
	return now.tv_sec;
}

int
timerfd_create(clockid_t id, int flags)
{
	int fd = (int)syscall(SYS_timerfd_create, id, flags);

	if (fd >= 0 && fd < FDS)
		is_boot[fd] = id == CLOCK_BOOTTIME;
	return fd;
}

/* Only what is absolute is of a clock at all. */
int
timerfd_settime(int fd, int flags, const struct itimerspec *new,
    struct itimerspec *old)
{
	struct itimerspec when = *new;

	if (fd >= 0 && fd < FDS && is_boot[fd] != 0 &&
	    (flags & TFD_TIMER_ABSTIME) != 0 &&
	    (when.it_value.tv_sec != 0 || when.it_value.tv_nsec != 0))
		add(&when.it_value, -offset_of(CLOCK_BOOTTIME));
	return (int)syscall(SYS_timerfd_settime, fd, flags, &when, old);
}
/* NOLINTEND(readability-inconsistent-declaration-parameter-name) */
