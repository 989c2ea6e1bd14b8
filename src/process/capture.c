/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "process/capture.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/queue.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "process/inherited.h"

struct capture {
	LIST_ENTRY(capture) link;
	pid_t pid;
	bool reaped;
	int exit_status;
	int signal;
	int epoll;  /* of the next two */
	int pidfd;  /* -1: its end has been seen */
	int output; /* -1: at its end */
	char *text; /* room for "max" bytes and a NUL */
	size_t len;
	size_t max;
	bool too_long;
};

/* Those that run, and those that were given up and are not reaped yet. */
static LIST_HEAD(captures, capture) captures = LIST_HEAD_INITIALIZER(captures);

static struct capture *
find(pid_t pid)
{
	struct capture *capture;

	LIST_FOREACH (capture, &captures, link)
		if (!capture->reaped && capture->pid == pid)
			return capture;
	return NULL;
}

bool
capture_owns(pid_t pid)
{
	return find(pid) != NULL;
}

void
capture_reaped(const siginfo_t *info)
{
	struct capture *capture = find(info->si_pid);

	if (capture == NULL)
		return;
	capture->reaped = true;
	if (info->si_code == CLD_EXITED)
		capture->exit_status = info->si_status;
	else
		capture->signal = info->si_status;
}

/* Whether it has ended; perhaps somebody else has reaped it already. */
static bool
reap(struct capture *capture)
{
	siginfo_t info = { 0 };

	if (!capture->reaped &&
	    waitid(P_PID, (id_t)capture->pid, &info, WEXITED | WNOHANG) == 0 &&
	    info.si_pid == capture->pid)
		capture_reaped(&info);
	return capture->reaped;
}

/* ---- start ---- */

/* Its descriptors: nothing, the pipe, tend's stderr, and no other. */
static int
plan(posix_spawn_file_actions_t *actions, int output,
    const struct inherited *inherited)
{
	int error =
	    posix_spawn_file_actions_adddup2(actions, output, STDOUT_FILENO);

	if (error == 0)
		error = posix_spawn_file_actions_addopen(actions, STDIN_FILENO,
		    "/dev/null", O_RDONLY, 0);
	for (size_t i = 0; i < inherited->fd_count && error == 0; i++)
		error = posix_spawn_file_actions_addclose(actions,
		    inherited->fds[i]);
	return error;
}

static int
set_attributes(posix_spawnattr_t *attributes, const struct inherited *inherited)
{
	int error = posix_spawnattr_setflags(attributes,
	    POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK);

	if (error == 0)
		error = posix_spawnattr_setpgroup(attributes, 0);
	if (error == 0)
		error =
		    posix_spawnattr_setsigmask(attributes, &inherited->mask);
	return error;
}

static int
spawn(struct capture *capture, const struct capture_setup *setup, int output)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	int error = posix_spawn_file_actions_init(&actions);

	if (error != 0)
		return error;
	error = posix_spawnattr_init(&attributes);
	if (error == 0) {
		error = plan(&actions, output, setup->inherited);
		if (error == 0)
			error = set_attributes(&attributes, setup->inherited);
		if (error == 0)
			error = posix_spawnp(&capture->pid, setup->argv[0],
			    &actions, &attributes, setup->argv, setup->envp);
		(void)posix_spawnattr_destroy(&attributes);
	}
	(void)posix_spawn_file_actions_destroy(&actions);
	return error;
}

/* It may have as many descriptors as tend might when it was started. */
static void
limit(const struct capture *capture, const struct inherited *inherited)
{
	if (inherited->files_raised)
		(void)prlimit(capture->pid, RLIMIT_NOFILE, &inherited->files,
		    NULL);
}

static int
watch(const struct capture *capture)
{
	struct epoll_event event = { .events = EPOLLIN };

	if (epoll_ctl(capture->epoll, EPOLL_CTL_ADD, capture->output, &event) ==
	    -1)
		return -1;
	return epoll_ctl(capture->epoll, EPOLL_CTL_ADD, capture->pidfd, &event);
}

