/* SPDX-License-Identifier: MIT */
#include "guard/command.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "guard/kernel.h"
#include "guard/user.h"

extern char **environ;

/*
 * Default dispositions, but for what tend was started with as ignored; also
 * those of the signals that the libc keeps to itself, because glibc's
 * posix_spawn() has ignored them on the way here.
 */
static void
set_dispositions(uint64_t ignored)
{
	for (int i = 1; i <= KERNEL_SIGNALS; i++)
		(void)kernel_ignore(i, (ignored >> (i - 1) & 1) != 0);
}

/*
 * Executes one file; returns if that fails.  A file that the kernel does not
 * know how to run is a script for the shell, as execvp(3) has it.
 */
static void
execute(char **argv, char *path)
{
	(void)execve(path, argv + 2, environ);
	if (errno != ENOEXEC)
		return;
	argv[1] = (char *)"/bin/sh";
	argv[2] = path;
	(void)execve(argv[1], argv + 1, environ);
}

/* Whether the search goes on after this error in one place of PATH. */
static bool
search_goes_on(int error)
{
	return error == EACCES || error == ENOENT || error == ENOTDIR ||
	       error == ESTALE || error == ENODEV || error == ETIMEDOUT;
}

/* SIGTTOU is blocked, in the command too until it is executed. */
void
command_take_terminal(void)
{
	int terminal = open("/dev/tty", O_RDWR | O_CLOEXEC);

	if (terminal == -1)
		return;
	(void)tcsetpgrp(terminal, getpid());
	(void)close(terminal);
}

/* Executes "name" from one directory of PATH; an empty one is the cwd. */
static void
execute_in(char **argv, const char *directory, size_t length)
{
	char path[PATH_MAX];
	const char *name = argv[2];
	size_t rest = strlen(name) + 1;

	if (length + 1 + rest > sizeof(path)) {
		errno = ENOENT;
		return;
	}
	memcpy(path, directory, length);
	if (length != 0)
		path[length++] = '/';
	memcpy(path + length, name, rest);
	execute(argv, path);
}

/* As execvp(3), with the command's own PATH.  Returns only with errno. */
static void
search_and_execute(char **argv)
{
	const char *path = getenv("PATH");
	bool denied = false;

	if (strchr(argv[2], '/') != NULL) {
		execute(argv, argv[2]);
		return;
	}
	errno = ENOENT;
	if (argv[2][0] == '\0')
		return;
	if (strlen(argv[2]) > NAME_MAX) {
		errno = ENAMETOOLONG;
		return;
	}
	if (path == NULL)
		path = "/bin:/usr/bin";
	for (;;) {
		size_t length = strcspn(path, ":");

		execute_in(argv, path, length);
		if (!search_goes_on(errno))
			return;
		if (errno == EACCES)
			denied = true;
		if (path[length] == '\0')
			break;
		path += length + 1;
	}
	errno = denied ? EACCES : ENOENT;
}

/* In the child: why it is not the command. */
static _Noreturn void
tell_and_end(int result, int error)
{
	while (write(result, &error, sizeof(error)) == -1 && errno == EINTR)
		continue;
	_exit(127);
}

/* In the child: becomes the command, or tells why not. */
static _Noreturn void
become_command(const struct command *command, pid_t guard, int result)
{
	(void)setpgid(0, 0);
	if (command->user->given && user_become(command->user) == -1)
		tell_and_end(result, errno);
	if (command->no_new_privs &&
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
		tell_and_end(result, errno);
	/* When the guard is killed the command must not go on alone.  The
	 * guard may have gone before the request was made. */
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	if (getppid() != guard)
		_exit(127);
	if (command->foreground || command->session)
		command_take_terminal();
	(void)close(command->channel);
	set_dispositions(command->ignored);
	(void)kernel_set_mask(command->mask);
	search_and_execute(command->argv);
	tell_and_end(result, errno);
}

pid_t
command_start(const struct command *command, int *result)
{
	pid_t guard = getpid();
	pid_t pid;
	int ends[2];

	if (command->session && ioctl(STDOUT_FILENO, TIOCSCTTY, 0) == -1)
		return -1;
	if (pipe2(ends, O_CLOEXEC) == -1)
		return -1;
	pid = fork();
	if (pid == 0)
		become_command(command, guard, ends[1]);
	(void)close(ends[1]);
	if (pid == -1) {
		int error = errno;

		(void)close(ends[0]);
		errno = error;
		return -1;
	}
	/* Both do it, so that it is done whoever comes first. */
	(void)setpgid(pid, pid);
	(void)fcntl(ends[0], F_SETFL, O_NONBLOCK);
	*result = ends[0];
	return pid;
}
