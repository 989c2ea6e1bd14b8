/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "process/guard.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "process/identity.h"
#include "process/inherited.h"
#include "process/leases.h"
#include "process/program.h"

/* Of an argument, with as many groups as the kernel has. */
enum { PLACE_TEXT = 1024 * 1024, LISTS = 1024 };

struct guard {
	struct guard *next;
	int channel;
	int lease; /* its place, or -1 */
	pid_t pid;
	bool freed;
	bool reaped;
	uint64_t mask;
	uint64_t ignored;
};

/*
 * Every guard that has not been both freed and reaped, by its pid: there may
 * be thousands, and each child that ends is looked up.  Children belong to
 * the process, and so do these lists.
 */
static struct guard *guards[LISTS];
static bool any_released;

static struct guard **
list_of(pid_t pid)
{
	return &guards[(unsigned)pid % LISTS];
}

char *
guard_find(struct err *err)
{
	static const char installed[] = LIBEXECDIR "/tend/tend-guard";
	char *beside = program_beside("tend-guard");

	if (beside != NULL && program_is(beside))
		return beside;
	if (program_is(installed)) {
		free(beside);
		return mem_string(installed);
	}
	(void)err_set(err, "tend-guard: not found: it should be %s or %s",
	    beside == NULL ? "beside tend" : beside, installed);
	free(beside);
	return NULL;
}

/*
 * What the guard is spawned with.  Every source is a copy that is no target,
 * so that the dup2()s can be done one after the other in any order.
 */
struct plan {
	const struct guard_spec *spec;
	int channel;  /* the number of the guard's end in the guard */
	int lease;    /* its place; -1: none */
	int leases;   /* the number of their file in the guard */
	int *sources; /* one for each of spec->fds, and these two */
	size_t source_count;
	posix_spawn_file_actions_t actions;
};

static bool
is_target(const struct guard_spec *spec, int fd)
{
	for (size_t i = 0; i < spec->fd_count; i++)
		if (spec->fds[i].target == fd)
			return true;
	return false;
}

/* A number from "fd" on that the command has no descriptor at. */
static int
free_number(const struct guard_spec *spec, int fd)
{
	while (is_target(spec, fd) ||
	       (spec->inherited != NULL && inherited_has(spec->inherited, fd)))
		fd++;
	return fd;
}

/* A close-on-exec copy whose number will not be overwritten, or -1. */
static int
copy_descriptor(const struct plan *plan, int fd)
{
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);

	while (copy != -1 && (copy == plan->channel || copy == plan->leases ||
				 is_target(plan->spec, copy))) {
		int next = fcntl(fd, F_DUPFD_CLOEXEC, copy + 1);

		(void)close(copy);
		copy = next;
	}
	return copy;
}

/* Adds a source, to be moved to "target".  Returns 0, or an errno. */
static int
plan_descriptor(struct plan *plan, int fd, int target)
{
	int copy = copy_descriptor(plan, fd);

	if (copy == -1)
		return errno;
	plan->sources[plan->source_count++] = copy;
	return posix_spawn_file_actions_adddup2(&plan->actions, copy, target);
}

static int
plan_null(struct plan *plan, int target)
{
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	int error;

	if (fd == -1)
		return errno;
	error = plan_descriptor(plan, fd, target);
	(void)close(fd);
	return error;
}

/* What was inherited and is not for the command. */
static int
plan_closes(struct plan *plan)
{
	const struct inherited *inherited = plan->spec->inherited;
	int error = 0;

	if (plan->spec->pass_inherited || inherited == NULL)
		return 0;
	for (size_t i = 0; i < inherited->fd_count && error == 0; i++)
		if (!is_target(plan->spec, inherited->fds[i]))
			error =
			    posix_spawn_file_actions_addclose(&plan->actions,
				inherited->fds[i]);
	return error;
}

/* Fills in the plan; "end" is the guard's end of the channel. */
static int
plan_make(struct plan *plan, const struct guard_spec *spec, int end)
{
	int error = posix_spawn_file_actions_init(&plan->actions);

	plan->spec = spec;
	plan->channel = free_number(spec, 3);
	plan->leases = free_number(spec, plan->channel + 1);
	plan->lease = leases_take();
	plan->sources = mem_new(spec->fd_count + 2, sizeof(int));
	plan->source_count = 0;
	if (error == 0)
		error = plan_closes(plan);
	for (size_t i = 0; i < spec->fd_count && error == 0; i++) {
		const struct guard_fd *fd = &spec->fds[i];

		error = fd->source == -1
			    ? plan_null(plan, fd->target)
			    : plan_descriptor(plan, fd->source, fd->target);
	}
	if (error == 0)
		error = plan_descriptor(plan, end, plan->channel);
	if (error == 0 && plan->lease != -1)
		error =
		    plan_descriptor(plan, leases_descriptor(), plan->leases);
	return error;
}