/* What was given up earlier and is dead by now. */
static void
bury(void)
{
	struct capture *capture;
	struct capture *next;

	LIST_FOREACH_SAFE(capture, &captures, link, next)
	{
		if (capture->text != NULL || !reap(capture))
			continue;
		LIST_REMOVE(capture, link);
		free(capture);
	}
}

struct capture *
capture_start(const struct capture_setup *setup, struct err *err)
{
	struct capture *capture = mem_new(1, sizeof(*capture));
	int ends[2] = { -1, -1 };
	int error;

	bury();
	*capture = (struct capture){
		.reaped = true,
		.exit_status = -1,
		.pidfd = -1,
		.output = -1,
		.text = mem_new(setup->output_max + 1, 1),
		.max = setup->output_max,
	};
	LIST_INSERT_HEAD(&captures, capture, link);
	capture->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (capture->epoll == -1 || pipe2(ends, O_CLOEXEC) == -1 ||
	    fcntl(ends[0], F_SETFL, O_NONBLOCK) == -1) {
		(void)err_errno(err, "%s", setup->argv[0]);
		goto failed;
	}
	capture->output = ends[0];
	inherited_seal(setup->inherited);
	error = spawn(capture, setup, ends[1]);
	(void)close(ends[1]);
	if (error != 0) {
		errno = error;
		(void)err_errno(err, "%s", setup->argv[0]);
		goto failed;
	}
	capture->reaped = false;
	limit(capture, setup->inherited);
	capture->pidfd = (int)syscall(SYS_pidfd_open, capture->pid, 0);
	if (capture->pidfd != -1 && watch(capture) == 0)
		return capture;
	(void)err_errno(err, "%s: cannot be watched", setup->argv[0]);
failed:
	capture_free(capture);
	return NULL;
}

int
capture_descriptor(const struct capture *capture)
{
	return capture->epoll;
}

/* ---- while it runs ---- */

static void
close_output(struct capture *capture)
{
	if (capture->output != -1)
		(void)close(capture->output);
	capture->output = -1;
}

/* Until the pipe is empty, at its end, or has too much. */
static void
drain(struct capture *capture)
{
	char more;

	while (capture->output != -1) {
		bool full = capture->len == capture->max;
		ssize_t n = read(capture->output,
		    full ? &more : capture->text + capture->len,
		    full ? 1 : capture->max - capture->len);

		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1 && errno == EAGAIN)
			return;
		if (n <= 0) {
			close_output(capture);
		} else if (full) {
			explicit_bzero(&more, sizeof(more));
			capture->too_long = true;
			close_output(capture);
		} else {
			capture->len += (size_t)n;
		}
	}
}

enum capture_read
capture_read(struct capture *capture, struct capture_end *end)
{
	/* The other way round, what it prints in between would be lost. */
	bool ended = reap(capture);

	drain(capture);
	capture->text[capture->len] = '\0';
	if (capture->too_long)
		capture_kill(capture);
	else if (!ended)
		return CAPTURE_RUNNING;
	*end = (struct capture_end){
		.exit_status = capture->exit_status,
		.signal = capture->signal,
		.output = capture->text,
		.output_len = capture->len,
	};
	return capture->too_long ? CAPTURE_TOO_LONG : CAPTURE_ENDED;
}

/* As long as it is not reaped its number is its own, and so is the group's. */
void
capture_kill(struct capture *capture)
{
	if (!capture->reaped)
		(void)kill(-capture->pid, SIGKILL);
}

/* One that is not dead at once is buried by the next that is started. */
void
capture_free(struct capture *capture)
{
	if (capture == NULL)
		return;
	capture_kill(capture);
	close_output(capture);
	if (capture->pidfd != -1)
		(void)close(capture->pidfd);
	if (capture->epoll != -1)
		(void)close(capture->epoll);
	explicit_bzero(capture->text, capture->max + 1);
	free(capture->text);
	capture->text = NULL;
	if (!reap(capture))
		return;
	LIST_REMOVE(capture, link);
	free(capture);
}
