/* SPDX-License-Identifier: MIT */
#include "guard/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { PATH_TEXT = 64, STAT_TEXT = 1024, CHUNK = 2048, CLIMBS = 20 };

/* What getdents64(2) fills in; no libc of ours declares it everywhere. */
struct entry {
	uint64_t inode;
	int64_t offset;
	uint16_t length;
	uint8_t type;
	char name[];
};

/* Appends a string; the texts below all fit. */
static char *
put_string(char *end, const char *string)
{
	size_t length = strlen(string);

	memcpy(end, string, length + 1);
	return end + length;
}

/* Appends a number that is not negative. */
static char *
put_number(char *end, int32_t number)
{
	char digits[12];
	size_t i = sizeof(digits);

	digits[--i] = '\0';
	do {
		digits[--i] = (char)('0' + number % 10);
		number /= 10;
	} while (number != 0);
	return put_string(end, digits + i);
}

/* The number a string is, or -1 if it is none. */
static int32_t
whole_number(const char *string)
{
	int32_t number = 0;

	if (*string == '\0')
		return -1;
	for (; *string != '\0'; string++) {
		if (*string < '0' || *string > '9' || number > 99999999)
			return -1;
		number = number * 10 + (*string - '0');
	}
	return number;
}

static ssize_t
read_again(int fd, void *buffer, size_t size)
{
	ssize_t n;

	do
		n = read(fd, buffer, size);
	while (n == -1 && errno == EINTR);
	return n;
}

int32_t
proc_self(void)
{
	char text[PATH_TEXT];
	ssize_t n = readlink("/proc/self", text, sizeof(text) - 1);

	if (n <= 0)
		return -1;
	text[n] = '\0';
	return whole_number(text);
}

bool
proc_is_native(void)
{
	return proc_self() == getpid();
}

int
proc_open(int32_t pid)
{
	char path[PATH_TEXT];

	(void)put_number(put_string(path, "/proc/"), pid);
	return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* The fields of "text" from number "first" on, blanks between them. */
static const char *
skip_fields(const char *text, int count)
{
	while (count > 0 && *text != '\0') {
		if (*text == ' ')
			count--;
		text++;
	}
	return text;
}

static int64_t
field_long(const char *text)
{
	int64_t number = 0;

	for (; *text >= '0' && *text <= '9' && number < INT64_MAX / 16; text++)
		number = number * 10 + (*text - '0');
	return number;
}

static int32_t
field_number(const char *text)
{
	int64_t number = field_long(text);

	return number > INT32_MAX ? INT32_MAX : (int32_t)number;
}

int
proc_read_stat(int handle, struct proc_stat *stat)
{
	char text[STAT_TEXT];
	const char *rest;
	ssize_t n;
	int fd = openat(handle, "stat", O_RDONLY | O_CLOEXEC);

	if (fd == -1)
		return -1;
	n = read_again(fd, text, sizeof(text) - 1);
	(void)close(fd);
	if (n <= 0)
		return -1;
	text[n] = '\0';
	/* A name may hold anything, blanks and parentheses included. */
	rest = strrchr(text, ')');
	if (rest == NULL || rest[1] != ' ')
		return -1;
	rest += 2;
	stat->state = *rest;
	rest = skip_fields(rest, 1);
	stat->parent = field_number(rest);
	rest = skip_fields(rest, 1);
	stat->group = field_number(rest);
	rest = skip_fields(rest, 1);
	stat->session = field_number(rest);
	rest = skip_fields(rest, 14);
	stat->threads = field_number(rest);
	stat->started = field_long(skip_fields(rest, 2));
	return 0;
}

bool
proc_has_ended(const struct proc_stat *stat)
{
	return stat->state == 'X' || (stat->state == 'Z' && stat->threads <= 1);
}

/* Opens the parent of an open process; -1 if one of them has ended. */
static int
open_parent(int handle, int32_t parent)
{
	struct proc_stat now;
	int above = proc_open(parent);

	if (above == -1)
		return -1;
	/* Still its parent after it was opened: it is who was opened. */
	if (proc_read_stat(handle, &now) == 0 && now.parent == parent)
		return above;
	(void)close(above);
	return -1;
}

enum climb { CLIMB_INTERRUPTED, CLIMB_ARRIVED, CLIMB_ELSEWHERE };

/* From a process up to "self". */
static enum climb
climb(int handle, int32_t self)
{
	enum climb result = CLIMB_INTERRUPTED;
	int at = dup(handle);

	while (at != -1 && result == CLIMB_INTERRUPTED) {
		struct proc_stat stat;
		int above = -1;

		if (proc_read_stat(at, &stat) == -1)
			break;
		if (stat.parent == self)
			result = CLIMB_ARRIVED;
		else if (stat.parent <= 1)
			result = CLIMB_ELSEWHERE;
		else
			above = open_parent(at, stat.parent);
		(void)close(at);
		at = above;
	}
	if (at != -1)
		(void)close(at);
	return result;
}

bool
proc_is_descendant(int handle)
{
	int32_t self = proc_self();

	if (self == -1)
		return false;
	/* Whoever ends on the way changes the way: begin again. */
	for (int i = 0; i < CLIMBS; i++) {
		enum climb result = climb(handle, self);

		if (result != CLIMB_INTERRUPTED)
			return result == CLIMB_ARRIVED;
	}
	return false;
}

static bool
contains(const struct proc_list *list, int32_t pid)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->pids[i] == pid)
			return true;
	return false;
}