static void
plan_clear(struct plan *plan)
{
	for (size_t i = 0; i < plan->source_count; i++)
		(void)close(plan->sources[i]);
	free(plan->sources);
	(void)posix_spawn_file_actions_destroy(&plan->actions);
}

/* The first argument, guard/message.h has its form: a new string. */
static char *
name_place(const struct plan *plan)
{
	const struct identity *identity = plan->spec->identity;
	struct buf text = BUF_INIT(PLACE_TEXT);

	(void)buf_format(&text, "%d", plan->channel);
	if (plan->lease != -1)
		(void)buf_format(&text, ",%d,%ld", plan->leases,
		    leases_offset(plan->lease));
	if (identity != NULL)
		(void)buf_format(&text, ":%u", identity->user);
	for (size_t i = 0; identity != NULL && i < identity->group_count; i++)
		(void)buf_format(&text, "%c%u", i == 0 ? ':' : ',',
		    identity->groups[i]);
	return text.data;
}

/* tend-guard PLACE COMMAND [ARG]... */
static char **
make_arguments(const struct plan *plan, char *place)
{
	char *const *command = plan->spec->argv;
	size_t count = 0;
	char **argv;

	while (command[count] != NULL)
		count++;
	argv = mem_new(count + 3, sizeof(*argv));
	argv[0] = (char *)"tend-guard";
	argv[1] = place;
	memcpy(argv + 2, command, count * sizeof(*argv));
	return argv;
}

/*
 * In a process group of its own from the first moment, so that a signal for
 * tend's whole group, such as the terminal's ^C, is not for the guard.
 */
static int
set_group(posix_spawnattr_t *attributes, bool session)
{
	int error;

	if (session)
		return posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSID);
	error = posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETPGROUP);
	if (error != 0)
		return error;
	return posix_spawnattr_setpgroup(attributes, 0);
}

static int
spawn(const struct plan *plan, pid_t *pid)
{
	posix_spawnattr_t attributes;
	char *place;
	char **argv;
	int error = posix_spawnattr_init(&attributes);

	if (error != 0)
		return error;
	place = name_place(plan);
	argv = make_arguments(plan, place);
	error = set_group(&attributes, plan->spec->session);
	if (error == 0)
		error = posix_spawn(pid, plan->spec->path, &plan->actions,
		    &attributes, argv, plan->spec->envp);
	free(argv);
	free(place);
	(void)posix_spawnattr_destroy(&attributes);
	return error;
}

static int
make_channel(int ends[2])
{
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == -1)
		return -1;
	/* Of this end only: the guard's is another open file. */
	if (fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0)
		return 0;
	(void)close(ends[0]);
	(void)close(ends[1]);
	return -1;
}

/* Closes all that was not given away; keeps errno. */
static void
close_both(const int ends[2])
{
	int error = errno;

	(void)close(ends[0]);
	(void)close(ends[1]);
	errno = error;
}

struct guard *
guard_spawn(const struct guard_spec *spec, struct err *err)
{
	struct guard *guard;
	struct plan plan;
	int ends[2];
	pid_t pid = -1;
	int error;

	if (make_channel(ends) == -1) {
		(void)err_errno(err, "tend-guard: channel");
		return NULL;
	}
	if (spec->inherited != NULL)
		inherited_seal(spec->inherited);
	error = plan_make(&plan, spec, ends[1]);
	if (error == 0)
		error = spawn(&plan, &pid);
	plan_clear(&plan);
	if (error != 0) {
		leases_give_back(plan.lease);
		errno = error;
		close_both(ends);
		(void)err_errno(err, "%s", spec->path);
		return NULL;
	}
	(void)close(ends[1]);
	/* It starts its command only when it is told to. */
	if (spec->inherited != NULL && spec->inherited->files_raised)
		(void)prlimit(pid, RLIMIT_NOFILE, &spec->inherited->files,
		    NULL);
	guard = mem_new(1, sizeof(*guard));
	guard->channel = ends[0];
	guard->lease = plan.lease;
	guard->pid = pid;
	guard->next = *list_of(pid);
	*list_of(pid) = guard;
	if (spec->inherited != NULL) {
		guard->mask = spec->inherited->mask_bits;
		guard->ignored = spec->inherited->ignored;
	}
	return guard;
}

int
guard_descriptor(const struct guard *guard)
{
	return guard->channel;
}

pid_t
guard_pid(const struct guard *guard)
{
	return guard->pid;
}

