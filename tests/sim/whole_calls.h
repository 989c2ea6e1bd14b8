/* SPDX-License-Identifier: MIT */
/*
 * The system calls of the simulated host, in the place of the kernel's: this
 * is included before the first line of each real source that is built over
 * them (Makefile.am has the list).  What is behind them is in whole_files.c
 * (descriptors), whole_disk.c (the spool's directory), whole_process.c
 * (processes and signals) and whole_life.c (threads).
 */
#ifndef TESTS_SIM_WHOLE_CALLS_H
#define TESTS_SIM_WHOLE_CALLS_H

#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "guard/kernel.h"
#include "process/program.h"

/* ---- descriptors ---- */
int over_open(const char *path, int flags, ...);
int over_openat(int directory, const char *path, int flags, ...);
int over_close(int fd);
int over_fcntl(int fd, int command, int argument);
ssize_t over_read(int fd, void *data, size_t len);
ssize_t over_write(int fd, const void *data, size_t len);
int over_epoll_create1(int flags);
int over_epoll_ctl(int epoll, int what, int fd, struct epoll_event *event);
int over_epoll_wait(int epoll, struct epoll_event *events, int most,
    int timeout);
int over_signalfd(int fd, const sigset_t *set, int flags);
int over_socketpair(int domain, int type, int protocol, int ends[2]);
ssize_t over_send(int fd, const void *data, size_t len, int flags);
ssize_t over_recv(int fd, void *data, size_t len, int flags);
int over_pipe2(int ends[2], int flags);
int over_memfd_create(const char *name, unsigned flags);
int over_ftruncate(int fd, off_t size);
void *over_mmap(void *at, size_t len, int protection, int flags, int fd,
    off_t offset);
int over_poll(struct pollfd *waits, nfds_t n, int timeout);

/* ---- the disk ---- */
int over_mkdir(const char *path, mode_t mode);
int over_fstat(int fd, struct stat *stat);
int over_lstat(const char *path, struct stat *stat);
int over_flock(int fd, int operation);
ssize_t over_pread(int fd, void *data, size_t len, off_t at);
ssize_t over_pwrite(int fd, const void *data, size_t len, off_t at);
int over_fallocate(int fd, int mode, off_t at, off_t len);
int over_fdatasync(int fd);
int over_fsync(int fd);
int over_unlinkat(int directory, const char *name, int flags);
int over_renameat(int from, const char *name, int to, const char *other);
DIR *over_fdopendir(int fd);
DIR *over_opendir(const char *path);
struct dirent *over_readdir(DIR *directory);
int over_closedir(DIR *directory);
int over_file_read(const char *path, struct buf *text);
int over_file_read_open(int fd, struct buf *text);
ssize_t over_readlink(const char *path, char *text, size_t room);

/* ---- processes ---- */
int over_kill(pid_t pid, int signal);
int over_waitid(idtype_t type, id_t id, siginfo_t *info, int options);
int over_signal_handle(int handle, int signal);
int over_plan(const void *actions);
int over_adddup2(int fd, int target);
int over_spawn(pid_t *pid, char *const *argv, char *const *envp);

static inline int
over_nothing(const void *about)
{
	(void)about;
	return 0;
}

/* ---- threads ---- */
int over_cond_wait(void);
int over_cond_signal(void);
int over_join(void);

#ifndef WHOLE_DECLARED_ONLY
#define open(...)              over_open(__VA_ARGS__)
#define openat(...)            over_openat(__VA_ARGS__)
#define close(fd)              over_close(fd)
#define fcntl(fd, what, value) over_fcntl(fd, what, value)
#define read(fd, data, len)    over_read(fd, data, len)
#define write(fd, data, len)   over_write(fd, data, len)
#define epoll_create1(flags)   over_epoll_create1(flags)
#define epoll_ctl(...)         over_epoll_ctl(__VA_ARGS__)
#define epoll_wait(...)        over_epoll_wait(__VA_ARGS__)
#define signalfd(...)          over_signalfd(__VA_ARGS__)
#define socketpair(...)        over_socketpair(__VA_ARGS__)
#define send(...)              over_send(__VA_ARGS__)
#define recv(...)              over_recv(__VA_ARGS__)
#define pipe2(ends, flags)     over_pipe2(ends, flags)
#define memfd_create(...)      over_memfd_create(__VA_ARGS__)
#define ftruncate(fd, size)    over_ftruncate(fd, size)
#define mmap(...)              over_mmap(__VA_ARGS__)
#define poll(waits, n, most)   over_poll(waits, n, most)
#define mkdir(path, mode)      over_mkdir(path, mode)
#define fstat(fd, to)          over_fstat(fd, to)
#define lstat(path, to)        over_lstat(path, to)
#define flock(fd, how)         over_flock(fd, how)
#define pread(...)             over_pread(__VA_ARGS__)
#define pwrite(...)            over_pwrite(__VA_ARGS__)
#define fallocate(...)         over_fallocate(__VA_ARGS__)
#define fdatasync(fd)          over_fdatasync(fd)
#define fsync(fd)              over_fsync(fd)
#define unlinkat(...)          over_unlinkat(__VA_ARGS__)
#define renameat(...)          over_renameat(__VA_ARGS__)
#define fdopendir(fd)          over_fdopendir(fd)
#define opendir(path)          over_opendir(path)
#define readdir(directory)     over_readdir(directory)
#define closedir(directory)    over_closedir(directory)
#define file_read(path, text)  over_file_read(path, text)
#define file_read_open(fd, to) over_file_read_open(fd, to)
#define readlink(...)          over_readlink(__VA_ARGS__)
#define kill(pid, number)      over_kill(pid, number)
#define waitid(...)            over_waitid(__VA_ARGS__)
#define prctl(...)             over_nothing(NULL)
#define prlimit(...)           over_nothing(NULL)
#define sigprocmask(a, set, b) over_nothing(set)
#define getrusage(who, usage)  over_nothing(usage)
#define program_is(path)       (over_nothing(path) == 0)

#define kernel_signal_handle(handle, number) over_signal_handle(handle, number)

#define posix_spawn_file_actions_init(actions)          over_plan(actions)
#define posix_spawn_file_actions_addclose(actions, fd)  over_nothing(actions)
#define posix_spawn_file_actions_adddup2(actions, a, b) over_adddup2(a, b)
#define posix_spawn_file_actions_destroy(actions)       over_nothing(actions)
#define posix_spawnattr_init(attributes)                over_nothing(attributes)
#define posix_spawnattr_setflags(attributes, flags)     over_nothing(attributes)
#define posix_spawnattr_setpgroup(attributes, group)    over_nothing(attributes)
#define posix_spawnattr_destroy(attributes)             over_nothing(attributes)
#define posix_spawn(pid, path, actions, attributes, argv, envp) \
	over_spawn(pid, argv, envp)

/* One runs at a time and none is stopped where it holds the lock. */
#define pthread_mutex_lock(mutex)      (void)over_nothing(mutex)
#define pthread_mutex_unlock(mutex)    (void)over_nothing(mutex)
#define pthread_cond_wait(cond, mutex) (void)over_cond_wait()
#define pthread_cond_signal(cond)      (void)over_cond_signal()
#define pthread_join(thread, result)   over_join()
#endif

#endif
