/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "process/companion.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "process/inherited.h"
#include "process/program.h"

extern char **environ;

enum {
	/* A port, its line end, and one to see that there is more. */
	WORDS = 8,
	PORT_MOST = 65535
};

struct companion {
	int channel;
	pid_t pid; /* -1: it has been reaped */
	char words[WORDS];
	size_t len;
	int port; /* 0: not known yet */
};

/* There is one at most, and children belong to the process. */
static struct companion *current;

/* The name in one of the directories of PATH, or NULL. */
static char *
on_path(const char *name)
{
	const char *path = getenv("PATH");

	while (path != NULL && *path != '\0') {
		size_t len = strcspn(path, ":");
		char *candidate = mem_format("%.*s/%s", (int)len, path, name);

		if (len > 0 && program_is(candidate))
			return candidate;
		free(candidate);
		path += len;
		path += *path == ':';
	}
	return NULL;
}

char *
companion_find(struct err *err)
{
	char *beside = program_beside("swf-local");
	char *found;

	if (beside != NULL && program_is(beside))
		return beside;
	found = on_path("swf-local");
	if (found == NULL)
		(void)err_set(err,
		    "swf-local: not found: it should be %s or "
		    "on PATH; was it left out of the build "
		    "(--disable-local)?",
		    beside == NULL ? "beside tend" : beside);
	free(beside);
	return found;
}

/*
 * Closes what there is from 3 on.  glibc takes no number above the limit of
 * descriptors, and a limit that was lowered leaves some open there.
 */
static int
plan_closing(posix_spawn_file_actions_t *actions,
    const struct inherited *inherited)
{
#ifdef HAVE_POSIX_SPAWN_FILE_ACTIONS_ADDCLOSEFROM_NP
	(void)inherited;
	return posix_spawn_file_actions_addclosefrom_np(actions,
	    STDERR_FILENO + 1);
#else
	int error = 0;

	for (size_t i = 0; i < inherited->fd_count && error == 0; i++)
		error = posix_spawn_file_actions_addclose(actions,
		    inherited->fds[i]);
	return error;
#endif
}

/* Its descriptors: the channel as 0 and 1, stderr, and no other. */
static int
plan(posix_spawn_file_actions_t *actions, int end,
    const struct inherited *inherited)
{
	int error =
	    posix_spawn_file_actions_adddup2(actions, end, STDIN_FILENO);

	if (error == 0)
		error = posix_spawn_file_actions_adddup2(actions, end,
		    STDOUT_FILENO);
	if (error == 0)
		error = plan_closing(actions, inherited);
	return error;
}

/*
 * In a process group of its own.  All signals stay blocked, as they are in
 * tend: swf-local takes those that it heeds from a descriptor, and a terminal
 * in front of which it is not cannot stop it when it has an error to tell.
 */
static int
set_attributes(posix_spawnattr_t *attributes)
{
	int error = posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETPGROUP);

	if (error == 0)
		error = posix_spawnattr_setpgroup(attributes, 0);
	return error;
}

static int
spawn(const char *path, int end, const struct inherited *inherited, pid_t *pid)
{
	static const char *const argv[] = { "swf-local", "--port", "0",
		"--port-file", "-", "--exit-with-stdin", "--log-level", "error",
		NULL };
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	int error = posix_spawn_file_actions_init(&actions);

	if (error != 0)
		return error;
	error = posix_spawnattr_init(&attributes);
	if (error == 0) {
		error = plan(&actions, end, inherited);
		if (error == 0)
			error = set_attributes(&attributes);
		if (error == 0)
			error = posix_spawn(pid, path, &actions, &attributes,
			    (char *const *)(uintptr_t)argv, environ);
		(void)posix_spawnattr_destroy(&attributes);
	}
	(void)posix_spawn_file_actions_destroy(&actions);
	return error;
}

struct companion *
companion_start(const char *path, const struct inherited *inherited,
    struct err *err)
{
	struct companion *companion;
	int ends[2];
	pid_t pid = -1;
	int error;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == -1) {
		(void)err_errno(err, "swf-local: channel");
		return NULL;
	}
	inherited_seal(inherited);
	error = spawn(path, ends[1], inherited, &pid);
	(void)close(ends[1]);
	if (error != 0) {
		(void)close(ends[0]);
		errno = error;
		(void)err_errno(err, "%s", path);
		return NULL;
	}
	companion = mem_new(1, sizeof(*companion));
	companion->channel = ends[0];
	companion->pid = pid;
	current = companion;
	return companion;
}

int
companion_descriptor(const struct companion *companion)
{
	return companion->channel;
}

pid_t
companion_pid(const struct companion *companion)
{
	return companion->pid;
}

/* The port, once its whole line is there; -1 if it is none. */
static int
parse_port(const struct companion *companion)
{
	const char *end = memchr(companion->words, '\n', companion->len);
	int port = 0;

	if (end == NULL)
		return companion->len < WORDS ? 0 : -1;
	for (const char *c = companion->words; c < end; c++) {
		if (*c < '0' || *c > '9')
			return -1;
		port = port * 10 + (*c - '0');
	}
	return port > 0 && port <= PORT_MOST ? port : -1;
}

enum companion_read
companion_read(struct companion *companion, int *port)
{
	char *room = companion->words + companion->len;
	size_t most = sizeof(companion->words) - companion->len;
	ssize_t n;

	do {
		n = recv(companion->channel, room, most, MSG_DONTWAIT);
	} while (n == -1 && errno == EINTR);
	if (n > 0)
		companion->len += (size_t)n;
	else if (n == 0 || errno != EAGAIN)
		return COMPANION_ENDED;
	*port = parse_port(companion);
	if (*port == -1)
		return COMPANION_ENDED;
	return *port == 0 ? COMPANION_STARTING : COMPANION_READY;
}

/* SIGKILL is sure, and it has nothing to tidy up. */
void
companion_stop(struct companion *companion)
{
	siginfo_t info;

	if (companion == NULL)
		return;
	(void)close(companion->channel);
	if (companion->pid != -1) {
		(void)kill(companion->pid, SIGKILL);
		while (waitid(P_PID, (id_t)companion->pid, &info, WEXITED) ==
			   -1 &&
		       errno == EINTR)
			continue;
	}
	current = NULL;
	free(companion);
}

bool
companion_owns(pid_t pid)
{
	return current != NULL && current->pid == pid;
}

void
companion_reaped(pid_t pid)
{
	if (companion_owns(pid))
		current->pid = -1;
}