static bool
is_valid(const struct guard_message *message)
{
	return message->magic == GUARD_MAGIC &&
	       message->version == GUARD_VERSION &&
	       message->type >= GUARD_STARTED && message->type <= GUARD_EMPTY;
}

/*
 * A guard that ended without having read all that it was told gives
 * ECONNRESET, once, before its own last words.
 */
static ssize_t
receive(const struct guard *guard, struct guard_message *message)
{
	ssize_t n;

	do
		n = recv(guard->channel, message, sizeof(*message),
		    MSG_DONTWAIT | MSG_TRUNC);
	while (n == -1 && (errno == EINTR || errno == ECONNRESET));
	return n;
}

enum guard_read
guard_read(struct guard *guard, struct guard_message *message)
{
	ssize_t n = receive(guard, message);

	/* The kernel looks for a message first and for the end second: if
	 * both came in between, the last message is still there. */
	if (n == 0)
		n = receive(guard, message);
	if (n == -1 && errno == EAGAIN)
		return GUARD_READ_NOTHING;
	if (n != (ssize_t)sizeof(*message) || !is_valid(message))
		return GUARD_READ_LOST;
	return GUARD_READ_MESSAGE;
}

static int
say(const struct guard *guard, struct guard_message *message, int type)
{
	ssize_t n;

	message->magic = GUARD_MAGIC;
	message->version = GUARD_VERSION;
	message->type = (uint16_t)type;
	do
		n = send(guard->channel, message, sizeof(*message),
		    MSG_DONTWAIT | MSG_NOSIGNAL);
	while (n == -1 && errno == EINTR);
	return n == -1 ? -1 : 0;
}

int
guard_start(struct guard *guard, const struct guard_start *start)
{
	struct guard_message message = {
		.signal = start->stop_signal,
		.stop_at = start->stop_at,
		.kill_at = start->kill_at,
		.mask = guard->mask,
		.ignored = guard->ignored,
	};

	(void)leases_renew(guard->lease, start->stop_at, start->kill_at);
	if (start->scope_leader)
		message.flags |= GUARD_SCOPE_LEADER;
	if (start->terminal)
		message.flags |= GUARD_TERMINAL;
	if (start->foreground)
		message.flags |= GUARD_FOREGROUND;
	if (start->session)
		message.flags |= GUARD_SESSION;
	if (start->no_new_privs)
		message.flags |= GUARD_NO_NEW_PRIVS;
	return say(guard, &message, GUARD_START);
}

int
guard_lease(struct guard *guard, int64_t stop_at, int64_t kill_at)
{
	struct guard_message message = { .stop_at = stop_at,
		.kill_at = kill_at };

	if (leases_renew(guard->lease, stop_at, kill_at))
		return 0;
	return say(guard, &message, GUARD_LEASE);
}

int
guard_stop(struct guard *guard, int64_t kill_at)
{
	struct guard_message message = { .kill_at = kill_at };

	return say(guard, &message, GUARD_STOP);
}

int
guard_forward(struct guard *guard, int signal)
{
	struct guard_message message = { .signal = signal };

	return say(guard, &message, GUARD_FORWARD);
}

static int
say_plain(struct guard *guard, int type)
{
	struct guard_message message = { 0 };

	return say(guard, &message, type);
}

int
guard_kill(struct guard *guard)
{
	return say_plain(guard, GUARD_KILL);
}

int
guard_suspend(struct guard *guard)
{
	return say_plain(guard, GUARD_SUSPEND);
}

int
guard_resume(struct guard *guard)
{
	return say_plain(guard, GUARD_RESUME);
}

int
guard_release(struct guard *guard)
{
	any_released = true;
	return say_plain(guard, GUARD_RELEASE);
}

/* Frees those that nobody will ask for any more. */
static void
forget_finished(pid_t pid)
{
	struct guard **link = list_of(pid);

	while (*link != NULL) {
		struct guard *guard = *link;

		if (guard->freed && guard->reaped) {
			*link = guard->next;
			leases_give_back(guard->lease);
			free(guard);
		} else {
			link = &guard->next;
		}
	}
}

void
guard_free(struct guard *guard)
{
	int error = errno;

	if (guard == NULL)
		return;
	(void)close(guard->channel);
	guard->freed = true;
	forget_finished(guard->pid);
	errno = error;
}

bool
guard_owns(pid_t pid)
{
	for (const struct guard *guard = *list_of(pid); guard != NULL;
	     guard = guard->next)
		if (guard->pid == pid && !guard->reaped)
			return true;
	return false;
}

void
guard_reaped(pid_t pid)
{
	for (struct guard *guard = *list_of(pid); guard != NULL;
	     guard = guard->next)
		if (guard->pid == pid)
			guard->reaped = true;
	forget_finished(pid);
}

bool
guard_any_released(void)
{
	return any_released;
}
