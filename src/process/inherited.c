/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "process/inherited.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/mem.h"
#include "guard/kernel.h"
#include "guard/proc.h"

enum {
	SEAL_FLAG = 1 << 2, /* CLOSE_RANGE_CLOEXEC, of Linux 5.11 */
	/* Children that a process can have before it has begun. */
	CHILDREN_MAX = 1024,
	/* Without /proc, descriptors above are not looked for. */
	DESCRIPTORS_MAX = 1 << 16
};

/* All but what a fault of our own raises. */
static void
block_signals(sigset_t *before)
{
	static const int faults[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP,
		SIGSYS, SIGABRT };
	sigset_t all;

	(void)sigfillset(&all);
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
		(void)sigdelset(&all, faults[i]);
	(void)sigprocmask(SIG_BLOCK, &all, before);
}

static void
read_signals(struct inherited *inherited)
{
	for (int i = 1; i <= KERNEL_SIGNALS; i++) {
		const uint64_t bit = (uint64_t)1 << (i - 1);

		if (sigismember(&inherited->mask, i) == 1)
			inherited->mask_bits |= bit;
		if (kernel_is_ignored(i))
			inherited->ignored |= bit;
	}
	/* Were it ignored, the kernel would reap in our place. */
	(void)kernel_ignore(SIGCHLD, false);
}

/*
 * What was closed gets /dev/null, for the command too: a program that finds
 * 0, 1 or 2 closed opens its data file there, and then writes its messages
 * into it.  Without a /dev/null the root directory keeps the place.
 */
static void
fill_stdio(struct inherited *inherited)
{
	for (int fd = 0; fd < 3; fd++) {
		inherited->open_stdio[fd] = fcntl(fd, F_GETFD) != -1;
		if (inherited->open_stdio[fd])
			continue;
		/* The lowest free number is the one that is missing. */
		if (open("/dev/null", O_RDWR) == -1)
			(void)open("/", O_RDONLY | O_DIRECTORY);
	}
}

static void
add_fd(struct inherited *inherited, int fd)
{
	inherited->fds = mem_resize(inherited->fds, inherited->fd_count + 1,
	    sizeof(*inherited->fds));
	inherited->fds[inherited->fd_count++] = fd;
}

static int
compare(const void *left, const void *right)
{
	const int a = *(const int *)left;
	const int b = *(const int *)right;

	return (a > b) - (a < b);
}

static void
try_fds(struct inherited *inherited)
{
	struct rlimit limit = { DESCRIPTORS_MAX, DESCRIPTORS_MAX };

	(void)getrlimit(RLIMIT_NOFILE, &limit);
	for (int fd = 3; fd < DESCRIPTORS_MAX && (rlim_t)fd < limit.rlim_cur;
	     fd++)
		if (fcntl(fd, F_GETFD) != -1)
			add_fd(inherited, fd);
}

static void
read_fds(struct inherited *inherited)
{
	DIR *directory = opendir("/proc/self/fd");
	const struct dirent *entry;

	if (directory == NULL) {
		try_fds(inherited);
		return;
	}
	while ((entry = readdir(directory)) != NULL) {
		char *end;
		long fd = strtol(entry->d_name, &end, 10);

		if (*end == '\0' && end != entry->d_name && fd > 2 &&
		    fd <= INT_MAX && fd != dirfd(directory))
			add_fd(inherited, (int)fd);
	}
	(void)closedir(directory);
	if (inherited->fd_count > 1)
		qsort(inherited->fds, inherited->fd_count,
		    sizeof(*inherited->fds), compare);
}

static void
read_children(struct inherited *inherited)
{
	int32_t pids[CHILDREN_MAX];
	struct proc_list list = { pids, 0, CHILDREN_MAX, false };

	if (!proc_is_native())
		return;
	proc_add_children(&list, getpid());
	inherited->children = mem_new(list.count, sizeof(*inherited->children));
	for (size_t i = 0; i < list.count; i++)
		inherited->children[i] = pids[i];
	inherited->child_count = list.count;
}

void
inherited_read(struct inherited *inherited)
{
	memset(inherited, 0, sizeof(*inherited));
	block_signals(&inherited->mask);
	read_signals(inherited);
	fill_stdio(inherited);
	read_fds(inherited);
	read_children(inherited);
	(void)getrlimit(RLIMIT_NOFILE, &inherited->files);
}

bool
inherited_ignores(const struct inherited *inherited, int signal)
{
	return (inherited->ignored >> (signal - 1) & 1) != 0;
}

bool
inherited_has(const struct inherited *inherited, int fd)
{
	return inherited->fd_count != 0 &&
	       bsearch(&fd, inherited->fds, inherited->fd_count,
		   sizeof(*inherited->fds), compare) != NULL;
}

unsigned long long
inherited_raise_files(struct inherited *inherited)
{
	struct rlimit more = inherited->files;

	more.rlim_cur = more.rlim_max;
	inherited->files_raised = more.rlim_cur != inherited->files.rlim_cur &&
				  setrlimit(RLIMIT_NOFILE, &more) == 0;
	return inherited->files_raised ? more.rlim_cur
				       : inherited->files.rlim_cur;
}

/* One by one, where the kernel cannot do a range. */
static void
seal_each(const struct inherited *inherited)
{
	struct inherited now;

	memset(&now, 0, sizeof(now));
	read_fds(&now);
	for (size_t i = 0; i < now.fd_count; i++) {
		int flags = fcntl(now.fds[i], F_GETFD);

		if (flags != -1 && !inherited_has(inherited, now.fds[i]))
			(void)fcntl(now.fds[i], F_SETFD, flags | FD_CLOEXEC);
	}
	free(now.fds);
}

void
inherited_seal(const struct inherited *inherited)
{
	unsigned first = 3;

	for (size_t i = 0; i < inherited->fd_count; i++) {
		unsigned fd = (unsigned)inherited->fds[i];

		if (fd > first &&
		    kernel_close_range(first, fd - 1, SEAL_FLAG) == -1) {
			seal_each(inherited);
			return;
		}
		first = fd + 1;
	}
	if (kernel_close_range(first, ~0U, SEAL_FLAG) == -1)
		seal_each(inherited);
}

void
inherited_close(struct inherited *inherited)
{
	for (size_t i = 0; i < inherited->fd_count; i++)
		(void)close(inherited->fds[i]);
	free(inherited->fds);
	inherited->fds = NULL;
	inherited->fd_count = 0;
}