static void
add(struct proc_list *list, int32_t pid)
{
	if (contains(list, pid))
		return;
	if (list->count == list->max)
		list->full = true;
	else
		list->pids[list->count++] = pid;
}

/* Adds the pids of a file "children": decimal, a blank after each. */
static void
add_children_file(struct proc_list *list, int fd)
{
	char text[CHUNK];
	int32_t pid = 0;
	ssize_t n;

	while ((n = read_again(fd, text, sizeof(text))) > 0) {
		for (ssize_t i = 0; i < n; i++) {
			if (text[i] >= '0' && text[i] <= '9') {
				pid = pid * 10 + (text[i] - '0');
			} else if (pid != 0) {
				add(list, pid);
				pid = 0;
			}
		}
	}
}

/* Calls "each" for every number that names an entry of a directory. */
static void
each_number(int directory, void (*each)(void *, int32_t), void *arg)
{
	_Alignas(struct entry) char buffer[CHUNK];
	long n;

	while ((n = syscall(SYS_getdents64, directory, buffer,
		    sizeof(buffer))) > 0) {
		for (long at = 0; at < n;) {
			const struct entry *entry = (void *)(buffer + at);
			int32_t number = whole_number(entry->name);

			if (number > 0)
				each(arg, number);
			at += entry->length;
		}
	}
}

/* The threads of one process, of which each has its own children. */
struct threads {
	struct proc_list *list;
	int directory;
};

static void
add_thread_children(void *arg, int32_t thread)
{
	struct threads *threads = arg;
	char path[PATH_TEXT];
	int fd;

	(void)put_string(put_number(path, thread), "/children");
	fd = openat(threads->directory, path, O_RDONLY | O_CLOEXEC);
	if (fd == -1)
		return;
	add_children_file(threads->list, fd);
	(void)close(fd);
}

/* By the files "children" of the kernel. */
static void
walk_children(struct proc_list *list, int32_t pid)
{
	struct threads threads = { list, -1 };
	char path[PATH_TEXT];

	(void)put_string(put_number(put_string(path, "/proc/"), pid), "/task");
	threads.directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (threads.directory == -1)
		return;
	each_number(threads.directory, add_thread_children, &threads);
	(void)close(threads.directory);
}

/* A search of all of /proc. */
struct scan {
	struct proc_list *list;
	int32_t parent; /* whose children; -1: of anybody in the list */
};

static bool
is_wanted(const struct scan *scan, int32_t parent)
{
	if (scan->parent != -1)
		return parent == scan->parent;
	return parent > 1 && contains(scan->list, parent);
}

static void
scan_process(void *arg, int32_t pid)
{
	struct scan *scan = arg;
	struct proc_stat stat;
	int handle = proc_open(pid);

	if (handle == -1)
		return;
	if (proc_read_stat(handle, &stat) == 0 && is_wanted(scan, stat.parent))
		add(scan->list, pid);
	(void)close(handle);
}

/* By reading who is everybody's parent. */
static void
scan_children(struct proc_list *list, int32_t parent)
{
	struct scan scan = { list, parent };
	int directory = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (directory == -1)
		return;
	each_number(directory, scan_process, &scan);
	(void)close(directory);
}

/* Kernels without CONFIG_PROC_CHILDREN have no such files. */
static bool
has_children_files(void)
{
	int fd = open("/proc/thread-self/children", O_RDONLY | O_CLOEXEC);

	if (fd == -1)
		return false;
	(void)close(fd);
	return true;
}

void
proc_add_children(struct proc_list *list, int32_t pid)
{
	if (has_children_files())
		walk_children(list, pid);
	else
		scan_children(list, pid);
}

size_t
proc_walk_descendants(struct proc_list *list)
{
	size_t before = list->count;

	walk_children(list, proc_self());
	for (size_t i = 0; i < list->count; i++)
		walk_children(list, list->pids[i]);
	return list->count - before;
}

size_t
proc_scan_descendants(struct proc_list *list)
{
	size_t before = list->count;
	size_t last;

	scan_children(list, proc_self());
	do {
		last = list->count;
		scan_children(list, -1);
	} while (list->count != last);
	return list->count - before;
}

size_t
proc_add_descendants(struct proc_list *list)
{
	return has_children_files() ? proc_walk_descendants(list)
				    : proc_scan_descendants(list);
}
