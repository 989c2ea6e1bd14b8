/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "marked.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

pid_t
marked_start(const char *script, const char *mark)
{
	const char *const argv[] = { "sh", "-c", script, NULL };
	const char *envp[] = { "A=1", mark, "PATH=/usr/bin:/bin", NULL };
	int ends[2];
	char byte;
	pid_t pid;

	assert_int_equal(pipe(ends), 0);
	pid = fork();
	if (pid == 0) {
		(void)dup2(ends[1], STDOUT_FILENO);
		(void)close(ends[0]);
		(void)close(ends[1]);
		(void)execve("/bin/sh", (char *const *)(uintptr_t)argv,
		    (char *const *)(uintptr_t)envp);
		_exit(99);
	}
	assert_true(pid > 0);
	(void)close(ends[1]);
	assert_int_equal(read(ends[0], &byte, 1), 1);
	(void)close(ends[0]);
	return pid;
}

int
marked_wait(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}
