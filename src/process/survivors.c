/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "process/survivors.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/mem.h"
#include "guard/kernel.h"
#include "guard/proc.h"

enum {
	TREE_MAX = 16384,
	/* An environment that is larger is not looked through to its end. */
	ENVIRONMENT_MAX = 8 * 1024 * 1024,
	BOOT_ID = 36
};

void
survivors_world(char text[SURVIVORS_WORLD])
{
	struct buf boot = BUF_INIT(ENVIRONMENT_MAX);
	char space[32] = "";
	ssize_t n = readlink("/proc/self/ns/pid", space, sizeof(space) - 1);

	if (n > 0)
		space[n] = '\0';
	if (file_read("/proc/sys/kernel/random/boot_id", &boot) == -1 ||
	    boot.len < BOOT_ID || n <= 0)
		text[0] = '\0'; /* nobody can be told from anybody */
	else
		(void)snprintf(text, SURVIVORS_WORLD, "%.*s %s", BOOT_ID,
		    boot.data, space);
	buf_clear(&boot);
}

int
survivors_identify(pid_t pid, int64_t *started, int64_t *session)
{
	struct proc_stat stat;
	int handle = proc_is_native() ? proc_open(pid) : -1;
	int status;

	if (handle == -1)
		return -1;
	status = proc_read_stat(handle, &stat);
	(void)close(handle);
	if (status == -1)
		return -1;
	*started = stat.started;
	*session = stat.session;
	return 0;
}

/* ---- the tree of a guard ---- */

static size_t
kill_open(int handle)
{
	struct proc_stat stat;

	if (proc_read_stat(handle, &stat) == -1 || proc_has_ended(&stat))
		return 0;
	return kernel_signal_handle(handle, SIGKILL) == 0 || errno == EPERM;
}

/* Opens the guard, if it is the one that is meant; else -1. */
static int
open_guard(const struct survivors_task *task)
{
	struct proc_stat stat;
	int handle;

	if (task->guard <= 1 || task->guard > INT32_MAX)
		return -1;
	handle = proc_open((int32_t)task->guard);
	if (handle == -1)
		return -1;
	if (proc_read_stat(handle, &stat) == 0 && !proc_has_ended(&stat) &&
	    stat.started == task->guard_started &&
	    stat.session == task->session)
		return handle;
	(void)close(handle);
	return -1;
}

/* Kills who is a child of "parent" while "parent" is held open. */
static size_t
kill_children(int parent_handle, int32_t parent, int32_t *pids)
{
	struct proc_list list = { pids, 0, TREE_MAX, false };
	size_t killed = 0;
	struct proc_stat stat;

	proc_add_children(&list, parent);
	for (size_t i = 0; i < list.count; i++) {
		int handle = proc_open(list.pids[i]);

		if (handle == -1)
			continue;
		if (proc_read_stat(handle, &stat) == 0 &&
		    stat.parent == parent &&
		    proc_read_stat(parent_handle, &stat) == 0)
			killed += kill_open(handle);
		(void)close(handle);
	}
	return killed;
}

/*
 * Children only: theirs become the guard's when they are dead, and are found
 * by the next step.
 */
static size_t
step_guard(const struct survivors_task *task, bool harder, int32_t *pids)
{
	int handle = open_guard(task);

	if (handle == -1)
		return 0;
	(void)kill_children(handle, (int32_t)task->guard, pids);
	/* It may have been stopped itself. */
	(void)kernel_signal_handle(handle, SIGCONT);
	if (harder)
		(void)kernel_signal_handle(handle, SIGKILL);
	(void)close(handle);
	return 1;
}

/* ---- the marked ---- */

/* Points into the environment. */
const char *
survivors_mark(const struct buf *environment)
{
	static const char name[] = SURVIVORS_MARK "=";
	const char *at = environment->data;
	size_t left = environment->len;

	while (left > 0) {
		size_t len = strnlen(at, left);

		if (strncmp(at, name, sizeof(name) - 1) == 0 && len < left)
			return at + sizeof(name) - 1;
		if (len == left)
			break;
		at += len + 1;
		left -= len + 1;
	}
	return NULL;
}

/* Whether what was just to be opened could not be, though it is there. */
static bool
is_short_of_descriptors(void)
{
	return errno == EMFILE || errno == ENFILE;
}

/* Whose it is, or NULL. */
static struct survivors_task *
whose(int handle, struct survivors_task *tasks, size_t count,
    struct survivors_look *look)
{
	struct buf environment = BUF_INIT(ENVIRONMENT_MAX);
	struct survivors_task *task = NULL;
	const char *mark = NULL;
	int fd = openat(handle, "environ", O_RDONLY | O_CLOEXEC);

	if (fd == -1) {
		look->blind |= is_short_of_descriptors();
		return NULL;
	}
	if (file_read_open(fd, &environment) == 0 || errno == EFBIG)
		mark = survivors_mark(&environment);
	for (size_t i = 0; mark != NULL && i < count && task == NULL; i++)
		if (tasks[i].mark != NULL && strcmp(tasks[i].mark, mark) == 0)
			task = &tasks[i];
	buf_clear(&environment);
	(void)close(fd);
	return task;
}

/* The same, unless it is known to hang. */
static struct survivors_task *
look_at(int handle, int32_t pid, struct survivors_task *tasks, size_t count,
    struct survivors_look *look)
{
	struct survivors_task *task;

	for (size_t i = 0; i < look->left_out_count; i++)
		if (look->left_out[i] == pid)
			return NULL;
	atomic_store(&look->process, pid);
	task = whose(handle, tasks, count, look);
	atomic_store(&look->process, 0);
	return task;
}

static size_t
step_marked(struct survivors_task *tasks, size_t count,
    struct survivors_look *look)
{
	DIR *processes = opendir("/proc");
	const struct dirent *entry;
	int32_t self = proc_self();
	size_t left = 0;

	if (processes == NULL) {
		look->blind = is_short_of_descriptors();
		return 0;
	}
	/* NOLINTNEXTLINE(concurrency-mt-unsafe): no other thread has it */
	while ((entry = readdir(processes)) != NULL) {
		struct survivors_task *task = NULL;
		char *end;
		long pid = strtol(entry->d_name, &end, 10);
		int handle;

		if (*end != '\0' || pid <= 1 || pid == self)
			continue;
		handle = proc_open((int32_t)pid);
		if (handle == -1) {
			look->blind |= is_short_of_descriptors();
			continue;
		}
		task = look_at(handle, (int32_t)pid, tasks, count, look);
		if (task != NULL && kill_open(handle) > 0) {
			task->left++;
			left++;
		}
		(void)close(handle);
	}
	(void)closedir(processes);
	return left;
}

size_t
survivors_step(struct survivors_task *tasks, size_t count, bool harder,
    struct survivors_look *look)
{
	/* A step that was forgotten may still be at it, in its thread. */
	int32_t *pids = mem_new(TREE_MAX, sizeof(*pids));
	char world[SURVIVORS_WORLD];
	size_t left = 0;
	bool native = proc_is_native();

	survivors_world(world);
	for (size_t i = 0; i < count; i++) {
		tasks[i].left = 0;
		if (!native || world[0] == '\0' || tasks[i].world == NULL ||
		    strcmp(tasks[i].world, world) != 0)
			continue;
		tasks[i].left = step_guard(&tasks[i], harder, pids);
		left += tasks[i].left;
	}
	free(pids);
	look->blind = false;
	left += step_marked(tasks, count, look);
	return look->blind ? SURVIVORS_UNKNOWN : left;
}
